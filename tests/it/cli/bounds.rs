//! What an input may cost, as SECURITY.md states it: no more memory than a multiple of its size and a constant, no
//! more time than the stated caps of work take. Held against forged inputs that try, and against the corpus of
//! others' where it is beside the checkout.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use keyjar::asn1::{ObjectIdentifier, tag, tlv};
use keyjar::crypto::Digest;
use keyjar::pkcs12::Attribute;

use crate::support::{corpus, folder, has, keyjar};

/// SECURITY.md's figures.
const BYTES_PER_BYTE: u64 = 64;
const CONSTANT: u64 = 32 << 20;

/// About the size of every forged input.
const SIZE: usize = 1 << 20;

/// CPU seconds that a forged input without much key derivation may take, in a build that is not optimised.
const SECONDS: f64 = 10.0;

fn oid(digits: &str) -> Vec<u8> {
    tlv(
        tag::OBJECT_IDENTIFIER,
        &[ObjectIdentifier::new_unwrap(digits).as_bytes()],
    )
}

fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    tlv(tag::SEQUENCE, parts)
}

fn explicit(part: &[u8]) -> Vec<u8> {
    tlv(tag::context_constructed(0), &[part])
}

fn number(value: u64) -> Vec<u8> {
    let octets = value.to_be_bytes();
    let used: Vec<u8> = octets.iter().skip_while(|octet| **octet == 0).copied().collect();
    match used.first() {
        Some(0..=0x7f) => tlv(tag::INTEGER, &[&used]),
        _ => tlv(tag::INTEGER, &[&[0], &used]),
    }
}

fn data(content: &[u8]) -> Vec<u8> {
    let content = explicit(&tlv(tag::OCTET_STRING, &[content]));
    sequence(&[&oid("1.2.840.113549.1.7.1"), &content])
}

/// A PFX without a MAC around ContentInfos.
fn pfx(infos: &[u8]) -> Vec<u8> {
    sequence(&[&number(3), &data(&sequence(&[infos]))])
}

fn bags(bags: &[u8]) -> Vec<u8> {
    pfx(&data(&sequence(&[bags])))
}

fn bag(id: &str, value: &[u8], attributes: &[Attribute]) -> Vec<u8> {
    let set = attributes.iter().map(|attribute| {
        let oid = tlv(tag::OBJECT_IDENTIFIER, &[&attribute.oid]);
        sequence(&[&oid, &tlv(tag::SET, &[&attribute.values])])
    });
    let set = tlv(tag::SET, &[&set.collect::<Vec<_>>().concat()]);
    sequence(&[&oid(id), &explicit(value), &set])
}

/// As small as a certificate can be, with key identifiers that chain it to the next.
fn certificate(subject: &str, issuer: &str, serial: u32, extensions: &[u8]) -> Vec<u8> {
    let name = |text: &str| {
        let common = sequence(&[&oid("2.5.4.3"), &tlv(0x0c, &[text.as_bytes()])]);
        sequence(&[&tlv(tag::SET, &[&common])])
    };
    let algorithm = sequence(&[&oid("1.3.101.112")]);
    let time = |text: &[u8]| tlv(0x17, &[text]);
    let validity = sequence(&[&time(b"200101000000Z"), &time(b"400101000000Z")]);
    let key = sequence(&[&algorithm, &tlv(tag::BIT_STRING, &[&[0], &[7; 32]])]);
    let extensions = if extensions.is_empty() {
        Vec::new()
    } else {
        tlv(tag::context_constructed(3), &[&sequence(&[extensions])])
    };
    let tbs = sequence(&[
        &explicit(&number(2)),
        &number(u64::from(serial)),
        &algorithm,
        &name(issuer),
        &validity,
        &name(subject),
        &key,
        &extensions,
    ]);
    sequence(&[&tbs, &algorithm, &tlv(tag::BIT_STRING, &[&[0], &[9; 64]])])
}

fn extension(id: &str, value: &[u8]) -> Vec<u8> {
    sequence(&[&oid(id), &tlv(tag::OCTET_STRING, &[value])])
}

fn certificate_bag(der: &[u8], attributes: &[Attribute]) -> Vec<u8> {
    let octets = explicit(&tlv(tag::OCTET_STRING, &[der]));
    let value = sequence(&[&oid("1.2.840.113549.1.9.22.1"), &octets]);
    bag("1.2.840.113549.1.12.10.1.3", &value, attributes)
}

/// A key nobody can decrypt that asks for that many iterations.
fn key_bag(iterations: u64, attributes: &[Attribute]) -> Vec<u8> {
    let parameters = sequence(&[&tlv(tag::OCTET_STRING, &[b"saltsalt"]), &number(iterations)]);
    let algorithm = sequence(&[&oid("1.2.840.113549.1.12.1.3"), &parameters]);
    let info = sequence(&[&algorithm, &tlv(tag::OCTET_STRING, &[&[0; 8]])]);
    bag("1.2.840.113549.1.12.10.1.2", &info, attributes)
}

fn repeated(piece: &[u8]) -> Vec<u8> {
    piece.repeat(SIZE / piece.len())
}

fn name(text: &str) -> Attribute {
    Attribute::friendly_name(text)
}

/// A JKS file of version 2, or of version 1, whose digest is right.
fn jks(magic: [u8; 4], version: u8, count: usize, records: &[u8]) -> Vec<u8> {
    let count = u32::try_from(count).unwrap().to_be_bytes();
    let body = [&magic[..], &[0, 0, 0, version], &count, records].concat();
    let password: Vec<u8> = "changeit".encode_utf16().flat_map(u16::to_be_bytes).collect();
    let digest = Digest::Sha1.hash(&[&password, b"Mighty Aphrodite", &body]);
    [body, digest].concat()
}

const JKS: [u8; 4] = [0xfe, 0xed, 0xfe, 0xed];
const JCEKS: [u8; 4] = [0xce; 4];

/// Stores that try to cost more than their size.
fn stores() -> Vec<(&'static str, Vec<u8>)> {
    let unknown = sequence(&[&tlv(tag::OBJECT_IDENTIFIER, &[&[0x2a]]), &explicit(&[5, 0])]);
    let nested = "1.2.840.113549.1.12.10.1.6";
    let many = |make: &dyn Fn(u32) -> Vec<u8>| {
        let count = u32::try_from(SIZE / make(1).len()).unwrap();
        bags(&(0..count).flat_map(make).collect::<Vec<u8>>())
    };
    // A thousand certificates, each of another's issuer, and keys that all lead to the first.
    let chain: Vec<u8> = (0..1000_u32)
        .flat_map(|at| {
            let of = |at: u32| if at.is_multiple_of(2) { "a" } else { "b" };
            let own = tlv(tag::OCTET_STRING, &[&at.to_be_bytes()]);
            let next = tlv(tag::context(0), &[&(at + 1).to_be_bytes()]);
            let extensions = [
                extension("2.5.29.14", &own),
                extension("2.5.29.35", &sequence(&[&next])),
            ]
            .concat();
            let id = Attribute::local_key_id(b"leaf");
            let attributes = if at == 0 { vec![id] } else { Vec::new() };
            certificate_bag(&certificate(of(at), of(at + 1), at, &extensions), &attributes)
        })
        .collect();
    let leading = |keys: u32| -> Vec<u8> {
        (0..keys)
            .flat_map(|at| key_bag(1, &[name(&at.to_string()), Attribute::local_key_id(b"leaf")]))
            .collect()
    };
    let short_chain: Vec<u8> = leading(8).into_iter().chain(chain.clone()).collect();
    let long_chain: Vec<u8> = leading(5000).into_iter().chain(chain).collect();
    let empty_key = [&[0, 0, 0, 1, 0, 0][..], &[0; 8], &[0; 8]].concat();
    let big_chain = [
        &[0, 0, 0, 1, 0, 0][..],
        &[0; 12],
        &(SIZE as u32 / 4).to_be_bytes(),
        &vec![0; SIZE],
    ]
    .concat();
    vec![
        ("tiny-bags.p12", bags(&repeated(&unknown))),
        (
            "tiny-nested-bags.p12",
            bags(&repeated(&bag(nested, &sequence(&[&unknown]), &[]))),
        ),
        ("empty-contents.p12", pfx(&repeated(&data(&sequence(&[]))))),
        (
            "locked-keys.p12",
            many(&|at| key_bag(1, &[name(&at.to_string())])),
        ),
        ("unnamed-keys.p12", many(&|_| key_bag(1, &[]))),
        ("keys-of-one-name.p12", many(&|_| key_bag(1, &[name("x")]))),
        (
            "trusted.p12",
            many(&|at| certificate_bag(&certificate("a", "a", at, &[]), &[Attribute::trusted()])),
        ),
        (
            "certificates-of-one-name.p12",
            many(&|at| {
                certificate_bag(
                    &certificate("a", "a", at, &[]),
                    &[name("x"), Attribute::trusted()],
                )
            }),
        ),
        (
            "certificates-no-one-sees.p12",
            many(&|at| certificate_bag(&certificate("a", "b", at, &[]), &[])),
        ),
        ("short-of-the-chain-limit.p12", bags(&short_chain)),
        ("beyond-the-chain-limit.p12", bags(&long_chain)),
        ("ber-in-pieces.p12", ber_in_pieces()),
        ("ber-nested.p12", [0x30, 0x80].repeat(SIZE / 2)),
        (
            "tiny-records.jks",
            jks(JKS, 2, SIZE / empty_key.len(), &repeated(&empty_key)),
        ),
        ("a-chain-of-nothing.jks", jks(JKS, 1, 1, &big_chain)),
        (
            "more-records-than-bytes.jks",
            jks(JKS, 2, u32::MAX as usize, &empty_key),
        ),
        ("repeated-strings.jceks", jks(JCEKS, 2, 1, &repeated_strings())),
    ]
}

/// A PFX whose content is an OCTET STRING in pieces of one octet, of no definite length.
fn ber_in_pieces() -> Vec<u8> {
    let pieces = [&[0x24, 0x80][..], &repeated(&[4, 1, 0x30]), &[0, 0]].concat();
    sequence(&[
        &number(3),
        &sequence(&[&oid("1.2.840.113549.1.7.1"), &explicit(&pieces)]),
    ])
}

/// A serialised object whose class has many fields, all of them references to one long string.
fn repeated_strings() -> Vec<u8> {
    let utf = |text: &str| {
        [
            &u16::try_from(text.len()).unwrap().to_be_bytes()[..],
            text.as_bytes(),
        ]
        .concat()
    };
    let class = |fields: usize, parent: Vec<u8>| {
        let field = [&b"L"[..], &utf("f"), &[0x70]].concat();
        let count = u16::try_from(fields).unwrap().to_be_bytes();
        [
            &[0x72][..],
            &utf("C"),
            &[0; 8],
            &[2],
            &count,
            &field.repeat(fields),
            &[0x78],
            &parent,
        ]
        .concat()
    };
    let classes = (0..10).fold(vec![0x70], |parent, _| class(64, parent));
    let string = [&[0x74][..], &utf(&"x".repeat(60_000))].concat();
    // Handles are numbered: ten classes, the object, the string.
    let reference = [&[0x71][..], &(0x7e_0000_u32 + 11).to_be_bytes()].concat();
    let object = [
        &[0xac, 0xed, 0, 5, 0x73][..],
        &classes,
        &string,
        &reference.repeat(639),
    ]
    .concat();
    [&[0, 0, 0, 3, 0, 0][..], &[0; 8], &object].concat()
}

/// Certificate inputs of the same kind.
fn inputs() -> Vec<(&'static str, Vec<u8>)> {
    let small = certificate("a", "a", 1, &[]);
    let pem = keyjar::pem::encode("CERTIFICATE", &small);
    let utf16: Vec<u8> = pem.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let names = extension("2.5.29.17", &sequence(&[&repeated(&[0x82, 1, b'a'])]));
    vec![
        ("certificates.pem", repeated(pem.as_bytes())),
        (
            "tiny-blocks.pem",
            repeated(b"-----BEGIN X-----\nAA==\n-----END X-----\n"),
        ),
        (
            "headers.pem",
            [
                &b"-----BEGIN X-----\n"[..],
                &repeated(b"a:\n"),
                b"\nAA==\n-----END X-----\n",
            ]
            .concat(),
        ),
        ("begins.pem", repeated(b"-----BEGIN ")),
        ("utf16.pem", [&[0xff, 0xfe][..], &repeated(&utf16)].concat()),
        ("certificates.der", repeated(&small)),
        ("names.der", certificate("a", "a", 1, &names)),
    ]
}

/// What a run cost: exit code (negative for a signal), CPU seconds, peak memory in bytes.
struct Cost {
    code: i32,
    cpu: f64,
    peak: u64,
}

/// Runs commands one after another; the kernel's accounting of each finished child tells what it cost.
fn costs(folder: &Path, commands: &[Vec<String>]) -> Vec<Cost> {
    let script = r#"import json, os, sys
for line in open("commands"):
    command = json.loads(line)
    child = os.posix_spawn(command[0], command, os.environ, file_actions=[
        (os.POSIX_SPAWN_OPEN, n, "/dev/null", os.O_RDWR, 0) for n in (0, 1, 2)])
    _, status, used = os.wait4(child, 0)
    print(os.waitstatus_to_exitcode(status), used.ru_utime + used.ru_stime, used.ru_maxrss * 1024, flush=True)"#;
    let lines: String = commands
        .iter()
        .map(|command| serde_json::to_string(command).unwrap() + "\n")
        .collect();
    fs::write(folder.join("commands"), lines).unwrap();
    let output = Command::new("python3")
        .args(["-c", script])
        .current_dir(folder)
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    let cost = |line: &str| {
        let mut fields = line.split(' ');
        let mut next = || fields.next().unwrap();
        Cost {
            code: next().parse().unwrap(),
            cpu: next().parse().unwrap(),
            peak: next().parse().unwrap(),
        }
    };
    let costs: Vec<_> = text.lines().map(cost).collect();
    assert_eq!(costs.len(), commands.len());
    costs
}

fn command(arguments: &[&str]) -> Vec<String> {
    std::iter::once(env!("CARGO_BIN_EXE_keyjar"))
        .chain(arguments.iter().copied())
        .map(String::from)
        .collect()
}

/// Every command ends by itself, in time and within the memory its file may take.
#[track_caller]
fn within_bounds(folder: &Path, rows: &[(String, u64, Vec<String>)], seconds: f64) {
    let commands: Vec<_> = rows.iter().map(|(_, _, command)| command.clone()).collect();
    let mut wrong = Vec::new();
    let mut most = (0.0, String::new());
    let mut longest = (0.0, String::new());
    for ((what, size, _), cost) in rows.iter().zip(costs(folder, &commands)) {
        let allowed = BYTES_PER_BYTE * size + CONSTANT;
        if !(0..=2).contains(&cost.code) || cost.cpu > seconds || cost.peak > allowed {
            let (peak, allowed) = (cost.peak >> 20, allowed >> 20);
            let Cost { code, cpu, .. } = cost;
            wrong.push(format!(
                "{what} ({size} bytes): exit {code}, {cpu:.1} s, {peak} of {allowed} MiB"
            ));
        }
        if cost.cpu > longest.0 {
            longest = (cost.cpu, what.clone());
        }
        let multiple = cost.peak.saturating_sub(CONSTANT / 2) as f64 / *size as f64;
        if *size > 1 << 19 && multiple > most.0 {
            most = (multiple, what.clone());
        }
    }
    eprintln!("the most memory: {:.0} bytes a byte, {}", most.0, most.1);
    eprintln!("the most time: {:.1} s, {}", longest.0, longest.1);
    assert!(wrong.is_empty(), "beyond the bounds:\n{}", wrong.join("\n"));
}

#[test]
fn no_forged_input_costs_more_than_is_stated() {
    if !has("python3", &["--version"]) {
        return;
    }
    let folder = folder();
    let mut rows = Vec::new();
    let mut row = |file: &str, size: usize, arguments: &[&str]| {
        rows.push((
            format!("{} {file}", arguments[0]),
            size as u64,
            command(arguments),
        ));
    };
    for (file, bytes) in stores() {
        fs::write(folder.path().join(file), &bytes).unwrap();
        let password = ["--storepass", "pass:changeit", "-q"];
        let size = bytes.len();
        row(file, size, &[&["list", file][..], &password].concat());
        row(file, size, &[&["list", file, "--json"][..], &password].concat());
        row(file, size, &[&["audit", file][..], &password].concat());
        row(file, size, &["import", file, "--truststore", "new.p12", "-q"]);
    }
    for (file, bytes) in inputs() {
        fs::write(folder.path().join(file), &bytes).unwrap();
        row(
            file,
            bytes.len(),
            &["import", file, "--truststore", "other.p12", "-q"],
        );
        let bundle = ["bundle", "--cert", file, "--key", file, "--keystore", "keys.p12"];
        row(
            file,
            bytes.len(),
            &[&bundle[..], &["--storepass", "pass:changeit", "-q"]].concat(),
        );
    }
    within_bounds(folder.path(), &rows, SECONDS);
}

#[test]
fn no_file_of_the_corpus_costs_more_than_is_stated() {
    let Some(corpus) = corpus() else { return };
    if !has("python3", &["--version"]) {
        return;
    }
    let folder = folder();
    let manifest = fs::read_to_string(corpus.join("manifest.jsonl")).unwrap();
    let mut rows = Vec::new();
    for line in manifest.lines() {
        let row: serde_json::Value = serde_json::from_str(line).unwrap();
        let group = row["group"].as_str().unwrap_or_default();
        if group != "adversarial" && group != "third-party/fuzz" {
            continue;
        }
        let file = corpus.join(row["file"].as_str().unwrap());
        let password = row["store_pw"]
            .as_str()
            .filter(|text| !text.contains('\0'))
            .map_or(String::from("none"), |text| format!("pass:{text}"));
        let path = file.to_str().unwrap();
        let arguments = ["list", path, "--storepass", &password, "-q"];
        let size = fs::metadata(&file).unwrap().len();
        rows.push((path.to_owned(), size, command(&arguments)));
    }
    assert!(rows.len() > 200, "only {} files", rows.len());
    // Some ask for all iterations that are allowed.
    within_bounds(folder.path(), &rows, 60.0);
}

#[test]
fn two_billion_iterations_are_an_error_at_once() {
    let folder = folder();
    let in_contents = {
        let parameters = sequence(&[&tlv(tag::OCTET_STRING, &[b"saltsalt"]), &number(2_000_000_000)]);
        let algorithm = sequence(&[&oid("1.2.840.113549.1.12.1.3"), &parameters]);
        let encrypted = sequence(&[
            &oid("1.2.840.113549.1.7.1"),
            &algorithm,
            &tlv(tag::context(0), &[&[0; 8]]),
        ]);
        let content = explicit(&sequence(&[&number(0), &encrypted]));
        pfx(&sequence(&[&oid("1.2.840.113549.1.7.6"), &content]))
    };
    let in_mac = {
        let digest = sequence(&[
            &sequence(&[&oid("2.16.840.1.101.3.4.2.1")]),
            &tlv(tag::OCTET_STRING, &[&[0; 32]]),
        ]);
        let mac = sequence(&[
            &digest,
            &tlv(tag::OCTET_STRING, &[b"saltsalt"]),
            &number(2_000_000_000),
        ]);
        sequence(&[&number(3), &data(&sequence(&[])), &mac])
    };
    for (file, bytes) in [("contents.p12", in_contents), ("mac.p12", in_mac)] {
        fs::write(folder.path().join(file), bytes).unwrap();
        let start = std::time::Instant::now();
        keyjar(folder.path(), &["list", file, "--storepass", "pass:changeit"])
            .exits(2)
            .talks_of("iteration count is 2000000000, above the limit of 5000000");
        assert!(start.elapsed().as_secs() < 5);
    }
    // A store whose key asks for as many is shown; the key is refused.
    fs::write(
        folder.path().join("key.p12"),
        bags(&key_bag(2_000_000_000, &[name("k")])),
    )
    .unwrap();
    let password = ["--storepass", "pass:changeit"];
    keyjar(folder.path(), &[&["list", "key.p12"][..], &password].concat()).exits(0);
    keyjar(
        folder.path(),
        &[&["export", "key.p12", "k", "--key"][..], &password].concat(),
    )
    .exits(2)
    .talks_of("iteration count is 2000000000, above the limit of 5000000");
}

#[test]
fn keys_that_together_ask_for_too_much_are_refused_before_the_first_is_opened() {
    let folder = folder();
    let keys: Vec<u8> = (0..101)
        .flat_map(|at| {
            let attributes = [name(&at.to_string()), Attribute::local_key_id(&[at])];
            key_bag(5_000_000, &attributes)
        })
        .collect();
    fs::write(folder.path().join("keys.p12"), bags(&keys)).unwrap();
    let start = std::time::Instant::now();
    let password = ["--storepass", "pass:changeit"];
    keyjar(folder.path(), &[&["list", "keys.p12"][..], &password].concat()).exits(0);
    keyjar(
        folder.path(),
        &[
            &["convert", "keys.p12", "new.p12", "--profile", "legacy"][..],
            &password,
        ]
        .concat(),
    )
    .exits(2)
    .talks_of("the keys ask for 505000000 iterations in all, above the limit of 500000000");
    keyjar(folder.path(), &[&["audit", "keys.p12"][..], &password].concat()).exits(1);
    assert!(start.elapsed().as_secs() < 10);
}

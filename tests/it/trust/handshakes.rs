//! What an application sees: the exception of a real handshake, word for word, with its alert.

use std::collections::BTreeMap;

use keyjar::Certificate;
use keyjar::trust::{Anchors, Jdk, Validation};

use super::cases::{CLIENT_AUTH, Case, SERVER_AUTH, World};
use super::forge::{DIRECTORY, DNS, EMAIL, Forge, IP, RID, cn};
use crate::support::{folder, has, jdks, root, run};

/// The leaf's key is the first of the world's.
fn cases() -> (World, Vec<Case>) {
    let mut world = World::new();
    let root = world.root(1, "root").sign(world.key(1));
    let good = world.leaf("root").sign(world.key(1));
    world.add("good", &[&good], &[&root]);
    world.add("itself trusted", &[&good], &[&good]);
    world.add("no anchors", &[&good], &[]);
    let other = world.root(2, "other").sign(world.key(2));
    world.add("unknown CA", &[&good], &[&other]);
    let same_name = world.root(2, "root").sign(world.key(2));
    world.add("wrong signature", &[&good], &[&same_name]);
    let no_ca = Forge::new(&cn("root"), world.key(1), &cn("root"))
        .basic(false, None)
        .sign(world.key(1));
    world.add("anchor is no CA", &[&good], &[&no_ca]);
    let int = world.intermediate(4, "int", "root").sign(world.key(1));
    let deep = world.leaf("int").sign(world.key(4));
    world.add("an intermediate", &[&deep, &int], &[&root]);
    world.add("intermediate missing", &[&deep], &[&root]);
    let leaves = [
        ("expired", world.leaf("root").dates("20200101", "20210101")),
        ("not yet valid", world.leaf("root").dates("20900101", "20990101")),
        (
            "purpose clientAuth",
            world.leaf("root").purposes(false, &[CLIENT_AUTH]),
        ),
        (
            "purpose serverAuth",
            world.leaf("root").purposes(false, &[SERVER_AUTH]),
        ),
        ("usage", world.leaf("root").usage(&[2])),
        (
            "malformed purpose",
            world.leaf("root").extension("2.5.29.37", false, &[4, 0]),
        ),
        (
            "critical extension",
            world.leaf("root").extension("1.2.3.4.5", true, &[5, 0]),
        ),
        (
            "other host",
            Forge::new(&cn("leaf"), world.key(0), &cn("root")).dns(&["example.com"]),
        ),
        (
            "other common name",
            Forge::new(&cn("leaf"), world.key(0), &cn("root")),
        ),
        (
            "malformed names",
            Forge::new(&cn("localhost"), world.key(0), &cn("root")).names(false, &[(IP, &[1])]),
        ),
    ];
    for (name, forge) in leaves {
        let leaf = forge.sign(world.key(1));
        world.add(name, &[&leaf], &[&root]);
    }
    let expired_int = world
        .intermediate(4, "int", "root")
        .dates("20200101", "20210101")
        .sign(world.key(1));
    world.add("expired intermediate", &[&deep, &expired_int], &[&root]);
    let constrained = [
        (
            "constraint",
            world
                .intermediate(4, "int", "root")
                .constraints(&[(DNS, b"example.com")], &[]),
        ),
        (
            "empty constraint",
            world
                .intermediate(4, "int", "root")
                .constraints(&[(DNS, b"")], &[]),
        ),
        (
            "constraint Java cannot compare",
            world
                .intermediate(4, "int", "root")
                .constraints(&[(RID, &[0x2a, 3])], &[]),
        ),
        (
            "policy required",
            world
                .intermediate(4, "int", "root")
                .policy_constraints(Some(0), None),
        ),
    ];
    let named = Forge::new(&cn("leaf"), world.key(0), &cn("int"))
        .names(
            false,
            &[
                (DNS, b"localhost"),
                (RID, &[0x2a, 4]),
                (EMAIL, b"a@b"),
                (DIRECTORY, &cn("x")),
            ],
        )
        .sign(world.key(4));
    for (name, forge) in constrained {
        let int = forge.sign(world.key(1));
        world.add(name, &[&named, &int], &[&root]);
    }
    for length in [9, 10, 11, 14] {
        let mut chain: Vec<&[u8]> = vec![&good];
        chain.resize(length, &other);
        world.add(&format!("{length} certificates"), &chain, &[&root]);
    }
    let mut cases: Vec<Case> = world
        .cases
        .drain(..)
        .map(|case| Case {
            host: Some("localhost".into()),
            ..case
        })
        .collect();
    let mut address = cases[0].clone();
    address.name = "an address".into();
    address.host = Some("127.0.0.1".into());
    cases.push(address);
    let judged = [
        "good",
        "no anchors",
        "unknown CA",
        "expired",
        "not yet valid",
        "purpose serverAuth",
        "purpose clientAuth",
        "usage",
        "wrong signature",
        "anchor is no CA",
        "9 certificates",
        "10 certificates",
        "11 certificates",
    ];
    let clients: Vec<Case> = cases
        .iter()
        .filter(|case| judged.contains(&case.name.as_str()))
        .map(|case| Case {
            name: format!("client: {}", case.name),
            is_client: true,
            host: None,
            ..case.clone()
        })
        .collect();
    let none = Case {
        name: "client: none".into(),
        chain: Vec::new(),
        ..clients[0].clone()
    };
    cases.extend(clients);
    cases.push(none);
    (world, cases)
}

fn write(world: &World, cases: &[Case]) -> Vec<u8> {
    let mut out = Vec::new();
    let put = |out: &mut Vec<u8>, bytes: &[u8]| {
        out.extend(u32::try_from(bytes.len()).unwrap().to_be_bytes());
        out.extend_from_slice(bytes);
    };
    put(&mut out, &world.key(0).pkcs8);
    let good = world.leaf("root").sign(world.key(1));
    put(&mut out, &good);
    out.extend(
        u32::try_from(cases.len() * PROTOCOLS.len())
            .unwrap()
            .to_be_bytes(),
    );
    for case in cases {
        for protocol in PROTOCOLS {
            put(&mut out, case.name.as_bytes());
            put(&mut out, case.host.as_deref().unwrap_or_default().as_bytes());
            out.push(u8::from(case.is_client));
            put(&mut out, protocol.as_bytes());
            for list in [&case.chain, &case.anchors] {
                out.extend(u32::try_from(list.len()).unwrap().to_be_bytes());
                list.iter().for_each(|der| put(&mut out, der));
            }
        }
    }
    out
}

const PROTOCOLS: [&str; 2] = ["TLSv1.3", "TLSv1.2"];

fn ours(case: &Case, version: u32, protocol: &str) -> String {
    let read = |list: &[Vec<u8>]| -> Vec<Certificate> {
        list.iter()
            .map(|der| Certificate::from_der(der.clone()).unwrap())
            .collect()
    };
    let anchors = Anchors::new(read(&case.anchors));
    let jdk = Jdk::new(version).unwrap();
    let mut validation = Validation::new(&jdk, &anchors, keyjar::clock::now());
    if let Some(host) = &case.host {
        validation = validation.host(host);
    }
    if protocol == "TLSv1.2" {
        validation = validation.over_tls12();
    }
    let chain = read(&case.chain);
    let verdict = if case.is_client {
        validation.check_client(&chain)
    } else {
        validation.check_server(&chain)
    };
    verdict
        .exception
        .map_or_else(|| String::from("ok"), |exception| exception.in_handshake())
}

#[test]
fn the_exception_of_a_handshake_is_javas_word_for_word() {
    if !has("javac", &["-version"]) {
        return;
    }
    let folder = folder();
    run(std::process::Command::new("javac")
        .args(["--release", "8", "-nowarn", "-Xlint:-options", "-d"])
        .arg(folder.path())
        .arg(root().join("tests/it/interop/java/HandshakeProbe.java")))
    .exits(0);
    let (world, cases) = cases();
    std::fs::write(folder.path().join("cases"), write(&world, &cases)).unwrap();
    let rows = super::differential::table("handshake");
    let mut wrong: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for jdk in jdks() {
        let version = jdk.version.parse().unwrap_or(17);
        let said = run(jdk
            .tool(folder.path(), "java")
            .args(["-cp", ".", "HandshakeProbe", "cases"]))
        .exits(0);
        assert_eq!(said.stdout.lines().count(), cases.len() * PROTOCOLS.len());
        let asked = cases
            .iter()
            .flat_map(|case| PROTOCOLS.map(|protocol| (case, protocol)));
        for ((case, protocol), line) in asked.zip(said.stdout.lines()) {
            let (name, java) = line.split_once('\t').unwrap();
            assert_eq!(name, case.name);
            let here = ours(case, version, protocol);
            let case = format!("{name}, {protocol}");
            let row = rows
                .iter()
                .any(|row| row.case == case && row.jdks.contains(&version));
            if (here != java) != row {
                wrong
                    .entry(format!("{name}, {protocol}\n    java {java}\n    here {here}"))
                    .or_default()
                    .push(version.to_string());
            }
        }
    }
    let list: Vec<String> = wrong
        .iter()
        .map(|(what, jdks)| format!("[{}] {what}", jdks.join(" ")))
        .collect();
    assert!(
        list.is_empty(),
        "{} differences:\n{}",
        list.len(),
        list.join("\n")
    );
}

//! keyjar beside what people would use instead, as whole processes: `cargo bench`. What is not on the machine
//! is left out and said. The figures and how they came about stand in `benches/README.md`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::as_conversions,
    missing_docs,
    reason = "a benchmark stops at the first thing that is not as it should be"
)]

mod keys_and_jks;
mod p12_keystore_tool;

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use keyjar::Password;
use keyjar::crypto::{Digest, Purpose, pbkdf2, pkcs12_kdf};

const SYSTEM: &str = "/etc/ssl/certs/ca-certificates.crt";
const KEYJAR: &str = env!("CARGO_BIN_EXE_keyjar");

/// CPU seconds, wall seconds and peak memory of a whole process.
struct Cost {
    cpu: f64,
    wall: f64,
    peak_mb: f64,
}

fn main() {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    if p12_keystore_tool::run(&arguments) || keys_and_jks::work(&arguments) {
        return;
    }
    let folder = tempfile::Builder::new()
        .prefix("keyjar-bench-")
        .tempdir_in("/tmp")
        .unwrap();
    let folder = folder.path();
    println!("{:<52} {:>9} {:>9} {:>9}", "", "CPU ms", "wall ms", "peak MB");
    floor();
    system_bundle(folder);
    add_one(folder);
    key_and_chain(folder);
    for count in [1_000, 10_000, 100_000] {
        many(folder, count);
    }
    keys_and_jks::thousand_keys(folder);
    keys_and_jks::jks(folder, 100_000);
    issuing(folder);
    instances(folder);
}

/// This program, which is one on the `p12-keystore` crate when it is told to be.
fn this() -> String {
    std::env::current_exe().unwrap().display().to_string()
}

fn testdata(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("testdata/apm")
        .join(name)
        .display()
        .to_string()
}

/// What nothing can go below: the key derivations alone.
fn floor() {
    let password = Password::new("changeit");
    let salt = [7; 20];
    let time = |work: &dyn Fn()| {
        (0..30)
            .map(|_| {
                let start = Instant::now();
                work();
                start.elapsed().as_secs_f64() * 1e3
            })
            .fold(f64::MAX, f64::min)
    };
    let contents = time(&|| drop(pbkdf2(Digest::Sha256, password.expose_utf8(), &salt, 10_000, 32)));
    let bmp = password.expose_bmp_terminated();
    let mac = time(&|| {
        drop(pkcs12_kdf(
            Digest::Sha256,
            Purpose::Mac,
            bmp.expose_bytes(),
            &salt,
            10_000,
            32,
        ))
    });
    println!(
        "{:<52} {contents:>9.2}",
        "floor: PBKDF2-HMAC-SHA-256, 10,000 iterations"
    );
    println!(
        "{:<52} {mac:>9.2}",
        "floor: the MAC's key, SHA-256, 10,000 iterations"
    );
}

fn system_bundle(folder: &Path) {
    if !Path::new(SYSTEM).exists() {
        println!("left out: there is no {SYSTEM}");
        return;
    }
    println!("(a) a truststore from the system's CA bundle");
    for profile in ["trust", "modern"] {
        let import = [
            KEYJAR,
            "import",
            SYSTEM,
            "--truststore",
            "a.p12",
            "--profile",
            profile,
            "-q",
        ];
        report(
            &format!("keyjar import, {profile}"),
            folder,
            9,
            Before::Remove("a.p12"),
            &import,
        );
    }
    report(
        "p12-keystore, modern",
        folder,
        9,
        Before::Remove("p.p12"),
        &[&this(), "add", SYSTEM, "p.p12"],
    );
    let openssl = [
        "openssl",
        "pkcs12",
        "-export",
        "-nokeys",
        "-in",
        SYSTEM,
        "-out",
        "o.p12",
        "-passout",
        "pass:changeit",
        "-iter",
        "10000",
    ];
    report(
        "openssl pkcs12 -export (Java sees no entry)",
        folder,
        9,
        Before::Nothing,
        &openssl,
    );
}

fn add_one(folder: &Path) {
    println!("(b) one certificate into a store of the system's CAs");
    let server = testdata("apm-server.crt");
    for profile in ["trust", "modern"] {
        let made = [
            KEYJAR,
            "import",
            SYSTEM,
            "--truststore",
            "b.p12",
            "--profile",
            profile,
            "-q",
        ];
        let _ = fs::remove_file(folder.join("b.p12"));
        cost(folder, &made);
        fs::rename(folder.join("b.p12"), folder.join("b0.p12")).unwrap();
        report(
            &format!("keyjar import, {profile}"),
            folder,
            9,
            Before::Copy("b0.p12", "b.p12"),
            &[KEYJAR, "import", &server, "--truststore", "b.p12", "-q"],
        );
    }
    report(
        "p12-keystore, modern",
        folder,
        9,
        Before::Copy("b0.p12", "b.p12"),
        &[&this(), "add", &server, "b.p12"],
    );
    let keytool = [
        "keytool",
        "-importcert",
        "-noprompt",
        "-alias",
        "x",
        "-file",
        &server,
        "-keystore",
        "b.p12",
        "-storepass",
        "changeit",
    ];
    report(
        "keytool -importcert, modern",
        folder,
        3,
        Before::Copy("b0.p12", "b.p12"),
        &keytool,
    );
}

fn key_and_chain(folder: &Path) {
    println!("(c) a key and its chain into a keystore");
    let (cert, key, ca) = (testdata("client.crt"), testdata("client.key"), testdata("ca.crt"));
    let bundle = [
        KEYJAR,
        "bundle",
        "--cert",
        &cert,
        "--key",
        &key,
        "--chain",
        &ca,
        "--keystore",
        "c.p12",
        "--storepass",
        "pass:changeit",
        "-q",
    ];
    report("keyjar bundle", folder, 9, Before::Remove("c.p12"), &bundle);
    report(
        "p12-keystore",
        folder,
        9,
        Before::Remove("pc.p12"),
        &[&this(), "bundle", &cert, &key, &ca, "pc.p12"],
    );
    let openssl = [
        "openssl",
        "pkcs12",
        "-export",
        "-in",
        &cert,
        "-inkey",
        &key,
        "-certfile",
        &ca,
        "-out",
        "oc.p12",
        "-passout",
        "pass:changeit",
        "-iter",
        "10000",
    ];
    report("openssl pkcs12 -export", folder, 9, Before::Nothing, &openssl);
}

/// Certificates that differ in their serial number, the rest being one of testdata's.
fn many(folder: &Path, count: u32) {
    println!("(d) {count} certificates built, then listed");
    let pem = fs::read(testdata("ca.crt")).unwrap();
    let der = keyjar::Certificate::from_pem(&pem).unwrap();
    let serial = der.serial().to_vec();
    let at = der
        .as_der()
        .windows(serial.len())
        .position(|window| window == serial)
        .unwrap();
    let mut text = String::new();
    for number in 0..count {
        let mut der = der.as_der().to_vec();
        der[at + 4..at + 8].copy_from_slice(&number.to_be_bytes());
        text += &keyjar::pem::encode("CERTIFICATE", &der);
    }
    fs::write(folder.join("many.pem"), text).unwrap();
    for profile in ["trust", "modern"] {
        let import = [
            KEYJAR,
            "import",
            "many.pem",
            "--truststore",
            "d.p12",
            "--profile",
            profile,
            "-q",
        ];
        report(
            &format!("keyjar import, {profile}"),
            folder,
            3,
            Before::Remove("d.p12"),
            &import,
        );
    }
    report(
        "keyjar list, modern",
        folder,
        3,
        Before::Nothing,
        &[KEYJAR, "list", "d.p12", "-q"],
    );
    report(
        "keyjar list --json, modern",
        folder,
        3,
        Before::Nothing,
        &[KEYJAR, "list", "d.p12", "-q", "--json"],
    );
    report(
        "p12-keystore, modern",
        folder,
        3,
        Before::Remove("p.p12"),
        &[&this(), "add", "many.pem", "p.p12"],
    );
    report(
        "p12-keystore, list",
        folder,
        3,
        Before::Nothing,
        &[&this(), "list", "p.p12"],
    );
    if count <= 10_000 {
        let openssl = [
            "openssl",
            "pkcs12",
            "-export",
            "-nokeys",
            "-in",
            "many.pem",
            "-out",
            "o.p12",
            "-passout",
            "pass:changeit",
            "-iter",
            "10000",
        ];
        report(
            "openssl pkcs12 -export (Java sees no entry)",
            folder,
            1,
            Before::Nothing,
            &openssl,
        );
        let keytool = ["keytool", "-list", "-keystore", "d.p12", "-storepass", "changeit"];
        report("keytool -list", folder, 1, Before::Nothing, &keytool);
    }
}

/// Whole processes, one after another.
fn issuing(folder: &Path) {
    println!("(g) an EC authority, a server's certificate, keystore and truststore");
    let shell = |what: &str, runs, script: &str| {
        report(what, folder, runs, Before::Nothing, &["sh", "-ec", script]);
    };
    let cert =
        "--name localhost --ca e/ca --out e --p12 --truststore e/trust.p12 --storepass pass:changeit -q";
    shell(
        "keyjar ca, keyjar cert",
        9,
        &format!("rm -rf e; {KEYJAR} ca --out e/ca -q; exec {KEYJAR} cert {cert}"),
    );
    shell(
        "openssl req, x509, pkcs12 (no truststore for Java)",
        9,
        "rm -rf e; mkdir e; cd e
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -subj /CN=CA -days 3650 -addext keyUsage=critical,keyCertSign -out ca.crt
openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout l.key -subj /CN=localhost -addext subjectAltName=DNS:localhost -out l.csr
openssl x509 -req -in l.csr -CA ca.crt -CAkey ca.key -copy_extensions copy -days 730 -out l.crt
exec openssl pkcs12 -export -in l.crt -inkey l.key -certfile ca.crt -passout pass:changeit -iter 10000 -out l.p12",
    );
    shell(
        "keytool, 8 times",
        3,
        "rm -rf e; mkdir e; cd e; p='-storepass changeit -noprompt'
keytool -genkeypair -alias ca -keyalg EC -dname CN=CA -ext bc:c -keystore ca.p12 $p
keytool -exportcert -alias ca -keystore ca.p12 -rfc -file ca.crt $p
keytool -genkeypair -alias l -keyalg EC -dname CN=localhost -keystore l.p12 $p
keytool -certreq -alias l -keystore l.p12 -file l.csr $p
keytool -gencert -alias ca -keystore ca.p12 -infile l.csr -outfile l.crt -ext san=dns:localhost $p
keytool -importcert -alias ca -file ca.crt -keystore l.p12 $p
keytool -importcert -alias l -file l.crt -keystore l.p12 $p
exec keytool -importcert -alias ca -file ca.crt -keystore trust.p12 $p",
    );
}

/// A thousand from one file, on every core.
fn instances(folder: &Path) {
    println!("(h) 1000 instances (EC) from instances.yml");
    let yaml: String = (0..1000)
        .map(|number| {
            format!("  - name: node{number}\n    dns: [ node{number}.example.com ]\n    ip: [ 10.0.0.1 ]\n")
        })
        .collect();
    fs::write(folder.join("instances.yml"), format!("instances:\n{yaml}")).unwrap();
    fs::create_dir_all(folder.join("f")).unwrap();
    cost(folder, &[KEYJAR, "ca", "--out", "f/ca", "-q", "--force"]);
    let shell = |what: &str, runs, script: &str| {
        report(what, folder, runs, Before::Nothing, &["sh", "-ec", script]);
    };
    shell(
        "keyjar cert --in (3000 PEM files)",
        3,
        &format!("rm -rf f/out; exec {KEYJAR} cert --in instances.yml --ca f/ca --out f/out -q"),
    );
    shell(
        "keyjar cert --in --p12 (3000 PEM files, 1000 stores)",
        3,
        &format!(
            "rm -rf f/out; exec {KEYJAR} cert --in instances.yml --ca f/ca --out f/out --p12 --storepass pass:changeit -q"
        ),
    );
    let authority = "--ca-cert f/ca/ca.crt --ca-key f/ca/ca.key --key-type ec-p256";
    shell(
        "keyjar certutil cert --in --pem (one zip)",
        3,
        &format!(
            "rm -f f/out.zip; exec {KEYJAR} certutil cert {authority} --in instances.yml --pem --out f/out.zip -s"
        ),
    );
    shell(
        "openssl, 100 of them",
        1,
        "rm -rf f/o; mkdir f/o; cd f/o
for n in $(seq 100); do
openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout $n.key -subj /CN=node$n -addext subjectAltName=DNS:node$n.example.com -out $n.csr
openssl x509 -req -in $n.csr -CA ../ca/ca.crt -CAkey ../ca/ca.key -copy_extensions copy -days 730 -out $n.crt
done",
    );
}

/// What is done, unmeasured, before each run.
#[derive(Clone, Copy)]
enum Before<'a> {
    Nothing,
    Remove(&'a str),
    Copy(&'a str, &'a str),
}

/// The median of several runs.
fn report(what: &str, folder: &Path, runs: usize, before: Before<'_>, command: &[&str]) {
    let mut costs: Vec<Cost> = Vec::new();
    for _ in 0..runs {
        match before {
            Before::Nothing => {}
            Before::Remove(file) => drop(fs::remove_file(folder.join(file))),
            Before::Copy(from, to) => drop(fs::copy(folder.join(from), folder.join(to)).unwrap()),
        }
        match cost(folder, command) {
            Some(cost) => costs.push(cost),
            None => return println!("{what:<52} left out: it cannot be run here"),
        }
    }
    costs.sort_by(|a, b| a.cpu.total_cmp(&b.cpu));
    let Cost { cpu, wall, peak_mb } = &costs[costs.len() / 2];
    println!("{what:<52} {:>9.1} {:>9.1} {peak_mb:>9.1}", cpu * 1e3, wall * 1e3);
}

/// Runs a command once; the kernel's accounting of finished children tells what it cost.
fn cost(folder: &Path, command: &[&str]) -> Option<Cost> {
    let script = r#"import os, resource, subprocess, sys, time
before = resource.getrusage(resource.RUSAGE_CHILDREN)
start = time.monotonic()
code = subprocess.run(sys.argv[1:], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(code, used.ru_utime + used.ru_stime - before.ru_utime - before.ru_stime, time.monotonic() - start, used.ru_maxrss / 1024)"#;
    let mut python = Command::new("python3");
    python
        .args(["-c", script])
        .args(command)
        .current_dir(folder)
        .stderr(Stdio::null());
    let output = python.output().ok().filter(|output| output.status.success())?;
    let text = String::from_utf8(output.stdout).ok()?;
    let numbers: Vec<f64> = text
        .split_whitespace()
        .map(|number| number.parse().unwrap())
        .collect();
    let [code, cpu, wall, peak_mb] = numbers[..] else {
        return None;
    };
    (code == 0.0).then_some(Cost { cpu, wall, peak_mb })
}

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
    if p12_keystore_tool::run(&arguments) {
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

//! Every case as every JDK decides it, against the verdict here: the decision, the exception's class, its text.

use std::collections::BTreeMap;
use std::path::Path;

use keyjar::Certificate;
use keyjar::trust::{Anchors, Decision, Jdk, Validation};

use super::cases::{Case, all};
use crate::support::{folder, has, jdks, root, run};

/// Each difference has its reason in this file.
const TABLE: &str = "tests/it/trust/differences.toml";

#[derive(Debug)]
pub struct Row {
    pub case: String,
    pub jdks: Vec<u32>,
}

/// The rows of one kind.
pub fn table(kind: &str) -> Vec<Row> {
    let text = std::fs::read_to_string(root().join(TABLE)).unwrap();
    let table: toml::Table = text.parse().unwrap();
    let rows = table
        .get(kind)
        .and_then(toml::Value::as_array)
        .cloned()
        .unwrap_or_default();
    rows.iter()
        .map(|row| {
            assert!(row.get("reason").is_some(), "a row without a reason: {row}");
            let jdks = row["jdks"].as_array().unwrap();
            Row {
                case: row["case"].as_str().unwrap().into(),
                jdks: jdks
                    .iter()
                    .map(|jdk| u32::try_from(jdk.as_integer().unwrap()).unwrap())
                    .collect(),
            }
        })
        .collect()
}

fn put(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend(u32::try_from(bytes.len()).unwrap().to_be_bytes());
    out.extend_from_slice(bytes);
}

fn write(cases: &[Case], path: &Path) {
    let mut out = Vec::new();
    out.extend(u32::try_from(cases.len()).unwrap().to_be_bytes());
    for case in cases {
        put(&mut out, case.name.as_bytes());
        put(&mut out, case.host.as_deref().unwrap_or_default().as_bytes());
        out.push(u8::from(case.is_client));
        out.push(u8::from(case.in_tls));
        for list in [&case.chain, &case.anchors] {
            out.extend(u32::try_from(list.len()).unwrap().to_be_bytes());
            list.iter().for_each(|der| put(&mut out, der));
        }
    }
    std::fs::write(path, out).unwrap();
}

/// The verdict here, as the probe prints Java's.
pub fn ours(case: &Case, version: u32) -> String {
    let read = |list: &[Vec<u8>]| -> Result<Vec<Certificate>, String> {
        list.iter()
            .map(|der| Certificate::from_der_prefix(der.clone()).map_err(|error| error.to_string()))
            .collect()
    };
    let Ok(chain) = read(&case.chain) else {
        return String::from("unparseable");
    };
    let anchors = Anchors::new(read(&case.anchors).unwrap());
    let jdk = Jdk::new(version).unwrap();
    let mut validation = Validation::new(&jdk, &anchors, keyjar::clock::now());
    if let Some(host) = &case.host {
        validation = validation.host(host);
    }
    if !case.in_tls {
        validation = validation.outside_tls();
    }
    let verdict = if case.is_client {
        validation.check_client(&chain)
    } else {
        validation.check_server(&chain)
    };
    match (verdict.decision, verdict.exception) {
        (Decision::Accepted, None) => String::from("ok"),
        (Decision::Refused, Some(exception)) if exception.message.starts_with("Failed to parse") => {
            String::from("unparseable")
        }
        (Decision::Refused, Some(exception)) => format!("{}\t{}", exception.class, exception.message),
        (decision, _) => format!("{decision:?}: {:?}", verdict.cause),
    }
}

fn major(version: &str) -> u32 {
    // Without the matrix the host's own JDK is the judge; .ci/run has it be 17.
    version.parse().unwrap_or(17)
}

/// Each case as that JDK decides it, and as the library says it does.
fn ask(jdk: &crate::support::Jdk, folder: &Path, cases: &[Case]) -> Vec<(String, String)> {
    let version = major(&jdk.version);
    let said =
        run(jdk
            .tool(folder, "java")
            .args(["-XX:TieredStopAtLevel=1", "-cp", ".", "TrustProbe", "cases"]))
        .exits(0);
    let mut lines = said.stdout.lines();
    assert!(lines.next().unwrap().starts_with("#signatures"));
    let verdicts: Vec<&str> = lines.collect();
    assert_eq!(verdicts.len(), cases.len());
    let pairs = cases.iter().zip(verdicts).map(|(case, line)| {
        let (name, java) = line.split_once('\t').unwrap();
        assert_eq!(name, case.name);
        let java = if java.starts_with("unparseable") {
            "unparseable"
        } else {
            java
        };
        (java.to_owned(), ours(case, version))
    });
    pairs.collect()
}

#[test]
fn every_verdict_is_javas_or_a_row_of_the_table() {
    if !has("javac", &["-version"]) {
        return;
    }
    let folder = folder();
    run(std::process::Command::new("javac")
        .args(["--release", "8", "-nowarn", "-Xlint:-options", "-d"])
        .arg(folder.path())
        .arg(root().join("tests/it/interop/java/TrustProbe.java")))
    .exits(0);
    std::fs::copy(
        root().join("testdata/pkcs12/keytool8.p12"),
        folder.path().join("probe.p12"),
    )
    .unwrap();
    let cases = all();
    write(&cases, &folder.path().join("cases"));
    let rows = table("difference");
    let mut used = vec![false; rows.len()];
    let (mut agreed, mut asked) = (0, 0);
    let mut unexpected: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let jdks = jdks();
    let answers: Vec<_> = std::thread::scope(|scope| {
        let asked: Vec<_> = jdks
            .iter()
            .map(|jdk| scope.spawn(|| (major(&jdk.version), ask(jdk, folder.path(), &cases))))
            .collect();
        asked.into_iter().map(|asked| asked.join().unwrap()).collect()
    });
    for (version, verdicts) in answers {
        for (case, (java, here)) in cases.iter().zip(verdicts) {
            asked += 1;
            let name = &case.name;
            let row = rows.iter().position(|row| {
                row.jdks.contains(&version)
                    && (row.case == case.name
                        || row
                            .case
                            .strip_suffix('*')
                            .is_some_and(|start| case.name.starts_with(start)))
            });
            match (here == java, row) {
                (true, None) => agreed += 1,
                (false, Some(row)) => used[row] = true,
                (true, Some(_)) if rows[row.unwrap()].case.ends_with('*') => agreed += 1,
                (true, Some(row)) => {
                    used[row] = true;
                    unexpected
                        .entry(format!("{name}: agrees, and should not"))
                        .or_default()
                        .push(version.to_string());
                }
                (false, None) => unexpected
                    .entry(format!("{name}\n    java {java}\n    here {here}"))
                    .or_default()
                    .push(version.to_string()),
            }
        }
    }
    eprintln!("{agreed} of {asked} verdicts agree; {} cases", cases.len());
    for (row, used) in rows.iter().zip(used) {
        if !used && std::env::var_os("KEYJAR_JDKS").is_some() {
            unexpected
                .entry(format!("{row:?}: a row no case needs"))
                .or_default();
        }
    }
    let list: Vec<String> = unexpected
        .iter()
        .map(|(what, jdks)| format!("[{}] {what}", jdks.join(" ")))
        .collect();
    assert!(
        list.is_empty(),
        "{} differences, {agreed} of {asked} agree:\n{}",
        list.len(),
        list.join("\n")
    );
}

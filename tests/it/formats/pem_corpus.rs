//! PEM, DER and PKCS#7 inputs of others, where their folder is beside the checkout: certificates and keys come out
//! as OpenSSL, pyca and the JDKs read them, and what is broken is refused.

use std::collections::BTreeSet;

use keyjar::crypto::Digest;
use keyjar::{Limits, Password, PrivateKey, x509};
use serde_json::Value;

use crate::support::corpus;

fn texts(value: &Value) -> Vec<String> {
    value
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|text| text.as_str().map(String::from))
        .collect()
}

fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

/// Certificates' and public keys' SHA-256 that the file should give, and what is expected of it.
fn truth(row: &Value) -> (Vec<String>, Vec<String>, String) {
    if row["group"] == "generated-pem" {
        let truth = &row["truth"];
        let expect = row["expect"].as_str().unwrap().to_owned();
        return (texts(&truth["certs"]), texts(&truth["key_spki"]), expect);
    }
    let oracle = &row["oracle"];
    let mut certificates = texts(&oracle["pyca_certs"]);
    for other in [&oracle["pyca_p7"], &oracle["jdk28"]["all"]] {
        if certificates.is_empty() {
            certificates = texts(other);
        }
    }
    if let (true, Some(one)) = (certificates.is_empty(), oracle["pyca_cert_der"].as_str()) {
        certificates.push(one.to_owned());
    }
    let key = oracle["pyca_key"]["spki"].as_str().map(String::from);
    let expect = if certificates.is_empty() && key.is_none() {
        "open"
    } else {
        "ok"
    };
    (certificates, key.into_iter().collect(), expect.to_owned())
}

/// Files that are read otherwise here, each for its reason.
const OTHERWISE: &[&str] = &[
    // Explicit curve parameters, which no JVM reads.
    "ee4402a6e2ab1419.pem",
    "f058d8d9fd40585e.pem",
    // RSASSA-PSS keys, whose public half others write as a plain RSA key's.
    "61dd360ded2f4d92.pem",
    "97d0f7c05227c307.pem",
];

#[test]
fn every_pem_der_and_pkcs7_input_gives_the_certificates_and_keys_that_others_find_in_it() {
    let Some(corpus) = corpus() else { return };
    let manifest = std::fs::read_to_string(corpus.join("pem-manifest.jsonl")).unwrap();
    let (mut right, mut wrong) = (0, Vec::new());
    for line in manifest.lines() {
        let row: Value = serde_json::from_str(line).unwrap();
        let file = row["file"].as_str().unwrap();
        let bytes = bytes::Bytes::from(std::fs::read(corpus.join(file)).unwrap());
        let password = row["password"].as_str().map(Password::new);
        let read = x509::read_certificates(&bytes, &Limits::DEFAULT);
        let key = PrivateKey::from_input(&bytes, password.as_ref());
        let found: BTreeSet<String> = read
            .iter()
            .flat_map(|read| &read.certificates)
            .map(|certificate| hex(&certificate.fingerprint(Digest::Sha256)))
            .collect();
        let found_keys: Vec<String> = key
            .iter()
            .filter_map(PrivateKey::public_key_der)
            .map(|der| hex(&Digest::Sha256.hash(&[&der])))
            .collect();
        let (certificates, keys, expect) = truth(&row);
        let certificates: BTreeSet<String> = certificates.into_iter().collect();
        let is_refused = read.is_err() && key.is_err();
        let is_either = expect == "either";
        let same_certificates =
            found == certificates || (is_either && (certificates.is_empty() || is_refused));
        // Keys that are passed on as they are, of algorithms whose public half nobody asks for here.
        let is_opaque = key.as_ref().is_ok_and(|key| {
            ["DH", "ML-", "1.2.840.10046.2.1"]
                .iter()
                .any(|name| key.algorithm().starts_with(name))
        });
        let same_keys = found_keys == keys || is_opaque || (is_either && found_keys.len() <= keys.len());
        let is_right = match expect.as_str() {
            "open" => true,
            "error" => found.is_empty() && key.is_err(),
            _ => same_certificates && same_keys,
        };
        if is_right || OTHERWISE.iter().any(|name| file.ends_with(name)) {
            right += 1;
            continue;
        }
        wrong.push(format!(
            "{file} ({}), expected {expect}: {} of {} certificates ({:?}), {} of {} keys ({:?})",
            row["note"],
            found.len(),
            certificates.len(),
            read.as_ref().err(),
            found_keys.len(),
            keys.len(),
            key.as_ref().err(),
        ));
    }
    assert!(
        wrong.is_empty(),
        "{right} right, {} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

//! Clients' certificates are trusted and refused as a Java server does it: the same chains go through a real
//! handshake here and through the trust manager of every JDK.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use keyjar::Certificate;
use keyjar::server::TestServer;
use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer,
    KeyPair, KeyUsagePurpose,
};
use time::{Duration as Days, OffsetDateTime};

use super::client::Client;
use crate::support::{folder, has, jdks, root, run};

/// A certificate and its key, as an issuer of others.
struct Made {
    der: Vec<u8>,
    params: CertificateParams,
    key: KeyPair,
}

impl Made {
    fn key_der(&self) -> Vec<u8> {
        self.key.serialize_der()
    }

    fn issuer(&self) -> Issuer<'_, &KeyPair> {
        Issuer::from_params(&self.params, &self.key)
    }
}

/// A leaf's parameters, valid now, changed by `change`.
fn params(name: &str, change: impl FnOnce(&mut CertificateParams)) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params.not_before = OffsetDateTime::now_utc() - Days::days(10);
    params.not_after = OffsetDateTime::now_utc() + Days::days(10);
    change(&mut params);
    params
}

fn authority(params: &mut CertificateParams) {
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
}

fn expired(params: &mut CertificateParams) {
    params.not_after = OffsetDateTime::now_utc() - Days::days(1);
}

fn self_signed(name: &str, change: impl FnOnce(&mut CertificateParams)) -> Made {
    let key = KeyPair::generate().unwrap();
    let params = params(name, change);
    let der = params.self_signed(&key).unwrap().der().to_vec();
    Made { der, params, key }
}

fn below(issuer: &Made, name: &str, change: impl FnOnce(&mut CertificateParams)) -> Made {
    let key = KeyPair::generate().unwrap();
    let params = params(name, change);
    let der = params.signed_by(&key, &issuer.issuer()).unwrap().der().to_vec();
    Made { der, params, key }
}

/// What a client sends and whom the server trusts.
struct Case {
    name: &'static str,
    chain: Vec<Vec<u8>>,
    key: Vec<u8>,
    anchors: Vec<Vec<u8>>,
}

fn case(name: &'static str, leaf: &Made, more: &[&Made], anchors: &[&Made]) -> Case {
    let chain = std::iter::once(leaf).chain(more.iter().copied());
    Case {
        name,
        chain: chain.map(|made| made.der.clone()).collect(),
        key: leaf.key_der(),
        anchors: anchors.iter().map(|made| made.der.clone()).collect(),
    }
}

fn leaves(root: &Made) -> Vec<Case> {
    let usage = |purposes: &'static [ExtendedKeyUsagePurpose]| {
        move |params: &mut CertificateParams| params.extended_key_usages = purposes.to_vec()
    };
    let plain = below(root, "client", |_| {});
    let old = self_signed("pinned", expired);
    let new = {
        let params = params("pinned", |_| {});
        let key =
            KeyPair::from_pkcs8_der_and_sign_algo(&old.key_der().into(), &rcgen::PKCS_ECDSA_P256_SHA256)
                .unwrap();
        let der = params.self_signed(&key).unwrap().der().to_vec();
        Made { der, params, key }
    };
    let other = self_signed("root", authority);
    vec![
        case("below a trusted authority", &plain, &[], &[root]),
        case("with its authority sent along", &plain, &[root], &[root]),
        case(
            "below an authority that is not trusted",
            &plain,
            &[],
            &[&other, &new],
        ),
        case("trusted itself", &plain, &[], &[&plain]),
        case("self-signed and trusted itself, expired", &old, &[], &[&old]),
        case("self-signed and not trusted", &old, &[], &[root]),
        case(
            "renewed with the same key, the old one trusted",
            &new,
            &[],
            &[&old],
        ),
        case("expired", &below(root, "client", expired), &[], &[root]),
        case(
            "not yet valid",
            &below(root, "client", |p| {
                p.not_before = OffsetDateTime::now_utc() + Days::days(1)
            }),
            &[],
            &[root],
        ),
        case(
            "for servers only",
            &below(root, "client", usage(&[ExtendedKeyUsagePurpose::ServerAuth])),
            &[],
            &[root],
        ),
        case(
            "for clients",
            &below(root, "client", usage(&[ExtendedKeyUsagePurpose::ClientAuth])),
            &[],
            &[root],
        ),
        case(
            "for any purpose",
            &below(root, "client", usage(&[ExtendedKeyUsagePurpose::Any])),
            &[],
            &[root],
        ),
        case(
            "with a key that may only encipher",
            &below(root, "client", |p| {
                p.key_usages = vec![KeyUsagePurpose::KeyEncipherment]
            }),
            &[],
            &[root],
        ),
        case(
            "with an unknown critical extension",
            &below(root, "client", |p| {
                let mut extension = CustomExtension::from_oid_content(&[1, 3, 9999, 1], vec![5, 0]);
                extension.set_criticality(true);
                p.custom_extensions = vec![extension];
            }),
            &[],
            &[root],
        ),
        case(
            "that is an authority's",
            &below(root, "client", |p| {
                p.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            }),
            &[],
            &[root],
        ),
    ]
}

fn paths(root: &Made) -> Vec<Case> {
    let middle = below(root, "middle", authority);
    let leaf = below(&middle, "client", |_| {});
    let low = below(&middle, "low", authority);
    let deep = below(&low, "client", |_| {});
    let no_authority = below(root, "middle", |_| {});
    let no_signer = below(root, "middle", |p| {
        p.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        p.key_usages = vec![KeyUsagePurpose::CrlSign];
    });
    let old = below(root, "middle", |p| {
        authority(p);
        expired(p);
    });
    let short = below(root, "short", |p| {
        authority(p);
        p.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    });
    let below_short = below(&short, "low", authority);
    let shortest = self_signed("shortest", |p| {
        authority(p);
        p.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    });
    let below_shortest = below(&shortest, "middle", authority);
    let old_root = self_signed("old root", |p| {
        authority(p);
        expired(p);
    });
    let odd_root = self_signed("odd root", |p| {
        p.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        p.key_usages = vec![KeyUsagePurpose::CrlSign];
    });
    let namesake = self_signed("root", authority);
    vec![
        case("with its intermediate", &leaf, &[&middle], &[root]),
        case("without its intermediate", &leaf, &[], &[root]),
        case("below a trusted intermediate", &leaf, &[], &[&middle]),
        case(
            "below a trusted intermediate, all sent",
            &leaf,
            &[&middle, root],
            &[&middle],
        ),
        case("two levels down", &deep, &[&low, &middle], &[root]),
        case(
            "two levels down, out of order",
            &deep,
            &[&middle, &namesake, &low],
            &[root],
        ),
        case(
            "below an authority that is none",
            &below(&no_authority, "client", |_| {}),
            &[&no_authority],
            &[root],
        ),
        case(
            "below an authority that may not sign",
            &below(&no_signer, "client", |_| {}),
            &[&no_signer],
            &[root],
        ),
        case(
            "below an expired intermediate",
            &below(&old, "client", |_| {}),
            &[&old],
            &[root],
        ),
        case(
            "deeper than its path length",
            &below(&below_short, "client", |_| {}),
            &[&below_short, &short],
            &[root],
        ),
        case(
            "deeper than the anchor's path length",
            &below(&below_shortest, "client", |_| {}),
            &[&below_shortest],
            &[&shortest],
        ),
        case(
            "below an expired root",
            &below(&old_root, "client", |_| {}),
            &[],
            &[&old_root],
        ),
        case(
            "below a root that may not sign",
            &below(&odd_root, "client", |_| {}),
            &[],
            &[&odd_root],
        ),
        case(
            "below a namesake of the root",
            &below(&namesake, "client", |_| {}),
            &[],
            &[root],
        ),
        case(
            "below one of two namesakes",
            &below(&namesake, "client", |_| {}),
            &[],
            &[root, &namesake],
        ),
    ]
}

/// Whether a handshake with the case's certificate is good, and why not.
fn ours(case: &Case) -> (bool, String) {
    let anchors = case
        .anchors
        .iter()
        .map(|der| Certificate::from_der(der.clone()).unwrap());
    let server = TestServer::builder().client_trust(anchors).start().unwrap();
    // In TLS 1.3 the client learns of a refusal when it reads.
    let _ = Client::showing((case.chain.clone(), case.key.clone())).get(server.port(), "/");
    let handshakes = server.wait_for_handshakes(1, Duration::from_secs(20));
    let handshake = handshakes
        .first()
        .unwrap_or_else(|| panic!("{}: no handshake", case.name));
    let shown = handshake.client_chain.len();
    assert_eq!(
        shown,
        case.chain.len(),
        "{}: the client's chain is told",
        case.name
    );
    (handshake.is_ok(), handshake.reason.clone().unwrap_or_default())
}

/// The cases as the probe reads them: `anchors of a case | its chain`, DER in hex, a case a line.
fn write(cases: &[Case], path: &Path) {
    let hex = |der: &Vec<u8>| {
        der.iter().fold(String::new(), |mut out, octet| {
            let _ = write!(out, "{octet:02x}");
            out
        })
    };
    let lines: Vec<_> = cases
        .iter()
        .map(|case| {
            let list = |all: &[Vec<u8>]| all.iter().map(hex).collect::<Vec<_>>().join(",");
            format!("{}|{}", list(&case.anchors), list(&case.chain))
        })
        .collect();
    std::fs::write(path, lines.join("\n")).unwrap();
}

#[test]
fn the_server_trusts_the_clients_that_every_jdk_trusts_and_no_others() {
    let root = self_signed("root", authority);
    let cases: Vec<_> = leaves(&root).into_iter().chain(paths(&root)).collect();
    let ours: Vec<_> = cases.iter().map(ours).collect();
    assert!(ours.iter().any(|(good, _)| *good) && ours.iter().any(|(good, _)| !*good));
    if !has("javac", &["-version"]) {
        return;
    }
    let folder = folder();
    write(&cases, &folder.path().join("cases"));
    let source = self::root().join("tests/it/interop/java/ClientTrust.java");
    run(Command::new("javac")
        .args(["--release", "8", "-nowarn", "-Xlint:-options", "-d", "."])
        .arg(source)
        .current_dir(folder.path()))
    .exits(0);
    for jdk in jdks() {
        let said = run(jdk
            .tool(folder.path(), "java")
            .args(["-cp", ".", "ClientTrust", "cases"]))
        .exits(0);
        let verdicts: Vec<_> = said.stdout.lines().collect();
        assert_eq!(
            verdicts.len(),
            cases.len(),
            "JDK {}: {}",
            jdk.version,
            said.stdout
        );
        for ((case, (good, reason)), verdict) in cases.iter().zip(&ours).zip(verdicts) {
            assert_eq!(
                *good,
                verdict == "trusted",
                "JDK {} on a client's certificate {}: {verdict}; ours: {reason}",
                jdk.version,
                case.name
            );
        }
    }
}

//! Whatever is sent, a verdict ends within its caps.

use std::time::{Duration, Instant};

use keyjar::Certificate;
use keyjar::trust::{Anchors, Decision, Jdk, Validation};

use super::cases::World;
use super::forge::{DNS, Forge, cn};

fn read(all: &[Vec<u8>]) -> Vec<Certificate> {
    all.iter()
        .map(|der| Certificate::from_der(der.clone()).unwrap())
        .collect()
}

/// A leaf and a thousand CAs of ten names and keys, each signed by each.
fn cross_signed(world: &World) -> Vec<Vec<u8>> {
    let mut chain = vec![world.leaf("ca0").sign(world.key(1))];
    for number in 0..1000_usize {
        let (subject, issuer) = (number % 10, number / 10 % 10);
        let name = format!("ca{subject}");
        let serial = u16::try_from(number).unwrap().to_be_bytes();
        // Of each name there are ten keys' worth of certificates; a third of the signatures is wrong.
        let signer = if number % 3 == 0 { 13 } else { issuer + 1 };
        let forge = Forge::new(&cn(&name), world.key(subject + 1), &cn(&format!("ca{issuer}")));
        chain.push(
            forge
                .ca(None)
                .serial(&[&[1][..], &serial].concat())
                .sign(world.key(signer)),
        );
    }
    chain
}

#[test]
fn a_thousand_cross_signed_candidates_end_within_the_stated_number_of_signature_checks() {
    let world = World::new();
    let chain = read(&cross_signed(&world));
    let stranger = world.root(12, "stranger").sign(world.key(12));
    let named = world.root(12, "ca3").sign(world.key(12));
    for anchor in [stranger, named] {
        let anchors = Anchors::new(read(&[anchor]));
        let jdk = Jdk::new(25).unwrap();
        let validation = Validation::new(&jdk, &anchors, keyjar::clock::now());
        // A JVM stops at the eleventh certificate.
        let verdict = validation.check_server(&chain);
        assert_eq!(verdict.decision, Decision::Refused);
        assert_eq!(verdict.signature_checks, 0);
        // An application that hands all of them to its trust manager.
        let begun = Instant::now();
        let verdict = validation.clone().outside_tls().check_server(&chain);
        assert_ne!(verdict.decision, Decision::Accepted);
        assert!(verdict.signature_checks <= Validation::MOST_SIGNATURE_CHECKS);
        assert!(begun.elapsed() < Duration::from_secs(60), "{:?}", begun.elapsed());
    }
}

#[test]
fn ten_cross_signed_certificates_are_judged_to_the_end() {
    let world = World::new();
    let mut chain = vec![world.leaf("ca0").sign(world.key(1))];
    for (subject, issuer) in [
        (0, 1),
        (0, 2),
        (1, 0),
        (1, 2),
        (2, 0),
        (2, 1),
        (0, 3),
        (3, 1),
        (3, 2),
    ] {
        let forge = Forge::new(
            &cn(&format!("ca{subject}")),
            world.key(subject + 1),
            &cn(&format!("ca{issuer}")),
        );
        chain.push(forge.ca(None).sign(world.key(issuer + 1)));
    }
    let anchors = Anchors::new(read(&[world.root(9, "ca3").sign(world.key(9))]));
    let jdk = Jdk::new(25).unwrap();
    let verdict = Validation::new(&jdk, &anchors, keyjar::clock::now()).check_server(&read(&chain));
    assert_eq!(verdict.decision, Decision::Refused);
    assert!(verdict.signature_checks < 100, "{}", verdict.signature_checks);
}

#[test]
fn name_constraints_and_policies_without_number_end_undecided() {
    let world = World::new();
    let names: Vec<String> = (0..4000).map(|number| format!("n{number}.example.com")).collect();
    let subtrees: Vec<(u8, &[u8])> = names.iter().map(|name| (DNS, name.as_bytes())).collect();
    let a = world
        .intermediate(4, "a", "root")
        .constraints(&subtrees, &[])
        .sign(world.key(1));
    let b = world
        .intermediate(5, "b c", "a")
        .constraints(&[], &subtrees)
        .sign(world.key(4));
    let leaf = world.leaf("b c").sign(world.key(5));
    let anchors = Anchors::new(read(&[world.root(1, "root").sign(world.key(1))]));
    let jdk = Jdk::new(25).unwrap();
    let begun = Instant::now();
    let verdict = Validation::new(&jdk, &anchors, keyjar::clock::now()).check_server(&read(&[leaf, b, a]));
    assert_eq!(verdict.decision, Decision::Undecided);
    assert!(verdict.cause.unwrap().starts_with("gave up after"));
    assert!(begun.elapsed() < Duration::from_secs(30));
}

#[test]
fn changed_certificates_never_panic() {
    use rand::{RngExt, SeedableRng};
    let world = World::new();
    let mut rng = rand::rngs::StdRng::seed_from_u64(77);
    let int = world
        .intermediate(4, "int", "root")
        .constraints(&[(DNS, b"localhost")], &[(DNS, b"x")])
        .policies(false, &["1.2.3"])
        .mappings(&[("1.2.3", "1.2.4")])
        .policy_constraints(Some(2), Some(1))
        .sign(world.key(1));
    let leaf = world
        .leaf("int")
        .usage(&[0])
        .purposes(false, &[super::cases::SERVER_AUTH])
        .sign(world.key(4));
    let root = world.root(1, "root").sign(world.key(1));
    let jdk = Jdk::new(8).unwrap();
    for _ in 0..3000 {
        let mut all = [leaf.clone(), int.clone(), root.clone()];
        for _ in 0..rng.random_range(1..4) {
            let at = rng.random_range(0..3);
            let place = rng.random_range(0..all[at].len());
            all[at][place] = rng.random();
        }
        let parsed: Vec<_> = all
            .iter()
            .filter_map(|der| Certificate::from_der(der.clone()).ok())
            .collect();
        if let Some((root, chain)) = parsed.split_last() {
            let anchors = Anchors::new([root.clone()]);
            let _ = Validation::new(&jdk, &anchors, keyjar::clock::now())
                .host("localhost")
                .check_server(chain);
        }
    }
}

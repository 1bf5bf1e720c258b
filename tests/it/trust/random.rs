//! Chains put together, and certificates changed, at random; the seed is fixed.

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::cases::{CLIENT_AUTH, SERVER_AUTH, World};
use super::forge::{DNS, EMAIL, Forge, IP, cn};

pub fn random(world: &mut World) {
    let mut rng = StdRng::seed_from_u64(8);
    for number in 0..700 {
        put_together(world, &mut rng, number);
    }
    let root = world.root(1, "root").sign(world.key(1));
    let int = world.intermediate(4, "int", "root").sign(world.key(1));
    let leaf = world
        .leaf("int")
        .purposes(false, &[SERVER_AUTH])
        .usage(&[0])
        .sign(world.key(4));
    for number in 0..400 {
        let mut chain = [leaf.clone(), int.clone()];
        let at = rng.random_range(0..2);
        let place = rng.random_range(0..chain[at].len());
        chain[at][place] = rng.random();
        let case = world.add(&format!("changed: {number}"), &[&chain[0], &chain[1]], &[&root]);
        case.host = Some("localhost".into());
    }
}

fn pick<T: Copy>(rng: &mut StdRng, list: &[T]) -> T {
    list[rng.random_range(0..list.len())]
}

/// A few CAs of a few names and keys, with one or two oddities; of them a chain and anchors.
fn put_together(world: &mut World, rng: &mut StdRng, number: usize) {
    let names = ["r", "a", "b", "c"];
    let mut pool: Vec<Vec<u8>> = Vec::new();
    for _ in 0..rng.random_range(2..7) {
        let subject = rng.random_range(0..names.len());
        let issuer = rng.random_range(0..=subject);
        let mut forge = Forge::new(&cn(names[subject]), world.key(subject + 1), &cn(names[issuer]));
        forge.serial = vec![rng.random_range(1..100)];
        forge = oddity(rng, forge, true);
        let signer = if rng.random_range(0..12) == 0 {
            7
        } else {
            issuer + 1
        };
        pool.push(forge.sign(world.key(signer)));
    }
    let issuer = rng.random_range(0..names.len());
    let mut leaf = Forge::new(&cn("leaf"), world.key(0), &cn(names[issuer]));
    if rng.random_range(0..3) > 0 {
        leaf = leaf.dns(&["localhost", "*.example.com"]);
    }
    leaf = oddity(rng, leaf, false);
    let leaf = leaf.sign(world.key(issuer + 1));
    let mut chain = vec![leaf];
    for _ in 0..rng.random_range(0..5) {
        chain.push(pool[rng.random_range(0..pool.len())].clone());
    }
    let mut anchors = Vec::new();
    for _ in 0..rng.random_range(1..3) {
        // Of several anchors of one name it depends on the JVM's mood which one is told of.
        let anchor = pool[rng.random_range(0..pool.len())].clone();
        let subject = subject_of(&anchor);
        if anchors.iter().all(|other: &Vec<u8>| subject_of(other) != subject) {
            anchors.push(anchor);
        }
    }
    let chain: Vec<&[u8]> = chain.iter().map(Vec::as_slice).collect();
    let anchors: Vec<&[u8]> = anchors.iter().map(Vec::as_slice).collect();
    let case = world.add(&format!("random: {number}"), &chain, &anchors);
    case.is_client = rng.random_range(0..5) == 0;
    if rng.random_range(0..2) == 0 && !case.is_client {
        case.host = Some(pick(rng, &["localhost", "www.example.com", "127.0.0.1"]).into());
    }
}

fn subject_of(der: &[u8]) -> String {
    keyjar::Certificate::from_der(der.to_vec())
        .unwrap()
        .subject()
        .to_string()
}

fn oddity(rng: &mut StdRng, forge: Forge, is_ca: bool) -> Forge {
    let forge = match rng.random_range(0..if is_ca { 14 } else { 1 }) {
        1 => forge.basic(true, None),
        2 => forge.basic(false, None),
        3 => forge.ca(Some(0)),
        4 => forge.ca(Some(1)),
        5 => forge.basic(true, None).usage(&[0]),
        6 => forge.ca(None).constraints(&[(DNS, b"localhost")], &[]),
        7 => forge
            .ca(None)
            .constraints(&[], &[(DNS, b"example.com"), (IP, &[127, 0, 0, 0, 255, 0, 0, 0])]),
        8 => forge
            .ca(None)
            .policies(false, &["1.2.3"])
            .policy_constraints(Some(0), None),
        _ if is_ca => forge.ca(None),
        _ => forge,
    };
    match rng.random_range(0..24) {
        0 => forge.dates("20200101", "20210101"),
        1 => forge.dates("20900101", "20991231"),
        2 => forge.extension("1.2.3.4", true, &[5, 0]),
        3 => forge.extension("1.2.3.4", false, &[5, 0]),
        4 => forge.key_ids(Some(&[1; 20]), None),
        5 => forge.key_ids(None, Some(&[1; 20])),
        6 => forge.purposes(false, &[CLIENT_AUTH]),
        7 => forge.purposes(true, &[SERVER_AUTH]),
        8 if !is_ca => forge.usage(&[2]),
        9 if !is_ca => forge.names(true, &[(EMAIL, b"a@localhost")]),
        10 => forge.policies(false, &["1.2.3"]),
        11 if !is_ca => forge.basic(true, None),
        _ => forge,
    }
}

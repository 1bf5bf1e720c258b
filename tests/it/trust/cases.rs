//! Chains that show each rule from both sides.

use keyjar::asn1::tlv;

use super::forge::*;

/// What is asked of every JDK.
#[derive(Clone)]
pub struct Case {
    pub name: String,
    pub host: Option<String>,
    pub is_client: bool,
    /// Within a TLS session, with its constraints.
    pub in_tls: bool,
    pub chain: Vec<Vec<u8>>,
    pub anchors: Vec<Vec<u8>>,
}

pub const SERVER_AUTH: &str = "1.3.6.1.5.5.7.3.1";
pub const CLIENT_AUTH: &str = "1.3.6.1.5.5.7.3.2";
const CODE_SIGNING: &str = "1.3.6.1.5.5.7.3.3";
const ANY_PURPOSE: &str = "2.5.29.37.0";
const UNKNOWN: &str = "1.2.3.4.5";

/// Names by tag and contents.
pub type Names<'a> = Vec<(u8, &'a [u8])>;

/// The keys and names that most cases share.
pub struct World {
    pub keys: Vec<Key>,
    pub cases: Vec<Case>,
}

impl World {
    pub fn new() -> Self {
        Self {
            keys: (1..=14).map(Key::new).collect(),
            cases: Vec::new(),
        }
    }

    pub fn key(&self, at: usize) -> &Key {
        &self.keys[at]
    }

    pub fn add(&mut self, name: &str, chain: &[&[u8]], anchors: &[&[u8]]) -> &mut Case {
        let owned = |list: &[&[u8]]| list.iter().map(|der| der.to_vec()).collect();
        self.cases.push(Case {
            name: name.into(),
            host: None,
            is_client: false,
            in_tls: true,
            chain: owned(chain),
            anchors: owned(anchors),
        });
        self.cases.last_mut().unwrap()
    }

    /// A self-signed CA.
    pub fn root(&self, at: usize, name: &str) -> Forge {
        Forge::new(&cn(name), self.key(at), &cn(name)).ca(None)
    }

    /// A CA's certificate by another.
    pub fn intermediate(&self, at: usize, name: &str, issuer: &str) -> Forge {
        Forge::new(&cn(name), self.key(at), &cn(issuer)).ca(None)
    }

    pub fn leaf(&self, issuer: &str) -> Forge {
        Forge::new(&cn("leaf"), self.key(0), &cn(issuer)).dns(&["localhost"])
    }
}

pub fn all() -> Vec<Case> {
    let mut world = World::new();
    shapes(&mut world);
    dates(&mut world);
    authorities(&mut world);
    purposes(&mut world);
    extensions(&mut world);
    identifiers(&mut world);
    names(&mut world);
    anchors(&mut world);
    super::constraints::name_constraints(&mut world);
    super::hosts::hosts(&mut world);
    super::policies::policies(&mut world);
    super::signatures::signatures(&mut world);
    super::random::random(&mut world);
    let every = std::env::var_os("KEYJAR_EVERY_CASE").is_some();
    let (mut products, mut single): (Vec<_>, Vec<_>) = world
        .cases
        .into_iter()
        .partition(|case| is_of_product(&case.name));
    products.retain(|case| every || case.name.bytes().map(u64::from).sum::<u64>() % 4 == 0);
    single.append(&mut products);
    single
}

/// Families that are every combination of two lists; a quarter of them is asked unless `KEYJAR_EVERY_CASE` is set.
fn is_of_product(name: &str) -> bool {
    [
        "constraint:",
        "merged:",
        "host:",
        "policy:",
        "random:",
        "changed:",
    ]
    .iter()
    .any(|family| name.starts_with(family))
}

/// Long, unordered, incomplete, cross-signed chains, and with what does not belong.
fn shapes(world: &mut World) {
    let root = world.root(1, "root").sign(world.key(1));
    let other = world.root(2, "other").sign(world.key(2));
    let direct = world.leaf("root").sign(world.key(1));
    world.add("shape: leaf of the root", &[&direct], &[&root]);
    world.add("shape: leaf and root", &[&direct, &root], &[&root]);
    world.add("shape: leaf itself trusted", &[&direct], &[&direct]);
    world.add("shape: leaf and junk", &[&direct, &other], &[&root]);
    world.add("shape: leaf twice", &[&direct, &direct], &[&root]);
    world.add("shape: leaf, root twice", &[&direct, &root, &root], &[&root]);
    world.add("shape: untrusted root", &[&direct, &root], &[&other]);
    world.add("shape: untrusted root alone", &[&direct], &[&other]);
    world.add("shape: no anchors", &[&direct], &[]);
    world.add("shape: root first", &[&root, &direct], &[&root]);
    world.add("shape: root alone", &[&root], &[&root]);
    for depth in 1..=8_usize {
        let mut chain = Vec::new();
        for level in 0..depth {
            let name = format!("ca{level}");
            let issuer = if level == 0 {
                "root".into()
            } else {
                format!("ca{}", level - 1)
            };
            let signer = world.key(if level == 0 { 1 } else { level + 3 });
            chain.push(world.intermediate(level + 4, &name, &issuer).sign(signer));
        }
        let leaf = world.leaf(&format!("ca{}", depth - 1)).sign(world.key(depth + 3));
        chain.push(leaf);
        chain.reverse();
        let whole: Vec<&[u8]> = chain.iter().map(Vec::as_slice).collect();
        world.add(&format!("shape: {depth} intermediates"), &whole, &[&root]);
        let mut turned = whole.clone();
        turned[1..].reverse();
        world.add(&format!("shape: {depth} intermediates turned"), &turned, &[&root]);
        let mut with_junk = whole.clone();
        with_junk.insert(1, &other);
        world.add(
            &format!("shape: {depth} intermediates and junk"),
            &with_junk,
            &[&root],
        );
        let mut with_root = turned.clone();
        with_root.push(&root);
        world.add(&format!("shape: {depth} turned with root"), &with_root, &[&root]);
        world.add(
            &format!("shape: {depth} the first missing"),
            &[whole[0]],
            &[&root],
        );
        if depth > 1 {
            world.add(
                &format!("shape: {depth} the last missing"),
                &whole[..depth],
                &[&root],
            );
            world.add(
                &format!("shape: {depth} top is anchor"),
                &whole[..depth],
                &[whole[depth]],
            );
            world.add(
                &format!("shape: {depth} top sent and anchor"),
                &whole,
                &[whole[depth]],
            );
        }
    }
    cross_signed(world, &root, &other);
}

fn cross_signed(world: &mut World, root: &[u8], other: &[u8]) {
    let by_root = world.intermediate(4, "int", "root").sign(world.key(1));
    let by_other = world.intermediate(4, "int", "other").sign(world.key(2));
    let expired = world
        .intermediate(4, "int", "root")
        .dates("20200101", "20210101")
        .sign(world.key(1));
    let rekeyed = world.intermediate(5, "int", "root").sign(world.key(1));
    let leaf = world.leaf("int").sign(world.key(4));
    let crossed = world.intermediate(1, "root", "other").sign(world.key(2));
    for (name, chain) in [
        ("one", vec![&by_root]),
        ("other", vec![&by_other]),
        ("both", vec![&by_root, &by_other]),
        ("both turned", vec![&by_other, &by_root]),
        ("expired first", vec![&expired, &by_root]),
        ("expired last", vec![&by_root, &expired]),
        ("expired alone", vec![&expired]),
        ("wrong key first", vec![&rekeyed, &by_root]),
        ("wrong key last", vec![&by_root, &rekeyed]),
        ("wrong key alone", vec![&rekeyed]),
        ("root crossed", vec![&by_root, &crossed]),
    ] {
        let mut sent: Vec<&[u8]> = vec![&leaf];
        sent.extend(chain.iter().map(|der| der.as_slice()));
        for (trusted, anchors) in [
            ("root", vec![root]),
            ("other", vec![other]),
            ("both", vec![root, other]),
        ] {
            world.add(&format!("cross: {name}, {trusted} trusted"), &sent, &anchors);
        }
    }
    let same_name = world.root(6, "root").sign(world.key(6));
    world.add(
        "cross: anchor of that name, wrong key",
        &[&leaf, &by_root],
        &[&same_name],
    );
    world.add(
        "cross: anchors of one name",
        &[&leaf, &by_root],
        &[&same_name, root],
    );
    let renewed = world
        .root(1, "root")
        .dates("20210101", "20800101")
        .serial(&[9])
        .sign(world.key(1));
    world.add("cross: renewed root sent", &[&leaf, &by_root, &renewed], &[root]);
    world.add(
        "cross: renewed root trusted",
        &[&leaf, &by_root, root],
        &[&renewed],
    );
    let expired_root = world
        .root(1, "root")
        .dates("20100101", "20110101")
        .sign(world.key(1));
    world.add(
        "cross: expired root trusted",
        &[&leaf, &by_root],
        &[&expired_root],
    );
    world.add(
        "cross: expired root sent",
        &[&leaf, &by_root, &expired_root],
        &[root],
    );
    world.add(
        "cross: expired intermediate is anchor",
        &[&leaf, &expired],
        &[&expired],
    );
    world.add("cross: good copy is anchor", &[&leaf, &expired], &[&by_root]);
    // One that certifies itself under the other's name again and again.
    let a = world.intermediate(4, "int", "loop").sign(world.key(5));
    let b = world.intermediate(5, "loop", "int").sign(world.key(4));
    world.add("cross: a loop", &[&leaf, &a, &b], &[root]);
    world.add(
        "cross: a loop with a way out",
        &[&leaf, &a, &b, &by_root],
        &[root],
    );
}

fn dates(world: &mut World) {
    let good = ("20200101", "20991231");
    let bad = [
        ("past", ("20200101", "20210101")),
        ("future", ("20900101", "20991231")),
    ];
    let root = world.root(1, "root").sign(world.key(1));
    for (name, (from, to)) in bad {
        let leaf = world.leaf("root").dates(from, to).sign(world.key(1));
        world.add(&format!("date: leaf {name}"), &[&leaf], &[&root]);
        world.add(
            &format!("date: leaf {name}, root sent"),
            &[&leaf, &root],
            &[&root],
        );
        world.add(&format!("date: leaf {name} itself trusted"), &[&leaf], &[&leaf]);
        let junk = world.root(2, "junk").sign(world.key(2));
        world.add(&format!("date: leaf {name} and junk"), &[&leaf, &junk], &[&root]);
        let int = world
            .intermediate(4, "int", "root")
            .dates(from, to)
            .sign(world.key(1));
        let leaf = world.leaf("int").dates(good.0, good.1).sign(world.key(4));
        world.add(&format!("date: intermediate {name}"), &[&leaf, &int], &[&root]);
        world.add(
            &format!("date: intermediate {name}, junk"),
            &[&leaf, &junk, &int],
            &[&root],
        );
        world.add(&format!("date: intermediate {name} trusted"), &[&leaf], &[&int]);
        let old = world.root(1, "root").dates(from, to).sign(world.key(1));
        let leaf = world.leaf("root").sign(world.key(1));
        world.add(&format!("date: root {name}"), &[&leaf], &[&old]);
        world.add(&format!("date: root {name} sent"), &[&leaf, &old], &[&old]);
        let leaf = world.leaf("root").dates(from, to).sign(world.key(2));
        world.add(
            &format!("date: leaf {name} and wrong signature"),
            &[&leaf],
            &[&root],
        );
    }
    let turned = world
        .leaf("root")
        .dates("20990101", "20200101")
        .sign(world.key(1));
    world.add("date: ends before it begins", &[&turned], &[&root]);
}

fn authorities(world: &mut World) {
    let root = world.root(1, "root").sign(world.key(1));
    let leaf = world.leaf("int").sign(world.key(4));
    let int = || Forge::new(&cn("int"), &Key::new(5), &cn("root"));
    let junk = world.root(2, "junk").sign(world.key(2));
    for (name, forge) in [
        ("without basicConstraints", int().usage(&[5])),
        ("cA false", int().basic(false, None).usage(&[5])),
        (
            "empty basicConstraints",
            int().extension("2.5.29.19", true, &[0x30, 0]),
        ),
        ("cA false with a length", int().basic(false, Some(3))),
        ("without keyUsage", int().basic(true, None)),
        (
            "keyUsage without keyCertSign",
            int().basic(true, None).usage(&[0, 6]),
        ),
        ("keyUsage keyCertSign only", int().basic(true, None).usage(&[5])),
        ("empty keyUsage", int().basic(true, None).usage(&[])),
        ("decipherOnly", int().basic(true, None).usage(&[5, 8])),
        ("version 1", int().version(1)),
        (
            "not critical",
            int().extension("2.5.29.19", false, &[0x30, 3, 1, 1, 0xff]),
        ),
        (
            "malformed, not critical",
            int().extension("2.5.29.19", false, &[0x04, 0]),
        ),
        ("path length 0", int().ca(Some(0))),
        ("path length 127", int().ca(Some(127))),
        (
            "purpose clientAuth",
            int().ca(None).purposes(false, &[CLIENT_AUTH]),
        ),
        (
            "purpose codeSigning, critical",
            int().ca(None).purposes(true, &[CODE_SIGNING]),
        ),
        (
            "Netscape type",
            int()
                .ca(None)
                .extension("2.16.840.1.113730.1.1", false, &[3, 2, 0, 1]),
        ),
    ] {
        let mut forge = forge;
        forge.spki = world.key(4).spki.clone();
        let int = forge.sign(world.key(1));
        world.add(&format!("ca: {name}"), &[&leaf, &int], &[&root]);
        world.add(&format!("ca: {name}, built"), &[&leaf, &junk, &int], &[&root]);
        world.add(&format!("ca: {name}, as anchor"), &[&leaf], &[&int]);
    }
    // path lengths along a chain of three
    for (root_length, first, second) in [
        (None, Some(0), None),
        (None, Some(1), Some(0)),
        (None, Some(1), None),
        (Some(0), None, None),
        (None, None, Some(0)),
        (None, Some(0), Some(0)),
        (None, Some(2), Some(0)),
    ] {
        let mut top = world.root(1, "root");
        top.extensions.clear();
        let top = top.ca(root_length).sign(world.key(1));
        let mut a = world.intermediate(4, "a", "root");
        a.extensions.clear();
        let a = a.ca(first).sign(world.key(1));
        let mut b = world.intermediate(5, "b", "a");
        b.extensions.clear();
        let b = b.ca(second).sign(world.key(4));
        let leaf = world.leaf("b").sign(world.key(5));
        let name = format!("ca: lengths {root_length:?} {first:?} {second:?}");
        world.add(&name, &[&leaf, &b, &a], &[&top]);
        world.add(&format!("{name}, built"), &[&leaf, &a, &b], &[&top]);
        let leaf = world.leaf("b").basic(true, None).sign(world.key(5));
        world.add(&format!("{name}, leaf is a CA"), &[&leaf, &b, &a], &[&top]);
    }
    self_issued(world, &root);
}

/// A CA's certificates for its own new key count for no path length.
fn self_issued(world: &mut World, root: &[u8]) {
    let mut int = world.intermediate(4, "int", "root");
    int.extensions.clear();
    let int = int.ca(Some(0)).sign(world.key(1));
    let new_key = world.intermediate(5, "int", "int").sign(world.key(4));
    let newer_key = world.intermediate(6, "int", "int").sign(world.key(5));
    let leaf = world.leaf("int").sign(world.key(5));
    world.add("self-issued: one", &[&leaf, &new_key, &int], &[root]);
    world.add("self-issued: one, built", &[&leaf, &int, &new_key], &[root]);
    let leaf = world.leaf("int").sign(world.key(6));
    world.add("self-issued: two", &[&leaf, &newer_key, &new_key, &int], &[root]);
    world.add(
        "self-issued: two, built",
        &[&leaf, &int, &new_key, &newer_key],
        &[root],
    );
    let v1 = Forge::new(&cn("root"), world.key(7), &cn("root"))
        .version(1)
        .sign(world.key(1));
    let leaf = world.leaf("root").sign(world.key(7));
    world.add("self-issued: version 1 by the anchor", &[&leaf, &v1], &[root]);
}

fn purposes(world: &mut World) {
    let root = world.root(1, "root").sign(world.key(1));
    let leaf = || Forge::new(&cn("leaf"), &Key::new(1), &cn("root")).dns(&["localhost"]);
    for (name, forge) in [
        ("serverAuth", leaf().purposes(false, &[SERVER_AUTH])),
        ("serverAuth, critical", leaf().purposes(true, &[SERVER_AUTH])),
        ("clientAuth", leaf().purposes(false, &[CLIENT_AUTH])),
        ("clientAuth, critical", leaf().purposes(true, &[CLIENT_AUTH])),
        ("both", leaf().purposes(false, &[CLIENT_AUTH, SERVER_AUTH])),
        ("any", leaf().purposes(false, &[ANY_PURPOSE])),
        ("codeSigning", leaf().purposes(false, &[CODE_SIGNING])),
        (
            "Netscape step-up",
            leaf().purposes(false, &["2.16.840.1.113730.4.1"]),
        ),
        (
            "Microsoft step-up",
            leaf().purposes(false, &["1.3.6.1.4.1.311.10.3.3"]),
        ),
        ("no purpose", leaf().purposes(false, &[])),
        ("malformed", leaf().extension("2.5.29.37", false, &[4, 0])),
        (
            "malformed within",
            leaf().extension("2.5.29.37", false, &[0x30, 2, 5, 0]),
        ),
        (
            "malformed, critical",
            leaf().extension("2.5.29.37", true, &[4, 0]),
        ),
        ("digitalSignature", leaf().usage(&[0])),
        ("keyEncipherment", leaf().usage(&[2])),
        ("keyCertSign", leaf().usage(&[5])),
        ("keyAgreement", leaf().usage(&[4])),
        ("nonRepudiation", leaf().usage(&[1])),
        ("no usage", leaf().usage(&[])),
        ("decipherOnly", leaf().usage(&[8])),
        (
            "malformed usage",
            leaf().extension("2.5.29.15", false, &[4, 1, 0]),
        ),
        (
            "Netscape server",
            leaf().extension("2.16.840.1.113730.1.1", false, &[3, 2, 6, 0x40]),
        ),
        (
            "Netscape client",
            leaf().extension("2.16.840.1.113730.1.1", false, &[3, 2, 7, 0x80]),
        ),
        (
            "Netscape server, critical",
            leaf().extension("2.16.840.1.113730.1.1", true, &[3, 2, 6, 0x40]),
        ),
        ("a CA", leaf().basic(true, None)),
        ("a CA with its usage", leaf().ca(None)),
        (
            "wrong purpose and expired",
            leaf()
                .purposes(false, &[CLIENT_AUTH])
                .dates("20200101", "20210101"),
        ),
    ] {
        let der = forge.sign(world.key(1));
        world.add(&format!("purpose: server {name}"), &[&der], &[&root]);
        world
            .add(&format!("purpose: client {name}"), &[&der], &[&root])
            .is_client = true;
        world.add(
            &format!("purpose: server {name}, itself trusted"),
            &[&der],
            &[&der],
        );
    }
}

fn extensions(world: &mut World) {
    let root = world.root(1, "root").sign(world.key(1));
    let junk = world.root(2, "junk").sign(world.key(2));
    for critical in [true, false] {
        for (name, kind, value) in [
            ("unknown", UNKNOWN, &[5_u8, 0][..]),
            ("issuerAltName", "2.5.29.18", &[0x30, 3, 0x82, 1, b'x']),
            ("CRL distribution points", "2.5.29.31", &[0x30, 0]),
            ("authority information access", "1.3.6.1.5.5.7.1.1", &[0x30, 0]),
            ("privateKeyUsagePeriod", "2.5.29.16", &[0x30, 0]),
            ("subjectDirectoryAttributes", "2.5.29.9", &[0x30, 0]),
            ("OCSP no check", "1.3.6.1.5.5.7.48.1.5", &[5, 0]),
            ("freshest CRL", "2.5.29.46", &[0x30, 0]),
            ("TLS feature", "1.3.6.1.5.5.7.1.24", &[0x30, 3, 2, 1, 5]),
            (
                "certificate transparency poison",
                "1.3.6.1.4.1.11129.2.4.3",
                &[5, 0],
            ),
        ] {
            let leaf = world
                .leaf("root")
                .extension(kind, critical, value)
                .sign(world.key(1));
            let text = format!("extension: {name}, critical {critical}");
            world.add(&format!("{text}, leaf"), &[&leaf], &[&root]);
            world.add(&format!("{text}, leaf, built"), &[&leaf, &junk], &[&root]);
            let int = world
                .intermediate(4, "int", "root")
                .extension(kind, critical, value)
                .sign(world.key(1));
            let leaf = world.leaf("int").sign(world.key(4));
            world.add(&format!("{text}, intermediate"), &[&leaf, &int], &[&root]);
            world.add(&format!("{text}, anchor"), &[&leaf], &[&int]);
        }
    }
    let twice = world
        .leaf("root")
        .extension(UNKNOWN, false, &[5, 0])
        .extension(UNKNOWN, false, &[5, 0])
        .sign(world.key(1));
    world.add("extension: one twice", &[&twice], &[&root]);
}

/// Key identifiers and serial numbers that name the issuer.
fn identifiers(world: &mut World) {
    let (id, wrong) = (world.key(1).id(), vec![9_u8; 20]);
    let junk = world.root(2, "junk").sign(world.key(2));
    let roots = [
        ("none", world.root(1, "root").sign(world.key(1))),
        (
            "right",
            world.root(1, "root").key_ids(Some(&id), None).sign(world.key(1)),
        ),
        (
            "wrong",
            world
                .root(1, "root")
                .key_ids(Some(&wrong), None)
                .sign(world.key(1)),
        ),
    ];
    for (root_id, root) in &roots {
        for (name, leaf) in [
            ("none", world.leaf("root")),
            ("right", world.leaf("root").key_ids(None, Some(&id))),
            ("wrong", world.leaf("root").key_ids(None, Some(&wrong))),
            (
                "serial wrong",
                world.leaf("root").extension(
                    "2.5.29.35",
                    false,
                    &tlv(
                        0x30,
                        &[&tlv(0xa1, &[&tlv(0xa4, &[&cn("root")])]), &tlv(0x82, &[&[77]])],
                    ),
                ),
            ),
            (
                "serial right",
                world.leaf("root").extension(
                    "2.5.29.35",
                    false,
                    &tlv(
                        0x30,
                        &[&tlv(0xa1, &[&tlv(0xa4, &[&cn("root")])]), &tlv(0x82, &[&[1]])],
                    ),
                ),
            ),
            (
                "malformed",
                world
                    .leaf("root")
                    .extension("2.5.29.35", false, &[0x30, 2, 0x85, 0]),
            ),
        ] {
            let leaf = leaf.sign(world.key(1));
            let text = format!("identifier: anchor's {root_id}, leaf's {name}");
            world.add(&text, &[&leaf], &[root]);
            world.add(&format!("{text}, built"), &[&leaf, &junk], &[root]);
        }
        let int = world
            .intermediate(4, "int", "root")
            .key_ids(Some(&wrong), Some(&id))
            .sign(world.key(1));
        let leaf = world.leaf("int").key_ids(None, Some(&id)).sign(world.key(4));
        world.add(
            &format!("identifier: anchor's {root_id}, mismatch within"),
            &[&leaf, &int],
            &[root],
        );
    }
    let (right, wrong) = (&roots[1].1, &roots[2].1);
    let leaf = world.leaf("root").key_ids(None, Some(&id)).sign(world.key(1));
    world.add("identifier: both anchors", &[&leaf], &[wrong, right]);
}

/// Names that Java takes for equal, or not.
fn names(world: &mut World) {
    const O: &str = "2.5.4.10";
    const CN: &str = "2.5.4.3";
    const EMAIL_TYPE: &str = "1.2.840.113549.1.9.1";
    let pairs: Vec<(&str, Vec<u8>, Vec<u8>)> = vec![
        (
            "UTF8 and Printable",
            name(&[(CN, UTF8, "Root")]),
            name(&[(CN, PRINTABLE, "Root")]),
        ),
        ("case", name(&[(CN, UTF8, "Root")]), name(&[(CN, UTF8, "ROOT")])),
        (
            "outer blanks",
            name(&[(CN, UTF8, "Root")]),
            name(&[(CN, UTF8, " Root ")]),
        ),
        (
            "inner blanks",
            name(&[(CN, UTF8, "My Root")]),
            name(&[(CN, UTF8, "My   Root")]),
        ),
        (
            "a blank more",
            name(&[(CN, UTF8, "My Root")]),
            name(&[(CN, UTF8, "MyRoot")]),
        ),
        ("T61", name(&[(CN, UTF8, "Root")]), name(&[(CN, T61, "Root")])),
        ("BMP", name(&[(CN, UTF8, "Root")]), name(&[(CN, BMP, "Root")])),
        ("IA5", name(&[(CN, UTF8, "Root")]), name(&[(CN, IA5, "Root")])),
        (
            "email's case",
            name(&[(EMAIL_TYPE, IA5, "a@b.c")]),
            name(&[(EMAIL_TYPE, IA5, "A@b.c")]),
        ),
        (
            "email",
            name(&[(EMAIL_TYPE, IA5, "a@b.c")]),
            name(&[(EMAIL_TYPE, IA5, "a@b.c")]),
        ),
        (
            "order",
            name(&[(O, UTF8, "x"), (CN, UTF8, "y")]),
            name(&[(CN, UTF8, "y"), (O, UTF8, "x")]),
        ),
        (
            "umlaut's case",
            name(&[(CN, UTF8, "Ä root")]),
            name(&[(CN, UTF8, "ä ROOT")]),
        ),
        (
            "composed",
            name(&[(CN, UTF8, "\u{e4}")]),
            name(&[(CN, UTF8, "a\u{308}")]),
        ),
        (
            "sharp s",
            name(&[(CN, UTF8, "straße")]),
            name(&[(CN, UTF8, "STRASSE")]),
        ),
        (
            "escapes",
            name(&[(CN, UTF8, "a,b+c\"d")]),
            name(&[(CN, PRINTABLE, "a,b+c\"d")]),
        ),
        ("a tab", name(&[(CN, UTF8, "a b")]), name(&[(CN, UTF8, "a\tb")])),
    ];
    let junk = world.root(2, "junk").sign(world.key(2));
    for (text, subject, issuer) in pairs {
        let root = Forge::new(&subject, world.key(1), &subject)
            .ca(None)
            .sign(world.key(1));
        let leaf = Forge::new(&cn("leaf"), world.key(0), &issuer).sign(world.key(1));
        world.add(&format!("name: {text}"), &[&leaf], &[&root]);
        world.add(&format!("name: {text}, built"), &[&leaf, &junk], &[&root]);
        let root = Forge::new(&issuer, world.key(1), &issuer).sign(world.key(1));
        let leaf = Forge::new(&cn("leaf"), world.key(0), &subject).sign(world.key(1));
        world.add(&format!("name: {text}, no CA"), &[&leaf], &[&root]);
    }
    // Names as messages quote them.
    for (text, subject) in [
        (
            "many attributes",
            name(&[
                ("2.5.4.6", PRINTABLE, "DE"),
                (O, UTF8, "Example, Inc."),
                ("2.5.4.11", UTF8, "a=b"),
                (CN, UTF8, "it \"is\""),
            ]),
        ),
        ("blanks", name(&[(CN, UTF8, " x  y ")])),
        (
            "odd types",
            name(&[
                ("0.9.2342.19200300.100.1.25", IA5, "example"),
                (EMAIL_TYPE, IA5, "a@b"),
                ("2.5.4.5", PRINTABLE, "1"),
                ("1.2.3.4", UTF8, "z"),
                ("2.5.4.12", UTF8, "t"),
                ("2.5.4.97", UTF8, "id"),
            ]),
        ),
        ("quoted", name(&[(CN, UTF8, "\"q\"")])),
        ("empty value", name(&[(CN, UTF8, "")])),
        ("BMP", name(&[(CN, BMP, "Grüße")])),
        ("T61", name(&[(CN, T61, "abc")])),
        ("numeric", name(&[(CN, 0x12, "123")])),
        ("hash", name(&[(CN, UTF8, "#1;<>\\")])),
    ] {
        let root = Forge::new(&subject, world.key(1), &subject).sign(world.key(1));
        let leaf = Forge::new(&cn("leaf"), world.key(0), &subject).sign(world.key(1));
        world.add(&format!("name: {text} in a message"), &[&leaf], &[&root]);
    }
}

fn anchors(world: &mut World) {
    let own = |subject: &str, at: usize| {
        Forge::new(
            &cn(subject),
            &Key::new(u8::try_from(at).unwrap() + 1),
            &cn(subject),
        )
    };
    for (name, forge) in [
        ("no basicConstraints", own("a", 1)),
        ("cA false", own("a", 1).basic(false, None)),
        ("version 1", own("a", 1).version(1)),
        (
            "version 1, expired",
            own("a", 1).version(1).dates("20100101", "20110101"),
        ),
        (
            "keyUsage without keyCertSign",
            own("a", 1).basic(true, None).usage(&[0]),
        ),
        ("path length 0", own("a", 1).ca(Some(0))),
        (
            "name constraints",
            own("a", 1).ca(None).constraints(&[(DNS, b"example.com")], &[]),
        ),
        (
            "unknown critical",
            own("a", 1).ca(None).extension(UNKNOWN, true, &[5, 0]),
        ),
        (
            "purpose clientAuth",
            own("a", 1).ca(None).purposes(true, &[CLIENT_AUTH]),
        ),
        ("wrong own signature", own("a", 1).ca(None)),
    ] {
        let signer = usize::from(name != "wrong own signature");
        let root = forge.sign(world.key(signer));
        let leaf = world.leaf("a").sign(world.key(1));
        world.add(&format!("anchor: {name}"), &[&leaf], &[&root]);
        world.add(&format!("anchor: {name}, sent"), &[&leaf, &root], &[&root]);
        let junk = world.root(2, "junk").sign(world.key(2));
        world.add(&format!("anchor: {name}, built"), &[&leaf, &junk], &[&root]);
        let int = world.intermediate(4, "int", "a").sign(world.key(1));
        let deep = world.leaf("int").sign(world.key(4));
        world.add(&format!("anchor: {name}, deep"), &[&deep, &int], &[&root]);
        // Its own renewed copy, as servers with self-signed certificates have it.
        let mut renewed = forge.clone();
        renewed.serial = vec![7];
        let renewed = renewed.sign(world.key(1));
        world.add(&format!("anchor: {name}, renewed"), &[&renewed], &[&root]);
    }
    let good = world.root(1, "a").sign(world.key(1));
    let bad = own("a", 1).basic(false, None).serial(&[3]).sign(world.key(1));
    let leaf = world.leaf("a").sign(world.key(1));
    world.add(
        "anchor: many others",
        &[&leaf],
        &[
            &good,
            &world.root(3, "x").sign(world.key(3)),
            &world.root(4, "y").sign(world.key(4)),
        ],
    );
    world.add("anchor: a server's certificate twice", &[&bad], &[&bad, &bad]);
}

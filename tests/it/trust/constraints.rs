//! Name constraints of every kind of name, over every kind of name, alone and one CA's upon another's.

use super::cases::{Names, World};
use super::forge::*;

pub fn name_constraints(world: &mut World) {
    let root = world.root(1, "root").sign(world.key(1));
    let dir = |text: &str| name(&[("2.5.4.10", UTF8, "Org"), ("2.5.4.3", UTF8, text)]);
    let org = name(&[("2.5.4.10", UTF8, "Org")]);
    let other_org = name(&[("2.5.4.10", UTF8, "Other")]);
    let email_dn = name(&[("1.2.840.113549.1.9.1", IA5, "a@example.com")]);
    let v6 = [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
    let net4 = [10, 0, 0, 0, 255, 0, 0, 0];
    let net6 = [&v6[..], &[0xff; 8], &[0; 8]].concat();
    let constraints: Vec<(&str, (u8, &[u8]))> = vec![
        ("dns example.com", (DNS, b"example.com")),
        ("dns .example.com", (DNS, b".example.com")),
        ("dns empty", (DNS, b"")),
        ("dns com", (DNS, b"com")),
        ("dns www", (DNS, b"www.example.com")),
        ("dns a.www", (DNS, b"a.www.example.com")),
        ("email host", (EMAIL, b"example.com")),
        ("email domain", (EMAIL, b".example.com")),
        ("email box", (EMAIL, b"a@example.com")),
        ("uri host", (URI, b"example.com")),
        ("uri domain", (URI, b".example.com")),
        ("ip 10/8", (IP, &net4)),
        ("ip v6", (IP, &net6)),
        ("dir Org", (DIRECTORY, &org)),
        ("dir Other", (DIRECTORY, &other_org)),
        ("dir empty", (DIRECTORY, &[0x30, 0])),
        ("rid", (RID, &[0x2a, 3])),
        ("other", (OTHER, &[6, 2, 0x2a, 3, 0xa0, 2, 5, 0])),
        ("ip of 5 octets", (IP, &[1, 2, 3, 4, 5])),
        ("uri with scheme", (URI, b"http://example.com")),
    ];
    let subjects: Vec<(&str, Vec<u8>, Names<'_>)> = vec![
        ("www.example.com", cn("x y"), vec![(DNS, b"www.example.com")]),
        ("example.com", cn("x y"), vec![(DNS, b"example.com")]),
        ("badexample.com", cn("x y"), vec![(DNS, b"badexample.com")]),
        ("EXAMPLE.org", cn("x y"), vec![(DNS, b"EXAMPLE.org")]),
        ("*.example.com", cn("x y"), vec![(DNS, b"*.example.com")]),
        ("cn www.example.com", cn("www.example.com"), vec![]),
        ("cn example.org", cn("example.org"), vec![]),
        ("cn 10.1.2.3", cn("10.1.2.3"), vec![]),
        ("cn with dns", cn("evil.org"), vec![(DNS, b"www.example.com")]),
        ("a@example.com", dir("x y"), vec![(EMAIL, b"a@example.com")]),
        (
            "b@www.example.com",
            dir("x y"),
            vec![(EMAIL, b"b@www.example.com")],
        ),
        ("email in subject", email_dn.clone(), vec![]),
        (
            "https://www.example.com/x",
            dir("x y"),
            vec![(URI, b"https://www.example.com/x")],
        ),
        (
            "https://example.com",
            dir("x y"),
            vec![(URI, b"https://example.com")],
        ),
        ("urn:x:y", dir("x y"), vec![(URI, b"urn:x:y")]),
        ("https://10.0.0.1", dir("x y"), vec![(URI, b"https://10.0.0.1/")]),
        ("10.1.2.3", dir("x y"), vec![(IP, &[10, 1, 2, 3])]),
        ("11.1.2.3", dir("x y"), vec![(IP, &[11, 1, 2, 3])]),
        ("2001:db8::1", dir("x y"), vec![(IP, &v6)]),
        ("rid 1.2.3", dir("x y"), vec![(RID, &[0x2a, 3])]),
        ("rid 1.2.4", dir("x y"), vec![(RID, &[0x2a, 4])]),
        (
            "other name",
            dir("x y"),
            vec![(OTHER, &[6, 2, 0x2a, 3, 0xa0, 2, 5, 0])],
        ),
        ("directory name", dir("x y"), vec![(DIRECTORY, &org)]),
        (
            "several",
            dir("x y"),
            vec![(DNS, b"www.example.com"), (IP, &[10, 1, 2, 3])],
        ),
        ("empty subject", vec![0x30, 0], vec![(DNS, b"www.example.com")]),
    ];
    for (constraint, subtree) in &constraints {
        for (text, subject, names) in &subjects {
            for permitted in [true, false] {
                let (kind, int) = if permitted {
                    (
                        "permitted",
                        world.intermediate(4, "int", "root").constraints(&[*subtree], &[]),
                    )
                } else {
                    (
                        "excluded",
                        world.intermediate(4, "int", "root").constraints(&[], &[*subtree]),
                    )
                };
                let int = int.sign(world.key(1));
                let mut leaf = Forge::new(subject, world.key(0), &cn("int"));
                if !names.is_empty() {
                    leaf = leaf.names(subject.len() == 2, names);
                }
                let leaf = leaf.sign(world.key(4));
                world.add(
                    &format!("constraint: {kind} {constraint}, {text}"),
                    &[&leaf, &int],
                    &[&root],
                );
            }
        }
    }
    merged(world, &root);
}

/// Constraints of two CAs above one another.
fn merged(world: &mut World, root: &[u8]) {
    let org = name(&[("2.5.4.10", UTF8, "Org")]);
    let unit = name(&[("2.5.4.10", UTF8, "Org"), ("2.5.4.11", UTF8, "Unit")]);
    let net = [10, 0, 0, 0, 255, 0, 0, 0];
    let subnet = [10, 1, 0, 0, 255, 255, 0, 0];
    let other_net = [192, 168, 0, 0, 255, 255, 0, 0];
    let sets: Vec<(&str, Names<'_>)> = vec![
        ("none", vec![]),
        ("com", vec![(DNS, b"com")]),
        ("example.com", vec![(DNS, b"example.com")]),
        ("example.org", vec![(DNS, b"example.org")]),
        ("both", vec![(DNS, b"example.com"), (DNS, b"example.org")]),
        ("Org", vec![(DIRECTORY, &org)]),
        ("Unit", vec![(DIRECTORY, &unit)]),
        ("net", vec![(IP, &net)]),
        ("subnet", vec![(IP, &subnet)]),
        ("other net", vec![(IP, &other_net)]),
        ("mail", vec![(EMAIL, b"example.com")]),
        (
            "mixed",
            vec![(DNS, b"example.com"), (IP, &net), (DIRECTORY, &org)],
        ),
    ];
    let subject = name(&[
        ("2.5.4.10", UTF8, "Org"),
        ("2.5.4.11", UTF8, "Unit"),
        ("2.5.4.3", UTF8, "x y"),
    ]);
    for (first, above) in &sets {
        for (second, below) in &sets {
            for (kind, top, bottom) in [
                ("pp", (above.clone(), vec![]), (below.clone(), vec![])),
                ("pe", (above.clone(), vec![]), (vec![], below.clone())),
                ("ep", (vec![], above.clone()), (below.clone(), vec![])),
                ("ee", (vec![], above.clone()), (vec![], below.clone())),
            ] {
                let constrained = |forge: Forge, (permitted, excluded): &(Names<'_>, Names<'_>)| {
                    if permitted.is_empty() && excluded.is_empty() {
                        forge
                    } else {
                        forge.constraints(permitted, excluded)
                    }
                };
                let a = constrained(world.intermediate(4, "a", "root"), &top);
                let mut b = constrained(Forge::new(&subject, world.key(5), &cn("a")).ca(None), &bottom);
                b.serial = vec![2];
                let a = a.sign(world.key(1));
                let b = b.sign(world.key(4));
                let leaf = Forge::new(&subject, world.key(0), &subject)
                    .names(false, &[(DNS, b"www.example.com"), (IP, &[10, 1, 2, 3])])
                    .sign(world.key(5));
                world.add(
                    &format!("merged: {kind} {first} over {second}"),
                    &[&leaf, &b, &a],
                    &[root],
                );
            }
        }
    }
}

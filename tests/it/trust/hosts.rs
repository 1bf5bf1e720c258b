//! Certificates of all kinds of names, and the hosts they are for or not.

use super::cases::{Names, World};
use super::forge::*;

/// The names of a certificate, and the host that is connected to.
pub fn hosts(world: &mut World) {
    let root = world.root(1, "root").sign(world.key(1));
    let v6 = [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
    let mapped = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127, 0, 0, 1];
    let hosts = [
        "www.example.com",
        "WWW.Example.COM",
        "example.com",
        "a.b.example.com",
        "localhost",
        "127.0.0.1",
        "::1",
        "2001:db8::1",
        "[2001:db8::1]",
        "2001:DB8:0:0:0:0:0:1",
        "www.example.com.",
        "my_host.example.com",
        "bücher.example",
        "xn--bcher-kva.example",
        "10.1",
        "www.local",
        "straße.example",
        "-x.example.com",
        "example.co.uk",
        "www1.example.com",
        "::ffff:127.0.0.1",
        "com",
    ];
    let certificates: Vec<(&str, Vec<u8>, Names<'_>)> = vec![
        ("dns www", cn("x"), vec![(DNS, b"www.example.com")]),
        ("dns WWW", cn("x"), vec![(DNS, b"WWW.EXAMPLE.COM")]),
        ("dns example", cn("www.example.com"), vec![(DNS, b"example.com")]),
        ("dns wildcard", cn("x"), vec![(DNS, b"*.example.com")]),
        (
            "dns two wildcards",
            cn("x"),
            vec![(DNS, b"*.*.example.com"), (DNS, b"*.*.com")],
        ),
        ("dns wildcard within", cn("x"), vec![(DNS, b"www.*.com")]),
        (
            "dns wildcard com",
            cn("x"),
            vec![(DNS, b"*.com"), (DNS, b"*.co.uk")],
        ),
        ("dns part", cn("x"), vec![(DNS, b"w*.example.com")]),
        (
            "dns parts",
            cn("x"),
            vec![(DNS, b"w*w*.example.com"), (DNS, b"*b.example.com")],
        ),
        ("dns star", cn("x"), vec![(DNS, b"*")]),
        ("dns star dot", cn("x"), vec![(DNS, b"*.")]),
        ("dns localhost", cn("x"), vec![(DNS, b"localhost")]),
        (
            "dns trailing dot",
            cn("x"),
            vec![(DNS, b"www.example.com."), (DNS, b"localhost.")],
        ),
        ("dns address", cn("x"), vec![(DNS, b"127.0.0.1")]),
        (
            "dns underscore",
            cn("x"),
            vec![(DNS, b"my_host.example.com"), (DNS, b"*.example.com")],
        ),
        ("dns unicode", cn("x"), vec![(DNS, "bücher.example".as_bytes())]),
        ("dns punycode", cn("x"), vec![(DNS, b"xn--bcher-kva.example")]),
        (
            "dns punycode wildcard",
            cn("x"),
            vec![(DNS, b"xn--bcher-*.example"), (DNS, b"*.example")],
        ),
        ("dns strasse", cn("x"), vec![(DNS, b"strasse.example")]),
        ("dns blank", cn("x"), vec![(DNS, b"www.example.com ")]),
        ("dns NUL", cn("x"), vec![(DNS, b"www.example.com\0.evil.org")]),
        ("dns empty", cn("x"), vec![(DNS, b"")]),
        (
            "dns long label",
            cn("x"),
            vec![
                (
                    DNS,
                    b"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.com",
                ),
                (DNS, b"localhost"),
            ],
        ),
        ("cn www", cn("www.example.com"), vec![]),
        ("cn wildcard", cn("*.example.com"), vec![]),
        ("cn address", cn("127.0.0.1"), vec![]),
        ("cn and mail", cn("www.example.com"), vec![(EMAIL, b"a@b.c")]),
        ("cn and ip", cn("www.example.com"), vec![(IP, &[127, 0, 0, 1])]),
        (
            "cn and uri",
            cn("www.example.com"),
            vec![(URI, b"https://x.example")],
        ),
        (
            "two cns",
            name(&[
                ("2.5.4.3", UTF8, "www.example.com"),
                ("2.5.4.3", UTF8, "localhost"),
            ]),
            vec![],
        ),
        ("cn unicode", cn("bücher.example"), vec![]),
        ("no cn", name(&[("2.5.4.10", UTF8, "www.example.com")]), vec![]),
        ("ip v4", cn("x"), vec![(IP, &[127, 0, 0, 1])]),
        ("ip v6", cn("x"), vec![(IP, &v6)]),
        ("ip mapped", cn("x"), vec![(IP, &mapped)]),
        ("ip 10.0.0.1", cn("x"), vec![(IP, &[10, 0, 0, 1])]),
        ("ip network", cn("x"), vec![(IP, &[127, 0, 0, 0, 255, 0, 0, 0])]),
        ("ip of 3 octets", cn("www.example.com"), vec![(IP, &[1, 2, 3])]),
        (
            "bad uri",
            cn("www.example.com"),
            vec![(URI, b"no scheme"), (DNS, b"localhost")],
        ),
        (
            "bad mail",
            cn("www.example.com"),
            vec![(EMAIL, b"x@"), (DNS, b"localhost")],
        ),
        ("no dns", cn("x"), vec![(EMAIL, b"a@b.c")]),
        (
            "everything",
            cn("x"),
            vec![(DNS, b"www.example.com"), (IP, &[127, 0, 0, 1]), (IP, &v6)],
        ),
    ];
    for (text, subject, names) in &certificates {
        let mut leaf = Forge::new(subject, world.key(0), &cn("root"));
        if !names.is_empty() {
            leaf = leaf.names(false, names);
        }
        let leaf = leaf.sign(world.key(1));
        for host in hosts {
            world
                .add(&format!("host: {text} <- {host}"), &[&leaf], &[&root])
                .host = Some(host.into());
        }
        world
            .add(
                &format!("host: {text} <- localhost, itself trusted"),
                &[&leaf],
                &[&leaf],
            )
            .host = Some("localhost".into());
    }
    let empty = Forge::new(&cn("localhost"), world.key(0), &cn("root"))
        .extension("2.5.29.17", false, &[0x30, 0])
        .sign(world.key(1));
    world.add("host: empty list of names", &[&empty], &[&root]).host = Some("localhost".into());
    let expired = world
        .leaf("root")
        .dates("20200101", "20210101")
        .sign(world.key(1));
    world.add("host: wrong, and expired", &[&expired], &[&root]).host = Some("www.example.com".into());
}

//! Every kind of key and signature, made by OpenSSL (testdata/trust/make.sh).

use super::cases::World;

/// Name, leaf, root.
pub fn pairs() -> Vec<(String, Vec<u8>, Vec<u8>)> {
    let text = std::fs::read_to_string(crate::support::testdata("trust/signatures.pem")).unwrap();
    let mut out = Vec::new();
    for part in text
        .split("-----BEGIN CERTIFICATE-----\n")
        .collect::<Vec<_>>()
        .windows(3)
    {
        let name = part[0].lines().last().filter(|line| !line.starts_with("-----"));
        let der = |block: &str| {
            let pem = format!("-----BEGIN CERTIFICATE-----\n{block}");
            keyjar::Certificate::from_pem(pem.as_bytes())
                .unwrap()
                .as_der()
                .to_vec()
        };
        if let Some(name) = name {
            out.push((name.to_owned(), der(part[1]), der(part[2])));
        }
    }
    out
}

pub fn signatures(world: &mut World) {
    let pairs = pairs();
    assert!(pairs.len() > 60);
    let junk = world.root(2, "junk").sign(world.key(2));
    for (name, leaf, root) in &pairs {
        world.add(&format!("signature: {name}"), &[leaf], &[root]);
        world
            .add(&format!("signature: {name}, outside TLS"), &[leaf], &[root])
            .in_tls = false;
        world.add(&format!("signature: {name}, built"), &[leaf, &junk], &[root]);
        world
            .add(&format!("signature: {name}, client"), &[leaf, root], &[root])
            .is_client = true;
        world.add(&format!("signature: {name}, leaf trusted"), &[leaf], &[leaf]);
        let mut broken = leaf.clone();
        *broken.last_mut().unwrap() ^= 1;
        world
            .add(&format!("signature: {name}, broken"), &[&broken], &[root])
            .in_tls = false;
        let mut changed = leaf.clone();
        // A digit of the serial number.
        changed[14] ^= 1;
        world
            .add(
                &format!("signature: {name}, of something else"),
                &[&changed],
                &[root],
            )
            .in_tls = false;
    }
}

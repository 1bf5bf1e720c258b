//! PKCS#12 bag by bag: what OpenSSL and keytool wrote (`testdata/pkcs12/make.sh`), opened, changed, written.

use bytes::Bytes;
use keyjar::asn1::{ObjectIdentifier, Reader, tag};
use keyjar::crypto::Cipher;
use keyjar::pkcs8::pbe::{Pbe, PbeError, Scheme};
use keyjar::pkcs12::{Attribute, BagValue, Error, Mac, MacProfile, Pfx, Profile, SafeBag, SafeContents};
use keyjar::{ErrorKind, Limits, Password, PrivateKey};
use rand::SeedableRng;
use rand::rngs::StdRng;

use crate::support::testdata;

const PRIVATE_BAG: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.3.4");

fn file(name: &str) -> Bytes {
    std::fs::read(testdata("pkcs12").join(name)).unwrap().into()
}

fn open(bytes: &Bytes, password: &str) -> Result<Pfx, Error> {
    Pfx::from_bytes(bytes, &Password::new(password), &Limits::DEFAULT)
}

fn rng() -> StdRng {
    StdRng::seed_from_u64(1)
}

fn write(pfx: &Pfx, password: &str) -> Bytes {
    pfx.to_bytes(&Password::new(password), &mut rng()).unwrap().into()
}

fn bags(contents: &SafeContents) -> &[SafeBag] {
    contents.bags.as_deref().unwrap()
}

fn private_bag() -> SafeBag {
    let attribute = Attribute {
        oid: Bytes::from_static(&[0x2a, 0x03, 0x05]),
        values: Bytes::from_static(&[0x05, 0x00, 0x02, 0x01, 0x07]),
    };
    let value = BagValue::Other {
        bag_id: PRIVATE_BAG,
        value: Bytes::from_static(&[0x04, 0x01, 0x2a]),
    };
    SafeBag::new(value, [Attribute::friendly_name("mine"), attribute])
}

/// The contents' and the MAC's algorithms and iterations, as `list -v` tells them.
fn algorithms(pfx: &Pfx) -> Vec<String> {
    let contents = pfx.contents.iter().map(|contents| match &contents.encryption {
        Some(pbe) => format!("{} {}", pbe.name(), pbe.iterations()),
        None => String::from("clear"),
    });
    let mac = pfx.mac.as_ref().map_or_else(
        || String::from("no MAC"),
        |mac| format!("{} {}", mac.name(), mac.iterations()),
    );
    contents.chain([mac]).collect()
}

#[test]
fn each_writers_algorithms_and_counts_are_told() {
    const PBES2: &str = "PBES2 with PBKDF2-HMAC-SHA-256 and AES-256-CBC";
    const PBMAC1: &str = "PBMAC1 with PBKDF2-HMAC-SHA-256 and HMAC-SHA-256";
    let rows = [
        (
            "openssl.p12",
            "secret1",
            format!("{PBES2} 2048, clear, HMAC-SHA-256 2048"),
        ),
        (
            "openssl-legacy.p12",
            "secret1",
            String::from("PBE with SHA-1 and RC2-40-CBC 2048, clear, HMAC-SHA-1 2048"),
        ),
        (
            "openssl-clear.p12",
            "secret1",
            String::from("clear, clear, no MAC"),
        ),
        (
            "openssl-mixed.p12",
            "secret1",
            String::from("PBES2 with PBKDF2-HMAC-SHA-256 and AES-128-CBC 3, clear, HMAC-SHA-512 3"),
        ),
        (
            "openssl-empty-password.p12",
            "",
            format!("{PBES2} 2048, clear, HMAC-SHA-256 2048"),
        ),
        (
            "openssl-utf8-password.p12",
            "grün",
            format!("{PBES2} 2048, clear, HMAC-SHA-256 2048"),
        ),
        (
            "keytool8.p12",
            "secret1",
            String::from("clear, PBE with SHA-1 and RC2-40-CBC 50000, HMAC-SHA-1 100000"),
        ),
        (
            "keytool17.p12",
            "secret1",
            format!("clear, {PBES2} 10000, HMAC-SHA-256 10000"),
        ),
        (
            "keytool17-trust.p12",
            "secret1",
            String::from("clear, HMAC-SHA-256 10000"),
        ),
        (
            "keytool28.p12",
            "secret1",
            format!("clear, {PBES2} 10000, {PBMAC1} 10000"),
        ),
    ];
    for (name, password, expected) in rows {
        let pfx = open(&file(name), password).unwrap_or_else(|error| panic!("{name}: {error:?}"));
        assert_eq!(algorithms(&pfx).join(", "), expected, "{name}");
    }
}

#[test]
fn a_key_in_the_clear_is_the_file_it_was_made_of() {
    let pfx = open(&file("openssl-clear.p12"), "secret1").unwrap();
    let BagValue::Key(key) = &bags(&pfx.contents[1])[0].value else {
        panic!("{pfx:?}")
    };
    let pem = std::fs::read(testdata("apm/client.key")).unwrap();
    let made_of = PrivateKey::from_input(&pem, None).unwrap();
    assert_eq!(key.expose_pkcs8_der(), made_of.expose_pkcs8_der());
}

#[test]
fn debug_shows_no_octet_of_a_key_in_the_clear() {
    let pfx = open(&file("openssl-clear.p12"), "secret1").unwrap();
    let shown = format!("{:?}", pfx.contents[1].bags) + &format!("{pfx:?}");
    assert!(shown.contains("ClearKey(***)"), "{shown}");
    // The attributes are of localKeyID and friendlyName only; `Bytes` shows octets beyond ASCII as \x...
    let BagValue::Key(key) = &bags(&pfx.contents[1])[0].value else {
        panic!("{shown}")
    };
    let octets = format!("{:?}", Bytes::copy_from_slice(&key.expose_pkcs8_der()[40..48]));
    assert!(
        !shown.contains(octets.trim_start_matches("b\"").trim_end_matches('"')),
        "{shown}"
    );
}

#[test]
fn a_wrong_password_is_told_with_contents_in_the_clear_and_encrypted_ones() {
    for name in [
        "keytool17.p12",
        "keytool17-trust.p12",
        "keytool28.p12",
        "openssl-legacy.p12",
    ] {
        let error = open(&file(name), "secret3").unwrap_err();
        assert!(matches!(error, Error::WrongPassword), "{name}: {error:?}");
        assert_eq!(error.kind(), ErrorKind::WrongPassword);
    }
}

#[test]
fn contents_under_another_password_than_the_mac_are_told_from_a_wrong_one() {
    let bytes = file("openssl-two-passwords.p12");
    let with_macs = open(&bytes, "secret2").unwrap_err();
    assert!(
        matches!(with_macs, Error::ContentsPassword { index: 0 }),
        "{with_macs:?}"
    );
    let with_contents = open(&bytes, "secret1").unwrap_err();
    assert!(matches!(with_contents, Error::Altered), "{with_contents:?}");
    assert!(matches!(
        open(&bytes, "secret3").unwrap_err(),
        Error::WrongPassword
    ));
}

#[test]
fn an_altered_mac_is_damage_where_the_contents_decrypt() {
    let bytes = file("keytool17.p12");
    let mut altered = bytes.to_vec();
    // The file ends with `04 14 salt(20) 02 02 count(2)`; before that stands the MAC.
    let at = altered.len() - 4 - 22 - 1;
    altered[at] ^= 1;
    let error = open(&altered.into(), "secret1").unwrap_err();
    assert!(matches!(error, Error::Altered), "{error:?}");
    assert_eq!(error.kind(), ErrorKind::Damaged);
}

#[test]
fn without_a_password_what_is_encrypted_stays_locked_and_whole() {
    let bytes = file("openssl.p12");
    let none = Password::none();
    let mut pfx = Pfx::from_bytes(&bytes, &none, &Limits::DEFAULT).unwrap();
    assert!(pfx.contents[0].bags.is_none());
    assert_eq!(bags(&pfx.contents[1]).len(), 1);
    assert_eq!(pfx.to_bytes(&none, &mut rng()).unwrap(), bytes);
    let error = pfx.to_bytes(&Password::new("new"), &mut rng()).unwrap_err();
    assert!(matches!(error, Error::Locked { index: 0 }), "{error:?}");

    pfx.mac = None;
    pfx.contents[1].bags.as_mut().unwrap().push(private_bag());
    let edited = pfx.to_bytes(&none, &mut rng()).unwrap();
    let read = open(&edited.into(), "secret1").unwrap();
    assert_eq!(
        bags(&read.contents[0]).len(),
        2,
        "the locked contents still open with their password"
    );
    assert_eq!(bags(&read.contents[1])[1], private_bag());
}

#[test]
fn what_is_not_touched_keeps_its_ciphertext_and_what_is_keeps_algorithm_and_count() {
    let pbe = Pbe::generate(Profile::MODERN.certificates.unwrap().0, 7, &mut rng());
    let contents = ["a", "b"].map(|name| {
        let bag = SafeBag::new(private_bag().value, [Attribute::friendly_name(name)]);
        SafeContents::new(
            Some(pbe.renew(&mut StdRng::seed_from_u64(name.len() as u64))),
            vec![bag],
        )
    });
    let mac = Profile::MODERN
        .with_iterations(9)
        .mac
        .map(|mac| mac.generate(&mut rng()));
    let bytes = write(&Pfx::new(contents.to_vec(), mac), "p");
    let first = open(&bytes, "p").unwrap();
    let mut edited = first.clone();
    edited.contents[1].bags.as_mut().unwrap().push(private_bag());
    let bytes = edited
        .to_bytes(&Password::new("p"), &mut StdRng::seed_from_u64(2))
        .unwrap();
    let second = open(&bytes.into(), "p").unwrap();

    let of = |pfx: &Pfx, index: usize| pfx.contents[index].encryption.clone().unwrap();
    assert_eq!(of(&second, 0), of(&first, 0));
    assert_ne!(of(&second, 1).salt(), of(&first, 1).salt());
    assert_eq!(of(&second, 1).salt().len(), 20);
    assert_eq!(
        (of(&second, 1).scheme(), of(&second, 1).iterations()),
        (pbe.scheme(), 7)
    );
    let Some(Mac::Hmac {
        salt, iterations: 9, ..
    }) = &second.mac
    else {
        panic!("{:?}", second.mac)
    };
    assert_eq!(salt.len(), 20);
    assert_ne!(second.mac, first.mac);
}

#[test]
fn a_bag_changed_back_leaves_the_file_as_it_was() {
    let bytes = file("keytool17.p12");
    let mut pfx = open(&bytes, "secret1").unwrap();
    let held = pfx.contents[1].bags.as_mut().unwrap();
    let first = held.remove(0);
    held.insert(0, first);
    assert_eq!(write(&pfx, "secret1"), bytes);
}

#[test]
fn another_password_encrypts_and_signs_everything_anew() {
    let files = [
        "keytool8.p12",
        "keytool17.p12",
        "keytool17-trust.p12",
        "keytool28.p12",
        "openssl-mixed.p12",
    ];
    for name in files {
        let old = open(&file(name), "secret1").unwrap();
        let bytes = write(&old, "pässword");
        let new = open(&bytes, "pässword").unwrap_or_else(|error| panic!("{name}: {error:?}"));
        assert_eq!(algorithms(&new), algorithms(&old), "{name}");
        for (new, old) in new.contents.iter().zip(&old.contents) {
            assert_eq!(new.bags, old.bags, "{name}");
        }
        assert_eq!(
            open(&bytes, "secret1").unwrap_err().kind(),
            ErrorKind::WrongPassword
        );
    }
}

/// Tags and lengths of everything down to the primitive values, and the values too, but for OCTET STRINGs that
/// hold no ASN.1 (salts, vectors, MACs) and ciphertexts.
fn shape(der: &[u8], depth: usize, out: &mut Vec<String>) {
    let mut reader = Reader::new(der);
    while let Ok(value) = reader.any("value") {
        let is_wrapped = value.tag == tag::OCTET_STRING
            && Reader::new(value.value).sequence("wrapped").is_ok()
            && value.value.len() > 40;
        let shown = match value.tag {
            tag::OCTET_STRING | 0x80 => String::new(),
            found if found & 0x20 == 0 => format!("{:02x?}", value.value),
            _ => String::new(),
        };
        out.push(format!("{depth} {:02x} {} {shown}", value.tag, value.value.len()));
        if is_wrapped || value.tag & 0x20 != 0 {
            shape(value.value, depth + 1, out);
        }
    }
}

#[test]
fn what_is_written_is_built_like_what_keytool_writes() {
    let rows = [
        ("keytool8.p12", Profile::LEGACY_RC2),
        ("keytool17.p12", Profile::MODERN),
        ("keytool17-trust.p12", Profile::TRUST),
        ("keytool28.p12", Profile::PBMAC1),
    ];
    for (name, profile) in rows {
        let theirs = file(name);
        let read = open(&theirs, "secret1").unwrap();
        let mut rng = rng();
        let contents = read.contents.iter().map(|contents| {
            let is_certificates = matches!(bags(contents)[0].value, BagValue::X509Certificate(_));
            let encryption = profile.certificates.filter(|_| is_certificates);
            SafeContents::new(
                encryption.map(|(scheme, count)| Pbe::generate(scheme, count, &mut rng)),
                bags(contents).to_vec(),
            )
        });
        let contents = contents.collect();
        let mac = profile.mac.map(|mac| mac.generate(&mut rng));
        let ours = write(&Pfx::new(contents, mac), "secret1");
        let (mut a, mut b) = (Vec::new(), Vec::new());
        shape(&ours, 0, &mut a);
        shape(&theirs, 0, &mut b);
        assert_eq!(a, b, "{name}");
    }
}

#[test]
fn damage_is_told_by_its_place_in_the_file() {
    let mut bytes = file("keytool17-trust.p12").to_vec();
    let cert_bag = [
        0x06, 0x0b, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x0c, 0x0a, 0x01, 0x03,
    ];
    let at = bytes
        .windows(cert_bag.len())
        .position(|window| window == cert_bag)
        .unwrap();
    bytes[at] = 0x05;
    let none = Password::none();
    let error = Pfx::from_bytes(&bytes.into(), &none, &Limits::DEFAULT).unwrap_err();
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert!(source.contains(&format!("at byte {at} ")), "{source}");
    assert_eq!(error.kind(), ErrorKind::Damaged);
}

#[test]
fn every_cut_of_a_file_is_damage() {
    let bytes = file("keytool17-trust.p12");
    for length in 0..bytes.len() {
        let error = open(&bytes.slice(..length), "secret1").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Damaged, "{length}: {error:?}");
    }
}

#[test]
fn what_follows_the_file_is_left_away_and_kept() {
    let mut bytes = file("keytool17-trust.p12").to_vec();
    bytes.extend(b"\r\n");
    let pfx = open(&bytes.clone().into(), "secret1").unwrap();
    assert_eq!(write(&pfx, "secret1"), bytes);
}

#[test]
fn bags_and_attributes_no_one_knows_survive_an_edit() {
    let mut pfx = open(&file("keytool17-trust.p12"), "secret1").unwrap();
    pfx.contents[0].bags.as_mut().unwrap().insert(0, private_bag());
    let mut pfx = open(&write(&pfx, "secret1"), "secret1").unwrap();
    pfx.contents[0].bags.as_mut().unwrap().pop();
    let read = open(&write(&pfx, "secret1"), "secret1").unwrap();
    assert_eq!(bags(&read.contents[0]), [private_bag()]);
}

#[test]
fn contents_nested_beyond_the_limit_are_kept_unread() {
    let nest = |bag| SafeBag::new(BagValue::SafeContents(vec![bag]), []);
    let deep = (0..100).fold(private_bag(), |bag, _| nest(bag));
    let bytes = write(
        &Pfx::new(vec![SafeContents::new(None, vec![deep.clone()])], None),
        "p",
    );
    let mut read = open(&bytes, "p").unwrap();
    let mut bag = &bags(&read.contents[0])[0];
    let mut levels = 0;
    while let BagValue::SafeContents(nested) = &bag.value {
        bag = &nested[0];
        levels += 1;
    }
    assert_eq!(levels, Limits::DEFAULT.depth);
    assert!(matches!(bag.value, BagValue::Other { .. }), "{bag:?}");

    read.contents.push(SafeContents::new(None, Vec::new()));
    let mut limits = Limits::DEFAULT;
    limits.depth = 200;
    let again = Pfx::from_bytes(&write(&read, "p"), &Password::new("p"), &limits).unwrap();
    assert_eq!(bags(&again.contents[0]), [deep]);
}

#[test]
fn the_work_of_all_contents_is_counted_before_any_is_done() {
    let scrypt = Scheme::Scrypt {
        log_n: 14,
        r: 8,
        p: 1,
        cipher: Cipher::Aes256Cbc,
    };
    for (scheme, count, work) in [
        (scrypt, 1, 262_144),
        (Profile::MODERN.certificates.unwrap().0, 1000, 1000),
    ] {
        let contents = vec![SafeContents::new(Some(Pbe::generate(scheme, count, &mut rng())), Vec::new()); 3];
        let mac = Profile::MODERN
            .with_iterations(100)
            .mac
            .map(|mac| mac.generate(&mut rng()));
        let bytes = write(&Pfx::new(contents, mac), "p");
        let mut limits = Limits::DEFAULT;
        limits.total_iterations = 3 * work + 99;
        let error = Pfx::from_bytes(&bytes, &Password::new("p"), &limits).unwrap_err();
        assert!(
            matches!(error, Error::TooMuchWork { iterations, .. } if iterations == 3 * work + 100),
            "{error:?}"
        );
        assert_eq!(error.kind(), ErrorKind::LimitExceeded);
        limits.total_iterations += 1;
        Pfx::from_bytes(&bytes, &Password::new("p"), &limits).unwrap();
    }
}

#[test]
fn an_error_names_the_contents_it_is_about() {
    let pbe = Pbe::generate(Profile::MODERN.certificates.unwrap().0, 1000, &mut rng());
    let contents = [None, Some(pbe)].map(|pbe| SafeContents::new(pbe, vec![private_bag()]));
    let bytes = write(&Pfx::new(contents.to_vec(), None), "p");
    let mut limits = Limits::DEFAULT;
    limits.iterations = 999;
    let error = Pfx::from_bytes(&bytes, &Password::new("p"), &limits).unwrap_err();
    let Error::Contents {
        index: 1,
        source:
            PbeError::LimitExceeded {
                value: 1000,
                limit: 999,
                ..
            },
    } = error
    else {
        panic!("{error:?}")
    };
}

#[test]
fn a_mac_of_every_digest_is_made_and_verified() {
    use keyjar::crypto::Digest::*;
    let digests = [
        Md5, Sha1, Sha224, Sha256, Sha384, Sha512, Sha512_224, Sha512_256, Sha3_224, Sha3_256, Sha3_384,
        Sha3_512,
    ];
    for digest in digests {
        for iterations in [1, 3] {
            let mac = MacProfile::Hmac { digest, iterations }.generate(&mut rng());
            let bytes = write(
                &Pfx::new(
                    vec![SafeContents::new(None, vec![private_bag()])],
                    Some(mac.clone()),
                ),
                "p",
            );
            assert_eq!(open(&bytes, "p").unwrap().mac, Some(mac), "{digest:?}");
            assert_eq!(open(&bytes, "q").unwrap_err().kind(), ErrorKind::WrongPassword);
        }
    }
}

#[test]
fn a_profile_is_found_by_its_name() {
    for profile in Profile::ALL {
        assert_eq!(Profile::by_name(profile.name), Some(*profile));
    }
    assert_eq!(Profile::by_name("strong"), None);
}

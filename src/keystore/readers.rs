//! Which programs open a store, by what it is made with, and which likely wrote it.

use super::{Entry, KeyStore, Origin, StoreFormat};
use crate::asn1::ObjectIdentifier;
use crate::crypto::{Cipher, Digest};
use crate::pkcs8::EncryptedPrivateKey;
use crate::pkcs8::pbe::{Pbe, Scheme};
use crate::pkcs12::{BagValue, Mac, Pfx, SafeBag};
use crate::x509::Certificate;

/// The JDKs the rules were measured on.
const JDKS: [u32; 7] = [8, 11, 17, 21, 25, 26, 28];
/// `PKCS12KeyStore.MAX_ITERATION_COUNT`
const MOST_ITERATIONS: u32 = 5_000_000;
/// `com.sun.crypto.provider.PBKDF2KeyImpl` and its like refuse a shorter one.
const SHORTEST_SALT: usize = 8;

/// The attribute with the name of the Windows provider that holds a key.
const MICROSOFT_CSP: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.311.17.1");

/// Who opens a store with all its keys.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Readers {
    /// Of JDK 8, 11, 17, 21, 25, 26 and 28 those that do, in their current updates.
    pub jdks: Vec<u32>,
    /// Whether OpenSSL 3 does.
    pub openssl: OpenSsl,
    /// What keeps the others, or older updates of these, from it.
    pub reasons: Vec<String>,
}

/// Whether OpenSSL 3 opens a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpenSsl {
    /// It does.
    Opens,
    /// With `-legacy` only: its provider of old algorithms.
    Legacy,
    /// From version 3.4 on.
    From34,
    /// It does not.
    No,
}

impl OpenSsl {
    /// `yes`, `legacy`, `3.4`, `no`: as `--json` prints it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Opens => "yes",
            Self::Legacy => "legacy",
            Self::From34 => "3.4",
            Self::No => "no",
        }
    }
}

impl Readers {
    /// Whether JDK `major` opens it: a version between those that were measured behaves as the one before it.
    ///
    /// ```
    /// use keyjar::{KeyStore, Password};
    /// let bytes: &[u8] = include_bytes!("../../testdata/pkcs12/keytool28.p12");
    /// let readers = KeyStore::from_bytes(bytes, &Password::new("secret1"))?.readers().ok_or("new")?;
    /// assert!(readers.includes(27) && !readers.includes(24));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn includes(&self, major: u32) -> bool {
        let measured = JDKS.iter().rev().find(|jdk| **jdk <= major).or(JDKS.first());
        measured.is_some_and(|jdk| self.jdks.contains(jdk))
    }

    /// Those of the measured JDKs that do not open it.
    pub fn others(&self) -> impl Iterator<Item = u32> + '_ {
        JDKS.into_iter().filter(|jdk| !self.jdks.contains(jdk))
    }
}

impl KeyStore {
    /// Who opens the file this store was read from; `None` for a new one.
    #[must_use]
    pub fn readers(&self) -> Option<Readers> {
        let mut readers = Readers {
            jdks: JDKS.to_vec(),
            openssl: OpenSsl::Opens,
            reasons: Vec::new(),
        };
        match &self.origin {
            Origin::New => return None,
            Origin::Pkcs12 { pfx, .. } => readers.of_pfx(pfx),
            origin => {
                if matches!(origin, Origin::Bks { .. } | Origin::Bcfks { .. }) {
                    readers.refuse(0, &format!("{} without Bouncy Castle's provider", self.format()));
                }
                readers.openssl = OpenSsl::No;
                readers
                    .reasons
                    .push(format!("OpenSSL knows no {}", self.format()));
            }
        }
        if self.format().needs_bouncy_castle() {
            return Some(readers);
        }
        // JKS hands on a key whose algorithm the JDK does not know; the others do not.
        for (_, entry) in self.iter().filter(|_| self.format() != StoreFormat::Jks) {
            if let (Entry::PrivateKey(_), Some(leaf)) = (entry, entry.certificates().first()) {
                readers.of_key(leaf);
            }
        }
        for certificate in self.iter().flat_map(|(_, entry)| entry.certificates()) {
            if let Err(unreadable) = certificate.java_readability() {
                readers.refuse(
                    0,
                    &format!("the certificate `{}`: {unreadable}", certificate.subject()),
                );
            }
        }
        Some(readers)
    }

    /// The program that likely wrote the file, by its algorithms, counts and attributes.
    #[must_use]
    pub fn likely_writer(&self) -> Option<&'static str> {
        let Some(pfx) = self.pfx() else {
            return match &self.origin {
                Origin::New => None,
                Origin::Bks { .. } | Origin::Bcfks { .. } => {
                    Some("Bouncy Castle, or a program that writes like it")
                }
                _ => Some("a JVM's keytool, or a program that writes like it"),
            };
        };
        let bags = || {
            pfx.contents
                .iter()
                .filter_map(|part| part.bags.as_ref())
                .flatten()
        };
        let is_java = bags().any(|bag| {
            bag.is_trusted()
                || bag
                    .local_key_id()
                    .is_ok_and(|id| id.is_some_and(|id| id.starts_with(b"Time ")))
        });
        let is_windows = bags().any(|bag| {
            bag.attributes
                .iter()
                .any(|attribute| attribute.is(&MICROSOFT_CSP))
        });
        match (&pfx.mac, is_java, is_windows) {
            (_, _, true) => Some("Windows, or a program that copied its key from there"),
            (Some(Mac::Pbmac1 { .. }), true, _) => Some("keytool of JDK 28, or keyjar's profile pbmac1"),
            (
                Some(Mac::Hmac {
                    digest: Digest::Sha256,
                    iterations: 10_000,
                    ..
                }),
                true,
                _,
            ) => Some("keytool of JDK 11.0.12 to 26, or keyjar"),
            (
                Some(Mac::Hmac {
                    digest: Digest::Sha1,
                    iterations: 100_000,
                    ..
                }),
                true,
                _,
            ) => Some("keytool of JDK 8 or 11, or keyjar's legacy profiles"),
            (
                Some(Mac::Hmac {
                    digest: Digest::Sha1,
                    iterations: 1024,
                    ..
                }),
                true,
                _,
            ) => Some("keytool of an old JDK 8, or before"),
            (None, true, _) => {
                Some("keytool of JDK 18 or later without a password, or keyjar's profile passwordless")
            }
            (Some(Mac::Pbmac1 { .. }), false, _) => Some("OpenSSL 3.4 or later, with -pbmac1_pbkdf2"),
            (
                Some(Mac::Hmac {
                    digest: Digest::Sha256,
                    iterations: 2048,
                    ..
                }),
                false,
                _,
            ) => Some("OpenSSL 3"),
            (
                Some(Mac::Hmac {
                    digest: Digest::Sha1,
                    iterations: 2048,
                    ..
                }),
                false,
                _,
            ) => Some("OpenSSL 1, or 3 with -legacy"),
            (
                Some(Mac::Hmac {
                    iterations: 102_400, ..
                }),
                _,
                _,
            ) => Some("Bouncy Castle"),
            _ => None,
        }
    }
}

/// Whether no JDK opens the file, by its algorithms.
pub(super) fn is_beyond_java(pfx: &Pfx) -> bool {
    let mut readers = Readers {
        jdks: JDKS.to_vec(),
        openssl: OpenSsl::Opens,
        reasons: Vec::new(),
    };
    readers.of_pfx(pfx);
    readers.jdks.is_empty()
}

impl Readers {
    /// Who decrypts what is encrypted so.
    #[cfg(feature = "trust")]
    pub(crate) fn of_encryption(pbe: &Pbe) -> Self {
        let mut readers = Self {
            jdks: JDKS.to_vec(),
            openssl: OpenSsl::Opens,
            reasons: Vec::new(),
        };
        readers.of_pbe(pbe);
        readers
    }

    /// Only JDKs from this one on; 0: none.
    fn refuse(&mut self, from: u32, why: &str) {
        self.jdks.retain(|jdk| from != 0 && *jdk >= from);
        let reason = if from == 0 {
            format!("no JDK reads {why}")
        } else {
            format!("JDKs before {from} do not read {why}")
        };
        self.tell(reason);
    }

    fn tell(&mut self, reason: String) {
        if !self.reasons.contains(&reason) {
            self.reasons.push(reason);
        }
    }

    fn openssl(&mut self, verdict: OpenSsl) {
        if self.openssl == OpenSsl::Opens || verdict == OpenSsl::No {
            self.openssl = verdict;
        }
    }

    /// What a `KeyFactory` of each JDK knows.
    fn of_key(&mut self, leaf: &Certificate) {
        let Ok(key) = leaf.public_key_info() else { return };
        let why = format!("private keys of {}", key.algorithm);
        match key.algorithm.as_str() {
            "RSA" | "RSASSA-PSS" | "DSA" | "DH" | "EC" => {}
            "Ed25519" | "Ed448" => self.refuse(17, &why),
            "X25519" | "X448" => self.refuse(11, &why),
            "ML-DSA-44" | "ML-DSA-65" | "ML-DSA-87" | "ML-KEM-512" | "ML-KEM-768" | "ML-KEM-1024" => {
                self.refuse(25, &why);
            }
            _ => self.refuse(0, &why),
        }
    }

    fn of_pfx(&mut self, pfx: &Pfx) {
        if let Some(mac) = &pfx.mac {
            self.of_mac(mac);
        }
        for contents in &pfx.contents {
            if let Some(pbe) = &contents.encryption {
                self.of_pbe(pbe);
            }
            for bag in contents.bags.iter().flatten() {
                self.of_bag(bag);
            }
        }
    }

    fn of_mac(&mut self, mac: &Mac) {
        if mac.iterations() > MOST_ITERATIONS {
            self.refuse(0, "a MAC of more than 5,000,000 iterations");
        }
        match mac {
            Mac::Pbmac1 { .. } => {
                self.refuse(25, "PBMAC1 (and 25 from 25.0.5 on)");
                self.openssl(OpenSsl::From34);
            }
            Mac::Hmac { digest, salt, .. } => {
                if salt.len() < SHORTEST_SALT {
                    self.refuse(0, "a MAC with a salt of less than 8 octets");
                }
                match digest {
                    Digest::Sha1 => {}
                    Digest::Sha224
                    | Digest::Sha256
                    | Digest::Sha384
                    | Digest::Sha512
                    | Digest::Sha512_224
                    | Digest::Sha512_256 => self.tell(String::from(
                        "JDK 8 before 8u301 and 11 before 11.0.12 do not read a MAC of SHA-2",
                    )),
                    other => self.refuse(0, &format!("a MAC of {}", other.name())),
                }
            }
        }
    }

    fn of_bag(&mut self, bag: &SafeBag) {
        let encrypted = match &bag.value {
            BagValue::ShroudedKey(der) => der.clone(),
            BagValue::Secret { value, .. } => value.clone(),
            BagValue::SafeContents(bags) => return bags.iter().for_each(|bag| self.of_bag(bag)),
            _ => return,
        };
        if let Ok(pbe) = EncryptedPrivateKey::from_der(encrypted).and_then(|key| key.encryption()) {
            self.of_pbe(&pbe);
        }
    }

    fn of_pbe(&mut self, pbe: &Pbe) {
        let name = pbe.name();
        if pbe.iterations() > MOST_ITERATIONS {
            self.refuse(0, "more than 5,000,000 iterations");
        }
        if pbe.salt().len() < SHORTEST_SALT {
            self.refuse(0, "a salt of less than 8 octets");
        }
        match pbe.scheme() {
            Scheme::Pkcs12(Cipher::TripleDes2KeyCbc) => self.refuse(0, &name),
            Scheme::Pkcs12(Cipher::Rc2Cbc { .. } | Cipher::Rc4 { .. }) => self.openssl(OpenSsl::Legacy),
            Scheme::Pkcs12(_) => {}
            Scheme::Pbes1 { digest, cipher } => {
                self.openssl(OpenSsl::Legacy);
                if (digest, cipher) != (Digest::Md5, Cipher::DesCbc) {
                    self.refuse(0, &name);
                }
            }
            Scheme::Pbes2 { prf, cipher } => {
                match cipher {
                    Cipher::Aes128Cbc | Cipher::Aes256Cbc => {}
                    Cipher::Aes192Cbc | Cipher::TripleDesCbc => self.refuse(0, &name),
                    _ => {
                        self.refuse(0, &name);
                        self.openssl(OpenSsl::Legacy);
                    }
                }
                match prf {
                    Digest::Sha1 | Digest::Sha224 | Digest::Sha256 | Digest::Sha384 | Digest::Sha512 => {}
                    Digest::Sha512_224 | Digest::Sha512_256 => self.refuse(21, &name),
                    _ => self.refuse(0, &name),
                }
            }
            Scheme::Scrypt { .. } => self.refuse(0, &name),
        }
    }
}

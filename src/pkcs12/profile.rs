use super::Mac;
use crate::crypto::{Cipher, CryptoRng, Digest};
use crate::pkcs8::pbe::Scheme;

/// PBES2 as keytool writes it from JDK 11 on.
const PBES2: Scheme = Scheme::Pbes2 {
    prf: Digest::Sha256,
    cipher: Cipher::Aes256Cbc,
};
const TRIPLE_DES: Scheme = Scheme::Pkcs12(Cipher::TripleDesCbc);
const RC2_40: Scheme = Scheme::Pkcs12(Cipher::Rc2Cbc { effective_bits: 40 });
/// Keytool's count from JDK 11 on.
const COUNT: u32 = 10_000;
/// Counts of keytool of JDK 8: for contents and keys, and for the MAC.
const LEGACY_COUNT: u32 = 50_000;
const LEGACY_MAC_COUNT: u32 = 100_000;

/// Which algorithms and counts a file is written with. Each named constant lists its readers, and an
/// interoperability test proves the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Profile {
    /// The name `--profile` takes.
    pub name: &'static str,
    /// Certificates' encryption and its iterations; `None`: unencrypted contents.
    pub certificates: Option<(Scheme, u32)>,
    /// Keys' encryption and its iterations; `None`: the profile cannot hold keys.
    pub keys: Option<(Scheme, u32)>,
    /// The MAC; `None`: none.
    pub mac: Option<MacProfile>,
}

/// Which MAC a profile writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MacProfile {
    /// The classic MAC (RFC 7292 appendix B).
    Hmac {
        /// The digest of the MAC and of its key derivation.
        digest: Digest,
        /// The key derivation's iterations.
        iterations: u32,
    },
    /// PBMAC1 (RFC 9579).
    Pbmac1 {
        /// The digest of the HMAC and of PBKDF2's PRF.
        digest: Digest,
        /// PBKDF2's iterations.
        iterations: u32,
    },
}

impl Profile {
    /// For truststores, and the default for a store without a key: certificates in the clear (they are
    /// public), MAC HMAC-SHA-256 with 10,000 iterations. A JVM reads it with `trustStorePassword` and without,
    /// and starts with a fifth to a third less CPU than with encrypted certificates. A key that is put in all
    /// the same is encrypted as by [`MODERN`](Self::MODERN).
    ///
    /// Readers: JDK 8u301, 11.0.12, 17 and later; OpenSSL 1.1 and later. JDK 17's keytool writes the same with
    /// `-J-Dkeystore.pkcs12.certProtectionAlgorithm=NONE`.
    pub const TRUST: Self = Self {
        name: "trust",
        certificates: None,
        keys: Some((PBES2, COUNT)),
        mac: Some(MacProfile::Hmac {
            digest: Digest::Sha256,
            iterations: COUNT,
        }),
    };

    /// The default for a store with a key: PBES2 with PBKDF2-HMAC-SHA-256 (10,000 iterations) and AES-256-CBC
    /// for keys and certificates, MAC HMAC-SHA-256 with 10,000 iterations. What keytool of JDK 11 to 26 writes.
    ///
    /// Readers: JDK 8u301, 11.0.12, 17 and later; OpenSSL 1.1 and later.
    pub const MODERN: Self = Self {
        name: "modern",
        certificates: Some((PBES2, COUNT)),
        ..Self::TRUST
    };

    /// For JDK 6 to 8u300, OpenSSL 1.0 and old devices: PBE with SHA-1 and three-key 3DES (50,000 iterations)
    /// for keys and certificates, MAC HMAC-SHA-1 with 100,000 iterations. Weak by today's measure, and readable
    /// by every JDK; unlike what JDK 8's own keytool writes (RC2-40 for certificates), OpenSSL 3 reads it
    /// without `-legacy`.
    pub const LEGACY: Self = Self {
        name: "legacy",
        certificates: Some((TRIPLE_DES, LEGACY_COUNT)),
        keys: Some((TRIPLE_DES, LEGACY_COUNT)),
        mac: Some(MacProfile::Hmac {
            digest: Digest::Sha1,
            iterations: LEGACY_MAC_COUNT,
        }),
    };

    /// [`LEGACY`](Self::LEGACY) with 40-bit RC2 for certificates: byte by byte the form that keytool of JDK 6 to
    /// 8u300 writes, for the rare reader that knows no other. RC2-40 hides nothing from anyone; certificates
    /// need no hiding.
    ///
    /// Readers: every JDK; OpenSSL 1.x, and 3 with `-legacy`.
    pub const LEGACY_RC2: Self = Self {
        name: "legacy-rc2",
        certificates: Some((RC2_40, LEGACY_COUNT)),
        ..Self::LEGACY
    };

    /// No encryption and no MAC, for truststores only: every JDK from 8 on reads it with any password or none.
    /// What `KeyStore.store(out, null)` of JDK 18 and later writes, and the form of those JDKs' own cacerts.
    pub const PASSWORDLESS: Self = Self {
        name: "passwordless",
        certificates: None,
        keys: None,
        mac: None,
    };

    /// [`MODERN`](Self::MODERN) with a MAC by RFC 9579, as keytool of JDK 28 writes it.
    ///
    /// Readers: JDK 25.0.5, 26 and later; OpenSSL 3.4 and later. JDK 8 to 21 cannot read it.
    pub const PBMAC1: Self = Self {
        name: "pbmac1",
        mac: Some(MacProfile::Pbmac1 {
            digest: Digest::Sha256,
            iterations: COUNT,
        }),
        ..Self::MODERN
    };

    /// All of them.
    pub const ALL: &'static [Self] = &[
        Self::TRUST,
        Self::MODERN,
        Self::LEGACY,
        Self::LEGACY_RC2,
        Self::PASSWORDLESS,
        Self::PBMAC1,
    ];

    /// The profile of that name.
    #[must_use]
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|profile| profile.name == name).copied()
    }

    /// The same with this many iterations everywhere.
    #[must_use]
    pub fn with_iterations(mut self, count: u32) -> Self {
        self.certificates = self.certificates.map(|(scheme, _)| (scheme, count));
        self.keys = self.keys.map(|(scheme, _)| (scheme, count));
        self.mac = self.mac.map(|mac| match mac {
            MacProfile::Hmac { digest, .. } => MacProfile::Hmac {
                digest,
                iterations: count,
            },
            MacProfile::Pbmac1 { digest, .. } => MacProfile::Pbmac1 {
                digest,
                iterations: count,
            },
        });
        self
    }
}

impl MacProfile {
    /// A MAC of this kind with a random salt of 20 octets.
    #[must_use]
    pub fn generate(self, rng: &mut dyn CryptoRng) -> Mac {
        let mut salt = vec![0; crate::pkcs8::pbe::SALT_LEN];
        rng.fill_bytes(&mut salt);
        match self {
            Self::Hmac { digest, iterations } => Mac::Hmac {
                digest,
                iterations,
                salt,
            },
            Self::Pbmac1 { digest, iterations } => Mac::Pbmac1 {
                prf: digest,
                digest,
                iterations,
                salt,
                key_len: digest.output_len(),
            },
        }
    }
}

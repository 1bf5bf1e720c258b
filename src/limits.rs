//! Caps on what a file may ask of us: file bytes are hostile until parsed.

/// Caps on sizes, counts, nesting and key derivation work, passed down to every parser.
///
/// [`Limits::DEFAULT`] admits every store a JDK admits, and far larger ones; a cap that is exceeded is an
/// error of kind [`LimitExceeded`](crate::ErrorKind::LimitExceeded) that names the cap, found before any
/// work or memory is spent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Largest input, in bytes.
    pub input_bytes: usize,
    /// Deepest nesting of ASN.1 structures.
    pub depth: usize,
    /// Most iterations one key derivation may ask for. The JDK's own cap is 5,000,000
    /// (`PKCS12KeyStore.MAX_ITERATION_COUNT`).
    pub iterations: u32,
    /// Most iterations of all derivations that opening one store needs: its contents and its MAC. An iteration is
    /// one HMAC of PBKDF2; where a derivation is asked for more octets than its digest has, each digest's length
    /// of them counts.
    pub total_iterations: u64,
    /// Most iterations that all keys of one store together need, when all are asked for.
    pub key_iterations: u64,
    /// Longest salt, in bytes.
    pub salt_bytes: usize,
    /// Most entries, bags or records in one store.
    pub entries: usize,
    /// Most memory one scrypt derivation may use, in bytes.
    pub scrypt_bytes: u64,
    /// Most certificates in the chains of one store's keys together, beyond 16 for each of its bags: a certificate
    /// that many chains share is listed with each of them.
    pub chain_certificates: usize,
}

impl Limits {
    /// 1 GiB of input, 64 levels, 5,000,000 iterations each, 20,000,000 to open a store and 500,000,000 for its
    /// keys, salts of 4 MiB, 4,000,000 entries, 256 MiB for scrypt, 10,000 chain certificates.
    pub const DEFAULT: Self = Self {
        input_bytes: 1 << 30,
        depth: 64,
        iterations: 5_000_000,
        total_iterations: 20_000_000,
        key_iterations: 500_000_000,
        salt_bytes: 4 << 20,
        entries: 4_000_000,
        scrypt_bytes: 256 << 20,
        chain_certificates: 10_000,
    };
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}

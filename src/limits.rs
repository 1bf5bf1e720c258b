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
    /// Most iterations of all derivations that opening one store needs (its contents and its MAC; keys are
    /// derived when they are asked for).
    pub total_iterations: u64,
    /// Longest salt, in bytes.
    pub salt_bytes: usize,
    /// Most entries, bags or records in one store.
    pub entries: usize,
    /// Most memory one scrypt derivation may use, in bytes.
    pub scrypt_bytes: u64,
}

impl Limits {
    /// 1 GiB of input, 64 levels, 5,000,000 iterations each and 50,000,000 in all, salts of 4 MiB,
    /// 4,000,000 entries, 256 MiB for scrypt.
    pub const DEFAULT: Self = Self {
        input_bytes: 1 << 30,
        depth: 64,
        iterations: 5_000_000,
        total_iterations: 50_000_000,
        salt_bytes: 4 << 20,
        entries: 4_000_000,
        scrypt_bytes: 256 << 20,
    };
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}

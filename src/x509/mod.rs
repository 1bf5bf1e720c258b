//! Certificates: a view over their DER, which stays the truth (RFC 5280).

use bytes::Bytes;

use crate::crypto::Digest;

/// An X.509 certificate: its DER, looked into when asked.
///
/// Cloning shares the bytes. Two certificates are equal when their DER is.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Certificate {
    der: Bytes,
}

/// A distinguished name as it stands in a certificate; `Display` is RFC 4514.
#[derive(Clone, Copy, Debug)]
pub struct Name<'a> {
    der: &'a [u8],
}

impl Name<'_> {
    /// The name's DER.
    #[must_use]
    pub const fn as_der(&self) -> &[u8] {
        self.der
    }
}

impl Certificate {
    /// Takes a certificate's DER; the bytes must be exactly one certificate that can be walked to its
    /// public key. Not all of what Java refuses is refused here: see [`java_readability`](Self::java_readability).
    ///
    /// # Errors
    /// The bytes are no certificate.
    pub fn from_der(der: impl Into<Bytes>) -> Result<Self, crate::asn1::Error> {
        Ok(Self { der: der.into() })
    }
    /// The DER.
    #[must_use]
    pub fn as_der(&self) -> &[u8] {
        &self.der
    }
    /// The DER, shared.
    #[must_use]
    pub fn to_bytes(&self) -> Bytes {
        self.der.clone()
    }
    /// The digest of the DER.
    #[must_use]
    pub fn fingerprint(&self, digest: Digest) -> Vec<u8> {
        digest.hash(&[&self.der])
    }
    /// The subject.
    #[must_use]
    pub fn subject(&self) -> Name<'_> {
        todo!()
    }
    /// The issuer.
    #[must_use]
    pub fn issuer(&self) -> Name<'_> {
        todo!()
    }
    /// The serial number's contents octets, big-endian two's complement.
    #[must_use]
    pub fn serial(&self) -> &[u8] {
        todo!()
    }
    /// When validity begins; `None` where the date is not one.
    #[must_use]
    pub fn not_before(&self) -> Option<jiff::Timestamp> {
        todo!()
    }
    /// When validity ends; `None` where the date is not one.
    #[must_use]
    pub fn not_after(&self) -> Option<jiff::Timestamp> {
        todo!()
    }
    /// The SubjectPublicKeyInfo's DER.
    #[must_use]
    pub fn public_key_der(&self) -> &[u8] {
        todo!()
    }
    /// Whether subject and issuer are the same name (by canonical comparison).
    #[must_use]
    pub fn is_self_issued(&self) -> bool {
        todo!()
    }
    /// Whether BasicConstraints says CA; a v1 certificate says nothing (`None`).
    #[must_use]
    pub fn basic_constraints_ca(&self) -> Option<bool> {
        todo!()
    }
    /// The SubjectKeyIdentifier.
    #[must_use]
    pub fn subject_key_id(&self) -> Option<Vec<u8>> {
        todo!()
    }
    /// The AuthorityKeyIdentifier's keyIdentifier.
    #[must_use]
    pub fn authority_key_id(&self) -> Option<Vec<u8>> {
        todo!()
    }
}

impl std::fmt::Debug for Certificate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Certificate")
            .field("bytes", &self.der.len())
            .finish()
    }
}

use der::Encode;
use der::asn1::{ObjectIdentifier, OctetString};
use der::flagset::FlagSet;
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::{
    AuthorityKeyIdentifier, BasicConstraints, ExtendedKeyUsage, KeyUsage as KeyUsageExtension, KeyUsages,
    SubjectKeyIdentifier,
};

use super::{AltName, Dates, DistinguishedName, NameError, PkiError};
use crate::asn1::{Reader, tag, tlv};
use crate::crypto::Digest;
use crate::x509::KeyUsage;

/// What a certificate is to say; who issues it adds the serial number, the issuer and the key identifiers.
#[derive(Clone, Debug)]
pub struct Template {
    /// The subject.
    pub subject: DistinguishedName,
    /// The subject's other names, in order.
    pub alt_names: Vec<AltName>,
    /// What it is for.
    pub purpose: Purpose,
    /// When it is valid.
    pub dates: Dates,
    /// Whose way of writing it.
    pub style: Style,
    /// The key's uses; unless given, those of the purpose and the kind of key.
    pub key_usage: Option<KeyUsage>,
}

/// What a certificate is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Purpose {
    /// Other certificates, with so many authorities below this one at the most.
    Authority {
        /// pathLenConstraint
        path_len: Option<u8>,
    },
    /// A TLS server.
    Server,
    /// A TLS client.
    Client,
    /// Both, as nodes that talk to each other are.
    ServerAndClient,
}

/// Whose way of writing certificates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Style {
    /// What strict verifiers take.
    #[default]
    Strict,
    /// What elasticsearch-certutil writes in its `cert` mode: no keyUsage and no extendedKeyUsage on leaves,
    /// their basicConstraints not critical.
    Certutil,
    /// What it writes in its `http` mode: as `cert`, with keyUsage and extendedKeyUsage.
    CertutilHttp,
}

const SERVER_AUTH: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.1");
const CLIENT_AUTH: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.2");

pub(super) const BASIC_CONSTRAINTS: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.19");
const KEY_USAGE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.15");
const EXTENDED_KEY_USAGE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.37");
const SUBJECT_ALT_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.17");
const SUBJECT_KEY_IDENTIFIER: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.14");
const AUTHORITY_KEY_IDENTIFIER: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.35");

impl Template {
    /// An authority.
    #[must_use]
    pub const fn authority(subject: DistinguishedName, dates: Dates) -> Self {
        Self::new(subject, Vec::new(), Purpose::Authority { path_len: None }, dates)
    }

    /// A server of that name, which is its common name and, as [`AltName::derived`] has it, its only
    /// alternative names.
    ///
    /// # Errors
    /// The name is neither a DNS name nor an IP address.
    pub fn server(name: &str, dates: Dates) -> Result<Self, NameError> {
        let names = AltName::derived(name)?;
        Ok(Self::new(
            DistinguishedName::common_name(name),
            names,
            Purpose::Server,
            dates,
        ))
    }

    /// A client of that name.
    #[must_use]
    pub fn client(name: &str, dates: Dates) -> Self {
        Self::new(
            DistinguishedName::common_name(name),
            Vec::new(),
            Purpose::Client,
            dates,
        )
    }

    /// Anything else.
    #[must_use]
    pub const fn new(
        subject: DistinguishedName,
        alt_names: Vec<AltName>,
        purpose: Purpose,
        dates: Dates,
    ) -> Self {
        Self {
            subject,
            alt_names,
            purpose,
            dates,
            style: Style::Strict,
            key_usage: None,
        }
    }

    /// The extensions of a certificate for `public_key` that `issuer_key_id` issues, in the order OpenSSL and
    /// Java write them.
    pub(super) fn extensions(
        &self,
        public_key: &[u8],
        issuer_key_id: &[u8],
    ) -> Result<Vec<Extension>, PkiError> {
        let is_ca = matches!(self.purpose, Purpose::Authority { .. });
        let path_len_constraint = match self.purpose {
            Purpose::Authority { path_len } => path_len,
            _ => None,
        };
        let constraints = BasicConstraints {
            ca: is_ca,
            path_len_constraint,
        };
        let subject_key_id = SubjectKeyIdentifier(octets(&key_id(public_key))?);
        let authority_key_id = AuthorityKeyIdentifier {
            key_identifier: Some(octets(issuer_key_id)?),
            ..AuthorityKeyIdentifier::default()
        };
        let critical = is_ca || self.style == Style::Strict;
        let mut all = vec![
            extension(SUBJECT_KEY_IDENTIFIER, false, encode(&subject_key_id)?)?,
            extension(AUTHORITY_KEY_IDENTIFIER, false, encode(&authority_key_id)?)?,
            extension(BASIC_CONSTRAINTS, critical, encode(&constraints)?)?,
        ];
        all.extend(self.requested_extensions(public_key)?);
        Ok(all)
    }

    /// Those that a request asks for: what only its maker knows.
    pub(super) fn requested_extensions(&self, public_key: &[u8]) -> Result<Vec<Extension>, PkiError> {
        let mut all = Vec::new();
        if let Some(usage) = self.key_usage_for(public_key) {
            all.push(extension(KEY_USAGE, true, encode(&KeyUsageExtension(usage))?)?);
        }
        let purposes: &[ObjectIdentifier] = match self.purpose {
            _ if self.style == Style::Certutil => &[],
            Purpose::Authority { .. } => &[],
            Purpose::Server => &[SERVER_AUTH],
            Purpose::Client => &[CLIENT_AUTH],
            Purpose::ServerAndClient => &[SERVER_AUTH, CLIENT_AUTH],
        };
        if !purposes.is_empty() {
            let value = encode(&ExtendedKeyUsage(purposes.to_vec()))?;
            all.push(extension(EXTENDED_KEY_USAGE, false, value)?);
        }
        if !self.alt_names.is_empty() {
            let names: Result<Vec<_>, _> = self.alt_names.iter().map(AltName::to_der).collect();
            let names = names?;
            let names: Vec<&[u8]> = names.iter().map(Vec::as_slice).collect();
            // RFC 5280 section 4.2.1.6: critical where the subject is empty.
            let critical = self.subject.view().is_empty();
            all.push(extension(SUBJECT_ALT_NAME, critical, tlv(tag::SEQUENCE, &names))?);
        }
        Ok(all)
    }

    fn key_usage_for(&self, public_key: &[u8]) -> Option<FlagSet<KeyUsages>> {
        if let Some(usage) = self.key_usage {
            return Some(flags(usage));
        }
        match self.purpose {
            Purpose::Authority { .. } => Some(KeyUsages::KeyCertSign | KeyUsages::CRLSign),
            _ if self.style == Style::Certutil => None,
            _ if is_rsa(public_key) => Some(KeyUsages::DigitalSignature | KeyUsages::KeyEncipherment),
            _ => Some(KeyUsages::DigitalSignature.into()),
        }
    }
}

fn flags(usage: KeyUsage) -> FlagSet<KeyUsages> {
    use KeyUsages as K;
    [
        K::DigitalSignature,
        K::NonRepudiation,
        K::KeyEncipherment,
        K::DataEncipherment,
        K::KeyAgreement,
        K::KeyCertSign,
        K::CRLSign,
        K::EncipherOnly,
        K::DecipherOnly,
    ]
    .into_iter()
    .zip(KeyUsage::NAMES)
    .filter(|(_, name)| usage.names().any(|used| used == *name))
    .fold(FlagSet::default(), |all, (flag, _)| all | flag)
}

/// Key transport is RSA's alone.
fn is_rsa(public_key: &[u8]) -> bool {
    crate::x509::PublicKeyInfo::from_spki(public_key).is_ok_and(|info| info.algorithm == "RSA")
}

/// RFC 5280 section 4.2.1.2, method 1: the SHA-1 of subjectPublicKey's octets.
pub(super) fn key_id(public_key: &[u8]) -> Vec<u8> {
    let octets = Reader::new(public_key)
        .sequence("SubjectPublicKeyInfo")
        .and_then(|mut fields| {
            fields.read(tag::SEQUENCE, "algorithm")?;
            fields.read(tag::BIT_STRING, "subjectPublicKey")
        })
        .map_or(public_key, |bits| bits.value.get(1..).unwrap_or_default());
    Digest::Sha1.hash(&[octets])
}

fn extension(extn_id: ObjectIdentifier, critical: bool, value: Vec<u8>) -> Result<Extension, PkiError> {
    Ok(Extension {
        extn_id,
        critical,
        extn_value: OctetString::new(value).map_err(failed)?,
    })
}

fn octets(value: &[u8]) -> Result<OctetString, PkiError> {
    OctetString::new(value).map_err(failed)
}

fn encode(value: &impl Encode) -> Result<Vec<u8>, PkiError> {
    value.to_der().map_err(failed)
}

const fn failed(source: der::Error) -> PkiError {
    PkiError::Encoding {
        what: "an extension",
        source,
    }
}

//! Certificates from whatever people have them in: PEM, DER, PKCS#7.

use bytes::Bytes;

use super::Certificate;
use crate::asn1::{self, Reader, tag};
use crate::error::{ErrorKind, Hint};
use crate::limits::Limits;
use crate::pem::{self, What, sniff};

/// What was read from an input.
#[derive(Debug, Default)]
pub struct CertificateInput {
    /// The certificates, in the input's order.
    pub certificates: Vec<Certificate>,
    /// What else stood there and was passed over: `a private key (PKCS#8)`.
    pub passed_over: Vec<String>,
}

/// Why an input gives no certificates.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "each variant's message says it")]
pub enum InputError {
    #[error("this is {what}, where a certificate belongs")]
    NotACertificate { what: What },
    #[error("{source}")]
    Pem {
        #[from]
        source: pem::Error,
    },
    #[error("{place} is no certificate")]
    Damaged { place: String, source: asn1::Error },
}

impl InputError {
    /// The error's kind.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::NotACertificate { .. } => ErrorKind::WrongInput,
            Self::Pem { .. } | Self::Damaged { .. } => ErrorKind::Damaged,
        }
    }

    /// What mends it.
    #[must_use]
    pub fn hints(&self) -> Vec<Hint> {
        let Self::NotACertificate { what } = self else {
            return vec![Hint::new(
                "fetch the file again; it was altered or cut short on its way",
            )];
        };
        let text = match what {
            What::PrivateKey { .. } => {
                "a key goes into a keystore with its certificate: `keyjar bundle --cert CERT --key KEY`"
            }
            What::OpenSshPrivateKey | What::PuttyKey | What::SshPublicKey => {
                "SSH keys have no certificates a JVM could trust; ask for the server's certificate"
            }
            What::PublicKey => {
                "a JVM trusts certificates, not bare keys; ask for the certificate of this key"
            }
            What::CertificateRequest => {
                "a request has to be signed by an authority first; import the certificate it answers with"
            }
            What::Html => "this is likely an error or login page; fetch the certificate itself",
            What::GitLfsPointer => "`git lfs pull` fetches the file itself",
            What::Empty => "the file has no bytes; check how it was made",
            What::Zip | What::Gzip => "unpack it first",
            _ => "a certificate is PEM (`-----BEGIN CERTIFICATE-----`), DER or PKCS#7",
        };
        vec![Hint::new(text)]
    }
}

/// All certificates of an input: any number of PEM blocks with text around, DER (several one after another
/// too), PKCS#7 in either, or base64 without its armour.
///
/// # Errors
/// Something else than certificates, named for what it is; a damaged one, with its place.
pub fn read_certificates(input: &Bytes, limits: &Limits) -> Result<CertificateInput, InputError> {
    let mut read = CertificateInput::default();
    if pem::is_pem(input) {
        for block in pem::read(input)? {
            let place = || format!("line {}: the block `{}`", block.line, block.label);
            match pem::label(&block.label) {
                What::Certificate => {
                    // OpenSSL's TRUSTED CERTIFICATE has its trust settings behind the certificate.
                    let certificate = Certificate::from_der_prefix(block.der.clone()).map_err(|source| {
                        InputError::Damaged {
                            place: place(),
                            source,
                        }
                    })?;
                    read.certificates.push(certificate);
                }
                What::Pkcs7 => read
                    .certificates
                    .extend(pkcs7(&block.der, limits).map_err(|source| InputError::Damaged {
                        place: place(),
                        source,
                    })?),
                other => read.passed_over.push(other.to_string()),
            }
        }
        if read.certificates.is_empty() {
            return Err(InputError::NotACertificate { what: sniff(input) });
        }
        return Ok(read);
    }
    match sniff(input) {
        What::Certificate => {
            let mut rest = input.clone();
            while !rest.is_empty() {
                let position = input.len() - rest.len();
                let place = || format!("the DER at byte {position}");
                let certificate =
                    Certificate::from_der_prefix(rest.clone()).map_err(|source| InputError::Damaged {
                        place: place(),
                        source,
                    })?;
                let length = certificate.as_der().len().max(1);
                read.certificates.push(certificate);
                rest = rest.slice(length.min(rest.len())..);
                let ended = rest
                    .iter()
                    .all(|octet| octet.is_ascii_whitespace() || *octet == 0);
                if ended {
                    break;
                }
            }
        }
        What::Pkcs7 => {
            let place = String::from("the PKCS#7 bundle");
            read.certificates =
                pkcs7(input, limits).map_err(|source| InputError::Damaged { place, source })?;
            if read.certificates.is_empty() {
                return Err(InputError::NotACertificate { what: What::Pkcs7 });
            }
        }
        what => match pem::decode_bare(input).map(Bytes::from) {
            Some(der) if sniff(&der) == What::Certificate => return read_certificates(&der, limits),
            _ => return Err(InputError::NotACertificate { what }),
        },
    }
    Ok(read)
}

/// The certificates of a signedData (RFC 2315 section 9.1, RFC 5652 section 5.1), in its order:
///
/// ```text
/// ContentInfo ::= SEQUENCE { contentType, [0] EXPLICIT SignedData }
/// SignedData ::= SEQUENCE { version, digestAlgorithms SET, contentInfo SEQUENCE,
///     certificates [0] IMPLICIT SET OPTIONAL, crls [1] IMPLICIT SET OPTIONAL, signerInfos SET }
/// ```
fn pkcs7(der: &Bytes, limits: &Limits) -> Result<Vec<Certificate>, asn1::Error> {
    let normal;
    let der = if Reader::new(der).any("PKCS#7").is_ok() {
        der
    } else {
        normal = asn1::normalize(der, limits)?;
        &normal
    };
    let mut info = Reader::new(der).sequence("PKCS#7 ContentInfo")?;
    info.oid("PKCS#7 contentType")?;
    let mut content = info.read(tag::context_constructed(0), "PKCS#7 content")?.reader();
    let mut data = content.sequence("SignedData")?;
    data.read(tag::INTEGER, "SignedData's version")?;
    data.read(tag::SET, "SignedData's digestAlgorithms")?;
    data.read(tag::SEQUENCE, "SignedData's contentInfo")?;
    let Some(set) = data.optional(tag::context_constructed(0), "SignedData's certificates")? else {
        return Ok(Vec::new());
    };
    let mut members = set.reader();
    let mut certificates = Vec::new();
    while !members.is_empty() {
        let member = members.any("SignedData's certificate")?;
        if member.tag == tag::SEQUENCE {
            certificates.push(Certificate::from_der(der.slice_ref(member.raw))?);
        }
    }
    Ok(certificates)
}

use std::fmt;

use crate::asn1::{Reader, tag};

/// What an input is, by its bytes: for saying what stands where something else belongs.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[expect(missing_docs, reason = "Display says what each is")]
pub enum What {
    Empty,
    Certificate,
    PrivateKey { form: &'static str },
    OpenSshPrivateKey,
    PuttyKey,
    PublicKey,
    SshPublicKey,
    CertificateRequest,
    RevocationList,
    Pkcs7,
    Pkcs12,
    Jks,
    Jceks,
    Bks,
    Bcfks,
    Html,
    Xml,
    Json,
    GitLfsPointer,
    Zip,
    Gzip,
    Pgp,
    Parameters,
    OtherPem { label: String },
    Text,
    Binary,
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "an empty file",
            Self::Certificate => "a certificate",
            Self::PrivateKey { form } => return write!(f, "a private key ({form})"),
            Self::OpenSshPrivateKey => "a private key in OpenSSH's own form",
            Self::PuttyKey => "a private key in PuTTY's own form",
            Self::PublicKey => "a public key",
            Self::SshPublicKey => "an SSH public key",
            Self::CertificateRequest => "a certificate request (CSR)",
            Self::RevocationList => "a certificate revocation list (CRL)",
            Self::Pkcs7 => "a PKCS#7 bundle",
            Self::Pkcs12 => "a PKCS#12 store",
            Self::Jks => "a JKS store",
            Self::Jceks => "a JCEKS store",
            Self::Bks => "a Bouncy Castle store (BKS or UBER)",
            Self::Bcfks => "a Bouncy Castle store (BCFKS)",
            Self::Html => "an HTML page",
            Self::Xml => "an XML document",
            Self::Json => "a JSON document",
            Self::GitLfsPointer => "a Git LFS pointer, not the file it points to",
            Self::Zip => "a ZIP archive",
            Self::Gzip => "a gzip file",
            Self::Pgp => "an OpenPGP file",
            Self::Parameters => "key parameters without a key",
            Self::OtherPem { label } => return write!(f, "a PEM block `{label}`"),
            Self::Text => "text without any PEM block",
            Self::Binary => "bytes of no known form",
        })
    }
}

/// Names what the bytes are.
#[must_use]
pub fn sniff(bytes: &[u8]) -> What {
    if bytes.is_empty() {
        return What::Empty;
    }
    if super::is_pem(bytes) {
        return super::read(bytes)
            .ok()
            .and_then(|blocks| blocks.into_iter().next())
            .map_or_else(
                || What::OtherPem {
                    label: String::from("cut short"),
                },
                |block| label(&block.label),
            );
    }
    match bytes {
        [0xfe, 0xed, 0xfe, 0xed, ..] => return What::Jks,
        [0xce, 0xce, 0xce, 0xce, ..] => return What::Jceks,
        // Version and the salt's length, which Bouncy Castle has always made 20.
        [0, 0, 0, 0..=2, 0, 0, 0, 20, ..] => return What::Bks,
        [b'P', b'K', 3, 4, ..] => return What::Zip,
        [0x1f, 0x8b, ..] => return What::Gzip,
        [tag::SEQUENCE, ..] => return der(bytes),
        _ => {}
    }
    let head = String::from_utf8_lossy(bytes.get(..bytes.len().min(512)).unwrap_or_default()).to_lowercase();
    let text = head.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']);
    let begins = |words: &[&str]| words.iter().any(|word| text.starts_with(word));
    if begins(&["<!doctype html", "<html"]) {
        What::Html
    } else if begins(&["<"]) {
        if text.contains("<html") {
            What::Html
        } else {
            What::Xml
        }
    } else if begins(&["version https://git-lfs"]) {
        What::GitLfsPointer
    } else if begins(&["putty-user-key-file"]) {
        What::PuttyKey
    } else if begins(&["ssh-rsa ", "ssh-ed25519 ", "ssh-dss ", "ecdsa-sha2-"]) {
        What::SshPublicKey
    } else if begins(&["{", "["]) {
        What::Json
    } else if head
        .chars()
        .all(|c| c != '\u{fffd}' && (!c.is_control() || c.is_whitespace()))
    {
        What::Text
    } else {
        What::Binary
    }
}

/// What a PEM block of that label holds.
pub(crate) fn label(label: &str) -> What {
    match label {
        "CERTIFICATE" | "X509 CERTIFICATE" | "TRUSTED CERTIFICATE" => What::Certificate,
        "PRIVATE KEY" => What::PrivateKey { form: "PKCS#8" },
        "ENCRYPTED PRIVATE KEY" => What::PrivateKey {
            form: "encrypted PKCS#8",
        },
        "RSA PRIVATE KEY" => What::PrivateKey { form: "PKCS#1" },
        "EC PRIVATE KEY" => What::PrivateKey { form: "SEC 1" },
        "DSA PRIVATE KEY" => What::PrivateKey {
            form: "OpenSSL's DSA",
        },
        "OPENSSH PRIVATE KEY" | "SSH2 ENCRYPTED PRIVATE KEY" => What::OpenSshPrivateKey,
        "PUBLIC KEY" | "RSA PUBLIC KEY" => What::PublicKey,
        "SSH2 PUBLIC KEY" => What::SshPublicKey,
        "CERTIFICATE REQUEST" | "NEW CERTIFICATE REQUEST" => What::CertificateRequest,
        "X509 CRL" => What::RevocationList,
        "PKCS7" | "CMS" | "PKCS #7 SIGNED DATA" => What::Pkcs7,
        "EC PARAMETERS" | "DH PARAMETERS" | "DSA PARAMETERS" | "X9.42 DH PARAMETERS" => What::Parameters,
        other if other.starts_with("PGP ") => What::Pgp,
        other => What::OtherPem {
            label: other.to_owned(),
        },
    }
}

/// DER by the tags of its first fields.
fn der(bytes: &[u8]) -> What {
    let mut outer = match Reader::new(bytes).any("input") {
        Ok(value) => value.reader(),
        Err(_) if crate::asn1::normalize(bytes, &crate::Limits::DEFAULT).is_ok() => {
            let normal = crate::asn1::normalize(bytes, &crate::Limits::DEFAULT).unwrap_or_default();
            return if normal.starts_with(&[tag::SEQUENCE]) && normal.len() > 4 {
                der_fields(&normal)
            } else {
                What::Binary
            };
        }
        Err(_) => return What::Binary,
    };
    fields(&mut outer)
}

fn der_fields(normal: &[u8]) -> What {
    Reader::new(normal)
        .sequence("input")
        .map_or(What::Binary, |mut outer| fields(&mut outer))
}

fn fields(outer: &mut Reader<'_>) -> What {
    let Ok(first) = outer.any("input") else {
        return What::Binary;
    };
    let second = outer.any("input").ok();
    let third = outer.any("input").ok();
    let tags = (
        first.tag,
        second.map(|value| value.tag),
        third.map(|value| value.tag),
    );
    match tags {
        (tag::INTEGER, Some(tag::SEQUENCE), Some(tag::OCTET_STRING)) => What::PrivateKey { form: "PKCS#8" },
        (tag::INTEGER, Some(tag::SEQUENCE), _) if first.value == [3] => What::Pkcs12,
        (tag::INTEGER, Some(tag::INTEGER), Some(tag::INTEGER)) => What::PrivateKey { form: "PKCS#1" },
        (tag::INTEGER, Some(tag::OCTET_STRING), _) => What::PrivateKey { form: "SEC 1" },
        (tag::OBJECT_IDENTIFIER, Some(0xa0), _) => What::Pkcs7,
        (tag::SEQUENCE, Some(tag::OCTET_STRING), None) => What::PrivateKey {
            form: "encrypted PKCS#8",
        },
        (tag::SEQUENCE, Some(tag::BIT_STRING), None) => What::PublicKey,
        (tag::SEQUENCE, Some(tag::SEQUENCE), None) => What::Bcfks,
        (tag::SEQUENCE, Some(tag::SEQUENCE), Some(tag::BIT_STRING)) => signed(&mut first.reader()),
        _ => What::Binary,
    }
}

/// Certificate, request or revocation list: they differ in the first fields of what is signed.
fn signed(inner: &mut Reader<'_>) -> What {
    let Ok(first) = inner.any("input") else {
        return What::Binary;
    };
    let second = inner.peek();
    match (first.tag, second) {
        (0xa0, _) => What::Certificate,
        (tag::INTEGER, Some(tag::SEQUENCE)) => {
            // A v1 certificate has a serial, its algorithm and its issuer; a request a version and its subject;
            // a list a version and its algorithm. The validity in a certificate's fourth field tells.
            let rest: Vec<_> = std::iter::from_fn(|| inner.any("input").ok())
                .map(|value| value.tag)
                .collect();
            match rest.as_slice() {
                [tag::SEQUENCE, tag::SEQUENCE, tag::SEQUENCE, tag::SEQUENCE, ..] => What::Certificate,
                [
                    tag::SEQUENCE,
                    tag::SEQUENCE,
                    tag::UTC_TIME | tag::GENERALIZED_TIME,
                    ..,
                ] => What::RevocationList,
                _ => What::CertificateRequest,
            }
        }
        (tag::SEQUENCE, _) => What::RevocationList,
        _ => What::Binary,
    }
}

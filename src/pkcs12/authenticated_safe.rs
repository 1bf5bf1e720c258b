//! The contents of a file:
//!
//! ```text
//! AuthenticatedSafe ::= SEQUENCE OF ContentInfo
//! ContentInfo ::= SEQUENCE { contentType, content [0] EXPLICIT ANY OPTIONAL }
//! EncryptedData ::= SEQUENCE { version, EncryptedContentInfo }
//! EncryptedContentInfo ::= SEQUENCE { contentType, AlgorithmIdentifier, [0] IMPLICIT OCTET STRING }
//! SafeContents ::= SEQUENCE OF SafeBag
//! ```
//!
//! (RFC 7292 sections 4.1 and 4.2, RFC 2315 sections 7 and 13)

use bytes::Bytes;
use der::asn1::ObjectIdentifier;

use super::Error;
use super::safe_bag::{Budget, SafeBag};
use crate::asn1::{self, Reader, encoded_len, put_header, put_tlv, tag};
use crate::crypto::CryptoRng;
use crate::limits::Limits;
use crate::pkcs8::oid;
use crate::pkcs8::pbe::{Pbe, PbeError};
use crate::secret::Password;

pub(super) const DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.1");
const ENCRYPTED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.6");

/// One ContentInfo of the AuthenticatedSafe, opened.
#[derive(Clone, Debug)]
pub struct SafeContents {
    /// How it is encrypted (`encryptedData`); `None` for `data`.
    pub encryption: Option<Pbe>,
    /// Its bags; `None` where it stayed locked, because no password was given.
    pub bags: Option<Vec<SafeBag>>,
    /// What was read: the ContentInfo's DER, and the bags in it, to be written again if nothing changed.
    original: Option<Original>,
}

#[derive(Clone, Debug)]
struct Original {
    content_info: Bytes,
    encryption: Option<Pbe>,
    bags: Option<Vec<SafeBag>>,
}

/// A ContentInfo before it is opened.
pub(super) struct Sealed {
    content_info: Bytes,
    pub(super) encryption: Option<Pbe>,
    octets: Bytes,
}

impl SafeContents {
    /// Contents to be written.
    #[must_use]
    pub const fn new(encryption: Option<Pbe>, bags: Vec<SafeBag>) -> Self {
        Self {
            encryption,
            bags: Some(bags),
            original: None,
        }
    }

    /// Whether it is still what was read.
    pub(super) fn is_unchanged(&self) -> bool {
        self.original
            .as_ref()
            .is_some_and(|original| original.encryption == self.encryption && original.bags == self.bags)
    }

    /// Writes the ContentInfo: as it was read, where it is unchanged and may stay; else encoded, and where it
    /// is encrypted, afresh.
    pub(super) fn put(
        &self,
        out: &mut Vec<u8>,
        keep: bool,
        password: &Password,
        rng: &mut dyn CryptoRng,
    ) -> Result<(), Error> {
        if let Some(original) = &self.original
            && ((keep && self.is_unchanged()) || self.bags.is_none())
        {
            out.extend_from_slice(&original.content_info);
            return Ok(());
        }
        let bags = self.bags.as_deref().unwrap_or_default();
        let inner = bags.iter().map(SafeBag::encoded_len).sum();
        let plain = encoded_len(inner);
        let put_bags = |out: &mut Vec<u8>| {
            put_header(out, tag::SEQUENCE, inner);
            bags.iter().for_each(|bag| bag.put(out));
        };
        let Some(pbe) = &self.encryption else {
            let content = encoded_len(plain);
            put_header(
                out,
                tag::SEQUENCE,
                encoded_len(DATA.as_bytes().len()) + encoded_len(content),
            );
            put_tlv(out, tag::OBJECT_IDENTIFIER, DATA.as_bytes());
            put_header(out, tag::context_constructed(0), content);
            put_header(out, tag::OCTET_STRING, plain);
            put_bags(out);
            return Ok(());
        };
        let pbe = if self.original.is_some() {
            pbe.renew(rng)
        } else {
            pbe.clone()
        };
        let key = match pbe.derive(password) {
            Err(PbeError::PasswordRequired) => return Err(Error::PasswordRequired),
            other => other.map_err(|source| Error::Contents { index: 0, source })?,
        };
        let algorithm = pbe.to_der();
        let sealed = pbe.scheme().cipher().ciphertext_len(plain);
        let info = encoded_len(DATA.as_bytes().len()) + algorithm.len() + encoded_len(sealed);
        let data = VERSION_0.len() + encoded_len(info);
        let content = encoded_len(data);
        put_header(
            out,
            tag::SEQUENCE,
            encoded_len(ENCRYPTED_DATA.as_bytes().len()) + encoded_len(content),
        );
        put_tlv(out, tag::OBJECT_IDENTIFIER, ENCRYPTED_DATA.as_bytes());
        put_header(out, tag::context_constructed(0), content);
        put_header(out, tag::SEQUENCE, data);
        out.extend_from_slice(&VERSION_0);
        put_header(out, tag::SEQUENCE, info);
        put_tlv(out, tag::OBJECT_IDENTIFIER, DATA.as_bytes());
        out.extend_from_slice(&algorithm);
        put_header(out, tag::context(0), sealed);
        let start = out.len();
        put_bags(out);
        key.encrypt_in_place(out, start)
            .map_err(|source| Error::Contents { index: 0, source })
    }
}

const VERSION_0: [u8; 3] = [tag::INTEGER, 1, 0];

impl Sealed {
    /// Reads the ContentInfo that comes next.
    pub(super) fn read(reader: &mut Reader<'_>, parent: &Bytes, limits: &Limits) -> Result<Self, Error> {
        let info = reader.read(tag::SEQUENCE, "ContentInfo")?;
        let content_info = parent.slice_ref(info.raw);
        let mut fields = info.reader();
        let id = fields.oid("ContentInfo's contentType")?;
        if id != DATA && id != ENCRYPTED_DATA {
            return Err(Error::ContentType {
                name: oid::describe(&id),
            });
        }
        let mut content = fields
            .read(tag::context_constructed(0), "ContentInfo's content")?
            .reader();
        if id == DATA {
            let octets = parent.slice_ref(content.octet_string("data")?);
            return Ok(Self {
                content_info,
                encryption: None,
                octets,
            });
        }
        let mut data = content.sequence("EncryptedData")?;
        data.read(tag::INTEGER, "EncryptedData's version")?;
        let mut info = data.sequence("EncryptedContentInfo")?;
        info.oid("EncryptedContentInfo's contentType")?;
        let algorithm = info.read(tag::SEQUENCE, "contentEncryptionAlgorithm")?;
        let encryption = Pbe::from_der(algorithm.raw, algorithm.position, limits)
            .map_err(|source| Error::Contents { index: 0, source })?;
        let encrypted = info.any("encryptedContent")?;
        let is_constructed = encrypted.tag == tag::context_constructed(0);
        if !is_constructed && encrypted.tag != tag::context(0) {
            let (expected, found) = (tag::context(0), encrypted.tag);
            let position = encrypted.position;
            return Err(asn1::Error::UnexpectedTag {
                what: "encryptedContent",
                position,
                expected,
                found,
            }
            .into());
        }
        let octets = asn1::octets(is_constructed, encrypted.value, parent, limits)?;
        Ok(Self {
            content_info,
            encryption: Some(encryption),
            octets,
        })
    }

    /// Opens it: decrypts where it is encrypted, and reads its bags.
    pub(super) fn open(
        self,
        index: usize,
        password: &Password,
        limits: &Limits,
        budget: &mut Budget<'_>,
    ) -> Result<SafeContents, Error> {
        let plain = match &self.encryption {
            None => Some(self.octets),
            Some(_) if password.is_none() => None,
            Some(pbe) => {
                let decrypted = pbe
                    .decrypt_if(password, &self.octets, begins_like_bags)
                    .map_err(|source| Error::Contents { index, source })?;
                // What was encrypted is certificates and keys that are encrypted once more; a key in the clear
                // inside encrypted contents is the one thing here that is secret, and it is rare enough.
                Some(Bytes::copy_from_slice(decrypted.expose_bytes()))
            }
        };
        let bags = plain
            .map(|plain| read_contents(&plain, limits, budget))
            .transpose()?;
        let original = Original {
            content_info: self.content_info,
            encryption: self.encryption.clone(),
            bags: bags.clone(),
        };
        Ok(SafeContents {
            encryption: self.encryption,
            bags,
            original: Some(original),
        })
    }
}

/// Whether decrypted octets can be SafeContents: a SEQUENCE of about the right length.
fn begins_like_bags(octets: &[u8]) -> bool {
    let mut reader = Reader::new(octets);
    match reader.any("SafeContents") {
        Ok(value) => value.tag == tag::SEQUENCE,
        Err(asn1::Error::IndefiniteLength { .. }) => octets.first() == Some(&tag::SEQUENCE),
        Err(_) => false,
    }
}

/// SafeContents' bags; where it is no DER, by way of its normal form.
fn read_contents(plain: &Bytes, limits: &Limits, budget: &mut Budget<'_>) -> Result<Vec<SafeBag>, Error> {
    let read = |plain: &Bytes, budget: &mut Budget<'_>| {
        read_bags(&mut Reader::new(plain).sequence("SafeContents")?, plain, budget)
    };
    match read(plain, budget) {
        Err(Error::Damaged { source }) => match asn1::normalize(plain, limits) {
            Ok(normal) if normal != *plain => read(&normal, budget),
            _ => Err(source.into()),
        },
        other => other,
    }
}

pub(super) fn read_bags(
    reader: &mut Reader<'_>,
    parent: &Bytes,
    budget: &mut Budget<'_>,
) -> Result<Vec<SafeBag>, Error> {
    let mut bags = Vec::new();
    while !reader.is_empty() {
        bags.push(SafeBag::read(reader, parent, budget)?);
    }
    Ok(bags)
}

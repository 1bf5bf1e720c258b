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

use std::fmt;

use bytes::Bytes;
use der::asn1::ObjectIdentifier;

use super::Error;
use super::safe_bag::{Budget, SafeBag};
use crate::asn1::{self, Reader, encoded_len, put_header, put_tlv, tag};
use crate::crypto::CryptoRng;
use crate::limits::Limits;
use crate::pkcs8::oid;
use crate::pkcs8::pbe::{Pbe, PbeError};
use crate::secret::{Password, SecretBytes};

pub(super) const DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.1");
const ENCRYPTED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.6");

/// One ContentInfo of the AuthenticatedSafe, opened.
#[derive(Clone, Debug)]
pub struct SafeContents {
    /// How it is encrypted (`encryptedData`); `None` for `data`.
    pub encryption: Option<Pbe>,
    /// Its bags; `None` where it stayed locked, because no password was given.
    pub bags: Option<Vec<SafeBag>>,
    original: Option<Original>,
}

/// What was read, to be written again if nothing changed.
#[derive(Clone)]
struct Original {
    content_info: Bytes,
    encryption: Option<Pbe>,
    /// What the bags were read from, in DER; `None` where it stayed locked. The bags share these octets, so
    /// that keeping them costs nothing.
    plain: Option<Bytes>,
    limits: Limits,
}

impl fmt::Debug for Original {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Contents may hold keys in the clear.
        write!(f, "Original({} bytes)", self.content_info.len())
    }
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

    /// Whether it is still what was read: the bags are read once more and compared, which costs time in
    /// writing instead of memory in reading.
    pub(super) fn is_unchanged(&self) -> bool {
        let Some(original) = &self.original else {
            return false;
        };
        let is_same = match (&original.plain, &self.bags) {
            (None, None) => true,
            (Some(plain), Some(bags)) => {
                let mut budget = Budget::new(&original.limits);
                read_contents(plain, 0, &original.limits, &mut budget).is_ok_and(|(read, _)| read == *bags)
            }
            _ => false,
        };
        is_same && original.encryption == self.encryption
    }

    /// How it will be written: as it was read where it may stay, else its bags encoded and, where it is
    /// encrypted, encrypted afresh.
    pub(super) fn plan(&self, keep: bool, rng: &mut dyn CryptoRng) -> Plan<'_> {
        if let Some(original) = &self.original
            && (keep || self.bags.is_none())
        {
            return Plan::Kept(&original.content_info);
        }
        let bags = self.bags.as_deref().unwrap_or_default();
        let length = bags.iter().map(SafeBag::encoded_len).sum();
        let Some(pbe) = &self.encryption else {
            return Plan::Data { bags, length };
        };
        let pbe = if self.original.is_some() {
            pbe.renew(rng)
        } else {
            pbe.clone()
        };
        Plan::Encrypted {
            bags,
            length,
            algorithm: pbe.to_der(),
            pbe,
        }
    }
}

/// A ContentInfo to be written, of a known length.
pub(super) enum Plan<'a> {
    Kept(&'a Bytes),
    Data {
        bags: &'a [SafeBag],
        /// Of all bags, in octets.
        length: usize,
    },
    Encrypted {
        bags: &'a [SafeBag],
        length: usize,
        pbe: Pbe,
        algorithm: Vec<u8>,
    },
}

const VERSION_0: [u8; 3] = [tag::INTEGER, 1, 0];

impl Plan<'_> {
    pub(super) const fn is_encrypted(&self) -> bool {
        matches!(self, Self::Encrypted { .. })
    }

    /// Octets of the ContentInfo.
    pub(super) fn encoded_len(&self) -> usize {
        match self {
            Self::Kept(content_info) => content_info.len(),
            Self::Data { length, .. } => content_info_len(&DATA, encoded_len(encoded_len(*length))),
            Self::Encrypted {
                length,
                pbe,
                algorithm,
                ..
            } => {
                let info = encrypted_info_len(ciphertext_len(pbe, *length), algorithm);
                content_info_len(&ENCRYPTED_DATA, encoded_len(VERSION_0.len() + encoded_len(info)))
            }
        }
    }

    /// Writes the ContentInfo, the contents number `index`; bags are encrypted where they stand.
    pub(super) fn put(&self, out: &mut Vec<u8>, password: &Password, index: usize) -> Result<(), Error> {
        match self {
            Self::Kept(content_info) => {
                out.extend_from_slice(content_info);
                Ok(())
            }
            Self::Data { bags, length } => {
                let octets = encoded_len(*length);
                put_content_info(out, &DATA, encoded_len(octets));
                put_header(out, tag::OCTET_STRING, octets);
                put_bags(out, bags, *length);
                Ok(())
            }
            Self::Encrypted {
                bags,
                length,
                pbe,
                algorithm,
            } => {
                let key = match pbe.derive(password) {
                    Err(PbeError::PasswordRequired) => return Err(Error::PasswordRequired),
                    other => other.map_err(|source| Error::Contents { index, source })?,
                };
                let ciphertext = ciphertext_len(pbe, *length);
                let info = encrypted_info_len(ciphertext, algorithm);
                let data = VERSION_0.len() + encoded_len(info);
                put_content_info(out, &ENCRYPTED_DATA, encoded_len(data));
                put_header(out, tag::SEQUENCE, data);
                out.extend_from_slice(&VERSION_0);
                put_header(out, tag::SEQUENCE, info);
                put_tlv(out, tag::OBJECT_IDENTIFIER, DATA.as_bytes());
                out.extend_from_slice(algorithm);
                put_header(out, tag::context(0), ciphertext);
                let start = out.len();
                put_bags(out, bags, *length);
                key.encrypt_in_place(out, start)
                    .map_err(|source| Error::Contents { index, source })
            }
        }
    }
}

fn ciphertext_len(pbe: &Pbe, bags: usize) -> usize {
    pbe.scheme().cipher().ciphertext_len(encoded_len(bags))
}

fn encrypted_info_len(ciphertext: usize, algorithm: &[u8]) -> usize {
    encoded_len(DATA.as_bytes().len()) + algorithm.len() + encoded_len(ciphertext)
}

/// Octets of a ContentInfo whose `[0]` holds this many.
const fn content_info_len(id: &ObjectIdentifier, content: usize) -> usize {
    encoded_len(encoded_len(id.as_bytes().len()) + encoded_len(content))
}

fn put_content_info(out: &mut Vec<u8>, id: &ObjectIdentifier, content: usize) {
    let fields = encoded_len(id.as_bytes().len()) + encoded_len(content);
    put_header(out, tag::SEQUENCE, fields);
    put_tlv(out, tag::OBJECT_IDENTIFIER, id.as_bytes());
    put_header(out, tag::context_constructed(0), content);
}

fn put_bags(out: &mut Vec<u8>, bags: &[SafeBag], length: usize) {
    put_header(out, tag::SEQUENCE, length);
    bags.iter().for_each(|bag| bag.put(out));
}

/// A ContentInfo before it is opened.
pub(super) struct Sealed {
    index: usize,
    content_info: Bytes,
    pub(super) encryption: Option<Pbe>,
    octets: Bytes,
    /// Where `octets` begin in the file.
    position: usize,
}

impl Sealed {
    /// Reads the ContentInfo that comes next, the contents number `index`.
    pub(super) fn read(
        reader: &mut Reader<'_>,
        parent: &Bytes,
        index: usize,
        limits: &Limits,
    ) -> Result<Self, Error> {
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
            let octets = content.read(tag::OCTET_STRING, "data")?;
            return Ok(Self {
                index,
                content_info,
                encryption: None,
                octets: parent.slice_ref(octets.value),
                position: octets.reader().position(),
            });
        }
        let mut data = content.sequence("EncryptedData")?;
        data.read(tag::INTEGER, "EncryptedData's version")?;
        let mut info = data.sequence("EncryptedContentInfo")?;
        info.oid("EncryptedContentInfo's contentType")?;
        let algorithm = info.read(tag::SEQUENCE, "contentEncryptionAlgorithm")?;
        let encryption = Pbe::from_der(algorithm.raw, algorithm.position, limits)
            .map_err(|source| Error::Contents { index, source })?;
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
        Ok(Self {
            index,
            content_info,
            encryption: Some(encryption),
            octets: asn1::octets(is_constructed, encrypted.value, parent, limits)?,
            position: encrypted.position,
        })
    }

    /// Opens it: decrypts where it is encrypted, and reads its bags.
    pub(super) fn open(
        self,
        password: &Password,
        limits: &Limits,
        budget: &mut Budget<'_>,
    ) -> Result<SafeContents, Error> {
        let index = self.index;
        let opened = match &self.encryption {
            None => Some(read_contents(&self.octets, self.position, limits, budget)?),
            Some(_) if password.is_none() => None,
            Some(pbe) => {
                let decrypted = pbe
                    .decrypt_if(password, &self.octets, begins_like_bags)
                    .map_err(|source| Error::Contents { index, source })?;
                let plain = Bytes::from_owner(Decrypted(decrypted));
                let opened = read_contents(&plain, 0, limits, budget);
                Some(opened.map_err(|error| match error {
                    Error::Damaged { source } => Error::Decrypted { index, source },
                    other => other,
                })?)
            }
        };
        let (bags, plain) = opened.unzip();
        let original = Original {
            content_info: self.content_info,
            encryption: self.encryption.clone(),
            plain,
            limits: *limits,
        };
        Ok(SafeContents {
            encryption: self.encryption,
            bags,
            original: Some(original),
        })
    }
}

/// Decrypted contents: shared by their bags, and wiped with the last of them.
struct Decrypted(SecretBytes);

impl AsRef<[u8]> for Decrypted {
    fn as_ref(&self) -> &[u8] {
        self.0.expose_bytes()
    }
}

/// Whether decrypted octets can be SafeContents: a SEQUENCE that is empty or begins with another. A wrong key
/// leaves a padding that is right in one case of 256 (and RC4 has none), so this has to tell.
fn begins_like_bags(octets: &[u8]) -> bool {
    match Reader::new(octets).any("SafeContents") {
        Ok(value) => value.tag == tag::SEQUENCE && matches!(value.value.first(), None | Some(&tag::SEQUENCE)),
        Err(asn1::Error::IndefiniteLength { .. }) => {
            matches!(octets, [tag::SEQUENCE, _, tag::SEQUENCE | 0, ..])
        }
        Err(_) => false,
    }
}

/// SafeContents' bags and the DER they were read from: by way of their normal form where they are no DER.
/// `position` is where they begin in the file.
fn read_contents(
    plain: &Bytes,
    position: usize,
    limits: &Limits,
    budget: &mut Budget<'_>,
) -> Result<(Vec<SafeBag>, Bytes), Error> {
    let read = |plain: &Bytes, budget: &mut Budget<'_>| {
        let mut bags = Reader::at(plain, position).sequence("SafeContents")?;
        read_bags(&mut bags, plain, budget)
    };
    let untouched = *budget;
    match read(plain, budget) {
        Err(Error::Damaged { source }) => match asn1::normalize(plain, limits) {
            Ok(normal) if normal != *plain => {
                *budget = untouched;
                read(&normal, budget).map(|bags| (bags, normal))
            }
            _ => Err(source.into()),
        },
        other => other.map(|bags| (bags, plain.clone())),
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
    bags.shrink_to_fit();
    Ok(bags)
}

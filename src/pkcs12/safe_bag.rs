use std::fmt;

use bytes::Bytes;
use der::asn1::ObjectIdentifier;

use super::attribute::{Attribute, Attributes, TRUSTED_KEY_USAGE};
use super::{Error, authenticated_safe};
use crate::asn1::{self, Reader, encoded_len, put_header, put_tlv, tag};
use crate::limits::Limits;

const KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.12.10.1.1");
const SHROUDED_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.12.10.1.2");
pub(crate) const CERT: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.12.10.1.3");
const SECRET: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.12.10.1.5");
const SAFE_CONTENTS: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.12.10.1.6");
const X509_CERTIFICATE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.22.1");

/// The types of secrets.
pub mod secret_type {
    use der::asn1::ObjectIdentifier;
    /// What the JDK gives a secret that is an EncryptedPrivateKeyInfo: the OID of pkcs8ShroudedKeyBag.
    pub const PKCS8_SHROUDED_KEY: ObjectIdentifier = super::SHROUDED_KEY;
}

/// One SafeBag (RFC 7292 section 4.2):
///
/// ```text
/// SafeBag ::= SEQUENCE { bagId, bagValue [0] EXPLICIT ANY, bagAttributes SET OF PKCS12Attribute OPTIONAL }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SafeBag {
    /// The value, by the bag's type.
    pub value: BagValue,
    /// The attributes, in the file's order, unknown ones included.
    pub attributes: Attributes,
}

/// A bag's value. `Debug` shows lengths instead of octets, which may be secret in most of them.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum BagValue {
    /// keyBag: a PKCS#8 PrivateKeyInfo in the clear.
    Key(ClearKey),
    /// pkcs8ShroudedKeyBag: an EncryptedPrivateKeyInfo's DER.
    ShroudedKey(Bytes),
    /// certBag of an X.509 certificate: the OCTET STRING's contents.
    X509Certificate(Bytes),
    /// secretBag: its type and the OCTET STRING's contents (the JDK's: an EncryptedPrivateKeyInfo).
    Secret {
        /// secretTypeId
        type_id: ObjectIdentifier,
        /// secretValue's contents.
        value: Bytes,
    },
    /// safeContentsBag: bags within.
    SafeContents(Vec<SafeBag>),
    /// Anything else (crlBag, other certificates and secrets, private types, contents nested deeper than
    /// [`Limits::depth`]).
    Other {
        /// bagId
        bag_id: ObjectIdentifier,
        /// The DER inside `[0]`.
        value: Bytes,
    },
}

/// A private key in the clear inside a bag; `Debug` shows no byte of it.
#[derive(Clone, PartialEq, Eq)]
pub struct ClearKey(Bytes);

impl ClearKey {
    /// The PKCS#8 PrivateKeyInfo.
    #[must_use]
    pub fn expose_pkcs8_der(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for ClearKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClearKey(***)")
    }
}

impl fmt::Debug for BagValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(key) => f.debug_tuple("Key").field(key).finish(),
            Self::ShroudedKey(der) => write!(f, "ShroudedKey({} bytes)", der.len()),
            Self::X509Certificate(der) => write!(f, "X509Certificate({} bytes)", der.len()),
            Self::Secret { type_id, value } => write!(f, "Secret({type_id}, {} bytes)", value.len()),
            Self::SafeContents(bags) => f.debug_tuple("SafeContents").field(bags).finish(),
            Self::Other { bag_id, value } => write!(f, "Other({bag_id}, {} bytes)", value.len()),
        }
    }
}

impl SafeBag {
    /// A bag to be written; its attributes are put in DER's order (X.690 section 11.6).
    pub fn new(value: BagValue, attributes: impl IntoIterator<Item = Attribute>) -> Self {
        Self {
            value,
            attributes: Attributes::sorted(attributes),
        }
    }

    /// The friendlyName as Java reads it: of several attributes the last, of several values the first;
    /// UTF-16BE with U+FFFD for what is no character. `None` where there is none.
    ///
    /// # Errors
    /// A value that is no BMPString; the JDK then refuses the whole store.
    pub fn friendly_name(&self) -> Result<Option<String>, Error> {
        self.attributes.friendly_name()
    }

    /// The localKeyID's octets.
    ///
    /// # Errors
    /// A value that is no OCTET STRING; the JDK then refuses the whole store.
    pub fn local_key_id(&self) -> Result<Option<&[u8]>, Error> {
        self.attributes.local_key_id()
    }

    /// Whether it carries the trustedKeyUsage attribute, with any value.
    #[must_use]
    pub fn is_trusted(&self) -> bool {
        self.attributes.contains(&TRUSTED_KEY_USAGE)
    }

    /// Reads the bag that comes next, sharing `parent`'s bytes.
    pub(super) fn read(
        reader: &mut Reader<'_>,
        parent: &Bytes,
        budget: &mut Budget<'_>,
    ) -> Result<Self, Error> {
        budget.take()?;
        let mut fields = reader.sequence("SafeBag")?;
        let id = fields.oid("SafeBag's bagId")?;
        let wrapped = fields.read(tag::context_constructed(0), "SafeBag's bagValue")?;
        let mut inner = wrapped.reader();
        let value = match id {
            KEY => BagValue::Key(ClearKey(
                parent.slice_ref(inner.read(tag::SEQUENCE, "keyBag")?.raw),
            )),
            SHROUDED_KEY => {
                BagValue::ShroudedKey(parent.slice_ref(inner.read(tag::SEQUENCE, "pkcs8ShroudedKeyBag")?.raw))
            }
            CERT => certificate(&mut inner, wrapped.value, parent)?,
            SECRET => secret(&mut inner, wrapped.value, parent)?,
            // Deeper ones are kept unread: the JDK, which does not look into any, opens such a file.
            SAFE_CONTENTS if budget.descend() => {
                let mut nested = inner.sequence("safeContentsBag")?;
                let bags = authenticated_safe::read_bags(&mut nested, parent, budget)?;
                budget.ascend();
                BagValue::SafeContents(bags)
            }
            _ => BagValue::Other {
                bag_id: id,
                value: parent.slice_ref(wrapped.value),
            },
        };
        let attributes = match fields.optional(tag::SET, "SafeBag's bagAttributes")? {
            Some(set) => Attributes::from_der(parent.slice_ref(set.value), set.reader())?,
            None => Attributes::default(),
        };
        Ok(Self { value, attributes })
    }

    /// Octets of the bag's encoding.
    pub(super) fn encoded_len(&self) -> usize {
        encoded_len(self.contents_len())
    }

    fn contents_len(&self) -> usize {
        encoded_len(self.id().as_bytes().len())
            + encoded_len(self.value_len())
            + self.attributes.der().map_or(0, |set| encoded_len(set.len()))
    }

    /// Writes the bag.
    pub(super) fn put(&self, out: &mut Vec<u8>) {
        put_header(out, tag::SEQUENCE, self.contents_len());
        put_tlv(out, tag::OBJECT_IDENTIFIER, self.id().as_bytes());
        put_header(out, tag::context_constructed(0), self.value_len());
        match &self.value {
            BagValue::Key(ClearKey(der))
            | BagValue::ShroudedKey(der)
            | BagValue::Other { value: der, .. } => {
                out.extend_from_slice(der);
            }
            BagValue::X509Certificate(octets) => put_typed(out, &X509_CERTIFICATE, octets),
            BagValue::Secret { type_id, value } => put_typed(out, type_id, value),
            BagValue::SafeContents(bags) => {
                put_header(out, tag::SEQUENCE, bags.iter().map(Self::encoded_len).sum());
                bags.iter().for_each(|bag| bag.put(out));
            }
        }
        if let Some(set) = self.attributes.der() {
            put_tlv(out, tag::SET, set);
        }
    }

    const fn id(&self) -> ObjectIdentifier {
        match self.value {
            BagValue::Key(_) => KEY,
            BagValue::ShroudedKey(_) => SHROUDED_KEY,
            BagValue::X509Certificate(_) => CERT,
            BagValue::Secret { .. } => SECRET,
            BagValue::SafeContents(_) => SAFE_CONTENTS,
            BagValue::Other { bag_id, .. } => bag_id,
        }
    }

    fn value_len(&self) -> usize {
        match &self.value {
            BagValue::Key(ClearKey(der))
            | BagValue::ShroudedKey(der)
            | BagValue::Other { value: der, .. } => der.len(),
            BagValue::X509Certificate(octets) => encoded_len(typed_len(&X509_CERTIFICATE, octets)),
            BagValue::Secret { type_id, value } => encoded_len(typed_len(type_id, value)),
            BagValue::SafeContents(bags) => encoded_len(bags.iter().map(Self::encoded_len).sum()),
        }
    }
}

/// CertBag ::= SEQUENCE { certId, certValue [0] EXPLICIT OCTET STRING } (section 4.2.3); other certificates than
/// X.509's stay as they are.
fn certificate(inner: &mut Reader<'_>, whole: &[u8], parent: &Bytes) -> Result<BagValue, asn1::Error> {
    let mut fields = inner.sequence("CertBag")?;
    let id = fields.oid("CertBag's certId")?;
    let mut value = fields
        .read(tag::context_constructed(0), "CertBag's certValue")?
        .reader();
    if id == X509_CERTIFICATE {
        return value
            .octet_string("CertBag's certValue")
            .map(|octets| BagValue::X509Certificate(parent.slice_ref(octets)));
    }
    Ok(BagValue::Other {
        bag_id: CERT,
        value: parent.slice_ref(whole),
    })
}

/// SecretBag ::= SEQUENCE { secretTypeId, secretValue [0] EXPLICIT ANY } (section 4.2.5).
fn secret(inner: &mut Reader<'_>, whole: &[u8], parent: &Bytes) -> Result<BagValue, asn1::Error> {
    let mut fields = inner.sequence("SecretBag")?;
    let type_id = fields.oid("SecretBag's secretTypeId")?;
    let mut value = fields
        .read(tag::context_constructed(0), "SecretBag's secretValue")?
        .reader();
    match value.peek() {
        Some(tag::OCTET_STRING) => {
            let value = parent.slice_ref(value.octet_string("SecretBag's secretValue")?);
            Ok(BagValue::Secret { type_id, value })
        }
        _ => Ok(BagValue::Other {
            bag_id: SECRET,
            value: parent.slice_ref(whole),
        }),
    }
}

/// `SEQUENCE { type, [0] EXPLICIT OCTET STRING }`, which certificates and secrets share.
fn put_typed(out: &mut Vec<u8>, id: &ObjectIdentifier, octets: &[u8]) {
    put_header(out, tag::SEQUENCE, typed_len(id, octets));
    put_tlv(out, tag::OBJECT_IDENTIFIER, id.as_bytes());
    put_header(out, tag::context_constructed(0), encoded_len(octets.len()));
    put_tlv(out, tag::OCTET_STRING, octets);
}

fn typed_len(id: &ObjectIdentifier, octets: &[u8]) -> usize {
    encoded_len(id.as_bytes().len()) + encoded_len(encoded_len(octets.len()))
}

/// How many bags may still come, and how deep they may nest.
#[derive(Clone, Copy)]
pub(super) struct Budget<'a> {
    limits: &'a Limits,
    bags: usize,
    depth: usize,
}

impl<'a> Budget<'a> {
    pub(super) const fn new(limits: &'a Limits) -> Self {
        Self {
            limits,
            bags: limits.entries,
            depth: limits.depth,
        }
    }

    fn take(&mut self) -> Result<(), Error> {
        self.bags = self.bags.checked_sub(1).ok_or(Error::TooManyBags {
            limit: self.limits.entries,
        })?;
        Ok(())
    }

    /// Goes one level down, if there is one left.
    const fn descend(&mut self) -> bool {
        match self.depth.checked_sub(1) {
            Some(depth) => {
                self.depth = depth;
                true
            }
            None => false,
        }
    }

    const fn ascend(&mut self) {
        self.depth += 1;
    }
}

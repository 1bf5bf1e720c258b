//! A bag's attributes (RFC 7292 section 4.2):
//!
//! ```text
//! PKCS12Attribute ::= SEQUENCE { attrId OBJECT IDENTIFIER, attrValues SET OF ANY }
//! ```

use bytes::Bytes;
use der::asn1::ObjectIdentifier;

use super::Error;
use crate::asn1::{self, Reader, encoded_len, put_header, put_tlv, tag, tlv};

/// friendlyName (RFC 2985 section 5.5.1): a BMPString.
pub const FRIENDLY_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.20");
/// localKeyID (RFC 2985 section 5.5.2): an OCTET STRING.
pub const LOCAL_KEY_ID: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.21");
/// Oracle's trustedKeyUsage, without which the JDK sees no trusted certificate.
pub const TRUSTED_KEY_USAGE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.113894.746875.1.1");
/// anyExtendedKeyUsage (RFC 5280 section 4.2.1.12), DER: the value the JDK gives trustedKeyUsage.
const ANY_EXTENDED_KEY_USAGE: [u8; 6] = [0x06, 0x04, 0x55, 0x1d, 0x25, 0x00];

/// One attribute, as it stands in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute {
    /// The OBJECT IDENTIFIER's contents octets (as bytes: files hold identifiers that no parser names).
    pub oid: Bytes,
    /// The SET's contents octets: the values' DER one after another.
    pub values: Bytes,
}

impl Attribute {
    /// friendlyName of this text.
    #[must_use]
    pub fn friendly_name(text: &str) -> Self {
        let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        Self::new(&FRIENDLY_NAME, tlv(tag::BMP_STRING, &[&utf16]))
    }

    /// localKeyID of these octets.
    #[must_use]
    pub fn local_key_id(octets: &[u8]) -> Self {
        Self::new(&LOCAL_KEY_ID, tlv(tag::OCTET_STRING, &[octets]))
    }

    /// trustedKeyUsage of anyExtendedKeyUsage, as the JDK writes it.
    #[must_use]
    pub fn trusted() -> Self {
        Self::new(&TRUSTED_KEY_USAGE, ANY_EXTENDED_KEY_USAGE.to_vec())
    }

    fn new(oid: &ObjectIdentifier, values: Vec<u8>) -> Self {
        Self {
            oid: Bytes::copy_from_slice(oid.as_bytes()),
            values: Bytes::from(values),
        }
    }

    /// Whether this is the attribute of that OID.
    #[must_use]
    pub fn is(&self, oid: &ObjectIdentifier) -> bool {
        self.oid.as_ref() == oid.as_bytes()
    }

    fn put(&self, out: &mut Vec<u8>) {
        let fields = encoded_len(self.oid.len()) + encoded_len(self.values.len());
        put_header(out, tag::SEQUENCE, fields);
        put_tlv(out, tag::OBJECT_IDENTIFIER, &self.oid);
        put_tlv(out, tag::SET, &self.values);
    }
}

/// A bag's attributes in the file's order: their DER, looked into when asked, so that a store of many bags
/// costs no more than its bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attributes {
    /// The outer SET's contents octets; `None` where there is no SET.
    der: Option<Bytes>,
}

impl Attributes {
    /// Takes the contents of the SET OF PKCS12Attribute, after checking that it is one.
    /// `reader` stands at its beginning.
    pub(super) fn from_der(contents: Bytes, mut reader: Reader<'_>) -> Result<Self, asn1::Error> {
        while !reader.is_empty() {
            read(&mut reader)?;
        }
        Ok(Self { der: Some(contents) })
    }

    /// These attributes in DER's order, which strict readers ask for and Java does not mind.
    pub(super) fn sorted(attributes: impl IntoIterator<Item = Attribute>) -> Self {
        let mut encoded: Vec<Vec<u8>> = attributes
            .into_iter()
            .map(|attribute| {
                let mut der = Vec::new();
                attribute.put(&mut der);
                der
            })
            .collect();
        encoded.sort_unstable();
        Self {
            der: Some(Bytes::from(encoded.concat())),
        }
    }

    /// The attributes, in order.
    pub fn iter(&self) -> impl Iterator<Item = Attribute> + '_ {
        let mut rest = Reader::new(self.der.as_deref().unwrap_or_default());
        std::iter::from_fn(move || {
            let (oid, values) = if rest.is_empty() {
                None
            } else {
                read(&mut rest).ok()
            }?;
            let parent = self.der.as_ref()?;
            Some(Attribute {
                oid: parent.slice_ref(oid),
                values: parent.slice_ref(values),
            })
        })
    }

    /// The contents octets of the last attribute of that OID: as the JDK, of several the last counts.
    fn values(&self, oid: &ObjectIdentifier) -> Option<&[u8]> {
        let mut rest = Reader::new(self.der.as_deref().unwrap_or_default());
        let mut found = None;
        while !rest.is_empty() {
            let (id, values) = read(&mut rest).ok()?;
            if id == oid.as_bytes() {
                found = Some(values);
            }
        }
        found
    }

    /// Whether there is one of that OID.
    #[must_use]
    pub fn contains(&self, oid: &ObjectIdentifier) -> bool {
        self.values(oid).is_some()
    }

    /// Adds one at the end.
    pub fn push(&mut self, attribute: &Attribute) {
        let mut der = self.der.as_deref().unwrap_or_default().to_vec();
        attribute.put(&mut der);
        self.der = Some(Bytes::from(der));
    }

    /// Puts one in the place of the first of its OID and takes the others of that OID out; adds it at the end
    /// where there is none.
    pub fn replace(&mut self, attribute: &Attribute) {
        let mut new = Some(attribute);
        let mut der = Vec::new();
        for old in self.iter() {
            if old.oid != attribute.oid {
                old.put(&mut der);
            } else if let Some(new) = new.take() {
                new.put(&mut der);
            }
        }
        if let Some(new) = new {
            new.put(&mut der);
        }
        self.der = Some(Bytes::from(der));
    }

    /// Takes all of that OID out.
    pub fn remove(&mut self, oid: &ObjectIdentifier) {
        let kept = self.iter().filter(|attribute| !attribute.is(oid)).collect();
        *self = kept;
    }

    /// The contents octets of the SET; `None` where there is none.
    pub(super) const fn der(&self) -> Option<&Bytes> {
        self.der.as_ref()
    }

    /// The friendlyName as Java reads it; see [`SafeBag::friendly_name`](super::SafeBag::friendly_name).
    pub(super) fn friendly_name(&self) -> Result<Option<String>, Error> {
        let wrong = |reason| Error::Attribute {
            attribute: "friendlyName",
            reason,
        };
        let Some(values) = self.values(&FRIENDLY_NAME) else {
            return Ok(None);
        };
        let value = Reader::new(values)
            .any("friendlyName")
            .or(Err(wrong("it has no value")))?;
        match value.tag {
            tag::BMP_STRING => Ok(Some(utf16(value.value))),
            _ => Err(wrong("its value is no BMPString")),
        }
    }

    /// The localKeyID's octets.
    pub(super) fn local_key_id(&self) -> Result<Option<&[u8]>, Error> {
        let Some(values) = self.values(&LOCAL_KEY_ID) else {
            return Ok(None);
        };
        match Reader::new(values).octet_string("localKeyID") {
            Ok(octets) => Ok(Some(octets)),
            Err(_) => Err(Error::Attribute {
                attribute: "localKeyID",
                reason: "its value is no OCTET STRING",
            }),
        }
    }
}

impl FromIterator<Attribute> for Attributes {
    fn from_iter<I: IntoIterator<Item = Attribute>>(attributes: I) -> Self {
        let mut der = Vec::new();
        attributes
            .into_iter()
            .for_each(|attribute| attribute.put(&mut der));
        Self {
            der: Some(Bytes::from(der)),
        }
    }
}

/// The OID's and the SET's contents octets of the attribute that comes next.
fn read<'a>(reader: &mut Reader<'a>) -> Result<(&'a [u8], &'a [u8]), asn1::Error> {
    let mut fields = reader.sequence("bag attribute")?;
    let oid = fields
        .read(tag::OBJECT_IDENTIFIER, "bag attribute's attrId")?
        .value;
    let values = fields.read(tag::SET, "bag attribute's attrValues")?.value;
    Ok((oid, values))
}

/// UTF-16BE as `sun.nio.cs.UTF_16BE` decodes it: U+FFFD for half a unit at the end, for a low surrogate alone,
/// and for a high one together with whatever follows it.
fn utf16(octets: &[u8]) -> String {
    let mut units = octets.chunks(2).map(|pair| match *pair {
        [high, low] => u16::from_be_bytes([high, low]),
        _ => 0xfffd,
    });
    let mut text = String::with_capacity(octets.len() / 2);
    while let Some(unit) = units.next() {
        let is_high = (0xd800..0xdc00).contains(&unit);
        let pair = if is_high {
            [unit, units.next().unwrap_or(0xfffd)]
        } else {
            [unit, 0]
        };
        let pair = pair.get(..if is_high { 2 } else { 1 }).unwrap_or_default();
        let decoded = char::decode_utf16(pair.iter().copied())
            .next()
            .and_then(Result::ok);
        text.push(decoded.unwrap_or(char::REPLACEMENT_CHARACTER));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_several_friendly_names_the_last_counts_and_of_its_values_the_first() {
        let mut two_values = Attribute::friendly_name("b");
        two_values.values = Bytes::from([two_values.values, Attribute::friendly_name("c").values].concat());
        let attributes: Attributes = [Attribute::friendly_name("a"), two_values].into_iter().collect();
        assert_eq!(attributes.friendly_name().unwrap().as_deref(), Some("b"));
    }

    #[test]
    fn replacing_keeps_the_other_attributes_and_their_order() {
        let mut attributes: Attributes = [
            Attribute::friendly_name("a"),
            Attribute::trusted(),
            Attribute::local_key_id(b"k"),
        ]
        .into_iter()
        .collect();
        attributes.replace(&Attribute::friendly_name("\u{1f511}"));
        assert_eq!(attributes.friendly_name().unwrap().as_deref(), Some("\u{1f511}"));
        assert_eq!(attributes.local_key_id().unwrap(), Some(&b"k"[..]));
        let order: Vec<_> = attributes.iter().map(|attribute| attribute.oid).collect();
        assert_eq!(order[1], TRUSTED_KEY_USAGE.as_bytes());
    }
}

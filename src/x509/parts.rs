//! The octets of a certificate that signatures and keys are made of.

use der::asn1::ObjectIdentifier;

use super::key_info::Spki;
use super::{Certificate, Name};
use crate::asn1::{Error, Reader, Tlv, tag};

/// A SubjectPublicKeyInfo's parameters and key.
pub(crate) struct SpkiParts<'a> {
    /// DER; empty where there are none.
    pub(crate) parameters: &'a [u8],
    pub(crate) octets: &'a [u8],
}

/// Takes a SubjectPublicKeyInfo apart.
pub(crate) fn spki_parts(der: &[u8]) -> Result<SpkiParts<'_>, Error> {
    let spki = Spki::read(&mut Reader::new(der))?;
    Ok(SpkiParts {
        parameters: spki
            .parameters
            .map(|parameters| parameters.raw)
            .unwrap_or_default(),
        octets: spki.octets().unwrap_or_default(),
    })
}

impl Certificate {
    /// The inner signature algorithm's DER.
    pub(crate) fn signature_algorithm_der(&self) -> &[u8] {
        self.fields().signature_algorithm
    }

    /// What is signed: the TBSCertificate's DER.
    pub(crate) fn signed_part(&self) -> &[u8] {
        Reader::new(self.as_der())
            .sequence("certificate")
            .and_then(|mut fields| fields.read(tag::SEQUENCE, "certificate's signed part"))
            .map(|part| part.raw)
            .unwrap_or_default()
    }

    /// The signature's octets.
    pub(crate) fn signature_octets(&self) -> &[u8] {
        Reader::new(self.fields().signature)
            .read(tag::BIT_STRING, "signature")
            .ok()
            .and_then(|bits| bits.value.split_first())
            .map(|(_, octets)| octets)
            .unwrap_or_default()
    }
}

impl<'a> Name<'a> {
    /// The values of an attribute type, in the name's order.
    pub(crate) fn values_of(&self, kind: ObjectIdentifier) -> Vec<Tlv<'a>> {
        let attributes = self.rdns().unwrap_or_default().into_iter().flatten();
        attributes
            .filter(|attribute| attribute.kind == kind)
            .map(|attribute| attribute.value)
            .collect()
    }
}

//! ASN.1: strict DER, and the BER forms met in real PKCS#12 files.
//!
//! Small structures are typed with the [`der`] crate, a module each beside the format they belong to. What
//! has to be walked without copying (a store's bags, a certificate's fields) goes through [`Reader`], which
//! knows where in the file it stands.

mod ber;
mod reader;
mod writer;

pub use ber::{normalize, octets};
pub use reader::{Error, Reader, Tlv};
pub use writer::{encoded_len, put_header, put_tlv, tlv};

pub use der::asn1::ObjectIdentifier;

/// The universal and context-specific identifier octets that PKCS#12, PKCS#8 and X.509 use (X.690 8.1.2).
pub mod tag {
    /// BOOLEAN
    pub const BOOLEAN: u8 = 0x01;
    /// INTEGER
    pub const INTEGER: u8 = 0x02;
    /// BIT STRING
    pub const BIT_STRING: u8 = 0x03;
    /// OCTET STRING
    pub const OCTET_STRING: u8 = 0x04;
    /// NULL
    pub const NULL: u8 = 0x05;
    /// OBJECT IDENTIFIER
    pub const OBJECT_IDENTIFIER: u8 = 0x06;
    /// UTF8String
    pub const UTF8_STRING: u8 = 0x0c;
    /// PrintableString
    pub const PRINTABLE_STRING: u8 = 0x13;
    /// TeletexString
    pub const TELETEX_STRING: u8 = 0x14;
    /// IA5String
    pub const IA5_STRING: u8 = 0x16;
    /// UTCTime
    pub const UTC_TIME: u8 = 0x17;
    /// GeneralizedTime
    pub const GENERALIZED_TIME: u8 = 0x18;
    /// UniversalString
    pub const UNIVERSAL_STRING: u8 = 0x1c;
    /// BMPString
    pub const BMP_STRING: u8 = 0x1e;
    /// SEQUENCE, SEQUENCE OF (constructed)
    pub const SEQUENCE: u8 = 0x30;
    /// SET, SET OF (constructed)
    pub const SET: u8 = 0x31;
    /// `[n]`, primitive; n up to 30
    #[must_use]
    pub const fn context(n: u8) -> u8 {
        0x80 | (n & 0x1f)
    }
    /// `[n]`, constructed; n up to 30
    #[must_use]
    pub const fn context_constructed(n: u8) -> u8 {
        0xa0 | (n & 0x1f)
    }
}

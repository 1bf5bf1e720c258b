//! Certificates of any shape, signed for real: what no issuing program makes.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair};
use keyjar::PrivateKey;
use keyjar::asn1::tlv;
use keyjar::secret::SecretBytes;

const ECDSA_SHA256: &[u8] = &[0x30, 10, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2];
const P256: &[u8] = &[
    0x30, 0x13, 6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7,
];

/// A P-256 key of a fixed number.
pub struct Key {
    pair: EcdsaKeyPair,
    pub spki: Vec<u8>,
    pub pkcs8: Vec<u8>,
}

impl Key {
    pub fn new(number: u8) -> Self {
        let mut scalar = [0x5a_u8; 32];
        scalar[31] = number;
        let sec1 = tlv(0x30, &[&[2, 1, 1], &tlv(4, &[&scalar])]);
        let pkcs8 = tlv(0x30, &[&[2, 1, 0], P256, &tlv(4, &[&sec1])]);
        let key = PrivateKey::from_pkcs8_der(SecretBytes::new(pkcs8.clone())).unwrap();
        let spki = key.public_key_der().unwrap();
        let point = &spki[spki.len() - 65..];
        let pair =
            EcdsaKeyPair::from_private_key_and_public_key(&ECDSA_P256_SHA256_ASN1_SIGNING, &scalar, point)
                .unwrap();
        Self { pair, spki, pkcs8 }
    }

    fn sign(&self, message: &[u8]) -> Vec<u8> {
        let signature = self.pair.sign(&SystemRandom::new(), message).unwrap();
        signature.as_ref().to_vec()
    }

    /// What key identifiers usually are made of.
    pub fn id(&self) -> Vec<u8> {
        keyjar::crypto::Digest::Sha1.hash(&[&self.spki[26..]])
    }
}

/// The contents octets of a dotted identifier.
pub fn oid(dotted: &str) -> Vec<u8> {
    let id: keyjar::asn1::ObjectIdentifier = dotted.parse().unwrap();
    tlv(6, &[id.as_bytes()])
}

pub const UTF8: u8 = 0x0c;
pub const PRINTABLE: u8 = 0x13;
pub const IA5: u8 = 0x16;
pub const T61: u8 = 0x14;
pub const BMP: u8 = 0x1e;

/// A name of single-valued RDNs: `("2.5.4.3", UTF8, "x")`.
pub fn name(parts: &[(&str, u8, &str)]) -> Vec<u8> {
    let rdns: Vec<u8> = parts
        .iter()
        .flat_map(|(kind, tag, text)| {
            let value = if *tag == BMP {
                text.encode_utf16().flat_map(u16::to_be_bytes).collect()
            } else {
                text.as_bytes().to_vec()
            };
            tlv(0x31, &[&tlv(0x30, &[&oid(kind), &tlv(*tag, &[&value])])])
        })
        .collect();
    tlv(0x30, &[&rdns])
}

/// `CN=...`
pub fn cn(text: &str) -> Vec<u8> {
    name(&[("2.5.4.3", UTF8, text)])
}

/// A certificate to be signed. The defaults are a good end-entity certificate of version 3.
#[derive(Clone)]
pub struct Forge {
    pub version: u8,
    pub serial: Vec<u8>,
    pub issuer: Vec<u8>,
    pub subject: Vec<u8>,
    pub not_before: String,
    pub not_after: String,
    pub spki: Vec<u8>,
    pub extensions: Vec<Vec<u8>>,
    pub algorithm: Vec<u8>,
}

impl Forge {
    pub fn new(subject: &[u8], key: &Key, issuer: &[u8]) -> Self {
        Self {
            version: 3,
            serial: vec![1],
            issuer: issuer.to_vec(),
            subject: subject.to_vec(),
            not_before: "20200101000000Z".into(),
            not_after: "20991231235959Z".into(),
            spki: key.spki.clone(),
            extensions: Vec::new(),
            algorithm: ECDSA_SHA256.to_vec(),
        }
    }

    pub fn serial(mut self, serial: &[u8]) -> Self {
        self.serial = serial.to_vec();
        self
    }

    pub fn version(mut self, version: u8) -> Self {
        self.version = version;
        self
    }

    pub fn dates(mut self, from: &str, to: &str) -> Self {
        self.not_before = format!("{from}000000Z");
        self.not_after = format!("{to}000000Z");
        self
    }

    pub fn extension(mut self, kind: &str, critical: bool, value: &[u8]) -> Self {
        let critical: &[u8] = if critical { &[1, 1, 0xff] } else { &[] };
        self.extensions
            .push(tlv(0x30, &[&oid(kind), critical, &tlv(4, &[value])]));
        self
    }

    /// basicConstraints and keyUsage of a CA.
    pub fn ca(self, path_length: Option<u8>) -> Self {
        self.basic(true, path_length).usage(&[5, 6])
    }

    pub fn basic(self, ca: bool, path_length: Option<u8>) -> Self {
        let flag: &[u8] = if ca { &[1, 1, 0xff] } else { &[] };
        let length = path_length.map(|length| tlv(2, &[&[length]])).unwrap_or_default();
        self.extension("2.5.29.19", true, &tlv(0x30, &[flag, &length]))
    }

    /// keyUsage with these bits.
    pub fn usage(self, bits: &[u8]) -> Self {
        let mut octets = [0_u8; 2];
        for bit in bits {
            octets[usize::from(bit / 8)] |= 0x80 >> (bit % 8);
        }
        self.extension("2.5.29.15", true, &tlv(3, &[&[0], &octets]))
    }

    pub fn purposes(self, critical: bool, purposes: &[&str]) -> Self {
        let list: Vec<u8> = purposes.iter().flat_map(|purpose| oid(purpose)).collect();
        self.extension("2.5.29.37", critical, &tlv(0x30, &[&list]))
    }

    /// subjectAltName: tag and contents of each name.
    pub fn names(self, critical: bool, names: &[(u8, &[u8])]) -> Self {
        let list: Vec<u8> = names
            .iter()
            .flat_map(|(tag, value)| tlv(*tag, &[value]))
            .collect();
        self.extension("2.5.29.17", critical, &tlv(0x30, &[&list]))
    }

    pub fn dns(self, names: &[&str]) -> Self {
        let names: Vec<(u8, &[u8])> = names.iter().map(|name| (DNS, name.as_bytes())).collect();
        self.names(false, &names)
    }

    pub fn key_ids(self, own: Option<&[u8]>, issuers: Option<&[u8]>) -> Self {
        let mut out = self;
        if let Some(own) = own {
            out = out.extension("2.5.29.14", false, &tlv(4, &[own]));
        }
        if let Some(issuers) = issuers {
            out = out.extension("2.5.29.35", false, &tlv(0x30, &[&tlv(0x80, &[issuers])]));
        }
        out
    }

    /// nameConstraints: permitted and excluded names by tag and contents.
    pub fn constraints(self, permitted: &[(u8, &[u8])], excluded: &[(u8, &[u8])]) -> Self {
        let subtrees = |tag: u8, names: &[(u8, &[u8])]| {
            let list: Vec<u8> = names
                .iter()
                .flat_map(|(tag, value)| tlv(0x30, &[&tlv(*tag, &[value])]))
                .collect();
            if names.is_empty() {
                Vec::new()
            } else {
                tlv(tag, &[&list])
            }
        };
        let value = tlv(0x30, &[&subtrees(0xa0, permitted), &subtrees(0xa1, excluded)]);
        self.extension("2.5.29.30", true, &value)
    }

    pub fn policies(self, critical: bool, policies: &[&str]) -> Self {
        let list: Vec<u8> = policies
            .iter()
            .flat_map(|policy| tlv(0x30, &[&oid(policy)]))
            .collect();
        self.extension("2.5.29.32", critical, &tlv(0x30, &[&list]))
    }

    pub fn mappings(self, mappings: &[(&str, &str)]) -> Self {
        let list: Vec<u8> = mappings
            .iter()
            .flat_map(|(issuer, subject)| tlv(0x30, &[&oid(issuer), &oid(subject)]))
            .collect();
        self.extension("2.5.29.33", true, &tlv(0x30, &[&list]))
    }

    pub fn policy_constraints(self, require: Option<u8>, inhibit: Option<u8>) -> Self {
        let field = |tag, count: Option<u8>| count.map(|count| tlv(tag, &[&[count]])).unwrap_or_default();
        let value = tlv(0x30, &[&field(0x80, require), &field(0x81, inhibit)]);
        self.extension("2.5.29.36", true, &value)
    }

    pub fn inhibit_any(self, skip: u8) -> Self {
        self.extension("2.5.29.54", true, &tlv(2, &[&[skip]]))
    }

    /// The certificate's DER, signed.
    pub fn sign(&self, key: &Key) -> Vec<u8> {
        let version = match self.version {
            1 => Vec::new(),
            version => tlv(0xa0, &[&[2, 1, version - 1]]),
        };
        let validity = tlv(
            0x30,
            &[
                &tlv(0x18, &[self.not_before.as_bytes()]),
                &tlv(0x18, &[self.not_after.as_bytes()]),
            ],
        );
        let extensions = if self.extensions.is_empty() {
            Vec::new()
        } else {
            tlv(0xa3, &[&tlv(0x30, &[&self.extensions.concat()])])
        };
        let tbs = tlv(
            0x30,
            &[
                &version,
                &tlv(2, &[&self.serial]),
                &self.algorithm,
                &self.issuer,
                &validity,
                &self.subject,
                &self.spki,
                &extensions,
            ],
        );
        let signature = key.sign(&tbs);
        tlv(0x30, &[&tbs, &self.algorithm, &tlv(3, &[&[0], &signature])])
    }
}

pub const OTHER: u8 = 0xa0;
pub const EMAIL: u8 = 0x81;
pub const DNS: u8 = 0x82;
pub const DIRECTORY: u8 = 0xa4;
pub const URI: u8 = 0x86;
pub const IP: u8 = 0x87;
pub const RID: u8 = 0x88;

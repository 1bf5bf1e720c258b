//! Certificate extensions as the JDK's classes (`sun.security.x509.*Extension`) print themselves.

use std::net::IpAddr;

use keyjar::Certificate;
use keyjar::asn1::{Reader, tag};
use keyjar::x509::{Extension, Name, Oid};

use super::certificate::FULL_DATE;

/// What an extension's class is called, which is what they are sorted by; those without a class go by their number,
/// before the others.
const CLASSES: &[(&str, &str)] = &[
    ("1.3.6.1.5.5.7.1.1", "AuthorityInfoAccess"),
    ("2.5.29.35", "AuthorityKeyIdentifier"),
    ("2.5.29.19", "BasicConstraints"),
    ("2.5.29.31", "CRLDistributionPoints"),
    ("2.5.29.32", "CertificatePolicies"),
    ("2.5.29.37", "ExtendedKeyUsage"),
    ("2.5.29.18", "IssuerAlternativeName"),
    ("2.5.29.15", "KeyUsage"),
    ("2.5.29.30", "NameConstraints"),
    ("2.16.840.1.113730.1.1", "NetscapeCertType"),
    ("1.3.6.1.5.5.7.48.1.5", "OCSPNoCheck"),
    ("2.5.29.36", "PolicyConstraints"),
    ("2.5.29.16", "PrivateKeyUsage"),
    ("2.5.29.17", "SubjectAlternativeName"),
    ("1.3.6.1.5.5.7.1.11", "SubjectInfoAccess"),
    ("2.5.29.14", "SubjectKeyIdentifier"),
];

/// All of a certificate's, with the heading; nothing where there are none.
pub(super) fn text(certificate: &Certificate) -> String {
    let mut all: Vec<_> = certificate
        .extensions()
        .map(|extension| {
            let oid = extension.oid.to_string();
            let class = CLASSES
                .iter()
                .find(|(known, _)| *known == oid)
                .map(|(_, class)| *class);
            (class.map_or(oid.clone(), str::to_owned), oid, extension)
        })
        .collect();
    if all.is_empty() {
        return String::new();
    }
    all.sort_by(|a, b| a.0.cmp(&b.0));
    let mut out = String::from("\nExtensions: \n\n");
    for (number, (class, oid, extension)) in all.iter().enumerate() {
        out += &format!(
            "#{}: ObjectId: {oid} Criticality={}\n",
            number + 1,
            extension.critical
        );
        match known(class, extension) {
            Some(text) => out += &text,
            None => out += &(dump(extension.value) + "\n"),
        }
        out += "\n";
    }
    out
}

/// `None` where there is no class for it, or its value is not as it should be.
fn known(class: &str, extension: &Extension<'_>) -> Option<String> {
    let value = extension.value;
    match class {
        "AuthorityInfoAccess" | "SubjectInfoAccess" => access(class, value),
        "AuthorityKeyIdentifier" => authority_key_identifier(value),
        "BasicConstraints" => basic_constraints(value),
        "CRLDistributionPoints" => distribution_points(value),
        "CertificatePolicies" => policies(value),
        "ExtendedKeyUsage" => extended_key_usage(value),
        "IssuerAlternativeName" | "SubjectAlternativeName" => {
            let names = general_names(Reader::new(value).sequence("names").ok()?)?;
            let lines: String = names.iter().map(|name| format!("  {name}\n")).collect();
            Some(format!("{class} [\n{lines}]\n"))
        }
        "KeyUsage" => flags("KeyUsage", value, KEY_USAGES, "\n]\n"),
        "NameConstraints" => name_constraints(value),
        "NetscapeCertType" => netscape(value),
        "OCSPNoCheck" => Some(String::new()),
        "PolicyConstraints" => policy_constraints(value),
        "PrivateKeyUsage" => private_key_usage(value),
        "SubjectKeyIdentifier" => {
            let identifier = Reader::new(value).octet_string("identifier").ok()?;
            Some(format!(
                "SubjectKeyIdentifier [\n{}]\n",
                key_identifier(identifier)
            ))
        }
        _ => None,
    }
}

const KEY_USAGES: &[&str] = &[
    "DigitalSignature",
    "Non_repudiation",
    "Key_Encipherment",
    "Data_Encipherment",
    "Key_Agreement",
    "Key_CertSign",
    "Crl_Sign",
    "Encipher_Only",
    "Decipher_Only",
];

const NETSCAPE_TYPES: &[&str] = &[
    "SSL client",
    "SSL server",
    "S/MIME",
    "Object Signing",
    "",
    "SSL CA",
    "S/MIME CA",
    "Object Signing CA",
];

fn bits<'n>(value: &[u8], names: &[&'n str]) -> Option<Vec<&'n str>> {
    let string = Reader::new(value).read(tag::BIT_STRING, "bits").ok()?;
    let octets = string.value.get(1..)?;
    let is_set = |bit: usize| {
        octets
            .get(bit / 8)
            .is_some_and(|octet| octet & (0x80 >> (bit % 8)) != 0)
    };
    Some(
        names
            .iter()
            .enumerate()
            .filter(|(bit, name)| is_set(*bit) && !name.is_empty())
            .map(|(_, name)| *name)
            .collect(),
    )
}

fn flags(class: &str, value: &[u8], names: &[&str], end: &str) -> Option<String> {
    let lines: Vec<_> = bits(value, names)?
        .iter()
        .map(|name| format!("\n  {name}"))
        .collect();
    Some(format!("{class} [{}{end}", lines.concat()))
}

/// The last type has no line break behind it.
fn netscape(value: &[u8]) -> Option<String> {
    let mut out = String::from("NetscapeCertType [\n");
    for name in bits(value, NETSCAPE_TYPES)? {
        out += &format!("   {name}");
        if name != "Object Signing CA" {
            out.push('\n');
        }
    }
    Some(out + "]\n")
}

fn key_identifier(octets: &[u8]) -> String {
    format!("KeyIdentifier [\n{}]\n", dump(octets))
}

fn authority_key_identifier(value: &[u8]) -> Option<String> {
    let mut fields = Reader::new(value).sequence("identifier").ok()?;
    let mut out = String::from("AuthorityKeyIdentifier [\n");
    if let Some(key) = fields.optional(tag::context(0), "key").ok()? {
        out += &key_identifier(key.value);
    }
    if let Some(issuer) = fields.optional(tag::context_constructed(1), "issuer").ok()? {
        let names = general_names(issuer.reader())?;
        out += &format!("[{}]\n", names.join(", "));
    }
    if let Some(serial) = fields.optional(tag::context(2), "serial").ok()? {
        let pairs: Vec<_> = serial.value.iter().map(|octet| format!("{octet:02x}")).collect();
        out += &format!("SerialNumber: {}\n", pairs.join(":"));
    }
    Some(out + "]\n")
}

fn basic_constraints(value: &[u8]) -> Option<String> {
    let mut fields = Reader::new(value).sequence("constraints").ok()?;
    let ca = fields
        .optional(tag::BOOLEAN, "cA")
        .ok()?
        .is_some_and(|flag| flag.value != [0]);
    let length = match fields.peek() {
        Some(tag::INTEGER) => format!("PathLen:{}", fields.unsigned("length").ok()?),
        _ if ca => String::from("PathLen: no limit"),
        _ => String::from("PathLen: undefined"),
    };
    Some(format!("BasicConstraints:[\n  CA:{ca}\n  {length}\n]\n"))
}

fn extended_key_usage(value: &[u8]) -> Option<String> {
    let mut purposes = Reader::new(value).sequence("purposes").ok()?;
    let mut out = String::from("ExtendedKeyUsages [\n");
    while !purposes.is_empty() {
        let oid = purposes.read(tag::OBJECT_IDENTIFIER, "purpose").ok()?;
        out += &format!("  {}\n", purpose(&Oid::new(oid.value).to_string()));
    }
    Some(out + "]\n")
}

fn purpose(oid: &str) -> &str {
    match oid {
        "2.5.29.37.0" => "anyExtendedKeyUsage",
        "1.3.6.1.5.5.7.3.1" => "serverAuth",
        "1.3.6.1.5.5.7.3.2" => "clientAuth",
        "1.3.6.1.5.5.7.3.3" => "codeSigning",
        "1.3.6.1.5.5.7.3.4" => "emailProtection",
        "1.3.6.1.5.5.7.3.5" => "ipsecEndSystem",
        "1.3.6.1.5.5.7.3.6" => "ipsecTunnel",
        "1.3.6.1.5.5.7.3.7" => "ipsecUser",
        "1.3.6.1.5.5.7.3.8" => "timeStamping",
        "1.3.6.1.5.5.7.3.9" => "OCSPSigning",
        other => other,
    }
}

fn access(class: &str, value: &[u8]) -> Option<String> {
    let mut all = Reader::new(value).sequence("access descriptions").ok()?;
    let mut texts = Vec::new();
    while !all.is_empty() {
        let mut fields = all.sequence("access description").ok()?;
        let oid = fields.read(tag::OBJECT_IDENTIFIER, "method").ok()?;
        let oid = Oid::new(oid.value).to_string();
        let method = match oid.as_str() {
            "1.3.6.1.5.5.7.48.1" => "ocsp",
            "1.3.6.1.5.5.7.48.2" => "caIssuers",
            "1.3.6.1.5.5.7.48.3" => "timeStamping",
            "1.3.6.1.5.5.7.48.5" => "caRepository",
            other => other,
        };
        let location = general_name(fields.any("location").ok()?)?;
        texts.push(format!(
            "\n   accessMethod: {method}\n   accessLocation: {location}\n"
        ));
    }
    Some(format!("{class} [\n  [{}]\n]\n", texts.join(", ")))
}

fn distribution_points(value: &[u8]) -> Option<String> {
    let mut points = Reader::new(value).sequence("points").ok()?;
    let mut texts = Vec::new();
    while !points.is_empty() {
        let mut fields = points.sequence("point").ok()?;
        let name = fields
            .optional(tag::context_constructed(0), "name")
            .ok()??
            .reader()
            .optional(tag::context_constructed(0), "full name")
            .ok()??;
        // Reasons and CRL issuers are rare, and the JDK's words for them are not known here.
        if !fields.is_empty() {
            return None;
        }
        let names = general_names(name.reader())?;
        texts.push(format!("DistributionPoint:\n     [{}]\n", names.join(", ")));
    }
    Some(format!("CRLDistributionPoints [\n  [{}]]\n", texts.join(", ")))
}

fn policies(value: &[u8]) -> Option<String> {
    let mut all = Reader::new(value).sequence("policies").ok()?;
    let mut out = String::from("CertificatePolicies [\n");
    while !all.is_empty() {
        let mut fields = all.sequence("policy").ok()?;
        let oid = fields.read(tag::OBJECT_IDENTIFIER, "policy identifier").ok()?;
        let mut qualifiers = Vec::new();
        if !fields.is_empty() {
            let mut list = fields.sequence("qualifiers").ok()?;
            while !list.is_empty() {
                let mut qualifier = list.sequence("qualifier").ok()?;
                let kind = qualifier
                    .read(tag::OBJECT_IDENTIFIER, "qualifier identifier")
                    .ok()?;
                qualifiers.push(format!(
                    "PolicyQualifierInfo: [\n  qualifierID: {}\n  qualifier: {}\n]",
                    Oid::new(kind.value),
                    dump(qualifier.rest())
                ));
            }
        }
        out += &format!(
            "  [CertificatePolicyId: [{}]\n[{}]  ]\n",
            Oid::new(oid.value),
            qualifiers.join(", ")
        );
    }
    Some(out + "]\n")
}

fn name_constraints(value: &[u8]) -> Option<String> {
    let mut fields = Reader::new(value).sequence("constraints").ok()?;
    let mut out = String::from("NameConstraints: [");
    for (number, title) in [(0, "    Permitted:"), (1, "    Excluded:")] {
        let Some(trees) = fields
            .optional(tag::context_constructed(number), "subtrees")
            .ok()?
        else {
            continue;
        };
        let mut trees = trees.reader();
        out += &format!("\n{title}   GeneralSubtrees:\n[\n");
        while !trees.is_empty() {
            let mut tree = trees.sequence("subtree").ok()?;
            let name = general_name(tree.any("base").ok()?)?;
            if !tree.is_empty() {
                return None;
            }
            out += &format!(
                "   GeneralSubtree: [\n    GeneralName: {name}\n    Minimum: 0\n    Maximum: undefined    ]\n"
            );
        }
        out += "]\n";
    }
    Some(out + "   ]\n")
}

fn policy_constraints(value: &[u8]) -> Option<String> {
    let mut fields = Reader::new(value).sequence("constraints").ok()?;
    let mut number = |n: u8| {
        let field = fields.optional(tag::context(n), "skipped certificates").ok()??;
        field.value.iter().try_fold(0_u64, |all, octet| {
            all.checked_mul(256).map(|all| all + u64::from(*octet))
        })
    };
    let require = number(0).map_or_else(|| String::from("unspecified;"), |count| format!("{count};"));
    let inhibit = number(1).map_or_else(|| String::from("unspecified"), |count| count.to_string());
    Some(format!(
        "PolicyConstraints: [  Require: {require}\tInhibit: {inhibit} ]\n"
    ))
}

fn private_key_usage(value: &[u8]) -> Option<String> {
    let mut fields = Reader::new(value).sequence("period").ok()?;
    let mut date = |n: u8| {
        let field = fields.optional(tag::context(n), "date").ok()??;
        let text = std::str::from_utf8(field.value).ok()?;
        let civil = jiff::civil::DateTime::strptime("%Y%m%d%H%M%SZ", text).ok()?;
        Some(civil.strftime(FULL_DATE).to_string())
    };
    let (from, to) = (date(0)?, date(1)?);
    Some(format!("PrivateKeyUsage: [\nFrom: {from}, To: {to}]\n"))
}

fn general_names(mut names: Reader<'_>) -> Option<Vec<String>> {
    let mut all = Vec::new();
    while !names.is_empty() {
        all.push(general_name(names.any("name").ok()?)?);
    }
    Some(all)
}

fn general_name(name: keyjar::asn1::Tlv<'_>) -> Option<String> {
    let text = || String::from_utf8_lossy(name.value).into_owned();
    Some(match name.tag & 0x1f {
        0 => {
            let oid = name.reader().read(tag::OBJECT_IDENTIFIER, "kind of name").ok()?;
            format!(
                "Other-Name: Unrecognized ObjectIdentifier: {}",
                Oid::new(oid.value)
            )
        }
        1 => format!("RFC822Name: {}", text()),
        2 => format!("DNSName: {}", text()),
        4 => Name::from_der(name.value).ok()?.to_java_string(),
        6 => format!("URIName: {}", text()),
        7 => format!("IPAddress: {}", address(name.value)?),
        8 => format!("OIDName: {}", Oid::new(name.value)),
        _ => return None,
    })
}

/// An address, or one with its mask.
fn address(octets: &[u8]) -> Option<String> {
    match octets.len() {
        4 => <[u8; 4]>::try_from(octets)
            .ok()
            .map(|octets| IpAddr::from(octets).to_string()),
        // Java shortens no zeros.
        16 => {
            let groups: Vec<_> = octets
                .chunks_exact(2)
                .map(|pair| {
                    pair.iter()
                        .fold(0_u16, |all, octet| (all << 8) | u16::from(*octet))
                })
                .map(|group| format!("{group:x}"))
                .collect();
            Some(groups.join(":"))
        }
        8 => {
            let (address, mask) = octets.split_at_checked(4)?;
            Some(format!("{}/{}", self::address(address)?, self::address(mask)?))
        }
        _ => None,
    }
}

/// `sun.security.util.HexDumpEncoder`: sixteen octets a line, their characters behind them.
fn dump(octets: &[u8]) -> String {
    let mut out = String::new();
    for (row, line) in octets.chunks(16).enumerate() {
        out += &format!("{:04X}: ", row * 16);
        for at in 0..16 {
            match line.get(at) {
                Some(octet) => out += &format!("{octet:02X} "),
                None => out += "   ",
            }
            if at == 7 {
                out += "  ";
            }
        }
        out += " ";
        for octet in line {
            out.push(match octet {
                b' '..=b'z' => char::from(*octet),
                _ => '.',
            });
        }
        out.push('\n');
    }
    out
}

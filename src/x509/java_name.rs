//! Names as the messages of a JVM and keytool show them.

use der::asn1::ObjectIdentifier;

use super::name::{Attribute, Name, text};
use super::oid::hex;

impl Name<'_> {
    /// The name as `X500Principal.toString` of the JDK has it (`sun.security.x509.X500Name.toString`), which its
    /// exceptions quote and keytool prints: the last RDN first,
    /// `, ` between them, `+` as ` + ` within one, `EMAILADDRESS` and `OID.1.2.3` for other types, and quotes
    /// around a value with special characters (`sun.security.x509.AVA.toString`).
    #[must_use]
    pub fn to_java_string(&self) -> String {
        let Ok(rdns) = self.rdns() else {
            return format!("#{}", hex(self.as_der()));
        };
        let rdns = rdns.iter().rev().map(|rdn| {
            let attributes: Vec<_> = rdn.iter().map(attribute).collect();
            attributes.join(" + ")
        });
        rdns.collect::<Vec<_>>().join(", ")
    }
}

/// `sun.security.x509.AVAKeyword`
const KEYWORDS: &[(ObjectIdentifier, &str)] = &[
    (ObjectIdentifier::new_unwrap("2.5.4.3"), "CN"),
    (ObjectIdentifier::new_unwrap("2.5.4.6"), "C"),
    (ObjectIdentifier::new_unwrap("2.5.4.7"), "L"),
    (ObjectIdentifier::new_unwrap("2.5.4.8"), "ST"),
    (ObjectIdentifier::new_unwrap("2.5.4.10"), "O"),
    (ObjectIdentifier::new_unwrap("2.5.4.11"), "OU"),
    (ObjectIdentifier::new_unwrap("2.5.4.12"), "T"),
    (ObjectIdentifier::new_unwrap("1.3.6.1.4.1.42.2.11.2.1"), "IP"),
    (ObjectIdentifier::new_unwrap("2.5.4.9"), "STREET"),
    (ObjectIdentifier::new_unwrap("0.9.2342.19200300.100.1.25"), "DC"),
    (ObjectIdentifier::new_unwrap("2.5.4.46"), "DNQ"),
    (ObjectIdentifier::new_unwrap("2.5.4.4"), "SURNAME"),
    (ObjectIdentifier::new_unwrap("2.5.4.42"), "GIVENNAME"),
    (ObjectIdentifier::new_unwrap("2.5.4.43"), "INITIALS"),
    (ObjectIdentifier::new_unwrap("2.5.4.44"), "GENERATION"),
    (
        ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.1"),
        "EMAILADDRESS",
    ),
    (ObjectIdentifier::new_unwrap("0.9.2342.19200300.100.1.1"), "UID"),
    (ObjectIdentifier::new_unwrap("2.5.4.5"), "SERIALNUMBER"),
];

fn attribute(attribute: &Attribute<'_>) -> String {
    let keyword = KEYWORDS.iter().find(|(known, _)| attribute.kind == *known);
    let keyword = keyword.map_or_else(
        || format!("OID.{}", attribute.kind),
        |(_, keyword)| (*keyword).to_owned(),
    );
    // Java knows NumericString and VisibleString for no text (`DerValue.getAsString`).
    let value = Some(&attribute.value).filter(|value| !matches!(value.tag, 0x12 | 0x1a));
    let Some(value) = value.and_then(text) else {
        return format!("{keyword}=#{}", hex(attribute.value.raw));
    };
    format!("{keyword}={}", quoted(&value))
}

fn quoted(value: &str) -> String {
    let is_quoted = value.len() > 1 && value.starts_with('"') && value.ends_with('"');
    if is_quoted {
        return value.to_owned();
    }
    let special = |character| {
        matches!(
            character,
            ',' | '+' | '=' | '\n' | '<' | '>' | '#' | ';' | '\\' | '"'
        )
    };
    let blank = [' ', '\n'];
    let needs_quotes =
        value.contains(special) || value.starts_with(blank) || value.ends_with(blank) || value.contains("  ");
    let mut out = String::with_capacity(value.len() + 2);
    for character in value.chars() {
        if matches!(character, '"' | '\\') {
            out.push('\\');
        }
        out.push(character);
    }
    if needs_quotes { format!("\"{out}\"") } else { out }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_quoted_where_java_quotes_them() {
        for (value, expected) in [
            ("plain value", "plain value"),
            ("a, b", "\"a, b\""),
            (" lead", "\" lead\""),
            ("two  blanks", "\"two  blanks\""),
            ("say \"x\"", "\"say \\\"x\\\"\""),
            ("a=b", "\"a=b\""),
            ("(c) 2006", "(c) 2006"),
        ] {
            assert_eq!(quoted(value), expected);
        }
    }
}

//! Names as `X500Name.toString` of the JDK has them: what keytool prints.

use der::asn1::ObjectIdentifier;

use super::name::{Attribute, Name, text};
use super::oid::hex;

/// `sun.security.x509.AVAKeyword`, by what it prints.
const KEYWORDS: &[(ObjectIdentifier, &str)] = &[
    (ObjectIdentifier::new_unwrap("2.5.4.3"), "CN"),
    (ObjectIdentifier::new_unwrap("2.5.4.6"), "C"),
    (ObjectIdentifier::new_unwrap("2.5.4.7"), "L"),
    (ObjectIdentifier::new_unwrap("2.5.4.8"), "ST"),
    (ObjectIdentifier::new_unwrap("2.5.4.10"), "O"),
    (ObjectIdentifier::new_unwrap("2.5.4.11"), "OU"),
    (ObjectIdentifier::new_unwrap("2.5.4.12"), "T"),
    (ObjectIdentifier::new_unwrap("2.5.4.9"), "STREET"),
    (ObjectIdentifier::new_unwrap("2.5.4.4"), "SURNAME"),
    (ObjectIdentifier::new_unwrap("2.5.4.5"), "SERIALNUMBER"),
    (ObjectIdentifier::new_unwrap("2.5.4.42"), "GIVENNAME"),
    (ObjectIdentifier::new_unwrap("2.5.4.43"), "INITIALS"),
    (ObjectIdentifier::new_unwrap("2.5.4.44"), "GENERATION"),
    (ObjectIdentifier::new_unwrap("2.5.4.46"), "DNQ"),
    (
        ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.1"),
        "EMAILADDRESS",
    ),
    (ObjectIdentifier::new_unwrap("1.3.6.1.4.1.42.2.11.2.1"), "IP"),
    (ObjectIdentifier::new_unwrap("0.9.2342.19200300.100.1.25"), "DC"),
    (ObjectIdentifier::new_unwrap("0.9.2342.19200300.100.1.1"), "UID"),
];

impl Name<'_> {
    /// The name as `sun.security.x509.X500Name.toString` has it, which is what keytool prints: attributes in reverse
    /// order with `, ` between, Java's keywords, `OID.` before other types, quotes where a value needs them.
    #[must_use]
    pub fn to_x500_string(&self) -> String {
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

fn attribute(attribute: &Attribute<'_>) -> String {
    let keyword = KEYWORDS
        .iter()
        .find(|(oid, _)| attribute.kind == *oid)
        .map_or_else(
            || format!("OID.{}", attribute.kind),
            |(_, keyword)| (*keyword).to_owned(),
        );
    match text(&attribute.value) {
        Some(value) => format!("{keyword}={}", quoted(&value)),
        None => format!("{keyword}=#{}", hex(attribute.value.raw)),
    }
}

/// `AVA.toKeywordValueString`: quotes for separators, blanks at the ends and runs of blanks; a value in quotes of its
/// own stays.
fn quoted(value: &str) -> String {
    const SPECIAL: &str = ",+=\n<>#;\\\"";
    if value.chars().count() > 1 && value.starts_with('"') && value.ends_with('"') {
        return value.to_owned();
    }
    let is_blank = |c: char| c == ' ' || c == '\n';
    let needs = value.starts_with(is_blank)
        || value.ends_with(is_blank)
        || value.contains(|c| SPECIAL.contains(c))
        || value.contains("  ");
    if !needs {
        return value.to_owned();
    }
    format!("\"{}\"", value.replace('\\', r"\\").replace('"', "\\\""))
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

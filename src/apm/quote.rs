//! The quoting rules of the agents' own configuration files.

pub(super) use crate::jvm::quote::{json, properties, shell};

/// For a Ruby agent's YAML, which is a template first (ERB): `<%` would begin Ruby code.
pub(super) fn erb_yaml(value: &str) -> String {
    json(value).replace("<%", r"\u003c%")
}

/// For a Python string literal (reference, section 2.4.1).
pub(super) fn python(value: &str) -> String {
    let mut out = String::from("\"");
    for c in value.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            ' '..='~' | '\u{a1}'..='\u{d7ff}' => out.push(c),
            _ => out.push_str(&format!(r"\U{:08x}", u32::from(c))),
        }
    }
    out.push('"');
    out
}

/// For php.ini (`zend_ini_scanner.l`): single quotes are raw; in double quotes the backslash escapes `"` and itself,
/// and `${NAME}` cannot be written literally. `None` where neither can carry the value.
pub(super) fn ini(value: &str) -> Option<String> {
    if !value.contains('\'') {
        return Some(format!("'{value}'"));
    }
    if value.contains("${") {
        return None;
    }
    Some(format!("\"{}\"", value.replace('\\', r"\\").replace('"', "\\\"")))
}

/// For an XML attribute in double quotes (XML 1.0 section 2.3).
pub(super) fn xml(value: &str) -> String {
    let mut out = String::from("\"");
    for c in value.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\t' => out.push_str("&#9;"),
            _ => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_that_no_ini_quote_carries_is_told() {
        assert_eq!(ini(r"C:\a b").unwrap(), r"'C:\a b'");
        assert_eq!(ini(r#"it's "x""#).unwrap(), r#""it's \"x\"""#);
        assert_eq!(ini("it's ${X}"), None);
    }

    #[test]
    fn ruby_code_in_a_value_stays_a_value() {
        assert_eq!(erb_yaml("/a <%= 1 %>"), r#""/a \u003c%= 1 %>""#);
    }
}

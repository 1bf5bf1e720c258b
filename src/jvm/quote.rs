//! The quoting rules of whoever splits the options before a JVM sees them.

/// For a POSIX shell (XCU section 2.2): in single quotes where a character could mean something.
pub(crate) fn shell(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,@%+".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// For an argument file (`java` of JDK 9 and later): in double quotes, where the backslash escapes.
pub(super) fn argfile(word: &str) -> String {
    format!("\"{}\"", word.replace('\\', r"\\").replace('"', "\\\""))
}

/// For `JAVA_TOOL_OPTIONS` and `JDK_JAVA_OPTIONS`: quotes of one kind hide those of the other, and nothing
/// escapes. A word with both kinds is put together of pieces.
pub(super) fn java_options(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_graphic() && c != '"' && c != '\'';
    if word.chars().all(is_plain) {
        return word.to_owned();
    }
    if !word.contains('"') {
        return format!("\"{word}\"");
    }
    if !word.contains('\'') {
        return format!("'{word}'");
    }
    let mut out = String::new();
    let mut rest = word;
    while !rest.is_empty() {
        let (quote, other) = if rest.starts_with('"') {
            ('\'', '\'')
        } else {
            ('"', '"')
        };
        let end = rest.find(other).unwrap_or(rest.len());
        let (piece, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
        out.push(quote);
        out.push_str(piece);
        out.push(quote);
        rest = after;
    }
    out
}

/// For `JAVA_TOOL_OPTIONS` within a batch file's `set "..."`. A double quote would end cmd's own quoting, and with it
/// what hides `&`, `|`, `<`, `>` and `^`, so the JVM's quotes are single ones; only they stand between double ones.
pub(super) fn java_options_in_cmd(word: &str) -> String {
    if word.chars().all(|c| c.is_ascii_graphic() && c != '\'') {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\"'\"'"))
}

/// For a Dockerfile's `ENV NAME="..."`: the backslash escapes, `$` names variables.
pub(super) fn dockerfile(value: &str) -> String {
    format!(
        "\"{}\"",
        value
            .replace('\\', r"\\")
            .replace('"', "\\\"")
            .replace('$', r"\$")
    )
}

/// For systemd's `Environment="NAME=..."` (systemd.exec(5), systemd.syntax(7)): C escapes, and `%` begins a
/// specifier; `$` means nothing there.
pub(super) fn systemd(assignment: &str) -> String {
    format!(
        "\"{}\"",
        assignment
            .replace('\\', r"\\")
            .replace('"', "\\\"")
            .replace('%', "%%")
    )
}

/// For `java.util.Properties` (its `load`): ISO 8859-1 with `\u` escapes, the backslash doubled.
pub(crate) fn properties(value: &str) -> String {
    let mut out = String::new();
    for (at, c) in value.chars().enumerate() {
        match c {
            '\\' => out.push_str(r"\\"),
            ' ' if at == 0 => out.push_str(r"\ "),
            '\t' => out.push_str(r"\t"),
            ' '..='~' => out.push(c),
            _ => {
                let mut units = [0; 2];
                for unit in c.encode_utf16(&mut units) {
                    out.push_str(&format!(r"\u{unit:04x}"));
                }
            }
        }
    }
    out
}

/// For PowerShell: single quotes, doubled inside; its four typographic ones count as quotes too.
pub(super) fn powershell(value: &str) -> String {
    let mut out = String::from("'");
    for c in value.chars() {
        if ['\'', '\u{2018}', '\u{2019}', '\u{201a}', '\u{201b}'].contains(&c) {
            out.push(c);
        }
        out.push(c);
    }
    out.push('\'');
    out
}

/// For a YAML scalar: double quotes, with JSON's escapes (YAML 1.2 section 7.3.1).
pub(crate) fn json(value: &str) -> String {
    let mut out = String::from("\"");
    for c in value.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{feff}' => {
                out.push_str(&format!(r"\u{:04x}", u32::from(c)));
            }
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
    fn a_word_with_both_kinds_of_quotes_is_put_together_of_pieces() {
        assert_eq!(java_options(r#"a'b"c"#), r#""a'b"'"c'"#);
        assert_eq!(java_options(r#""a'b"#), r#"'"a'"'b""#);
    }

    #[test]
    fn a_quote_in_a_shell_word_leaves_the_quotes_and_comes_back() {
        assert_eq!(shell("it's $HOME"), r"'it'\''s $HOME'");
    }

    #[test]
    fn a_leading_blank_of_a_property_is_kept() {
        assert_eq!(properties(r" C:\ü"), r"\ C:\\\u00fc");
    }
}

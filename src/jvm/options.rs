//! How a JVM and its launcher split the texts that options come in.

/// Why a text cannot be split: the JVM that reads it does not start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unmatched quote")]
pub struct UnmatchedQuote;

/// Splits the value of `JAVA_TOOL_OPTIONS`, `_JAVA_OPTIONS` and `JDK_JAVA_OPTIONS`, and the text of a
/// `-XX:VMOptionsFile` (HotSpot's `Arguments::parse_options_buffer`, the launcher's `JLI_AddArgsFromEnvVar`):
/// blanks separate, quotes of one kind hide those of the other, and nothing escapes.
///
/// # Errors
/// A quote that is not closed.
pub fn split_variable(text: &str) -> Result<Vec<String>, UnmatchedQuote> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for c in text.chars() {
        match (quote, c) {
            (Some(open), _) if open == c => quote = None,
            (None, '"' | '\'') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, _) if is_blank(c) => words.extend(word.take()),
            _ => word.get_or_insert_default().push(c),
        }
    }
    if quote.is_some() {
        return Err(UnmatchedQuote);
    }
    words.extend(word);
    Ok(words)
}

/// Splits an argument file of `java @FILE` (the launcher's `args.c`): quotes must close on their line, the
/// backslash escapes inside them only, and `#` outside begins a comment. Up to JDK 25 a `#` inside a word loses
/// the whole word; later ones keep what is before it.
#[must_use]
pub fn split_argument_file(text: &str, jdk: u32) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match (quote, c) {
            (_, '\n' | '\r') => {
                words.extend(word.take());
                quote = None;
            }
            (Some(_), '\\') => match chars.next() {
                Some('\n' | '\r') => while chars.next_if(|&c| is_blank(c)).is_some() {},
                Some(escaped) => word.get_or_insert_default().push(match escaped {
                    'n' => '\n',
                    'r' => '\r',
                    't' => '\t',
                    'f' => '\u{c}',
                    other => other,
                }),
                None => {}
            },
            (Some(open), _) if open == c => quote = None,
            (None, '"' | '\'') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, '#') => {
                if jdk >= 26 {
                    words.extend(word.take());
                }
                word = None;
                while chars.next_if(|&c| c != '\n' && c != '\r').is_some() {}
            }
            (None, _) if is_blank(c) => words.extend(word.take()),
            _ => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

/// Splits a Windows command line (the rules of `CommandLineToArgvW` and of the C runtime): backslashes escape
/// before a double quote only.
#[must_use]
pub fn split_windows(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut is_quoted = false;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' => {
                let mut count = 1;
                while chars.next_if_eq(&'\\').is_some() {
                    count += 1;
                }
                let word = word.get_or_insert_default();
                if chars.peek() == Some(&'"') {
                    word.extend(std::iter::repeat_n('\\', count / 2));
                    if count % 2 == 1 {
                        word.extend(chars.next());
                    }
                } else {
                    word.extend(std::iter::repeat_n('\\', count));
                }
            }
            '"' => {
                word.get_or_insert_default();
                if is_quoted && chars.next_if_eq(&'"').is_some() {
                    word.get_or_insert_default().push('"');
                } else {
                    is_quoted = !is_quoted;
                }
            }
            ' ' | '\t' if !is_quoted => words.extend(word.take()),
            _ => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

const fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r' | '\u{b}' | '\u{c}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_of_one_kind_hide_those_of_the_other_and_nothing_escapes() {
        let words = split_variable(r#" -Da="x y"  '-Db="q"' -Dc=C:\dir\new "" "#).unwrap();
        assert_eq!(words, ["-Da=x y", "-Db=\"q\"", r"-Dc=C:\dir\new", ""]);
    }

    #[test]
    fn an_unmatched_quote_is_refused_as_the_jvm_refuses_it() {
        assert_eq!(split_variable("-Da='x"), Err(UnmatchedQuote));
    }

    #[test]
    fn the_backslash_escapes_in_an_argument_files_quotes_only() {
        let words = split_argument_file("\"C:\\\\Program Files\\\\x\" C:\\dir # comment\n'it\\'s'", 17);
        assert_eq!(words, [r"C:\Program Files\x", r"C:\dir", "it's"]);
    }

    #[test]
    fn a_line_of_an_argument_file_continues_in_quotes() {
        assert_eq!(split_argument_file("\"a:\\\n   b\"\nc", 17), ["a:b", "c"]);
    }

    #[test]
    fn a_hash_in_a_word_loses_it_before_jdk_26_and_ends_it_after() {
        assert_eq!(split_argument_file("-Dx=a#b\n-Dy=1", 25), ["-Dy=1"]);
        assert_eq!(split_argument_file("-Dx=a#b\n-Dy=1", 26), ["-Dx=a", "-Dy=1"]);
    }

    #[test]
    fn backslashes_of_a_windows_command_line_escape_before_quotes_only() {
        let words = split_windows(r#""C:\Program Files\java.exe" -Da="x y" -Db=C:\x\ \"q\""#);
        assert_eq!(
            words,
            [r"C:\Program Files\java.exe", "-Da=x y", r"-Db=C:\x\", "\"q\""]
        );
    }
}

//! A log's events: a line and what belongs to it, the frames and causes of a stack trace.

use std::borrow::Cow;

/// A line of a log and the lines that belong to it.
#[derive(Debug)]
pub(super) struct Event<'a> {
    /// The first line's number, counted from 1.
    line: usize,
    /// Its lines; those that one line of JSON holds have one number.
    lines: Vec<(usize, Cow<'a, str>)>,
}

impl Event<'_> {
    pub(super) fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.lines.iter().map(|(number, line)| (*number, line.as_ref()))
    }

    pub(super) fn contains(&self, text: &str) -> bool {
        self.lines.iter().any(|(_, line)| line.contains(text))
    }

    pub(super) fn last(&self) -> &str {
        self.lines.last().map_or("", |(_, line)| line.as_ref())
    }

    pub(super) fn has_frames(&self) -> bool {
        self.lines.iter().any(|(_, line)| is_frame(line))
    }
}

/// A log as text: UTF-8, or UTF-16 with its mark (PowerShell's `>`); colours taken out. What is neither is shown
/// as U+FFFD.
#[must_use]
pub fn decode(bytes: &[u8]) -> String {
    let utf16 = |bytes: &[u8], unit: fn([u8; 2]) -> u16| {
        let (pairs, _) = bytes.as_chunks::<2>();
        String::from_utf16_lossy(&pairs.iter().map(|pair| unit(*pair)).collect::<Vec<_>>())
    };
    let text = match bytes {
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes),
        [0xef, 0xbb, 0xbf, rest @ ..] => String::from_utf8_lossy(rest).into_owned(),
        _ => String::from_utf8_lossy(bytes).into_owned(),
    };
    if text.contains('\u{1b}') {
        return without_colours(&text);
    }
    text
}

fn without_colours(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '\u{1b}' {
            out.push(c);
            continue;
        }
        // CSI: ESC [ parameters final (ECMA-48 section 5.4)
        if chars.next() == Some('[') {
            for c in chars.by_ref() {
                if ('@'..='~').contains(&c) {
                    break;
                }
            }
        }
    }
    out
}

/// The events, in order.
pub(super) fn events(log: &str) -> Vec<Event<'_>> {
    let mut events: Vec<Event<'_>> = Vec::new();
    for (at, line) in log.lines().enumerate() {
        let number = at + 1;
        if line.trim().is_empty() {
            continue;
        }
        let unescaped = unescape(line);
        for (at, part) in unescaped.into_iter().enumerate() {
            let belongs = at > 0 || belongs_to_the_line_above(&part);
            match events.last_mut() {
                Some(event) if belongs => event.lines.push((number, part)),
                _ => events.push(Event {
                    line: number,
                    lines: vec![(number, part)],
                }),
            }
        }
    }
    events.retain(|event| event.line > 0);
    events
}

/// The lines that a line of JSON holds, its `\n` and `\t` made real.
fn unescape(line: &str) -> Vec<Cow<'_, str>> {
    if !(line.contains(r"\n\tat ") || line.contains(r"\nCaused by: ") || line.contains(r"\n    at ")) {
        return vec![Cow::Borrowed(line)];
    }
    line.replace(r"\r", "")
        .replace(r"\t", "\t")
        .replace("\\\"", "\"")
        .split(r"\n")
        .map(|part| Cow::Owned(part.to_owned()))
        .collect()
}

/// Whether a line goes on with the one above: indented, or a frame or cause behind whatever the logger puts
/// before each line.
fn belongs_to_the_line_above(line: &str) -> bool {
    line.starts_with([' ', '\t']) && !line.trim_start().starts_with("error:")
        || is_frame(line)
        || cause(line).is_some()
}

/// What follows `Caused by: ` or `Suppressed: `.
pub(super) fn cause(line: &str) -> Option<&str> {
    ["Caused by: ", "Suppressed: "]
        .iter()
        .find_map(|mark| line.split_once(mark))
        .map(|(_, rest)| rest)
}

/// `at pkg.Class.method(Class.java:1)`, `... 12 more`
pub(super) fn is_frame(line: &str) -> bool {
    let line = line.trim_end();
    let is_call = line.ends_with(')')
        && (line.contains(".java:") || line.contains("(Native Method)") || line.contains("(Unknown Source)"))
        && (line.contains("\tat ") || line.contains(" at ") || line.starts_with("at "));
    is_call || (line.ends_with(" more") && line.contains("... "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trace_is_one_event_whatever_stands_before_each_line() {
        for prefix in ["", "app-1  | ", "2026-01-01T00:00:00Z host java[12]: "] {
            let log = [
                "x.Y: z",
                "\tat a.B.c(B.java:1)",
                "Caused by: x.Z: why",
                "\t... 3 more",
                "next",
            ];
            let log: String = log.iter().map(|line| format!("{prefix}{line}\n")).collect();
            let events = events(&log);
            assert_eq!(events.len(), 2, "{prefix}");
            assert_eq!(events[0].lines.len(), 4, "{prefix}");
        }
    }

    #[test]
    fn a_line_of_json_holds_a_trace() {
        let events = events(r#"{"message":"x","stack":"x.Y: z\n\tat a.B.c(B.java:1)\nCaused by: x.Z: why"}"#);
        assert_eq!((events.len(), events[0].lines.len()), (1, 3));
    }

    #[test]
    fn utf_16_and_colours_are_read() {
        let bytes: Vec<u8> = "\u{feff}\u{1b}[31mx\u{1b}[0m"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        assert_eq!(decode(&bytes), "x");
    }
}

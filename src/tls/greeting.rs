//! What answers where TLS was expected, told by its first octets.

use std::fmt;

use super::starttls::StartTls;
use crate::error::Hint;

/// Longest piece of an answer that is shown.
const SHOWN: usize = 80;

/// Who speaks, without TLS.
///
/// `Display` is what a sentence says of it: `an HTTP server`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[expect(missing_docs, reason = "they are named for what they are")]
pub enum Speaker {
    Http,
    /// HTTP/2 without TLS.
    H2c,
    Ssh,
    Smtp,
    Imap,
    Pop3,
    Ldap,
    Postgres,
    Mysql,
    Ftp,
    Vnc,
    Amqp,
    Redis,
    Memcached,
    Xmpp,
    Irc,
    JavaRmi,
    Telnet,
    /// A server of none of these; its words, with what a terminal would act on escaped.
    Other(String),
    /// What it says is no text; its first octets in hex.
    Binary(String),
}

impl Speaker {
    /// Who says this; `None` where it is a TLS record, or nothing at all.
    #[must_use]
    pub fn of(answer: &[u8]) -> Option<Self> {
        match answer {
            [] => return None,
            // ContentType 20 to 23, and major version 3 (RFC 8446 section 5.1); SSL 2's ServerHello is no TLS.
            [20..=23, 3, ..] | [20..=23] => return None,
            _ => {}
        }
        let upper: Vec<u8> = answer.iter().take(256).map(u8::to_ascii_uppercase).collect();
        let starts = |with: &[u8]| upper.starts_with(with);
        let has = |word: &[u8]| upper.windows(word.len()).any(|window| window == word);
        Some(
            if starts(b"HTTP/") || starts(b"<!DOCTYPE HTML") || starts(b"<HTML") {
                Self::Http
            } else if answer.get(3..9) == Some(&[4, 0, 0, 0, 0, 0]) {
                // A SETTINGS frame of stream 0 (RFC 9113 section 3.4).
                Self::H2c
            } else if starts(b"SSH-") {
                Self::Ssh
            } else if starts(b"* OK") || starts(b"* PREAUTH") || starts(b"* BYE") || starts(b"* BAD") {
                Self::Imap
            } else if starts(b"+OK") {
                Self::Pop3
            } else if is_reply(answer) && (has(b"FTP") && !has(b"SMTP")) {
                Self::Ftp
            } else if is_reply(answer) && (has(b"SMTP") || has(b"MAIL") || starts(b"220") || starts(b"554")) {
                Self::Smtp
            } else if is_reply(answer) && (starts(b"530") || starts(b"500 ")) {
                Self::Ftp
            } else if is_ldap(answer) {
                Self::Ldap
            } else if is_mysql(answer) {
                Self::Mysql
            } else if is_postgres(answer) {
                Self::Postgres
            } else if starts(b"RFB ") {
                Self::Vnc
            } else if starts(b"AMQP") {
                Self::Amqp
            } else if starts(b"-ERR") || starts(b"-NOAUTH") || starts(b"-DENIED") {
                Self::Redis
            } else if starts(b"ERROR\r\n") {
                Self::Memcached
            } else if starts(b"<?XML") || starts(b"<STREAM:") {
                Self::Xmpp
            } else if starts(b":") && has(b"NOTICE") {
                Self::Irc
            } else if starts(b"JRMI")
                || answer.starts_with(&[0xac, 0xed, 0x00, 0x05])
                || answer.first() == Some(&0x4e) && answer.len() > 6 && answer.get(1) == Some(&0)
            {
                Self::JavaRmi
            } else if answer.starts_with(&[0xff, 0xfb]) || answer.starts_with(&[0xff, 0xfd]) {
                Self::Telnet
            } else {
                other(answer)
            },
        )
    }

    /// The protocol's way to begin TLS, where there is one.
    #[must_use]
    pub const fn starttls(&self) -> Option<StartTls> {
        Some(match self {
            Self::Smtp => StartTls::Smtp,
            Self::Imap => StartTls::Imap,
            Self::Pop3 => StartTls::Pop3,
            Self::Ldap => StartTls::Ldap,
            Self::Postgres => StartTls::Postgres,
            Self::Mysql => StartTls::Mysql,
            Self::Ftp => StartTls::Ftp,
            _ => return None,
        })
    }

    /// How its certificate can be read all the same.
    #[must_use]
    pub fn hints(&self) -> Vec<Hint> {
        let text = match (self.starttls(), self) {
            (Some(starttls), _) => format!("try `--starttls {}`", starttls.name()),
            (None, Self::Http | Self::H2c) => {
                "its HTTPS is on another port, if it has any (443, 8443 ...)".to_owned()
            }
            (None, Self::Ssh) => "SSH has keys of its own, and no certificates a JVM could trust".to_owned(),
            (None, _) => "its TLS is on another port, if it has any".to_owned(),
        };
        vec![Hint::new(text)]
    }
}

impl fmt::Display for Speaker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Http => "an HTTP server",
            Self::H2c => "an HTTP/2 server without TLS",
            Self::Ssh => "an SSH server",
            Self::Smtp => "an SMTP server",
            Self::Imap => "an IMAP server",
            Self::Pop3 => "a POP3 server",
            Self::Ldap => "an LDAP server",
            Self::Postgres => "a PostgreSQL server",
            Self::Mysql => "a MySQL server",
            Self::Ftp => "an FTP server",
            Self::Vnc => "a VNC server",
            Self::Amqp => "an AMQP server",
            Self::Redis => "a Redis server",
            Self::Memcached => "a memcached server",
            Self::Xmpp => "an XMPP server",
            Self::Irc => "an IRC server",
            Self::JavaRmi => "a Java RMI server",
            Self::Telnet => "a Telnet server",
            Self::Other(words) => return write!(f, "a server that says `{words}`"),
            Self::Binary(hex) => return write!(f, "a server that sends the bytes {hex}"),
        })
    }
}

/// What a peer said, safe to be shown on a terminal.
pub(super) fn shown(text: &str) -> String {
    let line = text
        .lines()
        .find(|line| !line.trim().is_empty())
        .unwrap_or_default();
    let piece: String = line.trim().chars().take(SHOWN).collect();
    piece.escape_debug().to_string()
}

fn other(answer: &[u8]) -> Speaker {
    let is_text = answer
        .iter()
        .take(SHOWN)
        .all(|octet| octet.is_ascii_graphic() || octet.is_ascii_whitespace() || *octet >= 0x80);
    if let Some(text) = std::str::from_utf8(answer).ok().filter(|_| is_text) {
        return Speaker::Other(shown(text));
    }
    let hex: Vec<_> = answer
        .iter()
        .take(16)
        .map(|octet| format!("{octet:02x}"))
        .collect();
    Speaker::Binary(hex.join(" "))
}

/// A reply of SMTP or FTP: three digits, and a blank or a hyphen (RFC 5321 section 4.2).
fn is_reply(answer: &[u8]) -> bool {
    matches!(answer, [b'2'..=b'5', second, third, b' ' | b'-', ..] if second.is_ascii_digit() && third.is_ascii_digit())
}

/// An LDAPMessage with an integer for its number; a server that cannot read a message sends its Notice of
/// Disconnection so (RFC 4511 section 4.4.1).
fn is_ldap(answer: &[u8]) -> bool {
    let contents = match answer {
        [0x30, 0x84, _, _, _, _, rest @ ..] | [0x30, 0x81, _, rest @ ..] | [0x30, _, rest @ ..] => rest,
        _ => return false,
    };
    matches!(contents, [0x02, 0x01, _, 0x78, ..])
}

/// A packet of protocol 10, or an error packet (MySQL's "Client/Server Protocol", "Handshake").
fn is_mysql(answer: &[u8]) -> bool {
    match answer {
        [length, _, 0, 0, 10, rest @ ..] => *length > 30 && rest.first().is_some_and(u8::is_ascii_digit),
        [_, _, 0, 0, 0xff, ..] => true,
        _ => false,
    }
}

/// An ErrorResponse: `E`, a length, and fields that begin with the severity (PostgreSQL's "Message Formats").
fn is_postgres(answer: &[u8]) -> bool {
    matches!(answer, [b'E', 0, 0, _, _, b'S', ..]) || answer.starts_with(b"EFATAL")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn well_known_greetings_are_named() {
        for (answer, name) in [
            (&b"HTTP/1.1 400 Bad Request\r\n"[..], "an HTTP server"),
            (b"SSH-2.0-OpenSSH_9.2p1\r\n", "an SSH server"),
            (b"220 mail.example.com ESMTP Postfix\r\n", "an SMTP server"),
            (b"220 mail.example.com ready\r\n", "an SMTP server"),
            (b"220 (vsFTPd 3.0.3)\r\n", "an FTP server"),
            (b"220-Welcome to Pure-FTPd\r\n", "an FTP server"),
            (b"* OK [CAPABILITY IMAP4rev1] ready\r\n", "an IMAP server"),
            (b"+OK ready\r\n", "a POP3 server"),
            (b"J\0\0\0\x0a8.0.36\0........", "a MySQL server"),
            (
                b"\0\0\x12\x04\0\0\0\0\0\0\x03\0\0\0\x64",
                "an HTTP/2 server without TLS",
            ),
            (b"E\0\0\0\x8bSFATAL\0", "a PostgreSQL server"),
            (b"0\x84\0\0\0\x40\x02\x01\0\x78\x84", "an LDAP server"),
            (b"-ERR Protocol error\r\n", "a Redis server"),
            (
                b"hello \x1b[31mworld\n",
                "a server that sends the bytes 68 65 6c 6c 6f 20 1b 5b 33 31 6d 77 6f 72 6c 64",
            ),
            (b"hello\n", "a server that says `hello`"),
        ] {
            assert_eq!(
                Speaker::of(answer).map(|s| s.to_string()).as_deref(),
                Some(name),
                "{answer:?}"
            );
        }
    }

    #[test]
    fn a_tls_record_is_no_speaker() {
        assert_eq!(Speaker::of(b"\x16\x03\x03\0\x7a\x02"), None);
        assert_eq!(Speaker::of(b"\x15\x03\x01\0\x02\x02\x46"), None);
        assert_eq!(Speaker::of(b""), None);
    }
}

//! Protocols that begin without TLS, and how each of them turns to it.

use std::fmt;
use std::io::{self, Read, Write};

use super::error::FetchError;
use super::greeting::{Speaker, shown};
use super::wire::Wire;

/// Longest line, and the most lines of one reply.
const LINE: usize = 8 * 1024;
const LINES: usize = 500;
/// Largest packet or message of the binary protocols.
const PACKET: usize = 64 * 1024;

/// A protocol that begins in the clear and turns to TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StartTls {
    /// `STARTTLS` after `EHLO` ([RFC 3207](https://www.rfc-editor.org/rfc/rfc3207)).
    Smtp,
    /// `STARTTLS` ([RFC 9051 section 6.2.1](https://www.rfc-editor.org/rfc/rfc9051#section-6.2.1)).
    Imap,
    /// `STLS` ([RFC 2595 section 4](https://www.rfc-editor.org/rfc/rfc2595#section-4)).
    Pop3,
    /// The extended operation `1.3.6.1.4.1.1466.20037`
    /// ([RFC 4511 section 4.14](https://www.rfc-editor.org/rfc/rfc4511#section-4.14)).
    Ldap,
    /// `SSLRequest` (PostgreSQL's documentation, "Message Flow", "SSL Session Encryption").
    Postgres,
    /// The capability `CLIENT_SSL` and an SSL request packet (MySQL's "Client/Server Protocol", "Connection Phase").
    Mysql,
    /// `AUTH TLS` ([RFC 4217 section 4](https://www.rfc-editor.org/rfc/rfc4217#section-4)).
    Ftp,
}

impl StartTls {
    /// All of them.
    pub const ALL: &'static [Self] = &[
        Self::Smtp,
        Self::Imap,
        Self::Pop3,
        Self::Ldap,
        Self::Postgres,
        Self::Mysql,
        Self::Ftp,
    ];

    /// The name `--starttls` takes.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Smtp => "smtp",
            Self::Imap => "imap",
            Self::Pop3 => "pop3",
            Self::Ldap => "ldap",
            Self::Postgres => "postgres",
            Self::Mysql => "mysql",
            Self::Ftp => "ftp",
        }
    }

    /// The protocol of that name.
    #[must_use]
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|protocol| protocol.name() == name).copied()
    }

    /// Its port.
    #[must_use]
    pub const fn port(self) -> u16 {
        match self {
            Self::Smtp => 25,
            Self::Imap => 143,
            Self::Pop3 => 110,
            Self::Ldap => 389,
            Self::Postgres => 5432,
            Self::Mysql => 3306,
            Self::Ftp => 21,
        }
    }

    pub(super) fn by_scheme(scheme: &str) -> Option<Self> {
        match scheme {
            "postgresql" => Some(Self::Postgres),
            "submission" => Some(Self::Smtp),
            "pop" => Some(Self::Pop3),
            "mariadb" => Some(Self::Mysql),
            name => Self::by_name(name),
        }
    }

    pub(super) const fn title(self) -> &'static str {
        match self {
            Self::Smtp => "SMTP",
            Self::Imap => "IMAP",
            Self::Pop3 => "POP3",
            Self::Ldap => "LDAP",
            Self::Postgres => "PostgreSQL",
            Self::Mysql => "MySQL",
            Self::Ftp => "FTP",
        }
    }

    pub(super) const fn command(self) -> &'static str {
        match self {
            Self::Smtp | Self::Imap => "STARTTLS",
            Self::Pop3 => "STLS",
            Self::Ldap => "StartTLS",
            Self::Postgres => "SSLRequest",
            Self::Mysql => "an SSL request",
            Self::Ftp => "AUTH TLS",
        }
    }

    const fn speaker(self) -> Speaker {
        match self {
            Self::Smtp => Speaker::Smtp,
            Self::Imap => Speaker::Imap,
            Self::Pop3 => Speaker::Pop3,
            Self::Ldap => Speaker::Ldap,
            Self::Postgres => Speaker::Postgres,
            Self::Mysql => Speaker::Mysql,
            Self::Ftp => Speaker::Ftp,
        }
    }

    /// Talks until the server is ready for a ClientHello. `seconds` is the time it has, for the message.
    pub(super) fn begin(self, wire: &mut Wire, at: &str, seconds: u64) -> Result<(), FetchError> {
        wire.mark();
        let talked = match self {
            Self::Smtp => smtp(wire),
            Self::Imap => imap(wire),
            Self::Pop3 => pop3(wire),
            Self::Ldap => ldap(wire),
            Self::Postgres => postgres(wire),
            Self::Mysql => mysql(wire),
            Self::Ftp => ftp(wire),
        };
        let at = || at.to_owned();
        let refused = |why: &str| FetchError::StartTls {
            at: at(),
            protocol: self,
            why: why.to_owned(),
        };
        let speaker = Speaker::of(wire.first());
        let is_tls = speaker.is_none() && !wire.first().is_empty();
        talked.map_err(|talk| match (talk, speaker) {
            // SMTP and FTP greet alike.
            (_, Some(speaker))
                if speaker != self.speaker()
                    && !(matches!(speaker, Speaker::Smtp | Speaker::Ftp)
                        && matches!(self, Self::Smtp | Self::Ftp))
                    && !matches!(speaker, Speaker::Other(_) | Speaker::Binary(_)) =>
            {
                FetchError::OtherProtocol {
                    at: at(),
                    protocol: self,
                    speaker,
                }
            }
            (Talk::Refused(why), _) => refused(&why),
            (Talk::Wire(error), None) if error.kind() == io::ErrorKind::TimedOut => refused(&format!(
                "it was silent for {seconds} s; a server that speaks TLS from the first byte would be, and needs no `--starttls`"
            )),
            (Talk::Wire(_), Some(speaker @ (Speaker::Other(_) | Speaker::Binary(_)))) => {
                FetchError::OtherProtocol {
                    at: at(),
                    protocol: self,
                    speaker,
                }
            }
            (Talk::Wire(_), None) if is_tls => {
                refused("it speaks TLS from the first byte; leave `--starttls` out")
            }
            (Talk::Wire(_), None) => refused(
                "it ended the connection; a server that speaks TLS from the first byte may, and needs no `--starttls`",
            ),
            (Talk::Wire(error), _) if error.kind() == io::ErrorKind::UnexpectedEof => {
                refused("it closed the connection")
            }
            (Talk::Wire(source), _) => FetchError::BrokenOff { at: at(), source },
        })
    }
}

impl fmt::Display for StartTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Why TLS did not begin.
enum Talk {
    /// In the server's words, or about them.
    Refused(String),
    Wire(io::Error),
}

impl From<io::Error> for Talk {
    fn from(error: io::Error) -> Self {
        Self::Wire(error)
    }
}

fn says(line: &str) -> Talk {
    Talk::Refused(format!("it says `{}`", shown(line)))
}

/// A reply of SMTP or FTP, its last line first: three digits, a hyphen where more lines follow (RFC 5321 section
/// 4.2.1, RFC 959 section 4.2).
fn reply(wire: &mut Wire) -> Result<Vec<String>, Talk> {
    let first = wire.line(LINE)?;
    let code = first.get(..3).unwrap_or_default().to_owned();
    if !code.bytes().all(|octet| octet.is_ascii_digit()) || code.len() < 3 {
        return Err(says(&first));
    }
    let mut lines = vec![first];
    for _ in 0..LINES {
        let last = lines.last().map(String::as_str).unwrap_or_default();
        if last.starts_with(&code) && last.as_bytes().get(3) != Some(&b'-') {
            lines.reverse();
            return Ok(lines);
        }
        lines.push(wire.line(LINE)?);
    }
    Err(Talk::Refused("its reply has no end".to_owned()))
}

fn expect(wire: &mut Wire, code: &str) -> Result<Vec<String>, Talk> {
    let lines = reply(wire)?;
    match lines.first() {
        Some(last) if last.starts_with(code) => Ok(lines),
        Some(last) => Err(says(last)),
        None => Ok(lines),
    }
}

fn smtp(wire: &mut Wire) -> Result<(), Talk> {
    expect(wire, "220")?;
    // RFC 5321 section 4.1.4: who has no name says its address.
    let me = match wire.local_address()?.ip() {
        std::net::IpAddr::V4(address) => format!("[{address}]"),
        std::net::IpAddr::V6(address) => format!("[IPv6:{address}]"),
    };
    wire.write_all(format!("EHLO {me}\r\n").as_bytes())?;
    let extensions = expect(wire, "250")?;
    let is_offered = extensions.iter().any(|line| {
        line.get(4..)
            .is_some_and(|word| word.trim().eq_ignore_ascii_case("STARTTLS"))
    });
    wire.write_all(b"STARTTLS\r\n")?;
    expect(wire, "220").map(|_| ()).map_err(|talk| match talk {
        Talk::Refused(words) if !is_offered => Talk::Refused(format!("it does not offer it, and {words}")),
        other => other,
    })
}

fn ftp(wire: &mut Wire) -> Result<(), Talk> {
    expect(wire, "220")?;
    wire.write_all(b"AUTH TLS\r\n")?;
    expect(wire, "234").map(|_| ())
}

fn imap(wire: &mut Wire) -> Result<(), Talk> {
    let greeting = wire.line(LINE)?;
    if !greeting.to_ascii_uppercase().starts_with("* OK") {
        return Err(says(&greeting));
    }
    wire.write_all(b"a1 STARTTLS\r\n")?;
    for _ in 0..LINES {
        let line = wire.line(LINE)?;
        let upper = line.to_ascii_uppercase();
        if upper.starts_with("A1 OK") {
            return Ok(());
        }
        if upper.starts_with("A1 ") || upper.starts_with("* BYE") {
            return Err(says(&line));
        }
    }
    Err(Talk::Refused("its answer has no end".to_owned()))
}

fn pop3(wire: &mut Wire) -> Result<(), Talk> {
    let greeting = wire.line(LINE)?;
    if !greeting.starts_with("+OK") {
        return Err(says(&greeting));
    }
    wire.write_all(b"STLS\r\n")?;
    let answer = wire.line(LINE)?;
    if answer.starts_with("+OK") {
        Ok(())
    } else {
        Err(says(&answer))
    }
}

/// LDAPMessage { messageID 1, extendedReq { requestName 1.3.6.1.4.1.1466.20037 } }
const LDAP_REQUEST: &[u8] = b"\x30\x1d\x02\x01\x01\x77\x18\x80\x161.3.6.1.4.1.1466.20037";

fn ldap(wire: &mut Wire) -> Result<(), Talk> {
    let strange = || Talk::Refused("its answer is no LDAP message".to_owned());
    wire.write_all(LDAP_REQUEST)?;
    // Messages are BER: a length may have more octets than it needs (Active Directory's have four).
    let mut head = [0; 2];
    wire.read_exact(&mut head)?;
    let [tag, first] = head;
    let mut length = usize::from(first);
    if first & 0x80 != 0 {
        let mut octets = [0; 8];
        let count = usize::from(first & 0x7f);
        let octets = octets.get_mut(..count).ok_or_else(strange)?;
        wire.read_exact(octets)?;
        length = octets.iter().fold(0_usize, |length, octet| {
            length.saturating_mul(256) | usize::from(*octet)
        });
    }
    if tag != 0x30 || length > PACKET {
        return Err(strange());
    }
    let mut message = vec![0; length];
    wire.read_exact(&mut message)?;
    let (id, rest) = ber(&message).ok_or_else(strange)?;
    let (response, _) = ber(rest).ok_or_else(strange)?;
    if (id.tag, response.tag) != (0x02, 0x78) {
        return Err(strange());
    }
    let (code, rest) = ber(response.contents).ok_or_else(strange)?;
    if code.contents.iter().all(|octet| *octet == 0) && !code.contents.is_empty() {
        return Ok(());
    }
    let diagnostic = ber(rest).and_then(|(_, rest)| ber(rest));
    let words = diagnostic.map(|(words, _)| String::from_utf8_lossy(words.contents).into_owned());
    let name = match code.contents {
        [1] => "operationsError",
        [2] => "protocolError",
        [8] => "strongerAuthRequired",
        [51] => "busy",
        [52] => "unavailable",
        [53] => "unwillingToPerform",
        _ => "an error",
    };
    Err(Talk::Refused(format!(
        "it answers {name} ({})",
        shown(&words.unwrap_or_default())
    )))
}

struct Ber<'a> {
    tag: u8,
    contents: &'a [u8],
}

fn ber(bytes: &[u8]) -> Option<(Ber<'_>, &[u8])> {
    let (&tag, rest) = bytes.split_first()?;
    let (&first, mut rest) = rest.split_first()?;
    let mut length = usize::from(first);
    if first & 0x80 != 0 {
        let (octets, after) = rest.split_at_checked(usize::from(first & 0x7f))?;
        length = octets.iter().fold(0_usize, |length, octet| {
            length.saturating_mul(256) | usize::from(*octet)
        });
        rest = after;
    }
    let (contents, after) = rest.split_at_checked(length)?;
    Some((Ber { tag, contents }, after))
}

fn postgres(wire: &mut Wire) -> Result<(), Talk> {
    // SSLRequest: the length 8, and the code 80877103.
    wire.write_all(&[0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f])?;
    let mut answer = [0];
    wire.read_exact(&mut answer)?;
    match answer {
        [b'S'] => Ok(()),
        [b'N'] => Err(Talk::Refused("it answers N, its TLS is turned off".to_owned())),
        [b'E'] => {
            let words = wire.line(LINE).unwrap_or_default();
            Err(says(&words.replace(|c: char| c.is_control(), " ")))
        }
        _ => Err(Talk::Refused("its answer is not PostgreSQL's".to_owned())),
    }
}

/// Capabilities of MySQL's clients: protocol 4.1, TLS, the authentication of 4.1, and by plugins.
const MYSQL_CAPABILITIES: u32 = 0x0000_0200 | MYSQL_SSL | 0x0000_8000 | 0x0008_0000;
const MYSQL_SSL: u32 = 0x0000_0800;

fn mysql(wire: &mut Wire) -> Result<(), Talk> {
    let strange = || Talk::Refused("its greeting is not MySQL's".to_owned());
    let mut head = [0; 4];
    wire.read_exact(&mut head)?;
    let [low, middle, high, _sequence] = head;
    let length = usize::from(low) | usize::from(middle) << 8 | usize::from(high) << 16;
    if length > PACKET {
        return Err(strange());
    }
    let mut greeting = vec![0; length];
    wire.read_exact(&mut greeting)?;
    let rest = match greeting.split_first() {
        Some((10, rest)) => rest,
        // ERR: a code of two octets, and words.
        Some((0xff, words)) => {
            return Err(says(&String::from_utf8_lossy(words.get(2..).unwrap_or_default())));
        }
        _ => return Err(strange()),
    };
    // The version ends with a zero; then a thread's number, eight octets of a nonce and a filler.
    let end = rest.iter().position(|octet| *octet == 0).ok_or_else(strange)?;
    let at = end.saturating_add(1 + 4 + 8 + 1);
    let Some(&[low, high]) = rest.get(at..at.saturating_add(2)) else {
        return Err(strange());
    };
    if u32::from(u16::from_le_bytes([low, high])) & MYSQL_SSL == 0 {
        return Err(Talk::Refused("it does not offer TLS".to_owned()));
    }
    // SSLRequest: 32 octets, number 1; capabilities, the largest packet, utf8mb4, and 23 zeros.
    let mut request = vec![32, 0, 0, 1];
    request.extend(MYSQL_CAPABILITIES.to_le_bytes());
    request.extend((16_u32 << 20).to_le_bytes());
    request.push(45);
    request.extend([0; 23]);
    wire.write_all(&request)?;
    Ok(())
}

//! What a server of TLS 1.2 or below says before its keys are agreed on: ServerHello, Certificate,
//! CertificateRequest, all in the clear ([RFC 5246 section 7.4](https://www.rfc-editor.org/rfc/rfc5246#section-7.4)).

use std::io::{self, Read};

use super::alert::Alert;

/// Largest handshake message that is read. The protocol would allow 16 MiB.
const MESSAGE: usize = 1 << 20;
/// Largest record: 2^14, and 2048 for those who count generously (RFC 5246 section 6.2.3).
const RECORD: usize = (1 << 14) + 2048;
/// Warnings, records without contents and messages that are put up with, in all.
const PATIENCE: usize = 64;

/// The server's first flight.
#[derive(Debug, Default)]
pub(super) struct Flight {
    pub(super) version: u16,
    pub(super) cipher_suite: u16,
    /// DER, as they were sent.
    pub(super) certificates: Option<Vec<Vec<u8>>>,
    pub(super) request: Option<Request>,
}

/// CertificateRequest (RFC 5246 section 7.4.4).
#[derive(Debug, Default)]
pub(super) struct Request {
    pub(super) certificate_types: Vec<u8>,
    pub(super) signature_schemes: Vec<u16>,
    /// Names, DER.
    pub(super) authorities: Vec<Vec<u8>>,
}

/// Why the flight ended before its end.
#[derive(Debug)]
pub(super) enum Interrupted {
    Alert(Alert),
    Wire(io::Error),
    TooLarge,
    Malformed(String),
}

impl From<io::Error> for Interrupted {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::QuotaExceeded => Self::TooLarge,
            _ => Self::Wire(error),
        }
    }
}

impl Flight {
    /// Reads up to ServerHelloDone. What was read until an interruption stays.
    pub(super) fn read(&mut self, wire: &mut impl Read) -> Result<(), Interrupted> {
        let mut messages = Vec::new();
        let mut patience = PATIENCE;
        loop {
            let mut head = [0; 5];
            wire.read_exact(&mut head)?;
            let [kind, major, minor, high, low] = head;
            let length = usize::from(u16::from_be_bytes([high, low]));
            if major != 3 || !(20..=23).contains(&kind) {
                return Err(malformed("a record begins with what is none"));
            }
            if length > RECORD {
                return Err(malformed("a record is longer than it may be"));
            }
            let mut contents = vec![0; length];
            wire.read_exact(&mut contents)?;
            match (kind, contents.as_slice()) {
                // Warnings, such as unrecognized_name, are no end (RFC 5246 section 7.2.2).
                (21, [1, warning]) if *warning != Alert::CLOSE_NOTIFY.number() => {
                    patience = patience.checked_sub(1).ok_or(malformed("warnings without end"))?;
                }
                (21, [_, description]) => return Err(Interrupted::Alert(Alert::new(*description))),
                (22, []) => {
                    patience = patience
                        .checked_sub(1)
                        .ok_or(malformed("records without contents"))?;
                }
                (22, contents) => messages.extend_from_slice(contents),
                _ => {
                    return Err(malformed(&format!(
                        "a record of kind {kind} in version 3.{minor}"
                    )));
                }
            }
            while let Some(message) = Message::next(&messages)? {
                let length = message.body.len().saturating_add(Message::HEAD);
                patience = patience.checked_sub(1).ok_or(malformed("messages without end"))?;
                if self.take(&message)? {
                    return Ok(());
                }
                messages.drain(..length);
            }
        }
    }

    /// Whether it was the last message.
    fn take(&mut self, message: &Message<'_>) -> Result<bool, Interrupted> {
        let mut body = Cursor(message.body);
        match message.kind {
            // HelloRequest
            0 => {}
            2 => {
                (self.version, self.cipher_suite) =
                    server_hello(&mut body).ok_or(malformed("its ServerHello"))?;
            }
            11 => {
                self.certificates = Some(certificates(&mut body).ok_or(malformed("its Certificate message"))?)
            }
            13 => {
                let request = request(&mut body, self.version).ok_or(malformed("its CertificateRequest"))?;
                self.request = Some(request);
            }
            // ServerHelloDone
            14 => return Ok(true),
            // NewSessionTicket, ServerKeyExchange, CertificateStatus
            4 | 12 | 22 => {}
            other => return Err(malformed(&format!("a handshake message of kind {other}"))),
        }
        Ok(false)
    }
}

fn malformed(what: &str) -> Interrupted {
    Interrupted::Malformed(format!("{what} cannot be read"))
}

/// A handshake message.
struct Message<'a> {
    kind: u8,
    body: &'a [u8],
}

impl<'a> Message<'a> {
    const HEAD: usize = 4;

    /// The first one, if it is whole.
    fn next(messages: &'a [u8]) -> Result<Option<Self>, Interrupted> {
        let [kind, high, middle, low, rest @ ..] = messages else {
            return Ok(None);
        };
        let length = usize::from(*high) << 16 | usize::from(*middle) << 8 | usize::from(*low);
        if length > MESSAGE {
            return Err(Interrupted::TooLarge);
        }
        Ok(rest.get(..length).map(|body| Self { kind: *kind, body }))
    }
}

fn server_hello(body: &mut Cursor<'_>) -> Option<(u16, u16)> {
    let version = body.number(2)?;
    body.octets(32)?;
    body.vector(1)?;
    let cipher_suite = body.number(2)?;
    body.number(1)?;
    Some((u16::try_from(version).ok()?, u16::try_from(cipher_suite).ok()?))
}

fn certificates(body: &mut Cursor<'_>) -> Option<Vec<Vec<u8>>> {
    let mut list = body.vector(3)?;
    let mut all = Vec::new();
    while !list.0.is_empty() {
        all.push(list.vector(3)?.0.to_vec());
    }
    Some(all)
}

fn request(body: &mut Cursor<'_>, version: u16) -> Option<Request> {
    let mut request = Request {
        certificate_types: body.vector(1)?.0.to_vec(),
        ..Request::default()
    };
    if version >= 0x0303 {
        let mut schemes = body.vector(2)?;
        while !schemes.0.is_empty() {
            request
                .signature_schemes
                .push(u16::try_from(schemes.number(2)?).ok()?);
        }
    }
    let mut names = body.vector(2)?;
    while !names.0.is_empty() {
        request.authorities.push(names.vector(2)?.0.to_vec());
    }
    Some(request)
}

/// What is left of a message.
struct Cursor<'a>(&'a [u8]);

impl<'a> Cursor<'a> {
    fn octets(&mut self, count: usize) -> Option<&'a [u8]> {
        let (octets, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(octets)
    }

    fn number(&mut self, octets: usize) -> Option<usize> {
        let octets = self.octets(octets)?;
        Some(
            octets
                .iter()
                .fold(0, |number, octet| number << 8 | usize::from(*octet)),
        )
    }

    fn vector(&mut self, octets: usize) -> Option<Self> {
        let length = self.number(octets)?;
        self.octets(length).map(Cursor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// ServerHello of TLS 1.0, a Certificate message of two entries in three records, ServerHelloDone.
    fn flight() -> Vec<u8> {
        let mut hello = vec![2, 0, 0, 38, 3, 1];
        hello.extend([9; 32]);
        hello.extend([0, 0x00, 0x2f, 0]);
        let certificates = [11, 0, 0, 13, 0, 0, 10, 0, 0, 3, 1, 2, 3, 0, 0, 1, 4];
        let all: Vec<u8> = hello
            .into_iter()
            .chain(certificates)
            .chain([14, 0, 0, 0])
            .collect();
        let mut records = Vec::new();
        for piece in all.chunks(21) {
            records.extend([22, 3, 1, 0, u8::try_from(piece.len()).unwrap()]);
            records.extend(piece);
        }
        records
    }

    #[test]
    fn messages_are_put_together_across_records() {
        let mut read = Flight::default();
        read.read(&mut flight().as_slice()).unwrap();
        assert_eq!((read.version, read.cipher_suite), (0x0301, 0x002f));
        assert_eq!(read.certificates.unwrap(), [vec![1, 2, 3], vec![4]]);
    }

    #[test]
    fn no_cut_and_no_altered_byte_makes_it_panic_or_run_on() {
        let whole = flight();
        for end in 0..whole.len() {
            assert!(Flight::default().read(&mut &whole[..end]).is_err(), "{end}");
        }
        for (at, flip) in (0..whole.len()).flat_map(|at| [(at, 0x01), (at, 0x80), (at, 0xff)]) {
            let mut bytes = whole.clone();
            bytes[at] ^= flip;
            let _ = Flight::default().read(&mut bytes.as_slice());
        }
    }

    #[test]
    fn a_warning_is_no_end_and_warnings_without_end_are() {
        let mut bytes = vec![21, 3, 1, 0, 2, 1, 112];
        bytes.extend(flight());
        Flight::default().read(&mut bytes.as_slice()).unwrap();
        let endless = [21, 3, 1, 0, 2, 1, 112].repeat(100);
        assert!(matches!(
            Flight::default().read(&mut endless.as_slice()),
            Err(Interrupted::Malformed(_))
        ));
    }

    #[test]
    fn a_message_that_claims_sixteen_mebibytes_is_refused_at_once() {
        let bytes = [22, 3, 1, 0, 4, 11, 0xff, 0xff, 0xff];
        assert!(matches!(
            Flight::default().read(&mut bytes.as_slice()),
            Err(Interrupted::TooLarge)
        ));
    }
}

//! A socket that keeps the beginning of what the server says: its ServerHello is in the clear, and tells what was
//! agreed on even where the handshake fails later.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use rustls::{CipherSuite, ProtocolVersion};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// Enough for a ServerHello with a hybrid key share; it is cut at its record's end anyway.
const KEPT: usize = 4_096;
/// `supported_versions` (RFC 8446 section 4.2.1)
const SUPPORTED_VERSIONS: u16 = 43;

/// The first octets that were written.
#[derive(Clone, Default)]
pub(super) struct Said(Arc<Mutex<Vec<u8>>>);

impl Said {
    fn keep(&self, octets: &[u8]) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let room = KEPT.saturating_sub(kept.len());
        kept.extend_from_slice(octets.get(..room).unwrap_or(octets));
    }

    /// Protocol and cipher suite of the ServerHello, where one was said.
    pub(super) fn agreed(&self) -> Option<(ProtocolVersion, CipherSuite)> {
        server_hello(&self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The socket.
pub(super) struct Watched {
    inner: TcpStream,
    said: Said,
}

impl Watched {
    pub(super) fn new(inner: TcpStream, said: Said) -> Self {
        Self { inner, said }
    }

    /// Acknowledges what came in at once. A client that waits for that before it sends its request (Nagle's
    /// algorithm) would else wait for the 40 ms of a delayed acknowledgement: after a handshake of TLS 1.3 the server
    /// has nothing to say of its own.
    pub(super) fn acknowledge(&self) {
        // Without it the connection is slower, and no other.
        #[cfg(any(target_os = "linux", target_os = "android"))]
        let _ = self.inner.set_quickack(true);
    }

    pub(super) fn into_inner(self) -> TcpStream {
        self.inner
    }
}

impl AsyncRead for Watched {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Watched {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, octets: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.inner).poll_write(cx, octets);
        if let Poll::Ready(Ok(length)) = written {
            this.said.keep(octets.get(..length).unwrap_or_default());
        }
        written
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_shutdown(cx)
    }
}

/// ```text
/// record: type, version[2], length[2]; handshake: type, length[3];
/// ServerHello: legacy_version[2], random[32], legacy_session_id<0..32>, cipher_suite[2], compression, extensions<2>
/// ```
/// (RFC 8446 sections 5.1 and 4.1.3; a HelloRetryRequest is one too.)
fn server_hello(octets: &[u8]) -> Option<(ProtocolVersion, CipherSuite)> {
    let mut cursor = Cursor(octets);
    let header = cursor.take(9)?;
    if header.first() != Some(&22) || header.get(5) != Some(&2) {
        return None;
    }
    let legacy = cursor.number()?;
    cursor.take(32)?;
    let session = cursor.take(1)?.first().copied()?;
    cursor.take(usize::from(session))?;
    let suite = CipherSuite::from(cursor.number()?);
    cursor.take(1)?;
    let length = cursor.number().unwrap_or(0);
    let mut extensions = Cursor(cursor.take(usize::from(length)).unwrap_or_default());
    let mut version = legacy;
    while let (Some(kind), Some(length)) = (extensions.number(), extensions.number()) {
        let value = extensions.take(usize::from(length))?;
        if kind == SUPPORTED_VERSIONS {
            version = Cursor(value).number()?;
        }
    }
    Some((ProtocolVersion::from(version), suite))
}

struct Cursor<'a>(&'a [u8]);

impl<'a> Cursor<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    fn number(&mut self) -> Option<u16> {
        self.take(2)?.try_into().ok().map(u16::from_be_bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anything_but_a_server_hello_agrees_on_nothing() {
        assert_eq!(server_hello(&[]), None);
        assert_eq!(server_hello(&[21, 3, 3, 0, 2, 2, 40]), None);
        let cut = [&[22, 3, 3, 0, 90, 2, 0, 0, 86, 3, 3][..], &[7; 32], &[32, 1, 2]].concat();
        assert_eq!(server_hello(&cut), None);
    }

    #[test]
    fn the_version_is_the_extensions_where_there_is_one() {
        let head = [
            &[22, 3, 3, 0, 90, 2, 0, 0, 86, 3, 3][..],
            &[7; 32],
            &[0, 0x13, 0x01, 0],
        ]
        .concat();
        let (version, suite) = server_hello(&head).unwrap();
        assert_eq!(
            (version, suite),
            (ProtocolVersion::TLSv1_2, CipherSuite::TLS13_AES_128_GCM_SHA256)
        );
        let whole = [&head[..], &[0, 10, 0, 51, 0, 0, 0, 43, 0, 2, 3, 4]].concat();
        assert_eq!(server_hello(&whole).unwrap().0, ProtocolVersion::TLSv1_3);
    }
}

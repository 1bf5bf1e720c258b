//! A TCP connection with a deadline for all that happens on it, and a cap on what it may bring.

use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

/// Most octets one connection may bring. The largest chains in the wild have some 30 KiB.
pub(super) const MOST: usize = 2 << 20;
/// How much of a first answer is kept, to tell what it is.
const KEPT: usize = 1024;

pub(super) struct Wire {
    stream: TcpStream,
    peer: SocketAddr,
    deadline: Instant,
    left: usize,
    /// Read from the socket, and not yet by anyone.
    ahead: VecDeque<u8>,
    /// The first octets since [`Wire::mark`].
    first: Vec<u8>,
}

impl Wire {
    /// Connects to the first of the addresses that answers. Those that do not leave time for the others.
    pub(super) fn connect(addresses: &[SocketAddr], deadline: Instant) -> io::Result<Self> {
        let mut failed = io::Error::from(io::ErrorKind::AddrNotAvailable);
        for (at, address) in addresses.iter().enumerate() {
            let others = u32::try_from(addresses.len().saturating_sub(at)).unwrap_or(u32::MAX);
            let time = remaining(deadline)?.checked_div(others).unwrap_or_default();
            match TcpStream::connect_timeout(address, time.max(Duration::from_millis(1))) {
                Ok(stream) => {
                    // Without it small messages wait for each other; a system that refuses is only slower.
                    let _ = stream.set_nodelay(true);
                    return Ok(Self {
                        stream,
                        peer: *address,
                        deadline,
                        left: MOST,
                        ahead: VecDeque::new(),
                        first: Vec::new(),
                    });
                }
                // A refusal says more than a silence.
                Err(error) if at == 0 || error.kind() == io::ErrorKind::ConnectionRefused => failed = error,
                Err(_) => {}
            }
        }
        Err(failed)
    }

    pub(super) const fn peer(&self) -> SocketAddr {
        self.peer
    }

    pub(super) fn local_address(&self) -> io::Result<SocketAddr> {
        self.stream.local_addr()
    }

    /// From here on the first octets are kept.
    pub(super) fn mark(&mut self) {
        self.first.clear();
        self.first.extend(self.ahead.iter().take(KEPT));
    }

    /// The first octets since the mark.
    pub(super) fn first(&self) -> &[u8] {
        &self.first
    }

    /// Waits for octets at most this long: whether some came. The end of the stream is an error.
    pub(super) fn waits(&mut self, patience: Duration) -> io::Result<bool> {
        if !self.ahead.is_empty() {
            return Ok(true);
        }
        match self.fill(patience) {
            Ok(0) => Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(_) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::TimedOut => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Tells the peer that nothing more comes, and goes on listening.
    pub(super) fn half_close(&self) {
        // A peer that is gone already has no need to be told.
        let _ = self.stream.shutdown(Shutdown::Write);
    }

    /// A line without its ending, of at most `most` octets.
    pub(super) fn line(&mut self, most: usize) -> io::Result<String> {
        let mut line = Vec::new();
        loop {
            let mut octet = [0];
            self.read_exact(&mut octet)?;
            match octet {
                [b'\n'] => break,
                [_] if line.len() >= most => return Err(io::ErrorKind::InvalidData.into()),
                [octet] => line.push(octet),
            }
        }
        if line.last() == Some(&b'\r') {
            line.pop();
        }
        Ok(String::from_utf8_lossy(&line).into_owned())
    }

    fn fill(&mut self, patience: Duration) -> io::Result<usize> {
        let time = remaining(self.deadline)?.min(patience);
        self.stream
            .set_read_timeout(Some(time.max(Duration::from_millis(1))))?;
        let mut buffer = [0; 16 * 1024];
        let count = loop {
            match self.stream.read(&mut buffer) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    return Err(io::ErrorKind::TimedOut.into());
                }
                other => break other?,
            }
        };
        let read = buffer.get(..count).unwrap_or_default();
        self.left = self
            .left
            .checked_sub(count)
            .ok_or(io::Error::from(io::ErrorKind::QuotaExceeded))?;
        let wanted = KEPT.saturating_sub(self.first.len());
        self.first.extend(read.iter().take(wanted));
        self.ahead.extend(read);
        Ok(count)
    }
}

impl Read for Wire {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.ahead.is_empty() {
            self.fill(Duration::MAX)?;
        }
        self.ahead.read(buffer)
    }
}

impl Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let time = remaining(self.deadline)?;
        self.stream.set_write_timeout(Some(time))?;
        match self.stream.write(bytes) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Err(io::ErrorKind::TimedOut.into()),
            other => other,
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

/// The time that is left, which is more than none.
pub(super) fn remaining(deadline: Instant) -> io::Result<Duration> {
    let left = deadline.saturating_duration_since(Instant::now());
    if left.is_zero() {
        return Err(io::ErrorKind::TimedOut.into());
    }
    Ok(left)
}

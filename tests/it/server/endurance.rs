//! The server keeps serving, whatever comes in.

use std::io::{BufRead, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, Instant};

use keyjar::server::TestServer;

use super::client::Client;
use super::program::Serving;
use crate::support::folder;

const GARBAGE: usize = 10_000;

/// Open file descriptors, and resident memory in kB.
fn cost(id: u32) -> (usize, u64) {
    let descriptors = std::fs::read_dir(format!("/proc/{id}/fd")).unwrap().count();
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap();
    let resident = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .unwrap();
    let digits = resident.trim().split(' ').next().unwrap();
    (descriptors, digits.parse().unwrap())
}

/// Octets that are no handshake, each time others.
fn garbage(number: usize) -> Vec<u8> {
    let mut state = number as u64 + 1;
    let mut noise = |length: usize| -> Vec<u8> {
        (0..length)
            .map(|_| {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                state.to_be_bytes()[0]
            })
            .collect()
    };
    match number % 5 {
        0 => noise(number % 600),
        1 => b"GET / HTTP/1.1\r\nHost: x\r\n\r\n".to_vec(),
        2 => [&[0x16, 3, 1, 1, 0][..], &noise(256)].concat(),
        // A ClientHello's beginning, and no end.
        3 => [&[0x16, 3, 1, 0, 200, 1, 0, 0, 196, 3, 3][..], &noise(40)].concat(),
        _ => Vec::new(),
    }
}

#[test]
fn ten_thousand_garbage_connections_leave_no_descriptor_and_little_memory() {
    if !cfg!(target_os = "linux") {
        eprintln!("SKIPPED: there is no /proc");
        return;
    }
    let folder = folder();
    let mut serving = Serving::start(folder.path(), &["-q"]);
    let (port, id) = (serving.port, serving.id());
    let mut lines = serving.take_lines();
    let reader = std::thread::spawn(move || {
        let mut failed = 0;
        let mut line = String::new();
        while failed < GARBAGE && lines.read_line(&mut line).unwrap() > 0 {
            failed += usize::from(line.starts_with("failed  127.0.0.1:"));
            line.clear();
        }
        failed
    });
    let send = |from: usize, to: usize| {
        for number in from..to {
            let mut socket = TcpStream::connect(("127.0.0.1", port)).unwrap();
            // The server may have hung up on it already.
            let _ = socket.write_all(&garbage(number));
            let _ = socket.shutdown(Shutdown::Write);
            let _ = socket.read_to_end(&mut Vec::new());
        }
    };
    // The history is full and the allocator has its pools.
    let warm = GARBAGE / 5;
    send(0, warm);
    let (descriptors, resident) = cost(id);
    std::thread::scope(|scope| {
        let share = (GARBAGE - warm) / 4;
        for at in 0..4 {
            let begin = warm + at * share;
            scope.spawn(move || send(begin, begin + share));
        }
    });
    assert_eq!(reader.join().unwrap(), GARBAGE, "each is told");
    let deadline = Instant::now() + Duration::from_secs(10);
    while cost(id).0 > descriptors && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(50));
    }
    let (descriptors_after, resident_after) = cost(id);
    assert!(
        descriptors_after <= descriptors,
        "{descriptors} descriptors became {descriptors_after}"
    );
    assert!(
        resident_after < resident + 8_192,
        "{resident} kB of memory became {resident_after} kB"
    );
    Client::default().get(port, "/").unwrap();
    assert_eq!(serving.end("-TERM"), Some(0));
}

#[test]
fn silent_clients_up_to_the_cap_keep_others_out_no_longer_than_their_deadline() {
    let builder = TestServer::builder()
        .max_connections(4)
        .handshake_timeout(Duration::from_millis(500));
    let server = builder.start().unwrap();
    let silent: Vec<_> = (0..4)
        .map(|_| TcpStream::connect(("127.0.0.1", server.port())).unwrap())
        .collect();
    let begun = Instant::now();
    Client::default().get(server.port(), "/").unwrap();
    assert!(
        begun.elapsed() > Duration::from_millis(200),
        "the cap did not hold"
    );
    drop(silent);
}

#[test]
fn a_body_too_large_and_a_header_too_long_are_refused() {
    let server = TestServer::builder().start().unwrap();
    let client = Client::default();
    let long = format!(
        "GET / HTTP/1.1\r\nHost: localhost\r\nX: {}\r\n\r\n",
        "x".repeat(200_000)
    );
    let answer = client.send(server.port(), long.as_bytes()).unwrap_or_default();
    assert!(
        answer.is_empty() || answer.starts_with("HTTP/1.1 431"),
        "{answer}"
    );
    let large = format!(
        "POST /config/v1/agents HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 100000\r\n\r\n{}",
        " ".repeat(100_000)
    );
    let answer = client.send(server.port(), large.as_bytes()).unwrap();
    assert!(
        answer.starts_with("HTTP/1.1 400") && answer.contains("too large"),
        "{answer}"
    );
}

//! `TestServer` as a test suite uses it.

use std::io::Write;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use keyjar::server::{Handshake, TestServer};
use keyjar::tls::config::{ClientAuth, Identity};
use keyjar::{Certificate, PrivateKey};

use super::client::Client;
use crate::support::testdata;

const LONG: Duration = Duration::from_secs(20);

fn certificate(name: &str) -> Certificate {
    Certificate::from_pem(&std::fs::read(testdata(name)).unwrap()).unwrap()
}

fn key(name: &str) -> PrivateKey {
    PrivateKey::from_input(&std::fs::read(testdata(name)).unwrap(), None).unwrap()
}

fn shown(name: &str) -> Client {
    Client::showing((
        vec![certificate(&format!("apm/{name}.crt")).as_der().to_vec()],
        key(&format!("apm/{name}.key")).expose_pkcs8_der().to_vec(),
    ))
}

#[track_caller]
fn only(server: &TestServer) -> Handshake {
    let mut handshakes = server.wait_for_handshakes(1, LONG);
    assert_eq!(handshakes.len(), 1, "{handshakes:?}");
    handshakes.remove(0)
}

#[test]
fn a_throw_away_server_is_trusted_with_its_own_truststore() {
    let server = TestServer::builder().start().unwrap();
    let client = Client::trusting(server.chain());
    for name in ["localhost", "127.0.0.1", "::1"] {
        let client = Client {
            name: Some(name),
            ..Client::trusting(server.chain())
        };
        assert!(
            client
                .get(server.port(), "/")
                .unwrap()
                .starts_with("HTTP/1.1 200"),
            "{name}"
        );
    }
    assert!(
        client
            .get(server.port(), "/nowhere")
            .unwrap()
            .starts_with("HTTP/1.1 404")
    );
    let handshake = server.handshakes().remove(0);
    assert!(handshake.is_ok());
    assert_eq!(handshake.protocol.as_deref(), Some("TLSv1.3"));
    assert!(handshake.cipher_suite.unwrap().starts_with("TLS_AES_"));
    assert_eq!(handshake.sni.as_deref(), Some("localhost"));
    let requests = server.requests();
    assert_eq!((requests[3].path.as_str(), requests[3].status), ("/nowhere", 404));
    assert_eq!(server.totals().handshakes_ok, 4);
}

#[test]
fn both_protocols_and_every_kind_of_key_serve() {
    let (leaf, private) = (certificate("apm/apm-server.crt"), key("apm/apm-server.key"));
    let identity = Identity::new(&private, vec![leaf]).unwrap();
    let server = TestServer::builder().identity(identity).start().unwrap();
    for is_tls12 in [false, true] {
        let client = Client {
            is_tls12,
            ..Client::default()
        };
        client.get(server.port(), "/").unwrap();
    }
    let protocols: Vec<_> = server
        .handshakes()
        .into_iter()
        .map(|one| one.protocol.unwrap())
        .collect();
    assert_eq!(protocols, ["TLSv1.3", "TLSv1.2"]);

    for algorithm in [
        &rcgen::PKCS_ECDSA_P256_SHA256,
        &rcgen::PKCS_ECDSA_P384_SHA384,
        &rcgen::PKCS_ECDSA_P521_SHA512,
        &rcgen::PKCS_ED25519,
        &rcgen::PKCS_RSA_SHA256,
    ] {
        let pair = rcgen::KeyPair::generate_for(algorithm).unwrap();
        let params = rcgen::CertificateParams::new(vec![String::from("localhost")]).unwrap();
        let der = params.self_signed(&pair).unwrap().der().to_vec();
        let key = PrivateKey::from_pkcs8_der(keyjar::secret::SecretBytes::new(pair.serialize_der())).unwrap();
        let identity = Identity::new(&key, vec![Certificate::from_der(der).unwrap()]).unwrap();
        let server = TestServer::builder().identity(identity).start().unwrap();
        Client::default()
            .get(server.port(), "/")
            .unwrap_or_else(|error| panic!("{algorithm:?}: {error}"));
    }
}

#[test]
fn a_key_that_is_not_the_certificates_is_refused_before_anything_listens() {
    let error = Identity::new(&key("apm/client.key"), vec![certificate("apm/apm-server.crt")]).unwrap_err();
    assert!(
        error.to_string().contains("is not the key of the certificate `"),
        "{error}"
    );
}

#[test]
fn a_required_certificate_that_is_missing_is_told_in_plain_words() {
    let server = TestServer::builder()
        .client_trust([certificate("apm/ca.crt")])
        .start()
        .unwrap();
    let _ = Client::default().get(server.port(), "/");
    let handshake = only(&server);
    assert!(!handshake.is_ok());
    assert_eq!(handshake.alert.as_deref(), Some("certificate_required"));
    assert_eq!(
        handshake.reason.unwrap(),
        "the client sent no certificate although one is required: its JVM has no javax.net.ssl.keyStore, or no key there matches the accepted issuers"
    );
    assert!(server.requests().is_empty());
}

#[test]
fn an_optional_certificate_may_be_missing_but_not_wrong() {
    let start = || {
        let builder = TestServer::builder().client_trust([certificate("apm/ca.crt")]);
        builder.client_auth(ClientAuth::Optional).start().unwrap()
    };
    let server = start();
    Client::default().get(server.port(), "/").unwrap();
    shown("client").get(server.port(), "/").unwrap();
    let shown_chains: Vec<_> = server
        .handshakes()
        .iter()
        .map(|one| one.client_chain.len())
        .collect();
    assert_eq!(shown_chains, [0, 1]);

    let server = start();
    let _ = shown("apm-server").get(server.port(), "/");
    let handshake = only(&server);
    assert_eq!(handshake.alert.as_deref(), Some("certificate_unknown"));
    assert_eq!(handshake.client_chain, [certificate("apm/apm-server.crt")]);
    let reason = handshake.reason.unwrap();
    assert!(
        reason.contains("`CN=apm-server` is refused: no authority in the truststore issued it"),
        "{reason}"
    );
}

#[test]
fn a_client_with_another_key_than_its_certificates_is_told_so() {
    for is_tls12 in [false, true] {
        let server = TestServer::builder()
            .client_trust([certificate("apm/ca.crt")])
            .start()
            .unwrap();
        let leaf = certificate("apm/client.crt").as_der().to_vec();
        let other = key("apm/apm-server.key").expose_pkcs8_der().to_vec();
        let client = Client {
            is_tls12,
            ..Client::showing((vec![leaf], other))
        };
        let _ = client.get(server.port(), "/");
        let reason = only(&server).reason.unwrap();
        assert!(
            reason.contains("its private key is not the certificate's"),
            "TLS 1.2 {is_tls12}: {reason}"
        );
    }
}

#[test]
fn a_client_that_does_not_trust_the_server_is_told_so() {
    let server = TestServer::builder()
        .trust_hint("import ca.crt into its truststore")
        .start()
        .unwrap();
    let client = Client::trusting(&[certificate("apm/ca.crt")]);
    client.get(server.port(), "/").unwrap_err();
    let handshake = only(&server);
    assert_eq!(
        handshake.reason.unwrap(),
        "the client does not trust this certificate: alert unknown_ca; import ca.crt into its truststore"
    );
    assert_eq!(handshake.alert.as_deref(), Some("unknown_ca"));
    assert_eq!(handshake.sni.as_deref(), Some("localhost"));
}

#[test]
fn a_name_the_certificate_is_not_for_is_told() {
    let server = TestServer::builder().start().unwrap();
    let client = Client {
        name: Some("db.example.com"),
        ..Client::trusting(server.chain())
    };
    client.get(server.port(), "/").unwrap_err();
    let reason = only(&server).reason.unwrap();
    assert!(
        reason.contains("it asked for `db.example.com`, and this certificate is for localhost"),
        "{reason}"
    );
}

#[test]
fn what_is_no_handshake_is_told_as_what_it_is() {
    for (words, expected) in [
        (
            &b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"[..],
            "plain HTTP on a TLS port",
        ),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "an SSH client"),
        (b"\x16\x03\x01\x00\x05hello", "the client speaks no proper TLS"),
        (
            b"\x16\x03\x01\x02\x00\x01\x00",
            "the client closed the connection during the handshake",
        ),
        (b"", "the client closed the connection without a word"),
    ] {
        let server = TestServer::builder().start().unwrap();
        let mut socket = TcpStream::connect(("127.0.0.1", server.port())).unwrap();
        socket.write_all(words).unwrap();
        socket.shutdown(std::net::Shutdown::Write).unwrap();
        let reason = only(&server).reason.unwrap();
        assert!(
            reason.starts_with(expected) || reason.contains(expected),
            "{words:?}: {reason}"
        );
    }
}

#[test]
fn a_silent_client_is_dropped_at_the_handshakes_deadline_and_a_slow_one_at_the_headers() {
    let builder = TestServer::builder().handshake_timeout(Duration::from_millis(300));
    let server = builder
        .header_timeout(Duration::from_millis(300))
        .start()
        .unwrap();
    let begun = Instant::now();
    let silent = TcpStream::connect(("127.0.0.1", server.port())).unwrap();
    let reason = only(&server).reason.unwrap();
    assert!(
        reason.starts_with("timed out: the client sent nothing"),
        "{reason}"
    );
    assert!(begun.elapsed() < LONG / 2);
    drop(silent);

    for alpn in [Vec::new(), vec![b"h2".to_vec()]] {
        let mut slow = Client {
            alpn,
            ..Client::default()
        }
        .connect(server.port())
        .unwrap();
        slow.write_all(b"GET / HTTP/1.1\r\nHo").unwrap();
        slow.flush().unwrap();
        let begun = Instant::now();
        let mut rest = Vec::new();
        let _ = std::io::Read::read_to_end(&mut slow, &mut rest);
        assert!(
            begun.elapsed() < LONG / 2,
            "the server left a slow client its connection"
        );
    }
}

#[test]
fn many_servers_run_at_once_and_each_frees_its_port_when_dropped() {
    let servers: Vec<_> = (0..20).map(|_| TestServer::builder().start().unwrap()).collect();
    let ports: Vec<_> = servers.iter().map(TestServer::port).collect();
    for server in &servers {
        Client::trusting(server.chain()).get(server.port(), "/").unwrap();
        assert_eq!(server.requests().len(), 1);
    }
    drop(servers);
    for port in ports {
        assert!(
            TcpStream::connect(("127.0.0.1", port)).is_err(),
            "port {port} is still served"
        );
    }
}

#[test]
fn an_async_test_starts_asks_and_drops_it_like_any_other() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let server = TestServer::builder().start().unwrap();
        let port = server.port();
        let client = Client::trusting(server.chain());
        let asked = tokio::task::spawn_blocking(move || client.get(port, "/").unwrap());
        let handshakes = tokio::time::timeout(LONG, server.until_handshakes(1))
            .await
            .unwrap();
        assert!(handshakes[0].is_ok());
        assert!(asked.await.unwrap().starts_with("HTTP/1.1 200"));
    });
}

#[test]
fn a_browser_gets_a_page_that_may_load_nothing_else_and_a_program_json() {
    let server = TestServer::builder().start().unwrap();
    let client = Client::trusting(server.chain());
    let request =
        "GET / HTTP/1.1\r\nHost: localhost\r\nAccept: text/html,*/*;q=0.8\r\nConnection: close\r\n\r\n";
    let page = client.send(server.port(), request.as_bytes()).unwrap();
    assert!(page.contains("content-type: text/html; charset=utf-8"), "{page}");
    assert!(
        page.contains("content-security-policy: default-src 'none'; style-src 'sha256-"),
        "{page}"
    );
    assert!(
        page.contains("TLS_AES_") && page.contains("<svg ") && page.contains("lang=\"en\""),
        "{page}"
    );
    assert!(!page.contains("{{") && !page.contains("://cdn"), "{page}");
    let json = client.get(server.port(), "/").unwrap();
    let body: serde_json::Value = serde_json::from_str(json.split("\r\n\r\n").nth(1).unwrap()).unwrap();
    assert_eq!(body["connection"]["protocol"], "TLSv1.3");
    assert_eq!(body["server"]["chain"].as_array().unwrap().len(), 2);
    assert_eq!(body["publish_ready"], true);
    assert_eq!(body["connections"].as_array().unwrap().len(), 2);
}

#[test]
fn the_live_list_tells_of_each_handshake_as_it_happens() {
    use std::io::{BufRead, BufReader};
    let server = TestServer::builder().start().unwrap();
    let mut looking = Client::default().connect(server.port()).unwrap();
    looking
        .write_all(b"GET /live HTTP/1.1\r\nHost: localhost\r\n\r\n")
        .unwrap();
    let mut lines = BufReader::new(looking).lines().map(Result::unwrap);
    assert!(lines.any(|line| line == "content-type: text/event-stream"));
    assert!(lines.any(|line| line.is_empty()), "the header ends");
    Client {
        name: Some("new.example"),
        ..Client::default()
    }
    .get(server.port(), "/")
    .unwrap();
    let event = lines
        .find_map(|line| line.strip_prefix("data: ").map(str::to_owned))
        .unwrap();
    let event: serde_json::Value = serde_json::from_str(&event).unwrap();
    assert_eq!(event["ok"], true);
    assert!(
        event["what"].as_str().unwrap().contains("for new.example"),
        "{event}"
    );
}

#[test]
fn an_agent_gets_a_configuration_without_settings_and_is_told_when_it_has_it() {
    let server = TestServer::builder().start().unwrap();
    let send = |request: &str| Client::default().send(server.port(), request.as_bytes()).unwrap();
    let head = "HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n";
    let fresh = send(&format!("GET /config/v1/agents?service.name=x {head}\r\n"));
    assert!(
        fresh.starts_with("HTTP/1.1 200") && fresh.contains("etag: \"-\"") && fresh.ends_with("{}\n"),
        "{fresh}"
    );
    let known = send(&format!(
        "GET /config/v1/agents?service.name=x {head}If-None-Match: \"-\"\r\n\r\n"
    ));
    assert!(known.starts_with("HTTP/1.1 304"), "{known}");
    let body = r#"{"service":{"name":"x"}}"#;
    let length = body.len();
    let posted = send(&format!(
        "POST /config/v1/agents {head}Content-Length: {length}\r\n\r\n{body}"
    ));
    assert!(posted.starts_with("HTTP/1.1 200"), "{posted}");
    let nameless = send(&format!("GET /config/v1/agents {head}\r\n"));
    assert!(
        nameless.starts_with("HTTP/1.1 400") && nameless.contains("service.name is required"),
        "{nameless}"
    );
}

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use super::{Server, fetch, file, pem, pki, sha256, wire_command};
use crate::support::run;

#[test]
fn openssl_shows_its_chain_in_every_version_of_tls() {
    if pki().is_none() {
        return;
    }
    for (option, name) in [
        ("-tls1_3", "TLSv1.3"),
        ("-tls1_2", "TLSv1.2"),
        ("-tls1_1", "TLSv1.1"),
        ("-tls1", "TLSv1,"),
    ] {
        let server = Server::openssl(&[option, "-cipher", "DEFAULT@SECLEVEL=0"]);
        let said = fetch(&[&server.at()]).exits(0).talks_of(name);
        assert_eq!(said.stdout, pem("chain.crt"), "{option}");
    }
}

#[test]
fn old_cipher_suites_unusual_curves_and_dsa_show_their_certificates_too() {
    if pki().is_none() {
        return;
    }
    for (suite, certificate) in [
        ("AES128-SHA", "leaf"),
        ("AES256-SHA256", "leaf"),
        ("DHE-RSA-AES128-SHA", "leaf"),
        ("NULL-SHA256", "leaf"),
        ("DHE-DSS-AES256-SHA", "dsa"),
        ("ECDHE-ECDSA-AES128-SHA", "k1"),
    ] {
        let (crt, key) = (
            file(&format!("{certificate}.crt")),
            file(&format!("{certificate}.key")),
        );
        let server = Server::start(
            Command::new("openssl")
                .args([
                    "s_server",
                    "-accept",
                    "127.0.0.1:0",
                    "-tls1_2",
                    "-cert",
                    &crt,
                    "-key",
                    &key,
                ])
                .args([
                    "-cipher",
                    &format!("{suite}:@SECLEVEL=0"),
                    "-curves",
                    "secp256k1:P-256",
                ]),
        );
        let said = fetch(&[&server.at()]).exits(0);
        assert_eq!(said.stdout, pem(&format!("{certificate}.crt")), "{suite}");
    }
}

#[test]
fn each_certificate_is_described_with_its_role_names_and_fingerprint() {
    if pki().is_none() {
        return;
    }
    let server = Server::python_with("tls", "full.crt");
    let said = fetch(&[&server.at()]).exits(0);
    let said = said
        .talks_of("3 certificates")
        .talks_of("1 leaf\n  subject  CN=localhost\n  issuer   CN=Wire Intermediate,O=Wire Tests\n  names    DNS:localhost, IP:127.0.0.1\n")
        .talks_of("2 intermediate")
        .talks_of("3 root");
    for name in ["leaf.crt", "int.crt", "root.crt"] {
        assert!(said.stderr.contains(&sha256(name)), "{name}: {}", said.stderr);
    }
    assert!(!said.stderr.contains("warning"), "{}", said.stderr);
}

#[test]
fn the_document_holds_chain_roles_and_findings() {
    if pki().is_none() {
        return;
    }
    let server = Server::python("tls");
    let said = fetch(&[&server.at(), "--json"]).exits(0);
    let document: serde_json::Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(document["schema"], 1);
    assert_eq!(document["server"], server.at());
    assert_eq!(document["sni"], "localhost");
    assert_eq!(document["protocol"], "TLSv1.3");
    assert_eq!(document["chain"][0]["role"], "leaf");
    assert_eq!(document["chain"][1]["role"], "intermediate");
    let hex = sha256("leaf.crt").replace(':', "").to_lowercase();
    assert_eq!(document["chain"][0]["sha256"], hex);
    assert_eq!(document["chain"][0]["pem"], pem("leaf.crt"));
    assert_eq!(document["missing_issuer"], "CN=Wire Root,O=Wire Tests");
    assert_eq!(document["client_request"], serde_json::Value::Null);
    assert_eq!(document["findings"], serde_json::json!([]));
}

#[test]
fn a_left_out_intermediate_is_said() {
    if pki().is_none() {
        return;
    }
    let server = Server::python_with("tls", "leaf.crt");
    fetch(&[&server.at()])
        .exits(0)
        .talks_of("sends its own certificate alone")
        .talks_of("CN=Wire Intermediate,O=Wire Tests")
        .talks_of("http://ca.example/int.crt");
}

#[test]
fn an_unordered_and_a_superfluous_chain_is_said() {
    if pki().is_none() {
        return;
    }
    let server = Server::python_with("tls", "unordered.crt");
    fetch(&[&server.at()])
        .exits(0)
        .talks_of("out of order")
        .talks_of("1, 3, 2");
    let server = Server::python_with("tls", "superfluous.crt");
    fetch(&[&server.at()])
        .exits(0)
        .talks_of("certificate 3, `CN=secp256k1`, is no part")
        .talks_of("certificate 4 is sent a second time");
}

#[test]
fn a_server_that_requires_a_client_certificate_shows_its_own_and_whom_it_accepts() {
    if pki().is_none() {
        return;
    }
    for option in ["-tls1_3", "-tls1_2", "-tls1_1"] {
        let ca = file("root.crt");
        let more = [
            option,
            "-Verify",
            "1",
            "-verify_return_error",
            "-CAfile",
            &ca,
            "-cipher",
            "DEFAULT@SECLEVEL=0",
        ];
        let server = Server::openssl(&more);
        let said = fetch(&[&server.at()]).exits(0);
        let said = said.talks_of("asks for a client certificate of `CN=Wire Root,O=Wire Tests`");
        assert_eq!(said.stdout, pem("chain.crt"), "{option}");
    }
}

#[test]
fn every_starttls_protocol_turns_to_tls() {
    if pki().is_none() {
        return;
    }
    for protocol in ["smtp", "imap", "pop3", "ldap", "postgres", "mysql", "ftp"] {
        let server = Server::python(protocol);
        let said = fetch(&[&server.at(), "--starttls", protocol]).exits(0);
        assert_eq!(said.stdout, pem("chain.crt"), "{protocol}");
    }
}

#[test]
fn the_servers_that_prove_it_speak_as_openssls_client_does() {
    if pki().is_none() {
        return;
    }
    for protocol in ["smtp", "imap", "pop3", "ldap", "postgres", "mysql", "ftp"] {
        let server = Server::python(protocol);
        let at = format!("127.0.0.1:{}", server.port);
        run(Command::new("openssl").args(["s_client", "-connect", &at, "-starttls", protocol]))
            .says("CN = Wire Intermediate");
    }
}

#[test]
fn a_protocol_without_tls_is_said_in_the_servers_words() {
    if pki().is_none() {
        return;
    }
    for (mode, protocol, words) in [
        (
            "smtp-without",
            "smtp",
            "does not offer it, and it says `502 5.5.2 \\u{1b}[31mcommand not recognized`",
        ),
        ("ldap-without", "ldap", "it answers unavailable (no TLS...)"),
        ("postgres-without", "postgres", "TLS is turned off"),
        ("mysql-without", "mysql", "it does not offer TLS"),
        ("imap", "smtp", "is an IMAP server, and not the SMTP server"),
        ("ssh", "ftp", "is an SSH server"),
        ("tls", "postgres", "TLS from the first byte"),
        ("silent", "imap", "was silent for 3 s"),
        ("endless-line", "smtp", "broke the connection off"),
    ] {
        let server = Server::python(mode);
        fetch(&[&server.at(), "--starttls", protocol, "--timeout", "3"])
            .exits(2)
            .talks_of(words);
    }
}

#[test]
fn what_answers_without_tls_is_named() {
    if pki().is_none() {
        return;
    }
    for (mode, words, hint) in [
        ("http-at-once", "is an HTTP server", "HTTPS"),
        ("ssh", "is an SSH server", "SSH has keys of its own"),
        ("smtp", "is an SMTP server", "--starttls smtp"),
        ("imap", "is an IMAP server", "--starttls imap"),
        ("pop3", "is a POP3 server", "--starttls pop3"),
        ("ftp", "is an FTP server", "--starttls ftp"),
        ("mysql", "is a MySQL server", "--starttls mysql"),
        ("postgres", "is a PostgreSQL server", "--starttls postgres"),
        ("echo", "is a server that says `hello, who are you?`", ""),
        ("escape", "is a server that sends the bytes 1b 5b 32 4a", ""),
        ("close", "closed it without a word", ""),
    ] {
        let server = Server::python(mode);
        let said = fetch(&[&server.at()]).exits(2).talks_of(words).talks_of(hint);
        assert_eq!(said.stdout, "", "{mode}");
    }
}

#[test]
fn an_http_server_that_waits_for_the_end_of_a_line_is_named_too() {
    if pki().is_none() {
        return;
    }
    let server = Server::python("http");
    let started = Instant::now();
    fetch(&[&server.at()]).exits(2).talks_of("is an HTTP server");
    assert!(started.elapsed() < Duration::from_secs(7));
}

#[test]
fn silent_dripping_and_flooding_servers_end_with_the_deadline() {
    if pki().is_none() {
        return;
    }
    for (mode, words) in [
        ("silent", "is a server that says nothing"),
        ("drip", "was too slow"),
        ("flood", "speaks TLS, but not by its rules"),
        ("garbage", "speaks TLS, but not by its rules"),
    ] {
        let server = Server::python(mode);
        let started = Instant::now();
        fetch(&[&server.at(), "--timeout", "3"]).exits(2).talks_of(words);
        let took = started.elapsed();
        assert!(took < Duration::from_millis(4500), "{mode}: {took:?}");
    }
}

#[test]
fn a_server_that_takes_two_seconds_to_answer_is_waited_for() {
    if pki().is_none() {
        return;
    }
    let server = Server::python("slow");
    fetch(&[&server.at(), "--timeout", "5"]).exits(0);
}

#[test]
fn a_refusal_names_its_alert_in_plain_words() {
    if pki().is_none() {
        return;
    }
    let server = Server::python("alert-handshake-failure");
    fetch(&[&server.at()])
        .exits(2)
        .talks_of("alert handshake_failure")
        .talks_of("no cipher suite");
    let server = Server::python("sni");
    fetch(&[&server.at()])
        .exits(2)
        .talks_of("alert unrecognized_name, which means that the server has no certificate for this name")
        .talks_of("--sni");
    fetch(&[&server.at(), "--sni", "inner.example"]).exits(0);
}

#[test]
fn no_certificate_is_asked_for_by_an_address_or_by_an_empty_name() {
    if pki().is_none() {
        return;
    }
    let server = Server::python("tls");
    let sni = |arguments: &[&str]| {
        let said = fetch(&[arguments, &["--json"]].concat()).exits(0);
        let document: serde_json::Value = serde_json::from_str(&said.stdout).unwrap();
        document["sni"].clone()
    };
    assert_eq!(
        sni(&[&format!("127.0.0.1:{}", server.port)]),
        serde_json::Value::Null
    );
    assert_eq!(sni(&[&server.at(), "--sni", ""]), serde_json::Value::Null);
    assert_eq!(
        sni(&[&server.at(), "--sni", "Bücher.example"]),
        "xn--bcher-kva.example"
    );
    fetch(&[&server.at(), "--sni", "a b"])
        .exits(2)
        .talks_of("no server name");
}

#[test]
fn an_ipv6_server_is_reached_by_address_and_url() {
    if pki().is_none() {
        return;
    }
    let server = Server::python("v6");
    for at in [
        format!("[::1]:{}", server.port),
        format!("https://[::1]:{}/x", server.port),
    ] {
        fetch(&[&at]).exits(0).talks_of("([::1]:");
    }
}

#[test]
fn a_closed_port_an_unknown_name_and_a_bad_target_are_one_sentence_each() {
    let free = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    fetch(&[&format!("127.0.0.1:{free}")])
        .exits(2)
        .talks_of("nothing listens on `127.0.0.1:")
        .talks_of("hint: check the port");
    fetch(&["nowhere.invalid:443"])
        .exits(2)
        .talks_of("the name `nowhere.invalid` cannot be resolved");
    fetch(&["http://localhost:8080/"])
        .exits(2)
        .talks_of("https://localhost:8080/");
    fetch(&["localhost:99999"]).exits(2).talks_of("from 1 to 65535");
    fetch(&["::1:443"]).exits(2).talks_of("[::1]:8443");
}

#[test]
fn errors_are_a_document_with_json() {
    let free = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let said = fetch(&[&format!("127.0.0.1:{free}"), "--json"]).exits(2);
    let document: serde_json::Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(document["schema"], 1);
    assert_eq!(document["error"]["kind"], "unreachable");
    assert!(document["error"]["hints"][0].is_string());
}

#[test]
fn a_proxy_is_gone_through_by_option_and_by_environment() {
    if pki().is_none() {
        return;
    }
    let (proxy, server) = (Server::python("proxy"), Server::python("tls"));
    let url = format!("http://127.0.0.1:{}", proxy.port);
    // A name that only the proxy can resolve.
    let at = format!("inner.example:{}", server.port);
    let said = fetch(&[&at, "--proxy", &url])
        .exits(0)
        .talks_of("(through 127.0.0.1:");
    assert_eq!(said.stdout, pem("chain.crt"));
    for (name, more, code) in [
        ("https_proxy", ("x", ""), 0),
        ("HTTPS_PROXY", ("x", ""), 0),
        ("https_proxy", ("no_proxy", "localhost,.example"), 2),
        ("https_proxy", ("NO_PROXY", "other.example"), 0),
    ] {
        let mut command = wire_command(Path::new("/tmp"));
        command.env(name, &url).env(more.0, more.1);
        run(command.args(["fetch", &at])).exits(code);
    }
    let mut command = wire_command(Path::new("/tmp"));
    command.env("https_proxy", &url);
    run(command.args(["fetch", &at, "--proxy", ""])).exits(2);
    let mail = Server::python("smtp");
    fetch(&[
        &format!("inner.example:{}", mail.port),
        "--proxy",
        &url,
        "--starttls",
        "smtp",
    ])
    .exits(0);
}

#[test]
fn a_proxy_that_wants_a_password_gets_it_and_it_is_shown_nowhere() {
    if pki().is_none() {
        return;
    }
    let (proxy, server) = (Server::python("proxy-auth"), Server::python("tls"));
    let url = |user: &str| format!("http://{user}127.0.0.1:{}", proxy.port);
    fetch(&[&server.at(), "--proxy", &url("someone:p%40ss@"), "-v"]).exits(0);
    let said = fetch(&[&server.at(), "--proxy", &url("someone:sentinel@"), "-v"])
        .exits(2)
        .talks_of("407")
        .talks_of("USER:PASSWORD");
    assert!(!said.stderr.contains("sentinel"), "{}", said.stderr);
}

#[test]
fn a_proxy_that_refuses_is_another_thing_or_is_not_there_is_said() {
    if pki().is_none() {
        return;
    }
    let proxy = Server::python("proxy");
    let url = format!("http://127.0.0.1:{}", proxy.port);
    fetch(&["localhost:1", "--proxy", &url])
        .exits(2)
        .talks_of("refuses to connect to `localhost:1`: 502 Bad Gateway");
    let ssh = Server::python("ssh");
    let url = format!("http://127.0.0.1:{}", ssh.port);
    fetch(&["localhost:1", "--proxy", &url])
        .exits(2)
        .talks_of("is no HTTP proxy: it is an SSH server");
    fetch(&["localhost:1", "--proxy", "http://127.0.0.1:1"])
        .exits(2)
        .talks_of("(the proxy)");
    fetch(&["localhost:1", "--proxy", "socks5://127.0.0.1:1"])
        .exits(2)
        .talks_of("socks5");
}

//! Texts of programs beside the JVM, and of older JDKs: each as its program prints it.

use keyjar::explain::explain;

/// The cause's name, and texts that come from it.
const TEXTS: &[(&str, &[&str])] = &[
    (
        "unknown-issuer",
        &[
            "Post \"https://apm:8200/intake/v2/events\": x509: certificate signed by unknown authority",
            "tls: failed to verify certificate: x509: certificate signed by unknown authority",
            "ssl.SSLCertVerificationError: [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: unable to get local issuer certificate (_ssl.c:1006)",
            "verify error:num=20:unable to get local issuer certificate",
            "curl: (60) SSL certificate problem: unable to get local issuer certificate",
            "System.Security.Authentication.AuthenticationException: The remote certificate is invalid because of errors in the certificate chain: PartialChain",
        ],
    ),
    (
        "self-signed",
        &[
            "Error: self-signed certificate in certificate chain\n    at TLSSocket.onConnectSecure (node:_tls_wrap:1674:34) {\n  code: 'SELF_SIGNED_CERT_IN_CHAIN'\n}",
            "APM Server transport error (DEPTH_ZERO_SELF_SIGNED_CERT): self-signed certificate",
            "requests.exceptions.SSLError: certificate verify failed: self signed certificate (_ssl.c:997)",
            "The remote certificate is invalid because of errors in the certificate chain: UntrustedRoot",
        ],
    ),
    (
        "leaf-as-authority",
        &[
            "Error: unable to verify the first certificate\n    at TLSSocket.x (node:_tls_wrap:1:1) {\n  code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'\n}",
        ],
    ),
    (
        "host-name",
        &[
            "x509: certificate is valid for apm.example, www.apm.example, not localhost",
            "certificate verify failed: Hostname mismatch, certificate is not valid for 'localhost'. (_ssl.c:1006)",
            "Error [ERR_TLS_CERT_ALTNAME_INVALID]: Hostname/IP does not match certificate's altnames: Host: localhost. is not in the cert's altnames: DNS:apm",
            "javax.net.ssl.SSLPeerUnverifiedException: Certificate for <localhost> doesn't match any of the subject alternative names: [apm]",
            "javax.net.ssl.SSLPeerUnverifiedException: Hostname localhost not verified:",
            "OpenSSL::SSL::SSLError: hostname \"localhost\" does not match the server certificate",
        ],
    ),
    (
        "host-ip",
        &["x509: cannot validate certificate for 127.0.0.1 because it doesn't contain any IP SANs"],
    ),
    (
        "no-san",
        &["x509: certificate relies on legacy Common Name field, use SANs instead"],
    ),
    (
        "expired",
        &[
            "x509: certificate has expired or is not yet valid: current time 2026-11-25T10:00:00Z is after 2025-01-01T00:00:00Z",
            "certificate verify failed: certificate has expired (_ssl.c:1006)",
            "sun.security.validator.ValidatorException: PKIX path validation failed: java.security.cert.CertPathValidatorException: timestamp check failed",
        ],
    ),
    (
        "pin",
        &[
            "failed to verify server certificate",
            "Fingerprints did not match. Expected \"ab\", got \"cd\".",
        ],
    ),
    (
        "ca-profile",
        &["certificate verify failed: CA cert does not include key usage extension (_ssl.c:1028)"],
    ),
    (
        "not-tls",
        &[
            "http: server gave HTTP response to HTTPS client",
            "tls: first record does not look like a TLS handshake",
            "[SSL: WRONG_VERSION_NUMBER] wrong version number (_ssl.c:1006)",
            "io.netty.handler.ssl.NotSslRecordException: not an SSL/TLS record: 485454502f312e31",
        ],
    ),
    (
        "plain-on-tls",
        &["received plaintext http traffic on an https channel, closing connection"],
    ),
    (
        "client-certificate-missing",
        &[
            "remote error: tls: certificate required",
            "javax.net.ssl.SSLHandshakeException: Received fatal alert: certificate_required",
            "[SSL: TLSV13_ALERT_CERTIFICATE_REQUIRED] tlsv13 alert certificate required (_ssl.c:2580)",
        ],
    ),
    (
        "unknown-ca-alert",
        &[
            "javax.net.ssl.SSLHandshakeException: Received fatal alert: unknown_ca",
            "tlsv1 alert unknown ca",
        ],
    ),
    (
        "certificate-refused",
        &["http: TLS handshake error from 127.0.0.1:4: remote error: tls: bad certificate"],
    ),
    (
        "unknown-client-issuer",
        &[
            "javax.net.ssl.SSLHandshakeException: PKIX path building failed: x\n\tat sun.security.ssl.X509TrustManagerImpl.checkClientTrusted(X509TrustManagerImpl.java:133)",
        ],
    ),
    (
        "pbmac1",
        &[
            "java.io.IOException: Integrity check failed: java.security.NoSuchAlgorithmException: Algorithm HmacPBE1.2.840.113549.1.5.14 not available",
        ],
    ),
    (
        "old-jdk-mac",
        &[
            "java.io.IOException: Integrity check failed: java.security.NoSuchAlgorithmException: Algorithm HmacPBESHA256 not available",
        ],
    ),
    (
        "old-jdk-cipher",
        &[
            "java.io.IOException: parseAlgParameters failed: ObjectIdentifier() -- data isn't an object ID (tag = 48)",
        ],
    ),
    (
        "openssl-legacy",
        &[
            "Error outputting keys and certificates\n4027:error:0308010C:digital envelope routines:inner_evp_generic_fetch:unsupported:crypto/evp/evp_fetch.c:373:Global default library context, Algorithm (RC2-40-CBC : 0), Properties ()",
        ],
    ),
    (
        "wrong-password",
        &[
            "Mac verify error: invalid password?",
            "keytool error: java.io.IOException: keystore password was incorrect",
        ],
    ),
    (
        "alias-exists",
        &["keytool error: java.lang.Exception: Certificate not imported, alias <ca> already exists"],
    ),
    (
        "not-a-certificate",
        &["keytool error: java.lang.Exception: Input not an X.509 certificate"],
    ),
    (
        "reply-mismatch",
        &["keytool error: java.lang.Exception: Public keys in reply and keystore don't match"],
    ),
    (
        "empty-file-keytool",
        &["keytool error: java.lang.Exception: Keystore file exists, but is empty: x.p12"],
    ),
    (
        "password-too-short",
        &["keytool error: java.lang.Exception: Keystore password must be at least 6 characters"],
    ),
    (
        "cacerts-not-writable",
        &[
            "keytool error: java.io.FileNotFoundException: /usr/lib/jvm/java-17/lib/security/cacerts (Permission denied)",
            "keytool error: java.io.FileNotFoundException: /opt/java/openjdk/lib/security/cacerts (Read-only file system)",
        ],
    ),
    (
        "unmatched-quote",
        &["Error: Unmatched quote in environment variable JDK_JAVA_OPTIONS"],
    ),
    (
        "argfile-on-8",
        &["Error: Could not find or load main class @tls.args"],
    ),
    (
        "encrypted-pkcs1",
        &[
            "Encrypted PKCS#1 PEM keys are deprecated and insecure, support will be removed in a future release",
        ],
    ),
    (
        "elastic-key-managers",
        &[
            "co.elastic.apm.agent.report.ssl.SslUtils - unable to setup key managers, client certificate will not be used",
        ],
    ),
    (
        "illegal-name",
        &["javax.net.ssl.SSLHandshakeException: Illegal given domain name: my_host.example.com"],
    ),
    (
        "algorithm",
        &[
            "java.security.cert.CertPathValidatorException: Algorithm constraints check failed on signature algorithm: MD5withRSA",
        ],
    ),
    (
        "chain-too-long",
        &[
            "javax.net.ssl.SSLProtocolException: The certificate chain length (11) exceeds the maximum allowed length (10)",
        ],
    ),
];

#[test]
fn texts_of_other_programs_are_told_from_each_other() {
    for (cause, texts) in TEXTS {
        for text in *texts {
            let found = explain(text).findings;
            let ids: Vec<_> = found.iter().map(|finding| finding.cause.id).collect();
            assert_eq!(ids, [*cause], "{text}");
        }
    }
}

#[test]
fn what_a_text_names_stands_in_the_sentence_and_the_commands() {
    let log = "I/O error on POST request for \"https://apm:8200/x\": No name matching apm found\n";
    let found = explain(log).findings;
    assert!(found[0].sentence().contains("`apm`"), "{}", found[0].sentence());
    assert!(
        found[0].remedies()[0].contains("keyjar fetch apm:8200"),
        "{:?}",
        found[0].remedies()
    );
    let found = explain("java.security.KeyStoreException: p12 not found").findings;
    assert!(found[0].sentence().contains("`p12`"), "{}", found[0].sentence());
    let found = explain("java.io.FileNotFoundException: /a b/t.p12 (No such file or directory)").findings;
    assert!(
        found[0].sentence().contains("`/a b/t.p12`"),
        "{}",
        found[0].sentence()
    );
}

#[test]
fn everyday_logs_hold_no_tls_failure() {
    let log = "INFO  Tomcat started on port(s): 8443 (https)\n\
        DEBUG tls handshake finished, protocol TLSv1.3\n\
        ERROR java.net.ConnectException: Connection refused\n\
        \tat java.base/sun.nio.ch.Net.connect0(Native Method)\n\
        WARN  java.io.FileNotFoundException: config.yml (No such file or directory)\n\
        WARN  password of the user expires in 3 days\n";
    let found = explain(log);
    assert!(found.findings.is_empty() && found.unknown.is_empty(), "{found:?}");
}

#[test]
fn any_piece_of_a_log_is_taken_without_a_panic() {
    let log: String = TEXTS
        .iter()
        .flat_map(|(_, texts)| texts.iter())
        .map(|text| format!("{text}\n"))
        .collect();
    for end in (0..log.len())
        .filter(|end| log.is_char_boundary(*end))
        .step_by(61)
    {
        let (head, tail) = (explain(&log[..end]), explain(&log[end..]));
        assert!(end < 100 || !head.findings.is_empty());
        assert!(log.len() - end < 300 || !tail.findings.is_empty());
    }
}

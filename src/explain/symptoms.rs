//! Which text tells which cause. The first row that fits counts: what is deeper in a trace, and more telling,
//! stands higher.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

use super::causes::by_id;
use super::log::{Event, cause};
use super::{Finding, shown};

/// A text and its cause.
#[derive(Debug)]
pub struct Symptom {
    /// What a line holds; `{name}` is any text up to what follows.
    pub text: &'static str,
    /// What the event holds besides.
    pub with: &'static [&'static str],
    /// The cause's name.
    pub cause: &'static str,
}

macro_rules! symptoms {
    ($($cause:literal: $($text:literal $(& $with:literal)*),+;)*) => {
        /// All of them, in the order they are tried in.
        pub const SYMPTOMS: &[Symptom] = &[$($(Symptom { text: $text, with: &[$($with),*], cause: $cause }),+),*];
    };
}

symptoms! {
    // sun.security.pkcs12.PKCS12KeyStore, sun.security.provider.JavaKeyStore, sun.security.util.KeyStoreDelegator
    "pbmac1": "Algorithm HmacPBE1.2.840.113549.1.5.14 not available", "HmacPBE1.2.840.113549.1.5.14",
        "Mac verify error: unknown algorithm", "unsupported mac algorithm pbmac1";
    "old-jdk-mac": "Algorithm HmacPBESHA256 not available", "Algorithm HmacPBESHA384 not available",
        "Algorithm HmacPBESHA512 not available";
    "old-jdk-cipher": "ObjectIdentifier() -- data isn't an object ID (tag = 48)",
        "Cannot find any provider supporting 1.2.840.113549.1.5.13";
    "unsupported-cipher": "expecting the object identifier for AES cipher",
        "expecting the object identifier for a HmacSHA key derivation function",
        "expecting the object identifier for a HmacSHA pseudorandom function",
        "expecting the object identifier for PBKDF2", "Salt must be at least 8 bytes long",
        "PBE iteration count too large", "MAC iteration count too large",
        "Cannot find any provider supporting" & "safe contents", "Null or empty transformation";
    "password-not-ascii": "Password is not ASCII";
    "key-password-missing": "Get Key failed: Cannot read the array length because \"password\" is null",
        "Get Key failed: null", "Password must not be null" & "KeyStore";
    "key-password": "Get Key failed: Given final block not properly padded", "Cannot recover key";
    "unparsable-certificate": "failed to decrypt safe contents entry: java.security.cert.Certificate",
        "failed to decrypt safe contents entry: java.io.IOException: Duplicate extensions",
        "Empty issuer DN not allowed in X509Certificates", "Duplicate extensions not allowed",
        "SubjectAltNames extension MUST be marked critical", "SubjectAlternativeName extension MUST be marked critical",
        "Only named ECParameters supported" & "KeyStore", "java.security.cert.CertificateParsingException" & "KeyStore";
    "wrong-password": "keystore password was incorrect", "Keystore was tampered with, or password was incorrect",
        "Failed PKCS12 integrity checking", "Password verification failed", "keystore password is incorrect",
        "PKCS12 key store mac invalid - wrong password", "Mac verify error: invalid password",
        "mac verify failure", "pkcs12: decryption password incorrect", "BadPaddingException" & "KeyStore";
    "pem-as-store": "toDerInputStream rejects tag type 45", "DerInputStream rejects tag type 45";
    "der-as-store": "getBigIntegerInternal, not expected 48", "DER input, Integer tag error";
    "jks-as-pkcs12": "DerInputStream.getLength(): lengthTag=109, too big";
    "jceks-store": "DerInputStream.getLength(): lengthTag=78, too big";
    "empty-store": "Tag number over 30 is not supported" & "KeyStore", "Short read of DER length" & "KeyStore",
        "Tag number over 30 is not supported" & "trust store", "Short read of DER length" & "trust store",
        "java.io.EOFException" & "problem accessing trust store";
    "empty-file-keytool": "Keystore file exists, but is empty";
    "truncated-store": "java.io.EOFException" & "PKCS12KeyStore", "java.io.EOFException" & "JavaKeyStore",
        "java.io.EOFException" & "KeyStore.load", "toDerInputStream rejects tag type",
        "PKCS12 keystore not in version 3 format", "DerInputStream.getLength()" & "KeyStore",
        "Redundant length bytes found", "asn1 encoding routines" & "PKCS12";
    "unknown-type": "KeyStoreException: {type} not found", "{type} KeyStore not available",
        "no such algorithm: {type} for provider";
    "not-a-store": "Invalid keystore format", "Unrecognized keystore format",
        "public key protected PKCS12 not supported";
    "store-missing": "Keystore file does not exist:{path}";
    "keystore-missing": "java.io.FileNotFoundException:{path} (No such file or directory)" & "DefaultSSLContext",
        "java.nio.file.NoSuchFileException:{path}" & "DefaultSSLContext";
    "cacerts-not-writable": "cacerts (Permission denied)", "cacerts (Read-only file system)",
        "cacerts: Permission denied", "cacerts: Read-only file system", "cacerts': Permission denied",
        "cacerts': Read-only file system";
    "store-missing": "java.io.FileNotFoundException:{path} (No such file or directory)" & "KeyStore",
        "java.io.FileNotFoundException:{path} (Permission denied)" & "KeyStore",
        "java.io.FileNotFoundException:{path} (No such file or directory)" & ".p12 (",
        "java.io.FileNotFoundException:{path} (No such file or directory)" & ".jks (",
        "java.io.FileNotFoundException:{path} (No such file or directory)" & ".pfx (",
        "java.io.FileNotFoundException:{path} (Permission denied)" & ".p12 (",
        "java.io.FileNotFoundException:{path} (Permission denied)" & ".jks (",
        "java.nio.file.NoSuchFileException:{path}.p12", "java.nio.file.NoSuchFileException:{path}.jks";
    // sun.security.validator.PKIXValidator with no anchors
    "empty-truststore": "the trustAnchors parameter must be non-empty", "Your keystore contains 0 entries";
    // sun.security.ssl.TrustStoreManager through DefaultSSLContext, which loses the cause from JDK 17 on
    "truststore-not-opened": "problem accessing trust store";
    "keystore-not-opened": "KeyManagementException" & "Error constructing implementation";
    // sun.security.provider.certpath, sun.security.validator
    "expired": "CertificateExpiredException: NotAfter:{when}" , "certificate expired on{when}", "CertificateExpiredException";
    "not-yet-valid": "CertificateNotYetValidException: NotBefore:{when}", "CertificateNotYetValidException";
    "expired": "validity check failed", "timestamp check failed";
    "anchor-not-ca": "TrustAnchor with subject{subject} is not a CA certificate",
        "TrustAnchor with subject{subject} does not have keyCertSign bit";
    "path-length": "pathLenConstraint violated";
    "issuer-not-ca": "basic constraints check failed", "CA key usage check failed", "x509: invalid signature: parent certificate cannot sign",
        "x509: certificate is not authorized to sign other certificates", "(invalid CA certificate)", "invalid CA certificate";
    "name-constraints": "name constraints check failed", "x509: a root or intermediate certificate is not authorized to sign for this name",
        "permitted subtree violation", "excluded subtree violation";
    "critical-extension": "unrecognized critical extension", "x509: unhandled critical extension", "unhandled critical extension";
    "algorithm": "Algorithm constraints check failed", "Usage constraint TLS", "does not conform to algorithm constraints",
        "do not conform to algorithm constraints", "on disabled algorithm:", "x509: cannot verify signature: insecure algorithm",
        "EE_KEY_TOO_SMALL", "ee key too small", "ca md too weak", "CA_MD_TOO_WEAK", "CA_KEY_TOO_SMALL";
    "server-usage": "Extended key usage does not permit use for TLS server authentication",
        "x509: certificate specifies an incompatible key usage", "unsuitable certificate purpose", "unsupported certificate purpose";
    "client-usage": "Extended key usage does not permit use for TLS client authentication";
    "key-usage": "KeyUsage does not allow digital signatures", "KeyUsage does not allow key";
    "anchor-mismatch": "Path does not chain with any of the trust anchors";
    "bad-signature": "signature check failed", "certificate signature failure", "x509: certificate signed by unknown authority (possibly because of",
        "crypto/rsa: verification error";
    "unknown-client-issuer": "PKIX path building failed" & "checkClientTrusted", "PKIX path building failed" & "checkClientCerts",
        "unable to find valid certification path" & "checkClientTrusted", "tls: failed to verify client certificate", "tls: client didn't provide a certificate: x509";
    "unknown-issuer": "unable to find valid certification path to requested target", "PKIX path building failed";
    // sun.security.util.HostnameChecker; Apache HttpClient, OkHttp, Netty
    "host-name": "No subject alternative DNS name matching {name} found", "No name matching {name} found",
        "Certificate for <{name}> doesn't match", "Hostname {name} not verified", "hostname in certificate didn't match: <{name}>",
        "x509: certificate is valid for {names}, not {name}", "x509: certificate is not valid for any names, but wanted to match {name}",
        "Hostname mismatch, certificate is not valid for '{name}'", "hostname '{name}' doesn't match",
        "Hostname/IP does not match certificate's altnames: Host: {name}. is not", "ERR_TLS_CERT_ALTNAME_INVALID",
        "hostname \"{name}\" does not match the server certificate", "RemoteCertificateNameMismatch",
        "no alternative certificate subject name matches target host name '{name}'", "No subject alternative names matching DNS name {name} found";
    "host-ip": "No subject alternative names matching IP address {name} found",
        "x509: cannot validate certificate for {name} because it doesn't contain any IP SANs",
        "IP address mismatch, certificate is not valid for '{name}'",
        "Hostname/IP does not match certificate's altnames: IP: {name} is not in the cert's list";
    "no-san": "No subject alternative names present", "x509: certificate relies on legacy Common Name field",
        "No subject alternative DNS names", "contains no SAN";
    "illegal-name": "Illegal given domain name: {name}";
    // Go, Python, Node, Ruby, .NET, PHP, curl and OpenSSL itself (X509_verify_cert_error_string)
    "ca-profile": "CA cert does not include key usage extension", "Missing Authority Key Identifier", "Missing Subject Key Identifier",
        "Basic Constraints of CA cert not marked critical";
    "pin": "failed to verify server certificate", "Fingerprints did not match", "certificate pinning failure", "Certificate pinning failure";
    "self-signed": "DEPTH_ZERO_SELF_SIGNED_CERT", "SELF_SIGNED_CERT_IN_CHAIN", "self signed certificate", "self-signed certificate",
        "UntrustedRoot", "x509: certificate is not trusted";
    "leaf-as-authority": "UNABLE_TO_VERIFY_LEAF_SIGNATURE", "unable to verify the first certificate";
    "unknown-issuer": "x509: certificate signed by unknown authority", "unable to get local issuer certificate",
        "unable to get issuer certificate", "UNABLE_TO_GET_ISSUER_CERT", "PartialChain", "SEC_ERROR_UNKNOWN_ISSUER", "UnknownIssuer",
        "The remote certificate is invalid according to the validation procedure", "SSL certificate problem",
        "The remote certificate was rejected by the provided RemoteCertificateValidationCallback";
    "expired": "x509: certificate has expired or is not yet valid", "certificate has expired", "CERT_HAS_EXPIRED", "NotTimeValid";
    "not-yet-valid": "certificate is not yet valid", "CERT_NOT_YET_VALID";
    "unknown-issuer": "CERTIFICATE_VERIFY_FAILED", "certificate verify failed";
    "key-mismatch": "KEY_VALUES_MISMATCH", "key values mismatch", "private key does not match public key",
        "Private key must match", "Public key and private key do not match", "private key does not match certificate";
    "encrypted-pkcs1": "Encrypted PKCS#1 PEM keys are deprecated";
    "openssl-legacy": "RC2-40-CBC : unsupported", "RC2-40-CBC" & "unsupported", "inner_evp_generic_fetch:unsupported",
        "error:0308010C:digital envelope routines::unsupported";
    "unsupported-cipher": "algid parse error, not a sequence", "unsupported algorithm in PKCS12", "pkcs12: unknown";
    "not-a-certificate": "Input not an X.509 certificate", "tls: failed to find any PEM data", "no start line", "x509: malformed certificate";
    // keytool
    "alias-exists": "Certificate not imported, alias {alias} already exists", "Certificate not imported, alias";
    "reply-mismatch": "Public keys in reply and keystore don't match";
    "reply-chain": "Failed to establish chain from reply";
    "password-too-short": "Keystore password must be at least 6 characters";
    // The JVM's launcher
    "unmatched-quote": "Unmatched quote in environment variable {variable}", "Unmatched quote in {variable}";
    "argfile-on-8": "Could not find or load main class {file}" & "load main class @";
    "word-in-options": "Error: Cannot specify main class in environment variable {variable}",
        "Unrecognized option: " & "Picked up JAVA_TOOL_OPTIONS";
    // Alerts (RFC 8446 section 6) and what the JDK says beside them
    "client-certificate-missing": "Empty client certificate chain", "Empty server certificate chain" & "ServerHandshake",
        "Empty server certificate chain", "alert: certificate_required", "alert certificate required", "CERTIFICATE_REQUIRED",
        "peer did not return a certificate", "tls: client didn't provide a certificate", "tls: certificate required",
        "No required SSL certificate was sent";
    "elastic-key-managers": "unable to setup key managers";
    "unsupported-certificate-alert": "alert: unsupported_certificate", "alert unsupported certificate",
        "tls: unsupported certificate";
    "expired-alert": "alert: certificate_expired", "alert certificate expired", "tls: expired certificate";
    "unknown-ca-alert": "alert: unknown_ca", "alert unknown ca", "tls: unknown certificate authority";
    "certificate-refused": "alert: certificate_unknown", "alert certificate unknown", "alert: bad_certificate", "alert bad certificate",
        "tls: bad certificate", "tls: unknown certificate", "alert: access_denied", "client did not trust this server's certificate";
    "decrypt-error": "alert: decrypt_error", "alert decrypt error", "tls: error decrypting message";
    "chain-too-long": "exceeds the maximum allowed length";
    "no-common-cipher": "no cipher suites in common", "no shared cipher", "tls: no cipher suite supported by both client and server",
        "NO_SHARED_CIPHER";
    "protocol-version": "alert: protocol_version", "alert protocol version", "is not accepted by client preferences",
        "are not accepted by server preferences", "No appropriate protocol", "is not enabled or not supported", "is not enabled or supported",
        "tls: client offered only unsupported versions", "tls: server selected unsupported protocol version",
        "tls: protocol version not supported", "UNSUPPORTED_PROTOCOL", "unsupported protocol" & "SSL routines", "no protocols available";
    "weak-dh": "Could not generate DH keypair", "DH ServerKeyExchange does not comply to algorithm constraints", "DH_KEY_TOO_SMALL",
        "dh key too small";
    "handshake-failure": "alert: handshake_failure", "alert handshake failure", "tls: handshake failure", "ssl/tls alert handshake failure",
        "alert: insufficient_security";
    "unrecognized-name": "alert: unrecognized_name", "handshake alert:  unrecognized_name", "alert unrecognized name", "tls: unrecognized name";
    "internal-error": "alert: internal_error", "alert internal error", "tls: internal error";
    "plain-on-tls": "received plaintext http traffic on an https channel", "client sent an HTTP request to an HTTPS server",
        "not an SSL/TLS record: 474554", "not an SSL/TLS record: 504f5354", "not an SSL/TLS record: 505554", "http request" & "SSL routines";
    "not-tls": "Unsupported or unrecognized SSL message", "Unrecognized SSL message, plaintext connection?", "not an SSL/TLS record",
        "server gave HTTP response to HTTPS client", "first record does not look like a TLS handshake", "wrong version number",
        "WRONG_VERSION_NUMBER", "packet length too long", "EPROTO";
    "unmeasured-peer": "SSLPeerUnverifiedException: peer not authenticated", "SSLPeerUnverifiedException";
    "closed": "Remote host terminated the handshake", "Remote host closed connection during handshake",
        "SSL peer shut down incorrectly", "Received close_notify during handshake", "readHandshakeRecord",
        "UNEXPECTED_EOF_WHILE_READING", "EOF occurred in violation of protocol", "unexpected eof while reading",
        "Client network socket disconnected before secure TLS connection was established",
        "Connection reset" & "sun.security.ssl", "Broken pipe" & "sun.security.ssl", "an existing connection was forcibly closed" & "ssl";
}

/// What only TLS and key stores are spoken of with.
const SPEAKS_OF_TLS: &[&str] = &[
    "javax.net.ssl.",
    "sun.security.ssl.",
    "sun.security.validator.",
    "sun.security.provider.certpath.",
    "sun.security.pkcs12.",
    "java.security.KeyStoreException",
    "java.security.UnrecoverableKeyException",
    "java.security.cert.Cert",
    "Error constructing implementation (algorithm: Default",
    "x509: ",
    "remote error: tls: ",
    "tls: ",
    "SSL routines",
    "[SSL: ",
    "ssl.SSLError",
    "SSL_connect",
    "ERR_SSL_",
    "ERR_TLS_",
    "SSLError(",
    "OpenSSL::SSL::SSLError",
    "curl: (35)",
    "curl: (58)",
    "curl: (60)",
    "PKIX path",
    "SSLHandshakeException",
    "AuthenticationException: The remote certificate",
];

/// The longest literal of every symptom, found in one pass: a line without any needs no closer look.
static LITERALS: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    let literals = SYMPTOMS.iter().map(|symptom| longest_literal(symptom.text));
    AhoCorasick::new(literals.chain(SPEAKS_OF_TLS.iter().copied())).ok()
});

fn longest_literal(pattern: &str) -> &str {
    let pieces = pattern
        .split('{')
        .map(|piece| piece.split_once('}').map_or(piece, |(_, rest)| rest));
    pieces.max_by_key(|piece| piece.len()).unwrap_or(pattern)
}

pub(super) fn is_of_interest(event: &Event<'_>) -> bool {
    LITERALS
        .as_ref()
        .is_none_or(|literals| event.lines().any(|(_, line)| literals.is_match(line)))
}

/// The first symptom that an event shows.
pub(super) fn find(event: &Event<'_>) -> Option<Finding> {
    SYMPTOMS.iter().find_map(|symptom| {
        if !symptom.with.iter().all(|text| event.contains(text)) {
            return None;
        }
        // The deepest cause tells it best.
        let (line, text, mut names) = event
            .lines()
            .filter_map(|(line, text)| Some((line, text, capture(symptom.text, text)?)))
            .last()?;
        if let Some(host) = host_in(event) {
            names.entry(String::from("host")).or_insert(host);
        }
        Some(Finding {
            cause: by_id(symptom.cause)?,
            line,
            text: shown(cause(text).unwrap_or(text)),
            count: 1,
            names,
        })
    })
}

/// A line of the event that speaks of TLS or key stores as a failure.
pub(super) fn speaks_of_tls<'a>(event: &'a Event<'_>) -> Option<(usize, &'a str)> {
    let is_failure = [
        "Exception",
        "xception:",
        "rror",
        "Caused by",
        "fail",
        "refused",
        "rejected",
        "javax.net.ssl.",
    ];
    event
        .lines()
        .filter(|(_, line)| !super::log::is_frame(line))
        .filter(|(_, line)| is_failure.iter().any(|word| line.contains(word)))
        .find(|(_, line)| SPEAKS_OF_TLS.iter().any(|text| line.contains(text)))
}

/// What stands at the names of a pattern, where the text holds it.
fn capture(pattern: &str, text: &str) -> Option<BTreeMap<String, String>> {
    let mut names = BTreeMap::new();
    let mut rest = text;
    let mut pattern = pattern;
    let mut open: Option<&str> = None;
    loop {
        let (literal, name, after) = match pattern.split_once('{') {
            Some((literal, after)) => {
                let (name, after) = after.split_once('}')?;
                (literal, Some(name), after)
            }
            None => (pattern, None, ""),
        };
        let at = match (literal.is_empty(), open) {
            (true, Some(_)) => rest.len(),
            _ => rest.find(literal)?,
        };
        if let Some(open) = open {
            let value = rest.get(..at)?;
            // A name is no sentence; the word before the text is all of it where the pattern begins with it.
            let value = if names.is_empty() && pattern_begins_with_name(text, value) {
                value.rsplit([' ', ':', '"', '(']).next().unwrap_or(value)
            } else {
                value
            };
            names.insert(open.to_owned(), clean(open, value));
        }
        rest = rest.get(at + literal.len()..)?;
        let Some(name) = name else { return Some(names) };
        open = Some(name);
        pattern = after;
    }
}

fn pattern_begins_with_name(text: &str, value: &str) -> bool {
    text.starts_with(value) && !value.is_empty()
}

/// A value as it reads in a sentence: hosts and types bare, the rest with a blank before it.
fn clean(name: &str, value: &str) -> String {
    let value = value.trim().trim_end_matches(['.', ',', '"', '\'', '}']);
    match name {
        "when" => format!(" ({value})"),
        "path" | "alias" => format!(" `{}`", value.trim_matches(['<', '>'])),
        "subject" => format!(" `{}`", value.trim_matches('"')),
        "name" => value
            .split_whitespace()
            .next()
            .unwrap_or(value)
            .trim_end_matches([',', '"', '.'])
            .to_owned(),
        _ => value.trim_matches(['"', '\'', '<', '>']).to_owned(),
    }
}

/// The host of a URL in the event, with its port.
fn host_in(event: &Event<'_>) -> Option<String> {
    event.lines().find_map(|(_, line)| {
        let (_, rest) = line.split_once("https://")?;
        let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || "-._:[]".contains(c)));
        let host = rest
            .get(..end.unwrap_or(rest.len()))?
            .trim_end_matches([':', '.']);
        let has_port = host
            .rsplit_once(':')
            .is_some_and(|(_, port)| port.parse::<u16>().is_ok());
        (!host.is_empty()).then(|| {
            if has_port {
                host.to_owned()
            } else {
                format!("{host}:443")
            }
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(text: &str, pattern: &str) -> Option<String> {
        capture(pattern, text)?.into_values().next()
    }

    #[test]
    fn a_name_ends_where_the_pattern_goes_on() {
        assert_eq!(
            one("x: No name matching apm found", "No name matching {name} found").as_deref(),
            Some("apm")
        );
        assert_eq!(
            one(
                "a.KeyStoreException: p12 not found",
                "KeyStoreException: {type} not found"
            )
            .as_deref(),
            Some("p12")
        );
        assert_eq!(
            one("c: BKS KeyStore not available", "{type} KeyStore not available").as_deref(),
            Some("BKS")
        );
        assert_eq!(
            one("x509: certificate is valid for a, b, not apm", "not {name}").as_deref(),
            Some("apm")
        );
    }
}

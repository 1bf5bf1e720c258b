//! `java.security`: the file of security properties of a JDK (`java.util.Properties`).

use std::collections::HashMap;

/// The security properties of a JVM.
///
/// ```
/// use keyjar::trust::SecurityProperties;
/// let properties = SecurityProperties::parse(b"jdk.certpath.disabledAlgorithms=MD2, \\\n    RSA keySize < 2048\n");
/// assert_eq!(properties.get("jdk.certpath.disabledAlgorithms"), Some("MD2, RSA keySize < 2048"));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SecurityProperties(HashMap<String, String>);

impl SecurityProperties {
    /// Parses a file as `java.util.Properties.load` does: ISO 8859-1, continued lines, escapes; the last of several
    /// values counts.
    #[must_use]
    pub fn parse(file: &[u8]) -> Self {
        let text: String = file.iter().copied().map(char::from).collect();
        let mut properties = HashMap::new();
        let mut lines = text.split(['\n', '\r']);
        while let Some(line) = lines.next() {
            let line = line.trim_start_matches([' ', '\t', '\u{c}']);
            if line.is_empty() || line.starts_with(['#', '!']) {
                continue;
            }
            let mut logical = line.to_owned();
            while ends_with_escape(&logical) {
                logical.pop();
                let Some(next) = lines.next() else { break };
                logical.push_str(next.trim_start_matches([' ', '\t', '\u{c}']));
            }
            let (key, value) = split(&logical);
            properties.insert(unescape(key), unescape(value));
        }
        Self(properties)
    }

    /// A property's value.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// What the current update of a JDK comes with.
    pub(super) fn of_jdk(version: u32) -> Option<Self> {
        let tls = match version {
            8 => [OLDEST_TLS, INCLUDE].concat(),
            11 => [TLS, SCOPES, INCLUDE].concat(),
            17 => TLS.to_owned(),
            21 | 25 | 26 | 28 => [TLS, SCOPES].concat(),
            _ => return None,
        };
        let mut certpath = CERTPATH.to_owned();
        let mut properties = HashMap::new();
        if version < 17 {
            certpath.push_str(INCLUDE);
            properties.insert(String::from("jdk.disabled.namedCurves"), CURVES.to_owned());
        }
        properties.insert(String::from("jdk.certpath.disabledAlgorithms"), certpath);
        properties.insert(String::from("jdk.tls.disabledAlgorithms"), tls);
        Some(Self(properties))
    }
}

/// An odd number of backslashes at the end.
fn ends_with_escape(line: &str) -> bool {
    (line.len() - line.trim_end_matches('\\').len()) % 2 == 1
}

/// The key ends at the first `=`, `:` or blank that is not escaped.
fn split(line: &str) -> (&str, &str) {
    let mut is_escaped = false;
    for (at, character) in line.char_indices() {
        match character {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            '=' | ':' | ' ' | '\t' | '\u{c}' => {
                let (key, rest) = line.split_at(at);
                let blanks = [' ', '\t', '\u{c}'];
                let rest = rest.trim_start_matches(blanks);
                let rest = rest.strip_prefix(['=', ':']).unwrap_or(rest);
                return (key, rest.trim_start_matches(blanks));
            }
            _ => {}
        }
    }
    (line, "")
}

fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(character) = rest.next() {
        if character != '\\' {
            out.push(character);
            continue;
        }
        match rest.next() {
            Some('t') => out.push('\t'),
            Some('n') => out.push('\n'),
            Some('r') => out.push('\r'),
            Some('f') => out.push('\u{c}'),
            Some('u') => {
                let digits: String = rest.by_ref().take(4).collect();
                let unit = u32::from_str_radix(&digits, 16).ok();
                out.push(
                    unit.and_then(char::from_u32)
                        .unwrap_or(char::REPLACEMENT_CHARACTER),
                );
            }
            Some(other) => out.push(other),
            None => {}
        }
    }
    out
}

/// The same from 8 to 28.
const CERTPATH: &str = "MD2, MD5, SHA1 jdkCA & usage TLSServer, RSA keySize < 1024, DSA keySize < 1024, \
    EC keySize < 224, SHA1 usage SignedJAR & denyAfter 2019-01-01";
const INCLUDE: &str = ", include jdk.disabled.namedCurves";
const OLDEST_TLS: &str = "SSLv3, TLSv1, TLSv1.1, RC4, DES, MD5withRSA, DH keySize < 1024, EC keySize < 224, \
    3DES_EDE_CBC, anon, NULL, ECDH";
const TLS: &str = "SSLv3, TLSv1, TLSv1.1, DTLSv1.0, RC4, DES, MD5withRSA, DH keySize < 1024, EC keySize < 224, \
    3DES_EDE_CBC, anon, NULL, ECDH";
const SCOPES: &str = ", TLS_RSA_*, rsa_pkcs1_sha1 usage HandshakeSignature, \
    ecdsa_sha1 usage HandshakeSignature, dsa_sha1 usage HandshakeSignature";
const CURVES: &str = "secp112r1, secp112r2, secp128r1, secp128r2, secp160k1, secp160r1, secp160r2, secp192k1, secp192r1, \
    secp224k1, secp224r1, secp256k1, sect113r1, sect113r2, sect131r1, sect131r2, sect163k1, sect163r1, \
    sect163r2, sect193r1, sect193r2, sect233k1, sect233r1, sect239k1, sect283k1, sect283r1, sect409k1, \
    sect409r1, sect571k1, sect571r1, X9.62 c2tnb191v1, X9.62 c2tnb191v2, X9.62 c2tnb191v3, X9.62 \
    c2tnb239v1, X9.62 c2tnb239v2, X9.62 c2tnb239v3, X9.62 c2tnb359v1, X9.62 c2tnb431r1, X9.62 \
    prime192v2, X9.62 prime192v3, X9.62 prime239v1, X9.62 prime239v2, X9.62 prime239v3, brainpoolP256r1, \
    brainpoolP320r1, brainpoolP384r1, brainpoolP512r1";

//! What verifiers object to in a certificate, before anyone has to find out by a failed handshake.

use der::asn1::ObjectIdentifier;
use jiff::Timestamp;

use super::Dates;
use crate::x509::{Certificate, KeyUsage, SubjectAltName, Validity};

/// An objection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Objection {
    /// Its kind, as `--json` prints it: `no-alternative-names`, `weak-key`, ...
    pub rule: &'static str,
    /// What is wrong.
    pub message: String,
    /// Who objects: `Go`, `Python 3.13`, `JDK 8-14`, ...
    pub by: Vec<&'static str>,
}

/// What a certificate is judged as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Role {
    /// An authority: whoever trusts it or finds it in a chain.
    Authority,
    /// A TLS server, judged by its clients.
    Server,
    /// A TLS client, judged by its servers.
    Client,
}

impl Role {
    /// What a certificate says it is; a leaf that does not say is a server's.
    #[must_use]
    pub fn of(certificate: &Certificate) -> Self {
        if certificate.is_ca() || has_usage(certificate, KeyUsage::KEY_CERT_SIGN) {
            return Self::Authority;
        }
        let purposes = purposes(certificate);
        let is_for = |name: &str| purposes.iter().flatten().any(|purpose| purpose == name);
        if is_for("clientAuth") && !is_for("serverAuth") && !is_for("anyExtendedKeyUsage") {
            Self::Client
        } else {
            Self::Server
        }
    }
}

const JAVA: &str = "Java";
const GO: &str = "Go";
/// `ssl.VERIFY_X509_STRICT` is on by default from 3.13 on.
const STRICT: &str = "Python 3.13";
const STRICT_OPENSSL: &str = "openssl -x509_strict";
const PYTHON: &str = "Python";
const NODE: &str = "Node.js";
const APPLE: &str = "Apple's platforms";
const BROWSERS: &str = "browsers";
const EVERYONE: &[&str] = &[JAVA, GO, PYTHON, NODE];
const STRICT_ONES: &[&str] = &[STRICT, STRICT_OPENSSL];

const SUBJECT_ALT_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.17");
const BASIC_CONSTRAINTS: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.19");

/// Everything that Java, Go, Python, Node.js, strict OpenSSL and Apple's platforms would object to in this
/// certificate, in that role, at that instant.
#[must_use]
pub fn lint(certificate: &Certificate, role: Role, now: Timestamp) -> Vec<Objection> {
    let mut found = Found {
        certificate,
        all: Vec::new(),
    };
    found.readability();
    found.validity(role, now);
    found.key();
    found.signature();
    found.serial();
    match role {
        Role::Authority => found.authority(),
        Role::Server | Role::Client => found.leaf(role),
    }
    if role == Role::Server {
        found.names();
    }
    found.strict();
    found.all
}

struct Found<'a> {
    certificate: &'a Certificate,
    all: Vec<Objection>,
}

impl Found<'_> {
    fn add(&mut self, rule: &'static str, by: &[&'static str], message: impl Into<String>) {
        self.all.push(Objection {
            rule,
            message: message.into(),
            by: by.to_vec(),
        });
    }

    /// The JDK parses before it judges.
    fn readability(&mut self) {
        if let Err(unreadable) = self.certificate.java_readability() {
            self.add("unreadable", &[JAVA], unreadable.to_string());
        }
    }

    fn validity(&mut self, role: Role, now: Timestamp) {
        match self.certificate.validity_at(now) {
            Validity::Valid => {}
            Validity::Expired { at } => self.add("expired", EVERYONE, format!("it expired at {at}")),
            Validity::NotYetValid { from } => {
                self.add(
                    "not-yet-valid",
                    EVERYONE,
                    format!("it is not valid before {from}"),
                );
            }
            Validity::Unreadable => self.add("unreadable-validity", EVERYONE, "its dates are none"),
        }
        let dates = self.certificate.not_before().zip(self.certificate.not_after());
        if let Some((not_before, not_after)) = dates.filter(|_| role == Role::Server) {
            let dates = Dates {
                not_before,
                not_after,
            };
            // What was issued before this day may last longer (https://support.apple.com/en-us/103769).
            let rule_began = Timestamp::from_second(1_561_939_200).unwrap_or(Timestamp::UNIX_EPOCH);
            if not_before >= rule_began && dates.length() > Dates::LONGEST_FOR_SERVERS {
                let days = dates.length().as_hours() / 24;
                let message = format!("it is valid for {days} days, of at most 825");
                self.add("long-validity", &[APPLE], message);
            }
        }
    }

    fn key(&mut self) {
        let Ok(info) = self.certificate.public_key_info() else {
            self.add("unreadable-key", EVERYONE, "its public key cannot be read");
            return;
        };
        let bits = info.bits.unwrap_or(u32::MAX);
        match info.algorithm.as_str() {
            "RSA" | "RSASSA-PSS" if bits < 1024 => {
                self.add("weak-key", EVERYONE, format!("an RSA key of {bits} bits"));
            }
            // Debian's and Node.js's OpenSSL is at security level 2: 112 bits.
            "RSA" | "RSASSA-PSS" if bits < 2048 => {
                let message = format!("an RSA key of {bits} bits is below OpenSSL's security level 2");
                self.add("weak-key", &[PYTHON, NODE, BROWSERS], message);
            }
            "DSA" => self.add(
                "unsupported-key",
                &[GO, BROWSERS, "TLS 1.3"],
                "a DSA key has no place in TLS 1.3, and Go verifies none",
            ),
            "EC" if info.curve.is_none() => self.add(
                "explicit-curve",
                EVERYONE,
                "the curve is given by its parameters, not by name",
            ),
            "EC" if bits < 224 => {
                self.add("weak-key", EVERYONE, format!("an EC key of {bits} bits"));
            }
            _ => {}
        }
    }

    /// An anchor's own signature is not verified by anyone.
    fn signature(&mut self) {
        if self.certificate.seems_self_signed() {
            return;
        }
        let name = self.certificate.signature_algorithm();
        if name.starts_with("MD") {
            self.add("weak-signature", EVERYONE, format!("it is signed with {name}"));
        } else if name.starts_with("SHA1") {
            let message = format!(
                "it is signed with {name}; Java refuses that below the authorities of its own cacerts"
            );
            self.add("weak-signature", &[GO, PYTHON, NODE, BROWSERS], message);
        }
    }

    fn serial(&mut self) {
        let serial = self.certificate.serial();
        let is_zero = serial.iter().all(|octet| *octet == 0);
        if serial.first().is_some_and(|octet| octet & 0x80 != 0) {
            self.add(
                "negative-serial",
                &["Go 1.23", "rustls"],
                "its serial number is negative",
            );
        } else if is_zero {
            self.add("zero-serial", &["RFC 5280 linters"], "its serial number is zero");
        } else if serial.len() > 20 {
            let message = format!("its serial number has {} octets, of at most 20", serial.len());
            self.add("long-serial", &["rustls", "GnuTLS", "RFC 5280 linters"], message);
        }
    }

    fn authority(&mut self) {
        let certificate = self.certificate;
        if certificate.version() >= 3 && certificate.basic_constraints_ca() != Some(true) {
            let message = "it signs certificates, and its basicConstraints do not say CA:TRUE";
            self.add("no-basic-constraints", EVERYONE, message);
        }
        let critical = certificate
            .extensions()
            .find(|extension| extension.oid == BASIC_CONSTRAINTS)
            .is_none_or(|extension| extension.critical);
        if !critical {
            self.add(
                "constraints-not-critical",
                STRICT_ONES,
                "an authority's basicConstraints are not critical",
            );
        }
        match certificate.key_usage() {
            None if certificate.version() >= 3 => self.add(
                "no-key-usage",
                STRICT_ONES,
                "an authority's certificate has no keyUsage (`CA cert does not include key usage extension`)",
            ),
            Some(usage) if !usage.contains(KeyUsage::KEY_CERT_SIGN) => self.add(
                "no-key-cert-sign",
                EVERYONE,
                "an authority's keyUsage has no keyCertSign",
            ),
            _ => {}
        }
        if certificate.version() >= 3 && certificate.subject_key_id().is_none() {
            self.add(
                "no-subject-key-id",
                STRICT_ONES,
                "an authority's certificate has no subjectKeyIdentifier (`Missing Subject Key Identifier`)",
            );
        }
    }

    fn leaf(&mut self, role: Role) {
        let (wanted, sort) = match role {
            Role::Client => ("clientAuth", "client"),
            _ => ("serverAuth", "server"),
        };
        match purposes(self.certificate) {
            None if role == Role::Server => self.add(
                "no-purpose",
                &[APPLE],
                "a server's certificate has no extendedKeyUsage with serverAuth",
            ),
            Some(purposes)
                if !purposes
                    .iter()
                    .any(|purpose| purpose == wanted || purpose == "anyExtendedKeyUsage") =>
            {
                let listed = purposes.join(", ");
                let message = format!(
                    "a {sort}'s extendedKeyUsage has no {wanted}, only {listed} (`Extended key usage does not permit use for TLS {sort} authentication`)"
                );
                self.add("wrong-purpose", EVERYONE, message);
            }
            _ => {}
        }
        if self.certificate.key_usage().is_some_and(|usage| {
            !usage.contains(KeyUsage::DIGITAL_SIGNATURE) && !usage.contains(KeyUsage::KEY_AGREEMENT)
        }) {
            let message = "its keyUsage has no digitalSignature, which every handshake of TLS 1.3 needs";
            self.add("no-digital-signature", EVERYONE, message);
        }
    }

    fn names(&mut self) {
        let names = self.certificate.subject_alt_names();
        let is_host = |name: &SubjectAltName| matches!(name, SubjectAltName::Dns(_) | SubjectAltName::Ip(_));
        if !names.iter().any(is_host) {
            let message = "it has no DNS name and no IP address in subjectAltName; Java and Node.js take the common name for DNS names only";
            self.add("no-alternative-names", &[GO, PYTHON, BROWSERS, APPLE], message);
        }
        for name in &names {
            let SubjectAltName::Dns(name) = name else { continue };
            if name.parse::<std::net::IpAddr>().is_ok() {
                let message = format!("the address {name} is given as a DNS name, by which nobody finds it");
                self.add("address-as-name", EVERYONE, message);
            } else if let Err(error) = super::AltName::dns(name) {
                self.add("odd-name", &[JAVA], error.to_string());
            }
        }
    }

    /// What OpenSSL's `X509_V_FLAG_X509_STRICT` looks at besides (`check_extensions` of x509_vfy.c).
    fn strict(&mut self) {
        let certificate = self.certificate;
        if certificate.version() < 3 {
            if certificate.extensions().next().is_some() {
                self.add(
                    "extensions-without-version-3",
                    STRICT_ONES,
                    "it has extensions, and is not of version 3",
                );
            }
            return;
        }
        if !certificate.seems_self_signed() && certificate.authority_key_id().is_none() {
            self.add(
                "no-authority-key-id",
                STRICT_ONES,
                "it has no authorityKeyIdentifier (`Missing Authority Key Identifier`)",
            );
        }
        if certificate.basic_constraints_ca() != Some(true) && has_usage(certificate, KeyUsage::KEY_CERT_SIGN)
        {
            self.add(
                "key-cert-sign-of-leaf",
                STRICT_ONES,
                "its keyUsage has keyCertSign, and it is no authority's",
            );
        }
        let names = certificate
            .extensions()
            .find(|extension| extension.oid == SUBJECT_ALT_NAME);
        if certificate.subject().is_empty() && names.is_some_and(|names| !names.critical) {
            self.add(
                "names-not-critical",
                STRICT_ONES,
                "its subject is empty, and its subjectAltName not critical",
            );
        }
        if certificate.issuer().is_empty() {
            self.add("no-issuer", STRICT_ONES, "its issuer's name is empty");
        }
    }
}

fn has_usage(certificate: &Certificate, usage: KeyUsage) -> bool {
    certificate.key_usage().is_some_and(|own| own.contains(usage))
}

fn purposes(certificate: &Certificate) -> Option<Vec<String>> {
    let purposes = certificate.extended_key_usage()?;
    Some(purposes.iter().map(ToString::to_string).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pki::{CertificateAuthority, KeyType, Style, Template, self_signed};

    fn rules(certificate: &Certificate) -> Vec<&'static str> {
        let now = crate::clock::now();
        let found = lint(certificate, Role::of(certificate), now);
        found.iter().map(|objection| objection.rule).collect()
    }

    #[test]
    fn nothing_that_is_issued_here_meets_an_objection() {
        let dates = Dates::days(crate::clock::now(), 100).unwrap();
        let template = Template::authority("CN=A".parse().unwrap(), dates);
        let ca = CertificateAuthority::generate(&template, KeyType::EcP256).unwrap();
        assert_eq!(rules(ca.certificate().unwrap()), [""; 0]);
        for kind in KeyType::ALL {
            let key = kind.generate().unwrap();
            let server = Template::server("localhost", dates).unwrap();
            assert_eq!(rules(&ca.issue(&server, &key).unwrap()), [""; 0], "{kind}");
            let client = Template::client("an agent", dates);
            assert_eq!(rules(&ca.issue(&client, &key).unwrap()), [""; 0], "{kind}");
            assert_eq!(rules(&self_signed(&server, &key).unwrap()), [""; 0], "{kind}");
        }
    }

    #[test]
    fn what_certutil_issues_has_no_names_and_no_purpose() {
        let dates = Dates::days(crate::clock::now(), 1095).unwrap();
        let template = Template::authority("CN=A".parse().unwrap(), dates);
        let ca = CertificateAuthority::generate(&template, KeyType::EcP256).unwrap();
        let mut leaf = Template::server("localhost", dates).unwrap();
        leaf.alt_names.clear();
        leaf.style = Style::Certutil;
        let leaf = ca.issue(&leaf, &KeyType::EcP256.generate().unwrap()).unwrap();
        assert_eq!(
            rules(&leaf),
            ["long-validity", "no-purpose", "no-alternative-names"]
        );
    }

    #[test]
    fn a_client_is_no_server() {
        let dates = Dates::days(crate::clock::now(), 10).unwrap();
        let client = Template::client("agent", dates);
        let client = self_signed(&client, &KeyType::EcP256.generate().unwrap()).unwrap();
        let found = lint(&client, Role::Server, crate::clock::now());
        assert!(found.iter().any(|objection| objection.rule == "wrong-purpose"));
    }
}

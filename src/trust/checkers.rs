//! The checks of every certificate of a path, the one under the anchor first, in Java's order
//! (`PKIXCertPathValidator`: `AlgorithmChecker`, `KeyChecker`, `ConstraintsChecker`, `PolicyChecker`, `BasicChecker`,
//! then the TLS layer's own `AlgorithmChecker`).

use std::collections::{BTreeSet, HashMap};

use jiff::Timestamp;

use super::certificate::{
    BASIC_CONSTRAINTS, EXTENDED_KEY_USAGE, KEY_USAGE, NAME_CONSTRAINTS, Parsed, PublicKey, SUBJECT_ALT_NAME,
};
use super::constraints::Use;
use super::jdk::Jdk;
use super::name_constraints::{NameConstraints, Violation};
use super::policy::{PolicyChecker, PolicyError};
use super::refusal::{Reason, Refused, Step, Stop};
use super::signature::Outcome;
use super::work::Work;
use crate::x509::{KeyUsage, Validity};

/// What a path is validated for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Context<'a> {
    pub(super) jdk: &'a Jdk,
    pub(super) at: Timestamp,
    pub(super) is_client: bool,
    /// Whether a TLS session's constraints apply as well.
    pub(super) in_tls: bool,
}

/// Signatures that were verified already, by issuer's key and certificate.
pub(super) type Verified = HashMap<(Vec<u8>, Vec<u8>), Outcome>;

/// The extensions that the checks process.
const PROCESSED: [&str; 9] = [
    BASIC_CONSTRAINTS,
    NAME_CONSTRAINTS,
    "2.5.29.32",
    "2.5.29.33",
    "2.5.29.36",
    "2.5.29.54",
    SUBJECT_ALT_NAME,
    KEY_USAGE,
    EXTENDED_KEY_USAGE,
];

/// The critical extensions of a certificate that Java does not process.
pub(super) fn unresolved(certificate: &Parsed) -> BTreeSet<String> {
    let mut left = certificate.critical.clone();
    left.retain(|oid| !PROCESSED.contains(&oid.as_str()));
    left
}

fn refuse<T>(message: impl Into<String>, reason: Reason, detail: String) -> Result<T, Stop> {
    Err(Stop::Refused(Refused {
        message: message.into(),
        reason,
        detail,
    }))
}

/// The state of all checkers along one path.
pub(super) struct Checkers<'a> {
    context: Context<'a>,
    anchor: &'a Parsed,
    anchor_is_jdk_ca: bool,
    length: usize,
    index: usize,
    max_path_length: i64,
    names: Option<NameConstraints>,
    policies: PolicyChecker,
    previous_key: &'a PublicKey,
    previous_subject: &'a str,
    tls_previous_key: Option<&'a PublicKey>,
}

impl<'a> Checkers<'a> {
    /// For a path of that many certificates under an anchor.
    pub(super) fn new(
        context: Context<'a>,
        anchor: &'a Parsed,
        anchor_is_jdk_ca: bool,
        length: usize,
        is_built: bool,
    ) -> Self {
        Self {
            context,
            anchor,
            anchor_is_jdk_ca,
            length,
            index: 0,
            max_path_length: i64::try_from(length).unwrap_or(i64::MAX),
            names: None,
            policies: PolicyChecker::new(length),
            previous_key: &anchor.key,
            previous_subject: &anchor.subject,
            // Since 26 the TLS layer's checker is told of the anchor in the validator too.
            tls_previous_key: (is_built || context.jdk.version() >= 26).then_some(&anchor.key),
        }
    }

    /// Every check of the next certificate, or one of them.
    pub(super) fn next(
        &mut self,
        certificate: &'a Parsed,
        only: Option<Step>,
        work: &mut Work,
        verified: &mut Verified,
    ) -> Result<(), Stop> {
        self.index += 1;
        let wants = |step| only.is_none_or(|only| only == step);
        if wants(Step::Algorithms) {
            self.algorithms(certificate)?;
        }
        if wants(Step::KeyUsage) && self.index < self.length {
            ca_key_usage(certificate)?;
        }
        if wants(Step::BasicConstraints) {
            self.basic_constraints(certificate)?;
        }
        if wants(Step::NameConstraints) {
            self.name_constraints(certificate, work)?;
        }
        if wants(Step::Policies) {
            self.policies(certificate, work)?;
        }
        if wants(Step::Validity) {
            validity(certificate, self.context.at)?;
        }
        if wants(Step::NameChaining) && certificate.issuer != self.previous_subject {
            let detail = format!(
                "`{}` is issued by `{}`, which the certificate above it is not",
                certificate.subject_text(),
                certificate.certificate.issuer()
            );
            return refuse("subject/issuer name chaining check failed", Reason::Other, detail);
        }
        if wants(Step::Signatures) {
            self.signature(certificate, work, verified)?;
        }
        if wants(Step::TlsAlgorithms) && self.context.in_tls {
            self.tls_algorithms(certificate)?;
        }
        if wants(Step::CriticalExtensions) {
            critical_extensions(certificate)?;
        }
        self.previous_key = &certificate.key;
        self.previous_subject = &certificate.subject;
        self.tls_previous_key = Some(&certificate.key);
        Ok(())
    }

    fn algorithms(&self, certificate: &Parsed) -> Result<(), Stop> {
        let constraints = &self.context.jdk.certpath;
        let jdk = self.context.jdk.version();
        let failed = |subject: &str, message: String| {
            let detail = format!("`{subject}`: {message} (jdk.certpath.disabledAlgorithms)");
            refuse(message, Reason::AlgorithmConstrained, detail)
        };
        let mut r#use = Use {
            is_client: self.context.is_client,
            anchor_is_jdk_ca: self.anchor_is_jdk_ca,
            at: self.context.at,
            certificate: None,
        };
        let name = &certificate.algorithm.name;
        if jdk < 18 && !constraints.permits_name(name) {
            let message = format!("Algorithm constraints check failed on signature algorithm: {name}");
            return failed(certificate.subject_text(), message);
        }
        if jdk < 18 {
            usage_bits(certificate)?;
        }
        let curve = |key: &PublicKey| {
            constraints
                .disabled_curve(key)
                .map(|curve| format!("Algorithm constraints check failed on disabled algorithm: {curve}"))
        };
        if self.index == 1 && jdk >= 18 {
            let key = &self.anchor.key;
            let broken =
                curve(key).map_or_else(|| constraints.check(Some(&key.algorithm), key, true, &r#use), Err);
            if let Err(message) = broken {
                return failed(self.anchor.subject_text(), message);
            }
        }
        r#use.certificate = Some(certificate);
        let key = &certificate.key;
        let broken = curve(key)
            .map_or_else(|| constraints.check(Some(name), key, true, &r#use), Err)
            .and_then(|()| constraints.check_parameters(&certificate.algorithm, key, &r#use));
        if let Err(message) = broken {
            return failed(certificate.subject_text(), message);
        }
        if jdk < 18 && !constraints.permits_key(self.previous_key) {
            let message = format!("Algorithm constraints check failed on signature algorithm: {name}");
            return failed(self.previous_subject, message);
        }
        Ok(())
    }

    fn basic_constraints(&mut self, certificate: &Parsed) -> Result<(), Stop> {
        if self.index >= self.length {
            return Ok(());
        }
        let subject = certificate.subject_text();
        let length = if certificate.version() >= 3 {
            certificate.path_length
        } else if self.index == 1 && certificate.is_self_issued() {
            i64::from(i32::MAX)
        } else {
            -1
        };
        if length == -1 {
            return refuse(
                "basic constraints check failed: this is not a CA certificate",
                Reason::Other,
                format!("`{subject}` signed the certificate below it, but is no CA's certificate"),
            );
        }
        if !certificate.is_self_issued() {
            if self.max_path_length <= 0 {
                return refuse(
                    "basic constraints check failed: pathLenConstraint violated - this cert must be the last cert \
                     in the certification path",
                    Reason::Other,
                    format!("a CA above `{subject}` allows no more CAs below it"),
                );
            }
            self.max_path_length -= 1;
        }
        self.max_path_length = self.max_path_length.min(length);
        Ok(())
    }

    fn name_constraints(&mut self, certificate: &Parsed, work: &mut Work) -> Result<(), Stop> {
        let is_bound = self.index == self.length || !certificate.is_self_issued();
        if let Some(names) = self.names.as_ref().filter(|_| is_bound) {
            work.steps(names.len().saturating_mul(certificate.name_count()))?;
            match names.verify(certificate, self.context.jdk.version()) {
                Ok(()) => {}
                Err(Violation::Name(name)) => {
                    let subject = certificate.subject_text();
                    return refuse(
                        "name constraints check failed",
                        Reason::Other,
                        format!("`{name}` of `{subject}` is not a name that a CA above may issue for"),
                    );
                }
                Err(Violation::Io(text)) => {
                    let detail = format!("name constraints of a CA: {text}");
                    let message = format!("java.io.IOException: {text}");
                    return refuse(message, Reason::Other, detail);
                }
                Err(Violation::Thrown(thrown)) => return Err(Stop::Thrown(thrown)),
            }
        }
        match (&mut self.names, &certificate.name_constraints) {
            (Some(names), Some(new)) => {
                let both = names.len().saturating_add(new.len());
                work.steps(both.saturating_mul(both))?;
                names
                    .merge(new, self.context.jdk.version())
                    .map_err(Stop::Thrown)?;
            }
            (names @ None, new) => names.clone_from(new),
            _ => {}
        }
        Ok(())
    }

    fn policies(&mut self, certificate: &Parsed, work: &mut Work) -> Result<(), Stop> {
        match self.policies.check(certificate, work) {
            Ok(()) => Ok(()),
            Err(PolicyError::Exhausted(exhausted)) => Err(exhausted.into()),
            Err(PolicyError::Refused(message)) => {
                let detail = format!("`{}`: {message}", certificate.subject_text());
                refuse(message, Reason::Other, detail)
            }
        }
    }

    fn signature(&self, certificate: &Parsed, work: &mut Work, verified: &mut Verified) -> Result<(), Stop> {
        let key = self.previous_key;
        let pair = (key.octets().to_vec(), certificate.certificate.as_der().to_vec());
        let outcome = match verified.get(&pair) {
            Some(outcome) => *outcome,
            None => {
                work.signature()?;
                let outcome = certificate.algorithm.verify(
                    key,
                    certificate.certificate.signed_part(),
                    certificate.certificate.signature_octets(),
                    self.context.jdk.version(),
                );
                verified.insert(pair, outcome);
                outcome
            }
        };
        let subject = certificate.subject_text();
        match outcome {
            Outcome::Valid => Ok(()),
            Outcome::Unsupported => Err(Stop::Unsupported {
                algorithm: certificate.algorithm.name.clone(),
                subject: subject.to_owned(),
            }),
            Outcome::Invalid(reason) => refuse(
                "signature check failed",
                reason,
                format!(
                    "the signature of `{subject}` is not the key's of the certificate above it, `{}`",
                    self.previous_subject
                ),
            ),
        }
    }

    fn tls_algorithms(&self, certificate: &Parsed) -> Result<(), Stop> {
        let jdk = self.context.jdk;
        let name = certificate.algorithm.name.as_str();
        let subject = certificate.subject_text();
        let is_known = supported_signatures(jdk.version()).any(|known| known.eq_ignore_ascii_case(name));
        let key = &certificate.key;
        let bits = key.bits.unwrap_or_default();
        let issuer_fits = self
            .tls_previous_key
            .is_none_or(|previous| jdk.tls.permits_key(previous));
        let failed = |message: String| {
            let detail = format!("`{subject}`: {message} (the signature algorithms of TLS)");
            refuse(message, Reason::AlgorithmConstrained, detail)
        };
        if !is_known || !jdk.tls.permits_name(name) || !issuer_fits {
            return failed(if self.tls_previous_key.is_some() && jdk.version() >= 18 {
                let space = if jdk.version() >= 26 { " " } else { "" };
                format!(
                    "Algorithm constraints check failed on {name}{space}signature and {} key with size of {bits}bits",
                    key.java_algorithm()
                )
            } else {
                format!("Algorithm constraints check failed on signature algorithm: {name}")
            });
        }
        usage_bits(certificate)?;
        if !jdk.tls.permits_key(key) {
            let algorithm = key.java_algorithm();
            return failed(if jdk.version() >= 18 {
                format!("Algorithm constraints check failed on {algorithm} key with size of {bits}bits")
            } else {
                format!("Algorithm constraints check failed on key {algorithm} with size of {bits}bits")
            });
        }
        Ok(())
    }
}

/// A keyUsage that leaves a key nothing to do.
fn usage_bits(certificate: &Parsed) -> Result<(), Stop> {
    const USES: [KeyUsage; 7] = [
        KeyUsage::DIGITAL_SIGNATURE,
        KeyUsage::CONTENT_COMMITMENT,
        KeyUsage::KEY_ENCIPHERMENT,
        KeyUsage::DATA_ENCIPHERMENT,
        KeyUsage::KEY_AGREEMENT,
        KeyUsage::KEY_CERT_SIGN,
        KeyUsage::CRL_SIGN,
    ];
    match certificate.key_usage {
        Some(usage) if !USES.iter().any(|wanted| usage.contains(*wanted)) => refuse(
            "incorrect KeyUsage extension bits",
            Reason::Other,
            format!("the keyUsage of `{}` allows nothing", certificate.subject_text()),
        ),
        _ => Ok(()),
    }
}

/// `KeyChecker.verifyCAKeyUsage`
pub(super) fn ca_key_usage(certificate: &Parsed) -> Result<(), Stop> {
    match certificate.key_usage {
        Some(usage) if !usage.contains(KeyUsage::KEY_CERT_SIGN) => refuse(
            "CA key usage check failed: keyCertSign bit is not set",
            Reason::Other,
            format!(
                "the keyUsage of `{}` does not allow it to sign certificates",
                certificate.subject_text()
            ),
        ),
        _ => Ok(()),
    }
}

fn validity(certificate: &Parsed, at: Timestamp) -> Result<(), Stop> {
    let subject = certificate.subject_text();
    match certificate.certificate.validity_at(at) {
        Validity::Expired { at } => refuse(
            "validity check failed",
            Reason::Expired,
            format!("`{subject}` expired at {at}"),
        ),
        Validity::NotYetValid { from } => refuse(
            "validity check failed",
            Reason::NotYetValid,
            format!("`{subject}` is not valid before {from}"),
        ),
        _ => Ok(()),
    }
}

fn critical_extensions(certificate: &Parsed) -> Result<(), Stop> {
    let left = unresolved(certificate);
    if left.is_empty() {
        return Ok(());
    }
    let oids: Vec<_> = left.into_iter().collect();
    refuse(
        "unrecognized critical extension(s)",
        Reason::Other,
        format!(
            "`{}` has critical extensions that Java does not know: {}",
            certificate.subject_text(),
            oids.join(", ")
        ),
    )
}

/// What a TLS client of that JDK offers for certificates' signatures (`signature_algorithms_cert`), by Java's names.
fn supported_signatures(jdk: u32) -> impl Iterator<Item = &'static str> {
    const ALWAYS: &[&str] = &[
        "SHA256withECDSA",
        "SHA384withECDSA",
        "SHA512withECDSA",
        "RSASSA-PSS",
        "SHA256withRSA",
        "SHA384withRSA",
        "SHA512withRSA",
        "SHA1withECDSA",
        "SHA1withRSA",
    ];
    const UNTIL_17: &[&str] = &[
        "SHA256withDSA",
        "SHA224withECDSA",
        "SHA224withRSA",
        "SHA224withDSA",
        "SHA1withDSA",
    ];
    let edwards: &[&str] = if jdk >= 15 { &["Ed25519", "Ed448"] } else { &[] };
    let old = if jdk <= 17 { UNTIL_17 } else { &[] };
    let new: &[&str] = if jdk >= 28 {
        &["ML-DSA-44", "ML-DSA-65", "ML-DSA-87"]
    } else {
        &[]
    };
    [ALWAYS, edwards, old, new].into_iter().flatten().copied()
}

//! Disabled algorithms (`sun.security.util.DisabledAlgorithmConstraints`): the grammar of
//! `jdk.certpath.disabledAlgorithms` and `jdk.tls.disabledAlgorithms`, and what it forbids.
//!
//! ```text
//! DisabledAlgorithms: DisabledAlgorithm { , DisabledAlgorithm }
//! DisabledAlgorithm: AlgorithmName [Constraint] { '&' Constraint } | include jdk.disabled.namedCurves
//! Constraint: keySize Operator Length | jdkCA | denyAfter YYYY-MM-DD | usage [TLSServer] [TLSClient] [SignedJAR]
//! ```

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;

use super::certificate::{Parsed, PublicKey};
use super::security_properties::SecurityProperties;
use super::signature::SignatureAlgorithm;

/// What is wrong with a constraint.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the constraint `{entry}` is none of keySize, jdkCA, denyAfter and usage")]
pub struct ConstraintsError {
    entry: String,
}

/// A property's constraints.
#[derive(Clone, Debug, Default)]
pub(super) struct Constraints {
    /// Whole entries, in lower case.
    entries: HashSet<String>,
    /// By the algorithm's name in upper case.
    conditions: HashMap<String, Vec<Rule>>,
}

/// Conditions that must all hold.
#[derive(Clone, Debug)]
struct Rule {
    algorithm: String,
    conditions: Vec<Condition>,
}

#[derive(Clone, Debug)]
enum Condition {
    Disabled,
    /// What is forbidden.
    KeySize {
        operator: Operator,
        bits: u32,
    },
    JdkCa,
    DenyAfter(jiff::civil::Date),
    Usage(Vec<String>),
}

#[derive(Clone, Copy, Debug)]
enum Operator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// What a certificate is looked at for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Use<'a> {
    pub(super) is_client: bool,
    pub(super) anchor_is_jdk_ca: bool,
    pub(super) at: Timestamp,
    /// The subject of the certificate; none for the anchor's key.
    pub(super) certificate: Option<&'a Parsed>,
}

impl Use<'_> {
    /// `CertPathConstraintsParameters.extendedExceptionMsg`
    fn suffix(&self) -> String {
        self.certificate.map_or_else(
            || String::from("."),
            |certificate| format!(" used with certificate: {}", certificate.subject_text()),
        )
    }
}

const CURVES: &str = "jdk.disabled.namedCurves";

impl Constraints {
    pub(super) fn read(name: &str, properties: &SecurityProperties) -> Result<Self, ConstraintsError> {
        let mut entries = list(properties.get(name).unwrap_or_default());
        let include = format!("include {CURVES}");
        if entries.iter().any(|entry| entry.eq_ignore_ascii_case(&include)) {
            entries.retain(|entry| !entry.eq_ignore_ascii_case(&include));
            entries.extend(list(properties.get(CURVES).unwrap_or_default()));
        }
        let mut out = Self::default();
        for entry in entries {
            out.add(&entry)?;
            out.entries.insert(entry.to_lowercase());
        }
        Ok(out)
    }

    fn add(&mut self, entry: &str) -> Result<(), ConstraintsError> {
        // A curve's name may have a blank in it: `X9.62 prime192v2`.
        let is_curve = entry.starts_with("X9.62 ");
        let (algorithm, policy) = match entry.split_once(' ') {
            Some((algorithm, policy)) if !is_curve => (algorithm, Some(policy)),
            _ => (entry, None),
        };
        let algorithm = digest_name(algorithm);
        let conditions = match policy {
            None => vec![Condition::Disabled],
            Some(policy) => policy
                .split('&')
                .map(|condition| {
                    condition_of(condition.trim()).ok_or_else(|| ConstraintsError {
                        entry: entry.to_owned(),
                    })
                })
                .collect::<Result<_, _>>()?,
        };
        let mut names = vec![algorithm.to_uppercase()];
        if ["DH", "DIFFIEHELLMAN"].contains(&algorithm.to_uppercase().as_str()) {
            names = vec![String::from("DH"), String::from("DIFFIEHELLMAN")];
        }
        for name in names {
            self.conditions.entry(name).or_default().push(Rule {
                algorithm: algorithm.to_owned(),
                conditions: conditions.clone(),
            });
        }
        Ok(())
    }

    /// Whether a name, or a part of it, is disabled without conditions.
    pub(super) fn permits_name(&self, algorithm: &str) -> bool {
        let is_listed = |name: &str| self.entries.contains(&name.to_lowercase());
        if is_listed(algorithm) {
            return false;
        }
        let mut parts: Vec<String> = decompose(algorithm);
        if algorithm.contains("SHA") {
            for at in 0..parts.len() {
                if let Some(other) = parts.get(at).and_then(|part| other_spelling(part)) {
                    parts.push(other);
                }
            }
        }
        !parts.iter().any(|part| is_listed(part))
    }

    /// A key's curve, where it is disabled.
    pub(super) fn disabled_curve<'k>(&self, key: &'k PublicKey) -> Option<&'k str> {
        let names = [key.curve.as_deref(), Some(key.algorithm.as_str())];
        let mut names = names.into_iter().flatten();
        names.find(|name| !self.permits_name(name))
    }

    /// Whether a key may be used at all: its algorithm, its curve, its size.
    pub(super) fn permits_key(&self, key: &PublicKey) -> bool {
        self.permits_name(&key.algorithm)
            && self.disabled_curve(key).is_none()
            && self.rules(&key.algorithm).all(|rule| {
                // As Java, which takes any condition after the first for one that lets the key pass.
                match rule.conditions.as_slice() {
                    [Condition::Disabled] => false,
                    [Condition::KeySize { operator, bits }] => !is_forbidden(*operator, *bits, rule, key),
                    _ => true,
                }
            })
    }

    /// `permits(String, ConstraintsParameters, boolean)`: an algorithm's name and, if wanted, a key against every
    /// rule; the error is Java's text.
    pub(super) fn check(
        &self,
        algorithm: Option<&str>,
        key: &PublicKey,
        checks_key: bool,
        r#use: &Use<'_>,
    ) -> Result<(), String> {
        let mut names: Vec<String> = Vec::new();
        if let Some(algorithm) = algorithm {
            names.extend(
                decompose(algorithm)
                    .iter()
                    .map(|part| digest_name(part).to_owned()),
            );
            names.push(algorithm.to_owned());
        }
        if checks_key {
            names.push(key.algorithm.clone());
        }
        let mut seen = HashSet::new();
        for name in names.iter().filter(|name| seen.insert(name.to_uppercase())) {
            for rule in self.rules(name) {
                let first = rule.conditions.first();
                if !checks_key && matches!(first, Some(Condition::KeySize { .. })) {
                    continue;
                }
                apply(rule, key, r#use)?;
            }
        }
        Ok(())
    }

    /// The digests of RSASSA-PSS.
    pub(super) fn check_parameters(
        &self,
        algorithm: &SignatureAlgorithm,
        key: &PublicKey,
        r#use: &Use<'_>,
    ) -> Result<(), String> {
        let Some(pss) = algorithm.pss() else {
            return Ok(());
        };
        self.check(Some(pss.digest.name()), key, false, r#use)?;
        if pss.mask_digest != pss.digest {
            self.check(Some(pss.mask_digest.name()), key, false, r#use)?;
        }
        Ok(())
    }

    fn rules(&self, name: &str) -> impl Iterator<Item = &Rule> {
        self.conditions.get(&name.to_uppercase()).into_iter().flatten()
    }
}

fn list(property: &str) -> Vec<String> {
    let property = property.trim();
    let bare = property
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'))
        .unwrap_or(property);
    bare.split(',')
        .map(str::trim)
        .filter(|entry| !entry.is_empty())
        .map(str::to_owned)
        .collect()
}

fn condition_of(text: &str) -> Option<Condition> {
    let mut words = text.split_whitespace();
    let first = words.next()?;
    if first == "keySize" {
        let operator = match words.next()? {
            "==" => Operator::Equal,
            "!=" => Operator::NotEqual,
            "<" => Operator::Less,
            "<=" => Operator::LessOrEqual,
            ">" => Operator::Greater,
            ">=" => Operator::GreaterOrEqual,
            _ => return None,
        };
        let bits = words.next()?.parse().ok()?;
        return Some(Condition::KeySize { operator, bits });
    }
    if text.eq_ignore_ascii_case("jdkCA") {
        return Some(Condition::JdkCa);
    }
    if first == "denyAfter" {
        return words.next()?.parse().ok().map(Condition::DenyAfter);
    }
    (first == "usage").then(|| Condition::Usage(words.map(str::to_owned).collect()))
}

const fn is_forbidden_size(operator: Operator, bits: u32, size: u32) -> bool {
    match operator {
        Operator::Equal => size == bits,
        Operator::NotEqual => size != bits,
        Operator::Less => size < bits,
        Operator::LessOrEqual => size <= bits,
        Operator::Greater => size > bits,
        Operator::GreaterOrEqual => size >= bits,
    }
}

fn is_forbidden(operator: Operator, bits: u32, rule: &Rule, key: &PublicKey) -> bool {
    rule.algorithm.eq_ignore_ascii_case(key.java_algorithm())
        && key
            .bits
            .is_some_and(|size| is_forbidden_size(operator, bits, size))
}

/// Goes through a rule's conditions until one lets the certificate pass; the last one that does not is told.
fn apply(rule: &Rule, key: &PublicKey, r#use: &Use<'_>) -> Result<(), String> {
    let algorithm = &rule.algorithm;
    let suffix = r#use.suffix();
    let mut text = String::new();
    for condition in &rule.conditions {
        text = match condition {
            Condition::Disabled => {
                format!("Algorithm constraints check failed on disabled algorithm: {algorithm}{suffix}")
            }
            Condition::KeySize { operator, bits } => {
                if !is_forbidden(*operator, *bits, rule, key) {
                    return Ok(());
                }
                let size = key.bits.unwrap_or_default();
                format!(
                    "Algorithm constraints check failed on keysize limits: {algorithm} {size} bit key{suffix}"
                )
            }
            Condition::JdkCa => {
                if !r#use.anchor_is_jdk_ca {
                    return Ok(());
                }
                format!(
                    "Algorithm constraints check failed on certificate anchor limits. {algorithm}{suffix}"
                )
            }
            Condition::DenyAfter(date) => {
                let today = jiff::tz::TimeZone::UTC.to_datetime(r#use.at).date();
                if today < *date {
                    return Ok(());
                }
                format!(
                    "denyAfter constraint check failed: {algorithm} used with Constraint date: {date}; params \
                     date: {}{suffix}",
                    r#use.at
                )
            }
            Condition::Usage(usages) => {
                let wanted = if r#use.is_client { "tlsclient" } else { "tlsserver" };
                let Some(usage) = usages.iter().find(|usage| usage.eq_ignore_ascii_case(wanted)) else {
                    return Ok(());
                };
                format!("Usage constraint {usage} check failed: {algorithm}{suffix}")
            }
        };
    }
    Err(text)
}

/// `SHA-256` as signature algorithms spell it: `SHA256`.
fn digest_name(name: &str) -> &str {
    match name {
        "SHA-1" => "SHA1",
        "SHA-224" => "SHA224",
        "SHA-256" => "SHA256",
        "SHA-384" => "SHA384",
        "SHA-512" => "SHA512",
        "SHA-512/224" => "SHA512/224",
        "SHA-512/256" => "SHA512/256",
        other => other,
    }
}

fn other_spelling(name: &str) -> Option<String> {
    let bare = digest_name(name);
    if bare != name {
        return Some(bare.to_owned());
    }
    let digits = name.strip_prefix("SHA")?;
    digits
        .starts_with(|digit: char| digit.is_ascii_digit())
        .then(|| format!("SHA-{digits}"))
}

/// `sun.security.util.AlgorithmDecomposer`: `SHA256withRSA` is `SHA256` and `RSA`.
fn decompose(algorithm: &str) -> Vec<String> {
    let mut out = Vec::new();
    for part in algorithm.split('/') {
        let lower = part.to_lowercase();
        let mut begin = 0;
        let mut at = 0;
        while at < lower.len() {
            let rest = lower.get(at..).unwrap_or_default();
            let before = lower.get(..at).unwrap_or_default();
            let length = if rest.starts_with("with") {
                4
            } else if rest.starts_with("and") {
                3
            } else if rest.starts_with("in") && !before.ends_with("padd") {
                2
            } else {
                at += 1;
                continue;
            };
            out.extend(part.get(begin..at).map(str::to_owned));
            at += length;
            begin = at;
        }
        out.extend(part.get(begin..).map(str::to_owned));
    }
    out.retain(|part| !part.is_empty());
    out
}

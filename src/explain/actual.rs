//! Which of the possible causes it is, seen from the stores and the server's chain themselves.

use std::path::Path;

use jiff::Timestamp;

use super::Finding;
use super::causes::About;
use crate::error::Hint;
use crate::jvm::{Look, StoreProblem, StoreUse};
use crate::x509::{Certificate, SubjectAltName, Validity};

/// What is at hand to look at.
#[derive(Clone, Copy, Debug)]
pub struct Evidence<'a> {
    /// The truststore.
    pub truststore: Option<StoreEvidence<'a>>,
    /// The keystore.
    pub keystore: Option<StoreEvidence<'a>>,
    /// The chain that the server presents, its own certificate first.
    pub chain: Option<&'a [Certificate]>,
    /// The instant that decides what has expired.
    pub now: Timestamp,
}

/// A store that was looked at.
#[derive(Clone, Copy, Debug)]
pub struct StoreEvidence<'a> {
    /// Its path.
    pub path: &'a Path,
    /// What is in it.
    pub look: &'a Look,
}

/// What was seen, and what mends it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actual {
    /// What was seen, in one sentence.
    pub sentence: String,
    /// Whether it explains the failure; otherwise it rules a cause out.
    pub is_cause: bool,
    /// The command that mends it.
    pub remedy: Option<Hint>,
}

impl Actual {
    fn cause(sentence: String, remedy: impl Into<String>) -> Self {
        Self {
            sentence,
            is_cause: true,
            remedy: Some(Hint::new(remedy)),
        }
    }

    const fn ruled_out(sentence: String) -> Self {
        Self {
            sentence,
            is_cause: false,
            remedy: None,
        }
    }
}

/// Looks for a finding's actual cause in what is at hand: what explains it comes first.
#[must_use]
pub fn actual(finding: &Finding, evidence: &Evidence<'_>) -> Vec<Actual> {
    let trust = || evidence.truststore.map(|store| of_store(store, StoreUse::Trust));
    let key = || evidence.keystore.map(|store| of_store(store, StoreUse::Key));
    let mut all: Vec<Actual> = match finding.cause.about {
        About::Truststore => trust().into_iter().collect(),
        About::Keystore => key().into_iter().collect(),
        About::Store => trust().into_iter().chain(key()).collect(),
        About::Chain => trust().into_iter().chain(of_chain(finding, evidence)).collect(),
        About::Protocol => key().into_iter().collect(),
        About::Usage => Vec::new(),
    };
    all.sort_by_key(|seen| !seen.is_cause);
    all
}

fn of_store(store: StoreEvidence<'_>, used_for: StoreUse) -> Actual {
    let path = store.path.display();
    let Some(problem) = &store.look.problem else {
        let what = match used_for {
            StoreUse::Trust if store.look.anchors == 1 => String::from("1 certificate trusted"),
            StoreUse::Trust => format!("{} certificates trusted", store.look.anchors),
            StoreUse::Key if store.look.keys == 1 => String::from("1 key, which its password opens"),
            StoreUse::Key => format!("{} keys, which its password opens", store.look.keys),
        };
        let format = store
            .look
            .format
            .map(|format| format!("{format}, "))
            .unwrap_or_default();
        return Actual::ruled_out(format!("`{path}` is in order: {format}{what}"));
    };
    let falls_back = matches!(
        problem,
        StoreProblem::Missing | StoreProblem::Folder | StoreProblem::NotReadable { .. }
    );
    let consequence = if falls_back && used_for == StoreUse::Trust {
        "; a JVM falls back to its own cacerts without a word"
    } else {
        ""
    };
    Actual {
        sentence: format!("`{path}`: {problem}{consequence}"),
        is_cause: true,
        remedy: Some(problem.remedy(store.path, used_for)),
    }
}

/// The server's chain against the truststore, as far as names and dates tell.
fn of_chain(finding: &Finding, evidence: &Evidence<'_>) -> Vec<Actual> {
    let Some((leaf, _)) = evidence.chain.and_then(<[_]>::split_first) else {
        return Vec::new();
    };
    let chain = evidence.chain.unwrap_or_default();
    let mut all = Vec::new();
    for certificate in chain {
        let subject = certificate.subject();
        let remedy = "renew the certificate, or set this machine's clock";
        match certificate.validity_at(evidence.now) {
            Validity::Expired { at } => {
                all.push(Actual::cause(
                    format!("`{subject}` expired on {}", day(at)),
                    remedy,
                ));
            }
            Validity::NotYetValid { from } => {
                all.push(Actual::cause(
                    format!("`{subject}` is not valid before {}", day(from)),
                    remedy,
                ));
            }
            _ => {}
        }
    }
    if finding.cause.id.starts_with("host-") || finding.cause.id == "no-san" {
        all.push(names_of(leaf));
    }
    let store = evidence
        .truststore
        .and_then(|store| Some((store.path, store.look.store.as_ref()?)));
    if let Some((path, store)) = store {
        let anchors: Vec<_> = store.trust_anchors().collect();
        let server = finding.names.get("host").map(String::as_str);
        all.push(anchored(chain, leaf, &anchors, path, server));
    }
    all
}

fn names_of(leaf: &Certificate) -> Actual {
    let names: Vec<_> = leaf
        .subject_alt_names()
        .iter()
        .map(SubjectAltName::to_string)
        .collect();
    let remedy =
        "connect by one of its names, or have it reissued: `keyjar cert --name NAME --dns HOST --ca DIR`";
    Actual::cause(
        if names.is_empty() {
            format!("`{}` has no subjectAltName", leaf.subject())
        } else {
            format!("`{}` is for {}", leaf.subject(), names.join(", "))
        },
        remedy,
    )
}

/// Follows the issuers' names from the leaf up, to where one is trusted or missing.
fn anchored(
    chain: &[Certificate],
    leaf: &Certificate,
    anchors: &[&Certificate],
    path: &Path,
    server: Option<&str>,
) -> Actual {
    let path = path.display();
    let mut at = leaf;
    for _ in 0..=chain.len() {
        if anchors.contains(&at) {
            return Actual::ruled_out(format!("`{}` is in `{path}`", at.subject()));
        }
        let by_name = anchors.iter().find(|anchor| anchor.subject() == at.issuer());
        if let Some(anchor) = by_name {
            return match (at.authority_key_id(), anchor.subject_key_id()) {
                (Some(wanted), Some(has)) if wanted != has => Actual::cause(
                    format!(
                        "`{path}` has an authority called `{}`, but with another key than the one that signed `{}`",
                        anchor.subject(),
                        at.subject()
                    ),
                    format!("`keyjar import NEW-CA.pem --truststore {path}` adds the authority as it is now"),
                ),
                _ => Actual::ruled_out(format!(
                    "`{}`, the issuer of `{}`, is in `{path}`",
                    anchor.subject(),
                    at.subject()
                )),
            };
        }
        let next = chain
            .iter()
            .find(|other| other.subject() == at.issuer() && *other != at);
        match next {
            Some(next) if !at.is_self_issued() => at = next,
            _ => break,
        }
    }
    let add = format!("`keyjar import CA.pem --truststore {path}` adds it");
    if at.is_self_issued() {
        let add = server.map_or(add, |server| {
            format!("`keyjar import --from {server} --truststore {path}` adds it, once its fingerprint is compared")
        });
        return Actual::cause(
            format!(
                "`{}`, which the server's chain ends in, is not in `{path}`",
                at.subject()
            ),
            add,
        );
    }
    let sent = if chain.len() == 1 {
        "the server sends its own certificate alone; "
    } else {
        ""
    };
    Actual::cause(
        format!(
            "{sent}`{}`, the issuer of `{}`, is neither sent by the server nor in `{path}`",
            at.issuer(),
            at.subject()
        ),
        add,
    )
}

fn day(when: Timestamp) -> String {
    when.to_string().chars().take(10).collect()
}

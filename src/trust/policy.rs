//! Certificate policies (RFC 5280 section 6.1) with Java's defaults: any policy will do, none is required unless a
//! certificate requires it (`sun.security.provider.certpath.PolicyChecker`).

use std::collections::BTreeSet;

use super::certificate::Parsed;
use super::work::{Exhausted, Work};
use crate::asn1::{Reader, tag};
use crate::x509::Oid;

const ANY: &str = "2.5.29.32.0";
const MAX: i64 = 0x7fff_ffff;

/// The four extensions about policies.
#[derive(Clone, Debug, Default)]
pub(super) struct Policies {
    policies: Option<Vec<String>>,
    mappings: Option<Vec<(String, String)>>,
    require_explicit: Option<i64>,
    inhibit_mapping: Option<i64>,
    inhibit_any: Option<i64>,
}

fn id(reader: &mut Reader<'_>, invalid: &str) -> Result<String, String> {
    reader
        .read(tag::OBJECT_IDENTIFIER, "policy")
        .map(|id| Oid::new(id.value).to_string())
        .or(Err(invalid.to_owned()))
}

fn number(octets: &[u8]) -> i64 {
    let negative = octets.first().is_some_and(|first| *first >= 0x80);
    octets
        .iter()
        .take(4)
        .fold(if negative { -1 } else { 0 }, |sum: i64, octet| {
            sum << 8 | i64::from(*octet)
        })
}

impl Policies {
    pub(super) fn read_policies(&mut self, value: &[u8]) -> Result<(), String> {
        let invalid = "Invalid encoding for CertificatePoliciesExtension.";
        let mut list = Reader::new(value)
            .sequence("policies")
            .or(Err(invalid.to_owned()))?;
        let mut policies = Vec::new();
        while !list.is_empty() {
            let mut policy = list
                .sequence("policy")
                .or(Err(String::from("Invalid encoding of PolicyInformation")))?;
            policies.push(id(&mut policy, invalid)?);
        }
        self.policies = Some(policies);
        Ok(())
    }

    pub(super) fn read_mappings(&mut self, value: &[u8]) -> Result<(), String> {
        let invalid = "Invalid encoding for PolicyMappingsExtension.";
        let mut list = Reader::new(value)
            .sequence("mappings")
            .or(Err(invalid.to_owned()))?;
        let mut mappings = Vec::new();
        while !list.is_empty() {
            let mut mapping = list
                .sequence("mapping")
                .or(Err(String::from("Invalid encoding for CertificatePolicyMap")))?;
            mappings.push((id(&mut mapping, invalid)?, id(&mut mapping, invalid)?));
        }
        self.mappings = Some(mappings);
        Ok(())
    }

    pub(super) fn read_constraints(&mut self, value: &[u8]) -> Result<(), String> {
        let invalid = || String::from("Invalid encoding of PolicyConstraint");
        let mut fields = Reader::new(value)
            .sequence("policy constraints")
            .or(Err(invalid()))?;
        while !fields.is_empty() {
            let field = fields.any("policy constraint").or(Err(invalid()))?;
            match field.tag {
                0x80 => self.require_explicit = Some(number(field.value)),
                0x81 => self.inhibit_mapping = Some(number(field.value)),
                _ => return Err(invalid()),
            }
        }
        Ok(())
    }

    pub(super) fn read_inhibit_any(&mut self, critical: bool, value: &[u8]) -> Result<(), String> {
        if !critical {
            return Err(String::from("Criticality cannot be false for InhibitAnyPolicy"));
        }
        let skip = Reader::new(value)
            .read(tag::INTEGER, "skipCerts")
            .or(Err(String::from(
                "Invalid encoding of InhibitAnyPolicy: data not integer",
            )))?;
        self.inhibit_any = match number(skip.value) {
            -1 => Some(MAX),
            skip if skip < -1 => return Err(String::from("Invalid value for skipCerts")),
            skip => Some(skip),
        };
        Ok(())
    }
}

/// Why a certificate is refused.
#[derive(Clone, Debug)]
pub(super) enum PolicyError {
    /// Java's text.
    Refused(&'static str),
    Exhausted(Exhausted),
}

impl From<Exhausted> for PolicyError {
    fn from(exhausted: Exhausted) -> Self {
        Self::Exhausted(exhausted)
    }
}

/// The valid policy tree: nodes by level, each with its parent's place in the level above.
#[derive(Clone, Debug)]
struct Node {
    parent: usize,
    policy: String,
    expected: BTreeSet<String>,
    has_children: bool,
    /// Whether no mapping changed what is expected.
    is_original: bool,
}

/// The state from one certificate of a path to the next, the one under the anchor first.
#[derive(Debug)]
pub(super) struct PolicyChecker {
    length: usize,
    index: usize,
    explicit: i64,
    mapping: i64,
    any: i64,
    levels: Option<Vec<Vec<Node>>>,
}

impl PolicyChecker {
    pub(super) fn new(length: usize) -> Self {
        let start = i64::try_from(length).unwrap_or(MAX).saturating_add(1);
        let root = Node {
            parent: 0,
            policy: ANY.to_owned(),
            expected: BTreeSet::from([ANY.to_owned()]),
            has_children: true,
            is_original: true,
        };
        Self {
            length,
            index: 1,
            explicit: start,
            mapping: start,
            any: start,
            levels: Some(vec![vec![root]]),
        }
    }

    pub(super) fn check(&mut self, certificate: &Parsed, work: &mut Work) -> Result<(), PolicyError> {
        let is_last = self.index == self.length;
        self.process(certificate, is_last, work)?;
        let extensions = &certificate.policies;
        let is_self_issued = certificate.is_self_issued();
        let fewer = |count: i64| {
            if count > 0 && !is_self_issued {
                count - 1
            } else {
                count
            }
        };
        self.explicit = fewer(self.explicit);
        if is_last {
            if extensions.require_explicit == Some(0) {
                self.explicit = 0;
            }
            return self.require_tree();
        }
        // Before the counters of this certificate take effect, Java asks for the tree with those of the former.
        self.mapping = fewer(self.mapping);
        self.any = fewer(self.any);
        if let Some(require) = extensions.require_explicit.filter(|require| *require != -1) {
            self.explicit = self.explicit.min(require);
        }
        if let Some(inhibit) = extensions.inhibit_mapping.filter(|inhibit| *inhibit != -1) {
            self.mapping = self.mapping.min(inhibit);
        }
        if let Some(skip) = extensions.inhibit_any {
            self.any = self.any.min(skip);
        }
        self.index += 1;
        Ok(())
    }

    const fn require_tree(&self) -> Result<(), PolicyError> {
        if self.explicit == 0 && self.levels.is_none() {
            return Err(PolicyError::Refused(
                "non-null policy tree required and policy tree is null",
            ));
        }
        Ok(())
    }

    fn process(&mut self, certificate: &Parsed, is_last: bool, work: &mut Work) -> Result<(), PolicyError> {
        match (&certificate.policies.policies, &mut self.levels) {
            (Some(policies), Some(levels)) => {
                let takes_any = self.any > 0 || (!is_last && certificate.is_self_issued());
                if !grow(levels, policies, takes_any, work)? {
                    self.levels = None;
                }
            }
            (None, _) => self.levels = None,
            _ => {}
        }
        if !is_last
            && let (Some(mappings), Some(levels)) = (&certificate.policies.mappings, &mut self.levels)
            && !map(levels, mappings, self.mapping > 0, work)?
        {
            self.levels = None;
        }
        if is_last { Ok(()) } else { self.require_tree() }
    }
}

/// Adds a level for a certificate's policies; whether anything of the tree is left.
fn grow(
    levels: &mut Vec<Vec<Node>>,
    policies: &[String],
    takes_any: bool,
    work: &mut Work,
) -> Result<bool, PolicyError> {
    let mut level: Vec<Node> = Vec::new();
    let parents = levels.last().cloned().unwrap_or_default();
    work.steps(policies.len().saturating_mul(parents.len()))?;
    let node = |parent: usize, policy: &str| Node {
        parent,
        policy: policy.to_owned(),
        expected: BTreeSet::from([policy.to_owned()]),
        has_children: true,
        is_original: true,
    };
    for policy in policies.iter().filter(|policy| *policy != ANY) {
        let expecting = |wanted: &str| -> Vec<usize> {
            let matching = parents.iter().enumerate();
            matching
                .filter(|(_, parent)| parent.expected.contains(wanted))
                .map(|(at, _)| at)
                .collect()
        };
        let mut found = expecting(policy);
        if found.is_empty() {
            found = expecting(ANY);
        }
        for parent in found {
            work.step()?;
            level.push(node(parent, policy));
        }
    }
    if takes_any && policies.iter().any(|policy| policy == ANY) {
        for (at, parent) in parents.iter().enumerate() {
            for expected in &parent.expected {
                let is_there = level
                    .iter()
                    .any(|child| child.parent == at && child.policy == *expected);
                if !is_there {
                    work.step()?;
                    level.push(node(at, expected));
                }
            }
        }
    }
    levels.push(level);
    Ok(prune(levels))
}

/// Applies policy mappings to the last level; whether anything of the tree is left.
fn map(
    levels: &mut [Vec<Node>],
    mappings: &[(String, String)],
    is_allowed: bool,
    work: &mut Work,
) -> Result<bool, PolicyError> {
    let width = levels.last().map_or(0, Vec::len);
    work.steps(
        mappings
            .len()
            .saturating_mul(mappings.len().saturating_add(width)),
    )?;
    for (issuer, subject) in mappings {
        if issuer == ANY {
            return Err(PolicyError::Refused(
                "encountered an issuerDomainPolicy of ANY_POLICY",
            ));
        }
        if subject == ANY {
            return Err(PolicyError::Refused(
                "encountered a subjectDomainPolicy of ANY_POLICY",
            ));
        }
        let Some(level) = levels.last_mut() else {
            return Ok(false);
        };
        if level.iter().any(|node| node.policy == *issuer) {
            if is_allowed {
                for node in level.iter_mut().filter(|node| node.policy == *issuer) {
                    // The first mapping takes the place of the policy's own name.
                    if std::mem::take(&mut node.is_original) {
                        node.expected.clear();
                    }
                    node.expected.insert(subject.clone());
                }
            } else {
                level.retain(|node| node.policy != *issuer);
            }
        } else if is_allowed {
            let parents: Vec<usize> = level
                .iter()
                .filter(|node| node.policy == ANY)
                .map(|node| node.parent)
                .collect();
            level.extend(parents.into_iter().map(|parent| Node {
                parent,
                policy: issuer.clone(),
                expected: BTreeSet::from([subject.clone()]),
                has_children: true,
                is_original: false,
            }));
        }
    }
    Ok(prune(levels))
}

/// Takes out nodes without children above the last level; whether the root keeps any.
fn prune(levels: &mut [Vec<Node>]) -> bool {
    for depth in (1..levels.len()).rev() {
        let Some((above, below)) = levels
            .split_at_mut_checked(depth)
            .and_then(|(above, below)| above.last_mut().zip(below.first_mut()))
        else {
            continue;
        };
        above.iter_mut().for_each(|node| node.has_children = false);
        for node in below.iter() {
            if let Some(parent) = above.get_mut(node.parent) {
                parent.has_children = true;
            }
        }
        let mut places = Vec::with_capacity(above.len());
        let mut kept = 0;
        for node in above.iter() {
            places.push(kept);
            kept += usize::from(node.has_children);
        }
        above.retain(|node| node.has_children);
        for node in below.iter_mut() {
            node.parent = places.get(node.parent).copied().unwrap_or_default();
        }
    }
    levels.first().is_some_and(|root| !root.is_empty())
}

//! Name constraints (RFC 5280 section 4.2.1.10) as `sun.security.x509.NameConstraintsExtension` and
//! `GeneralSubtrees` merge and apply them.

use super::certificate::Parsed;
use super::general_name::{Comparison, GeneralName, Relation, Thrown, address_literal, ascii};
use crate::asn1::{Reader, Tlv, tag};

/// What the certificates of a path so far allow.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct NameConstraints {
    permitted: Option<Subtrees>,
    excluded: Option<Subtrees>,
}

/// Why a certificate is refused, or Java breaks off.
#[derive(Clone, Debug)]
pub(super) enum Violation {
    /// A name is excluded, or not permitted: the name.
    Name(String),
    /// `java.io.IOException`
    Io(String),
    Thrown(Thrown),
}

impl From<Thrown> for Violation {
    fn from(thrown: Thrown) -> Self {
        Self::Thrown(thrown)
    }
}

impl NameConstraints {
    /// `NameConstraints ::= SEQUENCE { permittedSubtrees [0], excludedSubtrees [1] }`; the error is Java's text.
    pub(super) fn read(value: &[u8]) -> Result<Self, String> {
        let invalid = || String::from("Invalid encoding of NameConstraintsExtension.");
        let mut fields = Reader::new(value)
            .sequence("name constraints")
            .or(Err(String::from(
                "Invalid encoding for NameConstraintsExtension.",
            )))?;
        let mut out = Self::default();
        while !fields.is_empty() {
            let field = fields.any("subtrees").map_err(|error| error.to_string())?;
            let (place, name) = match field.tag {
                number if number == tag::context_constructed(0) => (&mut out.permitted, "permitted"),
                number if number == tag::context_constructed(1) => (&mut out.excluded, "excluded"),
                _ => return Err(invalid()),
            };
            if place.is_some() {
                return Err(format!(
                    "Duplicate {name} GeneralSubtrees in NameConstraintsExtension."
                ));
            }
            *place = Some(Subtrees::read(&field)?);
        }
        Ok(out)
    }

    /// How many subtrees there are.
    pub(super) fn len(&self) -> usize {
        let lists = [&self.permitted, &self.excluded];
        lists
            .iter()
            .filter_map(|list| list.as_ref())
            .map(|list| list.0.len())
            .sum()
    }

    /// What holds for the certificates below one that has these constraints.
    pub(super) fn merge(&mut self, new: &Self, jdk: u32) -> Result<(), Thrown> {
        let r#as = Comparison {
            jdk,
            is_exclusion: false,
        };
        union(&mut self.excluded, new.excluded.as_ref(), r#as)?;
        match (&mut self.permitted, &new.permitted) {
            (None, Some(added)) => self.permitted = Some(added.clone()),
            (Some(permitted), Some(added)) => {
                let more = permitted.intersect(added, r#as)?;
                union(&mut self.excluded, more.as_ref(), r#as)?;
            }
            _ => {}
        }
        if let (Some(permitted), Some(excluded)) = (&mut self.permitted, &self.excluded) {
            permitted.reduce(excluded, r#as)?;
        }
        Ok(())
    }

    /// Whether a certificate's names are all permitted and none is excluded.
    pub(super) fn verify(&self, certificate: &Parsed, jdk: u32) -> Result<(), Violation> {
        let subtrees = || self.permitted.iter().chain(&self.excluded).flat_map(|all| &all.0);
        if subtrees().any(|subtree| subtree.minimum != 0) {
            return Err(Violation::Io(String::from(
                "Non-zero minimum BaseDistance in name constraints not supported",
            )));
        }
        if subtrees().any(|subtree| subtree.maximum != -1) {
            return Err(Violation::Io(String::from(
                "Maximum BaseDistance in name constraints not supported",
            )));
        }
        let subject = certificate.subject_rdns();
        if !subject.is_empty() {
            self.verify_name(&GeneralName::Directory(subject.to_vec()), jdk, || {
                certificate.subject_text().to_owned()
            })?;
        }
        for name in &names_of(certificate) {
            self.verify_name(name, jdk, || describe(name))?;
        }
        Ok(())
    }

    fn verify_name(&self, name: &GeneralName, jdk: u32, text: impl Fn() -> String) -> Result<(), Violation> {
        let r#as = |is_exclusion| Comparison { jdk, is_exclusion };
        for subtree in self.excluded.iter().flat_map(|all| &all.0) {
            if matches!(
                subtree.base.constrains(name, r#as(true))?,
                Relation::Match | Relation::Narrows
            ) {
                return Err(Violation::Name(text()));
            }
        }
        let mut is_bound = false;
        for subtree in self.permitted.iter().flat_map(|all| &all.0) {
            match subtree.base.constrains(name, r#as(false))? {
                Relation::OtherType => {}
                Relation::Widens | Relation::SameType => is_bound = true,
                Relation::Match | Relation::Narrows => return Ok(()),
            }
        }
        if is_bound {
            return Err(Violation::Name(text()));
        }
        Ok(())
    }
}

fn union(place: &mut Option<Subtrees>, added: Option<&Subtrees>, r#as: Comparison) -> Result<(), Thrown> {
    match (place.as_mut(), added) {
        (None, Some(added)) => *place = Some(added.clone()),
        (Some(subtrees), Some(added)) => subtrees.union(added, r#as)?,
        _ => {}
    }
    Ok(())
}

/// The alternative names, and what stands in for them: email addresses of the subject where there are none, the
/// last common name where there is no dNSName (or iPAddress, where it is an address).
fn names_of(certificate: &Parsed) -> Vec<GeneralName> {
    let mut names = match certificate.alternative_names() {
        Some(names) => names.to_vec(),
        None => certificate
            .subject_emails()
            .iter()
            .filter(|address| !address.is_empty() && !address.ends_with('@'))
            .map(|address| GeneralName::Email(address.clone()))
            .collect(),
    };
    let has = |names: &[GeneralName], choice| names.iter().any(|name| name.choice() == choice);
    if let Some(name) = certificate.common_name() {
        match address_literal(name) {
            Some(address) if !has(&names, 7) => names.push(GeneralName::Ip(address)),
            None if !has(&names, 2) => names.extend(GeneralName::dns_of_common_name(name)),
            _ => {}
        }
    }
    names
}

fn describe(name: &GeneralName) -> String {
    match name {
        GeneralName::Email(text) | GeneralName::Dns(text) | GeneralName::Uri { text, .. } => text.clone(),
        GeneralName::Directory(rdns) => rdns.join(", "),
        GeneralName::Ip(octets) => match (
            <[u8; 4]>::try_from(&octets[..]),
            <[u8; 16]>::try_from(&octets[..]),
        ) {
            (Ok(octets), _) => std::net::Ipv4Addr::from(octets).to_string(),
            (_, Ok(octets)) => std::net::Ipv6Addr::from(octets).to_string(),
            _ => String::from("an address"),
        },
        GeneralName::RegisteredId(_) => String::from("a registered identifier"),
        GeneralName::Opaque { .. } => String::from("another kind of name"),
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Subtree {
    base: GeneralName,
    minimum: i64,
    maximum: i64,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Subtrees(Vec<Subtree>);

impl Subtrees {
    fn read(field: &Tlv<'_>) -> Result<Self, String> {
        let mut list = field.reader();
        let mut out = Vec::new();
        while !list.is_empty() {
            let mut fields = list
                .sequence("general subtree")
                .or(Err(String::from("Invalid encoding for GeneralSubtree.")))?;
            let base = fields.any("base").map_err(|error| error.to_string())?;
            let mut subtree = Subtree {
                base: GeneralName::read(&base, true)?,
                minimum: 0,
                maximum: -1,
            };
            while !fields.is_empty() {
                let distance = fields.any("distance").map_err(|error| error.to_string())?;
                let number = integer(distance.value);
                match distance.tag {
                    number if number == tag::context(0) => &mut subtree.minimum,
                    number if number == tag::context(1) => &mut subtree.maximum,
                    _ => return Err(String::from("Invalid encoding of GeneralSubtree.")),
                }
                .clone_from(&number);
            }
            out.push(subtree);
        }
        Ok(Self(out))
    }

    /// Adds the others and leaves out what another subtree includes.
    fn union(&mut self, other: &Self, r#as: Comparison) -> Result<(), Thrown> {
        self.0.extend(other.0.iter().cloned());
        self.minimize(r#as)
    }

    fn minimize(&mut self, r#as: Comparison) -> Result<(), Thrown> {
        let mut kept: Vec<Subtree> = Vec::with_capacity(self.0.len());
        for subtree in self.0.drain(..).rev().collect::<Vec<_>>() {
            // From the last to the first: one that a later one matches or includes goes, and one that includes later
            // ones takes their place.
            let mut later = Vec::with_capacity(kept.len() + 1);
            let mut is_kept = true;
            for other in kept {
                match if is_kept {
                    subtree.base.constrains(&other.base, r#as)?
                } else {
                    Relation::OtherType
                } {
                    Relation::Match | Relation::Widens => {
                        is_kept = false;
                        later.push(other);
                    }
                    Relation::Narrows => {}
                    Relation::OtherType | Relation::SameType => later.push(other),
                }
            }
            if is_kept {
                later.insert(0, subtree);
            }
            kept = later;
        }
        self.0 = kept;
        Ok(())
    }

    /// Leaves what both permit; returns what is excluded for it, where two lists of one type have nothing in common.
    fn intersect(&mut self, other: &Self, r#as: Comparison) -> Result<Option<Self>, Thrown> {
        if self.0.is_empty() {
            self.union(other, r#as)?;
            return Ok(None);
        }
        let mut other = other.clone();
        self.minimize(r#as)?;
        other.minimize(r#as)?;
        let mut added: Vec<Subtree> = Vec::new();
        let mut excluded: Vec<Subtree> = Vec::new();
        let mut at = 0;
        while let Some(this) = self.0.get(at).cloned() {
            let mut is_apart = false;
            let mut is_replaced = false;
            for theirs in &other.0 {
                match this.base.constrains(&theirs.base, r#as)? {
                    Relation::Narrows => {
                        added.push(theirs.clone());
                        is_replaced = true;
                        is_apart = false;
                        break;
                    }
                    Relation::SameType => is_apart = true,
                    Relation::Match | Relation::Widens => {
                        is_apart = false;
                        break;
                    }
                    Relation::OtherType => {}
                }
            }
            if is_apart && !self.meets(&other, this.base.choice(), r#as)? {
                excluded.push(widest(&this.base, r#as)?);
            }
            if is_apart || is_replaced {
                self.0.remove(at);
            } else {
                at += 1;
            }
        }
        self.union(&Self(added), r#as)?;
        for theirs in &other.0 {
            let is_new = !self.0.is_empty()
                && self
                    .0
                    .iter()
                    .all(|this| this.base.choice() != theirs.base.choice());
            if is_new {
                self.0.push(theirs.clone());
            }
        }
        Ok((!excluded.is_empty()).then_some(Self(excluded)))
    }

    /// Whether any subtree of a type includes or equals one of the other list.
    fn meets(&self, other: &Self, choice: u8, r#as: Comparison) -> Result<bool, Thrown> {
        for this in self.0.iter().filter(|this| this.base.choice() == choice) {
            for theirs in &other.0 {
                let relation = this.base.constrains(&theirs.base, r#as)?;
                if matches!(relation, Relation::Match | Relation::Widens | Relation::Narrows) {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    fn reduce(&mut self, excluded: &Self, r#as: Comparison) -> Result<(), Thrown> {
        for out in &excluded.0 {
            let mut kept = Vec::with_capacity(self.0.len());
            for this in self.0.drain(..) {
                if !matches!(
                    out.base.constrains(&this.base, r#as)?,
                    Relation::Match | Relation::Narrows
                ) {
                    kept.push(this);
                }
            }
            self.0 = kept;
        }
        Ok(())
    }
}

/// The subtree of everything of a name's type. For most types Java cannot make it.
fn widest(base: &GeneralName, r#as: Comparison) -> Result<Subtree, Thrown> {
    let unexpected = |text: &str| {
        Thrown::new(
            "java.lang.RuntimeException",
            format!("Unexpected error: java.io.IOException: {text}"),
        )
    };
    match base {
        GeneralName::Directory(_) => Ok(Subtree {
            base: GeneralName::Directory(Vec::new()),
            minimum: 0,
            maximum: -1,
        }),
        GeneralName::Email(_) => Err(unexpected("RFC822Name may not be null or empty")),
        GeneralName::Dns(_) => Err(unexpected("DNSName must not be null or empty")),
        GeneralName::Uri { .. } => Err(unexpected("URI name must include scheme:")),
        _ => Err(r#as.null_pointer("Cannot read the array length because \"address\" is null")),
    }
}

fn integer(octets: &[u8]) -> i64 {
    let negative = octets.first().is_some_and(|first| *first >= 0x80);
    octets
        .iter()
        .take(8)
        .fold(if negative { -1 } else { 0 }, |sum: i64, octet| {
            sum << 8 | i64::from(*octet)
        })
}

/// An email address of a name, as the JDK reads its value.
pub(super) fn email_text(value: &Tlv<'_>) -> String {
    ascii(value.value)
}

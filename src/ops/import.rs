use std::collections::HashMap;
use std::path::PathBuf;

use indexmap::IndexMap;
use jiff::Timestamp;

use super::inputs::SourcedCertificate;
use crate::error::{ErrorKind, Hint};
use crate::keystore::{Alias, Entry, KeyStore, KeyStoreError, TrustedCertificateEntry};
use crate::x509::{Certificate, Validity};

/// How certificates are imported.
#[derive(Clone, Debug)]
pub struct ImportOptions {
    /// The alias, for one certificate; else it is made from the subject.
    pub alias: Option<String>,
    /// Leave expired certificates out.
    pub skip_expired: bool,
    /// Leave out what is neither an authority's certificate nor self-signed.
    pub skip_non_ca: bool,
    /// Put a certificate in the place of another one of the same alias.
    pub replace: bool,
    /// The instant that decides what is expired.
    pub now: Timestamp,
}

/// What an import did.
#[derive(Clone, Debug, Default)]
pub struct ImportReport {
    /// What was added, in order.
    pub added: Vec<Added>,
    /// The aliases of what was there already.
    pub already_there: Vec<Alias>,
    /// What was left out, and why.
    pub left_out: Vec<(Certificate, String)>,
    /// What is odd about what was added.
    pub oddities: Vec<(Alias, Oddity)>,
}

/// A certificate that was added.
#[derive(Clone, Debug)]
pub struct Added {
    /// Under this name.
    pub name: String,
    /// The certificate.
    pub certificate: Certificate,
    /// Where it came from.
    pub source: PathBuf,
    /// Whether it took another one's place.
    pub replaced: bool,
}

/// What is odd about a trusted certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Oddity {
    /// It expired then. A JVM trusts it all the same as long as the server shows this very certificate.
    Expired(Timestamp),
    /// It is not valid before then.
    NotYetValid(Timestamp),
    /// It is neither an authority's certificate nor self-signed: only a server that shows this very
    /// certificate is trusted by it.
    NeitherCaNorSelfSigned,
}

impl std::fmt::Display for Oddity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Expired(when) => write!(f, "expired on {}", day(*when)),
            Self::NotYetValid(when) => write!(f, "not valid before {}", day(*when)),
            Self::NeitherCaNorSelfSigned => f.write_str(
                "neither an authority's certificate nor self-signed: only a server showing this very certificate is trusted",
            ),
        }
    }
}

fn day(when: Timestamp) -> String {
    when.to_string().chars().take(10).collect()
}

/// Why certificates cannot be imported.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "each variant's message says it")]
pub enum ImportError {
    #[error("`--alias {alias}` names one entry, and there are {count} certificates")]
    OneAliasForMany { alias: String, count: usize },
    #[error("the alias `{alias}` is taken by another certificate, `{subject}`")]
    AliasTaken { alias: Alias, subject: String },
    #[error(transparent)]
    Store {
        #[from]
        source: KeyStoreError,
    },
}

impl ImportError {
    /// The error's kind.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::OneAliasForMany { .. } => ErrorKind::Usage,
            Self::AliasTaken { .. } => ErrorKind::Conflict,
            Self::Store { source } => source.kind(),
        }
    }

    /// What mends it.
    #[must_use]
    pub fn hints(&self) -> Vec<Hint> {
        match self {
            Self::OneAliasForMany { .. } => {
                vec![Hint::new(
                    "leave `--alias` out: aliases are then made from the subjects",
                )]
            }
            Self::AliasTaken { .. } => {
                vec![Hint::new(
                    "`--replace` puts the new certificate in its place; `--alias` names another",
                )]
            }
            Self::Store { source } => source.hints(),
        }
    }
}

/// Adds certificates to a store as trusted ones. What is there already, byte for byte and under whatever
/// alias, is not added again; aliases are made from the subjects, and unique.
///
/// # Errors
/// One alias for many certificates; an alias that is another certificate's, unless `replace`.
pub fn import_certificates(
    store: &mut KeyStore,
    inputs: Vec<SourcedCertificate>,
    options: &ImportOptions,
) -> Result<ImportReport, ImportError> {
    let mut report = ImportReport::default();
    // Each certificate is hashed once, which is most of what this costs; then it is known by its number.
    let mut known: IndexMap<Certificate, Known> = store
        .iter()
        .filter(|(_, entry)| matches!(entry, Entry::TrustedCertificate(_)))
        .filter_map(|(alias, entry)| Some((entry.certificates().first()?.clone(), Known::under(alias))))
        .collect();
    known.reserve(inputs.len());
    let mut wanted = Vec::with_capacity(inputs.len());
    for input in inputs {
        let place = known.entry(input.certificate.clone());
        let number = place.index();
        let place = place.or_default();
        if std::mem::replace(&mut place.is_input, true) {
            continue;
        }
        match reason_to_leave_out(&input.certificate, options) {
            Some(reason) => report.left_out.push((input.certificate, reason)),
            None => wanted.push((number, input)),
        }
    }
    if let (Some(alias), count @ 2..) = (&options.alias, wanted.len()) {
        return Err(ImportError::OneAliasForMany {
            alias: alias.clone(),
            count,
        });
    }
    let mut counters = HashMap::new();
    for (number, input) in wanted {
        let SourcedCertificate {
            certificate,
            alias,
            source,
        } = input;
        let asked = options.alias.as_deref();
        let there = known
            .get_index(number)
            .and_then(|(_, known)| known.alias.as_ref());
        if let Some(there) = there
            && asked.is_none_or(|asked| Alias::new(asked) == *there)
        {
            report.already_there.push(there.clone());
            continue;
        }
        let mut replaced = false;
        let name = match asked {
            Some(asked) => {
                if let Some(other) = store.get(&Alias::new(asked)) {
                    if !options.replace {
                        let subject = other.certificates().first().map(|c| c.subject().to_string());
                        let subject = subject.unwrap_or_else(|| other.kind().replace('-', " "));
                        return Err(ImportError::AliasTaken {
                            alias: Alias::new(asked),
                            subject,
                        });
                    }
                    replaced = true;
                }
                asked.to_owned()
            }
            None => {
                store.free_name_counted(&alias.unwrap_or_else(|| certificate.short_name()), &mut counters)
            }
        };
        let entry = Entry::TrustedCertificate(TrustedCertificateEntry::new(certificate.clone()));
        store.replace(&name, entry);
        report
            .oddities
            .extend(oddities(&certificate, options.now).map(|oddity| (Alias::new(&name), oddity)));
        report.added.push(Added {
            name,
            certificate,
            source,
            replaced,
        });
    }
    Ok(report)
}

/// What is known of a certificate while others are imported.
#[derive(Default)]
struct Known {
    /// The alias it had in the store before.
    alias: Option<Alias>,
    /// Whether it is among what is imported.
    is_input: bool,
}

impl Known {
    fn under(alias: &Alias) -> Self {
        Self {
            alias: Some(alias.clone()),
            is_input: false,
        }
    }
}

fn reason_to_leave_out(certificate: &Certificate, options: &ImportOptions) -> Option<String> {
    oddities(certificate, options.now).find_map(|oddity| match oddity {
        Oddity::Expired(_) if options.skip_expired => Some(oddity.to_string()),
        Oddity::NeitherCaNorSelfSigned if options.skip_non_ca => Some(oddity.to_string()),
        _ => None,
    })
}

fn oddities(certificate: &Certificate, now: Timestamp) -> impl Iterator<Item = Oddity> {
    let validity = match certificate.validity_at(now) {
        Validity::Expired { at } => Some(Oddity::Expired(at)),
        Validity::NotYetValid { from } => Some(Oddity::NotYetValid(from)),
        _ => None,
    };
    let is_anchor = certificate.is_self_issued() || certificate.is_ca();
    validity
        .into_iter()
        .chain((!is_anchor).then_some(Oddity::NeitherCaNorSelfSigned))
}

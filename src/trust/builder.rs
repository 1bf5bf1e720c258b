//! Paths built from certificates in any order: `SunCertPathBuilder` with `ForwardBuilder`, from the certificate up
//! to an anchor, depth first.

use super::certificate::Parsed;
use super::checkers::{ca_key_usage, unresolved};
use super::path::{Path, PathError, Search};
use super::refusal::Stop;

/// `PKIXBuilderParameters`: non-self-issued CAs between the certificate and its anchor.
const MOST_INTERMEDIATES: i64 = 5;

/// A certificate of the chain, or an anchor, by its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Candidate {
    Sent(usize),
    Anchor(usize),
}

/// What the way up so far amounts to (`ForwardState`).
#[derive(Clone, Copy, Debug)]
struct State {
    traversed: i64,
    is_self_issued: bool,
}

/// The first path that Java would find.
pub(super) fn build(search: &mut Search<'_>) -> Result<Path, PathError> {
    let Some(target) = search.chain.first() else {
        return Err(PathError::NotFound);
    };
    let is_good = target.is_valid_at(search.context.at) && unresolved(target).is_empty();
    if !is_good {
        return Err(PathError::NotFound);
    }
    let mut path = vec![0];
    let state = State {
        traversed: 0,
        is_self_issued: target.is_self_issued(),
    };
    match extend(search, &mut path, state) {
        Ok(Some(path)) => Ok(path),
        Ok(None) => Err(PathError::NotFound),
        Err(Stop::Exhausted) => Err(PathError::Exhausted),
        Err(Stop::Unsupported { algorithm, subject }) => Err(PathError::Unsupported { algorithm, subject }),
        Err(Stop::Thrown(thrown)) => Err(PathError::Thrown(thrown)),
        Err(Stop::Refused(_)) => Err(PathError::NotFound),
    }
}

fn extend(search: &mut Search<'_>, path: &mut Vec<usize>, state: State) -> Result<Option<Path>, Stop> {
    let chain = search.chain;
    let Some(last) = path.last().and_then(|at| chain.get(*at)) else {
        return Ok(None);
    };
    for candidate in candidates(search, last, path, state)? {
        search.work.step()?;
        let at = match candidate {
            Candidate::Anchor(at) => {
                if completes(search, path, at)? {
                    return Ok(Some(Path {
                        chain: path.clone(),
                        anchor: Some(at),
                    }));
                }
                continue;
            }
            Candidate::Sent(at) => at,
        };
        let Some(certificate) = chain.get(at) else {
            continue;
        };
        let is_ca = certificate.path_length != -1
            && ca_key_usage(certificate).is_ok()
            && unresolved(certificate).is_empty();
        if !is_ca {
            continue;
        }
        if state.is_self_issued && certificate.is_self_issued() {
            return Ok(None);
        }
        path.push(at);
        let next = State {
            traversed: state.traversed + i64::from(!certificate.is_self_issued()),
            is_self_issued: certificate.is_self_issued(),
        };
        if let Some(found) = extend(search, path, next)? {
            return Ok(Some(found));
        }
        path.pop();
    }
    Ok(None)
}

/// The final verification of a path that reached an anchor.
fn completes(search: &mut Search<'_>, path: &[usize], anchor: usize) -> Result<bool, Stop> {
    let Some(anchor) = search.anchors.get(anchor) else {
        return Ok(false);
    };
    match search.check(path, anchor, true) {
        Ok(()) => Ok(true),
        Err(Stop::Refused(_)) => Ok(false),
        Err(stop) => Err(stop),
    }
}

/// The certificates that may be the issuer's, the most promising first (`PKIXCertComparator`).
fn candidates(
    search: &mut Search<'_>,
    last: &Parsed,
    path: &[usize],
    state: State,
) -> Result<Vec<Candidate>, Stop> {
    let chain = search.chain;
    let mut found: Vec<(u32, Candidate)> = Vec::new();
    for (at, anchor) in search.anchors.iter().enumerate() {
        if anchor.subject == last.issuer && covers(anchor, last) && !is_in_path(chain, path, anchor) {
            found.push((rank(search.anchors, last, anchor), Candidate::Anchor(at)));
        }
    }
    search.work.steps(chain.len() + search.anchors.len())?;
    if state.traversed < MOST_INTERMEDIATES {
        for (at, certificate) in chain.iter().enumerate() {
            let fits = certificate.subject == last.issuer
                && certificate.path_length >= state.traversed
                && certificate.is_valid_at(search.context.at)
                && covers(certificate, last)
                && !search.store.contains(&certificate.certificate)
                && !is_in_path(chain, path, certificate);
            if fits {
                found.push((rank(search.anchors, last, certificate), Candidate::Sent(at)));
            }
        }
    }
    // Of equally good ones Java takes the last that it found first.
    found.reverse();
    found.sort_by_key(|(rank, _)| *rank);
    Ok(found.into_iter().map(|(_, candidate)| candidate).collect())
}

fn is_in_path(chain: &[Parsed], path: &[usize], certificate: &Parsed) -> bool {
    path.iter()
        .filter_map(|at| chain.get(*at))
        .any(|taken| taken.repeats(certificate))
}

/// Whether a certificate of version 1 or 2 was valid over all of the time of the one below it; later versions need not.
fn covers(certificate: &Parsed, below: &Parsed) -> bool {
    certificate.version() >= 3
        || [below.certificate.not_before(), below.certificate.not_after()]
            .into_iter()
            .all(|date| date.is_none_or(|date| certificate.is_valid_at(date)))
}

/// By its key identifier, then by whether an anchor issued it, then by how near its issuer's name is to an anchor's.
fn rank(anchors: &[Parsed], last: &Parsed, certificate: &Parsed) -> u32 {
    let has_key = last.authority_key_id.is_some() && last.authority_key_id == certificate.subject_key_id;
    if has_key {
        return 0;
    }
    if anchors.iter().any(|anchor| anchor.subject == certificate.issuer) {
        return 1;
    }
    2
}

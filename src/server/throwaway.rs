//! A certificate authority and a server's identity for as long as the process runs, in memory alone.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use jiff::Timestamp;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, SanType,
};
use time::OffsetDateTime;

use super::ServerError;
use crate::pkcs8::PrivateKey;
use crate::secret::SecretBytes;
use crate::tls::config::Identity;
use crate::x509::Certificate;

/// A day before now, for clocks that are behind, and 90 days from now; in seconds.
const BEFORE: i64 = 24 * 3600;
const AFTER: i64 = 90 * 24 * 3600;

/// An identity (EC P-256, for `localhost`, 127.0.0.1, ::1, and the address listened on) below an authority whose
/// key is gone when this returns.
pub(super) fn identity(listening_on: IpAddr, now: Timestamp) -> Result<Identity, ServerError> {
    let failed = |source| ServerError::ThrowAway { source };
    let authority_key = KeyPair::generate().map_err(failed)?;
    // Two runs have authorities of two names, so that a store holds both and a client finds the right one.
    let mark = crate::crypto::Digest::Sha256.hash(&[authority_key.public_key_raw()]);
    let mark = mark
        .iter()
        .take(4)
        .map(|octet| format!("{octet:02x}"))
        .collect::<String>();
    let mut authority = params(&format!("keyjar throw-away CA {mark}"), now);
    authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let authority_certificate = authority.self_signed(&authority_key).map_err(failed)?;
    let issuer = Issuer::new(authority, authority_key);

    let key = KeyPair::generate().map_err(failed)?;
    let mut server = params("localhost", now);
    let localhost = "localhost".try_into().map_err(failed)?;
    server.subject_alt_names = vec![SanType::DnsName(localhost)];
    let mut addresses = vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()];
    if !listening_on.is_unspecified() && !addresses.contains(&listening_on) {
        addresses.push(listening_on);
    }
    server
        .subject_alt_names
        .extend(addresses.into_iter().map(SanType::IpAddress));
    server.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    server.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    server.use_authority_key_identifier_extension = true;
    let certificate = server.signed_by(&key, &issuer).map_err(failed)?;

    let key = PrivateKey::from_pkcs8_der(SecretBytes::new(key.serialize_der())).map_err(|source| {
        ServerError::Made {
            source: source.into(),
        }
    })?;
    let chain = [certificate, authority_certificate]
        .into_iter()
        .map(|made| Certificate::from_der(made.der().to_vec()))
        .collect::<Result<Vec<_>, _>>()
        .map_err(|source| ServerError::Made {
            source: source.into(),
        })?;
    Ok(Identity::new(&key, chain)?)
}

fn params(common_name: &str, now: Timestamp) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, common_name);
    let at = |seconds: i64| {
        OffsetDateTime::from_unix_timestamp(now.as_second().saturating_add(seconds))
            .unwrap_or(OffsetDateTime::UNIX_EPOCH)
    };
    params.not_before = at(-BEFORE);
    params.not_after = at(AFTER);
    params
}

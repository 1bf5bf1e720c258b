//! A certificate authority and a server's identity for as long as the process runs, in memory alone.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use jiff::Timestamp;

use super::ServerError;
use crate::crypto::Digest;
use crate::pki::{
    AltName, CertificateAuthority, Dates, DistinguishedName, KeyType, PkiError, Purpose, Template,
};
use crate::tls::config::Identity;

/// How long it is valid: longer than any process that keeps it in memory alone is likely to run.
const DAYS: i64 = 90;

/// An identity (EC P-256, for `localhost`, 127.0.0.1, ::1, and the address listened on) below an authority whose
/// key is gone when this returns.
pub(super) fn identity(listening_on: IpAddr, now: Timestamp) -> Result<Identity, ServerError> {
    let dates = Dates::days(now, DAYS)?;
    let key = KeyType::EcP256.generate()?;
    // Two runs have authorities of two names, so that a store holds both and a client finds the right one.
    let public_key = key.public_key_der().unwrap_or_default();
    let mark = Digest::Sha256.hash(&[&public_key]);
    let mark: String = mark.iter().take(4).map(|octet| format!("{octet:02x}")).collect();
    let name = DistinguishedName::common_name(&format!("keyjar throw-away CA {mark}"));
    let mut authority = Template::authority(name, dates);
    authority.purpose = Purpose::Authority { path_len: Some(0) };
    let authority = CertificateAuthority::generate(&authority, KeyType::EcP256)?;

    let mut names = vec![AltName::Dns(String::from("localhost"))];
    let mut addresses = vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()];
    if !listening_on.is_unspecified() && !addresses.contains(&listening_on) {
        addresses.push(listening_on);
    }
    names.extend(addresses.into_iter().map(AltName::Ip));
    let subject = DistinguishedName::common_name("localhost");
    let server = Template::new(subject, names, Purpose::Server, dates);
    let mut chain = vec![authority.issue(&server, &key)?];
    chain.extend_from_slice(authority.chain());
    Ok(Identity::new(&key, chain)?)
}

impl From<PkiError> for ServerError {
    fn from(source: PkiError) -> Self {
        Self::ThrowAway { source }
    }
}

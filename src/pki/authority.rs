use std::time::Duration;

use der::{Decode, Encode};
use jiff::Timestamp;
use rand_core::UnwrapErr;
use x509_cert::builder::profile::BuilderProfile;
use x509_cert::builder::{Builder, CertificateBuilder};
use x509_cert::certificate::TbsCertificate;
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::BasicConstraints;
use x509_cert::serial_number::SerialNumber;
use x509_cert::spki::{SubjectPublicKeyInfoOwned, SubjectPublicKeyInfoRef};
use x509_cert::time::{Time, Validity};

use super::signer::{Signature, SigningKey};
use super::template::{BASIC_CONSTRAINTS, key_id};
use super::{CertificateRequest, Dates, DistinguishedName, KeyType, PkiError, Template};
use crate::pkcs8::PrivateKey;
use crate::x509::{Certificate, KeyUsage};

/// A certificate authority: its certificate, the chain above it, and the key that signs.
pub struct CertificateAuthority {
    chain: Vec<Certificate>,
    key: PrivateKey,
    signing_key: SigningKey,
    subject: DistinguishedName,
    key_id: Vec<u8>,
    dates: Option<Dates>,
}

impl CertificateAuthority {
    /// Makes a root: a new key, and a certificate it signs itself.
    ///
    /// # Errors
    /// No random numbers; a name that cannot be encoded.
    pub fn generate(template: &Template, kind: KeyType) -> Result<Self, PkiError> {
        let key = kind.generate()?;
        let certificate = self_signed(template, &key)?;
        Self::new(key, vec![certificate])
    }

    /// Makes an authority below this one: a new key, and a certificate that this one signs.
    ///
    /// # Errors
    /// As [`issue`](Self::issue); [`PkiError::PathLength`] where this one may not.
    pub fn intermediate(&self, template: &Template, kind: KeyType) -> Result<Self, PkiError> {
        if self.certificate().and_then(path_len) == Some(0) {
            return Err(PkiError::PathLength {
                subject: self.subject.to_string(),
            });
        }
        let key = kind.generate()?;
        let mut chain = vec![self.issue(template, &key)?];
        chain.extend_from_slice(&self.chain);
        Self::new(key, chain)
    }

    /// An authority that exists: its key, and its chain, its own certificate first.
    ///
    /// # Errors
    /// [`PkiError::NotAnAuthority`], [`PkiError::KeyMismatch`], [`PkiError::UnsupportedKey`].
    pub fn new(key: PrivateKey, chain: Vec<Certificate>) -> Result<Self, PkiError> {
        let Some(own) = chain.first() else {
            return Err(PkiError::NotAnAuthority {
                subject: String::new(),
                why: "there is no certificate",
            });
        };
        let not_an_authority = |why| PkiError::NotAnAuthority {
            subject: own.subject().to_string(),
            why,
        };
        match own.basic_constraints_ca() {
            Some(true) => {}
            Some(false) => return Err(not_an_authority("its basicConstraints say CA:FALSE")),
            None if own.version() < 3 => {}
            None => return Err(not_an_authority("it has no basicConstraints that say CA:TRUE")),
        }
        if own
            .key_usage()
            .is_some_and(|usage| !usage.contains(KeyUsage::KEY_CERT_SIGN))
        {
            return Err(not_an_authority("its keyUsage has no keyCertSign"));
        }
        if key.matches_public_key(own.public_key_der()) == Some(false) {
            return Err(PkiError::KeyMismatch {
                subject: own.subject().to_string(),
            });
        }
        let signing_key = SigningKey::new(&key)?;
        let dates = own
            .not_before()
            .zip(own.not_after())
            .map(|(not_before, not_after)| Dates {
                not_before,
                not_after,
            });
        Ok(Self {
            subject: own.subject().into(),
            key_id: own
                .subject_key_id()
                .unwrap_or_else(|| key_id(own.public_key_der())),
            dates,
            chain,
            key,
            signing_key,
        })
    }

    /// Its certificate.
    #[must_use]
    pub fn certificate(&self) -> Option<&Certificate> {
        self.chain.first()
    }

    /// Its certificate and those above it, in order.
    #[must_use]
    pub fn chain(&self) -> &[Certificate] {
        &self.chain
    }

    /// The highest certificate it knows of itself: what to trust.
    #[must_use]
    pub fn anchor(&self) -> Option<&Certificate> {
        self.chain.last()
    }

    /// Its key.
    #[must_use]
    pub const fn key(&self) -> &PrivateKey {
        &self.key
    }

    /// Its name.
    #[must_use]
    pub const fn subject(&self) -> &DistinguishedName {
        &self.subject
    }

    /// When it is valid; `None` where its dates cannot be read.
    #[must_use]
    pub const fn dates(&self) -> Option<Dates> {
        self.dates
    }

    /// The dates of a certificate of so many days, or of its own remaining time where that is less.
    ///
    /// What lies beyond by less than a day is cut off: two commands with the same `--days` do not run in the
    /// same second.
    ///
    /// # Errors
    /// [`PkiError::BeyondAuthority`], where the days were asked for; [`PkiError::AuthorityExpired`].
    pub fn dates_within(&self, now: Timestamp, days: i64, asked: bool) -> Result<Dates, PkiError> {
        let mut dates = Dates::days(now, days)?;
        let Some(own) = self.dates else {
            return Ok(dates);
        };
        if own.not_after <= now {
            return Err(PkiError::AuthorityExpired {
                subject: self.subject.to_string(),
                until: own.not_after.to_string(),
            });
        }
        let day = jiff::SignedDuration::from_hours(24);
        if asked && dates.not_after.duration_since(own.not_after) >= day {
            return Err(PkiError::BeyondAuthority {
                subject: self.subject.to_string(),
                until: own.not_after.to_string(),
                asked: dates.not_after.to_string(),
            });
        }
        dates.not_after = dates.not_after.min(own.not_after);
        dates.not_before = dates.not_before.max(own.not_before).min(dates.not_after);
        Ok(dates)
    }

    /// Issues a certificate for that key's public half.
    ///
    /// # Errors
    /// [`PkiError::BeyondAuthority`]; a key whose public half cannot be told; what cannot be encoded.
    pub fn issue(&self, template: &Template, key: &PrivateKey) -> Result<Certificate, PkiError> {
        let public_key = public_key(key)?;
        self.issue_for(template, &public_key)
    }

    /// Issues a certificate for a request. What the template says counts, not what the request asks for.
    ///
    /// # Errors
    /// As [`issue`](Self::issue).
    pub fn sign(&self, template: &Template, request: &CertificateRequest) -> Result<Certificate, PkiError> {
        self.issue_for(template, request.public_key_der())
    }

    /// Issues a certificate for a SubjectPublicKeyInfo.
    ///
    /// # Errors
    /// As [`issue`](Self::issue).
    pub fn issue_for(&self, template: &Template, public_key_der: &[u8]) -> Result<Certificate, PkiError> {
        if let Some(own) = self.dates.filter(|own| template.dates.not_after > own.not_after) {
            return Err(PkiError::BeyondAuthority {
                subject: self.subject.to_string(),
                until: own.not_after.to_string(),
                asked: template.dates.not_after.to_string(),
            });
        }
        let issuer = Issuer {
            name: &self.subject,
            key_id: &self.key_id,
            key: &self.signing_key,
        };
        build(template, public_key_der, &issuer)
    }
}

/// How many authorities may follow below this certificate's: its pathLenConstraint, where it has one.
#[must_use]
pub fn path_len(certificate: &Certificate) -> Option<u8> {
    let value = certificate
        .extensions()
        .find(|extension| extension.oid == BASIC_CONSTRAINTS)?
        .value;
    BasicConstraints::from_der(value).ok()?.path_len_constraint
}

impl std::fmt::Debug for CertificateAuthority {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CertificateAuthority")
            .field("chain", &self.chain)
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}

/// A certificate that its own key signs: an authority's, or a server's that nobody vouches for.
///
/// # Errors
/// A key that cannot sign; what cannot be encoded.
pub fn self_signed(template: &Template, key: &PrivateKey) -> Result<Certificate, PkiError> {
    let signing_key = SigningKey::new(key)?;
    let public_key = signing_key.public_key_der().to_vec();
    let issuer = Issuer {
        name: &template.subject,
        key_id: &key_id(&public_key),
        key: &signing_key,
    };
    build(template, &public_key, &issuer)
}

fn public_key(key: &PrivateKey) -> Result<Vec<u8>, PkiError> {
    key.public_key_der().ok_or_else(|| PkiError::UnsupportedKey {
        algorithm: key.algorithm(),
    })
}

/// Who signs.
struct Issuer<'a> {
    name: &'a DistinguishedName,
    key_id: &'a [u8],
    key: &'a SigningKey,
}

/// What the builder asks for; everything is there before it asks.
struct Prepared {
    subject: x509_cert::name::Name,
    issuer: x509_cert::name::Name,
    extensions: Vec<Extension>,
}

impl BuilderProfile for Prepared {
    fn get_issuer(&self, _: &x509_cert::name::Name) -> x509_cert::name::Name {
        self.issuer.clone()
    }

    fn get_subject(&self) -> x509_cert::name::Name {
        self.subject.clone()
    }

    fn build_extensions(
        &self,
        _: SubjectPublicKeyInfoRef<'_>,
        _: SubjectPublicKeyInfoRef<'_>,
        _: &TbsCertificate,
    ) -> x509_cert::builder::Result<Vec<Extension>> {
        Ok(self.extensions.clone())
    }
}

fn build(template: &Template, public_key: &[u8], issuer: &Issuer<'_>) -> Result<Certificate, PkiError> {
    let failed = |source| PkiError::Encoding {
        what: "the certificate",
        source,
    };
    let prepared = Prepared {
        subject: template.subject.to_x509()?,
        issuer: issuer.name.to_x509()?,
        extensions: template.extensions(public_key, issuer.key_id)?,
    };
    let public_key = SubjectPublicKeyInfoOwned::from_der(public_key).map_err(failed)?;
    let validity = Validity::new(time(template.dates.not_before)?, time(template.dates.not_after)?);
    let builder =
        CertificateBuilder::new(prepared, serial(), validity, public_key).map_err(|error| built(&error))?;
    let certificate = builder
        .build::<_, Signature>(issuer.key)
        .map_err(|error| built(&error))?;
    let der = certificate.to_der().map_err(failed)?;
    Certificate::from_der(der).or(Err(PkiError::Crypto {
        action: "read what it wrote",
    }))
}

/// The builder's errors: of what was given to it only a DER type can be wrong, all else is the signature.
pub(super) fn built(error: &x509_cert::builder::Error) -> PkiError {
    match error {
        x509_cert::builder::Error::Asn1(source) => PkiError::Encoding {
            what: "the certificate",
            source: *source,
        },
        _ => PkiError::Crypto { action: "sign" },
    }
}

/// 17 random octets: positive, with its sign within the 20 octets of RFC 5280 section 4.1.2.2, and above the 64
/// random bits of the CA/Browser Forum's Baseline Requirements (section 7.1).
fn serial() -> SerialNumber {
    SerialNumber::generate(&mut UnwrapErr(getrandom::SysRng))
}

/// UTCTime until 2049, GeneralizedTime from then on (RFC 5280 section 4.1.2.5).
fn time(instant: Timestamp) -> Result<Time, PkiError> {
    let failed = |source| PkiError::Encoding {
        what: "the validity",
        source,
    };
    let seconds = u64::try_from(instant.as_second()).unwrap_or_default();
    let instant = der::DateTime::from_unix_duration(Duration::from_secs(seconds)).map_err(failed)?;
    Ok(Time::from(instant))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pki::Purpose;

    fn authority(days: i64) -> CertificateAuthority {
        let dates = Dates::days(crate::clock::now(), days).unwrap();
        let template = Template::authority("CN=Example CA,O=Example".parse().unwrap(), dates);
        CertificateAuthority::generate(&template, KeyType::EcP256).unwrap()
    }

    fn server(ca: &CertificateAuthority, days: i64) -> Template {
        let dates = ca.dates_within(crate::clock::now(), days, false).unwrap();
        Template::server("localhost", dates).unwrap()
    }

    #[test]
    fn an_authority_is_what_strict_verifiers_take() {
        let ca = authority(10);
        let own = ca.certificate().unwrap();
        assert_eq!((own.version(), own.is_ca()), (3, true));
        let critical: Vec<_> = own
            .extensions()
            .filter(|extension| extension.critical)
            .map(|extension| extension.oid.to_string())
            .collect();
        assert_eq!(critical, ["2.5.29.19", "2.5.29.15"]);
        assert!(own.subject_key_id().is_some() && own.subject_key_id() == own.authority_key_id());
        assert!(own.serial().len() <= 20 && own.serial()[0] & 0x80 == 0);
        assert!(own.not_before().unwrap() < crate::clock::now());
    }

    #[test]
    fn a_server_has_names_and_uses_and_its_issuer_to_the_octet() {
        let ca = authority(10);
        for kind in KeyType::ALL {
            let key = kind.generate().unwrap();
            let server = ca.issue(&server(&ca, 5), &key).unwrap();
            assert_eq!(server.issuer().as_der(), ca.subject().as_der());
            assert_eq!(
                server.authority_key_id(),
                ca.certificate().unwrap().subject_key_id()
            );
            assert_eq!(server.subject_alt_names().len(), 3);
            let uses: Vec<_> = server.key_usage().unwrap().names().collect();
            let expected: &[&str] = if key.algorithm() == "RSA" {
                &["digitalSignature", "keyEncipherment"]
            } else {
                &["digitalSignature"]
            };
            assert_eq!(uses, expected, "{kind}");
            let purposes = server.extended_key_usage().unwrap();
            assert_eq!(purposes[0].to_string(), "serverAuth");
        }
    }

    #[test]
    fn nothing_is_issued_beyond_the_authority() {
        let ca = authority(10);
        let now = crate::clock::now();
        let ends = ca.dates().unwrap().not_after;
        assert_eq!(ca.dates_within(now, 730, false).unwrap().not_after, ends);
        assert_eq!(ca.dates_within(now, 10, true).unwrap().not_after, ends);
        let error = ca.dates_within(now, 11, true).unwrap_err();
        assert!(matches!(error, PkiError::BeyondAuthority { .. }));
        let mut template = server(&ca, 5);
        template.dates.not_after = ends + jiff::SignedDuration::from_secs(1);
        let key = KeyType::EcP256.generate().unwrap();
        assert!(matches!(
            ca.issue(&template, &key),
            Err(PkiError::BeyondAuthority { .. })
        ));
    }

    #[test]
    fn what_cannot_sign_certificates_is_no_authority() {
        let ca = authority(10);
        let key = KeyType::EcP256.generate().unwrap();
        let leaf = ca.issue(&server(&ca, 5), &key).unwrap();
        assert!(matches!(
            CertificateAuthority::new(key.duplicate(), vec![leaf]),
            Err(PkiError::NotAnAuthority { .. })
        ));
        assert!(matches!(
            CertificateAuthority::new(key, ca.chain().to_vec()),
            Err(PkiError::KeyMismatch { .. })
        ));
    }

    #[test]
    fn authorities_below_an_authority_end_where_it_says() {
        let ca = authority(10);
        let mut template = Template::authority("CN=Below".parse().unwrap(), ca.dates().unwrap());
        template.purpose = Purpose::Authority { path_len: Some(0) };
        let below = ca.intermediate(&template, KeyType::EcP384).unwrap();
        assert_eq!(below.chain().len(), 2);
        assert_eq!(below.anchor(), ca.certificate());
        assert!(matches!(
            below.intermediate(&template, KeyType::EcP256),
            Err(PkiError::PathLength { .. })
        ));
    }
}

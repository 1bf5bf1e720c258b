use bytes::Bytes;

use super::authenticated_safe::{DATA, SafeContents, Sealed};
use super::safe_bag::Budget;
use super::{Error, Mac};
use crate::asn1::{self, Reader, encoded_len, put_header, put_tlv, tag};
use crate::crypto::{self, CryptoRng};
use crate::error::ErrorKind;
use crate::limits::Limits;
use crate::pkcs8::oid;
use crate::secret::Password;

/// A whole PKCS#12 file: the AuthenticatedSafe's contents, opened, and the MAC over them:
///
/// ```text
/// PFX ::= SEQUENCE { version INTEGER {v3(3)}, authSafe ContentInfo, macData MacData OPTIONAL }
/// ```
///
/// (RFC 7292 section 4)
///
/// ```
/// use keyjar::pkcs12::{Attribute, BagValue, Pfx, Profile, SafeBag, SafeContents};
/// use keyjar::{Certificate, Limits, Password};
/// # use rand::SeedableRng;
/// # let mut rng = rand::rngs::StdRng::seed_from_u64(1);
/// let certificate = Certificate::from_pem(include_bytes!("../../testdata/apm/apm-server.crt"))?;
/// let bag = SafeBag::new(
///     BagValue::X509Certificate(certificate.to_bytes()),
///     [Attribute::friendly_name("apm"), Attribute::trusted()],
/// );
/// let mac = Profile::TRUST.mac.map(|mac| mac.generate(&mut rng));
/// let password = Password::new("changeit");
/// let bytes = Pfx::new(vec![SafeContents::new(None, vec![bag])], mac).to_bytes(&password, &mut rng)?;
///
/// let read = Pfx::from_bytes(&bytes.into(), &password, &Limits::DEFAULT)?;
/// assert_eq!(read.contents.len(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Pfx {
    /// The contents, in the file's order.
    pub contents: Vec<SafeContents>,
    /// The MAC's algorithm; `None` where the file has none.
    pub mac: Option<Mac>,
    original: Option<Original>,
}

/// What was read, to be written again if nothing changed.
#[derive(Clone, Debug)]
struct Original {
    file: Bytes,
    contents: usize,
    mac: Option<Mac>,
    /// HMAC-SHA-256 under the file's MAC salt would do as well; the octets are wiped with the value.
    password: std::sync::Arc<Password>,
}

const VERSION_3: [u8; 3] = [tag::INTEGER, 1, 3];

impl Pfx {
    /// A file to be written.
    #[must_use]
    pub const fn new(contents: Vec<SafeContents>, mac: Option<Mac>) -> Self {
        Self {
            contents,
            mac,
            original: None,
        }
    }

    /// Whether the bytes begin like a PKCS#12 file: a SEQUENCE whose first field is the version, an INTEGER.
    #[must_use]
    pub fn detect(bytes: &[u8]) -> bool {
        let Some((&tag::SEQUENCE, rest)) = bytes.split_first() else {
            return false;
        };
        let lengths = match rest.first() {
            Some(0..=0x80) => 1,
            Some(first @ 0x81..=0x84) => usize::from(first & 0x7f) + 1,
            _ => return false,
        };
        // An X.509 certificate begins with a SEQUENCE, a PKCS#8 key with the INTEGER 0 or 1 and a SEQUENCE; an
        // RSA key with the INTEGER 0 and another INTEGER.
        match rest.get(lengths..) {
            Some([tag::INTEGER, 1, version, next, ..]) => {
                *version == 3 || (*next == tag::SEQUENCE && *version > 3)
            }
            _ => false,
        }
    }

    /// Opens a file: decrypts its contents and verifies its MAC before it returns anything. What follows the
    /// PFX is left away, as the JDK leaves it.
    ///
    /// With [`Password::none`] the MAC is not looked at and encrypted contents stay locked (`bags: None`), as
    /// in `KeyStore.load(stream, null)`.
    ///
    /// # Errors
    /// Damage, a wrong password, an unsupported algorithm and an exceeded limit are told apart by
    /// [`Error::kind`].
    pub fn from_bytes(bytes: &Bytes, password: &Password, limits: &Limits) -> Result<Self, Error> {
        if bytes.len() > limits.input_bytes {
            return Err(Error::TooLarge {
                bytes: bytes.len(),
                limit: limits.input_bytes,
            });
        }
        match read(bytes, password, limits) {
            Err(Error::Damaged { source }) if source.kind() == ErrorKind::Damaged => {
                match asn1::normalize(bytes, limits) {
                    Ok(normal) if !bytes.starts_with(&normal) => {
                        read(&normal, password, limits).map(|mut pfx| {
                            pfx.original = pfx.original.map(|original| Original {
                                file: bytes.clone(),
                                ..original
                            });
                            pfx
                        })
                    }
                    Err(deep) if deep.kind() == ErrorKind::LimitExceeded => Err(deep.into()),
                    _ => Err(source.into()),
                }
            }
            other => other,
        }
    }

    /// Writes the file. Contents that were read and not changed are written as they were (their ciphertext
    /// too, where the password is the one they were opened with), the others are encrypted afresh; the
    /// unchanged whole comes back byte for byte.
    ///
    /// # Errors
    /// [`Error::PasswordRequired`] where there is something to encrypt or a MAC to make, and no password.
    pub fn to_bytes(&self, password: &Password, rng: &mut dyn CryptoRng) -> Result<Vec<u8>, Error> {
        let same_password = self
            .original
            .as_ref()
            .is_some_and(|original| original.password.expose_text() == password.expose_text());
        if let Some(original) = &self.original
            && same_password
            && original.mac == self.mac
            && original.contents == self.contents.len()
            && self.contents.iter().all(SafeContents::is_unchanged)
        {
            return Ok(original.file.to_vec());
        }
        if !same_password && self.contents.iter().any(|contents| contents.bags.is_none()) {
            return Err(Error::PasswordRequired);
        }
        let mac = match (&self.mac, &self.original) {
            (Some(_), _) if password.is_none() => return Err(Error::PasswordRequired),
            (Some(mac), Some(_)) => Some(mac.renew(rng)),
            (mac, _) => mac.clone(),
        };
        let write_safe = |rng: &mut dyn CryptoRng| {
            let mut safe = Vec::new();
            for contents in &self.contents {
                contents.put(&mut safe, same_password, password, rng)?;
            }
            Ok::<_, Error>(safe)
        };
        // The MAC's key derivation and the contents' run at the same time.
        let (key, safe) = match &mac {
            Some(mac) => {
                let (key, safe) = crypto::join(|| mac.derive(password), || write_safe(rng));
                (Some(key), safe?)
            }
            None => (None, write_safe(rng)?),
        };
        let authenticated = encoded_len(safe.len());
        let mut header = Vec::with_capacity(16);
        put_header(&mut header, tag::SEQUENCE, safe.len());
        let mac_data = match (&mac, key) {
            (Some(mac), Some(key)) => {
                let value = mac.compute(&key, &[&header, &safe]);
                mac.to_der(&value)
            }
            _ => Vec::new(),
        };
        let content = encoded_len(authenticated);
        let auth_safe = encoded_len(DATA.as_bytes().len()) + encoded_len(content);
        let length = VERSION_3.len() + encoded_len(auth_safe) + mac_data.len();
        let mut out = Vec::with_capacity(encoded_len(length));
        put_header(&mut out, tag::SEQUENCE, length);
        out.extend_from_slice(&VERSION_3);
        put_header(&mut out, tag::SEQUENCE, auth_safe);
        put_tlv(&mut out, tag::OBJECT_IDENTIFIER, DATA.as_bytes());
        put_header(&mut out, tag::context_constructed(0), content);
        put_header(&mut out, tag::OCTET_STRING, authenticated);
        out.extend_from_slice(&header);
        out.extend_from_slice(&safe);
        out.extend_from_slice(&mac_data);
        Ok(out)
    }
}

/// A file in DER, or one that its normal form gives.
fn read(bytes: &Bytes, password: &Password, limits: &Limits) -> Result<Pfx, Error> {
    let mut pfx = Reader::new(bytes).sequence("PFX")?;
    let version = pfx.unsigned("PFX's version")?;
    if version != 3 {
        return Err(Error::Version { version });
    }
    let mut auth_safe = pfx.sequence("PFX's authSafe")?;
    let id = auth_safe.oid("authSafe's contentType")?;
    if id != DATA {
        return Err(Error::ContentType {
            name: oid::describe(&id),
        });
    }
    let mut content = auth_safe
        .read(tag::context_constructed(0), "authSafe's content")?
        .reader();
    let octets = bytes.slice_ref(content.octet_string("authSafe's content")?);
    let mac = if pfx.is_empty() {
        None
    } else {
        Some(Mac::read(&mut pfx, limits)?)
    };
    let sealed = match read_safe(&octets, limits) {
        Err(Error::Damaged { source }) => match asn1::normalize(&octets, limits) {
            Ok(normal) if normal != octets => read_safe(&normal, limits)?,
            _ => return Err(source.into()),
        },
        other => other?,
    };
    check_work(&sealed, mac.as_ref().map(|(mac, _)| mac), limits)?;
    let open = || {
        let mut budget = Budget::new(limits);
        let opened = sealed.into_iter().enumerate();
        opened
            .map(|(index, sealed)| sealed.open(index, password, limits, &mut budget))
            .collect::<Result<_, _>>()
    };
    let (contents, mac) = match mac {
        Some((mac, value)) if !password.is_none() => {
            // The MAC's key derivation and the contents' run at the same time.
            let (key, contents) = crypto::join(|| mac.derive(password), open);
            let verified = mac.verify(&key, password, &octets, &value);
            (settle(contents, verified)?, Some(mac))
        }
        other => (open()?, other.map(|(mac, _)| mac)),
    };
    let original = Original {
        file: bytes.clone(),
        contents: contents.len(),
        mac: mac.clone(),
        password: std::sync::Arc::new(password.duplicate()),
    };
    Ok(Pfx {
        contents,
        mac,
        original: Some(original),
    })
}

/// What opening the contents and verifying the MAC say together about what is wrong.
fn settle(contents: Result<Vec<SafeContents>, Error>, verified: bool) -> Result<Vec<SafeContents>, Error> {
    match (contents, verified) {
        (Ok(contents), true) => Ok(contents),
        (Ok(contents), false) if contents.iter().any(|contents| contents.encryption.is_some()) => {
            Err(Error::Altered)
        }
        (Ok(_), false) => Err(Error::WrongPassword),
        (Err(error), false) if error.kind() == ErrorKind::WrongPassword => Err(Error::WrongPassword),
        (Err(error), _) => Err(error),
    }
}

fn read_safe(octets: &Bytes, limits: &Limits) -> Result<Vec<Sealed>, Error> {
    let mut reader = Reader::new(octets).sequence("AuthenticatedSafe")?;
    let mut sealed = Vec::new();
    while !reader.is_empty() {
        sealed.push(Sealed::read(&mut reader, octets, limits)?);
    }
    Ok(sealed)
}

/// All iterations that opening asks for are counted before the first of them is done.
fn check_work(sealed: &[Sealed], mac: Option<&Mac>, limits: &Limits) -> Result<(), Error> {
    let contents = sealed.iter().filter_map(|sealed| sealed.encryption.as_ref());
    let iterations = contents.map(|pbe| u64::from(pbe.iterations())).sum::<u64>()
        + mac.map_or(0, |mac| u64::from(mac.iterations()));
    if iterations > limits.total_iterations {
        return Err(Error::TooMuchWork {
            iterations,
            limit: limits.total_iterations,
        });
    }
    Ok(())
}

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;

use super::authenticated_safe::{DATA, Plan, SafeContents, Sealed};
use super::safe_bag::Budget;
use super::{Error, Mac};
use crate::asn1::{self, Reader, encoded_len, put_header, put_tlv, tag};
use crate::crypto::{self, CryptoRng};
use crate::error::ErrorKind;
use crate::limits::Limits;
use crate::pkcs8::oid;
use crate::pkcs8::pbe::{Pbe, PbeError};
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
#[derive(Clone)]
struct Original {
    file: Bytes,
    contents: usize,
    mac: Option<Mac>,
    /// Tells whether what was encrypted may stay as it is.
    password: Arc<Password>,
}

impl fmt::Debug for Original {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The file may hold keys in the clear.
        write!(f, "Original({} bytes)", self.file.len())
    }
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

    /// Whether the bytes begin like a PKCS#12 file: a SEQUENCE (or, as the JDK does not mind, a SET) whose first
    /// field is the version, an INTEGER.
    #[must_use]
    pub fn detect(bytes: &[u8]) -> bool {
        let Some((&(tag::SEQUENCE | tag::SET), rest)) = bytes.split_first() else {
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
    /// [`Error::PasswordRequired`] where there is something to encrypt or a MAC to make, and no password;
    /// [`Error::Locked`] where contents that were never opened would have to get another password.
    pub fn to_bytes(&self, password: &Password, rng: &mut dyn CryptoRng) -> Result<Vec<u8>, Error> {
        let original = self.original.as_ref();
        let same_password =
            original.is_some_and(|original| original.password.expose_text() == password.expose_text());
        let keep: Vec<bool> = self
            .contents
            .iter()
            .map(|contents| same_password && contents.is_unchanged())
            .collect();
        if let Some(original) = original
            && same_password
            && original.mac == self.mac
            && original.contents == self.contents.len()
            && !keep.contains(&false)
        {
            return Ok(original.file.to_vec());
        }
        if !same_password && let Some(index) = self.contents.iter().position(|held| held.bags.is_none()) {
            return Err(Error::Locked { index });
        }
        let mac = match (&self.mac, original) {
            (Some(_), _) if password.is_none() => return Err(Error::PasswordRequired),
            (Some(mac), Some(_)) => Some(mac.renew(rng)),
            (mac, _) => mac.clone(),
        };
        let plans: Vec<Plan<'_>> = self
            .contents
            .iter()
            .zip(keep)
            .map(|(contents, keep)| contents.plan(keep, rng))
            .collect();
        write(&plans, mac.as_ref(), password)
    }
}

/// One buffer, of the right size from the start: bags are encoded and encrypted in it, and the MAC is made
/// over them where they stand.
fn write(plans: &[Plan<'_>], mac: Option<&Mac>, password: &Password) -> Result<Vec<u8>, Error> {
    let contents = plans.iter().map(Plan::encoded_len).sum();
    let authenticated = encoded_len(contents);
    let content = encoded_len(authenticated);
    let auth_safe = encoded_len(DATA.as_bytes().len()) + encoded_len(content);
    let length = VERSION_3.len() + encoded_len(auth_safe) + mac.map_or(0, Mac::encoded_len);
    let mut out = Vec::with_capacity(encoded_len(length));
    put_header(&mut out, tag::SEQUENCE, length);
    out.extend_from_slice(&VERSION_3);
    put_header(&mut out, tag::SEQUENCE, auth_safe);
    put_tlv(&mut out, tag::OBJECT_IDENTIFIER, DATA.as_bytes());
    put_header(&mut out, tag::context_constructed(0), content);
    put_header(&mut out, tag::OCTET_STRING, authenticated);
    let start = out.len();
    put_header(&mut out, tag::SEQUENCE, contents);
    let mut put_contents = || {
        plans
            .iter()
            .enumerate()
            .try_for_each(|(index, plan)| plan.put(&mut out, password, index))
    };
    let Some(mac) = mac else {
        put_contents()?;
        return Ok(out);
    };
    // The MAC's key derivation and the contents' run at the same time.
    let (key, put) = if plans.iter().any(Plan::is_encrypted) {
        crypto::join(|| mac.derive(password), put_contents)
    } else {
        let put = put_contents();
        (mac.derive(password), put)
    };
    put?;
    let value = mac.compute(&key, &[out.get(start..).unwrap_or_default()]);
    out.extend_from_slice(&mac.to_der(&value));
    Ok(out)
}

/// A file in DER, or one that its normal form gives.
fn read(bytes: &Bytes, password: &Password, limits: &Limits) -> Result<Pfx, Error> {
    // The JDK does not tell a SEQUENCE from a SET here.
    let mut reader = Reader::new(bytes);
    let mut pfx = match reader.peek() {
        Some(tag::SET) => reader.set("PFX")?,
        _ => reader.sequence("PFX")?,
    };
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
    let content = content.read(tag::OCTET_STRING, "authSafe's content")?;
    let octets = bytes.slice_ref(content.value);
    let position = content.reader().position();
    let mac = if pfx.is_empty() {
        None
    } else {
        Some(Mac::read(&mut pfx, limits)?)
    };
    let sealed = match read_safe(&octets, position, limits) {
        Err(Error::Damaged { source }) => match asn1::normalize(&octets, limits) {
            Ok(normal) if normal != octets => read_safe(&normal, position, limits)?,
            _ => return Err(source.into()),
        },
        other => other?,
    };
    check_work(&sealed, mac.as_ref().map(|(mac, _)| mac), limits)?;
    let open = || {
        let mut budget = Budget::new(limits);
        sealed
            .into_iter()
            .map(|sealed| sealed.open(password, limits, &mut budget))
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
        password: Arc::new(password.duplicate()),
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
        (
            Err(Error::Contents {
                index,
                source: PbeError::WrongPassword,
            }),
            true,
        ) => Err(Error::ContentsPassword { index }),
        // Octets that a wrong key decrypts to may look like bags for a while.
        (Err(Error::Decrypted { .. }), false) => Err(Error::WrongPassword),
        (Err(error), false) if error.kind() == ErrorKind::WrongPassword => Err(Error::WrongPassword),
        (Err(error), _) => Err(error),
    }
}

/// The contents; `position` is where they begin in the file.
fn read_safe(octets: &Bytes, position: usize, limits: &Limits) -> Result<Vec<Sealed>, Error> {
    let mut reader = Reader::at(octets, position).sequence("AuthenticatedSafe")?;
    let mut sealed = Vec::new();
    while !reader.is_empty() {
        sealed.push(Sealed::read(&mut reader, octets, sealed.len(), limits)?);
    }
    Ok(sealed)
}

/// All iterations that opening asks for are counted before the first of them is done.
fn check_work(sealed: &[Sealed], mac: Option<&Mac>, limits: &Limits) -> Result<(), Error> {
    let contents = sealed.iter().filter_map(|sealed| sealed.encryption.as_ref());
    let iterations = contents
        .map(Pbe::work)
        .chain(mac.map(Mac::work))
        .fold(0, u64::saturating_add);
    if iterations > limits.total_iterations {
        return Err(Error::TooMuchWork {
            iterations,
            limit: limits.total_iterations,
        });
    }
    Ok(())
}

//! Signatures verified with what other crates have not: RSA with any digest and size, DSA, ECDSA on every curve of
//! a prime field that a JDK knows, Ed448. Everything here is public: keys, messages, signatures.

use crypto_bigint::BoxedUint;
use crypto_bigint::modular::BoxedMontyForm;
use shake::{ExtendableOutput, Update, XofReader};

use super::Digest;
use super::curve::{
    B448_X, B448_Y, CURVES, D448, Field, P448, Point, Weierstrass, add_edwards, bits, hex, is_below, unsigned,
};

/// In octets: the JDK takes RSA keys of up to 16384 bits and DSA primes of far less.
const LONGEST_MODULUS: usize = 2048;

/// An RSA public key, its numbers big endian.
pub(crate) struct RsaKey<'a> {
    pub(crate) modulus: &'a [u8],
    pub(crate) exponent: &'a [u8],
}

impl RsaKey<'_> {
    /// RSASSA-PKCS1-v1_5 (RFC 8017 section 8.2.2); `prefix` is the DigestInfo up to the digest.
    pub(crate) fn verifies_pkcs1(
        &self,
        prefix: &[u8],
        digest: Digest,
        message: &[u8],
        signature: &[u8],
    ) -> bool {
        let hash = digest.hash(&[message]);
        let Some(encoded) = self.power(signature) else {
            return false;
        };
        let Some(padding) = encoded.len().checked_sub(prefix.len() + hash.len() + 3) else {
            return false;
        };
        let ones = vec![0xff; padding];
        padding >= 8 && encoded == [&[0, 1][..], &ones, &[0], prefix, &hash].concat()
    }

    /// RSASSA-PSS with MGF1 (RFC 8017 section 8.1.2).
    pub(crate) fn verifies_pss(
        &self,
        digest: Digest,
        mask_digest: Digest,
        salt_length: usize,
        message: &[u8],
        signature: &[u8],
    ) -> bool {
        self.pss(digest, mask_digest, salt_length, message, signature)
            .unwrap_or(false)
    }

    fn pss(
        &self,
        digest: Digest,
        mask_digest: Digest,
        salt_length: usize,
        message: &[u8],
        signature: &[u8],
    ) -> Option<bool> {
        let whole = self.power(signature)?;
        let surplus_bits = (unsigned(self.modulus).first()?.leading_zeros() + 1) % 8;
        // The encoded message has one bit less than the modulus, and so perhaps one octet less.
        let encoded = if surplus_bits == 0 {
            whole.strip_prefix(&[0])?
        } else {
            whole.as_slice()
        };
        let hash = digest.hash(&[message]);
        let masked_length = encoded.len().checked_sub(hash.len() + 1)?;
        let zeros = masked_length.checked_sub(salt_length + 1)?;
        let (masked, rest) = encoded.split_at_checked(masked_length)?;
        let (h, trailer) = rest.split_at_checked(hash.len())?;
        let top = 0xff_u8.checked_shr(surplus_bits).unwrap_or_default();
        if trailer != [0xbc] || masked.first()? & !top != 0 {
            return Some(false);
        }
        let mask = mgf1(mask_digest, h, masked_length);
        let mut block: Vec<u8> = masked.iter().zip(&mask).map(|(a, b)| a ^ b).collect();
        *block.first_mut()? &= top;
        let (padding, salt) = block.split_at_checked(zeros + 1)?;
        let (one, padding) = padding.split_last()?;
        let expected = digest.hash(&[&[0; 8], &hash, salt]);
        Some(*one == 1 && padding.iter().all(|octet| *octet == 0) && expected == h)
    }

    /// RSAVP1: the signature to the public exponent, as long as the modulus.
    fn power(&self, signature: &[u8]) -> Option<Vec<u8>> {
        let modulus = unsigned(self.modulus);
        (modulus.len() <= LONGEST_MODULUS
            && signature.len() == modulus.len()
            && is_below(signature, modulus)
            && unsigned(self.exponent).len() <= 64)
            .then_some(())?;
        let field = Field::new(modulus)?;
        let base = field.element(signature)?;
        field.octets(&power(&field, &base, self.exponent))
    }
}

fn mgf1(digest: Digest, seed: &[u8], length: usize) -> Vec<u8> {
    let mut mask = Vec::with_capacity(length + 64);
    let mut counter = 0_u32;
    while mask.len() < length {
        mask.extend(digest.hash(&[seed, &counter.to_be_bytes()]));
        counter += 1;
    }
    mask.truncate(length);
    mask
}

fn power(field: &Field, base: &BoxedMontyForm, exponent: &[u8]) -> BoxedMontyForm {
    bits(unsigned(exponent)).fold(field.one(), |power, bit| {
        let square = power.square();
        if bit { square.mul(base) } else { square }
    })
}

/// A signature's two numbers, big endian.
pub(crate) struct Pair<'a> {
    pub(crate) r: &'a [u8],
    pub(crate) s: &'a [u8],
}

/// The leftmost bits of a digest as a number below 2^bits (FIPS 186-5 section 6.4.1).
fn leftmost(hash: &[u8], order: &[u8]) -> Option<Vec<u8>> {
    let order = unsigned(order);
    let wanted = order.len() * 8 - usize::try_from(order.first()?.leading_zeros()).ok()?;
    if hash.len() * 8 <= wanted {
        return Some(hash.to_vec());
    }
    let kept = hash.get(..wanted.div_ceil(8))?;
    let surplus = u32::try_from(kept.len() * 8 - wanted).ok()?;
    let number = BoxedUint::from_be_slice(kept, u32::try_from(kept.len()).ok()?.checked_mul(8)?).ok()?;
    Some(number.shr(surplus).to_be_bytes().to_vec())
}

/// The factors u1 = hash/s and u2 = r/s modulo the order.
fn factors(order: &[u8], hash: &[u8], pair: &Pair<'_>) -> Option<(Field, Vec<u8>, Vec<u8>)> {
    (is_below(pair.r, order) && is_below(pair.s, order)).then_some(())?;
    let scalars = Field::new(unsigned(order))?;
    let inverse: BoxedMontyForm = Option::from(scalars.element(pair.s)?.invert())?;
    let hash = scalars.element(&leftmost(hash, order)?)?;
    let u1 = scalars.octets(&hash.mul(&inverse))?;
    let u2 = scalars.octets(&scalars.element(pair.r)?.mul(&inverse))?;
    Some((scalars, u1, u2))
}

/// DSA (FIPS 186-4 section 4.7).
pub(crate) fn dsa_verifies(
    parameters: [&[u8]; 3],
    y: &[u8],
    digest: Digest,
    message: &[u8],
    pair: &Pair<'_>,
) -> bool {
    let verify = || {
        let [p, q, g] = parameters.map(unsigned);
        (p.len() <= LONGEST_MODULUS && is_below(q, p) && is_below(g, p) && is_below(y, p)).then_some(())?;
        let (scalars, u1, u2) = factors(q, &digest.hash(&[message]), pair)?;
        let field = Field::new(p)?;
        let left = power(&field, &field.element(g)?, &u1);
        let right = power(&field, &field.element(y)?, &u2);
        let v = field.octets(&left.mul(&right))?;
        Some(reduced(&scalars, &v, q)? == unsigned(pair.r))
    };
    verify().unwrap_or(false)
}

/// A number modulo the order, without leading zeros.
fn reduced(scalars: &Field, number: &[u8], order: &[u8]) -> Option<Vec<u8>> {
    let octets = u32::try_from(number.len().max(order.len())).ok()?;
    let width = octets.checked_mul(8)?.next_multiple_of(64);
    let number = BoxedUint::from_be_slice(number, width).ok()?;
    let order = BoxedUint::from_be_slice(order, width).ok()?;
    let order: crypto_bigint::NonZero<BoxedUint> = Option::from(crypto_bigint::NonZero::new(order))?;
    let rest = number.rem_vartime(&order).to_be_bytes();
    (unsigned(&rest).len() <= scalars.octets).then(|| unsigned(&rest).to_vec())
}

/// Whether the arithmetic of a named curve is here.
pub(crate) fn knows_curve(curve: &str) -> bool {
    CURVES.iter().any(|known| known.name == curve)
}

/// ECDSA (FIPS 186-5 section 6.4.2) with an uncompressed point on a named curve.
pub(crate) fn ecdsa_verifies(
    curve: &str,
    point: &[u8],
    digest: Digest,
    message: &[u8],
    pair: &Pair<'_>,
) -> bool {
    let verify = || {
        let curve = CURVES.iter().find(|known| known.name == curve)?;
        let [p, a, b, x, y, n] = curve.parameters.map(hex);
        let (p, n) = (p?, n?);
        let (scalars, u1, u2) = factors(&n, &digest.hash(&[message]), pair)?;
        let group = Weierstrass::new(&p, &a?, &b?)?;
        let base = Point {
            x: group.field.element(&x?)?,
            y: group.field.element(&y?)?,
            z: group.field.one(),
        };
        let (form, coordinates) = point.split_first()?;
        let (px, py) = coordinates.split_at_checked(coordinates.len() / 2)?;
        let is_point = *form == 4 && px.len() == py.len() && !is_below(&p, px) && !is_below(&p, py);
        is_point.then_some(())?;
        let public = Point {
            x: group.field.element(px)?,
            y: group.field.element(py)?,
            z: group.field.one(),
        };
        group.has(&public).then_some(())?;
        let sum = group.add(&group.multiply(&base, &u1), &group.multiply(&public, &u2));
        let (x, _) = group.affine(&sum)?;
        Some(reduced(&scalars, &x, &n)? == unsigned(pair.r))
    };
    verify().unwrap_or(false)
}

/// The order of edwards448's base point (RFC 8032 section 5.2).
const L448: &str = concat!(
    "3fffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "7cca23e9c44edb49aed63690216cc2728dc58f552378c292ab5844f3"
);

/// Ed448 without a context (RFC 8032 section 5.2.7).
pub(crate) fn ed448_verifies(public: &[u8], message: &[u8], signature: &[u8]) -> bool {
    let verify = || {
        let (r, s) = signature.split_at_checked(57)?;
        (s.len() == 57 && public.len() == 57).then_some(())?;
        let order = hex(L448)?;
        let mut scalar = s.to_vec();
        scalar.reverse();
        (is_below(&scalar, &order) || scalar.iter().all(|octet| *octet == 0)).then_some(())?;
        let curve = Edwards448::new()?;
        let a = curve.decode(public)?;
        let r_point = curve.decode(r)?;
        let mut shake = shake::Shake256::default();
        for part in [&b"SigEd448\0\0"[..], r, public, message] {
            shake.update(part);
        }
        let mut challenge = vec![0; 114];
        shake.finalize_xof().read(&mut challenge);
        challenge.reverse();
        let scalars = Field::new(&order)?;
        let challenge = reduced(&scalars, &challenge, &order)?;
        let left = curve.multiply(&curve.base()?, &scalar);
        let right = curve.add(&r_point, &curve.multiply(&a, &challenge));
        Some(curve.encode(&left)? == curve.encode(&right)?)
    };
    verify().unwrap_or(false)
}

struct Edwards448 {
    field: Field,
    d: BoxedMontyForm,
}

impl Edwards448 {
    fn new() -> Option<Self> {
        let field = Field::new(&hex(P448)?)?;
        let d = field.small(D448)?.neg();
        Some(Self { field, d })
    }

    fn base(&self) -> Option<Point> {
        Some(Point {
            x: self.field.element(&hex(B448_X)?)?,
            y: self.field.element(&hex(B448_Y)?)?,
            z: self.field.one(),
        })
    }

    fn add(&self, p: &Point, q: &Point) -> Point {
        add_edwards(p, q, &self.d)
    }

    fn multiply(&self, base: &Point, scalar: &[u8]) -> Point {
        let neutral = Point {
            x: self.field.zero(),
            y: self.field.one(),
            z: self.field.one(),
        };
        bits(scalar).fold(neutral, |sum, bit| {
            let double = self.add(&sum, &sum);
            if bit { self.add(&double, base) } else { double }
        })
    }

    fn encode(&self, point: &Point) -> Option<Vec<u8>> {
        let inverse: BoxedMontyForm = Option::from(point.z.invert())?;
        let x = self.field.octets(&point.x.mul(&inverse))?;
        let mut encoded = self.field.octets(&point.y.mul(&inverse))?;
        encoded.reverse();
        encoded.push((x.last()? & 1) << 7);
        Some(encoded)
    }

    /// RFC 8032 section 5.2.3.
    fn decode(&self, encoded: &[u8]) -> Option<Point> {
        let (sign, y) = encoded.split_last()?;
        let mut y = y.to_vec();
        y.reverse();
        let p = hex(P448)?;
        (sign & 0x7f == 0 && (is_below(&y, &p) || y.iter().all(|octet| *octet == 0))).then_some(())?;
        let y = self.field.element(&y)?;
        let square = y.square();
        let u = square.sub(&self.field.one());
        let v = self.d.mul(&square).sub(&self.field.one());
        let v_inverse: BoxedMontyForm = Option::from(v.invert())?;
        let x2 = u.mul(&v_inverse);
        // p = 3 mod 4: the root is the power (p + 1) / 4 = 2^446 - 2^222
        let exponent = BoxedUint::from_be_slice(&p, 448)
            .ok()?
            .shr(2)
            .wrapping_add(BoxedUint::one_with_precision(448))
            .to_be_bytes();
        let x = power(&self.field, &x2, &exponent);
        (x.square() == x2).then_some(())?;
        let is_odd = self.field.octets(&x)?.last()? & 1 == 1;
        let x = if is_odd == (sign >> 7 == 1) { x } else { x.neg() };
        Some(Point {
            x,
            y,
            z: self.field.one(),
        })
    }
}

impl Weierstrass {
    /// Whether a point with z = 1 is on the curve.
    fn has(&self, point: &Point) -> bool {
        let right = point.x.square().mul(&point.x).add(&self.a.mul(&point.x));
        // b3 is three times b
        let triple = |number: &BoxedMontyForm| number.double().add(number);
        triple(&point.y.square()) == triple(&right).add(&self.b3)
    }
}

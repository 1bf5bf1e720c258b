//! Public halves of private keys, by the arithmetic of their groups: short Weierstrass curves over prime fields
//! (SEC 1), the curves of RFC 7748 and RFC 8032, and powers modulo a prime (DSA).
//!
//! It runs once for each key, on the machine of who owns it, and makes no claim to take the same time for every key.

use crypto_bigint::modular::{BoxedMontyForm, BoxedMontyParams};
use crypto_bigint::{BoxedUint, Odd};
use shake::{ExtendableOutput, Update, XofReader};
use zeroize::Zeroizing;

use super::Digest;

/// A named curve: p, a, b, the base point's x and y, its order n; hexadecimal.
pub(super) struct Curve {
    pub(super) name: &'static str,
    pub(super) parameters: [&'static str; 6],
}

const fn curve(name: &'static str, parameters: [&'static str; 6]) -> Curve {
    Curve { name, parameters }
}

/// The prime fields' curves that a JDK knows, by its names: SEC 2 versions 1 and 2, RFC 5639, X9.62.
pub(super) const CURVES: &[Curve] = &[
    curve(
        "secp112r1",
        [
            "db7c2abf62e35e668076bead208b",
            "db7c2abf62e35e668076bead2088",
            "659ef8ba043916eede8911702b22",
            "09487239995a5ee76b55f9c2f098",
            "a89ce5af8724c0a23e0e0ff77500",
            "db7c2abf62e35e7628dfac6561c5",
        ],
    ),
    curve(
        "secp112r2",
        [
            "db7c2abf62e35e668076bead208b",
            "6127c24c05f38a0aaaf65c0ef02c",
            "51def1815db5ed74fcc34c85d709",
            "4ba30ab5e892b4e1649dd0928643",
            "adcd46f5882e3747def36e956e97",
            "36df0aafd8b8d7597ca10520d04b",
        ],
    ),
    curve(
        "secp128r1",
        [
            "fffffffdffffffffffffffffffffffff",
            "fffffffdfffffffffffffffffffffffc",
            "e87579c11079f43dd824993c2cee5ed3",
            "161ff7528b899b2d0c28607ca52c5b86",
            "cf5ac8395bafeb13c02da292dded7a83",
            "fffffffe0000000075a30d1b9038a115",
        ],
    ),
    curve(
        "secp128r2",
        [
            "fffffffdffffffffffffffffffffffff",
            "d6031998d1b3bbfebf59cc9bbff9aee1",
            "5eeefca380d02919dc2c6558bb6d8a5d",
            "7b6aa5d85e572983e6fb32a7cdebc140",
            "27b6916a894d3aee7106fe805fc34b44",
            "3fffffff7fffffffbe0024720613b5a3",
        ],
    ),
    curve(
        "secp160k1",
        [
            "fffffffffffffffffffffffffffffffeffffac73",
            "00",
            "07",
            "3b4c382ce37aa192a4019e763036f4f5dd4d7ebb",
            "938cf935318fdced6bc28286531733c3f03c4fee",
            "0100000000000000000001b8fa16dfab9aca16b6b3",
        ],
    ),
    curve(
        "secp160r1",
        [
            "ffffffffffffffffffffffffffffffff7fffffff",
            "ffffffffffffffffffffffffffffffff7ffffffc",
            "1c97befc54bd7a8b65acf89f81d4d4adc565fa45",
            "4a96b5688ef573284664698968c38bb913cbfc82",
            "23a628553168947d59dcc912042351377ac5fb32",
            "0100000000000000000001f4c8f927aed3ca752257",
        ],
    ),
    curve(
        "secp160r2",
        [
            "fffffffffffffffffffffffffffffffeffffac73",
            "fffffffffffffffffffffffffffffffeffffac70",
            "b4e134d3fb59eb8bab57274904664d5af50388ba",
            "52dcb034293a117e1f4ff11b30f7199d3144ce6d",
            "feaffef2e331f296e071fa0df9982cfea7d43f2e",
            "0100000000000000000000351ee786a818f3a1a16b",
        ],
    ),
    curve(
        "secp192k1",
        [
            "fffffffffffffffffffffffffffffffffffffffeffffee37",
            "00",
            "03",
            "db4ff10ec057e9ae26b07d0280b7f4341da5d1b1eae06c7d",
            "9b2f2f6d9c5628a7844163d015be86344082aa88d95e2f9d",
            "fffffffffffffffffffffffe26f2fc170f69466a74defd8d",
        ],
    ),
    curve(
        "secp192r1",
        [
            "fffffffffffffffffffffffffffffffeffffffffffffffff",
            "fffffffffffffffffffffffffffffffefffffffffffffffc",
            "64210519e59c80e70fa7e9ab72243049feb8deecc146b9b1",
            "188da80eb03090f67cbf20eb43a18800f4ff0afd82ff1012",
            "07192b95ffc8da78631011ed6b24cdd573f977a11e794811",
            "ffffffffffffffffffffffff99def836146bc9b1b4d22831",
        ],
    ),
    curve(
        "secp224k1",
        [
            "fffffffffffffffffffffffffffffffffffffffffffffffeffffe56d",
            "00",
            "05",
            "a1455b334df099df30fc28a169a467e9e47075a90f7e650eb6b7a45c",
            "7e089fed7fba344282cafbd6f7e319f7c0b0bd59e2ca4bdb556d61a5",
            "010000000000000000000000000001dce8d2ec6184caf0a971769fb1f7",
        ],
    ),
    curve(
        "secp224r1",
        [
            "ffffffffffffffffffffffffffffffff000000000000000000000001",
            "fffffffffffffffffffffffffffffffefffffffffffffffffffffffe",
            "b4050a850c04b3abf54132565044b0b7d7bfd8ba270b39432355ffb4",
            "b70e0cbd6bb4bf7f321390b94a03c1d356c21122343280d6115c1d21",
            "bd376388b5f723fb4c22dfe6cd4375a05a07476444d5819985007e34",
            "ffffffffffffffffffffffffffff16a2e0b8f03e13dd29455c5c2a3d",
        ],
    ),
    curve(
        "secp256k1",
        [
            "fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f",
            "00",
            "07",
            "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798",
            "483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8",
            "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141",
        ],
    ),
    curve(
        "secp256r1",
        [
            "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff",
            "ffffffff00000001000000000000000000000000fffffffffffffffffffffffc",
            "5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b",
            "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296",
            "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5",
            "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551",
        ],
    ),
    curve(
        "secp384r1",
        [
            "fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffeffffffff0000000000000000ffffffff",
            "fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffeffffffff0000000000000000fffffffc",
            "b3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875ac656398d8a2ed19d2a85c8edd3ec2aef",
            "aa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a385502f25dbf55296c3a545e3872760ab7",
            "3617de4a96262c6f5d9e98bf9292dc29f8f41dbd289a147ce9da3113b5f0b8c00a60b1ce1d7e819d7a431d7c90ea0e5f",
            "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973",
        ],
    ),
    curve(
        "secp521r1",
        [
            "01ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
            "01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc",
            "51953eb9618e1c9a1f929a21a0b68540eea2da725b99b315f3b8b489918ef109e156193951ec7e937b1652c0bd3bb1bf073573df883d2c34f1ef451fd46b503f00",
            "00c6858e06b70404e9cd9e3ecb662395b4429c648139053fb521f828af606b4d3dbaa14b5e77efe75928fe1dc127a2ffa8de3348b3c1856a429bf97e7e31c2e5bd66",
            "011839296a789a3bc0045c8a5fb42c7d1bd998f54449579b446817afbd17273e662c97ee72995ef42640c550b9013fad0761353c7086a272c24088be94769fd16650",
            "01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409",
        ],
    ),
    curve(
        "X9.62 prime192v2",
        [
            "fffffffffffffffffffffffffffffffeffffffffffffffff",
            "fffffffffffffffffffffffffffffffefffffffffffffffc",
            "cc22d6dfb95c6b25e49c0d6364a4e5980c393aa21668d953",
            "eea2bae7e1497842f2de7769cfe9c989c072ad696f48034a",
            "6574d11d69b6ec7a672bb82a083df2f2b0847de970b2de15",
            "fffffffffffffffffffffffe5fb1a724dc80418648d8dd31",
        ],
    ),
    curve(
        "X9.62 prime192v3",
        [
            "fffffffffffffffffffffffffffffffeffffffffffffffff",
            "fffffffffffffffffffffffffffffffefffffffffffffffc",
            "22123dc2395a05caa7423daeccc94760a7d462256bd56916",
            "7d29778100c65a1da1783716588dce2b8b4aee8e228f1896",
            "38a90f22637337334b49dcb66a6dc8f9978aca7648a943b0",
            "ffffffffffffffffffffffff7a62d031c83f4294f640ec13",
        ],
    ),
    curve(
        "X9.62 prime239v1",
        [
            "7fffffffffffffffffffffff7fffffffffff8000000000007fffffffffff",
            "7fffffffffffffffffffffff7fffffffffff8000000000007ffffffffffc",
            "6b016c3bdcf18941d0d654921475ca71a9db2fb27d1d37796185c2942c0a",
            "0ffa963cdca8816ccc33b8642bedf905c3d358573d3f27fbbd3b3cb9aaaf",
            "7debe8e4e90a5dae6e4054ca530ba04654b36818ce226b39fccb7b02f1ae",
            "7fffffffffffffffffffffff7fffff9e5e9a9f5d9071fbd1522688909d0b",
        ],
    ),
    curve(
        "X9.62 prime239v2",
        [
            "7fffffffffffffffffffffff7fffffffffff8000000000007fffffffffff",
            "7fffffffffffffffffffffff7fffffffffff8000000000007ffffffffffc",
            "617fab6832576cbbfed50d99f0249c3fee58b94ba0038c7ae84c8c832f2c",
            "38af09d98727705120c921bb5e9e26296a3cdcf2f35757a0eafd87b830e7",
            "5b0125e4dbea0ec7206da0fc01d9b081329fb555de6ef460237dff8be4ba",
            "7fffffffffffffffffffffff800000cfa7e8594377d414c03821bc582063",
        ],
    ),
    curve(
        "X9.62 prime239v3",
        [
            "7fffffffffffffffffffffff7fffffffffff8000000000007fffffffffff",
            "7fffffffffffffffffffffff7fffffffffff8000000000007ffffffffffc",
            "255705fa2a306654b1f4cb03d6a750a30c250102d4988717d9ba15ab6d3e",
            "6768ae8e18bb92cfcf005c949aa2c6d94853d0e660bbf854b1c9505fe95a",
            "1607e6898f390c06bc1d552bad226f3b6fcfe48b6e818499af18e3ed6cf3",
            "7fffffffffffffffffffffff7fffff975deb41b3a6057c3c432146526551",
        ],
    ),
    curve(
        "brainpoolP160r1",
        [
            "e95e4a5f737059dc60dfc7ad95b3d8139515620f",
            "340e7be2a280eb74e2be61bada745d97e8f7c300",
            "1e589a8595423412134faa2dbdec95c8d8675e58",
            "bed5af16ea3f6a4f62938c4631eb5af7bdbcdbc3",
            "1667cb477a1a8ec338f94741669c976316da6321",
            "e95e4a5f737059dc60df5991d45029409e60fc09",
        ],
    ),
    curve(
        "brainpoolP192r1",
        [
            "c302f41d932a36cda7a3463093d18db78fce476de1a86297",
            "6a91174076b1e0e19c39c031fe8685c1cae040e5c69a28ef",
            "469a28ef7c28cca3dc721d044f4496bcca7ef4146fbf25c9",
            "c0a0647eaab6a48753b033c56cb0f0900a2f5c4853375fd6",
            "14b690866abd5bb88b5f4828c1490002e6773fa2fa299b8f",
            "c302f41d932a36cda7a3462f9e9e916b5be8f1029ac4acc1",
        ],
    ),
    curve(
        "brainpoolP224r1",
        [
            "d7c134aa264366862a18302575d1d787b09f075797da89f57ec8c0ff",
            "68a5e62ca9ce6c1c299803a6c1530b514e182ad8b0042a59cad29f43",
            "2580f63ccfe44138870713b1a92369e33e2135d266dbb372386c400b",
            "0d9029ad2c7e5cf4340823b2a87dc68c9e4ce3174c1e6efdee12c07d",
            "58aa56f772c0726f24c6b89e4ecdac24354b9e99caa3f6d3761402cd",
            "d7c134aa264366862a18302575d0fb98d116bc4b6ddebca3a5a7939f",
        ],
    ),
    curve(
        "brainpoolP256r1",
        [
            "a9fb57dba1eea9bc3e660a909d838d726e3bf623d52620282013481d1f6e5377",
            "7d5a0975fc2c3057eef67530417affe7fb8055c126dc5c6ce94a4b44f330b5d9",
            "26dc5c6ce94a4b44f330b5d9bbd77cbf958416295cf7e1ce6bccdc18ff8c07b6",
            "8bd2aeb9cb7e57cb2c4b482ffc81b7afb9de27e1e3bd23c23a4453bd9ace3262",
            "547ef835c3dac4fd97f8461a14611dc9c27745132ded8e545c1d54c72f046997",
            "a9fb57dba1eea9bc3e660a909d838d718c397aa3b561a6f7901e0e82974856a7",
        ],
    ),
    curve(
        "brainpoolP320r1",
        [
            "d35e472036bc4fb7e13c785ed201e065f98fcfa6f6f40def4f92b9ec7893ec28fcd412b1f1b32e27",
            "3ee30b568fbab0f883ccebd46d3f3bb8a2a73513f5eb79da66190eb085ffa9f492f375a97d860eb4",
            "520883949dfdbc42d3ad198640688a6fe13f41349554b49acc31dccd884539816f5eb4ac8fb1f1a6",
            "43bd7e9afb53d8b85289bcc48ee5bfe6f20137d10a087eb6e7871e2a10a599c710af8d0d39e20611",
            "14fdd05545ec1cc8ab4093247f77275e0743ffed117182eaa9c77877aaac6ac7d35245d1692e8ee1",
            "d35e472036bc4fb7e13c785ed201e065f98fcfa5b68f12a32d482ec7ee8658e98691555b44c59311",
        ],
    ),
    curve(
        "brainpoolP384r1",
        [
            "8cb91e82a3386d280f5d6f7e50e641df152f7109ed5456b412b1da197fb71123acd3a729901d1a71874700133107ec53",
            "7bc382c63d8c150c3c72080ace05afa0c2bea28e4fb22787139165efba91f90f8aa5814a503ad4eb04a8c7dd22ce2826",
            "04a8c7dd22ce28268b39b55416f0447c2fb77de107dcd2a62e880ea53eeb62d57cb4390295dbc9943ab78696fa504c11",
            "1d1c64f068cf45ffa2a63a81b7c13f6b8847a3e77ef14fe3db7fcafe0cbd10e8e826e03436d646aaef87b2e247d4af1e",
            "8abe1d7520f9c2a45cb1eb8e95cfd55262b70b29feec5864e19c054ff99129280e4646217791811142820341263c5315",
            "8cb91e82a3386d280f5d6f7e50e641df152f7109ed5456b31f166e6cac0425a7cf3ab6af6b7fc3103b883202e9046565",
        ],
    ),
    curve(
        "brainpoolP512r1",
        [
            "aadd9db8dbe9c48b3fd4e6ae33c9fc07cb308db3b3c9d20ed6639cca703308717d4d9b009bc66842aecda12ae6a380e62881ff2f2d82c68528aa6056583a48f3",
            "7830a3318b603b89e2327145ac234cc594cbdd8d3df91610a83441caea9863bc2ded5d5aa8253aa10a2ef1c98b9ac8b57f1117a72bf2c7b9e7c1ac4d77fc94ca",
            "3df91610a83441caea9863bc2ded5d5aa8253aa10a2ef1c98b9ac8b57f1117a72bf2c7b9e7c1ac4d77fc94cadc083e67984050b75ebae5dd2809bd638016f723",
            "81aee4bdd82ed9645a21322e9c4c6a9385ed9f70b5d916c1b43b62eef4d0098eff3b1f78e2d0d48d50d1687b93b97d5f7c6d5047406a5e688b352209bcb9f822",
            "7dde385d566332ecc0eabfa9cf7822fdf209f70024a57b1aa000c55b881f8111b2dcde494a5f485e5bca4bd88a2763aed1ca2b2fa8f0540678cd1e0f3ad80892",
            "aadd9db8dbe9c48b3fd4e6ae33c9fc07cb308db3b3c9d20ed6639cca70330870553e5c414ca92619418661197fac10471db1d381085ddaddb58796829ca90069",
        ],
    ),
];

/// The arithmetic modulo an odd number.
pub(super) struct Field {
    parameters: BoxedMontyParams,
    pub(super) octets: usize,
}

impl Field {
    pub(super) fn new(modulus: &[u8]) -> Option<Self> {
        let octets = modulus.len();
        let modulus = number(modulus, octets)?;
        let modulus = Option::from(Odd::new(modulus))?;
        Some(Self {
            parameters: BoxedMontyParams::new(modulus),
            octets,
        })
    }

    /// A number below the modulus, big endian.
    pub(super) fn element(&self, octets: &[u8]) -> Option<BoxedMontyForm> {
        let octets = unsigned(octets);
        (octets.len() <= self.octets).then_some(())?;
        Some(BoxedMontyForm::new(
            number(octets, self.octets)?,
            &self.parameters,
        ))
    }

    pub(super) fn small(&self, value: u32) -> Option<BoxedMontyForm> {
        self.element(&value.to_be_bytes())
    }

    pub(super) fn octets(&self, element: &BoxedMontyForm) -> Option<Vec<u8>> {
        let all = element.retrieve().to_be_bytes();
        let surplus = all.len().checked_sub(self.octets)?;
        all.get(surplus..).map(<[u8]>::to_vec)
    }

    pub(super) fn one(&self) -> BoxedMontyForm {
        BoxedMontyForm::one(&self.parameters)
    }

    pub(super) fn zero(&self) -> BoxedMontyForm {
        BoxedMontyForm::zero(&self.parameters)
    }
}

fn number(octets: &[u8], length: usize) -> Option<BoxedUint> {
    let bits = u32::try_from(length).ok()?.checked_mul(8)?.next_multiple_of(64);
    BoxedUint::from_be_slice(octets, bits).ok()
}

/// Without leading zeros.
pub(super) fn unsigned(octets: &[u8]) -> &[u8] {
    let zeros = octets.iter().take_while(|octet| **octet == 0).count();
    octets.get(zeros..).unwrap_or_default()
}

/// Whether 0 < a < b, both big endian.
pub(super) fn is_below(a: &[u8], b: &[u8]) -> bool {
    let (a, b) = (unsigned(a), unsigned(b));
    !a.is_empty() && (a.len(), a) < (b.len(), b)
}

pub(super) fn hex(digits: &str) -> Option<Vec<u8>> {
    let pairs = digits.as_bytes().chunks(2);
    pairs
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect()
}

/// The bits of a big-endian number, highest first.
pub(super) fn bits(octets: &[u8]) -> impl Iterator<Item = bool> + '_ {
    octets
        .iter()
        .flat_map(|octet| (0..8).rev().map(move |bit| octet >> bit & 1 == 1))
}

/// The uncompressed point (SEC 1 section 2.3.3) of a private key on a named curve; nothing for a curve that is
/// not known here, or a number that is no private key of it (SEC 1 section 3.2.1).
#[must_use]
pub(crate) fn ec_public_key(curve: &str, private: &[u8]) -> Option<Vec<u8>> {
    let curve = CURVES.iter().find(|known| known.name == curve)?;
    let [p, a, b, x, y, n] = curve.parameters.map(hex);
    let n = n?;
    is_below(private, &n).then_some(())?;
    let group = Weierstrass::new(&p?, &a?, &b?)?;
    let base = Point {
        x: group.field.element(&x?)?,
        y: group.field.element(&y?)?,
        z: group.field.one(),
    };
    let (x, y) = group.affine(&group.multiply(&base, private))?;
    Some([&[4][..], &x, &y].concat())
}

/// y^2 = x^3 + ax + b.
pub(super) struct Weierstrass {
    pub(super) field: Field,
    pub(super) a: BoxedMontyForm,
    pub(super) b3: BoxedMontyForm,
}

/// In homogeneous coordinates.
#[derive(Clone)]
pub(super) struct Point {
    pub(super) x: BoxedMontyForm,
    pub(super) y: BoxedMontyForm,
    pub(super) z: BoxedMontyForm,
}

impl Weierstrass {
    pub(super) fn new(p: &[u8], a: &[u8], b: &[u8]) -> Option<Self> {
        let field = Field::new(p)?;
        let a = field.element(a)?;
        let b = field.element(b)?;
        let b3 = b.double().add(&b);
        Some(Self { field, a, b3 })
    }

    pub(super) fn multiply(&self, base: &Point, scalar: &[u8]) -> Point {
        let mut low = Point {
            x: self.field.zero(),
            y: self.field.one(),
            z: self.field.zero(),
        };
        let mut high = base.clone();
        for bit in bits(scalar) {
            let sum = self.add(&low, &high);
            if bit {
                high = self.add(&high, &high);
                low = sum;
            } else {
                low = self.add(&low, &low);
                high = sum;
            }
        }
        low
    }

    /// Complete for points of odd order (Renes, Costello, Batina: "Complete addition formulas for prime order
    /// elliptic curves", algorithm 1).
    pub(super) fn add(&self, p: &Point, q: &Point) -> Point {
        let t0 = p.x.mul(&q.x);
        let t1 = p.y.mul(&q.y);
        let t2 = p.z.mul(&q.z);
        let xy = p.x.add(&p.y).mul(&q.x.add(&q.y)).sub(&t0.add(&t1));
        let xz = p.x.add(&p.z).mul(&q.x.add(&q.z)).sub(&t0.add(&t2));
        let yz = p.y.add(&p.z).mul(&q.y.add(&q.z)).sub(&t1.add(&t2));
        let middle = self.b3.mul(&t2).add(&self.a.mul(&xz));
        let minus = t1.sub(&middle);
        let plus = t1.add(&middle);
        let at2 = self.a.mul(&t2);
        let slope = t0.double().add(&t0).add(&at2);
        let rest = self.b3.mul(&xz).add(&self.a.mul(&t0.sub(&at2)));
        Point {
            x: xy.mul(&minus).sub(&yz.mul(&rest)),
            y: minus.mul(&plus).add(&slope.mul(&rest)),
            z: yz.mul(&plus).add(&xy.mul(&slope)),
        }
    }

    pub(super) fn affine(&self, point: &Point) -> Option<(Vec<u8>, Vec<u8>)> {
        let inverse: BoxedMontyForm = Option::from(point.z.invert())?;
        let x = self.field.octets(&point.x.mul(&inverse))?;
        Some((x, self.field.octets(&point.y.mul(&inverse))?))
    }
}

/// g^x mod p, big endian (FIPS 186-4 section 4.4); nothing where the numbers cannot be a DSA key's.
#[must_use]
pub(crate) fn dsa_public_key(p: &[u8], q: &[u8], g: &[u8], x: &[u8]) -> Option<Vec<u8>> {
    let p = unsigned(p);
    let is_sized = p.len() <= LONGEST_PRIME && unsigned(q).len() <= LONGEST_ORDER;
    (is_sized && is_below(x, q) && is_below(q, p) && is_below(g, p)).then_some(())?;
    let field = Field::new(p)?;
    let base = field.element(g)?;
    let power = bits(x).fold(field.one(), |power, bit| {
        let square = power.square();
        if bit { square.mul(&base) } else { square }
    });
    field.octets(&power)
}

/// In octets; the JDK takes primes of up to 3072 bits, OpenSSL of up to 10,000.
const LONGEST_PRIME: usize = 1250;
/// In octets; FIPS 186-4 section 4.2 knows orders of up to 256 bits.
const LONGEST_ORDER: usize = 64;

/// RFC 8032 section 5.1.5.
#[must_use]
pub(crate) fn ed25519_public_key(private: &[u8]) -> Option<Vec<u8>> {
    (private.len() == 32).then_some(())?;
    let digest = Zeroizing::new(Digest::Sha512.hash(&[private]));
    let scalar = Zeroizing::new(*digest.first_chunk::<32>()?);
    let point = curve25519_dalek::EdwardsPoint::mul_base_clamped(*scalar);
    Some(point.compress().to_bytes().to_vec())
}

/// RFC 7748 section 6.1.
#[must_use]
pub(crate) fn x25519_public_key(private: &[u8]) -> Option<Vec<u8>> {
    let scalar = Zeroizing::new(<[u8; 32]>::try_from(private).ok()?);
    let point = curve25519_dalek::MontgomeryPoint::mul_base_clamped(*scalar);
    Some(point.to_bytes().to_vec())
}

/// 2^448 - 2^224 - 1, of both curves of RFC 7748 section 4.2.
pub(super) const P448: &str = concat!(
    "fffffffffffffffffffffffffffffffffffffffffffffffffffffffe",
    "ffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
);
/// -d of edwards448 (RFC 8032 section 5.2), a24 of curve448 (RFC 7748 section 5).
pub(super) const D448: u32 = 39081;
/// The base point of edwards448 (RFC 8032 section 5.2).
pub(super) const B448_X: &str = concat!(
    "4f1970c66bed0ded221d15a622bf36da9e146570470f1767ea6de324",
    "a3d3a46412ae1af72ab66511433b80e18b00938e2626a82bc70cc05e"
);
pub(super) const B448_Y: &str = concat!(
    "693f46716eb6bc248876203756c9c7624bea73736ca3984087789c1e",
    "05a0c2d73ad3ff1ce67c39c4fdbd132c4ed7c8ad9808795bf230fa14"
);

/// RFC 8032 section 5.2.5.
#[must_use]
pub(crate) fn ed448_public_key(private: &[u8]) -> Option<Vec<u8>> {
    (private.len() == 57).then_some(())?;
    let mut scalar = Zeroizing::new([0_u8; 57]);
    let mut shake = shake::Shake256::default();
    shake.update(private);
    shake.finalize_xof().read(scalar.as_mut_slice());
    let [first, .., before, last] = scalar.as_mut_slice() else {
        return None;
    };
    *first &= 0xfc;
    *before |= 0x80;
    *last = 0;
    scalar.reverse();

    let field = Field::new(&hex(P448)?)?;
    let d = field.small(D448)?.neg();
    let base = Point {
        x: field.element(&hex(B448_X)?)?,
        y: field.element(&hex(B448_Y)?)?,
        z: field.one(),
    };
    let neutral = Point {
        x: field.zero(),
        y: field.one(),
        z: field.one(),
    };
    let point = bits(scalar.as_slice()).fold(neutral, |sum, bit| {
        let double = add_edwards(&sum, &sum, &d);
        if bit {
            add_edwards(&double, &base, &d)
        } else {
            double
        }
    });
    let inverse: BoxedMontyForm = Option::from(point.z.invert())?;
    let x = field.octets(&point.x.mul(&inverse))?;
    let mut encoded = field.octets(&point.y.mul(&inverse))?;
    encoded.reverse();
    encoded.push((x.last()? & 1) << 7);
    Some(encoded)
}

/// RFC 8032 section 5.2.4.
pub(super) fn add_edwards(p: &Point, q: &Point, d: &BoxedMontyForm) -> Point {
    let a = p.z.mul(&q.z);
    let b = a.square();
    let c = p.x.mul(&q.x);
    let d1 = p.y.mul(&q.y);
    let e = d.mul(&c).mul(&d1);
    let f = b.sub(&e);
    let g = b.add(&e);
    let h = p.x.add(&p.y).mul(&q.x.add(&q.y));
    Point {
        x: a.mul(&f).mul(&h.sub(&c).sub(&d1)),
        y: a.mul(&g).mul(&d1.sub(&c)),
        z: f.mul(&g),
    }
}

/// RFC 7748 sections 5 and 6.2.
#[must_use]
pub(crate) fn x448_public_key(private: &[u8]) -> Option<Vec<u8>> {
    let mut scalar = Zeroizing::new(<[u8; 56]>::try_from(private).ok()?);
    let [first, .., last] = scalar.as_mut_slice() else {
        return None;
    };
    *first &= 0xfc;
    *last |= 0x80;
    scalar.reverse();

    let field = Field::new(&hex(P448)?)?;
    let a24 = field.small(D448)?;
    let x1 = field.small(5)?;
    let (mut x2, mut z2) = (field.one(), field.zero());
    let (mut x3, mut z3) = (x1.clone(), field.one());
    for bit in bits(scalar.as_slice()) {
        if bit {
            (x2, z2, x3, z3) = (x3, z3, x2, z2);
        }
        let (a, b) = (x2.add(&z2), x2.sub(&z2));
        let (aa, bb) = (a.square(), b.square());
        let e = aa.sub(&bb);
        let da = x3.sub(&z3).mul(&a);
        let cb = x3.add(&z3).mul(&b);
        x3 = da.add(&cb).square();
        z3 = x1.mul(&da.sub(&cb).square());
        x2 = aa.mul(&bb);
        z2 = e.mul(&aa.add(&a24.mul(&e)));
        if bit {
            (x2, z2, x3, z3) = (x3, z3, x2, z2);
        }
    }
    let inverse: BoxedMontyForm = Option::from(z2.invert())?;
    let mut encoded = field.octets(&x2.mul(&inverse))?;
    encoded.reverse();
    Some(encoded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_base_point_is_on_its_curve_and_has_the_order_stated() {
        for curve in CURVES {
            let [p, a, b, x, y, n] = curve.parameters.map(|digits| hex(digits).unwrap());
            let group = Weierstrass::new(&p, &a, &b).unwrap();
            let (x, y) = (group.field.element(&x).unwrap(), group.field.element(&y).unwrap());
            let a = group.field.element(&a).unwrap();
            let b = group.field.element(&b).unwrap();
            let right = x.square().mul(&x).add(&a.mul(&x)).add(&b);
            assert!(y.square() == right, "{}", curve.name);
            let z = group.field.one();
            let end = group.multiply(&Point { x, y, z }, &n);
            assert!(bool::from(end.z.is_zero()), "{}", curve.name);
        }
    }

    #[test]
    fn what_is_no_private_key_has_no_public_one() {
        let order = hex(CURVES[0].parameters[5]).unwrap();
        assert_eq!(ec_public_key(CURVES[0].name, &order), None);
        assert_eq!(ec_public_key(CURVES[0].name, &[0; 9]), None);
        assert_eq!(ec_public_key("sect163k1", &[1]), None);
        assert_eq!(ed448_public_key(&[1; 56]), None);
        assert_eq!(dsa_public_key(&[8], &[5], &[3], &[2]), None);
    }
}

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Base64;
import org.bouncycastle.asn1.*;
import org.bouncycastle.asn1.misc.MiscObjectIdentifiers;
import org.bouncycastle.asn1.misc.ScryptParams;
import org.bouncycastle.asn1.nist.NISTObjectIdentifiers;
import org.bouncycastle.asn1.oiw.OIWObjectIdentifiers;
import org.bouncycastle.asn1.pkcs.*;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x509.DigestInfo;
import org.bouncycastle.crypto.*;
import org.bouncycastle.crypto.digests.*;
import org.bouncycastle.crypto.engines.*;
import org.bouncycastle.crypto.generators.*;
import org.bouncycastle.crypto.macs.HMac;
import org.bouncycastle.crypto.modes.CBCBlockCipher;
import org.bouncycastle.crypto.paddings.PaddedBufferedBlockCipher;
import org.bouncycastle.crypto.params.*;

/** Makes a PKCS#12 file of every form: MakeForms APM-FOLDER. All is made by Bouncy Castle's ciphers and ASN.1. */
class MakeForms implements PKCSObjectIdentifiers {
    static final char[] PASSWORD = "secret1".toCharArray();
    static final int COUNT = 1000;
    static final byte[] SALT = "saltsaltsaltsalt".getBytes(StandardCharsets.US_ASCII);
    static final ASN1ObjectIdentifier TRUSTED = new ASN1ObjectIdentifier("2.16.840.1.113894.746875.1.1");
    static byte[] key, client, ca, server;

    public static void main(String[] arguments) throws Exception {
        Path apm = Path.of(arguments[0]);
        key = pem(apm.resolve("client.key"));
        client = pem(apm.resolve("client.crt"));
        ca = pem(apm.resolve("ca.crt"));
        server = pem(apm.resolve("apm-server.crt"));
        Mac sha256 = mac(NISTObjectIdentifiers.id_sha256, new SHA256Digest());

        Object[][] pkcs12 = {{"3des", pbeWithSHAAnd3_KeyTripleDES_CBC, 192}, {"2des", pbeWithSHAAnd2_KeyTripleDES_CBC, 128},
            {"rc2-128", pbeWithSHAAnd128BitRC2_CBC, 128}, {"rc2-40", pbeWithSHAAnd40BitRC2_CBC, 40},
            {"rc4-128", pbeWithSHAAnd128BitRC4, 128}, {"rc4-40", pbeWithSHAAnd40BitRC4, 40}};
        for (Object[] row : pkcs12) standard("pbe-" + row[0], pbe((ASN1ObjectIdentifier) row[1], (int) row[2]), sha256);

        Object[][] pbes1 = {{"md5-des", pbeWithMD5AndDES_CBC, new MD5Digest()}, {"md5-rc2", pbeWithMD5AndRC2_CBC, new MD5Digest()},
            {"sha1-des", pbeWithSHA1AndDES_CBC, new SHA1Digest()}, {"sha1-rc2", pbeWithSHA1AndRC2_CBC, new SHA1Digest()}};
        for (Object[] row : pbes1) standard("pbes1-" + row[0], pbes1((ASN1ObjectIdentifier) row[1], (Digest) row[2]), sha256);

        Derivation pbkdf2 = pbkdf2(id_hmacWithSHA256, new SHA256Digest(), true);
        String[] ciphers = {"aes128", "aes192", "aes256", "3des", "des", "rc2-40", "rc2-128"};
        for (String cipher : ciphers) standard("pbes2-" + cipher, pbes2(cipher, pbkdf2), sha256);
        standard("pbes2-scrypt", pbes2("aes256", scrypt()), sha256);

        Object[][] digests = {{"md5", md5, null, new MD5Digest()}, {"sha1", OIWObjectIdentifiers.idSHA1, id_hmacWithSHA1, new SHA1Digest()},
            {"sha224", NISTObjectIdentifiers.id_sha224, id_hmacWithSHA224, new SHA224Digest()},
            {"sha256", NISTObjectIdentifiers.id_sha256, id_hmacWithSHA256, new SHA256Digest()},
            {"sha384", NISTObjectIdentifiers.id_sha384, id_hmacWithSHA384, new SHA384Digest()},
            {"sha512", NISTObjectIdentifiers.id_sha512, id_hmacWithSHA512, new SHA512Digest()},
            {"sha512-224", NISTObjectIdentifiers.id_sha512_224, digestAlgorithm.branch("12"), new SHA512tDigest(224)},
            {"sha512-256", NISTObjectIdentifiers.id_sha512_256, digestAlgorithm.branch("13"), new SHA512tDigest(256)},
            {"sha3-256", NISTObjectIdentifiers.id_sha3_256, NISTObjectIdentifiers.id_hmacWithSHA3_256, new SHA3Digest(256)},
            {"sha3-512", NISTObjectIdentifiers.id_sha3_512, NISTObjectIdentifiers.id_hmacWithSHA3_512, new SHA3Digest(512)}};
        Cipher plain = pbes2("aes256", pbkdf2);
        for (Object[] row : digests) {
            standard("mac-" + row[0], plain, mac((ASN1ObjectIdentifier) row[1], (Digest) row[3]));
            if (row[2] == null) continue;
            ASN1ObjectIdentifier prf = (ASN1ObjectIdentifier) row[2];
            standard("prf-" + row[0], pbes2("aes256", pbkdf2(prf, (Digest) row[3], true)), sha256);
            if (row[0].toString().startsWith("sha3-") || row[0].toString().contains("-")) continue;
            standard("pbmac1-" + row[0], plain, pbmac1(prf, (Digest) row[3]));
        }
        standard("prf-absent", pbes2("aes256", pbkdf2(id_hmacWithSHA1, new SHA1Digest(), false)), sha256);
        standard("mac-none", plain, null);
        password("empty", "\0".toCharArray(), pkcs12);
        password("null", new char[0], pkcs12);

        ASN1Encodable keys = bag(pkcs8ShroudedKeyBag, shrouded(plain), name("client"), id());
        ASN1Encodable[] certificates = {cert(client, name("client"), id()), cert(ca), cert(server, name("server"), trusted())};
        write("ber", ber(pfx(sha256, data(keys), encrypted(plain, certificates))));
        write("several-contents", pfx(sha256, data(keys), encrypted(plain, certificates[0]), data(certificates[1]), encrypted(pbe(pbeWithSHAAnd40BitRC2_CBC, 40), certificates[2]), data()));
        write("certificates-first", pfx(sha256, encrypted(plain, certificates[1], certificates[0], certificates[2]), data(keys)));
        ASN1Encodable nested = bag(new ASN1ObjectIdentifier("1.2.840.113549.1.12.10.1.6"), new DERSequence(new ASN1Encodable[] {keys, certificates[0], certificates[1]}));
        write("nested", pfx(sha256, data(nested, certificates[2])));
        ASN1Encodable clear = bag(keyBag, ASN1Sequence.getInstance(key), name("client"), id());
        write("key-in-clear", pfx(sha256, data(clear), encrypted(plain, certificates)));
        write("by-public-key", pfx(sha256, data(bag(keyBag, ASN1Sequence.getInstance(key))), data(cert(ca), cert(client))));
        write("no-names", pfx(sha256, data(bag(pkcs8ShroudedKeyBag, shrouded(plain), id())), encrypted(plain, cert(client, id()), cert(ca), cert(server, trusted()))));
        ASN1Encodable crl = bag(crlBag, new DERSequence(new ASN1Encodable[] {x509Crl(), new DERTaggedObject(0, new DEROctetString(new byte[] {0x30, 0}))}), name("crl"));
        DEROctetString secret = new DEROctetString(new EncryptedPrivateKeyInfo(plain.algorithm, plain.encrypt(PASSWORD, secretKey())).getEncoded());
        ASN1Encodable secretBag = bag(PKCSObjectIdentifiers.secretBag, new DERSequence(new ASN1Encodable[] {pkcs8ShroudedKeyBag, new DERTaggedObject(0, secret)}), name("aes"));
        write("crl-and-secret", pfx(sha256, data(keys, secretBag, crl), encrypted(plain, certificates)));
        ASN1Encodable unknown = attribute(new ASN1ObjectIdentifier("1.2.3.4.5"), new DERUTF8String("kept"));
        write("unknown", pfx(sha256, data(bag(pkcs8ShroudedKeyBag, shrouded(plain), name("client"), id(), unknown), bag(new ASN1ObjectIdentifier("1.2.3.4"), new DERUTF8String("kept"))), encrypted(plain, certificates)));
        Files.write(Path.of("version1.jks"), jks(0xfeedfeed));
        Files.write(Path.of("version1.jceks"), jks(0xcececece));
    }

    /** The key under the cipher, its chain and a trusted certificate under it too. */
    static void standard(String file, Cipher cipher, Mac mac) throws Exception {
        write(file, standard(cipher, mac));
    }

    static ASN1Encodable standard(Cipher cipher, Mac mac) throws Exception {
        return pfx(mac, data(bag(pkcs8ShroudedKeyBag, shrouded(cipher), name("client"), id())),
            encrypted(cipher, cert(client, name("client"), id()), cert(ca), cert(server, name("server"), trusted())));
    }

    /** All under this password's characters, which two zero octets follow unless there are none. */
    static void password(String file, char[] password, Object[][] pkcs12) throws Exception {
        Cipher cipher = pbe((ASN1ObjectIdentifier) pkcs12[0][1], 192);
        byte[] octets = password.length == 0 ? new byte[0] : new byte[] {0, 0};
        DigestMac mac = mac(NISTObjectIdentifiers.id_sha256, new SHA256Digest());
        Cipher fixed = new Cipher(cipher.algorithm, (ignored, text) -> cipher.withOctets.apply(octets, text), null);
        write("password-" + file, standard(fixed, content -> mac.withOctets(octets, content)));
    }

    static void write(String file, ASN1Encodable value) throws Exception {
        Files.write(Path.of(file + ".p12"), value.toASN1Primitive().getEncoded());
    }

    static byte[] pem(Path path) throws Exception {
        String text = Files.readString(path);
        int from = text.indexOf('\n') + 1;
        return Base64.getMimeDecoder().decode(text.substring(from, text.indexOf("-----END")));
    }

    interface Work { byte[] apply(byte[] password, byte[] text) throws Exception; }

    interface Encrypt { byte[] apply(char[] password, byte[] text) throws Exception; }

    static class Cipher {
        final AlgorithmIdentifier algorithm;
        final Encrypt encrypt;
        final Work withOctets;
        Cipher(AlgorithmIdentifier algorithm, Encrypt encrypt, Work withOctets) {
            this.algorithm = algorithm;
            this.encrypt = encrypt;
            this.withOctets = withOctets;
        }
        byte[] encrypt(char[] password, byte[] text) throws Exception { return encrypt.apply(password, text); }
    }

    static byte[] block(BlockCipher engine, CipherParameters parameters, byte[] text) throws Exception {
        PaddedBufferedBlockCipher cipher = new PaddedBufferedBlockCipher(new CBCBlockCipher(engine));
        cipher.init(true, parameters);
        byte[] out = new byte[cipher.getOutputSize(text.length)];
        int length = cipher.processBytes(text, 0, text.length, out, 0);
        return Arrays.copyOf(out, length + cipher.doFinal(out, length));
    }

    static CipherParameters rc2(CipherParameters with, int bits) {
        ParametersWithIV iv = (ParametersWithIV) with;
        return new ParametersWithIV(new RC2Parameters(((KeyParameter) iv.getParameters()).getKey(), bits), iv.getIV());
    }

    static Cipher pbe(ASN1ObjectIdentifier oid, int bits) {
        Work work = (password, text) -> {
            PKCS12ParametersGenerator generator = new PKCS12ParametersGenerator(new SHA1Digest());
            generator.init(password, SALT, COUNT);
            if (oid.equals(pbeWithSHAAnd128BitRC4) || oid.equals(pbeWithSHAAnd40BitRC4)) {
                RC4Engine engine = new RC4Engine();
                engine.init(true, generator.generateDerivedParameters(bits));
                byte[] out = new byte[text.length];
                engine.processBytes(text, 0, text.length, out, 0);
                return out;
            }
            CipherParameters parameters = generator.generateDerivedParameters(bits, 64);
            boolean isRc2 = oid.equals(pbeWithSHAAnd128BitRC2_CBC) || oid.equals(pbeWithSHAAnd40BitRC2_CBC);
            return isRc2 ? block(new RC2Engine(), rc2(parameters, bits), text) : block(new DESedeEngine(), parameters, text);
        };
        Encrypt encrypt = (password, text) -> work.apply(PBEParametersGenerator.PKCS12PasswordToBytes(password), text);
        return new Cipher(new AlgorithmIdentifier(oid, new PKCS12PBEParams(SALT, COUNT)), encrypt, work);
    }

    static Cipher pbes1(ASN1ObjectIdentifier oid, Digest digest) {
        byte[] salt = Arrays.copyOf(SALT, 8);
        Encrypt encrypt = (password, text) -> {
            PKCS5S1ParametersGenerator generator = new PKCS5S1ParametersGenerator(digest);
            generator.init(PBEParametersGenerator.PKCS5PasswordToUTF8Bytes(password), salt, COUNT);
            CipherParameters parameters = generator.generateDerivedParameters(64, 64);
            boolean isRc2 = oid.equals(pbeWithMD5AndRC2_CBC) || oid.equals(pbeWithSHA1AndRC2_CBC);
            return isRc2 ? block(new RC2Engine(), rc2(parameters, 64), text) : block(new DESEngine(), parameters, text);
        };
        return new Cipher(new AlgorithmIdentifier(oid, new PBEParameter(salt, COUNT)), encrypt, null);
    }

    interface Derive { byte[] apply(char[] password, int length) throws Exception; }

    static class Derivation {
        final KeyDerivationFunc algorithm;
        final Derive derive;
        Derivation(KeyDerivationFunc algorithm, Derive derive) {
            this.algorithm = algorithm;
            this.derive = derive;
        }
    }

    static Derivation pbkdf2(ASN1ObjectIdentifier prf, Digest digest, boolean named) {
        PBKDF2Params parameters = named
            ? new PBKDF2Params(SALT, COUNT, new AlgorithmIdentifier(prf, DERNull.INSTANCE)) : new PBKDF2Params(SALT, COUNT);
        return new Derivation(new KeyDerivationFunc(id_PBKDF2, parameters), (password, length) -> {
            digest.reset();
            PKCS5S2ParametersGenerator generator = new PKCS5S2ParametersGenerator(digest);
            generator.init(PBEParametersGenerator.PKCS5PasswordToUTF8Bytes(password), SALT, COUNT);
            return ((KeyParameter) generator.generateDerivedParameters(8 * length)).getKey();
        });
    }

    static Derivation scrypt() {
        return new Derivation(new KeyDerivationFunc(MiscObjectIdentifiers.id_scrypt, new ScryptParams(SALT, 1024, 8, 1)),
            (password, length) -> SCrypt.generate(PBEParametersGenerator.PKCS5PasswordToUTF8Bytes(password), SALT, 1024, 8, 1, length));
    }

    static Cipher pbes2(String name, Derivation derivation) {
        byte[] iv = Arrays.copyOf(SALT, name.startsWith("aes") ? 16 : 8);
        ASN1ObjectIdentifier oid;
        ASN1Encodable parameters = new DEROctetString(iv);
        int length, bits = 0;
        switch (name) {
            case "aes128": oid = NISTObjectIdentifiers.id_aes128_CBC; length = 16; break;
            case "aes192": oid = NISTObjectIdentifiers.id_aes192_CBC; length = 24; break;
            case "aes256": oid = NISTObjectIdentifiers.id_aes256_CBC; length = 32; break;
            case "3des": oid = des_EDE3_CBC; length = 24; break;
            case "des": oid = OIWObjectIdentifiers.desCBC; length = 8; break;
            case "rc2-40": oid = RC2_CBC; length = 5; bits = 40; parameters = new RC2CBCParameter(160, iv); break;
            case "rc2-128": oid = RC2_CBC; length = 16; bits = 128; parameters = new RC2CBCParameter(58, iv); break;
            default: throw new IllegalArgumentException(name);
        }
        int effective = bits;
        Encrypt encrypt = (password, text) -> {
            ParametersWithIV with = new ParametersWithIV(new KeyParameter(derivation.derive.apply(password, length)), iv);
            if (name.startsWith("aes")) return block(new AESEngine(), with, text);
            if (effective > 0) return block(new RC2Engine(), rc2(with, effective), text);
            return block(name.equals("des") ? new DESEngine() : new DESedeEngine(), with, text);
        };
        PBES2Parameters all = new PBES2Parameters(derivation.algorithm, new EncryptionScheme(oid, parameters));
        return new Cipher(new AlgorithmIdentifier(id_PBES2, all), encrypt, null);
    }

    interface Mac { ASN1Encodable over(byte[] content) throws Exception; }

    static class DigestMac implements Mac {
        final ASN1ObjectIdentifier oid;
        final Digest digest;
        DigestMac(ASN1ObjectIdentifier oid, Digest digest) {
            this.oid = oid;
            this.digest = digest;
        }
        public ASN1Encodable over(byte[] content) { return withOctets(PBEParametersGenerator.PKCS12PasswordToBytes(PASSWORD), content); }
        ASN1Encodable withOctets(byte[] password, byte[] content) {
            // HMac leaves the digest begun.
            digest.reset();
            PKCS12ParametersGenerator generator = new PKCS12ParametersGenerator(digest);
            generator.init(password, SALT, COUNT);
            byte[] value = hmac(digest, generator.generateDerivedMacParameters(8 * digest.getDigestSize()), content);
            return new MacData(new DigestInfo(new AlgorithmIdentifier(oid, DERNull.INSTANCE), value), SALT, COUNT);
        }
    }

    static DigestMac mac(ASN1ObjectIdentifier oid, Digest digest) { return new DigestMac(oid, digest); }

    static byte[] hmac(Digest digest, CipherParameters key, byte[] content) {
        HMac mac = new HMac(digest);
        mac.init(key);
        mac.update(content, 0, content.length);
        byte[] value = new byte[mac.getMacSize()];
        mac.doFinal(value, 0);
        return value;
    }

    /** RFC 9579: the key's length is named, salt and count of the MacData say nothing. */
    static Mac pbmac1(ASN1ObjectIdentifier prf, Digest digest) {
        return content -> {
            int length = digest.getDigestSize();
            AlgorithmIdentifier hmac = new AlgorithmIdentifier(prf, DERNull.INSTANCE);
            KeyDerivationFunc derivation = new KeyDerivationFunc(id_PBKDF2, new PBKDF2Params(SALT, COUNT, length, hmac));
            byte[] derived = pbkdf2(prf, digest, true).derive.apply(PASSWORD, length);
            byte[] value = hmac(digest, new KeyParameter(derived), content);
            ASN1Encodable parameters = new DERSequence(new ASN1Encodable[] {derivation, hmac});
            ASN1ObjectIdentifier pbmac1 = new ASN1ObjectIdentifier("1.2.840.113549.1.5.14");
            return new MacData(new DigestInfo(new AlgorithmIdentifier(pbmac1, parameters), value), "NOT USED".getBytes(StandardCharsets.US_ASCII), 1);
        };
    }

    static ASN1Encodable attribute(ASN1ObjectIdentifier oid, ASN1Encodable value) {
        return new DERSequence(new ASN1Encodable[] {oid, new DERSet(value)});
    }

    static ASN1Encodable name(String name) { return attribute(pkcs_9_at_friendlyName, new DERBMPString(name)); }

    static ASN1Encodable id() { return attribute(pkcs_9_at_localKeyId, new DEROctetString(new byte[] {1})); }

    static ASN1Encodable trusted() { return attribute(TRUSTED, new ASN1ObjectIdentifier("2.5.29.37.0")); }

    static ASN1Encodable bag(ASN1ObjectIdentifier oid, ASN1Encodable value, ASN1Encodable... attributes) {
        ASN1EncodableVector all = new ASN1EncodableVector();
        all.add(oid);
        all.add(new DERTaggedObject(true, 0, value));
        if (attributes.length > 0) all.add(new DERSet(attributes));
        return new DERSequence(all);
    }

    static ASN1Encodable cert(byte[] der, ASN1Encodable... attributes) {
        return bag(certBag, new CertBag(x509Certificate, new DEROctetString(der)), attributes);
    }

    static ASN1ObjectIdentifier x509Crl() { return new ASN1ObjectIdentifier("1.2.840.113549.1.9.23.1"); }

    static ASN1Encodable shrouded(Cipher cipher) throws Exception {
        return new EncryptedPrivateKeyInfo(cipher.algorithm, cipher.encrypt(PASSWORD, key));
    }

    /** As the JDK writes an AES key: version, algorithm, octets. */
    static byte[] secretKey() throws Exception {
        byte[] octets = new byte[32];
        for (int at = 0; at < octets.length; at++) octets[at] = (byte) at;
        AlgorithmIdentifier aes = new AlgorithmIdentifier(NISTObjectIdentifiers.aes, DERNull.INSTANCE);
        return new DERSequence(new ASN1Encodable[] {new ASN1Integer(0), aes, new DEROctetString(octets)}).getEncoded();
    }

    static ASN1Encodable data(ASN1Encodable... bags) throws Exception {
        return new ContentInfo(data, new DEROctetString(new DERSequence(bags).getEncoded()));
    }

    static ASN1Encodable encrypted(Cipher cipher, ASN1Encodable... bags) throws Exception {
        byte[] text = cipher.encrypt(PASSWORD, new DERSequence(bags).getEncoded());
        ASN1Encodable content = new DERSequence(new ASN1Encodable[] {data, cipher.algorithm, new DERTaggedObject(false, 0, new DEROctetString(text))});
        return new ContentInfo(encryptedData, new DERSequence(new ASN1Encodable[] {new ASN1Integer(0), content}));
    }

    static ASN1Encodable pfx(Mac mac, ASN1Encodable... contents) throws Exception {
        byte[] safe = new DERSequence(contents).getEncoded();
        ASN1EncodableVector all = new ASN1EncodableVector();
        all.add(new ASN1Integer(3));
        all.add(new ContentInfo(data, new DEROctetString(safe)));
        if (mac != null) all.add(mac.over(safe));
        return new DERSequence(all);
    }

    /** The same value with indefinite lengths, and its octet strings cut in pieces of 100. */
    static ASN1Encodable ber(ASN1Encodable value) throws Exception {
        ASN1Primitive primitive = value.toASN1Primitive();
        if (primitive instanceof ASN1Sequence) {
            ASN1EncodableVector all = new ASN1EncodableVector();
            for (ASN1Encodable one : (ASN1Sequence) primitive) all.add(ber(one));
            return new BERSequence(all);
        }
        if (primitive instanceof ASN1TaggedObject) {
            ASN1TaggedObject tagged = (ASN1TaggedObject) primitive;
            if (tagged.isExplicit()) return new BERTaggedObject(true, tagged.getTagNo(), ber(tagged.getExplicitBaseObject()));
            byte[] octets = ASN1OctetString.getInstance(tagged, false).getOctets();
            return new BERTaggedObject(false, tagged.getTagNo(), new BEROctetString(octets, 100));
        }
        if (primitive instanceof ASN1OctetString) {
            byte[] octets = ((ASN1OctetString) primitive).getOctets();
            return octets.length > 100 ? new BEROctetString(octets, 100) : primitive;
        }
        return primitive;
    }

    /** Version 1 names no certificate's type. */
    static byte[] jks(int magic) throws Exception {
        ByteArrayOutputStream octets = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(octets);
        out.writeInt(magic);
        out.writeInt(1);
        out.writeInt(1);
        out.writeInt(2);
        out.writeUTF("ca");
        out.writeLong(1_000_000_000_000L);
        out.writeInt(ca.length);
        out.write(ca);
        MessageDigest digest = MessageDigest.getInstance("SHA-1");
        digest.update("secret1".getBytes(StandardCharsets.UTF_16BE));
        digest.update("Mighty Aphrodite".getBytes(StandardCharsets.UTF_8));
        out.write(digest.digest(octets.toByteArray()));
        return octets.toByteArray();
    }
}

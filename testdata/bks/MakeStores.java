import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.FileInputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.Provider;
import java.security.Security;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import javax.crypto.spec.SecretKeySpec;
import org.bouncycastle.crypto.util.PBKDF2Config;
import org.bouncycastle.crypto.util.PBKDFConfig;
import org.bouncycastle.crypto.util.ScryptConfig;
import org.bouncycastle.jcajce.BCFKSLoadStoreParameter;
import org.bouncycastle.jcajce.BCFKSLoadStoreParameter.EncryptionAlgorithm;
import org.bouncycastle.jcajce.BCFKSLoadStoreParameter.MacAlgorithm;
import org.bouncycastle.jce.provider.BouncyCastleProvider;

/** Makes the stores of Bouncy Castle from ../apm: MakeStores APM-FOLDER BKS-FOLDER BCFKS-FOLDER. */
class MakeStores {
    static final char[] PASSWORD = "secret1".toCharArray();
    static Provider provider;
    static PrivateKey key;
    static Certificate client, ca, server;

    public static void main(String[] arguments) throws Exception {
        provider = new BouncyCastleProvider();
        Security.addProvider(provider);
        Path apm = Path.of(arguments[0]), bks = Path.of(arguments[1]), bcfks = Path.of(arguments[2]);
        String pem = Files.readString(apm.resolve("client.key")).replaceAll("-----[^-]*-----|\\s", "");
        key = KeyFactory.getInstance("EC").generatePrivate(new PKCS8EncodedKeySpec(Base64.getDecoder().decode(pem)));
        client = certificate(apm.resolve("client.crt"));
        ca = certificate(apm.resolve("ca.crt"));
        server = certificate(apm.resolve("apm-server.crt"));

        save(filled("BKS"), bks.resolve("v2.bks"), PASSWORD);
        save(filled("BKS-V1"), bks.resolve("v1.bks"), PASSWORD);
        save(filled("BouncyCastle"), bks.resolve("uber.ubr"), PASSWORD);
        save(empty("BKS"), bks.resolve("empty.bks"), PASSWORD);
        save(empty("BouncyCastle"), bks.resolve("empty.ubr"), PASSWORD);
        KeyStore cases = empty("BKS");
        cases.setCertificateEntry("Ca", ca);
        cases.setCertificateEntry("ca", server);
        save(cases, bks.resolve("mixed-case.bks"), PASSWORD);
        KeyStore own = empty("BKS");
        own.setKeyEntry("client", key, "another".toCharArray(), new Certificate[] {client, ca});
        save(own, bks.resolve("own-password.bks"), PASSWORD);
        KeyStore umlaut = empty("BKS");
        umlaut.setCertificateEntry("gr\u00fcn \ud83d\udd11", ca);
        save(umlaut, bks.resolve("umlaut-password.bks"), "gr\u00fcn\u20ac".toCharArray());

        save(filled("BCFKS"), bcfks.resolve("default.bcfks"), PASSWORD);
        save(empty("BCFKS"), bcfks.resolve("empty.bcfks"), PASSWORD);
        KeyStore ownFips = empty("BCFKS");
        ownFips.setKeyEntry("client", key, "another".toCharArray(), new Certificate[] {client, ca});
        save(ownFips, bcfks.resolve("own-password.bcfks"), PASSWORD);
        KeyStore nameless = empty("BCFKS");
        nameless.setCertificateEntry("gr\u00fcn \ud83d\udd11", ca);
        save(nameless, bcfks.resolve("empty-password.bcfks"), new char[0]);
        with(bcfks.resolve("scrypt.bcfks"), new ScryptConfig.Builder(1024, 8, 8).withSaltLength(20).build(), EncryptionAlgorithm.AES256_CCM, MacAlgorithm.HmacSHA512);
        with(bcfks.resolve("scrypt-p1.bcfks"), new ScryptConfig.Builder(1024, 8, 1).withSaltLength(20).build(), EncryptionAlgorithm.AES256_KWP, MacAlgorithm.HmacSHA3_512);
        with(bcfks.resolve("kwp.bcfks"), new PBKDF2Config.Builder().withIterationCount(2048).withSaltLength(20).withPRF(PBKDF2Config.PRF_SHA512).build(), EncryptionAlgorithm.AES256_KWP, MacAlgorithm.HmacSHA512);
        with(bcfks.resolve("sha3.bcfks"), new PBKDF2Config.Builder().withIterationCount(2048).withPRF(PBKDF2Config.PRF_SHA3_512).build(), EncryptionAlgorithm.AES256_CCM, MacAlgorithm.HmacSHA3_512);
    }

    static void with(Path path, PBKDFConfig derivation, EncryptionAlgorithm encryption, MacAlgorithm mac) throws Exception {
        KeyStore store = KeyStore.getInstance("BCFKS", provider);
        store.load(new BCFKSLoadStoreParameter.Builder().withStoreEncryptionAlgorithm(encryption).withStoreMacAlgorithm(mac).withStorePBKDFConfig(derivation).build());
        fill(store);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        store.store(new BCFKSLoadStoreParameter.Builder(out, PASSWORD).withStoreEncryptionAlgorithm(encryption).withStoreMacAlgorithm(mac).withStorePBKDFConfig(derivation).build());
        Files.write(path, out.toByteArray());
    }

    static Certificate certificate(Path path) throws Exception {
        try (FileInputStream in = new FileInputStream(path.toFile())) {
            return CertificateFactory.getInstance("X.509").generateCertificate(in);
        }
    }

    static KeyStore empty(String type) throws Exception {
        KeyStore store = KeyStore.getInstance(type, provider);
        store.load(null, null);
        return store;
    }

    static KeyStore filled(String type) throws Exception {
        KeyStore store = empty(type);
        fill(store);
        return store;
    }

    static void fill(KeyStore store) throws Exception {
        store.setKeyEntry("client", key, PASSWORD, new Certificate[] {client, ca});
        store.setCertificateEntry("ca", ca);
        byte[] octets = new byte[32];
        for (int at = 0; at < octets.length; at++) octets[at] = (byte) at;
        store.setKeyEntry("aes", new SecretKeySpec(octets, "AES"), PASSWORD, null);
        store.setKeyEntry("mac", new SecretKeySpec(octets, "HmacSHA256"), PASSWORD, null);
    }

    static void save(KeyStore store, Path path, char[] password) throws Exception {
        try (OutputStream out = Files.newOutputStream(path)) {
            store.store(out, password);
        }
    }
}

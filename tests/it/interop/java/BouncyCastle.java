import java.io.FileInputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Paths;
import java.security.Key;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.Provider;
import java.security.Security;
import java.security.Signature;
import java.security.cert.Certificate;
import java.util.TreeSet;

/** What Bouncy Castle's provider finds in stores. Run by the interoperability tests. */
public class BouncyCastle {
    /** A file of lines `TYPE PASSWORD PATH`; for each a block of lines `ALIAS KIND DIGESTS`. */
    public static void main(String[] args) throws Exception {
        Provider provider = (Provider) Class.forName("org.bouncycastle.jce.provider.BouncyCastleProvider")
            .getDeclaredConstructor().newInstance();
        Security.addProvider(provider);
        StringBuilder out = new StringBuilder();
        for (String line : Files.readAllLines(Paths.get(args[0]), StandardCharsets.UTF_8)) {
            String[] words = line.split("\t");
            out.append("== ").append(words[2]).append('\n');
            try {
                out.append(entries(KeyStore.getInstance(words[0], provider), words[1].toCharArray(), words[2]));
            } catch (Exception error) {
                out.append("failed: ").append(error).append('\n');
            }
        }
        System.out.print(out);
    }

    static String entries(KeyStore store, char[] password, String path) throws Exception {
        try (InputStream in = new FileInputStream(path)) { store.load(in, password); }
        TreeSet<String> lines = new TreeSet<String>();
        for (String alias : java.util.Collections.list(store.aliases())) {
            StringBuilder line = new StringBuilder(alias);
            if (store.isCertificateEntry(alias)) {
                line.append("\ttrusted ").append(digest(store.getCertificate(alias).getEncoded()));
            } else {
                Key key;
                try {
                    key = store.getKey(alias, password);
                } catch (java.security.UnrecoverableKeyException error) {
                    lines.add(alias + "\tnot given: " + error.getMessage());
                    continue;
                }
                boolean isPrivate = key instanceof java.security.PrivateKey;
                line.append(isPrivate ? "\tprivate " : "\tsecret ").append(key.getAlgorithm()).append(' ')
                    .append(isPrivate ? fits((PrivateKey) key, store.getCertificate(alias)) : digest(key.getEncoded()));
                Certificate[] chain = store.getCertificateChain(alias);
                if (chain != null) for (Certificate one : chain) line.append(' ').append(digest(one.getEncoded()));
            }
            line.append('\t').append(store.getCreationDate(alias).getTime() / 1000);
            lines.add(line.toString());
        }
        StringBuilder out = new StringBuilder();
        for (String line : lines) out.append(line).append('\n');
        return out.toString();
    }

    /** Whether the certificate verifies what the key signs: the provider encodes keys anew, so octets tell nothing. */
    static String fits(PrivateKey key, Certificate certificate) throws Exception {
        Signature signature = Signature.getInstance("SHA256withECDSA");
        signature.initSign(key);
        signature.update((byte) 1);
        byte[] signed = signature.sign();
        signature.initVerify(certificate);
        signature.update((byte) 1);
        return signature.verify(signed) ? "fits" : "is another's";
    }

    static String digest(byte[] octets) throws Exception {
        StringBuilder out = new StringBuilder();
        for (byte octet : MessageDigest.getInstance("SHA-256").digest(octets)) out.append(String.format("%02x", octet));
        return out.toString();
    }
}

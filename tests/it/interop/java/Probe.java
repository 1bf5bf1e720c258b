import java.io.FileInputStream;
import java.io.InputStream;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.security.Key;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.util.Collections;
import java.util.Properties;
import javax.net.ssl.HttpsURLConnection;

/** What a JVM makes of the options and stores it is given. Run by the interoperability tests. */
public class Probe {
    static final String[] NAMES = {
        "trustStore", "trustStorePassword", "trustStoreType", "keyStore", "keyStorePassword", "keyStoreType"};

    public static void main(String[] args) throws Exception {
        switch (args[0]) {
            case "properties": properties(System.getProperties()); break;
            case "load": load(args[1]); break;
            case "get": get(args[1]); break;
            case "key": key(args[1], args[2], args[3]); break;
            case "certificates": certificates(args[1]); break;
            case "secret": secret(args[1], args[2], args[3], args[4]); break;
            default: throw new IllegalArgumentException(args[0]);
        }
    }

    /** NAME=HEX of UTF-8, one a line. */
    static void properties(Properties from) {
        for (String name : NAMES) {
            String value = from.getProperty("javax.net.ssl." + name);
            if (value != null) System.out.println(name + "=" + hex(value.getBytes(StandardCharsets.UTF_8)));
        }
    }

    /** A file of java.util.Properties, under each of the names that frameworks use. */
    static void load(String file) throws Exception {
        Properties all = new Properties();
        try (InputStream in = new FileInputStream(file)) { all.load(in); }
        for (Object name : new java.util.TreeSet<Object>(all.keySet()))
            System.out.println(name + "=" + hex(all.getProperty((String) name).getBytes(StandardCharsets.UTF_8)));
    }

    static void get(String url) throws Exception {
        HttpsURLConnection connection = (HttpsURLConnection) new URL(url).openConnection();
        System.out.println("status " + connection.getResponseCode());
    }

    /** The SHA-256 of the key's encoding and the length of its chain. */
    static void key(String file, String alias, String password) throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (InputStream in = new FileInputStream(file)) { store.load(in, password.toCharArray()); }
        Key key = store.getKey(alias, password.toCharArray());
        System.out.println(hex(MessageDigest.getInstance("SHA-256").digest(key.getEncoded()))
            + " " + store.getCertificateChain(alias).length + " " + Collections.list(store.aliases()));
    }

    /** For each certificate of a file (its length in four octets, then its DER) `ok`, or why it cannot be parsed. */
    static void certificates(String file) throws Exception {
        java.security.cert.CertificateFactory factory = java.security.cert.CertificateFactory.getInstance("X.509");
        StringBuilder out = new StringBuilder();
        try (java.io.DataInputStream in = new java.io.DataInputStream(
                new java.io.BufferedInputStream(new FileInputStream(file)))) {
            while (in.available() > 0) {
                byte[] der = new byte[in.readInt()];
                in.readFully(der);
                String verdict = "ok";
                try {
                    factory.generateCertificate(new java.io.ByteArrayInputStream(der));
                } catch (Exception error) {
                    verdict = String.valueOf(error.getMessage()).replace('\n', ' ');
                }
                out.append(verdict).append('\n');
            }
        }
        System.out.print(out);
    }

    /** Algorithm and octets of a secret key. */
    static void secret(String type, String file, String alias, String password) throws Exception {
        KeyStore store = KeyStore.getInstance(type);
        try (InputStream in = new FileInputStream(file)) { store.load(in, password.toCharArray()); }
        Key key = store.getKey(alias, password.toCharArray());
        System.out.println(key.getAlgorithm() + " " + hex(key.getEncoded()));
    }

    static String hex(byte[] octets) {
        StringBuilder out = new StringBuilder();
        for (byte octet : octets) out.append(String.format("%02x", octet));
        return out.toString();
    }
}

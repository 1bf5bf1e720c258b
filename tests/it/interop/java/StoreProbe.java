import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.FileInputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.security.KeyStore;
import java.security.Principal;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedKeyManager;
import javax.net.ssl.X509TrustManager;
import javax.security.auth.x500.X500Principal;

/**
 * What the JVM makes of many stores, one line each: the case's name, then `ok` and the number of anchors or the alias
 * of the key it would send, or the exception's class and message. As TrustStoreManager and the default SSLContext do it.
 */
public class StoreProbe {
    public static void main(String[] args) throws Exception {
        PrintStream out = new PrintStream(System.out, false, "UTF-8");
        try (DataInputStream in = new DataInputStream(new BufferedInputStream(new FileInputStream(args[0])))) {
            int cases = in.readInt();
            for (int i = 0; i < cases; i++) {
                String name = text(in);
                String type = text(in);
                boolean hasPassword = in.readBoolean();
                String password = text(in);
                boolean keys = in.readBoolean();
                String[] keyTypes = text(in).split(",");
                Principal[] issuers = new Principal[in.readInt()];
                for (int j = 0; j < issuers.length; j++) issuers[j] = new X500Principal(bytes(in));
                byte[] store = bytes(in);
                String said;
                try {
                    char[] chars = hasPassword && !password.isEmpty() ? password.toCharArray() : null;
                    KeyStore loaded = KeyStore.getInstance(type.isEmpty() ? KeyStore.getDefaultType() : type);
                    loaded.load(new ByteArrayInputStream(store), chars);
                    said = "ok " + (keys ? alias(loaded, chars, keyTypes, issuers) : anchors(loaded));
                } catch (Exception error) {
                    said = error.getClass().getName() + "\t" + line(String.valueOf(error.getMessage()));
                }
                out.println(name + "\t" + said);
            }
        }
        out.flush();
    }

    static String anchors(KeyStore store) throws Exception {
        TrustManagerFactory managers = TrustManagerFactory.getInstance("PKIX");
        managers.init(store);
        return String.valueOf(((X509TrustManager) managers.getTrustManagers()[0]).getAcceptedIssuers().length);
    }

    static String alias(KeyStore store, char[] password, String[] keyTypes, Principal[] issuers) throws Exception {
        KeyManagerFactory managers = KeyManagerFactory.getInstance("SunX509");
        managers.init(store, password);
        X509ExtendedKeyManager manager = (X509ExtendedKeyManager) managers.getKeyManagers()[0];
        return String.valueOf(manager.chooseClientAlias(keyTypes, issuers.length == 0 ? null : issuers, null));
    }

    static String line(String text) { return text.replace('\n', ' ').replace('\t', ' '); }

    static String text(DataInputStream in) throws Exception { return new String(bytes(in), StandardCharsets.UTF_8); }

    static byte[] bytes(DataInputStream in) throws Exception {
        byte[] bytes = new byte[in.readInt()];
        in.readFully(bytes);
        return bytes;
    }
}

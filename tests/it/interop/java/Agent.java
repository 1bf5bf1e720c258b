import java.io.FileInputStream;
import java.io.InputStream;
import java.net.URL;
import java.security.KeyStore;
import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/**
 * Makes its connection in the order of the Elastic APM Java agent (SslUtils): key managers from the store the system
 * properties name, its type from keyStoreType alone, where a failure only leaves them out; the JVM's own trust.
 */
public class Agent {
    public static void main(String[] args) throws Exception {
        KeyManager[] keyManagers = null;
        try {
            KeyStore store = KeyStore.getInstance(System.getProperty("javax.net.ssl.keyStoreType"));
            char[] password = System.getProperty("javax.net.ssl.keyStorePassword").toCharArray();
            try (InputStream in = new FileInputStream(System.getProperty("javax.net.ssl.keyStore"))) {
                store.load(in, password);
            }
            KeyManagerFactory factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            factory.init(store, password);
            keyManagers = factory.getKeyManagers();
        } catch (Exception e) {
            System.out.println("no key managers: " + e);
        }
        SSLContext context = SSLContext.getInstance("SSL");
        context.init(keyManagers, null, null);
        HttpsURLConnection connection = (HttpsURLConnection) new URL(args[0]).openConnection();
        connection.setSSLSocketFactory(context.getSocketFactory());
        System.out.println("status " + connection.getResponseCode());
    }
}

import java.security.KeyStore;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;

/** A JVM that says which stores it uses, and then waits for the end of its standard input. */
public class Wait {
    public static void main(String[] args) throws Exception {
        System.out.println("trustStore=" + System.getProperty("javax.net.ssl.trustStore"));
        System.out.println("keyStore=" + System.getProperty("javax.net.ssl.keyStore"));
        System.out.println("anchors=" + anchors());
        System.out.println("up");
        System.out.flush();
        while (System.in.read() >= 0) { }
    }

    static String anchors() {
        try {
            TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
            factory.init((KeyStore) null);
            for (TrustManager manager : factory.getTrustManagers())
                return String.valueOf(((X509TrustManager) manager).getAcceptedIssuers().length);
            return "none";
        } catch (Exception error) {
            return "error";
        }
    }
}

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Paths;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;

/** For each line `anchors|chain` (DER in hex, separated by commas) whether a server would trust that client. */
public class ClientTrust {
    public static void main(String[] args) throws Exception {
        String all = new String(Files.readAllBytes(Paths.get(args[0])), StandardCharsets.US_ASCII);
        StringBuilder out = new StringBuilder();
        for (String line : all.split("\n")) {
            String[] parts = line.split("\\|");
            KeyStore anchors = KeyStore.getInstance("PKCS12");
            anchors.load(null, null);
            X509Certificate[] trusted = certificates(parts[0]);
            for (int at = 0; at < trusted.length; at++) anchors.setCertificateEntry("a" + at, trusted[at]);
            TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
            factory.init(anchors);
            X509TrustManager manager = (X509TrustManager) factory.getTrustManagers()[0];
            try {
                manager.checkClientTrusted(certificates(parts[1]), "EC");
                out.append("trusted\n");
            } catch (Exception error) {
                out.append(String.valueOf(error.getMessage()).replace('\n', ' ')).append('\n');
            }
        }
        System.out.print(out);
    }

    static X509Certificate[] certificates(String list) throws Exception {
        CertificateFactory factory = CertificateFactory.getInstance("X.509");
        String[] all = list.split(",");
        X509Certificate[] out = new X509Certificate[all.length];
        for (int at = 0; at < all.length; at++) {
            byte[] der = new byte[all[at].length() / 2];
            for (int i = 0; i < der.length; i++) der[i] = (byte) Integer.parseInt(all[at].substring(2 * i, 2 * i + 2), 16);
            out[at] = (X509Certificate) factory.generateCertificate(new ByteArrayInputStream(der));
        }
        return out;
    }
}

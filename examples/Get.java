import java.io.InputStream;
import java.net.URL;
import javax.net.ssl.HttpsURLConnection;

/** Fetches a URL with the stores the JVM was started with: java $(keyjar flags ...) examples/Get.java URL */
public class Get {
    public static void main(String[] args) throws Exception {
        HttpsURLConnection connection = (HttpsURLConnection) new URL(args[0]).openConnection();
        try (InputStream in = connection.getInputStream()) {
            byte[] part = new byte[8192];
            for (int length; (length = in.read(part)) >= 0; ) System.out.write(part, 0, length);
        }
        System.out.flush();
    }
}

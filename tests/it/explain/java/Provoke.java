import java.io.FileInputStream;
import java.io.InputStream;
import java.io.PrintWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.security.KeyStore;
import java.util.concurrent.atomic.AtomicReference;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;

/** Provokes failures and prints their stack traces, each behind a line `=== ID`. The folder holds the stores. */
public class Provoke {
    static String folder;

    public static void main(String[] args) throws Exception {
        folder = args[0];
        if (args.length > 1) {
            one(args[1], () -> SSLContext.getDefault());
            return;
        }
        stores();
        properties();
        handshakes();
    }

    interface Body { void run() throws Exception; }

    static void one(String id, Body body) {
        try {
            body.run();
            System.out.println("=== " + id + "\nno failure");
        } catch (Throwable error) {
            print(id, error);
        }
    }

    static void print(String id, Throwable error) {
        System.out.println("=== " + id);
        PrintWriter out = new PrintWriter(System.out);
        error.printStackTrace(out);
        out.flush();
    }

    static KeyStore load(String file, String type, String password) throws Exception {
        KeyStore store = KeyStore.getInstance(type);
        try (InputStream in = new FileInputStream(folder + "/" + file)) {
            store.load(in, password == null ? null : password.toCharArray());
        }
        return store;
    }

    static void stores() {
        one("pem-as-store", () -> load("ca.crt", "PKCS12", "changeit"));
        one("pem-as-jks", () -> load("ca.crt", "JKS", "changeit"));
        one("der-as-store", () -> load("ca.der", "PKCS12", "changeit"));
        one("empty-store", () -> load("empty.p12", "PKCS12", "changeit"));
        one("truncated-store", () -> load("truncated.p12", "PKCS12", "changeit"));
        one("wrong-password", () -> load("good.p12", "PKCS12", "not-it"));
        one("wrong-password-mac", () -> load("trust.p12", "PKCS12", "not-it"));
        one("wrong-password-jks", () -> load("trust.jks", "JKS", "not-it"));
        one("pbmac1", () -> load("pbmac1.p12", "PKCS12", "changeit"));
        one("unknown-type", () -> load("good.p12", "p12", "changeit"));
        one("jks-as-pkcs12", () -> load("trust.jks", "PKCS12", "changeit"));
        one("jceks-as-pkcs12", () -> load("trust.jceks", "PKCS12", "changeit"));
        one("jceks-as-jks", () -> load("trust.jceks", "JKS", "changeit"));
        one("missing-store", () -> load("missing.p12", "PKCS12", "changeit"));
        one("key-password", () -> keys(load("good.p12", "PKCS12", "changeit"), "another"));
        one("key-password-jks", () -> keys(load("good.jks", "JKS", "changeit"), "another"));
        one("key-password-null", () -> KeyManagerFactory.getInstance("SunX509").init(load("good.p12", "PKCS12", "changeit"), null));
        one("password-not-ascii", () -> load("good.p12", "PKCS12", "p\u00e4ss"));
    }

    static void properties() {
        String[][] cases = {
            {"tmf-wrong-password", "good.p12", "not-it", ""},
            {"tmf-pem", "ca.crt", "changeit", ""},
            {"tmf-type", "good.p12", "changeit", "p12"},
            {"tmf-empty", "empty.p12", "changeit", ""},
        };
        for (String[] each : cases) {
            System.setProperty("javax.net.ssl.trustStore", folder + "/" + each[1]);
            System.setProperty("javax.net.ssl.trustStorePassword", each[2]);
            if (each[3].isEmpty()) System.clearProperty("javax.net.ssl.trustStoreType");
            else System.setProperty("javax.net.ssl.trustStoreType", each[3]);
            one(each[0], () -> TrustManagerFactory.getInstance("PKIX").init((KeyStore) null));
        }
        for (String name : new String[] {"trustStore", "trustStorePassword", "trustStoreType"})
            System.clearProperty("javax.net.ssl." + name);
    }

    static void handshakes() throws Exception {
        handshake("unknown-issuer", "good", "trust-other.p12", null, "localhost", null, null);
        handshake("empty-truststore", "good", "unmarked.p12", null, "localhost", null, null);
        handshake("wrong-name", "elsewhere", "trust.p12", null, "localhost", null, null);
        handshake("wrong-name-cn", "nosan", "trust.p12", null, "localhost", null, null);
        handshake("wrong-ip", "elsewhere", "trust.p12", null, "127.0.0.1", null, null);
        handshake("no-san-ip", "nosan", "trust.p12", null, "127.0.0.1", null, null);
        handshake("expired", "expired", "trust.p12", null, "localhost", null, null);
        handshake("client-usage", "clientonly", "trust.p12", null, "localhost", null, null);
        handshake("anchor-no-ca", "bynotca", "trust-notca.p12", null, "localhost", null, null);
        handshake("client-certificate-missing", "good", "trust.p12", "", "localhost", null, null);
        handshake("client-certificate-missing-12", "good", "trust.p12", "", "localhost", "TLSv1.2", null);
        handshake("client-certificate-unknown", "good", "trust.p12", "stranger.p12", "localhost", "TLSv1.2", null);
        handshake("client-certificate-usage", "good", "trust.p12", "serveronly.p12", "localhost", "TLSv1.2", null);
        handshake("protocol", "good", "trust.p12", null, "localhost", "TLSv1.2", "TLSv1.3");
        handshake("no-key", null, "trust.p12", null, "localhost", "TLSv1.2", null);
        ServerSocket plain = new ServerSocket(0, 5, InetAddress.getByName("127.0.0.1"));
        Thread answers = new Thread(() -> {
            try (Socket peer = plain.accept()) {
                peer.getInputStream().read(new byte[16]);
                peer.getOutputStream().write("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n".getBytes());
                peer.getOutputStream().flush();
                Thread.sleep(200);
            } catch (Exception ignored) { }
        });
        answers.start();
        one("not-tls", () -> connect(client("trust.p12", null), plain.getLocalPort(), "localhost", null));
        answers.join(3000);
        ServerSocket closing = new ServerSocket(0, 5, InetAddress.getByName("127.0.0.1"));
        Thread closes = new Thread(() -> {
            try (Socket peer = closing.accept()) { peer.getInputStream().read(new byte[2048]); } catch (Exception ignored) { }
        });
        closes.start();
        one("closed", () -> connect(client("trust.p12", null), closing.getLocalPort(), "localhost", null));
        closes.join(3000);
    }

    static KeyManagerFactory keys(KeyStore store, String password) throws Exception {
        KeyManagerFactory keys = KeyManagerFactory.getInstance("SunX509");
        keys.init(store, password.toCharArray());
        return keys;
    }

    static SSLContext context(String trust, KeyStore identity) throws Exception {
        SSLContext context = SSLContext.getInstance("TLS");
        TrustManagerFactory anchors = TrustManagerFactory.getInstance("PKIX");
        if (trust != null) anchors.init(trusting(trust));
        context.init(identity == null ? null : keys(identity, "changeit").getKeyManagers(),
            trust == null ? null : anchors.getTrustManagers(), null);
        return context;
    }

    /** An empty store is refused by TrustManagerFactory.init; through properties it is refused at the handshake. */
    static KeyStore trusting(String file) throws Exception { return load(file, "PKCS12", "changeit"); }

    static SSLContext client(String trust, String identity) throws Exception {
        return context(trust, identity == null || identity.isEmpty() ? null : load(identity, "PKCS12", "changeit"));
    }

    static void connect(SSLContext context, int port, String host, String protocol) throws Exception {
        Socket plain = new Socket(InetAddress.getByName("127.0.0.1"), port);
        plain.setSoTimeout(5000);
        try (SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket(plain, host, port, true)) {
            SSLParameters parameters = socket.getSSLParameters();
            parameters.setEndpointIdentificationAlgorithm("HTTPS");
            if (protocol != null) parameters.setProtocols(new String[] {protocol});
            socket.setSSLParameters(parameters);
            socket.startHandshake();
            socket.getOutputStream().write("x".getBytes());
            if (socket.getInputStream().read() < 0) throw new java.io.EOFException("closed");
        }
    }

    /** identity: of the server, none for a store without a key; clientIdentity: null where the server asks for none. */
    static void handshake(String id, String identity, String trust, String clientIdentity, String host,
            String protocol, String serverProtocol) throws Exception {
        SSLContext server = context("trust.p12", identity == null ? load("trust.p12", "PKCS12", "changeit")
            : load(identity + ".p12", "PKCS12", "changeit"));
        SSLServerSocket listening = (SSLServerSocket) server.getServerSocketFactory()
            .createServerSocket(0, 5, InetAddress.getByName("127.0.0.1"));
        listening.setNeedClientAuth(clientIdentity != null);
        if (serverProtocol != null) listening.setEnabledProtocols(new String[] {serverProtocol});
        AtomicReference<Throwable> failed = new AtomicReference<>();
        Thread accepting = new Thread(() -> {
            try (SSLSocket socket = (SSLSocket) listening.accept()) {
                socket.setSoTimeout(5000);
                socket.getInputStream().read();
                socket.getOutputStream().write('y');
            } catch (Throwable error) {
                failed.set(error);
            }
        });
        accepting.start();
        one(id, () -> connect(client(trust, clientIdentity), listening.getLocalPort(), host, protocol));
        accepting.join(6000);
        listening.close();
        if (failed.get() != null) print(id + ".server", failed.get());
    }
}

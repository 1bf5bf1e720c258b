import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.FileInputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedKeyManager;

/**
 * Real handshakes over loopback, one line each: the case's name, then `ok` or the class and message of what the side
 * that judges throws: the client, or for a client's certificate the server.
 */
public class HandshakeProbe {
    public static void main(String[] args) throws Exception {
        CertificateFactory factory = CertificateFactory.getInstance("X.509");
        PrintStream out = new PrintStream(System.out, false, "UTF-8");
        try (DataInputStream in = new DataInputStream(new BufferedInputStream(new FileInputStream(args[0])))) {
            PrivateKey key = KeyFactory.getInstance("EC").generatePrivate(new PKCS8EncodedKeySpec(bytes(in)));
            X509Certificate[] good = {parse(factory, bytes(in))};
            int cases = in.readInt();
            for (int i = 0; i < cases; i++) {
                String name = new String(bytes(in), StandardCharsets.UTF_8);
                String host = new String(bytes(in), StandardCharsets.UTF_8);
                boolean client = in.readBoolean();
                String protocol = new String(bytes(in), StandardCharsets.UTF_8);
                X509Certificate[] chain = list(factory, in);
                X509Certificate[] anchors = list(factory, in);
                String said;
                try {
                    shake(key, client ? good : chain, client ? chain : null, client ? good : anchors,
                        client ? anchors : null, host, protocol);
                    said = "ok";
                } catch (Exception error) {
                    said = error.getClass().getName() + ": " + String.valueOf(error.getMessage()).replace('\n', ' ');
                }
                out.println(name + "\t" + said);
            }
        }
        out.flush();
    }

    static void shake(PrivateKey key, X509Certificate[] server, X509Certificate[] client, X509Certificate[] trusted,
            X509Certificate[] serverTrusts, String host, String protocol) throws Exception {
        boolean mutual = client != null;
        SSLContext there = context(key, server, serverTrusts);
        SSLContext here = context(key, client, trusted);
        Throwable[] refused = new Throwable[1];
        try (SSLServerSocket listener = (SSLServerSocket) there.getServerSocketFactory()
                .createServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            listener.setNeedClientAuth(mutual);
            Thread thread = new Thread(() -> {
                try (SSLSocket down = (SSLSocket) listener.accept()) {
                    down.setSoTimeout(20000);
                    down.startHandshake();
                    down.getOutputStream().write(1);
                    down.getInputStream().read();
                } catch (Throwable error) {
                    refused[0] = error;
                }
            });
            thread.start();
            Exception mine = null;
            Socket plain = new Socket(InetAddress.getLoopbackAddress(), listener.getLocalPort());
            try (SSLSocket up = (SSLSocket) here.getSocketFactory().createSocket(plain, host, 443, true)) {
                up.setSoTimeout(20000);
                SSLParameters parameters = up.getSSLParameters();
                if (!mutual) parameters.setEndpointIdentificationAlgorithm("HTTPS");
                parameters.setProtocols(new String[] {protocol});
                up.setSSLParameters(parameters);
                up.startHandshake();
                up.getInputStream().read();
                up.getOutputStream().write(1);
            } catch (Exception error) {
                mine = error;
            }
            thread.join();
            // What the other side throws is only that it was told of the refusal.
            if (mutual && refused[0] instanceof Exception) throw (Exception) refused[0];
            if (!mutual && mine != null) throw mine;
        }
    }

    static SSLContext context(PrivateKey key, X509Certificate[] chain, X509Certificate[] anchors) throws Exception {
        KeyStore store = KeyStore.getInstance("JKS");
        store.load(null, null);
        if (anchors != null) for (int i = 0; i < anchors.length; i++) store.setCertificateEntry("a" + i, anchors[i]);
        TrustManagerFactory managers = TrustManagerFactory.getInstance("PKIX");
        managers.init(store);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(new KeyManager[] {new Keys(key, chain)}, managers.getTrustManagers(), null);
        return context;
    }

    /** Sends this chain, whatever is asked for. */
    static class Keys extends X509ExtendedKeyManager {
        final PrivateKey key;
        final X509Certificate[] chain;

        Keys(PrivateKey key, X509Certificate[] chain) {
            this.key = key;
            this.chain = chain;
        }

        String alias() { return chain == null || chain.length == 0 ? null : "it"; }
        public String[] getClientAliases(String t, Principal[] i) { return new String[] {alias()}; }
        public String chooseClientAlias(String[] t, Principal[] i, Socket s) { return alias(); }
        @Override public String chooseEngineClientAlias(String[] t, Principal[] i, SSLEngine e) { return alias(); }
        public String[] getServerAliases(String t, Principal[] i) { return new String[] {alias()}; }
        public String chooseServerAlias(String t, Principal[] i, Socket s) { return "EC".equals(t) ? alias() : null; }
        @Override public String chooseEngineServerAlias(String t, Principal[] i, SSLEngine e) {
            return t.startsWith("EC") ? alias() : null;
        }
        public X509Certificate[] getCertificateChain(String a) { return chain; }
        public PrivateKey getPrivateKey(String a) { return key; }
    }

    static X509Certificate parse(CertificateFactory factory, byte[] der) throws Exception {
        return (X509Certificate) factory.generateCertificate(new ByteArrayInputStream(der));
    }

    static X509Certificate[] list(CertificateFactory factory, DataInputStream in) throws Exception {
        X509Certificate[] all = new X509Certificate[in.readInt()];
        for (int i = 0; i < all.length; i++) all[i] = parse(factory, bytes(in));
        return all;
    }

    static byte[] bytes(DataInputStream in) throws Exception {
        byte[] bytes = new byte[in.readInt()];
        in.readFully(bytes);
        return bytes;
    }
}

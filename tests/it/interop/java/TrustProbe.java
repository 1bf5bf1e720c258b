import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.FileInputStream;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.KeyStore;
import java.security.Principal;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.Collections;
import java.util.List;
import javax.net.ssl.ExtendedSSLSession;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SNIServerName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSession;
import javax.net.ssl.SSLSessionContext;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;

/**
 * What the JVM's own X509TrustManager says of many chains, one line each: the case's name, then `ok`, `unparseable`,
 * or the exception's class and message.
 */
public class TrustProbe {
    public static void main(String[] args) throws Exception {
        CertificateFactory factory = CertificateFactory.getInstance("X.509");
        PrintStream out = new PrintStream(System.out, false, "UTF-8");
        String[] signatures = signatures();
        out.println("#signatures\t" + String.join(",", signatures));
        try (DataInputStream in = new DataInputStream(new BufferedInputStream(new FileInputStream(args[0])))) {
            int cases = in.readInt();
            for (int i = 0; i < cases; i++) {
                String name = text(in);
                String host = text(in);
                boolean client = in.readBoolean();
                boolean tls = in.readBoolean();
                byte[][] chain = list(in);
                byte[][] anchors = list(in);
                out.println(name + "\t" + verdict(factory, chain, anchors, host, client, tls, signatures));
            }
        }
        out.flush();
    }

    static String verdict(CertificateFactory factory, byte[][] chainDer, byte[][] anchors, String host, boolean client,
            boolean tls, String[] signatures) throws Exception {
        X509Certificate[] chain = new X509Certificate[chainDer.length];
        try {
            for (int i = 0; i < chain.length; i++) chain[i] = parse(factory, chainDer[i]);
        } catch (Exception error) {
            return "unparseable\t" + line(String.valueOf(error.getMessage()));
        }
        KeyStore store = KeyStore.getInstance("JKS");
        store.load(null, null);
        for (int i = 0; i < anchors.length; i++) {
            try {
                store.setCertificateEntry("a" + i, parse(factory, anchors[i]));
            } catch (java.security.cert.CertificateException none) {
                // No store that holds it can be loaded.
            }
        }
        TrustManagerFactory managers = TrustManagerFactory.getInstance("PKIX");
        managers.init(store);
        X509ExtendedTrustManager manager = (X509ExtendedTrustManager) managers.getTrustManagers()[0];
        try {
            SSLEngine engine = tls ? new Engine(host, signatures) : null;
            if (client) manager.checkClientTrusted(chain, "UNKNOWN", engine);
            else manager.checkServerTrusted(chain, "UNKNOWN", engine);
            return "ok";
        } catch (Exception error) {
            return error.getClass().getName() + "\t" + line(String.valueOf(error.getMessage()));
        }
    }

    /** What a client of this JVM says it takes: the constraints of its sessions. */
    static String[] signatures() throws Exception {
        final String[][] found = new String[1][];
        SSLContext context = SSLContext.getInstance("TLS");
        X509ExtendedTrustManager spy = new X509ExtendedTrustManager() {
            public void checkClientTrusted(X509Certificate[] c, String a) {}
            public void checkServerTrusted(X509Certificate[] c, String a) {}
            public void checkClientTrusted(X509Certificate[] c, String a, java.net.Socket s) {}
            public void checkServerTrusted(X509Certificate[] c, String a, java.net.Socket s) {}
            public void checkClientTrusted(X509Certificate[] c, String a, SSLEngine e) {}
            public void checkServerTrusted(X509Certificate[] c, String a, SSLEngine e) {
                found[0] = ((ExtendedSSLSession) e.getHandshakeSession()).getLocalSupportedSignatureAlgorithms();
            }
            public X509Certificate[] getAcceptedIssuers() { return new X509Certificate[0]; }
        };
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (FileInputStream in = new FileInputStream("probe.p12")) { store.load(in, "secret1".toCharArray()); }
        javax.net.ssl.KeyManagerFactory keys = javax.net.ssl.KeyManagerFactory.getInstance("SunX509");
        keys.init(store, "secret1".toCharArray());
        context.init(keys.getKeyManagers(), new javax.net.ssl.TrustManager[] {spy}, null);
        SSLEngine client = context.createSSLEngine("localhost", 1);
        client.setUseClientMode(true);
        SSLEngine server = context.createSSLEngine();
        server.setUseClientMode(false);
        ByteBuffer up = ByteBuffer.allocate(65536), down = ByteBuffer.allocate(65536);
        ByteBuffer none = ByteBuffer.allocate(0), sink = ByteBuffer.allocate(65536);
        for (int i = 0; i < 50 && found[0] == null; i++) {
            step(client, none, up);
            up.flip();
            while (up.hasRemaining() && take(server, up, sink)) {}
            up.compact();
            step(server, none, down);
            down.flip();
            while (down.hasRemaining() && take(client, down, sink)) {}
            down.compact();
        }
        return found[0];
    }

    static void step(SSLEngine engine, ByteBuffer none, ByteBuffer to) throws Exception {
        tasks(engine);
        for (int i = 0; i < 10 && engine.getHandshakeStatus() == SSLEngineResult.HandshakeStatus.NEED_WRAP
                || engine.getHandshakeStatus() == SSLEngineResult.HandshakeStatus.NOT_HANDSHAKING; i++) {
            if (i > 3) break;
            engine.wrap(none, to);
            tasks(engine);
        }
    }

    static boolean take(SSLEngine engine, ByteBuffer from, ByteBuffer sink) throws Exception {
        SSLEngineResult result = engine.unwrap(from, sink);
        tasks(engine);
        return result.bytesConsumed() > 0;
    }

    static void tasks(SSLEngine engine) {
        for (Runnable task = engine.getDelegatedTask(); task != null; task = engine.getDelegatedTask()) task.run();
    }

    static X509Certificate parse(CertificateFactory factory, byte[] der) throws Exception {
        return (X509Certificate) factory.generateCertificate(new ByteArrayInputStream(der));
    }

    static String line(String text) { return text.replace('\n', ' ').replace('\t', ' '); }

    static String text(DataInputStream in) throws Exception { return new String(bytes(in), StandardCharsets.UTF_8); }

    static byte[][] list(DataInputStream in) throws Exception {
        byte[][] all = new byte[in.readInt()][];
        for (int i = 0; i < all.length; i++) all[i] = bytes(in);
        return all;
    }

    static byte[] bytes(DataInputStream in) throws Exception {
        byte[] bytes = new byte[in.readInt()];
        in.readFully(bytes);
        return bytes;
    }

    /** An engine in the middle of a handshake, as far as a trust manager looks at it. */
    static class Engine extends SSLEngine {
        final Session session;
        final SSLParameters parameters = new SSLParameters();

        Engine(String host, String[] signatures) {
            session = new Session(host, signatures);
            if (!host.isEmpty()) parameters.setEndpointIdentificationAlgorithm("HTTPS");
        }

        @Override public SSLSession getHandshakeSession() { return session; }
        @Override public SSLParameters getSSLParameters() { return parameters; }
        @Override public SSLSession getSession() { return session; }
        public SSLEngineResult wrap(ByteBuffer[] s, int o, int l, ByteBuffer d) { throw new UnsupportedOperationException(); }
        public SSLEngineResult unwrap(ByteBuffer s, ByteBuffer[] d, int o, int l) { throw new UnsupportedOperationException(); }
        public Runnable getDelegatedTask() { return null; }
        public void closeInbound() {}
        public boolean isInboundDone() { return false; }
        public void closeOutbound() {}
        public boolean isOutboundDone() { return false; }
        public String[] getSupportedCipherSuites() { return new String[0]; }
        public String[] getEnabledCipherSuites() { return new String[0]; }
        public void setEnabledCipherSuites(String[] s) {}
        public String[] getSupportedProtocols() { return new String[0]; }
        public String[] getEnabledProtocols() { return new String[0]; }
        public void setEnabledProtocols(String[] p) {}
        public void beginHandshake() {}
        public SSLEngineResult.HandshakeStatus getHandshakeStatus() { return null; }
        public void setUseClientMode(boolean m) {}
        public boolean getUseClientMode() { return true; }
        public void setNeedClientAuth(boolean n) {}
        public boolean getNeedClientAuth() { return false; }
        public void setWantClientAuth(boolean w) {}
        public boolean getWantClientAuth() { return false; }
        public void setEnableSessionCreation(boolean f) {}
        public boolean getEnableSessionCreation() { return true; }
    }

    static class Session extends ExtendedSSLSession {
        final String host;
        final String[] signatures;

        Session(String host, String[] signatures) {
            this.host = host;
            this.signatures = signatures;
        }

        public String[] getLocalSupportedSignatureAlgorithms() { return signatures; }
        public String[] getPeerSupportedSignatureAlgorithms() { return signatures; }
        @Override public List<SNIServerName> getRequestedServerNames() {
            try {
                String name = host.endsWith(".") ? host.substring(0, host.length() - 1) : host;
                boolean isName = !name.isEmpty() && name.indexOf('.') > 0 && name.indexOf(':') < 0
                    && !Character.isDigit(name.charAt(name.length() - 1));
                return isName ? Collections.<SNIServerName>singletonList(new SNIHostName(name))
                    : Collections.<SNIServerName>emptyList();
            } catch (IllegalArgumentException none) {
                return Collections.emptyList();
            }
        }
        public List<byte[]> getStatusResponses() { return Collections.emptyList(); }
        public String getProtocol() { return "TLSv1.3"; }
        public String getPeerHost() { return host; }
        public int getPeerPort() { return 443; }
        public byte[] getId() { return new byte[0]; }
        public SSLSessionContext getSessionContext() { return null; }
        public long getCreationTime() { return 0; }
        public long getLastAccessedTime() { return 0; }
        public void invalidate() {}
        public boolean isValid() { return true; }
        public void putValue(String n, Object v) {}
        public Object getValue(String n) { return null; }
        public void removeValue(String n) {}
        public String[] getValueNames() { return new String[0]; }
        public Certificate[] getPeerCertificates() { return null; }
        public Certificate[] getLocalCertificates() { return null; }
        @SuppressWarnings("deprecation")
        public javax.security.cert.X509Certificate[] getPeerCertificateChain() { return null; }
        public Principal getPeerPrincipal() { return null; }
        public Principal getLocalPrincipal() { return null; }
        public String getCipherSuite() { return "TLS_AES_128_GCM_SHA256"; }
        public int getPacketBufferSize() { return 0; }
        public int getApplicationBufferSize() { return 0; }
    }
}

import javax.servlet.http.HttpServletRequest;
import javax.servlet.http.HttpServletResponse;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.SecureRequestCustomizer;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.SslConnectionFactory;
import org.eclipse.jetty.server.handler.AbstractHandler;
import org.eclipse.jetty.util.ssl.SslContextFactory;

/** A Jetty with stores that keyjar made: KEYSTORE PASSWORD TRUSTSTORE PASSWORD. It requires a client certificate. */
public class Jetty {
    public static void main(String[] args) throws Exception {
        SslContextFactory.Server tls = new SslContextFactory.Server();
        tls.setKeyStorePath(args[0]);
        tls.setKeyStorePassword(args[1]);
        tls.setTrustStorePath(args[2]);
        tls.setTrustStorePassword(args[3]);
        tls.setNeedClientAuth(true);
        tls.setSniRequired(false);
        HttpConfiguration http = new HttpConfiguration();
        http.addCustomizer(new SecureRequestCustomizer(false));
        Server server = new Server();
        ServerConnector connector = new ServerConnector(
            server, new SslConnectionFactory(tls, "http/1.1"), new HttpConnectionFactory(http));
        connector.setHost("127.0.0.1");
        server.addConnector(connector);
        server.setHandler(new AbstractHandler() {
            @Override
            public void handle(String target, Request base, HttpServletRequest in, HttpServletResponse out) {
                out.setStatus(200);
                base.setHandled(true);
            }
        });
        server.start();
        System.out.println("ACCEPT 127.0.0.1:" + connector.getLocalPort());
        server.join();
    }
}

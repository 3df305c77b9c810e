package io.coord.testkit.zookeeper;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.TrustManagerFactory;

/** Sockets that speak TLS, for what ZooKeeper's client would not show. */
final class TlsClients {

    private static final int PATIENCE_MILLIS = 20_000;

    private TlsClients() {}

    static Socket connected(int port, Path keys, char[] password, Path trusted) throws Exception {
        Socket socket = context(keys, password, trusted).getSocketFactory().createSocket(InetAddress.getLoopbackAddress(), port);
        socket.setSoTimeout(PATIENCE_MILLIS);
        return socket;
    }

    /** Of whoever has these keys, and trusts these authorities. */
    static SSLContext context(Path keys, char[] password, Path trusted) throws GeneralSecurityException, IOException {
        KeyManagerFactory own = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        own.init(KeyStore.getInstance(keys.toFile(), password), password);
        TrustManagerFactory others = TrustManagerFactory.getInstance("PKIX");
        others.init(KeyStore.getInstance(trusted.toFile(), password));
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(own.getKeyManagers(), others.getTrustManagers(), null);
        return context;
    }

    /** Whether the server ends the connection before anything is said. */
    static boolean isShownOut(Socket socket) throws IOException {
        try {
            return socket.getInputStream().read() < 0;
        } catch (SSLException | SocketException refused) {
            return true;
        }
    }
}

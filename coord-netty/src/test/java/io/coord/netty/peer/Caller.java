package io.coord.netty.peer;

import io.netty.buffer.ByteBufUtil;
import java.net.Socket;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;
import org.jspecify.annotations.Nullable;

/** Whoever calls a member and is none: it trusts anybody, and shows what it was given. */
final class Caller {

    private final @Nullable TlsFiles files;

    Caller(@Nullable TlsFiles files) {
        this.files = files;
    }

    SSLSocketFactory factory() throws Exception {
        KeyManager[] keys = null;
        if (files != null) {
            KeyStore identity = files.identity();
            KeyManagerFactory factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            factory.init(identity, new char[0]);
            keys = factory.getKeyManagers();
        }
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys, new TrustManager[] {new Credulous()}, null);
        return context.getSocketFactory();
    }

    static Hello say(Socket socket, Hello hello) throws Exception {
        socket.getOutputStream().write(ByteBufUtil.getBytes(hello.encode()));
        return Hello.decode(socket.getInputStream().readNBytes(Hello.HEADER_BYTES + Hello.BODY_BYTES_MIN));
    }

    private static final class Credulous implements X509TrustManager {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String authType) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String authType) {}

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}

package io.coord.netty.zkserver;

import io.coord.Identity;
import io.coord.netty.peer.SteadyTls;
import io.coord.netty.peer.TlsFiles;
import io.netty.handler.ssl.SslHandler;
import java.security.GeneralSecurityException;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/**
 * How the client port speaks TLS.
 *
 * @param contexts asked at each connection
 * @param needsCertificate whether a client without a certificate is sent away
 * @param wantsCertificate whether a client is asked for one
 * @param isPlainTextTaken whether clients may come without TLS, too
 * @param superUser the subject of the superuser's certificate, null for none
 */
public record TlsSetup(
        Supplier<SSLContext> contexts,
        boolean needsCertificate,
        boolean wantsCertificate,
        boolean isPlainTextTaken,
        @Nullable String superUser) {

    /** The first byte of a TLS connection; as a frame's length it would be far too much, and no word begins with it. */
    static final int HANDSHAKE_RECORD = 0x16;

    private static final String[] PROTOCOLS = {"TLSv1.3", "TLSv1.2"};
    private static final long FAREWELL_MILLIS = 500;

    /**
     * A context of these files.
     *
     * @param trusts whether the authorities count; otherwise nobody is trusted
     * @throws io.coord.ConfigException if they cannot be used; the message names the file
     */
    public static SSLContext context(TlsFiles files, boolean trusts) {
        try {
            char[] password = files.key() == null && files.keyPassword() != null ? files.keyPassword() : new char[0];
            KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            keys.init(files.identity(), password);
            TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
            if (trusts) {
                trust.init(files.authorities());
            }
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(keys.getKeyManagers(), trusts ? trust.getTrustManagers() : new javax.net.ssl.TrustManager[0], null);
            return context;
        } catch (GeneralSecurityException e) {
            throw TlsFiles.unusable(files.certificate(), "or " + files.trusted() + " cannot be used", e);
        }
    }

    /** What speaks TLS on a connection. */
    SslHandler handler(Duration handshakeMax, Executor slow) {
        SSLEngine engine = contexts.get().createSSLEngine();
        engine.setUseClientMode(false);
        SSLParameters parameters = engine.getSSLParameters();
        parameters.setProtocols(PROTOCOLS);
        if (needsCertificate) {
            parameters.setNeedClientAuth(true);
        } else {
            parameters.setWantClientAuth(wantsCertificate);
        }
        engine.setSSLParameters(parameters);
        SslHandler handler = new SteadyTls(engine, slow);
        handler.setHandshakeTimeout(handshakeMax.toMillis(), TimeUnit.MILLISECONDS);
        handler.setCloseNotifyFlushTimeoutMillis(FAREWELL_MILLIS);
        return handler;
    }

    /** Whom the certificate that a client showed proves it to be (zk.A7); none if it showed none. */
    List<Identity> proven(SslHandler handler) {
        if (!needsCertificate && !wantsCertificate) {
            return List.of();
        }
        try {
            Certificate[] chain = handler.engine().getSession().getPeerCertificates();
            if (chain.length == 0 || !(chain[0] instanceof X509Certificate own)) {
                return List.of();
            }
            String subject = own.getSubjectX500Principal().getName();
            Identity identity = new Identity("x509", subject);
            return subject.equals(superUser) ? List.of(new Identity("super", ""), identity) : List.of(identity);
        } catch (SSLPeerUnverifiedException e) {
            return List.of();
        }
    }
}

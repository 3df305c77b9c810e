package io.coord.netty.peer;

import io.coord.ConfigException;
import io.coord.MemberAddress;
import io.coord.MemberId;
import io.netty.handler.ssl.NotSslRecordException;
import io.netty.handler.ssl.SslHandler;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertPathBuilderException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/**
 * Mutual TLS between members, by the JDK's own provider: TLS 1.3, or 1.2, both ends with a certificate of an authority that the other
 * trusts. It is loaded anew when its files have changed; if they cannot be used then, the old one stays. Connections keep what
 * they were opened with.
 */
final class TlsContext {

    private static final String[] PROTOCOLS = {"TLSv1.3", "TLSv1.2"};
    private static final long EXPIRY_WARNING_DAYS = 30;
    private static final long MILLIS_PER_DAY = TimeUnit.DAYS.toMillis(1);

    private final TlsFiles files;
    private final PeerLog log;
    private final Executor handshakes;
    private volatile Loaded loaded;

    /** What files held when they looked like this. */
    private record Loaded(SSLContext context, X509Certificate own, List<String> looks) {}

    /**
     * Loads the files.
     *
     * @param handshakes computes the slow parts of a handshake
     * @throws ConfigException if they cannot be used; the message names the file
     */
    TlsContext(TlsFiles files, PeerLog log, Executor handshakes) {
        this.files = files;
        this.log = log;
        this.handshakes = handshakes;
        this.loaded = load();
    }

    private Loaded load() {
        List<String> looks = looks(); // before the reading: what changes during it is read again
        KeyStore identity = files.identity();
        char[] password = files.key() == null && files.keyPassword() != null ? files.keyPassword() : new char[0];
        X509Certificate own = TlsFiles.leaf(identity, password, files.certificate());
        try {
            own.checkValidity();
            KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            keys.init(identity, password);
            TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
            trust.init(files.authorities());
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
            // A resumed session is one whose certificate is not looked at again.
            context.getClientSessionContext().setSessionTimeout(1);
            context.getServerSessionContext().setSessionTimeout(1);
            return new Loaded(context, own, looks);
        } catch (CertificateExpiredException e) {
            throw TlsFiles.unusable(files.certificate(), "has expired, on " + own.getNotAfter().toInstant(), null);
        } catch (CertificateNotYetValidException e) {
            throw TlsFiles.unusable(files.certificate(), "is valid only from " + own.getNotBefore().toInstant() + " on", null);
        } catch (GeneralSecurityException e) {
            throw TlsFiles.unusable(files.certificate(), "or " + files.trusted() + " cannot be used", e);
        }
    }

    /** How the files look from outside. */
    private List<String> looks() {
        List<String> looks = new ArrayList<>();
        for (Path path : files.paths()) {
            try {
                Path real = path.toRealPath(); // exchanged by a link, as in Kubernetes, they have new paths
                looks.add(real + " " + Files.getLastModifiedTime(real) + " " + Files.size(real));
            } catch (IOException e) {
                looks.add(path + " is not there");
            }
        }
        return looks;
    }

    /** Throws if the member's own certificate is not its own. */
    void requireOwn(MemberId self) {
        requireOwn(loaded.own(), self);
    }

    private void requireOwn(X509Certificate own, MemberId self) {
        String objection = MemberCertificate.objection(own, self, files.ensemble());
        if (objection != null) {
            throw TlsFiles.unusable(files.certificate(), "is not for this member: " + objection, null);
        }
    }

    /**
     * Loads files that have changed; says whether it now uses new ones. Those that cannot be used are told to the log, and the old ones
     * stay.
     */
    synchronized boolean reload(MemberId self, long wallMillis) {
        warnOfExpiry(wallMillis);
        List<String> looks = looks();
        if (looks.equals(loaded.looks())) {
            return false;
        }
        try {
            Loaded fresh = load();
            requireOwn(fresh.own(), self);
            loaded = fresh;
            log.forget("reload");
            log.info("reloaded " + fresh.looks(), "new certificates are in use, valid until " + fresh.own().getNotAfter().toInstant());
            return true;
        } catch (ConfigException e) {
            log.warn("reload", "the new certificates cannot be used, the old ones stay: " + e.getMessage());
            return false;
        }
    }

    private void warnOfExpiry(long wallMillis) {
        long days = (loaded.own().getNotAfter().getTime() - wallMillis) / MILLIS_PER_DAY;
        if (days < EXPIRY_WARNING_DAYS) {
            log.daily("expiry", "the certificate in " + files.certificate() + " expires in " + days + " days, on "
                    + loaded.own().getNotAfter().toInstant() + "; replace the file, it will be read");
        }
    }

    /** The end that calls. */
    SslHandler dialling(MemberAddress target) {
        SSLEngine engine = loaded.context().createSSLEngine(target.host(), target.peerPort());
        engine.setUseClientMode(true);
        SSLParameters parameters = engine.getSSLParameters();
        parameters.setProtocols(PROTOCOLS);
        parameters.setEndpointIdentificationAlgorithm("HTTPS");
        engine.setSSLParameters(parameters);
        return handler(engine);
    }

    /** The end that is called. */
    SslHandler answering() {
        SSLEngine engine = loaded.context().createSSLEngine();
        engine.setUseClientMode(false);
        SSLParameters parameters = engine.getSSLParameters();
        parameters.setProtocols(PROTOCOLS);
        parameters.setNeedClientAuth(true);
        engine.setSSLParameters(parameters);
        return handler(engine);
    }

    private SslHandler handler(SSLEngine engine) {
        SslHandler handler = new SteadyTls(engine, handshakes);
        handler.setHandshakeTimeout(PeerNetwork.HANDSHAKE_SECONDS, TimeUnit.SECONDS);
        handler.setCloseNotifyFlushTimeoutMillis(500);
        return handler;
    }

    /** What speaks against the other end of a connection as that member on that host, or null. */
    @Nullable String objection(SslHandler handler, MemberId member, @Nullable String host) {
        try {
            X509Certificate certificate = (X509Certificate) handler.engine().getSession().getPeerCertificates()[0];
            String objection = MemberCertificate.objection(certificate, member, files.ensemble());
            return objection != null || host == null ? objection : MemberCertificate.objection(certificate, host);
        } catch (SSLPeerUnverifiedException e) {
            return "it showed no certificate";
        }
    }

    /** Why TLS failed, in words that say nothing of keys; null if it is something else that failed. */
    static @Nullable String reason(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof SSLException) {
                return reasonOfTls(cause);
            }
        }
        return null;
    }

    private static String reasonOfTls(Throwable failure) {
        Throwable innermost = failure;
        while (innermost.getCause() != null) {
            innermost = innermost.getCause();
        }
        String words = PeerLog.reason(failure);
        if (innermost instanceof NotSslRecordException) {
            return "it does not speak TLS";
        } else if (innermost instanceof CertificateExpiredException) {
            return "its certificate has expired (" + words + ")";
        } else if (innermost instanceof CertPathBuilderException) {
            return "its certificate is not of an authority that is trusted here (" + words + ")";
        } else if (words.contains("Empty client certificate chain")) {
            return "it showed no certificate of an authority that is trusted here";
        } else if (words.contains("alert")) {
            return "it broke off the TLS handshake (" + words + "); its log says why";
        }
        return "TLS: " + words;
    }
}

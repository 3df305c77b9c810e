package io.coord.netty;

import io.coord.netty.peer.TlsFiles;
import io.coord.netty.zkserver.TlsSetup;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.function.Supplier;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/**
 * TLS on a {@link ZooKeeperServer}'s port: TLS 1.3, or 1.2, by the JDK's provider and its ciphers.
 *
 * <pre>{@code
 * ZooKeeperServer.listeningOn(2281).tls(ClientTls.keyStore(keys, password, trusted, trustedPassword))
 * }</pre>
 *
 * <p>A client's certificate is asked for and must be one of an authority that is trusted, unless {@link #clientAuth} says otherwise; its
 * subject is the client's identity of scheme {@code x509} (zk.A7). Immutable.
 */
public final class ClientTls {

    /** Whether clients show a certificate. */
    public enum ClientAuth {
        /** It is not asked for. */
        NONE,
        /** It is asked for, and a client without one comes in, too. */
        WANT,
        /** Who has none does not come in. */
        NEED
    }

    private final Supplier<SSLContext> contexts;
    private final ClientAuth clientAuth;
    private final boolean plainTextToo;
    private final @Nullable String superUser;

    private ClientTls(Supplier<SSLContext> contexts, ClientAuth clientAuth, boolean plainTextToo, @Nullable String superUser) {
        this.contexts = contexts;
        this.clientAuth = clientAuth;
        this.plainTextToo = plainTextToo;
        this.superUser = superUser;
    }

    /** With a context of one's own, asked for at each connection: what it gives from then on holds for new ones. */
    public static ClientTls of(Supplier<SSLContext> contexts) {
        return new ClientTls(Objects.requireNonNull(contexts), ClientAuth.NEED, false, null);
    }

    /**
     * From key stores, PKCS #12 or JKS, read once.
     *
     * @param keyStore with the server's private key and certificate
     * @param trustStore with the authorities of clients
     * @throws io.coord.ConfigException if they cannot be used; the message names the file
     */
    public static ClientTls keyStore(Path keyStore, char[] password, Path trustStore, char[] trustPassword) {
        SSLContext context = TlsSetup.context(
                new TlsFiles(keyStore, null, password, trustStore, trustPassword, null, Duration.ofSeconds(1)), true);
        return of(() -> context);
    }

    /**
     * From a key store, PKCS #12 or JKS, read once; no client's certificate is asked for.
     *
     * @throws io.coord.ConfigException if it cannot be used; the message names the file
     */
    public static ClientTls keyStore(Path keyStore, char[] password) {
        SSLContext context = TlsSetup.context(
                new TlsFiles(keyStore, null, password, keyStore, password, null, Duration.ofSeconds(1)), false);
        return of(() -> context).clientAuth(ClientAuth.NONE);
    }

    /**
     * From PEM files, read once.
     *
     * @param certificate the server's certificate, followed by those between it and the authority
     * @param key its private key, as PKCS #8
     * @param trusted the authorities of clients
     * @throws io.coord.ConfigException if they cannot be used; the message names the file
     */
    public static ClientTls pem(Path certificate, Path key, Path trusted) {
        SSLContext context =
                TlsSetup.context(new TlsFiles(certificate, key, null, trusted, null, null, Duration.ofSeconds(1)), true);
        return of(() -> context);
    }

    /** Whether clients show a certificate; {@link ClientAuth#NEED} unless set. */
    public ClientTls clientAuth(ClientAuth asked) {
        return new ClientTls(contexts, asked, plainTextToo, superUser);
    }

    /**
     * Takes clients without TLS at the same port, too: who speaks TLS is seen by the first byte. Beyond this machine that needs
     * {@link ZooKeeperServer#insecure()}.
     */
    public ClientTls plainTextToo() {
        return new ClientTls(contexts, clientAuth, true, superUser);
    }

    /** Lets the client whose certificate has this subject, as RFC 2253 writes it, pass every permission check; nobody unless set. */
    public ClientTls superUser(String subject) {
        return new ClientTls(contexts, clientAuth, plainTextToo, subject);
    }

    TlsSetup setup() {
        return new TlsSetup(
                contexts, clientAuth == ClientAuth.NEED, clientAuth == ClientAuth.WANT, plainTextToo, superUser);
    }

    boolean isPlainTextTaken() {
        return plainTextToo;
    }

    @Override
    public String toString() {
        return "ClientTls[clientAuth=" + clientAuth + ", plainTextToo=" + plainTextToo + "]";
    }
}

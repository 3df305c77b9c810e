package io.coord.netty;

import io.coord.netty.peer.TlsFiles;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Mutual TLS between members: what each proves itself with, and whom it trusts. TLS 1.3, or 1.2, by the JDK's provider and its ciphers.
 *
 * <p>A member's certificate has the subject alternative names {@code URI:coord://<ensemble>/member/<id>} and
 * {@code DNS:<host>} or {@code IP:<address>}, its host as the list of members has it; both are checked on every connection, at both
 * ends. The authority's own store is for members alone: whom it lets in is not a client, but a part of the ensemble.
 *
 * <pre>
 * keytool -genkeypair -alias member -keyalg EC -keystore member-2.p12 -dname CN=coord-2 \
 *         -ext "SAN=uri:coord://prod/member/2,dns:broker-2"
 * </pre>
 *
 * <p>Files that change are read again; if they cannot be used, the member goes on with what it had, and says so in its log. Open
 * connections keep what they were opened with.
 */
public final class PeerTls {

    private static final Duration RELOAD_EVERY = Duration.ofSeconds(10);

    private final TlsFiles files;

    private PeerTls(TlsFiles files) {
        this.files = files;
    }

    /**
     * From PEM files.
     *
     * @param certificate the member's certificate, followed by those between it and the authority
     * @param key its private key, as PKCS #8
     * @param trusted the authorities of members
     */
    public static PeerTls pem(Path certificate, Path key, Path trusted) {
        return new PeerTls(new TlsFiles(certificate, key, null, trusted, null, null, RELOAD_EVERY));
    }

    /**
     * From key stores, PKCS #12 or JKS.
     *
     * @param keyStore with the member's private key and certificate
     * @param trustStore with the authorities of members
     */
    public static PeerTls keyStore(Path keyStore, char[] password, Path trustStore, char[] trustPassword) {
        return new PeerTls(new TlsFiles(keyStore, null, password.clone(), trustStore, trustPassword.clone(), null, RELOAD_EVERY));
    }

    /** From what a server's settings name. */
    static PeerTls of(TlsFiles files) {
        return new PeerTls(files);
    }

    private PeerTls with(char @Nullable [] keyPassword, @Nullable String ensemble, Duration reloadEvery) {
        return new PeerTls(new TlsFiles(
                files.certificate(), files.key(), keyPassword, files.trusted(), files.trustedPassword(), ensemble, reloadEvery));
    }

    /** With the password of an encrypted private key. */
    public PeerTls keyPassword(char[] password) {
        return with(password.clone(), files.ensemble(), files.reloadEvery());
    }

    /**
     * Only with members whose certificates name this ensemble, as in {@code coord://prod/member/2}. Needed where one authority signs for
     * several ensembles; any name will do unless set.
     */
    public PeerTls ensemble(String name) {
        if (!name.matches("[A-Za-z0-9._-]{1,253}")) {
            throw new IllegalArgumentException("ensemble \"" + name + "\": letters, digits, dots, hyphens and underscores name one");
        }
        return with(files.keyPassword(), name, files.reloadEvery());
    }

    /** With another interval at which the files are looked at; 10 s unless set. */
    public PeerTls reloadEvery(Duration interval) {
        if (interval.isNegative() || interval.isZero()) {
            throw new IllegalArgumentException("reloadEvery " + interval + " is out of range; it is more than zero");
        }
        return with(files.keyPassword(), files.ensemble(), interval);
    }

    TlsFiles files() {
        return files;
    }

    /** The files, never a password. */
    @Override
    public String toString() {
        return "PeerTls[" + files.certificate() + ", " + files.trusted() + "]";
    }
}

package io.coord.netty.zkclient;

import io.coord.Bytes;
import java.security.Principal;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import javax.security.auth.Subject;

/**
 * What a session over the wire is opened with.
 *
 * @param to the servers and the chroot
 * @param timeout the session timeout wanted
 * @param requestTimeout how long a request may wait for an answer before its caller is told
 * @param sasl how each connection is proven before anything is asked by it; empty for not at all
 * @param credentials proven on every connection, in this order, after that
 * @param tls how to speak TLS; empty for plain TCP
 * @param outstandingMax unanswered requests, above which more are refused
 * @param frameBytesMax the largest reply taken
 * @param callbacks where listeners are called and stages complete; empty for threads of the client's own
 */
public record ClientSetup(
        ConnectString to,
        Duration timeout,
        Duration requestTimeout,
        Optional<Sasl> sasl,
        List<Credentials> credentials,
        Optional<SSLContext> tls,
        int outstandingMax,
        int frameBytesMax,
        Optional<Executor> callbacks) {

    /** Keeps an immutable copy of the credentials. */
    public ClientSetup {
        credentials = List.copyOf(credentials);
    }

    /**
     * A proof of an identity.
     *
     * @param scheme what kind, such as {@code digest}
     * @param proof such as {@code user:password}
     */
    public record Credentials(String scheme, Bytes proof) {
        @Override
        public String toString() {
            return scheme + ":..."; // no secret in a log
        }
    }

    /** How the client proves itself by SASL; its text has nothing secret. */
    public sealed interface Sasl {}

    /**
     * By DIGEST-MD5.
     *
     * @param user who the client is
     * @param password copied, and kept for the next connection
     */
    public record DigestMd5(String user, char[] password) implements Sasl {
        /** Keeps a copy of the password. */
        public DigestMd5 {
            password = password.clone();
        }

        @Override
        public char[] password() {
            return password.clone();
        }

        @Override
        public String toString() {
            return "DIGEST-MD5 as " + user;
        }
    }

    /**
     * By Kerberos, GSSAPI.
     *
     * @param client with a principal and its tickets, which whoever logged it in renews
     * @param service the server's, the first part of its principal
     * @param host the second part; empty for the name of the host that is connected to
     */
    public record Kerberos(Subject client, String service, Optional<String> host) implements Sasl {
        @Override
        public String toString() { // a subject's own text has its tickets' keys
            String names = Stream.of(client.getPrincipals().toArray(new Principal[0])).map(Principal::getName).collect(Collectors.joining(", "));
            return "GSSAPI as " + (names.isEmpty() ? "nobody" : names);
        }
    }
}

package io.coord.netty.zkclient;

import io.coord.Bytes;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;
import javax.net.ssl.SSLContext;

/**
 * What a session over the wire is opened with.
 *
 * @param to the servers and the chroot
 * @param timeout the session timeout wanted
 * @param requestTimeout how long a request may wait for an answer before its caller is told
 * @param credentials proven on every connection, in this order
 * @param tls how to speak TLS; empty for plain TCP
 * @param outstandingMax unanswered requests, above which more are refused
 * @param frameBytesMax the largest reply taken
 * @param callbacks where listeners are called and stages complete; empty for threads of the client's own
 */
public record ClientSetup(
        ConnectString to,
        Duration timeout,
        Duration requestTimeout,
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
}

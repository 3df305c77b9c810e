package io.coord.netty;

import io.coord.AsyncSession;
import io.coord.Bytes;
import io.coord.NodePath;
import io.coord.Session;
import io.coord.netty.zkclient.ClientSession;
import io.coord.netty.zkclient.ClientSetup;
import io.coord.netty.zkclient.ConnectString;
import io.coord.session.BlockingSession;
import io.coord.session.ParkingAwaiter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLContext;
import javax.security.auth.Subject;

/**
 * How a process without a member comes to a session: over ZooKeeper's client protocol, to an ensemble of this library that has a {@link
 * ZooKeeperServer}, or to Apache ZooKeeper 3.5 and newer. The same user code and the same recipes run on either.
 *
 * <pre>{@code
 * try (Session session = ZooKeeperClient.to("zk-1:2181,zk-2:2181,zk-3:2181/app").open()) {
 *   ...
 * }
 * }</pre>
 *
 * <p>The session goes on when its server dies: the client connects to another and sets its watches again. What was asked and not
 * answered by then fails: reads with {@link io.coord.UnavailableException}, writes with {@link io.coord.OutcomeUnknownException}, since
 * this protocol cannot tell whether they were done. Each session has a connection, an event loop and a few callback threads of its own; all
 * are gone once it is closed, but for threads that wait for a KDC ({@link #withSasl(Subject, String)}): each ends when that has answered, or
 * when the time is over that {@code krb5.conf} gives it.
 *
 * <p>A value: each method returns another one.
 */
public final class ZooKeeperClient {

    private static final Duration TIMEOUT_STANDARD = Duration.ofSeconds(10);
    private static final Duration REQUEST_TIMEOUT_STANDARD = Duration.ofSeconds(15);
    private static final Duration OPENING_MARGIN = Duration.ofSeconds(3);
    private static final int OUTSTANDING_MAX = 10_000;
    /** Replies may be larger than requests: a node of a megabyte has a Stat, and many children have names. */
    private static final int FRAME_BYTES_MAX = 64 << 20;

    private final ClientSetup setup;

    private ZooKeeperClient(ClientSetup setup) {
        this.setup = setup;
    }

    /**
     * A client of these servers.
     *
     * @param connectString {@code host:port,host:port/chroot}; port 2181 where none is named, an IPv6 address in brackets
     * @throws io.coord.ConfigException with all mistakes in it
     */
    public static ZooKeeperClient to(String connectString) {
        return new ZooKeeperClient(new ClientSetup(
                ConnectString.parse(connectString),
                TIMEOUT_STANDARD,
                REQUEST_TIMEOUT_STANDARD,
                Optional.empty(),
                List.of(),
                Optional.empty(),
                OUTSTANDING_MAX,
                FRAME_BYTES_MAX,
                Optional.empty()));
    }

    /** With this session timeout wanted, at most a day; the server grants what it likes. 10 s by default. */
    public ZooKeeperClient withSessionTimeout(Duration timeout) {
        return new ZooKeeperClient(new ClientSetup(
                setup.to(), positive("sessionTimeout", timeout), setup.requestTimeout(), setup.sasl(), setup.credentials(), setup.tls(),
                setup.outstandingMax(), setup.frameBytesMax(), setup.callbacks()));
    }

    /** With callers told after so long, at most a day, that no answer came, and opening given up then. 15 s by default. */
    public ZooKeeperClient withRequestTimeout(Duration timeout) {
        return new ZooKeeperClient(new ClientSetup(
                setup.to(), setup.timeout(), positive("requestTimeout", timeout), setup.sasl(), setup.credentials(), setup.tls(),
                setup.outstandingMax(), setup.frameBytesMax(), setup.callbacks()));
    }

    private static Duration positive(String name, Duration duration) {
        return Durations.positive(name, duration, Duration.ofDays(1), "a day");
    }

    /** With credentials shown on each connection, such as {@code digest} and {@code user:password}; may be called for several. */
    public ZooKeeperClient withAuth(String scheme, Bytes credentials) {
        List<ClientSetup.Credentials> more = new ArrayList<>(setup.credentials());
        more.add(new ClientSetup.Credentials(scheme, credentials));
        return new ZooKeeperClient(new ClientSetup(
                setup.to(), setup.timeout(), setup.requestTimeout(), setup.sasl(), more, setup.tls(), setup.outstandingMax(),
                setup.frameBytesMax(), setup.callbacks()));
    }

    /**
     * With each connection proven by SASL's DIGEST-MD5 before anything is asked by it, also when the session moves to another server;
     * the session acts as {@code sasl:user}. It is opened once that is done. A proof that a server refuses, or a server that does not know
     * the password either, ends it: {@link #open} fails with {@link io.coord.Refusal#AUTH_FAILED}, and a session that was open expires,
     * since as nobody it would not do what it was opened for. What the proof takes counts as part of connecting.
     *
     * <p>It hides the password, and nothing that follows: use it over {@link #withTls} where others may listen.
     *
     * @param user the name, as the servers know it
     * @param password copied, so that the caller's may be cleared; the copy is kept for the next connection, by this and by its sessions
     */
    public ZooKeeperClient withSasl(String user, char[] password) {
        return withSasl(new ClientSetup.DigestMd5(user, password));
    }

    /** As {@link #withSasl(Subject, String)}, with a server that is {@code zookeeper/HOST}, each by the name of its host. */
    public ZooKeeperClient withSasl(Subject client) {
        return withSasl(client, "zookeeper");
    }

    /**
     * With each connection proven by Kerberos (SASL's GSSAPI), as {@link #withSasl(String, char[])} says. Both sides are proven. Realm, KDC and
     * clock skew are those of the JVM's {@code krb5.conf}.
     *
     * <p>What asks the KDC has threads of its own, one for each attempt that it has not answered, four at most, and is done before a server is
     * connected to: where no ticket is to be had, another server is tried, as when one does not answer, until there is one or the session has
     * expired.
     *
     * @param client logged in by you, with the principal and its ticket; tickets that end are yours to renew in it, since it is looked at for
     *     each connection
     * @param server the servers' principal without its realm: {@code service/host}, or {@code service}, each with the name of its host, which
     *     is what the name service calls the address connected to, or the one of the connect string if it has no name for it
     * @throws IllegalArgumentException if it is neither
     */
    public ZooKeeperClient withSasl(Subject client, String server) {
        String[] parts = server.split("/", -1);
        if (!server.matches("[^/@\\s]+(/[^/@\\s]+)?")) {
            throw new IllegalArgumentException("\"" + NodePath.printable(server) + "\" is no service/host, nor a service, without a realm");
        }
        return withSasl(new ClientSetup.Kerberos(client, parts[0], parts.length == 1 ? Optional.empty() : Optional.of(parts[1])));
    }

    private ZooKeeperClient withSasl(ClientSetup.Sasl sasl) {
        return new ZooKeeperClient(new ClientSetup(
                setup.to(), setup.timeout(), setup.requestTimeout(), Optional.of(sasl), setup.credentials(), setup.tls(),
                setup.outstandingMax(), setup.frameBytesMax(), setup.callbacks()));
    }

    /** Over TLS, with the server's name checked against its certificate. */
    public ZooKeeperClient withTls(SSLContext tls) {
        return new ZooKeeperClient(new ClientSetup(
                setup.to(), setup.timeout(), setup.requestTimeout(), setup.sasl(), setup.credentials(), Optional.of(tls),
                setup.outstandingMax(), setup.frameBytesMax(), setup.callbacks()));
    }

    /**
     * With listeners called and stages completed on this executor, which is not closed with the session, and should not be before it. A
     * thread of it that calls {@link #open} keeps one from being told: with a single thread the opening is given up, after the request
     * timeout and 3 seconds.
     */
    public ZooKeeperClient withCallbackExecutor(Executor executor) {
        return new ZooKeeperClient(new ClientSetup(
                setup.to(), setup.timeout(), setup.requestTimeout(), setup.sasl(), setup.credentials(), setup.tls(),
                setup.outstandingMax(), setup.frameBytesMax(), Optional.of(executor)));
    }

    /**
     * Opens a session, and waits for it.
     *
     * @throws io.coord.UnavailableException if no server opened one within the request timeout; the message says what was tried
     * @throws io.coord.RejectedException if a server refused the proof by SASL, with {@link io.coord.Refusal#AUTH_FAILED} and COORD-1074
     */
    public Session open() {
        CompletionStage<AsyncSession> opening = openAsync();
        try {
            long millis = setup.requestTimeout().plus(OPENING_MARGIN).toMillis();
            ClientSession session = (ClientSession) opening.toCompletableFuture().get(millis, TimeUnit.MILLISECONDS);
            return new BlockingSession(session, new ParkingAwaiter(session::mayNotWait));
        } catch (ExecutionException e) {
            throw e.getCause() instanceof io.coord.CoordException failure ? failure.rethrown() : new IllegalStateException(e.getCause());
        } catch (TimeoutException e) {
            opening.thenAccept(AsyncSession::closeAsync);
            throw new io.coord.UnavailableException("no session with " + setup.to().servers() + ": nothing runs on the callback executor,"
                    + " one of whose threads waits here, if " + Thread.currentThread().getName() + " is one. Open sessions elsewhere, or by"
                    + " an executor with threads to spare", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            opening.thenAccept(AsyncSession::closeAsync); // nobody else could
            throw new io.coord.UnavailableException("interrupted while a session was being opened with " + setup.to().servers(), e);
        }
    }

    /** Opens a session; the stage fails as {@link #open} does. */
    public CompletionStage<AsyncSession> openAsync() {
        return ClientSession.open(setup);
    }
}

package io.coord.netty;

import io.coord.AsyncSession;
import io.coord.Bytes;
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
 * are gone once it is closed.
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
                List.of(),
                Optional.empty(),
                OUTSTANDING_MAX,
                FRAME_BYTES_MAX,
                Optional.empty()));
    }

    /** With this session timeout wanted, at most a day; the server grants what it likes. 10 s by default. */
    public ZooKeeperClient withSessionTimeout(Duration timeout) {
        return new ZooKeeperClient(new ClientSetup(
                setup.to(), positive("sessionTimeout", timeout), setup.requestTimeout(), setup.credentials(), setup.tls(), setup.outstandingMax(),
                setup.frameBytesMax(), setup.callbacks()));
    }

    /** With callers told after so long, at most a day, that no answer came, and opening given up then. 15 s by default. */
    public ZooKeeperClient withRequestTimeout(Duration timeout) {
        return new ZooKeeperClient(new ClientSetup(
                setup.to(), setup.timeout(), positive("requestTimeout", timeout), setup.credentials(), setup.tls(), setup.outstandingMax(),
                setup.frameBytesMax(), setup.callbacks()));
    }

    private static Duration positive(String name, Duration duration) {
        if (duration.isNegative() || duration.isZero() || duration.compareTo(Duration.ofDays(1)) > 0) {
            throw new IllegalArgumentException(name + " " + duration + " is out of range; it is more than zero and at most a day");
        }
        return duration;
    }

    /** With credentials shown on each connection, such as {@code digest} and {@code user:password}; may be called for several. */
    public ZooKeeperClient withAuth(String scheme, Bytes credentials) {
        List<ClientSetup.Credentials> more = new ArrayList<>(setup.credentials());
        more.add(new ClientSetup.Credentials(scheme, credentials));
        return new ZooKeeperClient(new ClientSetup(
                setup.to(), setup.timeout(), setup.requestTimeout(), more, setup.tls(), setup.outstandingMax(),
                setup.frameBytesMax(), setup.callbacks()));
    }

    /** Over TLS, with the server's name checked against its certificate. */
    public ZooKeeperClient withTls(SSLContext tls) {
        return new ZooKeeperClient(new ClientSetup(
                setup.to(), setup.timeout(), setup.requestTimeout(), setup.credentials(), Optional.of(tls),
                setup.outstandingMax(), setup.frameBytesMax(), setup.callbacks()));
    }

    /**
     * With listeners called and stages completed on this executor, which is not closed with the session, and should not be before it. A
     * thread of it that calls {@link #open} keeps one from being told: with a single thread the opening is given up, after the request
     * timeout and 3 seconds.
     */
    public ZooKeeperClient withCallbackExecutor(Executor executor) {
        return new ZooKeeperClient(new ClientSetup(
                setup.to(), setup.timeout(), setup.requestTimeout(), setup.credentials(), setup.tls(),
                setup.outstandingMax(), setup.frameBytesMax(), Optional.of(executor)));
    }

    /**
     * Opens a session, and waits for it.
     *
     * @throws io.coord.UnavailableException if no server opened one within the request timeout; the message says what was tried
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

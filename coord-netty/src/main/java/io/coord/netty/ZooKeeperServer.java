package io.coord.netty;

import io.coord.ErrorCode;
import io.coord.ensemble.spi.FrontEnd;
import io.coord.ensemble.spi.SessionPort;
import io.coord.netty.zkserver.AuthenticationScheme;
import io.coord.netty.zkserver.ClientPort;
import io.coord.netty.zkserver.DigestScheme;
import io.coord.netty.zkserver.Figures;
import io.coord.netty.zkserver.IpScheme;
import io.coord.netty.zkserver.Limits;
import io.coord.netty.zkserver.SaslSetup;
import io.coord.netty.zkserver.Throttle;
import io.coord.netty.zkserver.Words;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A door for unmodified ZooKeeper clients, from 3.3 to 3.9: a member's client port, speaking ZooKeeper's protocol.
 *
 * <pre>{@code
 * Member member = Member.builder(MemberId.of(1), ensemble)
 *     .dataDirectory(directory)
 *     .frontEnd(ZooKeeperServer.listeningOn(2181))
 *     .start();
 * }</pre>
 *
 * <p>Requests of a connection take effect and are answered in the order they came, events come before what shows them, and an answered
 * write is on the disks of a majority. A session outlives its connection, and is resumed at any member. Writes cost a round of the
 * ensemble; reads are answered by the member itself, on the thread that received them.
 *
 * <p>Listens on the loopback address unless told otherwise. It has a few threads of its own, joined by {@link #close}. Everything a client
 * may take is limited; see the methods. Immutable until it is opened, and of use to one member, once.
 */
public final class ZooKeeperServer implements FrontEnd {

    private static final Logger LOG = LoggerFactory.getLogger(ZooKeeperServer.class);

    /** What it may be, while it is being said. */
    private static final class Options implements Cloneable {
        private final int port;
        private @Nullable String host;
        private boolean insecure;
        private int threads = Math.max(1, Math.min(4, Runtime.getRuntime().availableProcessors() / 2));
        private Limits limits = Limits.DEFAULT;
        private Throttle throttle = Throttle.NONE;
        private @Nullable String superDigest;
        private @Nullable String digestAlgorithm = DigestScheme.ALGORITHM;
        private @Nullable Set<String> words;
        private boolean reconfigurable;
        private boolean servesReadOnly;
        private boolean opensLocal;
        private boolean upgradesLocal;
        private @Nullable ClientTls tls;
        private @Nullable SaslSetup sasl;
        private Set<String> required = Set.of();
        private Set<String> alsoNamed = Set.of();
        private @Nullable Figures figures;

        Options(int port) {
            this.port = port;
        }

        Options with(Consumer<Options> change) {
            try {
                Options copy = (Options) clone();
                change.accept(copy);
                return copy;
            } catch (CloneNotSupportedException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    private static final Set<String> WORDS = Set.of("srvr", "ruok", "isro");

    private final Options options;
    private final AtomicReference<@Nullable ClientPort> opened = new AtomicReference<>();

    /** Those of this server, unless it counts with another. */
    private final Figures figures;

    private ZooKeeperServer(Options options) {
        this.options = options;
        this.figures = options.figures == null ? new Figures() : options.figures;
    }

    /** A server on this port; 0 for one of the kernel's choice, which {@link #port()} tells. */
    public static ZooKeeperServer listeningOn(int port) {
        if (port < 0 || port > 0xffff) {
            throw new IllegalArgumentException(
                    ErrorCode.BAD_PORT.message("client port " + port + ". Ports are 1 to 65535; 0 takes any free one."));
        }
        return new ZooKeeperServer(new Options(port));
    }

    // ------------------------------------------------------------------------------------------------ what it may be

    /**
     * Listens on this host's address in place of the loopback one; {@code 0.0.0.0} for all. Needs {@link #tls}, or
     * {@link #insecure()}, since whatever is said could be read and changed on the way.
     */
    public ZooKeeperServer boundTo(String host) {
        return with(options -> options.host = host);
    }

    /** Allows plain text beyond this machine. Logged at each start. */
    public ZooKeeperServer insecure() {
        return with(options -> options.insecure = true);
    }

    /** Encrypts connections, and knows clients by their certificates if it is told to. */
    public ZooKeeperServer tls(ClientTls tls) {
        return with(options -> options.tls = tls);
    }

    /** Serves connections with so many threads; half the processors by default, and at most 4. */
    public ZooKeeperServer threads(int count) {
        if (count < 1) {
            throw new IllegalArgumentException("a server of " + count + " threads serves nobody; name 1 or more");
        }
        return with(options -> options.threads = count);
    }

    /**
     * Closes connections that send a larger request; 1,048,575 bytes by default, as ZooKeeper's {@code jute.maxbuffer}. What a node may
     * hold is limited by {@link io.coord.MemberConfig#maxDataBytes()}, too, and a request by {@link
     * io.coord.MemberConfig#maxRequestBytes()}, which counts up to twice what there is of it in the frame.
     */
    public ZooKeeperServer maxFrameBytes(int bytes) {
        return with(options.limits.withFrameBytesMax(bytes));
    }

    /** Closes connections above these numbers as they come; 60 from one IP address and 10,000 in all by default, 0 for any number. */
    public ZooKeeperServer maxConnections(int perAddress, int total) {
        return with(options.limits.withConnections(perAddress, total));
    }

    /** Closes connections that have not asked for a session in this time, at most 30 days; 5 seconds by default. */
    public ZooKeeperServer handshakeDeadline(Duration time) {
        return with(options.limits.withHandshakeMax(time));
    }

    /**
     * Closes a connection when another comes while so many are amid their TLS handshake, as ZooKeeper's {@code
     * netty.server.outstandingHandshake.limit}; 250 by default, 0 for any number. It is the one that comes, unless from another address
     * more are under way than from its own: then the first of the address that has most.
     */
    public ZooKeeperServer maxHandshakes(int count) {
        return with(options.limits.withHandshakesMax(count));
    }

    /**
     * Reads no more from a connection while requests of this size together are unanswered; 8 MiB by default. Their number is limited by
     * {@link io.coord.MemberConfig#maxOutstandingPerSession()}.
     */
    public ZooKeeperServer maxUnansweredBytes(int bytes) {
        return with(options.limits.withUnansweredBytesMax(bytes));
    }

    /**
     * Reads no more from connections with unanswered requests while so many of all connections are unanswered, as ZooKeeper's
     * {@code globalOutstandingLimit}; half of {@link io.coord.MemberConfig#maxOutstanding()} by default, and never more.
     */
    public ZooKeeperServer maxUnanswered(int requests) {
        return with(options -> options.throttle = options.throttle.withUnansweredMax(requests));
    }

    /**
     * Refuses requests with THROTTLEDOP, and does not carry them out, that have waited here for longer before their turn, at most 30 days; zero, the
     * default, for none. As ZooKeeper's {@code throttled_op_wait_time}. What keeps, ends or proves a session is never refused so.
     */
    public ZooKeeperServer throttleWaitingFor(Duration time) {
        return with(options -> options.throttle = options.throttle.withWaitMax(time));
    }

    /**
     * Closes connections that ask for a session when more do so than this: {@code burst} at once, and {@code refill} more after each {@code
     * every}, at most 30 days. Any number may by default. As ZooKeeper's {@code connection_throttle_tokens}, {@code _fill_count} and {@code _fill_time}.
     */
    public ZooKeeperServer connectRate(int burst, int refill, Duration every) {
        return with(options -> options.throttle = options.throttle.withConnects(burst, refill, every));
    }

    /**
     * Closes a connection that sends a request larger than {@code bytes} while such requests of all connections would come to more than
     * {@code bytesMax}; any number may by default. As ZooKeeper's {@code largeRequestThreshold} and {@code largeRequestMaxBytes}.
     */
    public ZooKeeperServer maxLargeRequests(int bytes, int bytesMax) {
        return with(options -> options.throttle = options.throttle.withLarge(bytes, bytesMax));
    }

    ZooKeeperServer throttle(Throttle throttle) {
        return with(options -> options.throttle = throttle);
    }

    private ZooKeeperServer with(Limits limits) {
        return with(options -> options.limits = limits);
    }

    private ZooKeeperServer with(Consumer<Options> change) {
        return new ZooKeeperServer(options.with(change));
    }

    /**
     * Lets whoever proves this digest pass every permission check; nobody by default.
     *
     * @param digest {@code user:base64(SHA1("user:password"))}, as ZooKeeper's {@code superDigest}; with the hash of {@link
     *     #digestAlgorithm} if it is another
     */
    public ZooKeeperServer superDigest(String digest) {
        return with(options -> options.superDigest = digest);
    }

    /**
     * Makes the identities of scheme {@code digest}, and {@link #superDigest}, by this hash; SHA1 by default, as ZooKeeper's {@code
     * DigestAuthenticationProvider.digestAlg}. It is to be the same at all members, and the one that ACLs were written with: whoever has
     * nodes of another can no longer prove itself to them.
     *
     * @param algorithm as {@link java.security.MessageDigest} has it, such as {@code SHA-256} or {@code SHA3-256}
     * @throws IllegalArgumentException if this JVM has none of that name
     */
    public ZooKeeperServer digestAlgorithm(String algorithm) {
        if (!DigestScheme.has(algorithm)) {
            throw new IllegalArgumentException("this JVM has no hash " + algorithm + "; SHA-256 is one that every JVM has");
        }
        return with(options -> options.digestAlgorithm = algorithm);
    }

    /** Refuses whoever comes with scheme {@code digest}, as {@code DigestAuthenticationProvider.enabled=false} of ZooKeeper's. */
    public ZooKeeperServer withoutDigest() {
        return with(options -> options.digestAlgorithm = null);
    }

    /**
     * Lets clients prove themselves by SASL with DIGEST-MD5, as ZooKeeper's do whose JAAS configuration has a login with user and password;
     * off by default. Their identity is {@code sasl:user} (zk.A7). The mechanism is old: use it over TLS, or where all is trusted.
     *
     * @param passwords of users, null for whom it does not know; asked by a thread of the port's that has nothing else to do, but for others
     *     who prove themselves meanwhile
     */
    public ZooKeeperServer sasl(Function<String, char @Nullable []> passwords) {
        return with(options -> options.sasl = saslSoFar().with(passwords));
    }

    /**
     * Lets clients prove themselves by SASL with GSSAPI, as ZooKeeper's do whose JAAS configuration has a Kerberos login; off by default. Their
     * identity is {@code sasl:} and what their principal is called ({@link ClientKerberos}). Where {@link #sasl(Function) DIGEST-MD5} is said,
     * too, each client uses which of both it has. The key is looked for now, and used when clients come.
     *
     * @throws io.coord.ConfigException if the server's key cannot be used; the message names the file and what is wrong
     */
    public ZooKeeperServer sasl(ClientKerberos kerberos) {
        return with(options -> options.sasl = saslSoFar().with(kerberos.setup()));
    }

    /**
     * Lets the user of this name, too, once proven by SASL, pass every permission check, as ZooKeeper's {@code superUser} and {@code
     * superUser.1}; nobody by default.
     *
     * @throws IllegalStateException if there is no {@code sasl(...)} yet
     */
    public ZooKeeperServer saslSuperUser(String name) {
        return withSasl(sasl -> sasl.withSuperUser(name));
    }

    /**
     * Lets everybody that is proven by SASL do what access control lists grant to the user of this name, as ZooKeeper's {@code
     * letAnySaslUserDoX}; nobody by default. Say so when all members are of a version that knows it: they judge alike.
     *
     * @throws IllegalStateException if there is no {@code sasl(...)} yet
     */
    public ZooKeeperServer saslUsersPassFor(String name) {
        return withSasl(sasl -> sasl.withPassFor(name));
    }

    /**
     * Lets clients stay whose proof by SASL failed, as nobody, as ZooKeeper's {@code allowSaslFailedClients}; they are parted from by
     * default, and wherever {@link #requireAuthentication} names {@code sasl}.
     *
     * @throws IllegalStateException if there is no {@code sasl(...)} yet
     */
    public ZooKeeperServer keepSaslFailed() {
        return withSasl(SaslSetup::keepingFailed);
    }

    private SaslSetup saslSoFar() {
        SaslSetup sasl = options.sasl;
        return sasl == null ? SaslSetup.NONE : sasl;
    }

    private ZooKeeperServer withSasl(UnaryOperator<SaslSetup> change) {
        SaslSetup sasl = options.sasl;
        if (sasl == null) {
            throw new IllegalStateException("what is said of users of SASL needs SASL: say sasl(...) first");
        }
        return with(options -> options.sasl = change.apply(sasl));
    }

    /**
     * Lets access control lists name ids of these schemes, {@code sasl} or {@code x509}, though nobody can prove one at this port: those
     * of another port or member can. By default that is refused with INVALIDACL, as by ZooKeeper where the scheme has no provider.
     */
    public ZooKeeperServer alsoNaming(Set<String> schemes) {
        Set<String> named = Set.copyOf(schemes);
        return with(options -> options.alsoNamed = named);
    }

    /**
     * Parts from clients that ask anything before they have proven an identity of one of these schemes, such as {@code sasl},
     * {@code x509} or {@code digest}; whoever comes may ask by default (zk.A14). The scheme {@code digest} proves nothing: whoever names
     * a user has it.
     */
    public ZooKeeperServer requireAuthentication(Set<String> schemes) {
        Set<String> required = Set.copyOf(schemes);
        return with(options -> options.required = required);
    }

    /**
     * Lets clients change the members, by ZooKeeper's {@code reconfig}; off by default, and then refused with RECONFIGDISABLED. Whoever
     * does so needs WRITE on {@code /zookeeper/config}, which only a superuser has unless its ACL was changed.
     */
    public ZooKeeperServer reconfigEnabled() {
        return with(options -> options.reconfigurable = true);
    }

    /**
     * Lets clients that allow it ({@code canBeReadOnly}) read what the member knew last while it has no quorum, as ZooKeeper's
     * {@code readonlymode.enabled}; off by default. Their sessions are the member's alone, their writes are refused with NOTREADONLY, and
     * they are closed when the quorum is back. All other clients are parted from meanwhile. A member that has not served since it
     * started does not serve reads either.
     */
    public ZooKeeperServer readOnlyMode() {
        return with(options -> options.servesReadOnly = true);
    }

    /**
     * Opens sessions that are the member's alone, as ZooKeeper's {@code localSessionsEnabled}; off by default. No entry of the log opens or
     * closes them, and their reads, watches and writes are like those of others; but one write of a session is under way at a time,
     * they cannot be resumed at another member, and they are parted from when another member comes to lead.
     *
     * @param upgrading whether such a session becomes one of the ensemble, under its id and password, when it creates its first ephemeral
     *     node, as ZooKeeper's {@code localSessionsUpgradingEnabled}; if not, that is refused with EPHEMERALONLOCALSESSION
     */
    public ZooKeeperServer localSessions(boolean upgrading) {
        return with(options -> {
            options.opensLocal = true;
            options.upgradesLocal = upgrading;
        });
    }

    /**
     * Answers these four-letter words, and no others; {@code srvr}, {@code ruok} and {@code isro} by default, none where all
     * connections are encrypted. There are answers to
     * {@code conf cons crst dirs dump envi gtmk hash isro mntr ruok srst srvr stat stmk wchc wchp wchs}, in ZooKeeper's form. Whoever
     * reaches the port may ask; {@code wchc} and {@code wchp} hold the member up for as long as it takes to copy all its watches.
     */
    public ZooKeeperServer fourLetterWords(Set<String> words) {
        if (!Words.ANSWERED.containsAll(words)) {
            throw new IllegalArgumentException("four-letter words " + words + "; there are answers to " + Words.ANSWERED + " only");
        }
        Set<String> answered = Set.copyOf(words);
        return with(options -> options.words = answered);
    }

    /**
     * Counts what clients do together with another server of the same member, as ZooKeeper does at its two ports: four-letter words tell of
     * both, {@code srst} resets both, and {@link #maxUnanswered}, {@link #connectRate}, {@link #maxLargeRequests} and {@link #maxHandshakes}
     * bound both. The connections that {@code cons} and {@code stat} list, and {@link #maxConnections}, are each port's own.
     *
     * @param other as it is given to the member
     */
    public ZooKeeperServer countingWith(ZooKeeperServer other) {
        return with(options -> options.figures = other.figures);
    }

    // ------------------------------------------------------------------------------------------------ opening and closing

    /**
     * {@inheritDoc}
     *
     * @throws IllegalStateException if the port is taken, or the address is not this machine's or needs {@link #tls} or {@link #insecure()}
     */
    @Override
    public void open(SessionPort member) {
        InetSocketAddress address = new InetSocketAddress(address(), options.port);
        boolean isEncrypted = options.tls != null && !options.tls.isPlainTextTaken();
        if (!address.getAddress().isLoopbackAddress() && !options.insecure && !isEncrypted) {
            throw new IllegalStateException("the client port would listen on " + address.getAddress().getHostAddress()
                    + " in plain text: whoever is on the network could read and change what is said. Bind it to the loopback"
                    + " address, encrypt it with tls(...), or say insecure()");
        }
        List<AuthenticationScheme> schemes = options.digestAlgorithm == null
                ? List.of(new IpScheme())
                : List.of(new DigestScheme(options.superDigest, options.digestAlgorithm), new IpScheme());
        ClientTls tls = options.tls;
        Set<String> said = options.words;
        Set<String> words = said != null ? said : isEncrypted ? Set.of() : WORDS;
        ClientPort.Setup setup = new ClientPort.Setup(
                address, options.threads, options.limits, options.throttle, schemes, new Words(member, words, options.servesReadOnly),
                options.reconfigurable, tls == null ? null : tls.setup(), options.sasl, options.servesReadOnly, options.opensLocal, options.upgradesLocal,
                options.required, options.alsoNamed, figures);
        if (opened.get() != null) {
            throw new IllegalStateException("the server is open: each member needs one of its own");
        }
        try {
            opened.set(new ClientPort(setup, member));
        } catch (RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw cannotListen(address, e);
        }
        if (!address.getAddress().isLoopbackAddress() && !isEncrypted) {
            LOG.warn("{} - clients are connected without TLS, by insecure(): whoever is on their way to port {} can read and change what they say",
                    member.status().member(), port());
        }
    }

    private InetAddress address() {
        if (options.host == null) {
            return InetAddress.getLoopbackAddress();
        }
        try {
            return InetAddress.getByName(options.host);
        } catch (UnknownHostException e) {
            throw new IllegalStateException(
                    ErrorCode.BAD_HOST.message("the client port's host " + options.host + " has no address. Name one of this machine's."), e);
        }
    }

    private static IllegalStateException cannotListen(InetSocketAddress address, Exception e) {
        return e instanceof IOException // a BindException by NIO, Netty's own by epoll
                ? new IllegalStateException(ErrorCode.PORT_IN_USE.message("client port " + address.getPort() + " of "
                        + address.getAddress().getHostAddress() + " cannot be bound: " + e.getMessage()
                        + ". Stop whoever listens there, or name another port; 0 takes any free one."), e)
                : new IllegalStateException("client port " + address + " cannot be opened: " + e.getMessage(), e);
    }

    /**
     * The port it listens on.
     *
     * @throws IllegalStateException if it is not open
     */
    public int port() {
        ClientPort port = opened.get();
        if (port == null) {
            throw new IllegalStateException("the server is not open yet: it is opened when its member starts");
        }
        return port.port();
    }

    /** {@inheritDoc} */
    @Override
    public void close() {
        ClientPort port = opened.get();
        if (port != null) {
            port.close();
        }
    }
}

package io.coord.netty.zkserver;

import io.coord.ErrorCode;
import io.coord.Identity;
import io.coord.ensemble.spi.SessionPort;
import io.coord.netty.peer.EventLoops;
import io.coord.netty.peer.PeerLog;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Future;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/** The port where clients come in: its threads, its connections, and what all of these may take together. */
public final class ClientPort implements AutoCloseable {

    /**
     * What a port is opened with.
     *
     * @param address where to listen
     * @param threads how many serve the connections
     * @param limits what clients may take
     * @param throttle how they are slowed down
     * @param schemes how clients prove who they are
     * @param words what is told to those who ask in four letters
     * @param isReconfigurable whether clients may change the members
     * @param tls how TLS is spoken, null if it is not
     * @param sasl how SASL is spoken, null if it is not
     * @param servesReadOnly whether clients that ask for it may read while there is no quorum
     * @param isLocal whether new sessions are the member's alone
     * @param isUpgradable whether they become the ensemble's at their first ephemeral node
     * @param required schemes of which a client must have an identity before it may ask anything; none if it need not
     * @param alsoNamed schemes that nobody proves here, of which access control lists may name ids all the same
     * @param figures what is counted, with other ports of the member if these have the same
     */
    public record Setup(
            InetSocketAddress address,
            int threads,
            Limits limits,
            Throttle throttle,
            List<AuthenticationScheme> schemes,
            FourLetterWords words,
            boolean isReconfigurable,
            @Nullable TlsSetup tls,
            @Nullable SaslSetup sasl,
            boolean servesReadOnly,
            boolean isLocal,
            boolean isUpgradable,
            Set<String> required,
            Set<String> alsoNamed,
            Figures figures) {

        private AclSchemes aclSchemes() {
            Set<String> known = new HashSet<>(alsoNamed);
            schemes.forEach(scheme -> known.add(scheme.name()));
            if (sasl != null) {
                known.add("sasl");
            }
            if (tls != null) {
                known.add("x509");
            }
            return new AclSchemes(known);
        }
    }

    private static final WriteBufferWaterMark WRITE_MARKS = new WriteBufferWaterMark(256 << 10, 1 << 20);
    private static final int BACKLOG = 1_024;
    private static final long CLOSE_SECONDS_MAX = 10;
    private static final long SLOW_THREAD_SECONDS = 5;

    private final Setup setup;
    private final AclSchemes aclSchemes;
    private final SessionPort member;
    private final EventLoopGroup loops;
    private final Map<EventExecutor, LoopShare> shares = new HashMap<>();
    private final AtomicInteger ageOfConnections = new AtomicInteger();
    private final Channel listener;
    /** Computes the slow parts of TLS handshakes; a thread that is there while there are any. */
    private final ThreadPoolExecutor handshakes;
    /** Takes the steps of SASL exchanges; a thread that is there while there are any, of which each connection has one at most. */
    private final ThreadPoolExecutor proofs;
    private final PeerLog log;

    private final Map<Channel, Connection> connections = new ConcurrentHashMap<>();
    private final Map<InetAddress, Integer> perAddress = new ConcurrentHashMap<>();
    private final Figures figures;
    private final Tally tally;
    private final long sinceNanos = System.nanoTime();
    private final int roomMax;
    private final @Nullable Tokens connects;
    private volatile boolean closing;

    /**
     * Opens a port to a member.
     *
     * @throws RuntimeException if it cannot be bound; the cause says why
     */
    public ClientPort(Setup setup, SessionPort member) {
        this.setup = setup;
        this.figures = setup.figures();
        this.tally = figures.tally;
        this.aclSchemes = setup.aclSchemes();
        this.member = member;
        int room = Math.max(1, member.config().maxOutstanding() / 2);
        Throttle throttle = setup.throttle();
        this.roomMax = throttle.unansweredMax() == 0 ? room : Math.min(room, throttle.unansweredMax());
        this.connects = figures.connects(throttle);
        String name = "coord-" + member.status().member() + "-clients";
        this.handshakes = slowThread(name + "-tls");
        this.proofs = slowThread(name + "-sasl");
        this.log = new PeerLog(LoggerFactory.getLogger(ClientPort.class), System::nanoTime);
        log.of(member.status().member());
        EventLoops io = EventLoops.best();
        this.loops = io.group(name, setup.threads());
        loops.forEach(loop -> shares.put(loop, new LoopShare(figures.age)));
        figures.shares.addAll(shares.values()); // before anybody can come, and ask for the figures
        figures.ports.add(this);
        try {
            listener = bootstrap(io).bind(setup.address()).syncUninterruptibly().channel();
        } catch (Throwable e) { // Netty throws a BindException, undeclared
            figures.ports.remove(this);
            figures.shares.removeAll(shares.values());
            closeLoops();
            throw e;
        }
    }

    private static ThreadPoolExecutor slowThread(String name) {
        ThreadPoolExecutor thread = new ThreadPoolExecutor(
                1, 1, SLOW_THREAD_SECONDS, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), new DefaultThreadFactory(name, true));
        thread.allowCoreThreadTimeOut(true);
        return thread;
    }

    private ServerBootstrap bootstrap(EventLoops io) {
        return new ServerBootstrap()
                .group(loops)
                .channel(io.serverChannel())
                .option(ChannelOption.SO_BACKLOG, BACKLOG)
                .option(ChannelOption.SO_REUSEADDR, true)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childOption(ChannelOption.SO_KEEPALIVE, true)
                .childOption(ChannelOption.ALLOW_HALF_CLOSURE, false)
                .childOption(ChannelOption.WRITE_BUFFER_WATER_MARK, WRITE_MARKS)
                .childOption(ChannelOption.ALLOCATOR, PooledByteBufAllocator.DEFAULT)
                .childHandler(new ChannelInitializer<SocketChannel>() {
                    @Override
                    protected void initChannel(SocketChannel channel) {
                        accepted(channel);
                    }
                });
    }

    /** The port it listens on. */
    public int port() {
        return ((InetSocketAddress) listener.localAddress()).getPort();
    }

    private void accepted(SocketChannel channel) {
        InetSocketAddress from = channel.remoteAddress();
        if (from == null || closing) {
            channel.close();
            return;
        }
        if (!admits(from.getAddress())) {
            tally.refused.incrementAndGet();
            channel.close();
            return;
        }
        Connection connection = new Connection(this, member, channel, from, shareOf(channel));
        connections.put(channel, connection);
        channel.pipeline().addLast(connection); // first: it hears of the end, also where there is no key for TLS now
        TlsSetup tls = setup.tls();
        if (tls != null && tls.isPlainTextTaken()) {
            channel.pipeline().addFirst(new TlsSniffer(() -> handler(tls, channel, from.getAddress())));
        } else if (tls != null) {
            SslHandler secured = handler(tls, channel, from.getAddress());
            if (secured == null) {
                channel.close();
            } else {
                channel.pipeline().addFirst(secured);
            }
        }
        if (closing) {
            channel.close();
        }
    }

    /** What speaks TLS on one more connection, null if too many are amid their handshake and none of them gives way. */
    private @Nullable SslHandler handler(TlsSetup tls, Channel channel, InetAddress from) {
        Channel leaving = figures.handshakes.begin(channel, from, setup.limits().handshakesMax());
        if (leaving != null) {
            tally.handshakesRefused.incrementAndGet();
            if (leaving == channel) {
                return null;
            }
            leaving.close();
        }
        SslHandler handler;
        try {
            handler = tls.handler(setup.limits().handshakeMax(), handshakes);
        } catch (Throwable e) { // whatever the owner's context throws
            figures.handshakes.end(channel);
            throw e;
        }
        handler.handshakeFuture().addListener(done -> {
            boolean wasUnderWay = figures.handshakes.end(channel);
            if (wasUnderWay && !done.isSuccess()) { // else it gave way, and is counted as that
                tally.handshakesFailed.incrementAndGet();
            }
        });
        return handler;
    }

    @Nullable TlsSetup tls() {
        return setup.tls();
    }

    private LoopShare shareOf(Channel channel) {
        LoopShare share = shares.get(channel.eventLoop());
        if (share == null) {
            throw new IllegalStateException("a connection on a foreign event loop");
        }
        return share;
    }

    private boolean admits(InetAddress address) {
        Limits limits = setup.limits();
        int all = limits.connectionsMax();
        if (all > 0 && connections.size() >= all) {
            return false;
        }
        int max = limits.connectionsPerAddressMax();
        boolean[] admitted = {true};
        perAddress.compute(address, (same, count) -> {
            int now = count == null ? 0 : count;
            admitted[0] = max == 0 || now < max;
            return admitted[0] ? Integer.valueOf(now + 1) : count;
        });
        return admitted[0];
    }

    /** A connection is gone. */
    void left(Channel channel, InetAddress address, int leftUnanswered) {
        tally.ended.incrementAndGet();
        connections.remove(channel);
        perAddress.computeIfPresent(address, (same, count) -> count == 1 ? null : count - 1);
        figures.unanswered.add(-leftUnanswered);
    }

    // ------------------------------------------------------------------------------------------------ what connections share

    Tally tally() {
        return tally;
    }

    /** For how long the first of the member's ports has been open. */
    long openMillis() {
        return (System.nanoTime() - figures.ports.get(0).sinceNanos) / 1_000_000;
    }

    Throttle throttle() {
        return setup.throttle();
    }

    /** Whether one more may ask for a session now. */
    boolean mayConnect() {
        return connects == null || connects.take(System.nanoTime());
    }

    /** Whether a request of this size may be asked, as far as large ones go (zk.L3). */
    boolean hasRoomForLarge(int bytes) {
        return isSmall(bytes) || figures.large.get() + bytes <= setup.throttle().largeBytesMax();
    }

    /** Notes that a request is unanswered; says how many bytes of large ones that is. */
    int beginLarge(int bytes) {
        if (isSmall(bytes)) {
            return 0;
        }
        figures.large.add(bytes);
        return bytes;
    }

    /** Notes that a request is answered; says how many bytes of large ones that is. */
    int endLarge(int bytes) {
        if (isSmall(bytes)) {
            return 0;
        }
        forgetLarge(bytes);
        return bytes;
    }

    /** Notes that so many bytes of large requests never will be answered. */
    void forgetLarge(int bytes) {
        figures.large.add(-bytes);
    }

    private boolean isSmall(int bytes) {
        Throttle throttle = setup.throttle();
        return throttle.largeBytesMax() == 0 || throttle.largeBytes() == 0 || bytes <= throttle.largeBytes();
    }

    Limits limits() {
        return setup.limits();
    }

    FourLetterWords words() {
        return setup.words();
    }

    boolean servesReadOnly() {
        return setup.servesReadOnly();
    }

    /** What kind of session will do for a client. */
    SessionPort.Terms terms(boolean mayReadOnly) {
        return new SessionPort.Terms(mayReadOnly, setup.isLocal(), setup.isUpgradable());
    }

    boolean isReconfigurable() {
        return setup.isReconfigurable();
    }

    @Nullable SaslSetup sasl() {
        return setup.sasl();
    }

    /**
     * Takes a step of a SASL exchange beside the event loops.
     *
     * @throws java.util.concurrent.RejectedExecutionException if the port is being closed
     */
    void prove(Runnable step) {
        proofs.execute(step);
    }

    /** A client could not prove itself: says why, the same of an address once a minute. */
    void proofRefused(InetAddress from, String why) {
        tally.unproven.incrementAndGet();
        String text = "client " + from.getHostAddress() + " could not prove itself by SASL: " + why;
        log.warn(text, ErrorCode.CLIENT_UNPROVEN.message(text));
    }

    /** A connection failed for lack of memory, or by a mistake of ours: says so, the same once a minute. */
    void failed(InetAddress from, Throwable failure) {
        log.warn( // what lacks memory says how much, which is another number each time
                failure.getClass().getName(),
                () -> "the connection of client " + from.getHostAddress() + " is closed, since it failed: " + failure);
    }

    AclSchemes aclSchemes() {
        return aclSchemes;
    }

    /** Whether an identity of this scheme is among those of which a client must have one. */
    boolean requires(String scheme) {
        return setup.required().contains(scheme);
    }

    /** Whether whoever has these identities may ask something (zk.A14). */
    boolean isAdmitted(List<Identity> identities) {
        Set<String> required = setup.required();
        if (required.isEmpty()) {
            return true;
        }
        for (Identity identity : identities) {
            if (required.contains(identity.scheme())) {
                return true;
            }
        }
        return false;
    }

    @Nullable AuthenticationScheme scheme(String name) {
        for (AuthenticationScheme scheme : setup.schemes()) {
            if (scheme.name().equals(name)) {
                return scheme;
            }
        }
        return null;
    }

    /** How many requests of one connection may be unanswered. */
    int unansweredMax() {
        return member.config().maxOutstandingPerSession();
    }

    /** Whether the member has room for more requests of those who have some there already. */
    boolean hasRoom() {
        return figures.unanswered.get() < roomMax;
    }

    void asked() {
        figures.unanswered.add(1);
    }

    void answered() {
        figures.unanswered.add(-1);
    }

    // ------------------------------------------------------------------------------------------------ what is told of it

    /** What all connections sent and received, those that are gone included. */
    Traffic.Sum traffic() {
        return figures.shares.stream().map(share -> share.traffic.sum()).reduce(Traffic.Sum.NOTHING, Traffic.Sum::and);
    }

    /** How long all reads took, and whatever else changes nothing. */
    Latencies.Summary reads() {
        return Latencies.of(figures.shares.stream().map(share -> share.reads).toList());
    }

    /** How long all writes took. */
    Latencies.Summary updates() {
        return Latencies.of(figures.shares.stream().map(share -> share.updates).toList());
    }

    /** Begins anew with what all connections sent and received, how long that took, and what happens seldom. */
    void resetTraffic() {
        figures.age.incrementAndGet();
        tally.reset();
    }

    /** Begins anew with what each connection sent and received. */
    void resetConnections() {
        ageOfConnections.incrementAndGet();
    }

    int ageOfConnections() {
        return ageOfConnections.get();
    }

    /** The same without a fence, as it is looked at for each request: perhaps that of a moment ago. */
    int recentAgeOfConnections() {
        return ageOfConnections.getPlain();
    }

    /** Counts a connection's share. */
    Traffic ofConnection() {
        return new Traffic(ageOfConnections);
    }

    Collection<Connection> connections() {
        return connections.values();
    }

    /** How many connections all of the member's ports have. */
    int connectionsInAll() {
        return figures.ports.stream().mapToInt(port -> port.connections.size()).sum();
    }

    /** How many TLS handshakes are under way at all of them. */
    int handshakes() {
        return figures.handshakes.count();
    }

    int outstanding() {
        return figures.unanswered.get();
    }

    static int backlog() {
        return BACKLOG;
    }

    // ------------------------------------------------------------------------------------------------ the end

    /** Waits until all is closed, except on one of its own threads, where a callback of the member's owner may have been run. */
    @Override
    public void close() {
        closing = true;
        ChannelFuture unbound = listener.close();
        boolean canWait = !EventLoops.isOn(loops);
        if (canWait) {
            unbound.awaitUninterruptibly(); // nobody comes any more
        }
        // A loop that ends leaves open what it was not told to close, and TLS says goodbye first.
        List<ChannelFuture> closings = connections.keySet().stream().map(Channel::close).toList();
        if (canWait) {
            closings.forEach(one -> one.awaitUninterruptibly(CLOSE_SECONDS_MAX, TimeUnit.SECONDS));
        }
        closeLoops();
    }

    private void closeLoops() {
        Future<?> ended = loops.shutdownGracefully(0, CLOSE_SECONDS_MAX, TimeUnit.SECONDS);
        handshakes.shutdownNow();
        proofs.shutdownNow();
        if (!EventLoops.isOn(loops)) {
            ended.awaitUninterruptibly();
            awaitSlowThreads();
        }
    }

    private void awaitSlowThreads() {
        try {
            handshakes.awaitTermination(CLOSE_SECONDS_MAX, TimeUnit.SECONDS);
            proofs.awaitTermination(CLOSE_SECONDS_MAX, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}

package io.coord.netty.peer;

import io.coord.Bytes;
import io.coord.ConfigException;
import io.coord.ErrorCode;
import io.coord.MemberAddress;
import io.coord.MemberId;
import io.coord.ensemble.spi.Transport;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.ChannelGroupFuture;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.util.concurrent.FastThreadLocalThread;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;

/**
 * A member's connections with the others. Each member dials each other one and sends on what it dialled; so there are two connections
 * between any two, one in each direction, and no question which of them to keep. Snapshots have further ones.
 *
 * <p>It has two threads. One listens, reads all that arrives, and sends what consensus says; the other encodes, decodes and sends
 * snapshots, and computes what TLS handshakes need. Look-ups of names have threads of their own while they take place.
 */
public final class PeerNetwork implements AutoCloseable {

    /** How long a connection may take to become one between members. */
    static final int HANDSHAKE_SECONDS = 5;

    private static final int VERSION = 1;
    private static final long FEATURES = 0;
    private static final int HANDSHAKES_MAX = 250;
    private static final int BACKLOG = 256;
    private static final long CLOSE_SECONDS_MAX = 10;
    private static final String THREADS = "coord-peers";
    private static final String BULK_THREADS = "coord-peers-bulk";

    private final PeerOptions options;
    private final PeerLog log;
    private final EventLoops loops;
    private final EventLoopGroup group;
    private final EventLoopGroup bulkGroup;
    private final EventLoop loop;
    private final EventLoop bulkLoop;
    private final Resolver resolver;
    private final @Nullable TlsContext tls;
    private final Channel server;
    /** All of them; what is opened once it is closed is closed at once. */
    private final ChannelGroup channels;
    private final long instance = ThreadLocalRandom.current().nextLong();
    private final AtomicReferenceArray<@Nullable Lane> lanes = new AtomicReferenceArray<>(MemberId.MAX + 1);
    private final AtomicReferenceArray<@Nullable Lane> bulkLanes = new AtomicReferenceArray<>(MemberId.MAX + 1);
    private final AtomicLong dropped = new AtomicLong();

    private volatile Identity identity = new Identity(0, 1);
    private volatile @Nullable MemberId self;
    private volatile Transport.@Nullable Receiver receiver;
    private volatile boolean closed;

    // Of the event loop alone.
    /** Callers that have not said who they are, in the order they came. */
    private final Set<Answerer> unheard = new LinkedHashSet<>();

    private final @Nullable Answerer[] accepted = new Answerer[MemberId.MAX + 1];
    private final @Nullable Answerer[] acceptedBulk = new Answerer[MemberId.MAX + 1];
    private final long[] incarnations = new long[MemberId.MAX + 1];
    /** Runs of members that were sent away as the second with their number, and since when. */
    private final long[] doubted = new long[MemberId.MAX + 1];

    private final long[] doubtedNanos = new long[MemberId.MAX + 1];

    /** Who this member is by now. */
    private record Identity(long clusterId, long incarnation) {}

    /**
     * Listens, but takes no connection before the start.
     *
     * @throws ConfigException if it cannot, or should not; the message says what to do
     */
    public static PeerNetwork bind(PeerOptions options, EventLoops loops, Logger logger) {
        return new PeerNetwork(options, loops, logger);
    }

    private PeerNetwork(PeerOptions options, EventLoops loops, Logger logger) {
        InetAddress address = address(options);
        this.options = options;
        this.log = new PeerLog(logger, this::nanoTime);
        this.loops = loops;
        this.resolver = new Resolver(work -> {
            Thread thread = new FastThreadLocalThread(work, THREADS + "-names");
            thread.setDaemon(true);
            return thread;
        });
        this.group = loops.group(THREADS, 1);
        this.bulkGroup = loops.group(BULK_THREADS, 1);
        this.loop = (EventLoop) group.next();
        this.bulkLoop = (EventLoop) bulkGroup.next();
        this.channels = new DefaultChannelGroup(loop, true);
        try {
            this.tls = options.tls() == null ? null : new TlsContext(options.tls(), log, bulkLoop);
        } catch (ConfigException e) {
            endThreads();
            throw e;
        }
        ChannelFuture binding = new ServerBootstrap()
                .group(group, group)
                .channel(loops.serverChannel())
                .option(ChannelOption.SO_BACKLOG, BACKLOG)
                .option(ChannelOption.AUTO_READ, false)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childHandler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channels.add(channel);
                        new Answerer(PeerNetwork.this).install(channel);
                    }
                })
                .bind(new InetSocketAddress(address, options.port()))
                .awaitUninterruptibly();
        this.server = binding.channel();
        channels.add(server);
        if (!binding.isSuccess()) {
            String reason = PeerLog.reason(binding.cause());
            endThreads();
            throw cannotListen(ErrorCode.PORT_IN_USE, "members cannot be listened for at " + options.host() + ":" + options.port() + ": "
                    + reason + "; stop what listens there, or name another port or address");
        }
    }

    private static InetAddress address(PeerOptions options) {
        InetAddress address;
        try {
            address = InetAddress.getByName(options.host());
        } catch (UnknownHostException e) {
            throw cannotListen(ErrorCode.BAD_HOST, "the host \"" + options.host() + "\" to listen at is not known to this machine;"
                    + " name an address of one of its interfaces, or 0.0.0.0 for all");
        }
        if (!address.isLoopbackAddress() && options.tls() == null && !options.insecure()) {
            throw cannotListen(ErrorCode.INSECURE_ADDRESS, "the peer port would be open to the network at " + options.host()
                    + " without TLS: anyone who reaches it could speak as a member and read or change everything. Set tls(...); or, where the"
                    + " network itself is trusted, say so with insecure()");
        }
        return address;
    }

    private static ConfigException cannotListen(ErrorCode code, String text) {
        return new ConfigException("the transport", List.of(new ConfigException.Mistake(code, text)));
    }

    // ------------------------------------------------------------------------------------------------ the member's side

    /** The port it listens on. */
    public int port() {
        return ((InetSocketAddress) server.localAddress()).getPort();
    }

    /** Takes connections and makes its own. */
    public void start(MemberId self, Transport.Receiver receiver) {
        this.self = self;
        this.receiver = receiver;
        log.of(self);
        TlsContext tls = this.tls;
        if (tls != null) {
            try {
                tls.requireOwn(self);
            } catch (ConfigException e) {
                close();
                throw e;
            }
            long nanos = reloadNanos(options);
            bulkLoop.scheduleWithFixedDelay(this::reloadTls, nanos, nanos, TimeUnit.NANOSECONDS);
        }
        loop.execute(() -> Thread.currentThread().setName("coord-" + self + "-peers"));
        bulkLoop.execute(() -> Thread.currentThread().setName("coord-" + self + "-peers-bulk"));
        if (options.tls() == null && options.insecure()) {
            log.warn("insecure", "members are connected without TLS, by insecure(): whoever reaches port " + port() + " is trusted");
        }
        server.config().setAutoRead(true);
        for (int id = 1; id <= MemberId.MAX; id++) {
            Lane lane = lanes.get(id);
            if (lane != null) {
                lane.want();
            }
        }
    }

    private static long reloadNanos(PeerOptions options) {
        return options.tls() == null ? Long.MAX_VALUE : options.tls().reloadEvery().toNanos();
    }

    /** Looks at the files with certificates; says whether new ones are in use now. */
    public boolean reloadTls() {
        TlsContext tls = this.tls;
        MemberId self = this.self;
        return tls != null && self != null && tls.reload(self, System.currentTimeMillis());
    }

    /** Tells who this member is. */
    public void identify(long clusterId, long incarnation) {
        identity = new Identity(clusterId, incarnation);
        if (self == null || closed) {
            return;
        }
        for (int id = 1; id <= MemberId.MAX; id++) {
            for (Lane lane : new Lane[] {lanes.get(id), bulkLanes.get(id)}) {
                if (lane != null) {
                    lane.introduceAgain();
                }
            }
        }
        loop.execute(this::dismissForeigners);
    }

    private void dismissForeigners() {
        for (int id = 1; id <= MemberId.MAX; id++) {
            for (Answerer answerer : new Answerer[] {accepted[id], acceptedBulk[id]}) {
                if (answerer != null && isForeign(answerer.hello())) {
                    answerer.dismiss(foreign(answerer.hello()));
                }
            }
        }
    }

    /** Tells where a member is. */
    public void locate(MemberId peer, MemberAddress address) {
        Lane lane = lanes.get(peer.value());
        Lane bulk = bulkLanes.get(peer.value());
        if (lane != null && bulk != null) {
            lane.moved(address);
            bulk.moved(address);
            return;
        }
        bulkLanes.set(peer.value(), new Lane(this, peer, address, true, bulkLoop));
        Lane fresh = new Lane(this, peer, address, false, loop);
        lanes.set(peer.value(), fresh);
        if (self != null) {
            fresh.want();
        }
    }

    /** Sends a frame, or drops it. */
    public void send(MemberId to, Transport.Frame frame) {
        Lane lane = frame.isBulk() ? bulkLanes.get(to.value()) : lanes.get(to.value());
        if (lane == null || closed) {
            dropped(1);
        } else {
            lane.send(frame);
        }
    }

    /** How many frames were not sent. */
    public long droppedFrames() {
        return dropped.get();
    }

    /** Closes all connections and ends all threads; waits for that, except on one of them. */
    @Override
    public void close() {
        closed = true;
        // First, and not left to the event loops: one that ends amid other work leaves its connections open.
        ChannelGroupFuture closing = channels.close();
        if (!isOnLoop()) {
            closing.awaitUninterruptibly(CLOSE_SECONDS_MAX, TimeUnit.SECONDS);
        }
        endThreads();
    }

    private boolean isOnLoop() {
        return EventLoops.isOn(group) || EventLoops.isOn(bulkGroup);
    }

    private void endThreads() {
        group.shutdownGracefully(0, CLOSE_SECONDS_MAX, TimeUnit.SECONDS);
        bulkGroup.shutdownGracefully(0, CLOSE_SECONDS_MAX, TimeUnit.SECONDS);
        resolver.close();
        if (!isOnLoop()) {
            group.terminationFuture().awaitUninterruptibly(CLOSE_SECONDS_MAX, TimeUnit.SECONDS);
            bulkGroup.terminationFuture().awaitUninterruptibly(CLOSE_SECONDS_MAX, TimeUnit.SECONDS);
        }
    }

    // ------------------------------------------------------------------------------------------------ judging others

    /** What this member says of itself when it dials. */
    Hello hello(MemberId to, boolean bulk) {
        return hello(to.value(), bulk ? Hello.BULK : Hello.CONSENSUS, Verdict.ACCEPTED);
    }

    /** What it answers. */
    Hello answer(Hello said, Verdict verdict) {
        return hello(said.from(), said.lane(), verdict);
    }

    private Hello hello(int to, int lane, Verdict verdict) {
        MemberId self = this.self;
        Identity identity = this.identity;
        return new Hello(
                VERSION, VERSION, FEATURES, 0, lane, verdict.code(), self == null ? 0 : self.value(), to, identity.clusterId(),
                identity.incarnation(), instance);
    }

    ByteBuf identityFrame(Hello hello) {
        ByteBuf content = hello.encode();
        ByteBuf header = Unpooled.buffer(FrameReader.HEADER_BYTES);
        header.writeByte(FrameReader.IDENTITY).writeInt(content.readableBytes());
        return Unpooled.wrappedBuffer(header, content);
    }

    /** Whether a caller may send frames. On the event loop. */
    Verdict verdictOn(Hello said, Answerer answerer) {
        String who = "member " + said.from() + " at " + answerer.remote();
        String subject = "refused caller " + said.from();
        MemberId self = this.self;
        if (self == null) {
            return Verdict.STRANGER;
        }
        if (versionOf(said) == 0) {
            return refuse(Verdict.VERSION, subject, who, versions(said));
        }
        if ((said.required() & ~FEATURES) != 0) {
            return refuse(Verdict.FEATURE, subject, who, features(said));
        }
        if (said.to() != self.value()) {
            return refuse(Verdict.WRONG_MEMBER, subject, who, "it looks for member " + said.to() + " here, but this is member " + self
                    + "; correct the address in its list of members");
        }
        if (said.from() == self.value()) {
            return refuse(Verdict.DUPLICATE, subject, who, "it has the number of this member; give each member a number of its own");
        }
        Lane caller = lanes.get(said.from());
        if (caller == null) {
            reportStranger(said, answerer);
            return refuse(Verdict.STRANGER, subject, who, "this member's list of members does not name it");
        }
        String unproven = answerer.unproven(MemberId.of(said.from()), caller.address().host());
        if (unproven != null) {
            return refuse(Verdict.CERTIFICATE, subject, who, unproven);
        }
        if (isForeign(said)) {
            return refuse(Verdict.CLUSTER, subject, who, foreign(said));
        }
        if (said.clusterId() != 0 && said.incarnation() < incarnations[said.from()]) { // an empty member has no number yet
            return refuse(Verdict.INCARNATION, subject, who, "it speaks for its disk number " + said.incarnation() + ", but number "
                    + incarnations[said.from()] + " has been met; an old data directory was brought back");
        }
        return verdictOnDouble(said, subject, who);
    }

    /** An empty member must know of an ensemble that counts on it, also one that its list says nothing of. */
    private void reportStranger(Hello said, Answerer answerer) {
        Transport.Receiver receiver = this.receiver;
        boolean counts = said.clusterId() != 0 && identity.clusterId() == 0 && said.from() > 0 && said.from() <= MemberId.MAX;
        if (counts && receiver != null && answerer.unproven(MemberId.of(said.from()), null) == null) {
            receiver.called(MemberId.of(said.from()), said.clusterId());
        }
    }

    /**
     * A member has one connection of a kind. Another one from the same run of it is newer, and the old one given up. From another run it
     * is right if the member was restarted, and the old one has not noticed yet; but as long as the old one shows life, there are two.
     */
    private Verdict verdictOnDouble(Hello said, String subject, String who) {
        Answerer old = table(said)[said.from()];
        if (old == null || old.hello().instance() == said.instance() || old.silentBeats() >= 2) {
            return Verdict.ACCEPTED;
        }
        if (doubted[said.from()] != said.instance()) {
            doubted[said.from()] = said.instance();
            doubtedNanos[said.from()] = nanoTime();
        }
        if (nanoTime() - doubtedNanos[said.from()] < options.silenceMax().toNanos()) {
            return Verdict.DUPLICATE; // a restart, most likely: the old connection is about to end, and it will call again
        }
        return refuse(Verdict.DUPLICATE, subject, who, "another member with its number is connected from " + old.remote()
                + "; give each member a number and a data directory of its own");
    }

    private Verdict refuse(Verdict verdict, String subject, String who, String why) {
        log.warn(subject, refused(who, why));
        return verdict;
    }

    static String refused(String who, String why) {
        return ErrorCode.PEER_REFUSED.message(who + " is refused: " + why);
    }

    /** What speaks against the member at the other end, or null. */
    @Nullable String objectionTo(Hello said, MemberId expected) {
        Verdict verdict = Verdict.of(said.verdict());
        if (versionOf(said) == 0 || verdict == Verdict.VERSION) {
            return versions(said);
        }
        if ((said.required() & ~FEATURES) != 0 || verdict == Verdict.FEATURE) {
            return features(said);
        }
        if (said.from() != expected.value()) {
            return "member " + said.from() + " is there; correct the address in the list of members";
        }
        if (isForeign(said)) {
            return foreign(said);
        }
        return verdict == Verdict.ACCEPTED ? null : refusal(verdict);
    }

    private String refusal(@Nullable Verdict verdict) {
        String theirs = "it does not take this member: ";
        if (verdict == null) {
            return theirs + "for a reason that this release does not know; look at its log";
        }
        return theirs + switch (verdict) {
            case STRANGER -> "its list of members does not name member " + self;
            case INCARNATION -> "a newer disk of member " + self + " has been met";
            case DUPLICATE -> "another member with the number " + self + " is connected";
            case CERTIFICATE -> "the certificate is not that of member " + self;
            default -> verdict + "; look at its log";
        };
    }

    private static int versionOf(Hello said) {
        int version = Math.min(VERSION, said.newest());
        return version >= Math.max(VERSION, said.oldest()) ? version : 0;
    }

    private static String versions(Hello said) {
        return "it speaks versions " + said.oldest() + " to " + said.newest() + " of the protocol between members, this release version "
                + VERSION + "; upgrade one release at a time";
    }

    private static String features(Hello said) {
        return "it needs features " + Long.toHexString(said.required()) + " of the protocol between members, this release has "
                + Long.toHexString(FEATURES) + "; upgrade this member first";
    }

    private boolean isForeign(Hello said) {
        long own = identity.clusterId();
        return own != 0 && said.clusterId() != 0 && own != said.clusterId();
    }

    private String foreign(Hello said) {
        return "it belongs to cluster " + Long.toHexString(said.clusterId()) + ", this member to "
                + Long.toHexString(identity.clusterId()) + "; correct the list of members or the data directories";
    }

    // ------------------------------------------------------------------------------------------------ connections

    private @Nullable Answerer[] table(Hello said) {
        return said.lane() == Hello.BULK ? acceptedBulk : accepted;
    }

    /** A caller was accepted. On the event loop. */
    void accepted(Answerer answerer) {
        Hello said = answerer.hello();
        @Nullable Answerer[] table = table(said);
        Answerer old = table[said.from()];
        table[said.from()] = answerer;
        doubted[said.from()] = 0;
        incarnations[said.from()] = Math.max(incarnations[said.from()], said.incarnation());
        log.forget("refused caller " + said.from());
        if (old != null) {
            old.replace();
        }
        for (Lane lane : new Lane[] {lanes.get(said.from()), bulkLanes.get(said.from())}) {
            if (lane != null) {
                lane.knock();
            }
        }
    }

    /** A connection that was accepted is gone. On the event loop. */
    void ended(Answerer answerer, MemberId peer, boolean replaced) {
        @Nullable Answerer[] table = table(answerer.hello());
        if (table[peer.value()] == answerer) {
            table[peer.value()] = null;
        }
        if (!replaced && answerer.hello().lane() == Hello.CONSENSUS) {
            lost(peer);
        }
    }

    boolean received(MemberId from, Bytes frame) {
        Transport.Receiver receiver = this.receiver;
        return receiver == null || closed || receiver.received(from, frame);
    }

    void lost(MemberId peer) {
        Transport.Receiver receiver = this.receiver;
        if (receiver != null && !closed) {
            receiver.lost(peer);
        }
    }

    /** A caller has come that is to say who it is. If too many are, another gives way. On the event loop. */
    void beginHandshake(Answerer answerer) {
        unheard.add(answerer);
        if (unheard.size() > HANDSHAKES_MAX) {
            log.warn("handshakes", "connections are closed unheard: " + HANDSHAKES_MAX + " have not yet said who they are");
            longestSilent().giveWay();
        }
    }

    /** The first that came from where most of the silent are: whoever is silent by the hundred keeps out at most its neighbours. */
    private Answerer longestSilent() {
        Map<String, Integer> silent = new HashMap<>();
        int most = 0;
        for (Answerer each : unheard) {
            most = Math.max(most, silent.merge(each.remoteHost(), 1, Integer::sum));
        }
        for (Answerer each : unheard) {
            if (silent.get(each.remoteHost()) == most) {
                return each;
            }
        }
        throw new IllegalStateException("nobody is silent");
    }

    /** It has, or has gone. On the event loop. */
    void endHandshake(Answerer answerer) {
        unheard.remove(answerer);
    }

    void dropped(int frames) {
        dropped.addAndGet(frames);
    }

    // ------------------------------------------------------------------------------------------------ surroundings

    PeerOptions options() {
        return options;
    }

    PeerLog log() {
        return log;
    }

    EventLoops loops() {
        return loops;
    }

    EventLoop bulkLoop() {
        return bulkLoop;
    }

    @Nullable TlsContext tls() {
        return tls;
    }

    Resolver resolver() {
        return resolver;
    }

    /** A connection is being made; it is closed with the rest. */
    void dialled(Channel channel) {
        channels.add(channel);
    }

    boolean isClosed() {
        return closed;
    }

    int connectTimeoutMillis() {
        return (int) Math.max(1, Math.min(Integer.MAX_VALUE, options.connectTimeout().toMillis()));
    }

    int frameBytesMax() {
        Transport.Receiver receiver = this.receiver;
        return receiver == null ? 0 : receiver.frameBytesMax();
    }

    Pulse pulse(Runnable silenced) {
        return new Pulse(options.silenceMax().toNanos(), silenced);
    }

    long nanoTime() {
        return System.nanoTime();
    }

    /** Half of it, up to all of it, by chance. */
    long jitter(long nanos) {
        return nanos / 2 + ThreadLocalRandom.current().nextLong(nanos / 2 + 1);
    }
}

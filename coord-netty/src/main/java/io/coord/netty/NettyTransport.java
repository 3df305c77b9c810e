package io.coord.netty;

import io.coord.MemberAddress;
import io.coord.MemberId;
import io.coord.ensemble.spi.Transport;
import io.coord.netty.peer.EventLoops;
import io.coord.netty.peer.PeerNetwork;
import io.coord.netty.peer.PeerOptions;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/**
 * Connects a member to the others over TCP.
 *
 * <pre>{@code
 * Member member = Member.builder(MemberId.of(1), Ensemble.parse("1=broker-1:7100, 2=broker-2:7100, 3=broker-3:7100"))
 *         .dataDirectory(dataDirectory)
 *         .transport(NettyTransport.listeningOn(7100)
 *                 .bindHost("0.0.0.0")
 *                 .tls(PeerTls.pem(certificate, key, authority)))
 *         .start();
 * }</pre>
 *
 * <p>It listens on loopback unless told otherwise. A public address needs TLS, or an explicit {@link #insecure()}: who reaches the peer port
 * of an ensemble without TLS may speak as a member.
 *
 * <p>Each setting gives a new transport, and must come before the port is bound: at the start of the member, or by {@link #port()}. A transport belongs to one
 * member, which closes it. It has two threads of its own, and for a moment others that look up names.
 */
public final class NettyTransport implements Transport {

    private static final String LOGGER = "io.coord.peers";

    private final PeerOptions options;
    private final Map<MemberId, MemberAddress> located = new LinkedHashMap<>();
    private @Nullable PeerNetwork network;
    private long clusterId;
    private long incarnation = 1;
    /** The network once it runs: sending takes no lock. */
    private volatile @Nullable PeerNetwork running;

    private boolean started;
    private boolean closed;

    private NettyTransport(PeerOptions options) {
        this.options = options;
    }

    /**
     * A transport that listens on this port, on loopback.
     *
     * @param port the port that the other members' lists name; 0 for the kernel's choice, which {@link #port()} tells
     */
    public static NettyTransport listeningOn(int port) {
        if (port < 0 || port > 65_535) {
            throw new IllegalArgumentException("port " + port + " is out of range; ports are 1 to 65535, and 0 for any free one");
        }
        return new NettyTransport(PeerOptions.listeningOn(port));
    }

    private synchronized NettyTransport with(PeerOptions options) {
        if (network != null || closed) {
            throw new IllegalStateException("this transport listens already; settings come before that");
        }
        return new NettyTransport(options);
    }

    /** With another address to listen at: a host name or address of one interface, or {@code 0.0.0.0} or {@code ::} for all. */
    public NettyTransport bindHost(String host) {
        return with(options.withHost(host));
    }

    /** With TLS: each member proves to each other which one it is. */
    public NettyTransport tls(PeerTls tls) {
        return with(options.withTls(tls.files()));
    }

    /** Without TLS on an address that is not loopback: whoever reaches the port is trusted. Logged at each start. */
    public NettyTransport insecure() {
        return with(options.withoutSecurity());
    }

    /** With another time that an attempt to connect may take; 2 s unless set. */
    public NettyTransport connectTimeout(Duration timeout) {
        return with(options.withConnectTimeout(positive("connectTimeout", timeout)));
    }

    /**
     * With another time after which a connection without a sign of life is closed; 2 s unless set. Signs are given by the transport
     * itself, four in this time. Should be the same on all members.
     */
    public NettyTransport silenceMax(Duration silence) {
        return with(options.withSilenceMax(positive("silenceMax", silence)));
    }

    /** With another limit on the bytes per second that snapshots are sent with to each member; 64 MiB unless set. */
    public NettyTransport bulkBytesPerSecond(long bytes) {
        if (bytes < 1) {
            throw new IllegalArgumentException("bulkBytesPerSecond " + bytes + " is out of range; at least 1 is needed");
        }
        return with(options.withBulkBytesPerSecond(bytes));
    }

    private static Duration positive(String name, Duration duration) {
        return Durations.positive(name, duration, Duration.ofHours(1), "an hour");
    }

    /**
     * The port it listens on. Where the kernel is to choose, it does so now: the port is bound, and connections wait until the member
     * starts.
     *
     * @throws io.coord.ConfigException if the port cannot be bound; the message says what to do
     */
    public synchronized int port() {
        return options.port() != 0 ? options.port() : bound().port();
    }

    private PeerNetwork bound() {
        PeerNetwork bound = network;
        if (closed) {
            throw new IllegalStateException("this transport is closed");
        }
        if (bound == null) {
            bound = PeerNetwork.bind(options, EventLoops.best(), LoggerFactory.getLogger(LOGGER));
            network = bound;
        }
        return bound;
    }

    /**
     * Looks at the files with certificates now, not only at the interval; says whether new ones are in use. Those that cannot be used are
     * told to the log, and the old ones stay.
     */
    public boolean reloadTls() {
        PeerNetwork running = this.running;
        return running != null && running.reloadTls();
    }

    @Override
    public synchronized void start(MemberId self, Receiver receiver) {
        if (started) {
            throw new IllegalStateException("this transport is started already; each member needs one of its own");
        }
        PeerNetwork bound = bound();
        started = true;
        bound.identify(clusterId, incarnation);
        located.forEach(bound::locate);
        bound.start(self, receiver);
        running = bound;
    }

    @Override
    public synchronized void identify(long clusterId, long incarnation) {
        this.clusterId = clusterId;
        this.incarnation = incarnation;
        PeerNetwork running = this.running;
        if (running != null) {
            running.identify(clusterId, incarnation);
        }
    }

    @Override
    public synchronized void locate(MemberId peer, String address) {
        MemberAddress where = MemberAddress.parse(address);
        located.put(peer, where);
        PeerNetwork running = this.running;
        if (running != null) {
            running.locate(peer, where);
        }
    }

    @Override
    public void send(MemberId to, Frame frame) {
        PeerNetwork running = this.running;
        if (running != null) {
            running.send(to, frame);
        }
    }

    @Override
    public void close() {
        PeerNetwork open;
        synchronized (this) {
            closed = true;
            open = network;
        }
        if (open != null) {
            open.close();
        }
    }

    @Override
    public String toString() {
        return "NettyTransport[" + options.host() + ":" + options.port() + "]";
    }
}

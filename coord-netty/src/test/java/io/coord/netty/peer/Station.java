package io.coord.netty.peer;

import io.coord.Bytes;
import io.coord.MemberAddress;
import io.coord.MemberId;
import io.coord.ensemble.spi.Transport;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** A member's end of the network, without the member. */
final class Station implements Transport.Receiver, AutoCloseable {

    private static final int FRAME_BYTES_MAX = 4 << 20;
    /** What it takes for a damaged frame. */
    static final Bytes DAMAGED = Bytes.utf8("damaged");
    /** What it has no memory for. */
    static final Bytes HUGE = Bytes.utf8("huge");

    private final MemberId id;
    private final PeerNetwork network;
    private final Lines log = new Lines();
    private final List<String> received = new CopyOnWriteArrayList<>();
    private final List<MemberId> lost = new CopyOnWriteArrayList<>();
    private final List<String> called = new CopyOnWriteArrayList<>();

    Station(int id) {
        this(id, PeerOptions.listeningOn(0));
    }

    Station(int id, PeerOptions options) {
        this.id = MemberId.of(id);
        this.network = PeerNetwork.bind(options, EventLoops.best(), log);
        network.identify(7, 1);
    }

    Station as(long clusterId, long incarnation) {
        network.identify(clusterId, incarnation);
        return this;
    }

    Station knows(int peer, int port) {
        return knows(peer, "127.0.0.1", port);
    }

    Station knows(int peer, String host, int port) {
        network.locate(MemberId.of(peer), MemberAddress.parse(host + ":" + port));
        return this;
    }

    Station knows(Station other) {
        return knows(other.id.value(), other.port());
    }

    Station start() {
        network.start(id, this);
        return this;
    }

    static void introduce(Station one, Station other) {
        one.knows(other);
        other.knows(one);
        one.start();
        other.start();
    }

    int port() {
        return network.port();
    }

    PeerNetwork network() {
        return network;
    }

    Lines log() {
        return log;
    }

    List<String> received() {
        return received;
    }

    List<MemberId> lost() {
        return lost;
    }

    /** Strangers that looked for this member: number and ensemble. */
    List<String> called() {
        return called;
    }

    void send(int to, String text) {
        send(to, Bytes.utf8(text), false);
    }

    void send(int to, Bytes bytes, boolean bulk) {
        network.send(MemberId.of(to), frame(bytes, bulk));
    }

    static Transport.Frame frame(Bytes bytes, boolean bulk) {
        return new Transport.Frame() {
            @Override
            public Bytes bytes() {
                return bytes;
            }

            @Override
            public boolean isBulk() {
                return bulk;
            }
        };
    }

    /** Says it until it is heard: frames are lost while there is no connection. */
    void reaches(Station other, String text) {
        until("member " + id + " to reach member " + other.id, () -> {
            send(other.id.value(), text);
            return other.received.contains(id + ": " + text);
        });
    }

    void until(String what, BooleanSupplier condition) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(50);
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - deadline > 0) {
                throw new AssertionError("waited in vain for " + what + "; log of " + id + ": " + log.all());
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(2));
        }
    }

    void untilLogged(String... parts) {
        until("a line with " + List.of(parts), () -> log.contain(parts));
    }

    @Override
    public int frameBytesMax() {
        return FRAME_BYTES_MAX;
    }

    @Override
    public boolean received(MemberId from, Bytes frame) {
        if (frame.equals(DAMAGED)) {
            return false;
        }
        if (frame.equals(HUGE)) {
            received.add(from + ": huge");
            throw new OutOfMemoryError("as if");
        }
        received.add(from + ": " + (frame.length() < 100 ? frame.utf8() : frame.length() + " bytes"));
        return true;
    }

    @Override
    public void called(MemberId by, long clusterId) {
        called.add(by + " of " + clusterId);
    }

    @Override
    public void lost(MemberId peer) {
        lost.add(peer);
    }

    @Override
    public void close() {
        network.close();
    }
}

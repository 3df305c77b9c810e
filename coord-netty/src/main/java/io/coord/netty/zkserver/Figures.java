package io.coord.netty.zkserver;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * What the client ports of a member count together, and bound together: in ZooKeeper it is the server's, whatever ports it has (zk.L1 to
 * zk.L3, zk.4L1). Any thread may use it.
 */
public final class Figures {

    final Tally tally = new Tally();
    final Handshakes handshakes = new Handshakes();
    /** A new number makes what came and went begin anew. */
    final AtomicInteger age = new AtomicInteger();
    /** Requests that are unanswered. */
    final LoneCount unanswered = new LoneCount();
    /** Bytes of large ones. */
    final LoneCount large = new LoneCount();
    /** Of all event loops of all ports. */
    final List<LoopShare> shares = new CopyOnWriteArrayList<>();
    /** In the order they were opened. */
    final List<ClientPort> ports = new CopyOnWriteArrayList<>();

    private final AtomicReference<@Nullable Tokens> connects = new AtomicReference<>();

    /** Of a member that has no port yet. */
    public Figures() {}

    /** By which sessions may be asked for, as the first port has it; null for any number. */
    @Nullable Tokens connects(Throttle throttle) {
        if (throttle.connectBurst() > 0) {
            connects.compareAndSet(
                    null,
                    new Tokens(throttle.connectBurst(), throttle.connectRefill(), throttle.connectEvery().toNanos(), System.nanoTime()));
        }
        return throttle.connectBurst() > 0 ? connects.get() : null;
    }
}

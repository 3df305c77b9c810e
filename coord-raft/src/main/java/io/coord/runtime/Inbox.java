package io.coord.runtime;

import io.coord.member.Input;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What waits for a member's loop, in three lanes (rule.21): what the disk completed is never refused, being bounded by what was asked of
 * it; messages of peers are dropped when their lane is full; requests are bounded by whoever lets them in.
 */
final class Inbox {

    private static final int PEER_MAX = 16_384;
    private static final int TURN_MAX = 4_096;

    private final ConcurrentLinkedQueue<Input> disk = new ConcurrentLinkedQueue<>();
    private final ConcurrentLinkedQueue<Input> peers = new ConcurrentLinkedQueue<>();
    private final ConcurrentLinkedQueue<Input> requests = new ConcurrentLinkedQueue<>();
    private final AtomicInteger peerCount = new AtomicInteger();

    private volatile boolean closed;
    private volatile boolean nudged;
    private volatile @Nullable Thread sleeper;
    private volatile boolean isAway;
    private final BooleanSupplier lends;

    /**
     * An empty one.
     *
     * @param lends asked while the loop sleeps or is away: whether the calling thread will take what is there in the loop's place, so that
     *     it need not be woken
     */
    Inbox(BooleanSupplier lends) {
        this.lends = lends;
    }

    void completed(Input input) {
        disk.add(input);
        wake();
    }

    void received(Input input) {
        if (peerCount.get() < PEER_MAX && !closed) {
            peerCount.incrementAndGet();
            peers.add(input);
            wake();
        }
    }

    /** Whether the request was taken: false once the inbox is closed. */
    boolean request(Input input) {
        if (closed) {
            return false;
        }
        requests.add(input);
        // Closed meanwhile, it may have come too late for the last look; if it is still there, nobody has seen it.
        if (closed && requests.remove(input)) {
            return false;
        }
        wake();
        return true;
    }

    /** Wakes the loop, for something that does not come through here. */
    void nudge() {
        nudged = true;
        wake();
    }

    /** Refuses everything from now on, and wakes the loop. */
    void close() {
        closed = true;
        wake();
    }

    boolean isClosed() {
        return closed;
    }

    private void wake() {
        if ((sleeper != null || isAway) && (closed || !lends.getAsBoolean())) {
            Thread thread = sleeper;
            if (thread != null) {
                sleeper = null;
                LockSupport.unpark(thread);
            }
        }
    }

    /** Whether the loop has nothing to do and goes: it cannot be woken until it has {@link #back come back}. */
    boolean leave() {
        isAway = true;
        if (isEmpty() && !closed) {
            return true;
        }
        isAway = false;
        return false;
    }

    void back() {
        isAway = false;
    }

    boolean isAway() {
        return isAway;
    }

    /** Waits for an input, at most so long. */
    void awaitWithin(long nanos) {
        sleeper = Thread.currentThread();
        if (isEmpty() && !closed) {
            LockSupport.parkNanos(this, nanos);
        }
        sleeper = null;
    }

    /** Takes what is there, a bounded number. */
    List<Input> take() {
        nudged = false;
        List<Input> taken = new ArrayList<>();
        take(disk, null, taken);
        take(peers, peerCount, taken);
        take(requests, null, taken);
        return taken;
    }

    /** What was never taken. */
    List<Input> requestsLeft() {
        List<Input> left = new ArrayList<>();
        for (Input input = requests.poll(); input != null; input = requests.poll()) {
            left.add(input);
        }
        return left;
    }

    boolean isEmpty() {
        return disk.isEmpty() && peers.isEmpty() && requests.isEmpty() && !nudged;
    }

    private static void take(ConcurrentLinkedQueue<Input> lane, @Nullable AtomicInteger count, List<Input> taken) {
        int n = 0;
        for (Input input; n < TURN_MAX && (input = lane.poll()) != null; n++) {
            taken.add(input);
        }
        if (count != null && n > 0) {
            count.addAndGet(-n);
        }
    }
}

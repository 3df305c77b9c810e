package io.coord.member;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;

/**
 * The leader's knowledge of when each session was last heard of. In memory only: a new leader gives every session its full timeout
 * again (rule.15, zk.S5).
 *
 * <p>A touch costs a map lookup. The queue holds one item a session, with a time no later than its deadline; an item that comes up too
 * early goes back in.
 */
final class SessionLeases {

    private static final class Lease {
        final long session;
        final long attach;
        long timeoutNanos;
        long touchedNanos;
        long queuedNanos;
        boolean over;
        /** Whether a pause has given it its full timeout since its last sign of life. */
        boolean prolonged;

        Lease(long session, long attach) {
            this.session = session;
            this.attach = attach;
        }

        long deadlineNanos() {
            return touchedNanos + timeoutNanos;
        }
    }

    /**
     * A lease that has run out.
     *
     * @param session whose
     * @param attach its attach number
     * @param silentNanos since its last sign of life
     */
    record Lapsed(long session, long attach, long silentNanos) {}

    /** Times are compared to this one by difference, since nanosecond clocks may overflow. */
    private final long originNanos;

    private final Map<Long, Lease> leases = new LinkedHashMap<>();
    private final PriorityQueue<Lease> queue;

    SessionLeases(long nowNanos) {
        this.originNanos = nowNanos;
        this.queue = new PriorityQueue<>((a, b) -> {
            int byTime = Long.compare(a.queuedNanos - originNanos, b.queuedNanos - originNanos);
            return byTime != 0 ? byTime : Long.compare(a.session, b.session);
        });
    }

    /** Begins a session's lease in full, or restarts it under another attach. */
    void begin(long session, long attach, long timeoutMillis, long nowNanos) {
        end(session);
        Lease lease = new Lease(session, attach);
        lease.timeoutNanos = timeoutMillis * 1_000_000L;
        lease.touchedNanos = nowNanos;
        lease.queuedNanos = lease.deadlineNanos();
        leases.put(session, lease);
        queue.add(lease);
    }

    void touch(long session, long nowNanos) {
        Lease lease = leases.get(session);
        if (lease != null) {
            lease.prolonged = false;
            lease.touchedNanos = nowNanos;
        }
    }

    void end(long session) {
        Lease lease = leases.remove(session);
        if (lease != null) {
            lease.over = true;
        }
    }

    /**
     * Gives every session its full timeout from now: nobody knows who was alive while the leader was not looking. One that has not been
     * heard of since it was last given so much keeps what it had left: a leader that pauses again and again must still end sessions.
     */
    void paused(long gapNanos, long nowNanos) {
        for (Lease lease : queue) {
            lease.touchedNanos = lease.prolonged ? lease.touchedNanos + gapNanos : nowNanos;
            lease.prolonged = true;
        }
    }

    /** The leases that have run out; each is told once a timeout. */
    List<Lapsed> lapsed(long nowNanos) {
        List<Lapsed> lapsed = new ArrayList<>();
        while (!queue.isEmpty() && (queue.peek().over || queue.peek().queuedNanos - nowNanos <= 0)) {
            Lease lease = queue.poll();
            if (lease.over) {
                continue;
            }
            if (lease.deadlineNanos() - nowNanos <= 0) {
                lapsed.add(new Lapsed(lease.session, lease.attach, nowNanos - lease.touchedNanos));
                lease.queuedNanos = nowNanos + lease.timeoutNanos;
            } else {
                lease.queuedNanos = lease.deadlineNanos();
            }
            queue.add(lease);
        }
        return lapsed;
    }

    /** When to look again, or {@code nowNanos + farNanos} if there is nothing to wait for. */
    long nextDeadlineNanos(long nowNanos, long farNanos) {
        return queue.isEmpty() ? nowNanos + farNanos : queue.peek().queuedNanos;
    }
}

package io.coord.runtime;

import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/** One attachment of a session to a member: what still comes from an earlier one is not for the session any more. */
final class Link {

    final SessionHome home;
    /** Whether the session's watches are in force here, and what they had missed is in its queue. */
    volatile boolean rewatched;
    /** What sets them, while it is unanswered. Set before it is asked, and then only the loop looks. */
    @Nullable Call<Boolean> rewatching;

    private final long askedNanos;
    private volatile boolean wasValid;
    private volatile long validUntilNanos;
    /** What the member has granted; in force once the root that shows it is handed out. Only the loop looks. */
    private long grantedUntilNanos;
    /** Whether the member has attached the session: what it says before is about an earlier attachment. Only the loop looks. */
    private boolean attached;
    /** Whether listeners hear of this link. Only the loop looks. */
    private boolean told;

    private final AtomicBoolean lost = new AtomicBoolean();

    Link(SessionHome home) {
        this.home = home;
        this.askedNanos = home.nanoTime();
        this.validUntilNanos = askedNanos;
        this.grantedUntilNanos = validUntilNanos;
    }

    /** Whether the member vouches for the session now. */
    boolean isValid() {
        return home.nanoTime() - validUntilNanos < 0;
    }

    /** Whether the member's word has run out; or, if it has not given it yet, should have come by now. */
    boolean isOverdue(long patienceNanos) {
        return !isValid() && (wasValid || home.nanoTime() - askedNanos > patienceNanos);
    }

    void attached() {
        attached = true;
    }

    boolean isAttached() {
        return attached;
    }

    /** The lease is good until then, from {@link #release} on; says whether listeners have not heard of this link yet. */
    boolean renewed(long untilNanos) {
        grantedUntilNanos = untilNanos;
        boolean news = !told;
        told = true;
        return news;
    }

    /** The member vouches for the session no more, until it renews the lease. */
    void suspended() {
        grantedUntilNanos = home.nanoTime();
    }

    /** The root that shows what was granted is handed out. */
    void release() {
        if (attached && !lost.get()) {
            validUntilNanos = grantedUntilNanos;
            wasValid = true;
        }
    }

    boolean isLost() {
        return lost.get();
    }

    /** The member vouches for nothing any more; says whether that is news. */
    boolean lose() {
        boolean news = lost.compareAndSet(false, true);
        validUntilNanos = home.nanoTime();
        return news;
    }
}

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
    /** Whether the member has said that the session is suspended, and not renewed its lease since. Only the loop looks. */
    private boolean saidSuspended;

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
        saidSuspended = true;
    }

    /**
     * The root that shows what was granted is handed out.
     *
     * @return whether the lease had lapsed, for whoever looked, and is good again, though the member never said that the session is
     *     suspended. The clock is read after it is written until when, and by those who look, before; so no lapse that anybody saw is missed
     */
    boolean release() {
        if (!attached || lost.get()) {
            return false;
        }
        long before = validUntilNanos;
        boolean isUntold = wasValid && !saidSuspended;
        validUntilNanos = grantedUntilNanos;
        wasValid = true;
        long now = home.nanoTime();
        boolean isGood = now - grantedUntilNanos < 0;
        saidSuspended &= !isGood;
        return isUntold && isGood && now - before >= 0;
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

package io.coord.member;

import io.coord.Outcome;
import io.coord.WatchEvent;

/** Something for a session or a caller, in the order in which each must see it (rules 1 and 2). */
public sealed interface Delivery {

    /**
     * A granted answer.
     *
     * @param caller who asked
     * @param value the answer
     * @param zxid index of the state it was made from
     * @param <R> what is answered
     */
    record Answered<R>(Caller<R> caller, R value, long zxid) implements Delivery {}

    /**
     * The tree said no.
     *
     * @param caller who asked
     * @param refused why
     * @param zxid index of the state that said it
     */
    record Refused(Caller<?> caller, Outcome.Refused refused, long zxid) implements Delivery {}

    /**
     * No answer from the tree.
     *
     * @param caller who asked
     * @param failure what that means
     * @param reason what was seen and what to do
     */
    record Failed(Caller<?> caller, Failure failure, String reason) implements Delivery {}

    /**
     * A watch fired.
     *
     * @param session whose
     * @param event what it reports
     */
    record Fired(long session, WatchEvent event) implements Delivery {}

    /**
     * The session's lease is good until then, on this member's monotonic clock.
     *
     * @param session whose
     * @param validUntilNanos until when it may be called connected
     * @param resumed whether it was suspended before
     */
    record Renewed(long session, long validUntilNanos, boolean resumed) implements Delivery {}

    /**
     * Nobody vouches for the session any more; it may come back or expire.
     *
     * @param session whose
     * @param reason what was seen
     */
    record Suspended(long session, String reason) implements Delivery {}

    /**
     * The session is over.
     *
     * @param session whose
     * @param expired whether the ensemble ended it; false if its owner did
     * @param reason what was seen
     */
    record Ended(long session, boolean expired, String reason) implements Delivery {}

    /**
     * The session is attached elsewhere and no longer hosted here.
     *
     * @param session whose
     */
    record Moved(long session) implements Delivery {}
}

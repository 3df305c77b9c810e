package io.coord.state;

import io.coord.MemberId;
import io.coord.Outcome;
import io.coord.Refusal;

/** What applying a command tells the member that hosts the session concerned; other members ignore most of it. */
public sealed interface Reply {

    /** Nobody waits for an answer. */
    record None() implements Reply {
        /** The only value needed. */
        public static final None NONE = new None();
    }

    /**
     * A session's write was applied now, or had been before.
     *
     * @param session the session
     * @param attach its attach number
     * @param number the write's number
     * @param outcome what the write did when it was first applied
     */
    record Written(long session, long attach, long number, Outcome outcome) implements Reply {}

    /**
     * The write of a session that one member alone knows was applied.
     *
     * @param member which
     * @param nonce of the write
     * @param outcome what it did
     */
    record LocalWritten(MemberId member, long nonce, Outcome outcome) implements Reply {}

    /**
     * A command came before its predecessor and had no effect; the origin sends again from {@code lastNumber + 1}.
     *
     * @param session the session
     * @param attach its attach number
     * @param lastNumber the last number applied
     */
    record Gap(long session, long attach, long lastNumber) implements Reply {}

    /**
     * A command of an attach that is no longer the session's, or of a session that is over; it had no effect.
     *
     * @param session the session
     * @param attach the attach number of the command
     * @param refusal SESSION_MOVED or SESSION_EXPIRED
     */
    record Stale(long session, long attach, Refusal refusal) implements Reply {}

    /**
     * A session was opened or attached, now or by an earlier copy of the same request. Every member learns from it that an
     * older attach it hosts is over.
     *
     * @param session the session
     * @param attach the session's attach number from now on
     * @param member where it is attached
     * @param timeoutMillis its timeout
     * @param nonce of the request
     * @param lastNumber the number of the session's last applied command: its next is one more
     */
    record Attached(long session, long attach, MemberId member, int timeoutMillis, long nonce, long lastNumber)
            implements Reply {}

    /**
     * An attach was refused: the session is over, or the password is not its own (zk.W4).
     *
     * @param session the session
     * @param member that asked
     * @param nonce of the request
     */
    record AttachRefused(long session, MemberId member, long nonce) implements Reply {}

    /**
     * A session is over and its ephemeral nodes are deleted.
     *
     * @param session the session
     * @param attach its last attach number
     * @param expired whether its lease lapsed; false if its owner closed it
     */
    record Ended(long session, long attach, boolean expired) implements Reply {}
}

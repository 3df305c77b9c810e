package io.coord.member;

import io.coord.Identity;
import io.coord.Operation;
import io.coord.Outcome;
import io.coord.ReadMode;
import io.coord.raft.CommandPayload;
import io.coord.state.Reader;
import java.util.ArrayDeque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A session attached to this member, with its unanswered requests in the order they were made.
 *
 * <p>Writes are proposed as they come, so that many are under way at once. A read waits for the session's earlier writes. A linearizable
 * read is a barrier: what comes behind it is held back until it is answered, so that it does not see its own session's future.
 */
final class HostedSession {

    /** An unanswered request. */
    abstract static sealed class Pending permits PendingWrite, PendingRead {}

    /** An unanswered write, or the session's end. */
    static final class PendingWrite extends Pending {
        final Caller<?> caller;
        /** What to write, or null for the session's end. */
        final Operation.@Nullable Write<? extends Outcome> operation;
        /** How many answers the owner says it has; or -1. */
        final long answeredWrites;
        /** Its number, or 0 while it is held back behind a barrier. */
        long number;

        @Nullable CommandPayload payload;

        PendingWrite(
                Caller<?> caller, Operation.@Nullable Write<? extends Outcome> operation, long answeredWrites) {
            this.caller = caller;
            this.operation = operation;
            this.answeredWrites = answeredWrites;
        }
    }

    /** An unanswered read, or a sync, or a change of watches. */
    static final class PendingRead extends Pending {
        static final long LOCAL = 0;
        static final long UNCONFIRMED = -1;

        final Input.Request request;
        /** Served when this index is applied; LOCAL for at once, UNCONFIRMED until a quorum answered. */
        long readyIndex;

        PendingRead(Input.Request request, boolean barrier) {
            this.request = request;
            this.readyIndex = barrier ? UNCONFIRMED : LOCAL;
        }

        boolean isBarrier() {
            return isBarrier(request);
        }

        static boolean isBarrier(Input.Request request) {
            return request instanceof Input.Sync
                    || request instanceof Input.Read<?> read && read.mode() == ReadMode.LINEARIZABLE;
        }
    }

    final long id;
    long attach;
    final int timeoutMillis;
    final boolean selfAlive;
    Reader reader;
    /** Grows with its use: most sessions are idle most of the time. */
    final ArrayDeque<Pending> queue = new ArrayDeque<>(1);
    /** The number that the next proposed command gets. */
    long nextNumber;
    /** Every command up to this number is answered. */
    long answered;
    /** How many barriers are in the queue. */
    int barriers;
    /** How many writes in the queue have no number yet. */
    int held;
    /** A proposal was not taken: later ones wait for the next round, since they would only make a gap. */
    boolean stalled;

    long proposedNanos;
    long resendAfterNanos;
    long gapResentFrom;
    long validUntilNanos;
    boolean suspended;
    boolean touched = true;
    boolean closing;
    /** It is this member's alone, and only reads (rule.19). */
    boolean readOnly;
    /** It is this member's alone (zk.S11), with one write under way at a time. */
    boolean local;
    /** Names that write. */
    long localNonce;

    HostedSession(long id, long attach, int timeoutMillis, boolean selfAlive, List<Identity> identities, long answered) {
        this.id = id;
        this.attach = attach;
        this.timeoutMillis = timeoutMillis;
        this.selfAlive = selfAlive;
        this.reader = new Reader(id, identities);
        this.answered = answered;
        this.nextNumber = answered + 1;
    }

    /** The first write under way, or null. */
    @Nullable PendingWrite firstProposed() {
        for (Pending pending : queue) {
            if (pending instanceof PendingWrite write) {
                return write.number == 0 ? null : write;
            }
        }
        return null;
    }
}

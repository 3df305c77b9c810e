package io.coord.member;

import io.coord.Bytes;
import io.coord.Identity;
import io.coord.MemberId;
import io.coord.Operation;
import io.coord.ReadMode;
import io.coord.WatchKind;
import io.coord.WatchMode;
import io.coord.raft.MemberKey;
import io.coord.raft.SnapshotMeta;
import io.coord.state.CoordState;
import io.coord.state.Settings;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Everything that can happen to a member. */
public sealed interface Input {

    /** Something a session, or one who wants to become one, asks. */
    sealed interface Request extends Input {}

    /** Something an operator or the test kit asks. */
    sealed interface Order extends Input {}

    // --- from peers ---

    /**
     * A message came.
     *
     * @param frame the message with its ends
     */
    record Received(PeerFrame frame) implements Input {}

    /**
     * The connection to a member broke.
     *
     * @param peer the member
     */
    record PeerLost(MemberId peer) implements Input {}

    /**
     * A stranger looked for this member, and was turned away.
     *
     * @param by the number it gave
     * @param clusterId the ensemble it gave, 0 for none
     */
    record Called(MemberId by, long clusterId) implements Input {}

    // --- from storage ---

    /** The identity is on the disk. */
    record IdentitySaved() implements Input {}

    /**
     * A log write is on the disk.
     *
     * @param sequence of the write
     */
    record Persisted(long sequence) implements Input {}

    /**
     * The disk failed; nothing more will be written in this run (fault.D10).
     *
     * @param reason what went wrong, with file and remedy
     */
    record StorageFailed(String reason) implements Input {}

    /**
     * A snapshot is on the disk.
     *
     * @param meta with size and digest
     */
    record SnapshotSaved(SnapshotMeta meta) implements Input {}

    /**
     * A snapshot could not be saved; the log goes on.
     *
     * @param reason what went wrong
     */
    record SnapshotNotSaved(String reason) implements Input {}

    /**
     * A piece of a stored snapshot was read for a peer.
     *
     * @param to the peer
     * @param meta which snapshot
     * @param offset the piece's position
     * @param piece the piece
     */
    record PieceRead(MemberKey to, SnapshotMeta meta, long offset, Bytes piece) implements Input {}

    /**
     * There is no snapshot to read a piece of, or it is damaged.
     *
     * @param to the peer it was for
     * @param snapshotIndex which snapshot, 0 for the newest
     */
    record PieceMissing(MemberKey to, long snapshotIndex) implements Input {}

    /**
     * A piece of a snapshot cannot be read now; perhaps later.
     *
     * @param to the peer it was for
     * @param snapshotIndex which snapshot, 0 for the newest
     */
    record PieceUnreadable(MemberKey to, long snapshotIndex) implements Input {}

    /**
     * A received piece of a snapshot was written.
     *
     * @param snapshotIndex which snapshot
     * @param nextOffset the offset wanted next
     */
    record PieceWritten(long snapshotIndex, long nextOffset) implements Input {}

    /**
     * The snapshot being received is damaged or cannot be written: begin anew.
     *
     * @param snapshotIndex which snapshot
     */
    record PieceRefused(long snapshotIndex) implements Input {}

    /**
     * A received snapshot is whole, verified, forced and decoded.
     *
     * @param meta which snapshot
     * @param state the state it holds
     */
    record SnapshotReceived(SnapshotMeta meta, CoordState state) implements Input {}

    /**
     * The log on disk starts at the received snapshot.
     *
     * @param index its last index
     */
    record SnapshotInstalled(long index) implements Input {}

    /**
     * Whether the disk has room for what is to come.
     *
     * @param shortage why not, with place and remedy; null if it has
     */
    record Room(@Nullable String shortage) implements Input {}

    // --- from sessions and their doors ---

    /**
     * Open a session here.
     *
     * @param caller gets the grant
     * @param timeoutMillis the timeout wanted
     * @param passwordHash SHA-256 of its password
     * @param identities whom it acts as
     * @param selfAlive whether the session lives as long as this member does, without touches (in-process sessions)
     * @param terms what kind of session will do
     */
    record Open(
            Caller<SessionGrant> caller,
            int timeoutMillis,
            Bytes passwordHash,
            List<Identity> identities,
            boolean selfAlive,
            SessionTerms terms)
            implements Request {

        /** Of a session of the ensemble. */
        public Open(
                Caller<SessionGrant> caller,
                int timeoutMillis,
                Bytes passwordHash,
                List<Identity> identities,
                boolean selfAlive) {
            this(caller, timeoutMillis, passwordHash, identities, selfAlive, SessionTerms.OF_ENSEMBLE);
        }
    }

    /**
     * Attach an existing session to this member.
     *
     * @param caller gets the grant
     * @param session the session
     * @param timeoutMillis the timeout wanted from now on
     * @param passwordHash SHA-256 of the password presented
     * @param identities whom it acts as
     * @param selfAlive as in {@link Open}
     * @param answeredWrites how many of the session's writes its owner has answers for: the next gets the number after; or -1 if
     *     the owner does not count, so that its next write is a new one
     * @param terms what kind of session will do
     */
    record Resume(
            Caller<SessionGrant> caller,
            long session,
            int timeoutMillis,
            Bytes passwordHash,
            List<Identity> identities,
            boolean selfAlive,
            long answeredWrites,
            SessionTerms terms)
            implements Request {

        /** Of a session of the ensemble. */
        public Resume(
                Caller<SessionGrant> caller,
                long session,
                int timeoutMillis,
                Bytes passwordHash,
                List<Identity> identities,
                boolean selfAlive,
                long answeredWrites) {
            this(caller, session, timeoutMillis, passwordHash, identities, selfAlive, answeredWrites, SessionTerms.OF_ENSEMBLE);
        }
    }

    /**
     * Write.
     *
     * @param session whose
     * @param caller gets the outcome
     * @param operation what
     * @param answeredWrites how many of the session's writes its owner has answers for: outcomes up to there may be forgotten
     *     (rule.4); or -1 if the owner does not count, so that what was handed out counts as received
     * @param <R> the kind of outcome
     */
    record Write<R extends io.coord.Outcome>(
            long session, Caller<R> caller, Operation.Write<R> operation, long answeredWrites) implements Request {

        /** Of an owner that does not count. */
        public Write(long session, Caller<R> caller, Operation.Write<R> operation) {
            this(session, caller, operation, -1);
        }
    }

    /**
     * Read on the loop: behind the session's own writes, linearizable, or leaving a watch.
     *
     * @param session whose
     * @param caller gets what is read
     * @param operation what
     * @param mode how fresh
     * @param watch whether to leave the one-shot watch of a {@link Operation.WatchedRead}
     * @param <R> what is read
     */
    record Read<R>(long session, Caller<R> caller, Operation.Read<R> operation, ReadMode mode, boolean watch)
            implements Request {}

    /**
     * Answer when everything committed before is applied here.
     *
     * @param session whose
     * @param caller gets the path
     * @param operation the path
     */
    record Sync(long session, Caller<String> caller, Operation.Sync operation) implements Request {}

    /**
     * Add a persistent watch.
     *
     * @param session whose
     * @param caller told when it is in force
     * @param path what to watch
     * @param mode how far
     */
    record AddWatch(long session, Caller<Boolean> caller, String path, WatchMode mode) implements Request {}

    /**
     * Ask for watches.
     *
     * @param session whose
     * @param caller told whether there is one
     * @param path where
     * @param kind which
     */
    record CheckWatch(long session, Caller<Boolean> caller, String path, WatchKind kind) implements Request {}

    /**
     * Remove watches.
     *
     * @param session whose
     * @param caller told whether there was one
     * @param path from where
     * @param kind which
     */
    record RemoveWatch(long session, Caller<Boolean> caller, String path, WatchKind kind) implements Request {}

    /**
     * Set again the watches that a session had elsewhere, comparing with what changed since (zk.WT11): synthesised events come
     * before the answer.
     *
     * @param session whose
     * @param caller told when they are in force
     * @param sinceZxid what the session has seen
     * @param data paths of data watches
     * @param exist paths of exists watches on absent nodes
     * @param child paths of child watches
     * @param persistent paths of persistent watches
     * @param recursive paths of recursive watches
     * @param tellGaps whether to tell persistent watches of a gap where history does not reach; else of what the tree shows (rule.28)
     */
    record SetWatches(
            long session,
            Caller<Boolean> caller,
            long sinceZxid,
            List<String> data,
            List<String> exist,
            List<String> child,
            List<String> persistent,
            List<String> recursive,
            boolean tellGaps)
            implements Request {}

    /**
     * The session acts as these identities from now on.
     *
     * @param session whose
     * @param caller told when it is so
     * @param identities all of them
     */
    record Identify(long session, Caller<Boolean> caller, List<Identity> identities) implements Request {}

    /**
     * End the session, after all it asked before.
     *
     * @param session which
     * @param caller told when it is over
     */
    record Close(long session, Caller<Boolean> caller) implements Request {}

    /**
     * The session's owner is gone from this member; the session itself goes on until its lease lapses or it is attached elsewhere.
     *
     * @param session which
     */
    record Detach(long session) implements Request {}

    /**
     * Whoever asked to open or attach a session has gone, or waits no longer. If nothing was done yet, nothing will be, and the caller is
     * told that it failed. If it was proposed and the caller has gone, it is not proposed again, and the caller told the same; a session
     * that comes of it has no owner and expires. If it was proposed and the caller is there, the answer comes all the same, unless too many
     * are given up so.
     *
     * @param caller who had asked
     * @param hasGone whether a grant would be of no use any more
     */
    record Withdraw(Caller<SessionGrant> caller, boolean hasGone) implements Request {}

    /**
     * Signs of life, sampled by the door (rule.29).
     *
     * @param sessions which gave one
     */
    record Touch(List<Long> sessions) implements Request {}

    // --- orders ---

    /**
     * End a session now, as if its lease had lapsed. Only the leader does.
     *
     * @param caller told true when that is applied, or the session is over already; false if this member does not lead
     * @param session which
     */
    record Expire(Caller<Boolean> caller, long session) implements Order {}

    /**
     * Hand leadership over.
     *
     * @param caller told whether a transfer began
     * @param target to whom; null for the most up-to-date voter that answers
     */
    record Transfer(Caller<Boolean> caller, @Nullable MemberId target) implements Order {}

    /**
     * Take a snapshot now.
     *
     * @param caller told whether one began
     */
    record TakeSnapshot(Caller<Boolean> caller) implements Order {}

    /**
     * Replace the shared settings. Only the leader does.
     *
     * @param caller told when it is done
     * @param settings the new settings
     */
    record Configure(Caller<Boolean> caller, Settings settings) implements Order {}

    /**
     * Look for containers and TTL nodes whose time has come, now. Only the leader does.
     *
     * @param caller told when they are deleted; false if this member does not lead
     * @param pretendElapsedMillis added to the elapsed time of the scan and of what follows it; for tests of time to live
     */
    record Collect(Caller<Boolean> caller, long pretendElapsedMillis) implements Order {}
}

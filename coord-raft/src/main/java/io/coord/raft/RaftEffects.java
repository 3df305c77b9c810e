package io.coord.raft;

import java.util.List;

/**
 * What must now happen.
 *
 * @param messages to send at once; each is free of unforced promises
 * @param writes to force to disk, in order; answered by {@link Raft#persisted}
 * @param committed entries to apply, in order: committed, and durable here (rule.20)
 * @param reads linearizable reads that may be served
 * @param snapshots what to do about snapshots, in order
 * @param events what happened, for status, logs and tests
 */
public record RaftEffects(
        List<Envelope> messages,
        List<LogWrite> writes,
        List<Entry> committed,
        List<ReadResult> reads,
        List<SnapshotTask> snapshots,
        List<RaftEvent> events) {

    /** Whether there is nothing to do. */
    public boolean isEmpty() {
        return messages.isEmpty()
                && writes.isEmpty()
                && committed.isEmpty()
                && reads.isEmpty()
                && snapshots.isEmpty()
                && events.isEmpty();
    }

    /**
     * The answer to {@link Raft#read}.
     *
     * @param readId as asked
     * @param index serve it when this index is applied; or -1 if there is no leader to confirm it: ask again
     */
    public record ReadResult(long readId, long index) {
        /** The index of a read that was not confirmed. */
        public static final long FAILED = -1;
    }

    /** Work on snapshots, which is slow and so happens elsewhere. */
    public sealed interface SnapshotTask {
        /**
         * Read a piece of the newest snapshot at or above an index, and hand it to {@link Raft#chunkRead}.
         *
         * @param to whom it is for
         * @param snapshotIndex the snapshot under way, or 0 for the newest
         * @param offset the piece's position
         */
        record ReadChunk(MemberKey to, long snapshotIndex, long offset) implements SnapshotTask {}

        /**
         * Write a received piece to the snapshot being received, and tell {@link Raft#chunkWritten}. A piece at offset 0 begins
         * anew. When the last piece is there: verify the whole, decode it, force it, then tell
         * {@link Raft#snapshotReceived}; or {@link Raft#chunkRefused} if it cannot be.
         *
         * @param chunk the piece
         */
        record WriteChunk(Message.SnapshotChunk chunk) implements SnapshotTask {}

        /**
         * Let the state be the received snapshot's: log and state now start there, and nothing of the log before remains, neither
         * below nor behind. On disk this takes its place in the order of the writes: behind those of earlier turns, ahead of
         * those of this one. Answered by {@link Raft#snapshotInstalled}, before which nothing of it is acknowledged, and before
         * which no snapshot of the state may be stored: the log on disk could not follow it.
         *
         * @param meta which snapshot
         */
        record Install(SnapshotMeta meta) implements SnapshotTask {}
    }
}

package io.coord.raft;

import org.jspecify.annotations.Nullable;

/**
 * The snapshot a member is receiving, piece by piece. It outlives leaders: snapshots at one index are the same bytes on every member
 * (inv.D-e), so that another leader's pieces continue it.
 */
final class Receipt {

    private final Raft raft;
    private @Nullable SnapshotMeta meta;
    private long nextOffset;
    private boolean writing;

    Receipt(Raft raft) {
        this.raft = raft;
    }

    /** While the disk has a piece, which may be the last, no other snapshot may take the place of the one it belongs to. */
    void take(Message.SnapshotChunk chunk) {
        if (writing) {
            return; // the disk will answer
        }
        if (meta == null || !isSame(meta, chunk.meta())) {
            if (chunk.offset() != 0) {
                reply(chunk.meta().last().index(), 0);
                return;
            }
            meta = chunk.meta();
            nextOffset = 0;
        }
        if (isWhole(meta)) {
            return;
        }
        if (chunk.offset() == nextOffset) {
            writing = true;
            raft.snapshotTask(new RaftEffects.SnapshotTask.WriteChunk(chunk));
        } else {
            reply(meta.last().index(), nextOffset);
        }
    }

    private static boolean isSame(SnapshotMeta mine, SnapshotMeta theirs) {
        return mine.last().equals(theirs.last())
                && mine.sizeBytes() == theirs.sizeBytes()
                && mine.digest() == theirs.digest();
    }

    private boolean isWhole(SnapshotMeta receiving) {
        return nextOffset > 0 && nextOffset >= receiving.sizeBytes();
    }

    void written(long snapshotIndex, long offset) {
        writing = false;
        if (meta != null && meta.last().index() == snapshotIndex) {
            nextOffset = offset;
            reply(snapshotIndex, offset);
        }
    }

    void refused(long snapshotIndex) {
        writing = false;
        if (meta != null && meta.last().index() == snapshotIndex) {
            meta = null;
            reply(snapshotIndex, 0);
        }
    }

    void done() {
        writing = false;
        meta = null;
    }

    private void reply(long snapshotIndex, long offset) {
        MemberKey leader = raft.leader();
        if (leader != null && !leader.equals(raft.self())) {
            raft.send(leader, new Message.SnapshotReply(raft.term(), snapshotIndex, offset, false));
        }
    }
}

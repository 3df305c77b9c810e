package io.coord.member;

import io.coord.MemberId;
import io.coord.raft.EntryId;
import io.coord.raft.HardState;
import io.coord.raft.MemberKey;
import io.coord.raft.Message;
import io.coord.raft.SnapshotMeta;
import io.coord.state.CoordState;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A member that lost part of its memory, or whose state is not the others', on its way back: it fetches a snapshot from a peer, and is
 * silent until that is installed, like a member that is down.
 *
 * <p>Nothing is forgotten by it. What a snapshot stands for is committed. Its index is at least that of every entry the member ever
 * acknowledged: then such an entry is in it, or lost against a committed one at its index. Or it is of a later term than they all: then
 * those of them that were committed were in that term's leader's log (paper section 5.4.3), before what is committed of its own, and
 * the rest cannot be any more; else a member that had led would wait, in an ensemble at rest, for as many writes as it had appended in
 * vain. The term and the vote are kept. So the member comes back under the same incarnation.
 */
final class Healing {

    private final String found;
    private final EntryId last;
    private final HardState hardState;
    private final List<MemberId> sources;
    private final long retryNanos;

    private boolean hasAsked;
    private boolean hasAnswered;
    private int source;
    private int asksSinceProgress;
    private long nextAskNanos;
    private @Nullable SnapshotMeta meta;
    private long nextOffset;
    private boolean writing;
    private @Nullable CoordState received;

    /**
     * Begins.
     *
     * @param found what is wrong, for people
     * @param last what the member may have acknowledged comes before or is this: its index, and its term or a later one
     * @param hardState term and vote, which are kept
     * @param sources whom to ask, in turn
     * @param retryNanos how long to wait for an answer
     */
    Healing(String found, EntryId last, HardState hardState, List<MemberId> sources, long retryNanos, long nowNanos) {
        this.found = found;
        this.last = last;
        this.hardState = hardState;
        this.sources = List.copyOf(sources);
        this.retryNanos = retryNanos;
        this.nextAskNanos = nowNanos;
    }

    /** What is wrong and what is being done about it. */
    String words() {
        return found + " It is being healed from a peer, by a snapshot of index " + Long.toHexString(last.index()) + " or later,"
                + " or of a term after " + last.term() + ". It asks the members " + sources + (hasAnswered ? "."
                        : ", none of which has answered yet. If they are gone, start it with a list that names the members of today.");
    }

    /** Term and vote, as they are on the disk. */
    HardState hardState() {
        return hardState;
    }

    long term() {
        return hardState.term();
    }

    long nextDeadlineNanos() {
        return nextAskNanos;
    }

    /** Whether it has asked for anything yet: before that nothing is the answer to it. */
    boolean hasAsked() {
        return hasAsked;
    }

    /** Whom to ask now; null while an answer may still come, or the disk has a piece. */
    @Nullable MemberId whomToAsk(long nowNanos) {
        if (nowNanos - nextAskNanos < 0) {
            return null;
        }
        nextAskNanos = nowNanos + retryNanos;
        hasAsked = true;
        if (writing || received != null) {
            return null;
        }
        if (++asksSinceProgress > 2 * sources.size()) {
            beginAnew(); // that snapshot is nowhere to be had any more
        }
        MemberId asked = sources.get(source);
        source = (source + 1) % sources.size();
        return asked;
    }

    /** What to ask for. */
    PeerMessage.SnapshotRequest request() {
        SnapshotMeta begun = meta;
        return begun == null
                ? new PeerMessage.SnapshotRequest(last.index(), last.term(), 0, 0)
                : new PeerMessage.SnapshotRequest(last.index(), last.term(), begun.last().index(), nextOffset);
    }

    /** Whether a piece is the one wanted, and is to be written. Pieces of one snapshot are the same on all members (inv.D-e). */
    boolean takes(MemberKey from, Message.SnapshotChunk chunk, long nowNanos) {
        if (!hasAsked || writing || received != null || !request().isMetBy(chunk.meta().last()) || !sources.contains(from.id())) {
            return false;
        }
        boolean continues = meta != null && meta.equals(chunk.meta()) && chunk.offset() == nextOffset;
        if (!continues && chunk.offset() != 0) {
            return false;
        }
        if (!continues) {
            meta = chunk.meta();
            nextOffset = 0;
        }
        source = sources.indexOf(from.id());
        hasAnswered = true;
        nextAskNanos = nowNanos + retryNanos;
        writing = true;
        return true;
    }

    /** The piece is written: the next is asked for at once. */
    void written(long snapshotIndex, long offset, long nowNanos) {
        if (meta == null || meta.last().index() != snapshotIndex) {
            return;
        }
        writing = false;
        asksSinceProgress = 0;
        nextOffset = offset;
        nextAskNanos = nowNanos;
    }

    /** What was received is of no use. */
    void refused(long snapshotIndex) {
        if (meta != null && meta.last().index() == snapshotIndex) {
            beginAnew();
        }
    }

    private void beginAnew() {
        writing = false;
        meta = null;
        nextOffset = 0;
        asksSinceProgress = 0;
    }

    /** All of it is there; false if it is not the one that was begun. */
    boolean receivedAll(SnapshotMeta whole, CoordState state) {
        writing = false;
        if (meta == null || !meta.last().equals(whole.last()) || state.appliedIndex() != whole.last().index()) {
            beginAnew();
            return false;
        }
        meta = whole;
        received = state;
        return true;
    }

    /** The state to go on from, once the snapshot of this index is installed; null if it is another. */
    @Nullable CoordState installed(long index) {
        return meta != null && meta.last().index() == index ? received : null;
    }

    /** What is being installed, or was. */
    @Nullable SnapshotMeta meta() {
        return meta;
    }
}

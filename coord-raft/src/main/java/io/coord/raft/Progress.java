package io.coord.raft;

import io.coord.raft.PeerProgress.State;
import java.util.List;

/**
 * What a leader knows of one member, and how it sends to it.
 *
 * <pre>
 *              a match is found
 *     PROBE ---------------------> REPLICATE
 *      ^  ^ <---------------------    |
 *      |  |   a gap or a conflict     |
 *      |  +------------------------   |
 *      |    installed, or refused   \ |  needs what is compacted away
 *      +----------------------- SNAPSHOT (from PROBE too)
 * </pre>
 *
 * <p>Invariant: {@code match < next}; {@code match} is forced on the member, in its present incarnation (inv.R14).
 */
final class Progress {

    /** With so many appends unanswered, more entries are gathered for a while: a message costs more than what it carries. */
    private static final int GATHER_FROM_IN_FLIGHT = 2;
    /** For so long at most, which is what this can cost an entry. */
    private static final long GATHER_NANOS = 4_000_000L;
    /** And not more than so many. */
    private static final int GATHER_ENTRIES_MAX = 64;

    private final MemberKey member;
    private final InFlight inFlight;
    private long sentNanos;
    private State state = State.PROBE;
    private long match;
    private long next;
    private boolean probing;
    /** Whether something must be sent even if there is nothing new: its answers have stopped short of our log. */
    private boolean stale;
    private long announcedCommit;
    private long lastHeardNanos;
    private long answeredRound;
    private long farewellRound;
    private long snapshotIndex;
    private long snapshotOffset;
    private long snapshotSizeBytes;
    private long snapshotAskedNanos;

    Progress(MemberKey member, long next, RaftConfig config, long nowNanos) {
        this.member = member;
        this.next = next;
        inFlight = new InFlight(config.appendsInFlightMax(), config.appendBytesInFlightMax());
        lastHeardNanos = nowNanos;
    }

    MemberKey member() {
        return member;
    }

    State state() {
        return state;
    }

    long match() {
        return match;
    }

    long next() {
        return next;
    }

    long lastHeardNanos() {
        return lastHeardNanos;
    }

    long answeredRound() {
        return answeredRound;
    }

    void heard(long nowNanos) {
        lastHeardNanos = nowNanos;
    }

    /** It answered a heartbeat; if it is behind, what was sent to it may be lost. */
    void answered(long round, long lastIndex) {
        answeredRound = Math.max(answeredRound, round);
        probing = false;
        stale = match < lastIndex;
    }

    /** Whether entries may be sent now. */
    boolean isOpen() {
        return switch (state) {
            case PROBE -> !probing;
            case REPLICATE -> !inFlight.isFull();
            case SNAPSHOT -> false;
        };
    }

    /**
     * Whether entries that could be sent wait for more of them, or for an answer: a member is sent many small appends only while it
     * answers them as fast.
     */
    boolean gathers(long lastIndex, long nowNanos) {
        return state == State.REPLICATE
                && inFlight.count() >= GATHER_FROM_IN_FLIGHT
                && lastIndex - next + 1 < GATHER_ENTRIES_MAX
                && nowNanos - gatheredNanos() < 0;
    }

    /** Until when entries are gathered at most. */
    long gatheredNanos() {
        return sentNanos + GATHER_NANOS;
    }

    /** Whether an append without entries is due: to tell of the commit index, or to learn where the member is. */
    boolean needsNews(long commitIndex) {
        return state == State.REPLICATE && (stale || Math.min(commitIndex, next - 1) > announcedCommit);
    }

    /** Whether the member has answered a heartbeat that told it that an index is committed; asked behind each round. */
    boolean knowsCommitted(long index, long commitIndex, long round) {
        if (Math.min(match, commitIndex) < index) {
            return false;
        }
        if (farewellRound == 0) {
            farewellRound = round;
        }
        return answeredRound >= farewellRound;
    }

    /** An append was sent. */
    void sent(List<Entry> entries, long commitIndex, long nowNanos) {
        stale = false;
        if (state == State.PROBE) {
            probing = true;
        } else if (!entries.isEmpty()) {
            sentNanos = nowNanos;
            next += entries.size();
            long bytes = 0;
            for (int i = 0; i < entries.size(); i++) {
                bytes += entries.get(i).sizeBytes();
            }
            inFlight.add(next - 1, bytes);
        }
        announcedCommit = Math.max(announcedCommit, Math.min(commitIndex, next - 1));
    }

    /**
     * The member holds the log up to here, durably.
     *
     * @return whether that is new
     */
    boolean appended(long index, long baseIndex) {
        boolean isNew = index > match;
        match = Math.max(match, index);
        inFlight.freeThrough(index);
        boolean catchesUp = switch (state) {
            case PROBE -> index >= next - 1;
            case REPLICATE -> false;
            case SNAPSHOT -> match >= baseIndex;
        };
        next = Math.max(next, match + 1);
        if (catchesUp) {
            replicate();
        }
        return isNew;
    }

    private void replicate() {
        state = State.REPLICATE;
        probing = false;
        next = match + 1;
        announcedCommit = Math.min(announcedCommit, match);
        inFlight.clear();
    }

    /**
     * The member does not have the entry at an index, or another one.
     *
     * @param rejected the index
     * @param candidate where its log may agree with ours
     */
    void rejected(long rejected, long candidate) {
        if (rejected <= match) {
            return; // late: it has been found to agree meanwhile
        }
        if (state == State.REPLICATE) {
            probeFrom(match + 1);
        } else if (state == State.PROBE && rejected == next - 1) {
            probeFrom(Math.max(match, Math.min(candidate, rejected - 1)) + 1);
        }
    }

    private void probeFrom(long index) {
        state = State.PROBE;
        next = index;
        probing = false;
        announcedCommit = 0;
    }

    /** The member needs a snapshot. */
    void needSnapshot(long nowNanos) {
        state = State.SNAPSHOT;
        askSnapshot(0, 0, nowNanos);
    }

    /** A piece is asked for; index 0 stands for the newest snapshot. */
    void askSnapshot(long index, long offset, long nowNanos) {
        snapshotIndex = index;
        snapshotOffset = offset;
        snapshotAskedNanos = nowNanos;
        if (index == 0) {
            snapshotSizeBytes = Long.MAX_VALUE;
        }
    }

    /** Whether this is the piece asked for; names the snapshot if it was the newest. */
    boolean expectsPiece(SnapshotMeta meta, long offset) {
        long index = meta.last().index();
        if (state != State.SNAPSHOT || offset != snapshotOffset || (snapshotIndex != 0 && snapshotIndex != index)) {
            return false;
        }
        snapshotIndex = index;
        snapshotSizeBytes = meta.sizeBytes();
        return true;
    }

    /** Whether the member has come as far as the snapshot it is being sent, by itself or by another leader's. */
    boolean hasSnapshot() {
        return state == State.SNAPSHOT && snapshotIndex != 0 && match >= snapshotIndex;
    }

    /** Whether all pieces were received; the member verifies and installs them now. */
    boolean isSnapshotSent() {
        return snapshotOffset >= snapshotSizeBytes;
    }

    long snapshotIndex() {
        return snapshotIndex;
    }

    long snapshotOffset() {
        return snapshotOffset;
    }

    long snapshotAskedNanos() {
        return snapshotAskedNanos;
    }

    PeerProgress view() {
        return new PeerProgress(member, state, match, next, lastHeardNanos);
    }
}

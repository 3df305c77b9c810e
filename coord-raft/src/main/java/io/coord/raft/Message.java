package io.coord.raft;

import io.coord.Bytes;
import java.util.List;

/** What members say to each other about consensus. Every message may be lost, doubled, delayed and reordered. */
public sealed interface Message {

    /** The sender's term; for {@link PreVote} and its granted reply the term the sender would campaign in. */
    long term();

    /**
     * Asks whether an election could be won, before a term is spent on it (thesis 9.6).
     *
     * @param term the term the sender would campaign in
     * @param last the end of the sender's log
     */
    record PreVote(long term, EntryId last) implements Message {}

    /**
     * Answers a {@link PreVote}; changes nothing on the sender.
     *
     * @param term the term asked about if granted, else the sender's own
     * @param granted whether the sender would vote for it
     */
    record PreVoteReply(long term, boolean granted) implements Message {}

    /**
     * Asks for a vote (paper section 5.2).
     *
     * @param term the candidate's term
     * @param last the end of its log
     * @param transfer whether the leader asked it to campaign, so that stickiness does not apply (thesis 3.10)
     */
    record RequestVote(long term, EntryId last, boolean transfer) implements Message {}

    /**
     * Answers a {@link RequestVote}; sent once the vote is durable.
     *
     * @param term the voter's term
     * @param granted whether it voted for the candidate
     */
    record VoteReply(long term, boolean granted) implements Message {}

    /**
     * Replicates entries (paper section 5.3).
     *
     * @param term the leader's term
     * @param previous the entry before the first; the receiver must have it
     * @param entries in order; may be empty to probe
     * @param commit the leader's commit index
     */
    record Append(long term, EntryId previous, List<Entry> entries, long commit) implements Message {
        /** Keeps an immutable copy of the entries. */
        public Append {
            entries = List.copyOf(entries);
        }
    }

    /**
     * The receiver's log holds the leader's up to here, durably.
     *
     * @param term the receiver's term
     * @param match the last index known to match and to be forced to disk
     */
    record Appended(long term, long match) implements Message {}

    /**
     * The entry before an {@link Append} is missing or differs.
     *
     * @param term the receiver's term
     * @param rejected the index that did not match
     * @param hint where to try next: the last entry of the receiver's log at or below the conflict with a term not above the
     *     leader's at that place (skips a whole term at a time, paper section 5.3)
     */
    record AppendRejected(long term, long rejected, EntryId hint) implements Message {}

    /**
     * Says that the leader lives, how far it committed, and starts a read round.
     *
     * @param term the leader's term
     * @param commit at most what the receiver is known to have
     * @param round names this round of heartbeats; unique and growing within the term (peer.B33)
     * @param match what the receiver has reported as forced, in this term and under its present key: if its log ends before that, its
     *     disk has forgotten something (fault.D15)
     */
    record Heartbeat(long term, long commit, long round, long match) implements Message {
        /** Of a leader that has had no report yet. */
        public Heartbeat(long term, long commit, long round) {
            this(term, commit, round, 0);
        }
    }

    /**
     * Answers a {@link Heartbeat} at once, whatever the disk does.
     *
     * @param term the receiver's term
     * @param round as received
     */
    record HeartbeatReply(long term, long round) implements Message {}

    /**
     * A piece of a snapshot, for a member whose next entry is compacted away.
     *
     * @param term the leader's term
     * @param meta which snapshot
     * @param offset position of the piece
     * @param bytes the piece
     */
    record SnapshotChunk(long term, SnapshotMeta meta, long offset, Bytes bytes) implements Message {}

    /**
     * How far a snapshot has been received; at its full size it is installed, durably.
     *
     * @param term the receiver's term
     * @param snapshotIndex which snapshot
     * @param nextOffset the offset wanted next
     * @param installed whether it is installed, or was not needed any more
     */
    record SnapshotReply(long term, long snapshotIndex, long nextOffset, boolean installed) implements Message {}

    /**
     * Tells the receiver to campaign at once: the leader hands over (thesis 3.10).
     *
     * @param term the leader's term
     */
    record TimeoutNow(long term) implements Message {}

    /**
     * Asks the leader up to where a linearizable read must have applied (thesis 6.4).
     *
     * @param term the sender's term
     * @param readId the sender's name for the read; unique in its life
     */
    record ReadRequest(long term, long readId) implements Message {}

    /**
     * Answers a {@link ReadRequest} once a quorum confirmed the leader.
     *
     * @param term the leader's term
     * @param readId as received
     * @param index serve the read when this index is applied
     */
    record ReadReply(long term, long readId, long index) implements Message {}

    /**
     * Passes commands on to the leader. Not answered: the origin sees them applied, or proposes again.
     *
     * @param term the sender's term
     * @param payloads the commands, in order
     */
    record Propose(long term, List<Payload> payloads) implements Message {
        /** Keeps an immutable copy of the payloads. */
        public Propose {
            payloads = List.copyOf(payloads);
        }
    }
}

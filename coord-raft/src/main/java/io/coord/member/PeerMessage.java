package io.coord.member;

import io.coord.Bytes;
import io.coord.raft.EntryId;
import io.coord.raft.Message;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What members say to each other. */
public sealed interface PeerMessage {

    /**
     * About consensus.
     *
     * @param message for Raft
     */
    record Consensus(Message message) implements PeerMessage {}

    /**
     * To the leader: these sessions gave a sign of life since the last report.
     *
     * @param sequence numbers the sender's reports
     * @param sessions their ids
     */
    record LeaseReport(long sequence, List<Long> sessions) implements PeerMessage {
        /** Keeps an immutable copy of the ids. */
        public LeaseReport {
            sessions = List.copyOf(sessions);
        }
    }

    /**
     * From the leader: a report was received, and a quorum has confirmed since that this is the leader (rule.16). Which of its sessions
     * had ended by then, the log says.
     *
     * @param sequence of the report
     * @param index up to where the leader's log may have ended sessions when it came, by expiry: whoever has not applied that does not
     *     know yet; 0 from a leader that does not say
     */
    record LeaseAck(long sequence, long index) implements PeerMessage {}

    /**
     * Says who one is, while an ensemble forms (rule.24); every member answers with its own.
     *
     * @param ensemble the initial members the sender was configured with, in canonical form
     * @param clusterId the ensemble it belongs to, or 0 for none yet
     * @param pristine whether it has never voted nor logged anything
     * @param answerWanted whether the receiver shall answer
     */
    record Hello(String ensemble, long clusterId, boolean pristine, boolean answerWanted) implements PeerMessage {}

    /**
     * From the leader of an ensemble to one that has nothing to vote by: an empty member, or one whose disk has forgotten. It may take
     * part as a learner, under a key of its own choice above the highest known (fault.M5).
     *
     * @param highestIncarnation the highest under which the ensemble knows the receiver; 0 if it does not know it
     * @param initial whom the ensemble was formed of, encoded: what its log begins with
     */
    record Welcome(long highestIncarnation, Bytes initial) implements PeerMessage {}

    /**
     * To whoever leads: the sender hears no leader, and asks to be taken in, or told why not.
     *
     * @param address where the sender is reached, in the words of {@code Ensemble}
     * @param rejoins whether its disk may have forgotten what it promised under this key, so that it needs another
     * @param admitted whether it knows a committed configuration that it belonged to under this key
     * @param namedBy the entry of its log that names it, if that is all it knows: whether it was committed, the leader knows
     * @param configurationIndex the latest committed configuration that it knows
     */
    record Join(String address, boolean rejoins, boolean admitted, @Nullable EntryId namedBy, long configurationIndex) implements PeerMessage {}

    /**
     * From the leader: a committed configuration does not contain the receiver any more. It can take no further part (fault.M3).
     *
     * @param term the leader's
     * @param configurationIndex that configuration
     * @param reason in words
     */
    record Removed(long term, long configurationIndex, String reason) implements PeerMessage {}

    /**
     * Asks any member for a piece of a snapshot, to heal from damage; answered by a {@link Message.SnapshotChunk}, or not at all.
     *
     * @param atLeast the lowest index that will do; a member that has applied it takes a snapshot if it has none
     * @param aboveTerm any index will do of a later term than this; 0 if none does
     * @param snapshotIndex which snapshot, or 0 for the newest
     * @param offset position of the piece
     */
    record SnapshotRequest(long atLeast, long aboveTerm, long snapshotIndex, long offset) implements PeerMessage {

        /** Whether a snapshot up to this entry will do. */
        boolean isMetBy(EntryId last) {
            return last.index() >= atLeast || aboveTerm > 0 && last.term() > aboveTerm;
        }
    }

    /**
     * Tells the digest of the sender's state as of an entry (rule.14).
     *
     * @param index the entry
     * @param digest of the state
     */
    record StateMark(long index, long digest) implements PeerMessage {}
}

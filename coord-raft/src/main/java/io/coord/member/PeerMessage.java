package io.coord.member;

import io.coord.raft.Message;
import java.util.List;

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
     * From the leader: a report was received, and a quorum has confirmed since that this is the leader (rule.16).
     *
     * @param sequence of the report
     */
    record LeaseAck(long sequence) implements PeerMessage {}

    /**
     * Says who one is, while an ensemble forms (rule.24); every member answers with its own.
     *
     * @param ensemble the initial members the sender was configured with, in canonical form
     * @param clusterId the ensemble it belongs to, or 0 for none yet
     * @param pristine whether it has never voted nor logged anything
     * @param answerWanted whether the receiver shall answer
     */
    record Hello(String ensemble, long clusterId, boolean pristine, boolean answerWanted) implements PeerMessage {}
}

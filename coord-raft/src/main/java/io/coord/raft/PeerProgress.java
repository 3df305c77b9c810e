package io.coord.raft;

/**
 * How far a leader knows one of its members to be: a view for status and invariants.
 *
 * @param member whose
 * @param state how the leader sends to it
 * @param match the last index known to be equal to the leader's and forced there
 * @param next the next index to send
 * @param lastHeardNanos when a message of the leader's term last came from it, or the election
 */
public record PeerProgress(MemberKey member, State state, long match, long next, long lastHeardNanos) {

    /** How a leader sends to a member. */
    public enum State {
        /** One message at a time, to find where the logs part. */
        PROBE,
        /** Many messages ahead of their answers. */
        REPLICATE,
        /** A snapshot first, for the log it needs is compacted away. */
        SNAPSHOT
    }
}

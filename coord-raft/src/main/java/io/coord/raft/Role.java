package io.coord.raft;

/** What a member is to Raft. */
public enum Role {
    /** Replicates and votes. */
    FOLLOWER,
    /** Asks whether it could win an election. */
    PRE_CANDIDATE,
    /** Asks for votes. */
    CANDIDATE,
    /** Takes the writes. */
    LEADER,
    /** Replicates without a vote. */
    LEARNER
}

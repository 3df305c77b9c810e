package io.coord.raft;

/**
 * Raft's times and limits.
 *
 * @param electionTimeoutNanos a follower that heard no leader for this long, up to twice as long by chance, campaigns
 * @param heartbeatNanos how often a leader speaks
 * @param writeDeadlineNanos a leader whose oldest unforced write is older than this resigns (fault.D13)
 * @param transferTimeoutNanos how long a leadership transfer may take before the leader takes writes again
 * @param appendBytesMax bytes of entries in one message
 * @param appendsInFlightMax unanswered append messages to one member
 * @param appendBytesInFlightMax unanswered bytes of entries to one member
 * @param uncommittedBytesMax bytes of entries not yet committed, above which proposals are refused
 * @param retainedEntries entries kept below a snapshot, for members that lag a little (fault.M7)
 */
public record RaftConfig(
        long electionTimeoutNanos,
        long heartbeatNanos,
        long writeDeadlineNanos,
        long transferTimeoutNanos,
        int appendBytesMax,
        int appendsInFlightMax,
        long appendBytesInFlightMax,
        long uncommittedBytesMax,
        int retainedEntries) {

    /** Election 300 to 600 ms, heartbeat 60 ms. */
    public static final RaftConfig DEFAULT = new RaftConfig(
            300_000_000L, 60_000_000L, 5_000_000_000L, 1_000_000_000L, 1 << 20, 64, 8 << 20, 64 << 20, 10_000);
}

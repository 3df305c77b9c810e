package io.coord.raft;

/**
 * One place in the log.
 *
 * @param index its position; the zxid of the write it carries
 * @param term of the leader that appended it
 * @param wallMillis the leader's wall clock when it appended the entry, small steps back clamped (rule.11); orders nothing
 * @param elapsedMillis how long the ensemble has had a leader, by the leaders' monotonic clocks; never decreases along the log
 * @param payload what it carries
 */
public record Entry(long index, long term, long wallMillis, long elapsedMillis, Payload payload) {

    /** What an entry costs besides its payload, in memory and on the wire, roughly: for flow control. */
    public static final int OVERHEAD_BYTES = 48;

    /** The entry's size for flow control. */
    public int sizeBytes() {
        return OVERHEAD_BYTES + payload.sizeBytes();
    }
}

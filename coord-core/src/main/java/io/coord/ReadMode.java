package io.coord;

/** How fresh a read is. */
public enum ReadMode {
    /**
     * From the state of the session's own member: no message, may lag behind the leader, never goes back for one session and
     * shows all of the session's own writes.
     */
    LOCAL,
    /**
     * Shows every write that was acknowledged to anybody before the read began (ReadIndex, Raft thesis 6.4): one round trip
     * to the leader and one of the leader to a majority, shared by concurrent reads.
     */
    LINEARIZABLE
}

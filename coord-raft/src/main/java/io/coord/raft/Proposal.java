package io.coord.raft;

/** What became of commands handed to {@link Raft#propose}. */
public enum Proposal {
    /** They are in this leader's log; whether they commit shows when they are handed out. */
    APPENDED,
    /** They go to the leader this member knows, and may be lost on the way: propose again if they do not show up. */
    FORWARDED,
    /** No leader is known; nothing was done. */
    NO_LEADER,
    /** Too much is uncommitted, leadership is being handed over, or the disk is full; nothing was done: propose again soon. */
    OVERLOADED
}

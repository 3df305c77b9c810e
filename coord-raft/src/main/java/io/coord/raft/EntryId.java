package io.coord.raft;

/**
 * An entry's index and term, which name it uniquely (log matching, paper section 5.3).
 *
 * @param index the position
 * @param term the term
 */
public record EntryId(long index, long term) {

    /** Where a fresh log starts: its first entry is one above, so that no half of a zxid is ever zero (zk.X11, rule.26). */
    public static final EntryId ORIGIN = new EntryId(0x1_0000_0000L, 0);

    /** Whether a log ending here is at least as up to date as one ending there (paper section 5.4.1). */
    public boolean isAtLeastAsUpToDateAs(EntryId other) {
        return term != other.term ? term > other.term : index >= other.index;
    }

    @Override
    public String toString() {
        return Long.toHexString(index) + "@" + term;
    }
}

package io.coord.raft;

/**
 * What Raft knows of a snapshot: it stands for the log up to this entry.
 *
 * @param last the last entry it contains
 * @param wallMillis logged wall clock of that entry
 * @param elapsedMillis logged elapsed time of that entry
 * @param configuration in force at that entry
 * @param sizeBytes size of its encoded form, or 0 where it was never encoded
 * @param digest of its encoded form, or 0
 */
public record SnapshotMeta(
        EntryId last, long wallMillis, long elapsedMillis, Configuration configuration, long sizeBytes, long digest) {

    /** The empty state that every log begins with. */
    public static SnapshotMeta origin(Configuration initial) {
        return new SnapshotMeta(EntryId.ORIGIN, 0, 0, initial, 0, 0);
    }
}

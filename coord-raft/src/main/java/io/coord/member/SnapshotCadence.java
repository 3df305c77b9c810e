package io.coord.member;

/**
 * When a member takes a snapshot by itself: after so many entries or bytes of them. One that is large is not written anew for every
 * little: half its size must have come. And while another member is being brought up to date by a large one, and by the log behind it,
 * the next waits, since it would drop that log and the other would have to begin anew, for ever if it is slower than that; but not once
 * as much has come as the snapshot holds: who is so slow shall not fill this member's memory.
 *
 * <p>One that could not be written is due again when a part of what it takes has come besides: what hinders it may last.
 */
final class SnapshotCadence {

    private static final int SHARE_OF_LARGE = 2;
    private static final int SHARE_BEFORE_RETRY = 10;

    private final long entriesMax;
    private final long bytesMax;
    private long entries;
    private long bytes;
    private long newestBytes;
    private boolean isNewestLost;

    private long entriesBegun;
    private long bytesBegun;
    private long entriesBeforeRetry;
    private long bytesBeforeRetry;

    SnapshotCadence(long entriesMax, long bytesMax) {
        this.entriesMax = entriesMax;
        this.bytesMax = bytesMax;
    }

    /** An entry was applied. */
    void applied(long entryBytes) {
        entries++;
        bytes += entryBytes;
    }

    /** All that was applied is in a snapshot that is being written. */
    void begun() {
        entriesBegun = entries;
        bytesBegun = bytes;
        reset();
    }

    /** The snapshot begun last could not be written. */
    void failed() {
        entries += entriesBegun;
        bytes += bytesBegun;
        entriesBegun = 0;
        bytesBegun = 0;
        entriesBeforeRetry = entries + entriesMax / SHARE_BEFORE_RETRY;
        bytesBeforeRetry = bytes + bytesMax / SHARE_BEFORE_RETRY;
    }

    /** All that was applied is in a snapshot that came from another member. */
    void installed() {
        entriesBegun = 0;
        bytesBegun = 0;
        reset();
    }

    private void reset() {
        entries = 0;
        bytes = 0;
        entriesBeforeRetry = 0;
        bytesBeforeRetry = 0;
    }

    /** There is a newest snapshot, and how large it is. */
    void newest(long sizeBytes) {
        newestBytes = sizeBytes;
        isNewestLost = false;
    }

    /** The newest snapshot cannot be read: all that it holds is new to the next. */
    void newestLost() {
        isNewestLost = true;
    }

    boolean isNewestLost() {
        return isNewestLost;
    }

    boolean isNothingNew() {
        return entries == 0 && !isNewestLost;
    }

    boolean isDue() {
        boolean isEnough = (entries >= entriesMax || bytes >= bytesMax)
                && (entries >= entriesBeforeRetry || bytes >= bytesBeforeRetry);
        return isEnough && (!isLarge() || bytes >= newestBytes / SHARE_OF_LARGE);
    }

    /** Whether it waits for a member that is being brought up to date. */
    boolean waitsForOthers() {
        return isLarge() && bytes < newestBytes;
    }

    private boolean isLarge() {
        return newestBytes > bytesMax;
    }
}

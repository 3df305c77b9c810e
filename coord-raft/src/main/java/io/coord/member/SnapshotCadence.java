package io.coord.member;

/**
 * When a member takes a snapshot by itself: after so many entries or bytes of them. One that is large is not written anew for every
 * little: half its size must have come. And while another member is being brought up to date by a large one, and by the log behind it,
 * the next waits, since it would drop that log and the other would have to begin anew, for ever if it is slower than that; but not once
 * as much has come as the snapshot holds: who is so slow shall not fill this member's memory.
 *
 * <p>One that could not be written is due again when a part of what it takes has come besides, and after a while that doubles with
 * each that fails, or cannot be read: what hinders it may last, and an attempt may take all the room there is from the log. Who needs
 * one waits for that while, too.
 */
final class SnapshotCadence {

    private static final int SHARE_OF_LARGE = 2;
    private static final int SHARE_BEFORE_RETRY = 10;
    private static final long SHORTEST_REST_NANOS = 1_000_000_000L;
    private static final long LONGEST_REST_NANOS = 64_000_000_000L;
    /** After how long without one a failure is the first again. */
    private static final long FORGOTTEN_NANOS = 2 * LONGEST_REST_NANOS;

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
    private boolean isResting;
    /** For how long, when one failed last; 0 if none has. */
    private long restNanos;
    private long failedNanos;

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
    void failed(long nowNanos) {
        entries += entriesBegun;
        bytes += bytesBegun;
        entriesBegun = 0;
        bytesBegun = 0;
        entriesBeforeRetry = entries + Math.max(1, entriesMax / SHARE_BEFORE_RETRY);
        bytesBeforeRetry = bytes + Math.max(1, bytesMax / SHARE_BEFORE_RETRY);
        rest(nowNanos);
    }

    private void rest(long nowNanos) {
        boolean isFirst = restNanos == 0 || nowNanos - failedNanos >= FORGOTTEN_NANOS;
        restNanos = isFirst ? SHORTEST_REST_NANOS : Math.min(2 * restNanos, LONGEST_REST_NANOS);
        failedNanos = nowNanos;
        isResting = true;
    }

    /** Whether one failed so shortly ago that none is begun, but on an order. */
    boolean rests(long nowNanos) {
        return isResting && nowNanos - failedNanos < restNanos;
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
        isResting = false;
    }

    /** The newest snapshot cannot be read: all that it holds is new to the next. */
    void newestLost(long nowNanos) {
        if (!isNewestLost) {
            isNewestLost = true;
            rest(nowNanos);
        }
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

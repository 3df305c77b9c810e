package io.coord.member;

import io.coord.raft.MemberKey;
import java.util.List;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Whether the disk has room, as far as it said when it was last asked, and to whom a leader without any has tried to hand over.
 *
 * <p>Who takes over is not told which members have room: one that has none does not take it, and the next is tried.
 */
final class Room {

    private static final long CHECK_NANOS = 1_000_000_000L;

    private final TreeSet<MemberKey> asked = new TreeSet<>();
    private @Nullable String shortage;
    private long nextCheckNanos;
    private long nextHandOverNanos;
    private boolean hasNoTaker;

    Room(long nowNanos) {
        nextCheckNanos = nowNanos;
        nextHandOverNanos = nowNanos;
    }

    @Nullable String shortage() {
        return shortage;
    }

    /** Why a leader takes no writes, once nobody has taken over from it; null while somebody may, or there is room. */
    @Nullable String refusal() {
        return hasNoTaker ? shortage : null;
    }

    /** Whether the disk is to be asked now. */
    boolean isCheckDue(long nowNanos) {
        if (nowNanos - nextCheckNanos < 0) {
            return false;
        }
        nextCheckNanos = nowNanos + CHECK_NANOS;
        return true;
    }

    /** The disk has answered; whether that is another answer than before. */
    boolean told(@Nullable String now, long nowNanos) {
        boolean isNews = (now == null) != (shortage == null);
        shortage = now;
        if (isNews) {
            leadsNoMore();
            nextHandOverNanos = nowNanos;
        }
        return isNews;
    }

    void leadsNoMore() {
        asked.clear();
        hasNoTaker = false;
    }

    /** Whom a leader without room hands over to now: the first candidate that was not tried; null if that is nobody. */
    @Nullable MemberKey successor(List<MemberKey> candidates, long nowNanos, long patienceNanos) {
        if (nowNanos - nextHandOverNanos < 0) {
            return null;
        }
        nextHandOverNanos = nowNanos + patienceNanos;
        for (MemberKey candidate : candidates) {
            if (asked.add(candidate)) {
                return candidate;
            }
        }
        asked.clear();
        hasNoTaker = true;
        return null;
    }

    /** When there is something to do. */
    long nextNanos(boolean leads) {
        return leads && shortage != null && nextHandOverNanos - nextCheckNanos < 0 ? nextHandOverNanos : nextCheckNanos;
    }
}

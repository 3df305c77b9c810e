package io.coord;

import java.time.Duration;

/** A node's time to live, as requests carry it. */
final class TimeToLive {

    private static final Duration MOST = Duration.ofMillis(Long.MAX_VALUE);

    private TimeToLive() {}

    /** In milliseconds; what cannot be counted is the most that can, of its sign, which the tree refuses as it refuses any that is too long. */
    static long millis(Duration timeToLive) {
        if (timeToLive.compareTo(MOST) > 0) {
            return Long.MAX_VALUE;
        }
        return timeToLive.compareTo(MOST.negated()) < 0 ? Long.MIN_VALUE : timeToLive.toMillis();
    }
}

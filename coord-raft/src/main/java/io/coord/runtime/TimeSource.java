package io.coord.runtime;

import java.util.SplittableRandom;

/** The two clocks of a member (rule.10). */
public interface TimeSource {

    /** A monotonic clock in nanoseconds, of no meaning but by difference. Any thread asks. */
    long nanos();

    /** Milliseconds since 1970. Only the loop asks, once a turn, before it asks for {@link #nanos}. */
    long wallMillis();

    /** A seed for the random choices of one run of a member. */
    static long seed() {
        return new SplittableRandom().nextLong();
    }

    /** The machine's clocks. */
    static TimeSource system() {
        return new TimeSource() {
            @Override
            public long nanos() {
                return System.nanoTime();
            }

            @Override
            public long wallMillis() {
                return System.currentTimeMillis();
            }
        };
    }
}

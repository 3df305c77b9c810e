package io.coord.netty.zkserver;

import java.util.Arrays;
import java.util.Collection;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * How long answers took: how many fell into each of some ranges of time, every power of two divided by eight. Counted by one event loop
 * with plain stores, so that who reads on another thread may see counts of a moment ago; it begins anew when its age is over.
 */
final class Latencies {

    private static final int PARTS_BITS = 3;
    private static final int PARTS = 1 << PARTS_BITS;
    /** What takes longer, some twelve days, counts as this. */
    private static final long MICROS_MAX = (1L << 40) - 1;

    private static final int RANGES = range(MICROS_MAX) + 1;

    private final AtomicInteger age;
    private int countedAge;
    private final long[] counts = new long[RANGES];
    private long sum;
    private long longest;
    private long shortest = Long.MAX_VALUE;

    /**
     * Counts from 0.
     *
     * @param age a new number makes all that share it begin anew
     */
    Latencies(AtomicInteger age) {
        this.age = age;
        countedAge = age.get();
    }

    /** An answer took so long. */
    void took(long nanos) {
        if (countedAge != age.getPlain()) {
            beginAnew();
        }
        long micros = Math.min(MICROS_MAX, Math.max(0, nanos / 1_000));
        counts[range(micros)]++;
        sum += micros;
        if (micros > longest) {
            longest = micros;
        }
        if (micros < shortest) {
            shortest = micros;
        }
    }

    private void beginAnew() {
        Arrays.fill(counts, 0);
        sum = 0;
        longest = 0;
        shortest = Long.MAX_VALUE;
        countedAge = age.get();
    }

    private static int range(long micros) {
        if (micros < PARTS) {
            return (int) micros;
        }
        int beyond = Long.SIZE - 1 - Long.numberOfLeadingZeros(micros) - PARTS_BITS;
        return (beyond + 1) * PARTS + (int) (micros >>> beyond) % PARTS;
    }

    private static long leastMicros(int range) {
        return range < PARTS ? range : (long) (PARTS + range % PARTS) << range / PARTS - 1;
    }

    /** What several counted, together. */
    static Summary of(Collection<Latencies> all) {
        long[] ranges = new long[RANGES];
        long count = 0;
        long sum = 0;
        long longest = 0;
        long shortest = Long.MAX_VALUE;
        for (Latencies each : all) {
            if (each.countedAge != each.age.get()) {
                continue;
            }
            for (int i = 0; i < RANGES; i++) {
                ranges[i] += each.counts[i];
                count += each.counts[i];
            }
            sum += each.sum;
            longest = Math.max(longest, each.longest);
            shortest = Math.min(shortest, each.shortest);
        }
        return new Summary(ranges, count, sum, count == 0 ? 0 : shortest, longest);
    }

    /** What was counted, at one time or nearly so. */
    static final class Summary {
        private final long[] ranges;
        private final long count;
        private final long sumMicros;
        private final long shortestMicros;
        private final long longestMicros;

        private Summary(long[] ranges, long count, long sumMicros, long shortestMicros, long longestMicros) {
            this.ranges = ranges;
            this.count = count;
            this.sumMicros = sumMicros;
            this.shortestMicros = shortestMicros;
            this.longestMicros = longestMicros;
        }

        long count() {
            return count;
        }

        long sumMillis() {
            return sumMicros / 1_000;
        }

        long minMillis() {
            return shortestMicros / 1_000;
        }

        long maxMillis() {
            return longestMicros / 1_000;
        }

        /** With four digits, as ZooKeeper has it. */
        double averageMillis() {
            return count == 0 ? 0 : Math.round(10.0 * sumMicros / count) / 10_000.0;
        }

        /** What so many of a thousand took at most, give or take an eighth. */
        long permilleMillis(int permille) {
            long rank = (count * permille + 999) / 1_000;
            long passed = 0;
            for (int i = 0; i < RANGES; i++) {
                passed += ranges[i];
                if (passed >= rank) {
                    return leastMicros(i) / 1_000;
                }
            }
            return maxMillis();
        }
    }
}

package io.coord.testkit.sim;

/** A member's two clocks: neither begins where others' do, one may run a little fast or slow, and both may jump. */
final class SimClock {

    private final VirtualTime time;
    /** The monotonic clock gains one nanosecond in so many; loses one if negative; 0 for none. */
    private final long driftDivisor;

    private long offsetNanos;
    private long wallOffsetMillis;

    SimClock(VirtualTime time, long offsetNanos, long wallOffsetMillis, long driftDivisor) {
        this.time = time;
        this.offsetNanos = offsetNanos;
        this.wallOffsetMillis = wallOffsetMillis;
        this.driftDivisor = driftDivisor;
    }

    long nanos() {
        return nanosAt(time.nowNanos());
    }

    private long nanosAt(long virtualNanos) {
        return offsetNanos + virtualNanos + (driftDivisor == 0 ? 0 : virtualNanos / driftDivisor);
    }

    long wallMillis() {
        return wallOffsetMillis + time.nowNanos() / 1_000_000;
    }

    /** The virtual moment at which the monotonic clock shows this, or has just passed it. */
    long virtualOf(long localNanos) {
        long elapsed = localNanos - offsetNanos;
        if (driftDivisor == 0) {
            return elapsed;
        }
        long virtual = elapsed - elapsed / (driftDivisor + 1);
        while (nanosAt(virtual) - localNanos < 0) {
            virtual++;
        }
        return virtual;
    }

    void jump(long nanos) {
        offsetNanos += nanos;
    }

    void jumpWall(long millis) {
        wallOffsetMillis += millis;
    }
}

package io.coord.netty.peer;

/** Lets so many bytes pass in a second, with a little in advance after a pause. */
final class Pacer {

    private static final long NANOS_PER_SECOND = 1_000_000_000L;
    /** How much of an unused past may be made up for. */
    private static final long CREDIT_NANOS_MAX = 20_000_000L;

    private final double nanosPerByte;
    private long freeNanos;
    private boolean began;

    Pacer(long bytesPerSecond) {
        this.nanosPerByte = (double) NANOS_PER_SECOND / bytesPerSecond;
    }

    /** How long to wait before the next bytes may pass. */
    long nanosToWait(long nowNanos) {
        if (!began) {
            began = true;
            freeNanos = nowNanos;
        }
        return Math.max(0, freeNanos - nowNanos);
    }

    /** So many bytes pass now. */
    void passed(long nowNanos, long bytes) {
        long from = freeNanos - nowNanos < -CREDIT_NANOS_MAX ? nowNanos - CREDIT_NANOS_MAX : freeNanos;
        freeNanos = from + (long) (bytes * nanosPerByte);
    }
}

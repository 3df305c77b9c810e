package io.coord.netty.zkserver;

/** A bucket of tokens, refilled as time goes by. Any thread may take from it. */
final class Tokens {

    private final int max;
    private final int refill;
    private final long everyNanos;
    private long filledNanos;
    private long left;

    /** A full one. */
    Tokens(int max, int refill, long everyNanos, long nowNanos) {
        this.max = max;
        this.refill = refill;
        this.everyNanos = everyNanos;
        this.filledNanos = nowNanos;
        this.left = max;
    }

    /** Takes one; false if there is none. */
    synchronized boolean take(long nowNanos) {
        long fills = (nowNanos - filledNanos) / everyNanos;
        if (fills > 0) {
            filledNanos += fills * everyNanos;
            left = fills > max ? max : Math.min(max, left + fills * refill);
        }
        if (left == 0) {
            return false;
        }
        left--;
        return true;
    }
}

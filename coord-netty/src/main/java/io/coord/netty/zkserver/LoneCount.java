package io.coord.netty.zkserver;

import java.util.concurrent.atomic.AtomicIntegerArray;

/**
 * A count that all event loops change at each request. Nothing else lies near it: whatever shared its cache line would be fetched anew by
 * each of them, each time. Any thread may use it.
 */
final class LoneCount {

    /** Integers of two cache lines, which some processors fetch in pairs. */
    private static final int APART = 2 * 64 / Integer.BYTES;

    private final AtomicIntegerArray counts = new AtomicIntegerArray(2 * APART + 1);

    int get() {
        return counts.get(APART);
    }

    void add(int more) {
        counts.getAndAdd(APART, more);
    }
}

package io.coord.netty.zkserver;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * What came and went, counted by one thread and read by any: of an event loop, or of a connection. Counting is a few plain stores; it
 * begins anew when its age is over.
 */
final class Traffic {

    private static final int RECEIVED = 0;
    private static final int SENT = 1;
    private static final int ANSWERED = 2;
    private static final int MICROS = 3;
    private static final int SHORTEST = 4;
    private static final int LONGEST = 5;
    private static final int RECEIVED_BYTES = 6;
    private static final int SENT_BYTES = 7;
    private static final int LAST_BYTES = 8;
    private static final int FEWEST_BYTES = 9;
    private static final int MOST_BYTES = 10;
    private static final int AGE = 11;
    private static final int SIZE = 12;

    private final AtomicLongArray counts = new AtomicLongArray(SIZE);
    private final AtomicInteger age;

    /**
     * Counts from 0.
     *
     * @param age a new number makes all that share it begin anew
     */
    Traffic(AtomicInteger age) {
        this.age = age;
        counts.setPlain(AGE, age.get());
    }

    /** A request of so many bytes came. */
    void received(int bytes) {
        renew();
        add(RECEIVED_BYTES, bytes);
        add(RECEIVED, 1);
    }

    /** A reply or an event of so many bytes was sent. */
    void sent(int bytes) {
        renew();
        if (counts.getPlain(SENT) == 0 || bytes < counts.getPlain(FEWEST_BYTES)) {
            counts.setOpaque(FEWEST_BYTES, bytes);
        }
        if (bytes > counts.getPlain(MOST_BYTES)) {
            counts.setOpaque(MOST_BYTES, bytes);
        }
        counts.setOpaque(LAST_BYTES, bytes);
        add(SENT_BYTES, bytes);
        add(SENT, 1);
    }

    /** A request was answered after this time. */
    void answered(long nanos) {
        renew();
        long micros = Math.max(0, nanos / 1_000);
        if (counts.getPlain(ANSWERED) == 0 || micros < counts.getPlain(SHORTEST)) {
            counts.setOpaque(SHORTEST, micros);
        }
        if (micros > counts.getPlain(LONGEST)) {
            counts.setOpaque(LONGEST, micros);
        }
        add(MICROS, micros);
        add(ANSWERED, 1);
    }

    private void add(int which, long more) {
        counts.setOpaque(which, counts.getPlain(which) + more);
    }

    private void renew() {
        int now = age.getPlain();
        if (counts.getPlain(AGE) != now) {
            for (int i = 0; i < AGE; i++) {
                counts.setOpaque(i, 0);
            }
            counts.setOpaque(AGE, now);
        }
    }

    /** What was counted so far. */
    Sum sum() {
        return counts.getOpaque(AGE) == age.get()
                ? new Sum(
                        counts.getOpaque(RECEIVED),
                        counts.getOpaque(SENT),
                        counts.getOpaque(ANSWERED),
                        counts.getOpaque(MICROS),
                        counts.getOpaque(SHORTEST),
                        counts.getOpaque(LONGEST),
                        new Bytes(
                                counts.getOpaque(RECEIVED_BYTES),
                                counts.getOpaque(SENT_BYTES),
                                counts.getOpaque(LAST_BYTES),
                                counts.getOpaque(FEWEST_BYTES),
                                counts.getOpaque(MOST_BYTES)))
                : Sum.NOTHING;
    }

    /**
     * How large the requests and what was sent were.
     *
     * @param received of all requests
     * @param sent of all that was sent
     * @param last of one of the last that were sent
     * @param fewest of the smallest sent
     * @param most of the largest sent
     */
    record Bytes(long received, long sent, long last, long fewest, long most) {

        Bytes and(Bytes other) {
            return new Bytes(
                    received + other.received, sent + other.sent, last, Math.min(fewest, other.fewest), Math.max(most, other.most));
        }

        /** With what came besides, where nothing was sent. */
        private Bytes after(Bytes other) {
            return new Bytes(received + other.received, other.sent, other.last, other.fewest, other.most);
        }
    }

    /**
     * What several counted.
     *
     * @param received requests
     * @param sent replies and events
     * @param answered requests answered
     * @param micros what the answers took together
     * @param shortest what one of them took at least, in microseconds
     * @param longest what one of them took at most, in microseconds
     * @param bytes how large they were
     */
    record Sum(long received, long sent, long answered, long micros, long shortest, long longest, Bytes bytes) {

        static final Sum NOTHING = new Sum(0, 0, 0, 0, 0, 0, new Bytes(0, 0, 0, 0, 0));

        Sum and(Sum other) {
            return new Sum(
                    received + other.received,
                    sent + other.sent,
                    answered + other.answered,
                    micros + other.micros,
                    answered == 0 ? other.shortest : other.answered == 0 ? shortest : Math.min(shortest, other.shortest),
                    Math.max(longest, other.longest),
                    sent == 0 ? bytes.after(other.bytes) : other.sent == 0 ? other.bytes.after(bytes) : bytes.and(other.bytes));
        }

        long minMillis() {
            return shortest / 1_000;
        }

        long maxMillis() {
            return longest / 1_000;
        }

        /** With four digits, as ZooKeeper has it. */
        double averageMillis() {
            return answered == 0 ? 0 : Math.round(10.0 * micros / answered) / 10_000.0;
        }
    }
}

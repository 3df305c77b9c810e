package io.coord.netty.zkserver;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * What came and went, counted by one thread and read by any: of an event loop, or of a connection. Counting is a few plain stores, so
 * that who reads may see a count of a moment ago, and one of two that belong together; it begins anew when its age is over.
 */
final class Traffic {

    private final AtomicInteger age;
    private int countedAge;
    private long received;
    private long sent;
    private long answered;
    private long micros;
    private long shortest;
    private long longest;
    private long receivedBytes;
    private long sentBytes;
    private long lastBytes;
    private long fewestBytes;
    private long mostBytes;

    /**
     * Counts from 0.
     *
     * @param age a new number makes all that share it begin anew
     */
    Traffic(AtomicInteger age) {
        this.age = age;
        countedAge = age.get();
    }

    /** A request of so many bytes came. */
    void received(int bytes) {
        renew();
        receivedBytes += bytes;
        received++;
    }

    /** A reply or an event of so many bytes was sent. */
    void sent(int bytes) {
        renew();
        if (sent == 0 || bytes < fewestBytes) {
            fewestBytes = bytes;
        }
        if (bytes > mostBytes) {
            mostBytes = bytes;
        }
        lastBytes = bytes;
        sentBytes += bytes;
        sent++;
    }

    /** A request was answered after this time. */
    void answered(long nanos) {
        renew();
        long took = Math.max(0, nanos / 1_000);
        if (answered == 0 || took < shortest) {
            shortest = took;
        }
        if (took > longest) {
            longest = took;
        }
        micros += took;
        answered++;
    }

    private void renew() {
        if (countedAge != age.getPlain()) {
            beginAnew();
        }
    }

    private void beginAnew() {
        received = 0;
        sent = 0;
        answered = 0;
        micros = 0;
        shortest = 0;
        longest = 0;
        receivedBytes = 0;
        sentBytes = 0;
        lastBytes = 0;
        fewestBytes = 0;
        mostBytes = 0;
        countedAge = age.get();
    }

    /** What was counted so far. */
    Sum sum() {
        return countedAge == age.get()
                ? new Sum(
                        received,
                        sent,
                        answered,
                        micros,
                        shortest,
                        longest,
                        new Bytes(receivedBytes, sentBytes, lastBytes, fewestBytes, mostBytes))
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

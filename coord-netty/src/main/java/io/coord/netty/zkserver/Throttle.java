package io.coord.netty.zkserver;

import java.time.Duration;

/**
 * How clients are slowed down (zk.L1 to zk.L3).
 *
 * @param unansweredMax requests of all connections, above which nothing more is read from those that have some; 0 for half of what the
 *     member takes
 * @param waitMax a request that has waited for longer before its turn is refused with THROTTLEDOP; zero for none
 * @param connectBurst sessions asked for at once, above which connections are closed; 0 for any number
 * @param connectRefill how many more may be asked for after each such time
 * @param connectEvery that time
 * @param largeBytes what is larger is a large request; 0 if none is
 * @param largeBytesMax unanswered large requests together, above which the connection of the next is closed; 0 for any number
 */
public record Throttle(
        int unansweredMax,
        Duration waitMax,
        int connectBurst,
        int connectRefill,
        Duration connectEvery,
        int largeBytes,
        int largeBytesMax) {

    /** ZooKeeper's defaults: only what the member takes counts. */
    public static final Throttle NONE = new Throttle(0, Duration.ZERO, 0, 1, Duration.ofMillis(1), 0, 0);

    /** Refuses what nobody could work with. */
    public Throttle {
        require(unansweredMax >= 0, "unanswered requests are " + unansweredMax + "; name 0 for half of what the member takes");
        require(!waitMax.isNegative() && waitMax.compareTo(Limits.TIME_MAX) <= 0,
                "requests may wait for " + waitMax + "; name at most " + Limits.TIME_MAX.toDays() + " days, or zero for any time");
        require(connectBurst >= 0, "connections at once are " + connectBurst + "; name 0 for any number");
        require(connectRefill > 0, "connections after each time are " + connectRefill + "; nobody would come in any more");
        require(!connectEvery.isNegative() && !connectEvery.isZero() && connectEvery.compareTo(Limits.TIME_MAX) <= 0,
                "more connections are let in every " + connectEvery + "; name more than zero, and at most " + Limits.TIME_MAX.toDays()
                        + " days");
        require(largeBytes >= 0 && largeBytesMax >= 0, "large requests are of " + largeBytes + " bytes, " + largeBytesMax + " together");
    }

    private static void require(boolean valid, String otherwise) {
        if (!valid) {
            throw new IllegalArgumentException(otherwise);
        }
    }

    /** With another bound of unanswered requests. */
    public Throttle withUnansweredMax(int requests) {
        return new Throttle(requests, waitMax, connectBurst, connectRefill, connectEvery, largeBytes, largeBytesMax);
    }

    /** With another time that requests may wait. */
    public Throttle withWaitMax(Duration time) {
        return new Throttle(unansweredMax, time, connectBurst, connectRefill, connectEvery, largeBytes, largeBytesMax);
    }

    /** With another rate of sessions asked for. */
    public Throttle withConnects(int burst, int refill, Duration every) {
        return new Throttle(unansweredMax, waitMax, burst, refill, every, largeBytes, largeBytesMax);
    }

    /** With another bound of large requests. */
    public Throttle withLarge(int bytes, int bytesMax) {
        return new Throttle(unansweredMax, waitMax, connectBurst, connectRefill, connectEvery, bytes, bytesMax);
    }
}

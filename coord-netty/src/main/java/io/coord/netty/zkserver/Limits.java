package io.coord.netty.zkserver;

import java.time.Duration;

/**
 * What clients may take.
 *
 * @param frameBytesMax of a request, ZooKeeper's {@code jute.maxbuffer}
 * @param connectionsPerAddressMax from one IP address; 0 for any number
 * @param connectionsMax from all; 0 for any number
 * @param handshakeMax how long a connection may be silent before its connect request is whole
 * @param handshakesMax TLS handshakes under way; 0 for any number
 * @param unansweredBytesMax of one connection, above which no more is read from it
 */
public record Limits(
        int frameBytesMax,
        int connectionsPerAddressMax,
        int connectionsMax,
        Duration handshakeMax,
        int handshakesMax,
        int unansweredBytesMax) {

    /** The longest time that anything may take: more than the milliseconds of ZooKeeper's settings can say. */
    static final Duration TIME_MAX = Duration.ofDays(30);

    /** ZooKeeper's, where it has them; of handshakes, the number that its documentation names. */
    public static final Limits DEFAULT = new Limits(0xfffff, 60, 10_000, Duration.ofSeconds(5), 250, 8 << 20);

    /** Refuses what nobody could work with. */
    public Limits {
        require(frameBytesMax >= 1024, "the largest frame is " + frameBytesMax + " bytes; it must be at least 1024");
        require(connectionsPerAddressMax >= 0, "connections per address are " + connectionsPerAddressMax + "; name 0 for any number");
        require(connectionsMax >= 0, "connections are " + connectionsMax + "; name 0 for any number");
        require(!handshakeMax.isNegative() && !handshakeMax.isZero() && handshakeMax.compareTo(TIME_MAX) <= 0,
                "a handshake is given " + handshakeMax + "; it is more than zero, and at most " + TIME_MAX.toDays() + " days");
        require(handshakesMax >= 0, "handshakes at once are " + handshakesMax + "; name 0 for any number");
        require(unansweredBytesMax > 0, "unanswered bytes are " + unansweredBytesMax + "; they must be more than 0");
    }

    private static void require(boolean valid, String otherwise) {
        if (!valid) {
            throw new IllegalArgumentException(otherwise);
        }
    }

    /** With another largest frame. */
    public Limits withFrameBytesMax(int bytes) {
        return new Limits(bytes, connectionsPerAddressMax, connectionsMax, handshakeMax, handshakesMax, unansweredBytesMax);
    }

    /** With other numbers of connections. */
    public Limits withConnections(int perAddress, int total) {
        return new Limits(frameBytesMax, perAddress, total, handshakeMax, handshakesMax, unansweredBytesMax);
    }

    /** With another time for the handshake. */
    public Limits withHandshakeMax(Duration time) {
        return new Limits(frameBytesMax, connectionsPerAddressMax, connectionsMax, time, handshakesMax, unansweredBytesMax);
    }

    /** With another number of TLS handshakes under way. */
    public Limits withHandshakesMax(int handshakes) {
        return new Limits(frameBytesMax, connectionsPerAddressMax, connectionsMax, handshakeMax, handshakes, unansweredBytesMax);
    }

    /** With another bound of what is unanswered. */
    public Limits withUnansweredBytesMax(int bytes) {
        return new Limits(frameBytesMax, connectionsPerAddressMax, connectionsMax, handshakeMax, handshakesMax, bytes);
    }
}

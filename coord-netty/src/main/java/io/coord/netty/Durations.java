package io.coord.netty;

import java.time.Duration;

/** Refuses durations that nobody could wait for. */
final class Durations {

    private Durations() {}

    /**
     * The duration, if it is more than zero and not too long.
     *
     * @param name what it is for
     * @param most the longest there may be
     * @param inWords the same for people, such as {@code an hour}
     * @throws IllegalArgumentException otherwise
     */
    static Duration positive(String name, Duration duration, Duration most, String inWords) {
        if (duration.isNegative() || duration.isZero() || duration.compareTo(most) > 0) {
            throw new IllegalArgumentException(name + " " + duration + " is out of range; it is more than zero and at most " + inWords);
        }
        return duration;
    }
}

package io.coord;

/**
 * The number of an ensemble's member, 1 to 255.
 *
 * @param value the number
 */
public record MemberId(int value) implements Comparable<MemberId> {

    /** The largest number: a session id carries its opening member in one byte (zk.S2). */
    public static final int MAX = 255;

    /** Refuses a number outside 1 to 255. */
    public MemberId {
        if (value < 1 || value > MAX) {
            throw new IllegalArgumentException("member id " + value + " is out of range; ids are 1 to " + MAX);
        }
    }

    /** The member with this number. */
    public static MemberId of(int value) {
        return new MemberId(value);
    }

    @Override
    public int compareTo(MemberId other) {
        return Integer.compare(value, other.value);
    }

    @Override
    public String toString() {
        return Integer.toString(value);
    }
}

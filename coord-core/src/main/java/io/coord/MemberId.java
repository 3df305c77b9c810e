package io.coord;

import org.jspecify.annotations.Nullable;

/**
 * The number of an ensemble's member, 1 to 255.
 *
 * @param value the number
 */
public record MemberId(int value) implements Comparable<MemberId> {

    /** The largest number: a session id carries its opening member in one byte (zk.S2). */
    public static final int MAX = 255;

    /** Every session and every message names a member, so that each number is made once. */
    private static final MemberId[] ALL = all();

    /** Refuses a number outside 1 to 255. */
    public MemberId {
        if (value < 1 || value > MAX) {
            throw new IllegalArgumentException("member id " + value + " is out of range; ids are 1 to " + MAX);
        }
    }

    /** The member with this number. */
    public static MemberId of(int value) {
        return value < 1 || value > MAX ? new MemberId(value) : ALL[value - 1];
    }

    private static MemberId[] all() {
        MemberId[] all = new MemberId[MAX];
        for (int i = 0; i < MAX; i++) {
            all[i] = new MemberId(i + 1);
        }
        return all;
    }

    // By hand, as in Identity, Acl and MemberKey: the methods a record is given are linked at their first use, which every start pays.

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof MemberId that && value == that.value;
    }

    @Override
    public int hashCode() {
        return value;
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

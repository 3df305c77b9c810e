package io.coord.member;

import io.coord.raft.EntryId;
import io.coord.raft.MemberKey;
import java.util.SplittableRandom;

/**
 * The incarnations of keys that are drawn: the index at which one was, and some bits of chance. So each is above every key that was in any
 * configuration before, also of those that the ensemble has forgotten: a member that lags may know the number by a former disk, and would
 * not listen to a lower key. Whoever is taken in under a key drawn at one index is so at a later one, so that the next is drawn behind it.
 *
 * <p>Of an index only so many bits count as an ensemble fills while it lives; those above are what its zxids began with.
 */
public final class Incarnations {

    private static final int CHANCE_BITS = 16;
    private static final long PERIOD = 1L << Long.SIZE - 1 - CHANCE_BITS;
    /** How many entries an ensemble is good for wherever it begins: half a million a second, for a year. */
    private static final long ENTRIES_MIN = PERIOD >> 3;

    private Incarnations() {}

    /** The first index from a given one on at which an ensemble may begin: before its keys come round it has been given up. */
    public static long beginning(long index) {
        long room = PERIOD - at(index);
        return room > ENTRIES_MIN ? index : index + room;
    }

    /** Where an index lies among those at which keys are drawn. */
    static long at(long index) {
        return index - EntryId.ORIGIN.index() & PERIOD - 1;
    }

    /** Where a key was drawn; a founder's at the beginning. */
    static long drawnAt(MemberKey key) {
        return key.incarnation() >> CHANCE_BITS;
    }

    /** Below those drawn at an index, and above all before. */
    static long lowest(long index) {
        return at(index) << CHANCE_BITS;
    }

    /** The gap is drawn: two disks that join under one number at a time must not be taken for one. */
    static long above(long highest, SplittableRandom random) {
        return highest + 1 + random.nextInt((1 << CHANCE_BITS) - 1);
    }
}

package io.coord.runtime;

import io.coord.MemberId;

/**
 * When members write their snapshots. They apply the same entries, so that all of them would be busy at the same time, a quorum among
 * them; each begins at another share of what is set, as ZooKeeper's servers do at random between half of it and all.
 */
final class Stagger {

    private static final int SIXTHS = 6;
    private static final int TURNS = 3;

    private Stagger() {}

    /** This member's share: four, five or six sixths, three successive numbers each another. */
    static long share(long max, MemberId member) {
        return Math.max(1, max - max / SIXTHS * (member.value() % TURNS));
    }
}

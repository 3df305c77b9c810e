package io.coord.netty.zkfiles;

import io.coord.Operation;
import io.coord.state.StateVisitor.Lifetime;

/** What ZooKeeper packs into a node's ephemeralOwner: a session, or one of two special meanings. */
final class NodeKind {

    static final long CONTAINER = Long.MIN_VALUE;
    private static final long EXTENDED = 0xFF00_0000_0000_0000L;
    /** Two octets that say which of the extended kinds; 0 is the only one there ever was. */
    private static final long FEATURE = 0x00FF_FF00_0000_0000L;
    private static final long VALUE = 0x0000_00FF_FFFF_FFFFL;

    private NodeKind() {}

    static long ttl(long millis) {
        return EXTENDED | millis;
    }

    /**
     * How such a node ends. The ids of server 255 begin like a time to live, so that a session of that id comes first.
     *
     * @param isSession whether a session of this id is known
     */
    static Lifetime lifetime(long owner, boolean isSession) {
        if (owner == 0) {
            return Lifetime.PERSISTENT;
        }
        if (owner == CONTAINER) {
            return Lifetime.CONTAINER;
        }
        boolean looksLikeTtl = (owner & EXTENDED) == EXTENDED && (owner & FEATURE) == 0 && (owner & VALUE) != 0;
        return looksLikeTtl && !isSession ? Lifetime.TTL : Lifetime.EPHEMERAL;
    }

    static long ttlMillis(long owner, Lifetime lifetime) {
        return lifetime == Lifetime.TTL ? owner & VALUE : Operation.NO_TTL;
    }
}

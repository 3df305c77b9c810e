package io.coord.state;

import io.coord.state.StateVisitor.Lifetime;

/**
 * How a node ends that does not simply live until it is deleted; persistent nodes have none. All ephemeral nodes of a session share
 * one.
 *
 * @param lifetime EPHEMERAL, CONTAINER or TTL
 * @param owner the owning session of an ephemeral node, else 0
 * @param ttlMillis the time to live of a TTL node, else -1
 * @param touchedMillis the ensemble's elapsed time when a container or TTL node was created or last set, else 0
 */
record Life(Lifetime lifetime, long owner, long ttlMillis, long touchedMillis) {

    static Life ephemeral(long owner) {
        return new Life(Lifetime.EPHEMERAL, owner, -1, 0);
    }

    static Life container(long touchedMillis) {
        return new Life(Lifetime.CONTAINER, 0, -1, touchedMillis);
    }

    static Life ttl(long ttlMillis, long touchedMillis) {
        return new Life(Lifetime.TTL, 0, ttlMillis, touchedMillis);
    }

    boolean isCollectable() {
        return lifetime != Lifetime.EPHEMERAL;
    }

    /** The life after data was set: the time to live begins anew (zk.CT3). */
    Life touched(long elapsedMillis) {
        return isCollectable() ? new Life(lifetime, owner, ttlMillis, elapsedMillis) : this;
    }
}

package io.coord.ensemble.spi;

import io.coord.MemberStatus;

/**
 * Is told what a member's operator wants to count. Called on the member's own threads, often: must return at once and never throw.
 * Every method does nothing unless overridden.
 */
public interface MetricsListener {

    /** Nobody listens. */
    MetricsListener NONE = new MetricsListener() {};

    /** The member's role or term changed. */
    default void roleChanged(MemberStatus.Role role, long term) {}

    /** A turn of the member's loop is over: so many inputs were taken in this time. */
    default void turned(int inputs, long nanos) {}

    /** So many requests of sessions were answered. */
    default void answered(int requests) {}

    /** A write of so many entries was forced to the disk, this long after it was asked for. */
    default void forced(int entries, long nanos) {}

    /** A snapshot was saved. */
    default void snapshotSaved(long bytes) {}

    /** As leader, the member ended a session that had been silent for this long. */
    default void sessionExpired(long silentMillis) {}

    /** The member was not run for so long: a pause of the collector, or of the machine. */
    default void paused(long millis) {}
}

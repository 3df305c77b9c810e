package io.coord.testkit.sim;

import io.coord.WatchEvent;

/** The owner's side of a session attached to a simulated member. */
interface SessionDoor {

    void fired(WatchEvent event);

    void renewed(long validUntilNanos, boolean resumed);

    void suspended(String reason);

    void ended(boolean expired, String reason);

    void moved();
}

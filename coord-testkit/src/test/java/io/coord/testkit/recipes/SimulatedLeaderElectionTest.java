package io.coord.testkit.recipes;

import io.coord.testkit.CoordContract.Door;

/** The claims of the recipe, held against five members on virtual time. */
class SimulatedLeaderElectionTest extends LeaderElectionContract {
    @Override
    Door openDoor() {
        return new SimulatedDoor();
    }

    @Override
    boolean hasThreads() {
        return false;
    }
}

package io.coord.testkit.recipes;

import io.coord.testkit.CoordContract.Door;

/** The claims of the blocking view, held against five members on virtual time. */
class SimulatedBlockingSessionTest extends BlockingSessionContract {
    @Override
    Door openDoor() {
        return new SimulatedDoor();
    }

    @Override
    boolean hasThreads() {
        return false;
    }
}

package io.coord.testkit.recipes;

import io.coord.testkit.CoordContract.Door;

/** The claims of the blocking view, held against three members in this JVM. */
class LocalBlockingSessionTest extends BlockingSessionContract {
    @Override
    Door openDoor() {
        return new LocalEnsembleDoor();
    }
}

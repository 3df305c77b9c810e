package io.coord.testkit.recipes;

import io.coord.testkit.CoordContract.Door;

/** The claims of the recipe, held against three members in this JVM. */
class LocalMembershipTest extends MembershipContract {
    @Override
    Door openDoor() {
        return new LocalEnsembleDoor();
    }
}

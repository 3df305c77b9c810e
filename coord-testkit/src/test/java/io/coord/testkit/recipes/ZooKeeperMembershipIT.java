package io.coord.testkit.recipes;

import io.coord.testkit.CoordContract.Door;
import io.coord.testkit.zookeeper.ZooKeeperDoor;

/** The claims of the recipe, held against Apache ZooKeeper. */
class ZooKeeperMembershipIT extends MembershipContract {
    @Override
    Door openDoor() throws Exception {
        return new ZooKeeperDoor(false);
    }
}

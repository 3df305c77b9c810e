package io.coord.testkit.recipes;

import io.coord.testkit.CoordContract.Door;
import io.coord.testkit.zookeeper.ZooKeeperDoor;

/** The claims of the blocking view, held against Apache ZooKeeper. */
class ZooKeeperBlockingSessionIT extends BlockingSessionContract {
    @Override
    Door openDoor() throws Exception {
        return new ZooKeeperDoor(false);
    }
}

package io.coord.testkit.zookeeper;

import io.coord.testkit.CoordContract;
import java.io.IOException;
import java.util.Set;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.parallel.ResourceLock;

/** A real ZooKeeper that restarts between what a test builds and what it reads keeps the contract too. */
@Tag("soak")
@DisplayName("The contract, kept by ZooKeeper over a restart")
@ResourceLock("zookeeper.extendedTypesEnabled")
class ZooKeeperRestartContractIT extends CoordContract {

    @Override
    protected Door open(Set<Setting> settings) throws Exception {
        return new RestartingDoor(ZooKeeperContractIT.accepted(settings).contains(Setting.ENFORCE_QUOTA));
    }

    private static final class RestartingDoor extends ZooKeeperDoor {

        RestartingDoor(boolean enforceQuota) throws IOException {
            super(enforceQuota);
        }

        @Override
        public void beforeReading() {
            restart();
        }
    }
}

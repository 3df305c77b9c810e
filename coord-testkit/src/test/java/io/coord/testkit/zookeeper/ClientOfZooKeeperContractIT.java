package io.coord.testkit.zookeeper;

import io.coord.testkit.CoordContract;
import java.util.Set;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.parallel.ResourceLock;

/** The client over the wire keeps the contract with a real ZooKeeper behind it. */
@DisplayName("The contract, kept by ZooKeeperClient with a ZooKeeper")
@ResourceLock("zookeeper.extendedTypesEnabled")
class ClientOfZooKeeperContractIT extends CoordContract {

    @Override
    protected Door open(Set<Setting> settings) throws Exception {
        boolean enforceQuota = ZooKeeperContractIT.accepted(settings).contains(Setting.ENFORCE_QUOTA);
        return new ClientDoor(new ZooKeeperDoor(enforceQuota));
    }
}

package io.coord.testkit.zookeeper;

import io.coord.testkit.CoordContract;
import io.coord.testkit.LocalEnsemble;
import java.util.Set;
import org.junit.jupiter.api.DisplayName;

/** Clients of the leader keep the contract. */
@DisplayName("The contract, kept over ZooKeeper's protocol by the leader")
class WireLeaderContractIT extends CoordContract {

    @Override
    protected Door open(Set<Setting> settings) {
        return new WireDoor(settings, LocalEnsemble::leader);
    }
}

package io.coord.testkit.zookeeper;

import io.coord.testkit.CoordContract;
import io.coord.testkit.LocalEnsemble;
import java.util.Set;
import org.junit.jupiter.api.DisplayName;

/** The client over the wire keeps the contract with a follower of ours behind it. */
@DisplayName("The contract, kept by ZooKeeperClient with a follower")
class ClientOfFollowerContractIT extends CoordContract {

    @Override
    protected Door open(Set<Setting> settings) {
        return new ClientDoor(new WireDoor(settings, LocalEnsemble::anyFollower));
    }
}

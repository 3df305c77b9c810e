package io.coord.testkit.zookeeper;

import io.coord.testkit.CoordContract;
import java.util.Set;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;

/** Clients of a learner keep the contract; {@link WireLearnerIT} asks for the part where it could matter. */
@Tag("soak")
@DisplayName("The contract, kept over ZooKeeper's protocol by a learner")
class WireLearnerContractIT extends CoordContract {

    @Override
    protected Door open(Set<Setting> settings) {
        return WireDoor.ofLearner(settings);
    }
}

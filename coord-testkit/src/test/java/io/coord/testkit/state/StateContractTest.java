package io.coord.testkit.state;

import io.coord.testkit.CoordContract;
import java.util.Set;
import org.junit.jupiter.api.DisplayName;

/** The replicated state keeps the contract, whatever brings it its entries. */
@DisplayName("The contract, kept by the state alone")
class StateContractTest extends CoordContract {

    @Override
    protected Door open(Set<Setting> settings) {
        return new StateDoor(settings);
    }
}

package io.coord.testkit.state;

import io.coord.testkit.CoordContract;
import java.util.Set;
import org.junit.jupiter.api.DisplayName;

/** The replicated state keeps the contract when a snapshot of it takes its place. */
@DisplayName("The contract, kept by the state from a snapshot")
class RestoredStateContractTest extends CoordContract {

    @Override
    protected Door open(Set<Setting> settings) {
        return new StateDoor(settings) {
            @Override
            public void beforeReading() {
                restore();
            }
        };
    }
}

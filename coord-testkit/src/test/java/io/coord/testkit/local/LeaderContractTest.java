package io.coord.testkit.local;

import io.coord.Session;
import io.coord.ensemble.SessionOptions;
import io.coord.testkit.CoordContract;
import io.coord.testkit.LocalEnsemble;
import java.util.Set;
import org.junit.jupiter.api.DisplayName;

/** Sessions of the leader keep the contract. */
@DisplayName("The contract, kept by sessions of the leader")
class LeaderContractTest extends CoordContract {

    @Override
    protected Door open(Set<Setting> settings) {
        LocalEnsemble ensemble = LocalEnsemble.builder().members(3).config(VouchingDoor.config(settings)).start();
        return new EnsembleDoor(ensemble) {
            @Override
            Session open(SessionOptions options) {
                return ensemble.openSession(ensemble.leader(), options);
            }
        };
    }
}

package io.coord.testkit.local;

import io.coord.MemberId;
import io.coord.Session;
import io.coord.ensemble.SessionOptions;
import io.coord.testkit.CoordContract;
import io.coord.testkit.LocalEnsemble;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.DisplayName;

/** Sessions of followers, each in turn, keep the contract. */
@DisplayName("The contract, kept by sessions of followers")
class FollowerContractTest extends CoordContract {

    @Override
    protected Door open(Set<Setting> settings) {
        return new FollowerDoor(LocalEnsemble.builder().members(3).config(VouchingDoor.config(settings)).start());
    }

    private static final class FollowerDoor extends EnsembleDoor {

        private final Map<Long, MemberId> homes = new HashMap<>();

        FollowerDoor(LocalEnsemble ensemble) {
            super(ensemble);
        }

        @Override
        Session open(SessionOptions options) {
            MemberId leader = ensemble.leader();
            List<MemberId> followers =
                    ensemble.members().stream().filter(member -> !member.equals(leader)).toList();
            MemberId home = followers.get(homes.size() % followers.size());
            Session session = ensemble.openSession(home, options);
            homes.put(session.id(), home);
            return session;
        }

        @Override
        public Set<Capability> capabilities() {
            EnumSet<Capability> capabilities = EnumSet.of(Capability.VANISH);
            capabilities.addAll(super.capabilities());
            return capabilities;
        }

        /** Its member dies, and whoever else has sessions there shares its fate. */
        @Override
        public void vanish(Session session) {
            ensemble.kill(homes.get(session.id()));
        }
    }
}

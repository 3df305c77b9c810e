package io.coord.testkit.local;

import io.coord.MemberConfig;
import io.coord.MemberId;
import io.coord.Session;
import io.coord.SessionEvent;
import io.coord.SessionState;
import io.coord.ensemble.SessionOptions;
import io.coord.runtime.LocalSession;
import io.coord.runtime.SessionHome;
import io.coord.testkit.CoordContract;
import io.coord.testkit.SimulatedEnsemble;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.DisplayName;

/**
 * Sessions that move between members keep the contract on virtual time, when all members lose power and start again from what was
 * forced to their disks. Time passes here, nothing pretends it did: the members' own timers collect.
 */
@DisplayName("The contract, kept on virtual time and over a power cut")
class SimulatedContractTest extends CoordContract {

    @Override
    protected Door open(Set<Setting> settings) {
        return new SimulatedDoor(SimulatedEnsemble.of(3).config(VouchingDoor.config(settings)));
    }

    private static final class SimulatedDoor extends VouchingDoor {

        private final SimulatedEnsemble ensemble;

        SimulatedDoor(SimulatedEnsemble ensemble) {
            this.ensemble = ensemble;
        }

        @Override
        Session open(SessionOptions options) {
            return ensemble.openSession(options);
        }

        @Override
        public Set<Capability> capabilities() {
            EnumSet<Capability> capabilities = EnumSet.of(Capability.AWAY);
            capabilities.addAll(super.capabilities());
            return capabilities;
        }

        @Override
        public void expire(Session session) {
            ensemble.expire(session);
        }

        /** The time, and then until the leader has looked once more. */
        @Override
        public void collect(Duration elapsed) {
            ensemble.advance(elapsed);
            ensemble.advance(MemberConfig.DEFAULT.containerCheckInterval());
        }

        @Override
        public void beforeReading() {
            ensemble.members().forEach(ensemble::crash);
            ensemble.restartAll();
        }

        @Override
        public void whileAway(Session session, Runnable action) {
            MemberId home = ((LocalSession) session.async()).home().map(SessionHome::member).orElseThrow();
            CompletableFuture<SessionEvent> back = new CompletableFuture<>();
            session.onEvent(event -> {
                if (event.state() == SessionState.CONNECTED) {
                    back.complete(event);
                }
            });
            ensemble.isolate(home);
            action.run();
            ensemble.crash(home);
            ensemble.heal();
            ensemble.restart(home);
            session.await(back);
        }

        @Override
        public void close() {}
    }
}

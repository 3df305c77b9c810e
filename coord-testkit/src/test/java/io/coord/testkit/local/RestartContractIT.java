package io.coord.testkit.local;

import io.coord.MemberId;
import io.coord.Session;
import io.coord.SessionEvent;
import io.coord.SessionState;
import io.coord.ensemble.SessionOptions;
import io.coord.runtime.LocalSession;
import io.coord.runtime.SessionHome;
import io.coord.testkit.CoordContract;
import io.coord.testkit.LocalEnsemble;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.io.TempDir;

/** Sessions that move between members keep the contract when all members crash and start again from what is on disk. */
@DisplayName("The contract, kept over a restart from disk")
class RestartContractIT extends CoordContract {

    @TempDir
    Path directory;

    @Override
    protected Door open(Set<Setting> settings) {
        return new RestartDoor(LocalEnsemble.builder()
                .members(3)
                .fileStorage(directory)
                .config(VouchingDoor.config(settings))
                .start());
    }

    private static final class RestartDoor extends EnsembleDoor {

        RestartDoor(LocalEnsemble ensemble) {
            super(ensemble);
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
        public void beforeReading() {
            ensemble.members().forEach(ensemble::kill);
            ensemble.restartAll();
        }

        /** The session's member is cut off and dies, so that the session comes back at another, which saw what it did not. */
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
            ensemble.kill(home);
            ensemble.heal();
            ensemble.restart(home);
            session.await(back);
        }
    }
}

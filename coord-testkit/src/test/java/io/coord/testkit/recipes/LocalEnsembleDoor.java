package io.coord.testkit.recipes;

import io.coord.Session;
import io.coord.testkit.CoordContract.Capability;
import io.coord.testkit.CoordContract.Door;
import io.coord.testkit.LocalEnsemble;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Set;

/** The door to three members in this JVM. */
final class LocalEnsembleDoor implements Door {

    private final LocalEnsemble ensemble = LocalEnsemble.of(3);

    @Override
    public Session open(Duration timeout) {
        return ensemble.openSession(timeout);
    }

    @Override
    public Set<Capability> capabilities() {
        return EnumSet.of(Capability.EXPIRE);
    }

    @Override
    public Duration timeoutMin() {
        return Duration.ofMillis(500);
    }

    @Override
    public Duration timeoutMax() {
        return Duration.ofMinutes(1);
    }

    @Override
    public void expire(Session session) {
        ensemble.expire(session);
    }

    @Override
    public void close() {
        ensemble.close();
    }
}

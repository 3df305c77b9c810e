package io.coord.testkit.local;

import io.coord.Session;
import io.coord.testkit.LocalEnsemble;
import java.time.Duration;

/** A door to members with real threads. */
abstract class EnsembleDoor extends VouchingDoor {

    final LocalEnsemble ensemble;

    EnsembleDoor(LocalEnsemble ensemble) {
        this.ensemble = ensemble;
    }

    @Override
    public final void expire(Session session) {
        ensemble.expire(session);
    }

    @Override
    public final void collect(Duration elapsed) {
        ensemble.collect(elapsed);
    }

    @Override
    public void close() {
        ensemble.close();
    }
}

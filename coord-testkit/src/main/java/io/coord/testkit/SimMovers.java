package io.coord.testkit;

import io.coord.MemberId;
import io.coord.runtime.LocalSession;
import io.coord.runtime.SessionHome;
import io.coord.testkit.sim.SimWorld;
import java.util.Optional;

/** Finds members for sessions that lost theirs, one after the other, by virtual time. */
final class SimMovers implements LocalSession.Relocation {

    private static final long PAUSE_NANOS = 20_000_000L;

    private final SimWorld world;

    SimMovers(SimWorld world) {
        this.world = world;
    }

    @Override
    public void homeless(LocalSession session, String reason) {
        int before = session.home().map(home -> home.member().value()).orElse(0);
        world.time().after(PAUSE_NANOS, () -> move(session, before));
    }

    private void move(LocalSession session, int before) {
        Optional<SessionHome> next = next(before);
        if (next.isPresent()) {
            session.moveTo(next.get());
        } else {
            world.time().after(PAUSE_NANOS, () -> move(session, before));
        }
    }

    /** The running member after the one it had, in the order of their numbers. */
    private Optional<SessionHome> next(int before) {
        int count = world.ids().size();
        for (int step = 1; step <= count; step++) {
            Optional<SessionHome> home = world.home(MemberId.of((before + step - 1) % count + 1));
            if (home.isPresent()) {
                return home;
            }
        }
        return Optional.empty();
    }
}

package io.coord.testkit.recipes;

import io.coord.MemberId;
import io.coord.Session;
import io.coord.SessionState;
import io.coord.testkit.CoordContract.Capability;
import io.coord.testkit.CoordContract.Door;
import io.coord.testkit.SimulatedEnsemble;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The door to five members on virtual time. Each session is at home on a member of its own, as far as there are enough. */
final class SimulatedDoor implements Door {

    private static final Duration LONG = Duration.ofMinutes(1);

    private final SimulatedEnsemble ensemble = SimulatedEnsemble.of(5).seed(20_261_122);
    private final List<MemberId> members = new ArrayList<>(ensemble.members());
    private final Map<Long, MemberId> homes = new HashMap<>();

    @Override
    public Session open(Duration timeout) {
        ensemble.leader();
        MemberId home = members.get(homes.size() % members.size());
        Session session = ensemble.openSession(home, timeout);
        homes.put(session.id(), home);
        return session;
    }

    @Override
    public Set<Capability> capabilities() {
        return EnumSet.of(Capability.EXPIRE, Capability.AWAY);
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
    public void whileAway(Session session, Runnable action) {
        ensemble.isolate(homes.get(session.id()));
        ensemble.runUntil(() -> session.state() == SessionState.SUSPENDED, LONG);
        action.run();
        ensemble.heal();
        ensemble.runUntil(() -> session.state() == SessionState.CONNECTED, LONG);
    }

    @Override
    public void close() {}
}

package io.coord.testkit;

import io.coord.MemberConfig;
import io.coord.MemberId;
import io.coord.runtime.LocalSession;
import io.coord.runtime.RunningMember;
import io.coord.runtime.SessionHome;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Finds members for sessions that lost theirs: one after the other, each once; then again when something has happened in the ensemble.
 */
final class Movers implements LocalSession.Relocation {

    /** Runs something after a while. */
    interface Clock {
        void schedule(Runnable task, long delayNanos);
    }

    private final Supplier<List<RunningMember>> running;
    private final Clock clock;
    private final MemberConfig config;
    /** Every moving session that is not over. */
    private final Set<LocalSession> sessions = new LinkedHashSet<>();
    /** How many members each session was refused by, or waited for in vain, since the last event. */
    private final Map<LocalSession, Integer> refusals = new LinkedHashMap<>();
    /** Those that wait for an event. */
    private final Set<LocalSession> waiting = new LinkedHashSet<>();

    /** Whether the clock is to look after the sessions. */
    private boolean looking;
    private boolean closed;

    /**
     * Finds members among those that run.
     *
     * @param clock has the sessions looked after while there are any
     */
    Movers(Supplier<List<RunningMember>> running, Clock clock, MemberConfig config) {
        this.running = running;
        this.clock = clock;
        this.config = config;
    }

    /** Looks after a session from now on, until it is over. */
    void watchOver(LocalSession session) {
        session.onEvent(event -> {
            if (event.state().isOver()) {
                forget(session);
            }
        });
        synchronized (this) {
            sessions.add(session);
            if (!looking) {
                lookLater();
            }
        }
        if (session.state().isOver()) {
            forget(session); // before it was listened to
        }
    }

    private void lookLater() {
        looking = true;
        clock.schedule(this::look, config.minSessionTimeout().toNanos() / 4);
    }

    private synchronized void forget(LocalSession session) {
        sessions.remove(session);
        refusals.remove(session);
        waiting.remove(session);
    }

    /** A client notices by itself when its member falls silent. */
    private void look() {
        List<LocalSession> all;
        synchronized (this) {
            all = new ArrayList<>(sessions);
            looking = false;
            if (!all.isEmpty()) {
                lookLater();
            }
        }
        all.forEach(session -> session.lookAfter(config.requestTimeout().toNanos()));
    }

    @Override
    public void homeless(LocalSession session, String reason) {
        SessionHome next = null;
        synchronized (this) {
            if (!closed) {
                List<RunningMember> members = running.get();
                int refused = refusals.merge(session, 1, Integer::sum);
                next = refused > members.size() ? null : next(session, members);
                if (next == null) {
                    waiting.add(session);
                    return;
                }
            }
        }
        if (next == null) {
            session.abandon("the ensemble was closed");
        } else {
            session.moveTo(next).thenRun(() -> settled(session));
        }
    }

    private synchronized void settled(LocalSession session) {
        refusals.remove(session);
    }

    /** The member after the one it had, in the order of their numbers. */
    private static @Nullable SessionHome next(LocalSession session, List<RunningMember> members) {
        MemberId before = session.home().map(SessionHome::member).orElse(null);
        for (RunningMember member : members) {
            if (before != null && member.home().member().compareTo(before) > 0) {
                return member.home();
            }
        }
        return members.isEmpty() ? null : members.get(0).home();
    }

    /** Something happened: those that wait may have better luck now. */
    void tryAgain() {
        List<LocalSession> again;
        synchronized (this) {
            refusals.clear();
            if (waiting.isEmpty()) {
                return;
            }
            again = new ArrayList<>(waiting);
            waiting.clear();
        }
        again.forEach(session -> homeless(session, "it has waited for an event"));
    }

    /** Sessions that lose their member from now on are over, and so are those that wait for one. */
    void close() {
        List<LocalSession> over;
        synchronized (this) {
            closed = true;
            over = new ArrayList<>(waiting);
            waiting.clear();
        }
        over.forEach(session -> session.abandon("the ensemble was closed"));
    }
}

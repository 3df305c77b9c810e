package io.coord.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.coord.Acl;
import io.coord.Bytes;
import io.coord.CreateMode;
import io.coord.MemberConfig;
import io.coord.MemberId;
import io.coord.Node;
import io.coord.NodePath;
import io.coord.Operation;
import io.coord.Outcome;
import io.coord.OutcomeUnknownException;
import io.coord.ReadMode;
import io.coord.Refusal;
import io.coord.RejectedException;
import io.coord.Session;
import io.coord.SessionEvent;
import io.coord.SessionState;
import io.coord.UnavailableException;
import io.coord.WatchEvent;
import io.coord.WatchMode;
import io.coord.runtime.LocalSession;
import io.coord.runtime.SessionHome;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class MovingSessionTest {

    private static final NodePath COUNTER = NodePath.of("/counter");

    /** Each write names the version it expects: applied twice it would be refused, lost it would refuse the next. */
    @Test
    @Timeout(60)
    void everyWriteOfAMovingSessionIsAppliedOnceHoweverManyMembersDie() {
        try (LocalEnsemble ensemble = LocalEnsemble.of(3);
                Session session = ensemble.openSession()) {
            session.create(COUNTER, Bytes.EMPTY, CreateMode.PERSISTENT);
            long id = session.id();
            int version = 0;
            for (int round = 0; round < 12; round++) {
                List<CompletionStage<Outcome.DataSet>> writes = new ArrayList<>();
                for (int i = 0; i < 50; i++) {
                    writes.add(session.async().setData(COUNTER, Bytes.utf8("v" + version), version));
                    version++;
                }
                MemberId victim = round % 3 == 0 ? ensemble.leader() : MemberId.of(1 + round % 3);
                ensemble.kill(victim);
                for (int i = 0; i < writes.size(); i++) {
                    assertThat(session.await(writes.get(i)).stat().version()).isEqualTo(version - 49 + i);
                }
                ensemble.restart(victim);
            }
            assertThat(session.getData(COUNTER).stat().version()).isEqualTo(600);
            assertThat(session.id()).isEqualTo(id);
            assertThat(session.state()).isEqualTo(SessionState.CONNECTED);
        }
    }

    @Test
    @Timeout(60)
    void incrementsOfManySessionsAreAllCountedOnceWhileMembersDie() throws Exception {
        try (LocalEnsemble ensemble = LocalEnsemble.of(3)) {
            Session admin = ensemble.openSession();
            admin.create(COUNTER, Bytes.utf8("0"), CreateMode.PERSISTENT);
            List<Thread> writers = new ArrayList<>();
            AtomicInteger left = new AtomicInteger(4 * 50);
            Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
            for (int i = 0; i < 4; i++) {
                Session session = ensemble.openSession();
                writers.add(new Thread(() -> increment(session, 50, left), "writer-" + i));
            }
            writers.forEach(writer -> writer.setUncaughtExceptionHandler((thread, thrown) -> failures.add(thrown)));
            writers.forEach(Thread::start);
            for (int round = 0; left.get() > 0 && failures.isEmpty(); round++) {
                MemberId victim = round % 2 == 0 ? ensemble.leader() : MemberId.of(1 + round % 3);
                ensemble.kill(victim);
                ensemble.leader();
                ensemble.restart(victim);
            }
            for (Thread writer : writers) {
                writer.join();
            }
            assertThat(failures).isEmpty();
            assertThat(admin.submit(new Operation.GetData(COUNTER.value()), ReadMode.LINEARIZABLE).text()).isEqualTo("200");
        }
    }

    /** Reads and writes under a condition: a refusal is another writer's success, never an echo of one's own. */
    private static void increment(Session session, int times, AtomicInteger left) {
        for (int i = 0; i < times; ) {
            Node node = session.submit(new Operation.GetData(COUNTER.value()), ReadMode.LINEARIZABLE);
            int next = Integer.parseInt(node.text()) + 1;
            try {
                session.setData(COUNTER, Bytes.utf8(Integer.toString(next)), node.stat().version());
                i++;
                left.decrementAndGet();
            } catch (RejectedException another) {
                assertThat(another.refusal()).isEqualTo(Refusal.BAD_VERSION);
            }
        }
    }

    @Test
    void aMovedSessionHearsThatItWasSuspendedAndIsConnected(@Coord LocalEnsemble ensemble) {
        Session session = ensemble.openSession();
        List<SessionState> heard = new ArrayList<>();
        CompletableFuture<String> moved = new CompletableFuture<>();
        session.async().onEvent(event -> {
            heard.add(event.state());
            if (event instanceof SessionEvent.Connected connected) {
                moved.complete(connected.to());
            }
        });
        ensemble.kill(MemberId.of(1));
        assertThat(session.await(moved)).isNotEqualTo("member 1");
        assertThat(heard).containsExactly(SessionState.SUSPENDED, SessionState.CONNECTED);
    }

    @Test
    void aOneShotWatchFiresForAChangeMadeWhileItsSessionMoved(@Coord LocalEnsemble ensemble) {
        Session session = ensemble.openSession();
        Session other = ensemble.openSession();
        session.create(COUNTER, Bytes.EMPTY, CreateMode.PERSISTENT);
        for (int i = 0; i < 5; i++) {
            CompletableFuture<WatchEvent> fired = new CompletableFuture<>();
            session.getData(COUNTER, fired::complete);
            MemberId victim = MemberId.of(1 + i % 3);
            ensemble.kill(victim);
            other.setData(COUNTER, Bytes.utf8("changed"));
            assertThat(session.await(fired).type()).isEqualTo(WatchEvent.Type.DATA_CHANGED);
            ensemble.restart(victim);
        }
    }

    @Test
    @Timeout(60)
    void aPersistentWatchIsToldWhatItMissed(@Coord LocalEnsemble ensemble) {
        Session session = ensemble.openSession(Duration.ofSeconds(30));
        Session other = ensemble.openSession(MemberId.of(2), Duration.ofSeconds(30));
        session.create(COUNTER, Bytes.EMPTY, CreateMode.PERSISTENT);
        BlockingQueue<WatchEvent> events = new LinkedBlockingQueue<>();
        session.addWatch(COUNTER, WatchMode.PERSISTENT_RECURSIVE, events::add);
        ensemble.isolate(MemberId.of(1));
        other.create(COUNTER.child("a"), Bytes.EMPTY, CreateMode.PERSISTENT);
        other.delete(COUNTER.child("a"));
        ensemble.kill(MemberId.of(1));
        session.setData(COUNTER, Bytes.utf8("back"));
        List<String> heard = new ArrayList<>();
        while (heard.size() < 3) {
            WatchEvent event = session.await(CompletableFuture.supplyAsync(() -> take(events)));
            heard.add(event.type() + " " + event.path());
        }
        assertThat(heard).containsExactly("CREATED /counter/a", "DELETED /counter/a", "DATA_CHANGED /counter");
    }

    private static WatchEvent take(BlockingQueue<WatchEvent> events) {
        try {
            return events.take();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** Its members leave it in the midst of their turns: each entry has three events, and entries come in batches. */
    @Test
    @Timeout(60)
    @DisplayName("inv.Z11: a session that moves in the midst of events hears each of them once")
    void aPersistentWatchIsToldOnceOfWhatHappensWhileItsSessionMoves(@Coord LocalEnsemble ensemble) {
        List<SessionHome> homes = ensemble.members().stream()
                .map(member -> (LocalSession) ensemble.openSession(member, Duration.ofSeconds(30)).async())
                .map(resident -> resident.home().orElseThrow())
                .toList();
        Session session = ensemble.openSession(Duration.ofSeconds(30));
        Session writer = ensemble.openSession(Duration.ofSeconds(30));
        session.create(COUNTER, Bytes.EMPTY, CreateMode.PERSISTENT);
        List<Long> heard = new ArrayList<>();
        session.addWatch(COUNTER, WatchMode.PERSISTENT_RECURSIVE, event -> heard.add(event.zxid()));
        Operation.SetData set = new Operation.SetData(COUNTER.value(), Bytes.EMPTY, -1);
        List<CompletionStage<Outcome.Multi>> writes = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            for (int j = 0; j < 10; j++) {
                writes.add(writer.async().submit(new Operation.Multi(List.of(set, set, set))));
            }
            session.await(((LocalSession) session.async()).moveTo(homes.get(i % 3)));
        }
        writes.forEach(writer::await);
        session.await(session.async().sync(COUNTER));
        List<Long> happened = new ArrayList<>();
        for (CompletionStage<Outcome.Multi> write : writes) {
            long zxid = ((Outcome.DataSet) writer.await(write).results().get(0)).stat().mzxid();
            happened.addAll(List.of(zxid, zxid, zxid));
        }
        assertThat(heard).isEqualTo(happened);
    }

    @Test
    @Timeout(60)
    void aPersistentWatchReportsAGapThatHistoryDoesNotFill(@Coord(config = "watchHistory=0") LocalEnsemble ensemble) {
        Session session = ensemble.openSession(Duration.ofSeconds(30));
        Session other = ensemble.openSession(MemberId.of(2), Duration.ofSeconds(30));
        session.create(COUNTER, Bytes.EMPTY, CreateMode.PERSISTENT);
        CompletableFuture<WatchEvent> gap = new CompletableFuture<>();
        CompletableFuture<WatchEvent> next = new CompletableFuture<>();
        session.addWatch(COUNTER, WatchMode.PERSISTENT_RECURSIVE, event -> {
            if (event.type() == WatchEvent.Type.GAP) {
                gap.complete(event);
            } else if (gap.isDone()) {
                next.complete(event);
            }
        });
        ensemble.isolate(MemberId.of(1));
        other.setData(COUNTER, Bytes.utf8("missed"));
        ensemble.kill(MemberId.of(1));
        assertThat(session.await(gap).path()).isEqualTo(COUNTER.value());
        session.create(COUNTER.child("a"), Bytes.EMPTY, CreateMode.PERSISTENT);
        assertThat(session.await(next).path()).isEqualTo("/counter/a");
    }

    @Test
    @Timeout(60)
    void aSessionLeavesAMemberThatIsCutOff(
            @Coord(config = {"minSessionTimeout=400ms", "sessionTimeout=600ms", "electionTimeout=90ms", "heartbeat=15ms"})
                    LocalEnsemble ensemble) {
        Session session = ensemble.openSession();
        session.create(COUNTER, Bytes.EMPTY, CreateMode.EPHEMERAL);
        ensemble.isolate(MemberId.of(1));
        session.setData(COUNTER, Bytes.utf8("from elsewhere"));
        assertThat(session.getData(COUNTER).text()).isEqualTo("from elsewhere");
    }

    @Test
    void sessionsThatComeAndGoAreLookedAfterByOneClockThatEndsWithThem(@Coord LocalEnsemble ensemble) {
        Deque<Runnable> looks = new ArrayDeque<>();
        Movers movers = new Movers(List::of, (look, nanos) -> looks.add(look), MemberConfig.DEFAULT);
        for (int i = 0; i < 3; i++) {
            Session session = ensemble.openSession();
            session.close();
            movers.watchOver((LocalSession) session.async());
        }
        assertThat(looks).hasSize(1);

        looks.remove().run();

        assertThat(looks).isEmpty();
    }

    @Test
    void anIdentityMovesWithItsSession(@Coord LocalEnsemble ensemble) {
        Session session = ensemble.openSession();
        session.addAuth("digest", Bytes.utf8("ben:secret"));
        session.create(COUNTER, Bytes.EMPTY, CreateMode.PERSISTENT, Acl.CREATOR_ALL);
        ensemble.kill(MemberId.of(1));
        session.setData(COUNTER, Bytes.utf8("mine"));
        assertThat(session.getData(COUNTER).text()).isEqualTo("mine");
    }

    @Test
    @Timeout(60)
    void aSessionLeavesAMemberThatIsPaused(@Coord(config = {"minSessionTimeout=400ms", "sessionTimeout=600ms"}) LocalEnsemble ensemble) {
        Session session = ensemble.openSession();
        session.create(COUNTER, Bytes.EMPTY, CreateMode.EPHEMERAL);
        ensemble.pause(MemberId.of(1));
        session.setData(COUNTER, Bytes.utf8("from elsewhere"));
        assertThat(session.getData(COUNTER).text()).isEqualTo("from elsewhere");
    }

    @Test
    void aSessionWithoutAnyMemberTellsItsCallersInTime(@Coord(config = "requestTimeout=200ms") LocalEnsemble ensemble) {
        Session session = ensemble.openSession();
        ensemble.members().forEach(ensemble::kill);
        assertThatThrownBy(() -> session.create(COUNTER, Bytes.EMPTY, CreateMode.PERSISTENT))
                .isInstanceOf(OutcomeUnknownException.class)
                .hasMessageContaining("no answer for 200 ms");
        assertThatThrownBy(() -> session.exists(COUNTER)).isInstanceOf(UnavailableException.class);
        ensemble.restartAll();
        session.await(session.async().sync(COUNTER).handle((path, late) -> path));
        assertThat(session.id()).isNotZero();
    }
}

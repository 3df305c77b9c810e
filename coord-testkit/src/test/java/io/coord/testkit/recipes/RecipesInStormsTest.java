package io.coord.testkit.recipes;

import static org.assertj.core.api.Assertions.assertThat;

import io.coord.Bytes;
import io.coord.CoordException;
import io.coord.CreateMode;
import io.coord.MemberId;
import io.coord.NodePath;
import io.coord.Session;
import io.coord.SessionState;
import io.coord.ensemble.SessionOptions;
import io.coord.recipes.ConfigCache;
import io.coord.recipes.DistributedLock;
import io.coord.recipes.DistributedLock.Hold;
import io.coord.recipes.LeaderElection;
import io.coord.recipes.Leadership;
import io.coord.recipes.Membership;
import io.coord.testkit.SimulatedEnsemble;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The recipes while members crash, pause and lose each other: what they claim at each moment, and what is left when it is over. */
class RecipesInStormsTest {

    private static final Duration STORM = Duration.ofSeconds(60);
    private static final Duration LONG = Duration.ofMinutes(5);
    private static final NodePath PATH = NodePath.of("/recipes/path");

    @Test
    @DisplayName("rule.16 claims through a member that is paused end before those of others begin, though nobody is told there")
    void aPausedMembersClaimsEnd() {
        SimulatedEnsemble ensemble = SimulatedEnsemble.of(3).seed(1);
        MemberId home = ensemble.anyFollower();
        Session one = ensemble.openSession(home, Duration.ofSeconds(4));
        Session two = ensemble.openSession(ensemble.leader(), Duration.ofSeconds(4));
        DistributedLock lock = DistributedLock.at(one, NodePath.of("/lock"));
        Hold hold = one.await(lock.request().granted());
        LeaderElection first = LeaderElection.join(one, PATH, Bytes.EMPTY);
        LeaderElection second = LeaderElection.join(two, PATH, Bytes.EMPTY);
        List<String> told = new ArrayList<>();
        one.await(first.leadership());
        first.onDeposed(() -> told.add("deposed"));
        hold.onLost(() -> told.add("lost"));

        ensemble.pause(home, Duration.ofMinutes(1));
        two.await(DistributedLock.at(two, NodePath.of("/lock")).request().granted());
        two.await(second.leadership());

        assertThat(told).isEmpty();
        assertThat(hold.isHeld()).isFalse();
        assertThat(first.isLeader()).isFalse();
        assertThat(first.current()).isEmpty();
        ensemble.advance(Duration.ofMinutes(2));
        assertThat(told).containsExactlyInAnyOrder("deposed", "lost");
        assertThat(first.isLeader() || hold.isHeld()).isFalse();
    }

    /** Opens sessions that stay with their member, whatever becomes of it: one of a moving session would leave the trouble behind. */
    private static final class Doors {
        private final SimulatedEnsemble ensemble;
        private final List<MemberId> members;
        private int opened;

        Doors(SimulatedEnsemble ensemble) {
            this.ensemble = ensemble;
            this.members = List.copyOf(ensemble.members());
        }

        Session open() {
            return ensemble.openSession(members.get(opened++ % members.size()), Duration.ofSeconds(4));
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
    @DisplayName("rule.16 at no moment do two candidates say that they lead, and in the end each has led")
    void atMostOneLeads(long seed) throws Exception {
        SimulatedEnsemble ensemble = SimulatedEnsemble.of(5).seed(seed);
        Doors doors = new Doors(ensemble);
        List<LeaderElection> elections = new ArrayList<>();
        Ledger ledger = new Ledger(seed);
        SimulatedEnsemble.Actor candidate = () -> {
            while (ensemble.elapsed().compareTo(STORM) < 0 || !lead(ensemble, doors, elections)) {
                lead(ensemble, doors, elections);
            }
        };
        ensemble.leader();
        ensemble.beginStorm();
        ensemble.run(candidate, candidate, candidate, weather(ensemble, () ->
                ledger.check(elections.stream().flatMap(each -> each.current().stream()).map(Leadership::fencingToken).toList())));
        assertThat(ledger.tokens).as("seed %s: changes of leadership", seed).hasSizeGreaterThan(3);
    }

    /** Is a candidate on a session of its own, until it has led for a while or the session is over. */
    private static boolean lead(SimulatedEnsemble ensemble, Doors doors, List<LeaderElection> elections) {
        try (Session session = doors.open();
                LeaderElection election = LeaderElection.join(session, PATH, Bytes.EMPTY)) {
            elections.add(election);
            session.await(election.leadership());
            ensemble.advance(Duration.ofSeconds(3));
            return true;
        } catch (CoordException | IllegalStateException mishap) {
            ensemble.advance(Duration.ofMillis(200));
            return false;
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
    @DisplayName("rule.16 at no moment do two say that they hold the lock, and each gets it in the end")
    void atMostOneHoldsTheLock(long seed) throws Exception {
        SimulatedEnsemble ensemble = SimulatedEnsemble.of(5).seed(seed);
        Doors doors = new Doors(ensemble);
        List<Hold> holds = new ArrayList<>();
        Ledger ledger = new Ledger(seed);
        SimulatedEnsemble.Actor worker = () -> {
            while (ensemble.elapsed().compareTo(STORM) < 0 || !work(ensemble, doors, holds)) {
                work(ensemble, doors, holds);
            }
        };
        ensemble.leader();
        ensemble.beginStorm();
        ensemble.run(worker, worker, worker, weather(ensemble, () ->
                ledger.check(holds.stream().filter(Hold::isHeld).map(Hold::fencingToken).toList())));
        assertThat(ledger.tokens).as("seed %s: holds", seed).hasSizeGreaterThan(3);
    }

    private static boolean work(SimulatedEnsemble ensemble, Doors doors, List<Hold> holds) throws InterruptedException {
        try (Session session = doors.open();
                Hold hold = DistributedLock.at(session, PATH).acquire()) {
            holds.add(hold);
            ensemble.advance(Duration.ofSeconds(1));
            return true;
        } catch (CoordException | IllegalStateException mishap) {
            ensemble.advance(Duration.ofMillis(200));
            return false;
        }
    }

    /** Looks every few milliseconds, ends the storm in time, and goes on looking for a while. */
    private static SimulatedEnsemble.Actor weather(SimulatedEnsemble ensemble, Runnable look) {
        return () -> {
            while (ensemble.elapsed().compareTo(STORM) < 0) {
                ensemble.advance(Duration.ofMillis(20));
                look.run();
            }
            ensemble.endStorm();
            for (int i = 0; i < 1_000; i++) {
                ensemble.advance(Duration.ofMillis(20));
                look.run();
            }
        };
    }

    /** Who claimed something, and with which token. */
    private static final class Ledger {
        private final long seed;
        private final TreeSet<Long> tokens = new TreeSet<>();

        Ledger(long seed) {
            this.seed = seed;
        }

        void check(List<Long> present) {
            assertThat(present.size()).as("seed %s: claims at once: %s", seed, present).isLessThanOrEqualTo(1);
            if (!present.isEmpty() && !tokens.isEmpty()) {
                assertThat(present.get(0)).as("seed %s: a token after %s", seed, tokens).isGreaterThanOrEqualTo(tokens.last());
            }
            tokens.addAll(present);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6})
    void mirrorsAgreeWithTheTreeWhenItIsOver(long seed) {
        SimulatedEnsemble ensemble = SimulatedEnsemble.of(3).seed(seed);
        SessionOptions patient = SessionOptions.of(Duration.ofMinutes(1));
        Session one = ensemble.openSession(patient);
        Session two = ensemble.openSession(patient);
        Membership members = Membership.join(one, PATH, "a", Bytes.utf8("of a"));
        ConfigCache cache = ConfigCache.subtree(two, PATH);
        ensemble.beginStorm();
        int[] round = {0};
        Duration end = ensemble.elapsed().plus(STORM);
        ensemble.runUntil(() -> {
            if (ensemble.elapsed().toMillis() / 250 > round[0]) {
                round[0] = (int) (ensemble.elapsed().toMillis() / 250);
                change(two, PATH.child("n" + round[0] % 3), round[0]);
            }
            return ensemble.elapsed().compareTo(end) >= 0;
        }, LONG);
        ensemble.endStorm();
        assertThat(one.state().isOver() || two.state().isOver()).as("seed %s: a session is over", seed).isFalse();
        ensemble.runUntil(() -> one.state() == SessionState.CONNECTED
                && two.state() == SessionState.CONNECTED, LONG);
        one.create(PATH.child("end"), Bytes.EMPTY, CreateMode.PERSISTENT);
        ensemble.runUntil(() -> members.members().containsKey("end") && cache.find(PATH.child("end")).isPresent(), LONG);

        one.sync(PATH);
        assertThat(members.members().keySet()).as("seed %s", seed).isEqualTo(new TreeSet<>(one.getChildren(PATH)));
        for (String name : members.members().keySet()) {
            assertThat(members.members().get(name)).as("seed %s", seed).isEqualTo(one.getData(PATH.child(name)).data());
            assertThat(cache.find(PATH.child(name)).orElseThrow().stat())
                    .as("seed %s: %s", seed, name)
                    .isEqualTo(one.exists(PATH.child(name)).orElseThrow());
        }
        assertThat(members.isMember()).isTrue();
    }

    /** Without waiting, as it is asked in the midst of the simulation. */
    private static void change(Session session, NodePath path, int round) {
        switch (round % 5) {
            case 0 -> session.async().delete(path);
            case 1, 2 -> session.async().setData(path, Bytes.utf8("set " + round));
            default -> session.async().create(path, Bytes.utf8("created " + round), CreateMode.PERSISTENT);
        }
    }
}

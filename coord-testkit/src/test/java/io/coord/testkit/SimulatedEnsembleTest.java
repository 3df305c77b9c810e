package io.coord.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.coord.Bytes;
import io.coord.CoordException;
import io.coord.CreateMode;
import io.coord.MemberConfig;
import io.coord.MemberId;
import io.coord.Node;
import io.coord.NodePath;
import io.coord.Operation;
import io.coord.Outcome;
import io.coord.OutcomeUnknownException;
import io.coord.ReadMode;
import io.coord.Registration;
import io.coord.Session;
import io.coord.SessionEndedException;
import io.coord.SessionState;
import io.coord.UnavailableException;
import io.coord.WatchEvent;
import io.coord.WatchKind;
import io.coord.WatchMode;
import io.coord.recipes.DistributedLock;
import io.coord.runtime.DoorLimits;
import io.coord.runtime.LocalSession;
import io.coord.runtime.SessionHome;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** User code on virtual time. */
class SimulatedEnsembleTest {

    private static final Duration TEN_SECONDS = Duration.ofSeconds(10);
    private static final NodePath BROKER_1 = NodePath.of("/broker-1");
    private static final NodePath COUNTER = NodePath.of("/counter");

    private final SimulatedEnsemble ensemble = SimulatedEnsemble.of(3);

    @Test
    void anEphemeralSurvivesALeaderCrashButNotItsOwnersSilence() {
        MemberId home = ensemble.anyFollower();
        Session owner = ensemble.openSession(home, TEN_SECONDS);
        owner.create(BROKER_1, Bytes.EMPTY, CreateMode.EPHEMERAL);

        ensemble.crash(ensemble.leader());
        ensemble.restartAll();
        assertThat(owner.exists(BROKER_1)).isPresent();

        ensemble.isolate(home);
        ensemble.advance(TEN_SECONDS.multipliedBy(2));
        assertThat(ensemble.openSession(ensemble.leader(), TEN_SECONDS).exists(BROKER_1)).isEmpty();
    }

    @Test
    void aSessionOfAMemberEndsWithIt() {
        MemberId home = ensemble.anyFollower();
        Session session = ensemble.openSession(home, TEN_SECONDS);

        ensemble.crash(home);
        ensemble.advance(Duration.ofMillis(1));

        assertThat(session.state()).isEqualTo(SessionState.EXPIRED);
        assertThatThrownBy(() -> session.create(BROKER_1, null, CreateMode.PERSISTENT))
                .isInstanceOf(SessionEndedException.class);
    }

    @Test
    void aMovingSessionGoesOnThroughACrashOfEveryMemberInTurn() {
        Session session = ensemble.openSession();
        session.create(COUNTER, Bytes.utf8("0"), CreateMode.EPHEMERAL);
        long id = session.id();

        for (MemberId member : ensemble.members()) {
            ensemble.crash(member);
            session.setData(COUNTER, Bytes.utf8("after " + member));
            ensemble.restart(member);
            ensemble.advance(Duration.ofSeconds(2));
        }

        assertThat(session.id()).isEqualTo(id);
        assertThat(session.getData(COUNTER, ReadMode.LINEARIZABLE).text()).isEqualTo("after 3");
        assertThat(session.getData(COUNTER).stat().version()).isEqualTo(3);
    }

    @Test
    void whatIsAcknowledgedOutlivesAPowerCutOfAllMembers() {
        Session session = ensemble.openSession();
        session.create(COUNTER, Bytes.utf8("kept"), CreateMode.PERSISTENT);

        ensemble.members().forEach(ensemble::crash);
        ensemble.restartAll();

        assertThat(session.getData(COUNTER).text()).isEqualTo("kept");
    }

    @Test
    void watchesAreHeardInOrder() {
        Session watcher = ensemble.openSession(ensemble.anyFollower(), TEN_SECONDS);
        Session writer = ensemble.openSession(ensemble.leader(), TEN_SECONDS);
        List<WatchEvent.Type> heard = new ArrayList<>();
        watcher.addWatch(COUNTER, WatchMode.PERSISTENT_RECURSIVE, event -> heard.add(event.type()));

        writer.create(COUNTER, null, CreateMode.PERSISTENT);
        writer.setData(COUNTER, Bytes.utf8("1"));
        writer.delete(COUNTER);
        ensemble.runUntil(() -> heard.size() == 3, TEN_SECONDS);

        assertThat(heard)
                .containsExactly(WatchEvent.Type.CREATED, WatchEvent.Type.DATA_CHANGED, WatchEvent.Type.DELETED);
    }

    /** Every moment of the move is one at which it may read on its own thread for the first time. */
    @Test
    @DisplayName("rule.3 what a session's watches missed while it moved is told before the session reads from the new member's root")
    void whatWasMissedIsHeardBeforeItIsRead() {
        Session watcher = ensemble.openSession();
        LocalSession moving = (LocalSession) watcher.async();
        MemberId home = moving.home().orElseThrow().member();
        watcher.create(COUNTER, Bytes.utf8("0"), CreateMode.PERSISTENT);
        List<WatchEvent.Type> heard = new ArrayList<>();
        watcher.addWatch(COUNTER, WatchMode.PERSISTENT, event -> heard.add(event.type()));
        Operation.GetData read = new Operation.GetData(COUNTER.value());
        List<WatchEvent.Type> heardBefore = new ArrayList<>();

        ensemble.isolate(home);
        ensemble.openSession(ensemble.leader(), TEN_SECONDS).setData(COUNTER, Bytes.utf8("1"));
        ensemble.crash(home);
        ensemble.runUntil(() -> isSeen("1", moving.readNow(read)), TEN_SECONDS);
        watcher.await(moving.submit(read).thenAccept(node -> heardBefore.addAll(heard)));

        assertThat(heardBefore).containsExactly(WatchEvent.Type.DATA_CHANGED);
    }

    @Test
    void aSessionWithAsManyUnansweredRequestsAsItMayHaveCanBeClosed() {
        SimulatedEnsemble small = ensemble.config(MemberConfig.DEFAULT.withMaxOutstanding(10, 10));
        Session session = small.openSession();
        session.create(BROKER_1, null, CreateMode.EPHEMERAL);
        for (int i = 0; i < 10; i++) {
            session.async().setData(BROKER_1, null);
        }

        session.close();

        assertThat(session.state()).isEqualTo(SessionState.CLOSED);
        assertThat(small.openSession().submit(new Operation.Exists(BROKER_1.value()), ReadMode.LINEARIZABLE)).isEmpty();
    }

    @Test
    void aRegistrationClosedTwiceEndsNoOther() {
        Session session = ensemble.openSession();
        List<WatchEvent.Type> heard = new ArrayList<>();
        Consumer<WatchEvent> listener = event -> heard.add(event.type());
        Registration first = session.addWatch(COUNTER, WatchMode.PERSISTENT, listener);
        session.addWatch(COUNTER, WatchMode.PERSISTENT, listener);
        first.close();
        first.close();

        session.create(COUNTER, null, CreateMode.PERSISTENT);

        assertThat(heard).containsExactly(WatchEvent.Type.CREATED);
    }

    @Test
    void aRegistrationThatIsClosedTakesNoWatchFromOneThatIsOnItsWay() {
        Session session = ensemble.openSession();
        List<WatchEvent.Type> heard = new ArrayList<>();
        Registration first = session.addWatch(COUNTER, WatchMode.PERSISTENT, event -> {});
        CompletionStage<Registration> second =
                session.async().addWatch(COUNTER, WatchMode.PERSISTENT, event -> heard.add(event.type()));
        first.close();
        session.await(second);

        session.create(COUNTER, null, CreateMode.PERSISTENT);

        assertThat(heard).containsExactly(WatchEvent.Type.CREATED);
    }

    /** It would be heard of for ever: whoever was told that it failed has no registration to close. */
    @Test
    void aWatchWhoseCallerWasToldThatItFailedIsNotHeardOfWhenItIsAnsweredLate() {
        MemberId leader = ensemble.leader();
        List<MemberId> others = ensemble.members().stream().filter(id -> !id.equals(leader)).toList();
        Session session = ensemble.openSession(leader, Duration.ofMinutes(1));
        List<WatchEvent.Type> heard = new ArrayList<>();
        others.forEach(ensemble::crash);
        session.async().sync(COUNTER);
        assertThatThrownBy(() -> session.addWatch(COUNTER, WatchMode.PERSISTENT, event -> heard.add(event.type())))
                .isInstanceOf(UnavailableException.class);
        assertThatThrownBy(() -> session.exists(COUNTER, event -> heard.add(event.type()))).isInstanceOf(UnavailableException.class);

        others.forEach(ensemble::restart);
        ensemble.advance(TEN_SECONDS);
        session.create(COUNTER, null, CreateMode.PERSISTENT);

        assertThat(heard).isEmpty();
        assertThatThrownBy(() -> session.removeWatches(COUNTER, WatchKind.PERSISTENT)).hasMessageContaining("NO_WATCHER");
    }

    @Test
    @DisplayName("rule.28 a change made while a session moved is told once to those who stay, whatever others watch")
    void whatWatchesOfSeveralKindsMissedIsHeardOnce() {
        Session watcher = ensemble.openSession();
        MemberId home = ((LocalSession) watcher.async()).home().orElseThrow().member();
        Session writer = ensemble.openSession(ensemble.members().stream().filter(id -> !id.equals(home)).findFirst().orElseThrow(), TEN_SECONDS);
        writer.create(COUNTER, null, CreateMode.PERSISTENT);
        writer.create(BROKER_1, null, CreateMode.PERSISTENT);
        List<WatchEvent> once = new ArrayList<>();
        List<WatchEvent> always = new ArrayList<>();
        watcher.getData(BROKER_1, once::add);
        watcher.getData(COUNTER, once::add);
        watcher.addWatch(NodePath.of("/"), WatchMode.PERSISTENT_RECURSIVE, always::add);

        ensemble.isolate(home);
        List<Long> zxids = new ArrayList<>();
        zxids.add(writer.setData(COUNTER, Bytes.utf8("1")).mzxid());
        zxids.add(writer.setData(BROKER_1, Bytes.utf8("1")).mzxid());
        zxids.add(writer.setData(COUNTER, Bytes.utf8("2")).mzxid());
        ensemble.crash(home);
        watcher.sync(COUNTER);

        assertThat(always).extracting(WatchEvent::zxid).containsExactlyElementsOf(zxids);
        assertThat(once).extracting(WatchEvent::path).containsExactlyInAnyOrder(COUNTER.value(), BROKER_1.value());
    }

    /**
     * It finds itself out of time only after it has applied what is committed meanwhile, and the session leaves it within that turn. At some
     * of these moments it has the change already, and does not know yet that it is committed.
     */
    @Test
    @DisplayName("rule.28 what a member told in the turn in which it lost the session is not told again by the next")
    void whatWasToldLastIsNotToldAgain() {
        for (int moment = 0; moment < 40; moment++) {
            List<WatchEvent.Type> heard = whatIsHeardIfTheMemberIsPaused(SimulatedEnsemble.of(3), Duration.ofNanos(moment * 50_000L));
            assertThat(heard).as("moment %d", moment).containsExactly(WatchEvent.Type.CREATED);
        }
    }

    private static List<WatchEvent.Type> whatIsHeardIfTheMemberIsPaused(SimulatedEnsemble ensemble, Duration afterTheWrite) {
        MemberId leader = ensemble.leader();
        List<MemberId> others = ensemble.members().stream().filter(id -> !id.equals(leader)).toList();
        SessionHome first = homeOf(ensemble.openSession(others.get(0), TEN_SECONDS));
        SessionHome next = homeOf(ensemble.openSession(others.get(1), TEN_SECONDS));
        Session writer = ensemble.openSession(leader, TEN_SECONDS);
        LocalSession.Setup setup = new LocalSession.Setup(
                10_000, Bytes.wrap(new byte[16]), List.of(), DoorLimits.of(MemberConfig.DEFAULT), Runnable::run, thrown -> {});
        LocalSession moving = new LocalSession(setup, (session, reason) -> session.moveTo(next));
        moving.open(first);
        List<WatchEvent.Type> heard = new ArrayList<>();
        writer.await(moving.addWatch(COUNTER, WatchMode.PERSISTENT, event -> heard.add(event.type())));

        CompletionStage<Outcome.Created> written = writer.async().create(COUNTER, null, CreateMode.PERSISTENT);
        ensemble.advance(afterTheWrite);
        ensemble.pause(first.member(), Duration.ofSeconds(8));
        writer.await(written);
        ensemble.runUntil(() -> moving.home().orElseThrow() == next && moving.state() == SessionState.CONNECTED, TEN_SECONDS);
        writer.await(moving.sync(COUNTER));
        return heard;
    }

    private static SessionHome homeOf(Session session) {
        return ((LocalSession) session.async()).home().orElseThrow();
    }

    @Test
    void aRegistrationClosedWhereNothingMoreMayBeAskedLeavesNoWatchBehind() {
        SimulatedEnsemble small = ensemble.config(MemberConfig.DEFAULT.withMaxOutstanding(10, 10));
        Session session = small.openSession();
        Registration watch = session.addWatch(COUNTER, WatchMode.PERSISTENT, event -> {});
        for (int i = 0; i < 10; i++) {
            session.async().setData(COUNTER, null);
        }
        watch.close();
        small.advance(TEN_SECONDS);

        assertThatThrownBy(() -> session.removeWatches(COUNTER, WatchKind.PERSISTENT)).hasMessageContaining("NO_WATCHER");
    }

    /** Only of what has certainly no effect may it be said that nothing was done. */
    @Test
    void whatMayStillTakeEffectIsOfUnknownOutcomeWhenItTakesTooLong() {
        MemberId leader = ensemble.leader();
        List<MemberId> others = ensemble.members().stream().filter(id -> !id.equals(leader)).toList();
        Session session = ensemble.openSession(leader, Duration.ofMinutes(1));
        session.addWatch(COUNTER, WatchMode.PERSISTENT, event -> {});
        others.forEach(ensemble::crash);
        session.async().sync(COUNTER);
        CompletionStage<?> removed = session.async().removeWatches(COUNTER, WatchKind.PERSISTENT);
        CompletionStage<?> identified = session.async().addAuth("digest", Bytes.utf8("ben:secret"));

        assertThatThrownBy(() -> session.await(removed)).isInstanceOf(OutcomeUnknownException.class);
        assertThatThrownBy(() -> session.await(identified)).isInstanceOf(OutcomeUnknownException.class);

        others.forEach(ensemble::restart);
        ensemble.advance(TEN_SECONDS);
        assertThatThrownBy(() -> session.removeWatches(COUNTER, WatchKind.PERSISTENT)).hasMessageContaining("NO_WATCHER");
        assertThat(session.submit(new Operation.WhoAmI())).extracting(identity -> identity.scheme()).contains("digest");
    }

    private static boolean isSeen(String text, @Nullable Node node) {
        return node != null && text.equals(node.text());
    }

    @Test
    void anIsolatedLeaderIsReplacedAndLearnsItWhenTheNetworkIsMended() {
        MemberId before = ensemble.leader();

        ensemble.isolate(before);
        ensemble.advance(Duration.ofSeconds(3));
        MemberId after = ensemble.leader();
        ensemble.heal();
        ensemble.advance(Duration.ofSeconds(3));

        assertThat(after).isNotEqualTo(before);
        assertThat(ensemble.leader()).isEqualTo(after);
    }

    @Test
    void leadershipGoesWhereItIsAskedTo() {
        MemberId wanted = ensemble.anyFollower();

        assertThat(ensemble.transferLeadership(wanted)).isTrue();
        ensemble.advance(Duration.ofSeconds(1));

        assertThat(ensemble.leader()).isEqualTo(wanted);
    }

    @Test
    void leadershipDoesNotGoToTheDead() {
        SimulatedEnsemble five = SimulatedEnsemble.of(5);
        MemberId before = five.leader();
        five.crash(five.anyFollower()); // the first of those with equal logs
        five.advance(Duration.ofSeconds(3));

        assertThat(five.transferLeadership()).isTrue();
        five.advance(Duration.ofMillis(500));

        assertThat(five.leader()).isNotEqualTo(before);
    }

    /** To a leader that was held up itself all others were silent. */
    @Test
    void aLeaderThatWasHeldUpFindsASuccessor() {
        SimulatedEnsemble three = SimulatedEnsemble.of(3);
        three.pause(three.leader(), Duration.ofMillis(400));

        assertThat(three.transferLeadership()).isTrue();
    }

    @Test
    void anExpiredSessionIsToldSo() {
        Session session = ensemble.openSession(ensemble.anyFollower(), TEN_SECONDS);
        session.create(BROKER_1, null, CreateMode.EPHEMERAL);

        ensemble.expire(session);
        ensemble.runUntil(() -> session.state() == SessionState.EXPIRED, TEN_SECONDS);

        assertThat(ensemble.openSession().exists(BROKER_1)).isEmpty();
    }

    @Test
    @Timeout(60)
    void anHourPassesInNoTime() {
        Session session = ensemble.openSession();
        session.create(BROKER_1, null, CreateMode.EPHEMERAL);

        ensemble.advance(Duration.ofHours(1));

        assertThat(session.exists(BROKER_1)).isPresent();
        assertThat(ensemble.elapsed()).isGreaterThanOrEqualTo(Duration.ofHours(1));
    }

    // ---- rule.30

    @Test
    @DisplayName("rule.30 a blocking call in a listener is refused, and whoever drives the simulation is told")
    void aListenerMayNotBlock() {
        Session session = ensemble.openSession();
        session.exists(COUNTER, event -> session.sync(COUNTER));

        assertThatThrownBy(() -> {
                    session.create(COUNTER, null, CreateMode.PERSISTENT);
                    ensemble.advance(TEN_SECONDS);
                })
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("a listener or dependent failed, with seed 1")
                .rootCause()
                .hasMessageContaining("blocking call within the simulation");
    }

    @Test
    @DisplayName("rule.30 a listener may not drive the simulation that drives it")
    void drivingIsNotNested() {
        Session session = ensemble.openSession();
        session.exists(COUNTER, event -> ensemble.advance(TEN_SECONDS));

        assertThatThrownBy(() -> {
                    session.create(COUNTER, null, CreateMode.PERSISTENT);
                    ensemble.advance(TEN_SECONDS);
                })
                .rootCause()
                .hasMessageContaining("within the simulation");
    }

    @Test
    @DisplayName("rule.30 a wait that never ends is ended after a bound of virtual time, and names what it waited for")
    void aWaitInVainEnds() {
        Session session = ensemble.openSession();

        assertThatThrownBy(() -> session.await(new CompletableFuture<>()))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("waited 600 s of virtual time in vain for an answer to session 0x"
                        + Long.toHexString(session.id()))
                .hasMessageContaining("seed 1");
    }

    @Test
    void withoutAMajorityAWriteFailsInTimeAndSaysSo() {
        Session session = ensemble.openSession(ensemble.leader(), TEN_SECONDS);
        MemberId leader = ensemble.leader();
        ensemble.members().stream().filter(id -> !id.equals(leader)).forEach(ensemble::crash);

        assertThatThrownBy(() -> session.getData(COUNTER, ReadMode.LINEARIZABLE)).isInstanceOf(UnavailableException.class);
    }

    // ---- determinism

    private static long digestOf(long seed) {
        SimulatedEnsemble ensemble = SimulatedEnsemble.of(5).seed(seed);
        Session session = ensemble.openSession();
        session.create(COUNTER, null, CreateMode.PERSISTENT);
        ensemble.beginStorm();
        for (int i = 0; i < 20; i++) {
            session.async().setData(COUNTER, Bytes.utf8("value " + i));
            ensemble.advance(Duration.ofMillis(500));
        }
        ensemble.endStorm();
        ensemble.advance(TEN_SECONDS);
        return ensemble.traceDigest();
    }

    @Test
    void theSameSeedGivesTheSameRunAndAnotherSeedAnother() {
        assertThat(digestOf(7)).isEqualTo(digestOf(7));
        assertThat(digestOf(7)).isNotEqualTo(digestOf(8));
    }

    // ---- actors

    @Test
    @DisplayName("rule.30 actors block beside each other, and a lock keeps them apart while leaders crash")
    void actorsExcludeEachOtherByALock() throws Exception {
        for (long seed = 1; seed <= 5; seed++) {
            SimulatedEnsemble shaken = SimulatedEnsemble.of(3).seed(seed);
            Session setup = shaken.openSession();
            setup.create(COUNTER, Bytes.utf8("0"), CreateMode.PERSISTENT);

            shaken.run(incrementing(shaken), incrementing(shaken), incrementing(shaken), () -> {
                for (int i = 0; i < 3; i++) {
                    shaken.advance(Duration.ofMillis(300));
                    MemberId leader = shaken.leader();
                    shaken.crash(leader);
                    shaken.advance(Duration.ofMillis(700));
                    shaken.restart(leader);
                }
            });

            setup.sync(COUNTER);
            assertThat(setup.getData(COUNTER).text()).as("seed %d", seed).isEqualTo("30");
        }
    }

    @Test
    void withoutALockActorsOverwriteEachOther() throws Exception {
        Session setup = ensemble.openSession();
        setup.create(COUNTER, Bytes.utf8("0"), CreateMode.PERSISTENT);
        Session one = ensemble.openSession();
        Session other = ensemble.openSession();

        ensemble.run(() -> increment(one), () -> increment(other));

        assertThat(setup.getData(COUNTER, ReadMode.LINEARIZABLE).text()).isEqualTo("1");
    }

    @Test
    void whatAnActorThrowsEndsTheOthersAndIsThrown() {
        IllegalArgumentException thrown = new IllegalArgumentException("of the actor's own");

        assertThatThrownBy(() -> ensemble.run(
                        () -> ensemble.advance(TEN_SECONDS),
                        () -> {
                            ensemble.advance(Duration.ofSeconds(1));
                            throw thrown;
                        }))
                .isSameAs(thrown);
        assertThat(ensemble.elapsed()).isLessThan(TEN_SECONDS);
    }

    /** As under a storm: whatever fails is asked again, until the other has seen enough. */
    @Test
    @Timeout(30)
    void anActorThatGoesOnTryingDoesNotHideThatAnotherHasFailed() {
        AssertionError thrown = new AssertionError("of the actor's own");
        AtomicBoolean isEnough = new AtomicBoolean();
        Set<CoordException> failures = new HashSet<>();

        assertThatThrownBy(() -> ensemble.run(
                        () -> {
                            try (Session session = ensemble.openSession()) {
                                while (!isEnough.get()) {
                                    try {
                                        session.setData(COUNTER, Bytes.EMPTY);
                                    } catch (CoordException e) {
                                        failures.add(e); // again
                                    }
                                }
                            }
                        },
                        () -> {
                            ensemble.advance(Duration.ofSeconds(1));
                            if (!failures.isEmpty()) {
                                throw thrown;
                            }
                            isEnough.set(true);
                        }))
                .isSameAs(thrown);
    }

    /** Reads, and writes what it read plus one, ten times: only a lock makes that right. */
    private static SimulatedEnsemble.Actor incrementing(SimulatedEnsemble ensemble) {
        return () -> {
            Session session = ensemble.openSession();
            DistributedLock lock = DistributedLock.at(session, NodePath.of("/lock"));
            for (int i = 0; i < 10; i++) {
                DistributedLock.Hold hold = lock.acquire();
                increment(session);
                hold.close();
            }
        };
    }

    private static void increment(Session session) {
        int before = Integer.parseInt(session.getData(COUNTER, ReadMode.LINEARIZABLE).text());
        session.setData(COUNTER, Bytes.utf8(Integer.toString(before + 1)));
    }
}

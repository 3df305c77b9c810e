package io.coord.testkit;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.coord.Acl;
import io.coord.Bytes;
import io.coord.ConfigException;
import io.coord.CoordException;
import io.coord.CreateMode;
import io.coord.Identity;
import io.coord.MemberConfig;
import io.coord.MemberId;
import io.coord.MemberStatus;
import io.coord.NodePath;
import io.coord.Operation;
import io.coord.Outcome;
import io.coord.OutcomeUnknownException;
import io.coord.ReadMode;
import io.coord.Session;
import io.coord.SessionEndedException;
import io.coord.SessionEvent;
import io.coord.SessionState;
import io.coord.Stat;
import io.coord.UnavailableException;
import io.coord.WatchKind;
import io.coord.WatchMode;
import io.coord.ensemble.SessionOptions;
import io.coord.ensemble.spi.FrontEnd;
import io.coord.ensemble.spi.SessionPort;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** An ensemble of real members in this JVM: what it promises its users. */
@Timeout(60)
class LocalEnsembleTest {

    private static final NodePath A = NodePath.of("/a");
    private static final Duration TEN_SECONDS = Duration.ofSeconds(10);

    private static Bytes text(String text) {
        return Bytes.utf8(text);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3, 5, 7})
    void whatOneMemberWasToldEveryMemberShows(int size) {
        try (LocalEnsemble ensemble = LocalEnsemble.of(size);
                Session writer = ensemble.openSession()) {
            writer.create(A, text("hello"), CreateMode.PERSISTENT);
            for (MemberId member : ensemble.members()) {
                try (Session reader = ensemble.openSession(member, TEN_SECONDS)) {
                    assertThat(reader.submit(new io.coord.Operation.GetData("/a"), ReadMode.LINEARIZABLE).data())
                            .isEqualTo(text("hello"));
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 4, 6})
    void anEvenNumberOfMembersIsRefusedWithTheReason(int size) {
        assertThatThrownBy(() -> LocalEnsemble.of(size))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("COORD-1002")
                .hasMessageContaining("ensemble of " + size);
    }

    @Test
    void aTestGetsAnEnsembleOfItsOwn(
            @Coord(members = 5, config = "requestTimeout=7s") LocalEnsemble five, @Coord LocalEnsemble three) {
        assertThat(five.members()).hasSize(5);
        assertThat(three.members()).hasSize(3);
        five.openSession().create(A, text("five"), CreateMode.PERSISTENT);
        assertThat(three.openSession().exists(A)).isEmpty();
    }

    // ---- faults

    @Test
    void anotherMemberLeadsWhenTheLeaderDiesAndNothingAcknowledgedIsLost(@Coord LocalEnsemble ensemble) {
        Session session = ensemble.openSession();
        session.create(A, text("kept"), CreateMode.PERSISTENT);
        MemberId first = ensemble.leader();
        ensemble.kill(first);
        MemberId second = ensemble.leader();
        assertThat(second).isNotEqualTo(first);
        assertThat(session.getData(A).text()).isEqualTo("kept");
        ensemble.restart(first);
        assertThat(ensemble.openSession(first, TEN_SECONDS).getData(A).text()).isEqualTo("kept");
    }

    @Test
    void memberByMemberTheWholeEnsembleMayBeReplacedUnderAMovingSession(@Coord LocalEnsemble ensemble) {
        Session session = ensemble.openSession();
        session.create(A, Bytes.EMPTY, CreateMode.EPHEMERAL);
        for (MemberId member : ensemble.members()) {
            ensemble.kill(member);
            session.setData(A, text("without " + member));
            ensemble.restart(member);
        }
        assertThat(session.getData(A).text()).isEqualTo("without 3");
        assertThat(session.state()).isEqualTo(SessionState.CONNECTED);
    }

    @Test
    void filesOutliveTheirMembers(@TempDir Path directory) {
        long zxid;
        try (LocalEnsemble ensemble = LocalEnsemble.builder().fileStorage(directory).start();
                Session session = ensemble.openSession()) {
            zxid = session.create(A, text("kept"), CreateMode.PERSISTENT).stat().czxid();
            ensemble.members().forEach(ensemble::kill);
            ensemble.restartAll();
            assertThat(session.getData(A).text()).isEqualTo("kept");
        }
        try (LocalEnsemble ensemble = LocalEnsemble.builder().fileStorage(directory).start();
                Session session = ensemble.openSession()) {
            assertThat(session.getData(A).stat().czxid()).isEqualTo(zxid);
            assertThat(session.exists(A)).get().extracting(Stat::czxid).isEqualTo(zxid);
        }
    }

    @Test
    void memoryOutlivesAKillToo(@Coord LocalEnsemble ensemble) {
        Session session = ensemble.openSession();
        session.create(A, text("kept"), CreateMode.PERSISTENT);
        ensemble.members().forEach(ensemble::kill);
        ensemble.restartAll();
        assertThat(session.getData(A).text()).isEqualTo("kept");
    }

    @Test
    void aMinorityDecidesNothingAndSaysWhyWhileTheMajorityGoesOn(
            @Coord(config = {"requestTimeout=300ms", "electionTimeout=100ms", "heartbeat=20ms"}) LocalEnsemble ensemble) {
        MemberId cut = ensemble.leader();
        Session behind = ensemble.openSession(cut, Duration.ofMinutes(1));
        behind.create(A, Bytes.EMPTY, CreateMode.PERSISTENT);
        ensemble.isolate(cut);
        MemberId leader = ensemble.leader();
        assertThat(leader).isNotEqualTo(cut);

        CompletionStage<Outcome.Created> unanswered = behind.async().create(A.child("cut"), null, CreateMode.PERSISTENT);
        assertThatThrownBy(() -> behind.await(unanswered))
                .isInstanceOf(OutcomeUnknownException.class)
                .hasMessageContaining("COORD-1001")
                .hasMessageContaining("1 of 3 voters answer")
                .hasMessageContaining("member-" + leader + ":7100");
        Session majority = ensemble.openSession(leader, TEN_SECONDS);
        majority.create(A.child("majority"), null, CreateMode.PERSISTENT);

        ensemble.heal();
        // What is asked behind the unanswered write is answered behind it.
        assertThat(patiently(() -> behind.submit(new io.coord.Operation.GetChildren("/a"), ReadMode.LINEARIZABLE)).names())
                .containsExactlyInAnyOrder("cut", "majority");
    }

    /** Asks again while the answer takes longer than the short timeout of the test. */
    private static <R> R patiently(Supplier<R> question) {
        while (true) {
            try {
                return question.get();
            } catch (UnavailableException late) {
                assertThat(late).hasMessageContaining("no answer for");
            }
        }
    }

    @Test
    void withoutAQuorumNoSessionOpensAndTheMessageNamesTheSilentMembers(
            @Coord(config = "requestTimeout=200ms") LocalEnsemble ensemble) {
        ensemble.leader();
        ensemble.kill(MemberId.of(2));
        ensemble.kill(MemberId.of(3));
        ensemble.kill(MemberId.of(1));
        ensemble.restart(MemberId.of(1));
        assertThatThrownBy(() -> ensemble.openSession(MemberId.of(1), TEN_SECONDS))
                .isInstanceOf(UnavailableException.class)
                .hasMessageContaining("COORD-1001 no quorum: 1 of 3 voters answer")
                .hasMessageContaining("member 2 at member-2:7100 (never heard of)");
    }

    @Test
    void aPausedLeaderIsReplacedAndFollowsWhenItComesBack(@Coord LocalEnsemble ensemble) {
        MemberId paused = ensemble.leader();
        MemberId other = ensemble.anyFollower();
        Session session = ensemble.openSession(other, Duration.ofMinutes(1));
        ensemble.pause(paused);
        session.create(A, text("meanwhile"), CreateMode.PERSISTENT);
        MemberStatus status = statusOf(ensemble, other);
        assertThat(status.leader()).isPresent().get().isNotEqualTo(paused);
        ensemble.resume(paused);
        assertThat(ensemble.openSession(paused, TEN_SECONDS).getData(A).text()).isEqualTo("meanwhile");
        assertThat(ensemble.leader()).isNotEqualTo(paused);
    }

    private static MemberStatus statusOf(LocalEnsemble ensemble, MemberId member) {
        return ensemble.status().stream()
                .filter(status -> status.member().equals(member))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void leadershipMovesOnDemand(@Coord LocalEnsemble ensemble) {
        MemberId before = ensemble.leader();
        assertThat(ensemble.moveLeader()).isNotEqualTo(before);
    }

    @Test
    void whatCannotComeIsNotWaitedFor() {
        LocalEnsemble closed = LocalEnsemble.of(3);
        closed.close();
        assertThatThrownBy(closed::leader).isInstanceOf(IllegalStateException.class).hasMessageContaining("no member runs");
        assertThatThrownBy(closed::moveLeader).isInstanceOf(IllegalStateException.class).hasMessageContaining("no member runs");
        try (LocalEnsemble alone = LocalEnsemble.of(1)) {
            MemberId leader = alone.leader();
            assertThatThrownBy(alone::moveLeader).isInstanceOf(IllegalStateException.class).hasMessageContaining("the only voter");
            assertThat(alone.leader()).isEqualTo(leader);
        }
    }

    // ---- sessions

    @Test
    void anExpiredSessionHearsItAndItsEphemeralsAreGone(@Coord LocalEnsemble ensemble) throws Exception {
        Session session = ensemble.openSession();
        session.create(A, Bytes.EMPTY, CreateMode.EPHEMERAL);
        CompletableFuture<SessionEvent> end = new CompletableFuture<>();
        session.async().onEvent(end::complete);
        ensemble.expire(session);
        assertThat(end.get(10, SECONDS)).isInstanceOfSatisfying(SessionEvent.Expired.class, expired -> assertThat(expired.reason())
                .startsWith("COORD-1007 session 0x").contains("expired"));
        assertThat(session.state()).isEqualTo(SessionState.EXPIRED);
        assertThatThrownBy(() -> session.setData(A, Bytes.EMPTY)).isInstanceOf(SessionEndedException.class)
                .hasMessageStartingWith("COORD-1007 session 0x").hasMessageContaining("nothing of it for its timeout");
        assertThat(ensemble.openSession().exists(A)).isEmpty();
    }

    @Test
    @Timeout(value = 40, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void anOrderIsNotLeftWithALeaderThatIsPaused(@Coord LocalEnsemble ensemble) {
        Session session = ensemble.openSession(ensemble.anyFollower(), TEN_SECONDS);
        ensemble.pause(ensemble.leader());
        ensemble.expire(session);
        assertThatThrownBy(() -> session.setData(A, Bytes.EMPTY)).isInstanceOf(SessionEndedException.class);
    }

    @Test
    void whoDoesNotRunIsNotPaused(@Coord LocalEnsemble ensemble) {
        MemberId killed = ensemble.anyFollower();
        ensemble.kill(killed);
        assertThatThrownBy(() -> ensemble.pause(killed)).isInstanceOf(IllegalStateException.class).hasMessage("member " + killed + " does not run");
        ensemble.restart(killed);
    }

    @Test
    void whateverDoesNotCloseTheRestOfAnEnsembleIsClosed() {
        AtomicInteger closed = new AtomicInteger();
        LocalEnsemble ensemble = LocalEnsemble.builder()
                .frontEnd(member -> new FrontEnd() {
                    @Override
                    public void open(SessionPort port) {}

                    @Override
                    public void close() {
                        closed.incrementAndGet();
                        throw new IllegalArgumentException("of member " + member);
                    }
                })
                .start();
        Session session = ensemble.openSession(ensemble.leader(), TEN_SECONDS);

        assertThatThrownBy(ensemble::close).hasMessage("of member 1").satisfies(thrown -> assertThat(thrown.getSuppressed()).hasSize(2));

        assertThat(closed).hasValue(3);
        assertThat(session.state().isOver()).isTrue();
    }

    @Test
    void aSessionOfAMemberEndsWithItAndItsStagesAllComplete() throws Exception {
        LocalEnsemble ensemble = LocalEnsemble.of(3);
        MemberId home = ensemble.anyFollower();
        Session session = ensemble.openSession(home, TEN_SECONDS);
        CompletableFuture<SessionEvent> end = new CompletableFuture<>();
        session.async().onEvent(end::complete);
        ensemble.isolate(home);
        List<CompletionStage<?>> asked = List.of(
                session.async().create(A, null, CreateMode.PERSISTENT),
                session.async().sync(A),
                session.async().getData(A, event -> {}));
        ensemble.close();
        assertThat(end.get(10, SECONDS)).isInstanceOf(SessionEvent.Expired.class);
        for (CompletionStage<?> stage : asked) {
            assertThatThrownBy(() -> stage.toCompletableFuture().join())
                    .isInstanceOf(CompletionException.class)
                    .hasCauseInstanceOf(CoordException.class);
        }
        assertThatThrownBy(() -> session.getData(A)).isInstanceOf(SessionEndedException.class);
    }

    @Test
    void closingAnEnsembleEndsMovingSessionsThatHaveNowhereToGo() throws Exception {
        LocalEnsemble ensemble = LocalEnsemble.of(3);
        Session session = ensemble.openSession();
        CompletableFuture<SessionEvent> end = new CompletableFuture<>();
        session.async().onEvent(event -> {
            if (event.state().isOver()) {
                end.complete(event);
            }
        });
        ensemble.members().forEach(ensemble::kill);
        CompletionStage<Outcome.Created> homeless = session.async().create(A, null, CreateMode.PERSISTENT);
        ensemble.close();
        assertThat(end.get(10, SECONDS).state()).isEqualTo(SessionState.EXPIRED);
        assertThatThrownBy(() -> homeless.toCompletableFuture().join()).hasCauseInstanceOf(SessionEndedException.class);
    }

    @Test
    void aClosedSessionIsClosedOnceTheCallReturns(@Coord LocalEnsemble ensemble) {
        Session session = ensemble.openSession();
        session.create(A, Bytes.EMPTY, CreateMode.EPHEMERAL);
        session.close();
        assertThat(session.state()).isEqualTo(SessionState.CLOSED);
        session.close();
        assertThat(ensemble.openSession().submit(new io.coord.Operation.Exists("/a"), ReadMode.LINEARIZABLE)).isEmpty();
    }

    @Test
    void aBlockingCallOnACallbackThreadIsRefusedBeforeItIsAsked(@Coord LocalEnsemble ensemble) {
        Session session = ensemble.openSession();
        session.create(A, Bytes.EMPTY, CreateMode.PERSISTENT);
        CompletableFuture<Object> outcome = new CompletableFuture<>();
        session.async().callbackExecutor().execute(() -> {
            try {
                outcome.complete(session.setData(A, text("never")));
            } catch (RuntimeException refused) {
                outcome.complete(refused);
            }
        });
        assertThat(session.await(outcome))
                .isInstanceOf(IllegalStateException.class)
                .asString()
                .contains("COORD-1006");
        assertThat(session.getData(A).stat().version()).isZero();
    }

    @Test
    void containersAndNodesWithATimeToLiveAreCollectedOnDemand(
            @Coord(config = "extendedTypes=true") LocalEnsemble ensemble) {
        Session session = ensemble.openSession();
        session.create(A, null, CreateMode.CONTAINER);
        session.create(A.child("b"), null, CreateMode.PERSISTENT);
        session.delete(A.child("b"));
        NodePath brief = NodePath.of("/brief");
        session.create(brief, null, CreateMode.PERSISTENT_WITH_TTL, io.coord.Acl.OPEN, Duration.ofMinutes(5));
        ensemble.collect(Duration.ofMinutes(1));
        session.await(session.async().sync(A));
        assertThat(session.exists(A)).isEmpty();
        assertThat(session.exists(brief)).isPresent();
        ensemble.collect(Duration.ofMinutes(5));
        session.await(session.async().sync(A));
        assertThat(session.exists(brief)).isEmpty();
    }

    // ---- limits

    @Test
    void whatIsTooLargeIsRefusedInItsTurnWithTheLimitAndTheRemedy(
            @Coord(config = {"maxDataBytes=100", "maxRequestBytes=1KB", "maxMultiSteps=3"}) LocalEnsemble ensemble) {
        Session session = ensemble.openSession();
        session.create(A, Bytes.wrap(new byte[100]), CreateMode.PERSISTENT);
        CompletionStage<Outcome.DataSet> before = session.async().setData(A, text("before"));
        CompletionStage<Outcome.DataSet> large = session.async().setData(A, Bytes.wrap(new byte[101]));
        large.exceptionally(refused -> {
            assertThat(before.toCompletableFuture()).isDone();
            return null;
        });
        assertThatThrownBy(() -> session.await(large))
                .hasMessageContaining("COORD-1005")
                .hasMessageContaining("101 bytes")
                .hasMessageContaining("maxDataBytes");
        assertThat(session.getData(A).text()).isEqualTo("before");
        assertThatThrownBy(() -> session.submit(new io.coord.Operation.Multi(List.of(
                        new io.coord.Operation.Check("/a", -1),
                        new io.coord.Operation.Check("/a", -1),
                        new io.coord.Operation.Check("/a", -1),
                        new io.coord.Operation.Check("/a", -1)))))
                .hasMessageContaining("COORD-1030");
    }

    @Test
    @DisplayName("zk.X4: whatever of a request would be in the log counts, as long as it is there: paths, whole ACLs, texts of many bytes")
    void allThatWouldBeInTheLogCounts(@Coord(config = {"maxDataBytes=100", "maxRequestBytes=1KB"}) LocalEnsemble ensemble) {
        Session session = ensemble.openSession();
        String name = "x".repeat(1_000);
        List<Acl> acl = List.of(new Acl(Acl.ALL, new Identity(name, "")));
        List<Operation<?>> tooLarge = List.of(
                new Operation.Delete("/" + name, -1),
                new Operation.Check("/" + name, -1),
                new Operation.Create("/a", null, CreateMode.PERSISTENT, acl, Operation.NO_TTL),
                new Operation.SetAcl("/a", acl, -1),
                new Operation.SetData("/" + "\u20ac".repeat(340), null, -1),
                new Operation.Reconfigure(name, true, List.of(), -1),
                new Operation.Reconfigure("", false, Collections.nCopies(100, MemberId.of(1)), -1));

        assertThat(tooLarge).allSatisfy(operation -> assertThatThrownBy(() -> session.submit(operation))
                .hasMessageContaining("COORD-1030")
                .hasMessageContaining("maxRequestBytes"));
    }

    @Test
    @DisplayName("zk.X4: identities that would make each request of a session too large are refused; those it has, it keeps")
    void moreIdentitiesThanARequestTakesAreRefused(
            @Coord(config = {"maxDataBytes=100", "maxRequestBytes=1KB"}) LocalEnsemble ensemble) {
        Session session = ensemble.openSession();
        session.addAuth("digest", Bytes.utf8("x".repeat(800) + ":secret"));

        assertThatThrownBy(() -> session.addAuth("digest", Bytes.utf8("y".repeat(800) + ":secret")))
                .hasMessageContaining("COORD-1030")
                .hasMessageContaining("maxRequestBytes");
        session.addAuth("digest", Bytes.utf8("z:secret"));
        assertThat(session.submit(new Operation.WhoAmI()))
                .extracting(identity -> identity.id().substring(0, 1))
                .contains("x", "z")
                .doesNotContain("y");
        SessionOptions tooMany = SessionOptions.DEFAULT.withIdentities(List.of(new Identity("digest", "y".repeat(1_000))));
        assertThatThrownBy(() -> ensemble.openSession(tooMany)).hasMessageContaining("COORD-1030").hasMessageContaining("maxRequestBytes");
    }

    @Test
    @DisplayName("zk.X4: an entry of scheme auth counts as the identities it stands for, those too that were just asked for")
    void whatSchemeAuthStandsForCounts(@Coord(config = {"maxDataBytes=100", "maxRequestBytes=1KB"}) LocalEnsemble ensemble) {
        Session session = ensemble.openSession();
        List<Acl> two = List.of(Acl.of(Acl.ALL, "auth", ""), Acl.of(Acl.READ, "auth", ""));
        Operation.Create one = new Operation.Create("/a", null, CreateMode.PERSISTENT, Acl.CREATOR_ALL, Operation.NO_TTL);
        List<Operation<?>> tooLarge = List.of(
                new Operation.Create("/a", null, CreateMode.PERSISTENT, two, Operation.NO_TTL),
                new Operation.SetAcl("/", two, -1),
                new Operation.Multi(List.of(one, one)));
        CompletionStage<?> added = session.async().addAuth("digest", Bytes.utf8("x".repeat(500) + ":secret"));

        assertThat(tooLarge).allSatisfy(operation -> assertThatThrownBy(() -> session.submit(operation))
                .hasMessageContaining("COORD-1030")
                .hasMessageContaining("maxRequestBytes"));
        session.await(added);
        session.submit(one);
        assertThat(session.submit(new Operation.GetAcl("/a")).acl()).hasSize(1);
    }

    @Test
    @DisplayName("a session has at most so many identities: each entry of scheme auth stands for all, and each check asks all")
    void moreIdentitiesThanASessionMayHaveAreRefused(@Coord LocalEnsemble ensemble) {
        Session session = ensemble.openSession();
        List<Identity> most = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            session.addAuth("digest", Bytes.utf8("u" + i + ":secret"));
            most.add(new Identity("digest", "u" + i + ":hash"));
        }
        session.addAuth("digest", Bytes.utf8("u0:secret"));

        assertThatThrownBy(() -> session.addAuth("digest", Bytes.utf8("one-more:secret")))
                .hasMessageContaining("COORD-1030")
                .hasMessageContaining("101 identities");
        assertThat(session.submit(new Operation.WhoAmI())).hasSize(100);
        ensemble.openSession(SessionOptions.DEFAULT.withIdentities(most)).close();
        most.add(new Identity("digest", "one-more:hash"));
        assertThatThrownBy(() -> ensemble.openSession(SessionOptions.DEFAULT.withIdentities(most)))
                .hasMessageContaining("101 identities");
    }

    @Test
    void moreSessionsOrWatchesThanAllowedAreRefusedAndTheRestGoOn(
            @Coord(config = {"maxSessions=2", "maxWatchesPerSession=1"}) LocalEnsemble ensemble) {
        MemberId member = ensemble.leader();
        Session one = ensemble.openSession(member, TEN_SECONDS);
        Session two = ensemble.openSession(member, TEN_SECONDS);
        assertThatThrownBy(() -> ensemble.openSession(member, TEN_SECONDS))
                .isInstanceOf(UnavailableException.class)
                .hasMessageContaining("COORD-1033");
        two.close();
        ensemble.openSession(member, TEN_SECONDS).close();
        one.submit(new io.coord.Operation.Exists("/a"), event -> {});
        assertThatThrownBy(() -> one.submit(new io.coord.Operation.Exists("/b"), event -> {}))
                .isInstanceOf(UnavailableException.class)
                .hasMessageContaining("COORD-1032");
        one.create(A, null, CreateMode.PERSISTENT);
    }

    @Test
    @DisplayName("what a session watches counts by its length too: a path may be as long as a frame")
    void longerPathsThanMayBeWatchedAreRefused(@Coord(config = "maxWatchesPerSession=100") LocalEnsemble ensemble) {
        Session session = ensemble.openSession();
        List<NodePath> paths = new ArrayList<>();
        for (String name : List.of("a", "b", "c", "d", "e")) {
            paths.add(NodePath.of("/" + name.repeat(1_000_000)));
        }
        for (NodePath path : paths.subList(0, 4)) {
            session.addWatch(path, WatchMode.PERSISTENT, event -> {});
        }

        assertThatThrownBy(() -> session.addWatch(paths.get(4), WatchMode.PERSISTENT, event -> {}))
                .hasMessageContaining("COORD-1032")
                .hasMessageContaining("4000004 characters");
        assertThatThrownBy(() -> session.exists(paths.get(4), event -> {})).hasMessageContaining("COORD-1032");
        session.addWatch(paths.get(0), WatchMode.PERSISTENT_RECURSIVE, event -> {});
        session.removeWatches(paths.get(0), WatchKind.ANY);
        session.addWatch(paths.get(4), WatchMode.PERSISTENT, event -> {});
    }

    /** The session's own count comes too late for those asked at once: the member refuses them, and nothing waits for another member. */
    @Test
    void moreWatchesAskedForAtOnceThanAllowedAreRefusedInTheirTurn(@Coord(config = "maxWatchesPerSession=1") LocalEnsemble ensemble) {
        Session session = ensemble.openSession();
        List<CompletionStage<?>> asked = new ArrayList<>();
        for (String name : List.of("a", "b", "c", "d")) {
            asked.add(session.async().exists(NodePath.of("/" + name), event -> {}));
        }
        session.await(asked.get(0));
        for (CompletionStage<?> refused : asked.subList(1, 4)) {
            assertThatThrownBy(() -> session.await(refused))
                    .isInstanceOf(UnavailableException.class)
                    .hasMessageContaining("COORD-1032");
        }
        assertThat(session.await(session.async().exists(A))).isEmpty();
    }

    @Test
    void moreUnansweredRequestsThanAllowedAreRefused() {
        MemberConfig config = MemberConfig.DEFAULT.withMaxOutstanding(10, 10);
        try (LocalEnsemble ensemble = LocalEnsemble.builder().config(config).start()) {
            MemberId home = ensemble.anyFollower();
            Session session = ensemble.openSession(home, TEN_SECONDS);
            ensemble.pause(ensemble.leader());
            ensemble.pause(home);
            for (int i = 0; i < 10; i++) {
                session.async().create(A.child("n" + i), null, CreateMode.PERSISTENT);
            }
            assertThatThrownBy(() -> session.create(A, null, CreateMode.PERSISTENT))
                    .isInstanceOf(UnavailableException.class)
                    .hasMessageContaining("COORD-1031");
        }
    }

    /** A session that could not be closed for want of room would live as long as its member, and its nodes with it. */
    @Test
    void aSessionOfAMemberWithAsManyUnansweredRequestsAsItTakesCanBeClosed() {
        MemberConfig config = MemberConfig.DEFAULT.withMaxOutstanding(10, 10);
        try (LocalEnsemble ensemble = LocalEnsemble.builder().config(config).start()) {
            MemberId home = ensemble.anyFollower();
            MemberId leader = ensemble.leader();
            Session busy = ensemble.openSession(home, TEN_SECONDS);
            Session done = ensemble.openSession(home, TEN_SECONDS);
            ensemble.pause(leader);
            ensemble.pause(home);
            for (int i = 0; i < 10; i++) {
                busy.async().create(A.child("n" + i), null, CreateMode.PERSISTENT);
            }
            CompletionStage<Void> closed = done.async().closeAsync();
            ensemble.resume(leader);
            ensemble.resume(home);

            busy.await(closed);

            assertThat(done.state()).isEqualTo(SessionState.CLOSED);
        }
    }
}

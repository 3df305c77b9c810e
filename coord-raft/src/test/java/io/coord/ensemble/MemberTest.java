package io.coord.ensemble;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.coord.Acl;
import io.coord.Bytes;
import io.coord.ConfigException;
import io.coord.CreateMode;
import io.coord.Ensemble;
import io.coord.Identity;
import io.coord.MemberConfig;
import io.coord.MemberId;
import io.coord.MemberStatus;
import io.coord.NodePath;
import io.coord.Operation;
import io.coord.OutcomeUnknownException;
import io.coord.ReadMode;
import io.coord.Refusal;
import io.coord.RejectedException;
import io.coord.Session;
import io.coord.SessionEvent;
import io.coord.SessionState;
import io.coord.UnavailableException;
import io.coord.WatchKind;
import io.coord.WatchMode;
import io.coord.ensemble.spi.FrontEnd;
import io.coord.ensemble.spi.MetricsListener;
import io.coord.ensemble.spi.SessionPort;
import io.coord.ensemble.spi.Transport;
import io.coord.storage.MemoryStorage;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A member on its own: what it is built from, and what it says when it cannot start. */
@Timeout(30)
class MemberTest {

    private static final MemberId ONE = MemberId.of(1);
    private static final Ensemble ALONE = Ensemble.parse("1=localhost:7100");
    private static final NodePath A = NodePath.of("/a");
    private static final Duration TEN_SECONDS = Duration.ofSeconds(10);

    @Test
    void anEnsembleOfOneNeedsNeitherTransportNorDirectory() {
        try (Member member = Member.builder(ONE, ALONE).start();
                Session session = member.openSession(TEN_SECONDS)) {
            session.create(A, Bytes.utf8("hello"), CreateMode.PERSISTENT);
            assertThat(session.getData(A).text()).isEqualTo("hello");
            MemberStatus status = member.status();
            assertThat(status.role()).isEqualTo(MemberStatus.Role.LEADER);
            assertThat(status.leader()).contains(ONE);
            assertThat(status.isServing()).isTrue();
            assertThat(status.sessions()).isEqualTo(1);
            assertThat(status.trouble()).isEmpty();
        }
    }

    @Test
    void whatWasAcknowledgedIsThereAfterARestart(@TempDir Path directory) {
        try (Member member = Member.builder(ONE, ALONE).dataDirectory(directory).start();
                Session session = member.openSession(TEN_SECONDS)) {
            session.create(A, Bytes.utf8("kept"), CreateMode.PERSISTENT);
            assertThat(member.takeSnapshot()).isTrue();
            session.create(A.child("b"), Bytes.utf8("behind the snapshot"), CreateMode.PERSISTENT);
        }
        try (Member member = Member.builder(ONE, ALONE).dataDirectory(directory).start();
                Session session = member.openSession(TEN_SECONDS)) {
            assertThat(session.getData(A).text()).isEqualTo("kept");
            assertThat(session.getData(A.child("b")).text()).isEqualTo("behind the snapshot");
        }
    }

    @Test
    void closingAMemberClosesItsSessionsSoThatTheirEphemeralsAreGoneAtOnce() throws Exception {
        MemoryStorage storage = new MemoryStorage();
        CompletableFuture<SessionEvent> end = new CompletableFuture<>();
        try (Member member = Member.builder(ONE, ALONE).storage(storage).start()) {
            Session session = member.openSession(Duration.ofMinutes(1));
            session.async().onEvent(end::complete);
            session.create(A, Bytes.EMPTY, CreateMode.EPHEMERAL);
            member.close();
            assertThat(end.get(10, SECONDS)).isInstanceOf(SessionEvent.Closed.class);
            assertThat(session.state()).isEqualTo(SessionState.CLOSED);
        }
        try (Member member = Member.builder(ONE, ALONE).storage(storage).start();
                Session session = member.openSession(TEN_SECONDS)) {
            assertThat(session.exists(A)).isEmpty();
        }
    }

    @Test
    void aSessionActsAsWhomItWasOpenedFor() {
        try (Member member = Member.builder(ONE, ALONE).start();
                Session session = member.openSession(
                        SessionOptions.DEFAULT.withIdentities(List.of(Identity.digest("ben:secret"))))) {
            assertThat(session.submit(new Operation.WhoAmI())).contains(new Identity("digest", "ben"));
            assertThat(session.timeout()).isEqualTo(TEN_SECONDS);
        }
    }

    @Test
    void aSessionWhoseOpeningWasInterruptedIsClosed() {
        try (Member member = Member.builder(ONE, ALONE).start()) {
            Thread.currentThread().interrupt();
            assertThatThrownBy(() -> member.openSession(TEN_SECONDS)).isInstanceOf(OutcomeUnknownException.class);
            assertThat(Thread.interrupted()).isTrue();

            try (Session after = member.openSession(TEN_SECONDS)) {
                while (member.status().sessions() > 1 && !Thread.currentThread().isInterrupted()) {
                    Thread.onSpinWait();
                }
                assertThat(member.status().sessions()).isEqualTo(1);
                assertThat(after.exists(A)).isEmpty();
            }
        }
    }

    /** It would be found where a request is written, by the loop, which would not outlive it; and in every member the session moves to. */
    @Test
    @SuppressWarnings({"NullAway", "DataFlowIssue"}) // as those do who have no such check
    void aNullIsRefusedAtTheCallerAndHarmsNobody() {
        try (Member member = Member.builder(ONE, ALONE).start();
                Session session = member.openSession(TEN_SECONDS)) {
            Acl toNobody = new Acl(Acl.ALL, Identity.ANYONE);
            List<ThrowingCallable> calls = List.of(
                    () -> session.create(null, null, CreateMode.PERSISTENT),
                    () -> session.create(A, null, null),
                    () -> session.create(A, null, CreateMode.PERSISTENT, null),
                    () -> session.create(A, null, CreateMode.PERSISTENT, Collections.singletonList(null)),
                    () -> session.create(A, null, CreateMode.PERSISTENT, List.of(toNobody), null),
                    () -> session.transaction().create(A, null, null),
                    () -> session.transaction().step(null),
                    () -> session.transaction().check(null, 0),
                    () -> session.submit((Operation<?>) null),
                    () -> session.submit(new Operation.Create(null, null, CreateMode.PERSISTENT, Acl.OPEN, Operation.NO_TTL)),
                    () -> session.submit(new Operation.Delete(null, 0)),
                    () -> session.submit(new Operation.SetData(null, null, 0)),
                    () -> session.submit(new Operation.Check(null, 0)),
                    () -> session.submit(new Operation.SetAcl(null, Acl.OPEN, 0)),
                    () -> session.submit(new Operation.Multi(Collections.singletonList(null))),
                    () -> session.submit(new Operation.Reconfigure(null, false, List.of(), 0)),
                    () -> session.submit(new Operation.Sync(null)),
                    () -> session.submit(new Operation.GetData(null)),
                    () -> session.submit(new Operation.Exists(null)),
                    () -> session.submit(new Operation.GetChildren(null)),
                    () -> session.submit(new Operation.GetAcl(null)),
                    () -> session.submit(new Operation.GetAllChildrenNumber(null)),
                    () -> session.submit(new Operation.GetEphemerals(null)),
                    () -> session.getData(A, (ReadMode) null),
                    () -> session.submit((Operation.Read<?>) null, ReadMode.LOCAL),
                    () -> session.submit((Operation.WatchedRead<?>) null, event -> {}),
                    () -> session.exists(A, null),
                    () -> session.addWatch(null, WatchMode.PERSISTENT, event -> {}),
                    () -> session.addWatch(A, null, event -> {}),
                    () -> session.addWatch(A, WatchMode.PERSISTENT, null),
                    () -> session.removeWatches(null, WatchKind.ANY),
                    () -> session.removeWatches(A, null),
                    () -> session.addAuth(null, Bytes.EMPTY),
                    () -> session.addAuth("digest", null),
                    () -> session.onEvent(null),
                    () -> session.async().submit((Operation<?>) null),
                    () -> session.async().submit(new Operation.Exists("/a"), (ReadMode) null),
                    () -> session.async().exists(A, null),
                    () -> session.async().addWatch(A, null, event -> {}),
                    () -> session.async().removeWatches(A, null),
                    () -> session.async().addAuth("digest", null),
                    () -> member.openSession((Duration) null),
                    () -> member.openSession((SessionOptions) null),
                    () -> member.openSession(SessionOptions.DEFAULT.withIdentities(Collections.singletonList(null))),
                    () -> member.reconfigure(null),
                    () -> member.transferLeadership(null),
                    () -> member.backupTo(null),
                    () -> new Acl(Acl.ALL, null),
                    () -> new Identity(null, ""),
                    () -> new Identity("", null),
                    () -> A.child(null));
            for (int i = 0; i < calls.size(); i++) {
                assertThatThrownBy(calls.get(i)).as("call %s", i).isInstanceOf(NullPointerException.class);
            }

            assertThat(member.status().isServing()).isTrue();
            session.create(A, Bytes.utf8("later"), CreateMode.PERSISTENT);
            assertThat(session.getData(A).text()).isEqualTo("later");
            assertThat(session.addWatch(A, WatchMode.PERSISTENT, event -> {})).isNotNull();
        }
    }

    @Test
    void aTimeToLiveThatCannotBeCountedIsRefusedAsAnyThatIsTooLong() {
        try (Member member = Member.builder(ONE, ALONE).config(MemberConfig.DEFAULT.withExtendedTypes(true)).start();
                Session session = member.openSession(Duration.ofSeconds(Long.MAX_VALUE))) {
            for (Duration time : List.of(Duration.ofDays(400 * 365), Duration.ofSeconds(Long.MAX_VALUE), Duration.ofSeconds(Long.MIN_VALUE))) {
                assertThatThrownBy(() -> session.create(A, null, CreateMode.PERSISTENT_WITH_TTL, Acl.OPEN, time))
                        .isInstanceOfSatisfying(RejectedException.class,
                                refused -> assertThat(refused.refusal()).isEqualTo(Refusal.BAD_ARGUMENTS));
            }
        }
    }

    // ---- callbacks and metrics

    @Test
    void callbacksRunOnTheExecutorThatWasNamedAndMayNotBlockThere() throws Exception {
        ExecutorService executor = Executors.newSingleThreadExecutor(task -> new Thread(task, "mine"));
        try (Member member = Member.builder(ONE, ALONE).callbackExecutor(executor).start();
                Session session = member.openSession(TEN_SECONDS);
                Session other = member.openSession(TEN_SECONDS)) {
            CompletableFuture<String> thread = new CompletableFuture<>();
            CompletableFuture<Throwable> refused = new CompletableFuture<>();
            session.exists(A, event -> {
                thread.complete(Thread.currentThread().getName());
                try {
                    other.delete(A);
                } catch (IllegalStateException e) {
                    refused.complete(e);
                }
            });
            session.create(A, Bytes.EMPTY, CreateMode.PERSISTENT);
            assertThat(thread.get(10, SECONDS)).isEqualTo("mine");
            assertThat(refused.get(10, SECONDS)).hasMessageContaining("COORD-1006");
        } finally {
            executor.shutdown();
        }
    }

    @Test
    void onACallbackThreadAMemberIsAskedNothingThatWouldHaveToBeWaitedFor() {
        try (Member member = Member.builder(ONE, ALONE).start();
                Session session = member.openSession(TEN_SECONDS)) {
            session.create(A, Bytes.EMPTY, CreateMode.PERSISTENT);
            long last = member.status().lastIndex();
            List<ThrowingCallable> calls = List.of(
                    () -> member.openSession(TEN_SECONDS),
                    member::takeSnapshot,
                    member::transferLeadership,
                    () -> member.transferLeadership(MemberId.of(1)),
                    () -> member.reconfigure(ALONE));
            CompletableFuture<List<Throwable>> thrown = new CompletableFuture<>();
            session.async().callbackExecutor()
                    .execute(() -> thrown.complete(calls.stream().map(call -> catchThrowable(call)).toList()));

            assertThat(session.await(thrown)).hasSize(5).allSatisfy(refused -> assertThat(refused)
                    .isInstanceOf(IllegalStateException.class).hasMessageStartingWith("COORD-1006 "));
            session.sync(A);
            assertThat(member.status().lastIndex()).as("what was asked").isEqualTo(last);
            assertThat(member.takeSnapshot()).as("nobody took it before").isTrue();
        }
    }

    /** No task of the member's runs there, so it cannot know that the thread is the one that is to tell of the opening. */
    @Test
    void aSessionOpenedOnTheOnlyThreadOfTheNamedExecutorIsGivenUp() {
        ExecutorService executor = Executors.newSingleThreadExecutor(task -> new Thread(task, "mine"));
        MemberConfig config = MemberConfig.DEFAULT.withRequestTimeout(Duration.ofSeconds(2));
        try (Member member = Member.builder(ONE, ALONE).config(config).callbackExecutor(executor).start()) {
            member.openSession(TEN_SECONDS).close();

            assertThat(executor.submit(() -> member.openSession(TEN_SECONDS))).failsWithin(TEN_SECONDS)
                    .withThrowableThat().havingCause().isInstanceOf(UnavailableException.class)
                    .withMessageContaining("callback executor").withMessageContaining("mine");

            member.openSession(TEN_SECONDS).close();
        } finally {
            executor.shutdown();
        }
    }

    @Test
    void whoWaitsForAnAnswerIsToldWithoutTheExecutorAndWhatDependsOnItRunsThere() throws Exception {
        AtomicInteger tasks = new AtomicInteger();
        ExecutorService executor = Executors.newSingleThreadExecutor(task -> new Thread(task, "mine"));
        try (Member member = Member.builder(ONE, ALONE).callbackExecutor(task -> {
                    tasks.incrementAndGet();
                    executor.execute(task);
                }).start();
                Session session = member.openSession(TEN_SECONDS)) {
            session.create(A, Bytes.EMPTY, CreateMode.PERSISTENT);
            CompletableFuture<Boolean> queueIsDone = new CompletableFuture<>();
            session.async().callbackExecutor().execute(() -> queueIsDone.complete(true));
            queueIsDone.get(10, SECONDS);
            CompletableFuture<Boolean> executorIsDone = new CompletableFuture<>();
            executor.execute(() -> executorIsDone.complete(true));
            executorIsDone.get(10, SECONDS);

            int before = tasks.get();
            for (int i = 0; i < 100; i++) {
                session.setData(A, Bytes.utf8("v" + i));
            }
            assertThat(tasks.get() - before).as("hand-overs to the executor").isZero();

            CompletableFuture<String> thread = new CompletableFuture<>();
            session.async().callbackExecutor().execute(() -> session.async()
                    .setData(A, Bytes.utf8("w")).thenRun(() -> thread.complete(Thread.currentThread().getName())));
            assertThat(thread.get(10, SECONDS)).isEqualTo("mine");
        } finally {
            executor.shutdown();
        }
    }

    @Test
    void aListenerThatThrowsDisturbsNobody() throws Exception {
        try (Member member = Member.builder(ONE, ALONE).start();
                Session session = member.openSession(TEN_SECONDS)) {
            CompletableFuture<Boolean> second = new CompletableFuture<>();
            session.exists(A, event -> {
                throw new IllegalArgumentException("a listener of the test's that throws");
            });
            session.exists(A, event -> second.complete(true));
            session.create(A, Bytes.EMPTY, CreateMode.PERSISTENT);
            assertThat(second.get(10, SECONDS)).isTrue();
            session.setData(A, Bytes.EMPTY);
        }
    }

    @Test
    void metricsAreTold() {
        AtomicInteger answered = new AtomicInteger();
        AtomicLong forced = new AtomicLong();
        CompletableFuture<MemberStatus.Role> role = new CompletableFuture<>();
        MetricsListener metrics = new MetricsListener() {
            @Override
            public void answered(int requests) {
                answered.addAndGet(requests);
            }

            @Override
            public void forced(int entries, long nanos) {
                forced.addAndGet(entries);
            }

            @Override
            public void roleChanged(MemberStatus.Role now, long term) {
                if (now == MemberStatus.Role.LEADER) {
                    role.complete(now);
                }
            }
        };
        try (Member member = Member.builder(ONE, ALONE).metrics(metrics).start();
                Session session = member.openSession(TEN_SECONDS)) {
            for (int i = 0; i < 10; i++) {
                session.create(NodePath.ROOT.child("n" + i), null, CreateMode.PERSISTENT);
            }
            assertThat(session.await(role)).isEqualTo(MemberStatus.Role.LEADER);
        }
        assertThat(answered.get()).isGreaterThanOrEqualTo(11);
        assertThat(forced.get()).isGreaterThanOrEqualTo(12);
    }

    // ---- what has failed

    /** Leads nowhere, and says when it is closed. */
    private static final class DeadEnd implements Transport {
        private final CompletableFuture<Boolean> closed = new CompletableFuture<>();

        @Override
        public void start(MemberId self, Receiver receiver) {}

        @Override
        public void identify(long clusterId, long incarnation) {}

        @Override
        public void locate(MemberId peer, String address) {}

        @Override
        public void send(MemberId to, Frame frame) {}

        @Override
        public void close() {
            closed.complete(true);
        }
    }

    @Test
    @DisplayName("fault.P5 a member whose thread has died says that it has left, and why; its peers, its sessions and who looks after it learn of it")
    void aMemberThatHasFailedHasLeft() throws Exception {
        AtomicBoolean fails = new AtomicBoolean();
        MetricsListener metrics = new MetricsListener() {
            @Override
            public void turned(int inputs, long nanos) {
                if (fails.get()) {
                    throw new OutOfMemoryError("as if");
                }
            }
        };
        DeadEnd transport = new DeadEnd();
        CompletableFuture<SessionEvent> end = new CompletableFuture<>();
        CompletableFuture<SessionPort> port = new CompletableFuture<>();
        try (Member member = Member.builder(ONE, ALONE).metrics(metrics).transport(transport).frontEnd(taking(port)).start()) {
            Session session = member.openSession(TEN_SECONDS);
            session.async().onEvent(end::complete);
            fails.set(true);
            session.async().exists(A);

            assertThat(end.get(10, SECONDS)).isInstanceOfSatisfying(SessionEvent.Expired.class, expired -> assertThat(expired.reason())
                    .startsWith("COORD-1054").contains("member 1 has failed: java.lang.OutOfMemoryError: as if"));
            assertThat(transport.closed.get(10, SECONDS)).isTrue();
            MemberStatus status = member.status();
            assertThat(status.role()).isEqualTo(MemberStatus.Role.LEFT);
            assertThat(status.isServing()).isFalse();
            assertThat(status.leader()).isEmpty();
            assertThat(status.trouble()).hasValueSatisfying(trouble -> assertThat(trouble).contains("member 1 has failed"));
            assertThat(port.join().digests().toCompletableFuture()).failsWithin(TEN_SECONDS)
                    .withThrowableThat().withMessageContaining("member 1 has failed");
        }
    }

    @Test
    void aMemberThatWasClosedSaysThatItHasLeft() {
        Member member = Member.builder(ONE, ALONE).start();
        member.openSession(TEN_SECONDS).close();
        assertThat(member.status().isServing()).isTrue();

        member.close();

        MemberStatus status = member.status();
        assertThat(status.role()).isEqualTo(MemberStatus.Role.LEFT);
        assertThat(status.isServing()).isFalse();
        assertThat(status.leader()).isEmpty();
        assertThat(status.trouble()).hasValueSatisfying(
                trouble -> assertThat(trouble).startsWith("COORD-1054 ").contains("member 1 was closed"));
        assertThat(member.toString()).contains("LEFT");
    }

    @Test
    void whoLooksAtAMemberThatWasClosedIsRefused() {
        CompletableFuture<SessionPort> port = new CompletableFuture<>();
        Member.builder(ONE, ALONE).frontEnd(taking(port)).start().close();
        assertThat(port.join().watchedPaths().toCompletableFuture()).failsWithin(TEN_SECONDS)
                .withThrowableThat().withMessageContaining("member 1 was closed");
    }

    static FrontEnd taking(CompletableFuture<SessionPort> port) {
        return new FrontEnd() {
            @Override
            public void open(SessionPort opened) {
                port.complete(opened);
            }

            @Override
            public void close() {}
        };
    }

    // ---- what keeps a member from starting

    @Test
    void aMemberThatItsEnsembleDoesNotNameDoesNotStart() {
        assertThatThrownBy(() -> Member.builder(MemberId.of(4), ALONE).start())
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("COORD-1019")
                .hasMessageContaining("member 4");
    }

    @Test
    void severalMembersNeedATransport() {
        Ensemble three = Ensemble.parse("1=a:7100,2=b:7100,3=c:7100");
        assertThatThrownBy(() -> Member.builder(ONE, three).start())
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("COORD-1053")
                .hasMessageContaining("NettyTransport.listeningOn(7100)");
    }

    /** It would find the directory in use, and close the transport for that: the running member's. */
    @Test
    void aBuilderStartsOneMember(@TempDir Path directory) {
        DeadEnd transport = new DeadEnd();
        Member.Builder builder = Member.builder(ONE, ALONE).dataDirectory(directory).transport(transport);
        try (Member member = builder.start()) {
            assertThatThrownBy(builder::start).isInstanceOf(IllegalStateException.class).hasMessageContaining("build anew");

            assertThat(transport.closed).isNotDone();
            member.openSession(TEN_SECONDS).close();
        }
    }

    /** What it was given is closed, so that nothing is left of it. */
    @Test
    void aBuilderThatHasFailedToStartSaysSo(@TempDir Path directory) {
        DeadEnd transport = new DeadEnd();
        Member.Builder builder = Member.builder(ONE, ALONE).dataDirectory(directory).transport(transport);
        try (Member other = Member.builder(ONE, ALONE).dataDirectory(directory).start()) {
            assertThatThrownBy(builder::start).hasMessageContaining("COORD-1064");
            assertThat(transport.closed).isCompleted();
            assertThat(other.id()).isEqualTo(ONE);
        }
        assertThatThrownBy(builder::start).isInstanceOf(IllegalStateException.class).hasMessageContaining("build anew");
    }

    @Test
    @SuppressWarnings("NullAway") // as those do who have no such check
    void aBuilderTakesNoNull(@TempDir Path directory) {
        assertThatThrownBy(() -> Member.builder(null, ALONE)).isInstanceOf(NullPointerException.class);
        assertThatThrownBy(() -> Member.builder(ONE, null)).isInstanceOf(NullPointerException.class);
        Member.Builder builder = Member.builder(ONE, ALONE).dataDirectory(directory);
        List<ThrowingCallable> calls = List.of(
                () -> builder.dataDirectory(null),
                () -> builder.storage(null),
                () -> builder.transport(null),
                () -> builder.config(null),
                () -> builder.callbackExecutor(null),
                () -> builder.frontEnd(null),
                () -> builder.metrics(null));
        for (int i = 0; i < calls.size(); i++) {
            assertThatThrownBy(calls.get(i)).as("call %s", i).isInstanceOf(NullPointerException.class);
        }
        builder.start().close();
        Member.builder(ONE, ALONE).dataDirectory(directory).start().close();
    }

    @Test
    void aMemberHasOneMemory(@TempDir Path directory) {
        Member.Builder builder = Member.builder(ONE, ALONE).dataDirectory(directory).storage(new MemoryStorage());
        assertThatThrownBy(builder::start).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void anotherMembersDirectoryIsRefusedByName(@TempDir Path directory) {
        Member.builder(ONE, ALONE).dataDirectory(directory).start().close();
        assertThatThrownBy(() -> Member.builder(MemberId.of(2), Ensemble.parse("2=localhost:7100"))
                        .dataDirectory(directory)
                        .start())
                .isInstanceOf(UncheckedIOException.class)
                .hasMessageContaining("COORD-1003")
                .hasMessageContaining(directory.toString())
                .hasMessageContaining("belongs to member 1");
    }

    @Test
    void anotherMembersStorageIsRefusedToo() {
        MemoryStorage storage = new MemoryStorage();
        Member.builder(ONE, ALONE).storage(storage).start().close();
        assertThatThrownBy(() -> Member.builder(MemberId.of(2), Ensemble.parse("2=localhost:7100"))
                        .storage(storage)
                        .start())
                .isInstanceOf(UncheckedIOException.class)
                .hasMessageContaining("COORD-1003");
        Member.builder(ONE, ALONE).storage(storage).start().close();
    }

    @Test
    void aDirectoryInUseIsRefused(@TempDir Path directory) {
        try (Member first = Member.builder(ONE, ALONE).dataDirectory(directory).start()) {
            assertThatThrownBy(() -> Member.builder(ONE, ALONE).dataDirectory(directory).start())
                    .isInstanceOf(UncheckedIOException.class)
                    .hasMessageContaining("COORD-1064");
            assertThat(first.status().member()).isEqualTo(ONE);
        }
    }

    @Test
    void aDirectoryThatCannotBeOneIsRefused(@TempDir Path directory) throws Exception {
        Path file = Files.createFile(directory.resolve("file"));
        assertThatThrownBy(() -> Member.builder(ONE, ALONE).dataDirectory(file.resolve("data")).start())
                .isInstanceOf(UncheckedIOException.class)
                .hasMessageContaining("COORD-1065");
    }

    @Test
    void aMemberMayBeClosedTwiceAndAnswersAfterwardsThatItIs() {
        Member member = Member.builder(ONE, ALONE).start();
        member.close();
        member.close();
        assertThatThrownBy(() -> member.openSession(TEN_SECONDS)).hasMessageContaining("COORD-1054");
        assertThat(member.takeSnapshot()).isFalse();
    }

    @Test
    void aFrontEndThatCannotBeClosedKeepsNothingElseOpen(@TempDir Path directory) throws Exception {
        DeadEnd transport = new DeadEnd();
        CompletableFuture<Boolean> closed = new CompletableFuture<>();
        Member member = Member.builder(ONE, ALONE)
                .dataDirectory(directory)
                .transport(transport)
                .frontEnd(closing(() -> {
                    throw new AssertionError("as if");
                }))
                .frontEnd(closing(() -> closed.complete(true)))
                .start();

        assertThatThrownBy(member::close).isInstanceOf(AssertionError.class).hasMessage("as if");

        assertThat(closed).isCompleted();
        assertThat(transport.closed).isCompleted();
        Member.builder(ONE, ALONE).dataDirectory(directory).start().close();
    }

    private static FrontEnd closing(Runnable close) {
        return new FrontEnd() {
            @Override
            public void open(SessionPort port) {}

            @Override
            public void close() {
                close.run();
            }
        };
    }

    @Test
    void aCallbackThatClosesItsMemberDoesNotDeadlock() throws Exception {
        Member member = Member.builder(ONE, ALONE).start();
        Session session = member.openSession(TEN_SECONDS);
        CompletableFuture<Boolean> closed = new CompletableFuture<>();
        session.async().callbackExecutor().execute(() -> {
            member.close();
            closed.complete(true);
        });
        assertThat(closed.get(10, SECONDS)).isTrue();
        Executor callbacks = session.async().callbackExecutor();
        CompletableFuture<Boolean> late = new CompletableFuture<>();
        callbacks.execute(() -> late.complete(true));
        assertThat(late.get(10, SECONDS)).isTrue();
        assertThat(Optional.of(session.state())).get().matches(SessionState::isOver);
    }
}

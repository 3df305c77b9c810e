package io.coord.testkit.recipes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.coord.Bytes;
import io.coord.CreateMode;
import io.coord.NodePath;
import io.coord.OutcomeUnknownException;
import io.coord.RejectedException.NoNodeException;
import io.coord.Session;
import io.coord.SessionState;
import io.coord.UnavailableException;
import io.coord.WatchEvent;
import io.coord.WatchKind;
import io.coord.WatchMode;
import io.coord.recipes.ConfigCache;
import io.coord.recipes.DistributedLock;
import io.coord.recipes.LeaderElection;
import io.coord.recipes.Leadership;
import io.coord.recipes.Membership;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** What the blocking view of a session claims, over any session. */
abstract class BlockingSessionContract extends RecipesContract {

    private static final NodePath A = NodePath.of("/a");

    @Test
    void aRefusalShowsWhoAskedAndItsCauseWhoRefused() {
        Session session = open();
        Throwable refused = catchThrowable(() -> session.getData(A, event -> {}));
        assertThat(refused).isInstanceOf(NoNodeException.class).hasMessageStartingWith("NO_NODE");
        assertThat(refused.getStackTrace())
                .extracting(StackTraceElement::getMethodName)
                .contains("aRefusalShowsWhoAskedAndItsCauseWhoRefused");
        assertThatThrownBy(() -> session.getData(A)).isInstanceOf(NoNodeException.class);
    }

    @Test
    void onACallbackThreadNothingIsAskedThatWouldHaveToBeWaitedFor() {
        Session session = open();
        create(session, NodePath.of("/there"), "data");
        Map<String, ThrowingCallable> calls = new LinkedHashMap<>();
        calls.put("create", () -> session.create(A, Bytes.EMPTY, CreateMode.PERSISTENT));
        calls.put("delete", () -> session.delete(NodePath.of("/there")));
        calls.put("setData", () -> session.setData(NodePath.of("/there"), Bytes.EMPTY));
        calls.put("transaction", () -> session.transaction().delete(NodePath.of("/there")).commit());
        calls.put("sync", () -> session.sync(A));
        calls.put("exists with a listener", () -> session.exists(A, event -> {}));
        calls.put("addWatch", () -> session.addWatch(A, WatchMode.PERSISTENT, event -> {}));
        calls.put("removeWatches", () -> session.removeWatches(A, WatchKind.ANY));
        calls.put("addAuth", () -> session.addAuth("digest", Bytes.utf8("a:b")));
        calls.put("await", () -> session.await(CompletableFuture.completedStage(1)));
        calls.put("awaitAtMost", () -> session.awaitAtMost(CompletableFuture.completedStage(1), Duration.ZERO));
        calls.put("close", session::close);
        Map<String, Throwable> thrown = new LinkedHashMap<>();
        CompletionStage<Map<String, Throwable>> called = CompletableFuture.supplyAsync(() -> {
            calls.forEach((name, call) -> thrown.put(name, catchThrowable(call)));
            return thrown;
        }, session.async().callbackExecutor());

        session.await(called).forEach((name, refused) -> assertThat(refused)
                .as(name)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageStartingWith("COORD-1006 blocking call "));
        assertThat(session.exists(A)).isEmpty();
        assertThat(session.getData(NodePath.of("/there")).stat().version()).isZero();
        assertThat(session.state()).isEqualTo(SessionState.CONNECTED);
    }

    /** What was asked all the same could be taken back, or not. */
    @Test
    void onACallbackThreadNoRecipeAsksWhatItWouldHaveToWaitFor() throws InterruptedException {
        Unlucky line = new Unlucky(open());
        Session session = line.session();
        LeaderElection election = LeaderElection.join(session, NodePath.of("/election"), Bytes.EMPTY);
        Leadership leadership = election.awaitLeadership();
        Membership membership = Membership.join(session, NodePath.of("/group"), "a", Bytes.EMPTY);
        DistributedLock lock = DistributedLock.at(session, NodePath.of("/lock"));
        DistributedLock.Hold hold = lock.acquire();
        Map<String, ThrowingCallable> calls = new LinkedHashMap<>();
        calls.put("join an election", () -> LeaderElection.join(session, NodePath.of("/election"), Bytes.EMPTY));
        calls.put("resign", election::resign);
        calls.put("awaitLeadership", election::awaitLeadership);
        calls.put("close an election", election::close);
        calls.put("join a group", () -> Membership.join(session, NodePath.of("/group"), "b", Bytes.EMPTY));
        calls.put("observe", () -> Membership.observe(session, NodePath.of("/group")));
        calls.put("update", () -> membership.update(Bytes.utf8("x")));
        calls.put("close a membership", membership::close);
        calls.put("acquire", () -> DistributedLock.at(session, NodePath.of("/other")).acquire());
        calls.put("tryAcquire", () -> DistributedLock.at(session, NodePath.of("/other")).tryAcquire());
        calls.put("release", hold::release);
        calls.put("mirror a node", () -> ConfigCache.node(session, A));
        calls.put("mirror a subtree", () -> ConfigCache.subtree(session, A));
        int asked = line.asked().size();
        CompletionStage<Map<String, Throwable>> called = CompletableFuture.supplyAsync(() -> {
            Map<String, Throwable> thrown = new LinkedHashMap<>();
            calls.forEach((name, call) -> thrown.put(name, catchThrowable(call)));
            return thrown;
        }, session.async().callbackExecutor());

        session.await(called).forEach((name, refused) -> assertThat(refused)
                .as(name)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageStartingWith("COORD-1006 blocking call "));
        session.await(CompletableFuture.runAsync(() -> {}, session.async().callbackExecutor()));
        assertThat(line.asked()).hasSize(asked);
        assertThat(election.current()).contains(leadership);
        assertThat(membership.isMember()).isTrue();
        assertThat(hold.isHeld()).isTrue();
    }

    @Test
    void anInterruptedThreadKeepsItsFlagAndLearnsWhatItMayDo() {
        needsThreads();
        Session session = open();
        assertInterrupted(OutcomeUnknownException.class, () -> session.await(new CompletableFuture<>()));
        assertInterrupted(OutcomeUnknownException.class, () -> session.create(A, Bytes.EMPTY, CreateMode.PERSISTENT));
        assertInterrupted(UnavailableException.class, () -> session.exists(A, event -> {}));
        session.sync(A);
        assertThat(session.exists(A)).as("it went on").isPresent();

        Thread.currentThread().interrupt();
        session.close();
        assertThat(Thread.interrupted()).isTrue();
    }

    private static void assertInterrupted(Class<? extends Exception> type, ThrowingCallable call) {
        Thread.currentThread().interrupt();
        Throwable thrown = catchThrowable(call);
        assertThat(Thread.interrupted()).as("the flag").isTrue();
        assertThat(thrown).isInstanceOf(type).hasMessageStartingWith("interrupted while waiting for ");
    }

    @Test
    void aBoundedWaitReturnsTheValueOrEmpty() throws InterruptedException {
        Session session = open();
        assertThat(session.awaitAtMost(session.async().exists(A), Duration.ofSeconds(30))).isPresent();
        assertThat(session.awaitAtMost(new CompletableFuture<String>(), Duration.ofMillis(1))).isEmpty();
    }

    @Test
    void aBoundedWaitForWhatHasNoValueIsEmptyAtItsEnd() throws InterruptedException {
        Session session = open();
        CompletionStage<Void> done = session.async().sync(A).thenRun(() -> {});
        assertThat(session.awaitAtMost(done, Duration.ofSeconds(30))).isEmpty();
        assertThat(done.toCompletableFuture()).isDone();
        assertThat(session.awaitAtMost(session.async().closeAsync(), Duration.ofSeconds(30))).isEmpty();
    }

    /** Whoever was interrupted has no registration to close. */
    @Test
    void aWatchWhoseCallerWasInterruptedIsTakenBack() {
        needsThreads();
        Session session = open();
        Heard<WatchEvent> heard = new Heard<>(session);
        assertInterrupted(OutcomeUnknownException.class, () -> session.addWatch(A, WatchMode.PERSISTENT, heard));
        session.sync(A);
        session.sync(A);
        create(session, A, "");
        session.sync(A);
        assertThat(heard.rest()).isEmpty();
        assertThatThrownBy(() -> session.removeWatches(A, WatchKind.ANY)).hasMessageContaining("NO_WATCHER");
    }

    @Test
    void callbacksRunOneAtATimeInTheOrderInWhichTheyWereQueued() {
        Session session = open();
        Heard<Integer> heard = new Heard<>(session);
        for (int i = 0; i < 100; i++) {
            int number = i;
            session.async().callbackExecutor().execute(() -> heard.accept(number));
        }
        for (int i = 0; i < 100; i++) {
            assertThat(heard.next()).isEqualTo(i);
        }
    }

    @Test
    void uniqueNamesAreUniqueAndFitForANode() {
        Session one = open();
        Session two = open();
        assertThat(new String[] {
                    one.async().uniqueName(), one.async().uniqueName(), two.async().uniqueName(), two.async().uniqueName()
                })
                .doesNotHaveDuplicates()
                .allMatch(name -> name.chars().allMatch(c -> c < 128 && Character.isLetterOrDigit(c)));
    }
}

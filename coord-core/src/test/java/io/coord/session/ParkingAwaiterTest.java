package io.coord.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.coord.Outcome;
import io.coord.Refusal;
import io.coord.RejectedException;
import io.coord.RejectedException.NoNodeException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;

class ParkingAwaiterTest {

    private final ParkingAwaiter awaiter = new ParkingAwaiter(() -> false);
    private final RejectedException noNode =
            RejectedException.of(new Outcome.Refused(Refusal.NO_NODE, "/a", "there is no such node"));

    @Test
    void aValueThatComesFromAnotherThreadIsReturned() throws Exception {
        CompletableFuture<String> stage = new CompletableFuture<>();
        FutureTask<String> waiting = new FutureTask<>(() -> awaiter.await(stage));
        Thread waiter = new Thread(waiting);
        waiter.start();
        stage.complete("42");
        assertThat(waiting.get()).isEqualTo("42");
        waiter.join();
    }

    @Test
    void aFailureIsRethrownWithTheStackOfWhoeverWaitedAndTheFirstAsItsCause() {
        Throwable thrown = catchThrowable(() -> awaiter.await(CompletableFuture.failedStage(noNode)));
        assertThat(thrown).isInstanceOf(NoNodeException.class).hasMessage(noNode.getMessage()).hasCause(noNode);
        assertThat(thrown.getStackTrace())
                .extracting(StackTraceElement::getClassName)
                .anyMatch(name -> name.startsWith(ParkingAwaiterTest.class.getName()));
    }

    @Test
    void aFailureIsRecognizedBehindDependentStages() {
        CompletableFuture<Integer> dependent = CompletableFuture.<String>failedFuture(noNode)
                .thenApply(String::length)
                .thenApply(length -> length + 1);
        assertThatThrownBy(() -> awaiter.await(dependent)).isInstanceOf(NoNodeException.class);
        assertThatThrownBy(() -> awaiter.await(dependent, Duration.ofSeconds(1))).isInstanceOf(NoNodeException.class);
    }

    @Test
    void aFailureOfTheUsersOwnFunctionIsTheCauseOfACompletionException() {
        IllegalArgumentException own = new IllegalArgumentException("mine");
        assertThatThrownBy(() -> awaiter.await(CompletableFuture.failedStage(own)))
                .isInstanceOf(CompletionException.class)
                .hasCause(own);
    }

    @Test
    void aCancelledStageIsReportedAsSuch() {
        CompletableFuture<String> stage = new CompletableFuture<>();
        stage.cancel(false);
        assertThatThrownBy(() -> awaiter.await(stage)).isInstanceOf(CancellationException.class);
        assertThatThrownBy(() -> awaiter.await(stage.thenApply(String::length))).isInstanceOf(CancellationException.class);
    }

    @Test
    void anInterruptEndsTheWaitAndLeavesTheStageAlone() throws Exception {
        CompletableFuture<String> stage = new CompletableFuture<>();
        FutureTask<Void> waiting = new FutureTask<>(() -> {
            assertThatThrownBy(() -> awaiter.await(stage)).isInstanceOf(InterruptedException.class);
            return null;
        });
        Thread waiter = new Thread(waiting);
        waiter.start();
        waiter.interrupt();
        waiting.get();
        waiter.join();
        assertThat(stage).isNotDone();
    }

    @Test
    void aBoundedWaitIsEmptyWhenTheTimeIsOverAndLooksAtLeastOnce() throws Exception {
        assertThat(awaiter.await(new CompletableFuture<String>(), Duration.ofMillis(1))).isEmpty();
        assertThat(awaiter.await(CompletableFuture.completedStage("42"), Duration.ZERO)).contains("42");
        assertThat(awaiter.await(CompletableFuture.completedStage("42"), Duration.ofSeconds(Long.MAX_VALUE))).contains("42");
    }

    @Test
    void aThreadThatDeliversAnswersIsRefusedEvenWhenTheAnswerIsThere() throws Exception {
        Thread self = Thread.currentThread();
        ParkingAwaiter refusingUs = new ParkingAwaiter(() -> Thread.currentThread() == self);
        assertThatThrownBy(() -> refusingUs.await(CompletableFuture.completedStage("42")))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageStartingWith("COORD-1006 blocking call on " + self.getName() + ": this would deadlock")
                .hasMessageContaining("session.async()");
        assertThatThrownBy(refusingUs::requireMayWait).isInstanceOf(IllegalStateException.class);

        FutureTask<String> elsewhere = new FutureTask<>(() -> refusingUs.await(CompletableFuture.completedStage("42")));
        Thread other = new Thread(elsewhere);
        other.start();
        assertThat(elsewhere.get()).isEqualTo("42");
        other.join();
    }

    @Test
    void anyTimeMayBeNamedForABoundedWait() throws Exception {
        CompletableFuture<String> done = CompletableFuture.completedFuture("42");
        CompletableFuture<String> never = new CompletableFuture<>();
        for (Duration time : List.of(
                Duration.ZERO, Duration.ofNanos(-1), Duration.ofSeconds(Long.MIN_VALUE), Duration.ofSeconds(Long.MAX_VALUE))) {
            assertThat(awaiter.await(done, time)).as("%s", time).contains("42");
        }
        assertThat(awaiter.await(never, Duration.ofSeconds(Long.MIN_VALUE))).isEmpty();
    }
}

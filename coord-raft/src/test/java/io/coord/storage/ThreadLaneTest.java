package io.coord.storage;

import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Who runs a lane's tasks, and when. */
@Timeout(30)
class ThreadLaneTest {

    private final ThreadLane lane = new ThreadLane("test", Thread.NORM_PRIORITY);
    private final List<Thread> ranOn = new ArrayList<>();

    @AfterEach
    void close() {
        lane.close();
    }

    @Test
    void aCallerRunsATaskAndWhatFollowsFromIt() {
        Runnable here = lane.here(() -> {
            note();
            lane.execute(this::note);
        });

        here.run();

        assertThat(ranOn).containsExactly(Thread.currentThread(), Thread.currentThread());
    }

    @Test
    void whatComesMeanwhileIsTheThreadsOwn() throws Exception {
        CompletableFuture<Thread> third = new CompletableFuture<>();
        Runnable here = lane.here(() -> {
            lane.execute(this::note);
            lane.execute(() -> third.complete(Thread.currentThread()));
        });

        here.run();

        assertThat(third.get(10, SECONDS)).isNotSameAs(Thread.currentThread());
        assertThat(ranOn).containsExactly(Thread.currentThread());
    }

    @Test
    void nobodyIsLetInWhileAnotherIsAtIt() throws Exception {
        Runnable here = lane.here(() -> {});
        assertThat(lane.here(() -> {})).isNull();
        CompletableFuture<Boolean> waited = new CompletableFuture<>();
        lane.execute(() -> waited.complete(true));
        assertThat(waited).isNotDone();
        here.run();
        assertThat(waited.get(10, SECONDS)).isTrue();

        CountDownLatch held = new CountDownLatch(1);
        CompletableFuture<Boolean> begun = new CompletableFuture<>();
        lane.execute(() -> {
            begun.complete(true);
            await(held);
        });
        begun.get(10, SECONDS);
        assertThat(lane.here(() -> {})).isNull();
        held.countDown();
    }

    @Test
    void aCloseWaitsForACaller() throws Exception {
        CountDownLatch held = new CountDownLatch(1);
        Runnable here = lane.here(() -> await(held));
        Thread caller = new Thread(here);
        caller.start();
        CompletableFuture<Void> closed = CompletableFuture.runAsync(lane::close, task -> new Thread(task).start());

        assertThat(isDoneWithin(closed, 50)).isFalse();
        held.countDown();
        closed.get(10, SECONDS);
        assertThat(lane.here(() -> {})).isNull();
        caller.join();
    }

    @Test
    void aTaskThatFailsLeavesTheLaneToOthers() throws Exception {
        Runnable here = lane.here(() -> {
            throw new IllegalStateException("a task of the test's that fails");
        });
        try {
            here.run();
        } catch (IllegalStateException expected) {
            note();
        }
        CompletableFuture<Boolean> next = new CompletableFuture<>();
        lane.execute(() -> next.complete(true));
        assertThat(next.get(10, SECONDS)).isTrue();
        assertThat(ranOn).hasSize(1);
    }

    @Test
    void aTaskThatFailsOnTheThreadIsReportedAndTheThreadGoesOn() throws Exception {
        IllegalStateException thrown = new IllegalStateException("a task of the test's that fails");
        CompletableFuture<Throwable> reported = new CompletableFuture<>();
        CompletableFuture<Thread> failed = new CompletableFuture<>();
        lane.execute(() -> {
            Thread.currentThread().setUncaughtExceptionHandler((thread, what) -> reported.complete(what));
            failed.complete(Thread.currentThread());
            throw thrown;
        });
        CompletableFuture<Thread> next = new CompletableFuture<>();
        lane.execute(() -> next.complete(Thread.currentThread()));

        assertThat(next.get(10, SECONDS)).isSameAs(failed.get(10, SECONDS));
        assertThat(reported).isCompletedWithValue(thrown);
    }

    private void note() {
        ranOn.add(Thread.currentThread());
    }

    private static boolean isDoneWithin(CompletableFuture<?> future, long millis)
            throws InterruptedException, ExecutionException {
        try {
            future.get(millis, MILLISECONDS);
            return true;
        } catch (TimeoutException notYet) {
            return false;
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}

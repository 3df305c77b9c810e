package io.coord.runtime;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.coord.session.ParkingAwaiter;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiConsumer;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A stage that may be completed on a thread where no code of users may run, while nothing depends on it. */
@Timeout(60)
class AnswerTest {

    private static final int RACES = 20_000;

    static Stream<Method> waysToAttach() {
        return Arrays.stream(CompletionStage.class.getMethods()).filter(method -> !Modifier.isStatic(method.getModifiers()));
    }

    @ParameterizedTest
    @MethodSource("waysToAttach")
    void whateverIsAttachedKeepsItFromBeingCompletedOnTheSpot(Method method) throws Exception {
        Answer<String> answer = new Answer<>();
        Object[] arguments = Arrays.stream(method.getParameterTypes()).map(AnswerTest::argument).toArray();
        Object attached = method.invoke(answer, arguments);
        assertThat(attached).isNotSameAs(answer);
        assertThat(answer.claim()).as(method.toString()).isFalse();
    }

    private static Object argument(Class<?> type) {
        if (type == CompletionStage.class) {
            return new CompletableFuture<String>();
        } else if (type == Executor.class) {
            return (Executor) Runnable::run;
        } else if (type == Function.class) {
            return (Function<Object, Object>) value -> CompletableFuture.completedFuture(value);
        } else if (type == BiFunction.class) {
            return (BiFunction<Object, Object, Object>) (one, other) -> one;
        } else if (type == Consumer.class) {
            return (Consumer<Object>) value -> {};
        } else if (type == BiConsumer.class) {
            return (BiConsumer<Object, Object>) (one, other) -> {};
        } else if (type == Runnable.class) {
            return (Runnable) () -> {};
        }
        throw new AssertionError("no argument of " + type);
    }

    @ParameterizedTest
    @MethodSource("waysToAttach")
    void asTheOtherOfTwoItIsDependedOnAsWell(Method method) throws Exception {
        Answer<String> answer = new Answer<>();
        if (!Arrays.asList(method.getParameterTypes()).contains(CompletionStage.class)) {
            return;
        }
        Object[] arguments = Arrays.stream(method.getParameterTypes())
                .map(type -> type == CompletionStage.class ? answer : argument(type)).toArray();
        method.invoke(new CompletableFuture<String>(), arguments);
        assertThat(answer.claim()).as(method.toString()).isFalse();
    }

    @Test
    void whatAFunctionReturnsIsDependedOn() {
        Answer<String> answer = new Answer<>();
        CompletionStage<String> whole = CompletableFuture.completedFuture("a").thenCompose(value -> answer);
        assertThat(answer.claim()).isFalse();
        answer.settle("b");
        assertThat(whole.toCompletableFuture()).isCompletedWithValue("b");
    }

    @Test
    void waitingIsNoDependent() throws Exception {
        ParkingAwaiter awaiter = new ParkingAwaiter(() -> false);
        Answer<String> answer = new Answer<>();
        assertThat(awaiter.await(answer, Duration.ZERO)).isEmpty();
        CompletableFuture<String> told = new CompletableFuture<>();
        Thread waiting = new Thread(() -> {
            try {
                told.complete(awaiter.await(answer));
            } catch (InterruptedException e) {
                told.completeExceptionally(e);
            }
        });
        waiting.start();
        assertThat(answer.claim()).isTrue();
        answer.settle("a");
        assertThat(told.get(10, SECONDS)).isEqualTo("a");
        waiting.join();
    }

    @Test
    void nobodyButTheSessionCompletesIt() {
        Answer<String> answer = new Answer<>();
        assertThatThrownBy(() -> answer.complete("a")).isInstanceOf(UnsupportedOperationException.class);
        assertThatThrownBy(() -> answer.completeExceptionally(new IllegalStateException("a"))).isInstanceOf(UnsupportedOperationException.class);
        assertThatThrownBy(() -> answer.cancel(true)).isInstanceOf(UnsupportedOperationException.class);
        assertThatThrownBy(() -> answer.obtrudeValue("a")).isInstanceOf(UnsupportedOperationException.class);
        assertThatThrownBy(() -> answer.obtrudeException(new IllegalStateException("a"))).isInstanceOf(UnsupportedOperationException.class);
        assertThatThrownBy(() -> answer.completeAsync(() -> "a")).isInstanceOf(UnsupportedOperationException.class);
        assertThatThrownBy(() -> answer.completeAsync(() -> "a", Runnable::run)).isInstanceOf(UnsupportedOperationException.class);
        assertThatThrownBy(() -> answer.orTimeout(1, SECONDS)).isInstanceOf(UnsupportedOperationException.class);
        assertThatThrownBy(() -> answer.completeOnTimeout("a", 1, SECONDS)).isInstanceOf(UnsupportedOperationException.class);
        assertThat(answer.toCompletableFuture().complete("a")).isTrue();
        assertThat(answer).isNotDone();
    }

    @Test
    void aFailedOneTellsWhoComesWhileItIsCompleted() throws Exception {
        Answer<String> answer = new Answer<>();
        assertThat(answer.claim()).isTrue();
        CompletableFuture<Throwable> told = new CompletableFuture<>();
        Thread attaching = new Thread(() -> answer.whenComplete((value, failure) -> told.complete(failure)));
        attaching.start();
        answer.fail(new IllegalStateException("no"));
        assertThat(told.get(10, SECONDS)).hasMessage("no");
        attaching.join();
    }

    @Test
    void whoWaitsRunsNothingThatOthersAttached() throws Exception {
        for (int round = 0; round < 200; round++) {
            Answer<String> answer = new Answer<>();
            CompletionStage<String> derived = answer.thenApply(value -> value);
            Queue<Thread> ranOn = new ConcurrentLinkedQueue<>();
            for (int i = 0; i < 20; i++) {
                answer.thenRun(() -> ranOn.add(Thread.currentThread()));
                derived.thenRun(() -> ranOn.add(Thread.currentThread()));
            }
            ParkingAwaiter awaiter = new ParkingAwaiter(() -> false);
            List<Thread> waiting = new ArrayList<>();
            for (CompletionStage<String> stage : List.of(answer, derived)) {
                Thread thread = new Thread(() -> {
                    try {
                        awaiter.await(stage);
                    } catch (InterruptedException e) {
                        throw new AssertionError(e);
                    }
                });
                thread.start();
                waiting.add(thread);
            }
            answer.settle("a");
            for (Thread thread : waiting) {
                thread.join();
            }
            assertThat(ranOn).hasSize(40).containsOnly(Thread.currentThread());
        }
    }

    @Test
    void whatIsDoneToAFutureOfItIsDoneToACopy() {
        Answer<String> answer = new Answer<>();
        CompletionStage<String> derived = answer.thenApply(value -> value + "b");
        assertThat(derived.toCompletableFuture().cancel(true)).isTrue();
        assertThat(answer.toCompletableFuture().complete("x")).isTrue();
        answer.settle("a");
        assertThat(derived.toCompletableFuture()).isCompletedWithValue("ab");
        assertThat(answer.toCompletableFuture()).isCompletedWithValue("a");
    }

    /** One thread attaches while another completes: the dependent runs on the first, or the second was refused. */
    @Test
    void noDependentRunsOnTheThreadThatClaimedIt() throws Exception {
        AtomicReference<Answer<Integer>> current = new AtomicReference<>(new Answer<>());
        AtomicReference<Thread> ranOn = new AtomicReference<>();
        CyclicBarrier both = new CyclicBarrier(2);
        Thread completing = new Thread(() -> {
            for (int i = 0; i < RACES; i++) {
                pass(both);
                Answer<Integer> answer = current.get();
                if (answer.claim()) {
                    answer.settle(i);
                }
                pass(both);
            }
        }, "completing");
        completing.start();
        int claimed = 0;
        for (int i = 0; i < RACES; i++) {
            Answer<Integer> answer = new Answer<>();
            current.set(answer);
            ranOn.set(null);
            Thread waiting = i % 16 == 0 ? waitingFor(answer) : null;
            pass(both);
            answer.thenRun(() -> ranOn.set(Thread.currentThread()));
            pass(both);
            claimed += answer.isDone() ? 1 : 0;
            assertThat(ranOn.get()).isEqualTo(answer.isDone() ? Thread.currentThread() : null);
            if (waiting != null) {
                answer.settle(i);
                waiting.join();
            }
        }
        completing.join();
        System.out.println(claimed + " of " + RACES + " races were won by whoever completes");
    }

    private static Thread waitingFor(Answer<Integer> answer) {
        Thread thread = new Thread(answer::join);
        thread.start();
        return thread;
    }

    private static void pass(CyclicBarrier barrier) {
        try {
            barrier.await();
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }
}

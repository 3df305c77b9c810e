package io.coord.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class CallbackExecutorTest {

    /** Else a callback that is about to return is told of as one that does not. This one returns when it is waited for. */
    @Test
    void anInterruptedThreadWaitsForCallbacksAllTheSame() throws Exception {
        CallbackExecutor executor = new CallbackExecutor("t");
        Thread closer = Thread.currentThread();
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch given = new CountDownLatch(1);
        executor.execute(() -> {
            begun.countDown();
            while (closer.getState() != Thread.State.TIMED_WAITING && given.getCount() > 0) {
                Thread.onSpinWait();
            }
        });
        begun.await();

        closer.interrupt();
        List<Thread> left = executor.close(TimeUnit.SECONDS.toNanos(20));
        given.countDown();

        assertThat(left).isEmpty();
        assertThat(Thread.interrupted()).isTrue();
    }

    @Test
    void aCallbackThatDoesNotReturnIsToldOfInTime() throws Exception {
        CallbackExecutor executor = new CallbackExecutor("t");
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch released = new CountDownLatch(1);
        executor.execute(() -> {
            begun.countDown();
            try {
                released.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        assertThat(begun.await(10, TimeUnit.SECONDS)).isTrue();

        Thread.currentThread().interrupt();
        assertThat(executor.close(1)).hasSize(1);
        assertThat(Thread.interrupted()).isTrue();
        released.countDown();
        executor.close();
    }

    @Test
    void aSlowCallbackIsShownWhereItIsTheUsers() {
        StackTraceElement park = new StackTraceElement(null, "java.base", "17", "jdk.internal.misc.Unsafe", "park", "Unsafe.java", -2);
        StackTraceElement await = new StackTraceElement(
                null, "java.base", "17", "java.util.concurrent.CountDownLatch", "await", "CountDownLatch.java", 230);
        StackTraceElement theirs = new StackTraceElement("org.example.Broker", "onChange", "Broker.java", 42);
        StackTraceElement ours = new StackTraceElement("io.coord.runtime.SessionQueue", "run", "SessionQueue.java", 1);

        assertThat(EventLogger.place(new StackTraceElement[] {park, await, theirs, ours}))
                .isEqualTo(" at org.example.Broker.onChange(Broker.java:42)");
        assertThat(EventLogger.place(new StackTraceElement[] {park})).contains("Unsafe.park");
        assertThat(EventLogger.place(new StackTraceElement[0])).isEmpty();
    }
}

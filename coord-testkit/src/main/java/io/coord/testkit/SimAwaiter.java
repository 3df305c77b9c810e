package io.coord.testkit;

import io.coord.ErrorCode;
import io.coord.session.Awaiter;
import io.coord.session.ParkingAwaiter;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

/** Waits by running the simulation until the stage completes (rule.30). */
final class SimAwaiter implements Awaiter {

    /** Longer than any play. */
    private static final Duration LONG = Duration.ofDays(10_000);

    private final Driver driver;
    private final Supplier<String> asked;

    /**
     * An awaiter.
     *
     * @param asked what was asked last, for the message when it is awaited in vain
     */
    SimAwaiter(Driver driver, Supplier<String> asked) {
        this.driver = driver;
        this.asked = asked;
    }

    @Override
    public void requireMayWait() {
        if (driver.isRunning()) {
            throw new IllegalStateException(ErrorCode.BLOCKING_ON_CALLBACK.message("blocking call within the simulation, which is"
                    + " what would have to run to answer it. Use session.async() in a listener or dependent; run blocking code"
                    + " beside other blocking code by ensemble.run(...)"));
        }
    }

    @Override
    public <T> T await(CompletionStage<T> stage) throws InterruptedException {
        requireMayWait();
        CompletableFuture<T> future = stage.toCompletableFuture();
        driver.runUntil(future::isDone, Driver.PATIENCE_NANOS, asked);
        return valueOf(future);
    }

    @Override
    public <T> Optional<T> await(CompletionStage<T> stage, Duration atMost) throws InterruptedException {
        requireMayWait();
        CompletableFuture<T> future = stage.toCompletableFuture();
        boolean done = driver.runAtMost(future::isDone, nanos(atMost));
        return done ? Optional.ofNullable(valueOf(future)) : Optional.empty();
    }

    private static long nanos(Duration atMost) {
        Duration bounded = atMost.compareTo(LONG) < 0 ? atMost : LONG;
        return bounded.isNegative() ? 0 : bounded.toNanos();
    }

    private static <T> T valueOf(CompletableFuture<T> future) {
        try {
            return future.join();
        } catch (CompletionException | CancellationException e) {
            throw ParkingAwaiter.failure(e);
        }
    }
}

package io.coord.session;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/**
 * How a blocking session waits: in production by parking the caller, in a simulation by running the simulation.
 *
 * <p>A stage that failed is reported in the waiting thread's own words: a {@link io.coord.CoordException} as
 * {@link io.coord.CoordException#rethrown()}, so that the stack shows who waited and the cause who failed; a cancelled
 * stage as a {@link java.util.concurrent.CancellationException}; anything else, which only a user's own function can
 * have thrown, as the cause of a {@link java.util.concurrent.CompletionException}.
 */
public interface Awaiter {

    /**
     * Refuses a thread that must not wait. Asked before a request is made, so that what is refused here has not been
     * done.
     *
     * @throws IllegalStateException on a callback thread or the member's loop, which the awaited stage may itself need
     */
    void requireMayWait();

    /**
     * Waits until the stage completes.
     *
     * @return its value
     * @throws InterruptedException if the thread is interrupted before or while it waits; its flag is cleared
     * @throws IllegalStateException as {@link #requireMayWait()}, even if the stage is complete: whether a program is right
     *     must not depend on timing
     */
    <T> T await(CompletionStage<T> stage) throws InterruptedException;

    /**
     * Waits until the stage completes or the time is over.
     *
     * @param atMost how long; zero or less only looks
     * @return the value, or empty if the time was over first, and the stage goes on, or if it has no value
     * @throws InterruptedException as {@link #await(CompletionStage)}
     * @throws IllegalStateException as {@link #await(CompletionStage)}
     */
    <T> Optional<T> await(CompletionStage<T> stage, Duration atMost) throws InterruptedException;
}

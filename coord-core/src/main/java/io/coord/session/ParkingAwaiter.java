package io.coord.session;

import io.coord.CoordException;
import io.coord.ErrorCode;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;

/** The awaiter of production: parks the calling thread, platform or virtual, and holds no lock while it does. */
public final class ParkingAwaiter implements Awaiter {

    private final BooleanSupplier mayNotWait;

    /**
     * An awaiter for all threads but some.
     *
     * @param mayNotWait whether the current thread runs the callbacks or the loop that awaited stages need
     */
    public ParkingAwaiter(BooleanSupplier mayNotWait) {
        this.mayNotWait = mayNotWait;
    }

    @Override
    public void requireMayWait() {
        if (mayNotWait.getAsBoolean()) {
            throw new IllegalStateException(ErrorCode.BLOCKING_ON_CALLBACK.message("blocking call on "
                    + Thread.currentThread().getName()
                    + ": this would deadlock, as the answer is delivered by this very thread. Use session.async() here, or hand"
                    + " the work to a thread of your own"));
        }
    }

    @Override
    public <T> T await(CompletionStage<T> stage) throws InterruptedException {
        requireMayWait();
        requireNotInterrupted();
        try {
            return future(stage).get();
        } catch (ExecutionException e) {
            throw failure(e);
        } catch (CancellationException e) {
            throw failure(e);
        }
    }

    @Override
    public <T> Optional<T> await(CompletionStage<T> stage, Duration atMost) throws InterruptedException {
        requireMayWait();
        requireNotInterrupted();
        Future<T> future = future(stage);
        try {
            return Optional.ofNullable(future.get(nanos(atMost), TimeUnit.NANOSECONDS));
        } catch (TimeoutException e) {
            return Optional.empty();
        } catch (ExecutionException e) {
            throw failure(e);
        } catch (CancellationException e) {
            throw failure(e);
        }
    }

    private static <T> Future<T> future(CompletionStage<T> stage) {
        return stage instanceof WaitedStage<T> waited ? waited : stage.toCompletableFuture();
    }

    /** Also where the stage is complete: whether an interrupted thread is told so must not depend on timing. */
    private static void requireNotInterrupted() throws InterruptedException {
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
    }

    private static long nanos(Duration duration) {
        if (duration.isNegative()) {
            return 0;
        }
        return duration.compareTo(Duration.ofNanos(Long.MAX_VALUE)) > 0 ? Long.MAX_VALUE : duration.toNanos();
    }

    /** A stage's failure as {@link Awaiter} promises to throw it. */
    public static RuntimeException failure(Throwable failure) {
        Throwable cause = failure;
        while ((cause instanceof CompletionException || cause instanceof ExecutionException) && cause.getCause() != null) {
            cause = cause.getCause();
        }
        if (cause instanceof CoordException coord) {
            return coord.rethrown();
        }
        if (cause instanceof CancellationException) {
            CancellationException rethrown = new CancellationException(cause.getMessage());
            rethrown.initCause(cause);
            return rethrown;
        }
        return new CompletionException(cause);
    }
}

package io.coord.runtime;

import io.coord.session.WaitedStage;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;

/**
 * What a request will be answered: the stage that its caller has. Users cannot complete it.
 *
 * <p>It knows whether anything depends on it. While nothing does, whoever has the answer may complete it on its own thread, a member's
 * loop included: that runs no user code, and at most wakes threads that wait. What is attached meanwhile waits until that is over, and
 * then finds the stage complete.
 *
 * <p>Threads wait for a future beside it, that nothing is ever attached to: a thread that is woken from a {@link CompletableFuture} runs
 * whatever else depends on that.
 *
 * @param <R> what is answered
 */
final class Answer<R> extends CompletableFuture<R> implements WaitedStage<R> {

    private enum Use {
        /** Threads may wait for it, at most. */
        WAITED_FOR,
        /** Something depends on it, or is about to. */
        DEPENDED_ON,
        /** It is being completed, and nothing depends on it. */
        BEING_COMPLETED
    }

    private final AtomicReference<Use> use = new AtomicReference<>(Use.WAITED_FOR);
    /** Complete last where nothing depends on the stage: then whoever attaches something no more meets who completes it. */
    private final CompletableFuture<R> waited = new CompletableFuture<>();

    /** Claims it for completion on the calling thread, which must follow at once; false if something depends on it. */
    boolean claim() {
        return use.compareAndSet(Use.WAITED_FOR, Use.BEING_COMPLETED);
    }

    /** Completes it; of no effect if it is complete. Where it was not claimed, dependents run on the calling thread. */
    void settle(R value) {
        if (use.get() != Use.BEING_COMPLETED) {
            waited.complete(value); // first: who waits is not held up by what depends on it
        }
        super.complete(value);
        waited.complete(value);
    }

    /** Completes it with a failure, as {@link #settle}. */
    void fail(Throwable failure) {
        if (use.get() != Use.BEING_COMPLETED) {
            waited.completeExceptionally(failure);
        }
        super.completeExceptionally(failure);
        waited.completeExceptionally(failure);
    }

    /** Each method that attaches something here asks for the new stage first. */
    @Override
    public <U> CompletableFuture<U> newIncompleteFuture() {
        if (!use.compareAndSet(Use.WAITED_FOR, Use.DEPENDED_ON) && use.get() == Use.BEING_COMPLETED) {
            awaitCompletion();
        }
        return new Derived<>();
    }

    private void awaitCompletion() {
        try {
            waited.join();
        } catch (RuntimeException failed) {
            // It is complete, which is all that matters here.
        }
    }

    // ------------------------------------------------------------------------------------------------ waiting

    @Override
    public R get() throws InterruptedException, ExecutionException {
        return waited.get();
    }

    @Override
    public R get(long timeout, TimeUnit unit) throws InterruptedException, ExecutionException, TimeoutException {
        return waited.get(timeout, unit);
    }

    @Override
    public R join() {
        return waited.join();
    }

    @Override
    public R getNow(R absent) {
        return waited.getNow(absent);
    }

    @Override
    public boolean isDone() {
        return waited.isDone();
    }

    @Override
    public boolean isCompletedExceptionally() {
        return waited.isCompletedExceptionally();
    }

    @Override
    public boolean isCancelled() {
        return waited.isCancelled();
    }

    // ------------------------------------------------------------------------------------------------ for the session only

    @Override
    public CompletableFuture<R> toCompletableFuture() {
        return waited.isDone() ? waited.copy() : copy();
    }

    @Override
    public CompletionStage<R> minimalCompletionStage() {
        return toCompletableFuture().minimalCompletionStage();
    }

    private static UnsupportedOperationException notByUsers() {
        return new UnsupportedOperationException(
                "a session's stage is completed by the session alone; toCompletableFuture() gives one that you may complete");
    }

    @Override
    public boolean complete(R value) {
        throw notByUsers();
    }

    @Override
    public boolean completeExceptionally(Throwable failure) {
        throw notByUsers();
    }

    @Override
    public boolean cancel(boolean mayInterruptIfRunning) {
        throw notByUsers();
    }

    @Override
    public void obtrudeValue(R value) {
        throw notByUsers();
    }

    @Override
    public void obtrudeException(Throwable failure) {
        throw notByUsers();
    }

    @Override
    public CompletableFuture<R> completeAsync(Supplier<? extends R> supplier, Executor executor) {
        throw notByUsers();
    }

    @Override
    public CompletableFuture<R> orTimeout(long timeout, TimeUnit unit) {
        throw notByUsers();
    }

    @Override
    public CompletableFuture<R> completeOnTimeout(R value, long timeout, TimeUnit unit) {
        throw notByUsers();
    }

    /** What depends on an answer. Its future is a copy as well, so that who waits for it runs nothing else, and may give it up by itself. */
    private static final class Derived<T> extends CompletableFuture<T> {
        @Override
        public <U> CompletableFuture<U> newIncompleteFuture() {
            return new Derived<>();
        }

        @Override
        public CompletableFuture<T> toCompletableFuture() {
            return copy();
        }
    }
}

package io.coord.testkit.recipes;

import io.coord.Session;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * A listener that keeps what it is told until the test asks. Waits through a session and never polls.
 *
 * @param <T> what it is told
 */
final class Heard<T> implements Consumer<T> {

    private final Session session;
    private final Queue<T> arrived = new ArrayDeque<>();
    private final Queue<CompletableFuture<T>> waiting = new ArrayDeque<>();

    Heard(Session session) {
        this.session = session;
    }

    @Override
    public void accept(T value) {
        CompletableFuture<T> waiter;
        synchronized (this) {
            waiter = waiting.poll();
            if (waiter == null) {
                arrived.add(value);
                return;
            }
        }
        waiter.complete(value);
    }

    /** The next value, waited for. */
    T next() {
        return session.await(take());
    }

    /** The first value from now on that the test waits for. */
    T next(Predicate<? super T> sought) {
        T value = next();
        while (!sought.test(value)) {
            value = next();
        }
        return value;
    }

    private synchronized CompletionStage<T> take() {
        T value = arrived.poll();
        if (value != null) {
            return CompletableFuture.completedStage(value);
        }
        CompletableFuture<T> waiter = new CompletableFuture<>();
        waiting.add(waiter);
        return waiter;
    }

    /** What has arrived and was not asked for. */
    synchronized List<T> rest() {
        return new ArrayList<>(arrived);
    }
}

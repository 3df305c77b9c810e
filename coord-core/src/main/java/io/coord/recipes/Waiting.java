package io.coord.recipes;

import io.coord.OutcomeUnknownException;
import io.coord.Session;
import io.coord.SessionEndedException;
import io.coord.SessionState;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** How the blocking halves of recipes wait for their asynchronous halves. */
final class Waiting {

    private Waiting() {}

    /** The failure itself, without what stages wrap around it. */
    static Throwable cause(Throwable thrown) {
        Throwable cause = thrown;
        while (cause instanceof CompletionException && cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause;
    }

    /** Completes one stage as another does. */
    static void pass(CompletionStage<@Nullable Void> from, CompletableFuture<@Nullable Void> to) {
        from.whenComplete((done, thrown) -> {
            if (thrown == null) {
                to.complete(null);
            } else {
                to.completeExceptionally(cause(thrown));
            }
        });
    }

    /**
     * Refuses a thread that must not wait, before anything is asked. Whether it is interrupted is seen when it waits: what is begun to
     * end something goes on without it.
     *
     * @throws IllegalStateException on the callback executor or the member's loop
     */
    static void requireMayWait(Session session) {
        try {
            session.awaitAtMost(CompletableFuture.completedStage(true), Duration.ZERO);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Begins something and waits for it; takes it back if it fails or the wait is given up, so that nothing is left behind unowned. */
    static <T> T await(Session session, Supplier<CompletionStage<T>> beginning, Runnable takeBack) {
        requireMayWait(session);
        CompletionStage<T> begun = beginning.get();
        try {
            return session.await(begun);
        } catch (RuntimeException e) {
            takeBack.run();
            throw e;
        }
    }

    /**
     * Begins an end, and waits for it while there is a point in waiting: not if the session is suspended or over, and no longer if the thread is
     * interrupted. The end then comes without being waited for.
     */
    static void awaitEnd(Session session, Supplier<CompletionStage<@Nullable Void>> ending) {
        boolean mayEndSoon = session.state() == SessionState.CONNECTED;
        if (mayEndSoon) {
            requireMayWait(session);
        }
        CompletionStage<@Nullable Void> end = ending.get();
        if (!mayEndSoon) {
            return;
        }
        try {
            session.await(end);
        } catch (SessionEndedException over) {
            // What was to be given back went with the session.
        } catch (OutcomeUnknownException interrupted) {
            // The thread has its flag back; giving back goes on, and at the latest the session's end does it.
        }
    }
}

package io.coord.recipes;

import io.coord.Bytes;
import io.coord.CoordException;
import io.coord.CreateMode;
import io.coord.ErrorCode;
import io.coord.NodePath;
import io.coord.Registration;
import io.coord.Session;
import io.coord.SessionState;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * A lock held by one {@link Hold} at a time, over all sessions of the ensemble: granted in the order in which it was asked for.
 *
 * <pre>{@code
 * DistributedLock lock = DistributedLock.at(session, NodePath.of("/locks/report"));
 * try (DistributedLock.Hold hold = lock.acquire()) {
 *   store.write(report, hold.fencingToken());
 * }
 * }</pre>
 *
 * <p>A hold belongs to its session and to whoever has the object, not to a thread: any thread may release it, and a thread that asks twice
 * waits for itself. Each waiter watches the one before it, so a release wakes one and not the herd.
 *
 * <p><b>What is guaranteed.</b> At any moment the tree has one first node in the queue. A hold is only as good as its session:
 *
 * <p><b>When the session is suspended</b>, {@link Hold#isHeld()} is false at once and {@link Hold#onLost} listeners are called; stop what
 * the lock protects. If the session is connected again in time the hold is valid again, since nobody else had the lock meanwhile.
 *
 * <p><b>When the session is over</b>, the lock is free for others, and the hold is lost for good. A pause may come between asking
 * {@code isHeld()} and acting, so whatever is written should be given the {@link Hold#fencingToken()} and refuse smaller ones.
 */
public final class DistributedLock {

    private final Session session;
    private final NodePath path;
    private final Executor executor;

    private DistributedLock(Session session, NodePath path) {
        this.session = session;
        this.path = Objects.requireNonNull(path, "path");
        this.executor = session.async().callbackExecutor();
    }

    /**
     * The lock at a path, for one session. Asks nobody; there may be any number of such objects.
     *
     * @param path the lock: waiters are its children. Created as a container when missing, so that it goes when it is out of use
     */
    public static DistributedLock at(Session session, NodePath path) {
        return new DistributedLock(session, path);
    }

    /** The lock's path. */
    public NodePath path() {
        return path;
    }

    /**
     * Waits for the lock, without bound.
     *
     * @throws InterruptedException if the thread is interrupted; its place in the queue is given back
     * @throws CoordException if the place could not be taken, or the session ended
     */
    public Hold acquire() throws InterruptedException {
        Waiting.requireMayWait(session);
        Request request = request();
        try {
            return session.awaitInterruptibly(request.granted());
        } catch (InterruptedException | RuntimeException e) {
            request.cancel();
            throw e;
        }
    }

    /**
     * Takes the lock if it is free, and else gives the place in the queue back.
     *
     * @throws InterruptedException as {@link #acquire()}
     */
    public Optional<Hold> tryAcquire() throws InterruptedException {
        return tryAcquire(Duration.ZERO);
    }

    /**
     * Waits for the lock, no longer than that once it is in the queue; taking the place there is not counted, so that a free lock is
     * acquired however short the time.
     *
     * @throws InterruptedException as {@link #acquire()}
     */
    public Optional<Hold> tryAcquire(Duration atMost) throws InterruptedException {
        Waiting.requireMayWait(session);
        Request request = request();
        try {
            session.awaitInterruptibly(request.queued());
            Optional<Hold> hold = session.awaitAtMost(request.granted(), atMost);
            if (hold.isEmpty()) {
                Waiting.awaitEnd(session, request::cancel);
            }
            return hold;
        } catch (InterruptedException | RuntimeException e) {
            request.cancel();
            throw e;
        }
    }

    /** Queues up for the lock, without waiting. */
    public Request request() {
        Request request = new Request();
        executor.execute(() -> request.enter(false));
        return request;
    }

    @Override
    public String toString() {
        return "lock at " + path;
    }

    /** A request for the lock: in the queue until it is granted or cancelled. */
    public final class Request {

        private final CompletableFuture<Request> queued = new CompletableFuture<>();
        private final CompletableFuture<Hold> granted = new CompletableFuture<>();
        private final QueuePlace.Owner owner = new Waiter();
        private @Nullable QueuePlace place;
        private @Nullable Hold hold;
        private boolean cancelled;

        private Request() {}

        private void enter(boolean patient) {
            if (cancelled) {
                return;
            }
            QueuePlace entered =
                    new QueuePlace(session.async(), path, Bytes.EMPTY, CreateMode.CONTAINER, owner, patient);
            place = entered;
            entered.placed().whenComplete((placed, thrown) -> {
                if (thrown == null) {
                    queued.complete(this);
                }
            });
            entered.enter();
        }

        private final class Waiter implements QueuePlace.Owner {
            @Override
            public void first(QueuePlace first) {
                if (hold == null) {
                    Hold won = new Hold(first);
                    hold = won;
                    granted.complete(won);
                }
            }

            @Override
            public void unsure(QueuePlace first) {
                if (hold != null) {
                    hold.becomeUnsure();
                }
            }

            @Override
            public void gone(QueuePlace lost, Optional<CoordException> why) {
                if (why.isPresent()) {
                    queued.completeExceptionally(why.get());
                    granted.completeExceptionally(why.get());
                } else if (hold == null) {
                    enter(true);
                }
            }
        }

        /** Completes with this request when it is in the queue, granted or not; fails as {@link #granted()} does. */
        public CompletionStage<Request> queued() {
            return queued.minimalCompletionStage();
        }

        /**
         * Completes with the hold when the lock is granted; fails with a {@link CoordException} if the place could not be taken or the
         * session ended, and is cancelled by {@link #cancel()}. A place that somebody else deletes is taken again, at the end.
         */
        public CompletionStage<Hold> granted() {
            return granted.minimalCompletionStage();
        }

        /**
         * Gives the place in the queue back, or the lock if it is granted by now.
         *
         * @return completes when that is done, or cannot be for the moment
         */
        public CompletionStage<@Nullable Void> cancel() {
            CompletableFuture<@Nullable Void> done = new CompletableFuture<>();
            executor.execute(() -> {
                cancelled = true;
                CancellationException why = new CancellationException(
                        ErrorCode.LOCK_REQUEST_CANCELLED.message("the request for the lock at " + path + " was given up"));
                queued.completeExceptionally(why);
                granted.completeExceptionally(why);
                if (hold != null) {
                    Waiting.pass(hold.releaseAsync(), done);
                } else if (place != null) {
                    Waiting.pass(place.leave(), done);
                } else {
                    done.complete(null);
                }
            });
            return done.minimalCompletionStage();
        }
    }

    /** The lock, granted. Ends by {@link #release()}, or with the session, or when somebody else deletes its node. */
    public final class Hold implements AutoCloseable {

        private final QueuePlace place;
        private final long fencingToken;
        private final NodePath node;
        private final Listeners<Hold> lost = new Listeners<>(executor);
        private boolean released;

        private Hold(QueuePlace place) {
            this.place = place;
            this.fencingToken = place.czxid();
            this.node = place.path();
        }

        private void becomeUnsure() {
            if (!released) {
                lost.tell(this);
            }
        }

        /**
         * The zxid that created this hold's node: greater than that of every hold before, for ever. Hand it to whatever is written, which
         * refuses a smaller one than it has seen.
         */
        public long fencingToken() {
            return fencingToken;
        }

        /** This hold's node in the queue. */
        public NodePath path() {
            return node;
        }

        /**
         * Whether the lock is held, as far as can be told without asking anybody. Turns false when the session's lease lapses, without any
         * thread running, and true again if the session is connected again in time.
         */
        public boolean isHeld() {
            return place.isFirst() && session.state() == SessionState.CONNECTED;
        }

        /**
         * Calls the listener each time the hold stops being valid otherwise than by {@link #release()}; at once, if it did since it was
         * granted and is not valid again.
         */
        public Registration onLost(Runnable listener) {
            Objects.requireNonNull(listener, "listener");
            return lost.add(hold -> listener.run(), () -> released || place.isFirst() ? List.of() : List.of(this));
        }

        /**
         * Gives the lock back and waits until the next waiter may have it; releasing twice is harmless. While the session is suspended it
         * does not wait: the lock is given back when the session is connected, at the latest by its end.
         */
        public void release() {
            Waiting.awaitEnd(session, this::releaseAsync);
        }

        /** As {@link #release()}, without waiting; the one to call in a listener. */
        public CompletionStage<@Nullable Void> releaseAsync() {
            CompletableFuture<@Nullable Void> done = new CompletableFuture<>();
            executor.execute(() -> {
                released = true;
                Waiting.pass(place.leave(), done);
            });
            return done.minimalCompletionStage();
        }

        /** {@link #release()}. */
        @Override
        public void close() {
            release();
        }

        @Override
        public String toString() {
            return "hold of the lock at " + path + " with token 0x" + Long.toHexString(fencingToken);
        }
    }
}

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
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A candidacy in the election of one leader among those who join at the same path. The first in the queue leads; the next follows
 * when its node is gone.
 *
 * <pre>{@code
 * try (LeaderElection election = LeaderElection.join(session, NodePath.of("/controller"), Bytes.utf8("broker-1"))) {
 *   election.onDeposed(controller::stop);
 *   Leadership leadership = election.awaitLeadership();
 *   controller.run(leadership.fencingToken());
 * }
 * }</pre>
 *
 * <p><b>What is guaranteed.</b> At any moment the tree has one first candidate. {@link #isLeader()} is said by one candidate at most, as
 * far as sessions are told of their suspension before the ensemble lets them expire: clocks must run at nearly the same rate, and a
 * thread may be paused between asking and acting. So whoever writes on behalf of the leader passes the
 * {@link Leadership#fencingToken()} on, which grows from each leadership to the next.
 *
 * <p><b>When the session is suspended</b>, {@link #isLeader()} is false at once, by itself; {@link #onDeposed} listeners are called. The
 * node stays: if the session is connected again in time, the candidate is the leader again, with the same token, as nobody else was meanwhile.
 *
 * <p><b>When the session is over</b>, the candidacy is too: {@link #leadership()} fails with {@link io.coord.SessionEndedException}. Open a
 * session and join again.
 *
 * <p>If somebody else deletes the candidate's node, the candidate is deposed and joins again at the end of the queue. Any thread may call
 * any method.
 */
public final class LeaderElection implements AutoCloseable {

    private final Session session;
    private final NodePath path;
    private final Bytes data;
    private final Executor executor;
    private final Listeners<Leadership> elected;
    private final Listeners<Leadership> deposed;
    private final CompletableFuture<LeaderElection> joined = new CompletableFuture<>();
    private final QueuePlace.Owner owner = new Candidate();

    /** Written on the executor only, as the two below. */
    private volatile @Nullable Leadership held;
    private volatile CompletableFuture<Leadership> next = new CompletableFuture<>();
    private @Nullable QueuePlace place;
    private @Nullable CompletionStage<@Nullable Void> closing;

    private LeaderElection(Session session, NodePath path, Bytes data) {
        this.session = session;
        this.path = Objects.requireNonNull(path, "path");
        this.data = data;
        this.executor = session.async().callbackExecutor();
        this.elected = new Listeners<>(executor);
        this.deposed = new Listeners<>(executor);
    }

    /**
     * Joins an election and waits until the candidate is in the queue, not until it leads.
     *
     * @param path the election: candidates are its children
     * @param data shown to others as the candidate's data, such as its name
     * @throws CoordException if the candidate could not be created; it is then no candidate
     */
    public static LeaderElection join(Session session, NodePath path, Bytes data) {
        LeaderElection election = new LeaderElection(session, path, data);
        return Waiting.await(session, election::begin, election::closeAsync);
    }

    /** As {@link #join}, without waiting: completes when the candidate is in the queue. */
    public static CompletionStage<LeaderElection> joinAsync(Session session, NodePath path, Bytes data) {
        return new LeaderElection(session, path, data).begin();
    }

    private CompletionStage<LeaderElection> begin() {
        executor.execute(() -> enter(false));
        return joined.minimalCompletionStage();
    }

    private void enter(boolean patient) {
        if (closing != null) {
            return;
        }
        QueuePlace entered = new QueuePlace(session.async(), path, data, CreateMode.PERSISTENT, owner, patient);
        place = entered;
        entered.placed().whenComplete((placed, thrown) -> {
            if (thrown == null) {
                joined.complete(this);
            }
        });
        entered.enter();
    }

    /** What becomes of the present place; an older one has no say. */
    private final class Candidate implements QueuePlace.Owner {
        @Override
        public void first(QueuePlace first) {
            Leadership leadership = new Leadership(first.czxid(), first.path());
            held = leadership;
            elected.tell(leadership);
            joined.complete(LeaderElection.this);
            next.complete(leadership);
        }

        @Override
        public void unsure(QueuePlace first) {
            Leadership lost = held;
            if (lost != null) {
                held = null;
                next = new CompletableFuture<>();
                deposed.tell(lost);
            }
        }

        @Override
        public void gone(QueuePlace lost, Optional<CoordException> why) {
            if (lost != place) {
                return;
            }
            if (why.isEmpty()) {
                enter(true);
            } else {
                joined.completeExceptionally(why.get());
                next.completeExceptionally(why.get());
            }
        }
    }

    /** The election's path. */
    public NodePath path() {
        return path;
    }

    /**
     * Whether this candidate leads, as far as can be told without asking anybody: its node was the first, and the session's lease is
     * valid. Turns false when the lease lapses, without any thread running. Cheap enough to ask before each step.
     */
    public boolean isLeader() {
        return held != null && session.state() == SessionState.CONNECTED;
    }

    /** The present leadership, if {@link #isLeader()}. */
    public Optional<Leadership> current() {
        Leadership present = held;
        return present != null && session.state() == SessionState.CONNECTED ? Optional.of(present) : Optional.empty();
    }

    /**
     * The present leadership if this candidate leads, else its next one.
     *
     * @return completes with it; fails with {@link io.coord.SessionEndedException} when the session ends first, and is cancelled
     *     when the election is closed first
     */
    public CompletionStage<Leadership> leadership() {
        return next.minimalCompletionStage();
    }

    /**
     * Waits until this candidate leads.
     *
     * @throws InterruptedException if the thread is interrupted; the candidate stays in the queue until {@link #close()}
     * @throws io.coord.SessionEndedException if the session ends first
     * @throws CancellationException if the election is closed first
     */
    public Leadership awaitLeadership() throws InterruptedException {
        return session.awaitInterruptibly(leadership());
    }

    /**
     * Waits until this candidate leads, but no longer than that; it stays in the queue.
     *
     * @throws InterruptedException as {@link #awaitLeadership()}
     */
    public Optional<Leadership> awaitLeadership(Duration atMost) throws InterruptedException {
        return session.awaitAtMost(leadership(), atMost);
    }

    /**
     * Calls the listener with each leadership that begins, and with the present one if there is any. After a suspension that the session
     * survived, the same leadership begins again.
     */
    public Registration onElected(Consumer<? super Leadership> listener) {
        return elected.add(listener, () -> {
            Leadership present = held;
            return present == null ? List.of() : List.of(present);
        });
    }

    /**
     * Calls the listener each time leadership ends, for whatever reason. Where this candidate gives it up itself, by {@link #resign()} or
     * {@link #close()}, the listener returns before the next leader can begin.
     */
    public Registration onDeposed(Runnable listener) {
        Objects.requireNonNull(listener, "listener");
        return deposed.add(lost -> listener.run());
    }

    /**
     * Goes to the end of the queue: gives leadership up if held, and waits until the next candidate may lead. A single candidate is
     * elected again, with a new token.
     */
    public void resign() {
        Waiting.requireMayWait(session);
        session.await(resignAsync());
    }

    /** As {@link #resign()}, without waiting. */
    public CompletionStage<@Nullable Void> resignAsync() {
        CompletableFuture<@Nullable Void> resigned = new CompletableFuture<>();
        executor.execute(() -> {
            QueuePlace old = place;
            if (old == null || closing != null) {
                resigned.complete(null);
                return;
            }
            Waiting.pass(old.leave(), resigned);
            executor.execute(() -> enter(true)); // behind the deletion, which is there already
        });
        return resigned.minimalCompletionStage();
    }

    /**
     * Leaves the election: {@link #onDeposed} listeners first, then the deletion of the candidate's node, for which it waits. While the
     * session is suspended it does not wait: the node goes when the session is connected, at the latest by its end.
     */
    @Override
    public void close() {
        Waiting.awaitEnd(session, this::closeAsync);
    }

    /** As {@link #close()}, without waiting; the one to call in a listener. */
    public CompletionStage<@Nullable Void> closeAsync() {
        CompletableFuture<@Nullable Void> closed = new CompletableFuture<>();
        executor.execute(() -> {
            if (closing == null) {
                closing = place == null ? CompletableFuture.completedStage(null) : place.leave();
                CancellationException left = new CancellationException(
                        ErrorCode.ELECTION_LEFT.message("the election at " + path + " was left; join it again to be elected"));
                joined.completeExceptionally(left);
                if (!next.completeExceptionally(left)) {
                    next = CompletableFuture.failedFuture(left);
                }
            }
            Waiting.pass(closing, closed);
        });
        return closed.minimalCompletionStage();
    }

    @Override
    public String toString() {
        Leadership present = held;
        return "election at " + path + (present == null ? "" : ", led with token 0x" + Long.toHexString(present.fencingToken()));
    }
}

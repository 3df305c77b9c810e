package io.coord.runtime;

import io.coord.AsyncSession;
import io.coord.Bytes;
import io.coord.CoordException;
import io.coord.ErrorCode;
import io.coord.Identity;
import io.coord.NodePath;
import io.coord.Operation;
import io.coord.Outcome;
import io.coord.OutcomeUnknownException;
import io.coord.ReadMode;
import io.coord.Refusal;
import io.coord.Registration;
import io.coord.RejectedException;
import io.coord.Session;
import io.coord.SessionEndedException;
import io.coord.SessionEvent;
import io.coord.SessionState;
import io.coord.UnavailableException;
import io.coord.WatchEvent;
import io.coord.WatchKind;
import io.coord.WatchMode;
import io.coord.member.Caller;
import io.coord.member.Delivery;
import io.coord.member.Failure;
import io.coord.member.Input;
import io.coord.member.SessionGrant;
import io.coord.runtime.SessionHome.Submission;
import io.coord.session.DirectReads;
import io.coord.session.ListenerTable;
import io.coord.state.Reader;
import io.coord.state.StateRoot;
import io.coord.state.WatchTable;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * An in-process session: the door between callers' threads and a member's loop.
 *
 * <p>Requests go to the member's inbox in the order they were made; answers and events come back through one {@link SessionQueue}. A
 * local read without a watch is answered from the published root on the calling thread while nothing earlier is unanswered (rule.3).
 *
 * <p>A session with a {@link Relocation} moves: {@link #moveTo} attaches it to another member with the same id, asks there for what is
 * unanswered, and restores its watches. A write keeps its number on the way, so it is applied once and its caller learns the outcome.
 */
public final class LocalSession implements AsyncSession, DirectReads {

    /** What a session is opened with. */
    public record Setup(
            int timeoutMillis,
            Bytes password,
            List<Identity> identities,
            DoorLimits limits,
            Executor callbacks,
            Consumer<Throwable> onListenerFailure) {}

    /** Finds another member for a session that lost its own, by calling {@link #moveTo}. */
    public interface Relocation {
        /** Called on any thread, a member's loop included: must not wait. Called again when a move failed. */
        void homeless(LocalSession session, String reason);
    }

    private final Setup setup;
    private final @Nullable Relocation relocation;
    private final DoorCheck check;
    private final SessionQueue queue;
    private final RequestLine line;
    private final Resident resident = new AtHome();
    private final ListenerTable listeners = new ListenerTable();
    private final List<Consumer<? super SessionEvent>> eventListeners = new CopyOnWriteArrayList<>();
    private final AtomicLong names = new AtomicLong();
    private final AtomicReference<@Nullable SessionState> over = new AtomicReference<>();

    private volatile long id;
    private volatile int timeoutMillis;
    private volatile Reader reader;
    private volatile int watches;
    private volatile boolean closing;
    private volatile String ending = "";
    /** Who it acts as once everything asked so far is granted; set under this. */
    private volatile List<Identity> identities;
    /** Whether listeners were last told that the session is connected. Only the queue looks. */
    private boolean connectedTold;

    /** A session not yet open, which ends with its member. */
    public LocalSession(Setup setup) {
        this(setup, null);
    }

    /** A session not yet open, which moves if there is somebody to find it another member. */
    public LocalSession(Setup setup, @Nullable Relocation relocation) {
        this.setup = setup;
        this.relocation = relocation;
        this.check = new DoorCheck(setup.limits());
        this.queue = new SessionQueue(setup.callbacks(), setup.onListenerFailure());
        this.line = new RequestLine(this, relocation != null, setup.limits().outstandingMax(), setup.identities());
        this.timeoutMillis = setup.timeoutMillis();
        this.identities = setup.identities();
        this.reader = new Reader(0, setup.identities());
    }

    // ------------------------------------------------------------------------------------------------ opening and moving

    /**
     * Asks a member to open the session.
     *
     * @return completes with it when that is committed; fails if the member cannot, and then this session is of no more use
     */
    public CompletionStage<AsyncSession> open(SessionHome home) {
        Optional<Outcome.Refused> objection = check.objection(setup.identities());
        if (objection.isPresent()) {
            end(SessionState.CLOSED, "it was never opened: " + objection.get().detail());
            return CompletableFuture.failedStage(RejectedException.of(objection.get()));
        }
        Link link = new Link(home);
        link.rewatched = true;
        line.moveTo(link);
        return attach(link, (caller, answered) -> new Input.Open(
                caller, setup.timeoutMillis(), Passwords.hash(setup.password()), setup.identities(), true));
    }

    /**
     * Waits, by its blocking door, until it is open. If that is not waited for to the end, it is closed: nobody else could.
     *
     * @param atMost how long: the opening itself fails before, unless nobody can tell of it
     */
    public void awaitOpening(CompletionStage<?> opening, Session blocking, Duration atMost) {
        try {
            if (blocking.awaitAtMost(opening.thenApply(done -> true), atMost).isEmpty()) {
                throw new UnavailableException("no session within " + atMost.toMillis() + " ms: nothing runs on the callback executor, one of"
                        + " whose threads waits here, if " + Thread.currentThread().getName() + " is one. Open sessions elsewhere, or by an"
                        + " executor with threads to spare");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            opening.thenRun(this::closeAsync);
            throw new OutcomeUnknownException("interrupted while a session was being opened: it is closed when it is open", e);
        } catch (RuntimeException e) {
            opening.thenRun(this::closeAsync);
            throw e;
        }
    }

    /**
     * Attaches the session to another member, or anew to its own. Unanswered requests are asked again there, in order; one-shot watches
     * are compared with what changed since; persistent ones are told what they missed, or, where the new member's history does not reach,
     * of a {@link WatchEvent.Type#GAP}.
     *
     * @return completes when it is attached; fails if the member cannot, and may be tried again with another
     */
    public CompletionStage<AsyncSession> moveTo(SessionHome home) {
        Link link = new Link(home);
        return attach(link, (caller, answered) -> new Input.Resume(
                caller,
                id,
                setup.timeoutMillis(),
                Passwords.hash(setup.password()),
                line.identities(),
                true,
                answered));
    }

    private interface Opening {
        Input.Request input(Caller<SessionGrant> caller, long answeredWrites);
    }

    private CompletionStage<AsyncSession> attach(Link link, Opening opening) {
        CompletableFuture<AsyncSession> attached = new CompletableFuture<>();
        Call<SessionGrant> call = new Call<>(
                Call.Kind.OPEN,
                (session, caller) -> {
                    throw new IllegalStateException("asked once only");
                },
                grant -> granted(link, grant));
        long answered = line.moveTo(link);
        call.stage.whenComplete((grant, failure) -> {
            if (failure == null) {
                attached.complete(this);
            } else {
                attached.completeExceptionally(failure);
                notAttached(link, failure);
            }
        });
        Submission submission = link.home.submit(opening.input(new Call.Attempt<>(this, call, link), answered));
        if (submission != Submission.TAKEN) {
            String why = submission == Submission.CLOSED
                    ? ErrorCode.MEMBER_CLOSED.message("member " + link.home.member() + " is closed. Ask another member.")
                    : ErrorCode.OVERLOADED.message("member " + link.home.member()
                            + " has as many unanswered requests as it takes (maxOutstanding). Ask another member, or later.");
            queue.execute(() -> call.stage.fail(new UnavailableException(why)));
        }
        return attached.minimalCompletionStage();
    }

    /** Runs in the queue, before anything asked over the new link is answered. */
    private void granted(Link link, SessionGrant grant) {
        connectedTold |= id == 0; // whoever opens a session knows that it is connected
        id = grant.session();
        timeoutMillis = grant.timeoutMillis();
        reader = new Reader(id, reader.identities());
        if (over.get() != null) {
            link.home.resubmit(new Input.Close(id, nobody(link)));
            return;
        }
        if (link.isLost()) {
            return; // given up, and another attachment is being looked for
        }
        if (!link.rewatched) {
            rewatch(link);
        }
        if (!line.attached(link)) {
            lose(link, "member " + link.home.member() + " is closed");
        }
    }

    private Caller<Boolean> nobody(Link link) {
        return new Call.Attempt<>(
                this, new Call<>(Call.Kind.READ, (session, caller) -> new Input.Close(session, caller), done -> {}), link);
    }

    private void notAttached(Link link, Throwable failure) {
        if (id == 0) {
            end(SessionState.CLOSED, "it was never opened: " + failure.getMessage());
        } else if (failure instanceof SessionEndedException && line.link() == link) {
            end(SessionState.EXPIRED, String.valueOf(failure.getMessage()));
        } else {
            lose(link, String.valueOf(failure.getMessage()));
        }
    }

    private void rewatch(Link link) {
        List<String> data = List.copyOf(listeners.paths(ListenerTable.Kind.DATA));
        List<String> exist = List.copyOf(listeners.paths(ListenerTable.Kind.EXIST));
        List<String> child = List.copyOf(listeners.paths(ListenerTable.Kind.CHILD));
        List<String> persistent = List.copyOf(listeners.paths(ListenerTable.Kind.PERSISTENT));
        List<String> recursive = List.copyOf(listeners.paths(ListenerTable.Kind.RECURSIVE));
        if (listeners.size() == 0) {
            link.rewatched = true;
            return;
        }
        Call<Boolean> call = new Call<>(
                Call.Kind.READ,
                (session, caller) -> new Input.SetWatches(
                        session, caller, line.seenZxid(), data, exist, child, persistent, recursive, true),
                done -> {});
        link.rewatching = call;
        link.home.resubmit(call.asking.input(id, new Call.Attempt<>(this, call, link)));
    }

    /** Gives up a request to open or attach; if it is granted all the same, the session is closed again, unless it has moved. */
    void giveUp(Call<?> opening, String reason) {
        queue.execute(() -> opening.stage.fail(new UnavailableException(reason)));
    }

    // ------------------------------------------------------------------------------------------------ losing the member

    private void homeLost(SessionHome home, String reason) {
        Link link = line.link();
        if (link != null && link.home == home) {
            lose(link, reason);
        }
    }

    private void lose(Link link, String reason) {
        if (line.link() != link || !link.lose() || over.get() != null) {
            return;
        }
        if (relocation == null || id == 0) {
            end(SessionState.EXPIRED, reason);
        } else {
            queue.execute(() -> tellSuspended(reason));
            relocation.homeless(this, reason);
        }
    }

    /** Ends a session that no member can answer any more. */
    public void abandon(String reason) {
        end(SessionState.EXPIRED, reason);
    }

    private void end(SessionState state, String reason) {
        SessionState ended = closing ? SessionState.CLOSED : state;
        if (!over.compareAndSet(null, ended)) {
            return;
        }
        ending = reason;
        List<Call<?>> left = line.close();
        queue.execute(() -> {
            SessionEndedException failure = endedAlready();
            left.forEach(call -> call.stage.fail(failure));
            listeners.clear();
            tell(ended == SessionState.CLOSED ? new SessionEvent.Closed() : new SessionEvent.Expired(reason));
        });
    }

    SessionEndedException endedAlready() {
        String text = this + ": " + ending;
        if (over.get() == SessionState.EXPIRED) {
            boolean hasCode = ending.startsWith(ErrorCode.SESSION_EXPIRED + " "); // and so the session's id
            text = hasCode ? ending : ErrorCode.SESSION_EXPIRED.message(text);
        }
        return new SessionEndedException(text);
    }

    // ------------------------------------------------------------------------------------------------ deliveries

    /** How the door of a member sees this session. */
    Resident resident() {
        return resident;
    }

    private final class AtHome implements Resident {
        @Override
        public void stage(SessionHome home, Delivery delivery, SessionQueue.Gate gate) {
            LocalSession.this.stage(home, delivery, gate);
        }

        @Override
        public void opened(SessionHome home) {
            LocalSession.this.opened(home);
        }

        @Override
        public void homeLost(SessionHome home, String reason) {
            LocalSession.this.homeLost(home, reason);
        }

        @Override
        public void giveUpOlderThan(long ageNanos, Supplier<String> reason) {
            LocalSession.this.giveUpOlderThan(ageNanos, reason);
        }
    }

    /**
     * Does what the member's loop would, for a session whose member may be dead or paused: tells callers that it takes too long, and
     * looks for another member when this one's word has run out. For a session that moves; called now and then, on any thread.
     */
    public void lookAfter(long requestTimeoutNanos) {
        giveUpOlderThan(requestTimeoutNanos, () -> this + " has no member that answers");
        Link link = line.link();
        if (link != null && id != 0 && link.isOverdue(timeoutMillis * 1_000_000L / 3 * 2)) {
            lose(link, "member " + link.home.member() + " has not renewed the lease in time");
        }
    }

    /** Takes a delivery for a call of this session. Called by the loop; what follows happens in the queue once the gate is open. */
    <R> void stage(Call.Attempt<R> attempt, Delivery delivery, SessionQueue.Gate gate) {
        if (attempt.call() == attempt.link().rewatching) {
            rewatched(attempt.link(), delivery);
        }
        if (line.answered(attempt.call(), attempt.link(), delivery)) {
            if (delivery instanceof Delivery.Answered<?> answered && answered.value() instanceof SessionGrant) {
                attempt.link().attached();
            }
            queue.stage(new Completion<>(attempt.call(), delivery), gate);
        }
    }

    /** What the watches missed is staged. If they were not taken, no answer behind this one counts: it could show what is still to be told. */
    private void rewatched(Link link, Delivery delivery) {
        link.rewatching = null;
        if (delivery instanceof Delivery.Failed failed) {
            lose(link, failed.reason());
        } else {
            line.rewatched(link);
            link.rewatched = true;
        }
    }

    /** An answer on its way through the queue. */
    private final class Completion<R> implements SessionQueue.Quiet {
        private final Call<R> call;
        private final Delivery delivery;

        Completion(Call<R> call, Delivery delivery) {
            this.call = call;
            this.delivery = delivery;
        }

        @Override
        public void run() {
            tellRefused(complete(call, delivery));
        }

        @Override
        public boolean runQuietly() {
            if (call.takesListener || !call.stage.claim()) {
                return false;
            }
            try {
                List<Call<?>> refused = complete(call, delivery);
                if (!refused.isEmpty()) {
                    queue.executeFirst(() -> tellRefused(refused));
                }
                return true;
            } catch (RuntimeException | Error bug) {
                call.stage.fail(bug); // what is attached meanwhile waits for it
                throw bug;
            }
        }
    }

    /** Completes a call, and returns those that the door refuses behind it. */
    @SuppressWarnings("unchecked")
    private <R> List<Call<?>> complete(Call<R> call, Delivery delivery) {
        R value = delivery instanceof Delivery.Answered<?> answered ? (R) answered.value() : null;
        boolean isLate = call.takesListener && call.stage.isDone(); // its caller was told that it failed, and is to hear nothing
        if (value != null && !isLate) {
            call.onGranted.accept(value); // first: once it is settled, other threads read from the root as whoever it made them
        }
        List<Call<?>> refused = line.settle(call);
        if (value != null) {
            call.stage.settle(value);
        } else if (delivery instanceof Delivery.Refused no) {
            call.stage.fail(RejectedException.of(no.refused()));
        } else if (delivery instanceof Delivery.Failed failed) {
            call.stage.fail(exception(failed.failure(), failed.reason(), call.kind));
        }
        if (value != null && isLate && call.adds != null) {
            unwatch(call.adds);
        }
        return refused;
    }

    private static void tellRefused(List<Call<?>> refused) {
        refused.forEach(call -> call.stage.fail(call.refusal));
    }

    private static CoordException exception(Failure failure, String reason, Call.Kind kind) {
        return switch (failure) {
            case UNAVAILABLE, REFUSED -> new UnavailableException(reason);
            case OUTCOME_UNKNOWN, SESSION_MOVED -> kind == Call.Kind.WRITE
                    ? new OutcomeUnknownException(reason)
                    : new UnavailableException(reason);
            case SESSION_ENDED -> new SessionEndedException(reason);
        };
    }

    private void stage(SessionHome home, Delivery delivery, SessionQueue.Gate gate) {
        Link link = line.link();
        if (link == null || link.home != home || !link.isAttached()) {
            return;
        }
        if (delivery instanceof Delivery.Fired fired) {
            if (line.told(link, fired.event())) {
                queue.stage(() -> fire(fired.event()), gate);
            }
        } else if (delivery instanceof Delivery.Renewed renewed) {
            if (link.renewed(renewed.validUntilNanos()) || renewed.resumed()) {
                queue.stage(() -> tellConnected(link), gate);
            }
        } else if (delivery instanceof Delivery.Suspended suspended) {
            link.suspended();
            queue.stage(() -> tellSuspended(suspended.reason()), gate);
            if (relocation != null) {
                lose(link, suspended.reason());
            }
        } else if (delivery instanceof Delivery.Ended ended) {
            queue.stage(() -> end(ended.expired() ? SessionState.EXPIRED : SessionState.CLOSED, ended.reason()), gate);
        } else if (delivery instanceof Delivery.Moved) {
            lose(link, "session 0x" + Long.toHexString(id) + " was attached elsewhere");
        }
    }

    private void opened(SessionHome home) {
        Link link = line.link();
        if (link != null && link.home == home) {
            if (link.release()) {
                queue.execute(() -> tellLapsed(link));
            }
            line.turnEnded(link);
        }
        queue.opened();
    }

    private void fire(WatchEvent event) {
        boolean isMadeUp = event.zxid() == WatchTable.NO_ZXID; // lasting watches are told of the change itself, or of a gap (inv.Z11)
        for (Consumer<? super WatchEvent> listener : isMadeUp ? listeners.oneShotHearersOf(event) : listeners.hearersOf(event)) {
            call(listener, event);
        }
        watches = listeners.size();
    }

    /** Not if the link is lost meanwhile: then that is told, and there is another to be told of. */
    private void tellConnected(Link link) {
        if (!connectedTold && over.get() == null && !link.isLost()) {
            connectedTold = true;
            tell(new SessionEvent.Connected("member " + link.home.member()));
        }
    }

    /** Whoever saw that the session was suspended, though the member never had to say so, waits to hear that it is connected. */
    private void tellLapsed(Link link) {
        if (connectedTold && !link.isLost()) {
            tellSuspended("member " + link.home.member() + " renewed the lease when it had lapsed already");
            tellConnected(link);
        }
    }

    private void tellSuspended(String reason) {
        if (connectedTold && over.get() == null) {
            connectedTold = false;
            tell(new SessionEvent.Suspended(reason));
        }
    }

    private void tell(SessionEvent event) {
        for (Consumer<? super SessionEvent> listener : eventListeners) {
            call(listener, event);
        }
    }

    private <E> void call(Consumer<? super E> listener, E event) {
        try {
            listener.accept(event);
        } catch (Throwable thrown) {
            setup.onListenerFailure().accept(thrown);
        }
    }

    private void giveUpOlderThan(long ageNanos, Supplier<String> reason) {
        Link link = line.link();
        List<Call<?>> overdue = link == null || line.length() == 0
                ? List.of()
                : line.overdue(link.home.nanoTime() - ageNanos);
        if (!overdue.isEmpty()) {
            String text = "no answer for " + Duration.ofNanos(ageNanos).toMillis() + " ms: " + reason.get();
            queue.execute(() -> overdue.forEach(call -> call.stage.fail(
                    call.kind == Call.Kind.WRITE || call.kind == Call.Kind.CHANGE
                            ? new OutcomeUnknownException(text)
                            : new UnavailableException(text))));
        }
    }

    // ------------------------------------------------------------------------------------------------ asking

    private <R> CompletionStage<R> ask(Call<R> call) {
        Link link = line.link();
        return entered(call, line.enter(call, link == null ? 0 : link.home.nanoTime()));
    }

    private <R> CompletionStage<R> entered(Call<R> call, @Nullable CoordException objection) {
        if (objection != null) {
            queue.execute(() -> call.stage.fail(objection));
        } else if (call.refusal != null) {
            queue.execute(() -> tellRefused(line.settleRefused()));
        }
        return call.stage;
    }

    private <R> CompletionStage<R> read(Call.Asking<R> asking, Consumer<? super R> onGranted) {
        return ask(new Call<>(Call.Kind.READ, asking, onGranted));
    }

    private <R> CompletionStage<R> refused(Refusal refusal, String path, String detail) {
        return refused(new Outcome.Refused(refusal, path, detail));
    }

    private <R> CompletionStage<R> refused(Outcome.Refused refused) {
        Call<R> call = new Call<>(
                Call.Kind.READ,
                (session, caller) -> {
                    throw new IllegalStateException("refused at the door");
                },
                never -> {});
        return entered(call, line.enterRefused(call, RejectedException.of(refused)));
    }

    @Override
    @SuppressWarnings("unchecked")
    public <R> CompletionStage<R> submit(Operation<R> operation) {
        Objects.requireNonNull(operation, "operation");
        if (operation instanceof Operation.Read<R> read) {
            return submit(read, ReadMode.LOCAL);
        }
        if (operation instanceof Operation.Sync sync) {
            Call.Asking<String> asking = (session, caller) -> new Input.Sync(session, caller, sync);
            return (CompletionStage<R>) read(asking, path -> {});
        }
        Optional<Outcome.Refused> objection = check.objection(operation, identities);
        if (objection.isPresent()) {
            return refused(objection.get());
        }
        Operation.Write<Outcome> write = (Operation.Write<Outcome>) operation;
        Call.Asking<Outcome> asking =
                (session, caller) -> new Input.Write<>(session, caller, write, line.answeredWrites());
        return (CompletionStage<R>) ask(new Call<>(Call.Kind.WRITE, asking, outcome -> {}));
    }

    @Override
    public <R> CompletionStage<R> submit(Operation.Read<R> read, ReadMode mode) {
        Objects.requireNonNull(read, "read");
        Objects.requireNonNull(mode, "mode");
        Optional<Outcome.Refused> objection = check.objection(read);
        if (objection.isPresent()) {
            return refused(objection.get());
        }
        StateRoot root = mode == ReadMode.LOCAL ? directly() : null;
        if (root != null) {
            return readFromRoot(root, read);
        }
        return read((session, caller) -> new Input.Read<>(session, caller, read, mode, false), value -> {});
    }

    /**
     * The root to read from on this thread, or null if the read has to be asked for. That nothing is unanswered is looked at before the
     * root, which then shows all that was answered; that the link is good behind it, since the root of a member that has just parted from
     * the session shows what nobody told it (rule.3).
     */
    private @Nullable StateRoot directly() {
        Link link = line.link();
        if (link == null || line.length() != 0) {
            return null;
        }
        StateRoot root = link.home.root();
        return link.rewatched && link.isValid() && over.get() == null ? root : null;
    }

    /** Queued behind everything at or below the index of the root that was read (rule.1). */
    private <R> CompletionStage<R> readFromRoot(StateRoot root, Operation.Read<R> read) {
        CompletableFuture<R> stage = new CompletableFuture<>();
        try {
            R value = root.read(read, reader);
            queue.execute(() -> stage.complete(value));
        } catch (RejectedException refused) {
            queue.execute(() -> stage.completeExceptionally(refused));
        }
        return stage.minimalCompletionStage();
    }

    @Override
    public <R> @Nullable R readNow(Operation.Read<R> read) {
        StateRoot root = read instanceof Operation.MultiRead ? null : directly();
        return root == null ? null : root.read(read, reader);
    }

    @Override
    public <R> CompletionStage<R> submit(Operation.WatchedRead<R> read, Consumer<? super WatchEvent> listener) {
        Objects.requireNonNull(read, "read");
        Objects.requireNonNull(listener, "listener");
        if (watches >= setup.limits().watchesMax()) {
            return tooManyWatches();
        }
        Call<R> call = new Call<>(
                Call.Kind.READ,
                (session, caller) -> new Input.Read<>(session, caller, read, ReadMode.LOCAL, true),
                value -> ListenerTable.Kind.leftBy(read, isFound(value)).ifPresent(kind -> listen(read.path(), kind, listener)));
        call.takesListener = true;
        return ask(call);
    }

    private <R> CompletionStage<R> tooManyWatches() {
        Call<R> call = new Call<>(
                Call.Kind.READ,
                (session, caller) -> {
                    throw new IllegalStateException("refused at the door");
                },
                never -> {});
        return entered(call, line.enterRefused(call, new UnavailableException(ErrorCode.TOO_MANY_WATCHES.message(this + " has "
                + watches + " watches, the limit (maxWatchesPerSession). One recursive watch replaces many."))));
    }

    private void listen(String path, ListenerTable.Kind kind, Consumer<? super WatchEvent> listener) {
        listeners.add(path, kind, listener);
        watches = listeners.size();
    }

    private static boolean isFound(Object value) {
        return !(value instanceof Optional<?> optional) || optional.isPresent();
    }

    @Override
    public CompletionStage<Registration> addWatch(
            NodePath path, WatchMode mode, Consumer<? super WatchEvent> listener) {
        Objects.requireNonNull(path, "path");
        Objects.requireNonNull(mode, "mode");
        Objects.requireNonNull(listener, "listener");
        if (watches >= setup.limits().watchesMax()) {
            return tooManyWatches();
        }
        Call<Boolean> call = new Call<>(
                Call.Kind.READ,
                (session, caller) -> new Input.AddWatch(session, caller, path.value(), mode),
                done -> listen(path.value(), ListenerTable.Kind.of(mode), listener));
        call.takesListener = true;
        call.adds = new Call.LastingWatch(path.value(), mode);
        return ask(call)
                .thenApply(done -> ListenerTable.registration(() -> queue.execute(() -> removeListener(path, mode, listener))));
    }

    private void removeListener(NodePath path, WatchMode mode, Consumer<? super WatchEvent> listener) {
        if (listeners.remove(path.value(), mode, listener)) {
            unwatch(new Call.LastingWatch(path.value(), mode));
        }
        watches = listeners.size();
    }

    /** The member need not watch any more, if nobody listens. */
    private void unwatch(Call.LastingWatch watch) {
        Link link = line.link();
        WatchKind kind = WatchKind.of(watch.mode());
        if (over.get() == null && link != null && !listeners.has(watch.path(), kind)) {
            Call<Boolean> removal = new Call<>(
                    Call.Kind.READ,
                    (session, caller) -> new Input.RemoveWatch(session, caller, watch.path(), kind),
                    removed -> {});
            removal.makesRoom = true;
            entered(removal, line.enterRemoval(watch, removal, link.home.nanoTime()));
        }
    }

    @Override
    public CompletionStage<@Nullable Void> removeWatches(NodePath path, WatchKind kind) {
        Objects.requireNonNull(path, "path");
        Objects.requireNonNull(kind, "kind");
        Call.Asking<Boolean> asking = (session, caller) -> new Input.RemoveWatch(session, caller, path.value(), kind);
        CompletionStage<Boolean> removed = ask(new Call<>(Call.Kind.CHANGE, asking, done -> {
            listeners.removeAll(path.value(), kind);
            watches = listeners.size();
        }));
        CompletableFuture<@Nullable Void> stage = new CompletableFuture<>();
        removed.whenComplete((any, failure) -> {
            if (failure != null) {
                stage.completeExceptionally(failure);
            } else if (any) {
                stage.complete(null);
            } else {
                stage.completeExceptionally(RejectedException.of(new Outcome.Refused(
                        Refusal.NO_WATCHER, path.value(), "this session has no watch of kind " + kind + " there")));
            }
        });
        return stage.minimalCompletionStage();
    }

    @Override
    public CompletionStage<@Nullable Void> addAuth(String scheme, Bytes credentials) {
        Objects.requireNonNull(scheme, "scheme");
        Objects.requireNonNull(credentials, "credentials");
        Optional<Identity> identity = Credentials.identity(scheme, credentials);
        if (identity.isEmpty()) {
            return refused(Refusal.AUTH_FAILED, "", "scheme \"" + NodePath.printable(scheme)
                    + "\" is unknown here; known is digest, with user:password");
        }
        List<Identity> all;
        synchronized (this) {
            all = withIdentity(identity.get());
            Optional<Outcome.Refused> objection = check.objection(all);
            if (objection.isPresent()) {
                return refused(objection.get());
            }
            identities = all;
        }
        Call.Asking<Boolean> asking = (session, caller) -> new Input.Identify(session, caller, all);
        Call<Boolean> call = new Call<>(Call.Kind.CHANGE, asking, done -> reader = new Reader(id, all));
        call.identities = all;
        return ask(call).thenApply(done -> null);
    }

    private List<Identity> withIdentity(Identity added) {
        if (identities.contains(added)) {
            return identities;
        }
        List<Identity> more = new ArrayList<>(identities);
        more.add(added);
        return List.copyOf(more);
    }

    @Override
    public CompletionStage<@Nullable Void> closeAsync() {
        if (over.get() != null) {
            return CompletableFuture.completedStage(null);
        }
        closing = true;
        Call<Boolean> close =
                new Call<>(Call.Kind.CLOSE, Input.Close::new, done -> end(SessionState.CLOSED, "its owner closed it"));
        close.makesRoom = true;
        return ask(close).handle((done, failure) -> null);
    }

    // ------------------------------------------------------------------------------------------------ views

    /** The member the session is attached to, or on its way to, or had last; empty before it is asked for. */
    public Optional<SessionHome> home() {
        Link link = line.link();
        return link == null ? Optional.empty() : Optional.of(link.home);
    }

    /** Whether the session outlives its member. */
    public boolean moves() {
        return relocation != null;
    }

    @Override
    public long id() {
        return id;
    }

    @Override
    public Duration timeout() {
        return Duration.ofMillis(timeoutMillis);
    }

    @Override
    public SessionState state() {
        SessionState ended = over.get();
        if (ended != null) {
            return ended;
        }
        Link link = line.link();
        return link != null && link.isValid() ? SessionState.CONNECTED : SessionState.SUSPENDED;
    }

    @Override
    public Executor callbackExecutor() {
        return queue;
    }

    @Override
    public String uniqueName() {
        return Long.toHexString(id) + "n" + names.incrementAndGet();
    }

    @Override
    public Registration onEvent(Consumer<? super SessionEvent> listener) {
        Objects.requireNonNull(listener, "listener");
        Consumer<SessionEvent> entry = listener::accept;
        eventListeners.add(entry);
        return () -> eventListeners.remove(entry);
    }

    /** Whether the calling thread runs one of this session's callbacks, where it must not wait. */
    public boolean isCallbackThread() {
        return queue.isCallbackThread();
    }

    @Override
    public String toString() {
        return "session 0x" + Long.toHexString(id) + " " + state();
    }
}

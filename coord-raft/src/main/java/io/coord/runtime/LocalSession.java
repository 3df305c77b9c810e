package io.coord.runtime;

import io.coord.AsyncSession;
import io.coord.Bytes;
import io.coord.CoordException;
import io.coord.Identity;
import io.coord.NodePath;
import io.coord.Operation;
import io.coord.Outcome;
import io.coord.OutcomeUnknownException;
import io.coord.ReadMode;
import io.coord.Refusal;
import io.coord.Registration;
import io.coord.RejectedException;
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
import io.coord.session.DirectReads;
import io.coord.session.ListenerTable;
import io.coord.state.Acls;
import io.coord.state.Reader;
import io.coord.state.StateRoot;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * An in-process session: the door between callers' threads and a member's loop.
 *
 * <p>Requests go to the member's inbox in the order they were made; answers and events come back through one {@link SessionQueue}. A
 * local read without a watch is answered from the published root on the calling thread while nothing earlier is unanswered (rule.3).
 *
 * <p>A session may move: {@link #moveTo} attaches it to another member with the same id, asks there for what is unanswered, and
 * restores its watches. A write keeps its number on the way, so it is applied once and its caller learns the outcome.
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

    /** One attachment: what still comes from an earlier one is not for this session any more. */
    private final class Link {
        final SessionHome home;
        volatile long validUntilNanos;
        /** Whether the member has granted a lease over this link. Only its loop looks. */
        boolean granted;

        Link(SessionHome home) {
            this.home = home;
            this.validUntilNanos = home.nanoTime();
        }

        boolean isValid() {
            return home.nanoTime() - validUntilNanos < 0;
        }
    }

    /** A request and who waits for it. */
    private static final class Call<R> {
        final CompletableFuture<R> stage = new CompletableFuture<>();
        /** Makes the input that asks for it. */
        final Asking<R> asking;
        /** Whether it takes one of the session's numbers. */
        final boolean numbered;
        /** Runs in the session's queue just before a granted answer completes the stage. */
        final @Nullable Consumer<R> onGranted;

        boolean answered;

        Call(Asking<R> asking, boolean numbered, @Nullable Consumer<R> onGranted) {
            this.asking = asking;
            this.numbered = numbered;
            this.onGranted = onGranted;
        }
    }

    /** How to ask for something in the name of a session. */
    private interface Asking<R> {
        Input input(long session, Caller<R> caller);
    }

    /** For a call that is asked once, by whoever makes it. */
    private static <R> Asking<R> noAsking() {
        return (session, caller) -> {
            throw new IllegalStateException("asked once only");
        };
    }

    /** A call as asked over one link. */
    public final class Attempt<R> implements Caller<R> {
        private final Call<R> call;
        private final Link link;

        private Attempt(Call<R> call, Link link) {
            this.call = call;
            this.link = link;
        }

        LocalSession session() {
            return LocalSession.this;
        }
    }

    private final Setup setup;
    private final SessionQueue queue;
    private final boolean moves;
    private final ListenerTable listeners = new ListenerTable();
    private final List<Consumer<? super SessionEvent>> eventListeners = new CopyOnWriteArrayList<>();
    private final CompletableFuture<AsyncSession> opened = new CompletableFuture<>();
    private final AtomicLong names = new AtomicLong();

    /** Guards the order of requests: the inbox sees them as {@link #unanswered} holds them. */
    private final Object order = new Object();

    private final ArrayDeque<Call<?>> unanswered = new ArrayDeque<>();
    private volatile int outstanding;
    private long answeredWrites;
    private boolean asking;

    private volatile long id;
    private volatile int timeoutMillis;
    private volatile @Nullable Link link;
    private volatile @Nullable SessionState over;
    private volatile Reader reader;

    /**
     * A session not yet open.
     *
     * @param moves whether it survives its member by moving to another
     */
    public LocalSession(Setup setup, boolean moves) {
        this.setup = setup;
        this.moves = moves;
        this.queue = new SessionQueue(setup.callbacks(), setup.onListenerFailure());
        this.timeoutMillis = setup.timeoutMillis();
        this.reader = new Reader(0, setup.identities());
    }

    // ------------------------------------------------------------------------------------------------ opening and moving

    /** Asks a member to open the session; completes with it when that is committed. */
    public CompletionStage<AsyncSession> open(SessionHome home) {
        Link link = new Link(home);
        this.link = link;
        Call<SessionGrant> call = new Call<>(noAsking(), false, null);
        Input.Open open = new Input.Open(
                new Attempt<>(call, link),
                setup.timeoutMillis(),
                Passwords.hash(setup.password()),
                setup.identities(),
                true);
        call.stage.whenComplete((grant, failure) -> {
            if (failure != null) {
                opened.completeExceptionally(failure);
            } else {
                begin(link, grant);
                opened.complete(this);
            }
        });
        if (!home.submit(open)) {
            opened.completeExceptionally(notTaken(home));
        }
        return opened.minimalCompletionStage();
    }

    private static UnavailableException notTaken(SessionHome home) {
        return new UnavailableException("COORD-1020 member " + home.member()
                + " takes no requests: it is closed, or its inbox is full. Ask another member, or later.");
    }

    private void begin(Link link, SessionGrant grant) {
        synchronized (order) {
            id = grant.session();
            timeoutMillis = grant.timeoutMillis();
            reader = new Reader(id, reader.identities());
            if (this.link != link) {
                return; // moved on meanwhile
            }
            asking = true;
            for (Call<?> call : unanswered) {
                if (!call.answered) {
                    ask(call, link);
                }
            }
        }
    }

    /** Whether the session outlives its member. */
    public boolean moves() {
        return moves;
    }

    /** The member the session is attached to, or was last; empty before it is open. */
    public Optional<SessionHome> home() {
        Link link = this.link;
        return link == null ? Optional.empty() : Optional.of(link.home);
    }

    /**
     * Attaches the session to another member. Unanswered requests are asked again there, in order; one-shot watches are compared with
     * what changed since, persistent ones report a {@link WatchEvent.Type#GAP}.
     *
     * @return completes when it is attached; fails if the member cannot, and may be tried again with another
     */
    public CompletionStage<AsyncSession> moveTo(SessionHome home) {
        Link before;
        Link link = new Link(home);
        long answered;
        synchronized (order) {
            before = this.link;
            this.link = link;
            asking = false;
            answered = answeredWrites;
        }
        long seen = before == null ? 0 : before.home.root().index();
        queue.execute(() -> tell(new SessionEvent.Suspended("the session is moving to member " + home.member())));
        CompletableFuture<AsyncSession> moved = new CompletableFuture<>();
        Call<SessionGrant> call = new Call<>(noAsking(), false, null);
        call.stage.whenComplete((grant, failure) -> {
            if (failure != null) {
                endIfOver(link, failure);
                moved.completeExceptionally(failure);
            } else {
                rewatch(link, seen);
                begin(link, grant);
                moved.complete(this);
            }
        });
        Input.Resume resume = new Input.Resume(
                new Attempt<>(call, link),
                id,
                setup.timeoutMillis(),
                Passwords.hash(setup.password()),
                reader.identities(),
                true,
                answered);
        if (!home.submit(resume)) {
            moved.completeExceptionally(notTaken(home));
        }
        return moved.minimalCompletionStage();
    }

    private void endIfOver(Link link, Throwable failure) {
        if (failure instanceof SessionEndedException && this.link == link) {
            end(SessionState.EXPIRED, new SessionEvent.Expired(String.valueOf(failure.getMessage())));
        }
    }

    /** Runs in the queue, before anything asked over the new link is answered. */
    private void rewatch(Link link, long seenZxid) {
        List<String> data = List.copyOf(listeners.paths(ListenerTable.Kind.DATA));
        List<String> exist = List.copyOf(listeners.paths(ListenerTable.Kind.EXIST));
        List<String> child = List.copyOf(listeners.paths(ListenerTable.Kind.CHILD));
        List<String> persistent = List.copyOf(listeners.paths(ListenerTable.Kind.PERSISTENT));
        List<String> recursive = List.copyOf(listeners.paths(ListenerTable.Kind.RECURSIVE));
        if (data.isEmpty() && exist.isEmpty() && child.isEmpty() && persistent.isEmpty() && recursive.isEmpty()) {
            return;
        }
        Call<Boolean> call = new Call<>(noAsking(), false, done -> {
            persistent.forEach(path -> gap(link, path));
            recursive.forEach(path -> gap(link, path));
        });
        link.home.submit(new Input.SetWatches(
                id, new Attempt<>(call, link), seenZxid, data, exist, child, persistent, recursive));
    }

    private void gap(Link link, String path) {
        fire(new WatchEvent(WatchEvent.Type.GAP, path, link.home.root().index()));
    }

    /** The member is gone: a session that does not move is over, as far as its owner can tell. */
    public void homeLost(SessionHome home, String reason) {
        Link link = this.link;
        if (link == null || link.home != home) {
            return;
        }
        if (!opened.isDone()) {
            opened.completeExceptionally(new UnavailableException(reason));
        }
        if (!moves) {
            end(SessionState.EXPIRED, new SessionEvent.Expired(reason));
        } else {
            link.validUntilNanos = home.nanoTime();
        }
    }

    // ------------------------------------------------------------------------------------------------ deliveries

    /** Takes a delivery for a call of this session. Called by the loop; what follows happens in the queue after the release. */
    <R> void stage(Attempt<R> attempt, Delivery delivery) {
        Call<R> call = attempt.call;
        synchronized (order) {
            boolean kept = delivery instanceof Delivery.Failed failed && keptForMoving(call, failed.failure());
            if (attempt.link != link || kept) {
                return;
            }
            call.answered = true;
            if (call.numbered && !(delivery instanceof Delivery.Failed)) {
                answeredWrites++;
            }
        }
        queue.stage(() -> complete(call, delivery));
    }

    private boolean keptForMoving(Call<?> call, Failure failure) {
        return moves && call.numbered && over == null && failure != Failure.SESSION_ENDED;
    }

    @SuppressWarnings("unchecked")
    private <R> void complete(Call<R> call, Delivery delivery) {
        settle(call);
        if (delivery instanceof Delivery.Answered<?> answered) {
            R value = (R) answered.value();
            if (call.onGranted != null) {
                call.onGranted.accept(value);
            }
            call.stage.complete(value);
        } else if (delivery instanceof Delivery.Refused refused) {
            call.stage.completeExceptionally(RejectedException.of(refused.refused()));
        } else if (delivery instanceof Delivery.Failed failed) {
            call.stage.completeExceptionally(exception(failed.failure(), failed.reason(), call.numbered));
        }
    }

    /** What is answered no longer stands in the way of direct reads. */
    private void settle(Call<?> call) {
        synchronized (order) {
            call.answered = true;
            while (!unanswered.isEmpty() && unanswered.peek().answered) {
                unanswered.poll();
            }
            outstanding = unanswered.size();
        }
    }

    private static CoordException exception(Failure failure, String reason, boolean write) {
        return switch (failure) {
            case UNAVAILABLE -> new UnavailableException(reason);
            case OUTCOME_UNKNOWN, SESSION_MOVED -> write
                    ? new OutcomeUnknownException(reason)
                    : new UnavailableException(reason);
            case SESSION_ENDED -> new SessionEndedException(reason);
        };
    }

    /** Takes a delivery about the session itself. Called by the loop. */
    void stage(SessionHome home, Delivery delivery) {
        Link link = this.link;
        if (link == null || link.home != home) {
            return;
        }
        if (delivery instanceof Delivery.Fired fired) {
            queue.stage(() -> fire(fired.event()));
        } else if (delivery instanceof Delivery.Renewed renewed) {
            boolean first = !link.granted;
            link.granted = true;
            link.validUntilNanos = renewed.validUntilNanos();
            if (first || renewed.resumed()) {
                queue.stage(() -> tell(new SessionEvent.Connected(home.member())));
            }
        } else if (delivery instanceof Delivery.Suspended suspended) {
            queue.stage(() -> tell(new SessionEvent.Suspended(suspended.reason())));
        } else if (delivery instanceof Delivery.Ended ended) {
            stageEnd(ended);
        } else if (delivery instanceof Delivery.Moved && !moves) {
            queue.stage(() -> end(SessionState.EXPIRED, new SessionEvent.Expired("the session was attached elsewhere")));
        }
    }

    private void stageEnd(Delivery.Ended ended) {
        queue.stage(() -> end(
                ended.expired() ? SessionState.EXPIRED : SessionState.CLOSED,
                ended.expired() ? new SessionEvent.Expired(ended.reason()) : new SessionEvent.Closed()));
    }

    private void end(SessionState state, SessionEvent event) {
        List<Call<?>> left;
        synchronized (order) {
            if (over != null) {
                return;
            }
            over = state;
            left = new ArrayList<>(unanswered);
            unanswered.clear();
            outstanding = 0;
        }
        queue.execute(() -> {
            for (Call<?> call : left) {
                call.stage.completeExceptionally(
                        new SessionEndedException("session 0x" + Long.toHexString(id) + " has ended: " + event));
            }
            listeners.clear();
            tell(event);
        });
    }

    private void fire(WatchEvent event) {
        for (Consumer<? super WatchEvent> listener : listeners.hearersOf(event)) {
            call(listener, event);
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

    /** Lets what was staged in this turn run. Called by the loop after the root is handed out. */
    void release() {
        queue.release();
    }

    // ------------------------------------------------------------------------------------------------ asking

    private <R> CompletionStage<R> ask(Asking<R> asking, boolean numbered, @Nullable Consumer<R> onGranted) {
        Call<R> call = new Call<>(asking, numbered, onGranted);
        boolean taken = true;
        synchronized (order) {
            if (over != null) {
                return CompletableFuture.failedStage(endedAlready());
            }
            if (outstanding >= setup.limits().outstandingMax()) {
                return CompletableFuture.failedStage(tooManyOutstanding());
            }
            unanswered.add(call);
            outstanding = unanswered.size();
            Link link = this.link;
            if (this.asking && link != null) {
                taken = ask(call, link);
            }
        }
        if (!taken && !moves) {
            settleNotTaken(call);
        }
        return call.stage.minimalCompletionStage();
    }

    private <R> boolean ask(Call<R> call, Link link) {
        return link.home.submit(call.asking.input(id, new Attempt<>(call, link)));
    }

    private void settleNotTaken(Call<?> call) {
        Link link = this.link;
        queue.execute(() -> {
            settle(call);
            call.stage.completeExceptionally(
                    link == null ? new UnavailableException("the session is not open yet") : notTaken(link.home));
        });
    }

    private SessionEndedException endedAlready() {
        return new SessionEndedException(
                "session 0x" + Long.toHexString(id) + " is " + over + ": its ephemeral nodes are gone; open a new session");
    }

    private UnavailableException tooManyOutstanding() {
        return new UnavailableException("COORD-1021 session 0x" + Long.toHexString(id) + " has " + outstanding
                + " unanswered requests, the limit. Wait for some before asking more.");
    }

    @Override
    @SuppressWarnings("unchecked")
    public <R> CompletionStage<R> submit(Operation<R> operation) {
        if (operation instanceof Operation.Read<R> read) {
            return submit(read, ReadMode.LOCAL);
        }
        if (operation instanceof Operation.Sync sync) {
            return (CompletionStage<R>) ask(
                    (Asking<String>) (session, caller) -> new Input.Sync(session, caller, sync), false, null);
        }
        Operation.Write<Outcome> write = (Operation.Write<Outcome>) operation;
        Optional<Outcome.Refused> refused = DoorCheck.objection(write, setup.limits());
        if (refused.isPresent()) {
            return refusedInOrder(refused.get());
        }
        return (CompletionStage<R>) ask(
                (Asking<Outcome>) (session, caller) -> new Input.Write<>(session, caller, write), true, null);
    }

    private <R> CompletionStage<R> refusedInOrder(Outcome.Refused refused) {
        CompletableFuture<R> stage = new CompletableFuture<>();
        queue.execute(() -> stage.completeExceptionally(RejectedException.of(refused)));
        return stage.minimalCompletionStage();
    }

    @Override
    public <R> CompletionStage<R> submit(Operation.Read<R> read, ReadMode mode) {
        Link link = this.link;
        if (mode == ReadMode.LOCAL && mayReadDirectly(link)) {
            return readFromRoot(link.home.root(), read);
        }
        return ask((session, caller) -> new Input.Read<>(session, caller, read, mode, false), false, null);
    }

    private boolean mayReadDirectly(@Nullable Link link) {
        return link != null && outstanding == 0 && over == null && link.isValid();
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
        Link link = this.link;
        return mayReadDirectly(link) ? link.home.root().read(read, reader) : null;
    }

    @Override
    public <R> CompletionStage<R> submit(Operation.WatchedRead<R> read, Consumer<? super WatchEvent> listener) {
        return ask(
                (session, caller) -> new Input.Read<>(session, caller, read, ReadMode.LOCAL, true),
                false,
                value -> ListenerTable.Kind.leftBy(read, isFound(value))
                        .ifPresent(kind -> listeners.add(read.path(), kind, listener)));
    }

    private static boolean isFound(Object value) {
        return !(value instanceof Optional<?> optional) || optional.isPresent();
    }

    @Override
    public CompletionStage<Registration> addWatch(
            NodePath path, WatchMode mode, Consumer<? super WatchEvent> listener) {
        CompletionStage<Boolean> added = ask(
                (session, caller) -> new Input.AddWatch(session, caller, path.value(), mode),
                false,
                done -> listeners.add(path.value(), ListenerTable.Kind.of(mode), listener));
        return added.thenApply(done -> () -> queue.execute(() -> removeListener(path, mode, listener)));
    }

    private void removeListener(NodePath path, WatchMode mode, Consumer<? super WatchEvent> listener) {
        if (listeners.remove(path.value(), mode, listener) && over == null) {
            WatchKind kind = mode == WatchMode.PERSISTENT ? WatchKind.PERSISTENT : WatchKind.PERSISTENT_RECURSIVE;
            Asking<Boolean> remove = (session, caller) -> new Input.RemoveWatch(session, caller, path.value(), kind);
            ask(remove, false, null);
        }
    }

    @Override
    public CompletionStage<@Nullable Void> removeWatches(NodePath path, WatchKind kind) {
        CompletionStage<Boolean> removed = ask(
                (session, caller) -> new Input.RemoveWatch(session, caller, path.value(), kind),
                false,
                done -> listeners.removeAll(path.value(), kind));
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
        Optional<Identity> identity =
                scheme.equals("digest") ? Optional.of(Acls.digestIdentity(credentials.utf8())) : Optional.empty();
        if (identity.isEmpty()) {
            return refusedInOrder(new Outcome.Refused(
                    Refusal.AUTH_FAILED,
                    "",
                    "scheme \"" + NodePath.printable(scheme) + "\" is unknown here or did not accept the credentials;"
                            + " known: digest, with user:password"));
        }
        CompletionStage<Boolean> done = ask(
                (session, caller) -> new Input.Identify(session, caller, identitiesWith(identity.get())), false, null);
        return done.thenApply(told -> null);
    }

    /** Called in the order of requests: what follows acts with the new identity, also on this side. */
    private List<Identity> identitiesWith(Identity added) {
        List<Identity> identities = new ArrayList<>(reader.identities());
        if (!identities.contains(added)) {
            identities.add(added);
        }
        reader = new Reader(id, identities);
        return reader.identities();
    }

    @Override
    public CompletionStage<@Nullable Void> closeAsync() {
        if (over != null) {
            return CompletableFuture.completedStage(null);
        }
        CompletionStage<Boolean> closed = ask((session, caller) -> new Input.Close(session, caller), false, null);
        return closed.handle((done, failure) -> null);
    }

    // ------------------------------------------------------------------------------------------------ views

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
        SessionState ended = over;
        if (ended != null) {
            return ended;
        }
        Link link = this.link;
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

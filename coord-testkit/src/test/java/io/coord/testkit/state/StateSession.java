package io.coord.testkit.state;

import io.coord.AsyncSession;
import io.coord.Bytes;
import io.coord.CoordException;
import io.coord.Identity;
import io.coord.NodePath;
import io.coord.Operation;
import io.coord.Outcome;
import io.coord.ReadMode;
import io.coord.Refusal;
import io.coord.Registration;
import io.coord.RejectedException;
import io.coord.SessionEndedException;
import io.coord.SessionEvent;
import io.coord.SessionState;
import io.coord.WatchEvent;
import io.coord.WatchKind;
import io.coord.WatchMode;
import io.coord.session.ListenerTable;
import io.coord.state.Acls;
import io.coord.state.Command;
import io.coord.state.Reader;
import io.coord.state.Reply;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A session of a {@link StateDoor}. What it asks is done on the caller's thread, under the door's lock. */
final class StateSession implements AsyncSession {

    private final StateDoor door;
    private final long id;
    private final Duration timeout;
    private final ListenerTable listeners = new ListenerTable();
    private final List<Consumer<? super SessionEvent>> eventListeners = new CopyOnWriteArrayList<>();
    private final List<Identity> identities = new ArrayList<>();
    private volatile SessionState state = SessionState.CONNECTED;
    private long lastNumber;
    private long names;

    StateSession(StateDoor door, Reply.Attached attached) {
        this.door = door;
        this.id = attached.session();
        this.timeout = Duration.ofMillis(attached.timeoutMillis());
    }

    @Override
    public long id() {
        return id;
    }

    @Override
    public Duration timeout() {
        return timeout;
    }

    @Override
    public SessionState state() {
        return state;
    }

    @Override
    public Executor callbackExecutor() {
        return door.callbacks();
    }

    @Override
    public String uniqueName() {
        synchronized (door) {
            return Long.toHexString(id) + "n" + names++;
        }
    }

    List<Identity> identities() {
        return identities;
    }

    private Reader reader() {
        return new Reader(id, identities);
    }

    /** Does what is asked unless the session is over, and completes the stage on the callback thread. */
    private <R> CompletionStage<R> answer(Supplier<R> asked) {
        CompletableFuture<R> stage = new CompletableFuture<>();
        synchronized (door) {
            try {
                if (state.isOver()) {
                    throw new SessionEndedException("the session is over");
                }
                R value = asked.get();
                door.callbacks().execute(() -> stage.complete(value));
            } catch (CoordException e) {
                door.callbacks().execute(() -> stage.completeExceptionally(e));
            }
        }
        return stage.minimalCompletionStage();
    }

    @Override
    @SuppressWarnings("unchecked") // a sync answers its path, as its type parameter says
    public <R> CompletionStage<R> submit(Operation<R> operation) {
        if (operation instanceof Operation.Read<R> read) {
            return submit(read, ReadMode.LOCAL);
        }
        if (operation instanceof Operation.Sync sync) {
            return answer(() -> (R) sync.path());
        }
        return answer(() -> (R) write((Operation.Write<?>) operation));
    }

    private Outcome write(Operation.Write<?> write) {
        lastNumber++;
        Reply reply = door.apply(new Command.Submit(id, 1, lastNumber, lastNumber - 1, identities, write));
        Outcome outcome = ((Reply.Written) reply).outcome();
        if (outcome instanceof Outcome.Refused refused) {
            throw RejectedException.of(refused);
        }
        return outcome;
    }

    @Override
    public <R> CompletionStage<R> submit(Operation.Read<R> read, ReadMode mode) {
        return answer(() -> door.root().read(read, reader()));
    }

    @Override
    public <R> CompletionStage<R> submit(Operation.WatchedRead<R> read, Consumer<? super WatchEvent> listener) {
        return answer(() -> {
            R found = door.root().read(read, reader());
            ListenerTable.Kind kind = ListenerTable.Kind.leftBy(read, found instanceof Optional<?> stat ? stat.isPresent() : true)
                    .orElseThrow();
            listeners.add(read.path(), kind, listener);
            if (kind == ListenerTable.Kind.CHILD) {
                door.watches().addChild(id, read.path());
            } else {
                door.watches().addData(id, read.path());
            }
            return found;
        });
    }

    @Override
    public CompletionStage<Registration> addWatch(NodePath path, WatchMode mode, Consumer<? super WatchEvent> listener) {
        return answer(() -> {
            listeners.add(path.value(), ListenerTable.Kind.of(mode), listener);
            door.watches().add(id, path.value(), mode);
            return () -> unwatch(path, mode, listener);
        });
    }

    private void unwatch(NodePath path, WatchMode mode, Consumer<? super WatchEvent> listener) {
        synchronized (door) {
            if (listeners.remove(path.value(), mode, listener)) {
                door.watches().remove(id, path.value(), mode == WatchMode.PERSISTENT ? WatchKind.PERSISTENT : WatchKind.PERSISTENT_RECURSIVE);
            }
        }
    }

    @Override
    public CompletionStage<@Nullable Void> removeWatches(NodePath path, WatchKind kind) {
        return answer(() -> {
            if (!door.watches().has(id, path.value(), kind)) {
                throw RejectedException.of(new Outcome.Refused(Refusal.NO_WATCHER, path.value(), "nothing to remove"));
            }
            door.watches().remove(id, path.value(), kind);
            listeners.removeAll(path.value(), kind);
            return null;
        });
    }

    @Override
    public CompletionStage<@Nullable Void> addAuth(String scheme, Bytes credentials) {
        return answer(() -> {
            if (!scheme.equals("digest")) {
                throw RejectedException.of(new Outcome.Refused(Refusal.AUTH_FAILED, "", "unknown scheme " + scheme));
            }
            identities.add(Acls.digestIdentity(credentials.utf8()));
            return null;
        });
    }

    @Override
    public Registration onEvent(Consumer<? super SessionEvent> listener) {
        eventListeners.add(listener);
        return () -> eventListeners.remove(listener);
    }

    @Override
    public CompletionStage<@Nullable Void> closeAsync() {
        return answer(() -> {
            lastNumber++;
            door.apply(new Command.CloseSession(id, 1, lastNumber));
            return null;
        });
    }

    /** Queues an event for whoever listens for it. */
    void hear(WatchEvent event) {
        List<Consumer<? super WatchEvent>> hearers = listeners.hearersOf(event);
        door.callbacks().execute(() -> hearers.forEach(hearer -> hearer.accept(event)));
    }

    /** Queues the last event. */
    void ended(boolean expired) {
        SessionEvent event = expired ? new SessionEvent.Expired("its lease lapsed") : new SessionEvent.Closed();
        state = event.state();
        door.callbacks().execute(() -> eventListeners.forEach(listener -> listener.accept(event)));
    }
}

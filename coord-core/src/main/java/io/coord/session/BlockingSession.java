package io.coord.session;

import io.coord.AsyncSession;
import io.coord.Bytes;
import io.coord.NodePath;
import io.coord.Operation;
import io.coord.OutcomeUnknownException;
import io.coord.ReadMode;
import io.coord.Registration;
import io.coord.Session;
import io.coord.SessionEndedException;
import io.coord.UnavailableException;
import io.coord.WatchEvent;
import io.coord.WatchKind;
import io.coord.WatchMode;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The blocking view of an {@link AsyncSession}: each method asks, then waits by an {@link Awaiter}. Holds no state of its own. */
public final class BlockingSession implements Session {

    private final AsyncSession async;
    private final @Nullable DirectReads direct;
    private final Awaiter awaiter;

    /** The blocking view of a session; of {@link DirectReads} it makes use. */
    public BlockingSession(AsyncSession async, Awaiter awaiter) {
        this.async = async;
        this.direct = async instanceof DirectReads reads ? reads : null;
        this.awaiter = awaiter;
    }

    @Override
    public AsyncSession async() {
        return async;
    }

    @Override
    public <T> T await(CompletionStage<T> stage) {
        try {
            return awaiter.await(stage);
        } catch (InterruptedException e) {
            throw interruptedWrite(e, "a stage");
        }
    }

    @Override
    public <T> T awaitInterruptibly(CompletionStage<T> stage) throws InterruptedException {
        return awaiter.await(stage);
    }

    @Override
    public <T> Optional<T> awaitAtMost(CompletionStage<T> stage, Duration atMost) throws InterruptedException {
        return awaiter.await(stage, atMost);
    }

    @Override
    public <R> R submit(Operation<R> operation) {
        Objects.requireNonNull(operation, "operation");
        if (operation instanceof Operation.Read<R> read) {
            return read(read);
        }
        awaiter.requireMayWait();
        CompletionStage<R> answer = async.submit(operation);
        return operation instanceof Operation.Write<?> ? awaitWrite(answer, operation) : awaitRead(answer, operation);
    }

    private <R> R read(Operation.Read<R> read) {
        if (direct != null) {
            R answer = direct.readNow(read);
            if (answer != null) {
                return answer;
            }
        }
        awaiter.requireMayWait();
        return awaitRead(async.submit(read), read);
    }

    @Override
    public <R> R submit(Operation.Read<R> read, ReadMode mode) {
        Objects.requireNonNull(read, "read");
        Objects.requireNonNull(mode, "mode");
        if (mode == ReadMode.LOCAL) {
            return read(read);
        }
        awaiter.requireMayWait();
        return awaitRead(async.submit(read, mode), read);
    }

    @Override
    public <R> R submit(Operation.WatchedRead<R> read, Consumer<? super WatchEvent> listener) {
        awaiter.requireMayWait();
        return awaitRead(async.submit(read, listener), read);
    }

    @Override
    public Registration addWatch(NodePath path, WatchMode mode, Consumer<? super WatchEvent> listener) {
        awaiter.requireMayWait();
        CompletionStage<Registration> answer = async.addWatch(path, mode, listener);
        try {
            return awaitWrite(answer, "addWatch of " + path);
        } catch (OutcomeUnknownException nobodyHasIt) {
            answer.thenAccept(Registration::close);
            throw nobodyHasIt;
        }
    }

    @Override
    public void removeWatches(NodePath path, WatchKind kind) {
        awaiter.requireMayWait();
        awaitWrite(async.removeWatches(path, kind), "removeWatches of " + path);
    }

    @Override
    public void addAuth(String scheme, Bytes credentials) {
        awaiter.requireMayWait();
        awaitWrite(async.addAuth(scheme, credentials), "addAuth of scheme " + scheme);
    }

    private <R> R awaitRead(CompletionStage<R> answer, Object asked) {
        try {
            return awaiter.await(answer);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new UnavailableException(
                    "interrupted while waiting for " + asked + ": nothing changed; ask again if the thread goes on", e);
        }
    }

    private <R> R awaitWrite(CompletionStage<R> answer, Object asked) {
        try {
            return awaiter.await(answer);
        } catch (InterruptedException e) {
            throw interruptedWrite(e, asked);
        }
    }

    private static OutcomeUnknownException interruptedWrite(InterruptedException e, Object asked) {
        Thread.currentThread().interrupt();
        return new OutcomeUnknownException(
                "interrupted while waiting for " + asked + ": it goes on and may still take effect; read before asking again", e);
    }

    /** Ends the session. A thread interrupted while it waits gets its flag back and returns: the ending goes on without it. */
    @Override
    public void close() {
        if (async.state().isOver()) {
            return;
        }
        awaiter.requireMayWait();
        try {
            awaiter.await(async.closeAsync());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (SessionEndedException alreadyOver) {
            // What was asked for is the case.
        }
    }

    @Override
    public String toString() {
        return "session 0x" + Long.toHexString(id()) + " " + state();
    }
}

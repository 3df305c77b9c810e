package io.coord.netty.zkclient;

import io.coord.CoordException;
import io.coord.netty.jute.OpCode;
import io.coord.netty.jute.Request;
import io.coord.netty.jute.Response;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A request on its way. All but its stage belongs to the session's event loop.
 *
 * @param <R> what is answered
 */
final class Call<R> {

    /** What a lost reply leaves open. */
    enum Kind {
        /** Nothing: it may be asked again. */
        READ,
        /** Whether it took effect. */
        WRITE
    }

    /** What is done with an error, in place of failing. */
    interface OnError<R> {
        /** The answer that the error is, or null if it is a failure. */
        @Nullable R value(int error);
    }

    final OpCode op;
    final Request body;
    final Kind kind;
    /** The path concerned, as the caller wrote it; for messages. */
    final String path;

    final CompletableFuture<R> stage = new CompletableFuture<>();

    private final Function<Response, R> onReply;
    private final OnError<R> onError;

    int xid;
    long askedNanos;
    long sentNanos;
    /** Whether its caller has been told that no answer came in time. */
    boolean givenUp;
    /** Where the answer registers a listener: what is done in its place if the caller has been told that it failed, and is to hear nothing. */
    @Nullable Runnable unheard;

    Call(OpCode op, Request body, Kind kind, String path, Function<Response, R> onReply, OnError<R> onError) {
        this.op = op;
        this.body = body;
        this.kind = kind;
        this.path = path;
        this.onReply = onReply;
        this.onError = onError;
    }

    Call(OpCode op, Request body, Kind kind, String path, Function<Response, R> onReply) {
        this(op, body, kind, path, onReply, error -> null);
    }

    /** What the reply says; on the event loop, where listeners are noted before the next event can come. */
    @Nullable R answer(Response response) {
        if (givenUp && unheard != null) {
            unheard.run();
            return null;
        }
        return onReply.apply(response);
    }

    @Nullable R answer(int error) {
        return givenUp && unheard != null ? null : onError.value(error);
    }

    void fail(CoordException failure) {
        stage.completeExceptionally(failure);
    }
}

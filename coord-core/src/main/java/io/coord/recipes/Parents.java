package io.coord.recipes;

import io.coord.AsyncSession;
import io.coord.Bytes;
import io.coord.CreateMode;
import io.coord.NodePath;
import io.coord.OutcomeUnknownException;
import io.coord.RejectedException.NoNodeException;
import io.coord.RejectedException.NodeExistsException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** The node under which a recipe has its nodes, with what is missing above it. */
final class Parents {

    private Parents() {}

    /**
     * Makes sure that a node exists.
     *
     * @param mode how it is created if it is missing; its ancestors are persistent
     * @return completes when it is there; fails as a create fails, but for an unknown outcome, which asking again settles, and with
     *     {@link NoNodeException} only if the root itself is missing, which is that of a chroot
     */
    static CompletionStage<@Nullable Void> ensure(AsyncSession session, NodePath path, CreateMode mode) {
        CompletableFuture<@Nullable Void> done = new CompletableFuture<>();
        ensure(session, path, mode, done);
        return done;
    }

    private static void ensure(
            AsyncSession session, NodePath path, CreateMode mode, CompletableFuture<@Nullable Void> done) {
        session.create(path, Bytes.EMPTY, mode).whenComplete((created, thrown) -> {
            Throwable cause = thrown == null ? null : Waiting.cause(thrown);
            if (cause == null || cause instanceof NodeExistsException) {
                done.complete(null);
            } else if (cause instanceof NoNodeException && !path.isRoot()) {
                ensure(session, path.parent(), CreateMode.PERSISTENT).whenComplete((there, failed) -> {
                    if (failed == null) {
                        ensure(session, path, mode, done);
                    } else {
                        done.completeExceptionally(Waiting.cause(failed));
                    }
                });
            } else if (cause instanceof OutcomeUnknownException) {
                ensure(session, path, mode, done);
            } else {
                done.completeExceptionally(cause);
            }
        });
    }
}

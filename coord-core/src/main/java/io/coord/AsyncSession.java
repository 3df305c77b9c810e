package io.coord;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A session whose requests complete as stages: the truth underneath {@link Session}.
 *
 * <p>A session owns ephemeral nodes and watches. Its requests take effect and are answered in the order they were made (zk.O2).
 * Any number of threads may use it.
 *
 * <p>Stages complete on the callback executor of the session's member or client, one at a time and in order: the event of a
 * change precedes every completion that could show the change (zk.O5). Do not block there; ask asynchronously. A stage that nothing
 * depends on may complete elsewhere, so that a thread which waits for it by {@link Session#await} or a method of {@link Session} is
 * woken at once; {@link CompletionStage#toCompletableFuture()} is a dependent. Each stage completes, at the latest when the session
 * ends, with the value or exceptionally with a {@link CoordException}, whose type says what to do next.
 *
 * <p>A method that is given null where null is not allowed throws {@link NullPointerException} and asks nothing.
 *
 * <p>A write is acknowledged when it is forced to disk on a majority and applied by the session's member.
 */
public interface AsyncSession extends AutoCloseable {

    /** The session's id, unique for ever in its ensemble; the {@code ephemeralOwner} of the nodes it owns. */
    long id();

    /** How long the ensemble keeps the session without a sign of life, as granted. */
    Duration timeout();

    /**
     * Where the session stands now. Turns from CONNECTED when its lease lapses, without any thread running; the event follows. A
     * request that failed while the session was not CONNECTED may be asked again when {@link SessionEvent.Connected} comes.
     */
    SessionState state();

    /**
     * Asks the tree; the general form of every other method.
     *
     * @return the granted answer; fails with {@link RejectedException} where the tree says no. A {@link Operation.Multi} that
     *     is refused completes normally: its outcome names the step
     */
    <R> CompletionStage<R> submit(Operation<R> operation);

    /** Reads as fresh as the mode says; {@link #submit(Operation)} reads {@link ReadMode#LOCAL}. */
    <R> CompletionStage<R> submit(Operation.Read<R> read, ReadMode mode);

    /**
     * Reads and leaves a one-shot watch: read and registration are one step, so that no change falls between them. A listener
     * registered twice for the same path and kind is called once.
     *
     * @param listener called on the callback executor with the next change
     */
    <R> CompletionStage<R> submit(Operation.WatchedRead<R> read, Consumer<? super WatchEvent> listener);

    /**
     * Watches a path, which need not exist, until the registration is closed or the session ends (zk.WT8).
     *
     * @return completes when the watch is in force
     */
    CompletionStage<Registration> addWatch(NodePath path, WatchMode mode, Consumer<? super WatchEvent> listener);

    /**
     * Removes all the session's watches of a kind from a path.
     *
     * @return fails with {@link Refusal#NO_WATCHER} if there is none
     */
    CompletionStage<@Nullable Void> removeWatches(NodePath path, WatchKind kind);

    /**
     * Adds an identity proven by credentials to those the session acts with; for {@code digest}, {@code user:password}.
     *
     * @return fails with {@link Refusal#AUTH_FAILED} if the scheme is unknown or does not accept them
     */
    CompletionStage<@Nullable Void> addAuth(String scheme, Bytes credentials);

    /**
     * Where this session's stages complete and its listeners are called: one task at a time, in order, on the callback executor of
     * the session's member or client. What is executed here comes after all that was queued before, and never at the same time as
     * another callback of the session; so code that runs only here needs no lock, and a stage asked for here is never complete before
     * its dependents are attached. Goes on working when the session is over; the caller's own thread runs the task once the member or
     * client has closed its executor.
     */
    Executor callbackExecutor();

    /**
     * A short name that no other call on any session of the ensemble returns: the session's id and a count, letters and digits only.
     * Its creator finds a sequential node by it when the outcome of the creation is unknown.
     */
    String uniqueName();

    /** Calls the listener with every change of the session's standing from now on. */
    Registration onEvent(Consumer<? super SessionEvent> listener);

    /**
     * Ends the session: deletes its ephemeral nodes in one write and completes when that is committed, or when the member cannot
     * tell (the ensemble then ends it when its lease lapses).
     */
    CompletionStage<@Nullable Void> closeAsync();

    /** Begins {@link #closeAsync()} and does not wait. */
    @Override
    default void close() {
        closeAsync();
    }

    /** Creates a node open to anyone. */
    default CompletionStage<Outcome.Created> create(NodePath path, @Nullable Bytes data, CreateMode mode) {
        return create(path, data, mode, Acl.OPEN);
    }

    /** Creates a node. */
    default CompletionStage<Outcome.Created> create(
            NodePath path, @Nullable Bytes data, CreateMode mode, List<Acl> acl) {
        return submit(new Operation.Create(path.value(), data, mode, acl, Operation.NO_TTL));
    }

    /** Creates a node of a TTL mode, deleted some time after it was childless and unset for the time to live. */
    default CompletionStage<Outcome.Created> create(
            NodePath path, @Nullable Bytes data, CreateMode mode, List<Acl> acl, Duration timeToLive) {
        return submit(new Operation.Create(path.value(), data, mode, acl, TimeToLive.millis(timeToLive)));
    }

    /** Deletes a node whatever its version. */
    default CompletionStage<Outcome.Deleted> delete(NodePath path) {
        return delete(path, Operation.ANY_VERSION);
    }

    /** Deletes a node of this data version. */
    default CompletionStage<Outcome.Deleted> delete(NodePath path, int version) {
        return submit(new Operation.Delete(path.value(), version));
    }

    /** Tells whether a node exists, by its Stat. */
    default CompletionStage<Optional<Stat>> exists(NodePath path) {
        return submit(new Operation.Exists(path.value()));
    }

    /** Tells whether a node exists, and the listener of its next creation, deletion or change. */
    default CompletionStage<Optional<Stat>> exists(NodePath path, Consumer<? super WatchEvent> listener) {
        return submit(new Operation.Exists(path.value()), listener);
    }

    /** Reads data and Stat. */
    default CompletionStage<Node> getData(NodePath path) {
        return submit(new Operation.GetData(path.value()));
    }

    /** Reads data and Stat, as fresh as the mode says. */
    default CompletionStage<Node> getData(NodePath path, ReadMode mode) {
        return submit(new Operation.GetData(path.value()), mode);
    }

    /** Reads data and Stat, and tells the listener of the next change or the deletion. No watch is left on a missing node. */
    default CompletionStage<Node> getData(NodePath path, Consumer<? super WatchEvent> listener) {
        return submit(new Operation.GetData(path.value()), listener);
    }

    /** Sets a node's data whatever its version. */
    default CompletionStage<Outcome.DataSet> setData(NodePath path, @Nullable Bytes data) {
        return setData(path, data, Operation.ANY_VERSION);
    }

    /** Sets the data of a node of this data version. */
    default CompletionStage<Outcome.DataSet> setData(NodePath path, @Nullable Bytes data, int version) {
        return submit(new Operation.SetData(path.value(), data, version));
    }

    /** Lists the direct children. */
    default CompletionStage<Children> getChildren(NodePath path) {
        return submit(new Operation.GetChildren(path.value()));
    }

    /** Lists the direct children, and tells the listener of the next creation or deletion of one, or the node's deletion. */
    default CompletionStage<Children> getChildren(NodePath path, Consumer<? super WatchEvent> listener) {
        return submit(new Operation.GetChildren(path.value()), listener);
    }

    /** Reads the access control list. */
    default CompletionStage<AclStat> getAcl(NodePath path) {
        return submit(new Operation.GetAcl(path.value()));
    }

    /** Replaces the access control list of a node of this ACL version. */
    default CompletionStage<Outcome.AclSet> setAcl(NodePath path, List<Acl> acl, int aclVersion) {
        return submit(new Operation.SetAcl(path.value(), acl, aclVersion));
    }

    /** Completes once this member shows everything committed before the call. */
    default CompletionStage<String> sync(NodePath path) {
        return submit(new Operation.Sync(path.value()));
    }
}

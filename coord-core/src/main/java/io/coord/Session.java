package io.coord;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A session whose methods wait for their answer.
 *
 * <p>Every method throws a {@link CoordException} whose type says what to do next. A thread interrupted while it waits gets its
 * interrupt flag back and an {@link OutcomeUnknownException} for a write, an {@link UnavailableException} for a read. On a callback
 * thread, where waiting could dead-lock, every method but a local read throws {@link IllegalStateException}: use {@link #async()} there.
 */
public interface Session extends AutoCloseable {

    /** The same session with methods that return stages. */
    AsyncSession async();

    /**
     * Waits for a stage as this session's own methods do; in a simulation, by running the simulation.
     *
     * @return the stage's value
     * @throws CoordException if the stage failed with one
     * @throws IllegalStateException on the callback executor or the member's loop
     */
    <T> T await(CompletionStage<T> stage);

    /**
     * Waits without bound for a stage that depends on others' doing, such as leadership.
     *
     * @throws InterruptedException if the thread is interrupted while it waits
     */
    <T> T awaitInterruptibly(CompletionStage<T> stage) throws InterruptedException;

    /** {@link AsyncSession#id()}. */
    default long id() {
        return async().id();
    }

    /** {@link AsyncSession#timeout()}. */
    default Duration timeout() {
        return async().timeout();
    }

    /** {@link AsyncSession#state()}. */
    default SessionState state() {
        return async().state();
    }

    /** Asks the tree and waits; see {@link AsyncSession#submit(Operation)}. */
    default <R> R submit(Operation<R> operation) {
        return await(async().submit(operation));
    }

    /** Creates a node open to anyone. */
    default Outcome.Created create(NodePath path, @Nullable Bytes data, CreateMode mode) {
        return create(path, data, mode, Acl.OPEN);
    }

    /** Creates a node. */
    default Outcome.Created create(NodePath path, @Nullable Bytes data, CreateMode mode, List<Acl> acl) {
        return await(async().create(path, data, mode, acl));
    }

    /** Creates a node of a TTL mode. */
    default Outcome.Created create(
            NodePath path, @Nullable Bytes data, CreateMode mode, List<Acl> acl, Duration timeToLive) {
        return await(async().create(path, data, mode, acl, timeToLive));
    }

    /** Deletes a node whatever its version. */
    default void delete(NodePath path) {
        delete(path, Operation.ANY_VERSION);
    }

    /** Deletes a node of this data version. */
    default void delete(NodePath path, int version) {
        await(async().delete(path, version));
    }

    /** The node's Stat, or empty if there is no such node. */
    default Optional<Stat> exists(NodePath path) {
        return submit(new Operation.Exists(path.value()));
    }

    /** The node's Stat or empty, and the listener told of its next creation, deletion or change. */
    default Optional<Stat> exists(NodePath path, Consumer<? super WatchEvent> listener) {
        return await(async().exists(path, listener));
    }

    /** The node's data and Stat, read on the calling thread. */
    default Node getData(NodePath path) {
        return submit(new Operation.GetData(path.value()));
    }

    /** The node's data and Stat, as fresh as the mode says. */
    default Node getData(NodePath path, ReadMode mode) {
        return await(async().getData(path, mode));
    }

    /** The node's data and Stat, and the listener told of the next change or the deletion. */
    default Node getData(NodePath path, Consumer<? super WatchEvent> listener) {
        return await(async().getData(path, listener));
    }

    /** Sets a node's data whatever its version; the Stat right after. */
    default Stat setData(NodePath path, @Nullable Bytes data) {
        return setData(path, data, Operation.ANY_VERSION);
    }

    /** Sets the data of a node of this data version; the Stat right after. */
    default Stat setData(NodePath path, @Nullable Bytes data, int version) {
        return await(async().setData(path, data, version)).stat();
    }

    /** The names of the direct children, in no promised order. */
    default List<String> getChildren(NodePath path) {
        return submit(new Operation.GetChildren(path.value())).names();
    }

    /** The names of the direct children, and the listener told of the next change among them. */
    default List<String> getChildren(NodePath path, Consumer<? super WatchEvent> listener) {
        return await(async().getChildren(path, listener)).names();
    }

    /** The access control list and Stat. */
    default AclStat getAcl(NodePath path) {
        return submit(new Operation.GetAcl(path.value()));
    }

    /** Replaces the access control list whatever its version; the Stat right after. */
    default Stat setAcl(NodePath path, List<Acl> acl) {
        return setAcl(path, acl, Operation.ANY_VERSION);
    }

    /** Replaces the access control list of this ACL version; the Stat right after. */
    default Stat setAcl(NodePath path, List<Acl> acl, int aclVersion) {
        return await(async().setAcl(path, acl, aclVersion)).stat();
    }

    /** The number of all descendants; costs the same for any number. */
    default int getAllChildrenNumber(NodePath path) {
        return submit(new Operation.GetAllChildrenNumber(path.value()));
    }

    /** The paths of this session's ephemeral nodes. */
    default List<String> getEphemerals() {
        return submit(new Operation.GetEphemerals(""));
    }

    /** The identities this session acts with. */
    default List<Identity> whoAmI() {
        return submit(new Operation.WhoAmI());
    }

    /** Waits until this member shows everything committed before the call. */
    default void sync(NodePath path) {
        await(async().sync(path));
    }

    /** Begins a transaction: all of its steps are done, or none. */
    default Transaction transaction() {
        return new Transaction(this);
    }

    /** Watches a path until the registration is closed or the session ends. */
    default Registration addWatch(NodePath path, WatchMode mode, Consumer<? super WatchEvent> listener) {
        return await(async().addWatch(path, mode, listener));
    }

    /** Removes all this session's watches of a kind from a path. */
    default void removeWatches(NodePath path, WatchKind kind) {
        await(async().removeWatches(path, kind));
    }

    /** Adds an identity proven by credentials; for {@code digest}, {@code user:password}. */
    default void addAuth(String scheme, Bytes credentials) {
        await(async().addAuth(scheme, credentials));
    }

    /** Calls the listener, on the callback executor, with every change of the session's standing from now on. */
    default Registration onEvent(Consumer<? super SessionEvent> listener) {
        return async().onEvent(listener);
    }

    /** Ends the session and waits until its ephemeral nodes are deleted, or until the member cannot tell. */
    @Override
    void close();
}

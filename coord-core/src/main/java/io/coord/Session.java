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
 * thread, where waiting could dead-lock, every method but a local read throws {@link IllegalStateException} before it asks anything: use
 * {@link #async()} there. As in {@link AsyncSession}, a null that is not allowed is a {@link NullPointerException}.
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

    /**
     * Waits for a stage, but not for ever.
     *
     * @param atMost how long; zero only looks
     * @return the stage's value, or empty if the time was over first, and the stage itself goes on, or if it has no value
     * @throws InterruptedException if the thread is interrupted while it waits
     * @throws IllegalStateException as {@link #await(CompletionStage)}
     */
    <T> Optional<T> awaitAtMost(CompletionStage<T> stage, Duration atMost) throws InterruptedException;

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
    <R> R submit(Operation<R> operation);

    /** Reads as fresh as the mode says and waits; see {@link AsyncSession#submit(Operation.Read, ReadMode)}. */
    <R> R submit(Operation.Read<R> read, ReadMode mode);

    /** Reads, leaves a one-shot watch, and waits; see {@link AsyncSession#submit(Operation.WatchedRead, Consumer)}. */
    <R> R submit(Operation.WatchedRead<R> read, Consumer<? super WatchEvent> listener);

    /** Creates a node open to anyone. */
    default Outcome.Created create(NodePath path, @Nullable Bytes data, CreateMode mode) {
        return create(path, data, mode, Acl.OPEN);
    }

    /** Creates a node. */
    default Outcome.Created create(NodePath path, @Nullable Bytes data, CreateMode mode, List<Acl> acl) {
        return submit(new Operation.Create(path.value(), data, mode, acl, Operation.NO_TTL));
    }

    /** Creates a node of a TTL mode. */
    default Outcome.Created create(
            NodePath path, @Nullable Bytes data, CreateMode mode, List<Acl> acl, Duration timeToLive) {
        return submit(new Operation.Create(path.value(), data, mode, acl, TimeToLive.millis(timeToLive)));
    }

    /** Deletes a node whatever its version. */
    default void delete(NodePath path) {
        delete(path, Operation.ANY_VERSION);
    }

    /** Deletes a node of this data version. */
    default void delete(NodePath path, int version) {
        submit(new Operation.Delete(path.value(), version));
    }

    /** The node's Stat, or empty if there is no such node. */
    default Optional<Stat> exists(NodePath path) {
        return submit(new Operation.Exists(path.value()));
    }

    /** The node's Stat or empty, and the listener told of its next creation, deletion or change. */
    default Optional<Stat> exists(NodePath path, Consumer<? super WatchEvent> listener) {
        return submit(new Operation.Exists(path.value()), listener);
    }

    /** The node's data and Stat, read on the calling thread. */
    default Node getData(NodePath path) {
        return submit(new Operation.GetData(path.value()));
    }

    /** The node's data and Stat, as fresh as the mode says. */
    default Node getData(NodePath path, ReadMode mode) {
        return submit(new Operation.GetData(path.value()), mode);
    }

    /** The node's data and Stat, and the listener told of the next change or the deletion. */
    default Node getData(NodePath path, Consumer<? super WatchEvent> listener) {
        return submit(new Operation.GetData(path.value()), listener);
    }

    /** Sets a node's data whatever its version; the Stat right after. */
    default Stat setData(NodePath path, @Nullable Bytes data) {
        return setData(path, data, Operation.ANY_VERSION);
    }

    /** Sets the data of a node of this data version; the Stat right after. */
    default Stat setData(NodePath path, @Nullable Bytes data, int version) {
        return submit(new Operation.SetData(path.value(), data, version)).stat();
    }

    /** The names of the direct children, sorted as strings are by a member, in no promised order by ZooKeeper. */
    default List<String> getChildren(NodePath path) {
        return submit(new Operation.GetChildren(path.value())).names();
    }

    /** The names of the direct children, and the listener told of the next change among them. */
    default List<String> getChildren(NodePath path, Consumer<? super WatchEvent> listener) {
        return submit(new Operation.GetChildren(path.value()), listener).names();
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
        return submit(new Operation.SetAcl(path.value(), acl, aclVersion)).stat();
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
        submit(new Operation.Sync(path.value()));
    }

    /** Begins a transaction: all of its steps are done, or none. */
    default Transaction transaction() {
        return new Transaction(this);
    }

    /** Watches a path until the registration is closed or the session ends. */
    Registration addWatch(NodePath path, WatchMode mode, Consumer<? super WatchEvent> listener);

    /** Removes all this session's watches of a kind from a path. */
    void removeWatches(NodePath path, WatchKind kind);

    /** Adds an identity proven by credentials; for {@code digest}, {@code user:password}. */
    void addAuth(String scheme, Bytes credentials);

    /** Calls the listener, on the callback executor, with every change of the session's standing from now on. */
    default Registration onEvent(Consumer<? super SessionEvent> listener) {
        return async().onEvent(listener);
    }

    /** Ends the session and waits until its ephemeral nodes are deleted, or until the member cannot tell. */
    @Override
    void close();
}

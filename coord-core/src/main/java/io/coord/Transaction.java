package io.coord;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Steps to be done together: one write, one zxid, later steps see what earlier ones did (zk.M2). Not for use by several threads.
 *
 * <pre>{@code
 * session.transaction()
 *     .check(NodePath.of("/controller_epoch"), 3)
 *     .setData(NodePath.of("/topics/a"), Bytes.utf8("..."), 0)
 *     .commit();
 * }</pre>
 */
public final class Transaction {

    private final Session session;
    private final List<Operation.Step<?>> steps = new ArrayList<>();

    Transaction(Session session) {
        this.session = session;
    }

    /** Adds the creation of a node open to anyone. */
    public Transaction create(NodePath path, @Nullable Bytes data, CreateMode mode) {
        return create(path, data, mode, Acl.OPEN);
    }

    /** Adds the creation of a node. */
    public Transaction create(NodePath path, @Nullable Bytes data, CreateMode mode, List<Acl> acl) {
        return step(new Operation.Create(path.value(), data, mode, acl, Operation.NO_TTL));
    }

    /** Adds the deletion of a node whatever its version. */
    public Transaction delete(NodePath path) {
        return delete(path, Operation.ANY_VERSION);
    }

    /** Adds the deletion of a node of this data version. */
    public Transaction delete(NodePath path, int version) {
        return step(new Operation.Delete(path.value(), version));
    }

    /** Adds the setting of a node's data whatever its version. */
    public Transaction setData(NodePath path, @Nullable Bytes data) {
        return setData(path, data, Operation.ANY_VERSION);
    }

    /** Adds the setting of the data of a node of this data version. */
    public Transaction setData(NodePath path, @Nullable Bytes data, int version) {
        return step(new Operation.SetData(path.value(), data, version));
    }

    /** Adds the condition that a node has this data version. */
    public Transaction check(NodePath path, int version) {
        return step(new Operation.Check(path.value(), version));
    }

    /** Adds any step. */
    public Transaction step(Operation.Step<?> step) {
        steps.add(Objects.requireNonNull(step, "step"));
        return this;
    }

    /**
     * Does all steps, or none, and waits.
     *
     * @return one outcome a step, in order
     * @throws RejectedException for the first step refused, which {@link RejectedException#failedStep()} names
     */
    public List<Outcome> commit() {
        return granted(session.submit(new Operation.Multi(steps)));
    }

    /** As {@link #commit()}, without waiting. */
    public CompletionStage<List<Outcome>> commitAsync() {
        return session.async().submit(new Operation.Multi(steps)).thenApply(Transaction::granted);
    }

    private static List<Outcome> granted(Outcome.Multi multi) {
        int failed = multi.failedStep();
        if (failed >= 0) {
            throw RejectedException.ofStep((Outcome.Refused) multi.results().get(failed), failed);
        }
        return multi.results();
    }
}

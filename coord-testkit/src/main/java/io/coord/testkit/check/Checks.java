package io.coord.testkit.check;

import io.coord.Ensemble;
import io.coord.MemberId;
import io.coord.member.CommandCodec;
import io.coord.member.Effects;
import io.coord.member.Input;
import io.coord.member.MemberView;
import io.coord.raft.CommandPayload;
import io.coord.raft.Configuration;
import io.coord.raft.Entry;
import io.coord.state.StateRoot;
import java.util.List;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/** All that is checked of one run: consensus, and what owners of sessions are told. */
public final class Checks {

    private static final int WHOLE_EVERY = 64;
    private static final long ODD_MILLIS = 2_000;

    private final @Nullable CommandCodec codec;
    private final ModelTree model;
    private final Ledger ledger;
    private final RaftInvariants raft;
    private final LeaseInvariants leases;
    private long lastWallMillis;
    private long oddTimes;

    /**
     * Checks of an ensemble.
     *
     * @param members whoever may ever be one
     * @param initial whom the ensemble is formed of
     * @param commands reads the commands in the log
     * @param answers whether the log is applied to a model that answers are held against
     * @param electionTimeoutNanos the members' election timeout
     * @param clocks each member's monotonic clock
     */
    public Checks(
            List<MemberId> members,
            Configuration initial,
            CommandCodec commands,
            boolean answers,
            long electionTimeoutNanos,
            ToLongFunction<MemberId> clocks) {
        this.codec = answers ? commands : null;
        this.model = new ModelTree(initial);
        this.ledger = new Ledger(model);
        this.raft = new RaftInvariants(members, initial, this::committed);
        this.leases = new LeaseInvariants(members, commands, electionTimeoutNanos, clocks);
    }

    private void committed(Entry entry) {
        oddTimes += lastWallMillis != 0 && Math.abs(entry.wallMillis() - lastWallMillis) > ODD_MILLIS ? 1 : 0;
        lastWallMillis = entry.wallMillis();
        if (codec == null) {
            return;
        }
        var effect = model.apply(entry, entry.payload() instanceof CommandPayload payload ? codec.command(payload) : null);
        if (effect != null) {
            ledger.effect(effect);
        }
    }

    /** The members that the log asks for and does not have yet, or null. */
    public @Nullable Ensemble wanted() {
        return model.wanted();
    }

    /** How many changes of members were carried out. */
    public long membersChanged() {
        return model.membersChanged();
    }

    /**
     * A member made a turn.
     *
     * @param nowNanos its monotonic clock
     * @param dueNanos when it had to act by that, before the turn
     * @param nextNanos when it has to act, after it
     */
    public void turned(
            MemberId id,
            long nowNanos,
            long dueNanos,
            long nextNanos,
            MemberView before,
            List<Input> inputs,
            Effects effects,
            MemberView after) {
        raft.turned(id, before, inputs, effects, after);
        raft.waits(id, before, inputs, after, nowNanos, dueNanos, nextNanos);
        leases.turned(id, nowNanos, before, inputs, effects, after);
    }

    /** A member's monotonic clock jumped. */
    public void clockJumped() {
        leases.clockJumped();
    }

    /** A member stopped. */
    public void stopped(MemberId id) {
        raft.stopped(id);
        leases.stopped(id);
    }

    /** A member shows a state; now and then all of it is held against the model. */
    public void published(MemberId id, StateRoot root) {
        raft.published(id, root);
        if (codec != null && root.index() % WHOLE_EVERY == 0) {
            ledger.same(root);
        }
    }

    /** How many commands of sessions came into the log again and had no effect. */
    public long repetitions() {
        return model.repetitions();
    }

    /** How many entries bear a time far from that of the one before. */
    public long oddTimes() {
        return oddTimes;
    }

    /** The checks of consensus. */
    public RaftInvariants raft() {
        return raft;
    }

    /** The checks of answers. */
    public Ledger ledger() {
        return ledger;
    }
}

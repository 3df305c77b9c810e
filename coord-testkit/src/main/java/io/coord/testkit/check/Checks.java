package io.coord.testkit.check;

import io.coord.MemberId;
import io.coord.member.CommandCodec;
import io.coord.raft.CommandPayload;
import io.coord.raft.Entry;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** All that is checked of one run: consensus, and what owners of sessions are told. */
public final class Checks {

    private final @Nullable CommandCodec codec;
    private final ModelTree model = new ModelTree();
    private final Ledger ledger = new Ledger(model);
    private final RaftInvariants raft;

    /**
     * Checks of an ensemble.
     *
     * @param codec of the commands to apply to the model that answers are held against, or null if they are not
     */
    public Checks(List<MemberId> members, @Nullable CommandCodec codec) {
        this.codec = codec;
        this.raft = new RaftInvariants(members, this::committed);
    }

    private void committed(Entry entry) {
        if (codec == null) {
            return;
        }
        var effect = model.apply(entry, entry.payload() instanceof CommandPayload payload ? codec.command(payload) : null);
        if (effect != null) {
            ledger.effect(effect);
        }
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

package io.coord.testkit.check;

import io.coord.MemberId;
import io.coord.member.CommandCodec;
import io.coord.raft.CommandPayload;
import io.coord.raft.Entry;
import java.util.List;

/** All that is checked of one run: consensus, and what owners of sessions are told. */
public final class Checks {

    private final CommandCodec codec;
    private final ModelTree model = new ModelTree();
    private final Ledger ledger = new Ledger(model);
    private final RaftInvariants raft;

    /** Checks of an ensemble. */
    public Checks(List<MemberId> members, CommandCodec codec) {
        this.codec = codec;
        this.raft = new RaftInvariants(members, this::committed);
    }

    private void committed(Entry entry) {
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

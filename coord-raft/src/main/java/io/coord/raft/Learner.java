package io.coord.raft;

import org.jspecify.annotations.Nullable;

/** A member that replicates and never campaigns: it has no vote in its configuration, or may have forgotten one it gave. */
final class Learner extends Following {

    Learner(Raft raft, @Nullable Replica replica) {
        super(raft, replica);
    }

    @Override
    Role role() {
        return Role.LEARNER;
    }

    @Override
    void begin() {}
}

package io.coord.testkit.sim;

import io.coord.state.CoordState;
import io.coord.state.Restoring;
import io.coord.state.StateRoot;

/** Makes states out of what snapshots hold. */
final class States {

    private States() {}

    /** A state of its own with these contents, as reading a snapshot gives it. */
    static CoordState copyOf(StateRoot root) {
        Restoring restoring = CoordState.restoring();
        root.visit(restoring);
        return restoring.state();
    }
}

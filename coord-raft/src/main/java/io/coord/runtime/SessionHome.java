package io.coord.runtime;

import io.coord.MemberId;
import io.coord.member.Input;
import io.coord.state.StateRoot;

/** The member behind an in-process session: what the session needs of it. */
public interface SessionHome {

    /** Which member. */
    MemberId member();

    /**
     * Hands an input to the member, or refuses it at once.
     *
     * @return false if it was refused: the member is closed, or has more unanswered requests than it takes
     */
    boolean submit(Input input);

    /** The state to read from: the last one handed out. */
    StateRoot root();

    /** The monotonic clock that leases are measured with. */
    long nanoTime();
}

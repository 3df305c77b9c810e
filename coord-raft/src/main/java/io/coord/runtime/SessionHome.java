package io.coord.runtime;

import io.coord.MemberId;
import io.coord.member.Input;
import io.coord.state.StateRoot;

/** The member behind an in-process session: what the session needs of it. Any thread may use it. */
public interface SessionHome {

    /** What became of an input handed over. */
    enum Submission {
        /** The member has it. */
        TAKEN,
        /** The member has as many unanswered requests as it takes; nothing was done. */
        OVERLOADED,
        /** The member takes nothing any more; nothing was done. */
        CLOSED
    }

    /** Which member. */
    MemberId member();

    /** Hands an input to the member, unless there is a reason against it. */
    Submission submit(Input input);

    /**
     * Hands an input over to which no limit applies: what a session had asked elsewhere before, since those behind it depend on it; and
     * the end of a session or a watch, which makes room.
     */
    Submission resubmit(Input input);

    /** The state to read from: the last one handed out. */
    StateRoot root();

    /** The monotonic clock that leases are measured with. */
    long nanoTime();
}

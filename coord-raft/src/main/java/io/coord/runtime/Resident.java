package io.coord.runtime;

import io.coord.member.Caller;
import io.coord.member.Delivery;
import java.util.function.Supplier;

/** A session as the door of its member sees it. All is called by the member's loop. */
interface Resident {

    /** Takes a delivery about the session itself, not to be shown before the gate is open. */
    void stage(SessionHome home, Delivery delivery, SessionQueue.Gate gate);

    /** The root that shows what was staged is handed out, and the gate is open. */
    void opened(SessionHome home);

    /** The member is gone. */
    void homeLost(SessionHome home, String reason);

    /** Tells whoever waits for longer than this; what was asked goes on (rule.5). */
    void giveUpOlderThan(long ageNanos, Supplier<String> reason);

    /**
     * Whoever waits for an answer to a request of a session.
     *
     * @param <R> what is answered
     */
    interface Waiting<R> extends Caller<R> {
        /** The session. */
        Resident resident();

        /** Takes the answer, not to be shown before the gate is open. */
        void stage(Delivery delivery, SessionQueue.Gate gate);

        /** Gives up a request to open or attach. Says whether a grant would be of no use any more. */
        boolean giveUp(String reason);
    }
}

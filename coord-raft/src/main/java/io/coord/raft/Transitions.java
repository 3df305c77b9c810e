package io.coord.raft;

/**
 * The legal moves between roles.
 *
 * <pre>
 *   from           to
 *   FOLLOWER       FOLLOWER (another term or leader), PRE_CANDIDATE (timeout), CANDIDATE (handed over, thesis 3.10), LEARNER
 *   PRE_CANDIDATE  PRE_CANDIDATE (again), CANDIDATE (could win), FOLLOWER, LEARNER (goes on under another key)
 *   CANDIDATE      LEADER (won), PRE_CANDIDATE (timeout), FOLLOWER, LEARNER (goes on under another key)
 *   LEADER         FOLLOWER (higher term, no quorum, stuck disk), LEARNER (removed or demoted)
 *   LEARNER        LEARNER (another term or leader), FOLLOWER (promoted)
 * </pre>
 */
final class Transitions {

    private Transitions() {}

    /** Refuses a move that is not in the table. */
    static void check(Role from, Role to) {
        if (!isLegal(from, to)) {
            throw new IllegalStateException("a " + from + " cannot become a " + to);
        }
    }

    static boolean isLegal(Role from, Role to) {
        return switch (from) {
            case FOLLOWER -> to != Role.LEADER;
            case PRE_CANDIDATE -> to != Role.LEADER;
            case CANDIDATE -> to != Role.CANDIDATE;
            case LEADER -> to == Role.FOLLOWER || to == Role.LEARNER;
            case LEARNER -> to == Role.LEARNER || to == Role.FOLLOWER;
        };
    }
}

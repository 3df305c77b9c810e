package io.coord.testkit.sim;

import java.util.Locale;

/**
 * A branch of the code that some fault exists for. A fault that fires proves something only where its branch was taken: members say so by
 * their events, or what the checks see of them does.
 */
public enum Marker {
    /** A member started with what its disk had kept. */
    RESTARTED,
    /** A member whose disk failed left the ensemble. */
    LEFT,
    /** A member that found its disk full said so, and takes no writes as a leader. */
    ROOM_MISSED,
    /** What a quorum had committed waited for a member's own disk before it was applied there. */
    WAITED_FOR_DISK,
    /** A leader whose disk had not answered in time stepped down. */
    DEADLINE_MISSED,
    /** A member noticed that it had not been run for a while. */
    PAUSE_NOTICED,
    /** An entry bears the time of a clock that had jumped. */
    ODD_TIME_STAMPED,
    /** A turn came late. */
    SLOW_TURN,
    /** A message of an earlier term was dropped. */
    STALE_DROPPED,
    /** A command came into the log once more, and had no effect but the answer of the first time. */
    SENT_AGAIN,
    /** A frame was refused for its sum. */
    FRAME_REFUSED,
    /** A leader that heard no quorum stepped down. */
    QUORUM_LOST,
    /** A member that wanted to campaign was told not to. */
    PRE_VOTE_LOST,
    /** A member that heard no leader wanted to campaign. */
    LEADER_MISSED,
    /** A snapshot took the place of a member's state. */
    SNAPSHOT_TAKEN_OVER,
    /** A member campaigned since the leader handed over. */
    HANDED_OVER,
    /** A configuration of two sets of voters was left for good. */
    JOINT_LEFT,
    /** A member that was removed learned of it, and stopped. */
    REMOVAL_LEARNT,
    /** A member was taken in. */
    TAKEN_IN,
    /** A member whose disk was lost goes on under another key. */
    RENEWED,
    /** A member that was damaged took its state from a peer. */
    HEALED,
    /** A session was ended by the ensemble. */
    LEASE_ENDED,
    /** A session went on at another member. */
    ATTACHED_AGAIN,
    /** A session was not given away for a wrong password. */
    ATTACH_REFUSED;

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }
}

package io.coord.testkit.process;

/** What may befall an ensemble of processes. */
enum Fault {
    KILL_LEADER, KILL_FOLLOWER, KILL_MAJORITY, KILL_ALL, STOP_LEADER, STOP_FOLLOWER,
    /** SIGTERM to one after the other. */
    RESTART_IN_TURN,
    ISOLATE_LEADER, ISOLATE_FOLLOWER,
    /** Five members, each of which reaches two others: each sees a majority, and no two the same. */
    RING,
    /** Five members: two halves that reach each other only through the fifth. */
    BRIDGE,
    /** The leader sends, and nothing comes in. */
    ONE_WAY_IN,
    /** The leader hears, and nothing goes out. */
    ONE_WAY_OUT,
    /** The leader's links break and heal about as often as elections are called. */
    FLAP,
    DISK_FULL, DISK_ERROR, SLOW_FORCE,
    /** One member goes for another. */
    MEMBERS_CHANGE,
    /** The wall clock, ten years away, each member's on its own. */
    CLOCK_JUMP;

    /** How many members it takes. */
    int members() {
        return this == RING || this == BRIDGE ? 5 : 3;
    }

    /** How often it must strike at least: bar 17. */
    int least() {
        return switch (this) {
            case DISK_FULL, SLOW_FORCE -> 5;
            case DISK_ERROR -> 10;
            default -> 1;
        };
    }

    /** Whether clients can go on meanwhile: a majority is there. */
    boolean leavesAMajority() {
        return this != KILL_ALL && this != KILL_MAJORITY;
    }
}

package io.coord.testkit.sim;

/** A kind of mishap that the simulated world brings about, with its id in the fault model. */
public enum Fault {
    /** A member stops while a batch is on its way to its disk. */
    CRASH_IN_WRITE("D1"),
    /** A part of an unforced batch outlives a crash. */
    TORN_BATCH("D2"),
    /** Unforced data is gone after a crash. */
    UNFORCED_LOST("D2"),
    /** A force reports an error. */
    FORCE_FAILED("D10"),
    /** A disk has no room. */
    DISK_FULL("D11"),
    /** A force takes long. */
    SLOW_FORCE("D13"),
    /** A leader's force takes longer than its write deadline. */
    STUCK_FORCE("D13"),
    /** A member stops. */
    KILL_ONE("P1"),
    /** The leader stops. */
    KILL_LEADER("P1"),
    /** A majority stops at once. */
    KILL_MAJORITY("P1"),
    /** Every member stops at once. */
    KILL_ALL("P1"),
    /** A member is not run for a while. */
    PAUSE("P2"),
    /** The leader is not run for longer than sessions live. */
    LONG_PAUSE_OF_LEADER("P2"),
    /** A wall clock jumps. */
    WALL_CLOCK_JUMP("P3"),
    /** A member's monotonic clock jumps ahead. */
    MONOTONIC_JUMP("P4"),
    /** A member's turns come late. */
    STARVED("P6"),
    /** A member stops again right after its start. */
    CRASH_LOOP("P7"),
    /** A message is lost. */
    LOSS("N1"),
    /** A message comes twice. */
    DUPLICATION("N1"),
    /** A message takes long. */
    DELAY_SPIKE("N1"),
    /** A message overtakes an earlier one. */
    REORDERING("N1"),
    /** A message comes again much later. */
    REPLAY("N1"),
    /** A minority is cut off. */
    PARTITION("N3"),
    /** The leader is cut off. */
    LEADER_ISOLATED("N3"),
    /** Some links carry one way only. */
    ONE_WAY("N4"),
    /** Majorities overlap in one member, and not all see each other. */
    BRIDGE("N5"),
    /** A link comes and goes. */
    FLAPPING_LINK("N6"),
    /** A snapshot's transfer is cut short. */
    TRANSFER_CUT("M6"),
    /** A lagging member gets a snapshot since the log is compacted. */
    SNAPSHOT_INSTALLED("M7"),
    /** The leader is asked to hand over. */
    LEADERSHIP_TRANSFER("M10"),
    /** A session is ended while its owner lives. */
    SESSION_EXPIRED("C1"),
    /** A session goes to another member. */
    SESSION_MOVED("C3"),
    /** An owner leaves its member with requests unanswered. */
    REPLY_LOST("C4"),
    /** A session is asked for with a wrong password. */
    PASSWORD_GUESSED("C14");

    private final String id;

    Fault(String id) {
        this.id = id;
    }

    /** The fault's id in the fault model. */
    public String id() {
        return id;
    }
}

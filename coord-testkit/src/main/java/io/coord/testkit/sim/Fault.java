package io.coord.testkit.sim;

/** A kind of mishap that the simulated world brings about, with its id in the fault model. */
public enum Fault {
    /** A member stops while a batch is on its way to its disk. */
    CRASH_IN_WRITE("D1", Marker.RESTARTED),
    /** A part of an unforced batch outlives a crash. */
    TORN_BATCH("D2", Marker.RESTARTED),
    /** Unforced data is gone after a crash. */
    UNFORCED_LOST("D2", Marker.RESTARTED),
    /** A force reports an error. */
    FORCE_FAILED("D10", Marker.LEFT),
    /** A disk has no room. */
    DISK_FULL("D11", Marker.ROOM_MISSED),
    /** A force takes long. */
    SLOW_FORCE("D13", Marker.WAITED_FOR_DISK),
    /** A leader's force takes longer than its write deadline. */
    STUCK_FORCE("D13", Marker.DEADLINE_MISSED),
    /** A member stops. */
    KILL_ONE("P1", Marker.RESTARTED),
    /** The leader stops. */
    KILL_LEADER("P1", Marker.RESTARTED),
    /** A majority stops at once. */
    KILL_MAJORITY("P1", Marker.RESTARTED),
    /** Every member stops at once. */
    KILL_ALL("P1", Marker.RESTARTED),
    /** A member is not run for a while. */
    PAUSE("P2", Marker.PAUSE_NOTICED),
    /** The leader is not run for longer than sessions live. */
    LONG_PAUSE_OF_LEADER("P2", Marker.PAUSE_NOTICED),
    /** A wall clock jumps. */
    WALL_CLOCK_JUMP("P3", Marker.ODD_TIME_STAMPED),
    /** A member's monotonic clock jumps ahead. */
    MONOTONIC_JUMP("P4", Marker.PAUSE_NOTICED),
    /** A member's turns come late. */
    STARVED("P6", Marker.SLOW_TURN),
    /** A member stops again right after its start. */
    CRASH_LOOP("P7", Marker.RESTARTED),
    /** A message is lost. */
    LOSS("N1", Marker.SENT_AGAIN),
    /** A message comes twice. */
    DUPLICATION("N1", Marker.STALE_DROPPED),
    /** A message takes long. */
    DELAY_SPIKE("N1", Marker.STALE_DROPPED),
    /** A message overtakes an earlier one. */
    REORDERING("N1", Marker.SENT_AGAIN),
    /** A message comes again much later. */
    REPLAY("N1", Marker.STALE_DROPPED),
    /** Bits of a frame flip on the way, in spite of what the transport sums up. */
    CORRUPT_FRAME("N2", Marker.FRAME_REFUSED),
    /** A minority is cut off. */
    PARTITION("N3", Marker.QUORUM_LOST),
    /** The leader is cut off. */
    LEADER_ISOLATED("N3", Marker.QUORUM_LOST),
    /** Some links carry one way only. */
    ONE_WAY("N4", Marker.PRE_VOTE_LOST),
    /** Majorities overlap in one member, and not all see each other. */
    BRIDGE("N5", Marker.PRE_VOTE_LOST),
    /** Each member sees its two neighbours only. */
    RING("N5", Marker.LEADER_MISSED),
    /** A link comes and goes. */
    FLAPPING_LINK("N6", Marker.LEADER_MISSED),
    /** Links stop one after another, and are released in another order. */
    SWIZZLE_CLOG("N6", Marker.LEADER_MISSED),
    /** The leader stops, or is cut off, in the midst of a change of members. */
    CHANGE_INTERRUPTED("M1", Marker.JOINT_LEFT),
    /** A member is removed. */
    MEMBER_REMOVED("M3", Marker.REMOVAL_LEARNT),
    /** An empty member joins. */
    MEMBER_JOINED("M4", Marker.TAKEN_IN),
    /** A disk is lost with all that is on it. */
    DISK_WIPED("M5", Marker.RENEWED),
    /** What is on a disk is found damaged at a start. */
    BIT_ROT("D6", Marker.HEALED),
    /** A member is told by all others that its state is not theirs. */
    STATE_DIFFERS("D-f", Marker.HEALED),
    /** A snapshot's transfer is cut short. */
    TRANSFER_CUT("M6", Marker.SNAPSHOT_TAKEN_OVER),
    /** A lagging member gets a snapshot since the log is compacted. */
    SNAPSHOT_INSTALLED("M7", Marker.SNAPSHOT_TAKEN_OVER),
    /** The leader is asked to hand over. */
    LEADERSHIP_TRANSFER("M10", Marker.HANDED_OVER),
    /** A session is ended while its owner lives. */
    SESSION_EXPIRED("C1", Marker.LEASE_ENDED),
    /** A session goes to another member. */
    SESSION_MOVED("C3", Marker.ATTACHED_AGAIN),
    /** An owner leaves its member with requests unanswered. */
    REPLY_LOST("C4", Marker.SENT_AGAIN),
    /** A session is asked for with a wrong password. */
    PASSWORD_GUESSED("C14", Marker.ATTACH_REFUSED);

    private final String id;
    private final Marker marker;

    Fault(String id, Marker marker) {
        this.id = id;
        this.marker = marker;
    }

    /** The branch that handles it. */
    public Marker marker() {
        return marker;
    }

    /** Whether it happens only where members come and go. */
    public boolean isOfChanges() {
        return switch (this) {
            case CHANGE_INTERRUPTED, MEMBER_REMOVED, MEMBER_JOINED, DISK_WIPED, BIT_ROT -> true;
            default -> false;
        };
    }

    /** Whether every seed draws whether it happens. */
    public boolean isDrawn() {
        return !isOfChanges() && this != STATE_DIFFERS;
    }

    /** The fault's id in the fault model. */
    public String id() {
        return id;
    }
}

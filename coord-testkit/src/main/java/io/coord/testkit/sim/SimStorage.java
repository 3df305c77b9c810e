package io.coord.testkit.sim;

import io.coord.member.Effects;
import io.coord.member.Input;
import io.coord.member.RecoveredMember;
import java.io.IOException;
import java.util.function.Consumer;

/** A member's durable memory in the simulated world: outlives the member's crashes, forgets what was not forced. */
interface SimStorage {

    /** Is told what becomes durable, when it does. */
    interface Witness {
        /** A log write is on the disk, and the member will be told. */
        void forced(io.coord.raft.LogWrite write);

        /** The log on disk starts behind this snapshot. */
        void installed(io.coord.raft.SnapshotMeta meta, boolean keepSuffix);
    }

    /** Takes a turn's writes and tasks; answers go to the sink given at {@link #open}. */
    void take(Effects effects);

    /**
     * Reads what is there, for a member that starts.
     *
     * @throws IOException if a mishap that goes by itself keeps it from being read now
     */
    RecoveredMember open(Consumer<Input> sink) throws IOException;

    /** The machine stops: nothing is answered any more, what was not forced is lost but for what chance keeps. */
    void crash();

    /** All that is on the disk is lost; the member does not run. */
    void wipe();

    /**
     * The log and snapshots will be found damaged at the next start, term and vote will not; the member does not run.
     *
     * @return whether there is anything to be damaged
     */
    boolean rot();

    /** Whether what is there waits to be healed. */
    boolean isDamaged();

    /** From now on forces fare like this. */
    void become(Profile.Disk disk);

    /** Cuts the snapshots that it gives to others into pieces of so many bytes, where that is not for the code of production to say. */
    void cutPieces(int bytes);

    /** Whether nothing is there of what a member must keep. */
    boolean isEmpty();

    /** Holds up the force under way, or the next, for so long. */
    void stall(long nanos);

    /** Lets the next force fail. */
    void failNextForce();

    /** Leaves next to no room for so long. */
    void fillUp(long nanos);

    /** Runs something once, as soon as something is on its way to the disk. */
    void whenWriting(Runnable action);

    /** Runs something once, as soon as a snapshot is being received. */
    void whenReceiving(Runnable action);
}

package io.coord.testkit.sim;

import io.coord.Bytes;
import io.coord.CreateMode;
import io.coord.Operation;
import io.coord.member.Input;
import io.coord.testkit.sim.Stage.Asked;
import java.util.Map;

/**
 * Short scripts of a state that is larger than the entries a snapshot is usually taken for (decision 036 of coord-raft). Written is all
 * the time, one entry after another at an even pace.
 */
final class SnapshotPlays {

    private static final int NODES = 1_000;
    private static final int PIECE_BYTES = 128;
    private static final Bytes DATA = Bytes.wrap(new byte[200]);
    private static final long WRITE_EVERY_NANOS = 20 * Stage.MILLI;
    /** About as long as it takes to write half the state's size of 8 KB: 13 entries. */
    private static final long CADENCE_MILLIS = 260;
    /** With what the network and the leader's disk take, 64 pieces are 1.5 times as long on their way. */
    private static final long SLOW_NANOS = 4 * Stage.MILLI;
    private static final long FAR_TOO_SLOW_NANOS = 500 * Stage.MILLI;
    /** A leader whose disk takes so long writes a snapshot in 80 ms, and gives away 64 pieces in more than it takes to write the state's size. */
    private static final long LEADER_NANOS = 4 * Stage.MILLI;

    private static final long NEARLY_THERE = 5;

    private final Stage stage;
    private final SimMember leader;
    private final Stage.Owner owner;
    private boolean over;

    private SnapshotPlays() {
        stage = new Stage(3, 4, 1, Stage.CONFIG.withSnapshotBytes(1 << 10).withRetainedEntries(1));
        leader = stage.leader();
        owner = stage.session(leader);
        for (int i = 1; i < NODES; i++) {
            owner.create("/n" + i, CreateMode.PERSISTENT);
        }
        stage.until("L2", "the nodes", owner.create("/n0", CreateMode.PERSISTENT)::isGranted);
        leader.receive(new Input.TakeSnapshot(new Asked<>()));
        stage.run(100);
        leader.storage().cutPieces(PIECE_BYTES);
        writeOn();
    }

    static void addTo(Map<String, Runnable> all) {
        all.put("fault.N8 across", () -> new SnapshotPlays().aLargeStateComesAcross());
        all.put("fault.N8 under way", () -> new SnapshotPlays().aSnapshotUnderWayOvertakesNobody());
        all.put("fault.N8 bound", () -> new SnapshotPlays().whoIsTooSlowDoesNotFillTheLeadersMemory());
        all.put("fault.N8 share", () -> new SnapshotPlays().aLargeStateIsNotWrittenForEveryLittle());
    }

    private void writeOn() {
        if (!over) {
            owner.write(new Operation.SetData("/n0", DATA, Operation.ANY_VERSION));
            stage.world.time().after(WRITE_EVERY_NANOS, this::writeOn);
        }
    }

    /** An empty member joins, whose disk takes so long for each piece of a snapshot. */
    private SimMember join(long forceNanos) {
        SimMember newcomer = stage.member(4);
        newcomer.storage().become(new Profile.Disk(forceNanos, 1, 0, 0));
        stage.world.coming().start(newcomer);
        return newcomer;
    }

    private void comesAcross(SimMember newcomer) {
        stage.until("N8", "a large state comes across under load, and the log behind it", 8_000, () -> stage.world.coming().isWhole(newcomer.id())
                && Stage.view(leader).commitIndex() - Stage.view(newcomer).appliedIndex() < NEARLY_THERE);
        over = true;
        stage.settle();
    }

    /** It takes longer than it takes to write half the state's size, and less than all of it. */
    private void aLargeStateComesAcross() {
        comesAcross(join(SLOW_NANOS));
    }

    /** The leader begins a snapshot, and then to send the one before: the log between the two is still needed when the newer is saved. */
    private void aSnapshotUnderWayOvertakesNobody() {
        leader.storage().become(new Profile.Disk(LEADER_NANOS, 1, 0, 0));
        leader.receive(new Input.TakeSnapshot(new Asked<>()));
        comesAcross(join(SLOW_NANOS));
    }

    private void whoIsTooSlowDoesNotFillTheLeadersMemory() {
        join(FAR_TOO_SLOW_NANOS);
        stage.run(2_000);
        long before = leader.snapshots();
        stage.run(10 * CADENCE_MILLIS);
        Stage.require("N8", leader.snapshots() - before >= 3, "the leader keeps its log for one who is slower than the writes, for ever");
    }

    private void aLargeStateIsNotWrittenForEveryLittle() {
        long before = leader.snapshots();
        stage.run(10 * CADENCE_MILLIS);
        Stage.require("N8", leader.snapshots() - before <= 12, "a large state is written as often as a small one");
    }
}

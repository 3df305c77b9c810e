package io.coord.testkit.storage;

import static org.assertj.core.api.Assertions.assertThat;

import io.coord.Bytes;
import io.coord.MemberId;
import io.coord.ensemble.spi.Storage;
import io.coord.member.DiskTask;
import io.coord.member.Effects;
import io.coord.member.Input;
import io.coord.raft.Configuration;
import io.coord.raft.Entry;
import io.coord.raft.EntryId;
import io.coord.raft.LogWrite;
import io.coord.raft.MemberKey;
import io.coord.raft.Message;
import io.coord.raft.Payload;
import io.coord.raft.SnapshotMeta;
import io.coord.runtime.StorageBridge;
import io.coord.state.CoordState;
import io.coord.storage.FileStorage;
import io.coord.testkit.sim.SimDisk;
import io.coord.testkit.sim.SimLane;
import io.coord.wire.EntryCodec;
import io.coord.wire.WireCommandCodec;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a member is told of a snapshot it has received. */
class ReceivedSnapshotTest {

    private static final MemberKey SELF = MemberKey.first(MemberId.of(3));
    private static final Configuration ALONE = Configuration.ofVoters(List.of(SELF));

    /** A storage in use, run to its end after each task. */
    private static final class Files {
        private final SimLane lane = new SimLane();
        private final List<Input> told = new ArrayList<>();
        private final StorageBridge bridge;
        private final Storage.Recovered found;

        Files(SimDisk disk) throws IOException {
            FileStorage storage = FileStorage.on(disk, SmallStorage.OPTIONS, lane, lane, lane);
            found = storage.open();
            bridge = new StorageBridge(storage, new EntryCodec(new WireCommandCodec()), told::add);
            run(new DiskTask.SaveIdentity(1, SELF, ALONE));
        }

        Input run(DiskTask task) {
            turn(List.of(), List.of(task));
            return told.get(told.size() - 1);
        }

        void turn(List<LogWrite> writes, List<DiskTask> tasks) {
            bridge.store(new Effects(List.of(), writes, tasks, List.of(), null, List.of()));
            lane.run();
        }
    }

    private static LogWrite write(long sequence, int from, int to, long term) {
        List<Entry> entries = new ArrayList<>();
        for (int at = from; at <= to; at++) {
            entries.add(new Entry(SmallStorage.ORIGIN + at, term, 0, 0, Payload.NoOp.NO_OP));
        }
        return new LogWrite(sequence, null, entries);
    }

    private static Message.SnapshotChunk snapshot() throws IOException {
        return snapshot(1, 1);
    }

    private static Message.SnapshotChunk snapshot(int at, long term) throws IOException {
        Input.PieceRead whole = (Input.PieceRead) withSnapshot(new SimDisk(5), at, term).run(new DiskTask.ReadPiece(SELF, 0, 0));
        return new Message.SnapshotChunk(1, whole.meta(), 0, whole.piece());
    }

    private static Files withSnapshot(SimDisk disk, int at, long term) throws IOException {
        CoordState state = new CoordState(Bytes.EMPTY);
        state.advance(SmallStorage.ORIGIN + at, term, 0, 0);
        Files files = new Files(disk);
        SnapshotMeta meta = new SnapshotMeta(new EntryId(SmallStorage.ORIGIN + at, term), 0, 0, ALONE, 0, 0);
        assertThat(files.run(new DiskTask.SaveSnapshot(meta, state.root()))).isInstanceOf(Input.SnapshotSaved.class);
        return files;
    }

    @Test
    @DisplayName("fault.D12: a received snapshot that cannot be read back is refused, and taken when it can be")
    void whatCannotBeReadBackIsRefused() throws IOException {
        Message.SnapshotChunk snapshot = snapshot();
        SimDisk disk = new SimDisk(6);
        Files member = new Files(disk);

        disk.unreadable("snapshot-0000000100000001-0000000000000001.received");
        assertThat(member.run(new DiskTask.WritePiece(snapshot))).isInstanceOf(Input.PieceRefused.class);

        disk.unreadable(null);
        assertThat(member.run(new DiskTask.WritePiece(snapshot))).isInstanceOf(Input.SnapshotReceived.class);
    }

    @Test
    @DisplayName("fault.P5: for want of memory, at whatever step, a snapshot is refused, and taken when there is some")
    void whatFindsNoMemoryIsRefused() throws IOException {
        Message.SnapshotChunk snapshot = snapshot();
        int refused = 0;
        for (boolean isTaken = false; !isTaken; ) {
            SimDisk disk = new SimDisk(6);
            Files member = new Files(disk);
            disk.noMemoryAtBuffer(refused + 1);

            isTaken = member.run(new DiskTask.WritePiece(snapshot)) instanceof Input.SnapshotReceived;
            if (!isTaken) {
                assertThat(member.told.remove(member.told.size() - 1)).isInstanceOf(Input.PieceRefused.class);
                assertThat(member.run(new DiskTask.WritePiece(snapshot))).isInstanceOf(Input.SnapshotReceived.class);
                refused++;
            }
        }
        assertThat(refused).isGreaterThan(2);
    }

    @Test
    @DisplayName("fault.P5: for want of memory a piece is unreadable, and there when there is some")
    void aPieceThatFindsNoMemoryIsUnreadable() throws IOException {
        SimDisk disk = new SimDisk(6);
        Files member = withSnapshot(disk, 1, 1);
        disk.noMemoryAtBuffer(1);

        assertThat(member.run(new DiskTask.ReadPiece(SELF, 0, 0))).isInstanceOf(Input.PieceUnreadable.class);
        assertThat(member.run(new DiskTask.ReadPiece(SELF, 0, 0))).isInstanceOf(Input.PieceRead.class);
        assertThat(member.run(new DiskTask.ReadPiece(SELF, 0, -1))).as("no place of it").isInstanceOf(Input.PieceUnreadable.class);
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 9})
    @DisplayName("rule.20: entries of the turn in which a snapshot is installed go behind it, whatever the log held before")
    void entriesOfTheSameTurnGoBehindIt(int heldBefore) throws IOException {
        Message.SnapshotChunk snapshot = snapshot(5, 2);
        SimDisk disk = new SimDisk(6);
        Files member = new Files(disk);
        member.turn(List.of(write(1, 1, heldBefore, 1)), List.of(new DiskTask.WritePiece(snapshot)));
        member.told.clear();

        member.turn(List.of(write(2, 6, 7, 2)), List.of(new DiskTask.InstallSnapshot(snapshot.meta(), false)));

        long installed = snapshot.meta().last().index();
        assertThat(member.told).containsExactly(new Input.SnapshotInstalled(installed), new Input.Persisted(2));
        disk.crash();
        Storage.Recovered after = new Files(disk).found;
        assertThat(after.snapshot()).extracting(Storage.SnapshotImage::index).isEqualTo(installed);
        assertThat(after.entries()).extracting(Storage.StoredEntry::index).containsExactly(installed + 1, installed + 2);
    }
}

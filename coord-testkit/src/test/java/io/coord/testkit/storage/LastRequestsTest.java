package io.coord.testkit.storage;

import static io.coord.testkit.storage.SmallStorage.ORIGIN;
import static io.coord.testkit.storage.SmallStorage.entries;
import static org.assertj.core.api.Assertions.assertThat;

import io.coord.Bytes;
import io.coord.ensemble.spi.Storage.Batch;
import io.coord.ensemble.spi.Storage.Done;
import io.coord.ensemble.spi.Storage.Piece;
import io.coord.ensemble.spi.Storage.Received;
import io.coord.ensemble.spi.Storage.SnapshotDone;
import io.coord.ensemble.spi.Storage.SnapshotImage;
import io.coord.storage.FileStorage;
import io.coord.storage.Lane;
import io.coord.testkit.sim.SimDisk;
import io.coord.testkit.sim.SimLane;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Requests that meet a storage at its end, after a failure, or on the caller's thread: each is answered, and rightly. */
class LastRequestsTest {

    private final SimDisk disk = new SimDisk(3);

    @Test
    @DisplayName("what other lanes were asked for is answered at the end: a snapshot is given up before it begins, a piece is read")
    void whatOtherLanesWereAskedForIsAnswered() throws IOException {
        SmallStorage storage = SmallStorage.begun(disk);
        storage.write(entries(1, 30, 1));
        storage.snapshot(10, 1);
        List<SnapshotDone> snapshots = new ArrayList<>();
        List<Piece> pieces = new ArrayList<>();
        List<String> begun = new ArrayList<>();
        storage.storage().saveSnapshot(image(20), sink -> begun.add("begun"), snapshots::add);
        storage.storage().readSnapshot(ORIGIN + 10, 0, 10, pieces::add);
        storage.close();

        assertThat(snapshots).singleElement().isInstanceOfSatisfying(
                SnapshotDone.NotSaved.class, not -> assertThat(not.cause()).hasMessage("the storage in /sim is closed"));
        assertThat(begun).isEmpty();
        assertThat(pieces).singleElement().isInstanceOf(Piece.Bytes.class);
        assertThat(disk.list()).noneMatch(name -> name.endsWith(".tmp"));
    }

    @Test
    @DisplayName("rule.22: a snapshot under way is given up at its next chunk once the storage closes")
    void aSnapshotUnderWayIsGivenUp() throws IOException {
        SmallStorage storage = SmallStorage.begun(disk);
        storage.write(entries(1, 30, 1));
        List<SnapshotDone> done = new ArrayList<>();
        List<Integer> written = new ArrayList<>();
        storage.storage().saveSnapshot(
                image(20),
                sink -> {
                    for (int record = 1; record <= 10; record++) {
                        if (record == 3) {
                            storage.close();
                        }
                        sink.record(SmallStorage.noise(50_000, record));
                        written.add(record);
                    }
                },
                done::add);
        storage.run();

        assertThat(done).singleElement().isInstanceOfSatisfying(
                SnapshotDone.NotSaved.class, not -> assertThat(not.cause()).hasMessage("the storage in /sim is closed"));
        assertThat(written).as("the chunk that the third ends in is the last").containsExactly(1, 2);
        assertThat(disk.list()).noneMatch(name -> name.startsWith("snapshot-"));
    }

    @Test
    @DisplayName("inv.D-c: after a failure nothing is received from peers, and a request that makes no sense is told as it is")
    void afterAFailureNothingIsReceived() throws IOException {
        SmallStorage peer = SmallStorage.begun(new SimDisk(5));
        SnapshotImage image = peer.image(20, 7);
        SmallStorage storage = SmallStorage.begun(disk);
        storage.write(entries(1, 3, 1));

        assertFailed(storage.write(entries(5, 6, 1)), "COORD-1066 the storage in /sim was asked for what cannot be: entries begin at");

        assertThat(storage.receive(image, 0, peer.whole(image))).isInstanceOfSatisfying(
                Received.Refused.class, refused -> assertThat(refused.reason()).startsWith("COORD-1066 the storage in /sim was asked"));
        assertThat(disk.list()).noneMatch(name -> name.startsWith("snapshot-"));
    }

    @Test
    @DisplayName("entries that compaction let go of cannot be replaced any more, those behind can")
    void whatCompactionLetGoCannotBeReplaced() throws IOException {
        for (int first = 30; first <= 31; first++) {
            SmallStorage storage = SmallStorage.begun(new SimDisk(first));
            for (int at = 1; at <= 60; at += 3) {
                storage.write(entries(at, at + 2, 1));
            }
            storage.snapshot(50, 1);
            storage.compact(30);

            Done done = storage.write(entries(first, 61, 2));
            if (first == 30) {
                assertFailed(done, "COORD-1066 the storage in /sim was asked for what cannot be:"
                        + " entries begin at 10000001e, but the log holds (10000001e, 10000003c]");
            } else {
                assertThat(done).isEqualTo(Done.Forced.FORCED);
            }
        }
    }

    @Test
    @DisplayName("while a snapshot comes in its file is told apart from those that count, by its name and in what the disk is used for")
    void aSnapshotThatComesInIsToldApart() throws IOException {
        SmallStorage peer = SmallStorage.begun(new SimDisk(5));
        SnapshotImage image = peer.image(20, 7);
        Bytes whole = peer.whole(image);
        SmallStorage storage = SmallStorage.begun(disk);
        byte[] half = new byte[10];
        whole.asByteBuffer().get(half);
        storage.receive(image, 0, Bytes.wrap(half));
        assertThat(disk.list()).containsExactly(
                "control", "identity", "snapshot-0000000100000014-0000000000000007.received.tmp", "spare");

        storage.receive(image, 0, whole);
        assertThat(disk.list()).containsExactly(
                "control", "identity", "snapshot-0000000100000014-0000000000000007.received", "spare");
        assertThat(storage.storage().diskUse().snapshotBytes()).isEqualTo(4096 + whole.length() + 8);
    }

    @Test
    @DisplayName("a caller with nothing else to do writes on its own thread, where the log has nothing to do; behind the end it is refused")
    void aCallerWritesOnItsOwnThread() throws IOException {
        LaneOfCallers log = new LaneOfCallers();
        FileStorage storage = FileStorage.on(disk, SmallStorage.OPTIONS, log, new SimLane(), new SimLane());
        storage.open();
        storage.saveIdentity(SmallStorage.IDENTITY, done -> {});
        log.lane.run();
        List<Done> told = new ArrayList<>();

        Runnable here = storage.writeHere(new Batch(null, entries(1, 3, 1)), told::add);
        assertThat(storage.writeHere(new Batch(null, entries(4, 6, 1)), told::add)).as("that one writes it, too").isNull();
        assertThat(told).isEmpty();
        assertThat(here).isNotNull();
        here.run();
        assertThat(told).containsExactly(Done.Forced.FORCED, Done.Forced.FORCED);
        storage.close();

        assertThat(storage.writeHere(new Batch(null, entries(7, 9, 1)), told::add)).isNull();
        assertThat(told).hasSize(3).element(2).isInstanceOf(Done.Failed.class);
        assertThat(new SmallStorage(disk).open().entries()).isEqualTo(entries(1, 6, 1));
    }

    @Test
    @DisplayName("fault.P9: a snapshot under another's name is closed again")
    void aSnapshotUnderAnothersNameIsClosedAgain() throws IOException {
        SimDisk image = Specimen.written(true);
        String newest = "snapshot-000000010000001e-0000000000000001";
        image.put("snapshot-0000000100000020-0000000000000001", image.content(newest));

        new SmallStorage(image).open();

        assertThat(image.openFiles()).containsExactly("control");
    }

    /** A lane that lets callers run their tasks, with what follows from them. */
    private static final class LaneOfCallers implements Lane {
        private final SimLane lane = new SimLane();

        @Override
        public void execute(Runnable task) {
            lane.execute(task);
        }

        @Override
        public Runnable here(Runnable task) {
            return () -> {
                task.run();
                lane.run();
            };
        }

        @Override
        public void pause(long nanos) {}

        @Override
        public void belongsTo(int member) {}

        @Override
        public void close() {
            lane.close();
        }
    }

    private static SnapshotImage image(int index) {
        return new SnapshotImage(ORIGIN + index, 1, 0, 0, Bytes.EMPTY, 0, 0);
    }

    private static void assertFailed(Done done, String why) {
        assertThat(done).isInstanceOfSatisfying(
                Done.Failed.class, failed -> assertThat(failed.cause()).hasMessageStartingWith(why));
    }
}

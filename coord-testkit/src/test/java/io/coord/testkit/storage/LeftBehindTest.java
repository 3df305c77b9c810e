package io.coord.testkit.storage;

import static io.coord.testkit.storage.SmallStorage.ORIGIN;
import static io.coord.testkit.storage.SmallStorage.entries;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.coord.Bytes;
import io.coord.ensemble.spi.Storage.Batch;
import io.coord.ensemble.spi.Storage.Done;
import io.coord.ensemble.spi.Storage.Piece;
import io.coord.ensemble.spi.Storage.Received;
import io.coord.ensemble.spi.Storage.SnapshotDone;
import io.coord.ensemble.spi.Storage.SnapshotImage;
import io.coord.storage.FileStorage;
import io.coord.testkit.sim.SimDisk;
import io.coord.testkit.sim.SimLane;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.function.ObjLongConsumer;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What stays open, locked or on the disk behind something that ends, be it well or by a failure. */
class LeftBehindTest {

    private static final int CHUNK = 64 << 10;

    private final SimDisk disk = new SimDisk(3);

    // ---- files that are open

    @Test
    @DisplayName("fault.P9: while it runs, a storage has the control file and the newest segment open, and no other")
    void whileItRunsTwoFilesAreOpen() throws IOException {
        SmallStorage storage = SmallStorage.begun(disk);
        for (int at = 1; at <= 60; at += 3) {
            storage.write(entries(at, at + 2, 1));
        }
        storage.vote(2, 1);
        storage.snapshot(20, 1);
        storage.snapshot(40, 1);
        storage.piece(40, 0, 100);
        storage.piece(7, 0, 100);
        storage.compact(40);
        storage.shortage();
        storage.storage().diskUse();

        assertThat(disk.openFiles()).containsExactly("control", newest("log-"));
        assertThat(disk.isLocked()).isTrue();
        storage.close();
        assertThat(disk.openFiles()).isEmpty();
        assertThat(disk.isLocked()).isFalse();
    }

    @Test
    @DisplayName("fault.P9: a start reads many files, and has only those open that it writes to")
    void aStartClosesWhatItHasRead() throws IOException {
        SimDisk closed = Specimen.written(true);
        new SmallStorage(closed).open();
        assertThat(closed.openFiles()).containsExactly("control");

        SimDisk killed = Specimen.written(false);
        new SmallStorage(killed).open();
        assertThat(killed.openFiles()).hasSize(2).contains("control").element(1).asString().startsWith("log-");
    }

    @Test
    @DisplayName("fault.P9: a storage whose disk failed closes all its files, and gives the directory back")
    void aStorageWhoseDiskFailedClosesItsFiles() throws IOException {
        SmallStorage failed = SmallStorage.begun(disk);
        failed.write(entries(1, 3, 1));
        disk.failForce(1);
        failed.write(entries(4, 6, 1));
        failed.close();
        assertThat(disk.openFiles()).isEmpty();
        assertThat(disk.isLocked()).isFalse();

        SmallStorage cut = new SmallStorage(disk);
        cut.open();
        disk.cutAtCall(1);
        cut.vote(3, 1);
        cut.close();
        assertThat(disk.openFiles()).isEmpty();
        assertThat(disk.isLocked()).isFalse();
    }

    @Test
    @DisplayName("fault.P9, fault.P5: a start that fails, at whatever step, leaves neither file open nor lock behind, and another succeeds")
    void aStartThatFailsLeavesNothingOpen() throws IOException {
        assertThat(failedStarts(SimDisk::failForce)).isGreaterThan(5);
        assertThat(failedStarts(SimDisk::failWrite)).isGreaterThan(5);
        assertThat(failedStarts(SimDisk::noRoomAtWrite)).isGreaterThan(5);
        assertThat(failedStarts(SimDisk::noMemoryAtBuffer)).isGreaterThan(10);
    }

    /** How many starts fail, where the first step of a kind fails, the second, and so on. */
    private static int failedStarts(ObjLongConsumer<SimDisk> fault) throws IOException {
        for (int step = 1; ; step++) {
            SimDisk image = Specimen.written(false);
            SmallStorage storage = new SmallStorage(image);
            fault.accept(image, step);
            try {
                storage.storage().open();
                return step - 1;
            } catch (IOException | OutOfMemoryError e) {
                assertThat(image.openFiles()).as("step " + step).isEmpty();
                assertThat(image.isLocked()).as("step " + step).isFalse();
                assertThatThrownBy(() -> storage.storage().open()).isInstanceOf(IllegalStateException.class);
            }
            image.heal();
            Specimen.check(new SmallStorage(image).open());
        }
    }

    @Test
    @DisplayName("fault.P9, fault.D12: a start that finds a file unreadable leaves none open")
    void aStartThatFindsAFileUnreadableLeavesNoneOpen() throws IOException {
        int failed = 0;
        for (String name : Specimen.written(false).list()) {
            SimDisk image = Specimen.written(false);
            image.unreadable(name);
            SmallStorage storage = new SmallStorage(image);
            try {
                storage.open();
                image.unreadable(null);
                storage.close();
            } catch (IOException e) {
                failed++;
            }
            assertThat(image.openFiles()).as(name).isEmpty();
            assertThat(image.isLocked()).as(name).isFalse();
        }
        assertThat(failed).isGreaterThan(2);
    }

    @Test
    @DisplayName("fault.P9: looking for a snapshot leaves no file open, whether it is there, rotten, of another name, or cannot be read")
    void lookingForASnapshotLeavesNoFileOpen() throws IOException {
        SmallStorage storage = withLargeSnapshot();
        List<String> before = disk.openFiles();
        String name = newest("snapshot-");

        for (int buffer = 1; buffer <= 2; buffer++) {
            disk.noMemoryAtBuffer(buffer);
            assertThat(storage.piece(8, 0, 10)).isInstanceOf(Piece.Unreadable.class);
        }
        disk.heal();
        assertThat(storage.piece(8, 0, 10)).isInstanceOf(Piece.Bytes.class);
        disk.flip(name, 4096 + 7, 1);
        assertThat(storage.piece(8, 0, 10)).isInstanceOf(Piece.Missing.class);

        assertThat(disk.openFiles()).isEqualTo(before);
    }

    // ---- files that are unfinished

    @Test
    @DisplayName("fault.D11, fault.P5: a snapshot that fails at whatever step leaves no unfinished file, and none open")
    void aSnapshotThatFailsLeavesNoUnfinishedFile() throws IOException {
        assertThat(failedSnapshots(SimDisk::failForce)).isGreaterThan(1);
        assertThat(failedSnapshots(SimDisk::failWrite)).isGreaterThan(2);
        assertThat(failedSnapshots(SimDisk::noMemoryAtBuffer)).isGreaterThan(1);
    }

    private static int failedSnapshots(ObjLongConsumer<SimDisk> fault) throws IOException {
        for (int step = 1; ; step++) {
            SimDisk fresh = new SimDisk(step);
            SmallStorage storage = SmallStorage.begun(fresh);
            storage.write(entries(1, 10, 1));
            List<String> open = fresh.openFiles();
            fault.accept(fresh, step);
            SnapshotDone done = storage.snapshot(8, 1);

            assertThat(fresh.list()).as("step " + step).noneMatch(name -> name.endsWith(".tmp"));
            assertThat(fresh.openFiles()).as("step " + step).isEqualTo(open);
            if (done instanceof SnapshotDone.Saved) {
                return step - 1;
            }
            assertThat(storage.piece(8, 0, 10)).as("step " + step).isInstanceOf(Piece.Missing.class);
            fresh.heal();
            assertThat(storage.snapshot(8, 1)).as("step " + step).isInstanceOf(SnapshotDone.Saved.class);
        }
    }

    @Test
    @DisplayName("fault.D11: a reserve that fails at whatever step leaves no unfinished file, none open, and is laid down when room is asked for")
    void aReserveThatFailsLeavesNoUnfinishedFile() throws IOException {
        assertThat(failedReserves(SimDisk::failForce)).isEqualTo(3);
        assertThat(failedReserves(SimDisk::failWrite)).isEqualTo(1);
        assertThat(failedReserves(SimDisk::noRoomAtWrite)).isEqualTo(1);
    }

    private static int failedReserves(ObjLongConsumer<SimDisk> fault) throws IOException {
        for (int step = 1; ; step++) {
            SimDisk image = Specimen.written(false);
            SmallStorage storage = new SmallStorage(image);
            storage.storage().open(); // takes the reserve for a copy of the log's end
            assertThat(image.list()).doesNotContain("spare");
            fault.accept(image, step);
            storage.run();
            assertThat(image.list()).as("step " + step).doesNotContain("spare.tmp");
            assertThat(image.openFiles()).as("step " + step).noneMatch(name -> name.startsWith("spare"));
            image.heal();
            long calls = image.calls();
            assertThat(storage.shortage()).isNull();
            boolean isLaidDownNow = image.calls() > calls;
            assertThat(image.content("spare")).as("step " + step).hasSize(SmallStorage.OPTIONS.segmentBytes());
            if (!isLaidDownNow) {
                return step - 1;
            }
        }
    }

    @Test
    @DisplayName("fault.D11: a segment that finds no room for its header, or its last byte, leaves no file behind")
    void aSegmentThatFindsNoRoomLeavesNoFile() throws IOException {
        for (int write = 1; write <= 2; write++) {
            SimDisk fresh = new SimDisk(write);
            SmallStorage storage = new SmallStorage(fresh);
            storage.open();
            storage.identity(SmallStorage.IDENTITY);
            fresh.remove("spare");
            fresh.capacity(fresh.bytesUsed()); // the log finds none either
            storage.kill();
            fresh.kill();
            SmallStorage again = new SmallStorage(fresh);
            again.open();
            fresh.capacity(Long.MAX_VALUE);
            fresh.noRoomAtWrite(write);

            assertThat(again.writeOrWait(entries(1, 3, 1))).as("write " + write).isEmpty();
            assertThat(fresh.list()).as("write " + write).noneMatch(name -> name.startsWith("log-"));
            assertThat(fresh.openFiles()).noneMatch(name -> name.startsWith("log-"));
            assertThat(again.shortage()).isNull();
            assertThat(again.late()).containsExactly(Done.Forced.FORCED);
        }
    }

    // ---- snapshots from peers

    @Test
    @DisplayName("fault.P9: a snapshot that is received anew, wrongly, or not to its end leaves no file")
    void aSnapshotThatIsNotReceivedToItsEndLeavesNoFile() throws IOException {
        SmallStorage peer = SmallStorage.begun(new SimDisk(5));
        SnapshotImage image = large(peer, 20, 7);
        Bytes whole = peer.whole(image);
        SmallStorage storage = SmallStorage.begun(disk);
        List<String> before = disk.list();
        List<String> open = disk.openFiles();

        assertThat(storage.receive(image, 0, part(whole, 0, 100))).isEqualTo(new Received.Partly(100));
        assertThat(disk.list()).hasSize(before.size() + 1);
        assertThat(storage.receive(other(image, 1), 0, part(whole, 0, 70))).isEqualTo(new Received.Partly(70));
        assertThat(disk.list()).as("the one before is gone").hasSize(before.size() + 1);
        assertThat(storage.receive(image, 100, part(whole, 100, 10))).isEqualTo(
                new Received.Refused("another snapshot is being received; begin at offset 0"));

        assertThat(storage.receive(wrong(image), 0, whole)).isInstanceOfSatisfying(
                Received.Refused.class, refused -> assertThat(refused.reason())
                        .startsWith("the snapshot of 100000014 arrived with " + whole.length() + " bytes and digest ")
                        .endsWith(" instead of " + whole.length() + " bytes and digest 1"));
        assertThat(disk.list()).isEqualTo(before);
        assertThat(disk.openFiles()).isEqualTo(open);

        storage.receive(image, 0, part(whole, 0, 100));
        storage.close();
        assertThat(disk.list()).isEqualTo(before);
        assertThat(disk.openFiles()).isEmpty();
    }

    @Test
    @DisplayName("fault.D11, fault.P5: a snapshot whose receipt fails at whatever step leaves no file, and is received from its beginning on")
    void aSnapshotWhoseReceiptFailsLeavesNoFile() throws IOException {
        assertThat(failedReceipts(SimDisk::failWrite)).isGreaterThan(2);
        assertThat(failedReceipts(SimDisk::failForce)).isGreaterThan(1);
        assertThat(failedReceipts(SimDisk::noMemoryAtBuffer)).isGreaterThan(1);
    }

    private static int failedReceipts(ObjLongConsumer<SimDisk> fault) throws IOException {
        SmallStorage peer = SmallStorage.begun(new SimDisk(5));
        SnapshotImage image = large(peer, 20, 7);
        Bytes whole = peer.whole(image);
        for (int step = 1; ; step++) {
            SimDisk fresh = new SimDisk(step);
            SmallStorage storage = SmallStorage.begun(fresh);
            fault.accept(fresh, step);
            Received first = storage.receive(image, 0, whole);
            assertThat(fresh.openFiles()).as("step " + step).isEmpty();
            if (first instanceof Received.Whole) {
                return step - 1;
            }
            assertThat(fresh.list()).as("step " + step).noneMatch(name -> name.endsWith(".tmp"));
            fresh.heal();
            assertThat(storage.receive(image, 100, part(whole, 100, 10))).isInstanceOf(Received.Refused.class);
            assertThat(storage.receive(image, 0, whole)).as("step " + step).isInstanceOf(Received.Whole.class);
        }
    }

    @Test
    @DisplayName("fault.D14: an installed snapshot replaces segments, older snapshots, and what was received before it; a later one stays")
    void anInstalledSnapshotReplacesWhatIsOlder() throws IOException {
        SmallStorage peer = SmallStorage.begun(new SimDisk(5));
        SmallStorage storage = SmallStorage.begun(disk);
        for (int at = 1; at <= 30; at += 3) {
            storage.write(entries(at, at + 2, 1));
        }
        storage.snapshot(10, 1);
        storage.snapshot(20, 1);
        List<SnapshotImage> images = new ArrayList<>();
        for (int index : new int[] {40, 50, 60}) {
            SnapshotImage image = peer.image(index, 7);
            assertThat(storage.receive(image, 0, peer.whole(image))).isInstanceOf(Received.Whole.class);
            images.add(image);
        }
        List<String> segments = named("log-");

        assertThat(storage.install(images.get(1), false)).isEqualTo(Done.Forced.FORCED);

        assertThat(disk.list()).doesNotContainAnyElementsOf(segments);
        assertThat(named("log-")).hasSize(1);
        assertThat(named("snapshot-")).containsExactly(
                snapshot(20, 1), snapshot(50, 7), snapshot(60, 7) + ".received");
        assertThat(storage.install(images.get(2), false)).isEqualTo(Done.Forced.FORCED);
        assertThat(named("snapshot-")).containsExactly(snapshot(50, 7), snapshot(60, 7));
        assertThat(disk.openFiles()).containsExactly("control", newest("log-"));
    }

    @Test
    @DisplayName("a snapshot that was not received cannot be installed, nor may a log that does not lead through it go on behind it")
    void whatCannotBeInstalledIsRefused() throws IOException {
        SmallStorage peer = SmallStorage.begun(new SimDisk(5));
        SnapshotImage image = peer.image(20, 7);
        Function<Integer, SmallStorage> withLog = last -> {
            try {
                SmallStorage storage = SmallStorage.begun(new SimDisk(last));
                storage.write(entries(1, last, last == 21 ? 6 : 7));
                return storage;
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        };

        assertFailed(withLog.apply(30).install(image, false), "there is no received snapshot of index 100000014 to install");
        for (int last : new int[] {19, 21}) {
            SmallStorage storage = withLog.apply(last);
            storage.receive(image, 0, peer.whole(image));
            assertFailed(storage.install(image, true), "does not go through the snapshot of 100000014");
        }
        SmallStorage fitting = withLog.apply(20);
        fitting.receive(image, 0, peer.whole(image));
        assertThat(fitting.install(image, true)).isEqualTo(Done.Forced.FORCED);
        assertThat(fitting.write(entries(21, 21, 7))).isEqualTo(Done.Forced.FORCED);
    }

    // ---- requests

    @Test
    @DisplayName("what is asked of a storage that is not open, or no more, is answered, and changes nothing")
    void whatIsAskedOfAClosedStorageIsAnswered() throws IOException {
        SmallStorage ended = SmallStorage.begun(disk);
        ended.write(entries(1, 3, 1));
        ended.close();
        ended.close();
        assertThatThrownBy(ended::open).isInstanceOf(IllegalStateException.class)
                .hasMessage("the storage in /sim has been opened before");
        SmallStorage unopened = new SmallStorage(new SimDisk(9));
        SmallStorage closedBefore = new SmallStorage(new SimDisk(9));
        closedBefore.close();
        assertThatThrownBy(closedBefore::open).isInstanceOf(IllegalStateException.class);
        List<String> before = disk.list();
        long calls = disk.calls();
        SnapshotImage image = new SnapshotImage(ORIGIN + 2, 1, 0, 0, Bytes.EMPTY, 4, 1);

        for (SmallStorage storage : List.of(ended, unopened)) {
            assertFailed(storage.write(entries(4, 6, 1)), "the storage in /sim is closed");
            assertFailed(storage.identity(SmallStorage.IDENTITY), "the storage in /sim is closed");
            assertFailed(storage.install(image, false), "the storage in /sim is closed");
            assertThat(storage.snapshot(2, 1)).isInstanceOfSatisfying(
                    SnapshotDone.NotSaved.class, not -> assertThat(not.cause()).hasMessage("the storage in /sim is closed"));
            assertThat(storage.piece(2, 0, 10)).isEqualTo(new Piece.Unreadable("the storage in /sim is closed"));
            assertThat(storage.receive(image, 0, Bytes.EMPTY)).isEqualTo(new Received.Refused("the storage in /sim is closed"));
            assertThat(storage.shortage()).isNull();
            List<Done> here = new ArrayList<>();
            assertThat(storage.storage().writeHere(new Batch(null, entries(4, 6, 1)), here::add)).isNull();
            assertThat(here).singleElement().isInstanceOf(Done.Failed.class);
            storage.compact(2);
        }
        assertThat(disk.calls()).isEqualTo(calls);
        assertThat(disk.list()).isEqualTo(before);
    }

    @Test
    @DisplayName("a storage in use cannot be opened once more")
    void aStorageInUseCannotBeOpenedOnceMore() throws IOException {
        SmallStorage storage = SmallStorage.begun(disk);

        assertThatThrownBy(storage::open).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> new SmallStorage(disk).open()).hasMessageStartingWith("COORD-1064");
        assertThat(storage.write(entries(1, 3, 1))).isEqualTo(Done.Forced.FORCED);
    }

    @Test
    @DisplayName("inv.D-c: a callback that fails is the last that is told of a write that was forced, also of those forced with it")
    void behindACallbackThatFailsNothingIsReportedAsWritten() throws IOException {
        SmallStorage storage = SmallStorage.begun(disk);
        List<Done> told = new ArrayList<>();
        storage.storage().write(new Batch(null, entries(1, 3, 1)), told::add);
        storage.storage().write(new Batch(null, entries(4, 6, 1)), done -> {
            throw new IllegalStateException("a broken member");
        });
        storage.storage().write(new Batch(null, entries(7, 9, 1)), told::add);
        storage.run();

        assertThat(told).hasSize(2);
        assertThat(told.get(0)).isEqualTo(Done.Forced.FORCED);
        assertFailed(told.get(1), "a callback of the storage failed: java.lang.IllegalStateException: a broken member");
        assertFailed(storage.vote(9, 1), "a callback of the storage failed");
        assertThat(storage.snapshot(2, 1)).isInstanceOf(SnapshotDone.NotSaved.class);
    }

    @Test
    @DisplayName("what was asked for before the end is written, sealed, and reported, in order")
    void whatWasAskedForBeforeTheEndIsWritten() throws IOException {
        SmallStorage storage = SmallStorage.begun(disk);
        List<Integer> told = new ArrayList<>();
        for (int at = 1; at <= 9; at += 3) {
            int first = at;
            storage.storage().write(new Batch(null, entries(at, at + 2, 1)), done -> told.add(first));
        }
        storage.close();
        assertThat(told).containsExactly(1, 4, 7);
        byte[] sealed = disk.content(segment(1));
        long before = disk.calls();

        SmallStorage again = new SmallStorage(disk);
        assertThat(again.open().entries()).isEqualTo(entries(1, 9, 1));
        assertThat(disk.content(segment(1))).as("a sealed segment is not copied").isEqualTo(sealed);
        assertThat(disk.calls()).isGreaterThan(before);
        assertThat(named("log-")).containsExactly(segment(1));
    }

    @Test
    @DisplayName("a member's number is told to all lanes that work for it, from the first moment it is known")
    void aMembersNumberIsToldToAllLanes() throws IOException {
        List<NamedLane> lanes = List.of(new NamedLane(), new NamedLane(), new NamedLane());
        try (FileStorage storage = FileStorage.on(disk, SmallStorage.OPTIONS, lanes.get(0), lanes.get(1), lanes.get(2))) {
            storage.open();
            assertThat(lanes).allSatisfy(lane -> assertThat(lane.member).isZero());
            storage.saveIdentity(SmallStorage.IDENTITY, done -> {});
            lanes.get(0).run();
            assertThat(lanes).allSatisfy(lane -> assertThat(lane.member).isEqualTo(3));
        }
        List<NamedLane> expecting = List.of(new NamedLane(), new NamedLane(), new NamedLane());
        assertThatThrownBy(() -> FileStorage.on(disk, SmallStorage.OPTIONS, expecting.get(0), expecting.get(1), expecting.get(2))
                        .of(io.coord.MemberId.of(5))
                        .open())
                .hasMessageStartingWith("COORD-1003 data directory /sim belongs to member 3 (cluster c0ffee), not to member 5.");
        assertThat(expecting).allSatisfy(lane -> assertThat(lane.member).isEqualTo(5));
    }

    // ---- how the tests speak

    /** A lane of the simulator that remembers for whom it works. */
    private static final class NamedLane implements io.coord.storage.Lane {
        private final SimLane lane = new SimLane();
        private int member;

        @Override
        public void execute(Runnable task) {
            lane.execute(task);
        }

        void run() {
            lane.run();
        }

        @Override
        public void pause(long nanos) {}

        @Override
        public void belongsTo(int number) {
            member = number;
        }

        @Override
        public void close() {
            lane.close();
        }
    }

    private SmallStorage withLargeSnapshot() throws IOException {
        SmallStorage storage = SmallStorage.begun(disk);
        storage.write(entries(1, 10, 1));
        large(storage, 8, 1);
        return storage;
    }

    /** A snapshot of three chunks, the last not whole. */
    private static SnapshotImage large(SmallStorage storage, int index, long term) {
        List<SnapshotDone> done = new ArrayList<>();
        storage.storage().saveSnapshot(
                new SnapshotImage(ORIGIN + index, term, 0, 0, Bytes.utf8("1"), 0, 0),
                sink -> sink.record(SmallStorage.noise(2 * CHUNK + 1000, 1)),
                done::add);
        storage.run();
        return ((SnapshotDone.Saved) done.get(0)).image();
    }

    private static SnapshotImage other(SnapshotImage image, int later) {
        return new SnapshotImage(
                image.index() + later, image.term(), 0, 0, image.configuration(), image.sizeBytes(), image.digest());
    }

    private static SnapshotImage wrong(SnapshotImage image) {
        return new SnapshotImage(image.index(), image.term(), 0, 0, image.configuration(), image.sizeBytes(), 1);
    }

    private static Bytes part(Bytes whole, int from, int count) {
        byte[] part = new byte[count];
        whole.asByteBuffer().position(from).get(part);
        return Bytes.wrap(part);
    }

    private String newest(String kind) throws IOException {
        return named(kind).stream().max(String::compareTo).orElseThrow();
    }

    private List<String> named(String kind) throws IOException {
        return disk.list().stream().filter(name -> name.startsWith(kind)).toList();
    }

    private static String segment(int id) {
        return String.format(Locale.ROOT, "log-%016x", id);
    }

    private static String snapshot(int index, int term) {
        return String.format(Locale.ROOT, "snapshot-%016x-%016x", ORIGIN + index, term);
    }

    private static void assertFailed(Done done, String why) {
        assertThat(done).isInstanceOfSatisfying(
                Done.Failed.class, failed -> assertThat(failed.cause()).hasMessageContaining(why));
    }
}

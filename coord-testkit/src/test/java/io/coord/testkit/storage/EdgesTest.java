package io.coord.testkit.storage;

import static io.coord.testkit.storage.SmallStorage.ORIGIN;
import static io.coord.testkit.storage.SmallStorage.entries;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Offset.offset;

import io.coord.Bytes;
import io.coord.ensemble.spi.Storage.Batch;
import io.coord.ensemble.spi.Storage.Done;
import io.coord.ensemble.spi.Storage.Piece;
import io.coord.ensemble.spi.Storage.Received;
import io.coord.ensemble.spi.Storage.Recovered;
import io.coord.ensemble.spi.Storage.SnapshotDone;
import io.coord.ensemble.spi.Storage.SnapshotImage;
import io.coord.ensemble.spi.Storage.StoredEntry;
import io.coord.ensemble.spi.Storage.Vote;
import io.coord.storage.FileStorage;
import io.coord.storage.StorageOptions;
import io.coord.testkit.sim.SimDisk;
import io.coord.testkit.sim.SimLane;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What just fits and what just does not: sizes of segments, groups, chunks and disks, and offsets in what is sent. */
class EdgesTest {

    private static final int HEADER = 4096;
    private static final int SECTOR = 512;
    private static final int SEGMENT = SmallStorage.OPTIONS.segmentBytes();
    private static final int CHUNK = 64 << 10;
    /** Of a group of one record, in so few sectors that their checks need no room of their own: its head, and that of the record. */
    private static final int AROUND_A_PAYLOAD = 88 + 56;

    private final SimDisk disk = new SimDisk(3);

    // ---- segments

    @Test
    @DisplayName("a group that leaves just the room for a seal goes into the segment; one that needs a byte of it begins the next")
    void aGroupThatLeavesRoomForASealFits() throws IOException {
        SmallStorage storage = SmallStorage.begun(disk);
        int sectors = (SEGMENT - HEADER) / SECTOR - 1;
        int firstGroup = 2 * SECTOR;
        int fits = (sectors - 2) * SECTOR - groupBytes(sectors - 2, 0);

        storage.write(List.of(entry(1, firstGroup - groupBytes(2, 0))));
        storage.write(List.of(entry(2, fits)));
        assertThat(segments()).containsExactly(segment(1));
        storage.close();
        assertThat(disk.content(segment(1))).as("filled to its last byte").hasSize(SEGMENT);
        disk.kill();

        SmallStorage again = new SmallStorage(disk);
        assertThat(again.open().entries()).containsExactly(entry(1, firstGroup - groupBytes(2, 0)), entry(2, fits));
        again.write(List.of(entry(3, firstGroup - groupBytes(2, 0))));
        again.write(List.of(entry(4, fits + 1)));
        assertThat(segments()).containsExactly(segment(1), segment(2), segment(3));
        assertThat(disk.content(segment(2))).as("sealed behind its one group").hasSize(HEADER + firstGroup + SECTOR);
        assertThat(disk.content(segment(3))).hasSize(SEGMENT);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    @DisplayName("a group gets a segment of the usual size if it fits one, and else one of just the size it needs")
    void aLargeGroupGetsASegmentOfItsSize(int more) throws IOException {
        SmallStorage storage = SmallStorage.begun(disk);
        int sectors = (SEGMENT - HEADER) / SECTOR - 1;

        storage.write(List.of(entry(1, sectors * SECTOR - groupBytes(sectors, 0) + more)));

        assertThat(disk.content(segment(1))).hasSize(SEGMENT + more * SECTOR);
        assertThat(disk.list().contains("spare")).isTrue();
        storage.kill();
        disk.crash();
        assertThat(new SmallStorage(disk).open().entries()).hasSize(1);
    }

    @Test
    @DisplayName("a group of the largest payload with checks of many sectors comes back, wherever its last byte lies in a sector")
    void aGroupComesBackWhereverItEnds() throws IOException {
        for (int length = 430 * SECTOR - 20; length < 430 * SECTOR + 520; length += 7) {
            SimDisk fresh = new SimDisk(length);
            SmallStorage storage = SmallStorage.begun(fresh);
            assertThat(storage.write(List.of(entry(1, length)))).isEqualTo(Done.Forced.FORCED);
            storage.kill();
            fresh.crash();
            assertThat(new SmallStorage(fresh).open().entries()).containsExactly(entry(1, length));
        }
    }

    @Test
    @DisplayName("fault.D10: a copy of a killed segment has groups up to the limit, and not a byte more")
    void aCopyHasGroupsUpToTheLimit() throws IOException {
        int record = 56 + 400;
        StorageOptions larger = SmallStorage.OPTIONS.withSegmentBytes(64 << 10);
        StorageOptions options = larger.withGroupBytesMax(4 * record);
        SmallStorage storage = begun(options);
        for (int at = 1; at <= 7; at++) {
            storage.write(List.of(entry(at, 400)));
        }
        storage.kill();
        disk.kill();

        SmallStorage again = new SmallStorage(disk, options);
        again.open();
        byte[] copy = disk.content(segment(2));
        assertThat(groupsIn(copy)).containsExactly(4, 3);
        again.kill();
        disk.kill();

        SmallStorage tight = new SmallStorage(disk, larger.withGroupBytesMax(4 * record - 1));
        tight.open();
        assertThat(groupsIn(disk.content(segment(3)))).containsExactly(3, 3, 1);
    }

    // ---- what is written together

    @Test
    @DisplayName("writes that have come together share a force up to the limit of a group, and not a byte beyond it")
    void writesShareAForceUpToTheLimit() throws IOException {
        int record = 56 + 400;
        SmallStorage storage = begun(SmallStorage.OPTIONS.withSegmentBytes(64 << 10).withGroupBytesMax(4 * record));
        storage.write(List.of(entry(1, 400)));

        assertThat(forcesOf(storage, 2, 4)).isEqualTo(1);
        assertThat(forcesOf(storage, 6, 5)).isEqualTo(2);
        assertThat(forcesOf(storage, 11, 8)).isEqualTo(2);
        storage.kill();
        disk.crash();
        assertThat(new SmallStorage(disk).open().entries()).hasSize(18);
    }

    private long forcesOf(SmallStorage storage, int first, int count) {
        List<Done> told = new ArrayList<>();
        long before = disk.forces();
        for (int at = first; at < first + count; at++) {
            storage.storage().write(new Batch(null, List.of(entry(at, 400))), told::add);
        }
        storage.run();
        assertThat(told).hasSize(count).containsOnly(Done.Forced.FORCED);
        return disk.forces() - before;
    }

    @Test
    @DisplayName("a single batch above the limit of a group is written whole, and alone")
    void aLargeBatchIsWrittenWhole() throws IOException {
        SmallStorage storage = begun(SmallStorage.OPTIONS.withSegmentBytes(64 << 10).withGroupBytesMax(1));
        storage.write(List.of(entry(1, 400)));
        long before = disk.forces();

        storage.write(entries(2, 20, 1));

        assertThat(disk.forces() - before).isEqualTo(1);
        assertThat(forcesOf(storage, 21, 3)).isEqualTo(3);
    }

    @Test
    @DisplayName("entries that replace others of the same turn do so wherever they begin; the last vote counts, and the last of each index")
    void entriesThatReplaceOthersOfTheSameTurn() throws IOException {
        for (int first = 3; first <= 8; first++) {
            SimDisk fresh = new SimDisk(first);
            SmallStorage storage = SmallStorage.begun(fresh);
            storage.write(entries(1, 4, 1));
            List<Done> told = new ArrayList<>();
            storage.storage().write(new Batch(new Vote(2, 1, 9), entries(5, 7, 2)), told::add);
            storage.storage().write(new Batch(new Vote(3, 2, 9), List.of()), told::add);
            storage.storage().write(new Batch(null, entries(first, 9, 3)), told::add);
            storage.run();
            assertThat(told).hasSize(3).containsOnly(Done.Forced.FORCED);
            storage.kill();
            fresh.crash();

            Recovered found = new SmallStorage(fresh).open();
            List<StoredEntry> expected = new ArrayList<>(entries(1, Math.min(4, first - 1), 1));
            expected.addAll(first > 5 ? entries(5, first - 1, 2) : List.of());
            expected.addAll(entries(first, 9, 3));
            assertThat(found.entries()).as("from " + first).isEqualTo(expected);
            assertThat(found.vote()).isEqualTo(new Vote(3, 2, 9));
        }
    }

    @Test
    @DisplayName("entries that leave a gap behind others of the same turn are refused, and none of that turn is written")
    void aGapWithinATurnIsRefused() throws IOException {
        SmallStorage storage = SmallStorage.begun(disk);
        List<Done> told = new ArrayList<>();
        storage.storage().write(new Batch(new Vote(2, 1, 9), entries(1, 3, 1)), told::add);
        storage.storage().write(new Batch(null, entries(5, 6, 1)), told::add);
        storage.run();

        assertThat(told).hasSize(2).allSatisfy(done -> assertFailed(
                done, "entries begin at 100000005, but those before end at 100000003"));
        storage.kill();
        disk.kill();
        Recovered found = new SmallStorage(disk).open();
        assertThat(found.entries()).isEmpty();
        assertThat(found.vote()).isNull();
    }

    @Test
    @DisplayName("a step between writes keeps them apart, and each has its turn in the order they came in")
    void aStepBetweenWritesKeepsThemApart() throws IOException {
        SmallStorage peer = SmallStorage.begun(new SimDisk(5));
        SnapshotImage image = peer.image(9, 7);
        SmallStorage storage = SmallStorage.begun(disk);
        storage.receive(image, 0, peer.whole(image));
        List<String> told = new ArrayList<>();
        storage.storage().write(new Batch(null, entries(1, 3, 1)), done -> told.add("1 " + done));
        storage.storage().installSnapshot(image.index(), false, done -> told.add("installed " + done));
        storage.storage().write(new Batch(null, entries(10, 11, 7)), done -> told.add("10 " + done));
        storage.run();

        assertThat(told).containsExactly("1 Forced[]", "installed Forced[]", "10 Forced[]");
        storage.kill();
        disk.crash();
        assertThat(new SmallStorage(disk).open().entries()).isEqualTo(entries(10, 11, 7));
    }

    @Test
    @DisplayName("nothing is written before the identity is, be it vote or entry")
    void nothingIsWrittenBeforeTheIdentity() throws IOException {
        SmallStorage storage = new SmallStorage(disk);
        storage.open();

        assertFailed(storage.vote(1, 1), "nothing can be written before the identity is");
        assertThat(disk.list()).isEmpty();
        assertFailed(storage.identity(SmallStorage.IDENTITY), "nothing can be written before the identity is");
    }

    // ---- room

    @Test
    @DisplayName("fault.D11: a reserve is laid down where there is just room for it, and not where a byte is missing")
    void aReserveIsLaidDownWhereThereIsJustRoom() throws IOException {
        for (int missing = 0; missing <= 1; missing++) {
            SimDisk image = Specimen.written(false);
            SmallStorage storage = new SmallStorage(image);
            storage.storage().open(); // takes the one there was
            image.capacity(image.bytesUsed() + SEGMENT - missing);
            storage.run();
            assertThat(image.list().contains("spare")).as("missing " + missing).isEqualTo(missing == 0);
        }
    }

    @Test
    @DisplayName("fault.D11: the running log takes the reserve while there is just room for another, and waits where a byte is missing")
    void theRunningLogTakesTheReserveWhileThereIsRoomForAnother() throws IOException {
        for (int missing = 0; missing <= 1; missing++) {
            SimDisk fresh = new SimDisk(missing);
            SmallStorage storage = SmallStorage.begun(fresh);
            assertThat(fresh.list()).contains("spare");
            fresh.capacity(fresh.bytesUsed() + SEGMENT - missing);
            assertThat(storage.writeOrWait(entries(1, 3, 1)).isPresent()).as("missing " + missing).isEqualTo(missing == 0);
            assertThat(fresh.list()).contains("spare");
        }
    }

    @Test
    @DisplayName("fault.D11: room for one more segment is enough; once it was not, only room for two is")
    void roomIsOneMoreSegment() throws IOException {
        SmallStorage storage = SmallStorage.begun(disk);
        storage.write(entries(1, 3, 1));
        assertThat(shortageWith(storage, SEGMENT)).isNull();
        assertThat(shortageWith(storage, SEGMENT - 1))
                .isEqualTo("COORD-1068 the disk of data directory /sim is full: 7 KiB are left. Make room there; the member goes on by itself.");
        assertThat(shortageWith(storage, 2 * SEGMENT - 1)).startsWith("COORD-1068").contains(": 15 KiB are left. ");
        assertThat(shortageWith(storage, 2 * SEGMENT)).isNull();
        assertThat(shortageWith(storage, SEGMENT)).isNull();
        assertThat(shortageWith(storage, 0)).contains(": 0 KiB are left. ");
    }

    private String shortageWith(SmallStorage storage, int room) {
        disk.capacity(disk.bytesUsed() + room);
        return storage.shortage();
    }

    @Test
    @DisplayName("fault.D11: a start takes the reserve on a full disk, where the running log leaves it alone")
    void aStartTakesTheReserve() throws IOException {
        SmallStorage storage = SmallStorage.begun(disk);
        storage.write(entries(1, 3, 1));
        storage.kill();
        disk.kill();
        assertThat(disk.list()).contains("spare", segment(1));
        disk.capacity(disk.bytesUsed());

        SmallStorage again = new SmallStorage(disk);
        assertThat(again.storage().open().entries()).isEqualTo(entries(1, 3, 1));
        assertThat(disk.list()).as("the copy stands in what was the reserve").doesNotContain("spare").contains(segment(2));
    }

    @Test
    @DisplayName("fault.D11: what a disk cannot tell of its room is no shortage")
    void aDiskThatDoesNotTellItsRoomIsNotFull() throws IOException {
        SmallStorage storage = SmallStorage.begun(disk);
        disk.cutAtCall(1);
        storage.vote(1, 1);

        assertThat(disk.isOff()).isTrue();
        assertThat(storage.shortage()).isNull();
    }

    // ---- pace

    @Test
    @DisplayName("rule.22: a reserve takes an eighth of what background work may, in steps of at most a mebibyte, each forced")
    void aReserveTakesAnEighth() throws IOException {
        int segment = (2 << 20) + 512;
        SimLane log = new SimLane();
        SimLane background = new SimLane();
        StorageOptions options = StorageOptions.DEFAULT.withSegmentBytes(segment).withBackgroundBytesPerSecondMax(64 << 20);
        FileStorage storage = FileStorage.on(disk, options, log, background, new SimLane());
        storage.open();
        storage.saveIdentity(SmallStorage.IDENTITY, done -> {});
        log.run();
        long writes = disk.writes();
        long forces = disk.forces();
        background.run();

        assertThat(background.pausedNanos()).isCloseTo(8L * segment * 1_000_000_000 / (64 << 20), offset(3L));
        assertThat(disk.writes() - writes).as("of a mebibyte, and the rest").isEqualTo(3);
        assertThat(disk.forces() - forces).as("each step, the whole, its name").isEqualTo(5);
        assertThat(disk.content("spare")).hasSize(segment).containsOnly(0);
    }

    @Test
    @DisplayName("rule.22: a snapshot takes as long as its bytes may take, in steps of a chunk, each forced; what is received does not pause")
    void aSnapshotTakesAsLongAsItsBytesMay() throws IOException {
        SimLane log = new SimLane();
        SimLane background = new SimLane();
        SimLane transfer = new SimLane();
        StorageOptions options = SmallStorage.OPTIONS.withBackgroundBytesPerSecondMax(CHUNK);
        FileStorage storage = FileStorage.on(disk, options, log, background, transfer);
        storage.open();
        storage.saveIdentity(SmallStorage.IDENTITY, done -> {});
        log.run();
        background.run();
        long paused = background.pausedNanos();
        long forces = disk.forces();
        List<SnapshotDone> done = new ArrayList<>();
        SnapshotImage image = new SnapshotImage(ORIGIN + 8, 1, 0, 0, Bytes.EMPTY, 0, 0);
        storage.saveSnapshot(image, sink -> sink.record(SmallStorage.noise(3 * CHUNK, 1)), done::add);
        background.run();

        assertThat(background.pausedNanos() - paused).as("the last four bytes are no step").isEqualTo(3_000_000_000L);
        assertThat(disk.forces() - forces).as("three steps, the whole, its name").isEqualTo(5);

        SmallStorage receiver = SmallStorage.begun(new SimDisk(4));
        SnapshotImage known = ((SnapshotDone.Saved) done.get(0)).image();
        List<Piece> pieces = new ArrayList<>();
        storage.readSnapshot(0, 0, 1 << 20, pieces::add);
        transfer.run();
        assertThat(receiver.receive(known, 0, ((Piece.Bytes) pieces.get(0)).bytes())).isInstanceOf(Received.Whole.class);
        assertThat(transfer.pausedNanos()).isZero();
    }

    @Test
    @DisplayName("rule.22: what is received is forced every four chunks, and as a whole")
    void whatIsReceivedIsForcedEveryFourChunks() throws IOException {
        SmallStorage peer = SmallStorage.begun(new SimDisk(5));
        for (int chunks : new int[] {3, 4, 8}) {
            SnapshotImage image = large(peer, chunks, 7, chunks * CHUNK - 4);
            SimDisk other = new SimDisk(chunks);
            SmallStorage storage = SmallStorage.begun(other);
            long forces = other.forces();
            assertThat(storage.receive(image, 0, peer.whole(image))).isInstanceOf(Received.Whole.class);
            assertThat(other.forces() - forces).as(chunks + " chunks").isEqualTo(chunks / 4 + 2);
        }
    }

    // ---- snapshots and pieces of them

    @ParameterizedTest
    @ValueSource(ints = {0, 1, CHUNK - 5, CHUNK - 4, CHUNK - 3, 2 * CHUNK - 4, 2 * CHUNK - 3})
    @DisplayName("inv.D-e: a snapshot comes back whole from pieces of any size, wherever its chunks end")
    void aSnapshotComesBackFromPiecesOfAnySize(int length) throws IOException {
        SmallStorage peer = SmallStorage.begun(new SimDisk(5));
        SnapshotImage image = large(peer, 20, 7, length);
        assertThat(image.sizeBytes()).isEqualTo(length + 4L);
        for (int size : new int[] {CHUNK - 1, CHUNK, CHUNK + 1, 1 << 20}) {
            SimDisk fresh = new SimDisk(size);
            SmallStorage storage = SmallStorage.begun(fresh);
            Received received = null;
            for (long offset = 0; offset < image.sizeBytes(); offset += size) {
                Piece.Bytes piece = (Piece.Bytes) peer.piece(20, offset, size);
                assertThat(piece.offset()).isEqualTo(offset);
                assertThat(piece.image()).isEqualTo(image);
                assertThat(piece.bytes().length()).isEqualTo((int) Math.min(size, image.sizeBytes() - offset));
                received = storage.receive(image, offset, piece.bytes());
                if (offset + size < image.sizeBytes()) {
                    assertThat(received).isEqualTo(new Received.Partly(offset + size));
                }
            }
            assertThat(received).isInstanceOfSatisfying(
                    Received.Whole.class,
                    whole -> assertThat(whole.records()).containsExactly(SmallStorage.noise(length, 1)));
            assertThat(storage.install(image, false)).isEqualTo(Done.Forced.FORCED);
            storage.kill();
            fresh.crash();
            assertThat(new SmallStorage(fresh).open().snapshotRecords()).containsExactly(SmallStorage.noise(length, 1));
        }
    }

    @Test
    @DisplayName("a piece at the end of a snapshot, or behind it, is empty; the newest of all is index 0")
    void aPieceBehindTheEndIsEmpty() throws IOException {
        SmallStorage storage = SmallStorage.begun(disk);
        storage.write(entries(1, 30, 1));
        storage.snapshot(10, 1);
        SnapshotImage image = storage.image(20, 1);
        int size = (int) image.sizeBytes();

        assertThat(storage.piece(20, size, 10)).isEqualTo(new Piece.Bytes(image, size, Bytes.EMPTY));
        assertThat(storage.piece(20, size + 100L, 10)).isEqualTo(new Piece.Bytes(image, size + 100L, Bytes.EMPTY));
        assertThat(((Piece.Bytes) storage.piece(20, size - 1, 10)).bytes().length()).isEqualTo(1);
        List<Piece> newest = new ArrayList<>();
        storage.storage().readSnapshot(0, 0, 10, newest::add);
        storage.run();
        assertThat(newest).containsExactly(storage.piece(20, 0, 10));
        assertThat(storage.piece(21, 0, 10)).isEqualTo(new Piece.Missing("there is no snapshot of index 100000015"));
    }

    @Test
    @DisplayName("a piece that does not go on where the last one ended is not taken, and the sender is told where to go on")
    void aPieceOutOfPlaceIsNotTaken() throws IOException {
        SmallStorage peer = SmallStorage.begun(new SimDisk(5));
        SnapshotImage image = peer.image(20, 7);
        Bytes whole = peer.whole(image);
        int size = whole.length();
        SmallStorage storage = SmallStorage.begun(disk);

        assertThat(storage.receive(image, 10, part(whole, 10, 5))).isInstanceOf(Received.Refused.class);
        assertThat(storage.receive(image, 0, part(whole, 0, 10))).isEqualTo(new Received.Partly(10));
        assertThat(storage.receive(image, 9, part(whole, 9, 5))).isEqualTo(new Received.Partly(10));
        assertThat(storage.receive(image, 11, part(whole, 11, 5))).isEqualTo(new Received.Partly(10));
        assertThat(storage.receive(image, 10, part(whole, 10, size - 11))).isEqualTo(new Received.Partly(size - 1));
        assertThat(storage.receive(image, size - 1L, part(whole, size - 1, 1))).isInstanceOf(Received.Whole.class);
        assertThat(storage.receive(image, size, Bytes.EMPTY)).isInstanceOf(Received.Refused.class);
    }

    // ---- which are kept

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    @DisplayName("B17: as many snapshots are kept as were asked for, and the log behind the oldest of them, not less")
    void asManySnapshotsAreKeptAsWereAskedFor(int retained) throws IOException {
        SmallStorage storage = begun(SmallStorage.OPTIONS.withSnapshotsRetained(retained));
        for (int at = 1; at <= 120; at += 3) {
            storage.write(entries(at, at + 2, 1));
        }
        List<Integer> all = bases();
        for (int count = 1; count <= 4; count++) {
            storage.snapshot(count * 24, 1);
            storage.compact(count * 24);
            int kept = Math.min(count, retained);
            assertThat(disk.list().stream().filter(name -> name.startsWith("snapshot-"))).hasSize(kept);
            int droppable = count < retained ? 0 : (count - kept + 1) * 24;
            assertThat(lowestBase()).as(count + " taken")
                    .isEqualTo(all.stream().filter(base -> base <= droppable).max(Integer::compare).orElseThrow());
        }
        storage.kill();
        disk.crash();
        assertThat(new SmallStorage(disk).open().entries()).isEqualTo(entries(97, 120, 1));
    }

    @Test
    @DisplayName("the log is kept up to what compaction was asked for, also where the snapshots would let more go")
    void theLogIsKeptUpToWhatWasAskedFor() throws IOException {
        SmallStorage storage = SmallStorage.begun(disk);
        for (int at = 1; at <= 120; at += 3) {
            storage.write(entries(at, at + 2, 1));
        }
        storage.snapshot(60, 1);
        storage.snapshot(90, 1);
        List<Integer> bases = bases();
        assertThat(bases).hasSizeGreaterThan(5);

        storage.compact(bases.get(2) - 1);
        assertThat(lowestBase()).isEqualTo(bases.get(1));
        storage.compact(bases.get(2));
        assertThat(lowestBase()).isEqualTo(bases.get(2));
    }

    // ---- how the tests speak

    private SmallStorage begun(StorageOptions options) throws IOException {
        SmallStorage storage = new SmallStorage(disk, options);
        storage.open();
        storage.identity(SmallStorage.IDENTITY);
        return storage;
    }

    /** What a group in so many sectors takes beside the payload of its one entry. */
    private static int groupBytes(int sectors, int payload) {
        return (AROUND_A_PAYLOAD + 4 * (sectors - 1) + 7) / 8 * 8 + payload;
    }

    private static StoredEntry entry(int at, int length) {
        return new StoredEntry(ORIGIN + at, 1, 1000 + at, at, (byte) 1, SmallStorage.noise(length, at));
    }

    private static SnapshotImage large(SmallStorage storage, int index, long term, int length) {
        List<SnapshotDone> done = new ArrayList<>();
        storage.storage().saveSnapshot(
                new SnapshotImage(ORIGIN + index, term, 5, 6, Bytes.utf8("1"), 0, 0),
                sink -> sink.record(SmallStorage.noise(length, 1)),
                done::add);
        storage.run();
        return ((SnapshotDone.Saved) done.get(0)).image();
    }

    private static Bytes part(Bytes whole, int from, int count) {
        byte[] part = new byte[count];
        whole.asByteBuffer().position(from).get(part);
        return Bytes.wrap(part);
    }

    /** How many entries each group of a segment has. */
    private static List<Integer> groupsIn(byte[] segment) {
        ByteBuffer buffer = ByteBuffer.wrap(segment);
        List<Integer> counts = new ArrayList<>();
        for (int at = HEADER; at < segment.length && buffer.getInt(at) != 0; ) {
            counts.add(buffer.getInt(at + 40));
            at += (buffer.getInt(at + 36) + SECTOR - 1) / SECTOR * SECTOR;
        }
        return counts;
    }

    private List<String> segments() throws IOException {
        return disk.list().stream().filter(name -> name.startsWith("log-")).toList();
    }

    /** How far the log went before each of its segments, above the origin. */
    private List<Integer> bases() throws IOException {
        List<Integer> bases = new ArrayList<>();
        for (String name : segments()) {
            bases.add((int) (ByteBuffer.wrap(disk.content(name)).getLong(24 + 4 * 8) - ORIGIN));
        }
        return bases;
    }

    private int lowestBase() throws IOException {
        return bases().get(0);
    }

    private static String segment(int id) {
        return String.format(Locale.ROOT, "log-%016x", id);
    }

    private static void assertFailed(Done done, String why) {
        assertThat(done).isInstanceOfSatisfying(
                Done.Failed.class, failed -> assertThat(failed.cause()).hasMessageContaining(why));
    }
}

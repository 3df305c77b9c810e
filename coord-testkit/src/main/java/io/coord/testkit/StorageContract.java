package io.coord.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.coord.Bytes;
import io.coord.ensemble.spi.Storage;
import io.coord.ensemble.spi.Storage.Batch;
import io.coord.ensemble.spi.Storage.Done;
import io.coord.ensemble.spi.Storage.Identity;
import io.coord.ensemble.spi.Storage.Piece;
import io.coord.ensemble.spi.Storage.Received;
import io.coord.ensemble.spi.Storage.Recovered;
import io.coord.ensemble.spi.Storage.SnapshotDone;
import io.coord.ensemble.spi.Storage.SnapshotImage;
import io.coord.ensemble.spi.Storage.StoredEntry;
import io.coord.ensemble.spi.Storage.Vote;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * What every {@link Storage} must do. Extend it to prove one of your own; each test gets a place of its own, and opens it as often
 * as a member would that is restarted.
 */
public abstract class StorageContract {

    /** The index before a fresh log's first entry. */
    protected static final long ORIGIN = 0x1_0000_0000L;

    /** Whose storage it is, in these tests. */
    protected static final Identity IDENTITY = new Identity(0xc0ffee, 3, 77, Bytes.utf8("1,2,3"));

    private static final long WAIT_SECONDS = 20;

    private final List<Storage> opened = new ArrayList<>();

    /** For a suite of your own. */
    protected StorageContract() {}

    /** A storage over this test's place, not open: a new object each time, or the same one if it can be opened again. */
    protected abstract Storage storage();

    /** A storage over another place, empty. */
    protected abstract Storage otherStorage();

    /** Lets storages that have no threads of their own do what they were asked to. */
    protected void settle() {}

    @AfterEach
    void closeAll() {
        opened.forEach(Storage::close);
    }

    // ---- beginning

    @Test
    void aNewStorageHoldsNothing() throws IOException {
        Recovered found = open(storage());

        assertThat(found.identity()).isNull();
        assertThat(found.vote()).isNull();
        assertThat(found.snapshot()).isNull();
        assertThat(found.snapshotRecords()).isEmpty();
        assertThat(found.entries()).isEmpty();
        assertThat(found.suspect()).isNull();
    }

    @Test
    void theIdentityIsKept() throws IOException {
        begun().close();

        Recovered found = open(storage());

        assertThat(found.identity()).isEqualTo(IDENTITY);
        assertThat(found.vote()).isNull();
        assertThat(found.suspect()).isNull();
    }

    @Test
    void anEmptyDiskThatWasOpenedAndClosedIsStillEmpty() throws IOException {
        Storage storage = storage();
        open(storage);
        storage.close();

        assertThat(open(storage()).identity()).isNull();
    }

    @Test
    @DisplayName("fault.D15: an identity is never replaced by another member's")
    void anIdentityIsNeverReplacedByAnotherMembers() throws IOException {
        Storage storage = begun();

        assertFailed(identity(storage, new Identity(IDENTITY.clusterId(), 4, 1, Bytes.EMPTY)), "COORD-1003");
        storage.close();
        assertThat(open(storage()).identity()).isEqualTo(IDENTITY);
    }

    @Test
    @DisplayName("fault.M5: a member that rejoins saves its new incarnation, and keeps its log")
    void aNewIncarnationReplacesTheOld() throws IOException {
        Storage storage = begun();
        write(storage, entries(1, 3, 1));
        Identity renewed = new Identity(IDENTITY.clusterId(), IDENTITY.member(), 78, Bytes.utf8("1,2,3,4,5"));

        assertForced(identity(storage, renewed));
        storage.close();

        Recovered found = open(storage());
        assertThat(found.identity()).isEqualTo(renewed);
        assertThat(found.entries()).isEqualTo(entries(1, 3, 1));
    }

    @Test
    void nothingIsWrittenBeforeTheIdentityIs() throws IOException {
        Storage storage = storage();
        open(storage);

        assertFailed(write(storage, new Vote(1, 1, 1), List.of()), "identity");
    }

    @Test
    @DisplayName("fault.D16: a storage in use is not opened again")
    void aStorageInUseIsNotOpenedAgain() throws IOException {
        Storage storage = begun();

        assertThatThrownBy(() -> storage().open()).isInstanceOf(Exception.class);

        assertForced(write(storage, new Vote(1, 1, 1), List.of()));
    }

    // ---- term and vote

    @Test
    void theLastVoteIsKept() throws IOException {
        Storage storage = begun();
        assertForced(write(storage, new Vote(7, 2, 99), List.of()));
        assertForced(write(storage, new Vote(8, 0, 0), List.of()));
        storage.close();

        assertThat(open(storage()).vote()).isEqualTo(new Vote(8, 0, 0));
    }

    @Test
    void aBatchWithoutAVoteLeavesItAsItWas() throws IOException {
        Storage storage = begun();
        assertForced(write(storage, new Vote(7, 2, 99), entries(1, 2, 7)));
        assertForced(write(storage, entries(3, 4, 7)));
        storage.close();

        Recovered found = open(storage());
        assertThat(found.vote()).isEqualTo(new Vote(7, 2, 99));
        assertThat(found.entries()).isEqualTo(entries(1, 4, 7));
    }

    // ---- the log

    @Test
    void entriesComeBackAsTheyWereWritten() throws IOException {
        Storage storage = begun();
        List<StoredEntry> entries = List.of(
                new StoredEntry(ORIGIN + 1, 1, 1_700_000_000_000L, 0, (byte) 0, Bytes.EMPTY),
                new StoredEntry(ORIGIN + 2, 1, -5, 1, (byte) -1, Bytes.of((byte) 0)),
                new StoredEntry(ORIGIN + 3, 9, Long.MAX_VALUE, Long.MIN_VALUE, (byte) 127, Bytes.wrap(new byte[4000])),
                new StoredEntry(ORIGIN + 4, Long.MAX_VALUE, 0, 0, (byte) 2, noise(70_000, 4)));
        assertForced(write(storage, entries));
        storage.close();

        assertThat(open(storage()).entries()).isEqualTo(entries);
    }

    @Test
    void aLogMayBeginAnywhere() throws IOException {
        Storage storage = begun();
        StoredEntry first = new StoredEntry(0x7_0000_0001L, 3, 0, 0, (byte) 1, Bytes.utf8("x"));
        assertForced(write(storage, List.of(first)));
        storage.close();

        assertThat(open(storage()).entries()).containsExactly(first);
    }

    @Test
    void entriesReplaceTheLogFromTheFirstOneOn() throws IOException {
        Storage storage = begun();
        assertForced(write(storage, entries(1, 10, 1)));
        assertForced(write(storage, entries(4, 6, 2)));
        assertForced(write(storage, entries(7, 7, 3)));
        storage.close();

        assertThat(open(storage()).entries()).isEqualTo(joined(entries(1, 3, 1), entries(4, 6, 2), entries(7, 7, 3)));
    }

    @Test
    void theWholeLogMayBeReplaced() throws IOException {
        Storage storage = begun();
        assertForced(write(storage, entries(1, 10, 1)));
        assertForced(write(storage, entries(1, 2, 2)));
        storage.close();

        assertThat(open(storage()).entries()).isEqualTo(entries(1, 2, 2));
    }

    @Test
    void writesAreReportedInTheOrderTheyWereAskedFor() throws IOException {
        Storage storage = begun();
        List<Integer> reported = new ArrayList<>();
        CompletableFuture<Done> last = new CompletableFuture<>();
        for (int number = 1; number <= 50; number++) {
            int which = number;
            storage.write(new Batch(null, entries(which, which, 1)), noted(which, reported, 50, last));
        }

        assertForced(await(last));
        assertThat(reported).hasSize(50).isSorted();
    }

    /** Notes that a write was forced, and completes the last one. */
    private static Consumer<Done> noted(int which, List<Integer> reported, int count, CompletableFuture<Done> last) {
        return done -> {
            assertThat(done).isInstanceOf(Done.Forced.class);
            reported.add(which);
            if (which == count) {
                last.complete(done);
            }
        };
    }

    @Test
    void whatTheCallerWritesItselfKeepsTheOrder() throws IOException {
        Storage storage = begun();
        List<Integer> reported = new CopyOnWriteArrayList<>();
        CompletableFuture<Done> last = new CompletableFuture<>();
        for (int number = 1; number <= 200; number++) {
            int which = number;
            Batch batch = new Batch(null, entries(which, which, 1));
            Consumer<Done> done = noted(which, reported, 200, last);
            if (which % 3 == 0) {
                storage.write(batch, done);
            } else {
                Runnable here = storage.writeHere(batch, done);
                if (here != null) {
                    here.run();
                    assertThat(reported).endsWith(which);
                }
            }
        }

        assertForced(await(last));
        assertThat(reported).hasSize(200).isSorted();
        storage.close();
        assertThat(open(storage()).entries()).isEqualTo(entries(1, 200, 1));
    }

    @Test
    void writesThatQueueUpMayReplaceEachOther() throws IOException {
        Storage storage = begun();
        storage.write(new Batch(null, entries(1, 8, 1)), done -> {});
        storage.write(new Batch(new Vote(2, 0, 0), entries(5, 6, 2)), done -> {});
        storage.write(new Batch(new Vote(3, 0, 0), entries(2, 3, 3)), done -> {});
        assertForced(write(storage, entries(4, 4, 3)));
        storage.close();

        Recovered found = open(storage());
        assertThat(found.entries()).isEqualTo(joined(entries(1, 1, 1), entries(2, 4, 3)));
        assertThat(found.vote()).isEqualTo(new Vote(3, 0, 0));
    }

    @Test
    void manyBatchesSurviveManyRestarts() throws IOException {
        begun().close();
        List<StoredEntry> all = new ArrayList<>();
        for (int round = 0; round < 12; round++) {
            Storage storage = storage();
            assertThat(open(storage).entries()).isEqualTo(all);
            for (int batch = 0; batch < 10; batch++) {
                List<StoredEntry> more = entries(all.size() + 1, all.size() + 7, round);
                assertForced(write(storage, more));
                all.addAll(more);
            }
            storage.close();
        }
        assertThat(open(storage()).entries()).isEqualTo(all);
    }

    @Test
    @DisplayName("fault.D10: after a failure nothing more is written in this run")
    void aGapInTheLogIsRefusedAndNothingIsWrittenAfterwards() throws IOException {
        Storage storage = begun();
        assertForced(write(storage, entries(1, 3, 1)));

        assertFailed(write(storage, entries(5, 6, 1)), "");
        assertFailed(write(storage, entries(4, 4, 1)), "");
        storage.close();

        Storage again = storage();
        assertThat(open(again).entries()).isEqualTo(entries(1, 3, 1));
        assertForced(write(again, entries(4, 4, 1)));
    }

    @Test
    void whatIsAskedAfterTheEndIsRefused() throws IOException {
        Storage storage = begun();
        storage.close();

        assertFailed(write(storage, entries(1, 1, 1)), "closed");
    }

    // ---- snapshots

    @Test
    void aSnapshotComesBackWithItsRecordsAndTheLogBehindIt() throws IOException {
        Storage storage = begun();
        write(storage, entries(1, 10, 2));
        SnapshotImage saved = save(storage, 6, 2, records(40));
        storage.close();

        Recovered found = open(storage());
        assertThat(found.snapshot()).isEqualTo(saved);
        assertThat(found.snapshotRecords()).containsExactlyElementsOf(records(40));
        assertThat(found.snapshotRecords()).as("a second time").containsExactlyElementsOf(records(40));
        assertThat(found.entries()).isEqualTo(entries(7, 10, 2));
    }

    @Test
    void aSnapshotIsDescribedInFull() throws IOException {
        Storage storage = begun();
        write(storage, entries(1, 3, 2));
        SnapshotImage asked = new SnapshotImage(ORIGIN + 3, 2, 11, 22, Bytes.utf8("one,two"), 0, 0);

        SnapshotImage saved = saved(save(storage, asked, records(3)));

        assertThat(saved.index()).isEqualTo(ORIGIN + 3);
        assertThat(saved.term()).isEqualTo(2);
        assertThat(saved.wallMillis()).isEqualTo(11);
        assertThat(saved.elapsedMillis()).isEqualTo(22);
        assertThat(saved.configuration()).isEqualTo(Bytes.utf8("one,two"));
        assertThat(saved.sizeBytes()).isPositive();
        assertThat(saved.digest()).isNotZero();
    }

    @Test
    void anEmptySnapshotIsOneToo() throws IOException {
        Storage storage = begun();
        write(storage, entries(1, 3, 2));
        SnapshotImage saved = save(storage, 3, 2, List.of());
        storage.close();

        Recovered found = open(storage());
        assertThat(found.snapshot()).isEqualTo(saved);
        assertThat(found.snapshotRecords()).isEmpty();
    }

    @Test
    @DisplayName("inv.D-e: the same content is the same snapshot, on every member and in every storage")
    void theSameContentHasTheSameDigest() throws IOException {
        Storage one = begun();
        write(one, entries(1, 3, 2));
        Storage other = otherStorage();
        open(other);
        identity(other, new Identity(IDENTITY.clusterId(), 1, 5, Bytes.EMPTY));
        write(other, entries(1, 3, 2));

        assertThat(save(one, 3, 2, records(30))).isEqualTo(save(other, 3, 2, records(30)));
        assertThat(save(one, 3, 2, records(31)).digest()).isNotEqualTo(save(one, 3, 2, records(30)).digest());
    }

    @Test
    void aSnapshotThatCannotBeWrittenToTheEndIsNone() throws IOException {
        Storage storage = begun();
        write(storage, entries(1, 5, 1));

        CompletableFuture<SnapshotDone> done = new CompletableFuture<>();
        storage.saveSnapshot(
                image(3, 1),
                sink -> {
                    sink.record(Bytes.utf8("half"));
                    throw new IOException("the tree is gone");
                },
                done::complete);

        assertThat(await(done)).isInstanceOfSatisfying(
                SnapshotDone.NotSaved.class, not -> assertThat(not.cause()).hasMessageContaining("the tree is gone"));
        assertForced(write(storage, entries(6, 6, 1)));
        storage.close();
        Recovered found = open(storage());
        assertThat(found.snapshot()).isNull();
        assertThat(found.entries()).isEqualTo(entries(1, 6, 1));
    }

    @Test
    @DisplayName("fault.D9: the two newest snapshots are kept, and can be read")
    void theTwoNewestSnapshotsAreKept() throws IOException {
        Storage storage = begun();
        write(storage, entries(1, 9, 1));
        save(storage, 3, 1, records(3));
        save(storage, 5, 1, records(5));
        SnapshotImage newest = save(storage, 7, 1, records(7));

        assertThat(content(storage, 0)).isEqualTo(content(storage, ORIGIN + 7));
        assertThat(content(storage, ORIGIN + 5)).isNotEqualTo(content(storage, ORIGIN + 7));
        assertThat(piece(storage, ORIGIN + 3, 0, 100)).isInstanceOf(Piece.Missing.class);
        storage.close();
        assertThat(open(storage()).snapshot()).isEqualTo(newest);
    }

    @Test
    void compactionLeavesWhatIsBehindTheNewestSnapshot() throws IOException {
        Storage storage = begun();
        write(storage, entries(1, 40, 1));
        save(storage, 10, 1, records(1));
        save(storage, 30, 1, records(2));
        storage.compact(ORIGIN + 30);
        assertForced(write(storage, entries(38, 45, 2)));
        storage.close();

        Recovered found = open(storage());
        assertThat(found.entries()).isEqualTo(joined(entries(31, 37, 1), entries(38, 45, 2)));
    }

    // ---- snapshots from peers

    @Test
    void aSnapshotTravelsInPieces() throws IOException {
        SnapshotImage image = peersSnapshot(records(5000));
        Bytes content = content(other(), 0);
        Storage storage = begun();

        Received.Whole whole = receiveAll(storage, image, content, 50_000);

        assertThat(whole.image()).isEqualTo(image);
        assertThat(whole.records()).containsExactlyElementsOf(records(5000));
    }

    @Test
    void anInstalledSnapshotIsTheNewestAndTheLogStartsBehindIt() throws IOException {
        SnapshotImage image = peersSnapshot(records(100));
        Storage storage = begun();
        write(storage, entries(1, 5, 1));
        Received.Whole whole = receiveAll(storage, image, content(other(), 0), 1000);

        assertForced(install(storage, image.index(), false));

        assertThat(whole.records()).as("still readable").containsExactlyElementsOf(records(100));
        assertForced(write(storage, entries(21, 23, 4)));
        storage.close();
        Recovered found = open(storage());
        assertThat(found.snapshot()).isEqualTo(image);
        assertThat(found.snapshotRecords()).containsExactlyElementsOf(records(100));
        assertThat(found.entries()).isEqualTo(entries(21, 23, 4));
    }

    @Test
    void anInstalledSnapshotDropsALogThatContradictsIt() throws IOException {
        SnapshotImage image = peersSnapshot(records(10));
        Storage storage = begun();
        write(storage, entries(1, 30, 1));
        receiveAll(storage, image, content(other(), 0), 1000);

        assertForced(install(storage, image.index(), false));
        storage.close();

        assertThat(open(storage()).entries()).isEmpty();
    }

    @Test
    void anInstalledSnapshotLeavesALogThatFollowsIt() throws IOException {
        SnapshotImage image = peersSnapshot(records(10));
        Storage storage = begun();
        write(storage, entries(1, 30, 3));
        receiveAll(storage, image, content(other(), 0), 1000);

        assertForced(install(storage, image.index(), true));
        assertForced(write(storage, entries(31, 31, 3)));
        storage.close();

        Recovered found = open(storage());
        assertThat(found.snapshot()).isEqualTo(image);
        assertThat(found.entries()).isEqualTo(entries(21, 31, 3));
    }

    @Test
    void aLogThatDoesNotFollowASnapshotIsNotKeptByMistake() throws IOException {
        SnapshotImage image = peersSnapshot(records(10));
        Storage storage = begun();
        write(storage, entries(1, 30, 1));
        receiveAll(storage, image, content(other(), 0), 1000);

        assertFailed(install(storage, image.index(), true), "does not go through");
    }

    @Test
    @DisplayName("fault.M6: a snapshot received but not installed leaves the old state")
    void aSnapshotThatIsNotInstalledDoesNotCount() throws IOException {
        SnapshotImage image = peersSnapshot(records(10));
        Storage storage = begun();
        write(storage, entries(1, 5, 1));
        receiveAll(storage, image, content(other(), 0), 1000);
        storage.close();

        Recovered found = open(storage());
        assertThat(found.snapshot()).isNull();
        assertThat(found.entries()).isEqualTo(entries(1, 5, 1));
    }

    @Test
    @DisplayName("fault.M6: pieces that come twice, or too early, change nothing")
    void piecesOutOfOrderChangeNothing() throws IOException {
        SnapshotImage image = peersSnapshot(records(200));
        Bytes content = content(other(), 0);
        Storage storage = begun();

        assertThat(receive(storage, image, 1000, part(content, 1000, 500))).isInstanceOf(Received.Refused.class);
        assertThat(receive(storage, image, 0, part(content, 0, 500))).isEqualTo(new Received.Partly(500));
        assertThat(receive(storage, image, 900, part(content, 900, 500))).isEqualTo(new Received.Partly(500));
        assertThat(receive(storage, image, 500, part(content, 500, 500))).isEqualTo(new Received.Partly(1000));
        assertThat(receive(storage, image, 500, part(content, 500, 500))).isEqualTo(new Received.Partly(1000));
        assertThat(receive(storage, image, 1000, part(content, 1000, content.length())))
                .isInstanceOf(Received.Whole.class);
    }

    @Test
    @DisplayName("fault.M6: a damaged snapshot is refused, and can be received anew")
    void aDamagedSnapshotIsRefusedAndMayBeginAnew() throws IOException {
        SnapshotImage image = peersSnapshot(records(200));
        Bytes content = content(other(), 0);
        byte[] wrong = content.toArray();
        wrong[wrong.length / 2] ^= 4;
        Storage storage = begun();

        assertThat(receive(storage, image, 0, Bytes.wrap(wrong))).isInstanceOf(Received.Refused.class);
        assertThat(receive(storage, image, 0, content)).isInstanceOf(Received.Whole.class);
        assertForced(install(storage, image.index(), false));
    }

    @Test
    void aSnapshotMayBeFollowedByAnother() throws IOException {
        SnapshotImage first = peersSnapshot(records(10));
        Bytes firstContent = content(other(), 0);
        Storage storage = begun();
        receiveAll(storage, first, firstContent, 100);
        assertForced(install(storage, first.index(), false));
        write(other(), entries(21, 50, 5));
        SnapshotImage second = save(other(), 45, 5, records(60));

        receiveAll(storage, second, content(other(), 0), 100);
        assertForced(install(storage, second.index(), false));
        storage.close();

        assertThat(open(storage()).snapshot()).isEqualTo(second);
    }

    @Test
    @DisplayName("B32: a snapshot that waits to be installed is not lost to the next one that comes")
    void aSnapshotThatWaitsIsNotLostToTheNextOne() throws IOException {
        SnapshotImage first = peersSnapshot(records(10));
        Bytes firstContent = content(other(), 0);
        write(other(), entries(21, 50, 5));
        SnapshotImage second = save(other(), 45, 5, records(60));
        Bytes secondContent = content(other(), 0);
        Storage storage = begun();

        receiveAll(storage, first, firstContent, 100);
        receiveAll(storage, second, secondContent, 100);
        assertForced(install(storage, first.index(), false));
        assertForced(install(storage, second.index(), false));
        storage.close();

        assertThat(open(storage()).snapshot()).isEqualTo(second);
    }

    // ---- how the tests speak

    private @org.jspecify.annotations.Nullable Storage peer;

    /** A peer's storage with a snapshot of index ORIGIN + 20, term 3. */
    private SnapshotImage peersSnapshot(List<Bytes> records) throws IOException {
        peer = otherStorage();
        open(other());
        identity(other(), new Identity(IDENTITY.clusterId(), 1, 5, Bytes.EMPTY));
        write(other(), entries(1, 20, 3));
        return save(other(), 20, 3, records);
    }

    private Storage other() {
        if (peer == null) {
            throw new IllegalStateException("there is no peer yet");
        }
        return peer;
    }

    /** Opens a storage; it is closed when the test ends. */
    protected final Recovered open(Storage storage) throws IOException {
        opened.add(storage);
        return storage.open();
    }

    /** A storage that is open and has its identity. */
    protected final Storage begun() throws IOException {
        Storage storage = storage();
        open(storage);
        assertForced(identity(storage, IDENTITY));
        return storage;
    }

    /** Saves an identity. */
    protected final Done identity(Storage storage, Identity identity) {
        return asked(done -> storage.saveIdentity(identity, done));
    }

    /** Writes entries. */
    protected final Done write(Storage storage, List<StoredEntry> entries) {
        return asked(done -> storage.write(new Batch(null, entries), done));
    }

    /** Writes a vote and entries. */
    protected final Done write(Storage storage, Vote vote, List<StoredEntry> entries) {
        return asked(done -> storage.write(new Batch(vote, entries), done));
    }

    /** Saves a snapshot of an index above the origin. */
    protected final SnapshotImage save(Storage storage, int index, long term, List<Bytes> records) {
        return saved(save(storage, image(index, term), records));
    }

    private SnapshotDone save(Storage storage, SnapshotImage image, List<Bytes> records) {
        return asked(done -> storage.saveSnapshot(
                image,
                sink -> {
                    for (Bytes record : records) {
                        sink.record(record);
                    }
                },
                done));
    }

    private static SnapshotImage saved(SnapshotDone done) {
        assertThat(done).isInstanceOf(SnapshotDone.Saved.class);
        return ((SnapshotDone.Saved) done).image();
    }

    private Piece piece(Storage storage, long index, long offset, int bytesMax) {
        return asked(done -> storage.readSnapshot(index, offset, bytesMax, done));
    }

    /** All of a snapshot's content, read in pieces. */
    protected final Bytes content(Storage storage, long index) {
        java.io.ByteArrayOutputStream content = new java.io.ByteArrayOutputStream();
        while (true) {
            Piece piece = piece(storage, index, content.size(), 30_011);
            assertThat(piece).isInstanceOf(Piece.Bytes.class);
            Piece.Bytes found = (Piece.Bytes) piece;
            content.writeBytes(found.bytes().toArray());
            if (content.size() >= found.image().sizeBytes()) {
                return Bytes.wrap(content.toByteArray());
            }
        }
    }

    private Received receive(Storage storage, SnapshotImage image, long offset, Bytes piece) {
        return asked(done -> storage.receiveSnapshot(image, offset, piece, done));
    }

    private Received.Whole receiveAll(Storage storage, SnapshotImage image, Bytes content, int pieceBytes) {
        int offset = 0;
        while (true) {
            Received received = receive(storage, image, offset, part(content, offset, pieceBytes));
            if (received instanceof Received.Whole whole) {
                return whole;
            }
            assertThat(received).isEqualTo(new Received.Partly(offset + pieceBytes));
            offset += pieceBytes;
        }
    }

    private static Bytes part(Bytes content, int offset, int length) {
        int end = Math.min(content.length(), offset + length);
        return Bytes.wrap(java.util.Arrays.copyOfRange(content.toArray(), offset, end));
    }

    private Done install(Storage storage, long index, boolean keepSuffix) {
        return asked(done -> storage.installSnapshot(index, keepSuffix, done));
    }

    private <T> T asked(Consumer<Consumer<T>> request) {
        CompletableFuture<T> answer = new CompletableFuture<>();
        request.accept(answer::complete);
        return await(answer);
    }

    private <T> T await(CompletableFuture<T> answer) {
        settle();
        try {
            return answer.get(WAIT_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException | ExecutionException | TimeoutException e) {
            throw new AssertionError("the storage did not answer: " + e, e);
        }
    }

    private static void assertForced(Done done) {
        assertThat(done).isInstanceOf(Done.Forced.class);
    }

    private static void assertFailed(Done done, String why) {
        assertThat(done).isInstanceOfSatisfying(
                Done.Failed.class, failed -> assertThat(failed.cause()).hasMessageContaining(why));
    }

    /** Entries of one term, by their places above the origin. */
    protected static List<StoredEntry> entries(int from, int to, long term) {
        List<StoredEntry> entries = new ArrayList<>();
        for (int at = from; at <= to; at++) {
            entries.add(new StoredEntry(ORIGIN + at, term, 1000 + at, at, (byte) (at % 3), noise(at * 37 % 900, at)));
        }
        return entries;
    }

    @SafeVarargs
    private static List<StoredEntry> joined(List<StoredEntry>... parts) {
        List<StoredEntry> all = new ArrayList<>();
        for (List<StoredEntry> part : parts) {
            all.addAll(part);
        }
        return all;
    }

    private static SnapshotImage image(int index, long term) {
        return new SnapshotImage(ORIGIN + index, term, 1000 + index, index, Bytes.utf8("1,2,3"), 0, 0);
    }

    private static List<Bytes> records(int count) {
        List<Bytes> records = new ArrayList<>();
        for (int at = 0; at < count; at++) {
            records.add(noise(at * 53 % 400, at));
        }
        return records;
    }

    private static Bytes noise(int length, int seed) {
        byte[] bytes = new byte[length];
        long state = seed;
        for (int at = 0; at < length; at++) {
            state = state * 6364136223846793005L + 1442695040888963407L;
            bytes[at] = (byte) (state >>> 56);
        }
        return Bytes.wrap(bytes);
    }
}

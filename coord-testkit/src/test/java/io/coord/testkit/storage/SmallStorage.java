package io.coord.testkit.storage;

import io.coord.Bytes;
import io.coord.ensemble.spi.Storage;
import io.coord.ensemble.spi.Storage.Batch;
import io.coord.ensemble.spi.Storage.Done;
import io.coord.ensemble.spi.Storage.Identity;
import io.coord.ensemble.spi.Storage.Recovered;
import io.coord.ensemble.spi.Storage.SnapshotDone;
import io.coord.ensemble.spi.Storage.SnapshotImage;
import io.coord.ensemble.spi.Storage.StoredEntry;
import io.coord.ensemble.spi.Storage.Vote;
import io.coord.storage.Disk;
import io.coord.storage.FileStorage;
import io.coord.storage.StorageOptions;
import io.coord.testkit.sim.SimLane;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A storage of small files on a disk, run to its end after each request: what tests of single faults are told with. */
final class SmallStorage {

    static final long ORIGIN = 0x1_0000_0000L;
    static final Identity IDENTITY = new Identity(0xc0ffee, 3, 77, Bytes.utf8("1,2,3"));
    static final StorageOptions OPTIONS = StorageOptions.DEFAULT.withSegmentBytes(8 << 10).withGroupBytesMax(256 << 10);

    private final SimLane logLane = new SimLane();
    private final SimLane backgroundLane = new SimLane();
    private final SimLane transferLane = new SimLane();
    private final FileStorage storage;
    private final List<Done> late = new ArrayList<>();

    SmallStorage(Disk disk) {
        this(disk, OPTIONS);
    }

    SmallStorage(Disk disk, StorageOptions options) {
        this(disk, options, false);
    }

    private SmallStorage(Disk disk, StorageOptions options, boolean isHealedByPeers) {
        FileStorage plain = FileStorage.on(disk, options, logLane, backgroundLane, transferLane);
        storage = isHealedByPeers ? plain.healedByPeers() : plain;
    }

    /** A storage of a member that has peers. */
    static SmallStorage healedByPeers(Disk disk) {
        return new SmallStorage(disk, OPTIONS, true);
    }

    Recovered open() throws IOException {
        Recovered found = storage.open();
        backgroundLane.run();
        return found;
    }

    /** Opens an empty disk and saves the identity. */
    static SmallStorage begun(Disk disk) throws IOException {
        SmallStorage storage = new SmallStorage(disk);
        storage.open();
        storage.identity(IDENTITY);
        return storage;
    }

    Done identity(Identity identity) {
        List<Done> answer = new ArrayList<>();
        storage.saveIdentity(identity, answer::add);
        run();
        return answer.get(0);
    }

    Done vote(long term, int member) {
        return write(new Vote(term, member, 9), List.of());
    }

    Done write(List<StoredEntry> entries) {
        return write(null, entries);
    }

    Done write(@org.jspecify.annotations.Nullable Vote vote, List<StoredEntry> entries) {
        List<Done> answer = new ArrayList<>();
        storage.write(new Batch(vote, entries), answer::add);
        run();
        return answer.get(0);
    }

    /** Empty if the disk has no room for it: {@link #late} has the answer, once there is one. */
    Optional<Done> writeOrWait(List<StoredEntry> entries) {
        int before = late.size();
        storage.write(new Batch(null, entries), late::add);
        run();
        return late.size() == before ? Optional.empty() : Optional.of(late.remove(before));
    }

    List<Done> late() {
        return late;
    }

    @Nullable String shortage() {
        List<Optional<String>> answer = new ArrayList<>();
        storage.room(shortage -> answer.add(Optional.ofNullable(shortage)));
        run();
        return answer.get(0).orElse(null);
    }

    SnapshotDone snapshot(int index, long term) {
        List<SnapshotDone> answer = new ArrayList<>();
        SnapshotImage image = new SnapshotImage(ORIGIN + index, term, 5000 + index, index, Bytes.utf8("1,2,3"), 0, 0);
        storage.saveSnapshot(image, sink -> records(index).forEach(record -> put(sink, record)), answer::add);
        run();
        return answer.get(0);
    }

    /** The same, where it is sure to be saved: what it is. */
    SnapshotImage image(int index, long term) {
        return ((SnapshotDone.Saved) snapshot(index, term)).image();
    }

    private static void put(Storage.SnapshotWriter.Sink sink, Bytes record) {
        try {
            sink.record(record);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    /** Takes a snapshot from another storage, whole, and installs it. */
    Done heal(SmallStorage peer, SnapshotImage image) {
        Storage.Received received = receive(image, 0, peer.whole(image));
        if (!(received instanceof Storage.Received.Whole)) {
            throw new AssertionError("not received: " + received);
        }
        return install(image, false);
    }

    /** All of a snapshot. */
    Bytes whole(SnapshotImage image) {
        return ((Storage.Piece.Bytes) piece((int) (image.index() - ORIGIN), 0, 1 << 20)).bytes();
    }

    Storage.Received receive(SnapshotImage image, long offset, Bytes piece) {
        List<Storage.Received> received = new ArrayList<>();
        storage.receiveSnapshot(image, offset, piece, received::add);
        run();
        return received.get(0);
    }

    Done install(SnapshotImage image, boolean keepSuffix) {
        List<Done> answer = new ArrayList<>();
        storage.installSnapshot(image.index(), keepSuffix, answer::add);
        run();
        return answer.get(0);
    }

    /** A piece of the snapshot of an index. */
    Storage.Piece piece(int index, long offset, int bytesMax) {
        List<Storage.Piece> read = new ArrayList<>();
        storage.readSnapshot(ORIGIN + index, offset, bytesMax, read::add);
        run();
        return read.get(0);
    }

    void compact(int index) {
        storage.compact(ORIGIN + index);
        run();
    }

    void close() {
        storage.close();
    }

    /** The process is gone. */
    void kill() {
        logLane.kill();
        backgroundLane.kill();
        transferLane.kill();
    }

    FileStorage storage() {
        return storage;
    }

    /** Runs what was asked of the log to its end, and nothing else. */
    void runLog() {
        logLane.run();
    }

    /** Runs what was asked for to its end. */
    void run() {
        logLane.run();
        backgroundLane.run();
        transferLane.run();
    }

    /** Entries of one term, by their places above the origin. */
    static List<StoredEntry> entries(int from, int to, long term) {
        List<StoredEntry> entries = new ArrayList<>();
        for (int at = from; at <= to; at++) {
            entries.add(new StoredEntry(ORIGIN + at, term, 1000 + at, at, (byte) (at % 3), noise(at * 29 % 300, at)));
        }
        return entries;
    }

    /** The records of the snapshot of an index. */
    static List<Bytes> records(int index) {
        List<Bytes> records = new ArrayList<>();
        for (int at = 0; at < 10; at++) {
            records.add(noise((at * 41 + index) % 150, at + index));
        }
        return records;
    }

    static Bytes noise(int length, int seed) {
        byte[] bytes = new byte[length];
        long state = seed;
        for (int at = 0; at < length; at++) {
            state = state * 6364136223846793005L + 1442695040888963407L;
            bytes[at] = (byte) (state >>> 56);
        }
        return Bytes.wrap(bytes);
    }
}

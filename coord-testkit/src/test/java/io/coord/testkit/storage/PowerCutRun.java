package io.coord.testkit.storage;

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
import io.coord.storage.Disk;
import io.coord.storage.FileStorage;
import io.coord.storage.MemoryStorage;
import io.coord.storage.StorageOptions;
import io.coord.testkit.sim.SimDisk;
import io.coord.testkit.sim.SimLane;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * One storage on a cruel disk, used at random and losing its power at random calls. After every power cut, what is found must be
 * what was reported, or that and some of what was asked for since, in order: nothing else.
 */
final class PowerCutRun {

    private static final long ORIGIN = 0x1_0000_0000L;
    private static final Identity IDENTITY = new Identity(0xc0ffee, 2, 31, Bytes.utf8("1,2,3"));
    private static final StorageOptions OPTIONS = StorageOptions.DEFAULT
            .withSegmentBytes(12 << 10)
            .withGroupBytesMax(8 << 10);

    private final long seed;
    private final SplittableRandom random;
    private final SimDisk disk;
    private final UnaryOperator<Disk> around;
    private int cutsLeft;
    private int recoveries;
    private boolean isClosing;
    private boolean isFaulted;

    // What the storage has reported.
    private boolean hasIdentity;
    private Vote vote = new Vote(0, 0, 0);
    private LogModel log = LogModel.empty(ORIGIN);
    private long snapshotIndex;

    // What it was asked for and has not reported.
    private boolean isIdentityAsked;
    private final Deque<Asked> asked = new ArrayDeque<>();
    private final TreeMap<Long, List<Bytes>> snapshots = new TreeMap<>();

    private long committed = ORIGIN;
    private long term = 1;

    private FileStorage storage;
    private SimLane logLane;
    private SimLane backgroundLane;
    private SimLane transferLane;

    /** A change of the log that was asked for: a batch, or a snapshot to install. */
    private record Asked(@Nullable Batch batch, @Nullable SnapshotImage installed) {
        LogModel applyTo(LogModel log) {
            return batch != null ? log.with(batch.entries()) : log.with(installed);
        }
    }

    PowerCutRun(long seed, int cuts, UnaryOperator<Disk> around) {
        this.seed = seed;
        this.random = new SplittableRandom(seed);
        this.disk = new SimDisk(random.nextLong(), random.nextBoolean() ? 512 : 4096);
        this.cutsLeft = cuts;
        this.around = around;
    }

    /** Runs until all cuts are made; tells how many times the storage was recovered. */
    int run() {
        try {
            if (random.nextInt(3) == 0) {
                disk.shortWrites(20, 4096);
            }
            start();
            while (cutsLeft-- > 0) {
                disk.cutAtCall(1 + random.nextInt(120));
                while (!disk.isOff()) {
                    use();
                }
                recover();
            }
            return recoveries;
        } catch (Throwable e) {
            throw new AssertionError("power cut run with seed " + seed + ": " + e.getMessage(), e);
        }
    }

    // ---- use

    private void use() throws IOException {
        switch (random.nextInt(20)) {
            case 0, 1, 2, 3, 4, 5, 6 -> write();
            case 7 -> saveSnapshot();
            case 8 -> install();
            case 9 -> storage.compact(ORIGIN + random.nextInt(1 + (int) (committed - ORIGIN)));
            case 10 -> restart();
            case 14 -> fail();
            case 11, 12 -> backgroundLane.runOne();
            case 13 -> backgroundLane.run();
            default -> turnLog();
        }
        if (!hasIdentity && !isIdentityAsked) {
            isIdentityAsked = true;
            storage.saveIdentity(IDENTITY, done -> hasIdentity |= done instanceof Done.Forced);
        }
        if (settled() > committed && random.nextInt(3) == 0) {
            committed += 1 + random.nextInt((int) (settled() - committed));
        }
    }

    private void turnLog() {
        for (int turns = random.nextInt(4); turns >= 0; turns--) {
            logLane.runOne();
        }
    }

    /** How far the log may be committed: as far as it was reported, and is not about to be replaced. */
    private long settled() {
        long settled = log.last();
        for (Asked one : asked) {
            if (one.batch() != null && !one.batch().entries().isEmpty()) {
                settled = Math.min(settled, one.batch().entries().get(0).index() - 1);
            } else if (one.installed() != null) {
                settled = Math.min(settled, one.installed().index());
            }
        }
        return settled;
    }

    /** The log after all that was asked for. */
    private LogModel wanted() {
        LogModel wanted = log;
        for (Asked one : asked) {
            wanted = one.applyTo(wanted);
        }
        return wanted;
    }

    private void write() {
        if (!hasIdentity) {
            return;
        }
        LogModel wanted = wanted();
        Vote newVote = null;
        if (random.nextInt(5) == 0) {
            term += random.nextInt(2);
            newVote = new Vote(term, random.nextInt(4), random.nextInt(100));
        }
        List<StoredEntry> entries = new ArrayList<>();
        if (random.nextInt(8) > 0) {
            long last = wanted.last();
            boolean replaces = last > committed && random.nextInt(4) == 0;
            long first = replaces ? last + 1 - random.nextInt((int) (last - committed)) : last + 1;
            term += replaces ? 1 : 0;
            for (int count = 1 + random.nextInt(6); count > 0; count--) {
                entries.add(new StoredEntry(first++, term, random.nextInt(), random.nextInt(), (byte) random.nextInt(), payload()));
            }
        }
        Asked one = new Asked(new Batch(newVote, entries), null);
        asked.add(one);
        storage.write(one.batch(), done -> reported(one, done));
    }

    private Bytes payload() {
        int length = random.nextInt(10) == 0 ? random.nextInt(3000) : random.nextInt(300);
        byte[] bytes = new byte[length];
        if (random.nextInt(5) > 0) {
            for (int at = 0; at < length; at++) {
                bytes[at] = (byte) random.nextInt();
            }
        }
        return Bytes.wrap(bytes);
    }

    private void reported(Asked one, Done done) {
        if (!(done instanceof Done.Forced)) {
            check(disk.isOff() || isFaulted, "a write failed though the power was on: " + done);
            return;
        }
        check(asked.peek() == one, "reported out of order");
        asked.remove();
        if (one.batch() != null && one.batch().vote() != null) {
            vote = one.batch().vote();
        }
        if (one.installed() != null) {
            snapshotIndex = Math.max(snapshotIndex, one.installed().index());
        }
        log = one.applyTo(log);
    }

    private static List<Bytes> contentAt(long index, long term) {
        SplittableRandom own = new SplittableRandom(index * 31 + term);
        List<Bytes> records = new ArrayList<>();
        for (int count = own.nextInt(40); count > 0; count--) {
            byte[] record = new byte[own.nextInt(100)];
            own.nextBytes(record);
            records.add(Bytes.wrap(record));
        }
        return records;
    }

    private void saveSnapshot() {
        if (!hasIdentity || committed > log.last() || committed <= Math.max(log.base(), newestKnown())) {
            return;
        }
        long index = committed;
        SnapshotImage image = new SnapshotImage(index, log.term(index), index, 2, Bytes.utf8("1,2,3"), 0, 0);
        List<Bytes> records = contentAt(index, image.term());
        snapshots.put(index, records);
        storage.saveSnapshot(image, sink -> writeTo(sink, records), done -> {
            if (done instanceof SnapshotDone.Saved saved) {
                snapshotIndex = Math.max(snapshotIndex, saved.image().index());
            } else {
                check(disk.isOff() || isClosing || isFaulted, "a snapshot failed though the power was on: " + done);
            }
        });
    }

    private static void writeTo(Storage.SnapshotWriter.Sink sink, List<Bytes> records) throws IOException {
        for (Bytes record : records) {
            sink.record(record);
        }
    }

    private long newestKnown() {
        return snapshots.isEmpty() ? 0 : snapshots.lastKey();
    }

    /** A peer's snapshot arrives, further than what is committed here; the log may go through it, contradict it, or end before it. */
    private void install() throws IOException {
        if (!hasIdentity || !asked.isEmpty()) {
            return;
        }
        long index = Math.max(committed, newestKnown()) + 1 + random.nextInt(20);
        boolean follows = log.has(index) && random.nextBoolean();
        term += follows ? 0 : 1;
        SnapshotImage asIs = new SnapshotImage(
                index, follows ? log.term(index) : term, 1, 2, Bytes.utf8("1,2,3"), 0, 0);
        List<Bytes> records = contentAt(index, asIs.term());
        List<Received> answers = new ArrayList<>();
        SnapshotImage image = transfer(asIs, records, answers);
        transferLane.run();
        if (answers.isEmpty() || !(answers.get(answers.size() - 1) instanceof Received.Whole)) {
            check(disk.isOff() || isFaulted, "a snapshot was not received though the power was on: " + answers);
            return;
        }
        snapshots.put(index, records);
        committed = index;
        Asked one = new Asked(null, image);
        asked.add(one);
        storage.installSnapshot(index, log.goesThrough(image), done -> reported(one, done));
    }

    private SnapshotImage transfer(SnapshotImage image, List<Bytes> records, List<Received> answers) throws IOException {
        MemoryStorage peer = new MemoryStorage();
        peer.open();
        List<SnapshotImage> saved = new ArrayList<>();
        peer.saveSnapshot(image, sink -> writeTo(sink, records), done -> saved.add(((SnapshotDone.Saved) done).image()));
        SnapshotImage whole = saved.get(0);
        int pieceBytes = 1 + random.nextInt(4000);
        long offset = 0;
        do {
            long at = offset;
            peer.readSnapshot(0, at, pieceBytes, piece ->
                    storage.receiveSnapshot(whole, at, ((Piece.Bytes) piece).bytes(), answers::add));
            offset += pieceBytes;
        } while (offset < whole.sizeBytes());
        return whole;
    }

    /** The disk fails once (fault.D10, fault.D11); the storage must not be used any more, and is opened again. */
    private void fail() throws IOException {
        if (random.nextInt(4) > 0) {
            return;
        }
        isFaulted = true;
        if (random.nextBoolean()) {
            disk.failForce(1 + random.nextInt(4));
        } else {
            disk.failWrite(1 + random.nextInt(4));
        }
        for (int more = random.nextInt(12); more >= 0 && !disk.isOff(); more--) {
            write();
            turnLog();
            backgroundLane.runOne();
        }
        restart();
        disk.heal();
        isFaulted = false;
    }

    /** A member that stops in good order, or one whose process is killed while the disk goes on. */
    private void restart() throws IOException {
        if (random.nextBoolean()) {
            isClosing = true;
            storage.close();
            isClosing = false;
        } else {
            killLanes();
        }
        Recovered found = null;
        for (int attempts = 0; found == null && !disk.isOff(); attempts++) {
            check(attempts < 5, "it cannot be opened");
            disk.kill();
            found = openUnlessCut();
        }
        if (found != null) {
            judge(found);
        }
    }

    private void killLanes() {
        logLane.kill();
        backgroundLane.kill();
        transferLane.kill();
    }

    // ---- recovery

    private void start() throws IOException {
        check(open().identity() == null, "an empty disk has an identity");
    }

    private Recovered open() throws IOException {
        logLane = new SimLane();
        backgroundLane = new SimLane();
        transferLane = new SimLane();
        storage = FileStorage.on(around.apply(disk), OPTIONS, logLane, backgroundLane, transferLane);
        recoveries++;
        return storage.open();
    }

    private @Nullable Recovered openUnlessCut() throws IOException {
        try {
            return open();
        } catch (IOException e) {
            if (!disk.isOff() && !isFaulted) {
                throw e;
            }
            return null;
        }
    }

    /** Power comes back; it may go again while the storage recovers, and each time it must find the same or more (inv.D-a). */
    private void recover() throws IOException {
        killLanes();
        disk.crash();
        while (random.nextInt(3) == 0) {
            disk.cutAtCall(1 + random.nextInt(25));
            openUnlessCut();
            disk.crash();
        }
        Recovered found = open();
        judge(found);
        disk.crash();
        Recovered again = open();
        check(again.vote() == null || again.vote().equals(found.vote()), "the vote changed in recovery");
        check(again.entries().equals(found.entries()), "entries changed in recovery");
        check(String.valueOf(again.snapshot()).equals(String.valueOf(found.snapshot())), "the snapshot changed in recovery");
    }

    /** Compares what was found with what was reported and asked for, and goes on from there. */
    private void judge(Recovered found) {
        check(found.suspect() == null, "suspect: " + found.suspect());
        check(hasIdentity ? IDENTITY.equals(found.identity()) : found.identity() == null || isIdentityAsked, "the identity");
        hasIdentity = found.identity() != null;
        isIdentityAsked = hasIdentity;
        judgeVote(found.vote());
        judgeSnapshot(found);
        judgeLog(found);
        asked.clear();
        committed = Math.min(Math.max(committed, snapshotIndex), log.last());
    }

    private void judgeVote(@Nullable Vote found) {
        Vote known = found == null ? new Vote(0, 0, 0) : found;
        boolean isExpected = known.equals(vote);
        for (Asked one : asked) {
            isExpected |= one.batch() != null && known.equals(one.batch().vote());
        }
        check(isExpected, "the vote is " + found + ", reported was " + vote + ", asked for " + asked);
        vote = known;
    }

    private void judgeSnapshot(Recovered found) {
        SnapshotImage image = found.snapshot();
        long index = image == null ? 0 : image.index();
        check(index >= snapshotIndex, "the snapshot is " + image + ", reported was " + Long.toHexString(snapshotIndex));
        List<Bytes> records = new ArrayList<>();
        found.snapshotRecords().forEach(records::add);
        check(image == null ? records.isEmpty() : contentAt(index, image.term()).equals(records), "the snapshot's content");
        snapshotIndex = index;
        snapshots.tailMap(index, false).clear();
    }

    /** The log is the reported one with the first so many of the changes asked for; of those the latest that fits is taken. */
    private void judgeLog(Recovered found) {
        LogModel expected = log;
        LogModel fitting = fits(expected, found) ? expected : null;
        for (Asked one : asked) {
            expected = one.applyTo(expected);
            if (fits(expected, found)) {
                fitting = expected;
            }
        }
        check(fitting != null, "the log behind " + found.snapshot() + " is " + summary(found.entries()) + ", reported was "
                + Long.toHexString(log.base()) + " " + summary(log.entries()) + ", asked for " + asked.size() + " changes");
        log = fitting;
    }

    private static boolean fits(LogModel expected, Recovered found) {
        SnapshotImage image = found.snapshot();
        return image == null
                ? expected.base() == ORIGIN && expected.entries().equals(found.entries())
                : expected.goesThrough(image) && expected.behind(image.index()).equals(found.entries());
    }

    private static String summary(List<StoredEntry> entries) {
        return entries.isEmpty()
                ? "empty"
                : Long.toHexString(entries.get(0).index()) + " to " + Long.toHexString(entries.get(entries.size() - 1).index())
                        + " of term " + entries.get(entries.size() - 1).term();
    }

    private static void check(boolean isGood, String what) {
        if (!isGood) {
            throw new IllegalStateException(what);
        }
    }
}

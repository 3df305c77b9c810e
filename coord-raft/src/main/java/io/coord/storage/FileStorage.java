package io.coord.storage;

import io.coord.Bytes;
import io.coord.ErrorCode;
import io.coord.MemberId;
import io.coord.ensemble.spi.Storage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Storage in one directory of a disk. The package's description tells what its files are.
 *
 * <p>Three lanes work for it: one writes the log, one snapshots and spare segments (rule.22), one takes and gives pieces of snapshots,
 * which peers wait for. Whatever is asked of the log is queued; the lane gathers what is there into one group, writes it, forces it, and
 * reports, in order. A failure to write or force is final: it is reported for that request and for all later ones, until the directory
 * is opened again (fault.D10). Only for want of room the log waits (fault.D11).
 */
public final class FileStorage implements Storage {

    private static final Consumer<Done> NOBODY = done -> {};

    private final Disk disk;
    private final StorageOptions options;
    private final Lane logLane;
    private final Lane backgroundLane;
    /** Pieces of snapshots, to and from peers: these wait for them, and so they wait for no snapshot or spare under way here. */
    private final Lane transferLane;
    private final int expectedMember;
    private final boolean isHealedByPeers;

    private final Owner owner;
    private final Control control;
    private final Spare spare;
    private final Shelf shelf;
    private final Log log;
    private final Pace pace;

    private final Object lock = new Object();
    private final Queue<Request> queue = new ArrayDeque<>();
    private boolean isTurnPending;
    private boolean isOpen;
    private volatile boolean isClosing;

    /** Set on the log's lane, read on all. */
    private volatile @Nullable IOException failure;

    /** Used on the log's lane once the storage is open. */
    private boolean isDamaged;
    private List<String> damagedFiles = List.of();

    private List<Write> inFlight = List.of();
    /** Whether what is in flight waits for room on the disk, and all else that is asked of the log behind it. */
    private boolean waitsForRoom;

    private boolean isShortOfRoom;
    private SnapshotFile.@Nullable Writer receiving;

    private FileStorage(
            Disk disk,
            StorageOptions options,
            Lane logLane,
            Lane backgroundLane,
            Lane transferLane,
            int expectedMember,
            boolean isHealedByPeers) {
        this.disk = disk;
        this.options = options;
        this.logLane = logLane;
        this.backgroundLane = backgroundLane;
        this.transferLane = transferLane;
        this.expectedMember = expectedMember;
        this.isHealedByPeers = isHealedByPeers;
        this.owner = new Owner(disk);
        this.control = new Control(disk);
        this.pace = new Pace(backgroundLane, options.backgroundBytesPerSecondMax(), () -> isClosing);
        this.spare = new Spare(disk, options.segmentBytes(), pace);
        this.shelf = new Shelf(disk, options.snapshotsRetained());
        this.log = new Log(disk, options, control, spare);
    }

    /** A storage in this directory, which is made if it is not there. */
    public static FileStorage at(Path directory) {
        return at(directory, StorageOptions.DEFAULT);
    }

    /** A storage in this directory, with other than the usual sizes. */
    public static FileStorage at(Path directory, StorageOptions options) {
        return on(
                new FileDisk(directory),
                options,
                new ThreadLane("log", Thread.NORM_PRIORITY),
                new ThreadLane("snapshot", Thread.MIN_PRIORITY),
                new ThreadLane("transfer", Thread.MIN_PRIORITY));
    }

    /**
     * Whether others than its owner may read what lies in a directory that is there, as what earlier versions wrote; false where a file
     * system has no such permissions, or does not tell them.
     */
    public static boolean isReadableByOthers(Path directory) {
        if (!isGranted(directory, PosixFilePermission.GROUP_EXECUTE, PosixFilePermission.OTHERS_EXECUTE)) {
            return false;
        }
        try (Stream<Path> files = Files.list(directory)) {
            return files.anyMatch(file -> isGranted(file, PosixFilePermission.GROUP_READ, PosixFilePermission.OTHERS_READ));
        } catch (IOException | UncheckedIOException e) {
            return false; // opening it tells what is wrong
        }
    }

    private static boolean isGranted(Path file, PosixFilePermission... any) {
        PosixFileAttributeView view = Files.getFileAttributeView(file, PosixFileAttributeView.class);
        try {
            return view != null && !Collections.disjoint(view.readAttributes().permissions(), Set.of(any));
        } catch (IOException e) {
            return false;
        }
    }

    /** A storage on any disk and any lanes: how a simulation runs this very code without a thread. */
    public static FileStorage on(Disk disk, StorageOptions options, Lane logLane, Lane backgroundLane, Lane transferLane) {
        return new FileStorage(disk, options, logLane, backgroundLane, transferLane, 0, false);
    }

    /** The same storage, which refuses to open if it belongs to another member. */
    public FileStorage of(MemberId member) {
        return new FileStorage(disk, options, logLane, backgroundLane, transferLane, member.value(), isHealedByPeers);
    }

    /**
     * The same storage, of a member that has peers: damage of its log or snapshots does not stop the start but shows in
     * {@link Recovered#damage()}, to be healed by a snapshot from a peer. Without this, the start stops and names the damage.
     */
    public FileStorage healedByPeers() {
        return new FileStorage(disk, options, logLane, backgroundLane, transferLane, expectedMember, true);
    }

    @Override
    public Recovered open() throws IOException {
        synchronized (lock) {
            if (isOpen || isClosing) {
                throw new IllegalStateException("the storage in " + disk.place() + " has been opened before");
            }
            isOpen = true;
        }
        boolean isDone = false;
        try {
            nameLanes(expectedMember);
            disk.lock();
            Recovery recovery = new Recovery(disk, owner, control, spare, shelf, log).healedByPeers(isHealedByPeers);
            Recovered recovered = recovery.run(expectedMember);
            damagedFiles = recovery.damagedFiles();
            isDamaged = recovered.damage() != null;
            begin(recovered.identity());
            isDone = true;
            return recovered;
        } catch (IOException e) {
            throw isExplained(e) ? e : Trouble.unusable(disk.place(), e);
        } finally {
            if (!isDone) {
                giveUp();
            }
        }
    }

    private static boolean isExplained(IOException e) {
        return e.getMessage() != null && e.getMessage().startsWith("COORD-");
    }

    private void begin(@Nullable Identity identity) {
        if (identity == null) {
            return;
        }
        nameLanes(identity.member());
        backgroundLane.execute(spare::prepare);
        backgroundLane.execute(this::verifyOlder);
    }

    private void nameLanes(int member) {
        if (member != 0) {
            logLane.belongsTo(member);
            backgroundLane.belongsTo(member);
            transferLane.belongsTo(member);
        }
    }

    /** After a failed open nothing is kept: neither lock nor file nor thread. */
    private void giveUp() {
        isClosing = true;
        closeQuietly();
    }

    @Override
    public DiskUse diskUse() throws IOException {
        long snapshots = 0;
        long log = 0;
        for (String name : disk.list()) {
            if (Names.isSegment(name) || name.startsWith(Names.SPARE)) {
                log += sizeOf(name);
            } else if (Names.isSnapshot(name) || Names.isUnfinished(name)) {
                snapshots += sizeOf(name);
            }
        }
        return new DiskUse(snapshots, log);
    }

    private long sizeOf(String name) throws IOException {
        try (DiskFile file = disk.open(name)) {
            return file.size();
        } catch (NoSuchFileException dropped) {
            return 0; // since it was listed
        }
    }

    @Override
    public void saveIdentity(Identity identity, Consumer<Done> done) {
        submit(new Step(() -> saveIdentity(identity), done));
    }

    private void saveIdentity(Identity identity) throws IOException {
        Identity known = owner.identity();
        if (known == null) {
            control.make();
            owner.make(identity);
            log.belongsTo(owner.logId());
            shelf.belongsTo(identity.clusterId());
            begin(identity);
        } else if (known.clusterId() != identity.clusterId() || known.member() != identity.member()) {
            throw Trouble.otherMember(disk.place(), known.member(), identity.member(), known.clusterId());
        } else if (known.incarnation() != identity.incarnation()) {
            owner.renew(identity);
            control.forgive();
        }
    }

    @Override
    public void write(Batch batch, Consumer<Done> done) {
        submit(new Write(batch, done));
    }

    @Override
    public @Nullable Runnable writeHere(Batch batch, Consumer<Done> done) {
        if (!isTurnDueFor(new Write(batch, done))) {
            return null;
        }
        Runnable here = logLane.here(this::turn);
        if (here == null) {
            logLane.execute(this::turn);
        }
        return here;
    }

    @Override
    public void installSnapshot(long index, boolean keepSuffix, Consumer<Done> done) {
        submit(new Step(() -> install(index, keepSuffix), done));
    }

    private void install(long index, boolean keepSuffix) throws IOException {
        SnapshotImage image = shelf.received(index);
        if (image == null) {
            throw Trouble.senseless(disk.place(), "there is no received snapshot of index " + Trouble.hex(index) + " to install");
        }
        Tail tail = log.tail();
        if (keepSuffix && !(tail.has(index) && tail.termAt(index) == image.term())) {
            throw Trouble.senseless(
                    disk.place(), "the log " + tail + " does not go through the snapshot of " + Trouble.hex(index));
        }
        String name = Names.snapshot(image.index(), image.term());
        disk.rename(name + Names.RECEIVED, name);
        disk.force();
        shelf.install(image);
        List<String> dropped = keepSuffix ? List.of() : log.restart(image.index(), image.term());
        healed();
        backgroundLane.execute(() -> delete(dropped));
        backgroundLane.execute(this::purge);
    }

    /** The log starts anew, behind a snapshot that stands for all it held; what was damaged is kept, under another name. */
    private void healed() {
        List<String> replaced = damagedFiles;
        isDamaged = false;
        damagedFiles = List.of();
        if (!replaced.isEmpty()) {
            backgroundLane.execute(() -> quarantine(replaced));
        }
    }

    private void quarantine(List<String> names) {
        try {
            for (String name : names) {
                disk.rename(name, name + Names.DAMAGED);
            }
            disk.force();
        } catch (IOException leftToNextOpen) {
            // They are no part of the log any more.
        }
    }

    @Override
    public void compact(long throughIndex) {
        submit(new Step(() -> dropThrough(throughIndex), NOBODY));
    }

    private void dropThrough(long throughIndex) {
        SnapshotImage newest = shelf.newest();
        if (newest == null) {
            return;
        }
        log.tail().forgetThrough(Math.min(throughIndex, newest.index()));
        List<String> dropped = log.compact(Math.min(throughIndex, shelf.droppableThrough()));
        if (!dropped.isEmpty()) {
            backgroundLane.execute(() -> delete(dropped));
        }
    }

    /** Files that stay behind after a failure, or a crash, are recognized and deleted at the next open. */
    private void delete(List<String> names) {
        try {
            for (String name : names) {
                disk.delete(name);
            }
            disk.force();
        } catch (IOException leftToNextOpen) {
            // Nothing depends on it.
        }
    }

    // ---- the log's lane

    private sealed interface Request permits Write, Step {
        Consumer<Done> done();
    }

    private record Write(Batch batch, Consumer<Done> done) implements Request {}

    private record Step(DiskAction action, Consumer<Done> done) implements Request {}

    private interface DiskAction {
        void run() throws IOException;
    }

    private void submit(Request request) {
        if (isTurnDueFor(request)) {
            logLane.execute(this::turn);
        }
    }

    /** Queues a request, or refuses it; whether the lane must be told, since it has no turn before it yet. */
    private boolean isTurnDueFor(Request request) {
        synchronized (lock) {
            if (isOpen && !isClosing) {
                queue.add(request);
                boolean isDue = !isTurnPending;
                isTurnPending = true;
                return isDue;
            }
        }
        request.done().accept(new Done.Failed(Trouble.closed(disk.place())));
        return false;
    }

    /** One turn of the log's lane: a step on its own, or all the writes that have come together. */
    private void turn() {
        List<Write> writes = new ArrayList<>();
        Step step = gather(writes);
        if (step != null) {
            run(step);
            goOn();
        } else {
            inFlight = writes;
            writeInFlight();
        }
    }

    /** What finds no room is no failure: nothing was forced, nothing reported, and the same bytes are written when there is room. */
    private void writeInFlight() {
        waitsForRoom = false;
        guarded(() -> {
            try {
                stage(inFlight);
            } catch (NoRoomException e) {
                if (isClosing) {
                    throw e;
                }
                waitsForRoom = true;
            }
        });
        if (!waitsForRoom) {
            logLane.execute(this::finish);
        }
    }

    private void retry() {
        if (waitsForRoom) {
            writeInFlight();
        }
    }

    private @Nullable Step gather(List<Write> writes) {
        synchronized (lock) {
            long bytes = 0;
            while (!queue.isEmpty()) {
                Request next = queue.element();
                if (next instanceof Step step) {
                    return writes.isEmpty() ? (Step) queue.remove() : null;
                }
                Write write = (Write) next;
                bytes += Group.recordsBytes(write.batch().entries());
                if (!writes.isEmpty() && bytes > options.groupBytesMax()) {
                    return null;
                }
                writes.add(write);
                queue.remove();
            }
            return null;
        }
    }

    private void stage(List<Write> writes) throws IOException {
        if (owner.identity() == null) {
            throw Trouble.senseless(disk.place(), "nothing can be written before the identity is");
        }
        if (isDamaged) {
            throw Trouble.senseless(disk.place(), "nothing can be written before the damage is healed");
        }
        Vote vote = null;
        List<StoredEntry> entries = new ArrayList<>();
        for (Write write : writes) {
            vote = write.batch().vote() == null ? vote : write.batch().vote();
            merge(entries, write.batch().entries());
        }
        if (!entries.isEmpty()) {
            String objection = log.objection(entries);
            if (objection != null) {
                throw Trouble.senseless(disk.place(), objection);
            }
        }
        if (vote != null) {
            control.save(vote);
        }
        if (!entries.isEmpty()) {
            log.append(entries);
            if (spare.isWanted()) {
                backgroundLane.execute(spare::prepare);
            }
        }
    }

    /** Entries that replace others of the same group do so before they are written. */
    private void merge(List<StoredEntry> entries, List<StoredEntry> more) throws IOException {
        if (more.isEmpty()) {
            return;
        }
        if (!entries.isEmpty()) {
            long kept = more.get(0).index() - entries.get(0).index();
            if (kept > entries.size()) {
                throw Trouble.senseless(
                        disk.place(),
                        "entries begin at " + Trouble.hex(more.get(0).index()) + ", but those before end at "
                                + Trouble.hex(entries.get(entries.size() - 1).index()));
            }
            entries.subList((int) Math.max(0, kept), entries.size()).clear();
        }
        entries.addAll(more);
    }

    private void finish() {
        guarded(log::force);
        List<Write> written = inFlight;
        inFlight = List.of();
        for (Write write : written) {
            report(write.done(), result());
        }
        goOn();
    }

    private void run(Step step) {
        guarded(step.action());
        report(step.done(), result());
    }

    /** Runs an action of the log, unless one has failed before; a failure of any kind is the last thing that happens to it. */
    private void guarded(DiskAction action) {
        if (failure != null) {
            return;
        }
        try {
            action.run();
        } catch (IOException | RuntimeException | Error e) {
            failure = e instanceof IOException io && isExplained(io) ? io : Trouble.cannotWrite(disk.place(), e);
        }
    }

    private Done result() {
        IOException why = failure;
        return why == null ? Done.Forced.FORCED : new Done.Failed(why);
    }

    /** A callback only enqueues; one that throws is a broken member, to which nothing more is reported as written. */
    private void report(Consumer<Done> done, Done result) {
        try {
            done.accept(result);
        } catch (RuntimeException | Error e) {
            guarded(() -> {
                throw new IOException(ErrorCode.WRITE_FAILED + " a callback of the storage failed: " + e, e);
            });
        }
    }

    private void goOn() {
        synchronized (lock) {
            if (queue.isEmpty()) {
                isTurnPending = false;
                return;
            }
        }
        logLane.execute(this::turn);
    }

    /** Room is what one more segment takes; once it was gone, twice that, lest it come and go. */
    @Override
    public void room(Consumer<@Nullable String> answer) {
        synchronized (lock) {
            if (isOpen && !isClosing) {
                logLane.execute(() -> answer.accept(shortage()));
                return;
            }
        }
        answer.accept(null);
    }

    private @Nullable String shortage() {
        retry();
        long usable = usableBytes();
        isShortOfRoom = waitsForRoom || usable < (isShortOfRoom ? 2L : 1L) * options.segmentBytes();
        if (!isShortOfRoom && spare.isWanted()) {
            backgroundLane.execute(spare::prepare);
        }
        return isShortOfRoom ? Trouble.noRoom(disk.place(), usable, waitsForRoom) : null;
    }

    private long usableBytes() {
        try {
            return disk.usableBytes();
        } catch (IOException e) {
            return Long.MAX_VALUE; // what is wrong with it shows when something is written
        }
    }

    // ---- the background and the transfer lane: whatever goes wrong there is answered, since somebody waits (fault.P5)

    @Override
    public void saveSnapshot(SnapshotImage image, SnapshotWriter content, Consumer<SnapshotDone> done) {
        on(backgroundLane, () -> done.accept(save(image, content)), why -> done.accept(new SnapshotDone.NotSaved(why)));
    }

    private SnapshotDone save(SnapshotImage image, SnapshotWriter content) {
        String name = Names.snapshot(image.index(), image.term());
        String temporary = name + Names.TEMPORARY;
        try {
            check();
            SnapshotImage known;
            try (SnapshotFile.Writer writer = new SnapshotFile.Writer(disk, temporary, image, pace)) {
                content.writeTo(writer.content());
                known = writer.finish(shelf.clusterId());
            }
            disk.rename(temporary, name);
            disk.force();
            shelf.add(known);
            purge();
            return new SnapshotDone.Saved(known);
        } catch (IOException | RuntimeException | Error e) {
            deleteQuietly(temporary);
            return new SnapshotDone.NotSaved(isClosing ? Trouble.closed(disk.place()) : asIo(e));
        }
    }

    private static IOException asIo(Throwable e) {
        return e instanceof IOException io ? io : new IOException(Trouble.reason(e), e);
    }

    private void check() throws IOException {
        IOException why = failure;
        if (why != null) {
            throw why;
        }
        pace.check();
    }

    private void purge() {
        List<String> unwanted = shelf.trim();
        if (!unwanted.isEmpty()) {
            delete(unwanted);
        }
    }

    private void deleteQuietly(String name) {
        try {
            disk.delete(name);
        } catch (IOException leftToNextOpen) {
            // Unfinished files are deleted when the directory is opened again.
        }
    }

    @Override
    public void readSnapshot(long index, long offset, int bytesMax, Consumer<Piece> done) {
        on(
                transferLane,
                () -> done.accept(read(index, offset, bytesMax)),
                why -> done.accept(new Piece.Unreadable(Trouble.reason(why))));
    }

    private Piece read(long index, long offset, int bytesMax) {
        SnapshotImage image = shelf.at(index);
        if (image == null) {
            return new Piece.Missing("there is no snapshot of index " + Trouble.hex(index));
        }
        try (SnapshotFile.Reader reader = new SnapshotFile.Reader(disk, shelf.name(image), shelf.clusterId())) {
            return new Piece.Bytes(image, offset, reader.piece(offset, bytesMax));
        } catch (IOException | RuntimeException | Error e) {
            if (e instanceof DamagedException || e instanceof NoSuchFileException) {
                shelf.remove(image);
                return new Piece.Missing(Trouble.reason(e));
            }
            return new Piece.Unreadable(Trouble.reason(e));
        }
    }

    @Override
    public void receiveSnapshot(SnapshotImage image, long offset, Bytes piece, Consumer<Received> done) {
        on(
                transferLane,
                () -> done.accept(receive(image, offset, piece)),
                why -> done.accept(new Received.Refused(Trouble.reason(why))));
    }

    private Received receive(SnapshotImage image, long offset, Bytes piece) {
        try {
            check();
            SnapshotFile.Writer writer = receiver(image, offset);
            if (writer == null) {
                return new Received.Refused("another snapshot is being received; begin at offset 0");
            }
            if (offset != writer.content().sizeBytes()) {
                return new Received.Partly(writer.content().sizeBytes());
            }
            writer.content().add(piece.asByteBuffer());
            if (writer.content().sizeBytes() < image.sizeBytes()) {
                return new Received.Partly(writer.content().sizeBytes());
            }
            return complete(writer);
        } catch (IOException | RuntimeException | Error e) {
            forgetReceived();
            deleteQuietly(temporaryName(image)); // made, perhaps, by a writer that did not come about
            return new Received.Refused(Trouble.reason(e));
        }
    }

    private SnapshotFile.@Nullable Writer receiver(SnapshotImage image, long offset) throws IOException {
        if (offset == 0) {
            forgetReceived();
            receiving = new SnapshotFile.Writer(disk, temporaryName(image), image, pace.ofReceipt());
        }
        SnapshotFile.Writer writer = receiving;
        return writer == null || !writer.image().equals(image) ? null : writer;
    }

    private static String temporaryName(SnapshotImage image) {
        return Names.snapshot(image.index(), image.term()) + Names.RECEIVED + Names.TEMPORARY;
    }

    private Received complete(SnapshotFile.Writer writer) throws IOException {
        SnapshotImage wanted = writer.image();
        SnapshotImage known = writer.finish(shelf.clusterId());
        if (known.sizeBytes() != wanted.sizeBytes() || known.digest() != wanted.digest()) {
            forgetReceived();
            return new Received.Refused("the snapshot of " + Trouble.hex(wanted.index()) + " arrived with "
                    + known.sizeBytes() + " bytes and digest " + Trouble.hex(known.digest()) + " instead of "
                    + wanted.sizeBytes() + " bytes and digest " + Trouble.hex(wanted.digest()));
        }
        receiving = null;
        writer.close();
        disk.rename(temporaryName(known), Names.snapshot(known.index(), known.term()) + Names.RECEIVED);
        disk.force();
        shelf.receive(known);
        return new Received.Whole(known, shelf.records(known));
    }

    private void forgetReceived() {
        SnapshotFile.Writer writer = receiving;
        receiving = null;
        if (writer != null) {
            closeQuietly(writer);
            deleteQuietly(temporaryName(writer.image()));
        }
    }

    /** Snapshots beside the newest count only while they are valid: a damaged one must not allow to drop log (ZK-3231). */
    private void verifyOlder() {
        for (SnapshotImage image : shelf.older()) {
            try (SnapshotFile.Reader reader = new SnapshotFile.Reader(disk, shelf.name(image), shelf.clusterId())) {
                reader.verify();
            } catch (IOException e) {
                if (e instanceof DamagedException) {
                    shelf.remove(image);
                }
            }
        }
    }

    private void on(Lane lane, Runnable task, Consumer<IOException> refused) {
        synchronized (lock) {
            if (isOpen && !isClosing) {
                lane.execute(task);
                return;
            }
        }
        refused.accept(Trouble.closed(disk.place()));
    }

    // ---- the end

    /** Finishes what was asked of the log, and seals it; gives snapshots up. */
    @Override
    public void close() {
        synchronized (lock) {
            if (isClosing) {
                return;
            }
            if (isOpen && !isTurnPending) {
                isTurnPending = true;
                logLane.execute(this::turn);
            }
            queue.add(new Step(this::endLog, NOBODY));
            isClosing = true;
            if (isOpen) {
                logLane.execute(this::retry); // for the last time
            }
        }
        closeQuietly();
    }

    private void endLog() throws IOException {
        log.seal();
    }

    private void closeQuietly() {
        logLane.close();
        backgroundLane.close();
        transferLane.close();
        forgetReceived();
        closeQuietly(log::release);
        closeQuietly(control);
        closeQuietly(disk);
    }

    private static void closeQuietly(java.io.Closeable part) {
        try {
            part.close();
        } catch (IOException nothingLeftToDo) {
            // What had to be durable was forced before.
        }
    }
}

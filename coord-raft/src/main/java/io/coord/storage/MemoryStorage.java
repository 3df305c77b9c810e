package io.coord.storage;

import io.coord.Bytes;
import io.coord.ensemble.spi.Storage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Storage without a disk, for tests. What it holds outlives {@link #close}, as a disk outlives its member: opening the same object
 * again is a restart. Only {@link #wipe} empties it.
 *
 * <p>Work and callbacks run wherever the executor runs them; the usual one runs them at once, on the caller's thread. A close
 * loses the work that has not run, as a crash does.
 */
public final class MemoryStorage implements Storage {

    private final Executor executor;

    private int run;
    private boolean isOpen;
    private @Nullable IOException failure;
    private @Nullable Identity identity;
    private @Nullable Vote vote;
    private List<StoredEntry> entries = new ArrayList<>();
    private final List<Stored> snapshots = new ArrayList<>();
    private final List<Stored> received = new ArrayList<>();
    private @Nullable Building receiving;

    /** A snapshot: its content as it would be on a disk. */
    private record Stored(SnapshotImage image, List<byte[]> chunks) {
        Iterator<Bytes> records() {
            return SnapshotContent.records(number -> ByteBuffer.wrap(chunks.get((int) number)), image.sizeBytes());
        }
    }

    /** A snapshot that is becoming. */
    private static final class Building {
        private final SnapshotImage image;
        private final List<byte[]> chunks = new ArrayList<>();
        private final SnapshotContent content;

        Building(SnapshotImage image) {
            this.image = image;
            this.content = new SnapshotContent(ByteBuffer.allocate(SnapshotContent.CHUNK_BYTES), this::keep);
        }

        private void keep(ByteBuffer chunk, long digest) {
            byte[] copy = new byte[chunk.remaining()];
            chunk.get(copy);
            chunks.add(copy);
        }

        Stored finish() throws IOException {
            content.finish();
            return new Stored(
                    new SnapshotImage(
                            image.index(),
                            image.term(),
                            image.wallMillis(),
                            image.elapsedMillis(),
                            image.configuration(),
                            content.sizeBytes(),
                            content.digest()),
                    List.copyOf(chunks));
        }
    }

    /** An empty storage that works on its caller's thread. */
    public MemoryStorage() {
        this(Runnable::run);
    }

    /** An empty storage that works where the executor runs what it is given, in order and one at a time. */
    public MemoryStorage(Executor executor) {
        this.executor = executor;
    }

    /** Empties the storage, which must not be open: the member has lost its disk. */
    public synchronized void wipe() {
        if (isOpen) {
            throw new IllegalStateException("the storage is open; close it before wiping it");
        }
        identity = null;
        vote = null;
        entries = new ArrayList<>();
        snapshots.clear();
        received.clear();
        receiving = null;
    }

    @Override
    public synchronized Recovered open() throws IOException {
        if (isOpen) {
            throw Trouble.inUse(place(), "another member of this process");
        }
        isOpen = true;
        failure = null;
        received.clear();
        receiving = null;
        Stored newest = newest();
        return new Recovered(
                identity,
                vote,
                newest == null ? null : newest.image(),
                newest == null ? List.of() : newest::records,
                List.copyOf(behind(newest)),
                null,
                List.of());
    }

    private static String place() {
        return "in memory";
    }

    private List<StoredEntry> behind(@Nullable Stored snapshot) {
        if (snapshot == null || entries.isEmpty()) {
            return entries;
        }
        long skipped = snapshot.image().index() - entries.get(0).index() + 1;
        return entries.subList((int) Math.max(0, Math.min(skipped, entries.size())), entries.size());
    }

    private @Nullable Stored newest() {
        return snapshots.isEmpty() ? null : snapshots.get(0);
    }

    // ---- what is asked

    private interface Work<R> {
        R run() throws IOException;
    }

    /** Runs work on the executor, in this run of the storage only, and reports outside the lock. */
    private <R> void submit(Work<R> work, Function<IOException, R> refusal, Consumer<R> done) {
        int askedIn;
        boolean isRefused;
        synchronized (this) {
            askedIn = run;
            isRefused = !isOpen;
        }
        if (isRefused) {
            done.accept(refusal.apply(Trouble.closed(place())));
            return;
        }
        executor.execute(() -> {
            R result;
            synchronized (this) {
                if (run != askedIn) {
                    return;
                }
                result = runWork(work);
            }
            done.accept(result);
        });
    }

    private static <R> R runWork(Work<R> work) {
        try {
            return work.run();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void saveIdentity(Identity whose, Consumer<Done> done) {
        submit(() -> guarded(() -> saveIdentity(whose)), Done.Failed::new, done);
    }

    private void saveIdentity(Identity whose) throws IOException {
        Identity known = identity;
        if (known != null && (known.clusterId() != whose.clusterId() || known.member() != whose.member())) {
            throw Trouble.otherMember(place(), known.member(), whose.member(), known.clusterId());
        }
        identity = whose;
    }

    private interface Change {
        void run() throws IOException;
    }

    /** A failure is the last thing that happens to the log in this run, as on a disk. */
    private Done guarded(Change change) {
        if (failure == null) {
            try {
                change.run();
                return Done.Forced.FORCED;
            } catch (IOException e) {
                failure = e;
            }
        }
        return new Done.Failed(failure);
    }

    @Override
    public void write(Batch batch, Consumer<Done> done) {
        submit(() -> guarded(() -> append(batch)), Done.Failed::new, done);
    }

    private void append(Batch batch) throws IOException {
        if (identity == null) {
            throw new IOException("nothing can be written before the identity is");
        }
        if (!batch.entries().isEmpty()) {
            append(batch.entries());
        }
        if (batch.vote() != null) {
            vote = batch.vote();
        }
    }

    private void append(List<StoredEntry> more) throws IOException {
        long first = more.get(0).index();
        Stored newest = newest();
        long start = !entries.isEmpty() ? entries.get(0).index() : newest != null ? newest.image().index() + 1 : first;
        if (first < start || first > start + entries.size()) {
            throw new IOException("entries begin at " + Trouble.hex(first) + ", but the log holds [" + Trouble.hex(start) + ", "
                    + Trouble.hex(start + entries.size()) + ")");
        }
        entries.subList((int) (first - start), entries.size()).clear();
        entries.addAll(more);
    }

    @Override
    public void saveSnapshot(SnapshotImage image, SnapshotWriter content, Consumer<SnapshotDone> done) {
        submit(() -> save(image, content), SnapshotDone.NotSaved::new, done);
    }

    private SnapshotDone save(SnapshotImage image, SnapshotWriter content) {
        try {
            Building building = new Building(image);
            content.writeTo(building.content);
            Stored stored = building.finish();
            keep(stored);
            return new SnapshotDone.Saved(stored.image());
        } catch (IOException e) {
            return new SnapshotDone.NotSaved(e);
        }
    }

    /** Keeps the two newest, as a disk would. */
    private void keep(Stored stored) {
        snapshots.removeIf(old -> old.image().index() == stored.image().index());
        snapshots.add(stored);
        snapshots.sort((one, other) -> Long.compare(other.image().index(), one.image().index()));
        while (snapshots.size() > 2) {
            snapshots.remove(snapshots.size() - 1);
        }
    }

    @Override
    public void readSnapshot(long index, long offset, int bytesMax, Consumer<Piece> done) {
        submit(() -> read(index, offset, bytesMax), why -> new Piece.Unreadable(Trouble.reason(why)), done);
    }

    private Piece read(long index, long offset, int bytesMax) {
        for (Stored stored : snapshots) {
            if (index == 0 || stored.image().index() == index) {
                return new Piece.Bytes(stored.image(), offset, piece(stored, offset, bytesMax));
            }
        }
        return new Piece.Missing("there is no snapshot of index " + Trouble.hex(index));
    }

    private static Bytes piece(Stored stored, long offset, int bytesMax) {
        int length = (int) Math.max(0, Math.min(bytesMax, stored.image().sizeBytes() - offset));
        byte[] piece = new byte[length];
        for (int done = 0; done < length; ) {
            long at = offset + done;
            byte[] chunk = stored.chunks().get((int) (at / SnapshotContent.CHUNK_BYTES));
            int from = (int) (at % SnapshotContent.CHUNK_BYTES);
            int count = Math.min(chunk.length - from, length - done);
            System.arraycopy(chunk, from, piece, done, count);
            done += count;
        }
        return Bytes.wrap(piece);
    }

    @Override
    public void receiveSnapshot(SnapshotImage image, long offset, Bytes piece, Consumer<Received> done) {
        submit(() -> receive(image, offset, piece), why -> new Received.Refused(Trouble.reason(why)), done);
    }

    private Received receive(SnapshotImage image, long offset, Bytes piece) throws IOException {
        if (offset == 0) {
            receiving = new Building(image);
        }
        Building building = receiving;
        if (building == null || !building.image.equals(image)) {
            return new Received.Refused("another snapshot is being received; begin at offset 0");
        }
        if (offset != building.content.sizeBytes()) {
            return new Received.Partly(building.content.sizeBytes());
        }
        building.content.add(piece.asByteBuffer());
        if (building.content.sizeBytes() < image.sizeBytes()) {
            return new Received.Partly(building.content.sizeBytes());
        }
        receiving = null;
        Stored whole = building.finish();
        if (!whole.image().equals(image)) {
            return new Received.Refused("the snapshot of " + Trouble.hex(image.index()) + " arrived as " + whole.image());
        }
        received.add(whole);
        return new Received.Whole(image, whole::records);
    }

    @Override
    public void installSnapshot(long index, boolean keepSuffix, Consumer<Done> done) {
        submit(() -> guarded(() -> install(index, keepSuffix)), Done.Failed::new, done);
    }

    private void install(long index, boolean keepSuffix) throws IOException {
        Stored whole = received.stream()
                .filter(stored -> stored.image().index() == index)
                .findFirst()
                .orElse(null);
        if (whole == null) {
            throw new IOException("there is no received snapshot of index " + Trouble.hex(index) + " to install");
        }
        if (keepSuffix && !goesThrough(whole.image())) {
            throw new IOException("the log does not go through the snapshot of " + Trouble.hex(index));
        }
        received.removeIf(stored -> stored.image().index() <= index);
        keep(whole);
        if (!keepSuffix) {
            entries.clear();
        }
    }

    private boolean goesThrough(SnapshotImage image) {
        if (entries.isEmpty()) {
            return false;
        }
        long at = image.index() - entries.get(0).index();
        return at >= 0 && at < entries.size() && entries.get((int) at).term() == image.term();
    }

    @Override
    public void compact(long throughIndex) {
        submit(() -> dropThrough(throughIndex), closed -> false, nothing -> {});
    }

    private Boolean dropThrough(long throughIndex) {
        if (snapshots.size() == 2 && !entries.isEmpty()) {
            long through = Math.min(throughIndex, snapshots.get(1).image().index());
            long dropped = Math.max(0, Math.min(through - entries.get(0).index() + 1, entries.size()));
            entries = new ArrayList<>(entries.subList((int) dropped, entries.size()));
        }
        return true;
    }

    @Override
    public synchronized void close() {
        isOpen = false;
        run++;
    }
}

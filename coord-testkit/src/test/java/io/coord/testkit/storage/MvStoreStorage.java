package io.coord.testkit.storage;

import io.coord.Bytes;
import io.coord.ErrorCode;
import io.coord.ensemble.spi.Storage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.zip.CRC32C;
import org.h2.mvstore.MVMap;
import org.h2.mvstore.MVStore;
import org.h2.mvstore.MVStoreException;
import org.jspecify.annotations.Nullable;

/**
 * A storage in a single file of an embedded store, H2's MVStore: an example of how to put Coord's memory somewhere else.
 *
 * <p>The store keeps versions and checks its pages; what is left to do is to commit and sync before anything is reported, and to run all
 * work in order, on one thread. The file is locked by the store. All members of an ensemble must use it: the digest of snapshots is its own.
 */
final class MvStoreStorage implements Storage {

    private static final int SNAPSHOTS_RETAINED = 2;
    private static final String IDENTITY = "identity";
    private static final String VOTE = "vote";

    private final Path file;
    private final ExecutorService thread = Executors.newSingleThreadExecutor(task -> {
        Thread worker = new Thread(task, "mvstore");
        worker.setDaemon(true);
        return worker;
    });
    private @Nullable MVStore store;
    private @Nullable IOException failure;
    private volatile boolean isOpen;
    private @Nullable Receiving receiving;

    MvStoreStorage(Path file) {
        this.file = file;
    }

    private record Receiving(SnapshotImage image, ByteArrayOutputStream content) {}

    // ---- maps

    private MVStore store() {
        if (store == null) {
            throw new IllegalStateException("not open");
        }
        return store;
    }

    private MVMap<String, byte[]> small() {
        return store().openMap("small");
    }

    private MVMap<Long, byte[]> log() {
        return store().openMap("log");
    }

    /** By index: what it stands for, and its content. */
    private MVMap<Long, byte[]> images() {
        return store().openMap("images");
    }

    private MVMap<Long, byte[]> contents() {
        return store().openMap("contents");
    }

    // ---- opening and closing

    @Override
    public Recovered open() throws IOException {
        try {
            store = new MVStore.Builder().fileName(file.toString()).autoCommitDisabled().open();
        } catch (MVStoreException e) {
            throw new IOException(ErrorCode.DATA_DIRECTORY_IN_USE.message("the store " + file + " cannot be opened: " + e.getMessage()), e);
        }
        isOpen = true;
        byte[] identity = small().get(IDENTITY);
        byte[] vote = small().get(VOTE);
        Long newest = images().lastKey();
        List<StoredEntry> entries = new ArrayList<>();
        for (Iterator<Long> at = log().keyIterator(newest == null ? null : newest + 1); at.hasNext(); ) {
            Long index = at.next();
            entries.add(entry(index, log().get(index)));
        }
        return new Recovered(
                identity == null ? null : identity(identity),
                vote == null ? null : vote(vote),
                newest == null ? null : image(images().get(newest)),
                newest == null ? List.of() : records(contents().get(newest)),
                entries,
                null,
                List.of());
    }

    @Override
    public void close() {
        if (!isOpen) {
            thread.shutdown();
            return;
        }
        isOpen = false;
        thread.shutdown();
        try {
            if (!thread.awaitTermination(20, TimeUnit.SECONDS)) {
                throw new IllegalStateException("the store " + file + " does not come to an end");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        store().close();
    }

    // ---- the log

    private interface Change {
        void make() throws IOException;
    }

    private <R> void submit(java.util.concurrent.Callable<R> work, Function<IOException, R> refusal, Consumer<R> done) {
        if (!isOpen) {
            done.accept(refusal.apply(new IOException("the store " + file + " is closed")));
            return;
        }
        thread.execute(() -> {
            R result;
            try {
                result = work.call();
            } catch (Exception e) {
                result = refusal.apply(e instanceof IOException io ? io : new IOException(e.toString(), e));
            }
            done.accept(result);
        });
    }

    /** Makes a change durable; after a failure nothing is written any more. */
    private Done durable(Change change) {
        if (failure == null) {
            try {
                change.make();
                store().commit();
                store().sync();
                return Done.Forced.FORCED;
            } catch (IOException e) {
                failure = e;
            } catch (MVStoreException e) {
                failure = new IOException(ErrorCode.WRITE_FAILED.message("the store " + file + " cannot be written: " + e.getMessage()), e);
            }
            store().rollback();
        }
        return new Done.Failed(failure);
    }

    @Override
    public void saveIdentity(Identity whose, Consumer<Done> done) {
        submit(() -> durable(() -> save(whose)), Done.Failed::new, done);
    }

    private void save(Identity whose) throws IOException {
        byte[] known = small().get(IDENTITY);
        if (known != null && (identity(known).clusterId() != whose.clusterId() || identity(known).member() != whose.member())) {
            throw new IOException(ErrorCode.FOREIGN_DATA_DIRECTORY.message("the store " + file + " belongs to member "
                    + identity(known).member() + ", not to member " + whose.member()));
        }
        small().put(IDENTITY, bytes(out -> {
            out.writeLong(whose.clusterId());
            out.writeInt(whose.member());
            out.writeLong(whose.incarnation());
            out.write(whose.configuration().toArray());
        }));
    }

    @Override
    public void write(Batch batch, Consumer<Done> done) {
        submit(() -> durable(() -> append(batch)), Done.Failed::new, done);
    }

    private void append(Batch batch) throws IOException {
        if (!small().containsKey(IDENTITY)) {
            throw new IOException("nothing can be written before the identity is");
        }
        Vote vote = batch.vote();
        if (vote != null) {
            small().put(VOTE, bytes(out -> {
                out.writeLong(vote.term());
                out.writeInt(vote.voteMember());
                out.writeLong(vote.voteIncarnation());
            }));
        }
        if (!batch.entries().isEmpty()) {
            append(batch.entries());
        }
    }

    private void append(List<StoredEntry> entries) throws IOException {
        long first = entries.get(0).index();
        Long newest = images().lastKey();
        Long start = !log().isEmpty() ? log().firstKey() : newest == null ? Long.valueOf(first) : Long.valueOf(newest + 1);
        long end = log().isEmpty() ? start : log().lastKey() + 1;
        if (first < start || first > end) {
            throw new IOException("entries begin at " + Long.toHexString(first) + ", but the log holds [" + Long.toHexString(start)
                    + ", " + Long.toHexString(end) + ")");
        }
        for (long index = first + entries.size(); index < end; index++) {
            log().remove(index);
        }
        for (StoredEntry entry : entries) {
            log().put(entry.index(), bytes(out -> {
                out.writeLong(entry.term());
                out.writeLong(entry.wallMillis());
                out.writeLong(entry.elapsedMillis());
                out.writeByte(entry.kind());
                out.write(entry.payload().toArray());
            }));
        }
    }

    @Override
    public void compact(long throughIndex) {
        submit(() -> durable(() -> dropThrough(throughIndex)), Done.Failed::new, done -> {});
    }

    private void dropThrough(long throughIndex) {
        if (images().size() < SNAPSHOTS_RETAINED) {
            return;
        }
        long through = Math.min(throughIndex, images().firstKey());
        while (!log().isEmpty() && log().firstKey() <= through) {
            log().remove(log().firstKey());
        }
    }

    // ---- snapshots

    @Override
    public void saveSnapshot(SnapshotImage image, SnapshotWriter content, Consumer<SnapshotDone> done) {
        submit(() -> save(image, content), SnapshotDone.NotSaved::new, done);
    }

    private SnapshotDone save(SnapshotImage image, SnapshotWriter content) throws IOException {
        byte[] written = bytes(out -> content.writeTo(record -> {
            out.writeInt(record.length());
            out.write(record.toArray());
        }));
        SnapshotImage known = known(image, written);
        return durable(() -> keep(known, written)) instanceof Done.Failed failed
                ? new SnapshotDone.NotSaved(failed.cause())
                : new SnapshotDone.Saved(known);
    }

    private void keep(SnapshotImage image, byte[] content) throws IOException {
        images().put(image.index(), bytes(out -> {
            out.writeLong(image.index());
            out.writeLong(image.term());
            out.writeLong(image.wallMillis());
            out.writeLong(image.elapsedMillis());
            out.writeLong(image.sizeBytes());
            out.writeLong(image.digest());
            out.write(image.configuration().toArray());
        }));
        contents().put(image.index(), content);
        while (images().size() > SNAPSHOTS_RETAINED) {
            contents().remove(images().firstKey());
            images().remove(images().firstKey());
        }
    }

    private static SnapshotImage known(SnapshotImage image, byte[] content) {
        CRC32C crc = new CRC32C();
        crc.update(content);
        return new SnapshotImage(
                image.index(), image.term(), image.wallMillis(), image.elapsedMillis(), image.configuration(), content.length,
                1L << 32 | crc.getValue());
    }

    @Override
    public void readSnapshot(long index, long offset, int bytesMax, Consumer<Piece> done) {
        submit(() -> read(index, offset, bytesMax), why -> new Piece.Unreadable(String.valueOf(why.getMessage())), done);
    }

    private Piece read(long index, long offset, int bytesMax) throws IOException {
        Long which = index == 0 ? images().lastKey() : Long.valueOf(index);
        byte[] image = which == null ? null : images().get(which);
        if (which == null || image == null) {
            return new Piece.Missing("there is no snapshot of index " + Long.toHexString(index));
        }
        byte[] content = contents().get(which);
        int from = (int) Math.min(offset, content.length);
        return new Piece.Bytes(
                image(image), offset, Bytes.wrap(java.util.Arrays.copyOfRange(content, from, Math.min(content.length, from + bytesMax))));
    }

    @Override
    public void receiveSnapshot(SnapshotImage image, long offset, Bytes piece, Consumer<Received> done) {
        submit(() -> receive(image, offset, piece), why -> new Received.Refused(String.valueOf(why.getMessage())), done);
    }

    private Received receive(SnapshotImage image, long offset, Bytes piece) throws IOException {
        if (offset == 0) {
            receiving = new Receiving(image, new ByteArrayOutputStream());
        }
        Receiving now = receiving;
        if (now == null || !now.image().equals(image)) {
            return new Received.Refused("another snapshot is being received; begin at offset 0");
        }
        if (offset != now.content().size()) {
            return new Received.Partly(now.content().size());
        }
        now.content().write(piece.toArray());
        if (now.content().size() < image.sizeBytes()) {
            return new Received.Partly(now.content().size());
        }
        receiving = null;
        byte[] content = now.content().toByteArray();
        if (!known(image, content).equals(image)) {
            return new Received.Refused("the snapshot of " + Long.toHexString(image.index()) + " arrived damaged");
        }
        received.put(image.index(), new Whole(image, content));
        return new Received.Whole(image, records(content));
    }

    private record Whole(SnapshotImage image, byte[] content) {}

    /** Received and not installed yet; a restart asks for them again. */
    private final java.util.TreeMap<Long, Whole> received = new java.util.TreeMap<>();

    @Override
    public void installSnapshot(long index, boolean keepSuffix, Consumer<Done> done) {
        submit(() -> durable(() -> install(index, keepSuffix)), Done.Failed::new, done);
    }

    private void install(long index, boolean keepSuffix) throws IOException {
        Whole whole = received.get(index);
        if (whole == null) {
            throw new IOException("there is no received snapshot of index " + Long.toHexString(index) + " to install");
        }
        byte[] present = log().get(index);
        if (keepSuffix && (present == null || entry(index, present).term() != whole.image().term())) {
            throw new IOException("the log does not go through the snapshot of " + Long.toHexString(index));
        }
        received.headMap(index, true).clear();
        keep(whole.image(), whole.content());
        if (!keepSuffix) {
            log().clear();
        }
    }

    // ---- bytes

    private interface Writing {
        void to(DataOutputStream out) throws IOException;
    }

    private static byte[] bytes(Writing writing) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        writing.to(new DataOutputStream(bytes));
        return bytes.toByteArray();
    }

    private static Identity identity(byte[] bytes) throws IOException {
        DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes));
        return new Identity(in.readLong(), in.readInt(), in.readLong(), Bytes.wrap(in.readAllBytes()));
    }

    private static Vote vote(byte[] bytes) throws IOException {
        DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes));
        return new Vote(in.readLong(), in.readInt(), in.readLong());
    }

    private static StoredEntry entry(long index, byte[] bytes) throws IOException {
        DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes));
        return new StoredEntry(
                index, in.readLong(), in.readLong(), in.readLong(), in.readByte(), Bytes.wrap(in.readAllBytes()));
    }

    private static SnapshotImage image(byte[] bytes) throws IOException {
        DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes));
        long index = in.readLong();
        long term = in.readLong();
        long wallMillis = in.readLong();
        long elapsedMillis = in.readLong();
        long sizeBytes = in.readLong();
        long digest = in.readLong();
        return new SnapshotImage(index, term, wallMillis, elapsedMillis, Bytes.wrap(in.readAllBytes()), sizeBytes, digest);
    }

    private static Iterable<Bytes> records(byte[] content) {
        List<Bytes> records = new ArrayList<>();
        ByteBuffer in = ByteBuffer.wrap(content);
        while (in.remaining() >= 4) {
            byte[] record = new byte[in.getInt()];
            if (record.length > in.remaining()) {
                throw new UncheckedIOException(new IOException("a record reaches beyond its snapshot"));
            }
            in.get(record);
            records.add(Bytes.wrap(record));
        }
        return records;
    }
}

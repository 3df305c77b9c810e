package io.coord.raft;

import io.coord.Bytes;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A member's disk: what is forced, and what waits to be. A crash forgets what waits, except that a part of the first waiting write
 * may have made it.
 */
final class Disk {

    /** What a snapshot holds: everything applied up to its last entry. */
    record Snapshot(SnapshotMeta meta, List<Entry> applied) {

        static final int PIECE_BYTES = 16;

        /** Its encoded form: as long as a few pieces, and different for each content. */
        static Snapshot of(EntryId last, Configuration configuration, List<Entry> applied) {
            Entry end = applied.get(applied.size() - 1);
            Bytes content = content(applied);
            return new Snapshot(
                    new SnapshotMeta(last, end.wallMillis(), end.elapsedMillis(), configuration, content.length(), digest(content)),
                    List.copyOf(applied));
        }

        Bytes bytes() {
            return content(applied);
        }

        private static Bytes content(List<Entry> applied) {
            ByteBuffer out = ByteBuffer.allocate(40);
            out.putInt(applied.size());
            out.putInt(applied.hashCode());
            return Bytes.wrap(out.array());
        }

        static long digest(Bytes content) {
            long digest = 0;
            for (int i = 0; i < content.length(); i++) {
                digest = digest * 31 + content.at(i);
            }
            return digest;
        }
    }

    private sealed interface Job {}

    private record Write(LogWrite write) implements Job {}

    private record Install(Snapshot snapshot) implements Job {}

    final TreeMap<Long, Snapshot> snapshots = new TreeMap<>();
    HardState hardState = HardState.INITIAL;
    SnapshotMeta base;
    final ArrayList<Entry> entries = new ArrayList<>();
    private final ArrayDeque<Job> waiting = new ArrayDeque<>();
    /** The pieces of a snapshot from a peer, forced only when whole. */
    private byte @Nullable [] pieces;

    Disk(SnapshotMeta base) {
        this.base = base;
    }

    long lastIndex() {
        return base.last().index() + entries.size();
    }

    /** The term on disk at an index, or -1. */
    long term(long index) {
        if (index == base.last().index()) {
            return base.last().term();
        }
        long position = index - base.last().index() - 1;
        return position < 0 || position >= entries.size() ? -1 : entries.get((int) position).term();
    }

    /** Whether an entry is on disk, or within the snapshot the log starts from. */
    boolean holds(EntryId id) {
        return id.index() < base.last().index() || term(id.index()) == id.term();
    }

    void write(LogWrite write) {
        waiting.add(new Write(write));
    }

    void install(Snapshot snapshot) {
        waiting.add(new Install(snapshot));
    }

    boolean isInstalling() {
        return waiting.stream().anyMatch(Install.class::isInstance);
    }

    boolean isIdle() {
        return waiting.isEmpty();
    }

    /** Forces what waits longest and reports it. */
    void force(Raft raft) {
        Job job = waiting.remove();
        if (job instanceof Write write) {
            apply(write.write(), write.write().entries().size());
            raft.persisted(write.write().sequence());
        } else if (job instanceof Install install) {
            SnapshotMeta meta = install.snapshot().meta();
            base = meta;
            entries.clear();
            snapshots.put(meta.last().index(), install.snapshot());
            raft.snapshotInstalled(meta.last().index());
        }
    }

    private void apply(LogWrite write, int count) {
        if (write.hardState() != null) {
            if (write.hardState().term() < hardState.term()) {
                throw new AssertionError("the term on disk goes back from " + hardState + " to " + write.hardState());
            }
            hardState = write.hardState();
        }
        for (Entry entry : write.entries().subList(0, count)) {
            if (entry.index() > lastIndex() + 1) {
                throw new AssertionError("entry " + entry.index() + " leaves a gap behind " + lastIndex());
            }
            while (lastIndex() >= entry.index()) {
                entries.remove(entries.size() - 1);
            }
            entries.add(entry);
        }
    }

    /** Power fails. */
    void crash(SplittableRandom random) {
        if (!waiting.isEmpty() && waiting.peek() instanceof Write torn && random.nextBoolean()) {
            apply(torn.write(), random.nextInt(torn.write().entries().size() + 1));
        }
        waiting.clear();
        pieces = null;
    }

    /** Stores a snapshot of the state, and lets the log start behind an older one, if there are two. */
    void save(Snapshot snapshot) {
        snapshots.put(snapshot.meta().last().index(), snapshot);
        if (snapshots.size() > 2) {
            snapshots.pollFirstEntry();
        }
        SnapshotMeta oldest = snapshots.firstEntry().getValue().meta();
        while (!entries.isEmpty() && entries.get(0).index() <= oldest.last().index()) {
            entries.remove(0);
            base = oldest;
        }
    }

    /** What a member starts from: the newest snapshot within the log, or the log's base. */
    @Nullable Snapshot newest() {
        return snapshots.isEmpty() ? null : snapshots.lastEntry().getValue();
    }

    /** Adds a piece; whether the whole is there. */
    boolean add(Message.SnapshotChunk chunk) {
        if (chunk.offset() == 0) {
            pieces = new byte[0];
        }
        if (pieces == null || pieces.length != chunk.offset()) {
            throw new AssertionError("piece at " + chunk.offset() + " is not what comes next");
        }
        byte[] longer = java.util.Arrays.copyOf(pieces, pieces.length + chunk.bytes().length());
        chunk.bytes().copyTo(longer, pieces.length);
        pieces = longer;
        if (longer.length == chunk.meta().sizeBytes()
                && Snapshot.digest(Bytes.of(longer)) != chunk.meta().digest()) {
            throw new AssertionError("the pieces do not make the snapshot");
        }
        return longer.length == chunk.meta().sizeBytes();
    }
}

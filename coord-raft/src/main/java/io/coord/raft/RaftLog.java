package io.coord.raft;

import java.util.ArrayList;
import java.util.List;

/**
 * The log in memory, from behind its base on: a ring of entries. The base is the last entry compacted away; its term is kept, so
 * that the entry behind it can still be matched, and no index ever answers term 0 by accident (peer.B37).
 *
 * <p>Terms never decrease along the log, so a search by term is a binary one.
 */
final class RaftLog {

    /** The term of an index that the log does not know. */
    static final long NO_TERM = -1;

    private record Configured(long index, Configuration configuration) {}

    private Entry[] ring = new Entry[64];
    private int head;
    private int size;
    private EntryId base;
    private long baseWallMillis;
    private long baseElapsedMillis;
    /** Configurations by index, the first at or below the base: to roll back to when its successor is truncated (fault.M1). */
    private final ArrayList<Configured> configurations = new ArrayList<>();

    private long sliceFrom;
    private long sliceThrough;
    private long sliceBytes;
    private List<Entry> slice = List.of();

    RaftLog(SnapshotMeta meta) {
        base = meta.last();
        reset(meta);
    }

    /** Starts anew behind a snapshot. */
    void reset(SnapshotMeta meta) {
        ring = new Entry[64];
        head = 0;
        size = 0;
        base = meta.last();
        baseWallMillis = meta.wallMillis();
        baseElapsedMillis = meta.elapsedMillis();
        configurations.clear();
        configurations.add(new Configured(base.index(), meta.configuration()));
        forgetSlice();
    }

    EntryId base() {
        return base;
    }

    long firstIndex() {
        return base.index() + 1;
    }

    long lastIndex() {
        return base.index() + size;
    }

    EntryId last() {
        return new EntryId(lastIndex(), lastTerm());
    }

    long lastTerm() {
        return size == 0 ? base.term() : at(size - 1).term();
    }

    long lastWallMillis() {
        return size == 0 ? baseWallMillis : at(size - 1).wallMillis();
    }

    long lastElapsedMillis() {
        return size == 0 ? baseElapsedMillis : at(size - 1).elapsedMillis();
    }

    /** The term at an index, or {@link #NO_TERM} if it is compacted away or beyond the end. */
    long term(long index) {
        if (index == base.index()) {
            return base.term();
        }
        return index > base.index() && index <= lastIndex() ? entry(index).term() : NO_TERM;
    }

    boolean contains(EntryId id) {
        return term(id.index()) == id.term();
    }

    /** The entry at an index between {@link #firstIndex} and {@link #lastIndex}. */
    Entry entry(long index) {
        if (index <= base.index() || index > lastIndex()) {
            throw new IllegalArgumentException("index " + Long.toHexString(index) + " is not in the log, which holds "
                    + Long.toHexString(firstIndex()) + " to " + Long.toHexString(lastIndex()));
        }
        return at((int) (index - base.index() - 1));
    }

    private Entry at(int position) {
        return ring[(head + position) & (ring.length - 1)];
    }

    void append(Entry entry) {
        if (entry.index() != lastIndex() + 1 || entry.term() < lastTerm()) {
            throw new IllegalStateException("entry " + new EntryId(entry.index(), entry.term()) + " cannot follow " + last());
        }
        if (size == ring.length) {
            grow();
        }
        ring[(head + size) & (ring.length - 1)] = entry;
        size++;
        if (entry.payload() instanceof ConfigPayload changed) {
            configurations.add(new Configured(entry.index(), changed.configuration()));
        }
    }

    private void grow() {
        Entry[] larger = new Entry[ring.length * 2];
        int tail = ring.length - head;
        System.arraycopy(ring, head, larger, 0, tail);
        System.arraycopy(ring, 0, larger, tail, head);
        ring = larger;
        head = 0;
    }

    /** Drops the entries from an index on, and the configurations among them. */
    void truncateFrom(long index) {
        while (lastIndex() >= index) {
            size--;
            ring[(head + size) & (ring.length - 1)] = null;
        }
        while (configurations.get(configurations.size() - 1).index() >= index) {
            configurations.remove(configurations.size() - 1);
        }
        forgetSlice();
    }

    /** Moves the base up to an index in the log. */
    void compactThrough(long index) {
        if (index <= base.index()) {
            return;
        }
        Entry last = entry(index);
        for (long gone = index - base.index(); gone > 0; gone--) {
            ring[head] = null;
            head = (head + 1) & (ring.length - 1);
            size--;
        }
        base = new EntryId(index, last.term());
        baseWallMillis = last.wallMillis();
        baseElapsedMillis = last.elapsedMillis();
        while (configurations.size() > 1 && configurations.get(1).index() <= index) {
            configurations.remove(0);
        }
        forgetSlice();
    }

    /**
     * The last place at or below an index whose term is at most the given one: where two logs may still agree (paper section
     * 5.3, skipping whole terms). The base if there is none, for all below it is committed and so agrees.
     */
    EntryId lastAtMost(long index, long term) {
        long low = base.index();
        long high = Math.min(index, lastIndex());
        while (low < high) {
            long middle = low + (high - low + 1) / 2;
            if (term(middle) <= term) {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        return new EntryId(low, term(low));
    }

    /**
     * The entries from one index through another, as many as fit into so many bytes but at least one. The same list again while
     * nothing changed: each follower and the disk are given one and the same.
     */
    List<Entry> slice(long from, long through, long bytesMax) {
        if (from > through) {
            return List.of();
        }
        long end = Math.min(through, lastIndex());
        if (from == sliceFrom && end == sliceThrough && sliceBytes <= bytesMax) {
            return slice;
        }
        long until = from;
        long bytes = entry(from).sizeBytes();
        while (until < end) {
            long more = bytes + entry(until + 1).sizeBytes();
            if (more > bytesMax) {
                return copy(from, until);
            }
            bytes = more;
            until++;
        }
        sliceFrom = from;
        sliceThrough = end;
        sliceBytes = bytes;
        slice = copy(from, end);
        return slice;
    }

    private List<Entry> copy(long from, long through) {
        Entry[] entries = new Entry[(int) (through - from + 1)];
        for (int i = 0; i < entries.length; i++) {
            entries[i] = entry(from + i);
        }
        return List.of(entries);
    }

    private void forgetSlice() {
        sliceFrom = 0;
        sliceThrough = 0;
        slice = List.of();
    }

    /** The configuration in force: the latest in the log, committed or not (thesis 4.1). */
    Configuration configuration() {
        return configurations.get(configurations.size() - 1).configuration();
    }

    /** The index of the configuration in force; the base's if it is from there. */
    long configurationIndex() {
        return configurations.get(configurations.size() - 1).index();
    }

    /** The configuration that the entry at an index sees: the latest at or below it. */
    Configuration configurationAt(long index) {
        int at = configurations.size() - 1;
        while (at > 0 && configurations.get(at).index() > index) {
            at--;
        }
        return configurations.get(at).configuration();
    }
}

package io.coord.testkit.storage;

import io.coord.ensemble.spi.Storage.SnapshotImage;
import io.coord.ensemble.spi.Storage.StoredEntry;
import java.util.ArrayList;
import java.util.List;

/** A log as it should be: what it starts behind, and its entries. A value. */
record LogModel(long base, long baseTerm, List<StoredEntry> entries) {

    static LogModel empty(long origin) {
        return new LogModel(origin, 0, List.of());
    }

    long last() {
        return base + entries.size();
    }

    long term(long index) {
        return index == base ? baseTerm : entries.get((int) (index - base - 1)).term();
    }

    boolean has(long index) {
        return index >= base && index <= last();
    }

    boolean goesThrough(SnapshotImage image) {
        return has(image.index()) && term(image.index()) == image.term();
    }

    /** With entries replacing the log from the first one's index on. */
    LogModel with(List<StoredEntry> more) {
        if (more.isEmpty()) {
            return this;
        }
        List<StoredEntry> all = new ArrayList<>(behind(base, more.get(0).index() - 1));
        all.addAll(more);
        return new LogModel(base, baseTerm, all);
    }

    /** With a snapshot installed: unchanged if it goes through it, otherwise begun anew behind it. */
    LogModel with(SnapshotImage image) {
        return goesThrough(image) ? this : new LogModel(image.index(), image.term(), List.of());
    }

    List<StoredEntry> behind(long index) {
        return behind(index, last());
    }

    private List<StoredEntry> behind(long index, long through) {
        return entries.subList((int) (index - base), (int) (through - base));
    }
}

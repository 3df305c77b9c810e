package io.coord.testkit.check;

import io.coord.raft.Entry;
import io.coord.testkit.check.LogTree.Place;
import java.util.ArrayList;
import java.util.List;

/** A log as the checks know it: all its places from the origin on, those compacted away included. */
final class LogImage {

    private final LogTree tree;
    private final Object owner;
    private final ArrayList<Place> places = new ArrayList<>();

    LogImage(LogTree tree, Object owner) {
        this.tree = tree;
        this.owner = owner;
        places.add(tree.origin());
    }

    long lastIndex() {
        return LogTree.ORIGIN + places.size() - 1;
    }

    Place last() {
        return places.get(places.size() - 1);
    }

    /** Whether an entry of this index is there. */
    boolean has(long index) {
        return index >= LogTree.ORIGIN && index <= lastIndex();
    }

    Place at(long index) {
        return places.get((int) (index - LogTree.ORIGIN));
    }

    boolean contains(Place place) {
        return has(place.index) && at(place.index) == place;
    }

    /** Lets the entries replace the log from the first one's index on. */
    void write(List<Entry> entries) {
        if (entries.isEmpty()) {
            return;
        }
        long from = entries.get(0).index();
        if (from > lastIndex() + 1) {
            throw new Violation("R3", "the log of " + owner + " ends at " + last() + ", but "
                    + Long.toHexString(from) + " is appended");
        }
        cutFrom(from);
        for (Entry entry : entries) {
            places.add(tree.behind(last(), entry, owner));
        }
    }

    /** Lets the log be empty. */
    void clear() {
        places.clear();
        places.add(tree.origin());
    }

    /** The same log, as it is now. */
    LogImage copy() {
        LogImage copy = new LogImage(tree, owner);
        copy.become(this);
        return copy;
    }

    void cutFrom(long index) {
        int keep = (int) (index - LogTree.ORIGIN);
        if (keep < places.size()) {
            places.subList(keep, places.size()).clear();
        }
    }

    /** Lets the log be all that leads to a place, and what follows it now if that is kept. */
    void startAt(Place base, boolean keepSuffix) {
        if (keepSuffix && contains(base)) {
            return;
        }
        int common = (int) (base.index - LogTree.ORIGIN);
        places.clear();
        for (int i = 0; i <= common; i++) {
            places.add(base);
        }
        Place place = base;
        for (int i = common; place != null && i >= 0; i--) {
            places.set(i, place);
            place = place.parent;
        }
    }

    /** Lets the log be another's. */
    void become(LogImage other) {
        places.clear();
        places.addAll(other.places);
    }
}

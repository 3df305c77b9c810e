package io.coord.testkit.check;

import io.coord.raft.ConfigPayload;
import io.coord.raft.Configuration;
import io.coord.raft.Entry;
import io.coord.raft.EntryId;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Every entry that was ever in any log, each once, under the entry before it. Log matching (inv.R3) says that index and term name an
 * entry and all its predecessors: so a place in this tree has one parent, and one content, for ever.
 */
final class LogTree {

    /**
     * A configuration in force.
     *
     * @param index of the entry that brought it, or the origin
     */
    record Configured(long index, Configuration configuration) {}

    /** An entry with all its predecessors. */
    static final class Place {
        final long index;
        final long term;
        final @Nullable Entry entry;
        final @Nullable Place parent;
        /** In force in a log that ends here. */
        final Configured configured;
        /** Other terms' entries of the same index. */
        private final @Nullable Place sibling;

        Place(long index, long term, @Nullable Entry entry, @Nullable Place parent, @Nullable Place sibling, Configured before) {
            this.index = index;
            this.term = term;
            this.entry = entry;
            this.parent = parent;
            this.sibling = sibling;
            this.configured = entry != null && entry.payload() instanceof ConfigPayload config
                    ? new Configured(index, config.configuration())
                    : before;
        }

        EntryId id() {
            return new EntryId(index, term);
        }

        @Override
        public String toString() {
            return id().toString();
        }
    }

    static final long ORIGIN = EntryId.ORIGIN.index();

    private final Place origin;
    /** By index behind the origin; the first of the siblings. */
    private final List<@Nullable Place> places = new ArrayList<>();

    LogTree(Configuration initial) {
        origin = new Place(ORIGIN, EntryId.ORIGIN.term(), null, null, null, new Configured(ORIGIN, initial));
        places.add(origin);
    }

    Place origin() {
        return origin;
    }

    @Nullable Place find(long index, long term) {
        if (index - ORIGIN >= places.size()) {
            return null;
        }
        Place place = places.get((int) (index - ORIGIN));
        while (place != null && place.term != term) {
            place = place.sibling;
        }
        return place;
    }

    /** The place of an entry behind another, which must be the only one it was ever behind. */
    Place behind(Place parent, Entry entry, Object where) {
        if (entry.index() != parent.index + 1) {
            throw new Violation("R3", "the log of " + where + " has " + parent + " followed by " + id(entry));
        }
        Place known = find(entry.index(), entry.term());
        if (known == null) {
            return add(parent, entry);
        }
        if (known.parent != parent) {
            throw new Violation("R3", "the log of " + where + " has " + known + " behind " + parent
                    + ", another has it behind " + known.parent);
        }
        if (known.entry != entry && !isSame(known.entry, entry)) {
            throw new Violation("R3", "the log of " + where + " has another entry at " + known + " than the first that had it");
        }
        return known;
    }

    private static boolean isSame(@Nullable Entry one, Entry other) {
        return one != null
                && one.wallMillis() == other.wallMillis()
                && one.elapsedMillis() == other.elapsedMillis()
                && one.payload().kind() == other.payload().kind()
                && (one.payload().equals(other.payload()) || one.payload().bytes().equals(other.payload().bytes()));
    }

    private Place add(Place parent, Entry entry) {
        int at = (int) (entry.index() - ORIGIN);
        while (places.size() <= at) {
            places.add(null);
        }
        if (entry.term() < parent.term) {
            throw new Violation("R3", "terms fall from " + parent + " to " + id(entry));
        }
        Place place = new Place(entry.index(), entry.term(), entry, parent, places.get(at), parent.configured);
        places.set(at, place);
        return place;
    }

    private static EntryId id(Entry entry) {
        return new EntryId(entry.index(), entry.term());
    }
}

package io.coord.storage;

import io.coord.ensemble.spi.Storage.StoredEntry;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The log as it grows while its segments are read again, oldest first. Reports what does not fit as text, or null. */
final class Replay {

    private final Tail tail = new Tail();
    private final List<StoredEntry> entries = new ArrayList<>();
    private boolean hasBegun;
    private long lowestInSegment;

    Tail tail() {
        return tail;
    }

    /** The entries behind {@link Tail#startIndex}. */
    List<StoredEntry> entries() {
        return entries;
    }

    /** The entries that the segment read last has contributed: everything from the lowest index it wrote on. */
    List<StoredEntry> entriesOfLastSegment() {
        return entries.subList((int) (lowestInSegment - tail.startIndex() - 1), entries.size());
    }

    @Nullable String segment(SegmentHeader header) {
        if (!hasBegun) {
            tail.reset(header.baseIndex(), header.baseTerm(), header.baseChain());
            hasBegun = true;
        } else if (header.baseIndex() != tail.lastIndex()
                || header.baseTerm() != tail.lastTerm()
                || header.baseChain() != tail.lastChain()) {
            return "it continues a log that ends at " + Trouble.hex(header.baseIndex()) + " of term " + header.baseTerm()
                    + ", but the segments before end at " + Trouble.hex(tail.lastIndex()) + " of term " + tail.lastTerm();
        }
        lowestInSegment = tail.lastIndex() + 1;
        return null;
    }

    @Nullable String group(Group.Head head) {
        long previous = head.firstIndex() - 1;
        if (previous < tail.startIndex()) {
            // Replaces entries of segments before those that are read; they were dropped, or are not needed.
            tail.reset(previous, head.previousTerm(), head.previousChain());
            entries.clear();
        } else if (!tail.has(previous)) {
            return "a group begins at " + Trouble.hex(head.firstIndex()) + ", but the log holds " + tail;
        } else if (tail.termAt(previous) != head.previousTerm() || tail.chainAt(previous) != head.previousChain()) {
            return "the group at " + Trouble.hex(head.firstIndex()) + " does not follow the log before it";
        }
        tail.truncateAfter(previous);
        entries.subList((int) (previous - tail.startIndex()), entries.size()).clear();
        lowestInSegment = Math.min(lowestInSegment, head.firstIndex());
        return null;
    }

    @Nullable String record(StoredEntry entry, long chain, int payloadCheck) {
        if (entry.index() != tail.lastIndex() + 1) {
            return "entry " + Trouble.hex(entry.index()) + " stands where " + Trouble.hex(tail.lastIndex() + 1) + " belongs";
        }
        if (chain != Chain.next(tail.lastChain(), entry, payloadCheck)) {
            return "the chain breaks at entry " + Trouble.hex(entry.index()) + " of term " + entry.term();
        }
        tail.append(entry.term(), chain);
        entries.add(entry);
        return null;
    }
}

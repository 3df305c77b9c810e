package io.coord.raft;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What must reach the disk, in one forced batch. Messages that imply it are not handed out before {@link Raft#persisted} is told
 * its sequence number: persist before send (paper figure 2) is kept by there being nothing to send too early.
 *
 * @param sequence numbers the writes of one run from 1
 * @param hardState the new term and vote, or null if unchanged
 * @param entries to append, contiguous; the first replaces the log from its index on
 */
public record LogWrite(long sequence, @Nullable HardState hardState, List<Entry> entries) {
    /** Keeps an immutable copy of the entries. */
    public LogWrite {
        entries = List.copyOf(entries);
    }
}

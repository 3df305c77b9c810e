package io.coord.wire;

import io.coord.Bytes;
import io.coord.ensemble.spi.Storage;
import io.coord.state.StateVisitor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.function.Consumer;

/**
 * States as the records of a snapshot, format version 1, and back. Equal states have equal records, byte for byte. Has no state; used
 * on the storage's slow thread (rule.22).
 */
public final class SnapshotCodec {

    /**
     * What writes a snapshot's content.
     *
     * @param state shows the whole state to the visitor it is given: an immutable one, for it is called later, on another thread
     */
    public Storage.SnapshotWriter writer(Consumer<StateVisitor> state) {
        return sink -> write(state, sink);
    }

    private static void write(Consumer<StateVisitor> state, Storage.SnapshotWriter.Sink sink) throws IOException {
        try {
            state.accept(new SnapshotRecords(sink));
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    /**
     * Shows the state in these records to the visitor. Unless this returns, the visitor has not been told the end, or has objected to
     * it: what it holds is no state.
     *
     * @throws IllegalArgumentException if a record is damaged, missing, out of place or of an unknown version; the message says which
     *     and how
     */
    public void read(Iterable<Bytes> records, StateVisitor into) {
        SnapshotReading reading = new SnapshotReading(into);
        for (Bytes record : records) {
            reading.record(record);
        }
        reading.finish();
    }
}

package io.coord.wire;

import io.coord.Bytes;
import io.coord.ensemble.spi.Storage;
import io.coord.state.CoordState;
import io.coord.state.Restoring;
import io.coord.state.StateRoot;
import io.coord.state.StateVisitor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.function.Consumer;

/**
 * States as the records of a snapshot, format version 1, and back. Equal states have equal records, byte for byte. Has no state of
 * its own; used on the storage's slow thread (rule.22).
 */
public final class SnapshotCodec {

    /** What writes the content of a snapshot of this state; the root is immutable, so that it may be called at any time. */
    public Storage.SnapshotWriter writer(StateRoot root) {
        return sink -> write(root::visit, sink);
    }

    static void write(Consumer<StateVisitor> state, Storage.SnapshotWriter.Sink sink) throws IOException {
        try {
            state.accept(new SnapshotRecords(sink));
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    /**
     * The state in these records.
     *
     * @throws IllegalArgumentException if a record is damaged, missing, out of place or of an unknown version, or if together they
     *     make no state; the message says which and how
     */
    public CoordState restore(Iterable<Bytes> records) {
        Restoring restoring = CoordState.restoring();
        read(records, restoring);
        return restoring.state();
    }

    /**
     * Shows the state in these records to the visitor, which holds no state unless this returns.
     *
     * @throws IllegalArgumentException as {@link #restore} does, or because the visitor objects
     */
    public void read(Iterable<Bytes> records, StateVisitor into) {
        SnapshotReading reading = new SnapshotReading(into);
        for (Bytes record : records) {
            reading.record(record);
        }
        reading.finish();
    }
}

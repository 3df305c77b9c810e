package io.coord.storage;

import java.io.IOException;
import java.util.function.BooleanSupplier;
import java.util.function.LongConsumer;

/** How background writing holds back: small forces, a pause after each, and an end when the storage closes (rule.22). */
final class Pace {

    /**
     * How much is written between forces. On few cores this is also for how long the others wait for a processor: a longer step is seen in
     * the slowest writes (SnapshotBench).
     */
    static final int STEP_BYTES = 64 << 10;

    /** The same for who has no log to force meanwhile, since it waits for what is written. */
    private static final int RECEIPT_STEP_BYTES = 256 << 10;

    private static final long NANOS_PER_SECOND = 1_000_000_000L;

    private final int stepBytes;
    private final LongConsumer pause;
    private final long bytesPerSecondMax;
    private final BooleanSupplier isClosing;

    Pace(Lane lane, long bytesPerSecondMax, BooleanSupplier isClosing) {
        this(STEP_BYTES, lane::pause, bytesPerSecondMax, isClosing);
    }

    private Pace(int stepBytes, LongConsumer pause, long bytesPerSecondMax, BooleanSupplier isClosing) {
        this.stepBytes = stepBytes;
        this.pause = pause;
        this.bytesPerSecondMax = bytesPerSecondMax;
        this.isClosing = isClosing;
    }

    /** For who waits for the end of it: no pause, no early end. */
    static Pace unhurried() {
        return new Pace(STEP_BYTES, nanos -> {}, Long.MAX_VALUE, () -> false);
    }

    /** The same storage's, for what comes from a peer: it comes at the sender's pace, and the member has little else to write. */
    Pace ofReceipt() {
        return new Pace(RECEIPT_STEP_BYTES, nanos -> {}, Long.MAX_VALUE, isClosing);
    }

    /** Whether so many bytes are enough for a step. */
    boolean isStep(int bytes) {
        return bytes >= stepBytes;
    }

    /** Forces what was written since the last step, and pauses as long as these bytes may take. */
    void step(DiskFile file, int bytes) throws IOException {
        file.force(false);
        check();
        pause.accept(bytes * NANOS_PER_SECOND / bytesPerSecondMax);
    }

    /** Gives up long work of a storage that closes. */
    void check() throws IOException {
        if (isClosing.getAsBoolean()) {
            throw new IOException("given up, because the storage closes");
        }
    }
}

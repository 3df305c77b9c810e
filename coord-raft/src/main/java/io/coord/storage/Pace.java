package io.coord.storage;

import java.io.IOException;
import java.util.function.BooleanSupplier;
import java.util.function.LongConsumer;

/** How background writing holds back: small forces, a pause after each, and an end when the storage closes (rule.22). */
final class Pace {

    /** How much is written between forces. */
    static final int STEP_BYTES = 1 << 20;

    private static final long NANOS_PER_SECOND = 1_000_000_000L;

    private final LongConsumer pause;
    private final long bytesPerSecondMax;
    private final BooleanSupplier isClosing;

    Pace(Lane lane, long bytesPerSecondMax, BooleanSupplier isClosing) {
        this.pause = lane::pause;
        this.bytesPerSecondMax = bytesPerSecondMax;
        this.isClosing = isClosing;
    }

    private Pace() {
        this.pause = nanos -> {};
        this.bytesPerSecondMax = Long.MAX_VALUE;
        this.isClosing = () -> false;
    }

    /** For who waits for the end of it: no pause, no early end. */
    static Pace unhurried() {
        return new Pace();
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

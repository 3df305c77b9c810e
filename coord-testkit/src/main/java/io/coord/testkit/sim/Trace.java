package io.coord.testkit.sim;

import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The run's digest over everything that happened, in order; and, if somebody listens, a line for each transition. Two runs of one
 * seed must have equal digests.
 */
public final class Trace {

    private final VirtualTime time;
    private final @Nullable Consumer<String> lines;
    private long digest = 0x436F6F7264L;

    Trace(VirtualTime time, @Nullable Consumer<String> lines) {
        this.time = time;
        this.lines = lines;
    }

    void mix(long value) {
        long mixed = (digest ^ value) * 0xBF58_476D_1CE4_E5B9L;
        digest = mixed ^ mixed >>> 32;
    }

    void mix(String text) {
        mix(text.hashCode());
    }

    /** Whether somebody reads lines. */
    boolean speaks() {
        return lines != null;
    }

    /** Adds a line; the text is made only if somebody listens. */
    void line(Supplier<String> text) {
        if (lines != null) {
            long micros = time.nowNanos() / 1_000;
            String seconds = Long.toString(micros / 1_000_000);
            String fraction = Long.toString(1_000_000 + micros % 1_000_000).substring(1);
            lines.accept(seconds + "." + fraction + " " + text.get());
        }
    }

    /** The digest so far. */
    public long digest() {
        return digest;
    }
}

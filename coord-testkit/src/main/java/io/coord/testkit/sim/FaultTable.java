package io.coord.testkit.sim;

import java.util.EnumMap;
import java.util.Map;

/** How often each kind of mishap was brought about. */
public final class FaultTable {

    private final long[] counts = new long[Fault.values().length];

    void count(Fault fault) {
        counts[fault.ordinal()]++;
    }

    /** Adds another run's counts. */
    public void add(FaultTable other) {
        for (int i = 0; i < counts.length; i++) {
            counts[i] += other.counts[i];
        }
    }

    /** How often one was brought about. */
    public long of(Fault fault) {
        return counts[fault.ordinal()];
    }

    /** All of them. */
    public Map<Fault, Long> all() {
        Map<Fault, Long> all = new EnumMap<>(Fault.class);
        for (Fault fault : Fault.values()) {
            all.put(fault, counts[fault.ordinal()]);
        }
        return all;
    }

    /** One line a kind. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        for (Fault fault : Fault.values()) {
            String name = fault.id() + " " + fault.name().toLowerCase(java.util.Locale.ROOT).replace('_', ' ');
            text.append("  ").append(name).append(" ".repeat(Math.max(1, 32 - name.length())))
                    .append(counts[fault.ordinal()]).append('\n');
        }
        return text.toString();
    }
}

package io.coord.testkit.sim;

import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;

/**
 * How often each kind of mishap was brought about, and how often it counts: in each run, no more often than the branch that handles it was
 * taken.
 */
public final class FaultTable {

    private final long[] counts = new long[Fault.values().length];
    private final long[] hits = new long[Marker.values().length];
    /** Of runs added. */
    private final long[] counted = new long[Fault.values().length];

    void count(Fault fault) {
        counts[fault.ordinal()]++;
    }

    void hit(Marker marker) {
        hits[marker.ordinal()]++;
    }

    void hit(Marker marker, long times) {
        hits[marker.ordinal()] += times;
    }

    /** Adds another run's counts. */
    public void add(FaultTable other) {
        for (int i = 0; i < counts.length; i++) {
            counts[i] += other.counts[i];
            counted[i] += other.counted(Fault.values()[i]);
        }
        for (int i = 0; i < hits.length; i++) {
            hits[i] += other.hits[i];
        }
    }

    /** How often one was brought about. */
    public long of(Fault fault) {
        return counts[fault.ordinal()];
    }

    /** How often the branch was taken. */
    public long of(Marker marker) {
        return hits[marker.ordinal()];
    }

    /** How often one counts: in each run added no more often than its branch was taken there. */
    public long counted(Fault fault) {
        int i = fault.ordinal();
        return counted[i] != 0 ? counted[i] : Math.min(counts[i], hits[fault.marker().ordinal()]);
    }

    /** All of them, with how often they count. */
    public Map<Fault, Long> all() {
        Map<Fault, Long> all = new EnumMap<>(Fault.class);
        for (Fault fault : Fault.values()) {
            all.put(fault, counted(fault));
        }
        return all;
    }

    /** One line a kind: fired, counted, the branch and how often that was taken. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder("  fault                                fired   counted  by its branch\n");
        for (Fault fault : Fault.values()) {
            String name = fault.id() + " " + fault.name().toLowerCase(Locale.ROOT).replace('_', ' ');
            text.append(String.format(Locale.ROOT, "  %-30s %11d %9d  %s: %d%n", name, of(fault), counted(fault), fault.marker(),
                    of(fault.marker())));
        }
        return text.toString();
    }
}

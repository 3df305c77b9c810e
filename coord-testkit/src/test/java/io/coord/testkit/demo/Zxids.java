package io.coord.testkit.demo;

import java.util.Map;
import java.util.TreeMap;

/**
 * Which of our zxids stands for which of the recording's. A row is answered before the next is sent, so a row whose zxid is not told
 * lies between its neighbours.
 */
final class Zxids {

    private final TreeMap<Long, Long> known = new TreeMap<>();
    private final TreeMap<Long, Boolean> rows = new TreeMap<>();

    Zxids() {
        known.put(0L, 0L);
        rows.put(0L, true);
    }

    void row(long recorded) {
        rows.put(recorded, true);
    }

    void learn(long recorded, long ours) {
        known.put(recorded, ours);
    }

    /** Whether our zxid can be what the recorded one stands for. */
    boolean fits(long recorded, long ours) {
        if (!rows.containsKey(recorded)) {
            return false;
        }
        Map.Entry<Long, Long> floor = known.floorEntry(recorded);
        if (floor.getKey() == recorded) {
            return floor.getValue() == ours;
        }
        Map.Entry<Long, Long> ceiling = known.ceilingEntry(recorded);
        boolean fits = floor.getValue() < ours && (ceiling == null || ours < ceiling.getValue());
        if (fits) {
            known.put(recorded, ours); // from here on the same row means the same zxid, at every node that names it
        }
        return fits;
    }
}

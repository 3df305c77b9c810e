package io.coord.testkit.process;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Watches that are told once, and what their client saw, in the order in which it did; 0 stands for a node that is not there. What differs
 * from what was there when the watch was set is not seen before the watch has told.
 */
final class OneShotHistory {

    private final Map<String, Long> set = new HashMap<>();
    private final List<String> violations = new ArrayList<>();
    private long fired;

    /** Whether a watch waits there. */
    synchronized boolean isSet(String path) {
        return set.containsKey(path);
    }

    /** A watch was set, with an answer that showed the node as of that zxid. */
    synchronized void set(String path, long mzxid) {
        set.put(path, mzxid);
    }

    /** It told. */
    synchronized void fired(String path) {
        fired++;
        if (set.remove(path) == null) {
            violations.add("a watch of " + path + " told that was not set, or had told");
        }
    }

    synchronized long fired() {
        return fired;
    }

    /** The client was answered. */
    synchronized void saw(String path, long mzxid) {
        Long before = set.get(path);
        if (before != null && before != mzxid) {
            violations.add(path + " was seen as of zxid " + mzxid + ", and its watch, set at " + before + ", had not told");
        }
    }

    synchronized List<String> violations() {
        return List.copyOf(violations);
    }
}

package io.coord.state;

import java.util.Arrays;

/**
 * The watchers of one path, each with the kinds of its watches: a hash table of longs, since a popular path may have a hundred thousand.
 * Read in the order of the watchers' ids.
 */
final class Watchers {

    /** A one-shot watch of getData or exists. */
    static final byte DATA = 1;
    /** A one-shot watch of getChildren. */
    static final byte CHILD = 2;
    /** A watch that stays. */
    static final byte PERSISTENT = 4;
    /** A watch that stays and reaches down. */
    static final byte RECURSIVE = 8;

    private long[] ids = new long[2];
    /** The kinds at the same position in {@link #ids}; 0 where the position is free. */
    private byte[] kinds = new byte[2];
    private int count;
    private int recursiveCount;

    boolean isEmpty() {
        return count == 0;
    }

    boolean hasRecursive() {
        return recursiveCount > 0;
    }

    byte kinds(long id) {
        return kinds[position(id)];
    }

    void add(long id, byte kind) {
        int at = position(id);
        if (kinds[at] == 0) {
            if (2 * (count + 1) > ids.length) {
                resize(2 * ids.length);
                at = position(id);
            }
            ids[at] = id;
            count++;
        }
        recursiveCount += (kind & ~kinds[at] & RECURSIVE) == 0 ? 0 : 1;
        kinds[at] |= kind;
    }

    /** Takes these kinds from a watcher; one without kinds left is gone. */
    void remove(long id, int removed) {
        int at = position(id);
        if (kinds[at] != 0) {
            recursiveCount -= (removed & kinds[at] & RECURSIVE) == 0 ? 0 : 1;
            kinds[at] &= (byte) ~removed;
            if (kinds[at] == 0) {
                count--;
                closeGap(at);
            }
        }
    }

    /** The watchers that have any of these kinds, in order. */
    long[] having(int wanted) {
        long[] found = new long[count];
        int next = 0;
        for (int i = 0; i < ids.length; i++) {
            if ((kinds[i] & wanted) != 0) {
                found[next++] = ids[i];
            }
        }
        long[] sorted = Arrays.copyOf(found, next);
        Arrays.sort(sorted);
        return sorted;
    }

    /** Where the watcher is, or would be. At least half of the positions are free. */
    private int position(long id) {
        int at = home(id);
        while (kinds[at] != 0 && ids[at] != id) {
            at = at + 1 & ids.length - 1;
        }
        return at;
    }

    private int home(long id) {
        long mixed = id * 0x9E3779B97F4A7C15L;
        return (int) (mixed >>> 40) & ids.length - 1;
    }

    /** Moves up those behind a gap that were pushed past it, so that a search may stop at any free position. */
    private void closeGap(int gap) {
        int free = gap;
        for (int at = free + 1 & ids.length - 1; kinds[at] != 0; at = at + 1 & ids.length - 1) {
            int pushed = at - home(ids[at]) & ids.length - 1;
            int moved = at - free & ids.length - 1;
            if (pushed >= moved) {
                ids[free] = ids[at];
                kinds[free] = kinds[at];
                kinds[at] = 0;
                free = at;
            }
        }
    }

    private void resize(int length) {
        long[] oldIds = ids;
        byte[] oldKinds = kinds;
        ids = new long[length];
        kinds = new byte[length];
        for (int i = 0; i < oldIds.length; i++) {
            if (oldKinds[i] != 0) {
                int at = position(oldIds[i]);
                ids[at] = oldIds[i];
                kinds[at] = oldKinds[i];
            }
        }
    }
}

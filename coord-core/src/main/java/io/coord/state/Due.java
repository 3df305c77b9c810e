package io.coord.state;

/**
 * When a childless container or TTL node is to be collected.
 *
 * @param millis elapsed time after which it is due
 * @param path the node
 */
record Due(long millis, String path) {

    /** When a container that had children, and has none, is due. */
    static final long NOW = Long.MIN_VALUE;

    static OrderedTree<Due, Due> none() {
        return OrderedTree.by(Due::order);
    }

    private static int order(Due key, Due element) {
        int byTime = Long.compare(key.millis, element.millis);
        return byTime != 0 ? byTime : key.path.compareTo(element.path);
    }

    /** The sum, or the largest number where it would wrap. */
    static long later(long millis, long byMillis) {
        long sum = millis + byMillis;
        return byMillis > 0 && sum < millis ? Long.MAX_VALUE : sum;
    }
}

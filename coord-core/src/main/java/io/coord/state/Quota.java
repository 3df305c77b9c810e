package io.coord.state;

import io.coord.Bytes;
import org.jspecify.annotations.Nullable;

/**
 * The hard limits on a subtree, from its limits node's text {@code count=N,bytes=N[=;byteHardLimit=N;countHardLimit=N]} (zk.Q1). Soft
 * limits are for the operator and not read here.
 *
 * @param path top of the subtree
 * @param countMax most nodes, top included, or -1
 * @param bytesMax most bytes of data, or -1
 */
record Quota(String path, long countMax, long bytesMax) {

    private static final String TREE = "/zookeeper/quota";
    private static final String LIMITS = "/zookeeper_limits";
    private static final String STATS = "/zookeeper_stats";

    static OrderedTree<String, Quota> none() {
        return OrderedTree.by((path, quota) -> path.compareTo(quota.path));
    }

    /** The path whose limits this node holds, or null if it holds none; there is no quota on the root (zk.Q2). */
    static @Nullable String limitedBy(String node) {
        return subject(node, LIMITS);
    }

    /** The path whose usage this node shows, or null if it shows none. */
    static @Nullable String shownBy(String node) {
        return subject(node, STATS);
    }

    private static @Nullable String subject(String node, String name) {
        int length = node.length() - TREE.length() - name.length();
        return length > 0 && node.startsWith(TREE) && node.charAt(TREE.length()) == '/' && node.endsWith(name)
                ? node.substring(TREE.length(), TREE.length() + length)
                : null;
    }

    static Quota parse(String path, @Nullable Bytes limits) {
        String text = limits == null ? "" : limits.utf8();
        return new Quota(path, limit(text, "countHardLimit"), limit(text, "byteHardLimit"));
    }

    /** A limit's value, or -1 where it is missing or no number. */
    private static long limit(String text, String name) {
        long value = -1;
        int start = 0;
        while (start < text.length()) {
            int end = start;
            while (end < text.length() && text.charAt(end) != ',' && text.charAt(end) != ';') {
                end++;
            }
            if (text.startsWith(name + "=", start)) {
                value = number(text.substring(start + name.length() + 1, end));
            }
            start = end + 1;
        }
        return value;
    }

    private static long number(String text) {
        int equals = text.indexOf('=');
        try {
            return Long.parseLong(equals < 0 ? text : text.substring(0, equals));
        } catch (NumberFormatException e) {
            return -1;
        }
    }

    /** The text of a stats node. */
    static Bytes usage(long count, long bytes) {
        return Bytes.utf8("count=" + count + ",bytes=" + bytes);
    }
}

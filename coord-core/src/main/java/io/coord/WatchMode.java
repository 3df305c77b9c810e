package io.coord;

/** How far a watch added by {@code addWatch} reaches. Both kinds stay until they are removed. */
public enum WatchMode {
    /** The node itself, and creation and deletion of its direct children as {@code CHILDREN_CHANGED} (zk.WT6). */
    PERSISTENT(0),
    /** The node and every descendant, each with its own event; never {@code CHILDREN_CHANGED} (zk.WT7). */
    PERSISTENT_RECURSIVE(1);

    private final int code;

    WatchMode(int code) {
        this.code = code;
    }

    /** ZooKeeper's number for the mode. */
    public int code() {
        return code;
    }
}

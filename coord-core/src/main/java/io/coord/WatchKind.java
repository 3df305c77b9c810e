package io.coord;

/** Which watches on a path a removal means; the codes are ZooKeeper's {@code WatcherType} (zk.WT10). */
public enum WatchKind {
    /** One-shot watches set by getChildren. */
    CHILDREN(1),
    /** One-shot watches set by getData and exists. */
    DATA(2),
    /** All watches of any kind. */
    ANY(3),
    /** Watches of {@link WatchMode#PERSISTENT}. */
    PERSISTENT(4),
    /** Watches of {@link WatchMode#PERSISTENT_RECURSIVE}. */
    PERSISTENT_RECURSIVE(5);

    private final int code;

    WatchKind(int code) {
        this.code = code;
    }

    /** What a removal means that takes watches of this mode alone. */
    public static WatchKind of(WatchMode mode) {
        return mode == WatchMode.PERSISTENT ? PERSISTENT : PERSISTENT_RECURSIVE;
    }

    /** ZooKeeper's number for the kind. */
    public int code() {
        return code;
    }
}

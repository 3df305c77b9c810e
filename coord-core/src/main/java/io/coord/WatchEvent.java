package io.coord;

/**
 * A change that a watch reports.
 *
 * @param type what happened
 * @param path the node it happened to: the changed node, or the parent for {@link Type#CHILDREN_CHANGED}
 * @param zxid the write that did it; for {@link Type#GAP} the state from which the listener may read on; -1 where it is not known: of a
 *     change that a one-shot watch missed while its session moved or its member was behind, and of any from a ZooKeeper server before 3.9
 */
public record WatchEvent(Type type, String path, long zxid) {

    /** The kinds of change; the codes are ZooKeeper's (zk.WT5). */
    public enum Type {
        /** The node came into being. */
        CREATED(1),
        /** The node is gone. */
        DELETED(2),
        /** The node's data was set, perhaps to equal bytes. */
        DATA_CHANGED(3),
        /** A direct child was created or deleted. */
        CHILDREN_CHANGED(4),
        /**
         * Changes below the watched path may have been missed (the member installed a snapshot over its state): read
         * again. Only persistent watches report it.
         */
        GAP(0);

        private final int code;

        Type(int code) {
            this.code = code;
        }

        /** ZooKeeper's number for the type; 0 for those ZooKeeper does not have. */
        public int code() {
            return code;
        }
    }
}

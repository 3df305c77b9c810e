package io.coord.state;

import org.jspecify.annotations.Nullable;

/**
 * What a node knows of those below it; a node that never had a child has none, so that leaves stay small. Changed in place by the edit
 * it carries.
 */
final class Family {

    final @Nullable Edit edit;
    /** Path of the node's own parent, that node's very text object; null at the root. The way up costs no comparison of texts. */
    final @Nullable String parent;
    /** The full paths of the direct children, the same text objects as the children's own. */
    PathTrie children;
    int childCount;
    /** Children ever created here: the next sequence number (zk.SQ1). Wraps (zk.SQ2). */
    int creations;
    /** Entry that last created or deleted a direct child, or the node's own creation (zk.ST2). */
    long pzxid;
    /** Nodes below, at any depth. */
    int descendants;
    /** Sum of their data's lengths. */
    long bytesBelow;

    Family(@Nullable Edit edit, @Nullable String parent, int creations, long pzxid) {
        this.edit = edit;
        this.parent = parent;
        this.children = PathTrie.EMPTY;
        this.creations = creations;
        this.pzxid = pzxid;
    }

    private Family(Edit edit, Family from) {
        this.edit = edit;
        this.parent = from.parent;
        this.children = from.children;
        this.childCount = from.childCount;
        this.creations = from.creations;
        this.pzxid = from.pzxid;
        this.descendants = from.descendants;
        this.bytesBelow = from.bytesBelow;
    }

    Family copied(Edit present) {
        return new Family(present, this);
    }
}

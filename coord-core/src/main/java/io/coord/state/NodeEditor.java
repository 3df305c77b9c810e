package io.coord.state;

import io.coord.Acl;
import io.coord.Bytes;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The tree of nodes being changed: does what has been judged right, and keeps counts, quotas, collection dates and digest in step. Each
 * change costs the depth of its path.
 */
final class NodeEditor {

    /** Distinct access control lists remembered for sharing; nodes keep those in use alive. */
    private static final int SHARED_LISTS_MAX = 1024;

    private Edit edit = new Edit();
    private PathTrie nodes;
    private OrderedTree<String, Quota> quotas;
    private OrderedTree<Due, Due> expiring;
    private OrderedTree<Due, Due> unused;
    private long digest;
    private final Map<List<Acl>, AccessList> shared = new SharedLists();
    private @Nullable AccessList lastShared;

    NodeEditor() {
        this.nodes = PathTrie.EMPTY;
        this.quotas = Quota.none();
        this.expiring = Due.none();
        this.unused = Due.none();
    }

    private static final class SharedLists extends LinkedHashMap<List<Acl>, AccessList> {
        private static final long serialVersionUID = 1L;

        SharedLists() {
            super(64, 0.75f, true);
        }

        @Override
        protected boolean removeEldestEntry(Map.Entry<List<Acl>, AccessList> eldest) {
            return size() > SHARED_LISTS_MAX;
        }
    }

    /** The tree as it is now; later changes leave it alone. */
    NodeTree freeze() {
        edit = new Edit();
        return peek();
    }

    /** The tree as it is now, until the next change. */
    NodeTree peek() {
        return new NodeTree(nodes, quotas, expiring, unused, digest);
    }

    /** Goes back to a tree frozen earlier. */
    void restore(NodeTree tree) {
        edit = new Edit();
        nodes = tree.nodes();
        quotas = tree.quotas();
        expiring = tree.expiring();
        unused = tree.unused();
        digest = tree.digest();
    }

    @Nullable ZNode find(String path) {
        return (ZNode) nodes.find(path);
    }

    /** The parent of a path that has a slash, or null. */
    @Nullable ZNode findParent(String path) {
        return find(Paths.parentOf(path));
    }

    AccessList share(List<Acl> acl) {
        if (lastShared != null && lastShared.entries == acl) {
            return lastShared;
        }
        AccessList known = shared.get(acl);
        if (known == null) {
            known = new AccessList(acl);
            shared.put(known.entries, known);
        }
        lastShared = known;
        return known;
    }

    /** Adds a node under its parent, which counts a creation (zk.SQ1) and shows it (zk.ST2). */
    void create(ZNode node, ZNode parent) {
        enter(node);
        ZNode above = touch(parent);
        Family family = adopt(above, node);
        family.creations++;
        family.pzxid = node.czxid;
        leave(above);
    }

    /**
     * Adds a node under its parent, which had counted it before: neither its share of the digest nor its collection date change, but
     * that there are none of nodes with children. Returns the parent as it is now; null, if the node is there already, and then nothing
     * has changed.
     */
    @Nullable ZNode insert(ZNode node, ZNode parent) {
        PathTrie more = nodes.withNew(edit, node);
        if (more == null) {
            return null;
        }
        nodes = more;
        note(node);
        delist(parent);
        ZNode above = owned(parent);
        adopt(above, node);
        return above;
    }

    /** The same, its parent being looked up. */
    void insert(ZNode node) {
        insert(node, present(Paths.parentOf(node.path)));
    }

    private void enter(ZNode node) {
        put(node);
        note(node);
    }

    private void note(ZNode node) {
        digest += node.digest + Digest.family(node);
        enlist(node);
        arm(node);
    }

    private Family adopt(ZNode parent, ZNode node) {
        Family family = familyOf(parent);
        family.children = family.children.with(edit, node.path);
        family.childCount++;
        addBelow(parent, 1, node.dataLength);
        return family;
    }

    /** Adds the root, which has no parent. */
    void plant(ZNode root) {
        put(root);
        digest += root.digest + Digest.family(root);
    }

    void delete(ZNode node, ZNode parent, long zxid) {
        nodes = nodes.without(edit, node.path);
        digest -= node.digest + Digest.family(node);
        delist(node);
        disarm(node);
        ZNode above = touch(parent);
        Family family = familyOf(above);
        family.children = family.children.without(edit, node.path);
        family.childCount--;
        family.pzxid = zxid;
        addBelow(above, -1, -node.dataLength);
        leave(above);
    }

    /** Puts a node with other data in place of what it was. */
    void replaceData(ZNode before, ZNode after) {
        replace(before, after);
        delist(before);
        enlist(after);
        if (Quota.limitedBy(after.path) != null) {
            arm(after);
        }
        int grown = after.dataLength - before.dataLength;
        if (grown != 0) {
            addBytesAbove(after.path, grown);
        }
    }

    /** Puts a node with another access control list in place of what it was. */
    void replace(ZNode before, ZNode after) {
        put(after);
        digest += after.digest - before.digest;
    }

    private void put(ZNode node) {
        nodes = nodes.with(edit, node);
    }

    /** Takes a node's family out of the digest and its collection date off the list, until {@link #leave}. */
    private ZNode touch(ZNode node) {
        digest -= Digest.family(node);
        delist(node);
        return owned(node);
    }

    private void leave(ZNode node) {
        digest += Digest.family(node);
        enlist(node);
    }

    /** The node with a family that the present edit may change: if need be a copy in its place, with a new family or a copy of it. */
    private ZNode owned(ZNode node) {
        Family family = node.family;
        if (family != null && family.edit == edit) {
            return node;
        }
        ZNode own = node.withFamily(
                family == null ? new Family(edit, parentPath(node), 0, node.czxid) : family.copied(edit));
        put(own);
        return own;
    }

    private static Family familyOf(ZNode owned) {
        Family family = owned.family;
        if (family == null) {
            throw new IllegalStateException(owned.path + " has no family, though it has been made its own");
        }
        return family;
    }

    /** The path of the parent, that node's very text object. */
    private @Nullable String parentPath(ZNode node) {
        return node.path.length() == 1 ? null : present(Paths.parentOf(node.path)).path;
    }

    private ZNode present(String path) {
        ZNode node = find(path);
        if (node == null) {
            throw new IllegalStateException(path + " is missing, though there are nodes below it");
        }
        return node;
    }

    /** Adds to what a node and each of its ancestors know of those below. */
    private void addBelow(ZNode owned, int count, long bytes) {
        Family family = familyOf(owned);
        while (true) {
            family.descendants += count;
            family.bytesBelow += bytes;
            if (family.parent == null) {
                return;
            }
            family = familyOf(owned(present(family.parent)));
        }
    }

    /** Adds to what each ancestor knows of the bytes below it. */
    private void addBytesAbove(String path, long bytes) {
        if (path.length() > 1) {
            addBelow(owned(present(Paths.parentOf(path))), 0, bytes);
        }
    }

    // ---- what is derived

    /** The quota of the node itself or its nearest ancestor that has one, or null (zk.Q2). */
    @Nullable Quota nearestQuota(String path) {
        if (quotas.isEmpty()) {
            return null;
        }
        String top = Paths.nearestTop(path, text -> {
            Quota before = quotas.floor(text);
            return before == null ? null : before.path();
        });
        return top == null ? null : quotas.find(top);
    }

    private void arm(ZNode node) {
        String subject = Quota.limitedBy(node.path);
        if (subject != null) {
            quotas = quotas.with(edit, subject, Quota.parse(subject, node.data));
        }
    }

    private void disarm(ZNode node) {
        String subject = Quota.limitedBy(node.path);
        if (subject != null) {
            quotas = quotas.without(edit, subject);
        }
    }

    private void enlist(ZNode node) {
        Life life = node.life;
        if (life == null || !life.isCollectable() || node.childCount() > 0) {
            return;
        }
        Due due = dueOf(node, life);
        if (isUnused(node, life)) {
            unused = unused.with(edit, due, due);
        } else {
            expiring = expiring.with(edit, due, due);
        }
    }

    private void delist(ZNode node) {
        Life life = node.life;
        if (life == null || !life.isCollectable() || node.childCount() > 0) {
            return;
        }
        Due due = dueOf(node, life);
        if (isUnused(node, life)) {
            unused = unused.without(edit, due);
        } else {
            expiring = expiring.without(edit, due);
        }
    }

    private static boolean isUnused(ZNode node, Life life) {
        return life.lifetime() == StateVisitor.Lifetime.CONTAINER && !node.everHadChildren();
    }

    private static Due dueOf(ZNode node, Life life) {
        if (life.lifetime() == StateVisitor.Lifetime.TTL) {
            return new Due(Due.later(life.touchedMillis(), life.ttlMillis()), node.path);
        }
        return new Due(node.everHadChildren() ? Due.NOW : life.touchedMillis(), node.path);
    }
}

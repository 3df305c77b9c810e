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
        AccessList known = shared.get(acl);
        if (known == null) {
            known = new AccessList(acl);
            shared.put(known.entries, known);
        }
        return known;
    }

    /** Adds a node under its parent, which counts a creation (zk.SQ1) and shows it (zk.ST2). */
    void create(ZNode node) {
        Family parent = enter(node);
        parent.creations++;
        parent.pzxid = node.czxid;
        leaveParent(node.path);
    }

    /** Adds a node under its parent, which had counted it before. */
    void insert(ZNode node) {
        enter(node);
        leaveParent(node.path);
    }

    private Family enter(ZNode node) {
        put(node);
        digest += node.digest + Digest.family(node);
        enlist(node);
        arm(node);
        Family parent = touchParent(node.path);
        parent.children = parent.children.with(edit, node.path);
        parent.childCount++;
        addBelowAncestors(node.path, 1, node.dataLength);
        return parent;
    }

    /** Adds the root, which has no parent. */
    void plant(ZNode root) {
        put(root);
        digest += root.digest + Digest.family(root);
    }

    void delete(ZNode node, long zxid) {
        nodes = nodes.without(edit, node.path);
        digest -= node.digest + Digest.family(node);
        delist(node);
        disarm(node);
        Family parent = touchParent(node.path);
        parent.children = parent.children.without(edit, node.path);
        parent.childCount--;
        parent.pzxid = zxid;
        addBelowAncestors(node.path, -1, -node.dataLength);
        leaveParent(node.path);
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
            addBelowAncestors(after.path, 0, grown);
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

    /** Takes the parent's share out of the digest and its collection date off the list, until {@link #leaveParent}. */
    private Family touchParent(String path) {
        ZNode parent = parentOf(path);
        digest -= Digest.family(parent);
        delist(parent);
        return ownFamily(parent);
    }

    private void leaveParent(String path) {
        ZNode parent = parentOf(path);
        digest += Digest.family(parent);
        enlist(parent);
    }

    private ZNode parentOf(String path) {
        ZNode parent = findParent(path);
        if (parent == null) {
            throw new IllegalStateException("the parent of " + path + " is missing");
        }
        return parent;
    }

    /** The node's family, if need be a new one or a copy that the present edit may change. */
    private Family ownFamily(ZNode node) {
        Family family = node.family;
        if (family != null && family.edit == edit) {
            return family;
        }
        Family own = family == null ? new Family(edit, parentPath(node), 0, node.czxid) : family.copied(edit);
        put(node.withFamily(own));
        return own;
    }

    private @Nullable String parentPath(ZNode node) {
        return node.path.length() == 1 ? null : parentOf(node.path).path;
    }

    /** Adds to what each ancestor knows of those below it. */
    private void addBelowAncestors(String path, int count, long bytes) {
        ZNode ancestor = path.length() == 1 ? null : parentOf(path);
        while (ancestor != null) {
            Family family = ownFamily(ancestor);
            family.descendants += count;
            family.bytesBelow += bytes;
            ancestor = family.parent == null ? null : find(family.parent);
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

package io.coord.netty.zkfiles;

import io.coord.Acl;
import io.coord.state.StateVisitor.Lifetime;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/**
 * The nodes and sessions of a ZooKeeper server, as a snapshot showed them and its log went on.
 *
 * <p>A snapshot is taken while the tree changes: any node in it may show writes above the zxid in its name. So each write of the log
 * is judged by what the nodes show. A node born by a later write is left alone, and so is what lies below it; a node's data and ACL only
 * ever go forward; a parent's count of creations and the zxid of its last change of children only grow. Then it does not matter how
 * much of the log a snapshot shows already, nor at which nodes.
 */
final class ZooKeeperTree {

    /** ZooKeeper's digest of a tree, in the only version that was released. */
    static final int DIGEST_VERSION = 2;

    private static final String OWN_SUBTREE = "/zookeeper/";
    private static final int STAT_BYTES = 60;

    /** A node, with Stat fields as ZooKeeper stores them: cversion is the count of creations. */
    static final class Node {
        byte @Nullable [] data;
        /** Null if the snapshot told only a number that its table of lists does not have. */
        @Nullable List<Acl> acl;

        long czxid;
        long mzxid;
        long pzxid;
        long ctime;
        long mtime;
        int version;
        int cversion;
        int aversion;
        long owner;

        @Nullable Set<String> children;
    }

    private final Map<String, Node> nodes = new HashMap<>();
    private final Map<Long, Integer> sessions = new TreeMap<>();
    private final Map<Long, Set<String>> owned = new HashMap<>();
    /** By server id, which is a session id's first octet. */
    private final TreeMap<Integer, Long> highestSessions = new TreeMap<>();

    Map<String, Node> nodes() {
        return nodes;
    }

    Map<Long, Integer> sessions() {
        return sessions;
    }

    TreeMap<Integer, Long> highestSessions() {
        return highestSessions;
    }

    // ---- as the snapshot says

    /** Adds a node as it is; false if it has no parent. */
    boolean add(String path, Node node) {
        if (!path.equals("/")) {
            Node parent = nodes.get(parentOf(path));
            if (parent == null) {
                return false;
            }
            childrenOf(parent).add(path);
        }
        nodes.put(path, node);
        if (node.owner != 0) {
            owned.computeIfAbsent(node.owner, owner -> new HashSet<>()).add(path);
        }
        return true;
    }

    private static Set<String> childrenOf(Node node) {
        Set<String> children = node.children;
        if (children == null) {
            children = new HashSet<>();
            node.children = children;
        }
        return children;
    }

    static String parentOf(String path) {
        int slash = path.lastIndexOf('/');
        return slash <= 0 ? "/" : path.substring(0, slash);
    }

    // ---- as the log goes on

    void openSession(long id, int timeoutMillis) {
        sessions.put(id, timeoutMillis);
        long own = id & 0x00FF_FFFF_FFFF_FFFFL;
        highestSessions.merge((int) (id >>> 56), own, Math::max);
    }

    /** Ends a session, but deletes none of its nodes. */
    void forgetSession(long id) {
        sessions.remove(id);
    }

    /**
     * Ends a session and deletes its nodes.
     *
     * @param named the nodes that the log names: where a snapshot shows some of them gone already, their parents still change
     */
    void closeSession(long id, List<String> named, long zxid) {
        forgetSession(id);
        named.forEach(path -> delete(path, zxid));
        for (String path : List.copyOf(owned.getOrDefault(id, Set.of()))) {
            delete(path, zxid);
        }
    }

    /**
     * Creates a node.
     *
     * @param creations that the parent has counted with this one; -1 if the log does not tell
     */
    void create(
            String path,
            byte @Nullable [] data,
            List<Acl> acl,
            long owner,
            int creations,
            long zxid,
            long time) {
        Node parent = nodes.get(parentOf(path));
        if (parent == null || parent.czxid > zxid) {
            return;
        }
        Node there = nodes.get(path);
        if (there == null) {
            add(path, born(data, acl, owner, zxid, time));
        } else if (there.czxid == zxid && there.acl == null && there.aversion == 0) {
            there.acl = acl;
        }
        boolean isTold = creations != -1 || there != null;
        int counted = isTold ? creations : parent.cversion + 1;
        if (counted > parent.cversion) {
            parent.cversion = counted;
            parent.pzxid = zxid;
        }
    }

    private static Node born(byte @Nullable [] data, List<Acl> acl, long owner, long zxid, long time) {
        Node node = new Node();
        node.data = data;
        node.acl = acl;
        node.owner = owner;
        node.czxid = zxid;
        node.mzxid = zxid;
        node.pzxid = zxid;
        node.ctime = time;
        node.mtime = time;
        return node;
    }

    void delete(String path, long zxid) {
        Node parent = nodes.get(parentOf(path));
        if (parent == null || parent.czxid > zxid) {
            return;
        }
        Node node = nodes.get(path);
        if (node != null && node.czxid <= zxid && !path.equals("/")) {
            remove(path, parent);
        }
        parent.pzxid = Math.max(parent.pzxid, zxid);
    }

    /** Removes a node, and whatever a snapshot shows below it of a later life: the log tells of that anew. */
    private void remove(String path, Node parent) {
        childrenOf(parent).remove(path);
        ArrayDeque<String> left = new ArrayDeque<>(List.of(path));
        while (!left.isEmpty()) {
            String gone = left.pop();
            Node node = nodes.remove(gone);
            if (node != null) {
                left.addAll(node.children == null ? Set.of() : node.children);
                disown(gone, node.owner);
            }
        }
    }

    private void disown(String path, long owner) {
        Set<String> paths = owned.get(owner);
        if (paths != null && paths.remove(path) && paths.isEmpty()) {
            owned.remove(owner);
        }
    }

    /** Sets data; within one transaction the version tells what is later. */
    void setData(String path, byte @Nullable [] data, int version, long zxid, long time) {
        Node node = nodes.get(path);
        if (node == null || node.czxid > zxid) {
            return;
        }
        if (zxid > node.mzxid || zxid == node.mzxid && version - node.version > 0) {
            node.data = data;
            node.version = version;
            node.mzxid = zxid;
            node.mtime = time;
        }
    }

    /** Sets the ACL, which leaves no zxid behind: its version tells what is later. */
    void setAcl(String path, List<Acl> acl, int version, long zxid) {
        Node node = nodes.get(path);
        if (node == null || node.czxid > zxid) {
            return;
        }
        if (version - node.aversion > 0 || version == node.aversion && node.acl == null) {
            node.acl = acl;
            node.aversion = version;
        }
    }

    /**
     * Deletes the nodes of sessions that nobody knows, as a ZooKeeper server does when it starts.
     *
     * @return how many
     */
    int removeOrphans(long zxid) {
        List<String> orphans = new ArrayList<>();
        owned.forEach((owner, paths) -> {
            boolean isSession = sessions.containsKey(owner);
            if (!isSession && NodeKind.lifetime(owner, false) == Lifetime.EPHEMERAL) {
                orphans.addAll(paths);
            }
        });
        orphans.forEach(path -> delete(path, zxid));
        return orphans.size();
    }

    // ---- what it comes to

    /** The highest zxid that any node shows. */
    long highestShown() {
        long highest = 0;
        for (Node node : nodes.values()) {
            highest = Math.max(highest, Math.max(node.mzxid, node.pzxid));
        }
        return highest;
    }

    /** ZooKeeper's own digest of the tree, which its logs and snapshots carry since 3.6. */
    long digest() {
        long digest = 0;
        for (Map.Entry<String, Node> entry : nodes.entrySet()) {
            digest += digest(entry.getKey(), entry.getValue());
        }
        return digest;
    }

    /** What a node adds to the digest; those below ZooKeeper's own add nothing, since servers differ in them. */
    static long digest(String path, Node node) {
        if (path.startsWith(OWN_SUBTREE)) {
            return 0;
        }
        ByteBuffer stat = ByteBuffer.allocate(STAT_BYTES)
                .putLong(node.czxid)
                .putLong(node.mzxid)
                .putLong(node.pzxid)
                .putLong(node.ctime)
                .putLong(node.mtime)
                .putInt(node.version)
                .putInt(node.cversion)
                .putInt(node.aversion)
                .putLong(node.owner)
                .flip();
        CRC32 crc = new CRC32();
        crc.update((path.equals("/") ? "" : path).getBytes(StandardCharsets.UTF_8));
        if (node.data != null) {
            crc.update(node.data);
        }
        crc.update(stat);
        return crc.getValue();
    }
}

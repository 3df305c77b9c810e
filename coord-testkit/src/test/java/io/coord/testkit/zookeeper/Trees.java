package io.coord.testkit.zookeeper;

import io.coord.Acl;
import io.coord.AclStat;
import io.coord.Bytes;
import io.coord.Node;
import io.coord.NodePath;
import io.coord.Session;
import io.coord.Stat;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.data.ACL;
import org.jspecify.annotations.Nullable;

/** Whole trees, node by node in words: data, ACL and every field of the Stat. */
final class Trees {

    /** The list of a server's own peers, which is nobody else's. */
    private static final String CONFIG = "/zookeeper/config";

    private Trees() {}

    /** The tree that a superuser of a ZooKeeper server sees. */
    static Map<String, String> of(ZooKeeper session) throws KeeperException, InterruptedException {
        session.addAuthInfo("digest", "super:secret".getBytes(StandardCharsets.UTF_8));
        Map<String, String> tree = new TreeMap<>();
        ArrayDeque<String> left = new ArrayDeque<>(List.of("/"));
        while (!left.isEmpty()) {
            String path = left.pop();
            org.apache.zookeeper.data.Stat stat = new org.apache.zookeeper.data.Stat();
            byte[] data = session.getData(path, false, stat);
            List<ACL> acl = session.getACL(path, null);
            put(tree, path, Values.bytes(data), Values.acl(acl), Values.stat(stat));
            session.getChildren(path, false).forEach(name -> left.add(path.length() == 1 ? "/" + name : path + "/" + name));
        }
        return tree;
    }

    /** The tree that a session of ours sees. */
    static Map<String, String> of(Session session) {
        session.sync(NodePath.ROOT);
        Map<String, String> tree = new TreeMap<>();
        ArrayDeque<NodePath> left = new ArrayDeque<>(List.of(NodePath.ROOT));
        while (!left.isEmpty()) {
            NodePath path = left.pop();
            Node node = session.getData(path);
            AclStat acl = session.getAcl(path);
            put(tree, path.toString(), node.data(), acl.acl(), node.stat());
            session.getChildren(path).forEach(name -> left.add(path.child(name)));
        }
        return tree;
    }

    private static void put(Map<String, String> tree, String path, @Nullable Bytes data, List<Acl> acl, Stat stat) {
        if (!path.equals(CONFIG)) {
            tree.put(path, (data == null ? "null" : HexFormat.of().formatHex(data.toArray())) + " " + acl + " " + stat);
        }
    }
}

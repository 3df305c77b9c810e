package io.coord.testkit.demo;

import io.coord.Acl;
import io.coord.Bytes;
import io.coord.Node;
import io.coord.NodePath;
import io.coord.Session;
import io.coord.Stat;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A whole tree, as read through a session. */
final class TreeWalk {

    /** A node. */
    record Found(String path, @Nullable Bytes data, List<Acl> acl, Stat stat) {}

    private TreeWalk() {}

    /** Every node, depth first, children by name. */
    static List<Found> of(Session session) {
        List<Found> all = new ArrayList<>();
        ArrayDeque<NodePath> open = new ArrayDeque<>();
        open.push(NodePath.ROOT);
        while (!open.isEmpty()) {
            NodePath path = open.pop();
            Node node = session.getData(path);
            all.add(new Found(path.value(), node.data(), session.getAcl(path).acl(), node.stat()));
            List<String> children = new ArrayList<>(session.getChildren(path));
            children.sort((a, b) -> b.compareTo(a));
            children.forEach(child -> open.push(path.child(child)));
        }
        return all;
    }
}

package io.coord.netty.zkfiles;

import io.coord.Acl;
import io.coord.Bytes;
import io.coord.Ensemble;
import io.coord.MemberId;
import io.coord.netty.zkfiles.ZooKeeperTree.Node;
import io.coord.runtime.Founding;
import io.coord.runtime.Passwords;
import io.coord.state.CoordState;
import io.coord.state.Restoring;
import io.coord.state.Settings;
import io.coord.state.StateRoot;
import io.coord.state.StateVisitor.Header;
import io.coord.state.StateVisitor.HighestSession;
import io.coord.state.StateVisitor.Lifetime;
import io.coord.state.StateVisitor.NodeImage;
import io.coord.state.StateVisitor.SessionImage;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;

/**
 * A ZooKeeper server's tree as a state of ours: the same nodes with the same Stat fields, the same sessions, at an index above every zxid
 * ZooKeeper ever gave (rule.26). A function of what was read: whoever imports the same files comes to the same state.
 */
public final class StateFromZooKeeper {

    /** The term of the entry that the state stands for; the first leader's is above. */
    private static final long TERM = 1;

    private static final String CONFIG = "/zookeeper/config";
    /** With this, ZooKeeper makes a session's password of its id (zk.S2). */
    private static final long PASSWORD_MASK = 0xB3415C00L;

    private final ZooKeeperImage image;
    private final ZooKeeperTree tree;
    private final MemberId home;
    private final long index;
    private final long elapsedMillis;
    private final Restoring restoring = CoordState.restoring();
    private int ttlNodes;

    private StateFromZooKeeper(ZooKeeperImage image, Ensemble ensemble) {
        this.image = image;
        this.tree = image.tree();
        this.home = ensemble.voters().firstKey();
        this.index = Founding.baseAbove(image.zxid());
        this.elapsedMillis = oldestMillis();
    }

    /**
     * The state.
     *
     * @param root the state
     * @param ttlNodes how many of its nodes have a time to live
     */
    public record Imported(StateRoot root, int ttlNodes) {}

    /**
     * Makes the state; the image's tree is used up.
     *
     * @param ensemble that is to go on from it
     * @throws IllegalStateException if it is no tree that can be; the message names the node
     */
    public static Imported of(ZooKeeperImage image, Ensemble ensemble) {
        return new StateFromZooKeeper(image, ensemble).imported();
    }

    private Imported imported() {
        addMissing();
        restoring.header(new Header(
                index,
                TERM,
                image.millis(),
                elapsedMillis,
                Settings.DEFAULT,
                tree.sessions().size(),
                tree.nodes().size(),
                highestSessions()));
        tree.sessions().forEach(this::session);
        nodes();
        restoring.end(restoring.digest());
        return new Imported(restoring.state().root(), ttlNodes);
    }

    /** Servers before 3.5 had no configuration node. */
    private void addMissing() {
        for (String path : List.of("/zookeeper", "/zookeeper/quota", CONFIG)) {
            if (!tree.nodes().containsKey(path)) {
                Node node = new Node();
                node.data = new byte[0];
                node.acl = path.equals(CONFIG) ? Acl.READ_ONLY : Acl.OPEN;
                tree.add(path, node);
            }
        }
    }

    /** Ids count up from what server and clock gave: no member of the same number may make one again. */
    private List<HighestSession> highestSessions() {
        List<HighestSession> highest = new ArrayList<>();
        for (Map.Entry<Integer, Long> entry : tree.highestSessions().entrySet()) {
            int server = entry.getKey() & 0xFF;
            if (server >= 1) {
                highest.add(new HighestSession(MemberId.of(server), (long) server << 56 | entry.getValue()));
            }
        }
        highest.sort((a, b) -> a.member().compareTo(b.member()));
        return highest;
    }

    private void session(long id, int timeoutMillis) {
        byte[] password = new byte[Passwords.LENGTH];
        new Random(id ^ PASSWORD_MASK).nextBytes(password);
        restoring.session(new SessionImage(
                id, Passwords.hash(Bytes.wrap(password)), timeoutMillis, home, 1, 0, 0, 0, List.of()));
    }

    private void nodes() {
        ArrayDeque<String> left = new ArrayDeque<>(List.of("/"));
        while (!left.isEmpty()) {
            String path = left.pop();
            Node node = tree.nodes().get(path);
            if (node != null) {
                restoring.node(path.equals(CONFIG) ? configuration(path, node) : node(path, node));
                left.addAll(node.children == null ? Set.of() : node.children);
            }
        }
    }

    private NodeImage node(String path, Node node) {
        Lifetime lifetime = lifetime(node);
        boolean isTimed = lifetime == Lifetime.TTL || lifetime == Lifetime.CONTAINER;
        ttlNodes += lifetime == Lifetime.TTL ? 1 : 0;
        return new NodeImage(
                path,
                node.data == null ? null : Bytes.wrap(node.data),
                node.acl == null ? List.of() : node.acl,
                node.czxid,
                node.mzxid,
                node.pzxid,
                node.ctime,
                node.mtime,
                node.version,
                node.aversion,
                node.cversion,
                lifetime == Lifetime.EPHEMERAL ? node.owner : 0,
                lifetime,
                NodeKind.ttlMillis(node.owner, lifetime),
                isTimed ? elapsedMillis - ageMillis(node) : 0);
    }

    /** ZooKeeper's list of its own servers would send clients back to them. */
    private NodeImage configuration(String path, Node node) {
        node.data = new byte[0];
        node.version = 0;
        return node(path, node);
    }

    private Lifetime lifetime(Node node) {
        return NodeKind.lifetime(node.owner, tree.sessions().containsKey(node.owner));
    }

    /** How long ago a node was last set, by the last transaction's clock: a time to live goes on, and rests while nobody serves. */
    private long ageMillis(Node node) {
        return Math.max(0, image.millis() - node.mtime);
    }

    private long oldestMillis() {
        long oldest = 0;
        for (Node node : tree.nodes().values()) {
            Lifetime lifetime = lifetime(node);
            if (lifetime == Lifetime.TTL || lifetime == Lifetime.CONTAINER) {
                oldest = Math.max(oldest, ageMillis(node));
            }
        }
        return oldest;
    }
}

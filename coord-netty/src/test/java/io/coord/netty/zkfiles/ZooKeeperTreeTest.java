package io.coord.netty.zkfiles;

import static org.assertj.core.api.Assertions.assertThat;

import io.coord.Acl;
import io.coord.netty.zkfiles.ZooKeeperTree.Node;
import io.coord.state.StateVisitor.Lifetime;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** A write of the log meets a tree that may show it already, or more. */
class ZooKeeperTreeTest {

    private static final byte[] OLD = "old".getBytes(StandardCharsets.UTF_8);
    private static final byte[] NEW = "new".getBytes(StandardCharsets.UTF_8);

    private final ZooKeeperTree tree = new ZooKeeperTree();
    private final Node root = plant("/", 0, 0);

    @Test
    @DisplayName("a node born by a later write is left alone, and so is what lies below")
    void aNodeBornLaterIsLeftAlone() {
        Node later = plant("/a", 20, 0);
        plant("/a/b", 21, 0);

        tree.setData("/a", OLD, 7, 12, 0);
        tree.setAcl("/a", Acl.READ_ONLY, 3, 12);
        tree.create("/a/c", OLD, Acl.OPEN, 0, 9, 13, 0);
        tree.delete("/a/b", 14);
        tree.delete("/a", 15);

        assertThat(tree.nodes()).containsOnlyKeys("/", "/a", "/a/b");
        assertThat(later.version).isZero();
        assertThat(later.aversion).isZero();
        assertThat(later.cversion).isZero();
        assertThat(later.pzxid).isEqualTo(20);
        assertThat(root.pzxid).as("the earlier life ended").isEqualTo(15);
    }

    @Test
    @DisplayName("data shown already is not set back, and two writes of one transaction both count")
    void dataGoesForward() {
        Node node = plant("/a", 10, 0);
        node.mzxid = 15;
        node.version = 5;
        node.data = NEW;

        tree.setData("/a", OLD, 4, 14, 0);
        assertThat(node.data).isEqualTo(NEW);

        tree.setData("/a", OLD, 6, 16, 0);
        tree.setData("/a", NEW, 7, 16, 0);
        tree.setData("/a", OLD, 6, 16, 0);
        assertThat(node.data).isEqualTo(NEW);
        assertThat(node.version).isEqualTo(7);
    }

    @Test
    @DisplayName("ZOOKEEPER-3145: a session's end changes the parent of a node that the snapshot misses")
    void aSessionsEndChangesTheParentOfANodeThatIsGone() {
        tree.openSession(77, 4000);
        Node parent = plant("/a", 10, 0);
        plant("/a/there", 11, 77);

        tree.closeSession(77, List.of("/a/gone", "/a/there"), 30);
        assertThat(parent.pzxid).isEqualTo(30);

        tree.closeSession(77, List.of("/a/gone"), 31);
        assertThat(parent.pzxid).isEqualTo(31);
        assertThat(tree.nodes()).containsOnlyKeys("/", "/a");
        assertThat(tree.sessions()).isEmpty();
    }

    @Test
    @DisplayName("a node that a session of later made under the same name outlives the end of an earlier one")
    void aNodeOfALaterSessionStays() {
        tree.openSession(77, 4000);
        tree.openSession(78, 4000);
        plant("/e", 20, 78);

        tree.closeSession(77, List.of("/e"), 15);

        assertThat(tree.nodes()).containsKey("/e");
    }

    @Test
    @DisplayName("ZOOKEEPER-3306: a list that the snapshot does not tell is learned from the write that made the node, or set the list")
    void aListThatTheSnapshotDoesNotTellIsLearned() {
        Node made = plant("/a", 10, 0);
        made.acl = null;
        Node set = plant("/b", 5, 0);
        set.acl = null;
        set.aversion = 2;

        tree.create("/a", OLD, Acl.READ_ONLY, 0, 1, 10, 0);
        tree.setAcl("/b", Acl.OPEN, 1, 11);
        assertThat(set.acl).isNull();
        tree.setAcl("/b", Acl.READ_ONLY, 2, 12);

        assertThat(made.acl).isEqualTo(Acl.READ_ONLY);
        assertThat(set.acl).isEqualTo(Acl.READ_ONLY);
    }

    @Test
    @DisplayName("ZOOKEEPER-3144: nodes of sessions that nobody knows go, as when a server starts")
    void nodesOfUnknownSessionsGo() {
        plant("/orphan", 10, 99);
        plant("/container", 11, NodeKind.CONTAINER);
        plant("/ttl", 12, NodeKind.ttl(5));

        assertThat(tree.removeOrphans(40)).isEqualTo(1);
        assertThat(tree.nodes()).containsOnlyKeys("/", "/container", "/ttl");
        assertThat(root.pzxid).isEqualTo(40);
    }

    @Test
    @DisplayName("owners are sessions, containers or times to live; ids of server 255 look like the latter")
    void ownersAreOfThreeKinds() {
        assertThat(NodeKind.lifetime(0, false)).isEqualTo(Lifetime.PERSISTENT);
        assertThat(NodeKind.lifetime(Long.MIN_VALUE, false)).isEqualTo(Lifetime.CONTAINER);
        assertThat(NodeKind.lifetime(0xFF00_0000_0000_1B58L, false)).isEqualTo(Lifetime.TTL);
        assertThat(NodeKind.ttlMillis(0xFF00_0000_0000_1B58L, Lifetime.TTL)).isEqualTo(7_000);
        assertThat(NodeKind.lifetime(0xFF00_0000_0000_1B58L, true)).isEqualTo(Lifetime.EPHEMERAL);
        assertThat(NodeKind.lifetime(0xFF17_0000_0000_1B58L, false)).isEqualTo(Lifetime.EPHEMERAL);
        assertThat(NodeKind.lifetime(0x8100_2AD9_8300_0001L, false)).isEqualTo(Lifetime.EPHEMERAL);
    }

    private Node plant(String path, long zxid, long owner) {
        Node node = new Node();
        node.acl = Acl.OPEN;
        node.czxid = zxid;
        node.mzxid = zxid;
        node.pzxid = zxid;
        node.owner = owner;
        assertThat(tree.add(path, node)).isTrue();
        return node;
    }
}

package io.coord.netty.zkfiles;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.coord.Acl;
import io.coord.Bytes;
import io.coord.netty.zkfiles.Written.Part;
import io.coord.netty.zkfiles.ZooKeeperTree.Node;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Kinds of transactions that are rare, old or wrong. */
class TransactionTest {

    private static final int RECONFIG = 16;
    private static final int DELETE_CONTAINER = 20;

    private final ZooKeeperTree tree = new ZooKeeperTree();

    @BeforeEach
    void plant() {
        for (String path : List.of("/", "/zookeeper", "/zookeeper/config", "/c")) {
            Node node = new Node();
            node.acl = Acl.OPEN;
            tree.add(path, node);
        }
    }

    @Test
    void aReconfigSetsTheConfigurationNode() throws IOException {
        Part set = Written.setData("/zookeeper/config", Bytes.utf8("server.1=a"), -1);
        apply(new Part(RECONFIG, set.body()));

        Node config = tree.nodes().get("/zookeeper/config");
        assertThat(config.version).isEqualTo(-1);
        assertThat(config.data).isEqualTo(Bytes.utf8("server.1=a").toArray());
    }

    @Test
    void theEnsemblesOwnDeleteOfAContainerIsADelete() throws IOException {
        apply(new Part(DELETE_CONTAINER, Written.delete("/c").body()));

        assertThat(tree.nodes()).doesNotContainKey("/c");
    }

    @Test
    @DisplayName("the oldest form of create, without a count of creations, counts one")
    void theOldestFormOfCreateCountsOne() throws IOException {
        byte[] body = Written.create(Written.CREATE, "/old", null, Acl.OPEN, false, 0).body();
        apply(new Part(Written.CREATE, Arrays.copyOf(body, body.length - 4)));

        assertThat(tree.nodes()).containsKey("/old");
        assertThat(tree.nodes().get("/").cversion).isEqualTo(1);
    }

    @Test
    @DisplayName("zk.M2: of a multi that failed nothing is done")
    void ofAMultiThatFailedNothingIsDone() throws IOException {
        apply(Written.multi(List.of(
                new Part(Written.ERROR, Written.error(0).body()), new Part(Written.ERROR, Written.error(-101).body()))));
        apply(Written.multi(List.of(Written.delete("/c"), Written.error(-2))));

        assertThat(tree.nodes()).containsKey("/c");
    }

    @Test
    void whatCannotBeIsRefused() {
        assertThatThrownBy(() -> apply(new Part(99, new byte[0]))).isInstanceOf(JuteException.class).hasMessageContaining("type 99");
        byte[] tooLong = Arrays.copyOf(Written.delete("/c").body(), 9);
        assertThatThrownBy(() -> apply(new Part(Written.DELETE, tooLong))).isInstanceOf(JuteException.class);
        byte[] promise = {0x7F, -1, -1, -1};
        assertThatThrownBy(() -> apply(new Part(Written.DELETE, promise))).isInstanceOf(IOException.class);
        assertThatThrownBy(() -> new Transaction(new byte[12])).isInstanceOf(IOException.class);
    }

    private void apply(Part part) throws IOException {
        new Transaction(Written.transaction(5, 0x1_0000_0007L, 1_000, part)).applyTo(tree, false);
    }
}

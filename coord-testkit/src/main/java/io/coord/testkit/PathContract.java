package io.coord.testkit;

import static io.coord.testkit.Scene.assertRefused;
import static io.coord.testkit.Scene.createAt;
import static io.coord.testkit.Scene.data;
import static io.coord.testkit.Scene.multi;
import static io.coord.testkit.Scene.refusalOf;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.coord.Acl;
import io.coord.Bytes;
import io.coord.CreateMode;
import io.coord.NodePath;
import io.coord.Operation;
import io.coord.Refusal;
import io.coord.Stat;
import java.util.List;

/** Paths (zk section 2.3). */
interface PathContract extends Scene {

    /** Paths below an existing {@code /a} that break one rule each. */
    List<String> INVALID = List.of(
            "/a/", "/a/.", "/a/..", "//a", "/a/\u0001", "/a/\u001f", "/a/\u007f", "/a/\u009f", "/a/\ue000", "/a/\uf8ff",
            "/a/\ufff0", "/a/\ufffd", "/a/x\ud83d\ude00");

    @Proves("zk.P1")
    default void aPathThatBreaksARuleIsRefused() {
        create(A);
        for (String path : INVALID) {
            assertRefused(Refusal.BAD_ARGUMENTS, session(), createAt(path));
        }
        assertThat(session().getChildren(A)).isEmpty();
    }

    @Proves("zk.P1")
    default void aPathValueCannotBreakARule() {
        for (String path : INVALID) {
            assertThatThrownBy(() -> NodePath.of(path)).isInstanceOf(IllegalArgumentException.class);
        }
        for (String path : List.of("", "a", "/a//b", "/./a", "/a/../b", "/a/\u0000")) {
            assertThatThrownBy(() -> NodePath.of(path)).isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Proves("zk.P1")
    default void dotsInsideANameAndLettersOfAnyScriptAreValid() {
        List<String> names = List.of("...", ".a", "a.", "a..b", "a b", "-", "%2F", "\u00a0", "\u00e9", "\u4e2d", "\ud7ff", "\uf900");
        create(A);
        names.forEach(name -> create(A.child(name)));
        door().beforeReading();
        assertThat(session().getChildren(A)).containsExactlyInAnyOrderElementsOf(names);
    }

    @Proves("zk.P1")
    default void theParentOfAPathWithAnEmptyElementDoesNotExist() {
        create(A);
        assertRefused(Refusal.NO_NODE, session(), createAt("/a//b"));
        assertRefused(Refusal.NO_NODE, session(), createAt("/a/./b"));
    }

    @Proves("zk.P2")
    default void aSequentialNodeMayHaveNoNameButItsNumber() {
        create(A);
        create(A_B);
        assertThat(session().submit(createAt("/a/", CreateMode.PERSISTENT_SEQUENTIAL)).path()).isEqualTo("/a/0000000001");
        assertThat(session().submit(createAt("/", CreateMode.PERSISTENT_SEQUENTIAL)).path()).isEqualTo("/0000000001");
    }

    @Proves("zk.P2")
    default void theFirstSequentialNodeUnderTheRootIsNumberZero() {
        assertThat(session().submit(createAt("/", CreateMode.EPHEMERAL_SEQUENTIAL)).path()).isEqualTo("/0000000000");
    }

    @Proves("zk.P2")
    default void aDotIsNoNameButADotWithANumberIs() {
        assertRefused(Refusal.BAD_ARGUMENTS, session(), createAt("/."));
        assertThat(session().submit(createAt("/.", CreateMode.PERSISTENT_SEQUENTIAL)).path()).isEqualTo("/.0000000000");
    }

    @Proves("zk.P3")
    default void setDataAndSetAclAndCheckValidateThePath() {
        create(A);
        for (String path : List.of("", "a", "/a/", "/a/.", "/a//b", "/a/\u0000", "/a/\u0001")) {
            assertRefused(Refusal.BAD_ARGUMENTS, session(), new Operation.SetData(path, Bytes.EMPTY, -1));
            assertRefused(Refusal.BAD_ARGUMENTS, session(), new Operation.SetAcl(path, Acl.OPEN, -1));
            assertThat(refusalOf(multi(session(), new Operation.Check(path, -1)).get(0)))
                    .isEqualTo(Refusal.BAD_ARGUMENTS);
        }
    }

    @Proves("zk.P3")
    default void deleteRefusesOnlyAPathWithoutSlashOrWithNul() {
        create(A);
        assertRefused(Refusal.BAD_ARGUMENTS, session(), new Operation.Delete("a", -1));
        assertRefused(Refusal.BAD_ARGUMENTS, session(), new Operation.Delete("/a/\u0000", -1));
        assertRefused(Refusal.NO_NODE, session(), new Operation.Delete("/a/", -1));
        assertRefused(Refusal.NO_NODE, session(), new Operation.Delete("/a//b", -1));
        assertRefused(Refusal.NO_NODE, session(), new Operation.Delete("/a/.", -1));
    }

    @Proves("zk.P4")
    default void aReadOfAMalformedPathFindsNoNode() {
        create(A);
        for (String path : List.of("a", "/a/", "/a//b", "/a/.", "/none")) {
            assertRefused(Refusal.NO_NODE, session(), new Operation.GetData(path));
            assertRefused(Refusal.NO_NODE, session(), new Operation.GetChildren(path));
            assertRefused(Refusal.NO_NODE, session(), new Operation.GetAcl(path));
            assertRefused(Refusal.NO_NODE, session(), new Operation.GetAllChildrenNumber(path));
            assertThat(session().submit(new Operation.Exists(path))).isEmpty();
        }
    }

    @Proves("zk.P4")
    default void existsRefusesAPathWithNul() {
        assertRefused(Refusal.BAD_ARGUMENTS, session(), new Operation.Exists("/a\u0000"));
    }

    @Proves("zk.P5")
    default void theRootExistsAlready() {
        assertRefused(Refusal.NODE_EXISTS, session(), createAt("/"));
    }

    @Proves("zk.P5")
    default void theSystemsOwnNodesCannotBeDeleted() {
        for (String path : List.of("/", "/zookeeper", "/zookeeper/quota", "/zookeeper/config")) {
            assertRefused(Refusal.BAD_ARGUMENTS, session(), new Operation.Delete(path, -1));
        }
    }

    @Proves("zk.P5")
    default void theRootAndTheSystemsNodeHoldClientData() {
        NodePath system = NodePath.of("/zookeeper");
        assertThat(session().setData(NodePath.ROOT, data("root")).version()).isEqualTo(1);
        assertThat(session().setData(system, data("system")).version()).isEqualTo(1);
        create(system.child("mine"));
        session().delete(system.child("mine"));
        door().beforeReading();
        assertThat(session().getData(NodePath.ROOT).text()).isEqualTo("root");
        assertThat(session().getData(system).text()).isEqualTo("system");
    }

    @Proves("zk.P6")
    default void aNewTreeHoldsTheSystemsNodesOnly() {
        assertThat(session().getChildren(NodePath.ROOT)).containsExactly("zookeeper");
        assertThat(session().getChildren(NodePath.of("/zookeeper"))).containsExactlyInAnyOrder("quota", "config");
        assertThat(session().getChildren(NodePath.of("/zookeeper/quota"))).isEmpty();
        assertThat(session().getAllChildrenNumber(NodePath.ROOT)).isEqualTo(3);
    }

    @Proves("zk.P6")
    default void aNewTreesStatsAreZeroButTheVisibleCversion() {
        assertThat(stat(NodePath.ROOT)).isEqualTo(untouched(-1, 1));
        assertThat(stat(NodePath.of("/zookeeper"))).isEqualTo(untouched(-2, 2));
        assertThat(stat(NodePath.of("/zookeeper/quota"))).isEqualTo(untouched(0, 0));
    }

    private static Stat untouched(int cversion, int numChildren) {
        return new Stat(0, 0, 0, 0, 0, cversion, 0, 0, 0, numChildren, 0);
    }

    @Proves("zk.P6")
    default void anybodyMayDoAnythingToANewTreeButWriteTheConfigNode() {
        NodePath config = NodePath.of("/zookeeper/config");
        for (String path : List.of("/", "/zookeeper", "/zookeeper/quota")) {
            assertThat(session().getAcl(NodePath.of(path)).acl()).isEqualTo(Acl.OPEN);
        }
        assertThat(session().getAcl(config).acl()).isEqualTo(Acl.READ_ONLY);
        assertRefused(Refusal.NO_AUTH, () -> session().setData(config, Bytes.EMPTY));
    }
}

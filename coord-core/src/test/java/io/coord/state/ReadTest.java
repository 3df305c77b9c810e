package io.coord.state;

import static io.coord.state.Scene.ALICE;
import static io.coord.state.Scene.create;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.coord.Acl;
import io.coord.Bytes;
import io.coord.Children;
import io.coord.CreateMode;
import io.coord.MemberId;
import io.coord.Node;
import io.coord.Operation;
import io.coord.Outcome;
import io.coord.ReadOutcome;
import io.coord.Refusal;
import io.coord.RejectedException;
import io.coord.RejectedException.BadArgumentsException;
import io.coord.RejectedException.NoNodeException;
import io.coord.Stat;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("reads")
class ReadTest {

    private final Scene scene = new Scene();
    private final Scene.Client client = scene.open(1);
    private final Reader reader = client.reader();

    @ParameterizedTest
    @ValueSource(strings = {"/none", "none", "", "/a/", "//", "/a/../a", "/\u0001", "/none/\0"})
    @DisplayName("zk.P4 reads do not validate: a malformed path is just absent")
    void aMalformedPathIsJustAbsent(String path) {
        client.create("/a");
        StateRoot root = scene.state.root();

        assertThatThrownBy(() -> root.getData(path, reader)).isInstanceOf(NoNodeException.class);
        assertThatThrownBy(() -> root.read(new Operation.GetChildren(path), reader)).isInstanceOf(NoNodeException.class);
        assertThatThrownBy(() -> root.read(new Operation.GetAcl(path), reader)).isInstanceOf(NoNodeException.class);
        assertThatThrownBy(() -> root.read(new Operation.GetAllChildrenNumber(path), reader))
                .isInstanceOf(NoNodeException.class);
    }

    @Test
    @DisplayName("zk.P4 exists with a NUL is BADARGUMENTS, of any other missing path simply empty")
    void existsWithANulIsRefused() {
        StateRoot root = scene.state.root();

        for (String path : List.of("/a\0", "\0")) {
            assertThatThrownBy(() -> root.read(new Operation.Exists(path), reader)).isInstanceOf(BadArgumentsException.class);
        }
        assertThat(root.read(new Operation.Exists("none/"), reader)).isEmpty();
    }

    @Test
    void getDataAndItsFastPathAnswerAlike() {
        client.write(create("/a", "hello"));
        StateRoot root = scene.state.root();

        Node node = root.read(new Operation.GetData("/a"), reader);
        assertThat(node).isEqualTo(root.getData("/a", reader));
        assertThat(node.text()).isEqualTo("hello");
        assertThat(node.stat()).isEqualTo(scene.stat("/a"));
        assertThat(root.read(new Operation.Exists("/a"), reader)).contains(node.stat());
    }

    @Test
    @DisplayName("zk.R2 getChildren lists the direct names")
    void getChildrenListsTheDirectNames() {
        client.create("/a");
        client.create("/a/b");
        client.create("/a/c");
        client.create("/a/b/deep");
        client.create("/ab");
        StateRoot root = scene.state.root();

        Children children = root.read(new Operation.GetChildren("/a"), reader);
        assertThat(children.names()).containsExactly("b", "c");
        assertThat(children.stat()).isEqualTo(scene.stat("/a"));
        assertThat(root.read(new Operation.GetChildren("/"), reader).names())
                .containsExactly("a", "ab", "zookeeper");
        assertThat(root.read(new Operation.GetChildren("/ab"), reader).names()).isEmpty();
    }

    @Test
    @DisplayName("zk.R2 Kafka takes the order of children for that of their numbers")
    void getChildrenSortsTheNames() {
        client.create("/a");
        List<String> names = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            names.add(String.format("%010d", i));
        }
        Collections.shuffle(names, new Random(1));
        names.forEach(name -> client.create("/a/" + name));
        assertThat(scene.state.root().read(new Operation.GetChildren("/a"), reader).names()).hasSize(200).isSorted();
    }

    @Test
    @DisplayName("zk.R3 zk.X7 getAllChildrenNumber counts all descendants")
    void getAllChildrenNumberCountsAllDescendants() {
        assertThat(descendants("/")).isEqualTo(3);
        client.create("/a");
        client.create("/a/b");
        client.create("/a/b/c");
        client.create("/a/e", CreateMode.EPHEMERAL);
        assertThat(descendants("/")).isEqualTo(7);
        assertThat(descendants("/a")).isEqualTo(3);
        client.write(Scene.delete("/a/b/c"));
        assertThat(descendants("/a")).isEqualTo(2);
        assertThat(descendants("/a/b")).isZero();
        client.close();
        assertThat(descendants("/a")).isEqualTo(1);
    }

    private int descendants(String path) {
        return scene.state.root().read(new Operation.GetAllChildrenNumber(path), reader);
    }

    @Test
    @DisplayName("zk.R4 getEphemerals lists the session's own by the text of the prefix")
    void getEphemeralsListsTheSessionsOwn() {
        client.create("/a");
        client.create("/a/x", CreateMode.EPHEMERAL);
        client.create("/ab", CreateMode.EPHEMERAL);
        client.create("/b", CreateMode.EPHEMERAL);
        scene.open(2).create("/a/other", CreateMode.EPHEMERAL);

        for (String all : List.of("", "  ", "/")) {
            assertThat(ephemerals(all)).as("'%s'", all).containsExactlyInAnyOrder("/a/x", "/ab", "/b");
        }
        assertThat(ephemerals("/a")).as("not element-wise").containsExactlyInAnyOrder("/a/x", "/ab");
        assertThat(ephemerals("/a/")).containsExactly("/a/x");
        assertThat(ephemerals("/c")).isEmpty();
        client.write(Scene.delete("/ab"));
        assertThat(ephemerals("/a")).containsExactly("/a/x");
        assertThat(scene.state.root().read(new Operation.GetEphemerals(""), new Reader(77, List.of()))).isEmpty();
    }

    @Test
    @DisplayName("zk.S12 an ephemeral deleted by another session is gone from its owner's list")
    void anEphemeralDeletedByAnotherIsGoneFromTheList() {
        client.create("/e", CreateMode.EPHEMERAL);
        scene.open(2).write(Scene.delete("/e"));

        assertThat(ephemerals("")).isEmpty();
        scene.open(3).create("/e");
        client.close();
        assertThat(scene.has("/e")).as("another's node of the same path stays").isTrue();
    }

    private List<String> ephemerals(String prefix) {
        return scene.state.root().read(new Operation.GetEphemerals(prefix), reader);
    }

    @Test
    @DisplayName("zk.R5 multiRead gives each part its own answer")
    void multiReadGivesEachPartItsOwnAnswer() {
        client.write(create("/a", "x"));
        scene.open(2, ALICE).write(create("/a/secret", Acl.CREATOR_ALL));

        List<ReadOutcome> answers = scene.state.root().read(
                new Operation.MultiRead(List.of(
                        new Operation.GetData("/a"),
                        new Operation.GetChildren("/none"),
                        new Operation.GetData("/a/secret"),
                        new Operation.GetChildren("/a"))),
                reader);

        assertThat(answers).hasExactlyElementsOfTypes(
                Node.class, Outcome.Refused.class, Outcome.Refused.class, Children.class);
        assertThat(((Outcome.Refused) answers.get(1)).refusal()).isEqualTo(Refusal.NO_NODE);
        assertThat(((Outcome.Refused) answers.get(2)).refusal()).isEqualTo(Refusal.NO_AUTH);
    }

    @Test
    @DisplayName("zk.R5 a multiRead reads null data, too")
    void multiReadReadsNullData() {
        client.write(new Operation.Create("/a", null, CreateMode.PERSISTENT, Acl.OPEN, Operation.NO_TTL));

        List<ReadOutcome> answers = scene.state.root().read(new Operation.MultiRead(List.of(new Operation.GetData("/a"))), reader);

        assertThat(((Node) answers.get(0)).data()).isNull();
    }

    @Test
    @DisplayName("zk.R5 a multiRead of more than 16 MiB is refused, names counted like data")
    void multiReadHasABound() {
        client.write(create("/a", "x"));
        for (int i = 100; i < 200; i++) {
            client.write(create("/a/" + i + "-".repeat(197), "x"));
        }
        Operation.GetChildren part = new Operation.GetChildren("/a");

        List<ReadOutcome> answers = scene.state.root().read(new Operation.MultiRead(Collections.nCopies(800, part)), reader);
        assertThat(answers).hasSize(800);
        assertThatThrownBy(() -> scene.state.root().read(new Operation.MultiRead(Collections.nCopies(1_000, part)), reader))
                .isInstanceOfSatisfying(
                        RejectedException.class, no -> assertThat(no.refusal()).isEqualTo(Refusal.BAD_ARGUMENTS));
    }

    @Test
    void theMembersOwnViewAsksForNoPermission() {
        scene.open(2, ALICE).write(create("/secret", Acl.CREATOR_ALL));
        StateRoot root = scene.state.root();

        assertThat(root.stat("/secret")).isPresent();
        assertThat(root.acl("/secret")).containsExactly(new Acl(Acl.ALL, ALICE));
        assertThat(root.stat("/none")).isEmpty();
        assertThat(root.acl("/none")).isEmpty();
    }

    @Test
    @DisplayName("rule.13 a root handed out is never changed by what is applied later")
    void aRootHandedOutIsNeverChanged() {
        client.write(create("/a", "old"));
        client.create("/a/b");
        client.create("/a/e", CreateMode.EPHEMERAL);
        StateRoot old = scene.state.root();
        List<Object> before = everything(old);
        long digest = old.digest();

        for (int i = 0; i < 500; i++) {
            client.write(Scene.set("/a", "new" + i));
            client.create("/a/n", CreateMode.PERSISTENT_SEQUENTIAL);
            if (i % 7 == 0) {
                scene.state.root();
            }
        }
        client.write(Scene.multi(Scene.set("/a/b", "x"), Scene.delete("/none")));
        client.write(Scene.delete("/a/b"));
        client.close();

        assertThat(everything(old)).isEqualTo(before);
        assertThat(old.digest()).isEqualTo(digest);
        assertThat(old.getData("/a", reader).text()).isEqualTo("old");
        assertThat(old.session(1).orElseThrow().outcome(3)).isPresent();
    }

    private List<Object> everything(StateRoot root) {
        Images images = Images.of(root);
        List<Object> all = new ArrayList<>(images.nodes);
        all.addAll(images.sessions);
        all.add(root.read(new Operation.GetEphemerals(""), reader));
        all.add(root.read(new Operation.GetAllChildrenNumber("/"), reader));
        all.add(images.header);
        return all;
    }

    @Test
    void aRootTellsItsEntryAndItsSessions() {
        scene.term = 3;
        scene.elapsedMillis = 77;
        scene.open(9);
        scene.open(12);
        StateRoot root = scene.state.root();

        assertThat(List.of(root.index(), root.term(), root.wallMillis(), root.elapsedMillis()))
                .containsExactly(0x100000003L, 3L, scene.wallMillis, 77L);
        List<Long> ids = new ArrayList<>();
        root.forEachSession(session -> ids.add(session.id()));
        assertThat(ids).containsExactly(1L, 9L, 12L);
        assertThat(root.sessionCount()).isEqualTo(3);
        assertThat(root.highestSession(MemberId.of(1))).hasValue(12);
        assertThat(root.highestSession(MemberId.of(2))).isEmpty();
        assertThat(root.session(10)).isEmpty();
    }

    @Test
    @DisplayName("zk.4L1 a root tells how much data is in its tree")
    void aRootTellsHowMuchDataIsInItsTree() {
        assertThat(scene.state.root().dataBytes()).isZero();
        client.write(create("/a", "12"));
        client.write(create("/a/b", "345"));
        client.write(Scene.set("/", "6"));
        assertThat(scene.state.root().dataBytes()).isEqualTo(6);
    }

    @Test
    void aNoOpMovesTheIndexAlone() {
        StateRoot before = scene.state.root();
        scene.state.advance(before.index() + 5, 9, 1, 2);

        StateRoot after = scene.state.root();
        assertThat(after.index()).isEqualTo(before.index() + 5);
        assertThat(after.term()).isEqualTo(9);
        assertThat(after.digest()).isEqualTo(before.digest());
        assertThatThrownBy(() -> scene.state.advance(after.index(), 9, 1, 2)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aRejectionNamesThePathAndTheFact() {
        assertThatThrownBy(() -> scene.state.root().getData("/none", reader))
                .isInstanceOfSatisfying(RejectedException.class, rejected -> {
                    assertThat(rejected.path()).isEqualTo("/none");
                    assertThat(rejected.refusal()).isEqualTo(Refusal.NO_NODE);
                });
    }

    @Test
    void aDeepPathOverflowsNoStack() {
        StringBuilder path = new StringBuilder();
        for (int i = 0; i < 1_500; i++) {
            client.write(create(path.append("/d").toString()));
        }
        StateRoot root = scene.state.root();

        assertThat(root.nodeCount()).isEqualTo(1_504);
        assertThat(Scene.restored(root).root().digest()).isEqualTo(root.digest());
        assertThat(root.read(new Operation.Exists(path.toString()), reader)).map(Stat::numChildren).isEqualTo(Optional.of(0));
        assertThat(Bytes.EMPTY).isEqualTo(root.getData(path.toString(), reader).data());
    }
}

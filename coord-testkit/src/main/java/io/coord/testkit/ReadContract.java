package io.coord.testkit;

import static io.coord.testkit.Scene.anyoneBut;
import static io.coord.testkit.Scene.assertRefused;
import static io.coord.testkit.Scene.createAt;
import static io.coord.testkit.Scene.data;
import static io.coord.testkit.Scene.multi;
import static org.assertj.core.api.Assertions.assertThat;

import io.coord.Acl;
import io.coord.Bytes;
import io.coord.Children;
import io.coord.CreateMode;
import io.coord.Node;
import io.coord.NodePath;
import io.coord.Operation;
import io.coord.Outcome;
import io.coord.ReadMode;
import io.coord.ReadOutcome;
import io.coord.Refusal;
import io.coord.Session;
import io.coord.WatchEvent;
import io.coord.WatchKind;
import java.util.List;

/** Reads (zk section 2.9). */
interface ReadContract extends Scene {

    @Proves("zk.R1")
    default void existsOfAMissingNodeLeavesItsWatch() {
        Events events = events(session());
        assertThat(session().exists(A, events)).isEmpty();
        long czxid = create(A).stat().czxid();
        assertThat(events.expect(WatchEvent.Type.CREATED, A).zxid()).isEqualTo(czxid);
    }

    @Proves("zk.R1")
    default void existsWithoutReadLeavesNoWatch() {
        create(A, anyoneBut(Acl.READ));
        Events events = events(session());
        assertRefused(Refusal.NO_AUTH, () -> session().exists(A, events));
        session().setAcl(A, Acl.OPEN);
        session().setData(A, data("x"));
        events.expectNone();
    }

    @Proves("zk.R1")
    default void getDataAndGetChildrenOfAMissingNodeLeaveNoWatch() {
        Events events = events(session());
        assertRefused(Refusal.NO_NODE, () -> session().getData(A, events));
        assertRefused(Refusal.NO_NODE, () -> session().getChildren(A, events));
        create(A);
        create(A_B);
        session().setData(A, data("x"));
        events.expectNone();
    }

    @Proves("zk.R1")
    default void existsTellsTheStatOfAnExistingNode() {
        Outcome.Created created = create(A);
        assertThat(session().exists(A)).contains(created.stat());
        assertThat(session().exists(A, event -> {})).contains(created.stat());
    }

    @Proves("zk.R2")
    default void getChildrenListsDirectNamesAndTheParentsStat() {
        create(A);
        create(A_B);
        create(A_C);
        create(A_C.child("deep"));
        door().beforeReading();
        Children children = session().submit(new Operation.GetChildren("/a"));
        assertThat(children.names()).containsExactlyInAnyOrder("b", "c");
        assertThat(children.stat()).isEqualTo(stat(A));
        assertThat(session().getChildren(A_B)).isEmpty();
    }

    @Proves("zk.R3")
    default void allDescendantsAreCountedButNotTheNode() {
        create(A);
        assertThat(session().getAllChildrenNumber(A)).isZero();
        create(A_B);
        create(A_B.child("x"));
        create(A_B.child("y"));
        create(A_C);
        create(NodePath.of("/ab"));
        door().beforeReading();
        assertThat(session().getAllChildrenNumber(A)).isEqualTo(4);
        assertThat(session().getAllChildrenNumber(A_B)).isEqualTo(2);
        assertThat(session().getAllChildrenNumber(NodePath.ROOT)).isEqualTo(3 + 6);
        assertRefused(Refusal.NO_NODE, () -> session().getAllChildrenNumber(NodePath.of("/none")));
    }

    @Proves({"zk.R3", "zk.X7"})
    default void theNumberOfDescendantsIsRightAfterEveryKindOfWrite() {
        create(A);
        create(A_B);
        Session owner = another();
        fresh(owner).create(A_B.child("e"), Bytes.EMPTY, CreateMode.EPHEMERAL);
        multi(session(), createAt("/a/c"), createAt("/a/c/d"), createAt("/a/c/d/e"), new Operation.Delete("/a/c/d/e", -1));
        multi(session(), createAt("/a/x"), createAt("/a/x/y"), new Operation.Check("/none", -1));
        assertThat(fresh(session()).getAllChildrenNumber(A)).isEqualTo(4);
        owner.close();
        assertThat(fresh(session()).getAllChildrenNumber(A)).isEqualTo(3);
        session().delete(A_C.child("d"));
        door().beforeReading();
        assertThat(session().getAllChildrenNumber(A)).isEqualTo(2);
    }

    @Proves("zk.R4")
    default void getEphemeralsListsTheSessionsOwn() {
        create(A);
        session().create(A_B, Bytes.EMPTY, CreateMode.EPHEMERAL);
        session().create(B, Bytes.EMPTY, CreateMode.EPHEMERAL);
        session().create(A_C, Bytes.EMPTY, CreateMode.CONTAINER);
        Session other = another();
        other.create(NodePath.of("/other"), Bytes.EMPTY, CreateMode.EPHEMERAL);
        door().beforeReading();
        assertThat(session().getEphemerals()).containsExactlyInAnyOrder("/a/b", "/b");
        assertThat(other.getEphemerals()).containsExactly("/other");
        session().delete(B);
        assertThat(session().getEphemerals()).containsExactly("/a/b");
    }

    @Proves("zk.R4")
    default void getEphemeralsMatchesThePathsTextNotItsElements() {
        create(A);
        for (String path : List.of("/a/b", "/a/bc", "/a/c", "/ab")) {
            session().create(NodePath.of(path), Bytes.EMPTY, CreateMode.EPHEMERAL);
        }
        assertThat(ephemerals("/a/b")).containsExactlyInAnyOrder("/a/b", "/a/bc");
        assertThat(ephemerals("/a")).containsExactlyInAnyOrder("/a/b", "/a/bc", "/a/c", "/ab");
        assertThat(ephemerals("/none")).isEmpty();
        for (String all : List.of("", "  ", "/")) {
            assertThat(ephemerals(all)).hasSize(4);
        }
    }

    private List<String> ephemerals(String prefix) {
        return session().submit(new Operation.GetEphemerals(prefix));
    }

    @Proves("zk.R5")
    default void eachPartOfAMultiReadHasItsOwnAnswer() {
        session().create(A, data("x"), CreateMode.PERSISTENT);
        create(A_B);
        create(B, anyoneBut(Acl.READ));
        List<ReadOutcome> answers = session().submit(new Operation.MultiRead(List.of(
                new Operation.GetData("/a"),
                new Operation.GetData("/none"),
                new Operation.GetChildren("/a"),
                new Operation.GetChildren("/b"),
                new Operation.GetData("/a/b"))));
        assertThat(answers.get(0)).isEqualTo(new Node(data("x"), stat(A)));
        assertThat(((Outcome.Refused) answers.get(1)).refusal()).isEqualTo(Refusal.NO_NODE);
        assertThat(((Children) answers.get(2)).names()).containsExactly("b");
        assertThat(((Outcome.Refused) answers.get(3)).refusal()).isEqualTo(Refusal.NO_AUTH);
        assertThat(((Node) answers.get(4)).bytes()).isEqualTo(Bytes.EMPTY);
        assertThat(session().submit(new Operation.MultiRead(List.of()))).isEmpty();
    }

    @Proves("zk.R5")
    default void aMultiReadShowsOneMoment() {
        create(A);
        create(B);
        Session writer = another();
        for (int i = 1; i <= 20; i++) {
            Bytes number = data(Integer.toString(i));
            var writing = writer.async().submit(new Operation.Multi(List.of(
                    new Operation.SetData("/a", number, -1), new Operation.SetData("/b", number, -1))));
            List<ReadOutcome> answers = session().submit(new Operation.MultiRead(List.of(
                    new Operation.GetData("/a"), new Operation.GetData("/b"))));
            assertThat(((Node) answers.get(0)).data()).isEqualTo(((Node) answers.get(1)).data());
            writer.await(writing);
        }
    }

    @Proves("zk.R6")
    default void theConfigNodeIsReadAndWatchedAsAnyNode() {
        NodePath config = NodePath.of("/zookeeper/config");
        Events events = events(session());
        Node node = session().getData(config, events);
        assertThat(node.data()).isNotNull();
        assertThat(node.stat()).isEqualTo(stat(config));
        session().removeWatches(config, WatchKind.DATA);
        events.expectNone();
    }

    @Proves("zk.O4")
    default void aLinearizableReadShowsWhatOthersWereToldIsDone() {
        create(A);
        Session other = another();
        for (int i = 0; i < 10; i++) {
            Bytes number = data(Integer.toString(i));
            other.setData(A, number);
            assertThat(session().getData(A, ReadMode.LINEARIZABLE).data()).isEqualTo(number);
        }
    }
}

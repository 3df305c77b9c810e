package io.coord.testkit;

import static io.coord.testkit.Scene.anyoneBut;
import static io.coord.testkit.Scene.createAt;
import static io.coord.testkit.Scene.createTtl;
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
import io.coord.Outcome;
import io.coord.Refusal;
import io.coord.RejectedException;
import io.coord.Stat;
import io.coord.WatchEvent;
import io.coord.WatchMode;
import io.coord.testkit.CoordContract.Setting;
import java.util.List;

/** Transactions (zk section 2.10). */
interface MultiContract extends Scene {

    @Proves("zk.M1")
    default void everyKindOfStepMayBePart() {
        door(Setting.EXTENDED_TYPES);
        create(A);
        List<Outcome> results = multi(
                session(),
                createAt("/a/p"),
                createAt("/a/e", CreateMode.EPHEMERAL),
                createAt("/a/s-", CreateMode.PERSISTENT_SEQUENTIAL),
                createAt("/a/c", CreateMode.CONTAINER),
                createTtl(A.child("t"), CreateMode.PERSISTENT_WITH_TTL, 1000),
                new Operation.SetData("/a", data("x"), 0),
                new Operation.Check("/a", 1),
                new Operation.Delete("/a/p", 0));
        assertThat(results).noneMatch(Outcome.Refused.class::isInstance).hasSize(8);
        assertThat(session().getChildren(A)).containsExactlyInAnyOrder("e", "s-0000000002", "c", "t");
    }

    @Proves("zk.M2")
    default void laterStepsSeeEarlierOnes() {
        List<Outcome> results = multi(
                session(),
                createAt("/a"),
                new Operation.SetData("/a", data("x"), 0),
                createAt("/a/b"),
                new Operation.Check("/a", 1),
                new Operation.Delete("/a/b", 0),
                new Operation.Delete("/a", 1));
        assertThat(results).noneMatch(Outcome.Refused.class::isInstance);
        assertThat(session().exists(A)).isEmpty();
    }

    @Proves("zk.M2")
    default void aRefusedTransactionDoesNothing() {
        session().create(A, data("old"), CreateMode.PERSISTENT);
        create(A_B);
        Stat before = stat(A);
        List<Outcome> results = multi(
                session(),
                new Operation.SetData("/a", data("new"), -1),
                new Operation.Delete("/a/b", -1),
                createAt("/a/c"),
                createAt("/a/c/d", CreateMode.EPHEMERAL),
                new Operation.Check("/a", 7));
        assertThat(refusalOf(results.get(4))).isEqualTo(Refusal.BAD_VERSION);
        door().beforeReading();
        assertThat(session().getData(A).text()).isEqualTo("old");
        assertThat(session().getChildren(A)).containsExactly("b");
        assertThat(stat(A)).isEqualTo(before);
        assertThat(session().getEphemerals()).isEmpty();
    }

    @Proves("zk.M2")
    default void aNodeMayBeCreatedDeletedAndCreatedAgain() {
        List<Outcome> results =
                multi(session(), createAt("/a"), new Operation.Delete("/a", -1), createAt("/a", CreateMode.EPHEMERAL));
        assertThat(((Outcome.Created) results.get(2)).stat()).isEqualTo(stat(A));
        assertThat(stat(A).isEphemeral()).isTrue();
        assertThat(stat(NodePath.ROOT).cversion()).isEqualTo(-1 + 3);
    }

    @Proves("zk.M3")
    default void eachStepHasItsResultInOrder() {
        create(A);
        List<Outcome> results = multi(
                session(),
                createAt("/a/b"),
                new Operation.SetData("/a", data("x"), -1),
                new Operation.Check("/a", 1),
                new Operation.Delete("/a/b", -1));
        assertThat(results).hasSize(4);
        assertThat(((Outcome.Created) results.get(0)).path()).isEqualTo("/a/b");
        assertThat(((Outcome.DataSet) results.get(1)).stat().version()).isEqualTo(1);
        assertThat(results.get(2)).isEqualTo(new Outcome.Checked());
        assertThat(results.get(3)).isEqualTo(new Outcome.Deleted());
    }

    @Proves("zk.M3")
    default void aTransactionAnswersTheSameThroughItsBuilder() {
        List<Outcome> results = session().transaction()
                .create(A, data("x"), CreateMode.PERSISTENT)
                .setData(A, data("y"), 0)
                .check(A, 1)
                .commit();
        assertThat(results).hasSize(3);
        assertThat(((Outcome.Created) results.get(0)).nodePath()).isEqualTo(A);
        assertThat(session().getData(A).text()).isEqualTo("y");
    }

    @Proves("zk.M4")
    default void aFailedTransactionNamesTheStepTheStepsBeforeAndAfter() {
        create(A);
        List<Outcome> results = multi(
                session(),
                createAt("/b"),
                new Operation.SetData("/a", data("x"), -1),
                new Operation.Delete("/none", -1),
                createAt("/c"),
                new Operation.Check("/a", 0));
        assertThat(results.get(0)).isEqualTo(new Outcome.RolledBack());
        assertThat(results.get(1)).isEqualTo(new Outcome.RolledBack());
        assertThat(refusalOf(results.get(2))).isEqualTo(Refusal.NO_NODE);
        assertThat(refusalOf(results.get(3))).isEqualTo(Refusal.RUNTIME_INCONSISTENCY);
        assertThat(refusalOf(results.get(4))).isEqualTo(Refusal.RUNTIME_INCONSISTENCY);
    }

    @Proves("zk.M4")
    default void aFailedTransactionThrowsForItsFirstFailingStep() {
        create(A);
        assertThatThrownBy(() -> session().transaction()
                        .create(B, Bytes.EMPTY, CreateMode.PERSISTENT)
                        .create(A, Bytes.EMPTY, CreateMode.PERSISTENT)
                        .delete(NodePath.of("/none"))
                        .commit())
                .isInstanceOfSatisfying(RejectedException.NodeExistsException.class, e -> {
                    assertThat(e.failedStep()).isEqualTo(1);
                    assertThat(e.path()).isEqualTo("/a");
                });
        assertThat(session().exists(B)).isEmpty();
    }

    @Proves("zk.M5")
    default void onlyTheFirstFailingStepIsJudged() {
        create(A, anyoneBut(Acl.WRITE));
        List<Outcome> results = multi(
                session(),
                new Operation.Check("/a", 0),
                new Operation.SetData("/a", data("x"), -1),
                new Operation.Delete("/zookeeper", -1));
        assertThat(refusalOf(results.get(1))).isEqualTo(Refusal.NO_AUTH);
        assertThat(refusalOf(results.get(2))).isEqualTo(Refusal.RUNTIME_INCONSISTENCY);
    }

    @Proves("zk.M5")
    default void permissionsAreThoseAtTheStepsTurn() {
        List<Acl> unreadable = List.of(anyoneBut(Acl.READ));
        List<Outcome> results = multi(
                session(), createAt("/a", CreateMode.PERSISTENT, unreadable), createAt("/a/b"), new Operation.Check("/a", 0));
        assertThat(results.get(1)).isEqualTo(new Outcome.RolledBack());
        assertThat(refusalOf(results.get(2))).isEqualTo(Refusal.NO_AUTH);
    }

    @Proves("zk.M5")
    default void anInvalidStepFailsTheTransactionLikeAnyOther() {
        for (Operation.Step<?> bad : List.<Operation.Step<?>>of(
                createAt("a"),
                createAt("/b", CreateMode.PERSISTENT, List.of()),
                createTtl(B, CreateMode.PERSISTENT_WITH_TTL, 1000),
                new Operation.SetData("/a/", Bytes.EMPTY, -1))) {
            List<Outcome> results = multi(session(), createAt("/a"), bad);
            assertThat(results.get(0)).isEqualTo(new Outcome.RolledBack());
            assertThat(results.get(1)).isInstanceOf(Outcome.Refused.class);
        }
        assertThat(session().exists(A)).isEmpty();
    }

    @Proves("zk.M6")
    default void anEmptyTransactionSucceeds() {
        assertThat(multi(session())).isEmpty();
    }

    @Proves("zk.M6")
    default void watchesFireStepByStepWithOneZxidBeforeTheAnswer() {
        create(A);
        Events events = events(session());
        session().addWatch(A, WatchMode.PERSISTENT_RECURSIVE, events);
        List<Outcome> results = multi(
                session(),
                createAt("/a/b"),
                new Operation.SetData("/a", data("x"), -1),
                new Operation.SetData("/a/b", data("x"), -1),
                new Operation.Delete("/a/b", -1));
        long zxid = ((Outcome.Created) results.get(0)).stat().czxid();
        assertThat(events.arrived()).containsExactly(
                new WatchEvent(WatchEvent.Type.CREATED, "/a/b", zxid),
                new WatchEvent(WatchEvent.Type.DATA_CHANGED, "/a", zxid),
                new WatchEvent(WatchEvent.Type.DATA_CHANGED, "/a/b", zxid),
                new WatchEvent(WatchEvent.Type.DELETED, "/a/b", zxid));
    }

    @Proves("zk.M6")
    default void aRefusedTransactionFiresNoWatch() {
        create(A);
        Events events = events(session());
        session().getData(A, events);
        session().getChildren(A, events);
        session().exists(A_B, events);
        multi(session(), new Operation.SetData("/a", data("x"), -1), createAt("/a/b"), new Operation.Check("/a", 9));
        events.expectNone();
    }

    @Proves("zk.M7")
    default void aCheckLeavesNoTrace() {
        create(A);
        Stat before = stat(A);
        Events events = events(session());
        session().getData(A, events);
        session().getChildren(A, events);
        multi(session(), new Operation.Check("/a", 0), new Operation.Check("/a", -1));
        events.expectNone();
        assertThat(stat(A)).isEqualTo(before);
    }
}

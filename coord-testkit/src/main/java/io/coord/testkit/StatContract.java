package io.coord.testkit;

import static io.coord.testkit.Scene.createTtl;
import static io.coord.testkit.Scene.createAt;
import static io.coord.testkit.Scene.data;
import static io.coord.testkit.Scene.multi;
import static org.assertj.core.api.Assertions.assertThat;

import io.coord.Acl;
import io.coord.Bytes;
import io.coord.CreateMode;
import io.coord.NodePath;
import io.coord.Operation;
import io.coord.Outcome;
import io.coord.Session;
import io.coord.Stat;
import io.coord.testkit.CoordContract.Capability;
import io.coord.testkit.CoordContract.Setting;
import java.time.Duration;
import java.util.List;

/** Which field of a Stat changes when (zk section 2.7). */
interface StatContract extends Scene {

    @Proves("zk.ST1")
    default void creationSetsAllTimesAndZxidsAlike() {
        Stat created = create(A).stat();
        assertThat(created.mzxid()).isEqualTo(created.czxid());
        assertThat(created.mtime()).isEqualTo(created.ctime()).isPositive();
        assertThat(created.czxid()).isPositive();
    }

    @Proves("zk.ST1")
    default void setDataMovesOnlyMzxidMtimeVersionAndLength() {
        Stat before = create(A).stat();
        Stat after = session().setData(A, data("123"));
        assertThat(after.mzxid()).isGreaterThan(before.mzxid());
        assertThat(after.mtime()).isGreaterThanOrEqualTo(before.mtime());
        assertThat(after).isEqualTo(new Stat(
                before.czxid(), after.mzxid(), before.ctime(), after.mtime(), 1, 0, 0, 0, 3, 0, before.pzxid()));
    }

    @Proves("zk.ST1")
    default void setAclMovesOnlyAversion() {
        Stat before = create(A).stat();
        Stat after = session().setAcl(A, Acl.READ_ONLY);
        assertThat(after).isEqualTo(new Stat(
                before.czxid(), before.mzxid(), before.ctime(), before.mtime(), 0, 0, 1, 0, 0, 0, before.pzxid()));
    }

    @Proves({"zk.ST1", "zk.ST2", "zk.ST7"})
    default void aChildsCreationMovesOnlyPzxidCversionAndNumChildren() {
        Stat before = create(A).stat();
        Stat child = create(A_B).stat();
        assertThat(stat(A)).isEqualTo(new Stat(
                before.czxid(), before.mzxid(), before.ctime(), before.mtime(), 0, 1, 0, 0, 0, 1, child.czxid()));
    }

    @Proves("zk.ST2")
    default void pzxidIsTheLastCreationOrDeletionOfADirectChild() {
        Stat created = create(A).stat();
        assertThat(created.pzxid()).isEqualTo(created.czxid());
        long childCreated = create(A_B).stat().czxid();
        assertThat(stat(A).pzxid()).isEqualTo(childCreated);
        session().delete(A_B);
        long afterDeletion = stat(A).pzxid();
        assertThat(afterDeletion).isGreaterThan(childCreated);
        create(A_C);
        assertThat(stat(A).pzxid()).isGreaterThan(afterDeletion);
    }

    @Proves("zk.ST2")
    default void pzxidIgnoresAChildsDataAndAclAndGrandchildren() {
        create(A);
        create(A_B);
        Stat before = stat(A);
        session().setData(A_B, data("x"));
        session().setAcl(A_B, Acl.OPEN);
        create(A_B.child("c"));
        session().setData(A, Bytes.EMPTY);
        session().setAcl(A, Acl.OPEN);
        assertThat(stat(A).pzxid()).isEqualTo(before.pzxid());
        assertThat(stat(A).cversion()).isEqualTo(before.cversion());
    }

    @Proves("zk.ST2")
    default void aSessionsEndMovesPzxidOfItsNodesParents() {
        create(A);
        Session other = another();
        long created = other.create(A_B, Bytes.EMPTY, CreateMode.EPHEMERAL).stat().czxid();
        other.close();
        fresh(session());
        assertThat(stat(A).pzxid()).isGreaterThan(created);
        assertThat(stat(A).cversion()).isEqualTo(2);
    }

    @Proves({"zk.ST2", "zk.CT1"})
    default void aCollectedChildMovesPzxidOfItsParent() {
        doorThatCan(Capability.COLLECT);
        create(A);
        session().create(A_B, Bytes.EMPTY, CreateMode.CONTAINER);
        session().delete(create(A_B.child("c")).nodePath());
        long before = stat(A).pzxid();
        door().collect(Duration.ofMinutes(1));
        fresh(session());
        assertThat(session().exists(A_B)).isEmpty();
        assertThat(stat(A).pzxid()).isGreaterThan(before);
        assertThat(stat(A).cversion()).isEqualTo(2);
    }

    @Proves("zk.ST3")
    default void versionCountsSetDataAndAversionCountsSetAcl() {
        create(A);
        session().setData(A, data("1"));
        session().setAcl(A, Acl.OPEN);
        session().setData(A, data("2"));
        session().setAcl(A, Acl.OPEN);
        session().setAcl(A, Acl.OPEN);
        door().beforeReading();
        assertThat(stat(A).version()).isEqualTo(2);
        assertThat(stat(A).aversion()).isEqualTo(3);
        assertThat(stat(A).cversion()).isZero();
    }

    @Proves("zk.ST3")
    default void timesAreWallClockMillisecondsAndSurvive() {
        long before = create(A).stat().ctime();
        Stat set = session().setData(A, data("x"));
        door().beforeReading();
        assertThat(stat(A)).isEqualTo(set);
        assertThat(set.ctime()).isEqualTo(before);
        assertThat(set.mtime()).isBetween(before, before + 60_000);
    }

    @Proves({"zk.ST3", "zk.M2"})
    default void allStepsOfATransactionHaveOneTimeAndOneZxid() {
        create(A);
        List<Outcome> results = multi(
                session(), createAt("/a/b"), new Operation.SetData("/a", Bytes.EMPTY, -1), createAt("/b"));
        Stat first = ((Outcome.Created) results.get(0)).stat();
        Stat second = ((Outcome.DataSet) results.get(1)).stat();
        Stat third = ((Outcome.Created) results.get(2)).stat();
        assertThat(List.of(second.mzxid(), third.czxid(), second.pzxid())).containsOnly(first.czxid());
        assertThat(List.of(second.mtime(), third.ctime())).containsOnly(first.ctime());
    }

    @Proves({"zk.ST4", "zk.X9"})
    default void onlyEphemeralsShowAnOwner() {
        door(Setting.EXTENDED_TYPES);
        create(A);
        session().create(A_B, Bytes.EMPTY, CreateMode.EPHEMERAL);
        session().create(A_C, Bytes.EMPTY, CreateMode.CONTAINER);
        session().submit(createTtl(A.child("t"), CreateMode.PERSISTENT_WITH_TTL, 5000));
        door().beforeReading();
        assertThat(stat(A_B).ephemeralOwner()).isEqualTo(session().id()).isNotZero();
        assertThat(stat(A).ephemeralOwner()).isZero();
        assertThat(stat(A_C).ephemeralOwner()).isZero();
        assertThat(stat(A.child("t")).ephemeralOwner()).isZero();
    }

    @Proves("zk.ST5")
    default void dataLengthCountsBytesNotLetters() {
        session().create(A, data("h\u00e9llo"), CreateMode.PERSISTENT);
        assertThat(stat(A).dataLength()).isEqualTo(6);
        assertThat(session().setData(A, null).dataLength()).isZero();
        assertThat(session().setData(A, Bytes.EMPTY).dataLength()).isZero();
    }

    @Proves("zk.ST5")
    default void numChildrenCountsDirectChildren() {
        create(A);
        create(A_B);
        create(A_B.child("x"));
        create(A_C);
        assertThat(stat(A).numChildren()).isEqualTo(2);
        session().delete(A_C);
        door().beforeReading();
        assertThat(stat(A).numChildren()).isEqualTo(1);
    }

    @Proves("zk.ST6")
    default void setDataAndSetAclAnswerTheStatRightAfter() {
        create(A);
        create(A_B);
        assertThat(session().setData(A, data("x"))).isEqualTo(stat(A));
        assertThat(session().setAcl(A, Acl.OPEN)).isEqualTo(stat(A));
    }

    @Proves("zk.ST6")
    default void aTransactionsStatsAreThoseRightAfterEachStep() {
        create(A);
        List<Outcome> results = multi(
                session(),
                new Operation.SetData("/a", data("1"), -1),
                createAt("/a/b"),
                new Operation.SetData("/a", data("22"), -1),
                createAt("/a/b/c"));
        Stat first = ((Outcome.DataSet) results.get(0)).stat();
        Stat second = ((Outcome.DataSet) results.get(2)).stat();
        assertThat(List.of(first.version(), first.numChildren(), first.dataLength())).containsExactly(1, 0, 1);
        assertThat(List.of(second.version(), second.numChildren(), second.dataLength())).containsExactly(2, 1, 2);
        assertThat(((Outcome.Created) results.get(1)).stat().numChildren()).isZero();
        assertThat(stat(A)).isEqualTo(second);
    }

    @Proves("zk.ST7")
    default void cversionCountsCreationsAndDeletionsOfChildren() {
        create(A);
        create(A_B);
        create(A_C);
        assertThat(stat(A).cversion()).isEqualTo(2);
        session().delete(A_B);
        assertThat(stat(A).cversion()).isEqualTo(3);
        create(A_B);
        session().delete(A_B);
        session().delete(A_C);
        door().beforeReading();
        assertThat(stat(A).cversion()).isEqualTo(6);
        assertThat(stat(A).numChildren()).isZero();
    }

    @Proves("zk.ST7")
    default void theRootsCversionStartsAtMinusOne() {
        assertThat(stat(NodePath.ROOT).cversion()).isEqualTo(-1);
        create(A);
        assertThat(stat(NodePath.ROOT).cversion()).isZero();
        session().delete(A);
        assertThat(stat(NodePath.ROOT).cversion()).isEqualTo(1);
    }
}

package io.coord.testkit;

import static io.coord.WatchEvent.Type.CHILDREN_CHANGED;
import static io.coord.WatchEvent.Type.DELETED;
import static io.coord.testkit.Scene.anyoneBut;
import static io.coord.testkit.Scene.assertRefused;
import static io.coord.testkit.Scene.createTtl;
import static io.coord.testkit.Scene.data;
import static org.assertj.core.api.Assertions.assertThat;

import io.coord.Acl;
import io.coord.Bytes;
import io.coord.CreateMode;
import io.coord.NodePath;
import io.coord.Refusal;
import io.coord.Session;
import io.coord.WatchMode;
import io.coord.testkit.CoordContract.Capability;
import io.coord.testkit.CoordContract.Setting;
import java.time.Duration;
import java.util.List;

/** Containers and TTL nodes (zk section 2.13). */
interface LifetimeContract extends Scene {

    /** A time to live long enough not to pass while a test runs. */
    Duration TEN_MINUTES = Duration.ofMinutes(10);
    /** More than half of it. */
    Duration SIX_MINUTES = Duration.ofMinutes(6);
    /** More than all of it. */
    Duration ELEVEN_MINUTES = Duration.ofMinutes(11);

    /** Creates a container that has had a child. */
    private void createUsedContainer(NodePath path) {
        session().create(path, Bytes.EMPTY, CreateMode.CONTAINER);
        session().delete(create(path.child("x")).nodePath());
    }

    private void createTtlNode(NodePath path) {
        session().submit(createTtl(path, CreateMode.PERSISTENT_WITH_TTL, TEN_MINUTES.toMillis()));
    }

    /** Lets time pass and says whether the node is still there. */
    private boolean isThereAfter(Duration elapsed, NodePath path) {
        door().collect(elapsed);
        return fresh(session()).exists(path).isPresent();
    }

    @Proves("zk.CT1")
    default void aCollectionIsAnOrdinaryDeletionToWatches() {
        doorThatCan(Capability.COLLECT);
        create(A);
        createUsedContainer(A_B);
        Events ofNode = events(session());
        Events ofParent = events(session());
        session().exists(A_B, ofNode);
        session().addWatch(A, WatchMode.PERSISTENT, ofParent);
        door().collect(Duration.ofMinutes(2));
        long zxid = ofNode.expect(DELETED, A_B).zxid();
        assertThat(ofParent.expect(CHILDREN_CHANGED, A).zxid()).isEqualTo(zxid);
        assertThat(fresh(session()).getChildren(A)).isEmpty();
        assertThat(stat(A).pzxid()).isEqualTo(zxid);
    }

    @Proves("zk.CT1")
    default void aCollectionAsksNoPermission() {
        doorThatCan(Capability.COLLECT);
        create(A);
        createUsedContainer(A_B);
        session().setAcl(A, List.of(anyoneBut(Acl.DELETE)));
        assertThat(isThereAfter(Duration.ofMinutes(2), A_B)).isFalse();
    }

    @Proves("zk.CT2")
    default void aContainerGoesWhenItsLastChildIsGone() {
        doorThatCan(Capability.COLLECT);
        session().create(A, Bytes.EMPTY, CreateMode.CONTAINER);
        create(A_B);
        create(A_C);
        assertThat(isThereAfter(Duration.ofMinutes(2), A)).isTrue();
        session().delete(A_B);
        assertThat(isThereAfter(Duration.ofMinutes(2), A)).isTrue();
        session().delete(A_C);
        assertThat(isThereAfter(Duration.ofMinutes(2), A)).isFalse();
    }

    @Proves("zk.CT2")
    default void aContainerGoesWhenItsLastChildDiesWithItsSession() {
        doorThatCan(Capability.COLLECT);
        session().create(A, Bytes.EMPTY, CreateMode.CONTAINER);
        Session owner = fresh(another());
        owner.create(A_B, Bytes.EMPTY, CreateMode.EPHEMERAL);
        owner.close();
        assertThat(isThereAfter(Duration.ofMinutes(2), A)).isFalse();
    }

    @Proves("zk.CT2")
    default void aContainerIsStillOneAfterARestart() {
        doorThatCan(Capability.COLLECT);
        createUsedContainer(A);
        session().create(B, Bytes.EMPTY, CreateMode.CONTAINER);
        door().beforeReading();
        session().delete(create(B.child("x")).nodePath());
        assertThat(isThereAfter(Duration.ofMinutes(2), A)).isFalse();
        assertThat(isThereAfter(Duration.ofMinutes(2), B)).isFalse();
    }

    @Proves({"zk.CT2", "zk.X13"})
    default void aContainerNeverUsedStays() {
        doorThatCan(Capability.COLLECT);
        session().create(A, Bytes.EMPTY, CreateMode.CONTAINER);
        assertThat(isThereAfter(Duration.ofHours(2), A)).isTrue();
    }

    @Proves("zk.CT2")
    default void containersInsideContainersGoFromTheInside() {
        doorThatCan(Capability.COLLECT);
        session().create(A, Bytes.EMPTY, CreateMode.CONTAINER);
        createUsedContainer(A_B);
        assertThat(isThereAfter(Duration.ofMinutes(2), A_B)).isFalse();
        assertThat(isThereAfter(Duration.ofMinutes(2), A)).isFalse();
    }

    @Proves("zk.CT3")
    default void aTtlNodeGoesWhenItsTimeHasPassed() {
        doorThatCan(Capability.COLLECT, Setting.EXTENDED_TYPES);
        createTtlNode(A);
        assertThat(isThereAfter(SIX_MINUTES, A)).isTrue();
        assertThat(isThereAfter(SIX_MINUTES, A)).isFalse();
    }

    @Proves("zk.CT3")
    default void aSequentialTtlNodeGoesToo() {
        doorThatCan(Capability.COLLECT, Setting.EXTENDED_TYPES);
        NodePath path = session()
                .submit(createTtl(A, CreateMode.PERSISTENT_SEQUENTIAL_WITH_TTL, TEN_MINUTES.toMillis()))
                .nodePath();
        assertThat(isThereAfter(SIX_MINUTES, path)).isTrue();
        assertThat(isThereAfter(SIX_MINUTES, path)).isFalse();
    }

    @Proves("zk.CT3")
    default void setDataStartsTheTimeAnew() {
        doorThatCan(Capability.COLLECT, Setting.EXTENDED_TYPES);
        createTtlNode(A);
        assertThat(isThereAfter(SIX_MINUTES, A)).isTrue();
        session().setData(A, data("x"));
        assertThat(isThereAfter(SIX_MINUTES, A)).isTrue();
        assertThat(isThereAfter(SIX_MINUTES, A)).isFalse();
    }

    @Proves("zk.CT3")
    default void readsAndAclsAndChildrenDoNotStartTheTimeAnew() {
        doorThatCan(Capability.COLLECT, Setting.EXTENDED_TYPES);
        createTtlNode(A);
        assertThat(isThereAfter(SIX_MINUTES, A)).isTrue();
        session().getData(A);
        session().setAcl(A, Acl.OPEN);
        session().delete(create(A_B).nodePath());
        assertThat(isThereAfter(SIX_MINUTES, A)).isFalse();
    }

    @Proves({"zk.CT3", "zk.X9"})
    default void aTtlNodeWithChildrenStaysAndGoesRightAfterTheLast() {
        doorThatCan(Capability.COLLECT, Setting.EXTENDED_TYPES);
        createTtlNode(A);
        create(A_B);
        assertThat(isThereAfter(ELEVEN_MINUTES, A)).isTrue();
        session().delete(A_B);
        assertThat(isThereAfter(Duration.ofMillis(1), A)).isFalse();
    }

    @Proves("zk.CT3")
    default void aTtlNodeKeepsItsTimeOverARestart() {
        doorThatCan(Capability.COLLECT, Setting.EXTENDED_TYPES);
        createTtlNode(A);
        assertThat(isThereAfter(SIX_MINUTES, A)).isTrue();
        create(B); // the next entry of the log tells how much time has passed
        door().beforeReading();
        assertThat(isThereAfter(Duration.ofMinutes(1), A)).isTrue();
        assertThat(isThereAfter(SIX_MINUTES, A)).isFalse();
    }

    @Proves("zk.CT4")
    default void clientsDeleteContainersAndTtlNodesByTheOrdinaryRules() {
        door(Setting.EXTENDED_TYPES);
        session().create(A, Bytes.EMPTY, CreateMode.CONTAINER);
        createTtlNode(B);
        create(A_B);
        assertRefused(Refusal.NOT_EMPTY, () -> session().delete(A));
        assertRefused(Refusal.BAD_VERSION, () -> session().delete(B, 3));
        session().delete(A_B);
        session().delete(A, 0);
        session().delete(B, 0);
        assertThat(session().getChildren(NodePath.ROOT)).containsExactly("zookeeper");
    }

    @Proves("zk.CT4")
    default void ordinaryNodesAreNeverCollected() {
        doorThatCan(Capability.COLLECT, Setting.EXTENDED_TYPES);
        create(A);
        session().delete(create(A_B).nodePath());
        session().create(B, Bytes.EMPTY, CreateMode.EPHEMERAL);
        assertThat(isThereAfter(ELEVEN_MINUTES, A)).isTrue();
        assertThat(session().exists(B)).isPresent();
    }
}

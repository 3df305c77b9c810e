package io.coord.testkit;

import static io.coord.WatchEvent.Type.CHILDREN_CHANGED;
import static io.coord.WatchEvent.Type.CREATED;
import static io.coord.WatchEvent.Type.DATA_CHANGED;
import static io.coord.WatchEvent.Type.DELETED;
import static io.coord.testkit.Scene.anyone;
import static io.coord.testkit.Scene.anyoneBut;
import static io.coord.testkit.Scene.assertRefused;
import static io.coord.testkit.Scene.createAt;
import static io.coord.testkit.Scene.data;
import static org.assertj.core.api.Assertions.assertThat;

import io.coord.Acl;
import io.coord.Bytes;
import io.coord.CreateMode;
import io.coord.NodePath;
import io.coord.Refusal;
import io.coord.Registration;
import io.coord.Session;
import io.coord.SessionEvent;
import io.coord.SessionState;
import io.coord.WatchEvent;
import io.coord.WatchKind;
import io.coord.WatchMode;
import io.coord.testkit.CoordContract.Capability;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Watches (zk section 2.11). */
interface WatchContract extends Scene {

    /** A node below {@link #A_B}. */
    NodePath DEEP = NodePath.of("/a/b/deep");

    /** A queue of what a persistent watch sees. */
    private Events watching(NodePath path, WatchMode mode) {
        Events events = events(session());
        session().addWatch(path, mode, events);
        return events;
    }

    @Proves("zk.WT1")
    default void creationFiresTheNodesWatchThenItsParents() {
        create(A);
        Events events = events(session());
        session().exists(A_B, events);
        session().getChildren(A, events);
        long zxid = create(A_B).stat().czxid();
        assertThat(events.arrived())
                .containsExactly(new WatchEvent(CREATED, "/a/b", zxid), new WatchEvent(CHILDREN_CHANGED, "/a", zxid));
    }

    @Proves("zk.WT1")
    default void creationUnderTheRootFiresTheRootsChildWatch() {
        Events events = events(session());
        session().getChildren(NodePath.ROOT, events);
        create(A);
        events.expect(CHILDREN_CHANGED, NodePath.ROOT);
        events.expectNone();
    }

    @Proves("zk.WT1")
    default void creationFiresNoDataWatchOfTheParentAndNoWatchOfAncestors() {
        create(A);
        create(A_B);
        Events events = events(session());
        session().getData(A_B, events);
        session().getChildren(A, events);
        session().exists(A, events);
        create(DEEP);
        events.expectNone();
    }

    @Proves("zk.WT1")
    default void aSequentialNodesOwnWatchFiresForItsFullName() {
        create(A);
        Events events = events(session());
        session().exists(A.child("n-0000000000"), events);
        session().exists(A.child("n-"), events);
        session().create(A.child("n-"), Bytes.EMPTY, CreateMode.EPHEMERAL_SEQUENTIAL);
        events.expect(CREATED, A.child("n-0000000000"));
        events.expectNone();
    }

    @Proves("zk.WT2")
    default void setDataFiresDataWatchesEvenIfTheDataIsEqual() {
        session().create(A, data("x"), CreateMode.PERSISTENT);
        Events byGetData = events(session());
        Events byExists = events(session());
        session().getData(A, byGetData);
        session().exists(A, byExists);
        long zxid = session().setData(A, data("x")).mzxid();
        assertThat(byGetData.arrived()).containsExactly(new WatchEvent(DATA_CHANGED, "/a", zxid));
        assertThat(byExists.arrived()).containsExactly(new WatchEvent(DATA_CHANGED, "/a", zxid));
    }

    @Proves("zk.WT2")
    default void setDataFiresNoChildWatch() {
        create(A);
        create(A_B);
        Events events = events(session());
        session().getChildren(A, events);
        session().getChildren(A_B, events);
        session().setData(A, data("x"));
        session().setData(A_B, data("x"));
        events.expectNone();
    }

    @Proves("zk.WT2")
    default void setAclFiresNothing() {
        create(A);
        Events events = events(session());
        session().getData(A, events);
        session().getChildren(A, events);
        session().addWatch(A, WatchMode.PERSISTENT, events);
        session().addWatch(NodePath.ROOT, WatchMode.PERSISTENT_RECURSIVE, events);
        session().setAcl(A, List.of(anyoneBut(Acl.DELETE)));
        events.expectNone();
    }

    @Proves("zk.WT2")
    default void refusedWritesFireNothing() {
        create(A);
        create(A_B);
        Events events = events(session());
        session().getData(A, events);
        session().getChildren(A, events);
        assertRefused(Refusal.BAD_VERSION, () -> session().setData(A, data("x"), 7));
        assertRefused(Refusal.NOT_EMPTY, () -> session().delete(A));
        assertRefused(Refusal.NODE_EXISTS, session(), createAt("/a/b"));
        events.expectNone();
    }

    @Proves("zk.WT3")
    default void deletionFiresTheNodesWatchesThenTheParentsChildWatch() {
        create(A);
        create(A_B);
        Events events = events(session());
        session().getData(A_B, events);
        session().getChildren(A, events);
        session().delete(A_B);
        long zxid = stat(A).pzxid();
        assertThat(events.arrived())
                .containsExactly(new WatchEvent(DELETED, "/a/b", zxid), new WatchEvent(CHILDREN_CHANGED, "/a", zxid));
    }

    @Proves("zk.WT3")
    default void deletionFiresTheNodesOwnChildWatch() {
        create(A);
        Events events = events(session());
        session().getChildren(A, events);
        session().delete(A);
        events.expect(DELETED, A);
        events.expectNone();
    }

    @Proves("zk.WT3")
    default void aListenerOfDataAndChildrenHearsOfADeletionOnce() {
        create(A);
        Events events = events(session());
        session().getData(A, events);
        session().exists(A, events);
        session().getChildren(A, events);
        session().delete(A);
        events.expect(DELETED, A);
        events.expectNone();
    }

    @Proves("zk.WT3")
    default void listenersOfDataAndOfChildrenBothHearOfADeletion() {
        create(A);
        Events ofData = events(session());
        Events ofChildren = events(session());
        session().getData(A, ofData);
        session().getChildren(A, ofChildren);
        session().delete(A);
        ofData.expect(DELETED, A);
        ofChildren.expect(DELETED, A);
        ofData.expectNone();
        ofChildren.expectNone();
    }

    @Proves("zk.WT4")
    default void aStandardWatchFiresOnce() {
        create(A);
        Events ofData = events(session());
        Events ofChildren = events(session());
        Events ofExistence = events(session());
        session().getData(A, ofData);
        session().getChildren(A, ofChildren);
        session().exists(A_B, ofExistence);
        for (int i = 0; i < 2; i++) {
            session().setData(A, data("x"));
            create(A_B);
            session().delete(A_B);
        }
        assertThat(ofData.committed()).hasSize(1);
        assertThat(ofChildren.committed()).hasSize(1);
        assertThat(ofExistence.committed()).hasSize(1);
    }

    @Proves("zk.WT4")
    default void aListenerSetByManyReadsIsCalledOnce() {
        create(A);
        Events events = events(session());
        for (int i = 0; i < 3; i++) {
            session().getData(A, events);
            session().exists(A, events);
        }
        session().setData(A, data("x"));
        events.expect(DATA_CHANGED, A);
        events.expectNone();
    }

    @Proves("zk.WT4")
    default void aWatchSetAgainFiresAgain() {
        create(A);
        Events events = events(session());
        for (int i = 0; i < 3; i++) {
            session().getData(A, events);
            session().setData(A, data("x"));
            events.expect(DATA_CHANGED, A);
        }
        events.expectNone();
    }

    @Proves("zk.WT4")
    default void everySessionHasItsOwnWatches() {
        create(A);
        Session other = fresh(another());
        Events mine = events(session());
        Events theirs = events(other);
        session().getData(A, mine);
        other.getData(A, theirs);
        session().setData(A, data("x"));
        mine.expect(DATA_CHANGED, A);
        theirs.expect(DATA_CHANGED, A);
        mine.expectNone();
        theirs.expectNone();
    }

    @Proves("zk.WT5")
    default void anEventHasItsTypesCodeItsPathAndItsZxid() {
        create(A);
        Events events = watching(A, WatchMode.PERSISTENT);
        long set = session().setData(A, data("x")).mzxid();
        long created = create(A_B).stat().czxid();
        session().delete(A_B);
        long deleted = stat(A).pzxid();
        session().delete(A);
        List<WatchEvent> all = events.committed();
        assertThat(all.subList(0, 3)).containsExactly(
                new WatchEvent(DATA_CHANGED, "/a", set),
                new WatchEvent(CHILDREN_CHANGED, "/a", created),
                new WatchEvent(CHILDREN_CHANGED, "/a", deleted));
        assertThat(all.get(3).type()).isEqualTo(DELETED);
        assertThat(all.get(3).zxid()).isGreaterThan(deleted);
        assertThat(List.of(CREATED.code(), DELETED.code(), DATA_CHANGED.code(), CHILDREN_CHANGED.code()))
                .containsExactly(1, 2, 3, 4);
    }

    @Proves("zk.WT6")
    default void aPersistentWatchSeesTheNodeAndItsDirectChildren() {
        Events events = watching(A, WatchMode.PERSISTENT);
        create(A);
        session().setData(A, data("1"));
        session().setData(A, data("2"));
        create(A_B);
        session().setData(A_B, data("x"));
        create(DEEP);
        session().delete(DEEP);
        session().delete(A_B);
        session().delete(A);
        assertThat(types(events)).containsExactly(
                "CREATED /a", "DATA_CHANGED /a", "DATA_CHANGED /a", "CHILDREN_CHANGED /a", "CHILDREN_CHANGED /a", "DELETED /a");
    }

    private static List<String> types(Events events) {
        return events.committed().stream().map(event -> event.type() + " " + event.path()).toList();
    }

    @Proves("zk.WT6")
    default void aPersistentWatchSurvivesDeletionAndRecreation() {
        create(A);
        Events events = watching(A, WatchMode.PERSISTENT);
        session().delete(A);
        create(A);
        session().setData(A, data("x"));
        create(A_B);
        assertThat(types(events)).containsExactly("DELETED /a", "CREATED /a", "DATA_CHANGED /a", "CHILDREN_CHANGED /a");
    }

    @Proves("zk.WT7")
    default void aRecursiveWatchSeesTheNodeAndAllBelowButNoChildrenChanged() {
        Events events = watching(A, WatchMode.PERSISTENT_RECURSIVE);
        create(A);
        create(A_B);
        create(DEEP);
        session().setData(DEEP, data("x"));
        session().setData(A, data("x"));
        create(NodePath.of("/ab"));
        session().delete(DEEP);
        session().delete(A_B);
        session().delete(A);
        assertThat(types(events)).containsExactly(
                "CREATED /a", "CREATED /a/b", "CREATED /a/b/deep", "DATA_CHANGED /a/b/deep", "DATA_CHANGED /a",
                "DELETED /a/b/deep", "DELETED /a/b", "DELETED /a");
    }

    @Proves("zk.WT7")
    default void aRecursiveWatchOfTheRootSeesEverything() {
        Events events = watching(NodePath.ROOT, WatchMode.PERSISTENT_RECURSIVE);
        create(A);
        create(A_B);
        session().setData(NodePath.ROOT, data("x"));
        assertThat(types(events)).containsExactly("CREATED /a", "CREATED /a/b", "DATA_CHANGED /");
    }

    @Proves("zk.WT8")
    default void addWatchNeedsNeitherNodeNorPermission() {
        create(A, anyone(0));
        Events events = watching(NodePath.of("/none/deep"), WatchMode.PERSISTENT);
        session().addWatch(A, WatchMode.PERSISTENT, event -> {});
        create(NodePath.of("/none"));
        create(NodePath.of("/none/deep"));
        events.expect(CREATED, NodePath.of("/none/deep"));
    }

    @Proves("zk.WT8")
    default void allModesOnOnePathCoexist() {
        create(A);
        Events standard = events(session());
        session().getData(A, standard);
        Events persistent = watching(A, WatchMode.PERSISTENT);
        Events recursive = watching(A, WatchMode.PERSISTENT_RECURSIVE);
        session().setData(A, data("1"));
        session().setData(A, data("2"));
        create(A_B);
        assertThat(types(standard)).containsExactly("DATA_CHANGED /a");
        assertThat(types(persistent)).containsExactly("DATA_CHANGED /a", "DATA_CHANGED /a", "CHILDREN_CHANGED /a");
        assertThat(types(recursive)).containsExactly("DATA_CHANGED /a", "DATA_CHANGED /a", "CREATED /a/b");
    }

    @Proves({"zk.WT8", "zk.WT10"})
    default void removingOneModeKeepsTheOthers() {
        create(A);
        Events standard = events(session());
        session().getData(A, standard);
        Events persistent = watching(A, WatchMode.PERSISTENT);
        Events recursive = watching(A, WatchMode.PERSISTENT_RECURSIVE);
        session().removeWatches(A, WatchKind.PERSISTENT);
        session().setData(A, data("1"));
        standard.expect(DATA_CHANGED, A);
        recursive.expect(DATA_CHANGED, A);
        persistent.expectNone();
        session().removeWatches(A, WatchKind.PERSISTENT_RECURSIVE);
        session().setData(A, data("2"));
        recursive.expectNone();
    }

    @Proves("zk.WT8")
    default void aClosedRegistrationHearsNoMoreWhileOthersDo() {
        create(A);
        Events closed = events(session());
        Events open = watching(A, WatchMode.PERSISTENT);
        Registration registration = session().addWatch(A, WatchMode.PERSISTENT, closed);
        session().setData(A, data("1"));
        closed.expect(DATA_CHANGED, A);
        registration.close();
        registration.close();
        session().setData(A, data("2"));
        closed.expectNone();
        assertThat(types(open)).hasSize(2);
    }

    @Proves("zk.WT9")
    default void anEventOfAnUnreadableNodeIsDroppedAndItsWatchSpent() {
        Events events = events(session());
        session().exists(A, events);
        create(A, anyoneBut(Acl.READ));
        session().setAcl(A, Acl.OPEN);
        session().setData(A, data("x"));
        events.expectNone();
    }

    @Proves("zk.WT9")
    default void aPersistentWatchHearsOfANodeWhileItIsReadable() {
        Events events = watching(A, WatchMode.PERSISTENT);
        create(A, anyoneBut(Acl.READ));
        session().setData(A, data("1"));
        session().setAcl(A, Acl.OPEN);
        session().setData(A, data("2"));
        session().setAcl(A, List.of(anyoneBut(Acl.READ)));
        session().setData(A, data("3"));
        session().delete(A);
        assertThat(types(events)).containsExactly("DATA_CHANGED /a");
    }

    @Proves("zk.WT9")
    default void aDeletionIsJudgedByTheNodesLastAcl() {
        create(A);
        create(B, anyoneBut(Acl.READ));
        Events events = watching(NodePath.ROOT, WatchMode.PERSISTENT_RECURSIVE);
        session().delete(B);
        session().delete(A);
        assertThat(types(events)).containsExactly("DELETED /a");
    }

    @Proves("zk.WT9")
    default void childrenChangedIsJudgedByTheParentsAcl() {
        create(A, anyoneBut(Acl.READ));
        create(B);
        Events ofUnreadable = watching(A, WatchMode.PERSISTENT);
        Events ofReadable = watching(B, WatchMode.PERSISTENT);
        Events ofAll = watching(NodePath.ROOT, WatchMode.PERSISTENT_RECURSIVE);
        create(A_B);
        create(B.child("secret"), anyoneBut(Acl.READ));
        assertThat(types(ofUnreadable)).isEmpty();
        assertThat(types(ofReadable)).containsExactly("CHILDREN_CHANGED /b");
        assertThat(types(ofAll)).containsExactly("CREATED /a/b");
    }

    @Proves("zk.WT9")
    default void whoMayReadHearsWhatOthersDoNot() {
        Session bob = another();
        bob.addAuth("digest", data("bob:b"));
        Events bobs = events(bob);
        bob.addWatch(A, WatchMode.PERSISTENT, bobs);
        Events mine = watching(A, WatchMode.PERSISTENT);
        session().create(A, Bytes.EMPTY, CreateMode.PERSISTENT,
                List.of(anyoneBut(Acl.READ), new Acl(Acl.READ, AclContract.digest("bob", "b"))));
        bobs.expect(CREATED, A);
        mine.expectNone();
    }

    @Proves("zk.WT10")
    default void removalTakesTheWatchesOfItsKindOnly() {
        create(A);
        Events ofData = events(session());
        Events ofChildren = events(session());
        session().getData(A, ofData);
        session().getChildren(A, ofChildren);
        session().removeWatches(A, WatchKind.DATA);
        session().setData(A, data("x"));
        create(A_B);
        ofData.expectNone();
        ofChildren.expect(CHILDREN_CHANGED, A);
        session().getData(A, ofData);
        session().getChildren(A, ofChildren);
        session().removeWatches(A, WatchKind.CHILDREN);
        session().delete(A_B);
        session().setData(A, data("y"));
        ofChildren.expectNone();
        ofData.expect(DATA_CHANGED, A);
    }

    @Proves("zk.WT10")
    default void removalOfAnyTakesThemAll() {
        create(A);
        Events events = events(session());
        session().getData(A, events);
        session().getChildren(A, events);
        session().addWatch(A, WatchMode.PERSISTENT, events);
        session().addWatch(A, WatchMode.PERSISTENT_RECURSIVE, events);
        session().removeWatches(A, WatchKind.ANY);
        session().setData(A, data("x"));
        create(A_B);
        events.expectNone();
        assertRefused(Refusal.NO_WATCHER, () -> session().removeWatches(A, WatchKind.ANY));
    }

    @Proves("zk.WT10")
    default void removalOfWhatIsNotThereIsRefused() {
        create(A);
        for (WatchKind kind : WatchKind.values()) {
            assertRefused(Refusal.NO_WATCHER, () -> session().removeWatches(A, kind));
        }
        session().getData(A, event -> {});
        for (WatchKind kind : List.of(WatchKind.CHILDREN, WatchKind.PERSISTENT, WatchKind.PERSISTENT_RECURSIVE)) {
            assertRefused(Refusal.NO_WATCHER, () -> session().removeWatches(A, kind));
        }
        assertRefused(Refusal.NO_WATCHER, () -> session().removeWatches(A_B, WatchKind.DATA));
        session().removeWatches(A, WatchKind.DATA);
        assertRefused(Refusal.NO_WATCHER, () -> session().removeWatches(A, WatchKind.DATA));
    }

    @Proves("zk.WT10")
    default void aSpentWatchIsNotThereToRemove() {
        create(A);
        session().getData(A, event -> {});
        session().getChildren(A, event -> {});
        session().setData(A, data("x"));
        create(A_B);
        assertRefused(Refusal.NO_WATCHER, () -> session().removeWatches(A, WatchKind.DATA));
        assertRefused(Refusal.NO_WATCHER, () -> session().removeWatches(A, WatchKind.CHILDREN));
        session().exists(A_C, event -> {});
        create(A_C);
        assertRefused(Refusal.NO_WATCHER, () -> session().removeWatches(A_C, WatchKind.ANY));
    }

    @Proves("zk.WT11")
    default void dataWatchesCatchUpWhenTheClientComesBack() {
        create(A);
        create(B);
        create(A_B);
        Session other = another();
        Events ofChanged = events(session());
        Events ofDeleted = events(session());
        Events ofUntouched = events(session());
        session().getData(A, ofChanged);
        session().getData(A_B, ofDeleted);
        session().getData(B, ofUntouched);
        doorThatCan(Capability.AWAY).whileAway(session(), () -> {
            other.setData(A, data("x"));
            other.delete(A_B);
        });
        ofChanged.expect(DATA_CHANGED, A);
        ofDeleted.expect(DELETED, A_B);
        ofUntouched.expectNone();
        session().setData(B, data("x"));
        ofUntouched.expect(DATA_CHANGED, B);
    }

    @Proves("zk.WT11")
    default void existenceWatchesCatchUpWhenTheClientComesBack() {
        Session other = another();
        Events ofCreated = events(session());
        Events ofAbsent = events(session());
        session().exists(A, ofCreated);
        session().exists(B, ofAbsent);
        doorThatCan(Capability.AWAY).whileAway(session(), () -> other.create(A, Bytes.EMPTY, CreateMode.PERSISTENT));
        ofCreated.expect(CREATED, A);
        ofAbsent.expectNone();
        create(B);
        ofAbsent.expect(CREATED, B);
    }

    @Proves("zk.WT11")
    default void childWatchesCatchUpWhenTheClientComesBack() {
        create(A);
        create(A_B);
        create(B);
        Session other = another();
        Events ofChanged = events(session());
        Events ofDeleted = events(session());
        Events ofUntouched = events(session());
        session().getChildren(A, ofChanged);
        session().getChildren(A_B, ofDeleted);
        session().getChildren(B, ofUntouched);
        doorThatCan(Capability.AWAY).whileAway(session(), () -> {
            other.delete(A_B);
            other.setData(B, data("x"));
        });
        ofChanged.expect(CHILDREN_CHANGED, A);
        ofDeleted.expect(DELETED, A_B);
        ofUntouched.expectNone();
        create(B.child("x"));
        ofUntouched.expect(CHILDREN_CHANGED, B);
    }

    @Proves({"zk.WT11", "zk.X2"})
    default void aPersistentWatchMissesWhatHappenedWhileAwayUnlessHistoryReaches() {
        create(A);
        Session other = another();
        Events persistent = watching(A, WatchMode.PERSISTENT);
        Events recursive = watching(A, WatchMode.PERSISTENT_RECURSIVE);
        doorThatCan(Capability.AWAY).whileAway(session(), () -> {
            other.setData(A, data("1"));
            other.create(A_B, Bytes.EMPTY, CreateMode.PERSISTENT);
        });
        session().setData(A, data("2"));
        if (differs("X2")) {
            assertThat(sinceGap(persistent)).isSubsetOf("DATA_CHANGED /a", "CHILDREN_CHANGED /a").endsWith("DATA_CHANGED /a");
            assertThat(sinceGap(recursive)).isSubsetOf("DATA_CHANGED /a", "CREATED /a/b").endsWith("DATA_CHANGED /a");
        } else {
            assertThat(types(persistent)).containsExactly("DATA_CHANGED /a");
            assertThat(types(recursive)).containsExactly("DATA_CHANGED /a");
        }
    }

    /** What was heard: all of it, or what came after an explicit gap. */
    private static List<String> sinceGap(Events events) {
        List<String> heard = types(events);
        int gap = heard.lastIndexOf("GAP /a");
        assertThat(gap >= 0 || heard.size() == 3).as("nothing is missed in silence: " + heard).isTrue();
        return heard.subList(gap + 1, heard.size());
    }

    @Proves("zk.WT12")
    default void whatLeftNoTraceWhileAwayFiresNoStandardWatchUnlessHistoryReaches() {
        create(B);
        Session other = another();
        Events ofExistence = events(session());
        Events ofData = events(session());
        session().exists(A, ofExistence);
        session().getData(B, ofData);
        doorThatCan(Capability.AWAY).whileAway(session(), () -> {
            other.create(A, Bytes.EMPTY, CreateMode.PERSISTENT);
            other.delete(A);
            other.setData(B, data("1"));
            other.setData(B, data("2"));
        });
        ofData.expect(DATA_CHANGED, B);
        ofData.expectNone();
        if (!differs("X2")) {
            ofExistence.expectNone();
        }
        create(A);
        ofExistence.expect(CREATED, A);
        ofExistence.expectNone();
    }

    @Proves({"zk.WT13", "zk.S6"})
    default void aSessionsEndDeletesItsNodesWithOneZxid() {
        create(A);
        create(B);
        Session other = fresh(another());
        for (NodePath path : List.of(A_B, A_C, B.child("e"))) {
            other.create(path, Bytes.EMPTY, CreateMode.EPHEMERAL);
        }
        fresh(session());
        Events recursive = watching(NodePath.ROOT, WatchMode.PERSISTENT_RECURSIVE);
        Events ofParent = watching(A, WatchMode.PERSISTENT);
        other.close();
        List<WatchEvent> deletions = recursive.committed();
        assertThat(deletions).extracting(WatchEvent::type).containsOnly(DELETED);
        assertThat(deletions).extracting(WatchEvent::path).containsExactlyInAnyOrder("/a/b", "/a/c", "/b/e");
        assertThat(deletions).extracting(WatchEvent::zxid).containsOnly(stat(A).pzxid(), stat(B).pzxid());
        assertThat(stat(A).pzxid()).isEqualTo(stat(B).pzxid());
        assertThat(types(ofParent)).containsExactly("CHILDREN_CHANGED /a", "CHILDREN_CHANGED /a");
    }

    @Proves("zk.WT14")
    default void losingAndFindingTheEnsembleIsTold() {
        List<SessionState> told = new ArrayList<>();
        session().sync(NodePath.ROOT); // what is told of its opening has been told
        session().onEvent(event -> told.add(event.state()));
        doorThatCan(Capability.AWAY).whileAway(session(), () -> {});
        session().sync(NodePath.ROOT);
        assertThat(told).containsExactly(SessionState.SUSPENDED, SessionState.CONNECTED);
        assertThat(session().state()).isEqualTo(SessionState.CONNECTED);
    }

    @Proves({"zk.WT14", "zk.S9"})
    default void anExpiredSessionIsToldLastAndHearsNoWatch() {
        create(A);
        Session other = fresh(another());
        Events events = events(other);
        other.addWatch(A, WatchMode.PERSISTENT, events);
        other.getData(A, events);
        CompletableFuture<SessionEvent> expired = new CompletableFuture<>();
        other.onEvent(event -> {
            if (event.state().isOver()) {
                expired.complete(event);
            }
        });
        doorThatCan(Capability.EXPIRE).expire(other);
        assertThat(other.await(expired)).isInstanceOf(SessionEvent.Expired.class);
        session().setData(A, data("x"));
        session().sync(NodePath.ROOT);
        assertThat(events.arrived()).isEmpty();
    }

    @Proves("zk.WT14")
    default void aClosedSessionIsToldItIsClosed() {
        Session other = another();
        CompletableFuture<SessionEvent> last = new CompletableFuture<>();
        other.onEvent(event -> {
            if (event.state().isOver()) {
                last.complete(event);
            }
        });
        other.close();
        assertThat(session().await(last)).isInstanceOf(SessionEvent.Closed.class);
        assertThat(other.state()).isEqualTo(SessionState.CLOSED);
    }
}

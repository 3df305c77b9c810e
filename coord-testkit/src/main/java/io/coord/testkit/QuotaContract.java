package io.coord.testkit;

import static io.coord.testkit.Scene.assertRefused;
import static io.coord.testkit.Scene.createAt;
import static io.coord.testkit.Scene.createTtl;
import static io.coord.testkit.Scene.data;
import static io.coord.testkit.Scene.multi;
import static io.coord.testkit.Scene.refusalOf;
import static org.assertj.core.api.Assertions.assertThat;

import io.coord.Bytes;
import io.coord.CreateMode;
import io.coord.NodePath;
import io.coord.Operation;
import io.coord.Refusal;
import io.coord.Session;
import io.coord.Stat;
import io.coord.WatchEvent;
import io.coord.WatchMode;
import io.coord.testkit.CoordContract.Setting;

/** Quotas (zk section 2.14). */
interface QuotaContract extends Scene {

    /** Where quotas are kept. */
    NodePath QUOTA = NodePath.of("/zookeeper/quota");
    /** No limit but this number of nodes, hard. */
    String THREE_NODES = "count=-1,bytes=-1=;byteHardLimit=-1;countHardLimit=3";
    /** No limit but this number of bytes, hard. */
    String FIVE_BYTES = "count=-1,bytes=-1=;byteHardLimit=5;countHardLimit=-1";

    /** Gives a path a quota, as ZooKeeper's own tool does. */
    static void arm(Session session, NodePath path, String limits) {
        NodePath home = home(path);
        NodePath prefix = QUOTA;
        for (String element : path.value().substring(1).split("/")) {
            prefix = prefix.child(element);
            if (session.exists(prefix).isEmpty()) {
                session.create(prefix, null, CreateMode.PERSISTENT);
            }
        }
        session.create(home.child("zookeeper_limits"), data(limits), CreateMode.PERSISTENT);
        session.create(home.child("zookeeper_stats"), data("count=0,bytes=0"), CreateMode.PERSISTENT);
    }

    /** Where a path's quota is kept. */
    static NodePath home(NodePath path) {
        return NodePath.of(QUOTA + path.value());
    }

    /** What the quota says is used. */
    private String usage(NodePath path) {
        String text = session().getData(home(path).child("zookeeper_stats")).text();
        return text.contains("=;") ? text.substring(0, text.indexOf("=;")) : text;
    }

    @Proves("zk.Q1")
    default void creatingTheStatsNodeCountsTheSubtree() {
        session().create(A, data("12"), CreateMode.PERSISTENT);
        session().create(A_B, data("345"), CreateMode.PERSISTENT);
        session().create(B, data("outside"), CreateMode.PERSISTENT);
        arm(session(), A, "count=-1,bytes=-1");
        assertThat(usage(A)).isEqualTo("count=2,bytes=5");
    }

    @Proves({"zk.Q1", "zk.Q4"})
    default void usageFollowsEveryWrite() {
        create(A);
        arm(session(), A, "count=-1,bytes=-1");
        session().create(A_B, data("12345"), CreateMode.PERSISTENT);
        session().create(A_C, data("1"), CreateMode.EPHEMERAL);
        assertThat(usage(A)).isEqualTo("count=3,bytes=6");
        session().setData(A_B, data("12"));
        session().setData(A, data("123"));
        assertThat(usage(A)).isEqualTo("count=3,bytes=6");
        session().delete(A_C);
        session().setData(A_B, null);
        door().beforeReading();
        assertThat(usage(A)).isEqualTo("count=2,bytes=3");
    }

    @Proves("zk.Q1")
    default void deletingTheLimitsNodeDisarmsTheQuota() {
        door(Setting.ENFORCE_QUOTA);
        create(A);
        arm(session(), A, FIVE_BYTES);
        assertRefused(Refusal.QUOTA_EXCEEDED, () -> session().setData(A, data("123456")));
        session().delete(home(A).child("zookeeper_limits"));
        session().setData(A, data("123456"));
    }

    @Proves("zk.Q1")
    default void settingTheLimitsNodeMovesTheLimit() {
        door(Setting.ENFORCE_QUOTA);
        create(A);
        arm(session(), A, FIVE_BYTES);
        session().setData(home(A).child("zookeeper_limits"), data(FIVE_BYTES.replace("byteHardLimit=5", "byteHardLimit=6")));
        session().setData(A, data("123456"));
        assertRefused(Refusal.QUOTA_EXCEEDED, () -> session().setData(A, data("1234567")));
    }

    @Proves("zk.Q2")
    default void theNodeItselfCounts() {
        door(Setting.ENFORCE_QUOTA);
        create(A);
        arm(session(), A, THREE_NODES);
        create(A_B);
        create(A_B.child("x"));
        assertRefused(Refusal.QUOTA_EXCEEDED, session(), createAt("/a/c"));
        create(NodePath.of("/ab"));
    }

    @Proves("zk.Q2")
    default void theNearestAncestorWithAQuotaCounts() {
        door(Setting.ENFORCE_QUOTA);
        create(A);
        create(A_B);
        arm(session(), A, THREE_NODES);
        arm(session(), A_B, THREE_NODES);
        create(A_B.child("x"));
        create(A_B.child("y"));
        assertThat(usage(A_B)).isEqualTo("count=3,bytes=0");
        assertRefused(Refusal.QUOTA_EXCEEDED, session(), createAt("/a/b/z"));
    }

    @Proves("zk.Q3")
    default void aHardLimitRefusesEveryKindOfCreate() {
        door(Setting.ENFORCE_QUOTA, Setting.EXTENDED_TYPES);
        create(A);
        create(A_B);
        create(A_C);
        arm(session(), A, THREE_NODES);
        for (CreateMode mode : CreateMode.values()) {
            NodePath path = A.child("d");
            assertRefused(Refusal.QUOTA_EXCEEDED, session(),
                    mode.isTtl() ? createTtl(path, mode, 1000) : createAt(path.value(), mode));
        }
        assertThat(refusalOf(multi(session(), createAt("/a/d")).get(0))).isEqualTo(Refusal.QUOTA_EXCEEDED);
    }

    @Proves("zk.Q3")
    default void aHardLimitOfBytesBindsCreateAndSetData() {
        door(Setting.ENFORCE_QUOTA);
        session().create(A, data("123"), CreateMode.PERSISTENT);
        arm(session(), A, FIVE_BYTES);
        assertRefused(Refusal.QUOTA_EXCEEDED, () -> session().create(A_B, data("456"), CreateMode.PERSISTENT));
        session().create(A_B, data("45"), CreateMode.PERSISTENT);
        assertRefused(Refusal.QUOTA_EXCEEDED, () -> session().setData(A, data("1234")));
        assertRefused(Refusal.QUOTA_EXCEEDED, () -> session().setData(A_B, data("456")));
        session().setData(A, data("12"));
        session().setData(A_B, data("456"));
        create(A_C);
    }

    @Proves("zk.Q3")
    default void deletesAndShrinkingAreNeverRefused() {
        door(Setting.ENFORCE_QUOTA);
        session().create(A, data("1234567"), CreateMode.PERSISTENT);
        session().create(A_B, data("x"), CreateMode.PERSISTENT);
        arm(session(), A, "count=-1,bytes=-1=;byteHardLimit=100;countHardLimit=1");
        session().delete(A_B);
        session().setData(A, data("1"));
        session().delete(A);
    }

    @Proves("zk.Q3")
    default void aSoftLimitRefusesNothing() {
        door(Setting.ENFORCE_QUOTA);
        create(A);
        arm(session(), A, "count=1,bytes=1");
        session().create(A_B, data("12345"), CreateMode.PERSISTENT);
        session().setData(A, data("12345"));
    }

    @Proves("zk.Q3")
    default void aHardLimitWinsOverASoftOne() {
        door(Setting.ENFORCE_QUOTA);
        create(A);
        arm(session(), A, "count=1,bytes=1=;byteHardLimit=5;countHardLimit=2");
        session().create(A_B, data("12345"), CreateMode.PERSISTENT);
        assertRefused(Refusal.QUOTA_EXCEEDED, session(), createAt("/a/c"));
        assertRefused(Refusal.QUOTA_EXCEEDED, () -> session().setData(A, data("1")));
    }

    @Proves("zk.Q3")
    default void aHardLimitIsSoftUntilEnforced() {
        create(A);
        arm(session(), A, "count=-1,bytes=-1=;byteHardLimit=1;countHardLimit=1");
        session().create(A_B, data("12345"), CreateMode.PERSISTENT);
        session().setData(A, data("12345"));
        assertThat(usage(A)).isEqualTo("count=2,bytes=10");
    }

    @Proves("zk.Q4")
    default void usageChangesNoStatAndFiresNoWatch() {
        create(A);
        arm(session(), A, "count=-1,bytes=-1");
        NodePath stats = home(A).child("zookeeper_stats");
        Stat before = stat(stats);
        Events events = events(session());
        session().getData(stats, events);
        session().create(A_B, data("12345"), CreateMode.PERSISTENT);
        events.expectNone();
        Stat after = stat(stats);
        assertThat(after.version()).isEqualTo(before.version());
        assertThat(after.mzxid()).isEqualTo(before.mzxid());
        assertThat(after.mtime()).isEqualTo(before.mtime());
    }

    @Proves("zk.WT2")
    default void usageFiresNoRecursiveWatchEither() {
        create(A);
        arm(session(), A, "count=-1,bytes=-1");
        Events events = events(session());
        session().addWatch(QUOTA, WatchMode.PERSISTENT_RECURSIVE, events);
        create(A_B);
        events.expectNone();
        session().setData(home(A), Bytes.EMPTY);
        events.expect(WatchEvent.Type.DATA_CHANGED, home(A));
        assertThat(session().submit(new Operation.Exists(home(A).value()))).isPresent();
    }
}

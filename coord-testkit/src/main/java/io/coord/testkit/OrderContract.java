package io.coord.testkit;

import static io.coord.WatchEvent.Type.DATA_CHANGED;
import static io.coord.testkit.Scene.assertRefused;
import static io.coord.testkit.Scene.createAt;
import static io.coord.testkit.Scene.data;
import static org.assertj.core.api.Assertions.assertThat;

import io.coord.Bytes;
import io.coord.CreateMode;
import io.coord.Node;
import io.coord.NodePath;
import io.coord.Outcome;
import io.coord.ReadMode;
import io.coord.Refusal;
import io.coord.Session;
import io.coord.WatchEvent;
import io.coord.WatchMode;
import io.coord.testkit.CoordContract.Capability;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Ordering and consistency (zk section 2.2). */
interface OrderContract extends Scene {

    @Proves("zk.O1")
    default void allSessionsSeeAllWritesInOneOrder() {
        create(A);
        Session other = fresh(another());
        Events mine = events(session());
        Events theirs = events(other);
        session().addWatch(A, WatchMode.PERSISTENT_RECURSIVE, mine);
        other.addWatch(A, WatchMode.PERSISTENT_RECURSIVE, theirs);
        List<CompletionStage<?>> writes = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            writes.add(session().async().create(A.child("m" + i), Bytes.EMPTY, CreateMode.PERSISTENT));
            writes.add(other.async().create(A.child("t" + i), Bytes.EMPTY, CreateMode.PERSISTENT));
        }
        writes.forEach(session()::await);
        List<WatchEvent> seen = mine.committed();
        assertThat(seen).hasSize(40).isEqualTo(theirs.committed());
        assertThat(seen).extracting(WatchEvent::zxid).isSorted().doesNotHaveDuplicates();
    }

    @Proves("zk.O1")
    default void zxidsGrowOverAllSessionsAndRestarts() {
        Session other = another();
        long last = 0;
        for (int i = 0; i < 5; i++) {
            long mine = create(NodePath.of("/m" + i)).stat().czxid();
            long theirs = other.create(NodePath.of("/t" + i), Bytes.EMPTY, CreateMode.PERSISTENT).stat().czxid();
            assertThat(mine).isGreaterThan(last);
            assertThat(theirs).isGreaterThan(mine);
            last = theirs;
        }
        door().beforeReading();
        assertThat(create(B).stat().czxid()).isGreaterThan(last);
    }

    @Proves("zk.O2")
    default void readsBehindOwnPendingWritesSeeThem() {
        create(A);
        List<CompletionStage<Node>> reads = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            session().async().setData(A, data(Integer.toString(i)));
            reads.add(session().async().getData(A));
        }
        for (int i = 0; i < 50; i++) {
            assertThat(session().await(reads.get(i)).text()).isEqualTo(Integer.toString(i));
        }
    }

    @Proves("zk.O2")
    default void requestsAreAnsweredInTheOrderTheyWereMade() {
        create(A);
        List<Integer> answered = new ArrayList<>();
        CompletableFuture<CompletionStage<?>> last = new CompletableFuture<>();
        session().async().callbackExecutor().execute(() -> {
            for (int i = 0; i < 59; i++) {
                int number = i;
                request(i).thenRun(() -> answered.add(number));
            }
            last.complete(session().async().sync(NodePath.ROOT).thenRun(() -> answered.add(59)));
        });
        session().await(session().await(last));
        assertThat(answered).hasSize(60).isSorted();
    }

    private CompletionStage<?> request(int number) {
        return switch (number % 5) {
            case 0 -> session().async().setData(A, data("x"));
            case 1 -> session().async().getData(A);
            case 2 -> session().async().create(A.child("n" + number), Bytes.EMPTY, CreateMode.PERSISTENT);
            case 3 -> session().async().getData(A, ReadMode.LINEARIZABLE);
            default -> session().async().sync(A);
        };
    }

    @Proves("zk.O2")
    default void aRefusedRequestDoesNotStopTheNext() {
        var refused = session().async().setData(A, data("x"));
        var created = session().async().create(A, Bytes.EMPTY, CreateMode.PERSISTENT);
        var again = session().async().create(A, Bytes.EMPTY, CreateMode.PERSISTENT);
        var read = session().async().exists(A);
        assertRefused(Refusal.NO_NODE, () -> session().await(refused));
        assertThat(session().await(created).path()).isEqualTo("/a");
        assertRefused(Refusal.NODE_EXISTS, () -> session().await(again));
        assertThat(session().await(read)).isPresent();
    }

    @Proves("zk.O3")
    default void aSessionReadsItsOwnWrites() {
        create(A);
        for (int i = 0; i < 20; i++) {
            session().setData(A, data(Integer.toString(i)));
            assertThat(session().getData(A).text()).isEqualTo(Integer.toString(i));
            create(A.child("n" + i));
            assertThat(session().getChildren(A)).hasSize(i + 1);
        }
    }

    @Proves("zk.O3")
    default void aSessionReadsItsOwnWritesAfterItWasAway() {
        create(A);
        session().setData(A, data("mine"));
        doorThatCan(Capability.AWAY).whileAway(session(), () -> {});
        assertThat(session().getData(A).text()).isEqualTo("mine");
    }

    @Proves("zk.O4")
    default void whatASessionReadsNeverGoesBack() {
        create(A);
        Session reader = fresh(another());
        List<CompletionStage<?>> writes = new ArrayList<>();
        long last = 0;
        for (int i = 0; i < 100; i++) {
            writes.add(session().async().setData(A, data("x")));
            long version = reader.getData(A).stat().version();
            assertThat(version).isGreaterThanOrEqualTo(last);
            last = version;
        }
        writes.forEach(session()::await);
        assertThat(fresh(reader).getData(A).stat().version()).isEqualTo(100);
    }

    @Proves("zk.O5")
    default void aWatchFiresBeforeAnyAnswerThatShowsTheChange() {
        create(A);
        Session reader = fresh(another());
        for (int i = 1; i <= 20; i++) {
            Events events = events(reader);
            reader.getData(A, events);
            var write = session().async().setData(A, data("x"));
            while (reader.await(reader.async().getData(A)).stat().version() < i) {
                reader.sync(NodePath.ROOT);
            }
            assertThat(events.arrived()).extracting(WatchEvent::type).containsExactly(DATA_CHANGED);
            session().await(write);
        }
    }

    @Proves("zk.O5")
    default void eventsComeInTheOrderOfTheirZxids() {
        create(A);
        create(B);
        Session other = fresh(another());
        Events events = events(other);
        other.addWatch(A, WatchMode.PERSISTENT, events);
        other.addWatch(B, WatchMode.PERSISTENT_RECURSIVE, events);
        List<CompletionStage<?>> writes = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            writes.add(session().async().setData(A, data("x")));
            writes.add(session().async().setData(B, data("x")));
        }
        writes.forEach(session()::await);
        List<WatchEvent> seen = events.committed();
        assertThat(seen).hasSize(40).extracting(WatchEvent::zxid).isSorted();
        assertThat(seen.get(0).path()).isEqualTo("/a");
        assertThat(seen.get(1).path()).isEqualTo("/b");
    }

    @Proves("zk.O6")
    default void theWritersOwnWatchFiresBeforeItsAnswer() {
        create(A);
        for (int i = 0; i < 20; i++) {
            Events events = events(session());
            session().getData(A, events);
            long zxid = session().setData(A, data("x")).mzxid();
            assertThat(events.arrived()).containsExactly(new WatchEvent(DATA_CHANGED, "/a", zxid));
        }
    }

    @Proves("zk.O7")
    default void afterASyncEverythingCommittedBeforeItIsShown() {
        create(A);
        Session other = another();
        for (int i = 0; i < 20; i++) {
            session().setData(A, data(Integer.toString(i)));
            other.sync(A);
            assertThat(other.getData(A).text()).isEqualTo(Integer.toString(i));
        }
    }

    @Proves("zk.O7")
    default void syncNeedsNoNodeAndAnswersItsPath() {
        assertThat(session().await(session().async().sync(NodePath.of("/none/at/all")))).isEqualTo("/none/at/all");
    }

    @Proves("zk.O8")
    default void acknowledgedWritesOutliveARestart() {
        create(A);
        List<CompletionStage<Outcome.Created>> writes = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            writes.add(session().async().create(A.child("n" + i), data("d" + i), CreateMode.PERSISTENT));
        }
        List<Outcome.Created> created = writes.stream().map(session()::await).toList();
        session().setData(A.child("n0"), data("set"));
        session().delete(A.child("n1"));
        door().beforeReading();
        assertThat(session().getChildren(A)).hasSize(49);
        assertThat(session().getData(A.child("n0")).text()).isEqualTo("set");
        for (Outcome.Created each : created.subList(2, 50)) {
            assertThat(stat(each.nodePath())).isEqualTo(each.stat());
        }
    }

    @Proves("zk.O9")
    default void whatAReadSawIsNeverTakenBack() {
        create(A);
        Session reader = fresh(another());
        session().setData(A, data("x"));
        Node seen = fresh(reader).getData(A);
        door().beforeReading();
        assertThat(reader.getData(A)).isEqualTo(seen);
        assertThat(fresh(session()).getData(A)).isEqualTo(seen);
    }

    @Proves({"zk.O10", "zk.X11"})
    default void aFreshLogsFirstZxidIsBeyondTheFirstEpochInAnEnsemble() {
        long zxid = create(A).stat().czxid();
        if (differs("X11")) {
            assertThat(zxid).isGreaterThan(0x100000000L).isLessThan(0x100001000L);
        } else {
            assertThat(zxid & 0xffffffffL).isPositive();
        }
    }

    @Proves("zk.O11")
    default void sessionsAndRefusedWritesTakeZxidsToo() {
        long first = create(A).stat().czxid();
        assertRefused(Refusal.NODE_EXISTS, session(), createAt("/a"));
        long second = create(B).stat().czxid();
        assertThat(second).isGreaterThan(first + 1);
        another().close();
        long third = create(NodePath.of("/c")).stat().czxid();
        assertThat(third).isGreaterThan(second + 2);
    }
}

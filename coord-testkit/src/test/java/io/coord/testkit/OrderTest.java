package io.coord.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.coord.Bytes;
import io.coord.CreateMode;
import io.coord.MemberId;
import io.coord.Node;
import io.coord.NodePath;
import io.coord.Session;
import io.coord.WatchEvent;
import io.coord.WatchMode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The order in which real threads let a session see events and answers. */
@Timeout(60)
class OrderTest {

    private static final NodePath A = NodePath.of("/a");
    private static final Duration TEN_SECONDS = Duration.ofSeconds(10);

    @Test
    @DisplayName("rule.1, zk.O5: the event of a change comes before any completion that shows the change")
    void anEventComesBeforeTheAnswerThatShowsIt(@Coord LocalEnsemble ensemble) {
        MemberId follower = ensemble.anyFollower();
        Session writer = ensemble.openSession(ensemble.leader(), TEN_SECONDS);
        Session reader = ensemble.openSession(follower, TEN_SECONDS);
        writer.create(A, Bytes.utf8("0"), CreateMode.PERSISTENT);
        reader.await(reader.async().sync(A));
        long[] heard = {reader.exists(A).orElseThrow().mzxid()};
        reader.addWatch(A, WatchMode.PERSISTENT, event -> heard[0] = event.zxid());

        List<CompletionStage<?>> writes = new ArrayList<>();
        List<String> early = new ArrayList<>();
        List<CompletionStage<?>> reads = new ArrayList<>();
        for (int i = 1; i <= 500; i++) {
            writes.add(writer.async().setData(A, Bytes.utf8(Integer.toString(i))));
            reads.add(reader.async().getData(A).thenAcceptAsync(
                    node -> compare(node, heard[0], early), reader.async().callbackExecutor()));
        }
        writes.forEach(writer::await);
        reads.forEach(reader::await);
        assertThat(early).isEmpty();
    }

    private static void compare(Node node, long heard, List<String> early) {
        if (node.stat().mzxid() > heard) {
            early.add("an answer shows " + node.stat().mzxid() + ", but only " + heard + " was heard of");
        }
    }

    @Test
    @DisplayName("zk.O3: a session on a follower reads what it has written, by a stage and on its own thread")
    void aSessionReadsItsOwnWrites(@Coord LocalEnsemble ensemble) {
        Session session = ensemble.openSession(ensemble.anyFollower(), TEN_SECONDS);
        session.create(A, Bytes.EMPTY, CreateMode.PERSISTENT);
        for (int i = 0; i < 300; i++) {
            String value = Integer.toString(i);
            session.async().setData(A, Bytes.utf8(value));
            assertThat(session.await(session.async().getData(A)).text()).isEqualTo(value);
            session.setData(A, Bytes.utf8("x" + value));
            assertThat(session.getData(A).text()).isEqualTo("x" + value);
        }
    }

    @Test
    @DisplayName("zk.O2: answers of all kinds come in the order of the requests, under load from other sessions")
    void answersComeInTheOrderOfTheRequests(@Coord LocalEnsemble ensemble) {
        Session other = ensemble.openSession();
        Session session = ensemble.openSession();
        session.create(A, Bytes.EMPTY, CreateMode.PERSISTENT);
        List<Integer> order = new ArrayList<>();
        List<CompletionStage<?>> stages = new ArrayList<>();
        for (int i = 0; i < 400; i++) {
            int number = i;
            other.async().setData(A, Bytes.EMPTY);
            CompletionStage<?> asked = switch (i % 4) {
                case 0 -> session.async().setData(A, Bytes.EMPTY);
                case 1 -> session.async().getData(A);
                case 2 -> session.async().sync(A);
                default -> session.async().exists(A, event -> {});
            };
            stages.add(asked.thenRunAsync(() -> order.add(number), session.async().callbackExecutor()));
        }
        stages.forEach(session::await);
        assertThat(order).hasSize(400).isSorted();
    }

    @Test
    void aWatchSetWithAReadMissesNoChangeAfterIt(@Coord LocalEnsemble ensemble) throws Exception {
        Session writer = ensemble.openSession();
        Session reader = ensemble.openSession();
        writer.create(A, Bytes.utf8("0"), CreateMode.PERSISTENT);
        reader.await(reader.async().sync(A));
        List<WatchEvent> events = new ArrayList<>();
        for (int i = 1; i <= 200; i++) {
            var fired = new java.util.concurrent.CompletableFuture<WatchEvent>();
            CompletionStage<?> write = writer.async().setData(A, Bytes.utf8(Integer.toString(i)));
            Node seen = reader.getData(A, fired::complete);
            writer.await(write);
            writer.setData(A, Bytes.utf8("x" + i));
            WatchEvent event = reader.awaitAtMost(fired, TEN_SECONDS).orElseThrow();
            assertThat(event.zxid()).isGreaterThan(seen.stat().mzxid());
            events.add(event);
        }
        assertThat(events).hasSize(200);
    }
}

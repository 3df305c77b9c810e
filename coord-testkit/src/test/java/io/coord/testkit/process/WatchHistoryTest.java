package io.coord.testkit.process;

import static org.apache.zookeeper.Watcher.Event.EventType.NodeCreated;
import static org.apache.zookeeper.Watcher.Event.EventType.NodeDataChanged;
import static org.apache.zookeeper.Watcher.Event.EventType.NodeDeleted;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class WatchHistoryTest {

    private static final Map<String, Long> LEFT = Map.of("/w/a", 3L);

    private static WatchHistory history() {
        WatchHistory history = new WatchHistory();
        history.connected();
        history.made(1, NodeCreated, "/w/a");
        history.told(1, NodeCreated, "/w/a");
        history.saw("/w/a", 1);
        history.made(2, NodeCreated, "/w/b");
        history.told(2, NodeCreated, "/w/b");
        history.made(3, NodeDataChanged, "/w/a");
        history.connected();
        history.told(2, NodeCreated, "/w/b");
        history.told(3, NodeDataChanged, "/w/a");
        history.saw("/w/a", 3);
        history.made(4, NodeDeleted, "/w/b");
        history.told(4, NodeDeleted, "/w/b");
        return history;
    }

    @Test
    void everyChangeToldInOrderIsWellAlsoIfToldAgainOnAnotherConnection() {
        assertThat(history().violations(LEFT)).isEmpty();
    }

    @Test
    void whatTheWatchSaysToLookAtNeedNotBeTold() {
        WatchHistory history = history();
        history.made(5, NodeDeleted, "/w/a");
        history.made(6, NodeCreated, "/w/a");
        history.connected();
        history.told(-1, NodeDataChanged, "/w/a");
        history.saw("/w/a", 6);

        assertThat(history.violations(Map.of("/w/a", 6L))).isEmpty();
    }

    static Stream<Named<Consumer<WatchHistory>>> planted() {
        return Stream.of(
                Named.of("a change that is not told", history -> history.made(5, NodeCreated, "/w/b")),
                Named.of("a change that was never made", history -> history.told(5, NodeCreated, "/w/b")),
                Named.of("another kind of change", history -> {
                    history.made(5, NodeDataChanged, "/w/a");
                    history.told(5, NodeDeleted, "/w/a");
                }),
                Named.of("a change told late", history -> {
                    history.made(5, NodeDataChanged, "/w/a");
                    history.told(5, NodeDataChanged, "/w/a");
                    history.told(1, NodeCreated, "/w/a");
                }),
                Named.of("a change told twice", history -> history.told(4, NodeDeleted, "/w/b")),
                Named.of("a change seen before it is told", history -> {
                    history.made(5, NodeDataChanged, "/w/a");
                    history.saw("/w/a", 5);
                    history.told(5, NodeDataChanged, "/w/a");
                }));
    }

    @ParameterizedTest
    @MethodSource("planted")
    void anyOtherTaleIsFoundOut(Consumer<WatchHistory> violation) {
        WatchHistory history = history();

        violation.accept(history);

        assertThat(history.violations(LEFT)).isNotEmpty();
    }

    @Test
    void aNodeThatNobodyMadeSoIsFoundOut() {
        assertThat(history().violations(Map.of("/w/a", 9L))).isNotEmpty();
    }
}

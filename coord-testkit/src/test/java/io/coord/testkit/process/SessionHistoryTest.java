package io.coord.testkit.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class SessionHistoryTest {

    private static final Map<String, Long> LEFT = Map.of("lasting", 7L);

    private static SessionHistory history() {
        SessionHistory history = new SessionHistory();
        history.lasts("lasting", 7);
        history.saw("lasting", true, 1, 2);
        history.passes("brief");
        history.sawItsOwn("brief", true);
        history.saw("brief", true, 3, 9);
        history.saw("brief", false, 4, 5);
        return history;
    }

    @Test
    void nodesThatLiveAndGoWithTheirSessionsAreAsTheyShouldBe() {
        assertThat(history().isSettled(Set.of("lasting", "brief"))).isFalse();
        assertThat(history().isSettled(LEFT.keySet())).isTrue();
        assertThat(history().violations("member 1", LEFT)).isEmpty();
    }

    static Stream<Named<BiConsumer<SessionHistory, Map<String, Long>>>> planted() {
        return Stream.of(
                Named.of("a live session's node is gone for a while", (history, left) -> history.saw("lasting", false, 10, 11)),
                Named.of("a live session's node is gone at one member", (history, left) -> left.remove("lasting")),
                Named.of("a live session's node is another's", (history, left) -> left.put("lasting", 8L)),
                Named.of("a node outlives its session", (history, left) -> left.put("brief", 8L)),
                Named.of("a node comes back", (history, left) -> history.saw("brief", true, 6, 7)),
                Named.of("a session misses its own node", (history, left) -> history.sawItsOwn("brief", false)),
                Named.of("a node is nobody's", (history, left) -> left.put("foreign", 8L)));
    }

    @ParameterizedTest
    @MethodSource("planted")
    void nodesThatDoNotAreFoundOut(BiConsumer<SessionHistory, Map<String, Long>> violation) {
        SessionHistory history = history();
        Map<String, Long> left = new TreeMap<>(LEFT);

        violation.accept(history, left);

        assertThat(history.violations("member 1", left)).isNotEmpty();
    }
}

package io.coord.testkit.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class QueueHistoryTest {

    /** Taken: a and b, c perhaps; left: d, and perhaps e. */
    private static QueueHistory history() {
        QueueHistory history = new QueueHistory();
        put(history, "a", 0, 1, 2);
        put(history, "b", 1, 1, 5);
        put(history, "c", 2, 6, 7);
        put(history, "d", 3, 8, 9);
        history.putting("e");
        take(history, "a", 0, 10, 14);
        take(history, "b", 1, 11, 12);
        history.taking("b");
        history.tookNot("b");
        history.taking("c");
        return history;
    }

    private static void put(QueueHistory history, String value, long number, long begin, long end) {
        history.putting(value);
        history.put(value, number, begin, end);
    }

    private static void take(QueueHistory history, String value, long number, long begin, long end) {
        history.taking(value);
        history.took(value, number, begin, end);
    }

    @Test
    void whatWasNotAnsweredMayBeEither() {
        assertThat(history().violations("member 1", Map.of(3L, "d"))).isEmpty();
        assertThat(history().violations("member 1", Map.of(2L, "c", 3L, "d", 4L, "e"))).isEmpty();
    }

    static Stream<Named<BiConsumer<QueueHistory, Map<Long, String>>>> planted() {
        return Stream.of(
                Named.of("a lost item", (history, left) -> left.remove(3L)),
                Named.of("an item that was lost before somebody's attempt to take it", (history, left) -> {
                    history.taking("d");
                    history.tookNot("d");
                    left.remove(3L);
                }),
                Named.of("an item taken twice", (history, left) -> take(history, "a", 0, 15, 16)),
                Named.of("an item taken, and there", (history, left) -> left.put(0L, "a")),
                Named.of("an item put twice", (history, left) -> left.put(5L, "d")),
                Named.of("an item that nobody put", (history, left) -> left.put(5L, "x")),
                Named.of("a later item before an earlier one", (history, left) -> put(history, "f", 2, 8, 9)),
                Named.of("an item taken while another was before it", (history, left) -> {
                    take(history, "d", 3, 20, 21);
                    left.remove(3L);
                    take(history, "c", 2, 22, 23);
                }));
    }

    @ParameterizedTest
    @MethodSource("planted")
    void whatWasAnsweredMayNot(BiConsumer<QueueHistory, Map<Long, String>> violation) {
        QueueHistory history = history();
        Map<Long, String> left = new TreeMap<>(Map.of(3L, "d"));

        violation.accept(history, left);

        assertThat(history.violations("member 1", left)).isNotEmpty();
    }
}

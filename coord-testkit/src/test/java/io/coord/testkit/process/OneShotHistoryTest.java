package io.coord.testkit.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class OneShotHistoryTest {

    private static OneShotHistory history() {
        OneShotHistory history = new OneShotHistory();
        history.set("/a", 0);
        history.saw("/a", 0);
        history.fired("/a");
        history.saw("/a", 5);
        history.set("/a", 5);
        history.saw("/a", 5);
        return history;
    }

    @Test
    void whatIsSeenBehindItsEventIsWell() {
        assertThat(history().violations()).isEmpty();
        assertThat(history().fired()).isEqualTo(1);
        assertThat(history().isSet("/a")).isTrue();
    }

    static Stream<Named<Consumer<OneShotHistory>>> planted() {
        return Stream.of(
                Named.of("a change seen without an event", history -> history.saw("/a", 7)),
                Named.of("a deletion seen without an event", history -> history.saw("/a", 0)),
                Named.of("an event too many", history -> {
                    history.fired("/a");
                    history.fired("/a");
                }));
    }

    @ParameterizedTest
    @MethodSource("planted")
    void whatIsNotIsFoundOut(Consumer<OneShotHistory> violation) {
        OneShotHistory history = history();

        violation.accept(history);

        assertThat(history.violations()).isNotEmpty();
    }
}

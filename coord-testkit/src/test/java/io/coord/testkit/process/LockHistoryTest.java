package io.coord.testkit.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class LockHistoryTest {

    private static LockHistory history() {
        LockHistory history = new LockHistory();
        history.held("a", 10, 1, 1, 2);
        history.held("b", 12, 2, 3, 5);
        return history;
    }

    @Test
    void whoHoldsTheLockOneBehindTheOtherIsAlone() {
        LockHistory history = history();
        history.held("a", 20, 3, 5, 6);

        assertThat(history.violations(3, 20)).isEmpty();
    }

    static Stream<Named<Consumer<LockHistory>>> planted() {
        return Stream.of(
                Named.of("two at a time", history -> history.held("c", 20, 3, 4, 6)),
                Named.of("one within another", history -> {
                    history.held("c", 20, 3, 6, 30);
                    history.held("d", 20, 4, 10, 11);
                }),
                Named.of("a token that does not grow", history -> history.held("c", 12, 3, 6, 7)),
                Named.of("a write between two holders", history -> history.held("c", 20, 4, 6, 7)),
                Named.of("a lost write", history -> history.held("c", 20, 2, 6, 7)),
                Named.of("a write behind the last holder", history -> {}),
                Named.of("what a holder met", history -> {
                    history.held("c", 20, 3, 6, 7);
                    history.met("somebody else's token");
                }));
    }

    @ParameterizedTest
    @MethodSource("planted")
    void whoeverElseIsThereIsFoundOut(Consumer<LockHistory> violation) {
        LockHistory history = history();
        assertThat(history.violations(2, 12)).isEmpty();

        violation.accept(history);

        assertThat(history.violations(3, 20)).isNotEmpty();
    }
}

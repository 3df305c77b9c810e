package io.coord.testkit.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class RegisterHistoryTest {

    @Test
    void whatAnOrderExplainsIsNoViolation() {
        RegisterHistory history = new RegisterHistory("/r");
        history.read("", 0, 0, 1);
        history.wrote("a", 1, 2, 9);
        history.wrote("b", 2, 3, 5);
        history.read("a", 1, 4, 5);
        history.read("b", 2, 4, 6);
        history.mayHaveWritten("c", 10);
        history.mayHaveWritten("d", 10);
        history.read("c", 3, 8, 30);
        history.wrote("e", 4, 20, 25);
        history.read("e", 4, 26, 27);

        assertThat(history.violations()).isEmpty();
        assertThat(history.acknowledged()).isEqualTo(3);
    }

    static Stream<Named<Consumer<RegisterHistory>>> planted() {
        return Stream.of(
                Named.of("a lost write", history -> history.read("a", 1, 20, 21)),
                Named.of("a write below an acknowledged one", history -> history.wrote("x", 1, 20, 21)),
                Named.of("a version told twice", history -> history.wrote("x", 2, 11, 12)),
                Named.of("a value that nobody wrote", history -> history.read("x", 3, 20, 21)),
                Named.of("a value under another version", history -> history.read("b", 3, 20, 21)),
                Named.of("a value from the future", history -> {
                    history.read("x", 3, 20, 21);
                    history.mayHaveWritten("x", 22);
                }),
                Named.of("a stale read after a fresh one", history -> {
                    history.mayHaveWritten("x", 12);
                    history.read("x", 3, 13, 14);
                    history.read("b", 2, 15, 16);
                }));
    }

    @ParameterizedTest
    @MethodSource("planted")
    void whatNoneExplainsIs(Consumer<RegisterHistory> violation) {
        RegisterHistory history = new RegisterHistory("/r");
        history.wrote("a", 1, 1, 5);
        history.wrote("b", 2, 6, 10);
        assertThat(history.violations()).isEqualTo(List.of());

        violation.accept(history);

        assertThat(history.violations()).isNotEmpty();
    }
}

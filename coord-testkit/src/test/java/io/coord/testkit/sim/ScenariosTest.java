package io.coord.testkit.sim;

import static org.assertj.core.api.Assertions.assertThatCode;

import java.util.List;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Bugs that others had, played: none of them is here. The mutants show that each play would find its bug. */
@Timeout(60)
class ScenariosTest {

    static List<String> names() {
        return Plays.names();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("names")
    void itIsNotSoHere(String name) {
        assertThatCode(() -> Plays.play(name)).doesNotThrowAnyException();
    }
}

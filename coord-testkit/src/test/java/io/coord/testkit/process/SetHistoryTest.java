package io.coord.testkit.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SetHistoryTest {

    private static SetHistory history() {
        SetHistory history = new SetHistory();
        history.adding("there");
        history.added("there");
        history.adding("perhaps");
        history.adding("perhaps-gone");
        history.added("perhaps-gone");
        history.removing("perhaps-gone");
        history.adding("gone");
        history.added("gone");
        history.removing("gone");
        history.removed("gone");
        return history;
    }

    @Test
    void whatWasNotAnsweredMayBeEither() {
        assertThat(history().violations("member 1", Set.of("there"))).isEmpty();
        assertThat(history().violations("member 1", Set.of("there", "perhaps", "perhaps-gone"))).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"perhaps, lost", "there gone, removal", "there foreign, nobody"})
    void whatWasAnsweredMayNot(String names, String finding) {
        assertThat(history().violations("member 1", Set.of(names.split(" ")))).singleElement().asString().contains(finding);
    }
}

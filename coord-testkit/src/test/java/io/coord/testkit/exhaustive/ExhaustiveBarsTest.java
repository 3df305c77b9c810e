package io.coord.testkit.exhaustive;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.function.IntUnaryOperator;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Three members of the real consensus code, two terms, two commands, one crash, every order of events, as deep as states allow (bar.11). */
class ExhaustiveBarsTest {

    private static final int STATES = Integer.getInteger("exhaustive.states", 1_000_000);

    private static void search(String from, IntUnaryOperator search) {
        long began = System.nanoTime();
        int depth = search.applyAsInt(STATES);
        System.out.println("bar.11: " + STATES + " states from " + from + ", to a depth of " + depth + " steps, in "
                + (System.nanoTime() - began) / 1_000_000 + " ms");
        assertThat(depth).isGreaterThanOrEqualTo(6);
    }

    @Test
    @DisplayName("bar.11: the first thousand states, in every build")
    void theFirstStates() {
        assertThat(Exhaustive.fromNothing(1_000)).isPositive();
        assertThat(Exhaustive.fromALeader(1_000)).isPositive();
    }

    @Test
    @Tag("bars")
    @DisplayName("bar.11: every order of events from where nobody leads")
    void fromNothing() {
        search("nothing", Exhaustive::fromNothing);
    }

    @Test
    @Tag("bars")
    @DisplayName("bar.11: every order of events from where a leader has a command on its way")
    void fromALeader() {
        search("a leader", Exhaustive::fromALeader);
    }
}

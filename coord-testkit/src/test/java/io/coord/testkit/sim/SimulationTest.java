package io.coord.testkit.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.coord.testkit.sim.SimRun.Report;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.TreeSet;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Worlds full of mishaps in which no invariant breaks, and which all come to rest. A violation's message has the seed and the command that
 * runs it once more, with every transition.
 */
@Timeout(60)
class SimulationTest {

    private static final int SECONDS = 30;

    /** A seed that once found something. */
    record Known(long seed, int members, int seconds) {}

    @ParameterizedTest
    @ValueSource(ints = {1, 3, 5, 7})
    void whateverHappensWhatIsAcknowledgedIsKeptAndAllComesToRest(int members) {
        List<Report> reports = LongStream.rangeClosed(1, 8)
                .mapToObj(seed -> Shrinking.run(100L * members + seed, members, SECONDS))
                .toList();

        assertThat(reports).allSatisfy(report -> assertThat(report.acknowledgedWrites()).isPositive());
        assertThat(reports.stream().mapToLong(Report::leaderChanges).sum()).isPositive();
        assertThat(reports.stream().mapToLong(report -> report.faults().of(Fault.UNFORCED_LOST)).sum()).isPositive();
    }

    @ParameterizedTest
    @ValueSource(ints = {3, 5})
    @DisplayName("rule.14, inv.D-f: members that come to states of their own take that of the majority, and nothing acknowledged is lost")
    void membersWhoseStatesDifferHeal(int members) {
        List<Report> reports = LongStream.rangeClosed(1, 4)
                .mapToObj(seed -> Shrinking.run(seed, -members, SECONDS))
                .toList();

        assertThat(reports).allSatisfy(report -> assertThat(report.acknowledgedWrites()).isPositive());
        assertThat(reports.stream().mapToLong(report -> report.faults().counted(Fault.STATE_DIFFERS)).sum()).isPositive();
    }

    @Test
    void inACalmWorldEveryRequestIsAnsweredAndNobodyCampaignsTwice() {
        Profile calm = Profile.calm(3);
        Profile busy = new Profile(
                3, 3, 6, 100, calm.network(), calm.disk(), calm.meanSecondsBetween(), calm.raft(), 200, 10_000, 0, 0, false,
                1.0, calm.config());

        Report report = SimRun.of(1, busy, SECONDS, null);

        assertThat(report.leaderChanges()).isZero();
        assertThat(report.acknowledgedWrites()).isGreaterThan(1_000);
    }

    @ParameterizedTest
    @MethodSource("known")
    void aSeedThatOnceFoundSomethingFindsNothingMore(Known known) {
        Report report = Shrinking.run(known.seed(), known.members(), known.seconds());

        assertThat(report.acknowledgedWrites()).isPositive();
    }

    /** Lines of {@code seed members seconds}, no members where they come and go, and behind a {@code #} what was found. */
    static Stream<Known> known() throws IOException {
        List<Known> known = new ArrayList<>();
        try (InputStream in = Objects.requireNonNull(SimulationTest.class.getResourceAsStream("/sim/seeds.txt"))) {
            for (String line : new String(in.readAllBytes(), StandardCharsets.UTF_8).split("\n")) {
                String text = line.replaceFirst("#.*", "").strip();
                if (!text.isEmpty()) {
                    String[] parts = text.split("\\s+");
                    known.add(new Known(
                            Long.parseLong(parts[0]), Integer.parseInt(parts[1]), Integer.parseInt(parts[2])));
                }
            }
        }
        return known.stream();
    }

    /** Runs the world that a failure named, telling every transition. */
    @Test
    @EnabledIfSystemProperty(named = "sim.seed", matches = "-?\\d+")
    void replay() {
        long seed = Long.getLong("sim.seed");
        TreeSet<String> without = new TreeSet<>(List.of(System.getProperty("sim.without", "").split(",")));
        Shrinking.World world = new Shrinking.World(
                seed, Integer.getInteger("sim.members"), Integer.getInteger("sim.seconds"), Integer.getInteger("sim.clients", 0), without);

        Report report = SimRun.of(seed, world.profile(), world.seconds(), System.out::println);

        assertThat(report.seed()).isEqualTo(seed);
    }
}

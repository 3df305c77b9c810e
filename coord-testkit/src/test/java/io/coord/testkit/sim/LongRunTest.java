package io.coord.testkit.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.coord.testkit.check.Violation;
import io.coord.testkit.sim.SimRun.Report;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * The long run, in parts: seeds in order from {@code -Dlong.first} on, for {@code -Dlong.minutes}, by default 15, on one thread. Of six seeds,
 * two have three members, two have five, and of each one has members whose states come to differ; one has seven; in one members come and go. A seed that breaks an invariant is named, and the run
 * goes on. At its end a part prints its line for docs/ledger.md, and where the next begins.
 */
@Tag("soak")
class LongRunTest {

    private static final long FIRST = Long.getLong("long.first", 1);
    private static final long BUDGET_NANOS = Long.getLong("long.minutes", 15) * 60_000_000_000L;
    private static final int SECONDS = 60;
    private static final int COMING_AND_GOING = 0;
    private static final int[] MEMBERS = {3, 5, -3, -5, 7, COMING_AND_GOING};

    @Test
    void seedsAfterSeedsBreakNothing() {
        long began = System.nanoTime();
        FaultTable faults = new FaultTable();
        List<String> failures = new ArrayList<>();
        double hours = 0;
        long writes = 0;
        long seed = FIRST;
        for (; System.nanoTime() - began < BUDGET_NANOS; seed++) {
            try {
                Report report = Shrinking.run(seed, MEMBERS[(int) (seed % MEMBERS.length)], SECONDS);
                faults.add(report.faults());
                hours += report.simulatedNanos() / 3.6e12;
                writes += report.acknowledgedWrites();
            } catch (Violation | IllegalStateException violation) {
                failures.add("seed " + seed + ": " + violation.getMessage());
                System.out.println(failures.get(failures.size() - 1));
            }
        }
        System.out.println(faults + "| | " + FIRST + " to " + (seed - 1) + " of the long run, " + SECONDS + " s each, "
                + (System.nanoTime() - began) / 60_000_000_000L + " minutes; " + writes + " acknowledged writes | "
                + Math.round(hours * 10) / 10.0 + " | " + (failures.isEmpty() ? "none" : failures.size()) + " |\n"
                + "to go on: -Dlong.first=" + seed);

        assertThat(failures).isEmpty();
        assertThat(faults.of(Fault.KILL_LEADER)).isPositive();
    }
}

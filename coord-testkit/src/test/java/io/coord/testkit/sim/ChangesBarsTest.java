package io.coord.testkit.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.coord.testkit.check.Violation;
import io.coord.testkit.sim.SimRun.Report;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * From one member to three to five and back, under load, with kills, partitions, lost disks and all other mishaps: known seeds in order, for
 * as long as the share of this test in the bars lasts. {@code -Dchanges.first} and {@code -Dchanges.count} run as many seeds from there
 * on, however long that takes: a thousand in parts, each of which prints where the next begins.
 */
@Tag("bars")
class ChangesBarsTest {

    private static final long SHARE_NANOS = 40_000_000_000L;
    private static final long FIRST = Long.getLong("changes.first", 1);
    private static final long COUNT = Long.getLong("changes.count", 0);
    private static final long KNOWN_LAST = 1_000;
    private static final int SECONDS = 60;
    private static final int THREADS = 2;
    private static final int SEEDS_FLOOR = 60;
    private static final long EACH_FAULT_FLOOR = 100;

    private final List<Report> reports = Collections.synchronizedList(new ArrayList<>());
    private final List<Violation> violations = Collections.synchronizedList(new ArrayList<>());
    private final AtomicLong next = new AtomicLong(FIRST);
    private final long began = System.nanoTime();

    private boolean isWanted(long seed) {
        return COUNT == 0 ? seed <= KNOWN_LAST && System.nanoTime() - began < SHARE_NANOS : seed < FIRST + COUNT;
    }

    private void runSeeds() {
        for (long seed = next.getAndIncrement(); violations.isEmpty() && isWanted(seed); seed = next.getAndIncrement()) {
            try {
                reports.add(Shrinking.run(seed, 0, SECONDS));
            } catch (Violation violation) {
                violations.add(violation);
            }
        }
    }

    @Test
    @DisplayName("fault.M1, fault.M3, fault.M4, fault.M5, fault.D6: 1 to 3 to 5 members and back lose nothing, in as many seeds as there is time for")
    void anEnsembleGrowsAndShrinksUnderMishaps() throws InterruptedException {
        Seeds.runTogether(THREADS, "changes", this::runSeeds);

        assertThat(violations).isEmpty();
        FaultTable faults = new FaultTable();
        reports.forEach(report -> faults.add(report.faults()));
        long rounds = reports.stream().mapToLong(Report::rounds).sum();
        long changes = reports.stream().mapToLong(Report::changes).sum();
        long writes = reports.stream().mapToLong(Report::acknowledgedWrites).sum();
        double hours = reports.stream().mapToLong(Report::simulatedNanos).sum() / 3.6e12;
        System.out.println(reports.size() + " seeds from " + FIRST + " on (to go on: -Dchanges.first=" + (FIRST + reports.size()) + "), "
                + Math.round(hours * 100) / 100.0 + " ensemble-hours in " + (System.nanoTime() - began) / 1_000_000_000L + " s; "
                + changes + " changes of members, " + rounds + " times from 1 to 3 to 5 and back, " + writes
                + " acknowledged writes, none lost\n" + faults);

        assertThat(reports).as("seeds run").hasSizeGreaterThanOrEqualTo(COUNT == 0 ? SEEDS_FLOOR : (int) COUNT);
        assertThat(reports).as("each seed came to five members and back").allMatch(report -> report.rounds() > 0);
        if (reports.size() >= SEEDS_FLOOR) {
            for (Fault fault : Fault.values()) {
                if (fault.isOfChanges()) {
                    assertThat(faults.counted(fault)).as("%s %s", fault.id(), fault).isGreaterThanOrEqualTo(EACH_FAULT_FLOOR);
                }
            }
        }
    }
}

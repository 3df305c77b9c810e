package io.coord.testkit.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.coord.testkit.check.Violation;
import io.coord.testkit.sim.SimRun.Report;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.ToLongFunction;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * The promised figures of the simulation (bar.1, bar.2, bar.5): some known seeds, and then fresh ones, others in every run, each a minute long,
 * with 3 and 5 members in turn. {@code -Dseeds.seconds} allows for more fresh ones; {@code -Dseeds.fresh} says how many there are at least, and
 * {@code -Dseeds.first} with which they begin: as printed by the run to be repeated.
 */
@Tag("bars")
class SeedsBarsTest {

    private static final int KNOWN_SEEDS = 200;
    private static final int FRESH_SEEDS = Integer.getInteger("seeds.fresh", 2_000);
    private static final int SECONDS = 60;
    private static final int THREADS = 2;
    private static final long BUDGET_NANOS = Long.getLong("seeds.seconds", 0) * 1_000_000_000L;

    private static final double SPEED_FLOOR = 300;
    private static final int SPEED_MEMBERS = 5;
    private static final int SEEDS_FOR_EACH_INSTALL = 10;
    private static final long WRITES_FLOOR = 500;
    private static final long LEADER_CHANGES_FLOOR = 2;
    private static final long EACH_FAULT_FLOOR = 100;

    private final List<Report> reports = Collections.synchronizedList(new ArrayList<>());
    private final List<Violation> violations = Collections.synchronizedList(new ArrayList<>());
    private final AtomicInteger next = new AtomicInteger();
    private final long began = System.nanoTime();
    private final long fresh = Long.getLong("seeds.first", began >>> 1);
    private long speedNanos;
    private double speedSeconds;

    private void runSeeds() {
        for (int number = next.getAndIncrement(); isWanted(number); number = next.getAndIncrement()) {
            long seed = number < KNOWN_SEEDS ? number + 1 : fresh + number - KNOWN_SEEDS;
            try {
                long before = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
                Report report = Shrinking.run(seed, number % 2 == 0 ? 3 : SPEED_MEMBERS, SECONDS);
                took(report, ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - before);
            } catch (Violation violation) {
                violations.add(violation);
            }
        }
    }

    private synchronized void took(Report report, long cpuNanos) {
        reports.add(report);
        if (report.members() == SPEED_MEMBERS) {
            speedNanos += cpuNanos;
            speedSeconds += report.simulatedNanos() / 1e9;
        }
    }

    private boolean isWanted(int number) {
        return violations.isEmpty() && (number < KNOWN_SEEDS + FRESH_SEEDS || System.nanoTime() - began < BUDGET_NANOS);
    }

    private long median(ToLongFunction<Report> figure) {
        long[] sorted = reports.stream().mapToLong(figure).sorted().toArray();
        return sorted[sorted.length / 2];
    }

    @Test
    void minutesOfMishapsByTheThousandBreakNothing() throws InterruptedException {
        Seeds.runTogether(THREADS, "seeds", this::runSeeds);

        assertThat(violations).isEmpty();
        FaultTable faults = new FaultTable();
        reports.forEach(report -> faults.add(report.faults()));
        double simulatedSeconds = reports.stream().mapToLong(Report::simulatedNanos).sum() / 1e9;
        double speed = speedSeconds / (speedNanos / 1e9);
        long writes = median(Report::acknowledgedWrites);
        long leaderChanges = median(Report::leaderChanges);
        long losses = median(report -> report.faults().of(Fault.UNFORCED_LOST));
        long installs = reports.stream().filter(report -> report.faults().of(Fault.SNAPSHOT_INSTALLED) > 0).count();
        System.out.println(reports.size() + " seeds (" + KNOWN_SEEDS + " known, then fresh ones: -Dseeds.first=" + fresh + "), "
                + Math.round(simulatedSeconds / 36) / 100.0 + " ensemble-hours, with " + SPEED_MEMBERS + " members " + Math.round(speed)
                + " simulated seconds a CPU second; a snapshot installed in " + installs + "; in the median seed " + writes + " acknowledged writes, " + leaderChanges
                + " leader changes, " + losses + " crashes with unforced data lost\n" + faults);

        assertThat(reports).hasSizeGreaterThanOrEqualTo(KNOWN_SEEDS + FRESH_SEEDS);
        assertThat(speed).as("simulated seconds a CPU second").isGreaterThanOrEqualTo(SPEED_FLOOR);
        assertThat(writes).as("median of acknowledged writes").isGreaterThanOrEqualTo(WRITES_FLOOR);
        assertThat(leaderChanges).as("median of leader changes").isGreaterThanOrEqualTo(LEADER_CHANGES_FLOOR);
        assertThat(SEEDS_FOR_EACH_INSTALL * installs).as("seeds with a snapshot installed, ten times").isGreaterThanOrEqualTo(reports.size());
        assertThat(losses).as("median of crashes with unforced data lost").isPositive();
        for (Map.Entry<Fault, Long> fault : faults.all().entrySet()) {
            if (!fault.getKey().isDrawn()) {
                continue; // counted by ChangesBarsTest, or by SimulationTest
            }
            assertThat(fault.getValue()).as("%s %s", fault.getKey().id(), fault.getKey())
                    .isGreaterThanOrEqualTo(EACH_FAULT_FLOOR);
        }
    }
}

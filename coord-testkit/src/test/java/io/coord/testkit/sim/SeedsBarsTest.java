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
 * The promised figures of the simulation: a thousand known seeds, each a minute long, with 3 and 5 members in turn; and as many fresh ones
 * as {@code -Dseeds.seconds} allows, none unless told so: a build must not depend on luck.
 */
@Tag("bars")
class SeedsBarsTest {

    private static final int KNOWN_SEEDS = 1_000;
    private static final int SECONDS = 60;
    private static final int THREADS = 2;
    private static final long BUDGET_NANOS = Long.getLong("seeds.seconds", 0) * 1_000_000_000L;

    private static final double SPEED_FLOOR = 150;
    private static final long WRITES_FLOOR = 500;
    private static final long LEADER_CHANGES_FLOOR = 2;
    private static final long EACH_FAULT_FLOOR = 100;

    private final List<Report> reports = Collections.synchronizedList(new ArrayList<>());
    private final List<Violation> violations = Collections.synchronizedList(new ArrayList<>());
    private final AtomicInteger next = new AtomicInteger();
    private final long began = System.nanoTime();
    private final long fresh = began >>> 1;
    private long cpuNanos;

    private void runSeeds() {
        for (int number = next.getAndIncrement(); isWanted(number); number = next.getAndIncrement()) {
            long seed = number < KNOWN_SEEDS ? number + 1 : fresh + number;
            try {
                reports.add(SimRun.of(seed, number % 2 == 0 ? 3 : 5, SECONDS));
            } catch (Violation violation) {
                violations.add(violation);
            }
        }
        long used = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
        synchronized (this) {
            cpuNanos += used;
        }
    }

    private boolean isWanted(int number) {
        return violations.isEmpty() && (number < KNOWN_SEEDS || System.nanoTime() - began < BUDGET_NANOS);
    }

    private long median(ToLongFunction<Report> figure) {
        long[] sorted = reports.stream().mapToLong(figure).sorted().toArray();
        return sorted[sorted.length / 2];
    }

    @Test
    void aThousandMinutesOfMishapsAndThenAsManyAsTimeAllowsBreakNothing() throws InterruptedException {
        Seeds.runTogether(THREADS, "seeds", this::runSeeds);

        assertThat(violations).isEmpty();
        FaultTable faults = new FaultTable();
        reports.forEach(report -> faults.add(report.faults()));
        double simulatedSeconds = reports.stream().mapToLong(Report::simulatedNanos).sum() / 1e9;
        double speed = simulatedSeconds / (cpuNanos / 1e9);
        long writes = median(Report::acknowledgedWrites);
        long leaderChanges = median(Report::leaderChanges);
        long losses = median(report -> report.faults().of(Fault.UNFORCED_LOST));
        System.out.println(reports.size() + " seeds (fresh ones from " + (fresh + KNOWN_SEEDS) + "), "
                + Math.round(simulatedSeconds / 36) / 100.0 + " ensemble-hours, " + Math.round(speed)
                + " simulated seconds a CPU second; in the median seed " + writes + " acknowledged writes, " + leaderChanges
                + " leader changes, " + losses + " crashes with unforced data lost\n" + faults);

        assertThat(reports).hasSizeGreaterThanOrEqualTo(KNOWN_SEEDS);
        assertThat(speed).as("simulated seconds a CPU second").isGreaterThanOrEqualTo(SPEED_FLOOR);
        assertThat(writes).as("median of acknowledged writes").isGreaterThanOrEqualTo(WRITES_FLOOR);
        assertThat(leaderChanges).as("median of leader changes").isGreaterThanOrEqualTo(LEADER_CHANGES_FLOOR);
        assertThat(losses).as("median of crashes with unforced data lost").isPositive();
        for (Map.Entry<Fault, Long> fault : faults.all().entrySet()) {
            if (fault.getKey().isOfChanges()) {
                continue; // counted by ChangesBarsTest
            }
            assertThat(fault.getValue()).as("%s %s", fault.getKey().id(), fault.getKey())
                    .isGreaterThanOrEqualTo(EACH_FAULT_FLOOR);
        }
    }
}

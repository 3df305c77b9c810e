package io.coord.testkit.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Three processes, real clients, and what befalls processes and links (bar.17): with {@code -Psoak} all of it, and with
 * {@code -Dtorture.times=5} five times as often; with {@code -Pbars} as much as fits in a minute ({@code -Dtorture.seconds}), each kind first
 * once. {@code -Dtorture.seed=N} is for the order of that seed.
 */
class TortureIT {

    private static final int CLIENTS = 4;
    private static final long FOREVER_NANOS = Long.MAX_VALUE;

    /** Longer than an election takes with {@link ProcessEnsemble#PATIENT} times, so that a fault is not over before it is noticed. */
    private static final Duration FAULT_LASTS = Duration.ofMillis(2_500);

    /** What happens to the ensemble, and how it is mended. */
    private enum Fault {
        KILL_LEADER(8), KILL_FOLLOWER(9), KILL_ALL(3), FREEZE_LEADER(4), FREEZE_FOLLOWER(2),
        ISOLATE_LEADER(2), ISOLATE_FOLLOWER(1), CUT_ONE_WAY(1), CUT_BRIDGE(1), FLAP(1);

        final int times;

        Fault(int times) {
            this.times = times;
        }
    }

    @Test
    @Tag("soak")
    @Timeout(7_200)
    void nothingAcknowledgedIsLostByKillsFreezesAndCuts_bar17() throws Exception {
        torture("torture", Integer.getInteger("torture.times", 1), FOREVER_NANOS);
    }

    @Test
    @Tag("bars")
    @Timeout(600)
    void nothingAcknowledgedIsLostByAMinuteOfThem_bar17() throws Exception {
        torture("torture-minute", 1, Integer.getInteger("torture.seconds", 60) * 1_000_000_000L);
    }

    private static void torture(String name, int times, long shareNanos) throws Exception {
        long seed = Long.getLong("torture.seed", System.nanoTime());
        Random random = new Random(seed);
        Map<Fault, Integer> done = new TreeMap<>();
        long begin = System.nanoTime();
        try (ProcessEnsemble ensemble = ProcessEnsemble.proxied(3, name, ProcessEnsemble.PATIENT);
                Workload workload = Workload.start(ensemble.connectString(), CLIENTS)) {
            for (Fault fault : plan(times, random)) {
                if (System.nanoTime() - begin > shareNanos) {
                    break;
                }
                long before = workload.acknowledged();
                int victim = victim(fault, ensemble, random);
                strike(fault, victim, ensemble, workload, before, seed);
                mend(fault, victim, ensemble);
                done.merge(fault, 1, Integer::sum);
                long mended = workload.acknowledged();
                workload.awaitWrite(mended, "after " + fault + " of " + victim + " was mended, seed " + seed);
            }
            List<String> wrong = workload.verdict(ensemble);

            System.out.printf("torture: seed %d, %s, %d writes acknowledged, %d s, %d violations%n",
                    seed, done, workload.acknowledged(), (System.nanoTime() - begin) / 1_000_000_000L, wrong.size());
            assertThat(wrong).as("seed %s", seed).isEmpty();
            assertThat(done).as("what befell it").isNotEmpty();
        }
    }

    /** Each kind once, then the rest. */
    private static List<Fault> plan(int factor, Random random) {
        List<Fault> plan = new ArrayList<>(List.of(Fault.values()));
        List<Fault> rest = new ArrayList<>();
        for (Fault fault : Fault.values()) {
            rest.addAll(Collections.nCopies(fault.times * factor - 1, fault));
        }
        Collections.shuffle(plan, random);
        Collections.shuffle(rest, random);
        plan.addAll(rest);
        return plan;
    }

    private static int victim(Fault fault, ProcessEnsemble ensemble, Random random) {
        int leader = ensemble.awaitLeader();
        if (fault.name().endsWith("FOLLOWER")) {
            List<Integer> followers = new ArrayList<>(ensemble.ids());
            followers.remove((Integer) leader);
            return followers.get(random.nextInt(followers.size()));
        }
        return leader;
    }

    private static void strike(Fault fault, int victim, ProcessEnsemble ensemble, Workload workload, long before, long seed)
            throws InterruptedException {
        int other = victim % ensemble.ids().size() + 1;
        switch (fault) {
            case KILL_LEADER, KILL_FOLLOWER -> ensemble.kill(victim);
            case KILL_ALL -> {
                for (int id : ensemble.ids()) {
                    ensemble.kill(id);
                }
                return; // nobody is left to write
            }
            case FREEZE_LEADER, FREEZE_FOLLOWER -> ensemble.process(victim).freeze();
            case ISOLATE_LEADER, ISOLATE_FOLLOWER -> ensemble.isolate(victim);
            case CUT_ONE_WAY -> ensemble.cut(victim, other);
            case CUT_BRIDGE -> {
                ensemble.cut(victim, other);
                ensemble.cut(other, victim);
            }
            case FLAP -> {
                for (int i = 0; i < 5; i++) {
                    ensemble.isolate(victim);
                    LockSupport.parkNanos(FAULT_LASTS.toNanos() / 5);
                    ensemble.heal();
                    LockSupport.parkNanos(FAULT_LASTS.toNanos() / 10);
                }
            }
        }
        LockSupport.parkNanos(FAULT_LASTS.toNanos());
        workload.awaitWrite(before, "in spite of " + fault + " of " + victim + ", seed " + seed);
    }

    private static void mend(Fault fault, int victim, ProcessEnsemble ensemble) throws InterruptedException {
        switch (fault) {
            case KILL_LEADER, KILL_FOLLOWER -> ensemble.restart(victim);
            case KILL_ALL -> {
                for (int id : ensemble.ids()) {
                    ensemble.start(id);
                }
                for (int id : ensemble.ids()) {
                    ensemble.awaitServing(id);
                }
            }
            case FREEZE_LEADER, FREEZE_FOLLOWER -> ensemble.process(victim).thaw();
            default -> ensemble.heal();
        }
    }
}

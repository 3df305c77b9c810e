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

/**
 * Three processes, real clients, and what befalls processes and links (bar.17): {@code -Dtorture.times=5} does each of it five times as
 * often, {@code -Dtorture.seed=N} in the order of that seed.
 */
@Tag("soak")
class TortureIT {

    private static final int CLIENTS = 4;
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
    void nothingAcknowledgedIsLostByKillsFreezesAndCuts_bar17() throws Exception {
        long seed = Long.getLong("torture.seed", System.nanoTime());
        Random random = new Random(seed);
        List<Fault> plan = plan(Integer.getInteger("torture.times", 1), random);
        Map<Fault, Integer> done = new TreeMap<>();
        long begin = System.nanoTime();
        try (ProcessEnsemble ensemble = ProcessEnsemble.proxied(3, "torture", ProcessEnsemble.PATIENT);
                Workload workload = Workload.start(ensemble.connectString(), CLIENTS)) {
            for (Fault fault : plan) {
                long before = workload.acknowledged();
                int victim = victim(fault, ensemble, random);
                strike(fault, victim, ensemble, workload, before);
                mend(fault, victim, ensemble);
                done.merge(fault, 1, Integer::sum);
                long mended = workload.acknowledged();
                ProcessEnsemble.await("a write after " + fault + " of " + victim + " was mended, seed " + seed,
                        () -> workload.acknowledged() > mended);
            }
            List<String> wrong = workload.verdict(ensemble);

            System.out.printf("torture: seed %d, %s, %d writes acknowledged, %d s, %d violations%n",
                    seed, done, workload.acknowledged(), (System.nanoTime() - begin) / 1_000_000_000L, wrong.size());
            assertThat(wrong).as("seed %s", seed).isEmpty();
        }
    }

    private static List<Fault> plan(int factor, Random random) {
        List<Fault> plan = new ArrayList<>();
        for (Fault fault : Fault.values()) {
            plan.addAll(Collections.nCopies(fault.times * factor, fault));
        }
        Collections.shuffle(plan, random);
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

    private static void strike(Fault fault, int victim, ProcessEnsemble ensemble, Workload workload, long before) throws InterruptedException {
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
        ProcessEnsemble.await("a write in spite of " + fault + " of " + victim, () -> workload.acknowledged() > before);
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

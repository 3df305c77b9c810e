package io.coord.raft;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class RandomRunTest {

    @Test
    @DisplayName("inv.R1 to inv.R15 hold through loss, doubling, reordering, crashes, snapshots, transfers and changes of members")
    void holdsThroughFaults() {
        int committed = 0;
        for (long seed = 1; seed <= 150; seed++) {
            RandomRun run = new RandomRun(seed);
            run.run(2_000);
            committed += (int) (run.cluster.invariants.committed() - run.cluster.origin.last().index());
        }
        assertThat(committed).as("entries committed over all runs").isGreaterThan(5_000);
    }

    @Test
    @Tag("soak")
    @DisplayName("inv.R1 to inv.R15 hold through a hundred times as many seeds")
    void holdsThroughManyFaults() {
        for (long seed = 1_000; seed < 16_000; seed++) {
            new RandomRun(seed).run(2_000);
        }
    }
}

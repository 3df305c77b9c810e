package io.coord.testkit.bench;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * How soon an ensemble in a unit test is there, warm, beside Curator's kit in the same run. The best of each counts here, so that a busy
 * machine is no reason to fail; {@link StartUpBench} prints the medians, and the times from a JVM's start.
 */
@Tag("bars")
class StartUpBarsTest {

    private static final int OURS = 200;
    private static final int THEIRS = 3;

    @Test
    void warmAnEnsembleIsThereInAThirtiethOfTestingClustersTimeAndBeforeTestingServer() throws Exception {
        double cluster = bestMillis(Starting.TESTING_CLUSTER, THEIRS);
        double server = bestMillis(Starting.TESTING_SERVER, THEIRS);
        double ours = bestMillis(Starting.LOCAL_ENSEMBLE, OURS);
        System.out.println("best of ours " + ours + " ms, of TestingServer " + server + " ms, of TestingCluster(3) " + cluster + " ms");
        assertThat(cluster / ours).as("TestingCluster(3), in ours").isGreaterThanOrEqualTo(30);
        assertThat(server / ours).as("TestingServer, in ours").isGreaterThan(1);
    }

    private static double bestMillis(Starting starting, int times) throws Exception {
        double best = Double.MAX_VALUE;
        for (int i = 0; i < times; i++) {
            best = Math.min(best, starting.millisWarm());
        }
        return best;
    }
}

package io.coord.testkit.startup;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** How soon an ensemble in a unit test is there, beside Curator's kit in the same run. */
@Tag("bars")
class StartUpBarsTest {

    private static final int ROUNDS = 5;
    private static final int OURS_A_ROUND = 11;

    private interface Measure {
        double millis(Starting starting) throws Exception;
    }

    @Test
    void warmAnEnsembleIsThereInAThirtiethOfTestingClustersTimeAndBeforeTestingServer() throws Exception {
        for (int i = 0; i < 100; i++) {
            Starting.LOCAL_ENSEMBLE.millisWarm();
        }
        Map<Starting, Double> medians = medians("warm", StartUpBarsTest::warm);
        double ours = medians.get(Starting.LOCAL_ENSEMBLE);
        assertThat(medians.get(Starting.TESTING_CLUSTER) / ours).as("TestingCluster(3), in ours").isGreaterThanOrEqualTo(30);
        assertThat(medians.get(Starting.TESTING_SERVER) / ours).as("TestingServer, in ours").isGreaterThan(1);
    }

    /** Ours is over so soon that a single one says little. */
    private static double warm(Starting starting) throws Exception {
        double[] millis = new double[starting == Starting.LOCAL_ENSEMBLE ? OURS_A_ROUND : 1];
        for (int i = 0; i < millis.length; i++) {
            millis[i] = starting.millisWarm();
        }
        Arrays.sort(millis);
        return millis[millis.length / 2];
    }

    @Test
    void fromTheStartOfItsJvmAnEnsembleIsThereInAFifthOfTestingClustersTime() throws Exception {
        Map<Starting, Double> medians = medians("from the JVM's start", StartUpBarsTest::cold);
        assertThat(medians.get(Starting.TESTING_CLUSTER) / medians.get(Starting.LOCAL_ENSEMBLE))
                .as("TestingCluster(3), in ours")
                .isGreaterThanOrEqualTo(5);
    }

    private static double cold(Starting starting) throws IOException, InterruptedException {
        long begun = System.nanoTime();
        Process jvm = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        Starting.class.getName(),
                        starting.name())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try (BufferedReader out = jvm.inputReader()) {
            for (String line = out.readLine(); line != null; line = out.readLine()) {
                if (line.equals(Starting.ACKNOWLEDGED)) {
                    return (System.nanoTime() - begun) / 1e6;
                }
            }
            throw new AssertionError(starting + " ended without an acknowledged write, with code " + jvm.waitFor());
        } finally {
            jvm.destroyForcibly().waitFor();
        }
    }

    private static Map<Starting, Double> medians(String how, Measure measure) throws Exception {
        Map<Starting, List<Double>> millis = new EnumMap<>(Starting.class);
        for (int round = 0; round < ROUNDS; round++) {
            for (Starting starting : Starting.values()) {
                millis.computeIfAbsent(starting, none -> new ArrayList<>()).add(measure.millis(starting));
            }
        }
        Map<Starting, Double> medians = new EnumMap<>(Starting.class);
        millis.forEach((starting, each) -> {
            double median = each.stream().sorted().toList().get(ROUNDS / 2);
            medians.put(starting, median);
            System.out.printf(Locale.ROOT, "%s, %s: %.1f ms to the first acknowledged write%n", starting, how, median);
        });
        return medians;
    }
}

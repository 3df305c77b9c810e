package io.coord.testkit.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;

/** From the start of an ensemble to its first acknowledged write, beside Curator's kit: warm, and from the start of a JVM. */
final class StartUpBench {

    private static final int ROUNDS = 5;
    private static final int WARM_UP = 200;
    private static final int OURS_A_ROUND = 21;

    private StartUpBench() {}

    private interface Measure {
        double millis(Starting starting) throws Exception;
    }

    public static void main(String[] args) throws Exception {
        for (int i = 0; i < WARM_UP; i++) {
            Starting.LOCAL_ENSEMBLE.millisWarm();
        }
        System.out.println("warm, from start to first acknowledged write");
        Medians warm = medians(StartUpBench::warm);
        boolean kept = warm.printRatio(Starting.TESTING_CLUSTER.toString(), Starting.LOCAL_ENSEMBLE.toString(), 30, Double.MAX_VALUE);
        kept &= warm.printRatio(Starting.TESTING_SERVER.toString(), Starting.LOCAL_ENSEMBLE.toString(), 1, Double.MAX_VALUE);
        System.out.println("from the start of the JVM to the first acknowledged write");
        Medians cold = medians(StartUpBench::cold);
        kept &= cold.printRatio(Starting.TESTING_CLUSTER.toString(), Starting.LOCAL_ENSEMBLE.toString(), 5, Double.MAX_VALUE);
        System.exit(kept ? 0 : 1); // whatever the kits leave running
    }

    private static Medians medians(Measure measure) throws Exception {
        Medians medians = new Medians();
        for (int round = 0; round < ROUNDS; round++) {
            for (Starting starting : Starting.values()) {
                medians.add(starting.toString(), measure.millis(starting));
            }
        }
        medians.print("ms");
        return medians;
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
}

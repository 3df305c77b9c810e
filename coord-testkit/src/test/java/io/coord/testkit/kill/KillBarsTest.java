package io.coord.testkit.kill;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.nio.file.Path;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A whole ensemble is killed with its process, again and again, in the middle of its writes or of its start (fault.D1). */
@Tag("bars")
class KillBarsTest {

    private static final int KILLS = 50;
    private static final int ACKNOWLEDGED_MAX = 300;

    @TempDir
    Path directory;

    @Test
    void faultD1WhatWasAcknowledgedOutlivesFiftyKillsOfItsProcess() throws Exception {
        SplittableRandom random = new SplittableRandom(1);
        int acknowledged = -1;
        int amidWrites = 0;
        for (int kill = 0; kill < KILLS; kill++) {
            boolean amidStart = random.nextInt(5) == 0;
            int writes = random.nextInt(ACKNOWLEDGED_MAX);
            Process writer = start();
            try (BufferedReader out = writer.inputReader()) {
                int last = acknowledged;
                for (String line = out.readLine(); line != null; line = out.readLine()) {
                    if (line.startsWith(Writer.FOUND)) {
                        assertThat(number(line, Writer.FOUND)).as("kill %s", kill).isGreaterThanOrEqualTo(acknowledged);
                    } else if (line.startsWith(Writer.ACKNOWLEDGED)) {
                        last = number(line, Writer.ACKNOWLEDGED);
                    }
                    if (amidStart || last - acknowledged > writes) {
                        writer.toHandle().destroyForcibly(); // and read on: what it said before counts
                    }
                }
                assertThat(writer.waitFor()).as("killed, and no end of its own").isEqualTo(128 + 9);
                amidWrites += last > acknowledged ? 1 : 0;
                acknowledged = last;
            } finally {
                writer.destroyForcibly();
            }
        }
        assertThat(amidWrites).isGreaterThan(KILLS / 2);
        System.out.println(KILLS + " kills, " + amidWrites + " of them amid writes; " + (acknowledged + 1)
                + " numbers acknowledged, none lost");
    }

    private static int number(String line, String prefix) {
        return Integer.parseInt(line.substring(prefix.length()));
    }

    private Process start() throws Exception {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-XX:+UseSerialGC",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Writer.class.getName(),
                        directory.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }
}

package io.coord.testkit.suite;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Apache ZooKeeper's own tests on Coord: the quick ones in the bars, all with {@code -Psoak}. */
class ZooKeeperSuiteIT {

    private static final Pattern SUMMARY = Pattern.compile("passed (\\d+), failed (\\d+), excluded .*");

    @TempDir
    Path directory;

    @Test
    @Tag("bars")
    @Timeout(300)
    @DisplayName("the quick ones of ZooKeeper's own tests pass, unchanged")
    void share() throws Exception {
        passes(40, List.of("--share"));
    }

    @Test
    @Tag("soak")
    @Timeout(3_600)
    @DisplayName("ZooKeeper's own tests pass, unchanged, but for those that are excluded by name and with a reason")
    void all() throws Exception {
        passes(300, List.of());
    }

    private void passes(int passedMin, List<String> words) throws Exception {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx512m",
                "-Dbuild.test.dir=" + directory.resolve("data"), "-Dtest.data.dir=" + directory,
                "-cp", System.getProperty("java.class.path"), ZooKeeperSuite.class.getName()));
        command.addAll(words);
        Process process = new ProcessBuilder(command)
                .directory(new File(directory.toString()))
                .redirectError(directory.resolve("log").toFile())
                .start();
        List<String> failed = new ArrayList<>();
        String summary = "";
        try (BufferedReader out = process.inputReader(StandardCharsets.UTF_8)) {
            for (String line = out.readLine(); line != null; line = out.readLine()) {
                if (SUMMARY.matcher(line).matches()) {
                    summary = line;
                } else if (line.startsWith("FAILED ")) {
                    failed.add(line);
                }
            }
            System.out.println("ZooKeeper's own tests on Coord: " + summary);
            assertThat(failed).isEmpty();
            assertThat(process.waitFor()).as(summary).isZero();
        } finally {
            process.destroyForcibly();
        }
        Matcher figures = SUMMARY.matcher(summary);
        assertThat(figures.matches()).isTrue();
        assertThat(Integer.parseInt(figures.group(1))).isGreaterThanOrEqualTo(passedMin);
    }
}

package io.coord.testkit.sim;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The same seed is the same run: in this JVM, in another, on another JDK, in another place of the world. */
@Timeout(60)
class DeterminismTest {

    private static final long FIRST = 4_001;
    private static final int SEEDS = 6;
    private static final int MEMBERS = 5;
    private static final int SECONDS = 20;

    private static List<String> here() {
        return LongStream.range(FIRST, FIRST + SEEDS)
                .mapToObj(seed -> SimRun.of(seed, MEMBERS, SECONDS))
                .map(report -> report.seed() + " " + Long.toHexString(report.digest()))
                .toList();
    }

    private static List<String> in(Path java, String... options) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(java.toString()));
        command.addAll(List.of(options));
        command.addAll(List.of(
                "-Xmx256m", "-classpath", System.getProperty("java.class.path"), Seeds.class.getName(),
                Long.toString(FIRST), Integer.toString(SEEDS), Integer.toString(MEMBERS), Integer.toString(SECONDS)));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
        return output.lines()
                .filter(line -> line.startsWith("seed "))
                .map(line -> line.split(" "))
                .map(words -> words[1] + " " + words[3])
                .toList();
    }

    private static Path javaOf(Path home) {
        return home.resolve("bin").resolve("java");
    }

    /** Another JDK beside the one at hand, newer if possible. */
    private static Optional<Path> otherJdk() {
        Path own = Path.of(System.getProperty("java.home"));
        try (Stream<Path> siblings = Files.list(own.getParent())) {
            return siblings
                    .filter(home -> !Files.isSymbolicLink(home) && !home.equals(own) && Files.isExecutable(javaOf(home)))
                    .filter(home -> Files.isExecutable(home.resolve("bin").resolve("javac")))
                    .max(Path::compareTo);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void inThisJvmTwice() {
        assertThat(here()).hasSize(SEEDS).isEqualTo(here());
    }

    @Test
    void inAnotherJvmInTurkeyWithOtherHashCodes() throws Exception {
        Path java = javaOf(Path.of(System.getProperty("java.home")));

        List<String> there = in(
                java, "-Duser.language=tr", "-Duser.timezone=Asia/Kathmandu", "-Dfile.encoding=ISO-8859-9",
                "-XX:+UnlockExperimentalVMOptions", "-XX:hashCode=2");

        assertThat(there).isEqualTo(here());
    }

    @Test
    void onAnotherJdkIfThereIsOne() throws Exception {
        Optional<Path> other = otherJdk();
        List<String> there = other.isPresent() ? in(javaOf(other.get())) : here();

        assertThat(there).isEqualTo(here());
    }
}

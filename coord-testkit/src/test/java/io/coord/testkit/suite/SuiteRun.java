package io.coord.testkit.suite;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import javax.tools.ToolProvider;
import org.jspecify.annotations.Nullable;

/** How tests of others ended that were run in processes of {@link SuiteProcess}. Any thread may add. */
public final class SuiteRun {

    /**
     * What such a process is started with.
     *
     * @param options of its JVM
     * @param classPath without the stand-in
     * @param server the class that starts servers
     * @param standIn where that class of ours lies, which takes the place of theirs; null to let it be theirs
     * @param excluded names of tests that are left out
     */
    public record Setup(
            List<String> options, String classPath, String server, @Nullable Path standIn, Collection<String> excluded) {

        private List<String> command(List<String> types) {
            List<String> command = new ArrayList<>();
            command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
            command.addAll(options);
            command.add("-classpath");
            command.add(standIn == null ? classPath : standIn + File.pathSeparator + classPath);
            command.add(SuiteProcess.class.getName());
            command.add(server);
            command.add(String.join(",", excluded));
            command.addAll(types);
            return command;
        }
    }

    private final TreeMap<String, String> failed = new TreeMap<>();
    private final TreeMap<String, String> excluded = new TreeMap<>();
    private final TreeMap<String, String> skipped = new TreeMap<>();
    private int passed;

    /** Compiles classes that stand in for others', out of resources beside a class, into a directory below this one. */
    public static Path standIns(Path directory, String classPath, Class<?> beside, String... sources) throws IOException {
        Path classes = directory.resolve("stand-in");
        List<String> words = new ArrayList<>(List.of(
                "--release", "17", "-nowarn", "-proc:none", "-classpath", classPath, "-d", classes.toString()));
        for (String name : sources) {
            try (InputStream in = beside.getResourceAsStream(name)) {
                words.add(Files.write(directory.resolve(name), in.readAllBytes()).toString());
            }
        }
        int errors = ToolProvider.getSystemJavaCompiler().run(null, null, null, words.toArray(String[]::new));
        assertThat(errors).isZero();
        return classes;
    }

    /** Runs classes in a process of their own, to its end. */
    public void run(Setup setup, List<String> types) throws IOException {
        Process process = new ProcessBuilder(setup.command(types))
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        boolean isDone = false;
        try (BufferedReader said = process.inputReader(StandardCharsets.UTF_8)) {
            for (String line = said.readLine(); line != null; line = said.readLine()) {
                String[] parts = line.split("\t", 4);
                if (parts[0].equals(SuiteProcess.RESULT)) {
                    add(parts[1], parts[2], parts[3]);
                } else if (parts[0].equals(SuiteProcess.SERVER) && setup.standIn() != null) {
                    assertThat(parts[1]).as("who starts the servers").contains("stand-in");
                }
                isDone |= line.equals(SuiteProcess.DONE);
            }
        } finally {
            process.destroyForcibly();
        }
        if (!isDone) {
            types.forEach(type -> add("failed", type, "its process ended before it was done"));
        }
    }

    private synchronized void add(String how, String name, String why) {
        switch (how) {
            case "passed" -> passed++;
            case "skipped" -> skipped.put(name, why);
            default -> failed.put(name, why);
        }
    }

    /** Notes that a test was left out, and why. */
    public synchronized void exclude(String name, String why) {
        excluded.put(name, why);
    }

    /** Takes over what another one has. */
    public synchronized void addAll(SuiteRun other) {
        passed += other.passed;
        failed.putAll(other.failed);
        excluded.putAll(other.excluded);
        skipped.putAll(other.skipped);
    }

    /** How many tests passed, each of those counted that a method stands for. */
    public synchronized int passed() {
        return passed;
    }

    /** The tests that failed, by name, and why. */
    public synchronized Map<String, String> failed() {
        return new TreeMap<>(failed);
    }

    @Override
    public synchronized String toString() {
        return passed + " passed, " + failed.size() + " failed, " + excluded.size() + " excluded"
                + (skipped.isEmpty() ? "" : ", " + skipped.size() + " switched off by their makers");
    }
}

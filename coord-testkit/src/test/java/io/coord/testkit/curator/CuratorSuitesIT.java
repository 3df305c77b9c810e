package io.coord.testkit.curator;

import static org.assertj.core.api.Assertions.assertThat;

import io.coord.testkit.suite.SuiteProcess;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.jar.JarFile;
import java.util.stream.Stream;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Curator's own tests, as its release ships them, on members of ours: of all of curator-test one class alone is another, that which
 * starts a server. What is left out, and why, is listed in {@code exclusions.txt}.
 *
 * <p>{@code -Dcurator.parallel=N} processes at once; {@code -Dcurator.only=TEXT} only classes whose name contains it;
 * {@code -Dcurator.server=zookeeper} the same with ZooKeeper's server, for comparison; {@code -Dcurator.slowness=N} for a machine that
 * does much else: members elect, and Curator's tests lose patience, N times later.
 */
class CuratorSuitesIT {

    private static final List<String> MODULES = List.of("client", "framework", "recipes");

    private static final int SLOWNESS = Integer.getInteger("curator.slowness", 1);

    /** Half a minute's worth: what asks for the most of the protocol in the least time. */
    private static final List<String> SHARE = List.of(
            "org.apache.curator.framework.imps.TestTransactionsNew",
            "org.apache.curator.framework.imps.TestCreateReturningStat",
            "org.apache.curator.framework.imps.TestCreate",
            "org.apache.curator.framework.imps.TestSetData",
            "org.apache.curator.framework.imps.TestTtlNodes",
            "org.apache.curator.framework.recipes.nodes.TestGroupMember",
            "org.apache.curator.framework.recipes.cache.TestCuratorCache");

    @TempDir
    Path directory;

    /** How the tests of a module ended: what was said of each, by name. */
    private static final class Tally {

        private final TreeMap<String, String> passed = new TreeMap<>();
        private final TreeMap<String, String> failed = new TreeMap<>();
        private final TreeMap<String, String> excluded = new TreeMap<>();
        private final TreeMap<String, String> skipped = new TreeMap<>();

        synchronized void add(String how, String name, String why) {
            switch (how) {
                case "passed" -> passed.put(name, why);
                case "skipped" -> skipped.put(name, why);
                default -> failed.put(name, why);
            }
        }

        @Override
        public String toString() {
            return passed.size() + " passed, " + failed.size() + " failed, " + excluded.size() + " excluded"
                    + (skipped.isEmpty() ? "" : ", " + skipped.size() + " switched off by Curator");
        }
    }

    @Test
    @Tag("soak")
    @Timeout(value = 3, unit = TimeUnit.HOURS)
    void all() throws Exception {
        Map<String, Tally> tallies = new TreeMap<>();
        String only = System.getProperty("curator.only", "");
        ExecutorService processes = Executors.newFixedThreadPool(Integer.getInteger("curator.parallel", 2));
        try {
            List<Future<?>> ends = new ArrayList<>();
            for (String module : MODULES) {
                Tally tally = new Tally();
                tallies.put(module, tally);
                for (String type : classes(module)) {
                    if (type.contains(only)) {
                        ends.add(processes.submit(() -> {
                            run(List.of(type), tally);
                            return null;
                        }));
                    }
                }
            }
            for (Future<?> end : ends) {
                end.get();
            }
        } finally {
            processes.shutdownNow();
        }
        exclusions().forEach((name, why) -> tallies.get(moduleOf(name)).excluded.put(name, why));
        report(tallies);
    }

    @Test
    @Tag("bars")
    @Timeout(value = 300, unit = TimeUnit.SECONDS)
    void aShare() throws Exception {
        Tally tally = new Tally();
        run(SHARE, tally);
        exclusions().forEach((name, why) -> {
            if (SHARE.contains(name.split("#")[0])) {
                tally.excluded.put(name, why);
            }
        });
        report(Map.of("a share", tally));
        assertThat(tally.passed).hasSizeGreaterThan(40);
    }

    private static void report(Map<String, Tally> tallies) {
        StringBuilder report = new StringBuilder();
        tallies.forEach((module, tally) -> {
            report.append("curator ").append(module).append(": ").append(tally).append('\n');
            tally.failed.forEach((name, why) -> report.append("  failed ").append(name).append(": ").append(why).append('\n'));
        });
        System.out.print(report);
        assertThat(tallies.values()).as("%s", report).allSatisfy(tally -> assertThat(tally.failed).isEmpty());
    }

    // ------------------------------------------------------------------------------------------------ what is run

    /** The classes of tests in a module's jar. */
    private static List<String> classes(String module) throws IOException {
        try (JarFile jar = new JarFile(jarOf(module).toFile());
                Stream<String> names = jar.stream().map(entry -> entry.getName())) {
            return names.filter(name -> name.matches("[^$]*/(Test\\w*|BasicTests)\\.class"))
                    .map(name -> name.substring(0, name.length() - ".class".length()).replace('/', '.'))
                    .sorted()
                    .toList();
        }
    }

    private static Path jarOf(String module) {
        return Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
                .map(Path::of)
                .filter(path -> path.getFileName().toString().matches("curator-" + module + "-[\\d.]+-tests\\.jar"))
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("no tests of curator-" + module + " on the class path"));
    }

    private static String moduleOf(String test) {
        String file = test.split("#")[0].replace('.', '/') + ".class";
        for (String module : MODULES) {
            try (JarFile jar = new JarFile(jarOf(module).toFile())) {
                if (jar.getEntry(file) != null) {
                    return module;
                }
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
        }
        throw new IllegalStateException("Curator has no test " + test);
    }

    /** Why a test is left out, by its name. */
    private static Map<String, String> exclusions() throws IOException {
        Map<String, String> exclusions = new TreeMap<>();
        for (String line : resource("exclusions.txt").split("\n")) {
            if (!line.isBlank() && !line.startsWith("#")) {
                String[] parts = line.split(": ", 2);
                exclusions.put(parts[0], parts[1]);
            }
        }
        return exclusions;
    }

    private static String resource(String name) throws IOException {
        try (InputStream in = CuratorSuitesIT.class.getResourceAsStream(name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    // ------------------------------------------------------------------------------------------------ running it

    /** The class that stands in for Curator's, compiled. */
    private synchronized Path standIn() throws IOException {
        Path classes = directory.resolve("stand-in");
        if (Files.isDirectory(classes)) {
            return classes;
        }
        List<String> words = new ArrayList<>(List.of(
                "--release", "17", "-nowarn", "-proc:none", "-classpath", System.getProperty("java.class.path"), "-d", classes.toString()));
        for (String name : List.of("SettledMember.java", "TestingZooKeeperServer.java")) {
            words.add(Files.writeString(directory.resolve(name), resource(name)).toString());
        }
        int errors = ToolProvider.getSystemJavaCompiler().run(null, null, null, words.toArray(String[]::new));
        assertThat(errors).isZero();
        return classes;
    }

    private void run(List<String> types, Tally tally) throws Exception {
        boolean isOurs = !System.getProperty("curator.server", "coord").equals("zookeeper");
        String classPath = System.getProperty("java.class.path");
        Path own = Files.createTempDirectory(directory, "run");
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto", "-Djava.io.tmpdir=" + own,
                "-Dorg.slf4j.simpleLogger.defaultLogLevel=off",
                "-Dcurator.slowness=" + SLOWNESS, "-Dtiming-multiple=" + SLOWNESS,
                "-classpath", isOurs ? standIn() + File.pathSeparator + classPath : classPath,
                SuiteProcess.class.getName(), "org.apache.curator.test.TestingZooKeeperServer", String.join(",", exclusions().keySet())));
        command.addAll(types);
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        boolean isDone = false;
        try (BufferedReader said = process.inputReader(StandardCharsets.UTF_8)) {
            for (String line = said.readLine(); line != null; line = said.readLine()) {
                String[] parts = line.split("\t", 4);
                if (parts[0].equals(SuiteProcess.RESULT)) {
                    tally.add(parts[1], parts[2], parts[3]);
                }
                if (parts[0].equals(SuiteProcess.SERVER) && isOurs) {
                    assertThat(parts[1]).as("who starts the servers").contains("stand-in");
                }
                isDone |= line.equals(SuiteProcess.DONE);
            }
        } finally {
            process.destroyForcibly();
        }
        if (!isDone) {
            types.forEach(type -> tally.add("failed", type, "its process ended before it was done"));
        }
    }
}

package io.coord.testkit.curator;

import static org.assertj.core.api.Assertions.assertThat;

import io.coord.testkit.suite.SuiteRun;
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
import org.jspecify.annotations.Nullable;
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

    private @Nullable Path standIn;

    @Test
    @Tag("soak")
    @Timeout(value = 3, unit = TimeUnit.HOURS)
    void all() throws Exception {
        Map<String, SuiteRun> tallies = new TreeMap<>();
        String only = System.getProperty("curator.only", "");
        ExecutorService processes = Executors.newFixedThreadPool(Integer.getInteger("curator.parallel", 2));
        try {
            List<Future<?>> ends = new ArrayList<>();
            for (String module : MODULES) {
                SuiteRun tally = new SuiteRun();
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
        exclusions().forEach((name, why) -> tallies.get(moduleOf(name)).exclude(name, why));
        report(tallies);
    }

    @Test
    @Tag("bars")
    @Timeout(value = 300, unit = TimeUnit.SECONDS)
    void aShare() throws Exception {
        SuiteRun tally = new SuiteRun();
        run(SHARE, tally);
        exclusions().forEach((name, why) -> {
            if (SHARE.contains(name.split("#")[0])) {
                tally.exclude(name, why);
            }
        });
        report(Map.of("a share", tally));
        assertThat(tally.passed()).isGreaterThan(40);
    }

    private static void report(Map<String, SuiteRun> tallies) {
        StringBuilder report = new StringBuilder();
        tallies.forEach((module, tally) -> {
            report.append("curator ").append(module).append(": ").append(tally).append('\n');
            tally.failed().forEach((name, why) -> report.append("  failed ").append(name).append(": ").append(why).append('\n'));
        });
        System.out.print(report);
        assertThat(tallies.values()).as("%s", report).allSatisfy(tally -> assertThat(tally.failed()).isEmpty());
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
        if (standIn == null) {
            standIn = SuiteRun.standIns(
                    directory, System.getProperty("java.class.path"), CuratorSuitesIT.class, "SettledMember.java", "TestingZooKeeperServer.java");
        }
        return standIn;
    }

    private void run(List<String> types, SuiteRun tally) throws IOException {
        boolean isOurs = !System.getProperty("curator.server", "coord").equals("zookeeper");
        Path own = Files.createTempDirectory(directory, "run");
        List<String> options = List.of(
                "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto", "-Djava.io.tmpdir=" + own,
                "-Dorg.slf4j.simpleLogger.defaultLogLevel=off",
                "-Dcurator.slowness=" + SLOWNESS, "-Dtiming-multiple=" + SLOWNESS);
        tally.run(
                new SuiteRun.Setup(
                        options, System.getProperty("java.class.path"), "org.apache.curator.test.TestingZooKeeperServer",
                        isOurs ? standIn() : null, exclusions().keySet()),
                types);
    }
}

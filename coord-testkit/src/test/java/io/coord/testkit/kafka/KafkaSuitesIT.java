package io.coord.testkit.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

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
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Kafka 3.9's own tests of what it does with ZooKeeper, as its release ships them, on a member of ours: one class alone is another, that
 * which starts a ZooKeeper. {@code -Dkafka.tests=DIR} names the directory of Kafka's jars that {@code kafka-tests.xml} fills;
 * {@code -Dkafka.only=TEXT} runs only classes whose name contains it; {@code -Dkafka.server=zookeeper} the same with ZooKeeper's server,
 * for comparison. A class that fails is tried once more in a process of its own: Kafka's tests of SASL change the JVM's logins while their
 * client may still be at its own.
 */
@Tag("soak")
class KafkaSuitesIT {

    /** Kafka's client of ZooKeeper, its stores on top, then brokers and controllers that live on them. */
    private static final List<String> CLASSES = List.of(
            "kafka.zookeeper.ZooKeeperClientTest",
            "kafka.zk.KafkaZkClientTest",
            "kafka.zk.ExtendedAclStoreTest",
            "kafka.zk.LiteralAclStoreTest",
            "kafka.zk.ZkMigrationFailoverTest",
            "kafka.zk.migration.ZkAclMigrationClientTest",
            "kafka.zk.migration.ZkConfigMigrationClientTest",
            "kafka.zk.migration.ZkMigrationClientTest",
            "kafka.security.auth.ZkAuthorizationTest",
            "kafka.security.authorizer.AuthorizerTest",
            "kafka.admin.AdminZkClientTest",
            "kafka.admin.ConfigCommandIntegrationTest",
            "kafka.admin.AddPartitionsTest",
            "kafka.admin.DeleteTopicTest",
            "kafka.controller.ControllerFailoverTest",
            "kafka.controller.ControllerIntegrationTest",
            "kafka.server.BrokerEpochIntegrationTest",
            "kafka.server.DynamicConfigChangeTest",
            "kafka.server.DynamicConfigTest",
            "kafka.server.KafkaServerTest",
            "kafka.server.LeaderElectionTest",
            "kafka.server.ServerShutdownTest",
            "kafka.server.ServerStartupTest",
            "kafka.server.epoch.EpochDrivenReplicationProtocolAcceptanceTest",
            "kafka.server.epoch.LeaderEpochIntegrationTest");

    @TempDir
    Path directory;

    private static final int TRIES = 2;

    /** How the tests of a class ended. */
    private static final class Tally {

        private final TreeMap<String, String> failed = new TreeMap<>();
        private int passed;
        private int skipped;

        void add(String how, String name, String why) {
            switch (how) {
                case "passed" -> passed++;
                case "skipped" -> skipped++;
                default -> failed.put(name, why);
            }
        }

        @Override
        public String toString() {
            return passed + " passed, " + failed.size() + " failed" + (skipped == 0 ? "" : ", " + skipped + " switched off by Kafka");
        }
    }

    @Test
    @Timeout(value = 2, unit = TimeUnit.HOURS)
    void all() throws Exception {
        String jars = System.getProperty("kafka.tests", "");
        assumeFalse(jars.isEmpty(), "name a directory of Kafka's jars by -Dkafka.tests");
        String classPath = jarsIn(Path.of(jars)) + File.pathSeparator + System.getProperty("java.class.path");
        boolean isOurs = !System.getProperty("kafka.server", "coord").equals("zookeeper");
        if (isOurs) {
            classPath = standIn(classPath) + File.pathSeparator + classPath;
        }
        String only = System.getProperty("kafka.only", "");
        Tally all = new Tally();
        for (String type : CLASSES) {
            if (type.contains(only)) {
                Tally ended = run(type, classPath, isOurs);
                for (int tries = 1; tries < TRIES && !ended.failed.isEmpty(); tries++) {
                    System.out.println("kafka " + type + ": " + ended + ", tried once more " + ended.failed);
                    ended = run(type, classPath, isOurs);
                }
                System.out.println("kafka " + type + ": " + ended);
                all.passed += ended.passed;
                all.skipped += ended.skipped;
                all.failed.putAll(ended.failed);
            }
        }
        System.out.println("kafka: " + all);
        assertThat(all.failed).as("%s", all).isEmpty();
        assertThat(all.passed).isPositive();
    }

    private static String jarsIn(Path jars) throws IOException {
        try (Stream<Path> files = Files.list(jars)) {
            return files.map(Path::toString).filter(name -> name.endsWith(".jar")).sorted().collect(Collectors.joining(File.pathSeparator));
        }
    }

    /** The class that stands in for Kafka's, compiled. */
    private Path standIn(String classPath) throws IOException {
        Path source = directory.resolve("EmbeddedZookeeper.java");
        try (InputStream in = KafkaSuitesIT.class.getResourceAsStream("EmbeddedZookeeper.java")) {
            Files.write(source, in.readAllBytes());
        }
        Path classes = directory.resolve("stand-in");
        int errors = ToolProvider.getSystemJavaCompiler().run(null, null, null,
                "--release", "17", "-nowarn", "-proc:none", "-classpath", classPath, "-d", classes.toString(), source.toString());
        assertThat(errors).isZero();
        return classes;
    }

    private Tally run(String type, String classPath, boolean isOurs) throws Exception {
        Tally tally = new Tally();
        Path own = Files.createTempDirectory(directory, "run");
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx2g", "-XX:+UseSerialGC", "-Djava.io.tmpdir=" + own,
                "-classpath", classPath, SuiteProcess.class.getName(), "kafka.zk.EmbeddedZookeeper", "none", type));
        Process process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
        boolean isDone = false;
        try (BufferedReader said = process.inputReader(StandardCharsets.UTF_8)) {
            for (String line = said.readLine(); line != null; line = said.readLine()) {
                String[] parts = line.split("\t", 4);
                if (parts[0].equals(SuiteProcess.RESULT)) {
                    tally.add(parts[1], parts[2], parts[3]);
                } else if (parts[0].equals(SuiteProcess.SERVER) && isOurs) {
                    assertThat(parts[1]).as("who starts the servers").contains("stand-in");
                }
                isDone |= line.equals(SuiteProcess.DONE);
            }
        } finally {
            process.destroyForcibly();
        }
        if (!isDone) {
            tally.failed.put(type, "its process ended before it was done");
        }
        return tally;
    }
}

package io.coord.testkit.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import io.coord.testkit.suite.SuiteRun;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
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

    private static final int TRIES = 2;

    @TempDir
    Path directory;

    @Test
    @Timeout(value = 2, unit = TimeUnit.HOURS)
    void all() throws Exception {
        String jars = System.getProperty("kafka.tests", "");
        assumeFalse(jars.isEmpty(), "name a directory of Kafka's jars by -Dkafka.tests");
        String classPath = jarsIn(Path.of(jars)) + File.pathSeparator + System.getProperty("java.class.path");
        boolean isOurs = !System.getProperty("kafka.server", "coord").equals("zookeeper");
        Path standIn = isOurs ? SuiteRun.standIns(directory, classPath, KafkaSuitesIT.class, "EmbeddedZookeeper.java") : null;
        String only = System.getProperty("kafka.only", "");
        SuiteRun all = new SuiteRun();
        for (String type : CLASSES) {
            if (type.contains(only)) {
                all.addAll(run(type, classPath, standIn));
            }
        }
        System.out.println("kafka: " + all);
        assertThat(all.failed()).as("%s", all).isEmpty();
        assertThat(all.passed()).isPositive();
    }

    private static String jarsIn(Path jars) throws IOException {
        try (Stream<Path> files = Files.list(jars)) {
            return files.map(Path::toString).filter(name -> name.endsWith(".jar")).sorted().collect(Collectors.joining(File.pathSeparator));
        }
    }

    private SuiteRun run(String type, String classPath, @Nullable Path standIn) throws IOException {
        SuiteRun ended = new SuiteRun();
        for (int tries = 0; tries < TRIES && (tries == 0 || !ended.failed().isEmpty()); tries++) {
            Path own = Files.createTempDirectory(directory, "run");
            List<String> options = List.of("-Xmx2g", "-XX:+UseSerialGC", "-Djava.io.tmpdir=" + own);
            ended = new SuiteRun();
            ended.run(new SuiteRun.Setup(options, classPath, "kafka.zk.EmbeddedZookeeper", standIn, List.of("none")), List.of(type));
            System.out.println("kafka " + type + ": " + ended + (ended.failed().isEmpty() ? "" : " " + ended.failed()));
        }
        return ended;
    }
}

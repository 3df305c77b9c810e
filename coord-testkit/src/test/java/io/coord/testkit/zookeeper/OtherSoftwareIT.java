package io.coord.testkit.zookeeper;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import io.coord.MemberId;
import io.coord.testkit.ZooKeeperTestServer;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Kafka, and clients of other versions, each in a process of its own with its own jars, on three members of which one dies now and then. */
@Tag("soak")
@Timeout(value = 600, unit = TimeUnit.SECONDS)
class OtherSoftwareIT {

    @TempDir
    Path directory;

    /** {@code -Dkafka.jars=DIR}: the jars of Kafka's 3.9 release. */
    @Test
    void kafkaInZooKeeperMode() throws Exception {
        String jars = System.getProperty("kafka.jars", "");
        assumeFalse(jars.isEmpty(), "no -Dkafka.jars");
        try (ZooKeeperTestServer server = ZooKeeperTestServer.start(3)) {
            Process play = play("KafkaPlay", jars, server.getConnectString(), directory.resolve("log").toString());
            try {
                while (!play.waitFor(5, TimeUnit.SECONDS)) {
                    for (MemberId member : server.members()) {
                        server.kill(member);
                        server.restart(member);
                        if (play.waitFor(3, TimeUnit.SECONDS)) {
                            break;
                        }
                    }
                }
                assertThat(said()).contains("KAFKA done");
            } finally {
                play.destroyForcibly();
            }
        }
    }

    /** {@code -Dzookeeper.jars=DIR}: a directory for each version, with its jars and what they need. */
    @Test
    void clientsOfOtherVersions() throws Exception {
        String versions = System.getProperty("zookeeper.jars", "");
        assumeFalse(versions.isEmpty(), "no -Dzookeeper.jars");
        try (ZooKeeperTestServer server = ZooKeeperTestServer.start(3);
                Stream<Path> each = Files.list(Path.of(versions))) {
            for (Path version : each.sorted().toList()) {
                Process play = play(
                        List.of(hostsOfOldClients()), "ClientPlay", version.toString(), server.getConnectString(), "/of-" + version.getFileName());
                try {
                    assertThat(play.waitFor(300, TimeUnit.SECONDS)).as("%s ends", version).isTrue();
                    assertThat(said()).as("with %s", version).contains("CLIENT done");
                } finally {
                    play.destroyForcibly();
                }
            }
        }
    }

    /**
     * Takes a host by what clients up to 3.4 make of its name: they cut it out of an address' text, in which Java has said more since 14
     * ({@code 127.0.0.1/<unresolved>:2181}).
     */
    private String hostsOfOldClients() throws IOException {
        Path hosts = directory.resolve("hosts");
        Files.writeString(hosts, "127.0.0.1 localhost 127.0.0.1/<unresolved> localhost/<unresolved>\n");
        return "-Djdk.net.hosts.file=" + hosts;
    }

    private Process play(String name, String jars, String... arguments) throws IOException {
        return play(List.of(), name, jars, arguments);
    }

    private Process play(List<String> options, String name, String jars, String... arguments) throws IOException {
        Path source = directory.resolve(name + ".java");
        try (InputStream in = OtherSoftwareIT.class.getResourceAsStream(name + ".java")) {
            Files.write(source, in.readAllBytes());
        }
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx512m"));
        command.addAll(options);
        command.addAll(List.of("-cp", jars + File.separator + "*", source.toString()));
        command.addAll(List.of(arguments));
        return new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("said").toFile())
                .start();
    }

    private String said() throws IOException {
        return Files.readString(directory.resolve("said"));
    }
}

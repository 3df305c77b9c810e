package io.coord.testkit.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.Watcher.Event.KeeperState;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.ZooKeeper;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The server's jar, run as an operator would, with unmodified ZooKeeper clients. */
@Timeout(300) // each step is a JVM's start on what may be a busy machine
class CoordServerIT {

    private static final int SESSION_MILLIS = 30_000;

    @TempDir
    Path directory;

    @Test
    void threeProcessesSurviveKillNineOfTheirLeaderAndEndWithZero() throws Exception {
        try (ProcessEnsemble ensemble = ProcessEnsemble.of(3, "survive", ProcessEnsemble.PATIENT)) {
            try (ZooKeeper client = client(ensemble.connectString())) {
                client.create("/count", bytes(0), ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
                long session = client.getSessionId();
                int killed = ensemble.awaitLeader();

                ensemble.kill(killed);

                for (int i = 1; i <= 50; i++) {
                    set(client, i);
                }
                assertThat(client.getSessionId()).as("the session outlives the leader").isEqualTo(session);
                ensemble.restart(killed);
                set(client, 51);
            }
            for (int id : ensemble.ids()) {
                try (ZooKeeper client = client(ensemble.connectString(id))) {
                    client.sync("/count");
                    assertThat(client.getData("/count", false, null)).as("at member %s", id).isEqualTo(bytes(51));
                    assertThat(new String(client.getConfig(false, null), StandardCharsets.UTF_8))
                            .as("zk.RC1").contains(";127.0.0.1:" + ensemble.clientPort(id) + "\n").containsPattern("version=[0-9a-f]+$");
                }
            }
            int leader = ensemble.awaitLeader();
            assertThat(ensemble.process(leader).terminate()).as("SIGTERM of the leader").isZero();
            assertThat(ensemble.awaitLeader()).isNotEqualTo(leader);
            for (int id : ensemble.ids()) {
                if (id != leader) {
                    assertThat(ensemble.process(id).terminate()).as("SIGTERM of member %s", id).isZero();
                }
                assertThat(filesUnder(ensemble.workingDirectory(id))).isEmpty();
                assertThat(filesUnder(ensemble.temporary(id))).isEmpty();
                assertThat(filesUnder(ensemble.dataDirectory(id))).isNotEmpty();
            }
        }
    }

    @Test
    void aStandAloneMemberFromAZooCfgKeepsItsDataAndItsFourLetters() throws Exception {
        Path data = directory.resolve("data");
        Files.createDirectories(data);
        Path file = Files.writeString(directory.resolve("zoo.cfg"), """
                tickTime=2000
                initLimit=10
                syncLimit=5
                clientPort=0
                dataDir=%s
                4lw.commands.whitelist=*
                """.formatted(data));
        try (ServerProcess server = server("--config", file.toString())) {
            for (int round = 0; round < 2; round++) {
                server.start();
                try (ZooKeeper client = client("127.0.0.1:" + server.awaitServing())) {
                    client.create("/" + round, bytes(round), ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
                    assertThat(client.getChildren("/", false)).hasSize(2 + round);
                    assertThat(client.getConfig(false, null)).as("zk.RC1").isEmpty();
                    assertThat(client.getSessionTimeout()).isEqualTo(SESSION_MILLIS);
                }
                assertThat(server.said()).contains("initLimit is passed over", "syncLimit is passed over", "has started, by " + transport() + ": ");
                assertThat(server.terminate()).isZero();
                Files.writeString(data.resolve("myid"), "1\n"); // it comes late, and changes nothing
            }
        }
    }

    @Test
    void aServerThatRunsIsBackedUpAndRestoredByCommand() throws Exception {
        Path data = directory.resolve("data");
        Path backup = directory.resolve("backup");
        Path restored = directory.resolve("restored");
        try (ServerProcess server = server("--members", "1=127.0.0.1:0:0", "--data-dir", data.toString())) {
            server.start();
            try (ZooKeeper client = client("127.0.0.1:" + server.awaitServing())) {
                client.create("/kept", bytes(7), ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
                assertThat(said("backup", data.toString(), backup.toString())).contains("member 1, leader, as of zxid 0x");
                client.create("/later", bytes(8), ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
            }
            assertThat(server.terminate()).isZero();
            assertThat(data.resolve(".server")).doesNotExist();
        }
        assertThat(said("restore", backup.toString(), restored.toString(), "1", "1=127.0.0.1:0:0", "new")).contains("goes on behind zxid");
        try (ServerProcess server = server("--members", "1=127.0.0.1:0:0", "--data-dir", restored.toString())) {
            server.start();
            try (ZooKeeper client = client("127.0.0.1:" + server.awaitServing())) {
                assertThat(client.getData("/kept", false, null)).isEqualTo(bytes(7));
                assertThat(client.exists("/later", false)).isNull();
            }
        }
    }

    private String said(String... command) throws Exception {
        try (ServerProcess process = server(command)) {
            process.start();
            assertThat(process.awaitEnd()).as(String.join(" ", command)).isZero();
            return process.said();
        }
    }

    /** The jar carries Netty's native library for Linux on these processors, linked to the GNU C library. */
    private static String transport() throws IOException {
        boolean isCarried = System.getProperty("os.name").equals("Linux") && List.of("amd64", "aarch64").contains(System.getProperty("os.arch"));
        return isCarried && !Files.readString(Path.of("/proc/self/maps")).contains("musl") ? "epoll" : "nio";
    }

    @Test
    void whatMakesNoSenseStopsTheStartWithAllOfItSaid() throws Exception {
        try (ServerProcess server = server("--members", "1=localhost:0:0", "--prop", "elecTimeout=1s")) {
            server.start();
            assertThat(server.awaitEnd()).isEqualTo(2);
            assertThat(server.said()).contains("2 mistakes", "COORD-1026 no data directory", "COORD-1009 unknown key 'elecTimeout'");
        }
    }

    @Test
    @Tag("bars")
    void whoIsAloneSaysWhomItWaitsFor() throws Exception {
        Ports ports = new Ports();
        String members = "1=localhost:%d:0,2=localhost:%d:0,3=localhost:%d:0".formatted(ports.free(), ports.free(), ports.free());
        try (ServerProcess server = server("--id", "1", "--members", members, "--data-dir", directory.resolve("data").toString())) {
            server.start();
            ProcessEnsemble.await("its word", () -> server.said().contains("member 1 does not serve yet"));
            assertThat(server.said()).contains("the ensemble has not formed yet", "1 of 3 voters answer", "Silent: member 2 at localhost");
        }
    }

    @Test
    void aListThatSaysOtherwiseThanTheEnsembleIsContradicted() throws Exception {
        try (ProcessEnsemble ensemble = ProcessEnsemble.of(3, "moved", ProcessEnsemble.PATIENT)) {
            ensemble.process(2).terminate();
            String before = "127.0.0.1:" + ensemble.peerPort(2);
            String after = "127.0.0.1:" + new Ports().free();
            List<String> command = new ArrayList<>(ensemble.command(2));
            command.replaceAll(word -> word.replace("2=" + before, "2=" + after));
            try (ServerProcess moved = ensemble.process(2, command)) {
                moved.start();
                moved.awaitSaid("the list says member 2 at " + after + "; the ensemble has it at " + before + ", and that counts");
            }
        }
    }

    @Test
    void aDirectoryInUseEndsTheSecondServerWithOne() throws Exception {
        String[] words = {"--members", "1=localhost:0:0", "--data-dir", directory.resolve("data").toString()};
        try (ServerProcess first = server(words); ServerProcess second = server(words)) {
            first.start();
            first.awaitServing();
            second.start();
            assertThat(second.awaitEnd()).isEqualTo(1);
            assertThat(second.said()).contains("COORD-1064");
        }
    }

    /** Row 38 of security. */
    @Test
    void plainTextBeyondThisMachineIsToldAtEachStart() throws Exception {
        String[] words = {"--members", "1=localhost:0:0", "--data-dir", directory.resolve("data").toString(),
            "--prop", "clientPortAddress=0.0.0.0", "--prop", "insecure=true"};
        try (ServerProcess server = server(words)) {
            server.start();
            int port = server.awaitServing();
            assertThat(server.said()).containsPattern("WARN .*1 - clients are connected without TLS, by insecure\\(\\): .* port " + port + " ");
        }
    }

    // ------------------------------------------------------------------------------------------------ helpers

    private ServerProcess server(String... words) {
        List<String> command = ServerProcess.java(directory);
        command.addAll(List.of("-jar", ProcessEnsemble.jar().toString()));
        command.addAll(List.of(words));
        return new ServerProcess(command, directory.resolve("cwd"), Path.of("target", "processes", "server.log").toAbsolutePath());
    }

    private static ZooKeeper client(String connectString) throws IOException, InterruptedException {
        CountDownLatch connected = new CountDownLatch(1);
        ZooKeeper client = new ZooKeeper(connectString, SESSION_MILLIS, event -> {
            if (event.getState() == KeeperState.SyncConnected) {
                connected.countDown();
            }
        });
        if (!connected.await(ServerProcess.PATIENCE_SECONDS, TimeUnit.SECONDS)) {
            client.close();
            throw new AssertionError("no connection to " + connectString);
        }
        return client;
    }

    /** Sets the one value, again and again until that is acknowledged. */
    private static void set(ZooKeeper client, int value) throws Exception {
        List<Exception> losses = new ArrayList<>();
        while (losses.size() < 1_000) {
            try {
                client.setData("/count", bytes(value), -1);
                return;
            } catch (KeeperException.ConnectionLossException e) {
                losses.add(e);
            }
        }
        throw new AssertionError("never acknowledged", losses.get(0));
    }

    private static byte[] bytes(int value) {
        return Integer.toString(value).getBytes(StandardCharsets.US_ASCII);
    }

    private static List<Path> filesUnder(Path root) throws IOException {
        if (!Files.exists(root)) {
            return List.of();
        }
        try (Stream<Path> files = Files.walk(root)) {
            return files.filter(Files::isRegularFile).toList();
        }
    }
}

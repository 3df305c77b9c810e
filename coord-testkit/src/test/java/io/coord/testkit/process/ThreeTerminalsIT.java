package io.coord.testkit.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.ZooKeeper;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The three commands of the README, as they stand there, but for ports that are free and directories that go away. */
@Tag("bars")
class ThreeTerminalsIT {

    private static final int MEMBERS = 3;
    private static final int WRITES_AFTER_EACH = 20;
    private static final Pattern COMMAND = Pattern.compile("(?m)^java -jar \\S*coord-server\\.jar (--id \\d .*)$");

    @TempDir
    Path directory;

    @Test
    @Timeout(600)
    @DisplayName("three commands of the README form an ensemble; whichever stops, by SIGTERM or kill -9, somebody who writes writes on")
    void whicheverStopsTheOthersGoOn() throws Exception {
        Ports ports = new Ports();
        List<Integer> peerPorts = IntStream.range(0, MEMBERS).mapToObj(i -> ports.free()).toList();
        List<Integer> clientPorts = IntStream.range(0, MEMBERS).mapToObj(i -> ports.free()).toList();
        List<ServerProcess> servers = new ArrayList<>();
        try {
            for (String words : commands(peerPorts, clientPorts)) {
                servers.add(terminal(servers.size() + 1, words));
            }
            servers.forEach(ServerProcess::start);
            for (ServerProcess server : servers) {
                server.awaitServing();
            }
            String connectString = clientPorts.stream().map(port -> "localhost:" + port).collect(Collectors.joining(","));
            try (Writer writer = new Writer(connectString)) {
                for (ServerProcess server : servers) {
                    assertThat(server.terminate()).as("the exit code after SIGTERM").isZero();
                    writer.goesOn();
                    server.start();
                    server.awaitServing();
                    writer.goesOn();
                    server.kill();
                    writer.goesOn();
                    server.start();
                    server.awaitServing();
                }
                assertThat(writer.end()).as("what was acknowledged, and is not there").isEmpty();
            }
        } finally {
            servers.forEach(ServerProcess::close);
        }
    }

    /** What stands behind the jar's name, with these ports. */
    private List<String> commands(List<Integer> peerPorts, List<Integer> clientPorts) throws Exception {
        List<String> found = COMMAND.matcher(Files.readString(Path.of("../README.md"))).results().map(MatchResult::group).toList();
        assertThat(found).hasSize(MEMBERS);
        List<String> commands = new ArrayList<>();
        for (String line : found) {
            String words = COMMAND.matcher(line).replaceFirst("$1").replace("/tmp/coord", directory.toString());
            for (int i = 0; i < MEMBERS; i++) {
                String before = ":710" + (i + 1) + ":218" + (i + 1);
                assertThat(words).contains(before);
                words = words.replace(before, ":" + peerPorts.get(i) + ":" + clientPorts.get(i));
            }
            commands.add(words);
        }
        return commands;
    }

    private ServerProcess terminal(int number, String words) {
        List<String> command = new ArrayList<>(List.of(
                ServerProcess.java(), "-jar", ProcessEnsemble.jar().toString()));
        command.addAll(List.of(words.split(" ")));
        Path log = Path.of("target", "processes", "three-terminals", number + ".log").toAbsolutePath();
        return new ServerProcess(command, directory.resolve("terminal-" + number), log);
    }

    /** One session that creates a node after another; a node whose answer was lost is created again, unless it is there. */
    private static final class Writer implements AutoCloseable {
        private final ZooKeeper client;
        private final Thread thread = new Thread(this::write, "writer");
        private int written;
        private boolean over;
        private @Nullable Exception trouble;

        Writer(String connectString) throws Exception {
            client = Clients.connected(connectString, event -> {});
            client.create("/written", new byte[0], ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
            thread.start();
        }

        private void write() {
            try {
                while (!isOver()) {
                    writeNext();
                }
            } catch (KeeperException | InterruptedException e) {
                ended(e);
            }
        }

        private void writeNext() throws KeeperException, InterruptedException {
            try {
                client.create(node(written), new byte[0], ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
                acknowledged();
            } catch (KeeperException.NodeExistsException e) {
                acknowledged();
            } catch (KeeperException.ConnectionLossException e) {
                // the same again, at whichever member it finds
            }
        }

        private static String node(int number) {
            return "/written/" + number;
        }

        private synchronized void acknowledged() {
            written++;
            notifyAll();
        }

        private synchronized boolean isOver() {
            return over;
        }

        private synchronized void ended(Exception e) {
            trouble = e;
            notifyAll();
        }

        /** Waits for some more writes. */
        synchronized void goesOn() throws InterruptedException {
            int wanted = written + WRITES_AFTER_EACH;
            long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(ServerProcess.PATIENCE_SECONDS);
            while (written < wanted) {
                long leftMillis = TimeUnit.NANOSECONDS.toMillis(until - System.nanoTime());
                if (trouble != null || leftMillis <= 0) {
                    throw new AssertionError("the writer does not go on after " + written + " writes", trouble);
                }
                wait(leftMillis);
            }
        }

        /** Ends it; returns what it was told is written, and is not there. */
        List<String> end() throws Exception {
            synchronized (this) {
                over = true;
            }
            thread.join();
            client.sync("/written");
            List<String> there = client.getChildren("/written", false);
            List<String> missing = IntStream.range(0, written).mapToObj(Integer::toString).collect(Collectors.toList());
            missing.removeAll(new HashSet<>(there));
            System.out.println(written + " nodes written while each of three members stopped twice");
            return missing;
        }

        @Override
        public void close() throws InterruptedException {
            synchronized (this) {
                over = true;
            }
            client.close();
        }
    }
}

package io.coord.testkit.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.client.ZKClientConfig;
import org.apache.zookeeper.data.Stat;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Three brokers of Kafka 3.9 in ZooKeeper mode, each in a process of its own as its users start it, on three processes of ours, while one
 * after another is killed: {@code -Dkafka.jars=DIR}, the jars of Kafka's release. What all say is in {@code target/processes}.
 */
@Tag("soak")
@Timeout(value = 1_200, unit = TimeUnit.SECONDS)
class KafkaBrokersIT {

    private static final int BROKERS = 3;
    private static final int SESSION_SECONDS = 18;
    /** A dead broker's session ends after its timeout, and after another one if our leader changes meanwhile (zk.S5). */
    private static final int MOVE_SECONDS = 2 * SESSION_SECONDS + 12;
    private static final int PROGRESS = 500;
    private static final Pattern TOLD = Pattern.compile("KAFKA acknowledged (\\d+) consumed (\\d+)");
    private static final Pattern CONTROLLER = Pattern.compile("\"brokerid\":(\\d+)");
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(240);

    @TempDir
    Path directory;

    private final Map<Integer, Process> brokers = new TreeMap<>();
    private final Map<Integer, Integer> ports = new TreeMap<>();
    private final Map<Integer, Long> epochs = new TreeMap<>();
    private int registrations;
    private final Path logs = Path.of("target", "processes", "kafka-brokers").toAbsolutePath();
    private ProcessEnsemble ensemble;
    private Process traffic;
    private ZooKeeper eye;
    private int controllerEpoch;
    /** How much the traffic had said when it was last told to do something. */
    private int mark;

    @AfterEach
    void end() throws Exception {
        if (traffic != null) {
            traffic.destroyForcibly().waitFor();
        }
        for (Process broker : brokers.values()) {
            broker.destroyForcibly().waitFor();
        }
        if (eye != null) {
            eye.close();
        }
        if (ensemble != null) {
            ensemble.close();
        }
    }

    @Test
    @DisplayName("Kafka 3.9, three brokers: every acknowledged record is consumed, epochs only grow, the controller moves, whoever is killed")
    void threeBrokersOnThreeMembers() throws Exception {
        String jars = System.getProperty("kafka.jars", "");
        assumeFalse(jars.isEmpty(), "no -Dkafka.jars");
        long begin = System.nanoTime();
        ensemble = ProcessEnsemble.of(3, "kafka-ensemble", ProcessEnsemble.PATIENT);
        Files.createDirectories(logs);
        try (Stream<Path> old = Files.list(logs)) {
            for (Path log : old.toList()) {
                Files.delete(log);
            }
        }
        ZKClientConfig config = new ZKClientConfig();
        config.setProperty(ZKClientConfig.ENABLE_CLIENT_SASL_KEY, "false");
        eye = new ZooKeeper(ensemble.connectString(), 40_000, event -> {}, config);
        Ports free = new Ports();
        for (int id = 0; id < BROKERS; id++) {
            ports.put(id, free.free());
            startBroker(id, jars);
        }
        for (int id = 0; id < BROKERS; id++) {
            awaitRegistered(id, 0);
        }
        startTraffic(jars);
        awaitProgress("at first");
        told("the brokers serve", begin);

        say("configure 7777777");
        killOurLeader();
        say("guard");
        for (int follower : followers()) {
            ensemble.kill(follower);
            awaitProgress("without follower " + follower);
            ensemble.restart(follower);
            look();
        }
        told("each follower was killed", begin);

        start("reassign 2");
        killOurLeader();
        awaitDone("reassign 2");
        say("reassign 3");
        told("partitions were reassigned there and back, while our leader died", begin);

        long moved = killController(jars);
        say("configure 8888888");
        killOurLeader();
        say("guard");
        long movedAgain = killController(jars);
        write("finish");
        await("the traffic ends", () -> !traffic.isAlive());
        String said = said();
        assertThat(said).as("what the traffic said").contains("KAFKA done");
        System.out.printf("kafka: %s; the controller moved after %d ms and %d ms; %d registrations of brokers, controller epoch %d; %d s%n",
                said.substring(said.lastIndexOf("KAFKA done") + 6).strip(), moved, movedAgain, registrations, controllerEpoch,
                TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - begin));
    }

    private static void told(String what, long begin) {
        System.out.printf("kafka: %4d s: %s%n", TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - begin), what);
    }

    // ------------------------------------------------------------------------------------------------ processes

    private static List<String> java(int megabytes, String jars) {
        return new ArrayList<>(List.of(
                ServerProcess.java(), "-Xmx" + megabytes + "m", "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData", "-cp", jars + File.separator + "*"));
    }

    private void startBroker(int id, String jars) throws IOException {
        Path properties = directory.resolve("broker-" + id + ".properties");
        Files.writeString(properties, String.join("\n",
                "broker.id=" + id,
                "zookeeper.connect=" + ensemble.connectString() + "/kafka",
                "zookeeper.session.timeout.ms=" + SESSION_SECONDS + "000",
                "listeners=PLAINTEXT://127.0.0.1:" + ports.get(id),
                "log.dirs=" + directory.resolve("log-" + id),
                "offsets.topic.replication.factor=3",
                "offsets.topic.num.partitions=3",
                "group.initial.rebalance.delay.ms=0",
                "authorizer.class.name=kafka.security.authorizer.AclAuthorizer",
                "allow.everyone.if.no.acl.found=true",
                "log.cleaner.enable=false",
                "auto.create.topics.enable=false"));
        List<String> command = java(384, jars);
        command.addAll(List.of("kafka.Kafka", properties.toString()));
        brokers.put(id, process(command, "broker-" + id + ".log"));
    }

    private void startTraffic(String jars) throws IOException {
        Path source = directory.resolve("KafkaTraffic.java");
        try (InputStream in = KafkaBrokersIT.class.getResourceAsStream("KafkaTraffic.java")) {
            Files.write(source, in.readAllBytes());
        }
        List<String> command = java(384, jars);
        command.addAll(List.of(source.toString(), ports.values().stream().map(port -> "127.0.0.1:" + port).collect(Collectors.joining(","))));
        traffic = process(command, "traffic.log");
    }

    private Process process(List<String> command, String log) throws IOException {
        return new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(logs.resolve(log).toFile()))
                .start();
    }

    private String said() throws IOException {
        return Files.readString(logs.resolve("traffic.log"));
    }

    private void say(String word) throws Exception {
        start(word);
        awaitDone(word);
    }

    private void start(String word) throws IOException {
        mark = said().length();
        write(word);
    }

    private void write(String word) throws IOException {
        Writer in = traffic.outputWriter(StandardCharsets.UTF_8);
        in.write(word + "\n");
        in.flush();
    }

    private interface Condition {
        boolean holds() throws Exception;
    }

    /** Waits, and looks at what may never go back meanwhile. */
    private void await(String what, Condition condition) throws Exception {
        long deadline = System.nanoTime() + PATIENCE_NANOS;
        while (!condition.holds()) {
            assertThat(System.nanoTime()).as("waited in vain: %s", what).isLessThan(deadline);
            look();
            LockSupport.parkNanos(50_000_000);
        }
    }

    private void awaitDone(String word) throws Exception {
        await(word, () -> {
            assertThat(traffic.isAlive()).as("whether the traffic goes on; it said\n%s", tail()).isTrue();
            return said().indexOf("KAFKA " + word + " is done", mark) >= 0;
        });
    }

    private String tail() throws IOException {
        String said = said();
        return said.substring(Math.max(0, said.length() - 2_000));
    }

    private void awaitProgress(String when) throws Exception {
        long[] before = progress();
        await("records acknowledged and consumed " + when, () -> {
            assertThat(traffic.isAlive()).as("whether the traffic goes on; it said\n%s", tail()).isTrue();
            long[] now = progress();
            return now[0] >= before[0] + PROGRESS && now[1] >= before[1] + PROGRESS;
        });
    }

    private long[] progress() throws IOException {
        Matcher told = TOLD.matcher(said());
        long[] last = {0, 0};
        while (told.find()) {
            last[0] = Long.parseLong(told.group(1));
            last[1] = Long.parseLong(told.group(2));
        }
        return last;
    }

    // ------------------------------------------------------------------------------------------------ who is killed

    private List<Integer> followers() {
        int leader = ensemble.awaitLeader();
        return ensemble.ids().stream().filter(id -> id != leader).toList();
    }

    private void killOurLeader() throws Exception {
        int leader = ensemble.awaitLeader();
        ensemble.kill(leader);
        awaitProgress("after our leader " + leader + " was killed");
        ensemble.restart(leader);
        look();
    }

    /** How long it took until another broker was the controller, in milliseconds. */
    private long killController(String jars) throws Exception {
        int[] dead = {controller()};
        await("a controller", () -> (dead[0] = controller()) >= 0);
        long epochBefore = controllerEpoch;
        long begin = System.nanoTime();
        brokers.get(dead[0]).destroyForcibly().waitFor();
        await("another controller", () -> {
            int now = controller();
            return now >= 0 && now != dead[0];
        });
        long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begin);
        assertThat(millis).as("milliseconds until the controller moved").isLessThan(MOVE_SECONDS * 1_000L);
        await("its epoch", () -> controllerEpoch > epochBefore);
        awaitProgress("without broker " + dead[0]);
        long epochOfTheDead = epochs.get(dead[0]);
        startBroker(dead[0], jars);
        awaitRegistered(dead[0], epochOfTheDead);
        return millis;
    }

    // ------------------------------------------------------------------------------------------------ what the tree says

    private int controller() throws Exception {
        try {
            Matcher id = CONTROLLER.matcher(new String(eye.getData("/kafka/controller", false, null), StandardCharsets.UTF_8));
            return id.find() ? Integer.parseInt(id.group(1)) : -1;
        } catch (KeeperException.ConnectionLossException | KeeperException.NoNodeException e) {
            return -1;
        }
    }

    private void awaitRegistered(int id, long above) throws Exception {
        await("broker " + id + " registers", () -> {
            assertThat(brokers.get(id).isAlive()).as("whether broker %s runs; see %s", id, logs).isTrue();
            return epochs.getOrDefault(id, 0L) > above;
        });
    }

    private Stat exists(String path) throws Exception {
        try {
            return eye.exists(path, false);
        } catch (KeeperException.ConnectionLossException e) {
            return null;
        }
    }

    /** Broker epochs and the controller's never go back. */
    private void look() throws Exception {
        for (int id = 0; id < BROKERS; id++) {
            Stat stat = exists("/kafka/brokers/ids/" + id);
            if (stat != null) {
                long before = epochs.getOrDefault(id, 0L);
                assertThat(stat.getCzxid()).as("epoch of broker %s", id).isGreaterThanOrEqualTo(before);
                registrations += stat.getCzxid() > before ? 1 : 0;
                epochs.put(id, stat.getCzxid());
            }
        }
        try {
            int epoch = Integer.parseInt(new String(eye.getData("/kafka/controller_epoch", false, null), StandardCharsets.UTF_8));
            assertThat(epoch).as("the controller's epoch").isGreaterThanOrEqualTo(controllerEpoch);
            controllerEpoch = epoch;
        } catch (KeeperException.ConnectionLossException | KeeperException.NoNodeException e) {
            // not now, or not yet
        }
    }
}

package io.coord.testkit.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Three processes of Coord beside three of Apache ZooKeeper, both forcing to disk, with the same heap, under the same load by the same
 * unmodified client in a process of its own. Runs alternate; what is printed are medians and their ratios.
 *
 * <pre>{@code
 * mvn -DskipTests package
 * java -cp <test class path of coord-testkit> io.coord.testkit.bench.WireBench --server-jar coord-netty/target/coord-server.jar
 * }</pre>
 *
 * <p>Options: {@code --rounds 5 --seconds 5 --only set-1k-128,get-1k-1 --heap 1g --warm-up 2}: the last is for how many seconds each
 * load runs before it is measured; {@code crowds} are many sessions, watches and ephemeral nodes. Servers that are young spend half their
 * time in the JVM's compilers: what is to be seen of a server that has run for a while takes {@code --warm-up 60} with the first load.
 * {@code --against JAR} compares with another build of ours in ZooKeeper's place; {@code --coord-jvm} and {@code --other-jvm} are options of
 * the JVMs that run ours and the other.
 *
 * <p>Beside both stands the floor, {@link WireFloor}: what the client takes by itself. A row is marked where one of the servers comes so
 * near to it that the client is what was measured.
 */
public final class WireBench {

    /**
     * A load.
     *
     * @param name for the table
     * @param kind of {@link WireLoad}, or of {@link WireBare}
     * @param sessions of the client
     * @param outstanding requests, of all sessions together
     * @param bytes of data
     * @param by whether a ratio compares throughput or the median's time
     */
    private record Load(String name, String kind, int sessions, int outstanding, int bytes, String by) {}

    private static final List<Load> LOADS = List.of(
            new Load("set-1k-128", "set", 10, 128, 1024, "perSecond"),
            new Load("set-1k-1000", "set", 10, 1000, 1024, "perSecond"),
            new Load("set-100-1000", "set", 10, 1000, 100, "perSecond"),
            new Load("set-1k-1", "set", 1, 1, 1024, "p50us"),
            new Load("get-1k-1000", "get", 10, 1000, 1024, "perSecond"),
            new Load("get-1k-1", "get", 1, 1, 1024, "p50us"),
            new Load("ephemeral-128", "ephemeral", 10, 128, 100, "perSecond"),
            new Load("fanout-1000", "fanout", 1000, 1, 100, "p50us"),
            new Load("connect", "connect", 1, 20, 1, "p50us"),
            new Load("bare-fanout", "bare-fanout", 1000, 1, 1, "p50us"),
            new Load("bare-connect", "bare-connect", 1, 20, 1, "p50us"));

    private static final String RESTART = "restart-200k";
    private static final String IDLE = "idle-sessions";
    private static final String CROWDS = "crowds";
    /** From this share of the floor on, the client is what is measured. */
    private static final double CLIENT_SHARE = 0.7;

    private static final int NODES = 200_000;
    private static final int SESSIONS = 1_000;
    private static final int SESSIONS_FIRST = 100;
    private static final int IDLE_SESSIONS = 10_000;
    private static final int WATCHES = 1_000_000;
    private static final int WATCHING_SESSIONS = 10;
    private static final int EPHEMERALS = 100_000;

    private final Map<String, String> options = new LinkedHashMap<>();
    private final Path directory;

    private WireBench(String[] args) throws IOException {
        for (int i = 0; i + 1 < args.length; i += 2) {
            options.put(args[i], args[i + 1]);
        }
        directory = Files.createTempDirectory("wire-bench");
    }

    /** Runs the loads and prints the table. */
    public static void main(String[] args) throws Exception {
        new WireBench(args).run();
    }

    private void run() throws Exception {
        List<String> only = Arrays.asList(options.getOrDefault("--only", "").split(","));
        int rounds = Integer.parseInt(options.getOrDefault("--rounds", "5"));
        String jar = options.getOrDefault("--server-jar", "coord-netty/target/coord-server.jar");
        String other = options.get("--against");
        try (Servers zooKeeper = other == null ? startZooKeeper() : startCoord("other", other);
                Servers coord = startCoord("coord", jar);
                Servers floor = startFloor()) {
            zooKeeper.awaitServing();
            coord.awaitServing();
            System.out.printf("%-14s %12s %12s %12s %7s %10s %10s %10s %10s %s%n", "load", other == null ? "ZooKeeper" : "other", "Coord", "floor", "ratio", "ZK cpu/op", "cpu/op", "ZK p99", "p99", "client cores");
            for (Load load : LOADS) {
                if (only.get(0).isEmpty() || only.contains(load.name())) {
                    compare(load, rounds, zooKeeper, coord, floor);
                }
            }
            if (only.get(0).isEmpty() || only.contains(IDLE)) {
                print(IDLE + " B of heap each", heapOfSessions(zooKeeper), heapOfSessions(coord));
            }
            if (only.get(0).isEmpty() || only.contains(CROWDS)) {
                crowds(zooKeeper, coord);
            }
            if (only.get(0).isEmpty() || only.contains(RESTART)) {
                print(RESTART + " ms", millisToRestart(zooKeeper, rounds), millisToRestart(coord, rounds));
            }
        } finally {
            delete(directory);
        }
    }

    private void compare(Load load, int rounds, Servers zooKeeper, Servers coord, Servers floor) throws Exception {
        List<Map<String, Double>> theirs = new ArrayList<>();
        List<Map<String, Double>> ours = new ArrayList<>();
        List<Map<String, Double>> floors = new ArrayList<>();
        for (int round = 0; round < rounds; round++) {
            theirs.add(measure(load, zooKeeper, round));
            ours.add(measure(load, coord, round));
            floors.add(measure(load, floor, round));
        }
        double their = median(theirs, load.by());
        double our = median(ours, load.by());
        double least = median(floors, load.by());
        boolean byThroughput = load.by().equals("perSecond");
        boolean isOfClient = byThroughput ? Math.max(our, their) > least * CLIENT_SHARE : Math.min(our, their) * CLIENT_SHARE < least;
        System.out.printf(
                Locale.ROOT,
                "%-14s %12.0f %12.0f %12.0f %6.2fx %8.1fus %8.1fus %8.0fus %8.0fus %.2f/%.2f%s%s%n",
                load.name() + " " + load.by().charAt(1),
                their,
                our,
                least,
                our / their,
                median(theirs, "serverCpuUs"),
                median(ours, "serverCpuUs"),
                median(theirs, "p99us"),
                median(ours, "p99us"),
                median(theirs, "clientCores"),
                median(ours, "clientCores"),
                isOfClient ? "  by the client" : "",
                median(ours, "failed") + median(theirs, "failed") > 0 ? "  FAILED REQUESTS" : "");
    }

    private static void print(String what, double their, double our) {
        System.out.printf(Locale.ROOT, "%-32s %.0f %.0f %.2fx%n", what, their, our, our / their);
    }

    /** From the start of three servers that were killed -9 with so many nodes until all of them serve writes. */
    private double millisToRestart(Servers servers, int rounds) throws Exception {
        Process filling = load(servers.hosts(), "fill", 1, NODES, 100);
        filling.getInputStream().transferTo(System.out);
        filling.waitFor();
        double[] millis = new double[rounds];
        for (int round = 0; round < rounds; round++) {
            servers.killAll();
            long begun = System.nanoTime();
            servers.startAll();
            servers.awaitServing();
            millis[round] = (System.nanoTime() - begun) / 1e6;
        }
        Arrays.sort(millis);
        return millis[rounds / 2];
    }

    /** Of the heaps of all three servers together, behind a full collection; what the first sessions load of classes is not counted. */
    private double heapOfSessions(Servers servers) throws Exception {
        Process first = idle(servers, SESSIONS_FIRST);
        try {
            long before = servers.heapBytes();
            Process others = idle(servers, SESSIONS);
            try {
                return (servers.heapBytes() - before) / (double) SESSIONS;
            } finally {
                others.destroyForcibly().waitFor();
            }
        } finally {
            first.destroyForcibly().waitFor();
        }
    }

    /** Time and heap of many sessions, watches and ephemeral nodes. */
    private static void crowds(Servers zooKeeper, Servers coord) throws Exception {
        double[] theirs = crowd(zooKeeper);
        double[] ours = crowd(coord);
        List<String> rows = List.of(
                "10,000 sessions opened, ms", "B of heap each", "1,000,000 watches set, ms", "B of heap each",
                "100,000 ephemerals created, ms", "B of heap each, three servers", "their session closed, ms");
        for (int i = 0; i < rows.size(); i++) {
            print(rows.get(i), theirs[i], ours[i]);
        }
    }

    private static double[] crowd(Servers servers) throws Exception {
        double[] figures = new double[7];
        long before = servers.heapBytes();
        try (WireCrowd idle = new WireCrowd(servers.hosts())) {
            figures[0] = idle.open(IDLE_SESSIONS);
            idle.ping();
            figures[1] = (servers.heapBytes() - before) / (double) IDLE_SESSIONS;
            idle.ping();
        }
        try (WireCrowd watching = new WireCrowd(servers.hosts())) {
            watching.open(WATCHING_SESSIONS);
            before = servers.heapBytes();
            figures[2] = watching.watch(WATCHES);
            watching.ping();
            figures[3] = (servers.heapBytes() - before) / (double) WATCHES;
        }
        try (WireCrowd creating = new WireCrowd(servers.hosts())) {
            creating.open(1);
            before = servers.heapBytes();
            figures[4] = creating.create(EPHEMERALS);
            creating.ping();
            figures[5] = (servers.heapBytes() - before) / (double) EPHEMERALS;
            creating.ping();
            figures[6] = creating.closeFirst();
        }
        return figures;
    }

    /** A client with so many sessions. */
    private Process idle(Servers servers, int sessions) throws Exception {
        Process idle = load(servers.hosts(), "idle", sessions, 1, 1);
        BufferedReader out = new BufferedReader(new InputStreamReader(idle.getInputStream(), StandardCharsets.UTF_8));
        String line = out.readLine();
        if (line == null || !line.startsWith("connected")) {
            idle.destroyForcibly().waitFor();
            throw new IOException("the sessions were not opened: " + line);
        }
        return idle;
    }

    private Process load(List<String> hosts, String kind, int sessions, int outstanding, int bytes) throws IOException {
        return new ProcessBuilder(
                        java(),
                        "-Xmx512m",
                        "-Dorg.slf4j.simpleLogger.defaultLogLevel=error",
                        "-cp",
                        System.getProperty("java.class.path"),
                        (kind.startsWith("bare-") ? WireBare.class : WireLoad.class).getName(),
                        String.join(",", hosts),
                        kind,
                        Integer.toString(sessions),
                        Integer.toString(outstanding),
                        Integer.toString(bytes),
                        options.getOrDefault("--warm-up", "2"),
                        options.getOrDefault("--seconds", "5"))
                .redirectErrorStream(true)
                .start();
    }

    private Map<String, Double> measure(Load load, Servers servers, int round) throws Exception {
        double cpuBefore = servers.cpuSeconds();
        List<String> hosts = new ArrayList<>(servers.hosts());
        java.util.Collections.rotate(hosts, round);
        Process process = load(hosts, load.kind(), load.sessions(), load.outstanding(), load.bytes());
        Map<String, Double> figures = new LinkedHashMap<>();
        try (BufferedReader out = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            for (String line = out.readLine(); line != null; line = out.readLine()) {
                if (line.startsWith("ops=")) {
                    for (String part : line.split(" ")) {
                        String[] pair = part.split("=");
                        figures.put(pair[0], Double.parseDouble(pair[1]));
                    }
                } else {
                    System.out.println("  " + load.name() + ": " + line);
                }
            }
        }
        process.waitFor();
        double seconds = Double.parseDouble(options.getOrDefault("--seconds", "5"));
        // The warm-up costs as much for each operation as what is measured.
        double all = figures.getOrDefault("ops", 0.0) * (seconds + Double.parseDouble(options.getOrDefault("--warm-up", "2"))) / seconds;
        figures.put("serverCpuUs", (servers.cpuSeconds() - cpuBefore) * 1e6 / Math.max(1, all));
        return figures;
    }

    private static double median(List<Map<String, Double>> runs, String key) {
        double[] sorted = runs.stream().mapToDouble(run -> run.getOrDefault(key, 0.0)).sorted().toArray();
        return sorted[sorted.length / 2];
    }

    private static String java() {
        return Path.of(System.getProperty("java.home"), "bin", "java").toString();
    }

    // ---- servers

    private record Servers(List<ProcessBuilder> starts, List<Process> processes, List<String> hosts) implements AutoCloseable {

        void startAll() throws IOException {
            for (ProcessBuilder start : starts) {
                processes.add(start.start());
            }
        }

        void killAll() throws InterruptedException {
            processes.forEach(Process::destroyForcibly);
            for (Process process : processes) {
                process.waitFor();
            }
            processes.clear();
        }

        /** What is in use behind a full collection, asked by the JDK's own jcmd. */
        long heapBytes() throws Exception {
            long bytes = 0;
            for (Process process : processes) {
                jcmd(process, "GC.run");
                for (String line : jcmd(process, "GC.class_histogram").split("\n")) {
                    if (line.startsWith("Total")) {
                        bytes += Long.parseLong(line.trim().split("\\s+")[2]);
                    }
                }
            }
            return bytes;
        }

        private static String jcmd(Process process, String command) throws Exception {
            Process jcmd = new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(), Long.toString(process.pid()), command)
                    .redirectErrorStream(true)
                    .start();
            String text = new String(jcmd.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            jcmd.waitFor();
            return text;
        }

        void awaitServing() throws Exception {
            long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
            for (String host : hosts) {
                while (!isServing(host)) {
                    if (System.nanoTime() > deadline) {
                        throw new IOException(host + " does not serve");
                    }
                    processes.get(0).waitFor(100, TimeUnit.MILLISECONDS);
                }
            }
        }

        private static boolean isServing(String host) {
            int colon = host.lastIndexOf(':');
            try (Socket socket = new Socket(host.substring(0, colon), Integer.parseInt(host.substring(colon + 1)))) {
                socket.getOutputStream().write("isro".getBytes(StandardCharsets.UTF_8));
                return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8).contains("rw");
            } catch (IOException e) {
                return false;
            }
        }

        double cpuSeconds() throws IOException {
            double seconds = 0;
            for (Process process : processes) {
                String stat = Files.readString(Path.of("/proc/" + process.pid() + "/stat"));
                String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
                seconds += (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) / 100.0;
            }
            return seconds;
        }

        @Override
        public void close() throws Exception {
            killAll();
        }
    }

    private Servers startZooKeeper() throws IOException {
        int[] ports = freePorts(9);
        List<ProcessBuilder> starts = new ArrayList<>();
        List<String> hosts = new ArrayList<>();
        for (int id = 1; id <= 3; id++) {
            Path home = Files.createDirectories(directory.resolve("zookeeper-" + id));
            StringBuilder config = new StringBuilder("tickTime=2000\ninitLimit=10\nsyncLimit=5\nmaxClientCnxns=0\nadmin.enableServer=false\n"
                    + "4lw.commands.whitelist=*\nclientPortAddress=127.0.0.1\n");
            config.append("dataDir=").append(home).append("\nclientPort=").append(ports[id - 1]).append('\n');
            for (int other = 1; other <= 3; other++) {
                config.append("server.").append(other).append("=127.0.0.1:").append(ports[2 + other]).append(':').append(ports[5 + other]).append('\n');
            }
            Path file = home.resolve("zoo.cfg");
            Files.writeString(file, config);
            Files.writeString(home.resolve("myid"), Integer.toString(id));
            starts.add(start(
                    "zookeeper-" + id,
                    List.of(
                            "-Dorg.slf4j.simpleLogger.defaultLogLevel=error",
                            "-cp",
                            System.getProperty("java.class.path"),
                            "org.apache.zookeeper.server.quorum.QuorumPeerMain",
                            file.toString())));
            hosts.add("127.0.0.1:" + ports[id - 1]);
        }
        Servers servers = new Servers(starts, new ArrayList<>(), hosts);
        servers.startAll();
        return servers;
    }

    private Servers startCoord(String name, String jar) throws IOException {
        int[] ports = freePorts(6);
        List<String> jvm = Stream.of(options.getOrDefault("--" + name + "-jvm", "").split(" ")).filter(option -> !option.isEmpty()).toList();
        StringBuilder members = new StringBuilder();
        for (int id = 1; id <= 3; id++) {
            members.append(id == 1 ? "" : ",").append(id).append("=127.0.0.1:").append(ports[id - 1]).append(':').append(ports[id + 2]);
        }
        List<ProcessBuilder> starts = new ArrayList<>();
        List<String> hosts = new ArrayList<>();
        for (int id = 1; id <= 3; id++) {
            List<String> arguments = new ArrayList<>(jvm);
            arguments.addAll(List.of(
                    "-jar",
                    jar,
                    "--id",
                    Integer.toString(id),
                    "--members",
                    members.toString(),
                    "--data-dir",
                    directory.resolve(name + "-data-" + id).toString(),
                    "--prop",
                    "maxClientCnxns=0",
                    "--prop",
                    "maxCnxns=0",
                    "--prop",
                    "4lw.commands.whitelist=isro"));
            starts.add(start(name + "-" + id, arguments));
            hosts.add("127.0.0.1:" + ports[id + 2]);
        }
        Servers servers = new Servers(starts, new ArrayList<>(), hosts);
        servers.startAll();
        return servers;
    }

    private Servers startFloor() throws IOException {
        int port = freePorts(1)[0];
        ProcessBuilder start = start("floor", List.of(
                "-cp",
                System.getProperty("java.class.path"),
                WireFloor.class.getName(),
                Integer.toString(port),
                directory.resolve("floor-data").toString()));
        Servers servers = new Servers(List.of(start), new ArrayList<>(), List.of("127.0.0.1:" + port));
        servers.startAll();
        return servers;
    }

    private ProcessBuilder start(String name, List<String> arguments) {
        String heap = options.getOrDefault("--heap", "1g");
        List<String> command = new ArrayList<>(List.of(java(), "-Xms" + heap, "-Xmx" + heap));
        command.addAll(arguments);
        return new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(directory.resolve(name + ".log").toFile()));
    }

    private static int[] freePorts(int count) throws IOException {
        List<ServerSocket> held = new ArrayList<>();
        int[] ports = new int[count];
        for (int i = 0; i < count; i++) {
            ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
            held.add(socket);
            ports[i] = socket.getLocalPort();
        }
        for (ServerSocket socket : held) {
            socket.close();
        }
        return ports;
    }

    private static void delete(Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }
}

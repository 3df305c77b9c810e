package io.coord.testkit.process;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Three processes of Apache ZooKeeper, to measure ours beside: its own main class and settings as its guide has them. */
final class ApacheEnsemble implements Mortal {

    private final Map<Integer, ServerProcess> servers = new TreeMap<>();
    private final Map<Integer, Integer> clientPorts = new TreeMap<>();
    private final @Nullable Namespaces machines;

    ApacheEnsemble(int size, Path home) throws IOException {
        this(size, home, List.of(), List.of());
    }

    /** Each on a machine of its own; their owner closes the machines. */
    ApacheEnsemble(Namespaces machines, int size, Path home) throws IOException {
        this(size, home, machines, List.of(), List.of());
    }

    /** With these settings and system properties besides. */
    ApacheEnsemble(int size, Path home, List<String> settings, List<String> properties) throws IOException {
        this(size, home, null, settings, properties);
    }

    private ApacheEnsemble(
            int size, Path home, @Nullable Namespaces machines, List<String> settings, List<String> properties) throws IOException {
        this.machines = machines;
        Ports ports = new Ports();
        StringBuilder list = new StringBuilder();
        for (int id = 1; id <= size; id++) {
            clientPorts.put(id, ports.free());
            list.append("server.%d=%s:%d:%d;%2$s:%d%n".formatted(id, host(id), ports.free(), ports.free(), clientPorts.get(id)));
        }
        for (int id = 1; id <= size; id++) {
            Path data = Files.createDirectories(home.resolve("data-" + id));
            Files.writeString(data.resolve("myid"), Integer.toString(id));
            Path file = Files.writeString(home.resolve("zoo-" + id + ".cfg"), """
                    tickTime=2000
                    initLimit=10
                    syncLimit=5
                    dataDir=%s
                    admin.enableServer=false
                    4lw.commands.whitelist=*
                    %s
                    %s""".formatted(data, String.join("\n", settings), list));
            List<String> command = ServerProcess.java(Files.createDirectories(home.resolve("tmp-" + id)));
            properties.forEach(property -> command.add("-D" + property));
            command.addAll(List.of(
                    "-cp", System.getProperty("java.class.path"), "org.apache.zookeeper.server.quorum.QuorumPeerMain", file.toString()));
            servers.put(id, new ServerProcess(machines == null ? command : machines.inside(id, command), home.resolve("cwd-" + id), home.resolve("server-" + id + ".log")));
        }
        servers.values().forEach(ServerProcess::start);
        servers.keySet().forEach(this::awaitServing);
    }

    /** Where a server's clients connect. */
    InetSocketAddress clientAddress(int id) {
        return new InetSocketAddress(host(id), clientPorts.get(id));
    }

    private String host(int id) {
        return machines == null ? "127.0.0.1" : machines.host(id);
    }

    private void awaitServing(int id) {
        ProcessEnsemble.await("server " + id, () -> mode(id).isPresent());
    }

    private Optional<String> mode(int id) {
        try (Socket socket = new Socket()) {
            socket.connect(clientAddress(id), 1_000);
            socket.setSoTimeout(2_000);
            socket.getOutputStream().write("srvr".getBytes(StandardCharsets.US_ASCII));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> line.startsWith("Mode: "))
                    .map(line -> line.substring("Mode: ".length()))
                    .findFirst();
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** One that says so alone, while all others follow: who was silent for a while may not know yet that it leads no longer. */
    @Override
    public int awaitLeader() {
        List<Integer> found = new ArrayList<>();
        ProcessEnsemble.await("a leader of Apache ZooKeeper", () -> {
            found.clear();
            int followers = 0;
            for (int id : servers.keySet()) {
                String mode = mode(id).orElse("");
                if (mode.equals("leader")) {
                    found.add(id);
                } else if (mode.equals("follower")) {
                    followers++;
                }
            }
            return found.size() == 1 && followers == servers.size() - 1;
        });
        return found.get(0);
    }

    @Override
    public String connectString() {
        return clientPorts.entrySet().stream().map(port -> host(port.getKey()) + ":" + port.getValue()).collect(Collectors.joining(","));
    }

    @Override
    public void kill(int id) throws InterruptedException {
        servers.get(id).kill();
    }

    /** Starts a server, which perhaps waits for others. */
    void startAgain(int id) {
        servers.get(id).start();
    }

    @Override
    public void restart(int id) {
        startAgain(id);
        awaitServing(id);
    }

    @Override
    public void freeze(int id) throws InterruptedException {
        servers.get(id).freeze();
    }

    @Override
    public void thaw(int id) throws InterruptedException {
        servers.get(id).thaw();
    }

    @Override
    public void isolate(int id) throws InterruptedException {
        machines().isolate(id);
    }

    @Override
    public void heal() throws InterruptedException {
        machines().heal();
    }

    private Namespaces machines() {
        return Objects.requireNonNull(machines, "they are all on this machine");
    }

    @Override
    public void close() {
        servers.values().forEach(ServerProcess::close);
    }
}

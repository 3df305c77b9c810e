package io.coord.testkit.process;

import io.coord.testkit.FaultProxy;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * An ensemble of {@code coord-server.jar} processes on loopback, and what may happen to them: kill -9, SIGSTOP, SIGTERM, restarts, links
 * cut between any two. What they say is in {@code target/processes}.
 *
 * <pre>{@code
 * try (ProcessEnsemble ensemble = ProcessEnsemble.of(3, "my-test")) {
 *   ZooKeeper client = new ZooKeeper(ensemble.connectString(), 10_000, event -> {});
 *   ensemble.kill(ensemble.awaitLeader());
 * }
 * }</pre>
 */
final class ProcessEnsemble implements Mortal {

    /** Times for a machine that runs four JVMs and more on two cores, where a thread may wait its turn for longer than elections usually take. */
    static final String[] PATIENT = {"heartbeat=150ms", "electionTimeout=1500ms", "minSessionTimeout=1s"};

    private static final int ATTEMPTS = 5;
    private static final Pattern LEADS = Pattern.compile("member - \\d+ (\\d+) leads from");
    private static final String PORT_IN_USE = "COORD-1004";

    private final Path home;
    private final Shape shape;
    private final List<String> properties;
    private final TreeMap<Integer, ServerProcess> members = new TreeMap<>();
    private final Map<Integer, Integer> peerPorts = new TreeMap<>();
    private final Map<Integer, Integer> clientPorts = new TreeMap<>();
    /** Nobody listens there; ZooKeeper's lists have one, and it is no other port. */
    private final Map<Integer, Integer> electionPorts = new TreeMap<>();
    private final Map<Link, FaultProxy> links = new LinkedHashMap<>();

    /** What one member sends to another. */
    private record Link(int from, int to) {}

    /**
     * What an ensemble consists of.
     *
     * @param size how many members there are places for
     * @param founders how many of them begin, and are told of each other
     * @param observers how many members, the last ones, have no vote
     * @param areLinksProxied whether they reach each other through proxies
     * @param machines what they run on, if not on this machine
     * @param heap the heap of each in megabytes, 0 for a small and frugal JVM
     * @param launcher what starts each JVM, with {@code {id}} for the member's number; nothing for no detour
     */
    private record Shape(int size, int founders, int observers, boolean areLinksProxied, @Nullable Namespaces machines, int heap,
            List<String> launcher) {
        Shape(int size, int founders, int observers, boolean areLinksProxied, @Nullable Namespaces machines, int heap) {
            this(size, founders, observers, areLinksProxied, machines, heap, List.of());
        }
    }

    private ProcessEnsemble(Path home, Shape shape, List<String> properties) {
        this.home = home;
        this.shape = shape;
        this.properties = properties;
    }

    /** An ensemble of that many members that serves; properties are name=value, with {@code {id}} for the member's number. */
    static ProcessEnsemble of(int size, String name, String... properties) throws InterruptedException {
        return of(new Shape(size, size, 0, false, null, 0), name, properties);
    }

    /** An ensemble of which each member is on a machine of its own; their owner closes the machines. */
    static ProcessEnsemble on(Namespaces machines, int size, String name, String... properties) throws InterruptedException {
        return of(new Shape(size, size, 0, false, machines, 0), name, open(properties));
    }

    private static String[] open(String... properties) {
        String[] open = Arrays.copyOf(properties, properties.length + 1);
        open[properties.length] = "insecure=true";
        return open;
    }

    /**
     * An ensemble whose links can be cut, on machines of its own if there are any, else by proxies; with room for spare members, which
     * {@link #start} starts, and which join as observers. Each JVM is started by way of a launcher, unless that is empty.
     */
    static ProcessEnsemble cuttable(@Nullable Namespaces machines, int founders, int spare, List<String> launcher, String name, String... properties)
            throws InterruptedException {
        Shape shape = new Shape(founders + spare, founders, spare, machines == null, machines, 0, launcher);
        return of(shape, name, machines == null ? properties : open(properties));
    }

    /** An ensemble whose members reach each other through proxies, so that {@link #cut} works. */
    static ProcessEnsemble proxied(int size, String name, String... properties) throws InterruptedException {
        return of(new Shape(size, size, 0, true, null, 0), name, properties);
    }

    /** One member that serves, and room for others, which {@link #start} starts with the list of all of them. */
    static ProcessEnsemble alone(int room, String name, String... properties) throws InterruptedException {
        return of(new Shape(room, 1, 0, false, null, 0), name, properties);
    }

    /** Members that are not small, each with a heap of so many megabytes, of which the last ones are observers. */
    static ProcessEnsemble large(int size, int observers, int heap, String name, String... properties) throws InterruptedException {
        return of(new Shape(size, size, observers, false, null, heap), name, properties);
    }

    private static ProcessEnsemble of(Shape shape, String name, String... properties) throws InterruptedException {
        Path home = Path.of("target", "processes", name).toAbsolutePath();
        deleteTree(home);
        for (int attempt = 1; ; attempt++) {
            ProcessEnsemble ensemble = new ProcessEnsemble(home.resolve("try-" + attempt), shape, List.of(properties));
            try {
                ensemble.found();
                return ensemble;
            } catch (AssertionError e) {
                ensemble.close();
                if (attempt == ATTEMPTS || ensemble.members.values().stream().noneMatch(member -> member.said().contains(PORT_IN_USE))) {
                    throw e;
                }
            }
        }
    }

    /** Where the server's jar lies; the build makes it before integration tests run. */
    static Path jar() {
        Path jar = Path.of("..", "coord-netty", "target", "coord-server.jar").toAbsolutePath().normalize();
        if (!Files.isRegularFile(jar)) {
            throw new AssertionError(jar + " is missing: mvn -pl coord-netty -am -DskipTests package makes it");
        }
        return jar;
    }

    private void found() throws InterruptedException {
        int size = shape.size();
        int founders = shape.founders();
        Ports ports = new Ports();
        for (int id = 1; id <= size; id++) {
            peerPorts.put(id, ports.free());
            clientPorts.put(id, ports.free());
            electionPorts.put(id, ports.free());
        }
        if (shape.areLinksProxied()) {
            pairs(size).forEach(link -> links.put(link, FaultProxy.to(peerPorts.get(link.to()))));
        }
        for (int id = 1; id <= size; id++) {
            members.put(id, process(id, command(id)));
        }
        for (int id = 1; id <= founders; id++) {
            members.get(id).start();
        }
        for (int id = 1; id <= founders; id++) {
            members.get(id).awaitServing();
        }
    }

    private static Stream<Link> pairs(int size) {
        return IntStream.rangeClosed(1, size).boxed().flatMap(from -> IntStream.rangeClosed(1, size)
                .filter(to -> to != from)
                .mapToObj(to -> new Link(from, to)));
    }

    /** What starts a member. */
    List<String> command(int id) {
        List<String> command = new ArrayList<>();
        shape.launcher().forEach(word -> command.add(word.replace("{id}", Integer.toString(id))));
        command.addAll(shape.heap() > 0 ? ServerProcess.java(temporary(id), shape.heap()) : ServerProcess.java(temporary(id)));
        command.addAll(List.of("-jar", jar().toString()));
        command.addAll(arguments(id));
        return shape.machines() == null ? command : shape.machines().inside(id, command);
    }

    private String host(int id) {
        return shape.machines() == null ? "127.0.0.1" : shape.machines().host(id);
    }

    /** What a member is told on its command line. */
    List<String> arguments(int id) {
        List<String> arguments = new ArrayList<>(List.of(
                "--id", Integer.toString(id), "--members", list(id > shape.founders() ? shape.size() : shape.founders()), "--data-dir", dataDirectory(id).toString()));
        properties.forEach(property -> arguments.addAll(List.of("--prop", property.replace("{id}", Integer.toString(id)))));
        links.forEach((link, proxy) -> {
            if (link.from() == id) {
                arguments.addAll(List.of("--prop", "peerAddress." + link.to() + "=127.0.0.1:" + proxy.port()));
            }
        });
        return arguments;
    }

    private String list(int size) {
        return IntStream.rangeClosed(1, size)
                .mapToObj(id -> id + "=" + host(id) + ":" + peerPorts.get(id) + ":" + clientPorts.get(id)
                        + (id > shape.size() - shape.observers() ? ":observer" : ""))
                .collect(Collectors.joining(","));
    }

    /** A member as ZooKeeper's reconfig names it. */
    String server(int id) {
        return "server.%d=%s:%d:%d:participant;%2$s:%d".formatted(id, host(id), peerPorts.get(id), electionPorts.get(id), clientPorts.get(id));
    }

    /** Takes away all that a stopped member has kept. */
    void wipe(int id) {
        deleteTree(dataDirectory(id));
    }

    private Path directory(int id) {
        return home.resolve("member-" + id);
    }

    /** What the member keeps everything under. */
    Path dataDirectory(int id) {
        return directory(id).resolve("data");
    }

    /** Where the member would put temporary files. */
    Path temporary(int id) {
        Path temporary = directory(id).resolve("tmp");
        try {
            Files.createDirectories(temporary);
            return temporary;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The directory in which the member was started. */
    Path workingDirectory(int id) {
        return directory(id).resolve("cwd");
    }

    List<Integer> ids() {
        return List.copyOf(members.keySet());
    }

    ServerProcess process(int id) {
        return members.get(id);
    }

    /** A member with its own data that is started otherwise; the caller closes it. */
    ServerProcess process(int id, List<String> command) {
        return new ServerProcess(command, workingDirectory(id), home.resolve("member-" + id + ".log"));
    }

    int peerPort(int id) {
        return peerPorts.get(id);
    }

    int clientPort(int id) {
        return clientPorts.get(id);
    }

    /** Every member's client address, as ZooKeeper's client takes them. */
    @Override
    public String connectString() {
        return ids().stream().map(this::connectString).collect(Collectors.joining(","));
    }

    /** One member's client address. */
    String connectString(int id) {
        return host(id) + ":" + clientPort(id);
    }

    // ------------------------------------------------------------------------------------------------ who leads

    /** Who said last, by its term, that it leads, if it still runs. */
    Optional<Integer> leader() {
        int leader = 0;
        long term = 0;
        for (int id : ids()) {
            Matcher led = LEADS.matcher(members.get(id).said());
            while (led.find()) {
                if (Long.parseLong(led.group(1)) > term) {
                    term = Long.parseLong(led.group(1));
                    leader = id;
                }
            }
        }
        return leader > 0 && members.get(leader).isAlive() ? Optional.of(leader) : Optional.empty();
    }

    /** Waits until somebody leads. */
    @Override
    public int awaitLeader() {
        await("a leader", () -> leader().isPresent());
        return leader().orElseGet(this::awaitLeader);
    }

    /** Waits until a condition holds. */
    static void await(String what, BooleanSupplier condition) {
        long deadlineNanos = System.nanoTime() + ServerProcess.PATIENCE_SECONDS * 1_000_000_000L;
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > deadlineNanos) {
                throw new AssertionError("waited in vain for " + what);
            }
            LockSupport.parkNanos(20_000_000);
        }
    }

    // ------------------------------------------------------------------------------------------------ what happens to them

    /** kill -9. */
    @Override
    public void kill(int id) throws InterruptedException {
        members.get(id).kill();
    }

    /** Starts a member again and waits until it serves. */
    @Override
    public void restart(int id) throws InterruptedException {
        start(id);
        awaitServing(id);
    }

    /** Starts a member again. */
    void start(int id) {
        members.get(id).start();
    }

    /** Waits until a started member serves; if its port was taken in between, starts it anew. */
    void awaitServing(int id) throws InterruptedException {
        ServerProcess member = members.get(id);
        for (int attempt = 1; ; attempt++) {
            try {
                member.awaitServing();
                return;
            } catch (AssertionError e) {
                if (attempt == ATTEMPTS || !member.said().contains(PORT_IN_USE)) {
                    throw e;
                }
                member.awaitEnd();
                member.start();
            }
        }
    }

    /** Cuts what one member sends to another. */
    void cut(int from, int to) throws InterruptedException {
        if (shape.machines() != null) {
            shape.machines().cut(from, to);
            return;
        }
        links.get(new Link(from, to)).cut();
    }

    /** Cuts one member off from all others; where it is on a machine of its own, from all clients, too. */
    @Override
    public void isolate(int id) throws InterruptedException {
        if (shape.machines() != null) {
            shape.machines().isolate(id);
        }
        links.forEach((link, proxy) -> {
            if (link.from() == id || link.to() == id) {
                proxy.cut();
            }
        });
    }

    /** Mends every link. */
    @Override
    public void heal() throws InterruptedException {
        if (shape.machines() != null) {
            shape.machines().heal();
        }
        links.values().forEach(FaultProxy::heal);
    }

    @Override
    public void freeze(int id) throws InterruptedException {
        members.get(id).freeze();
    }

    @Override
    public void thaw(int id) throws InterruptedException {
        members.get(id).thaw();
    }

    @Override
    public void close() {
        members.values().forEach(ServerProcess::close);
        links.values().forEach(FaultProxy::close);
    }

    private static void deleteTree(Path root) {
        if (!Files.exists(root)) {
            return;
        }
        try (Stream<Path> files = Files.walk(root)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

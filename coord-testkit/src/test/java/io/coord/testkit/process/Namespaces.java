package io.coord.testkit.process;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A machine of its own for each process, as far as the network goes: a namespace with an address and a cable to a switch, at which this JVM
 * has a port, too. What is cut is dropped and nobody is told, as where a cable is unplugged behind the next switch; connections stay open.
 * By means of Linux: whoever is not root there, or has no {@code ip}, skips the test.
 */
final class Namespaces implements AutoCloseable {

    /** A hardware address that nobody has. */
    private static final String NOBODY = "02:00:00:00:0c:ff";

    private final String name;
    private final String subnet;
    private final int size;
    private final TreeMap<Integer, List<Integer>> cut = new TreeMap<>();

    private Namespaces(int size) {
        long pid = ProcessHandle.current().pid();
        this.name = "c" + pid % 100_000;
        this.subnet = "10.231." + pid % 250 + ".";
        this.size = size;
    }

    /** That many machines, numbered from 1. */
    static Namespaces of(int size) throws InterruptedException {
        Namespaces machines = ifAllowed(size);
        assumeTrue(machines != null, "skipped: no network namespaces here");
        return machines;
    }

    /** The same, or null where there may be none; standard output says why. */
    static @Nullable Namespaces ifAllowed(int size) throws InterruptedException {
        Namespaces machines = new Namespaces(size);
        try {
            machines.connect();
            return machines;
        } catch (AssertionError e) {
            machines.close();
            System.out.println("no network namespaces here: " + e.getMessage());
            return null;
        }
    }

    private void connect() throws InterruptedException {
        ip("link", "add", name, "type", "bridge");
        ip("addr", "add", subnet + "254/24", "dev", name);
        ip("link", "set", name, "up");
        for (int id = 1; id <= size; id++) {
            ip("netns", "add", machine(id));
            ip("link", "add", machine(id), "type", "veth", "peer", "name", "eth0", "netns", machine(id));
            ip("-n", machine(id), "addr", "add", host(id) + "/24", "dev", "eth0");
            ip("-n", machine(id), "link", "set", "lo", "up");
            ip("-n", machine(id), "link", "set", "eth0", "up");
            ip("link", "set", machine(id), "master", name, "up");
        }
    }

    private String machine(int id) {
        return name + "-" + id;
    }

    /** A machine's address. */
    String host(int id) {
        return subnet + id;
    }

    /** The command, to be run on a machine. */
    List<String> inside(int id, List<String> command) {
        List<String> inside = new ArrayList<>(List.of("ip", "netns", "exec", machine(id)));
        inside.addAll(command);
        return inside;
    }

    /** Drops all that comes from one machine or goes to it. */
    void isolate(int id) throws InterruptedException {
        ip("link", "set", machine(id), "nomaster");
    }

    /** Drops what one machine sends to another. */
    void cut(int from, int to) throws InterruptedException {
        ip("-n", machine(from), "neigh", "replace", host(to), "lladdr", NOBODY, "dev", "eth0", "nud", "permanent");
        cut.computeIfAbsent(from, none -> new ArrayList<>()).add(to);
    }

    /** Drops nothing more. */
    void heal() throws InterruptedException {
        for (int id = 1; id <= size; id++) {
            ip("link", "set", machine(id), "master", name);
            for (int to : cut.getOrDefault(id, List.of())) {
                ip("-n", machine(id), "neigh", "del", host(to), "dev", "eth0");
            }
        }
        cut.clear();
    }

    private static void ip(String... words) throws InterruptedException {
        String said = run(words);
        if (!said.isEmpty()) {
            throw new AssertionError("ip " + String.join(" ", words) + ": " + said);
        }
    }

    /** What it complains of. */
    private static String run(String... words) throws InterruptedException {
        List<String> command = new ArrayList<>(List.of("ip"));
        command.addAll(List.of(words));
        try {
            Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
            String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
            return process.waitFor() == 0 ? "" : said.isEmpty() ? "refused" : said;
        } catch (IOException e) {
            return e.getMessage();
        }
    }

    @Override
    public void close() throws InterruptedException {
        for (int id = 1; id <= size; id++) {
            run("link", "del", machine(id));
            run("netns", "del", machine(id));
        }
        run("link", "del", name);
    }
}

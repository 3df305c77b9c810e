package io.coord.testkit.zookeeper;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.zookeeper.server.NIOServerCnxnFactory;
import org.apache.zookeeper.server.ZooKeeperServer;

/**
 * A standalone Apache ZooKeeper server in a process of its own, which can be killed like one. What runs there is as old as the oldest
 * version asked for: this class is compiled against the newest, but uses only what all have.
 */
final class ServerProcess implements AutoCloseable {

    private static final String READY = "listening on ";

    private final Process process;
    private final int port;

    private ServerProcess(Process process, int port) {
        this.process = process;
        this.port = port;
    }

    /**
     * Starts a server, and returns when clients can connect.
     *
     * @param jars of another version than the one tests are compiled against, or none
     * @param directory of its snapshots and logs
     * @param properties of its JVM, {@code name=value}
     */
    static ServerProcess start(List<Path> jars, Path directory, List<String> properties) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx256m"));
        properties.forEach(property -> command.add("-D" + property));
        List<String> classpath = new ArrayList<>();
        jars.forEach(jar -> classpath.add(jar.toString()));
        classpath.add(System.getProperty("java.class.path"));
        command.addAll(List.of("-cp", String.join(File.pathSeparator, classpath)));
        command.addAll(List.of(ServerProcess.class.getName(), directory.toString()));
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        BufferedReader out = process.inputReader(StandardCharsets.UTF_8);
        for (String line = out.readLine(); line != null; line = out.readLine()) {
            if (line.startsWith(READY)) {
                return new ServerProcess(process, Integer.parseInt(line.substring(READY.length())));
            }
        }
        process.destroyForcibly();
        throw new IOException("the server ended before it listened: " + command);
    }

    String address() {
        return InetAddress.getLoopbackAddress().getHostAddress() + ":" + port;
    }

    /** Ends the process at once. */
    void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }

    /** The server; ends when whoever started it does, whose end closes its standard input. */
    public static void main(String... arguments) throws Exception {
        File directory = new File(arguments[0]);
        ZooKeeperServer server = new ZooKeeperServer(directory, directory, 2_000);
        server.setMinSessionTimeout(100);
        server.setMaxSessionTimeout(120_000);
        NIOServerCnxnFactory connections = new NIOServerCnxnFactory();
        connections.configure(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        connections.startup(server);
        System.out.println(READY + connections.getLocalPort());
        System.out.flush();
        while (System.in.read() >= 0) {
            // nothing is said
        }
        Runtime.getRuntime().halt(0);
    }
}

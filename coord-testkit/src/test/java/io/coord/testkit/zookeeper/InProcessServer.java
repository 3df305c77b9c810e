package io.coord.testkit.zookeeper;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.server.ContainerManager;
import org.apache.zookeeper.server.DataNode;
import org.apache.zookeeper.server.NIOServerCnxnFactory;
import org.apache.zookeeper.server.RequestProcessor;
import org.apache.zookeeper.server.ServerCnxn.DisconnectReason;
import org.apache.zookeeper.server.ZKDatabase;
import org.apache.zookeeper.server.ZooKeeperServer;
import org.apache.zookeeper.server.persistence.FileTxnSnapLog;

/**
 * A standalone Apache ZooKeeper server in this JVM, on a loopback port of the kernel's choice. It can be stopped and started
 * again over the same directory.
 */
final class InProcessServer implements AutoCloseable {

    static final int TICK_MILLIS = 150;
    static final Duration TIMEOUT_MIN = Duration.ofMillis(2 * TICK_MILLIS);
    static final Duration TIMEOUT_MAX = Duration.ofSeconds(60);

    private final Path directory;
    private final boolean enforceQuota;
    private final List<Passed> passed = new ArrayList<>();
    private Server server;
    private NIOServerCnxnFactory connections;

    InProcessServer(Path directory, boolean enforceQuota) {
        this.directory = directory;
        this.enforceQuota = enforceQuota;
        server = new Server(directory, enforceQuota);
        connections = serve(server);
    }

    private static NIOServerCnxnFactory serve(Server server) {
        NIOServerCnxnFactory connections = new NIOServerCnxnFactory();
        try {
            connections.configure(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
            connections.startup(server);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while the server started", e);
        }
        return connections;
    }

    /** Where clients connect at present. */
    InetSocketAddress address() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), connections.getLocalPort());
    }

    /** Stops the server and starts another over what is on disk. */
    void restart() {
        close();
        server = new Server(directory, enforceQuota);
        connections = serve(server);
    }

    /** Ends a session as the expiry thread does. */
    void expire(long session) {
        server.closeSession(session);
    }

    /** Cuts a session's connection; the session goes on. */
    void cut(long session) {
        connections.closeSession(session, DisconnectReason.CLOSE_ALL_CONNECTIONS_FORCED);
    }

    /** Deletes the containers and TTL nodes that would be due if this time had passed since the last call. */
    void collect(Duration elapsed) throws InterruptedException {
        passed.add(new Passed(server.getZKDatabase().getDataTreeLastProcessedZxid(), elapsed.toMillis()));
        new Collector(server, passed).checkContainers();
    }

    /** Time that passed, for nodes last set by a write up to the zxid. */
    private record Passed(long zxid, long millis) {}

    @Override
    public void close() {
        connections.shutdown();
        server.closeLog();
    }

    private static final class Server extends ZooKeeperServer {

        private final FileTxnSnapLog log;
        private final boolean enforce;

        Server(Path directory, boolean enforceQuota) {
            this(log(directory), enforceQuota);
        }

        private Server(FileTxnSnapLog log, boolean enforceQuota) {
            super(log, TICK_MILLIS, (int) TIMEOUT_MIN.toMillis(), (int) TIMEOUT_MAX.toMillis(), -1, new ZKDatabase(log), "");
            this.log = log;
            this.enforce = enforceQuota;
        }

        private static FileTxnSnapLog log(Path directory) {
            try {
                return new FileTxnSnapLog(directory.resolve("log").toFile(), directory.resolve("snapshots").toFile());
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        /** The system property can be set only once in a JVM; without it the method above does nothing. */
        @Override
        public void checkQuota(String path, byte[] lastData, byte[] data, int type)
                throws KeeperException.QuotaExceededException {
            if (enforce) {
                super.checkQuota(path, lastData, data, type);
            }
        }

        RequestProcessor processor() {
            return firstProcessor;
        }

        void closeLog() {
            try {
                log.close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private static final class Collector extends ContainerManager {

        private final List<Passed> passed;

        Collector(Server server, List<Passed> passed) {
            super(server.getZKDatabase(), server.processor(), 60_000, 60_000, 0);
            this.passed = passed;
        }

        @Override
        protected long getElapsed(DataNode node) {
            long elapsedMillis = super.getElapsed(node);
            for (Passed each : passed) {
                elapsedMillis += node.stat.getMzxid() <= each.zxid() ? each.millis() : 0;
            }
            return elapsedMillis;
        }
    }
}

package org.apache.curator.test;

import io.coord.netty.SettledMember;
import java.io.Closeable;
import java.io.IOException;
import java.util.Collection;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.apache.zookeeper.server.quorum.QuorumPeerConfig;

/**
 * Stands in Curator's place for its class of the same name, which everything of curator-test starts its servers through: a member of
 * ours, with the configuration file that Curator writes for ZooKeeper's server, its files in the data directory named there.
 */
public class TestingZooKeeperServer implements Closeable {

    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(60);
    private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

    /** What ZooKeeper's server takes from the system properties of its JVM, and Curator's tests set there. */
    private static final List<String> OF_THE_JVM = List.of(
            "zookeeper.extendedTypesEnabled", "zookeeper.DigestAuthenticationProvider.superDigest", "readonlymode.enabled");

    private static final String CHECK_INTERVAL = "znode.container.checkIntervalMs";
    /** Some tests ask for 1 ms, which our settings refuse. */
    private static final int CHECK_INTERVAL_MIN = 10;

    private static final int ELECTION_MILLIS = 300;

    private enum State {
        LATENT,
        STARTED,
        STOPPED,
        CLOSED
    }

    private final QuorumConfigBuilder config;
    private final int index;
    private State state = State.LATENT;
    private int port;
    private SettledMember member;

    public TestingZooKeeperServer(QuorumConfigBuilder config) {
        this(config, 0);
    }

    public TestingZooKeeperServer(QuorumConfigBuilder config, int index) {
        this.config = config;
        this.index = index;
        this.port = config.getInstanceSpec(index).getPort();
    }

    public Collection<InstanceSpec> getInstanceSpecs() {
        return config.getInstanceSpecs();
    }

    public InstanceSpec getInstanceSpec() {
        return config.getInstanceSpec(index);
    }

    public synchronized int getLocalPort() {
        if (port == 0) {
            throw new IllegalStateException("server is configured to bind to port 0 but not started");
        }
        return port;
    }

    public synchronized void start() throws Exception {
        if (state != State.LATENT) {
            return;
        }
        member = SettledMember.start(settings());
        port = member.clientPort();
        state = State.STARTED;
        long end = System.nanoTime() + PATIENCE_NANOS;
        // A server of an ensemble waits for the others, whom the same thread starts.
        while (config.size() == 1 && !member.isServing()) {
            if (System.nanoTime() > end) {
                throw new FailedServerStartException("it does not serve");
            }
            LockSupport.parkNanos(LOOK_NANOS);
        }
    }

    private Properties settings() throws Exception {
        Properties settings = config.buildConfigProperties(index, port);
        settings.setProperty("4lw.commands.whitelist", "*");
        int slowness = Integer.getInteger("curator.slowness", 1);
        if (slowness > 1) {
            settings.setProperty("electionTimeout", ELECTION_MILLIS * slowness + "ms");
            settings.setProperty("heartbeat", ELECTION_MILLIS * slowness / 5 + "ms");
        }
        for (String name : OF_THE_JVM) {
            String value = System.getProperty(name);
            if (value != null) {
                settings.setProperty(name, value);
            }
        }
        if (System.getProperty(CHECK_INTERVAL) != null) {
            settings.setProperty(CHECK_INTERVAL, Integer.toString(Math.max(CHECK_INTERVAL_MIN, Integer.getInteger(CHECK_INTERVAL))));
        }
        if (QuorumPeerConfig.isReconfigEnabled()) {
            settings.setProperty("reconfigEnabled", "true");
        }
        return settings;
    }

    /** As a crash: nothing is handed over. */
    public synchronized void kill() {
        if (member != null) {
            member.close();
            member = null;
        }
        state = State.STOPPED;
    }

    public synchronized void stop() throws IOException {
        if (state == State.STARTED) {
            kill();
        }
    }

    public synchronized void restart() throws Exception {
        if (state == State.CLOSED) {
            throw new IllegalStateException("Cannot restart a closed instance");
        }
        stop();
        state = State.LATENT;
        start();
    }

    @Override
    public synchronized void close() throws IOException {
        stop();
        if (state == State.STOPPED) {
            state = State.CLOSED;
            config.close();
            if (getInstanceSpec().deleteDataDirectoryOnClose()) {
                DirectoryUtils.deleteRecursively(getInstanceSpec().getDataDirectory());
            }
        }
    }
}

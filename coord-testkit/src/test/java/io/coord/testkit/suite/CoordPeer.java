package io.coord.testkit.suite;

import io.coord.MemberStatus;
import io.coord.ensemble.Member;
import io.coord.netty.ImportZooKeeper;
import io.coord.netty.MemberBySettings;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Collectors;
import javax.security.sasl.SaslException;
import org.apache.zookeeper.server.DataTree;
import org.apache.zookeeper.server.ServerCnxnFactory;
import org.apache.zookeeper.server.persistence.FileTxnSnapLog;
import org.apache.zookeeper.server.quorum.Follower;
import org.apache.zookeeper.server.quorum.Leader;
import org.apache.zookeeper.server.quorum.Observer;
import org.apache.zookeeper.server.quorum.QuorumPeer;
import org.apache.zookeeper.server.quorum.flexible.QuorumVerifier;
import org.jspecify.annotations.Nullable;

/**
 * Takes the place of each {@code QuorumPeer} that the tests create ({@link SuiteLoader}): a member of Coord's with the same number, ports
 * and fellow members. It neither votes nor follows as ZooKeeper does.
 */
@SuppressWarnings("this-escape")
public class CoordPeer extends QuorumPeer {

    /** The property that says that the ensemble is founded before its first member starts. */
    static final String FOUNDED = "suite.founded";

    private static final int ELECTION_MILLIS_MIN = 300;

    private final CountDownLatch ended = new CountDownLatch(1);
    private volatile @Nullable Member member;

    public CoordPeer() throws SaslException {}

    public CoordPeer(Map<Long, QuorumServer> peers, File snapshots, File log, int election, long id, int tick, int init, int sync,
            int connect, ServerCnxnFactory connections) throws IOException {
        super(peers, snapshots, log, election, id, tick, init, sync, connect, connections);
    }

    public CoordPeer(Map<Long, QuorumServer> peers, File snapshots, File log, int election, long id, int tick, int init, int sync,
            int connect, boolean isEverywhere, ServerCnxnFactory connections, QuorumVerifier config) throws IOException {
        super(peers, snapshots, log, election, id, tick, init, sync, connect, isEverywhere, connections, config);
    }

    public CoordPeer(Map<Long, QuorumServer> peers, File snapshots, File log, int port, int election, long id, int tick, int init,
            int sync, int connect) throws IOException {
        super(peers, snapshots, log, port, election, id, tick, init, sync, connect);
    }

    public CoordPeer(Map<Long, QuorumServer> peers, File snapshots, File log, int port, int election, long id, int tick, int init,
            int sync, int connect, String oracle) throws IOException {
        super(peers, snapshots, log, port, election, id, tick, init, sync, connect, oracle);
    }

    public CoordPeer(Map<Long, QuorumServer> peers, File snapshots, File log, int port, int election, long id, int tick, int init,
            int sync, int connect, QuorumVerifier config) throws IOException {
        super(peers, snapshots, log, port, election, id, tick, init, sync, connect, config);
    }

    @Override
    public synchronized void start() {
        Map<Long, QuorumServer> all = new TreeMap<>(getQuorumVerifier().getAllMembers());
        long first = all.containsKey(0L) ? 1 : 0; // ours begin at 1
        String members = all.values().stream()
                .map(peer -> peer.id + first + "=127.0.0.1:" + peer.addr.getAllPorts().get(0) + ":" + clientPort(peer)
                        + (isObserver(peer) ? ":observer" : ""))
                .collect(Collectors.joining(","));
        Path directory = getTxnFactory().getDataLogDir().getParentFile().toPath();
        CoordWords words = new CoordWords(getMyId() + first, members, directory)
                .and("tickTime", getTickTime())
                .and("electionTimeout", Math.max(ELECTION_MILLIS_MIN, getTickTime() / 4) + "ms") // leaders of ZooKeeper's change by ticks, too
                .and("localSessionsEnabled", areLocalSessionsEnabled())
                .and("localSessionsUpgradingEnabled", isLocalSessionsUpgradingEnabled())
                .and("reconfigEnabled", isReconfigEnabled())
                .and("maxClientCnxns", 0);
        if (minSessionTimeout > 0) {
            words.and("minSessionTimeout", minSessionTimeout);
        }
        if (maxSessionTimeout > 0) {
            words.and("maxSessionTimeout", maxSessionTimeout);
        }
        if (Boolean.getBoolean(FOUNDED) && Files.notExists(directory.resolve("coord"))) {
            found(directory, getMyId() + first, members);
        }
        member = MemberBySettings.start(words.andThoseOfTheJvm().all());
        super.start();
    }

    /** Writes what every member has once all have met: by a migration from a server of ZooKeeper's with nothing in it. */
    private static void found(Path directory, long id, String members) {
        try {
            File nothing = Files.createDirectory(directory.resolve("nothing")).toFile();
            FileTxnSnapLog files = new FileTxnSnapLog(nothing, nothing);
            files.save(new DataTree(), new ConcurrentHashMap<>(), true);
            files.close();
            int code = ImportZooKeeper.run(
                    List.of("--from", nothing.toString(), "--data-dir", directory.resolve("coord").toString(), "--id", Long.toString(id),
                            "--members", members),
                    System.err, System.err);
            if (code != 0) {
                throw new IllegalStateException("the import ended with " + code);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private int clientPort(QuorumServer peer) {
        return peer.id == getMyId() ? getClientPort() : peer.clientAddr.getPort();
    }

    private boolean isObserver(QuorumServer peer) {
        return peer.type == LearnerType.OBSERVER || peer.id == getMyId() && getLearnerType() == LearnerType.OBSERVER;
    }

    @Override
    public synchronized void startLeaderElection() {}

    /** The thread of a peer lives for as long as the peer does; tests join it. */
    @Override
    public void run() {
        try {
            ended.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void shutdown() {
        Member running = member;
        member = null;
        if (running != null) {
            running.close();
        }
        super.shutdown();
        ended.countDown();
    }

    @Override
    public synchronized ServerState getPeerState() {
        Member running = member;
        MemberStatus status = running == null ? null : running.status();
        if (status == null || !status.isServing() || status.leader().isEmpty()) {
            return ServerState.LOOKING;
        }
        return switch (status.role()) {
            case LEADER -> ServerState.LEADING;
            case OBSERVER -> ServerState.OBSERVING;
            default -> ServerState.FOLLOWING;
        };
    }

    // ------------------------------------------------------------------------------------------------ what fields of these names say

    /** What tests read from the field {@code leader}, to see whether it is null. */
    public static @Nullable Leader leader(QuorumPeer peer) {
        return peer.getPeerState() == ServerState.LEADING ? hollow(Leader.class) : null;
    }

    /** The same for {@code follower}. */
    public static @Nullable Follower follower(QuorumPeer peer) {
        return peer.getPeerState() == ServerState.FOLLOWING ? hollow(Follower.class) : null;
    }

    /** The same for {@code observer}. */
    public static @Nullable Observer observer(QuorumPeer peer) {
        return peer.getPeerState() == ServerState.OBSERVING ? hollow(Observer.class) : null;
    }

    /** An object whose constructor did not run: one that looked into it would fail, and is excluded. */
    private static <T> T hollow(Class<T> type) {
        try {
            Class<?> unsafe = Class.forName("sun.misc.Unsafe");
            var field = unsafe.getDeclaredField("theUnsafe");
            field.setAccessible(true);
            return type.cast(unsafe.getMethod("allocateInstance", Class.class).invoke(field.get(null), type));
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }
}

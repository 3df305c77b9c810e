package io.coord.testkit.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.Watcher.Event.KeeperState;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.admin.ZooKeeperAdmin;

/** A superuser who changes an ensemble's members by ZooKeeper's reconfig. */
final class Administrator implements AutoCloseable {

    /** What members must be told for it. */
    static final String ALLOWED = "reconfigEnabled=true";
    /** The same, of whom it is allowed to: that of "secret". */
    static final String SUPERUSER = "zookeeper.DigestAuthenticationProvider.superDigest=super:lK75jTNcA+U9vtVEw5vB51mj/w4=";

    private final ProcessEnsemble ensemble;
    private final ZooKeeperAdmin admin;

    Administrator(ProcessEnsemble ensemble) throws Exception {
        this.ensemble = ensemble;
        CountDownLatch connected = new CountDownLatch(1);
        this.admin = new ZooKeeperAdmin(ensemble.connectString(), 30_000, event -> {
            if (event.getState() == KeeperState.SyncConnected) {
                connected.countDown();
            }
        });
        assertThat(connected.await(ServerProcess.PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
        admin.addAuthInfo("digest", "super:secret".getBytes(StandardCharsets.UTF_8));
    }

    /** Asks again where the new members have not called yet, and where the answer was lost. */
    void reconfigure(List<Integer> ids) throws Exception {
        String wanted = ids.stream().map(ensemble::server).collect(Collectors.joining(","));
        // The configuration of a member that is alone is empty (zk.RC1).
        String members = ids.size() == 1 ? "" : ids.stream().map(id -> "server." + id + "=").collect(Collectors.joining(","));
        for (long deadline = System.nanoTime() + ServerProcess.PATIENCE_SECONDS * 1_000_000_000L; ; ) {
            try {
                admin.reconfigure(null, null, wanted, -1, null);
            } catch (KeeperException.NewConfigNoQuorum | KeeperException.ReconfigInProgress | KeeperException.ConnectionLossException e) {
                if (System.nanoTime() > deadline) {
                    throw e;
                }
                continue;
            }
            String config = configuration(deadline);
            assertThat(config.lines().filter(line -> line.startsWith("server.")).map(line -> line.replaceAll("=.*", "=")).collect(
                    Collectors.joining(","))).isEqualTo(members);
            return;
        }
    }

    /** The member that was asked before may be one that was just removed: its connections break. */
    private String configuration(long deadline) throws Exception {
        while (true) {
            try {
                return new String(admin.getData(ZooDefs.CONFIG_NODE, false, null), StandardCharsets.UTF_8);
            } catch (KeeperException.ConnectionLossException e) {
                if (System.nanoTime() > deadline) {
                    throw e;
                }
            }
        }
    }

    @Override
    public void close() throws InterruptedException {
        admin.close();
    }
}

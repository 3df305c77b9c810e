package io.coord.testkit.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.Watcher.Event.KeeperState;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.admin.ZooKeeperAdmin;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A process that is alone, joined by two others and left by them again, by ZooKeeper's reconfig, under clients that write. */
@Tag("bars")
@Timeout(600)
class GrowAndShrinkIT {

    private static final int ROUNDS = Integer.getInteger("grow.rounds", 1);
    private static final int CLIENTS = 2;

    /** The superuser's digest, of "secret". */
    private static final String SUPER = "super:lK75jTNcA+U9vtVEw5vB51mj/w4=";

    @Test
    @DisplayName("zk.RC2: 1 to 3 processes and back, each of the three killed in between: nothing acknowledged lost, no read going back")
    void anEnsembleGrowsAndShrinksUnderWritingClients() throws Exception {
        try (ProcessEnsemble ensemble = ProcessEnsemble.alone(3, "grow", "heartbeat=150ms", "electionTimeout=1500ms", "minSessionTimeout=1s",
                        "reconfigEnabled=true", "zookeeper.DigestAuthenticationProvider.superDigest=" + SUPER);
                Workload workload = Workload.start(ensemble.connectString(), CLIENTS);
                ZooKeeperAdmin admin = admin(ensemble.connectString())) {
            for (int round = 1; round <= ROUNDS; round++) {
                ensemble.start(2);
                ensemble.start(3);
                reconfigure(admin, ensemble, 1, 2, 3);
                ensemble.awaitServing(2);
                ensemble.awaitServing(3);
                for (int id : ensemble.ids()) {
                    long before = workload.acknowledged();
                    ensemble.kill(id);
                    workload.awaitWrite(before, "while member " + id + " of three is dead");
                    ensemble.restart(id);
                }
                reconfigure(admin, ensemble, 1);
                long before = workload.acknowledged();
                for (int id = 2; id <= 3; id++) {
                    assertThat(ensemble.process(id).awaitEnd()).as("member %s, which was removed", id).isEqualTo(1);
                    assertThat(ensemble.process(id).said()).contains("member " + id + " was removed from the ensemble");
                    ensemble.wipe(id);
                }
                workload.awaitWrite(before, "while member 1 is alone again");
            }
            System.out.printf("grow and shrink: %d rounds, %d writes acknowledged%n", ROUNDS, workload.acknowledged());
            assertThat(workload.verdict(ensemble, List.of(1))).isEmpty();
        }
    }

    /** Asks again where the new members have not called yet, and where the answer was lost with a connection. */
    private static void reconfigure(ZooKeeperAdmin admin, ProcessEnsemble ensemble, Integer... ids) throws Exception {
        String wanted = Stream.of(ids).map(ensemble::server).collect(Collectors.joining(","));
        // The configuration of a member that is alone is empty (zk.RC1).
        String members = ids.length == 1 ? "" : Stream.of(ids).map(id -> "server." + id + "=").collect(Collectors.joining(","));
        for (long deadline = System.nanoTime() + ServerProcess.PATIENCE_SECONDS * 1_000_000_000L; ; ) {
            try {
                admin.reconfigure(null, null, wanted, -1, null);
            } catch (KeeperException.NewConfigNoQuorum | KeeperException.ReconfigInProgress | KeeperException.ConnectionLossException e) {
                if (System.nanoTime() > deadline) {
                    throw e;
                }
                continue;
            }
            String config = configuration(admin, deadline);
            assertThat(config.lines().filter(line -> line.startsWith("server.")).map(line -> line.replaceAll("=.*", "=")).collect(
                    Collectors.joining(","))).isEqualTo(members);
            return;
        }
    }

    /** The member that was asked before may be one that was just removed: its connections break. */
    private static String configuration(ZooKeeperAdmin admin, long deadline) throws Exception {
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

    private static ZooKeeperAdmin admin(String connectString) throws Exception {
        CountDownLatch connected = new CountDownLatch(1);
        ZooKeeperAdmin admin = new ZooKeeperAdmin(connectString, 30_000, event -> {
            if (event.getState() == KeeperState.SyncConnected) {
                connected.countDown();
            }
        });
        assertThat(connected.await(ServerProcess.PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
        admin.addAuthInfo("digest", "super:secret".getBytes(StandardCharsets.UTF_8));
        return admin;
    }
}

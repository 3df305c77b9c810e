package io.coord.testkit.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CountDownLatch;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.ZooKeeper;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Disks of processes that fail, by means of the kernel: strace, which answers system calls in its place, and a file system in memory that
 * is full. Where this user may not have them, the tests are skipped and say so.
 */
@Tag("bars")
@Timeout(300) // each step is a JVM's start on what may be a busy machine
class DiskFaultIT {

    private static final int CLIENTS = 3;
    private static final int LARGE = 600 << 10;
    private static final long SEGMENT = 16 << 20;

    @Test
    @DisplayName("fault.D10: a leader whose disk refuses a force stops and says which file; the others go on, and it catches up later")
    void aLeaderWhoseForceFails() throws Exception {
        try (ProcessEnsemble ensemble = ProcessEnsemble.of(3, "disk-eio", ProcessEnsemble.PATIENT);
                Workload workload = Workload.start(ensemble.connectString(), CLIENTS)) {
            int victim = ensemble.awaitLeader();
            try (Strace failing = Strace.answeringForces(ensemble.process(victim), "error=EIO")) {
                assertThat(ensemble.process(victim).awaitEnd()).as("exit code of member %s", victim).isEqualTo(1);
            }
            assertThat(ensemble.process(victim).said())
                    .contains("COORD-1066 cannot write " + ensemble.dataDirectory(victim), "Input/output error", "Check disk and free space");
            workload.awaitWrite(workload.acknowledged(), "without member " + victim);
            ensemble.restart(victim);
            assertThat(workload.verdict(ensemble)).isEmpty();
        }
    }

    @Test
    @DisplayName("fault.D11: a member whose disk is full stays and says so; the others go on, and with room again it catches up by itself")
    void aDiskThatIsFull() throws Exception {
        try (ProcessEnsemble ensemble = ProcessEnsemble.of(3, "disk-full", ProcessEnsemble.PATIENT);
                Workload workload = Workload.start(ensemble.connectString(), CLIENTS)) {
            int victim = ensemble.awaitLeader() % 3 + 1;
            ensemble.process(victim).terminate();
            try (SmallDisk disk = SmallDisk.at(ensemble.dataDirectory(victim).getParent())) {
                ensemble.restart(victim);
                disk.fill();
                ensemble.process(victim).awaitSaid("COORD-1068 the disk of data directory " + ensemble.dataDirectory(victim) + " is full");
                writeMore(ensemble.connectString(ensemble.awaitLeader()), 2 * SEGMENT);
                workload.awaitWrite(workload.acknowledged(), "with member " + victim + " waiting for room");
                assertThat(ensemble.process(victim).isAlive()).isTrue();
                disk.empty();
                ensemble.process(victim).awaitSaid("has room on its disk again");
                assertThat(workload.verdict(ensemble)).isEmpty();
                ensemble.kill(victim);
            }
        }
    }

    /** Large values, one after the other: more than the log of a member finds room for in what it has laid down. */
    private static void writeMore(String connectString, long bytes) throws Exception {
        CountDownLatch connected = new CountDownLatch(1);
        try (ZooKeeper client = new ZooKeeper(connectString, 30_000, event -> connected.countDown())) {
            connected.await();
            String path = client.create("/large", new byte[0], ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
            for (long written = 0; written < bytes; written += LARGE) {
                client.setData(path, new byte[LARGE], -1);
            }
        }
    }
}

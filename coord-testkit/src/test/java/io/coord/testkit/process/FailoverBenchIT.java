package io.coord.testkit.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.Watcher.Event.KeeperState;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.ZooKeeper;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The time from kill -9 of the leader, or from when it falls silent with all its connections open, or from when all packets from and to it
 * are dropped, to the next acknowledged write; default settings, beside Apache ZooKeeper's in the same run: {@code -Dfailover.kills=50}.
 */
@Tag("bench")
class FailoverBenchIT {

    private static final int CLIENTS = 4;
    private static final int SESSION_MILLIS = 20_000;

    @TempDir
    Path directory;

    /** What ends the leader's leadership. */
    private enum End { KILLED, SILENT, UNHEARD }

    @Test
    @Timeout(3_600)
    void writesAreBackAtMostHalfAsLateAsWithZooKeeper() throws Exception {
        compare(End.KILLED);
    }

    @Test
    @Timeout(3_600)
    void behindASilentLeaderTheyAreToo() throws Exception {
        compare(End.SILENT);
    }

    @Test
    @Timeout(3_600)
    void behindALeaderWhosePacketsAreDroppedTheyAreToo() throws Exception {
        int times = Integer.getInteger("failover.kills", 50);
        try (Namespaces machines = Namespaces.of(3)) {
            List<Long> ours;
            try (ProcessEnsemble ensemble = ProcessEnsemble.on(machines, 3, "failover-" + End.UNHEARD)) {
                ours = measure(times, ensemble, End.UNHEARD);
            }
            try (ApacheEnsemble ensemble = new ApacheEnsemble(machines, 3, Files.createDirectories(directory.resolve("apache-" + End.UNHEARD)))) {
                compare(End.UNHEARD, ours, measure(times, ensemble, End.UNHEARD));
            }
        }
    }

    private void compare(End end) throws Exception {
        int kills = Integer.getInteger("failover.kills", 50);
        List<Long> ours;
        try (ProcessEnsemble ensemble = ProcessEnsemble.of(3, "failover-" + end)) {
            ours = measure(kills, ensemble, end);
        }
        try (ApacheEnsemble ensemble = new ApacheEnsemble(3, Files.createDirectories(directory.resolve("apache-" + end)))) {
            compare(end, ours, measure(kills, ensemble, end));
        }
    }

    private static void compare(End end, List<Long> ours, List<Long> theirs) {
        System.out.printf("failover, leader " + end + ", ms: ours %s; Apache ZooKeeper's %s; ratio of medians %.2f%n",
                figures(ours), figures(theirs), (double) median(ours) / median(theirs));
        assertThat(median(ours) * 2).isLessThanOrEqualTo(median(theirs));
    }

    private static List<Long> measure(int kills, Mortal ensemble, End end) throws Exception {
        AtomicInteger expired = new AtomicInteger();
        List<ZooKeeper> clients = new ArrayList<>();
        List<Thread> threads = new ArrayList<>();
        List<Long> millis = new ArrayList<>();
        AtomicLong killedNanos = new AtomicLong(Long.MAX_VALUE);
        AtomicLong backNanos = new AtomicLong();
        AtomicInteger isOver = new AtomicInteger();
        AtomicLong writes = new AtomicLong();
        try {
            for (int i = 0; i < CLIENTS; i++) {
                CountDownLatch connected = new CountDownLatch(1);
                ZooKeeper client = new ZooKeeper(ensemble.connectString(), SESSION_MILLIS, event -> {
                    if (event.getState() == KeeperState.SyncConnected) {
                        connected.countDown();
                    } else if (event.getState() == KeeperState.Expired) {
                        expired.incrementAndGet();
                    }
                });
                clients.add(client);
                assertThat(connected.await(ServerProcess.PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
                String path = "/failover-" + i;
                client.create(path, new byte[0], ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
                Thread thread = new Thread(() -> write(client, path, killedNanos, backNanos, isOver, writes), "failover-" + i);
                threads.add(thread);
                thread.start();
            }
            for (int i = 0; i < kills; i++) {
                int leader = ensemble.awaitLeader();
                backNanos.set(0);
                long begin = System.nanoTime();
                switch (end) {
                    case KILLED -> ensemble.kill(leader);
                    case SILENT -> ensemble.freeze(leader);
                    case UNHEARD -> ensemble.isolate(leader);
                }
                killedNanos.set(System.nanoTime());
                ProcessEnsemble.await("a write after the leader was killed", () -> backNanos.get() > 0);
                millis.add((backNanos.get() - begin) / 1_000_000);
                killedNanos.set(Long.MAX_VALUE);
                if (end == End.KILLED) {
                    ensemble.restart(leader);
                } else {
                    if (end == End.SILENT) {
                        ensemble.thaw(leader);
                    } else {
                        ensemble.heal();
                    }
                    long thawed = writes.get();
                    ProcessEnsemble.await("writes after the leader was heard again", () -> writes.get() > thawed + CLIENTS);
                }
            }
        } finally {
            isOver.set(1);
            for (Thread thread : threads) {
                thread.join();
            }
            for (ZooKeeper client : clients) {
                client.close();
            }
        }
        assertThat(expired).as("sessions lost").hasValue(0);
        return millis.stream().sorted().toList();
    }

    /** Writes one after the other; tells when the first was acknowledged that began after the kill. */
    private static void write(
            ZooKeeper client, String path, AtomicLong killedNanos, AtomicLong backNanos, AtomicInteger isOver, AtomicLong writes) {
        while (isOver.get() == 0) {
            long begin = System.nanoTime();
            try {
                client.setData(path, new byte[10], -1);
                writes.incrementAndGet();
                if (begin > killedNanos.get()) {
                    backNanos.compareAndSet(0, System.nanoTime());
                }
            } catch (KeeperException e) {
                // not acknowledged
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    private static long median(List<Long> sorted) {
        return sorted.get(sorted.size() / 2);
    }

    private static String figures(List<Long> sorted) {
        return "median %d, p99 %d, worst %d of %d".formatted(
                median(sorted), sorted.get(sorted.size() * 99 / 100), sorted.get(sorted.size() - 1), sorted.size());
    }
}

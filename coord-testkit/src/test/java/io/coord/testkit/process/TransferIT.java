package io.coord.testkit.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.Watcher.Event.KeeperState;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.ZooKeeper;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * A large state on its way to a member that has nothing, while clients go on writing to the others. {@code -Dtransfer.megabytes=N} for another
 * size than a gigabyte.
 */
@Tag("soak")
class TransferIT {

    private static final int MEGABYTES = Integer.getInteger("transfer.megabytes", 1_000);
    private static final int NODE_BYTES = 10_000;
    private static final int NODES = MEGABYTES * 1_000_000 / NODE_BYTES;
    private static final int FOLDER_NODES = 1_000;
    private static final int HEAP = 3 * 1_024;
    private static final int SESSIONS = 8;
    private static final int OUTSTANDING = 32;
    private static final int SECONDS = 30;
    private static final List<Integer> VOTERS = List.of(1, 2, 3);
    private static final int OBSERVER = 4;

    @Test
    @Timeout(3_600)
    @DisplayName("fault.N8: a gigabyte is transferred to an empty observer while writes go on: no election, their p99 at most doubled")
    void aLargeStateIsTransferredWhileWritesGoOn() throws Exception {
        try (ProcessEnsemble ensemble = ProcessEnsemble.large(4, 1, HEAP, "transfer")) {
            ensemble.kill(OBSERVER);
            ensemble.wipe(OBSERVER);
            String voters = VOTERS.stream().map(ensemble::connectString).collect(Collectors.joining(","));
            try (ZooKeeper client = client(voters)) {
                fill(client);
            }
            try (Load load = Load.start(voters, SESSIONS, OUTSTANDING, 1_000)) {
                load.goesOnFor(SECONDS);
                load.latencies();
                load.goesOnFor(SECONDS);
                List<String> electionsBefore = FullLoadIT.elections(ensemble, VOTERS);
                Load.Latencies before = load.latencies();
                long begin = System.nanoTime();
                ensemble.start(OBSERVER);
                ensemble.awaitServing(OBSERVER);
                long seconds = TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - begin);
                Load.Latencies during = load.latencies();

                System.out.printf("transfer: %d nodes of %d bytes in %d s; before: %s; meanwhile: %s; p99 %.2f times%n",
                        NODES, NODE_BYTES, seconds, before, during, (double) during.micros(990) / before.micros(990));
                assertThat(FullLoadIT.elections(ensemble, VOTERS)).isEqualTo(electionsBefore);
                assertThat(load.failed()).isZero();
                assertThat(during.micros(990)).isLessThanOrEqualTo(2 * before.micros(990));
            }
            try (ZooKeeper client = client(ensemble.connectString(OBSERVER))) {
                assertThat(client.getAllChildrenNumber("/large")).isEqualTo(NODES + NODES / FOLDER_NODES);
                assertThat(client.getData(node(NODES - 1), false, null)).hasSize(NODE_BYTES);
            }
        }
    }

    private static ZooKeeper client(String connectString) throws Exception {
        CountDownLatch connected = new CountDownLatch(1);
        ZooKeeper client = new ZooKeeper(connectString, 30_000, event -> {
            if (event.getState() == KeeperState.SyncConnected) {
                connected.countDown();
            }
        });
        assertThat(connected.await(ServerProcess.PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
        return client;
    }

    private static String folder(int number) {
        return "/large/" + number / FOLDER_NODES;
    }

    private static String node(int number) {
        return folder(number) + "/" + number % FOLDER_NODES;
    }

    /** Values that nothing can pack, a hundred outstanding. */
    private static void fill(ZooKeeper client) throws InterruptedException {
        int atOnce = 100;
        Semaphore room = new Semaphore(atOnce);
        AtomicInteger failed = new AtomicInteger();
        Random random = new Random(1);
        List<String> folders = Stream.iterate(0, number -> number < NODES, number -> number + FOLDER_NODES).map(TransferIT::folder).toList();
        for (String path : Stream.concat(Stream.of("/large"), folders.stream()).toList()) {
            create(client, path, new byte[0], room, failed);
        }
        for (int i = 0; i < NODES; i++) {
            byte[] data = new byte[NODE_BYTES];
            random.nextBytes(data);
            create(client, node(i), data, room, failed);
        }
        room.acquire(atOnce);
        assertThat(failed).hasValue(0);
    }

    private static void create(ZooKeeper client, String path, byte[] data, Semaphore room, AtomicInteger failed) throws InterruptedException {
        room.acquire();
        createOrAgain(client, path, data, room, failed);
    }

    /** An answer that was lost, or a folder whose own was, is no failure of what is measured later. */
    private static void createOrAgain(ZooKeeper client, String path, byte[] data, Semaphore room, AtomicInteger failed) {
        client.create(path, data, ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT, (code, asked, context, name) -> {
            Code answer = Code.get(code);
            if (answer == Code.CONNECTIONLOSS || answer == Code.NONODE) {
                createOrAgain(client, path, data, room, failed);
                return;
            }
            if (answer != Code.OK && answer != Code.NODEEXISTS) {
                failed.incrementAndGet();
            }
            room.release();
        }, null);
    }
}

package io.coord.testkit.process;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.Watcher.Event.KeeperState;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.ZooKeeper;

/** Clients that write as fast as they are answered, with so many writes always outstanding, and how long each write took. */
final class Load implements AutoCloseable {

    private static final int SESSION_MILLIS = 20_000;
    private static final int NODES = 1_000;
    private static final String ROOT = "/load";

    private final List<ZooKeeper> clients = new ArrayList<>();
    private final CountDownLatch expired = new CountDownLatch(1);
    private final AtomicLong failed = new AtomicLong();
    private final AtomicLong written = new AtomicLong();
    private final Semaphore outstanding;
    private final int outstandingMax;
    private final byte[] data;
    private volatile Latencies latencies = new Latencies();
    private volatile boolean isOver;

    private Load(int outstandingMax, int bytes) {
        this.outstanding = new Semaphore(outstandingMax);
        this.outstandingMax = outstandingMax;
        this.data = new byte[bytes];
    }

    /** So many sessions, which begin to write values of that size to a thousand nodes, with so many writes outstanding in all. */
    static Load start(String connectString, int sessions, int outstandingMax, int bytes) throws Exception {
        Load load = new Load(outstandingMax, bytes);
        for (int i = 0; i < sessions; i++) {
            load.clients.add(load.client(connectString));
        }
        ZooKeeper first = load.clients.get(0);
        first.create(ROOT, new byte[0], ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
        for (int i = 0; i < NODES; i++) {
            first.create(node(i), load.data, ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
        }
        for (int i = 0; i < outstandingMax; i++) {
            load.outstanding.acquire();
            load.write(load.clients.get(i % sessions), i);
        }
        return load;
    }

    private ZooKeeper client(String connectString) throws Exception {
        CountDownLatch connected = new CountDownLatch(1);
        ZooKeeper client = new ZooKeeper(connectString, SESSION_MILLIS, event -> {
            if (event.getState() == KeeperState.SyncConnected) {
                connected.countDown();
            } else if (event.getState() == KeeperState.Expired) {
                expired.countDown();
            }
        });
        if (!connected.await(ServerProcess.PATIENCE_SECONDS, TimeUnit.SECONDS)) {
            throw new AssertionError("no connection to " + connectString);
        }
        return client;
    }

    private static String node(int number) {
        return ROOT + "/" + number % NODES;
    }

    private void write(ZooKeeper client, int number) {
        long begin = System.nanoTime();
        client.setData(node(number), data, -1, (code, path, context, stat) -> {
            latencies.add(System.nanoTime() - begin);
            (code == Code.OK.intValue() ? written : failed).incrementAndGet();
            if (isOver || code == Code.SESSIONEXPIRED.intValue()) {
                outstanding.release();
            } else {
                write(client, number + outstandingMax);
            }
        }, null);
    }

    /** How many writes were acknowledged. */
    long written() {
        return written.get();
    }

    /** How many writes were not. */
    long failed() {
        return failed.get();
    }

    /** Lets it go on for so long; fails as soon as a session is lost. */
    void goesOnFor(int seconds) throws InterruptedException {
        if (expired.await(seconds, TimeUnit.SECONDS)) {
            throw new AssertionError("a session was lost");
        }
    }

    /** What writes took since this was last asked for. */
    Latencies latencies() {
        Latencies taken = latencies;
        latencies = new Latencies();
        return taken;
    }

    @Override
    public void close() throws InterruptedException {
        isOver = true;
        boolean isAnswered = outstanding.tryAcquire(outstandingMax, ServerProcess.PATIENCE_SECONDS, TimeUnit.SECONDS);
        for (ZooKeeper client : clients) {
            client.close();
        }
        if (!isAnswered) {
            throw new AssertionError("some writes were never answered");
        }
    }

    /** Times, to be sorted. */
    static final class Latencies {
        private long[] nanos = new long[1 << 16];
        private int count;

        private synchronized void add(long one) {
            if (count == nanos.length) {
                nanos = Arrays.copyOf(nanos, 2 * count);
            }
            nanos[count++] = one;
        }

        /** How many there are. */
        synchronized int count() {
            return count;
        }

        /** What so many of a thousand took at most, in microseconds. */
        synchronized long micros(int ofAThousand) {
            long[] sorted = Arrays.copyOf(nanos, count);
            Arrays.sort(sorted);
            return sorted[(int) ((count - 1L) * ofAThousand / 1_000)] / 1_000;
        }

        @Override
        public String toString() {
            return "%d writes, median %.1f ms, p99 %.1f, p99.9 %.1f, worst %.1f"
                    .formatted(count(), micros(500) / 1e3, micros(990) / 1e3, micros(999) / 1e3, micros(1_000) / 1e3);
        }
    }
}

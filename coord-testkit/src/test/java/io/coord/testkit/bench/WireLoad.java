package io.coord.testkit.bench;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.Watcher.Event.EventType;
import org.apache.zookeeper.Watcher.Event.KeeperState;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.ZooKeeper;

/**
 * A load on an ensemble by the unmodified client of Apache ZooKeeper, in a process of its own: {@link WireBench} starts it.
 *
 * <p>Arguments: hosts with commas between, workload, sessions, outstanding requests of all of them, bytes of data, seconds to warm up,
 * seconds to measure. Prints one line: {@code key=value} with blanks between.
 */
public final class WireLoad {

    private static final int NODES = 1_000;
    private static final int TIMEOUT_MILLIS = 30_000;

    private final String[] hosts;
    private final int sessions;
    private final int outstanding;
    private final byte[] data;
    private final long warmNanos;
    private final long measureNanos;

    private final AtomicLong done = new AtomicLong();
    private final AtomicInteger failed = new AtomicInteger();
    private final List<Latencies> latencies = new ArrayList<>();
    private volatile boolean measuring;
    private volatile boolean stopped;

    private WireLoad(String[] args) {
        this.hosts = args[0].split(",");
        this.sessions = Integer.parseInt(args[2]);
        this.outstanding = Integer.parseInt(args[3]);
        this.data = new byte[Integer.parseInt(args[4])];
        this.warmNanos = (long) (Double.parseDouble(args[5]) * 1e9);
        this.measureNanos = (long) (Double.parseDouble(args[6]) * 1e9);
        new SplittableRandom(1).nextBytes(data);
    }

    /** Runs one workload. */
    public static void main(String[] args) throws Exception {
        new WireLoad(args).run(args[1], Integer.parseInt(args[3]));
        System.exit(0);
    }

    private void run(String workload, int count) throws Exception {
        switch (workload) {
            case "set" -> stream(Set::new);
            case "get" -> stream(Get::new);
            case "ephemeral" -> stream(Ephemeral::new);
            case "connect" -> connects();
            case "fanout" -> fanOut();
            case "fill" -> fill(count);
            case "idle" -> idle();
            default -> throw new IllegalArgumentException("no workload " + workload);
        }
    }

    /** One of the requests that are always outstanding: asks again when it is answered. */
    private abstract class Slot {
        final ZooKeeper client;
        final int number;
        final SplittableRandom random;
        final Latencies own;
        long askedNanos;

        Slot(ZooKeeper client, int number, Latencies own) {
            this.client = client;
            this.number = number;
            this.random = new SplittableRandom(number);
            this.own = own;
        }

        abstract void ask();

        void next() {
            if (!stopped) {
                askedNanos = System.nanoTime();
                ask();
            }
        }

        void answered(int code) {
            if (code != 0) {
                if (failed.getAndIncrement() == 0) {
                    System.err.println("answered " + Code.get(code));
                }
                if (code == Code.CONNECTIONLOSS.intValue()) {
                    return;
                }
            }
            if (measuring) {
                own.add(System.nanoTime() - askedNanos);
                done.incrementAndGet();
            }
            next();
        }

        String node() {
            return "/bench/n" + random.nextInt(NODES);
        }
    }

    private final class Set extends Slot {
        Set(ZooKeeper client, int number, Latencies own) {
            super(client, number, own);
        }

        @Override
        void ask() {
            client.setData(node(), data, -1, (code, path, context, stat) -> answered(code), null);
        }
    }

    private final class Get extends Slot {
        Get(ZooKeeper client, int number, Latencies own) {
            super(client, number, own);
        }

        @Override
        void ask() {
            client.getData(node(), false, (code, path, context, read, stat) -> answered(code), null);
        }
    }

    private final class Ephemeral extends Slot {
        private final String path;
        private boolean exists;

        Ephemeral(ZooKeeper client, int number, Latencies own) {
            super(client, number, own);
            this.path = "/bench/e" + ProcessHandle.current().pid() + "-" + number;
        }

        @Override
        void ask() {
            if (exists) {
                exists = false;
                client.delete(path, -1, (code, p, context) -> answered(code), null);
            } else {
                exists = true;
                client.create(path, data, ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.EPHEMERAL, (code, p, context, name) -> answered(code), null);
            }
        }
    }

    private interface Slots {
        Slot of(ZooKeeper client, int number, Latencies own);
    }

    private void stream(Slots slots) throws Exception {
        List<ZooKeeper> clients = connect(sessions);
        prepare(clients.get(0));
        for (ZooKeeper client : clients) {
            latencies.add(new Latencies());
        }
        for (int i = 0; i < outstanding; i++) {
            int session = i % sessions;
            slots.of(clients.get(session), i, latencies.get(session)).next();
        }
        asLongAs(warmNanos);
        long cpu = cpuNanos();
        long start = System.nanoTime();
        measuring = true;
        asLongAs(measureNanos);
        measuring = false;
        long nanos = System.nanoTime() - start;
        cpu = cpuNanos() - cpu;
        stopped = true;
        report(done.get(), nanos, cpu);
    }

    /** Lets the load run for so long. */
    private static void asLongAs(long nanos) throws InterruptedException {
        new CountDownLatch(1).await(nanos, TimeUnit.NANOSECONDS);
    }

    private void report(long operations, long nanos, long cpuNanos) {
        Latencies all = new Latencies();
        latencies.forEach(all::addAll);
        System.out.printf(
                "ops=%d perSecond=%.0f p50us=%.0f p99us=%.0f clientCpuUs=%.1f clientCores=%.2f failed=%d%n",
                operations,
                operations / (nanos / 1e9),
                all.percentile(0.5) / 1e3,
                all.percentile(0.99) / 1e3,
                cpuNanos / 1e3 / Math.max(1, operations),
                cpuNanos / (double) nanos,
                failed.get());
    }

    private static long cpuNanos() {
        return ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getProcessCpuTime();
    }

    private List<ZooKeeper> connect(int count) throws IOException, InterruptedException {
        CountDownLatch connected = new CountDownLatch(count);
        List<ZooKeeper> clients = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            clients.add(new ZooKeeper(hosts[i % hosts.length], TIMEOUT_MILLIS, event -> {
                if (event.getState() == KeeperState.SyncConnected && event.getType() == EventType.None) {
                    connected.countDown();
                }
            }));
        }
        if (!connected.await(60, TimeUnit.SECONDS)) {
            throw new IOException(connected.getCount() + " of " + count + " sessions did not connect within 60 s");
        }
        return clients;
    }

    private void prepare(ZooKeeper client) throws Exception {
        ensure(client, "/bench");
        if (client.exists("/bench/n" + (NODES - 1), false) == null) {
            for (int i = 0; i < NODES; i++) {
                ensure(client, "/bench/n" + i);
            }
        }
        for (int i = 0; i < NODES; i++) {
            if (i % 100 == 99) {
                client.setData("/bench/n" + i, data, -1);
            } else {
                client.setData("/bench/n" + i, data, -1, (code, path, context, stat) -> {}, null);
            }
        }
    }

    private void ensure(ZooKeeper client, String path) throws KeeperException, InterruptedException {
        try {
            client.create(path, data, ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
        } catch (KeeperException.NodeExistsException there) {
            // Of an earlier run.
        }
    }

    /** Opens and closes sessions, so many at a time: closed together, since each client waits for 100 ms of its own when it closes. */
    private void connects() throws Exception {
        Latencies own = new Latencies();
        latencies.add(own);
        ExecutorService closers = Executors.newFixedThreadPool(outstanding);
        long begun = System.nanoTime();
        long start = begun;
        long cpu = 0;
        int opened = 0;
        while (System.nanoTime() - begun < warmNanos + measureNanos) {
            boolean counts = System.nanoTime() - begun >= warmNanos;
            if (counts && opened == 0) {
                start = System.nanoTime();
                cpu = cpuNanos();
            }
            long asked = System.nanoTime();
            List<ZooKeeper> clients = connect(outstanding);
            if (counts) {
                own.add((System.nanoTime() - asked) / outstanding);
                opened += outstanding;
            }
            List<Callable<Void>> closing = new ArrayList<>();
            clients.forEach(client -> closing.add(() -> {
                client.close();
                return null;
            }));
            for (Future<Void> closed : closers.invokeAll(closing)) {
                closed.get();
            }
        }
        closers.shutdown();
        report(opened, System.nanoTime() - start, cpuNanos() - cpu);
    }

    /** One change, told to every session. */
    private void fanOut() throws Exception {
        List<ZooKeeper> clients = connect(sessions);
        ZooKeeper writer = clients.get(0);
        ensure(writer, "/bench");
        ensure(writer, "/bench/watched");
        Latencies own = new Latencies();
        latencies.add(own);
        long begun = System.nanoTime();
        int rounds = 0;
        while (System.nanoTime() - begun < warmNanos + measureNanos) {
            CountDownLatch armed = new CountDownLatch(sessions);
            CountDownLatch told = new CountDownLatch(sessions);
            for (ZooKeeper client : clients) {
                client.getData("/bench/watched", event -> {
                    if (event.getType() == EventType.NodeDataChanged) {
                        told.countDown();
                    }
                }, (code, path, context, read, stat) -> armed.countDown(), null);
            }
            armed.await();
            long asked = System.nanoTime();
            writer.setData("/bench/watched", data, -1, (code, path, context, stat) -> {}, null);
            told.await();
            if (asked - begun > warmNanos) {
                own.add(System.nanoTime() - asked);
                rounds++;
            }
        }
        report(rounds, System.nanoTime() - begun, 0);
    }

    /** Opens sessions and says so; they stay until this process is killed. */
    private void idle() throws Exception {
        List<ZooKeeper> clients = connect(sessions);
        System.out.println("connected " + clients.size());
        new CountDownLatch(1).await();
    }

    /** Creates nodes, for measures of memory and of restarts. */
    private void fill(int nodes) throws Exception {
        List<ZooKeeper> clients = connect(1);
        ensure(clients.get(0), "/bench");
        long start = System.nanoTime();
        CountDownLatch created = new CountDownLatch(nodes);
        java.util.concurrent.Semaphore room = new java.util.concurrent.Semaphore(500);
        for (int i = 0; i < nodes; i++) {
            if (i % 1_000 == 0) {
                ensure(clients.get(0), "/bench/f" + i / 1_000);
            }
            room.acquire();
            clients.get(0)
                    .create(
                            "/bench/f" + i / 1_000 + "/node-" + i,
                            data,
                            ZooDefs.Ids.OPEN_ACL_UNSAFE,
                            CreateMode.PERSISTENT,
                            (code, path, context, name) -> {
                                room.release();
                                created.countDown();
                            },
                            null);
        }
        created.await();
        report(nodes, System.nanoTime() - start, 0);
        clients.get(0).close();
    }

    /** Latencies of one session's callbacks, in buckets of a thousandth. */
    private static final class Latencies {
        private static final int STEPS = 32;
        private final long[] counts = new long[64 * STEPS];

        void add(long nanos) {
            counts[bucket(Math.max(1, nanos))]++;
        }

        void addAll(Latencies other) {
            Arrays.setAll(counts, i -> counts[i] + other.counts[i]);
        }

        private static int bucket(long nanos) {
            int power = 63 - Long.numberOfLeadingZeros(nanos);
            long rest = nanos - (1L << power);
            return power * STEPS + (int) (power < 5 ? rest << 5 - power : rest >> power - 5);
        }

        double percentile(double share) {
            long total = Arrays.stream(counts).sum();
            long seen = 0;
            for (int i = 0; i < counts.length; i++) {
                seen += counts[i];
                if (seen > 0 && seen >= share * total) {
                    return Math.scalb(1.0 + (i % STEPS + 0.5) / STEPS, i / STEPS);
                }
            }
            return 0;
        }
    }
}

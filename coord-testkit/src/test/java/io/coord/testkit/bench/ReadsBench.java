package io.coord.testkit.bench;

import io.coord.Bytes;
import io.coord.CreateMode;
import io.coord.MemberConfig;
import io.coord.Node;
import io.coord.NodePath;
import io.coord.Session;
import io.coord.Transaction;
import io.coord.testkit.LocalEnsemble;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;

/**
 * Reads of existing nodes on the caller's thread, session and ACL check and Stat included, against {@code ConcurrentHashMap.get} of the
 * same keys: 200,000 nodes of depth 5 in random order, from one and from two threads, while a writer runs. Beside them the same map behind
 * the one thing a session cannot do without, a look at the clock for its lease.
 */
final class ReadsBench {

    private static final Duration TIMEOUT = Duration.ofMinutes(5);
    private static final int ROUNDS = 9;
    private static final int PASSES = 3;
    private static final int NODES_A_WRITE = 500;

    private final List<NodePath> paths = new ArrayList<>();
    private final List<NodePath> order;
    private final ConcurrentHashMap<NodePath, Node> map = new ConcurrentHashMap<>();
    private final Session session;
    /** Never over, but the compiler does not know. */
    private final long validUntilNanos = System.nanoTime() + TimeUnit.DAYS.toNanos(1);
    private boolean kept = true;

    private ReadsBench(Session session) {
        this.session = session;
        Bytes data = Bytes.of(new byte[100]);
        List<NodePath> all = new ArrayList<>();
        tree("/read", new int[] {10, 20, 25, 40}, 0, all);
        for (int from = 0; from < all.size(); from += NODES_A_WRITE) {
            Transaction batch = session.transaction();
            all.subList(from, Math.min(all.size(), from + NODES_A_WRITE)).forEach(path -> batch.create(path, data, CreateMode.PERSISTENT));
            batch.commit();
        }
        for (NodePath path : paths) {
            map.put(path, session.getData(path));
        }
        order = new ArrayList<>(paths);
        Collections.shuffle(order, new Random(1));
    }

    private void tree(String at, int[] widths, int level, List<NodePath> all) {
        NodePath path = NodePath.of(at);
        all.add(path);
        if (level == widths.length) {
            paths.add(path);
        } else {
            for (int i = 0; i < widths[level]; i++) {
                tree(at + "/" + (char) ('a' + level) + i, widths, level + 1, all);
            }
        }
    }

    private void measure(int threads) throws Exception {
        Medians medians = new Medians();
        for (int round = -2; round < ROUNDS; round++) {
            double ofMap = nanosOfProcessorPerRead(threads, map::get);
            double ofMapAndClock = nanosOfProcessorPerRead(threads, this::getWhileValid);
            double ofSession = nanosOfProcessorPerRead(threads, session::getData);
            if (round >= 0) {
                medians.add("map, threads: " + threads, ofMap);
                medians.add("clock and map, threads: " + threads, ofMapAndClock);
                medians.add("session, threads: " + threads, ofSession);
            }
        }
        medians.print("ns of processor a read");
        System.out.printf(
                Locale.ROOT,
                "  clock and map / map = %.3f, session / clock and map = %.3f%n",
                medians.ratio("clock and map, threads: " + threads, "map, threads: " + threads),
                medians.ratio("session, threads: " + threads, "clock and map, threads: " + threads));
        kept &= medians.printRatio("session, threads: " + threads, "map, threads: " + threads, 0, 3);
    }

    private Node getWhileValid(NodePath path) {
        if (System.nanoTime() - validUntilNanos >= 0) {
            throw new AssertionError("the bench has taken a day");
        }
        return map.get(path);
    }

    /** Of the reading threads: the writer beside them, and whatever else the machine does, is not the reads' cost. */
    private double nanosOfProcessorPerRead(int threads, Function<NodePath, Node> read) throws Exception {
        List<FutureTask<Long>> readers = new ArrayList<>();
        for (int i = 0; i < threads; i++) {
            int from = i * order.size() / threads;
            FutureTask<Long> reader = new FutureTask<>(() -> nanosOfProcessor(from, read));
            readers.add(reader);
            new Thread(reader, "reader-" + i).start();
        }
        double nanos = 0;
        for (FutureTask<Long> reader : readers) {
            nanos += reader.get();
        }
        return nanos / threads / PASSES / order.size();
    }

    private long nanosOfProcessor(int from, Function<NodePath, Node> read) {
        long begun = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
        for (int pass = 0; pass < PASSES; pass++) {
            for (int at = 0; at < order.size(); at++) {
                if (read.apply(order.get((from + at) % order.size())).data().length() == 0) {
                    throw new AssertionError("a node without its data was read");
                }
            }
        }
        return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - begun;
    }

    public static void main(String[] args) throws Exception {
        System.out.println("reads of 200,000 nodes of depth 5 in random order, while a writer runs");
        boolean kept;
        MemberConfig patient = MemberConfig.DEFAULT
                .withElections(Duration.ofMillis(100), Duration.ofSeconds(10))
                .withSessionTimeouts(Duration.ofSeconds(30), TIMEOUT, TIMEOUT);
        try (LocalEnsemble ensemble = LocalEnsemble.builder().members(3).config(patient).start()) {
            Session session = ensemble.openSession(ensemble.leader(), TIMEOUT);
            ReadsBench bench = new ReadsBench(session);
            AtomicBoolean over = new AtomicBoolean();
            Session writing = ensemble.openSession(ensemble.leader(), TIMEOUT);
            Thread writer = new Thread(() -> {
                Random random = new Random(2);
                for (int i = 0; !over.get(); i++) {
                    byte[] data = new byte[100];
                    data[0] = (byte) i;
                    writing.setData(bench.paths.get(random.nextInt(bench.paths.size())), Bytes.of(data));
                }
            });
            writer.start();
            bench.measure(1);
            bench.measure(2);
            over.set(true);
            writer.join();
            kept = bench.kept;
        }
        if (!kept) {
            System.exit(1);
        }
    }
}

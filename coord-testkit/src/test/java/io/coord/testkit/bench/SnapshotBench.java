package io.coord.testkit.bench;

import io.coord.Bytes;
import io.coord.CreateMode;
import io.coord.MemberConfig;
import io.coord.NodePath;
import io.coord.Session;
import io.coord.Transaction;
import io.coord.testkit.LocalEnsemble;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * What a snapshot does to writes: three members with a million nodes and files that are forced; the latency of setData, one after the other,
 * while every member writes its state down, against the latency while none does.
 */
final class SnapshotBench {

    private static final int NODES = 1_000_000;
    private static final int PARENTS = 1_000;
    private static final int ROUNDS = 5;
    private static final int WRITES = 4_000;

    private final LocalEnsemble ensemble;
    private final Session session;
    private final Random random = new Random(1);
    private final Bytes data = Bytes.wrap(new byte[100]);
    private int snapshotsTaken;

    private SnapshotBench(LocalEnsemble ensemble) {
        this.ensemble = ensemble;
        this.session = ensemble.openSession(ensemble.leader(), Duration.ofSeconds(60));
    }

    private void fill() {
        for (int parent = 0; parent < PARENTS; parent++) {
            NodePath path = NodePath.of("/p" + parent);
            Transaction batch = session.transaction().create(path, data, CreateMode.PERSISTENT);
            for (int child = 0; child < NODES / PARENTS - 1; child++) {
                batch.create(path.child("c" + child), data, CreateMode.PERSISTENT);
            }
            batch.commit();
        }
    }

    private void write() {
        NodePath path = NodePath.of("/p" + random.nextInt(PARENTS) + "/c" + random.nextInt(NODES / PARENTS - 1));
        session.setData(path, data);
    }

    private double percentile999InMillis() {
        long[] nanos = new long[WRITES];
        for (int i = 0; i < WRITES; i++) {
            long begun = System.nanoTime();
            write();
            nanos[i] = System.nanoTime() - begun;
        }
        Arrays.sort(nanos);
        return nanos[(int) (WRITES * 0.999)] / 1e6;
    }

    /** While every member takes a snapshot, and another one as soon as all are done. */
    private double percentile999InMillisAmidSnapshots() {
        CompletableFuture<Boolean> ended = new CompletableFuture<>();
        AtomicBoolean over = new AtomicBoolean();
        snapshots(over, ended);
        double percentile = percentile999InMillis();
        over.set(true);
        ended.join();
        return percentile;
    }

    private void snapshots(AtomicBoolean over, CompletableFuture<Boolean> ended) {
        allTakeSnapshots().thenRun(() -> {
            snapshotsTaken++;
            if (over.get()) {
                ended.complete(true);
            } else {
                snapshots(over, ended);
            }
        });
    }

    private CompletableFuture<Void> allTakeSnapshots() {
        return CompletableFuture.allOf(ensemble.members().stream()
                .map(member -> ensemble.takeSnapshot(member).toCompletableFuture())
                .toArray(CompletableFuture<?>[]::new));
    }

    public static void main(String[] args) throws Exception {
        Path directory = Files.createTempDirectory(Path.of(args.length > 0 ? args[0] : "target").toAbsolutePath(), "snapshot-bench");
        System.out.println("p99.9 of writes with a million nodes, three members, files forced, below " + directory.getParent());
        MemberConfig config = MemberConfig.DEFAULT
                .withElections(Duration.ofMillis(100), Duration.ofSeconds(5))
                .withSnapshotEntries(100_000_000)
                .withSnapshotBytes(1L << 40);
        boolean kept;
        try (LocalEnsemble ensemble = LocalEnsemble.builder()
                .members(3)
                .fileStorage(directory)
                .config(config)
                .start()) {
            SnapshotBench bench = new SnapshotBench(ensemble);
            bench.fill();
            bench.allTakeSnapshots().join(); // lets go of the log of the million
            Medians medians = new Medians();
            for (int round = -1; round < ROUNDS; round++) {
                double without = bench.percentile999InMillis();
                double with = bench.percentile999InMillisAmidSnapshots();
                if (round >= 0) {
                    medians.add("no snapshot", without);
                    medians.add("all members taking snapshots", with);
                }
            }
            medians.print("ms");
            System.out.println("  snapshots of each member meanwhile: " + bench.snapshotsTaken);
            kept = medians.printRatio("all members taking snapshots", "no snapshot", 0, 2);
        } finally {
            WritesBench.delete(directory);
        }
        if (!kept) {
            System.exit(1);
        }
    }
}

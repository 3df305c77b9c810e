package io.coord.testkit.bench;

import io.coord.Bytes;
import io.coord.CreateMode;
import io.coord.MemberConfig;
import io.coord.MemberId;
import io.coord.NodePath;
import io.coord.Session;
import io.coord.Transaction;
import io.coord.testkit.LocalEnsemble;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;

/**
 * What a snapshot does to writes: three members with a million nodes and files that are forced; the latency of setData, one after the other,
 * while a member writes its state down, each in its turn as members do by themselves, against the latency while none does. Beside it the
 * worst: all of them at the same time, and again as soon as they are done.
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

    /** While snapshots are taken, and the next as soon as those are done. */
    private double percentile999InMillisAmid(Supplier<CompletableFuture<Void>> snapshot) {
        CompletableFuture<Boolean> ended = new CompletableFuture<>();
        AtomicBoolean over = new AtomicBoolean();
        go(snapshot, over, ended);
        double percentile = percentile999InMillis();
        over.set(true);
        ended.join();
        return percentile;
    }

    private void go(Supplier<CompletableFuture<Void>> snapshot, AtomicBoolean over, CompletableFuture<Boolean> ended) {
        snapshot.get().thenRun(() -> {
            snapshotsTaken++;
            if (over.get()) {
                ended.complete(true);
            } else {
                go(snapshot, over, ended);
            }
        });
    }

    private CompletableFuture<Void> nextTakesSnapshot() {
        List<MemberId> members = List.copyOf(ensemble.members());
        return CompletableFuture.allOf(ensemble.takeSnapshot(members.get(snapshotsTaken % members.size())).toCompletableFuture());
    }

    private CompletableFuture<Void> allTakeSnapshots() {
        return CompletableFuture.allOf(ensemble.members().stream()
                .map(member -> ensemble.takeSnapshot(member).toCompletableFuture())
                .toArray(CompletableFuture<?>[]::new));
    }

    public static void main(String[] args) throws Exception {
        Path directory = WritesBench.directory(args, "snapshot-bench");
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
                double with = bench.percentile999InMillisAmid(bench::nextTakesSnapshot);
                double withAll = bench.percentile999InMillisAmid(bench::allTakeSnapshots);
                if (round >= 0) {
                    medians.add("no snapshot", without);
                    medians.add("a member taking one", with);
                    medians.add("all members taking one", withAll);
                }
            }
            medians.print("ms");
            System.out.println("  times that snapshots were taken: " + bench.snapshotsTaken);
            System.out.printf(Locale.ROOT, "  all members / none = %.2f%n", medians.ratio("all members taking one", "no snapshot"));
            kept = medians.printRatio("a member taking one", "no snapshot", 0, 2);
        } finally {
            WritesBench.delete(directory);
        }
        if (!kept) {
            System.exit(1);
        }
    }
}

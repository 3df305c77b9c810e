package io.coord.testkit.bench;

import io.coord.Bytes;
import io.coord.CreateMode;
import io.coord.MemberConfig;
import io.coord.NodePath;
import io.coord.Session;
import io.coord.testkit.LocalEnsemble;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * Durable writes of 1 KiB through three members in one process, each with a log in files that is forced, at 1, 128 and 1,000 outstanding:
 * setData of a session against MicroRaft with a log file forced at each flush. Both write below the same directory, in turn.
 *
 * <p>{@code mvn -q -Pbench -Dbench=WritesBench -Dbench.dir=DIR}; a directory in memory would answer another question.
 */
final class WritesBench {

    private static final int ROUNDS = 7;
    private static final long MEASURED_NANOS = TimeUnit.MILLISECONDS.toNanos(1500);
    private static final int VALUE_BYTES = 1024;
    private static final int NODES = 1000;
    /** As patient with a silent leader as the peer: a busy machine is no reason for an election in either. */
    private static final MemberConfig PATIENT = MemberConfig.DEFAULT
            .withSessionTimeouts(Duration.ofSeconds(4), Duration.ofSeconds(30), Duration.ofSeconds(60))
            .withElections(Duration.ofSeconds(1), Duration.ofSeconds(10));

    private WritesBench() {}

    public static void main(String[] args) throws Exception {
        Path directory = directory(args, "writes-bench");
        boolean kept = true;
        System.out.println("durable writes of 1 KiB, three members, files forced, below " + directory.getParent());
        try (LocalEnsemble ensemble = LocalEnsemble.builder()
                        .members(3)
                        .fileStorage(directory.resolve("coord"))
                        .config(PATIENT)
                        .start();
                MicroRaftEnsemble peer = MicroRaftEnsemble.start(directory.resolve("microraft"))) {
            Session session = ensemble.openSession(ensemble.leader(), Duration.ofSeconds(30));
            NodePath parent = NodePath.of("/bench");
            session.create(parent, Bytes.EMPTY, CreateMode.PERSISTENT);
            for (int i = 0; i < NODES; i++) {
                session.create(parent.child("n" + i), Bytes.EMPTY, CreateMode.PERSISTENT);
            }
            Random random = new Random(1);
            byte[] value = new byte[VALUE_BYTES];
            random.nextBytes(value);
            Bytes data = Bytes.of(value);
            for (int outstanding : List.of(1, 128, 1000)) {
                Medians medians = new Medians();
                for (int round = -2; round < ROUNDS; round++) {
                    double theirs = writesPerSecond(
                            outstanding, () -> peer.write(value), stage -> stage.toCompletableFuture().join());
                    double ours = writesPerSecond(
                            outstanding,
                            () -> session.async().setData(parent.child("n" + random.nextInt(NODES)), data),
                            session::await);
                    if (round >= 0) {
                        medians.add("MicroRaft, " + outstanding + " outstanding", theirs);
                        medians.add("setData, " + outstanding + " outstanding", ours);
                    }
                }
                medians.print("writes/s");
                kept &= medians.printRatio(
                        "setData, " + outstanding + " outstanding", "MicroRaft, " + outstanding + " outstanding", 1, Double.MAX_VALUE);
            }
        } finally {
            delete(directory);
        }
        if (!kept) {
            System.exit(1);
        }
    }

    private interface Awaiting {
        void await(CompletionStage<?> stage);
    }

    private static double writesPerSecond(int outstanding, Supplier<? extends CompletionStage<?>> write, Awaiting awaiting) {
        ArrayDeque<CompletionStage<?>> ahead = new ArrayDeque<>();
        long begun = System.nanoTime();
        long done = 0;
        while (System.nanoTime() - begun < MEASURED_NANOS) {
            while (ahead.size() < outstanding) {
                ahead.add(write.get());
            }
            awaiting.await(ahead.remove());
            done++;
        }
        double perSecond = done * 1e9 / (System.nanoTime() - begun);
        ahead.forEach(awaiting::await);
        return perSecond;
    }

    /** A new directory below the one that was named, or below what the build makes. */
    static Path directory(String[] args, String name) throws IOException {
        Path parent = Files.createDirectories(Path.of(args.length > 0 ? args[0] : "target").toAbsolutePath());
        return Files.createTempDirectory(parent, name);
    }

    static void delete(Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}

package io.coord.testkit.storage;

import static org.assertj.core.api.Assertions.assertThat;

import io.coord.Bytes;
import io.coord.ensemble.spi.Storage;
import io.coord.ensemble.spi.Storage.Batch;
import io.coord.ensemble.spi.Storage.Done;
import io.coord.storage.FileStorage;
import io.coord.storage.StorageOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A storage's threads. */
class LanesTest {

    private static final StorageOptions OPTIONS = StorageOptions.DEFAULT.withSegmentBytes(128 << 10);

    @TempDir
    Path directory;

    @Test
    @DisplayName("rule.22: three daemon threads, named after member and purpose, and none left after the end")
    void threeNamedThreadsAndNoneLeft() throws Exception {
        Storage storage = FileStorage.at(directory, OPTIONS);
        storage.open();
        Thread log = threadOf(storage, SmallStorage.IDENTITY);
        write(storage, 1);
        Thread snapshots = snapshotThreadOf(storage);
        Thread pieces = transferThreadOf(storage);

        assertThat(log.getName()).isEqualTo("coord-3-log");
        assertThat(snapshots.getName()).isEqualTo("coord-3-snapshot");
        assertThat(pieces.getName()).isEqualTo("coord-3-transfer");
        assertThat(List.of(log, snapshots, pieces)).allMatch(Thread::isDaemon);
        assertThat(List.of(snapshots, pieces)).allMatch(thread -> thread.getPriority() < log.getPriority());

        storage.close();
        assertThat(List.of(log, snapshots, pieces)).noneMatch(Thread::isAlive);
    }

    @Test
    @DisplayName("fault.D17: a stray interrupt of the idle log thread costs nothing")
    void aStrayInterruptCostsNothing() throws Exception {
        try (Storage storage = FileStorage.at(directory, OPTIONS)) {
            storage.open();
            Thread log = threadOf(storage, SmallStorage.IDENTITY);
            for (int at = 1; at <= 20; at++) {
                awaitIdle(log);
                log.interrupt();
                awaitIdle(log);
                assertThat(write(storage, at)).isEqualTo(Done.Forced.FORCED);
            }
        }
    }

    @Test
    @DisplayName("fault.P9: opened and closed many times, a directory keeps its size, and nothing runs on")
    void openedAndClosedManyTimesADirectoryKeepsItsSize() throws Exception {
        long sizeEarly = 0;
        for (int round = 1; round <= 25; round++) {
            try (Storage storage = FileStorage.at(directory, OPTIONS)) {
                storage.open();
                if (round == 1) {
                    threadOf(storage, SmallStorage.IDENTITY);
                }
                assertThat(write(storage, round)).isEqualTo(Done.Forced.FORCED);
            }
            sizeEarly = round == 5 ? size() : sizeEarly;
        }
        assertThat(size()).as("an entry more in a segment of its own").isLessThan(sizeEarly + 20 * 8 * 1024);
    }

    @Test
    void whatWasAskedForBeforeTheEndIsWritten() throws Exception {
        AtomicInteger forced = new AtomicInteger();
        Storage storage = FileStorage.at(directory, OPTIONS);
        storage.open();
        threadOf(storage, SmallStorage.IDENTITY);
        for (int at = 1; at <= 500; at++) {
            storage.write(new Batch(null, SmallStorage.entries(at, at, 1)), done -> forced.incrementAndGet());
        }
        storage.close();

        assertThat(forced).hasValue(500);
        try (Storage again = FileStorage.at(directory, OPTIONS)) {
            assertThat(again.open().entries()).hasSize(500);
        }
    }

    @Test
    void aSnapshotUnderWayIsGivenUpAtTheEnd() throws Exception {
        Storage storage = FileStorage.at(directory, OPTIONS);
        storage.open();
        threadOf(storage, SmallStorage.IDENTITY);
        write(storage, 1);
        CountDownLatch begun = new CountDownLatch(1);
        CompletableFuture<Storage.SnapshotDone> done = new CompletableFuture<>();
        storage.saveSnapshot(
                new Storage.SnapshotImage(SmallStorage.ORIGIN + 1, 1, 0, 0, Bytes.EMPTY, 0, 0),
                sink -> {
                    begun.countDown();
                    while (true) {
                        sink.record(SmallStorage.noise(10_000, 1));
                    }
                },
                done::complete);
        assertThat(begun.await(20, TimeUnit.SECONDS)).isTrue();
        storage.close();

        assertThat(done.getNow(null)).isInstanceOf(Storage.SnapshotDone.NotSaved.class);
    }

    @Test
    void writesFromManyThreadsShareForcesAndAreAllReported() throws Exception {
        try (Storage storage = FileStorage.at(directory, OPTIONS)) {
            storage.open();
            threadOf(storage, SmallStorage.IDENTITY);
            List<Thread> writers = new ArrayList<>();
            CountDownLatch all = new CountDownLatch(400);
            for (int writer = 0; writer < 4; writer++) {
                writers.add(new Thread(() -> {
                    for (int count = 0; count < 100; count++) {
                        storage.write(new Batch(new Storage.Vote(1, 1, 1), List.of()), done -> all.countDown());
                    }
                }));
            }
            writers.forEach(Thread::start);
            for (Thread writer : writers) {
                writer.join();
            }
            assertThat(all.await(20, TimeUnit.SECONDS)).isTrue();
        }
    }

    // ---- how the tests speak

    private static Thread threadOf(Storage storage, Storage.Identity identity) throws Exception {
        CompletableFuture<Thread> log = new CompletableFuture<>();
        storage.saveIdentity(identity, done -> log.complete(Thread.currentThread()));
        return log.get(20, TimeUnit.SECONDS);
    }

    private static Thread snapshotThreadOf(Storage storage) throws Exception {
        CompletableFuture<Thread> snapshots = new CompletableFuture<>();
        storage.saveSnapshot(
                new Storage.SnapshotImage(SmallStorage.ORIGIN + 1, 1, 0, 0, Bytes.EMPTY, 0, 0),
                sink -> snapshots.complete(Thread.currentThread()),
                done -> {});
        return snapshots.get(20, TimeUnit.SECONDS);
    }

    private static Thread transferThreadOf(Storage storage) throws Exception {
        CompletableFuture<Thread> pieces = new CompletableFuture<>();
        storage.readSnapshot(0, 0, 1, piece -> pieces.complete(Thread.currentThread()));
        return pieces.get(20, TimeUnit.SECONDS);
    }

    private static Done write(Storage storage, int at) throws Exception {
        CompletableFuture<Done> done = new CompletableFuture<>();
        storage.write(new Batch(null, SmallStorage.entries(at, at, 1)), done::complete);
        return done.get(20, TimeUnit.SECONDS);
    }

    private static void awaitIdle(Thread thread) {
        while (thread.getState() != Thread.State.WAITING) {
            Thread.onSpinWait();
        }
    }

    private long size() throws Exception {
        try (Stream<Path> files = Files.list(directory)) {
            long size = 0;
            for (Path file : files.filter(file -> !file.getFileName().toString().startsWith("spare")).toList()) {
                size += Files.size(file);
            }
            return size;
        }
    }
}

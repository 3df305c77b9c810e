package io.coord.testkit.storage;

import static org.assertj.core.api.Assertions.assertThat;

import io.coord.Bytes;
import io.coord.ensemble.spi.Storage;
import io.coord.ensemble.spi.Storage.Batch;
import io.coord.ensemble.spi.Storage.Done;
import io.coord.ensemble.spi.Storage.StoredEntry;
import io.coord.storage.FileStorage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * One question: what does the log cost over a file that is written and forced, with entries of 1 KiB? Forces are real; a temporary
 * directory in memory would answer another question.
 *
 * <p>Each is measured one batch after the other, and the log also with batches queued up, as a member does under load.
 */
@Tag("bench")
class LogSpeedTest {

    private static final int PAYLOAD_BYTES = 1024;
    private static final long MEASURED_NANOS = TimeUnit.SECONDS.toNanos(4);
    private static final int QUEUED = 64;

    @TempDir
    Path directory;

    @ParameterizedTest
    @ValueSource(ints = {1, 128, 1000})
    void forcedBatches(int entriesPerBatch) throws Exception {
        double growing = growingFile(entriesPerBatch);
        double laidDown = laidDownFile(entriesPerBatch);
        double log = log(entriesPerBatch, 1);
        double queued = log(entriesPerBatch, QUEUED);

        print(entriesPerBatch, "a file that grows", growing);
        print(entriesPerBatch, "a file laid down", laidDown);
        print(entriesPerBatch, "the log", log);
        print(entriesPerBatch, "the log, " + QUEUED + " queued", queued);
        assertThat(queued).as("batches per second, against the simplest thing that could work").isGreaterThan(growing / 2);
    }

    private static void print(int entriesPerBatch, String what, double batchesPerSecond) {
        System.out.printf(
                Locale.ROOT,
                "%4d entries per batch | %-22s | %8.0f batches/s | %7.1f MB/s%n",
                entriesPerBatch,
                what,
                batchesPerSecond,
                batchesPerSecond * entriesPerBatch * PAYLOAD_BYTES / 1e6);
    }

    private interface OneBatch {
        void write(long number) throws Exception;
    }

    private static double measured(OneBatch batch) throws Exception {
        long number = 0;
        for (int warm = 0; warm < 50; warm++) {
            batch.write(number++);
        }
        long start = System.nanoTime();
        long first = number;
        while (System.nanoTime() - start < MEASURED_NANOS) {
            batch.write(number++);
        }
        return (number - first) * 1e9 / (System.nanoTime() - start);
    }

    private double growingFile(int entriesPerBatch) throws Exception {
        try (FileChannel file = file("growing")) {
            ByteBuffer batch = ByteBuffer.allocateDirect(entriesPerBatch * PAYLOAD_BYTES);
            return measured(number -> {
                file.write(batch.clear(), number * batch.capacity());
                file.force(false);
            });
        }
    }

    /** Space laid down and forced before, written round and round. */
    private double laidDownFile(int entriesPerBatch) throws Exception {
        try (FileChannel file = file("laid-down")) {
            ByteBuffer batch = ByteBuffer.allocateDirect(entriesPerBatch * PAYLOAD_BYTES);
            int room = Math.max(1, (64 << 20) / batch.capacity());
            for (int at = 0; at < room; at++) {
                file.write(batch.clear(), (long) at * batch.capacity());
            }
            file.force(true);
            return measured(number -> {
                file.write(batch.clear(), number % room * batch.capacity());
                file.force(false);
            });
        }
    }

    private FileChannel file(String name) throws IOException {
        return FileChannel.open(directory.resolve(name), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    }

    private double log(int entriesPerBatch, int queuedMax) throws Exception {
        try (Storage storage = FileStorage.at(directory.resolve("log-" + queuedMax))) {
            storage.open();
            CompletableFuture<Done> begun = new CompletableFuture<>();
            storage.saveIdentity(SmallStorage.IDENTITY, begun::complete);
            begun.get();
            Bytes payload = SmallStorage.noise(PAYLOAD_BYTES, 1);
            Semaphore room = new Semaphore(queuedMax);
            double speed = measured(number -> {
                room.acquire();
                storage.write(new Batch(null, batch(number, entriesPerBatch, payload)), done -> room.release());
                if (queuedMax == 1) {
                    room.acquire();
                    room.release();
                }
            });
            room.acquire(queuedMax);
            return speed;
        }
    }

    private static List<StoredEntry> batch(long number, int count, Bytes payload) {
        List<StoredEntry> entries = new ArrayList<>(count);
        long first = SmallStorage.ORIGIN + 1 + number * count;
        for (int at = 0; at < count; at++) {
            entries.add(new StoredEntry(first + at, 1, 0, 0, (byte) 1, payload));
        }
        return entries;
    }
}

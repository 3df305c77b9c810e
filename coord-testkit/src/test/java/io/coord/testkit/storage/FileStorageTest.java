package io.coord.testkit.storage;

import static org.assertj.core.api.Assertions.assertThat;

import io.coord.Bytes;
import io.coord.ensemble.spi.Storage;
import io.coord.storage.FileStorage;
import io.coord.storage.StorageOptions;
import io.coord.testkit.StorageContract;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileStorageTest extends StorageContract {

    @TempDir
    Path directory;

    @Override
    protected Storage storage() {
        return FileStorage.at(directory.resolve("one"), StorageOptions.DEFAULT.withSegmentBytes(256 << 10));
    }

    @Test
    @DisplayName("what it takes of the disk is told apart by what it is for")
    void diskUse() throws Exception {
        try (Storage storage = storage()) {
            storage.open();
            CountDownLatch saved = new CountDownLatch(2);
            storage.saveIdentity(new Storage.Identity(1, 1, 1, Bytes.EMPTY), done -> saved.countDown());
            storage.write(
                    new Storage.Batch(null, List.of(new Storage.StoredEntry(1, 1, 0, 0, (byte) 1, Bytes.wrap(new byte[10_000])))),
                    done -> saved.countDown());
            saved.await();
            assertThat(storage.diskUse().logBytes()).isGreaterThan(10_000);
            assertThat(storage.diskUse().snapshotBytes()).isZero();
        }
    }

    @Override
    protected Storage otherStorage() {
        return FileStorage.at(directory.resolve("other"), StorageOptions.DEFAULT.withSegmentBytes(1 << 20));
    }
}

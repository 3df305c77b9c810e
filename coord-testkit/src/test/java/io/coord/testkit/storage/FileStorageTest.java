package io.coord.testkit.storage;

import io.coord.ensemble.spi.Storage;
import io.coord.storage.FileStorage;
import io.coord.storage.StorageOptions;
import io.coord.testkit.StorageContract;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

class FileStorageTest extends StorageContract {

    @TempDir
    Path directory;

    @Override
    protected Storage storage() {
        return FileStorage.at(directory.resolve("one"), StorageOptions.DEFAULT.withSegmentBytes(256 << 10));
    }

    @Override
    protected Storage otherStorage() {
        return FileStorage.at(directory.resolve("other"), StorageOptions.DEFAULT.withSegmentBytes(1 << 20));
    }
}

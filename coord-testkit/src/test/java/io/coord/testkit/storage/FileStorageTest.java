package io.coord.testkit.storage;

import static org.assertj.core.api.Assertions.assertThat;

import io.coord.Bytes;
import io.coord.ensemble.spi.Storage;
import io.coord.storage.FileStorage;
import io.coord.storage.StorageOptions;
import io.coord.testkit.StorageContract;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

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

    @Test
    @DisplayName("what is made of it, directory and files, nobody but its owner reads; a directory that was there stays as it was")
    void nobodyButItsOwnerReadsIt() throws Exception {
        Assumptions.assumeTrue(directory.getFileSystem().supportedFileAttributeViews().contains("posix"));
        Set<PosixFilePermission> before = Files.getPosixFilePermissions(directory);
        CountDownLatch saved = new CountDownLatch(1);
        try (Storage storage = storage()) {
            storage.open();
            storage.saveIdentity(new Storage.Identity(1, 1, 1, Bytes.EMPTY), done -> saved.countDown());
            saved.await();
        }
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(directory.resolve("one")))).isEqualTo("rwx------");
        try (Stream<Path> files = Files.list(directory.resolve("one"))) {
            assertThat(files.toList()).isNotEmpty().allSatisfy(file ->
                    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file))).isEqualTo("rw-------"));
        }
        assertThat(Files.getPosixFilePermissions(directory)).isEqualTo(before);
    }

    @ParameterizedTest
    @CsvSource({
        "rwx------, rw-r--r--, false",
        "rwxrwxr-x, rw-------, false",
        "rwxr-x---, rw-r-----, true",
        "rwx-----x, rw----r--, true"
    })
    void whoseDirectoryOthersReadIsFound(String ofDirectory, String ofFile, boolean isReadable) throws Exception {
        Assumptions.assumeTrue(directory.getFileSystem().supportedFileAttributeViews().contains("posix"));
        Files.setPosixFilePermissions(Files.createFile(directory.resolve("one")), PosixFilePermissions.fromString("rw-------"));
        Files.setPosixFilePermissions(Files.createFile(directory.resolve("two")), PosixFilePermissions.fromString(ofFile));
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString(ofDirectory));
        assertThat(FileStorage.isReadableByOthers(directory)).isEqualTo(isReadable);
        assertThat(FileStorage.isReadableByOthers(directory.resolve("missing"))).isFalse();
    }

    @Override
    protected Storage otherStorage() {
        return FileStorage.at(directory.resolve("other"), StorageOptions.DEFAULT.withSegmentBytes(1 << 20));
    }
}

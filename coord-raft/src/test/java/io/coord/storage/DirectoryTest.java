package io.coord.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A disk that is a directory of a file system. */
class DirectoryTest {

    @TempDir
    Path parent;

    private Path directory;
    private FileDisk disk;

    @BeforeEach
    void begin() {
        directory = parent.resolve("deep").resolve("data");
        disk = new FileDisk(directory);
    }

    @Test
    @DisplayName("what is made of a directory, with those above it, and its files nobody but the owner may read")
    void whatIsMadeNobodyElseMayRead() throws IOException {
        disk.lock();
        disk.create("file").close();

        assertThat(permissions(directory)).isEqualTo("rwx------");
        assertThat(permissions(parent.resolve("deep"))).isEqualTo("rwx------");
        for (String name : disk.list()) {
            assertThat(permissions(directory.resolve(name))).as(name).isEqualTo("rw-------");
        }
        assertThat(disk.list()).containsExactly("file", "lock", "owner");
        assertThat(FileStorage.isReadableByOthers(directory)).isFalse();
        disk.close();
    }

    @ParameterizedTest
    @CsvSource({
        "rwx------, rw-r--r--, false",
        "rwx--x---, rw-------, false",
        "rwx--x---, rw-r-----, true",
        "rwx-----x, rw----r--, true",
        "rwxr--r--, rw-r--r--, false",
        "rwx--x--x, rw--w--w-, false"
    })
    @DisplayName("others read a directory's files if they may enter it, and may read one of them")
    void othersReadWhatTheyMayEnterAndRead(String ofDirectory, String ofFile, boolean isReadable) throws IOException {
        Files.createDirectories(directory);
        Path file = Files.createFile(directory.resolve("file"));
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(ofFile));
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString(ofDirectory));

        assertThat(FileStorage.isReadableByOthers(directory)).isEqualTo(isReadable);
        assertThat(FileStorage.isReadableByOthers(directory.resolve("none"))).isFalse();
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx------"));
    }

    @Test
    @DisplayName("fault.D15: a directory in use is refused, with the process that has it; given back, it can be had, and nobody is named")
    void aDirectoryInUseIsRefused() throws IOException {
        disk.lock();
        assertThat(Files.readString(directory.resolve("owner"))).startsWith("process " + ProcessHandle.current().pid());
        assertThatThrownBy(() -> new FileDisk(directory).lock())
                .isInstanceOf(IOException.class)
                .hasMessageContaining(" data directory " + directory + " is in use by this process (process " + ProcessHandle.current().pid());
        assertThatThrownBy(() -> new FileDisk(directory).lock()).as("nor does the refused one give it back").isInstanceOf(IOException.class);

        disk.close();
        assertThat(directory.resolve("owner")).isEmptyFile();
        FileDisk next = new FileDisk(directory.resolve("..").resolve("data"));
        next.lock();
        assertThat(next.place()).isEqualTo(directory.toString());
        assertThat(next.place("x")).isEqualTo(directory.resolve("x").toString());
        next.close();
        next.close();
    }

    @Test
    @DisplayName("a path that is a file, or below one, cannot be used, and the reason is told")
    void aPathThatIsAFileCannotBeUsed() throws IOException {
        Path file = Files.createFile(parent.resolve("file"));

        for (Path path : new Path[] {file, file.resolve("data")}) {
            assertThatThrownBy(() -> new FileDisk(path).lock())
                    .isInstanceOf(IOException.class)
                    .hasMessageStartingWith("COORD-")
                    .hasMessageContaining("data directory " + path + " cannot be used: ");
        }
    }

    @Test
    @DisplayName("files are made, opened, renamed over others, deleted, and deleted once more")
    void filesAreMadeRenamedAndDeleted() throws IOException {
        disk.lock();
        try (DiskFile file = disk.create("a")) {
            file.writeFully(disk.buffer(5).put(new byte[] {1, 2, 3, 4, 5}).flip(), 2);
            assertThat(file.size()).isEqualTo(7);
            file.truncate(6);
            file.force(true);
            assertThat(file.size()).isEqualTo(6);
            ByteBuffer read = ByteBuffer.allocate(10);
            assertThat(file.readFully(read, 1)).isEqualTo(5);
            assertThat(read.flip()).isEqualTo(ByteBuffer.wrap(new byte[] {0, 1, 2, 3, 4}));
            assertThat(file.read(ByteBuffer.allocate(1), 6)).isEqualTo(-1);
            file.close();
            assertThatThrownBy(file::size).isInstanceOf(ClosedChannelException.class);
        }
        disk.create("b").close();
        disk.rename("a", "b");
        disk.force();
        assertThat(disk.list()).containsExactly("b", "lock", "owner");
        try (DiskFile file = disk.create("b")) {
            assertThat(file.size()).as("made empty").isZero();
        }
        disk.delete("b");
        disk.delete("b");
        assertThat(disk.list()).containsExactly("lock", "owner");
        assertThatThrownBy(() -> disk.open("b")).isInstanceOf(NoSuchFileException.class);
        assertThatThrownBy(() -> disk.rename("b", "c")).isInstanceOf(NoSuchFileException.class);
        assertThat(disk.buffer(9).isDirect()).isTrue();
        assertThat(disk.usableBytes()).isBetween(1L, Long.MAX_VALUE - 1);
        disk.close();
    }

    @Test
    @DisplayName("a directory that is only looked at is listed and read, and changed by nothing")
    void aDirectoryThatIsOnlyLookedAtIsNotChanged() throws IOException {
        Files.createDirectories(directory);
        Files.write(directory.resolve("b"), new byte[] {1, 2, 3});
        Files.createFile(directory.resolve("a"));
        ReadOnlyDisk looked = new ReadOnlyDisk(directory.resolve("..").resolve("data"));

        assertThat(looked.list()).containsExactly("a", "b");
        assertThat(looked.place()).isEqualTo(directory.toString());
        assertThat(looked.place("b")).isEqualTo(directory.resolve("b").toString());
        DiskFile file = looked.open("b");
        ByteBuffer read = looked.buffer(8);
        assertThat(file.size()).isEqualTo(3);
        assertThat(file.readFully(read, 1)).isEqualTo(2);
        for (org.assertj.core.api.ThrowableAssert.ThrowingCallable change : new org.assertj.core.api.ThrowableAssert.ThrowingCallable[] {
            looked::lock, () -> looked.create("c"), () -> looked.rename("a", "c"), () -> looked.delete("a"), looked::force,
            () -> file.write(ByteBuffer.allocate(1), 0), () -> file.truncate(0), () -> file.force(true)
        }) {
            assertThatThrownBy(change).isInstanceOf(UnsupportedOperationException.class)
                    .hasMessage("a directory that is only looked at is not changed");
        }
        file.close();
        looked.close();
        assertThatThrownBy(file::size).isInstanceOf(ClosedChannelException.class);
        assertThat(looked.list()).containsExactly("a", "b");
    }

    private static String permissions(Path file) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
    }
}

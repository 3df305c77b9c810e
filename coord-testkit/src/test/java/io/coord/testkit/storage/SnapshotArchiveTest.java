package io.coord.testkit.storage;

import static io.coord.testkit.storage.SmallStorage.noise;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.coord.Bytes;
import io.coord.ensemble.spi.Storage.SnapshotImage;
import io.coord.ensemble.spi.Storage.SnapshotWriter;
import io.coord.storage.SnapshotArchive;
import io.coord.testkit.sim.SimDisk;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A snapshot in a file of its own: what is written comes back, a failure costs nothing, and what is not whole is refused with its place. */
class SnapshotArchiveTest {

    private static final int HEADER = 4096;
    private static final int CHUNK = 64 << 10;
    private static final int DIGEST = 8;
    private static final SnapshotImage IMAGE = new SnapshotImage(0x20, 7, 1234, 56, Bytes.utf8("1,2,3"), 0, 0);

    @TempDir
    Path directory;

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 100, CHUNK - 4, CHUNK - 3, 3 * CHUNK})
    @DisplayName("rule.26: what was written comes back, as often as it is asked for, whatever its size")
    void whatWasWrittenComesBack(int length) throws IOException {
        List<Bytes> records = List.of(noise(length, 1), Bytes.EMPTY, noise(50, 2));
        Path file = directory.resolve("backup");

        SnapshotImage written = SnapshotArchive.write(file, IMAGE, writer(records));

        assertThat(written.sizeBytes()).isEqualTo(length + 50 + 3 * 4L);
        assertThat(written.digest()).isNotZero();
        assertThat(written).isEqualTo(new SnapshotImage(
                0x20, 7, 1234, 56, Bytes.utf8("1,2,3"), written.sizeBytes(), written.digest()));
        SnapshotArchive.Content content = SnapshotArchive.read(file);
        assertThat(content.image()).isEqualTo(written);
        assertThat(content.records()).containsExactlyElementsOf(records);
        assertThat(content.records()).as("once more").containsExactlyElementsOf(records);
        assertThat(names()).containsExactly("backup");
    }

    @Test
    @DisplayName("an archive without a record has none, and nothing comes behind the last")
    void anArchiveWithoutARecordHasNone() throws IOException {
        Path file = directory.resolve("backup");
        SnapshotImage written = SnapshotArchive.write(file, IMAGE, sink -> {});

        assertThat(written.sizeBytes()).isZero();
        assertThat(written.digest()).isNotZero();
        Iterator<Bytes> none = SnapshotArchive.read(file).records().iterator();
        assertThat(none.hasNext()).isFalse();
        assertThatThrownBy(none::next).isInstanceOf(NoSuchElementException.class);
        assertThat(Files.size(file)).isEqualTo(HEADER);
    }

    @Test
    @DisplayName("a name without a directory is one of the working directory's, and dots in a path are followed")
    void pathsAreFollowed() throws IOException {
        Path other = Files.createDirectory(directory.resolve("other"));
        Path roundabout = other.resolve("..").resolve("backup");

        SnapshotArchive.write(roundabout, IMAGE, writer(List.of(noise(9, 1))));

        assertThat(directory.resolve("backup")).exists();
        Path relative = Path.of("").toAbsolutePath().relativize(roundabout.toAbsolutePath());
        assertThat(SnapshotArchive.read(relative).records()).containsExactly(noise(9, 1));
    }

    @Test
    @DisplayName("rule.26: an archive takes the place of what had its name before")
    void anArchiveTakesThePlaceOfWhatWasThere() throws IOException {
        Path file = directory.resolve("backup");
        SnapshotArchive.write(file, IMAGE, writer(List.of(noise(3 * CHUNK, 1))));

        SnapshotArchive.write(file, IMAGE, writer(List.of(noise(10, 2))));

        assertThat(SnapshotArchive.read(file).records()).containsExactly(noise(10, 2));
        assertThat(Files.size(file)).isEqualTo(HEADER + 14 + DIGEST);
    }

    @Test
    @DisplayName("fault.D11: an archive that fails leaves what had its name before, and no unfinished file")
    void anArchiveThatFailsLeavesWhatWasThere() throws IOException {
        Path file = directory.resolve("backup");
        SnapshotArchive.write(file, IMAGE, writer(List.of(noise(10, 1))));

        assertThatThrownBy(() -> SnapshotArchive.write(file, IMAGE, sink -> {
                    sink.record(noise(2 * CHUNK, 2));
                    throw new IOException("the state is gone");
                }))
                .isInstanceOf(IOException.class)
                .hasMessage("the state is gone");
        assertThatThrownBy(() -> SnapshotArchive.write(file, IMAGE, sink -> {
                    throw new IllegalStateException("a mistake");
                }))
                .isInstanceOf(IllegalStateException.class);

        assertThat(SnapshotArchive.read(file).records()).containsExactly(noise(10, 1));
        assertThat(names()).containsExactly("backup");
    }

    @Test
    @DisplayName("an archive that cannot take its name, since a directory has it, is told, and leaves no unfinished file")
    void anArchiveThatCannotTakeItsNameIsTold() throws IOException {
        Path taken = Files.createDirectory(directory.resolve("backup"));
        Files.createFile(taken.resolve("something"));

        assertThatThrownBy(() -> SnapshotArchive.write(taken, IMAGE, writer(List.of(noise(10, 1)))))
                .isInstanceOf(IOException.class);
        assertThat(names()).containsExactly("backup");
    }

    @Test
    @DisplayName("the root of a file system is no archive")
    void theRootIsNoArchive() {
        Path root = directory.getRoot();

        assertThatThrownBy(() -> SnapshotArchive.read(root)).isInstanceOf(IOException.class)
                .hasMessage(root + " is no file but the root of a file system");
        assertThatThrownBy(() -> SnapshotArchive.write(root, IMAGE, sink -> {})).isInstanceOf(IOException.class)
                .hasMessage(root + " is no file but the root of a file system");
    }

    @Test
    @DisplayName("fault.D9: a flipped bit anywhere in what an archive says is found before any of it is given away, with its place")
    void aFlippedBitIsFound() throws IOException {
        Path file = directory.resolve("backup");
        SnapshotArchive.write(file, IMAGE, writer(List.of(noise(CHUNK, 1))));
        byte[] good = Files.readAllBytes(file);
        int headerEnd = 24 + 7 * 8 + 4 + IMAGE.configuration().length();
        List<Integer> places = new ArrayList<>();
        for (int at = 0; at < headerEnd; at++) {
            places.add(at);
        }
        for (int at = HEADER; at < good.length; at += at < HEADER + CHUNK - 10 ? 6553 : 1) {
            places.add(at);
        }
        for (int at : places) {
            byte[] bad = good.clone();
            bad[at] ^= 4;
            Files.write(file, bad);
            assertThatThrownBy(() -> SnapshotArchive.read(file)).as("byte " + at).isInstanceOf(IOException.class)
                    .hasMessageStartingWith("COORD-10").hasMessageContaining(file.toString());
        }
        assertThat(places).hasSizeGreaterThan(120);
    }

    @Test
    @DisplayName("fault.D6: an archive that is cut short, wherever, is refused")
    void anArchiveCutShortIsRefused() throws IOException {
        Path file = directory.resolve("backup");
        SnapshotArchive.write(file, IMAGE, writer(List.of(noise(100, 1))));
        byte[] good = Files.readAllBytes(file);
        assertThat(good).hasSize(HEADER + 104 + DIGEST);

        for (int length : new int[] {0, 1, 15, 16, 80, 83, 84, 88, 89, 4095, HEADER, HEADER + 1, HEADER + 104, good.length - 1}) {
            Files.write(file, java.util.Arrays.copyOf(good, length));
            assertThatThrownBy(() -> SnapshotArchive.read(file)).as(length + " bytes").isInstanceOf(IOException.class)
                    .hasMessageStartingWith("COORD-1060");
        }
        Files.write(file, java.util.Arrays.copyOf(good, good.length + 10));
        assertThat(SnapshotArchive.read(file).records()).as("more than there was does no harm").containsExactly(noise(100, 1));
    }

    @Test
    @DisplayName("fault.D15: a member's own snapshot is no archive: it belongs to its cluster")
    void aMembersOwnSnapshotIsNoArchive() throws IOException {
        SimDisk disk = Specimen.written(true);
        String name = disk.list().stream().filter(each -> each.startsWith("snapshot-")).findFirst().orElseThrow();
        Path file = Files.write(directory.resolve(name), disk.content(name));

        assertThatThrownBy(() -> SnapshotArchive.read(file))
                .hasMessageStartingWith("COORD-1003 " + file + " belongs to another storage: it is of cluster c0ffee. ");
    }

    @Test
    @DisplayName("fault.D19: an archive of a newer format is refused as such, not as damage")
    void anArchiveOfANewerFormatIsRefused() throws IOException {
        Path file = directory.resolve("backup");
        SnapshotArchive.write(file, IMAGE, writer(List.of(noise(10, 1))));
        for (int version : new int[] {0, 2}) {
            byte[] other = Files.readAllBytes(file);
            other[11] = (byte) version;
            java.util.zip.CRC32C crc = new java.util.zip.CRC32C();
            crc.update(other, 0, 12);
            java.nio.ByteBuffer.wrap(other).putInt(12, (int) crc.getValue());
            Files.write(file, other);

            assertThatThrownBy(() -> SnapshotArchive.read(file)).isInstanceOf(IOException.class)
                    .hasMessageContaining(version == 2
                            ? " " + file + " has format version 2; this program knows versions up to 1. Nothing was changed."
                            : "no header of a snapshot");
        }
    }

    @Test
    @DisplayName("fault.D9: what rots or goes between the check and the reading is an error, not a record")
    void whatRotsAfterTheCheckIsAnError() throws IOException {
        Path file = directory.resolve("backup");
        SnapshotArchive.write(file, IMAGE, writer(List.of(noise(10, 1))));
        Iterable<Bytes> records = SnapshotArchive.read(file).records();
        byte[] rotten = Files.readAllBytes(file);
        rotten[HEADER + 6] ^= 1;
        Files.write(file, rotten);

        assertThatThrownBy(() -> records.iterator().next()).isInstanceOf(UncheckedIOException.class)
                .hasMessageContaining("chunk 0 does not match its digest");
        Files.delete(file);
        assertThatThrownBy(() -> records.iterator().next()).hasCauseInstanceOf(NoSuchFileException.class);
        assertThatThrownBy(() -> SnapshotArchive.read(file)).isInstanceOf(NoSuchFileException.class);
    }

    private static SnapshotWriter writer(List<Bytes> records) {
        return sink -> {
            for (Bytes record : records) {
                sink.record(record);
            }
        };
    }

    private List<String> names() throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }
}

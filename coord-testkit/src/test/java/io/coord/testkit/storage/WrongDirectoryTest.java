package io.coord.testkit.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.coord.Bytes;
import io.coord.MemberId;
import io.coord.ensemble.spi.Storage;
import io.coord.ensemble.spi.Storage.Identity;
import io.coord.storage.FileStorage;
import io.coord.storage.StorageOptions;
import io.coord.testkit.sim.SimDisk;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a person is told who gives a member the wrong directory. */
class WrongDirectoryTest {

    private static final StorageOptions OPTIONS = StorageOptions.DEFAULT.withSegmentBytes(64 << 10);

    @TempDir
    Path directory;

    // ---- whose is it

    @Test
    @DisplayName("fault.D15: a directory of another member is refused, with both names")
    void aDirectoryOfAnotherMemberIsRefused() throws Exception {
        begun(directory, new Identity(0x7f3a, 2, 1, Bytes.EMPTY)).close();

        assertThatThrownBy(FileStorage.at(directory, OPTIONS).of(MemberId.of(1))::open)
                .isInstanceOf(IOException.class)
                .hasMessage("COORD-1003 data directory " + directory + " belongs to member 2 (cluster 7f3a), not to member 1."
                        + " Two members share a directory, or the id changed. Give each member a directory of its own.");

        try (Storage mine = FileStorage.at(directory, OPTIONS).of(MemberId.of(2))) {
            assertThat(mine.open().identity().member()).isEqualTo(2);
        }
    }

    @Test
    @DisplayName("fault.D15: a segment of another storage is refused")
    void aSegmentOfAnotherStorageIsRefused() throws IOException {
        SimDisk disk = Specimen.written(true);
        SimDisk other = new SimDisk(2);
        SmallStorage stranger = new SmallStorage(other);
        stranger.open();
        stranger.identity(new Identity(0xc0ffee, 2, 5, Bytes.EMPTY));
        stranger.write(SmallStorage.entries(1, 3, 1));
        stranger.close();
        disk.put("log-0000000000000099", other.content("log-0000000000000001"));

        assertThatThrownBy(() -> new SmallStorage(disk).open())
                .hasMessageStartingWith("COORD-1003 /sim/log-0000000000000099 belongs to another storage: it is of log ");
    }

    @Test
    @DisplayName("fault.D15: a snapshot of another cluster is refused")
    void aSnapshotOfAnotherClusterIsRefused() throws IOException {
        SimDisk disk = Specimen.written(true);
        SimDisk other = new SimDisk(2);
        SmallStorage stranger = new SmallStorage(other);
        stranger.open();
        stranger.identity(new Identity(0xbad, 3, 77, Bytes.EMPTY));
        stranger.write(SmallStorage.entries(1, 99, 1));
        stranger.snapshot(99, 1);
        String name = "snapshot-0000000100000063-0000000000000001";
        disk.put(name, other.content(name));

        assertThatThrownBy(() -> new SmallStorage(disk).open())
                .hasMessageStartingWith("COORD-1003 /sim/" + name + " belongs to another storage: it is of cluster bad");
    }

    @Test
    void aDirectoryFullOfOtherThingsIsRefused() throws IOException {
        Files.writeString(directory.resolve("letter.txt"), "dear");
        Files.writeString(directory.resolve("holiday.jpg"), "sea");

        assertThatThrownBy(FileStorage.at(directory, OPTIONS)::open)
                .hasMessageStartingWith("COORD-1063 directory " + directory
                        + " holds files that are not a member's (holiday.jpg, letter.txt). Probably the wrong path.");
        assertThat(directory.resolve("letter.txt")).hasContent("dear");
    }

    @Test
    void aLogWithoutItsIdentityIsRefused() throws IOException {
        SimDisk disk = Specimen.written(true);
        disk.remove("identity");

        assertThatThrownBy(() -> new SmallStorage(disk).open())
                .hasMessageStartingWith("COORD-1061 /sim/identity is missing, though there is /sim/log-");
    }

    // ---- is it in use

    @Test
    @DisplayName("fault.D16: a second member of this process is told so, and the first one's lock stays")
    void aSecondMemberOfThisProcessIsToldSo() throws Exception {
        try (Storage first = begun(directory, SmallStorage.IDENTITY)) {
            for (int attempt = 0; attempt < 2; attempt++) {
                assertThatThrownBy(FileStorage.at(directory, OPTIONS)::open)
                        .hasMessageStartingWith("COORD-1064 data directory " + directory + " is in use by this process");
            }
            assertThat(otherProcess().readLine()).startsWith("COORD-1064");
            assertThat(first).isNotNull();
        }
        assertThat(otherProcess().readLine()).isEqualTo("open");
    }

    @Test
    @DisplayName("fault.D16: a storage that can no longer write who owns the directory gives it back all the same")
    void aStorageThatCannotWriteItsEndGivesTheDirectoryBack() throws Exception {
        Path owner = directory.resolve("owner");
        Storage first = begun(directory, SmallStorage.IDENTITY);
        Files.delete(owner);
        Files.createDirectory(owner);
        first.close();
        Files.delete(owner);

        try (Storage again = FileStorage.at(directory, OPTIONS)) {
            assertThat(again.open().identity()).isEqualTo(SmallStorage.IDENTITY);
        }
    }

    @Test
    @DisplayName("fault.D16: it is not by what a file says of the owner that a directory is this process's")
    void whatAFileSaysOfTheOwnerIsForPeople() throws Exception {
        Path owner = directory.resolve("owner");
        String self;
        try (Storage first = begun(directory, SmallStorage.IDENTITY)) {
            self = Files.readString(owner);
            Files.writeString(owner, "");
            assertThatThrownBy(FileStorage.at(directory, OPTIONS)::open).hasMessageContaining("is in use by this process");
            assertThat(first).isNotNull();
        }
        Files.writeString(owner, self);

        try (Storage again = FileStorage.at(directory, OPTIONS)) {
            assertThat(again.open().identity()).isEqualTo(SmallStorage.IDENTITY);
        }
    }

    @Test
    @DisplayName("fault.D16: a second process is told which one has the directory")
    void aSecondProcessIsToldWhichOneHasTheDirectory() throws Exception {
        Process other = start();
        try (BufferedReader output = output(other)) {
            assertThat(output.readLine()).isEqualTo("open");

            assertThatThrownBy(FileStorage.at(directory, OPTIONS)::open)
                    .hasMessageStartingWith("COORD-1064 data directory " + directory + " is in use by process " + other.pid()
                            + ", started ")
                    .hasMessageContaining("Stop that member, or give this one a directory of its own.");
        } finally {
            other.destroyForcibly();
            assertThat(other.waitFor(20, TimeUnit.SECONDS)).isTrue();
        }
        try (Storage now = FileStorage.at(directory, OPTIONS)) {
            assertThat(now.open().identity()).as("a lock dies with its process").isNull();
        }
    }

    /** Opens the directory in another process, tells how that went, and ends. */
    private BufferedReader otherProcess() throws Exception {
        Process other = start();
        other.getOutputStream().close();
        assertThat(other.waitFor(20, TimeUnit.SECONDS)).isTrue();
        return output(other);
    }

    private Process start() throws IOException {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xshare:auto",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Opener.class.getName(),
                        directory.toString())
                .redirectErrorStream(true)
                .start();
    }

    private static BufferedReader output(Process process) {
        return new BufferedReader(new InputStreamReader(process.getInputStream()));
    }

    /** Opens a directory, and keeps it until its input ends. */
    static final class Opener {
        public static void main(String[] arguments) throws IOException {
            try (Storage storage = FileStorage.at(Path.of(arguments[0]), OPTIONS)) {
                storage.open();
                System.out.println("open");
                System.in.read();
            } catch (IOException e) {
                System.out.println(e.getMessage());
            }
        }
    }

    // ---- can it be used

    @Test
    void aFileInPlaceOfADirectoryIsRefused() throws IOException {
        Path file = Files.writeString(directory.resolve("file"), "");

        assertThatThrownBy(FileStorage.at(file, OPTIONS)::open)
                .hasMessageStartingWith("COORD-1065 data directory " + file + " cannot be used: ")
                .hasMessageEndingWith("Check that it is a directory that this user may read and write.");
    }

    @Test
    void aPlaceWhereNothingCanBeMadeIsRefused() {
        Path nowhere = Path.of("/proc/coord/data");
        assumeTrue(Files.isDirectory(Path.of("/proc/self")), "needs a file system that nobody may write to");

        assertThatThrownBy(FileStorage.at(nowhere, OPTIONS)::open)
                .hasMessageStartingWith("COORD-1065 data directory /proc/coord/data cannot be used: ");
    }

    @Test
    void aDirectoryWithoutRightsIsRefused() throws IOException {
        Path locked = Files.createDirectory(directory.resolve("locked"));
        Files.setPosixFilePermissions(locked, PosixFilePermissions.fromString("r-x------"));
        assumeTrue(!Files.isWritable(locked), "the superuser has all rights");

        assertThatThrownBy(FileStorage.at(locked, OPTIONS)::open)
                .hasMessageStartingWith("COORD-1065 data directory " + locked + " cannot be used: permission denied for ");
    }

    @Test
    void aFailedOpenLeavesTheDirectoryToOthers() throws Exception {
        begun(directory, SmallStorage.IDENTITY).close();
        assertThatThrownBy(FileStorage.at(directory, OPTIONS).of(MemberId.of(9))::open).isInstanceOf(IOException.class);

        try (Storage other = FileStorage.at(directory, OPTIONS).of(MemberId.of(3))) {
            assertThat(other.open().identity()).isEqualTo(SmallStorage.IDENTITY);
        }
    }

    // ---- is it older than this program

    @Test
    @DisplayName("fault.D19: a newer format is refused before anything is touched, whichever file has it")
    void aNewerFormatIsRefusedBeforeAnythingIsTouched() throws IOException {
        SimDisk image = Specimen.written(true);
        for (String name : image.list()) {
            if (name.equals("spare")) {
                continue;
            }
            SimDisk newer = image.copy(1);
            newer.put(name, withVersion(newer.content(name), 2));

            assertRefusedAsNewer(newer, name);
        }
    }

    private static void assertRefusedAsNewer(SimDisk newer, String name) throws IOException {
        long calls = newer.calls();
        assertThatThrownBy(() -> new SmallStorage(newer).open())
                .as(name)
                .hasMessage("COORD-1062 /sim/" + name + " has format version 2; this program knows versions up to 1."
                        + " Nothing was changed. Run the newer program that wrote it.");
        assertThat(newer.calls()).as("nothing was changed").isEqualTo(calls);
    }

    /** The first file preamble, with another version and the right check. */
    private static byte[] withVersion(byte[] content, int version) {
        ByteBuffer buffer = ByteBuffer.wrap(content).putInt(8, version);
        CRC32C crc = new CRC32C();
        crc.update(content, 0, 12);
        buffer.putInt(12, (int) crc.getValue());
        return content;
    }

    private static Storage begun(Path place, Identity identity) throws Exception {
        Storage storage = FileStorage.at(place, OPTIONS);
        storage.open();
        CompletableFuture<Storage.Done> done = new CompletableFuture<>();
        storage.saveIdentity(identity, done::complete);
        assertThat(done.get(20, TimeUnit.SECONDS)).isInstanceOf(Storage.Done.Forced.class);
        return storage;
    }
}

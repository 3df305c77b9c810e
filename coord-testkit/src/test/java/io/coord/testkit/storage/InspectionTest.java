package io.coord.testkit.storage;

import static io.coord.testkit.storage.SmallStorage.entries;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.coord.storage.Inspection;
import io.coord.testkit.sim.SimDisk;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.function.Consumer;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What an inspection says of a directory, line by line, and of each thing that is wrong with it. */
class InspectionTest {

    private static final String SEGMENT = "log-000000000000000";
    private static final String OLDER = "snapshot-000000010000000c-0000000000000001";
    private static final String NEWEST = "snapshot-000000010000001e-0000000000000001";

    private static final String NO_IDENTITY = "there is no identity: this is no member's directory, or it was never used";

    @TempDir
    Path directory;

    @Test
    @DisplayName("an inspection of a directory that is whole says what each file holds, and finds nothing wrong")
    void anInspectionSaysWhatEachFileHolds() throws IOException {
        Inspection.Result result = inspect(Specimen.written(true));

        assertThat(result.findings()).isEmpty();
        assertThat(result.contents()).containsExactly(
                "identity: member 3 of cluster c0ffee, incarnation 77",
                "control: term 4, vote for member 2, newest segment 6",
                SEGMENT + "2: 8192 bytes, 3 groups, entries 10000000d to 100000018 of terms 1 to 1, sealed",
                SEGMENT + "3: 8192 bytes, 3 groups, entries 100000019 to 100000024 of terms 1 to 1, sealed",
                SEGMENT + "4: 6144 bytes, 1 groups, entries 100000025 to 100000028 of terms 1 to 1, sealed",
                SEGMENT + "5: 8192 bytes, 2 groups, entries 100000022 to 10000002d of terms 3 to 4, sealed",
                SEGMENT + "6: 6144 bytes, 1 groups, entries 10000002e to 100000031 of terms 4 to 4, sealed",
                OLDER + ": 4909 bytes, index 10000000c of term 1, content of 805 bytes with digest 1ae96af2b839ac53",
                NEWEST + ": 4789 bytes, index 10000001e of term 1, content of 685 bytes with digest b83086f9d9509419",
                "spare: 8192 bytes, no part of what the member remembers");
    }

    @Test
    @DisplayName("a segment in use is open, and what is unfinished or replaced is told apart from what counts")
    void whatDoesNotCountIsToldApart() throws IOException {
        SimDisk disk = Specimen.written(false);
        disk.put("snapshot-x.tmp", new byte[3]);
        disk.put(NEWEST + ".received", new byte[4]);
        disk.put(SEGMENT + "1.damaged", new byte[5]);
        disk.put("letter", new byte[6]);

        assertThat(inspect(disk).contents())
                .contains(
                        SEGMENT + "6: 8192 bytes, 1 groups, entries 10000002e to 100000031 of terms 4 to 4, open",
                        "snapshot-x.tmp: 3 bytes, no part of what the member remembers",
                        NEWEST + ".received: 4 bytes, no part of what the member remembers",
                        SEGMENT + "1.damaged: 5 bytes, no part of what the member remembers")
                .hasSize(13);
    }

    @Test
    @DisplayName("a new member has no term yet; one that voted for nobody, or forgot its votes, says so; a segment may hold nothing")
    void whatAMemberKnowsIsSaid() throws IOException {
        SimDisk disk = new SimDisk(1);
        SmallStorage storage = SmallStorage.begun(disk);
        assertThat(inspect(disk).contents()).contains("control: no term yet, newest segment 0");

        storage.vote(7, 0);
        assertThat(inspect(disk).contents()).contains("control: term 7, vote for nobody, newest segment 0");

        SmallStorage peer = SmallStorage.begun(new SimDisk(5));
        storage.heal(peer, ((io.coord.ensemble.spi.Storage.SnapshotDone.Saved) peer.snapshot(20, 7)).image());
        assertThat(inspect(disk).contents()).contains(SEGMENT + "1: 8192 bytes, 0 groups, no entries behind 100000014, open");

        storage.kill();
        disk.kill();
        disk.remove("control");
        SmallStorage again = new SmallStorage(disk);
        again.open();
        assertThat(inspect(disk).contents()).contains(
                "control: term 7, vote for nobody, newest segment 2, votes were once forgotten");
    }

    @Test
    @DisplayName("fault.D2: an end that a crash has torn is told, and is nothing that is wrong")
    void aTornEndIsTold() throws IOException {
        SimDisk disk = new SimDisk(1);
        SmallStorage storage = SmallStorage.begun(disk);
        storage.write(entries(1, 3, 1));
        storage.write(entries(4, 12, 1));
        byte[] torn = disk.content(SEGMENT + "1");
        int second = 4096 + 512;
        assertThat(torn[second]).isNotZero();
        Arrays.fill(torn, second + 1024, second + 1536, (byte) 0);
        disk.put(SEGMENT + "1", torn);

        Inspection.Result result = inspect(disk);

        assertThat(result.findings()).isEmpty();
        assertThat(result.contents()).contains(SEGMENT
                + "1: 8192 bytes, 1 groups, entries 100000001 to 100000003 of terms 1 to 1, open, its end torn by a crash");
    }

    @Test
    @DisplayName("fault.D6 to fault.D9: each kind of file that is not whole is named, with place and what is wrong, and the others are still told")
    void whatIsNotWholeIsNamed() throws IOException {
        assertFinding(disk -> flipBoth(disk, "identity"), "COORD-1060 %sidentity is damaged at offset 0: neither of its two copies is whole. ");
        assertFinding(disk -> flipBoth(disk, "control"), "COORD-1060 %scontrol is damaged at offset 0: neither of its two copies is whole. ");
        for (String name : new String[] {"identity", "control"}) {
            for (int copy : new int[] {0, 4096}) {
                assertFinding(disk -> disk.flip(name, copy + 40, 1),
                        "one of two copies of %s" + name + " is not whole; the other is, and mends it at the next start");
            }
        }
        assertFinding(disk -> disk.flip(SEGMENT + "3", 30, 1),
                "COORD-1060 %s" + SEGMENT + "3 is damaged at offset 0: the header does not match its check. ");
        assertFinding(disk -> disk.flip(SEGMENT + "6", 4096 + 10, 1),
                "COORD-1060 %s" + SEGMENT + "6 is damaged at offset 4096: neither zeros nor the head of group 0. ");
        assertFinding(disk -> disk.flip(OLDER, 30, 1),
                "COORD-1060 %s" + OLDER + " is damaged at offset 0: the header does not match its check. ");
        assertFinding(disk -> disk.flip(NEWEST, 4100, 1),
                "COORD-1060 %s" + NEWEST + " is damaged at offset 4096: chunk 0 does not match its digest. ");
        assertFinding(disk -> disk.remove("control"), "there is no control file: term and vote are forgotten");
    }

    @Test
    @DisplayName("fault.D15: files of another storage are named as such")
    void filesOfAnotherStorageAreNamed() throws IOException {
        SimDisk other = new SimDisk(2);
        SmallStorage storage = new SmallStorage(other);
        storage.open();
        storage.identity(new io.coord.ensemble.spi.Storage.Identity(0xbeef, 3, 77, io.coord.Bytes.utf8("1,2,3")));
        storage.write(entries(1, 3, 1));
        storage.snapshot(2, 1);
        String foreign = "snapshot-0000000100000002-0000000000000001";

        Inspection.Result result = inspect(with(Specimen.written(true), disk -> {
            disk.put(SEGMENT + "1", other.content(SEGMENT + "1"));
            disk.put(foreign, other.content(foreign));
        }));

        assertThat(result.findings()).hasSize(2);
        assertThat(result.findings().get(0)).startsWith("COORD-1003 " + directory.resolve(SEGMENT + "1")
                + " belongs to another storage: it is of log ");
        assertThat(result.findings().get(1)).startsWith("COORD-1003 " + directory.resolve(foreign)
                + " belongs to another storage: it is of cluster beef. ");
        assertThat(result.contents()).contains(SEGMENT + "1: 8192 bytes, not readable", foreign + ": "
                + other.content(foreign).length + " bytes, not readable");
    }

    @Test
    @DisplayName("a directory without an identity is no member's, and a directory that is not there cannot be inspected")
    void aDirectoryWithoutAnIdentityIsNoMembers() throws IOException {
        Inspection.Result result = inspect(new SimDisk(1));

        assertThat(result.contents()).isEmpty();
        assertThat(result.findings()).containsExactly(NO_IDENTITY);
        Inspection.Result lost = inspect(with(Specimen.written(true), disk -> disk.remove("identity")));
        assertThat(lost.findings()).as("the other files are not blamed for it").containsExactly(NO_IDENTITY);
        assertThat(lost.contents()).hasSize(9);
        assertThatThrownBy(() -> Inspection.of(directory.resolve("none"))).isInstanceOf(NoSuchFileException.class);
    }

    private void assertFinding(Consumer<SimDisk> damage, String finding) throws IOException {
        SimDisk disk = with(Specimen.written(true), damage);
        Inspection.Result result = inspect(disk);

        assertThat(result.findings()).singleElement().asString().startsWith(String.format(finding, directory + "/"));
        long files = disk.list().size();
        assertThat(result.contents().size()).as("a line for each file of which anything is known").isBetween((int) files - 1, (int) files);
    }

    private static void flipBoth(SimDisk disk, String name) {
        disk.flip(name, 40, 1);
        disk.flip(name, 4096 + 40, 1);
    }

    private static SimDisk with(SimDisk disk, Consumer<SimDisk> change) {
        change.accept(disk);
        return disk;
    }

    /** Looks at what a disk holds, in a directory; which stays what it was. */
    private Inspection.Result inspect(SimDisk disk) throws IOException {
        try (var old = Files.list(directory)) {
            for (Path file : old.toList()) {
                Files.delete(file);
            }
        }
        for (String name : disk.list()) {
            Files.write(directory.resolve(name), disk.content(name));
        }
        Inspection.Result result = Inspection.of(directory);
        for (String name : disk.list()) {
            assertThat(Files.readAllBytes(directory.resolve(name))).as(name).isEqualTo(disk.content(name));
        }
        return result;
    }
}

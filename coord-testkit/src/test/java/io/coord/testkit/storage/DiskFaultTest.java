package io.coord.testkit.storage;

import static io.coord.testkit.storage.SmallStorage.ORIGIN;
import static io.coord.testkit.storage.SmallStorage.entries;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.coord.Bytes;
import io.coord.ensemble.spi.Storage.DiskUse;
import io.coord.ensemble.spi.Storage.Done;
import io.coord.ensemble.spi.Storage.Identity;
import io.coord.ensemble.spi.Storage.Piece;
import io.coord.ensemble.spi.Storage.Recovered;
import io.coord.ensemble.spi.Storage.SnapshotDone;
import io.coord.ensemble.spi.Storage.SnapshotImage;
import io.coord.ensemble.spi.Storage.StoredEntry;
import io.coord.ensemble.spi.Storage.Vote;
import io.coord.storage.StorageOptions;
import io.coord.testkit.sim.SimDisk;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** One fault of the disk at a time, and what must come of it. */
class DiskFaultTest {

    private final SimDisk disk = new SimDisk(3);

    @Test
    @DisplayName("fault.D3: short writes are made whole, wherever they end")
    void shortWritesAreMadeWhole() throws IOException {
        disk.shortWrites(60, 1);
        SmallStorage storage = SmallStorage.begun(disk);
        storage.vote(5, 1);
        for (int at = 1; at <= 60; at += 3) {
            assertForced(storage.write(entries(at, at + 2, 5)));
        }
        assertThat(storage.snapshot(20, 5)).isInstanceOf(SnapshotDone.Saved.class);
        storage.kill();
        disk.kill();

        Recovered found = new SmallStorage(disk).open();
        assertThat(found.vote()).isEqualTo(new Vote(5, 1, 9));
        assertThat(found.snapshotRecords()).containsExactlyElementsOf(SmallStorage.records(20));
        assertThat(found.entries()).isEqualTo(entries(21, 60, 5));
    }

    @Test
    @DisplayName("inv.D-c, fault.D10, B14: after a failed force nothing is reported as written in that run")
    void afterAFailedForceNothingIsReportedAsWritten() throws IOException {
        SmallStorage storage = SmallStorage.begun(disk);
        assertForced(storage.write(entries(1, 3, 1)));
        disk.failForce(1);

        assertFailed(storage.write(entries(4, 4, 1)), "COORD-1066");
        assertFailed(storage.write(entries(5, 5, 1)), "Input/output error");
        assertFailed(storage.vote(2, 1), "COORD-1066");
        assertThat(storage.snapshot(2, 1)).isInstanceOf(SnapshotDone.NotSaved.class);
    }

    @Test
    @DisplayName("fault.D10: what a failed force left in the cache is forced again before it is trusted")
    void whatAFailedForceLeftInTheCacheIsForcedBeforeItIsTrusted() throws IOException {
        SmallStorage storage = SmallStorage.begun(disk);
        storage.write(entries(1, 3, 1));
        disk.failForce(1);
        assertFailed(storage.write(entries(4, 6, 1)), "");
        storage.kill();
        disk.kill();

        SmallStorage again = new SmallStorage(disk);
        List<StoredEntry> trusted = again.open().entries();
        again.kill();
        disk.crash();

        assertThat(trusted).isEqualTo(entries(1, 6, 1));
        assertThat(new SmallStorage(disk).open().entries()).isEqualTo(trusted);
    }

    @Test
    @DisplayName("fault.D10, inv.R9: a vote that a failed force left in the cache is forced again before it is trusted")
    void aVoteThatAFailedForceLeftInTheCacheIsForcedBeforeItIsTrusted() throws IOException {
        for (int force = 1; force <= 2; force++) {
            for (long seed = 0; seed < 20; seed++) {
                SimDisk fresh = new SimDisk(seed);
                SmallStorage storage = SmallStorage.begun(fresh);
                storage.vote(1, 1);
                fresh.failForce(force);
                assertFailed(storage.vote(2, 2), "");
                storage.kill();
                fresh.kill();

                SmallStorage again = new SmallStorage(fresh);
                Vote trusted = again.open().vote();
                again.kill();
                fresh.crash();

                assertThat(trusted).isEqualTo(new Vote(2, 2, 9));
                assertThat(new SmallStorage(fresh).open().vote()).as("seed " + seed).isEqualTo(trusted);
            }
        }
    }

    @Test
    @DisplayName("fault.D10: a seal that a failed force left in the cache is forced again before a segment follows it")
    void aSealThatAFailedForceLeftInTheCacheIsForcedBeforeItIsTrusted() throws IOException {
        for (long seed = 0; seed < 20; seed++) {
            SimDisk fresh = new SimDisk(seed);
            SmallStorage storage = SmallStorage.begun(fresh);
            storage.write(entries(1, 3, 1));
            fresh.failForce(1);
            storage.close();
            fresh.kill();

            SmallStorage again = new SmallStorage(fresh);
            again.open();
            assertForced(again.write(entries(4, 6, 1)));
            again.kill();
            fresh.crash();

            assertThat(new SmallStorage(fresh).open().entries()).as("seed " + seed).isEqualTo(entries(1, 6, 1));
        }
    }

    /** Writes until there is a reserve, leaves no more room than that, and tells how much was written. */
    private static int crowd(SimDisk disk, SmallStorage storage) throws IOException {
        int last = 0;
        while (disk.list().stream().noneMatch("spare"::equals) || last < 30) {
            assertForced(storage.write(entries(last + 1, last + 3, 1)));
            last += 3;
        }
        disk.capacity(disk.bytesUsed());
        return last;
    }

    /** Writes until the disk takes no more, and tells how much that was. */
    private int fill(SmallStorage storage) throws IOException {
        int last = crowd(disk, storage);
        while (storage.writeOrWait(entries(last + 1, last + 3, 1)).isPresent()) {
            last += 3;
        }
        return last;
    }

    @Test
    @DisplayName("fault.D11: what finds no room waits, is told, and is written when there is room; nothing before and behind it is lost")
    void whatFindsNoRoomWaits() throws IOException {
        SmallStorage storage = SmallStorage.begun(disk);
        assertThat(storage.shortage()).isNull();
        int written = fill(storage);
        assertThat(disk.list()).as("the reserve is left alone").contains("spare");
        assertThat(storage.writeOrWait(entries(written + 4, written + 5, 1))).isEmpty();
        assertThat(storage.shortage()).startsWith("COORD-1068 the disk of data directory /sim is full").contains("writes to the log wait");

        disk.capacity(disk.bytesUsed() + SmallStorage.OPTIONS.segmentBytes() + 100);
        assertThat(storage.shortage()).as("little room").isNotNull().doesNotContain("wait");
        assertThat(storage.late()).hasSize(2).allSatisfy(DiskFaultTest::assertForced);
        disk.capacity(Long.MAX_VALUE);
        assertThat(storage.shortage()).isNull();
        assertForced(storage.write(entries(written + 6, written + 6, 1)));
        storage.kill();
        disk.crash();

        assertThat(new SmallStorage(disk).open().entries()).isEqualTo(entries(1, written + 6, 1));
    }

    @Test
    @DisplayName("fault.D11, fault.D1, B16: a storage killed at any write opens again on the full disk, with what was reported, and takes a vote")
    void aStorageOpensAgainOnAFullDisk() throws IOException {
        boolean waits = false;
        int writes = 0;
        for (; !waits; writes++) {
            SimDisk full = new SimDisk(writes);
            SmallStorage storage = SmallStorage.begun(full);
            int last = crowd(full, storage);
            for (int i = 0; i < writes && !waits; i++) {
                waits = storage.writeOrWait(entries(last + 1, last + 3, 1)).isEmpty();
                last += waits ? 0 : 3;
            }
            storage.kill();
            full.crash();

            SmallStorage again = new SmallStorage(full);
            assertThat(again.open().entries()).as(writes + " writes").isEqualTo(entries(1, last, 1));
            assertForced(again.vote(2, 2));
            again.close();
            full.capacity(Long.MAX_VALUE);
            SmallStorage afterwards = new SmallStorage(full);
            assertThat(afterwards.open().entries()).isEqualTo(entries(1, last, 1));
            assertForced(afterwards.write(entries(last + 1, last + 3, 2)));
        }
        assertThat(writes).isGreaterThan(2);
    }

    @Test
    @DisplayName("fault.D11: a write into a hole that finds no room waits, and is written once, as it was asked for")
    void aWriteIntoAHoleThatFindsNoRoomWaits() throws IOException {
        SmallStorage storage = SmallStorage.begun(disk);
        assertForced(storage.write(entries(1, 3, 1)));
        disk.noRoomAtWrite(1);

        assertThat(storage.writeOrWait(entries(4, 6, 1))).isEmpty();
        assertThat(storage.writeOrWait(entries(7, 7, 1))).as("waits behind it").isEmpty();
        assertThat(storage.shortage()).as("there is room again").isNull();
        assertThat(storage.late()).hasSize(2).allSatisfy(DiskFaultTest::assertForced);
        storage.kill();
        disk.crash();

        assertThat(new SmallStorage(disk).open().entries()).isEqualTo(entries(1, 7, 1));
    }

    @Test
    @DisplayName("fault.D11: a reserve that could not be laid down leaves nothing behind, and is laid down later")
    void aReserveThatFailedIsLaidDownLater() throws IOException {
        SmallStorage storage = new SmallStorage(disk);
        storage.open();
        int writesOfControlAndIdentity = 4;
        disk.failWrite(writesOfControlAndIdentity + 1);
        assertForced(storage.identity(SmallStorage.IDENTITY));
        assertThat(disk.list()).doesNotContain("spare", "spare.tmp");

        assertForced(storage.write(entries(1, 3, 1)));
        assertThat(disk.list()).contains("spare");
    }

    @Test
    @DisplayName("fault.D11: a storage that closes gives up what waits for room, and says so")
    void aStorageThatClosesGivesUpWhatWaits() throws IOException {
        SmallStorage storage = SmallStorage.begun(disk);
        int written = fill(storage);
        storage.close();

        assertThat(storage.late()).hasSize(1).allSatisfy(done -> assertFailed(done, "No space left on device"));
        assertThat(new SmallStorage(disk).open().entries()).isEqualTo(entries(1, written, 1));
    }

    @Test
    @DisplayName("fault.D11: a snapshot that does not fit costs no entry")
    void aSnapshotThatDoesNotFitCostsNoEntry() throws IOException {
        SmallStorage storage = SmallStorage.begun(disk);
        storage.write(entries(1, 10, 1));
        disk.capacity(disk.bytesUsed() + 100);

        assertThat(storage.snapshot(8, 1)).isInstanceOfSatisfying(
                SnapshotDone.NotSaved.class, not -> assertThat(not.cause()).hasMessageContaining("No space"));
        assertForced(storage.write(entries(11, 12, 1)));
        disk.capacity(Long.MAX_VALUE);
        assertThat(storage.snapshot(8, 1)).isInstanceOf(SnapshotDone.Saved.class);
    }

    @Test
    @DisplayName("fault.P5: a snapshot that finds no memory is told to have failed, leaves nothing behind, and succeeds when there is some")
    void aSnapshotThatFindsNoMemoryFails() throws IOException {
        SmallStorage storage = SmallStorage.begun(disk);
        storage.write(entries(1, 10, 1));
        List<String> before = disk.list();
        disk.noMemoryAtBuffer(1);

        assertThat(storage.snapshot(8, 1)).isInstanceOfSatisfying(
                SnapshotDone.NotSaved.class, not -> assertThat(not.cause()).hasMessageContaining("memory"));
        assertThat(disk.list()).isEqualTo(before);
        assertThat(storage.snapshot(8, 1)).isInstanceOf(SnapshotDone.Saved.class);
    }

    @Test
    @DisplayName("fault.D5: a force that lied is found out by what was written after it")
    void aForceThatLiedIsFoundOutByWhatWasWrittenAfterIt() throws IOException {
        int found = 0;
        for (long seed = 0; seed < 30; seed++) {
            SimDisk liar = new SimDisk(seed);
            SmallStorage storage = SmallStorage.begun(liar);
            storage.write(entries(1, 2, 1));
            liar.lieAtForce(1);
            storage.write(entries(3, 6, 1));
            storage.write(entries(7, 8, 1));
            storage.kill();
            liar.crash();
            try {
                assertThat(new SmallStorage(liar).open().entries()).as("seed " + seed).isEqualTo(entries(1, 8, 1));
            } catch (IOException e) {
                assertThat(e).hasMessageStartingWith("COORD-1060").hasMessageContaining("was written after it had been forced");
                found++;
            }
        }
        assertThat(found).as("how often chance lost what was lied about").isGreaterThan(5);
    }

    @Test
    @DisplayName("fault.D12: a read error is an error, never an empty log")
    void aReadErrorIsNeverAnEmptyLog() throws IOException {
        Specimen.written(true).list().forEach(name -> {
            try {
                SimDisk image = Specimen.written(true);
                image.unreadable(name);
                Recovered found = new SmallStorage(image).open();
                Specimen.check(found);
            } catch (IOException e) {
                assertThat(e).as(name).hasMessageStartingWith("COORD-10");
            }
        });
    }

    /** The specimen's newest segment is 6: entries 46 to 49 in group 0, then the seal. Segment 5 has two groups, of 34 to 45. */
    @Test
    @DisplayName("fault.D6, fault.D7: damage of the log is told with file, place, and what is lost")
    void damageOfTheLogIsToldInFull() throws IOException {
        assertDamaged(image -> image.flip(segment(6), 30, 1), 6, 0, "the header does not match its check");
        assertDamaged(image -> image.put(segment(9), image.content(segment(6))), 9, 0, "it is segment 6 under another name");
        assertDamaged(image -> image.flip(segment(6), 4096 + 10, 1), 6, 4096, "neither zeros nor the head of group 0");
        assertDamaged(image -> image.flip(segment(5), 6656 + 10, 1), 5, 6656, "neither zeros nor the head of group 1");
        assertDamaged(image -> image.flip(segment(6), 4096 + 1030, 1), 6, 4096,
                "sector 2 of group 0 does not match its check; the payload of entry 100000031 of term 4 does not match its check");
        assertDamaged(image -> image.flip(segment(6), 4096 + 1100, 1), 6, 4096, "sector 2 of group 0 does not match its check");
        assertDamaged(image -> lose(image, segment(5), 4096 + 512), 5, 4096,
                "group 0 is not whole, though group 1 at offset 6656 was written after it had been forced");
        assertDamaged(image -> lose(image, segment(5), 4096), 5, 4096,
                "group 0 is not whole, though group 1 at offset 6656 was written after it had been forced");
        assertDamaged(image -> lose(image, segment(5), 7680), 5, 7680,
                "it has no seal, though segment 6 was begun after it had been sealed");
        assertDamaged(image -> cut(image, segment(6), 5119), 6, 4096, "group 0 of 1040 bytes reaches beyond the file");
        assertDamaged(image -> cut(image, segment(6), 5632), 6, 5632,
                "the file has 5632 of the 8192 bytes it was laid down with");
    }

    @Test
    @DisplayName("B18: what is missing of the log is told with file, and why it must have been there")
    void whatIsMissingOfTheLogIsToldInFull() throws IOException {
        assertRefused(image -> image.remove(segment(6)),
                "COORD-1061 /sim/" + segment(6) + " is missing: the newest segment of the log was forced. ");
        assertRefused(image -> image.remove(segment(5)), "COORD-1061 /sim/" + segment(5)
                + " is missing: the snapshot ends at 10000001e, the log begins behind 10000002d. ");
        assertRefused(image -> removeSnapshots(image), "COORD-1061 /sim/" + snapshot(Specimen.OLDER, 1)
                + " is missing: the log begins behind 10000000c, and no valid snapshot holds what was before. ");
    }

    private static void removeSnapshots(SimDisk image) {
        image.remove(snapshot(Specimen.OLDER, 1));
        image.remove(snapshot(Specimen.NEWEST, 1));
    }

    private static void assertDamaged(Consumer<SimDisk> fault, int segment, int offset, String found) throws IOException {
        assertRefused(fault, "COORD-1060 /sim/" + segment(segment) + " is damaged at offset " + offset + ": " + found + ". ");
    }

    private static void assertRefused(Consumer<SimDisk> fault, String why) throws IOException {
        SimDisk image = Specimen.written(true);
        fault.accept(image);
        assertThatThrownBy(() -> new SmallStorage(image).open()).isInstanceOf(IOException.class).hasMessageStartingWith(why);
    }

    /** A sector becomes what it was before it was written. */
    private static void lose(SimDisk image, String name, int offset) {
        byte[] content = image.content(name);
        Arrays.fill(content, offset, offset + SimDisk.SECTOR_BYTES, (byte) 0);
        image.put(name, content);
    }

    private static void cut(SimDisk image, String name, int length) {
        image.put(name, Arrays.copyOf(image.content(name), length));
    }

    @Test
    @DisplayName("fault.D9, B17: what is wrong with a snapshot that the log makes up for is told")
    void whatIsWrongWithASnapshotIsTold() throws IOException {
        String newest = snapshot(Specimen.NEWEST, 1);
        assertFound(image -> image.flip(newest, 30, 1), newest, "0: the header does not match its check");
        assertFound(image -> image.flip(newest, 3, 1), newest, "0: no header of a snapshot");
        assertFound(image -> cut(image, newest, 50), newest, "0: no header of a snapshot");
        assertFound(image -> cut(image, newest, 4785), newest, "4096: chunk 0 is cut short");
        assertFound(image -> cut(image, newest, 4300), newest, "4300: the file ends before its content does");
        String other = snapshot(32, 1);
        assertFound(image -> image.put(other, image.content(newest)), other,
                "0: it is the snapshot of 10000001e of term 1 under another name");
    }

    private static void assertFound(Consumer<SimDisk> fault, String name, String what) throws IOException {
        SimDisk image = Specimen.written(true);
        fault.accept(image);
        Recovered found = new SmallStorage(image).open();
        Specimen.check(found);
        assertThat(found.findings()).singleElement().asString()
                .startsWith("COORD-1060 /sim/" + name + " is damaged at offset " + what + ". ");
    }

    @Test
    @DisplayName("fault.D9, B17: a damaged newest snapshot is passed over, and the older one and the log make up for it")
    void aDamagedNewestSnapshotIsPassedOver() throws IOException {
        SimDisk image = Specimen.written(true);
        image.flip(snapshot(Specimen.NEWEST, 1), 4200, 4);

        SmallStorage storage = new SmallStorage(image);
        Recovered found = storage.open();

        assertThat(found.snapshot().index()).isEqualTo(ORIGIN + Specimen.OLDER);
        Specimen.check(found);
        assertThat(found.findings()).anySatisfy(line -> assertThat(line).contains("chunk 0 does not match its digest"));
    }

    @Test
    @DisplayName("fault.D9: a damaged snapshot that the log does not lead to is not passed over")
    void aDamagedSnapshotThatTheLogDoesNotLeadToIsNotPassedOver() throws IOException {
        for (String name : List.of(snapshot(32, 9), snapshot(60, 4))) {
            assertRefused(image -> image.put(name, image.content(snapshot(Specimen.NEWEST, 1))), "COORD-1060 /sim/" + name
                    + " is damaged at offset 0: its content is not whole, and no older snapshot with the log behind it leads to ");
        }
    }

    @Test
    void aSnapshotKeepsAConfigurationLargerThanABlock() throws IOException {
        SmallStorage storage = SmallStorage.begun(disk);
        storage.write(entries(1, 3, 1));
        Bytes large = SmallStorage.noise(10_000, 4);
        storage.storage().saveSnapshot(new SnapshotImage(ORIGIN + 2, 1, 0, 0, large, 0, 0), sink -> {}, done -> {});
        storage.vote(2, 1);
        storage.kill();
        disk.crash();

        Recovered found = new SmallStorage(disk).open();
        assertThat(found.snapshot().configuration()).isEqualTo(large);
        assertThat(found.snapshotRecords()).isEmpty();
    }

    @Test
    @DisplayName("fault.D9: a damaged snapshot is kept as evidence until there are two that are whole")
    void aDamagedSnapshotIsKeptUntilThereAreTwoWholeOnes() throws IOException {
        SimDisk image = Specimen.written(true);
        String rotten = snapshot(Specimen.NEWEST, 1);
        image.flip(rotten, 4200, 4);

        SmallStorage storage = new SmallStorage(image);
        storage.open();
        assertThat(image.list()).contains(rotten);
        storage.snapshot(40, 3);

        assertThat(image.list()).doesNotContain(rotten).contains(snapshot(Specimen.OLDER, 1), snapshot(40, 3));
    }

    @Test
    @DisplayName("fault.D9: a snapshot that has rotted is offered to no peer, and does not let the log go")
    void aSnapshotThatHasRottedIsOfferedToNoPeer() throws IOException {
        SmallStorage storage = SmallStorage.begun(disk);
        writeInThrees(storage, 60);
        storage.snapshot(20, 1);
        storage.snapshot(40, 1);
        disk.flip(snapshot(40, 1), 4200, 1);

        assertThat(storage.piece(40, 0, 100)).isInstanceOfSatisfying(
                Piece.Missing.class, missing -> assertThat(missing.reason()).contains("chunk 0 does not match its digest"));
        assertThat(storage.piece(40, 0, 100)).isInstanceOfSatisfying(
                Piece.Missing.class, missing -> assertThat(missing.reason()).isEqualTo("there is no snapshot of index 100000028"));
        assertThat(storage.piece(20, 0, 100)).isInstanceOf(Piece.Bytes.class);
        storage.compact(40);
        storage.kill();
        disk.remove(snapshot(20, 1));
        disk.remove(snapshot(40, 1));

        disk.kill();
        assertThat(new SmallStorage(disk).open().entries()).isEqualTo(entries(1, 60, 1));
    }

    @Test
    @DisplayName("fault.P5: a snapshot that cannot be read now is not missing, as one is whose file is gone")
    void aSnapshotThatCannotBeReadNowIsNotMissing() throws IOException {
        SmallStorage storage = SmallStorage.begun(disk);
        writeInThrees(storage, 60);
        storage.snapshot(40, 1);

        disk.unopenable(snapshot(40, 1));
        assertThat(storage.piece(40, 0, 100)).isInstanceOf(Piece.Unreadable.class);
        disk.unopenable(null);
        assertThat(storage.piece(40, 0, 100)).isInstanceOf(Piece.Bytes.class);
        disk.noMemoryAtBuffer(1);
        assertThat(storage.piece(40, 0, 100)).isInstanceOf(Piece.Unreadable.class);
        disk.remove(snapshot(40, 1));
        assertThat(storage.piece(40, 0, 100)).isInstanceOf(Piece.Missing.class);
    }

    @Test
    @DisplayName("fault.D14: what is unfinished, or comes back though it was deleted, is no part of the log and is deleted again")
    void whatComesBackIsDeletedAgain() throws IOException {
        SmallStorage storage = SmallStorage.begun(disk);
        writeInThrees(storage, 30);
        SimDisk before = disk.copy(1);
        SmallStorage peer = SmallStorage.begun(new SimDisk(5));
        storage.heal(peer, peer.image(20, 7));
        assertThat(storage.piece(20, 0, 10)).isInstanceOf(Piece.Bytes.class);
        storage.write(entries(21, 22, 7));
        storage.kill();
        disk.kill();
        List<String> old = before.list().stream().filter(name -> name.startsWith("log-")).toList();
        assertThat(old).hasSizeGreaterThan(2);
        assertThat(disk.list()).doesNotContainAnyElementsOf(old);
        old.forEach(name -> disk.put(name, before.content(name)));
        disk.put(segment(0x77) + ".tmp", new byte[10]);
        disk.put(snapshot(50, 1) + ".received", new byte[10]);

        assertThat(new SmallStorage(disk).open().entries()).isEqualTo(entries(21, 22, 7));
        disk.crash();

        assertThat(disk.list()).doesNotContainAnyElementsOf(old).noneMatch(name -> name.endsWith(".tmp") || name.endsWith(".received"));
        assertThat(new SmallStorage(disk).open().entries()).isEqualTo(entries(21, 22, 7));
    }

    @Test
    @DisplayName("fault.D11: a reserve of another size, left from other options, is replaced by one that fits")
    void aReserveOfAnotherSizeIsReplaced() throws IOException {
        SmallStorage storage = SmallStorage.begun(disk);
        storage.write(entries(1, 3, 1));
        storage.kill();
        disk.kill();
        disk.put("spare", new byte[100]);

        SmallStorage again = new SmallStorage(disk);
        assertThat(again.open().entries()).isEqualTo(entries(1, 3, 1));

        assertThat(disk.content("spare")).hasSize(SmallStorage.OPTIONS.segmentBytes()).containsOnly(0);
        for (int at = 4; at <= 60; at += 3) {
            assertForced(again.write(entries(at, at + 2, 1)));
        }
        again.kill();
        disk.crash();
        assertThat(new SmallStorage(disk).open().entries()).isEqualTo(entries(1, 60, 1));
    }

    @Test
    @DisplayName("what it takes of the disk is told apart by what it is for")
    void diskUseIsToldApart() throws IOException {
        SimDisk image = Specimen.written(true);
        SmallStorage storage = new SmallStorage(image);
        storage.open();
        image.put("letter", new byte[5]);
        long snapshots = 0;
        long log = 0;
        for (String name : image.list()) {
            snapshots += name.startsWith("snapshot-") ? image.content(name).length : 0;
            log += name.startsWith("log-") || name.equals("spare") ? image.content(name).length : 0;
        }

        assertThat(storage.storage().diskUse()).isEqualTo(new DiskUse(snapshots, log));
        assertThat(snapshots).isPositive();
    }

    @Test
    @DisplayName("B17, ZK-3231: a damaged snapshot does not count among those to keep, so it does not let the log go")
    void aDamagedSnapshotDoesNotLetTheLogGo() throws IOException {
        SmallStorage storage = SmallStorage.begun(disk);
        writeInThrees(storage, 60);
        storage.snapshot(20, 1);
        storage.snapshot(40, 1);
        storage.close();
        disk.flip(snapshot(20, 1), 4200, 1);
        disk.kill();

        SmallStorage again = new SmallStorage(disk);
        again.open();
        again.compact(40);
        again.close();
        disk.flip(snapshot(40, 1), 4200, 1);
        disk.kill();

        Recovered found = new SmallStorage(disk).open();
        assertThat(found.snapshot()).isNull();
        assertThat(found.entries()).isEqualTo(entries(1, 60, 1));
    }

    @Test
    @DisplayName("fault.D8, B44: a member that lost its vote is suspect until it has rejoined as a new incarnation")
    void aMemberThatLostItsVoteIsSuspectUntilItHasRejoined() throws IOException {
        SimDisk image = Specimen.written(true);
        image.flip("control", 20, 1);
        image.flip("control", 4096 + 20, 1);

        SmallStorage storage = new SmallStorage(image);
        Recovered found = storage.open();
        assertThat(found.suspect()).contains("control is lost");
        assertThat(found.vote()).as("never term 0, and for nobody").isEqualTo(new Vote(4, 0, 0));
        storage.vote(9, 0);
        storage.close();

        SmallStorage again = new SmallStorage(image);
        assertThat(again.open().suspect()).contains("has not rejoined");
        again.identity(new Identity(0xc0ffee, 3, 78, Bytes.utf8("1,2,3")));
        again.close();

        Recovered rejoined = new SmallStorage(image).open();
        assertThat(rejoined.suspect()).isNull();
        assertThat(rejoined.vote()).isEqualTo(new Vote(9, 0, 9));
    }

    @Test
    @DisplayName("fault.D2, fault.D7: a torn end is cut, and told of")
    void aTornEndIsToldOf() throws IOException {
        int torn = 0;
        for (long seed = 0; seed < 40; seed++) {
            SimDisk fresh = new SimDisk(seed);
            SmallStorage storage = SmallStorage.begun(fresh);
            storage.write(entries(1, 3, 1));
            fresh.cutAtCall(2);
            assertFailed(storage.write(entries(4, 12, 1)), "the power is cut");
            fresh.crash();

            Recovered found = new SmallStorage(fresh).open();
            assertThat(found.entries()).as("seed " + seed).isIn(entries(1, 3, 1), entries(1, 12, 1));
            torn += found.findings().stream().anyMatch(line -> line.contains("was torn by a crash")) ? 1 : 0;
        }
        assertThat(torn).isGreaterThan(2);
    }

    @Test
    @DisplayName("fault.D2, fault.D7: a large group that lost the sector with the checks of others is torn, not damaged")
    void aGroupThatLostItsChecksIsTorn() throws IOException {
        SmallStorage storage = SmallStorage.begun(disk);
        storage.write(entries(1, 3, 1));
        storage.write(List.of(new StoredEntry(ORIGIN + 4, 1, 0, 0, (byte) 1, SmallStorage.noise(100_000, 1))));
        storage.kill();
        disk.kill();
        int firstSectorBehindTheHead = 4096 + SimDisk.SECTOR_BYTES;
        lose(disk, segment(2), firstSectorBehindTheHead);

        Recovered found = new SmallStorage(disk).open();

        assertThat(found.entries()).isEqualTo(entries(1, 3, 1));
        assertThat(found.findings()).singleElement().asString().contains(segment(2), "was torn by a crash");
    }

    @Test
    @DisplayName("fault.D4: a group of an older content of the same place does not pass for one of this log")
    void aGroupOfAnotherHistoryIsRefused() throws IOException {
        SimDisk other = new SimDisk(4);
        for (SimDisk each : List.of(disk, other)) {
            SmallStorage storage = SmallStorage.begun(each);
            storage.write(entries(1, 3, each == disk ? 1 : 2));
            storage.write(entries(4, 6, 3));
            storage.write(entries(7, 40, 3));
            storage.kill();
            each.kill();
        }
        byte[] mixed = disk.content(segment(1));
        int second = 4096 + SimDisk.SECTOR_BYTES;
        System.arraycopy(other.content(segment(1)), second, mixed, second, mixed.length - second);
        SimDisk copy = disk.copy(1);
        copy.put(segment(1), mixed);
        assertThatThrownBy(() -> new SmallStorage(copy).open())
                .hasMessageStartingWith("COORD-1060 /sim/" + segment(1) + " is damaged at offset " + second
                        + ": the group at 100000004 does not follow the log before it. ");

        disk.put(segment(2), other.content(segment(2)));
        assertThatThrownBy(() -> new SmallStorage(disk).open())
                .hasMessageStartingWith("COORD-1060 /sim/" + segment(2) + " is damaged at offset 4096: it continues a log that ends at");
    }

    @Test
    @DisplayName("fault.D8: a copy of the control or identity file that has rotted is told of, and written again from the other")
    void aRottenCopyIsWrittenAgainFromTheOther() throws IOException {
        for (String name : List.of("control", "identity")) {
            SimDisk image = Specimen.written(true);
            image.flip(name, 20, 1);

            SmallStorage storage = new SmallStorage(image);
            Recovered found = storage.open();
            Specimen.check(found);
            assertThat(found.findings()).containsExactly(
                    "one copy of /sim/" + name + " was not whole; it was written again from the other");
            storage.kill();
            image.kill();
            image.flip(name, 4096 + 20, 1);

            Recovered again = new SmallStorage(image).open();
            Specimen.check(again);
            assertThat(again.suspect()).isNull();
        }
    }

    @Test
    @DisplayName("fault.D8, B44: a member whose control file is gone is suspect, and can vote again")
    void aMemberWhoseControlFileIsGoneCanVoteAgain() throws IOException {
        SimDisk image = Specimen.written(true);
        image.remove("control");

        SmallStorage storage = new SmallStorage(image);
        assertThat(storage.open().suspect()).contains("control is lost");
        assertForced(storage.vote(9, 0));
        storage.kill();
        image.crash();

        Recovered again = new SmallStorage(image).open();
        assertThat(again.suspect()).contains("has not rejoined");
        assertThat(again.vote()).isEqualTo(new Vote(9, 0, 9));
    }

    @Test
    void anEntryAboveTheLimitIsRefused() throws IOException {
        SmallStorage storage = new SmallStorage(disk, SmallStorage.OPTIONS.withPayloadBytesMax(1000));
        storage.open();
        storage.identity(SmallStorage.IDENTITY);

        Bytes payload = Bytes.wrap(new byte[1001]);
        assertFailed(
                storage.write(List.of(new StoredEntry(ORIGIN + 1, 1, 0, 0, (byte) 1, payload))),
                "has 1001 bytes; the limit is 1000 (payloadBytesMax)");
    }

    @Test
    void anEntryAtTheLimitIsTaken() throws IOException {
        SmallStorage storage = new SmallStorage(disk, SmallStorage.OPTIONS.withPayloadBytesMax(1000));
        storage.open();
        storage.identity(SmallStorage.IDENTITY);
        List<StoredEntry> entries = List.of(new StoredEntry(ORIGIN + 1, 1, 0, 0, (byte) 1, SmallStorage.noise(1000, 1)));

        assertForced(storage.write(entries));
        storage.kill();
        disk.crash();

        assertThat(new SmallStorage(disk).open().entries()).isEqualTo(entries);
    }

    @Test
    void entriesThatDoNotFollowEachOtherAreRefused() throws IOException {
        List<StoredEntry> gap = new ArrayList<>(entries(1, 2, 1));
        gap.addAll(entries(4, 4, 1));

        assertFailed(SmallStorage.begun(disk).write(gap), "entry 100000004 stands where 100000003 belongs");
        disk.kill();
        assertThat(new SmallStorage(disk).open().entries()).isEmpty();
    }

    @Test
    void entriesBehindTheEndOrBeforeTheBeginningOfTheLogAreRefused() throws IOException {
        SmallStorage storage = SmallStorage.begun(disk);
        storage.write(entries(5, 9, 1));
        assertFailed(storage.write(entries(11, 11, 1)), "entries begin at 10000000b, but the log holds (100000004, 100000009]");
        storage.kill();
        disk.kill();

        SmallStorage again = new SmallStorage(disk);
        again.open();
        assertFailed(again.write(entries(4, 9, 2)), "entries begin at 100000004, but the log holds (100000004, 100000009]");
        again.kill();
        disk.kill();

        SmallStorage last = new SmallStorage(disk);
        last.open();
        assertForced(last.write(entries(5, 6, 2)));
        last.kill();
        disk.crash();
        assertThat(new SmallStorage(disk).open().entries()).isEqualTo(entries(5, 6, 2));
    }

    @Test
    @DisplayName("fault.D10: a segment that took many groups is copied in as many as are needed, and loses nothing")
    void aSegmentOfManyGroupsIsCopiedInMany() throws IOException {
        StorageOptions options = SmallStorage.OPTIONS.withSegmentBytes(64 << 10).withGroupBytesMax(4 << 10);
        SmallStorage storage = new SmallStorage(disk, options);
        storage.open();
        storage.identity(SmallStorage.IDENTITY);
        for (int at = 1; at <= 200; at += 5) {
            assertForced(storage.write(entries(at, at + 4, 1)));
        }
        List<StoredEntry> larger = List.of(new StoredEntry(ORIGIN + 201, 1, 0, 0, (byte) 1, SmallStorage.noise(10_000, 1)));
        assertForced(storage.write(larger));
        storage.kill();
        disk.kill();

        List<StoredEntry> all = new ArrayList<>(entries(1, 200, 1));
        all.addAll(larger);
        for (int start = 0; start < 3; start++) {
            SmallStorage again = new SmallStorage(disk, options);
            assertThat(again.open().entries()).isEqualTo(all);
            again.kill();
            disk.crash();
        }
    }

    @Test
    void anEntryLargerThanASegmentGetsASegmentOfItsOwn() throws IOException {
        SmallStorage storage = SmallStorage.begun(disk);
        Bytes payload = SmallStorage.noise(100_000, 1);
        List<StoredEntry> large = List.of(new StoredEntry(ORIGIN + 4, 1, 0, 0, (byte) 1, payload));
        storage.write(entries(1, 3, 1));
        assertForced(storage.write(large));
        assertForced(storage.write(entries(5, 6, 1)));
        storage.kill();
        disk.crash();

        List<StoredEntry> found = new SmallStorage(disk).open().entries();
        assertThat(found).hasSize(6);
        assertThat(found.get(3)).isEqualTo(large.get(0));
    }

    @Test
    @DisplayName("fault.D6: a segment larger than others knows its size too")
    void aLargeSegmentCutShortIsRefused() throws IOException {
        SmallStorage storage = SmallStorage.begun(disk);
        storage.write(List.of(new StoredEntry(ORIGIN + 1, 1, 0, 0, (byte) 1, SmallStorage.noise(100_000, 1))));
        storage.kill();
        disk.kill();
        cut(disk, segment(1), disk.content(segment(1)).length - 1);

        assertThatThrownBy(() -> new SmallStorage(disk).open())
                .hasMessageStartingWith("COORD-1060 /sim/" + segment(1)).hasMessageContaining("bytes it was laid down with");
    }

    @Test
    @DisplayName("fault.D14: after a start, too, compaction deletes what is behind the older snapshot, and no more")
    void afterAStartCompactionDeletesSegmentsToo() throws IOException {
        SmallStorage storage = SmallStorage.begun(disk);
        writeInThrees(storage, 300);
        storage.snapshot(250, 1);
        storage.snapshot(290, 1);
        storage.kill();
        disk.kill();
        long before = disk.bytesUsed();

        SmallStorage again = new SmallStorage(disk);
        again.open();
        again.compact(290);
        assertThat(disk.bytesUsed()).isLessThan(before / 3);
        for (int at = 301; at <= 330; at += 3) {
            again.write(entries(at, at + 2, 1));
        }
        again.snapshot(310, 1);
        again.snapshot(320, 1);
        again.compact(320);
        again.kill();
        disk.crash();

        assertThat(new SmallStorage(disk).open().entries()).isEqualTo(entries(321, 330, 1));
    }

    @Test
    void compactionDeletesSegments() throws IOException {
        SmallStorage storage = SmallStorage.begun(disk);
        writeInThrees(storage, 300);
        long before = disk.bytesUsed();
        storage.compact(290);
        assertThat(disk.bytesUsed()).as("without snapshots nothing may go").isEqualTo(before);

        storage.snapshot(250, 1);
        storage.snapshot(290, 1);
        storage.compact(290);

        assertThat(disk.bytesUsed()).isLessThan(before / 3);
        storage.kill();
        disk.crash();
        assertThat(new SmallStorage(disk).open().entries()).isEqualTo(entries(291, 300, 1));
    }

    @Test
    @DisplayName("one force for a batch that leaves the vote as it is, whatever its size")
    void aBatchCostsOneForce() throws IOException {
        SmallStorage storage = new SmallStorage(disk, SmallStorage.OPTIONS.withSegmentBytes(1 << 20));
        storage.open();
        storage.identity(SmallStorage.IDENTITY);
        storage.write(new Vote(3, 1, 9), entries(1, 1, 3));
        long before = disk.forces();

        storage.write(entries(2, 2, 3));
        storage.write(new Vote(3, 1, 9), entries(3, 500, 3));

        assertThat(disk.forces() - before).isEqualTo(2);
    }

    /** So many entries, in groups of three. */
    private static void writeInThrees(SmallStorage storage, int entries) {
        for (int at = 1; at <= entries; at += 3) {
            storage.write(entries(at, at + 2, 1));
        }
    }

    private static String segment(int id) {
        return String.format(java.util.Locale.ROOT, "log-%016x", id);
    }

    private static String snapshot(int index, int term) {
        return String.format(java.util.Locale.ROOT, "snapshot-%016x-%016x", ORIGIN + index, term);
    }

    private static void assertForced(Done done) {
        assertThat(done).isInstanceOf(Done.Forced.class);
    }

    private static void assertFailed(Done done, String why) {
        assertThat(done).isInstanceOfSatisfying(
                Done.Failed.class, failed -> assertThat(failed.cause()).hasMessageContaining(why));
    }
}

package io.coord.testkit.storage;

import static io.coord.testkit.storage.SmallStorage.ORIGIN;
import static io.coord.testkit.storage.SmallStorage.entries;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.coord.Bytes;
import io.coord.ensemble.spi.Storage.Done;
import io.coord.ensemble.spi.Storage.Identity;
import io.coord.ensemble.spi.Storage.Recovered;
import io.coord.ensemble.spi.Storage.SnapshotImage;
import io.coord.ensemble.spi.Storage.StoredEntry;
import io.coord.ensemble.spi.Storage.Vote;
import io.coord.testkit.sim.SimDisk;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What a start reads, what it brings into order, and what it leaves as it is. */
class ReplayTest {

    private static final int HEADER = 4096;
    private static final int SECTOR = 512;

    private final SimDisk disk = new SimDisk(3);

    // ---- entries

    @Test
    @DisplayName("the log that a start finds is the last that was written at each index, wherever segments end and suffixes begin")
    void theLogIsTheLastThatWasWrittenAtEachIndex() throws IOException {
        for (boolean isClosed : new boolean[] {true, false}) {
            for (int first = 1; first <= 24; first++) {
                SimDisk fresh = new SimDisk(first);
                SmallStorage storage = SmallStorage.begun(fresh);
                for (int at = 1; at <= 24; at += 3) {
                    storage.write(entries(at, at + 2, 1));
                }
                storage.write(entries(first, first + 1, 2));
                stop(storage, fresh, isClosed);
                List<StoredEntry> expected = new ArrayList<>(first == 1 ? List.of() : entries(1, first - 1, 1));
                expected.addAll(entries(first, first + 1, 2));

                SmallStorage again = new SmallStorage(fresh);
                assertThat(again.open().entries()).as("replaced from " + first).isEqualTo(expected);
                assertThat(again.write(entries(first + 2, first + 3, 3))).isEqualTo(Done.Forced.FORCED);
                stop(again, fresh, isClosed);
                expected.addAll(entries(first + 2, first + 3, 3));
                assertThat(new SmallStorage(fresh).open().entries()).as("replaced from " + first).isEqualTo(expected);
            }
        }
    }

    @Test
    @DisplayName("a suffix that was replaced from before a snapshot's end comes back behind it, also where older segments are gone")
    void aSuffixReplacedFromBeforeTheReadSegmentsComesBack() throws IOException {
        for (boolean isClosed : new boolean[] {true, false}) {
            SmallStorage storage = SmallStorage.begun(disk);
            for (int at = 1; at <= 30; at += 3) {
                storage.write(entries(at, at + 2, 1));
            }
            storage.write(entries(10, 12, 2)); // far before the segment it is written to
            storage.write(entries(13, 20, 2));
            storage.snapshot(12, 2);
            stop(storage, disk, isClosed);

            SmallStorage again = new SmallStorage(disk);
            Recovered found = again.open();
            assertThat(found.snapshot().index()).isEqualTo(ORIGIN + 12);
            assertThat(found.entries()).isEqualTo(entries(13, 20, 2));
            assertThat(again.write(entries(13, 14, 3))).isEqualTo(Done.Forced.FORCED);
            again.kill();
            disk.kill();
            assertThat(new SmallStorage(disk).open().entries()).isEqualTo(entries(13, 14, 3));
            disk.kill();
            disk.list().forEach(disk::remove);
        }
    }

    @Test
    @DisplayName("a snapshot at the end of the log leaves no entries; one beyond it, or of another term, lets the log start behind it")
    void aSnapshotAtOrBeyondTheEnd() throws IOException {
        assertThat(behind(20, 1)).as("at its end").isEmpty();
        assertThat(behind(19, 1)).as("before its end").isEqualTo(entries(20, 20, 1));
        assertThat(behind(21, 1)).as("beyond it").isEmpty();
        assertThat(behind(10, 2)).as("of another term: what is behind it can be in no majority").isEmpty();
    }

    private List<StoredEntry> behind(int index, long term) throws IOException {
        SimDisk fresh = new SimDisk(index);
        SmallStorage storage = SmallStorage.begun(fresh);
        for (int at = 1; at <= 20; at += 2) {
            storage.write(entries(at, at + 1, 1));
        }
        SimDisk other = new SimDisk(5);
        SmallStorage peer = SmallStorage.begun(other);
        peer.snapshot(index, term);
        String name = snapshot(index, term);
        fresh.put(name, other.content(name)); // as a crash leaves it between two steps of its installation
        storage.kill();
        fresh.kill();

        SmallStorage again = new SmallStorage(fresh);
        Recovered found = again.open();
        assertThat(found.snapshot().index()).isEqualTo(ORIGIN + index);
        assertThat(found.snapshotRecords()).containsExactlyElementsOf(SmallStorage.records(index));
        List<StoredEntry> behind = found.entries();
        int last = index + behind.size();
        assertThat(again.write(entries(last + 1, last + 2, 3))).isEqualTo(Done.Forced.FORCED);
        again.kill();
        fresh.crash();
        List<StoredEntry> expected = new ArrayList<>(behind);
        expected.addAll(entries(last + 1, last + 2, 3));
        assertThat(new SmallStorage(fresh).open().entries()).isEqualTo(expected);
        return behind;
    }

    // ---- files that are brought into order

    @Test
    @DisplayName("a start behind a stop in good order changes no segment; one behind a kill copies the last to a new number, and deletes it")
    void aStartCopiesOnlyTheLastSegmentOfAKilledStorage() throws IOException {
        SimDisk closed = Specimen.written(true);
        SimDisk before = closed.copy(1);
        new SmallStorage(closed).open();
        assertThat(closed.list()).isEqualTo(before.list());
        for (String name : named(closed, "log-")) {
            assertThat(closed.content(name)).as(name).isEqualTo(before.content(name));
        }

        SimDisk killed = Specimen.written(false);
        new SmallStorage(killed).open();
        assertThat(named(killed, "log-")).containsExactly(segment(2), segment(3), segment(4), segment(5), segment(7));
        ByteBuffer copy = ByteBuffer.wrap(killed.content(segment(7)));
        assertThat(copy.getLong(24)).as("its number").isEqualTo(7);
        assertThat(copy.getLong(24 + 16)).as("what comes before").isEqualTo(5);
        assertThat(copy.getLong(24 + 24)).as("what it replaces").isEqualTo(6);
        assertThat(copy.getLong(24 + 32)).as("how far the log went before").isEqualTo(ORIGIN + 45);
        assertThat(copy.getLong(24 + 56)).as("its size").isEqualTo(SmallStorage.OPTIONS.segmentBytes());
    }

    @Test
    @DisplayName("a number once given to a segment is not given again, whether it was replaced, left over, or is not whole")
    void aNumberIsNotGivenAgain() throws IOException {
        SimDisk image = Specimen.written(true);
        image.put(segment(0x20), image.content(segment(2)));
        image.flip(segment(0x20), 30, 1);
        image.put("control", image.content("control"));
        assertThatThrownBy(() -> new SmallStorage(image).open()).hasMessageStartingWith("COORD-1060 /sim/" + segment(0x20));
        image.kill();
        image.remove(segment(0x20));

        SmallStorage storage = new SmallStorage(image);
        storage.open();
        storage.write(entries(50, 52, 5));
        assertThat(named(image, "log-")).contains(segment(7));
        storage.kill();
        image.kill();
        new SmallStorage(image).open();
        assertThat(named(image, "log-")).contains(segment(8)).doesNotContain(segment(7));
    }

    @Test
    @DisplayName("fault.D14: old segments that come back, whole or not, are deleted, and told from those of the log")
    void oldSegmentsThatComeBackAreDeleted() throws IOException {
        SmallStorage storage = SmallStorage.begun(disk);
        for (int at = 1; at <= 60; at += 3) {
            storage.write(entries(at, at + 2, 1));
        }
        SimDisk before = disk.copy(1);
        storage.snapshot(40, 1);
        storage.snapshot(50, 1);
        storage.compact(50);
        storage.close();
        disk.kill();
        disk.put(segment(1), before.content(segment(1)));
        disk.put(segment(2), before.content(segment(2)));
        disk.flip(segment(2), 40, 1);
        List<String> kept = named(disk, "log-").stream().filter(name -> !name.equals(segment(1)) && !name.equals(segment(2))).toList();

        Recovered found = new SmallStorage(disk).open();

        assertThat(found.entries()).isEqualTo(entries(51, 60, 1));
        assertThat(named(disk, "log-")).isEqualTo(kept);
    }

    @Test
    @DisplayName("fault.D14: what is unfinished is deleted at every start, also where nobody has been yet, and for good")
    void whatIsUnfinishedIsDeleted() throws IOException {
        disk.put("identity.tmp", new byte[10]);
        disk.put("spare.tmp", new byte[10]);
        assertThat(new SmallStorage(disk).open().identity()).isNull();
        disk.crash();
        assertThat(disk.list()).isEmpty();

        SimDisk image = Specimen.written(true);
        List<String> whole = image.list();
        image.put(segment(7) + ".tmp", new byte[10]);
        image.put("control.tmp", new byte[10]);
        image.put(snapshot(31, 1) + ".received", new byte[10]);
        Specimen.check(new SmallStorage(image).open());
        image.crash();
        assertThat(image.list()).isEqualTo(whole);
    }

    @Test
    @DisplayName("a reserve that lies in a directory where nobody has been is used; one of another size is not")
    void aReserveInANewDirectoryIsUsed() throws IOException {
        for (int size : new int[] {SmallStorage.OPTIONS.segmentBytes(), SmallStorage.OPTIONS.segmentBytes() - 1}) {
            SimDisk fresh = new SimDisk(size);
            fresh.put("spare", new byte[size]);
            SmallStorage storage = new SmallStorage(fresh);
            storage.open();
            assertThat(fresh.list().contains("spare")).as("of " + size).isEqualTo(size == SmallStorage.OPTIONS.segmentBytes());
            long writes = fresh.writes();
            storage.identity(SmallStorage.IDENTITY);
            assertThat(fresh.writes() - writes).as("of " + size)
                    .isEqualTo(size == SmallStorage.OPTIONS.segmentBytes() ? 4 : 5);
            assertThat(fresh.content("spare")).hasSize(SmallStorage.OPTIONS.segmentBytes());
        }
    }

    @Test
    @DisplayName("rule.6: files of somebody else are left alone: the storage does not start among them, and names three")
    void filesOfSomebodyElseAreLeftAlone() throws IOException {
        for (String harmless : List.of("lost+found", ".hidden", "lock", "owner")) {
            disk.put(harmless, new byte[1]);
        }
        disk.put("a", new byte[1]);
        disk.put("b", new byte[1]);
        disk.put("c", new byte[1]);
        List<String> before = disk.list();
        assertThatThrownBy(() -> new SmallStorage(disk).open())
                .hasMessageContaining(" directory /sim holds files that are not a member's (a, b, c). ");
        disk.put("d", new byte[1]);
        assertThatThrownBy(() -> new SmallStorage(disk).open())
                .hasMessageContaining(" directory /sim holds files that are not a member's (a, b, c, ...). ");
        assertThat(disk.list()).hasSize(before.size() + 1);

        List.of("a", "b", "c", "d").forEach(disk::remove);
        assertThat(new SmallStorage(disk).open().identity()).isNull();
        assertThat(disk.list()).containsExactly(".hidden", "lock", "lost+found", "owner");
    }

    @Test
    @DisplayName("B18: a log or a snapshot without an identity belongs to nobody, and stays untouched")
    void aLogWithoutAnIdentityBelongsToNobody() throws IOException {
        SimDisk image = Specimen.written(true);
        image.remove("identity");
        List<String> before = image.list();
        assertThatThrownBy(() -> new SmallStorage(image).open())
                .hasMessageStartingWith("COORD-1061 /sim/identity is missing, though there is /sim/" + segment(2));
        named(image, "log-").forEach(image::remove);
        assertThatThrownBy(() -> new SmallStorage(image).open())
                .hasMessageStartingWith("COORD-1061 /sim/identity is missing, though there is /sim/" + snapshot(Specimen.OLDER, 1));
        assertThat(image.list()).hasSize(before.size() - 5);
    }

    // ---- snapshots

    @Test
    @DisplayName("fault.D9: where all snapshots have rotted, the log from its origin makes up for them, and says which were passed over")
    void theWholeLogMakesUpForAllSnapshots() throws IOException {
        SmallStorage storage = SmallStorage.begun(disk);
        for (int at = 1; at <= 30; at += 3) {
            storage.write(entries(at, at + 2, 1));
        }
        storage.snapshot(10, 1);
        storage.snapshot(20, 1);
        storage.close();
        disk.kill();
        disk.flip(snapshot(10, 1), HEADER + 5, 1);
        disk.flip(snapshot(20, 1), HEADER + 5, 1);

        SmallStorage again = new SmallStorage(disk);
        Recovered found = again.open();

        assertThat(found.snapshot()).isNull();
        assertThat(found.snapshotRecords()).isEmpty();
        assertThat(found.entries()).isEqualTo(entries(1, 30, 1));
        assertThat(found.findings()).hasSize(2);
        assertThat(found.findings().get(0)).contains(snapshot(20, 1));
        assertThat(found.findings().get(1)).contains(snapshot(10, 1));
        assertThat(disk.list()).as("evidence").contains(snapshot(10, 1), snapshot(20, 1));
    }

    @Test
    @DisplayName("fault.D9: a newest snapshot that has rotted is not passed over where the log behind the older one does not lead to it")
    void aRottenSnapshotThatTheLogDoesNotLeadToStopsTheStart() throws IOException {
        SmallStorage storage = SmallStorage.begun(disk);
        for (int at = 1; at <= 30; at += 3) {
            storage.write(entries(at, at + 2, 1));
        }
        storage.snapshot(10, 1);
        SmallStorage peer = SmallStorage.begun(new SimDisk(5));
        storage.heal(peer, peer.image(50, 7));
        storage.close();
        disk.kill();
        disk.flip(snapshot(50, 7), HEADER + 5, 1);

        assertThatThrownBy(() -> new SmallStorage(disk).open())
                .hasMessageStartingWith("COORD-1060 /sim/" + snapshot(50, 7) + " is damaged at offset 0: its content is not whole, and no"
                        + " older snapshot with the log behind it leads to 100000032. ");
        disk.kill();
        disk.remove(snapshot(10, 1));
        assertThatThrownBy(() -> new SmallStorage(disk).open())
                .hasMessageStartingWith("COORD-1060 /sim/" + snapshot(50, 7) + " is damaged at offset 0: its content is not whole");
    }

    @Test
    @DisplayName("fault.D9: an older snapshot whose header has rotted is told of, kept as evidence, and does not count")
    void anOlderSnapshotWhoseHeaderHasRottedDoesNotCount() throws IOException {
        SimDisk image = Specimen.written(true);
        String older = snapshot(Specimen.OLDER, 1);
        image.flip(older, 30, 1);

        SmallStorage storage = new SmallStorage(image);
        Recovered found = storage.open();

        Specimen.check(found);
        assertThat(found.snapshot().index()).isEqualTo(ORIGIN + Specimen.NEWEST);
        assertThat(found.findings()).singleElement().asString().startsWith("COORD-1060 /sim/" + older);
        assertThat(image.list()).contains(older);
        storage.compact(Specimen.NEWEST);
        assertThat(named(image, "log-")).as("one snapshot lets no log go").hasSize(5);
        storage.snapshot(40, 3);
        assertThat(image.list()).doesNotContain(older);
    }

    @Test
    @DisplayName("fault.D9: of an older snapshot the content is verified behind the start; unless it is whole, no peer gets it")
    void anOlderSnapshotIsVerifiedBehindTheStart() throws IOException {
        SimDisk image = Specimen.written(true);
        image.flip(snapshot(Specimen.OLDER, 1), HEADER + 5, 1);
        SmallStorage storage = new SmallStorage(image);

        assertThat(storage.storage().open().findings()).as("a start does not wait for it").isEmpty();
        storage.run();

        assertThat(storage.piece(Specimen.OLDER, 0, 10)).isEqualTo(
                new io.coord.ensemble.spi.Storage.Piece.Missing("there is no snapshot of index 10000000c"));
        assertThat(storage.piece(Specimen.NEWEST, 0, 10)).isInstanceOf(io.coord.ensemble.spi.Storage.Piece.Bytes.class);
    }

    @Test
    @DisplayName("fault.P5: an older snapshot that could not be read when it was to be verified still counts")
    void anOlderSnapshotThatCouldNotBeReadStillCounts() throws IOException {
        SimDisk image = Specimen.written(true);
        SmallStorage storage = new SmallStorage(image);
        storage.storage().open();
        image.unopenable(snapshot(Specimen.OLDER, 1));
        storage.run();
        image.unopenable(null);

        assertThat(storage.piece(Specimen.OLDER, 0, 10)).isInstanceOf(io.coord.ensemble.spi.Storage.Piece.Bytes.class);
    }

    @Test
    @DisplayName("of two snapshots of one index that of the higher term is the newer")
    void ofOneIndexTheHigherTermIsTheNewer() throws IOException {
        SmallStorage peer = SmallStorage.begun(new SimDisk(5));
        SmallStorage storage = SmallStorage.begun(disk);
        storage.write(entries(1, 20, 1));
        storage.snapshot(10, 1);
        storage.heal(peer, peer.image(10, 2));
        assertThat(named(disk, "snapshot-")).containsExactly(snapshot(10, 1), snapshot(10, 2));
        storage.close();
        disk.kill();

        SmallStorage again = new SmallStorage(disk);
        Recovered found = again.open();
        assertThat(found.snapshot().term()).isEqualTo(2);
        assertThat(((io.coord.ensemble.spi.Storage.Piece.Bytes) again.piece(10, 0, 5)).image().term()).isEqualTo(2);
    }

    @Test
    @DisplayName("a snapshot taken once more of the same index replaces the file, and counts once")
    void aSnapshotTakenOnceMoreCountsOnce() throws IOException {
        SmallStorage storage = SmallStorage.begun(disk);
        for (int at = 1; at <= 60; at += 3) {
            storage.write(entries(at, at + 2, 1));
        }
        int segments = named(disk, "log-").size();
        storage.snapshot(50, 1);
        storage.snapshot(50, 1);
        storage.compact(50);

        assertThat(named(disk, "snapshot-")).containsExactly(snapshot(50, 1));
        assertThat(named(disk, "log-")).as("one snapshot lets no log go").hasSize(segments);
    }

    // ---- identity and votes

    @Test
    @DisplayName("a new incarnation of the same member is taken; another member, or cluster, is refused, and nothing changes")
    void anotherMemberIsRefused() throws IOException {
        SmallStorage storage = SmallStorage.begun(disk);
        Identity renewed = new Identity(0xc0ffee, 3, 78, Bytes.utf8("a longer configuration, " + "x".repeat(5000)));
        assertThat(storage.identity(SmallStorage.IDENTITY)).as("the same").isEqualTo(Done.Forced.FORCED);
        assertThat(storage.identity(renewed)).isEqualTo(Done.Forced.FORCED);
        storage.write(new Vote(4, 1, 9), entries(1, 3, 4));
        stop(storage, disk, true);

        for (Identity other : List.of(
                new Identity(0xc0ffee, 4, 78, Bytes.utf8("1")), new Identity(0xbeef, 3, 78, Bytes.utf8("1")))) {
            SmallStorage again = new SmallStorage(disk);
            Recovered found = again.open();
            assertThat(found.identity()).isEqualTo(renewed);
            assertThat(found.entries()).isEqualTo(entries(1, 3, 4));
            assertFailed(again.identity(other), "COORD-1003 data directory /sim belongs to member 3 (cluster c0ffee), not to member "
                    + other.member());
            again.kill();
            disk.kill();
        }
    }

    @Test
    @DisplayName("fault.D8: a member that forgot its vote takes at least the highest term it finds, of an entry or of the snapshot")
    void aForgottenVoteIsAtLeastTheHighestTermFound() throws IOException {
        SimDisk image = Specimen.written(true);
        image.remove("control");
        assertThat(new SmallStorage(image).open().vote()).isEqualTo(new Vote(4, 0, 0));

        SmallStorage peer = SmallStorage.begun(new SimDisk(5));
        SmallStorage storage = SmallStorage.begun(disk);
        storage.write(entries(1, 3, 2));
        storage.heal(peer, peer.image(10, 9));
        storage.kill();
        disk.kill();
        disk.remove("control");
        assertThat(new SmallStorage(disk).open().vote()).isEqualTo(new Vote(9, 0, 0));

        SimDisk empty = new SimDisk(4);
        SmallStorage.begun(empty).kill();
        empty.kill();
        empty.remove("control");
        SmallStorage forgetful = new SmallStorage(empty);
        assertThat(forgetful.open().vote()).isEqualTo(new Vote(0, 0, 0));
        assertThat(forgetful.write(entries(1, 3, 1))).isEqualTo(Done.Forced.FORCED);
        forgetful.kill();
        empty.kill();
        assertThat(new SmallStorage(empty).open().entries()).isEqualTo(entries(1, 3, 1));
    }

    @Test
    @DisplayName("B18: after the control file was lost and made anew, a newest segment that vanishes is missed again")
    void aControlFileMadeAnewKnowsTheNewestSegment() throws IOException {
        SimDisk image = Specimen.written(true);
        image.remove("control");
        SmallStorage storage = new SmallStorage(image);
        storage.open();
        storage.kill();
        image.kill();
        image.remove(segment(6));

        assertThatThrownBy(() -> new SmallStorage(image).open()).hasMessageStartingWith("COORD-1061 /sim/" + segment(6));
    }

    // ---- damage that peers heal

    @Test
    @DisplayName("fault.D6: a snapshot that reaches as far as the damaged log can have gone stands for it, also at a start after a crash")
    void aSnapshotThatReachesFarEnoughStandsForADamagedLog() throws IOException {
        for (int short1 = 0; short1 <= 1; short1++) {
            SimDisk image = Specimen.written(true);
            image.flip(segment(6), HEADER + 700, 4);
            SimDisk other = new SimDisk(5);
            SmallStorage.begun(other).snapshot(49 - short1, 7);
            image.put(snapshot(49 - short1, 7), other.content(snapshot(49 - short1, 7)));

            SmallStorage storage = SmallStorage.healedByPeers(image);
            Recovered found = storage.open();

            if (short1 == 0) {
                assertThat(found.damage()).isNull();
                assertThat(found.snapshot().index()).isEqualTo(ORIGIN + 49);
                assertThat(found.entries()).isEmpty();
                assertThat(storage.write(entries(50, 51, 7))).isEqualTo(Done.Forced.FORCED);
            } else {
                assertThat(found.damage().atLeast()).isEqualTo(ORIGIN + 49);
                assertFailed(storage.write(entries(50, 51, 7)), "nothing can be written before the damage is healed");
            }
        }
    }

    @Test
    @DisplayName("fault.D6, fault.D8: a damaged log is not healed by peers where the member has forgotten its votes, too")
    void aDamagedLogAndForgottenVotesStopTheStart() throws IOException {
        SimDisk image = Specimen.written(true);
        image.flip(segment(6), HEADER + 700, 4);
        image.remove("control");
        List<String> before = image.list();

        assertThatThrownBy(() -> SmallStorage.healedByPeers(image).open()).hasMessageStartingWith("COORD-1060 /sim/" + segment(6));
        assertThat(image.list()).isEqualTo(before);
    }

    // ---- how the tests speak

    private static void stop(SmallStorage storage, SimDisk disk, boolean inGoodOrder) {
        if (inGoodOrder) {
            storage.close();
        } else {
            storage.kill();
        }
        disk.kill();
    }

    private static List<String> named(SimDisk disk, String kind) throws IOException {
        return disk.list().stream().filter(name -> name.startsWith(kind)).toList();
    }

    private static String segment(int id) {
        return String.format(Locale.ROOT, "log-%016x", id);
    }

    private static String snapshot(int index, long term) {
        return String.format(Locale.ROOT, "snapshot-%016x-%016x", ORIGIN + index, term);
    }

    private static void assertFailed(Done done, String why) {
        assertThat(done).isInstanceOfSatisfying(
                Done.Failed.class, failed -> assertThat(failed.cause()).hasMessageContaining(why));
    }
}

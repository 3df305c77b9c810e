package io.coord.testkit.storage;

import static io.coord.testkit.storage.SmallStorage.ORIGIN;
import static io.coord.testkit.storage.SmallStorage.entries;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.coord.ensemble.spi.Storage.Damage;
import io.coord.ensemble.spi.Storage.Done;
import io.coord.ensemble.spi.Storage.Recovered;
import io.coord.ensemble.spi.Storage.SnapshotImage;
import io.coord.testkit.sim.SimDisk;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A damaged storage of a member that has peers: nothing is cut, nothing changes, until a peer's snapshot stands for all it held. */
@Timeout(60)
class HealingTest {

    private static final int LAST = 49;
    /** What a bound may lie above the truth: as many records as fit into a few sectors. */
    private static final int SLACK = 200;
    private static final int FIRST_GROUP = 4096;
    private static final int SECTOR = 512;
    private static final int GROUP_MAGIC = 0x436f4772;

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    @DisplayName("fault.D6, fault.D7, fault.D9: after a flip all is there, or no acknowledged entry lies above the bound to heal from")
    void whatIsDamagedIsBounded(boolean isClosed) throws IOException {
        SimDisk image = Specimen.written(isClosed);
        SplittableRandom random = new SplittableRandom(isClosed ? 21 : 22);
        List<String> names = image.list();
        int healed = 0;
        int harmless = 0;

        for (int count = 0; count < 80; count++) {
            String name = names.get(random.nextInt(names.size()));
            int length = image.content(name).length;
            if (length == 0) {
                continue;
            }
            int offset = random.nextInt(length);
            SimDisk copy = image.copy(count);
            copy.flip(name, offset, 1 << random.nextInt(8));
            String where = name + " at " + offset;
            Recovered found;
            try {
                found = SmallStorage.healedByPeers(copy).open();
            } catch (IOException e) {
                assertThat(e).as(where).hasMessageStartingWith("COORD-10").hasMessageContaining("identity");
                continue;
            }
            Damage damage = found.damage();
            if (damage == null) {
                Specimen.check(found);
                harmless++;
            } else {
                assertHeals(copy, found, damage, where);
                healed++;
            }
        }

        assertThat(healed).isGreaterThan(10);
        assertThat(harmless).isGreaterThan(10);
    }

    private static void assertHeals(SimDisk disk, Recovered found, Damage damage, String where) throws IOException {
        assertThat(damage.found()).as(where).startsWith("COORD-10").contains("/sim/");
        assertThat(damage.atLeast() - ORIGIN).as(where).isBetween((long) LAST, (long) LAST + SLACK);
        assertThat(found.vote()).as(where).isEqualTo(Specimen.VOTE);
        assertThat(found.identity()).as(where).isEqualTo(SmallStorage.IDENTITY);
        assertThat(found.entries()).as(where).isEmpty();
        int index = (int) (damage.atLeast() - ORIGIN) + 3;
        disk.kill();

        SmallStorage storage = SmallStorage.healedByPeers(disk);
        storage.open();
        assertThat(heal(storage, index)).as(where).isInstanceOf(Done.Forced.class);
        assertThat(storage.write(entries(index + 1, index + 2, 7))).as(where).isInstanceOf(Done.Forced.class);
        storage.kill();
        disk.crash();

        Recovered after = new SmallStorage(disk).open();
        assertThat(after.damage()).as(where).isNull();
        assertThat(after.vote()).as(where).isEqualTo(Specimen.VOTE);
        assertThat(after.snapshot()).as(where).isNotNull();
        assertThat(after.snapshot().index()).as(where).isEqualTo(ORIGIN + index);
        assertThat(after.entries()).as(where).isEqualTo(entries(index + 1, index + 2, 7));
        List<io.coord.Bytes> records = new ArrayList<>();
        after.snapshotRecords().forEach(records::add);
        assertThat(records).as(where).isEqualTo(SmallStorage.records(index));
    }

    private static Done heal(SmallStorage storage, int index) throws IOException {
        SmallStorage peer = SmallStorage.begun(new SimDisk(5));
        SnapshotImage image = peer.image(index, 7);
        return storage.heal(peer, image);
    }

    @Test
    @DisplayName("fault.D6: until it is healed a damaged storage takes no write, and each file stays what it was")
    void untilItIsHealedNothingChanges() throws IOException {
        SimDisk disk = damaged();
        SimDisk before = disk.copy(1);

        SmallStorage storage = SmallStorage.healedByPeers(disk);
        assertThat(storage.open().damage()).isNotNull();
        assertThat(storage.write(entries(50, 50, 4))).isInstanceOf(Done.Failed.class);
        storage.kill();
        disk.kill();

        for (String name : before.list()) {
            if (name.startsWith("log-") || name.startsWith("snapshot-")) {
                assertThat(disk.content(name)).as(name).isEqualTo(before.content(name));
            }
        }
    }

    @Test
    @DisplayName("fault.D6: what was damaged is kept beside, until two snapshots stand for it")
    void whatWasDamagedIsKeptBeside() throws IOException {
        SimDisk disk = damaged();
        SmallStorage storage = SmallStorage.healedByPeers(disk);
        storage.open();
        heal(storage, 80);
        assertThat(disk.list()).anyMatch(name -> name.endsWith(".damaged"));
        storage.write(entries(81, 90, 7));
        storage.snapshot(85, 7);
        storage.snapshot(88, 7);
        storage.close();
        disk.kill();

        assertThat(new SmallStorage(disk).open().entries()).isEqualTo(entries(89, 90, 7));
        assertThat(disk.list()).noneMatch(name -> name.endsWith(".damaged"));
    }

    @Test
    @DisplayName("inv.D-a: wherever power fails while a snapshot heals a storage, it is damaged or healed, and never short")
    void powerMayFailWhileItHeals() throws IOException {
        int healed = 0;
        int damaged = 0;
        for (int call = 1; call < 60; call++) {
            SimDisk disk = damaged().copy(call);
            SmallStorage storage = SmallStorage.healedByPeers(disk);
            storage.open();
            disk.cutAtCall(call);
            try {
                heal(storage, 80);
            } catch (AssertionError notReceived) {
                assertThat(notReceived).hasMessageContaining("the power is cut");
            }
            storage.kill();
            disk.crash();

            Recovered found = SmallStorage.healedByPeers(disk).open();
            assertThat(found.vote()).as("call " + call).isEqualTo(Specimen.VOTE);
            if (found.damage() == null) {
                assertThat(found.snapshot().index()).as("call " + call).isEqualTo(ORIGIN + 80);
                assertThat(found.entries()).isEmpty();
                healed++;
            } else {
                assertThat(found.damage().atLeast()).as("call " + call).isGreaterThanOrEqualTo(ORIGIN + LAST);
                damaged++;
            }
        }
        assertThat(healed).isPositive();
        assertThat(damaged).isPositive();
    }

    @Test
    @DisplayName("fault.D12: a segment that cannot be read is damage that peers heal")
    void aSegmentThatCannotBeReadIsDamage() throws IOException {
        SimDisk disk = Specimen.written(true);
        String newest = newestSegment(disk);
        disk.unreadable(newest);

        Recovered found = SmallStorage.healedByPeers(disk).open();

        assertThat(found.damage()).isNotNull();
        assertThat(found.damage().found()).contains(newest, "cannot be read: Input/output error");
        assertThat(found.damage().atLeast()).isGreaterThanOrEqualTo(ORIGIN + LAST);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    @DisplayName("fault.D6: where only a payload has rotted, the heads around it tell exactly how far the log went")
    void wholeHeadsTellHowFarTheLogWent(boolean isClosed) throws IOException {
        SimDisk disk = Specimen.written(isClosed);
        disk.flip(newestSegment(disk), FIRST_GROUP + 700, 4);

        assertThat(bound(disk)).isEqualTo(LAST);
    }

    @Test
    @DisplayName("fault.D6: a rotten seal may have been a group of a sector, and no more: it was the file's end")
    void aRottenSealMayHaveBeenAGroup() throws IOException {
        SimDisk disk = Specimen.written(true);
        String newest = newestSegment(disk);
        disk.flip(newest, disk.content(newest).length - SECTOR, 1);

        assertThat(bound(disk)).isEqualTo(LAST + records(SECTOR));
    }

    @Test
    @DisplayName("fault.D6: behind the last head that is whole there were at most as many records as fit into what is not zeros")
    void aRottenHeadMayHaveBeenOfAsManyRecordsAsFit() throws IOException {
        SimDisk disk = Specimen.written(false);
        String newest = newestSegment(disk);
        int last = lastGroup(disk.content(newest));
        disk.flip(newest, last + 50, 1);

        assertThat(bound(disk)).isEqualTo(45 + records(writtenEnd(disk.content(newest)) - last));
    }

    @Test
    @DisplayName("fault.D6: what a segment lacks of its size may have been records, too")
    void whatASegmentLacksMayHaveBeenRecords() throws IOException {
        SimDisk disk = Specimen.written(false);
        String newest = newestSegment(disk);
        byte[] content = disk.content(newest);
        int last = lastGroup(content);
        disk.put(newest, Arrays.copyOf(content, last));

        assertThat(bound(disk)).isEqualTo(45 + records(content.length - last));
    }

    @Test
    @DisplayName("fault.D6: of a sector that lies half behind the end of its file the half that is there counts")
    void aSectorCutInHalfCounts() throws IOException {
        SimDisk disk = Specimen.written(true);
        String newest = newestSegment(disk);
        byte[] content = disk.content(newest);
        int sealAt = content.length - SECTOR;
        int laidDown = SmallStorage.OPTIONS.segmentBytes();
        disk.put(newest, Arrays.copyOf(content, sealAt + 100));

        assertThat(bound(disk)).isEqualTo(LAST + records(100 + laidDown - (sealAt + 100)));
    }

    /** Up to which place of the log a peer's snapshot must reach. */
    private static int bound(SimDisk disk) throws IOException {
        Damage damage = SmallStorage.healedByPeers(disk).open().damage();
        assertThat(damage).isNotNull();
        return (int) (damage.atLeast() - ORIGIN);
    }

    /** How many of the smallest records take so much, the last perhaps not whole. */
    private static int records(int bytes) {
        return (bytes + 55) / 56;
    }

    private static int lastGroup(byte[] segment) {
        int last = FIRST_GROUP;
        for (int at = FIRST_GROUP; at < segment.length; at += SECTOR) {
            if (ByteBuffer.wrap(segment).getInt(at) == GROUP_MAGIC) {
                last = at;
            }
        }
        return last;
    }

    private static int writtenEnd(byte[] segment) {
        int end = segment.length;
        while (segment[end - 1] == 0) {
            end--;
        }
        return (end + SECTOR - 1) / SECTOR * SECTOR;
    }

    @Test
    @DisplayName("fault.D5: a newest segment that is gone stops the member: nobody knows how far it went")
    void aNewestSegmentThatIsGoneStopsTheMember() throws IOException {
        SimDisk disk = Specimen.written(true);
        disk.remove(newestSegment(disk));

        assertThatThrownBy(() -> SmallStorage.healedByPeers(disk).open())
                .isInstanceOf(IOException.class)
                .hasMessageStartingWith("COORD-1061");
    }

    private static SimDisk damaged() throws IOException {
        SimDisk disk = Specimen.written(true);
        disk.flip(newestSegment(disk), 4096 + 700, 4);
        return disk;
    }

    private static String newestSegment(SimDisk disk) throws IOException {
        return disk.list().stream().filter(name -> name.startsWith("log-")).max(String::compareTo).orElseThrow();
    }
}

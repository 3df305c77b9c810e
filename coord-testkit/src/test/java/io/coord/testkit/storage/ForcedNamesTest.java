package io.coord.testkit.storage;

import static io.coord.testkit.storage.SmallStorage.ORIGIN;
import static io.coord.testkit.storage.SmallStorage.entries;
import static org.assertj.core.api.Assertions.assertThat;

import io.coord.ensemble.spi.Storage.Done;
import io.coord.ensemble.spi.Storage.Recovered;
import io.coord.ensemble.spi.Storage.SnapshotDone;
import io.coord.ensemble.spi.Storage.SnapshotImage;
import io.coord.testkit.sim.SimDisk;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Names of files that were made, changed or deleted, and the power that goes right behind: they stay what they were told to be. */
class ForcedNamesTest {

    /** Of which chance decides in each what a crash forgets of the names that were not forced. */
    private static IntStream seeds() {
        return IntStream.range(0, 16);
    }

    @ParameterizedTest
    @MethodSource("seeds")
    @DisplayName("inv.D-c: a snapshot that was reported as installed is there, also where the log goes on behind it")
    void anInstalledSnapshotIsThere(int seed) throws IOException {
        SmallStorage peer = SmallStorage.begun(new SimDisk(5));
        SnapshotImage image = peer.image(20, 1);
        SimDisk disk = new SimDisk(seed);
        SmallStorage storage = SmallStorage.begun(disk);
        storage.write(entries(1, 30, 1));
        storage.receive(image, 0, peer.whole(image));
        List<Done> told = new ArrayList<>();
        storage.storage().installSnapshot(image.index(), true, told::add);
        storage.runLog();
        assertThat(told).containsExactly(Done.Forced.FORCED);
        storage.kill();
        disk.crash();

        Recovered found = new SmallStorage(disk).open();
        assertThat(found.snapshot()).isEqualTo(image);
        assertThat(found.entries()).isEqualTo(entries(21, 30, 1));
    }

    @ParameterizedTest
    @MethodSource("seeds")
    @DisplayName("fault.D10: the name of a snapshot whose force failed is forced again before a start trusts it")
    void aSnapshotWhoseNameWasNotForcedIsForcedByAStart(int seed) throws IOException {
        SimDisk disk = new SimDisk(seed);
        SmallStorage storage = SmallStorage.begun(disk);
        storage.write(entries(1, 30, 1));
        disk.failForce(2);
        assertThat(storage.snapshot(20, 1)).isInstanceOf(SnapshotDone.NotSaved.class);
        storage.close();
        disk.kill();

        SmallStorage again = new SmallStorage(disk);
        assertThat(again.storage().open().snapshot().index()).isEqualTo(ORIGIN + 20);
        again.kill();
        disk.crash();

        assertThat(new SmallStorage(disk).open().snapshot().index()).isEqualTo(ORIGIN + 20);
    }

    @ParameterizedTest
    @MethodSource("seeds")
    @DisplayName("fault.D14: what compaction deleted is gone for good")
    void whatCompactionDeletedIsGone(int seed) throws IOException {
        SimDisk disk = new SimDisk(seed);
        SmallStorage storage = SmallStorage.begun(disk);
        for (int at = 1; at <= 60; at += 3) {
            storage.write(entries(at, at + 2, 1));
        }
        storage.snapshot(40, 1);
        storage.snapshot(50, 1);
        List<String> before = disk.list();
        storage.compact(50);
        List<String> after = disk.list();
        assertThat(after).hasSizeLessThan(before.size());
        storage.kill();
        disk.crash();

        assertThat(disk.list()).isEqualTo(after);
    }

    @ParameterizedTest
    @MethodSource("seeds")
    @DisplayName("fault.D6, fault.D14: what was damaged, and replaced by a peer's snapshot, keeps the name that says so")
    void whatWasDamagedKeepsTheNameThatSaysSo(int seed) throws IOException {
        SimDisk disk = Specimen.written(true).copy(seed);
        disk.flip("log-0000000000000006", 4096 + 700, 4);
        SmallStorage storage = SmallStorage.healedByPeers(disk);
        storage.open();
        SmallStorage peer = SmallStorage.begun(new SimDisk(5));
        storage.heal(peer, peer.image(80, 7));
        List<String> before = disk.list();
        assertThat(before).filteredOn(name -> name.endsWith(".damaged")).hasSize(5);
        storage.kill();
        disk.crash();

        assertThat(disk.list()).isEqualTo(before);
    }

    @ParameterizedTest
    @MethodSource("seeds")
    @DisplayName("fault.D14: what a start deletes as unfinished is gone for good, also where nobody has been yet")
    void whatAStartDeletesIsGone(int seed) throws IOException {
        SimDisk disk = new SimDisk(seed);
        disk.put("identity.tmp", new byte[10]);
        disk.put("spare.tmp", new byte[10]);
        new SmallStorage(disk).open();
        disk.crash();

        assertThat(disk.list()).isEmpty();
    }
}

package io.coord.testkit.storage;

import static org.assertj.core.api.Assertions.assertThat;

import io.coord.member.Caller;
import io.coord.member.Input;
import io.coord.member.MemberEvent;
import io.coord.testkit.sim.SimDisk;
import io.coord.testkit.storage.BenchEnsemble.Seat;
import java.io.IOException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A snapshot that has rotted since it was taken, and is found out when another member needs it: another takes its place, without a write. */
@Timeout(60)
class RottenSnapshotTest {

    private static final int DIGEST_BYTES = 8;

    private final BenchEnsemble ensemble = new BenchEnsemble(3);
    private Seat leader;
    private Seat other;
    private Seat lagging;

    @BeforeEach
    void begin() throws IOException {
        ensemble.startAll().begin();
        ensemble.create(10, 100);
        assertThat(ensemble.until(ensemble::agree, 2_000)).isTrue();
        leader = ensemble.leader();
        lagging = ensemble.seat(leader.id.value() == 3 ? 2 : 3);
        other = ensemble.seat(6 - leader.id.value() - lagging.id.value());
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    @DisplayName("fault.D7: a member that needs a snapshot gets one, also where the newest has rotted, be there an older one or none")
    void whoLagsGetsAnotherSnapshot(int snapshots) throws IOException {
        lagging.isCutOff = true;
        for (int taken = 0; taken < snapshots; taken++) {
            ensemble.create(10, 100);
            takeSnapshot(leader);
        }
        rot(leader.disk);

        lagging.isCutOff = false;

        assertThat(ensemble.until(ensemble::agree, 500)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    @DisplayName("fault.D7, fault.D11: where the snapshot that takes the place of a rotten one fails, the next does")
    void whereThatFailsTheNextTakesItsPlace(boolean isOlderThere) throws IOException {
        lagging.isCutOff = true;
        ensemble.create(10, 100);
        if (isOlderThere) {
            takeSnapshot(leader);
            ensemble.create(10, 100);
        }
        takeSnapshot(leader);
        rot(leader.disk);
        leader.disk.failWrite(1);

        lagging.isCutOff = false;

        assertThat(ensemble.until(ensemble::agree, 500)).isTrue();
        assertThat(leader.events).hasAtLeastOneElementOfType(MemberEvent.SnapshotFailed.class);
    }

    @Test
    @DisplayName("fault.P5: a snapshot that cannot be read for a while is sent when it can be, and no other is taken")
    void whatCannotBeReadForAWhileIsSentLater() throws IOException {
        neededSnapshot();
        leader.disk.unopenable(newest(leader.disk, "snapshot-"));

        lagging.isCutOff = false;

        assertThat(ensemble.until(ensemble::agree, 300)).isFalse();
        leader.disk.unopenable(null);
        assertThat(ensemble.until(ensemble::agree, 300)).isTrue();
        assertThat(saved(leader)).isEqualTo(1);
    }

    @Test
    @DisplayName("fault.P5: another takes the place of a snapshot that cannot be read for long")
    void whatCannotBeReadForLongIsReplaced() throws IOException {
        neededSnapshot();
        leader.disk.unopenable(newest(leader.disk, "snapshot-"));

        lagging.isCutOff = false;

        assertThat(ensemble.until(() -> saved(leader) > 1, 1_500)).isTrue();
        leader.disk.unopenable(null);
        assertThat(ensemble.until(ensemble::agree, 300)).isTrue();
    }

    @Test
    @DisplayName("fault.D12: where none of them can be read, they are not taken all the time")
    void whereNoneCanBeReadTheyAreNotTakenAllTheTime() throws IOException {
        neededSnapshot();
        leader.disk.unreadable(newest(leader.disk, "snapshot-")); // at rest the next has the same name

        lagging.isCutOff = false;

        assertThat(ensemble.until(ensemble::agree, 3_000)).isFalse();
        assertThat(saved(leader)).isBetween(2L, 7L);
    }

    private void neededSnapshot() {
        lagging.isCutOff = true;
        ensemble.create(10, 100);
        takeSnapshot(leader);
    }

    @Test
    @DisplayName("fault.D6, fault.D7: a damaged member is healed, also where the newest snapshots of all others have rotted")
    void aDamagedMemberIsHealed() throws IOException {
        takeSnapshot(leader);
        takeSnapshot(other);
        ensemble.kill(lagging);
        String newest = newest(lagging.disk, "log-");
        lagging.disk.flip(newest, 4096 + 300, 8);
        rot(leader.disk);
        rot(other.disk);

        ensemble.start(lagging);

        assertThat(lagging.core().view().healing()).startsWith("COORD-1060");
        assertThat(ensemble.until(ensemble::agree, 500)).isTrue();
    }

    private void takeSnapshot(Seat seat) {
        long before = saved(seat);
        seat.inbox.add(new Input.TakeSnapshot(new Caller<>() {}));
        assertThat(ensemble.until(() -> saved(seat) > before, 20)).isTrue();
    }

    private static long saved(Seat seat) {
        return seat.events.stream().filter(MemberEvent.SnapshotSaved.class::isInstance).count();
    }

    private static void rot(SimDisk disk) throws IOException {
        String snapshot = newest(disk, "snapshot-");
        disk.flip(snapshot, disk.content(snapshot).length - DIGEST_BYTES - 1, 4);
    }

    private static String newest(SimDisk disk, String kind) throws IOException {
        return disk.list().stream().filter(name -> name.startsWith(kind)).max(String::compareTo).orElseThrow();
    }
}

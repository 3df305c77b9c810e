package io.coord.testkit.storage;

import static org.assertj.core.api.Assertions.assertThat;

import io.coord.member.Caller;
import io.coord.member.Input;
import io.coord.member.MemberEvent;
import io.coord.testkit.sim.SimDisk;
import io.coord.testkit.storage.BenchEnsemble.Seat;
import java.io.IOException;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A damaged member says nothing until it has again all that it can have acknowledged: what was committed by its word is not lost. */
@Timeout(60)
class SilenceTest {

    @Test
    @DisplayName("fault.D6, B64: a damaged member neither votes nor heals from a peer that lags; the member that has the entry brings it back")
    void aDamagedMemberDoesNotElectWhoLags() throws IOException {
        BenchEnsemble ensemble = new BenchEnsemble(3).startAll();
        ensemble.begin();
        ensemble.create(5, 100);
        assertThat(ensemble.until(ensemble::agree, 2_000)).isTrue();
        Seat lagging = ensemble.leader() == ensemble.seat(3) ? ensemble.seat(2) : ensemble.seat(3);
        Seat leader = ensemble.leader();
        Seat damaged = ensemble.seat(6 - (int) lagging.id.value() - (int) leader.id.value());
        lagging.inbox.add(new Input.TakeSnapshot(new Caller<>() {}));
        assertThat(ensemble.until(() -> hasSnapshot(lagging), 100)).as("what the damaged member must not be content with").isTrue();
        lagging.isCutOff = true;
        ensemble.create(10, 100);
        long acknowledged = ensemble.numbered();
        for (int id = 1; id <= 3; id++) {
            ensemble.kill(ensemble.seat(id));
        }
        lagging.isCutOff = false;
        ensemble.loseMessages(); // a late heartbeat would tell what is committed
        flipLastSegment(damaged.disk);

        ensemble.start(lagging);
        ensemble.start(damaged);
        assertThat(damaged.core().view().healing()).startsWith("COORD-1060");
        assertThat(ensemble.until(() -> ensemble.leader() != null, 1_000)).as("a leader without what was acknowledged").isFalse();
        assertThat(damaged.core().view().healing()).isNotNull();

        ensemble.start(leader);
        ensemble.create(12, 100);
        assertThat(ensemble.until(ensemble::agree, 3_000)).isTrue();
        assertThat(damaged.core().root().nodeCount()).isEqualTo((int) acknowledged + 12 + 4);
    }

    @Test
    @DisplayName("fault.D6: with more members damaged than may be, none guesses: all stay silent")
    void tooManyDamagedMembersHalt() throws IOException {
        BenchEnsemble ensemble = new BenchEnsemble(3).startAll();
        ensemble.begin();
        ensemble.create(10, 100);
        assertThat(ensemble.until(ensemble::agree, 2_000)).isTrue();
        for (int id = 1; id <= 3; id++) {
            ensemble.kill(ensemble.seat(id));
        }
        ensemble.loseMessages();
        flipLastSegment(ensemble.seat(1).disk);
        flipLastSegment(ensemble.seat(2).disk);

        ensemble.startAll();

        assertThat(ensemble.until(() -> ensemble.leader() != null, 1_000)).isFalse();
        assertThat(ensemble.seat(1).core().view().healing())
                .contains("It asks the members [2, 3], none of which has answered yet. If they are gone, start it with a list");
        assertThat(ensemble.seat(2).core().view().healing()).isNotNull();
    }

    private static boolean hasSnapshot(Seat seat) {
        return seat.events.stream().anyMatch(MemberEvent.SnapshotSaved.class::isInstance);
    }

    private static void flipLastSegment(SimDisk disk) throws IOException {
        String newest = disk.list().stream().filter(name -> name.startsWith("log-")).max(String::compareTo).orElseThrow();
        disk.flip(newest, 4096 + 300, 8);
    }
}

package io.coord.testkit.storage;

import static org.assertj.core.api.Assertions.assertThat;

import io.coord.member.Caller;
import io.coord.member.Input;
import io.coord.member.MemberEvent;
import io.coord.testkit.storage.BenchEnsemble.Seat;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A member that heals needs a snapshot, and those that could take one have no room for it: they try, and do not wear themselves out. */
@Timeout(60)
class FailingSnapshotTest {

    private static final int TURNS_OF_30_SECONDS = 3_000;
    private static final int TURNS_OF_20_SECONDS = 2_000;

    private final BenchEnsemble ensemble = new BenchEnsemble(3);
    private Seat leader;
    private List<Seat> sources;
    private Seat healing;

    @BeforeEach
    void begin() throws IOException {
        ensemble.startAll().begin();
        ensemble.create(300, 1_000);
        assertThat(ensemble.until(ensemble::agree, 2_000)).isTrue();
        leader = ensemble.leader();
        healing = ensemble.seat(leader.id.value() == 3 ? 2 : 3);
        sources = List.of(leader, ensemble.seat(6 - leader.id.value() - healing.id.value()));
        healing.isCutOff = true;
        damage(healing);
        ensemble.create(150, 10); // as many as it may have acknowledged besides, for all that is left of its log
        sources.forEach(source -> source.disk.capacity(source.disk.bytesUsed() + (64 << 10)));
        healing.isCutOff = false;
    }

    @Test
    @DisplayName("fault.D11: a member that heals makes a source without room try a few times, not each time it asks; with room it is healed")
    void whoAsksIsNoReasonToTryAllTheTime() {
        long term = leader.core().view().term();

        ensemble.until(() -> false, TURNS_OF_30_SECONDS);

        assertThat(sources).allSatisfy(source -> assertThat(failed(source)).isBetween(1L, 6L));
        assertThat(leader.core().view().established()).isTrue();
        assertThat(leader.core().view().term()).isEqualTo(term);
        sources.forEach(source -> source.disk.capacity(Long.MAX_VALUE));
        assertThat(ensemble.until(ensemble::agree, 2 * TURNS_OF_30_SECONDS)).isTrue();
    }

    @Test
    @DisplayName("fault.D11: an order is carried out at once, and who heals need not wait")
    void anOrderIsCarriedOutAtOnce() {
        ensemble.until(() -> false, TURNS_OF_20_SECONDS);
        leader.disk.capacity(Long.MAX_VALUE);

        leader.inbox.add(new Input.TakeSnapshot(new Caller<>() {}));

        assertThat(ensemble.until(ensemble::agree, 300)).isTrue();
    }

    private void damage(Seat seat) throws IOException {
        ensemble.kill(seat);
        String newest = seat.disk.list().stream().filter(name -> name.startsWith("log-")).max(String::compareTo).orElseThrow();
        seat.disk.flip(newest, 4096 + 300, 8);
        ensemble.start(seat);
        assertThat(seat.core().view().healing()).startsWith("COORD-1060");
    }

    private static long failed(Seat seat) {
        return seat.events.stream().filter(MemberEvent.SnapshotFailed.class::isInstance).count();
    }
}

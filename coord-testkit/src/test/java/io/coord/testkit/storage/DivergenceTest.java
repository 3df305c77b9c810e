package io.coord.testkit.storage;

import static org.assertj.core.api.Assertions.assertThat;

import io.coord.member.MemberEvent;
import io.coord.raft.MemberKey;
import io.coord.testkit.storage.BenchEnsemble.Seat;
import java.io.IOException;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Members whose states come apart notice it by their digests. */
@Timeout(60)
class DivergenceTest {

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    @DisplayName("rule.14, inv.D-f: a member whose state differs from the majority's stops serving and takes theirs, also as leader")
    void aMemberThatDiffersHeals(int wrong) throws IOException {
        BenchEnsemble ensemble = new BenchEnsemble(3).startAll();
        ensemble.begin();
        ensemble.create(20, 10);
        misread(ensemble, ensemble.seat(wrong));
        ensemble.create(5, 10);
        assertThat(digestsDiffer(ensemble, wrong)).isTrue();

        ensemble.create(140, 10);
        assertThat(ensemble.until(() -> healed(ensemble.seat(wrong)), 2_000)).as("healed").isTrue();

        assertThat(ensemble.until(ensemble::agree, 2_000)).as("agreed").isTrue();
        Seat seat = ensemble.seat(wrong);
        assertThat(seat.events).anySatisfy(event -> assertThat(event).isInstanceOfSatisfying(
                MemberEvent.Healing.class,
                healing -> assertThat(healing.found()).startsWith("COORD-1067 the state of member " + wrong + " differs")));
        ensemble.create(20, 10);
        assertThat(ensemble.until(ensemble::agree, 2_000)).isTrue();
    }

    @Test
    @DisplayName("rule.14: what a member took from the majority outlives a crash")
    void whatAMemberTookOutlivesACrash() throws IOException {
        BenchEnsemble ensemble = new BenchEnsemble(3).startAll();
        ensemble.begin();
        Seat wrong = ensemble.seat(2);
        misread(ensemble, wrong);
        ensemble.create(150, 10);
        assertThat(ensemble.until(() -> healed(wrong), 2_000)).isTrue();

        ensemble.kill(wrong);
        wrong.disk.crash();
        ensemble.start(wrong);

        assertThat(ensemble.until(ensemble::agree, 2_000)).isTrue();
    }

    @Test
    @DisplayName("fault.D8, rule.14: a member that had to rejoin, and then to take the majority's state, has its vote all the same")
    void whoRejoinedAndHealedVotes() throws IOException {
        BenchEnsemble ensemble = new BenchEnsemble(3).startAll();
        ensemble.begin();
        Seat wrong = ensemble.seat(2);
        ensemble.kill(wrong);
        wrong.disk.remove("control");
        ensemble.start(wrong);
        ensemble.create(130, 10);
        assertThat(ensemble.until(() -> votesUnderANewKey(wrong), 2_000)).as("rejoined").isTrue();

        ensemble.tellOfAnotherState(wrong);
        assertThat(ensemble.until(() -> healed(wrong) && ensemble.agree(), 2_000)).as("healed").isTrue();
        ensemble.kill(ensemble.seat(3));

        ensemble.create(5, 10);
    }

    private static boolean votesUnderANewKey(Seat seat) {
        return seat.core().view().configuration().voters().stream()
                .anyMatch(voter -> voter.id().equals(seat.id) && voter.incarnation() != MemberKey.FIRST_INCARNATION);
    }

    @Test
    @DisplayName("rule.14: where no majority agrees all stop, and say so")
    void withoutAMajorityAllStop() throws IOException {
        BenchEnsemble ensemble = new BenchEnsemble(3).startAll();
        ensemble.begin();
        ensemble.create(10, 10);
        misread(ensemble, ensemble.seat(1));
        ensemble.create(3, 10);
        misread(ensemble, ensemble.seat(2));
        ensemble.create(3, 10);
        try {
            ensemble.create(140, 10);
        } catch (AssertionError halted) {
            assertThat(halted).hasMessageContaining("no");
        }
        ensemble.until(() -> false, 50);

        for (int id = 1; id <= 3; id++) {
            assertThat(ensemble.seat(id).core().view().left()).startsWith("COORD-1067").contains("no majority agrees");
        }
    }

    /** Restarts a member with a codec that misreads the next node created. */
    private static void misread(BenchEnsemble ensemble, Seat seat) throws IOException {
        ensemble.kill(seat);
        seat.codec = ensemble.misreading();
        ensemble.start(seat);
        assertThat(ensemble.until(() -> seat.serves() && ensemble.leader() != null, 2_000)).isTrue();
    }

    private static boolean digestsDiffer(BenchEnsemble ensemble, int wrong) {
        try {
            return !ensemble.until(ensemble::agree, 200);
        } catch (AssertionError apart) {
            return apart.getMessage().contains("has come apart");
        }
    }

    private static boolean healed(Seat seat) {
        return seat.events.stream().anyMatch(MemberEvent.Healed.class::isInstance);
    }
}

package io.coord.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.coord.Bytes;
import io.coord.CreateMode;
import io.coord.Ensemble;
import io.coord.MemberAddress;
import io.coord.MemberId;
import io.coord.MemberStatus;
import io.coord.NodePath;
import io.coord.Operation;
import io.coord.ReadMode;
import io.coord.Refusal;
import io.coord.RejectedException;
import io.coord.Session;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Members of real threads join, get a vote, lose their disks and leave, while the ensemble goes on. */
@Timeout(120)
class MembersComeAndGoTest {

    private static final NodePath A = NodePath.of("/a");
    private static final Duration TEN_SECONDS = Duration.ofSeconds(10);

    private static MemberId id(int member) {
        return MemberId.of(member);
    }

    private static Bytes read(Session session) {
        return session.submit(new Operation.GetData("/a"), ReadMode.LINEARIZABLE).data();
    }

    private static MemberStatus status(LocalEnsemble ensemble, MemberId id) {
        return ensemble.status().stream().filter(status -> status.member().equals(id)).findFirst().orElseThrow();
    }

    @Test
    @DisplayName("fault.M4, rule.25: from one member to five and back, with a session that goes on throughout")
    void anEnsembleGrowsAndShrinks() {
        try (LocalEnsemble ensemble = LocalEnsemble.of(1); Session session = ensemble.openSession()) {
            session.create(A, Bytes.utf8("one"), CreateMode.PERSISTENT);
            ensemble.join(id(2));
            ensemble.join(id(3));
            assertThat(ensemble.ensemble().voters()).hasSize(1);
            assertThat(ensemble.reconfigure(id(1), id(2), id(3)).majority()).isEqualTo(2);
            session.setData(A, Bytes.utf8("three"));

            ensemble.kill(id(1));
            assertThat(read(session)).isEqualTo(Bytes.utf8("three"));
            ensemble.restart(id(1));

            ensemble.join(id(4));
            ensemble.join(id(5));
            ensemble.reconfigure(id(1), id(2), id(3), id(4), id(5));
            MemberId leader = ensemble.leader();
            MemberId follower = ensemble.anyFollower();
            ensemble.kill(leader);
            ensemble.kill(follower);
            session.setData(A, Bytes.utf8("five"));
            ensemble.restartAll();

            MemberId last = ensemble.leader();
            ensemble.reconfigure(new Ensemble(
                    new TreeMap<>(Map.of(last, ensemble.ensemble().address(last))), new TreeMap<>()));
            assertThat(read(session)).isEqualTo(Bytes.utf8("five"));
            assertThat(ensemble.ensemble().members()).containsExactly(last);
            ensemble.members().stream().filter(member -> !member.equals(last)).forEach(ensemble::retire);
            session.setData(A, Bytes.utf8("alone"));
        }
    }

    @Test
    void theNumberOfARetiredMemberIsUsedAgainWithAnEmptyDisk(@TempDir Path directory) {
        try (LocalEnsemble ensemble = LocalEnsemble.builder().members(3).fileStorage(directory).start()) {
            ensemble.join(id(4));
            ensemble.reconfigure(new Ensemble(ensemble.ensemble().voters(), new TreeMap<>()));
            ensemble.retire(id(4));

            ensemble.join(id(4));

            assertThat(ensemble.ensemble().members()).contains(id(4));
        }
    }

    @Test
    @DisplayName("fault.M3: whoever is removed stops, says so, and sends its sessions elsewhere")
    void aRemovedMemberStops() {
        try (LocalEnsemble ensemble = LocalEnsemble.of(3)) {
            MemberId gone = ensemble.anyFollower();
            try (Session there = ensemble.openSession(gone, TEN_SECONDS); Session session = ensemble.openSession()) {
                session.create(A, Bytes.utf8("x"), CreateMode.PERSISTENT);
                Ensemble present = ensemble.ensemble();
                TreeMap<MemberId, MemberAddress> observers = new TreeMap<>();
                TreeMap<MemberId, MemberAddress> voters = new TreeMap<>(present.voters());
                voters.remove(gone);
                MemberId demoted = voters.lastKey();
                observers.put(demoted, present.address(demoted));
                voters.remove(demoted);
                ensemble.reconfigure(new Ensemble(voters, observers));

                assertThatThrownBy(() -> {
                    while (true) {
                        there.getData(A);
                    }
                }).hasMessageContaining("COORD-1057");
                assertThat(status(ensemble, gone).role()).isEqualTo(MemberStatus.Role.LEFT);
                assertThat(status(ensemble, gone).trouble()).hasValueSatisfying(why -> assertThat(why).contains("was removed"));
                session.setData(A, Bytes.utf8("y"));
                assertThat(status(ensemble, demoted).role()).isEqualTo(MemberStatus.Role.OBSERVER);
            }
        }
    }

    @Test
    @DisplayName("fault.M5: whoever lost its disk votes for nobody until it has caught up under another key, and then by itself")
    void aWipedMemberTakesItsPlaceAgain() {
        try (LocalEnsemble ensemble = LocalEnsemble.of(3); Session session = ensemble.openSession()) {
            session.create(A, Bytes.utf8("kept"), CreateMode.PERSISTENT);
            MemberId wiped = ensemble.anyFollower();
            ensemble.kill(wiped);
            ensemble.wipe(wiped);
            ensemble.restart(wiped);
            ensemble.awaitVoter(wiped);

            MemberId other = ensemble.members().stream()
                    .filter(member -> !member.equals(wiped) && !member.equals(ensemble.leader()))
                    .findFirst()
                    .orElseThrow();
            ensemble.kill(other);
            session.setData(A, Bytes.utf8("decided by the wiped one too"));
            assertThat(ensemble.ensemble().voters()).hasSize(3);
        }
    }

    @Test
    @DisplayName("zk.RC2: a change that names a member who has not joined is abandoned, and says so")
    void whoHasNotJoinedCannotVote() {
        try (LocalEnsemble ensemble = LocalEnsemble.of(1); Session session = ensemble.openSession()) {
            Ensemble wanted = Ensemble.parse("1=member-1:7100,2=member-2:7100,3=member-3:7100");
            assertThatThrownBy(() -> ensemble.reconfigure(wanted)).isInstanceOfSatisfying(RejectedException.class, refused -> {
                assertThat(refused.refusal()).isEqualTo(Refusal.NEW_CONFIG_NO_QUORUM);
                assertThat(refused).hasMessageContaining("[2, 3] have not joined");
            });
            assertThatThrownBy(() -> session.submit(Operation.Reconfigure.to(wanted)))
                    .isInstanceOf(RejectedException.NoAuthException.class);
            session.create(A, Bytes.EMPTY, CreateMode.PERSISTENT);
            assertThat(ensemble.ensemble()).isEqualTo(Ensemble.parse("1=member-1:7100"));
        }
    }

    @Test
    @DisplayName("rule.19: an observer serves reads and watches, passes writes on, keeps its sessions, and never counts")
    void anObserverServes() {
        try (LocalEnsemble ensemble = LocalEnsemble.of(1)) {
            ensemble.join(id(2));
            try (Session there = ensemble.openSession(id(2), TEN_SECONDS)) {
                there.create(A, Bytes.utf8("passed on"), CreateMode.EPHEMERAL);
                assertThat(there.getData(A).data()).isEqualTo(Bytes.utf8("passed on"));
                assertThat(read(there)).isEqualTo(Bytes.utf8("passed on"));
                assertThat(status(ensemble, id(2)).role()).isEqualTo(MemberStatus.Role.OBSERVER);
            }
            ensemble.kill(id(2));
            try (Session session = ensemble.openSession(id(1), TEN_SECONDS)) {
                session.create(A, Bytes.EMPTY, CreateMode.PERSISTENT);
            }
        }
    }
}

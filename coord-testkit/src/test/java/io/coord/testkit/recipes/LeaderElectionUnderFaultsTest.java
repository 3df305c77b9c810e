package io.coord.testkit.recipes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.coord.Bytes;
import io.coord.MemberId;
import io.coord.NodePath;
import io.coord.Session;
import io.coord.SessionEndedException;
import io.coord.recipes.LeaderElection;
import io.coord.recipes.Leadership;
import io.coord.testkit.LocalEnsemble;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What is left of a leadership when its member is in trouble. */
class LeaderElectionUnderFaultsTest {

    private static final NodePath CONTROLLER = NodePath.of("/controller");
    private static final Duration SHORT = Duration.ofSeconds(1);

    @Test
    void leadershipPassesWhenTheMemberOfTheLeadersSessionIsKilled() throws InterruptedException {
        try (LocalEnsemble ensemble = LocalEnsemble.of(3)) {
            MemberId home = ensemble.anyFollower();
            LeaderElection first = LeaderElection.join(ensemble.openSession(home, SHORT), CONTROLLER, Bytes.utf8("one"));
            Leadership before = first.awaitLeadership();
            LeaderElection second = LeaderElection.join(ensemble.openSession(ensemble.leader(), SHORT), CONTROLLER, Bytes.utf8("two"));

            ensemble.kill(home);

            assertThat(second.awaitLeadership().fencingToken()).isGreaterThan(before.fencingToken());
            assertThat(first.isLeader()).isFalse();
            assertThatThrownBy(first::awaitLeadership).isInstanceOf(SessionEndedException.class);
        }
    }

    @Test
    @DisplayName("rule.16 who is cut off knows that it does not lead before anybody else does")
    void whoIsCutOffKnowsFirst() {
        try (LocalEnsemble ensemble = LocalEnsemble.of(3)) {
            MemberId home = ensemble.anyFollower();
            Session one = ensemble.openSession(home, SHORT);
            Session two = ensemble.openSession(ensemble.leader(), SHORT);
            LeaderElection first = LeaderElection.join(one, CONTROLLER, Bytes.utf8("one"));
            one.await(first.leadership());
            CompletableFuture<Boolean> both = new CompletableFuture<>();
            LeaderElection second = LeaderElection.join(two, CONTROLLER, Bytes.utf8("two"));
            second.onElected(leadership -> both.complete(first.isLeader()));
            assertThat(first.isLeader()).isTrue();

            ensemble.isolate(home);

            assertThat(two.await(both)).as("the first still says it leads when the second is elected").isFalse();
            assertThat(second.isLeader()).isTrue();
        }
    }

    @Test
    @DisplayName("rule.16 leadership ends with the lease, even while a listener that hangs keeps the session from being told")
    void aListenerThatHangsDoesNotProlongLeadership() {
        try (LocalEnsemble ensemble = LocalEnsemble.of(3)) {
            MemberId home = ensemble.anyFollower();
            Session one = ensemble.openSession(home, SHORT);
            Session two = ensemble.openSession(ensemble.leader(), SHORT);
            LeaderElection first = LeaderElection.join(one, CONTROLLER, Bytes.utf8("one"));
            one.await(first.leadership());
            LeaderElection second = LeaderElection.join(two, CONTROLLER, Bytes.utf8("two"));
            CompletableFuture<Boolean> deposed = new CompletableFuture<>();
            first.onDeposed(() -> deposed.complete(true));
            CompletableFuture<Void> hanging = new CompletableFuture<>();
            one.async().callbackExecutor().execute(hanging::join);

            ensemble.isolate(home);

            two.await(second.leadership());
            assertThat(deposed).as("the session was told").isNotDone();
            assertThat(first.isLeader()).isFalse();
            assertThat(first.current()).isEmpty();
            hanging.complete(null);
            assertThat(two.await(deposed)).isTrue();
        }
    }

    @Test
    @DisplayName("rule.15 a change of the ensemble's leader does not depose anybody")
    void aLeadershipOutlivesTheEnsemblesLeader() throws InterruptedException {
        try (LocalEnsemble ensemble = LocalEnsemble.of(3)) {
            MemberId home = ensemble.anyFollower();
            Session one = ensemble.openSession(home, Duration.ofSeconds(10));
            LeaderElection election = LeaderElection.join(one, CONTROLLER, Bytes.utf8("one"));
            Leadership before = election.awaitLeadership();

            ensemble.kill(ensemble.leader());
            ensemble.leader();
            one.sync(CONTROLLER);

            assertThat(election.current()).contains(before);
        }
    }
}

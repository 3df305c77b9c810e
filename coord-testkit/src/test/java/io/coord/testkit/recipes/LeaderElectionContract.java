package io.coord.testkit.recipes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.coord.Acl;
import io.coord.Bytes;
import io.coord.CreateMode;
import io.coord.Identity;
import io.coord.NodePath;
import io.coord.Operation;
import io.coord.RejectedException.NoAuthException;
import io.coord.RejectedException.NoChildrenForEphemeralsException;
import io.coord.Session;
import io.coord.SessionEndedException;
import io.coord.UnavailableException;
import io.coord.recipes.Leadership;
import io.coord.recipes.LeaderElection;
import io.coord.testkit.CoordContract.Capability;
import io.coord.testkit.recipes.Unlucky.Fate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What {@link LeaderElection} claims. */
abstract class LeaderElectionContract extends RecipesContract {

    private static final NodePath CONTROLLER = NodePath.of("/kafka/controller");

    private static LeaderElection join(Session session, String name) {
        return LeaderElection.join(session, CONTROLLER, Bytes.utf8(name));
    }

    @Test
    void theFirstToJoinLeadsAndTheNextFollowsWithAGreaterToken() throws InterruptedException {
        Session one = open();
        Session two = open();
        LeaderElection first = join(one, "one");
        LeaderElection second = join(two, "two");

        Leadership before = first.awaitLeadership();
        assertThat(first.isLeader()).isTrue();
        assertThat(first.current()).contains(before);
        assertThat(second.isLeader()).isFalse();
        assertThat(second.current()).isEmpty();
        assertThat(one.getData(before.path()).text()).isEqualTo("one");
        assertThat(one.getData(before.path()).stat().czxid()).isEqualTo(before.fencingToken());

        first.close();
        assertThat(first.isLeader()).isFalse();
        assertThat(second.awaitLeadership().fencingToken()).isGreaterThan(before.fencingToken());
        assertThat(children(two, CONTROLLER)).hasSize(1);
    }

    /** It could not tell any more whether it leads; to stay first would keep all others waiting. */
    @Test
    void aCandidateThatMayNotReadTheQueueAnyMoreLeavesIt() throws InterruptedException {
        Session one = open();
        Session two = open();
        LeaderElection first = join(one, "one");
        NodePath node = first.awaitLeadership().path();
        one.setAcl(CONTROLLER, List.of(new Acl(Acl.ALL - Acl.READ, Identity.ANYONE)));
        Heard<String> heard = new Heard<>(one);
        first.onDeposed(() -> heard.accept("deposed"));
        one.setData(node, Bytes.EMPTY);
        assertThat(heard.next()).isEqualTo("deposed");
        assertThatThrownBy(first::awaitLeadership).isInstanceOf(NoAuthException.class);
        first.close();
        two.sync(CONTROLLER);
        assertThat(two.exists(node)).isEmpty();
    }

    @Test
    void leadershipPassesInTheOrderOfJoiningAndWhoLeftIsPassedOver() throws InterruptedException {
        List<LeaderElection> queue = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            queue.add(join(open(), "candidate " + i));
        }
        queue.remove(2).close();
        long token = 0;
        while (!queue.isEmpty()) {
            Leadership next = queue.get(0).awaitLeadership();
            assertThat(next.fencingToken()).isGreaterThan(token);
            token = next.fencingToken();
            assertThat(queue.stream().filter(LeaderElection::isLeader)).hasSize(1);
            queue.remove(0).close();
        }
    }

    @Test
    void oneSessionMayHaveSeveralCandidates() throws InterruptedException {
        Session session = open();
        LeaderElection first = join(session, "a");
        LeaderElection second = join(session, "b");
        first.awaitLeadership();
        assertThat(second.isLeader()).isFalse();
        first.close();
        second.awaitLeadership();
        assertThat(children(session, CONTROLLER)).hasSize(1);
    }

    @Test
    void theNextLeadsWhenTheLeadersSessionExpires() throws InterruptedException {
        doorThatCan(Capability.EXPIRE);
        Session one = open();
        LeaderElection first = join(one, "one");
        Leadership before = first.awaitLeadership();
        Heard<String> deposed = new Heard<>(open());
        first.onDeposed(() -> deposed.accept("deposed"));
        LeaderElection second = join(open(), "two");

        door().expire(one);

        assertThat(second.awaitLeadership().fencingToken()).isGreaterThan(before.fencingToken());
        assertThat(deposed.next()).isEqualTo("deposed");
        assertThat(first.isLeader()).isFalse();
        assertThatThrownBy(first::awaitLeadership).isInstanceOf(SessionEndedException.class);
        first.close();
    }


    @Test
    void whileTheSessionIsSuspendedNobodyOfItLeadsAndAfterwardsTheSameLeadershipGoesOn() throws InterruptedException {
        doorThatCan(Capability.AWAY);
        Session one = open();
        LeaderElection election = join(one, "one");
        Leadership before = election.awaitLeadership();
        Heard<String> heard = new Heard<>(open());
        election.onElected(leadership -> heard.accept("elected " + leadership.fencingToken()));
        election.onDeposed(() -> heard.accept("deposed"));
        assertThat(heard.next()).isEqualTo("elected " + before.fencingToken());

        door().whileAway(one, () -> {
            assertThat(election.isLeader()).isFalse();
            assertThat(heard.next()).isEqualTo("deposed");
        });

        assertThat(election.awaitLeadership()).isEqualTo(before);
        assertThat(heard.next()).isEqualTo("elected " + before.fencingToken());
        assertThat(election.isLeader()).isTrue();
    }

    @Test
    void aWaiterThatWasAwayWhenItsTimeCameLeadsWhenItIsBack() throws InterruptedException {
        doorThatCan(Capability.AWAY);
        LeaderElection first = join(open(), "one");
        Session two = open();
        LeaderElection second = join(two, "two");
        door().whileAway(two, first::close);
        assertThat(second.awaitLeadership().path().parent()).isEqualTo(CONTROLLER);
        assertThat(second.isLeader()).isTrue();
    }

    @Test
    void whoResignsGoesToTheEndAndIsElectedAgainAfterTheOthers() throws InterruptedException {
        Session one = open();
        LeaderElection first = join(one, "one");
        Leadership before = first.awaitLeadership();
        LeaderElection second = join(open(), "two");

        first.resign();

        Leadership middle = second.awaitLeadership();
        assertThat(first.isLeader()).isFalse();
        second.close();
        Leadership after = first.awaitLeadership();
        assertThat(List.of(before.fencingToken(), middle.fencingToken(), after.fencingToken())).isSorted().doesNotHaveDuplicates();
        assertThat(children(one, CONTROLLER)).hasSize(1);
    }

    @Test
    void aSingleCandidateThatResignsIsElectedWithAnotherToken() throws InterruptedException {
        LeaderElection election = join(open(), "one");
        Leadership before = election.awaitLeadership();
        election.resign();
        assertThat(election.awaitLeadership().fencingToken()).isGreaterThan(before.fencingToken());
    }

    @Test
    void whoIsDeposedByItsOwnWishIsToldBeforeItsNodeIsDeleted() throws InterruptedException {
        Session one = open();
        LeaderElection election = join(one, "one");
        NodePath node = election.awaitLeadership().path();
        CompletableFuture<Boolean> stillThere = new CompletableFuture<>();
        election.onDeposed(() ->
                one.async().exists(node).whenComplete((stat, thrown) -> stillThere.complete(stat != null && stat.isPresent())));
        election.close();
        assertThat(one.await(stillThere)).isTrue();
        assertThat(children(one, CONTROLLER)).isEmpty();
    }

    @Test
    void aCandidateWhoseNodeSomebodyDeletesQueuesUpAgain() throws InterruptedException {
        Session other = open();
        LeaderElection first = join(open(), "one");
        LeaderElection second = join(open(), "two");
        Leadership before = first.awaitLeadership();
        Heard<String> heard = new Heard<>(other);
        first.onDeposed(() -> heard.accept("deposed"));

        other.delete(before.path());

        assertThat(heard.next()).isEqualTo("deposed");
        second.awaitLeadership();
        second.close();
        assertThat(first.awaitLeadership().fencingToken()).isGreaterThan(before.fencingToken());
    }

    @Test
    void whoWaitsIsToldWhenTheElectionIsLeft() {
        join(open(), "one");
        Session two = open();
        LeaderElection second = join(two, "two");
        var leadership = second.leadership();
        second.close();
        assertThatThrownBy(() -> two.await(leadership))
                .isInstanceOf(CancellationException.class)
                .hasMessage("COORD-1040 the election at /kafka/controller was left; join it again to be elected");
        assertThatThrownBy(second::awaitLeadership).isInstanceOf(CancellationException.class);
        second.close();
    }

    @Test
    void aBoundedWaitEndsAndTheCandidateStays() throws InterruptedException {
        LeaderElection first = join(open(), "one");
        first.awaitLeadership();
        LeaderElection second = join(open(), "two");
        assertThat(second.awaitLeadership(Duration.ofMillis(1))).isEmpty();
        first.close();
        assertThat(second.awaitLeadership()).isNotNull();
    }

    @Test
    void anInterruptEndsTheWaitAndTheCandidateStays() throws Exception {
        needsThreads();
        LeaderElection first = join(open(), "one");
        first.awaitLeadership();
        LeaderElection second = join(open(), "two");
        FutureTask<Throwable> waiting = new FutureTask<>(() -> catchThrowable(second::awaitLeadership));
        Thread waiter = new Thread(waiting);
        waiter.start();
        waiter.interrupt();
        assertThat(waiting.get()).isInstanceOf(InterruptedException.class);
        waiter.join();
        first.close();
        assertThat(second.awaitLeadership()).isNotNull();
    }

    @Test
    void whoCannotJoinLeavesNothingBehind() {
        Session session = open();
        session.create(NodePath.of("/kafka"), Bytes.EMPTY, CreateMode.EPHEMERAL);
        assertThatThrownBy(() -> join(session, "one")).isInstanceOf(NoChildrenForEphemeralsException.class);

        Unlucky line = new Unlucky(session).next(Operation.Create.class, Fate.REFUSED);
        assertThatThrownBy(() -> LeaderElection.join(line.session(), NodePath.of("/other"), Bytes.EMPTY))
                .isInstanceOf(UnavailableException.class);
        assertThat(session.exists(NodePath.of("/other"))).isEmpty();
        assertThat(session.getEphemerals()).containsExactly("/kafka");
    }

    @ParameterizedTest
    @EnumSource(value = Fate.class, names = "REFUSED", mode = EnumSource.Mode.EXCLUDE)
    void aCreationWithAnUnknownOutcomeLeavesOneNode(Fate fate) throws InterruptedException {
        Session session = open();
        create(session, NodePath.of("/kafka"), "");
        create(session, CONTROLLER, "");
        Unlucky line = new Unlucky(session).next(Operation.Create.class, fate).next(Operation.Create.class, fate);
        LeaderElection election = join(line.session(), "one");
        Leadership leadership = election.awaitLeadership();
        assertThat(children(session, CONTROLLER)).containsExactly(leadership.path().name());
        assertThat(session.getData(leadership.path()).stat().czxid()).isEqualTo(leadership.fencingToken());
        election.close();
        assertThat(children(session, CONTROLLER)).isEmpty();
    }

    @Test
    void aDeletionWithAnUnknownOutcomeIsDoneAgain() throws InterruptedException {
        Session session = open();
        Unlucky line = new Unlucky(session).next(Operation.Delete.class, Fate.REQUEST_LOST);
        LeaderElection first = join(line.session(), "one");
        first.awaitLeadership();
        LeaderElection second = join(open(), "two");
        first.close();
        assertThat(second.awaitLeadership()).isNotNull();
    }

    @Test
    void aLeavingWakesOneWaiterAndNotTheHerd() throws InterruptedException {
        LeaderElection first = join(open(), "leader");
        first.awaitLeadership();
        List<Unlucky> lines = new ArrayList<>();
        List<LeaderElection> waiters = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            Unlucky line = new Unlucky(open());
            lines.add(line);
            waiters.add(join(line.session(), "waiter " + i));
        }
        List<Integer> before = lines.stream().map(line -> line.asked().size()).toList();
        first.close();
        waiters.get(0).awaitLeadership();
        for (int i = 1; i < 4; i++) {
            waiters.get(i).awaitLeadership(Duration.ZERO);
            open().sync(CONTROLLER);
            assertThat(lines.get(i).asked()).as("waiter %s", i).hasSize(before.get(i));
        }
        assertThat(lines.get(0).asked().size()).isGreaterThan(before.get(0));
    }

    @Test
    void aListenerCannotWait() {
        Session session = open();
        LeaderElection election = join(session, "one");
        CompletableFuture<Throwable> thrown = new CompletableFuture<>();
        election.onElected(leadership -> thrown.complete(catchThrowable(election::resign)));
        assertThat(session.await(thrown)).isInstanceOf(IllegalStateException.class).hasMessageStartingWith("COORD-1006 ");
    }
}

package io.coord.raft;

import static io.coord.raft.Cluster.isFrom;
import static io.coord.raft.Cluster.isTo;
import static io.coord.raft.Cluster.key;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class ReadsTest {

    private static boolean isRound(Envelope envelope) {
        return envelope.message() instanceof Message.Heartbeat;
    }

    @Test
    @DisplayName("thesis 6.4: a read from any member is served at an index not below what was committed before it")
    void readsFromAnywhere() {
        Cluster cluster = Cluster.of(3);
        cluster.elect(1);
        cluster.propose(1, "a");
        cluster.settle();
        for (int i = 1; i <= 3; i++) {
            long read = cluster.read(i);
            cluster.settle();
            assertThat(cluster.box(i).readsServed).containsEntry(read, cluster.raft(1).commitIndex());
        }
    }

    @Test
    @DisplayName("a learner's reads are served too (rule.19)")
    void learnersRead() {
        Cluster cluster = new Cluster(1, Cluster.SMALL, 4,
                new Configuration(List.of(key(1), key(2), key(3)), List.of(), List.of(key(4)), List.of()));
        cluster.elect(1);
        long read = cluster.read(4);
        assertThat(cluster.propose(4, "a")).isEqualTo(Proposal.FORWARDED);
        cluster.settle();
        assertThat(cluster.box(4).readsServed).containsKey(read);
        assertThat(cluster.box(4).words()).containsExactly("a");
    }

    @Test
    @DisplayName("many reads share one round of heartbeats, and those that come meanwhile share the next")
    void readsShareRounds() {
        Cluster cluster = Cluster.of(3);
        cluster.elect(1);
        int[] heartbeats = {0};
        cluster.lost = envelope -> {
            heartbeats[0] += isRound(envelope) ? 1 : 0;
            return false;
        };
        for (int i = 0; i < 1_000; i++) {
            cluster.read(1);
        }
        cluster.settle();
        assertThat(cluster.box(1).readsServed).hasSize(1_000);
        assertThat(heartbeats[0]).as("two rounds to two members").isEqualTo(4);
    }

    @Test
    @DisplayName("reads of one turn of a follower go to the leader as one request")
    void followersBatchReads() {
        Cluster cluster = Cluster.of(3);
        cluster.elect(1);
        cluster.turn(cluster.box(2), raft -> {
            for (int i = 1; i <= 100; i++) {
                cluster.invariants.readAsked(cluster.box(2), i);
                raft.read(i);
            }
        });
        assertThat(cluster.network).hasSize(1);
        cluster.settle();
        assertThat(cluster.box(2).readsServed).hasSize(100);
    }

    @Test
    @DisplayName("peer.B34: a new leader serves no read before it has committed in its own term")
    void newLeadersWait() {
        Cluster cluster = Cluster.of(3);
        cluster.elect(1);
        cluster.propose(1, "a");
        cluster.settle();
        long committed = cluster.raft(1).commitIndex();
        // Member 2 becomes leader and does not know yet that "a" is committed.
        cluster.forgetLeaders();
        cluster.lost = envelope -> isFrom(envelope, 1) && envelope.message() instanceof Message.Heartbeat
                || isFrom(envelope, 2) && envelope.message() instanceof Message.Append;
        cluster.elect(2);
        long read = cluster.read(2);
        cluster.pass(200);
        assertThat(cluster.box(2).readsServed).doesNotContainKey(read);
        cluster.heal();
        cluster.pass(200);
        assertThat(cluster.box(2).readsServed.get(read)).isGreaterThan(committed);
    }

    @Test
    @DisplayName("thesis 6.4: a read that waits for a new leader's first commit is served as soon as that is there")
    void newLeadersServeAtOnce() {
        Cluster cluster = Cluster.of(3);
        cluster.kept = envelope -> isTo(envelope, 1) && envelope.message() instanceof Message.Appended;
        cluster.elect(1);
        long read = cluster.read(1);
        cluster.settle();
        assertThat(cluster.box(1).readsServed).doesNotContainKey(read);
        cluster.kept = envelope -> false;
        cluster.release();
        assertThat(cluster.box(1).readsServed).containsEntry(read, cluster.raft(1).commitIndex());
    }

    @Test
    @DisplayName("peer.B33: late answers to an earlier round do not confirm a later read of a leader that is deposed")
    void lateAnswersConfirmNothing() {
        Cluster cluster = Cluster.of(3);
        cluster.elect(1);
        cluster.kept = envelope -> isTo(envelope, 1) && envelope.message() instanceof Message.HeartbeatReply;
        long first = cluster.read(1);
        cluster.settle();
        // The others elect another leader, which commits; member 1 does not notice.
        cluster.lost = envelope -> isTo(envelope, 1) || isFrom(envelope, 1);
        cluster.turn(cluster.box(2), raft -> raft.peerLost(key(1).id()));
        cluster.turn(cluster.box(3), raft -> raft.peerLost(key(1).id()));
        cluster.turn(cluster.box(2), raft -> raft.campaign("1 is not heard"));
        cluster.settle();
        assertThat(cluster.propose(2, "newer")).isEqualTo(Proposal.APPENDED);
        cluster.settle();
        assertThat(cluster.box(3).words()).containsExactly("newer");
        assertThat(cluster.raft(1).role()).isEqualTo(Role.LEADER);

        long second = cluster.read(1);
        cluster.release();
        assertThat(cluster.box(1).readsServed).as("they do confirm the read of then").containsKey(first);
        assertThat(cluster.box(1).readsServed).doesNotContainKey(second);
    }

    @Test
    @DisplayName("peer.B53, inv.R12: learners' answers confirm neither a read nor a leadership")
    void learnersDoNotConfirm() {
        Cluster cluster = new Cluster(1, Cluster.SMALL, 5,
                new Configuration(List.of(key(1), key(2), key(3)), List.of(), List.of(key(4), key(5)), List.of()));
        cluster.elect(1);
        cluster.cutOff(2, 3);
        long read = cluster.read(1);
        cluster.propose(1, "a");
        cluster.pass(150);
        assertThat(cluster.box(1).readsServed).doesNotContainKey(read);
        assertThat(cluster.box(5).words()).isEmpty();
        cluster.pass(300);
        assertThat(cluster.raft(1).role()).isEqualTo(Role.FOLLOWER);
        assertThat(cluster.box(1).readsFailed).contains(read);
    }

    @Test
    @DisplayName("a leader that steps down fails its reads; a follower fails its own when it enters another term")
    void readsFailWithTheTerm() {
        Cluster cluster = Cluster.of(3);
        cluster.elect(1);
        cluster.lost = ReadsTest::isRound;
        long leaders = cluster.read(1);
        long followers = cluster.read(2);
        cluster.settle();
        assertThat(cluster.raft(1).pendingReads()).isEqualTo(2);
        assertThat(cluster.raft(2).pendingReads()).as("a leader's alone").isZero();
        Message higher = new Message.VoteReply(9, false);
        cluster.deliver(new Envelope(key(3), key(1), higher));
        cluster.turn(cluster.box(2), raft -> {
            raft.read(77); // not even sent
            raft.receive(new Envelope(key(3), key(2), higher));
        });
        assertThat(cluster.box(1).readsFailed).containsExactly(leaders);
        assertThat(cluster.box(2).readsFailed).containsExactly(followers, 77L);
    }

    @Test
    @DisplayName("a member that campaigns, or takes over, knows no leader: its reads fail, and those asked meanwhile")
    void campaignsFailReads() {
        Cluster cluster = Cluster.of(3);
        cluster.elect(1);
        cluster.lost = envelope -> envelope.message() instanceof Message.ReadRequest
                || envelope.message() instanceof Message.PreVoteReply
                || envelope.message() instanceof Message.VoteReply;
        long before = cluster.read(2);
        cluster.turn(cluster.box(2), raft -> raft.campaign("the test says so"));
        assertThat(cluster.raft(2).role()).isEqualTo(Role.PRE_CANDIDATE);
        assertThat(cluster.raft(2).leader()).isNull();
        long meanwhile = cluster.read(2);
        assertThat(cluster.box(2).readsFailed).containsExactly(before, meanwhile);

        long successors = cluster.read(3);
        cluster.turn(cluster.box(1), raft -> raft.transferLeadership(key(3)));
        cluster.settle();
        assertThat(cluster.raft(3).role()).isEqualTo(Role.CANDIDATE);
        assertThat(cluster.raft(3).leader()).isNull();
        assertThat(cluster.box(3).readsFailed).containsExactly(successors);
    }

    @Test
    @DisplayName("a read without a leader fails at once; a request lost on the way fails after an election timeout")
    void unansweredReadsFail() {
        Cluster cluster = Cluster.of(3);
        long early = cluster.read(1);
        assertThat(cluster.box(1).readsFailed).containsExactly(early);
        cluster.elect(1);
        cluster.lost = envelope -> envelope.message() instanceof Message.ReadRequest;
        long lost = cluster.read(2);
        cluster.pass(295);
        assertThat(cluster.box(2).readsFailed).isEmpty();
        long deadline = (cluster.nowMillis + 5) * Cluster.MILLI;
        assertThat(cluster.raft(2).nextDeadlineNanos()).isEqualTo(deadline);
        cluster.pass(5);
        assertThat(cluster.box(2).readsFailed).containsExactly(lost);
        cluster.raft(2).tick();
        assertThat(cluster.raft(2).drain().reads()).as("told once").isEmpty();
        assertThat(cluster.raft(2).nextDeadlineNanos()).isGreaterThan(deadline);
    }

    @Test
    @DisplayName("peer.B33: an answer to a request of an earlier run of a member answers none of this run")
    void requestsOfEarlierRuns() {
        Cluster cluster = Cluster.of(3);
        cluster.elect(1);
        cluster.kept = envelope -> envelope.message() instanceof Message.ReadReply;
        cluster.read(2);
        cluster.settle();
        cluster.crash(2);
        cluster.restart(2);
        cluster.pass(100);
        cluster.propose(1, "a");
        cluster.settle();
        long read = cluster.read(2);
        cluster.kept = envelope -> false;
        cluster.lost = envelope -> envelope.message() instanceof Message.ReadRequest;
        cluster.network.removeIf(envelope -> envelope.message() instanceof Message.ReadRequest);
        cluster.release();
        assertThat(cluster.box(2).readsServed).doesNotContainKey(read);
    }

    @Test
    @DisplayName("rule.16: a round asked for is confirmed when a quorum has answered a round begun later than that")
    void rounds() {
        Cluster cluster = Cluster.of(3);
        cluster.elect(1);
        assertThat(cluster.raft(2).beginRound()).isEqualTo(-1);
        assertThat(cluster.raft(2).confirmedRound()).isEqualTo(-1);
        cluster.kept = ReadsTest::isRound;
        cluster.pass(70);
        long[] round = new long[2];
        cluster.turn(cluster.box(1), raft -> round[0] = raft.beginRound());
        cluster.turn(cluster.box(1), raft -> round[1] = raft.beginRound());
        assertThat(round[1]).as("not begun yet: one is under way").isEqualTo(round[0]);
        assertThat(cluster.raft(1).confirmedRound()).isLessThan(round[0]);
        cluster.release();
        assertThat(cluster.raft(1).confirmedRound()).as("the round under way began before").isEqualTo(round[0] - 1);
        cluster.release();
        assertThat(cluster.raft(1).confirmedRound()).isEqualTo(round[0]);
    }

    @Test
    @DisplayName("the only voter confirms its rounds by itself")
    void onlyVoter() {
        Cluster cluster = Cluster.of(1);
        cluster.settle();
        long read = cluster.read(1);
        assertThat(cluster.box(1).readsServed).containsEntry(read, cluster.raft(1).commitIndex());
    }
}

package io.coord.raft;

import static io.coord.raft.Cluster.isFrom;
import static io.coord.raft.Cluster.isTo;
import static io.coord.raft.Cluster.key;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class MembershipTest {

    private static List<MemberKey> keys(int... numbers) {
        List<MemberKey> keys = new ArrayList<>();
        for (int number : numbers) {
            keys.add(key(number));
        }
        return keys;
    }

    private static Configuration of(List<MemberKey> voters, List<MemberKey> learners) {
        return new Configuration(voters, List.of(), learners, List.of());
    }

    private static boolean change(Cluster cluster, int leader, Configuration target) {
        boolean[] begun = new boolean[1];
        cluster.turn(cluster.box(leader), raft -> begun[0] = raft.changeMembership(target));
        return begun[0];
    }

    private static List<String> reasons(Cluster.Box box) {
        List<String> reasons = new ArrayList<>();
        for (RaftEvent event : box.events) {
            if (event instanceof RaftEvent.RoleChanged changed) {
                reasons.add(changed.reason());
            }
        }
        return reasons;
    }

    /** Three voters led by 1, and 4 and 5 that have no configuration of their own yet. */
    private static Cluster threeAndTwo() {
        Cluster cluster = Cluster.of(3);
        SnapshotMeta nobody = SnapshotMeta.origin(of(List.of(), List.of()));
        cluster.add(4, nobody);
        cluster.add(5, nobody);
        cluster.elect(1);
        cluster.propose(1, "a", "b");
        cluster.settle();
        return cluster;
    }

    @Test
    @DisplayName("fault.M4: a learner is brought up and counts for nothing, until it is promoted through a joint configuration")
    void learnersBecomeVoters() {
        Cluster cluster = threeAndTwo();
        assertThat(change(cluster, 1, of(keys(1, 2, 3), keys(4, 5)))).isTrue();
        cluster.pass(200);
        assertThat(cluster.box(4).words()).containsExactly("a", "b");
        assertThat(cluster.raft(4).role()).isEqualTo(Role.LEARNER);
        cluster.box(2).stuckDisk = true;
        cluster.box(3).stuckDisk = true;
        cluster.propose(1, "c");
        cluster.settle();
        assertThat(cluster.box(4).words()).as("two learners and one voter commit nothing").hasSize(2);
        cluster.box(2).stuckDisk = false;
        cluster.box(3).stuckDisk = false;
        cluster.settle();

        assertThat(change(cluster, 1, of(keys(1, 2, 3, 4, 5), List.of()))).isTrue();
        assertThat(cluster.raft(1).configuration().isJoint()).isTrue();
        cluster.pass(200);
        Configuration five = of(keys(1, 2, 3, 4, 5), List.of());
        for (int i = 1; i <= 5; i++) {
            Raft raft = cluster.raft(i);
            assertThat(raft.configuration()).isEqualTo(five);
            assertThat(raft.entry(raft.configurationIndex()).payload()).isEqualTo(ConfigPayload.of(five));
            assertThat(cluster.box(i).events).contains(new RaftEvent.ConfigurationChanged(five, raft.configurationIndex()));
            assertThat(raft.role()).isEqualTo(i == 1 ? Role.LEADER : Role.FOLLOWER);
        }
        assertThat(reasons(cluster.box(4))).endsWith("votes now");
        cluster.crash(2);
        cluster.crash(3);
        cluster.propose(1, "d");
        cluster.settle();
        assertThat(cluster.box(5).words()).endsWith("d");
    }

    @Test
    @DisplayName("inv.R12: a learner never campaigns")
    void learnersDoNotCampaign() {
        Cluster cluster = threeAndTwo();
        change(cluster, 1, of(keys(1, 2, 3), keys(4, 5)));
        cluster.pass(200);
        cluster.crash(1);
        cluster.crash(2);
        cluster.pass(3_000);
        assertThat(cluster.raft(4).role()).isEqualTo(Role.LEARNER);
        cluster.turn(cluster.box(4), raft -> raft.campaign("told to"));
        assertThat(cluster.raft(4).role()).isEqualTo(Role.LEARNER);
    }

    @Test
    @DisplayName("who has not learned does not become a voter (thesis 4.2.1)")
    void strangersDoNotVote() {
        Cluster cluster = threeAndTwo();
        assertThat(change(cluster, 1, of(keys(1, 2, 3, 4, 5), List.of()))).isFalse();
        cluster.cutOff(4);
        assertThat(change(cluster, 1, of(keys(1, 2, 3), keys(4, 5)))).isTrue();
        cluster.pass(100);
        assertThat(change(cluster, 1, of(keys(1, 2, 4), List.of()))).as("4 has not answered").isFalse();
        assertThat(change(cluster, 1, of(keys(1, 2, 5), List.of()))).isTrue();
    }

    @Test
    @DisplayName("thesis 4.1: a leader replicates to a new learner as soon as that is in its log, committed or not")
    void inForceAtOnce() {
        Cluster cluster = threeAndTwo();
        cluster.cutOff(2, 3);
        assertThat(change(cluster, 1, of(keys(1, 2, 3), keys(4)))).isTrue();
        assertThat(cluster.raft(1).configurationIndex()).isGreaterThan(cluster.raft(1).commitIndex());
        cluster.settle();
        assertThat(cluster.raft(4).lastIndex()).isEqualTo(cluster.raft(1).lastIndex());
        assertThat(cluster.raft(4).configuration().learners()).containsExactly(key(4));
    }

    @Test
    @DisplayName("thesis 4.2.1: a learner may vote when it lags by no more than the entries that a snapshot leaves in the log")
    void nearEnough() {
        Cluster cluster = threeAndTwo();
        change(cluster, 1, of(keys(1, 2, 3), keys(4)));
        cluster.pass(100);
        cluster.box(4).stuckDisk = true;
        cluster.propose(1, "1", "2", "3", "4");
        cluster.settle();
        assertThat(change(cluster, 1, of(keys(1, 2, 3, 4), List.of()))).as("it lags by four").isFalse();
        cluster.box(4).stuckDisk = false;
        cluster.settle();
        cluster.box(4).stuckDisk = true;
        cluster.propose(1, "5", "6", "7");
        cluster.settle();
        assertThat(change(cluster, 1, of(keys(1, 2, 3, 4), List.of()))).as("it lags by three").isTrue();
    }

    @Test
    @DisplayName("thesis 4.1: the configuration that a snapshot brings is in force as soon as the log starts there")
    void snapshotsBringTheirConfiguration() {
        Cluster cluster = Cluster.of(3);
        Configuration four = Configuration.ofVoters(keys(1, 2, 3, 4));
        Raft raft = cluster.raft(1);
        assertThat(raft.snapshotReceived(new SnapshotMeta(new EntryId(Cluster.nth(9), 2), 0, 0, four, 40, 7))).isTrue();
        assertThat(raft.configuration()).isEqualTo(four);
        assertThat(raft.drain().events()).containsExactly(new RaftEvent.ConfigurationChanged(four, Cluster.nth(9)));
    }

    @Test
    @DisplayName("peer.B40, inv.R11: no change before the leader has committed in its own term, and one at a time")
    void barrier() {
        Cluster cluster = Cluster.of(3);
        cluster.elect(1);
        cluster.forgetLeaders();
        cluster.lost = envelope -> envelope.message() instanceof Message.Append
                || isFrom(envelope, 1) && envelope.message() instanceof Message.Heartbeat;
        cluster.elect(2);
        assertThat(cluster.raft(2).hasCommittedInOwnTerm()).isFalse();
        assertThat(change(cluster, 2, of(keys(1, 2), List.of()))).isFalse();
        cluster.heal();
        cluster.pass(100);
        assertThat(change(cluster, 2, of(keys(1, 2, 3), keys(4)))).isTrue();
        assertThat(change(cluster, 2, of(keys(1, 2, 3), keys(5)))).as("one is under way").isFalse();
        assertThat(change(cluster, 1, of(keys(1, 2, 3), keys(5)))).as("1 does not lead").isFalse();
    }

    @Test
    @DisplayName("fault.M3: removed members learn that they are, fall silent, and disturb nobody")
    void removedMembers() {
        Cluster cluster = Cluster.of(5);
        cluster.elect(1);
        assertThat(change(cluster, 1, of(keys(1, 2, 3), List.of()))).isTrue();
        cluster.pass(400);
        for (int i = 4; i <= 5; i++) {
            assertThat(cluster.raft(i).configuration().contains(key(i))).isFalse();
            assertThat(cluster.raft(i).role()).isEqualTo(Role.LEARNER);
            assertThat(reasons(cluster.box(i))).endsWith("does not vote any more");
        }
        assertThat(cluster.raft(1).progress()).hasSize(2);
        long term = cluster.raft(1).term();
        cluster.pass(5_000);
        assertThat(cluster.raft(1).role()).isEqualTo(Role.LEADER);
        assertThat(cluster.raft(1).term()).isEqualTo(term);
    }

    @Test
    @DisplayName("fault.M3: a removed member is served on while it may not know it, and no more when it is silent for an election timeout")
    void farewell() {
        Cluster cluster = Cluster.of(5);
        cluster.elect(1);
        cluster.pass(60);
        cluster.cutOff(4, 5);
        assertThat(change(cluster, 1, of(keys(1, 2, 3), List.of()))).isTrue();
        cluster.pass(180);
        cluster.cutOff.remove(key(4));
        cluster.pass(60);
        assertThat(cluster.raft(4).role()).isEqualTo(Role.LEARNER);
        assertThat(cluster.raft(1).progress()).hasSize(4);
        cluster.pass(60);
        assertThat(cluster.raft(1).progress()).extracting(PeerProgress::member).containsExactly(key(2), key(3), key(4));
        cluster.pass(60);
        assertThat(cluster.raft(1).progress()).extracting(PeerProgress::member).containsExactly(key(2), key(3));
    }

    @Test
    @DisplayName("fault.M3: a removed member that was away and comes back with the old configuration disturbs nobody")
    void removedWhileAway() {
        Cluster cluster = Cluster.of(5);
        cluster.elect(1);
        cluster.cutOff(5);
        assertThat(change(cluster, 1, of(keys(1, 2, 3), List.of()))).isTrue();
        cluster.pass(2_000);
        cluster.heal();
        long term = cluster.raft(1).term();
        cluster.pass(5_000);
        assertThat(cluster.raft(1).role()).isEqualTo(Role.LEADER);
        assertThat(cluster.raft(1).term()).isEqualTo(term);
    }

    @Test
    @DisplayName("thesis 4.2.2: a leader that removes itself leads until that is committed, then hands over")
    void leaderRemovesItself() {
        Cluster cluster = Cluster.of(4);
        cluster.elect(1);
        assertThat(change(cluster, 1, of(keys(2, 3, 4), List.of()))).isTrue();
        cluster.settle();
        assertThat(cluster.raft(1).role()).isEqualTo(Role.LEARNER);
        cluster.pass(50);
        assertThat(cluster.leader()).as("at once, not after a timeout").isNotNull();
        int leader = cluster.leader().key.id().value();
        cluster.propose(leader, "a");
        cluster.settle();
        assertThat(cluster.box(4).words()).containsExactly("a");
    }

    @Test
    @DisplayName("thesis 4.2.2: it tells all that this is committed, and asks a voter to take over whose log is as long as any")
    void handsOverToTheLongestLog() {
        Cluster cluster = Cluster.of(5);
        cluster.elect(1);
        cluster.box(2).stuckDisk = true;
        List<MemberKey> asked = new ArrayList<>();
        cluster.lost = envelope -> {
            if (envelope.message() instanceof Message.TimeoutNow) {
                asked.add(envelope.to());
            }
            return envelope.message() instanceof Message.TimeoutNow;
        };
        assertThat(change(cluster, 1, of(keys(2, 3, 4), List.of()))).isTrue();
        cluster.settle();
        assertThat(cluster.raft(1).role()).isEqualTo(Role.LEARNER);
        assertThat(asked).containsExactly(key(3));
        for (int i = 2; i <= 4; i++) {
            assertThat(cluster.raft(i).commitIndex()).as("member %d", i).isEqualTo(cluster.raft(1).lastIndex());
        }
    }

    @Test
    @DisplayName("peer.B39, L7: a joint configuration is left by whoever leads next")
    void jointIsLeftByTheNextLeader() {
        Cluster cluster = Cluster.of(4);
        cluster.elect(1);
        cluster.lost = envelope -> envelope.message() instanceof Message.Appended;
        assertThat(change(cluster, 1, of(keys(2, 3, 4), List.of()))).isTrue();
        cluster.settle();
        assertThat(cluster.raft(2).configuration().isJoint()).isTrue();
        cluster.crash(1);
        cluster.heal();
        cluster.pass(3_000);
        assertThat(cluster.leader()).isNotNull();
        assertThat(cluster.leader().up().configuration()).isEqualTo(of(keys(2, 3, 4), List.of()));
        assertThat(cluster.leader().up().configurationIndex()).isLessThanOrEqualTo(cluster.leader().up().commitIndex());
    }

    @Test
    @DisplayName("fault.M1, peer.B58: a configuration that was never committed gives way to the one in the snapshot")
    void rollsBack() {
        Cluster cluster = Cluster.of(3);
        cluster.elect(1);
        cluster.propose(1, "a", "b", "c", "d", "e", "f");
        cluster.settle();
        cluster.snapshot(1);
        cluster.cutOff(1);
        change(cluster, 1, of(keys(1, 2, 3), keys(4)));
        cluster.settle();
        assertThat(cluster.raft(1).configuration().learners()).containsExactly(key(4));
        cluster.pass(2_000);
        cluster.heal();
        cluster.pass(300);
        assertThat(cluster.raft(1).configuration()).isEqualTo(of(keys(1, 2, 3), List.of()));
        assertThat(cluster.box(1).events).anyMatch(RaftEvent.LogTruncated.class::isInstance);
    }

    @Test
    @DisplayName("thesis 4.2.2: where only members on their way out have the long log, one of them leads once more")
    void outgoingMembersMayHaveToLead() {
        Cluster cluster = Cluster.of(3);
        cluster.elect(1);
        // The last step, {2}, reaches 1 and 3 only; 2 still is in the joint configuration.
        cluster.lost = envelope -> isTo(envelope, 2)
                && envelope.message() instanceof Message.Append append
                && append.entries().stream().anyMatch(entry ->
                        entry.payload() instanceof ConfigPayload changed && !changed.configuration().isJoint());
        assertThat(change(cluster, 1, of(keys(2), List.of()))).isTrue();
        cluster.settle();
        assertThat(cluster.raft(3).configuration().isJoint()).isFalse();
        assertThat(cluster.raft(2).configuration().isJoint()).isTrue();
        cluster.crash(1);
        cluster.restart(1);
        cluster.heal();
        cluster.pass(4_000);
        assertThat(cluster.leader()).isNotNull();
        assertThat(cluster.leader().key).isEqualTo(key(2));
        assertThat(cluster.raft(2).configuration().voters()).containsExactly(key(2));
    }

    @Test
    @DisplayName("a change keeps the addresses of those on their way out until they are out")
    void addresses() {
        Configuration.Address one = new Configuration.Address(key(1), "a:1");
        Configuration.Address two = new Configuration.Address(key(2), "b:1");
        Configuration.Address three = new Configuration.Address(key(3), "c:1");
        Configuration now = new Configuration(keys(1, 2), List.of(), List.of(), List.of(one, two));
        Configuration target = new Configuration(keys(2, 3), List.of(), List.of(), List.of(two, three));
        Configuration joint = MembershipChange.firstStep(now, target);
        assertThat(joint.voters()).isEqualTo(keys(2, 3));
        assertThat(joint.outgoing()).isEqualTo(keys(1, 2));
        assertThat(joint.addresses()).containsExactly(one, two, three);
        assertThat(MembershipChange.lastStep(joint)).isEqualTo(target);
        assertThat(joint.addressOf(key(3))).contains("c:1");
        assertThat(target.addressOf(key(1))).isEmpty();
    }

    @Test
    @DisplayName("a configuration counts for flow control with all its bytes, addresses included")
    void sizes() {
        Configuration plain = of(keys(1, 2, 3), List.of());
        Configuration known = new Configuration(
                plain.voters(), List.of(), List.of(), List.of(new Configuration.Address(key(1), "example.org:2888")));
        int size = ConfigPayload.of(plain).sizeBytes();
        assertThat(size).isEqualTo(plain.encoded().length());
        assertThat(ConfigPayload.of(known).sizeBytes()).isGreaterThanOrEqualTo(size + "example.org:2888".length());
    }
}

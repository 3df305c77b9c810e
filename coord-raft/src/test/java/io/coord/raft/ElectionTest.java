package io.coord.raft;

import static io.coord.raft.Cluster.isFrom;
import static io.coord.raft.Cluster.isTo;
import static io.coord.raft.Cluster.key;
import static org.assertj.core.api.Assertions.assertThat;

import io.coord.MemberId;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class ElectionTest {

    @Test
    @DisplayName("a leader is elected within two election timeouts and a little, and commits in its own term")
    void electsALeader() {
        Cluster cluster = Cluster.of(3);
        cluster.pass(700);
        assertThat(cluster.leader()).isNotNull();
        assertThat(cluster.leader().up().hasCommittedInOwnTerm()).isTrue();
        assertThat(cluster.leader().events).contains(
                new RaftEvent.LeadershipEstablished(cluster.leader().up().term(), Cluster.nth(1)));
        for (int i = 1; i <= 3; i++) {
            assertThat(cluster.raft(i).leader()).isEqualTo(cluster.leader().key);
        }
    }

    @Test
    @DisplayName("election timeouts come from the seed, differ between members, and are between one and two timeouts")
    void timeoutsDiffer() {
        TreeSet<Long> deadlines = new TreeSet<>();
        for (long seed = 0; seed < 50; seed++) {
            Raft raft = new Raft(Cluster.SMALL, key(1), HardState.INITIAL, Cluster.of(3).origin, List.of(), seed, 0, true);
            assertThat(raft.nextDeadlineNanos()).isBetween(300 * Cluster.MILLI, 600 * Cluster.MILLI);
            deadlines.add(raft.nextDeadlineNanos());
        }
        assertThat(deadlines).hasSizeGreaterThan(45);
    }

    @Test
    @DisplayName("the only voter elects itself at once, but counts its vote and its entries when they are on its disk (peer.B29)")
    void onlyVoter() {
        Cluster cluster = Cluster.of(1);
        assertThat(cluster.raft(1).role()).isEqualTo(Role.CANDIDATE);
        cluster.force(cluster.box(1));
        assertThat(cluster.raft(1).role()).isEqualTo(Role.LEADER);
        assertThat(cluster.raft(1).hasCommittedInOwnTerm()).isFalse();
        cluster.force(cluster.box(1));
        assertThat(cluster.raft(1).hasCommittedInOwnTerm()).isTrue();
        cluster.propose(1, "a");
        assertThat(cluster.box(1).words()).isEmpty();
        cluster.settle();
        assertThat(cluster.box(1).words()).containsExactly("a");
    }

    @Test
    @DisplayName("thesis 9.6, inv.R17: a pre-vote changes neither term nor vote nor timer of those asked")
    void preVoteChangesNothing() {
        Cluster cluster = Cluster.of(3);
        cluster.forgetLeaders();
        HardState before = cluster.raft(2).hardState();
        long deadline = cluster.raft(2).nextDeadlineNanos();
        cluster.deliver(new Envelope(key(1), key(2), new Message.PreVote(1, EntryId.ORIGIN)));
        assertThat(cluster.network).hasSize(1);
        assertThat(cluster.network.get(0).message()).isEqualTo(new Message.PreVoteReply(1, true));
        assertThat(cluster.raft(2).hardState()).isEqualTo(before);
        assertThat(cluster.raft(2).nextDeadlineNanos()).isEqualTo(deadline);
    }

    @Test
    @DisplayName("inv.R17: a refused vote changes neither term nor vote nor timer of those asked")
    void aRefusedVoteChangesNothing() {
        Cluster cluster = Cluster.of(3);
        cluster.forgetLeaders();
        cluster.deliver(new Envelope(key(1), key(2), new Message.RequestVote(1, EntryId.ORIGIN, false)));
        cluster.settle();
        expectARefusal(cluster, new Message.RequestVote(1, EntryId.ORIGIN, false), 1, new HardState(1, key(1)));
    }

    @Test
    @DisplayName("inv.R17: nor does a vote refused for a log that is behind, though there was none to keep")
    void aVoteRefusedForItsLogChangesNothing() {
        Cluster cluster = Cluster.of(3);
        cluster.preload(2, 5, 1);
        expectARefusal(cluster, new Message.RequestVote(5, EntryId.ORIGIN, false), 5, new HardState(5, null));
    }

    private static void expectARefusal(Cluster cluster, Message.RequestVote question, long term, HardState kept) {
        Raft asked = cluster.raft(2);
        long deadline = asked.nextDeadlineNanos();
        asked.clock(deadline - 1, 0);
        asked.receive(new Envelope(key(3), key(2), question));
        RaftEffects effects = asked.drain();
        assertThat(effects.messages()).extracting(Envelope::message).containsExactly(new Message.VoteReply(term, false));
        assertThat(effects.writes()).isEmpty();
        assertThat(asked.hardState()).isEqualTo(kept);
        assertThat(asked.nextDeadlineNanos()).isEqualTo(deadline);
    }

    @Test
    @DisplayName("thesis 9.6: no pre-vote is for the term one is in already, nor for an earlier one")
    void preVotesAreForHigherTerms() {
        for (long term = 4; term <= 6; term++) {
            Cluster cluster = Cluster.of(3);
            cluster.preload(2, 5, 1);
            cluster.deliver(new Envelope(key(1), key(2), new Message.PreVote(term, new EntryId(Cluster.nth(1), 1))));
            assertThat(cluster.network).extracting(Envelope::message)
                    .containsExactly(term == 6 ? new Message.PreVoteReply(6, true) : new Message.PreVoteReply(5, false));
        }
    }

    @Test
    @DisplayName("in each role a member acts at its deadline, not before, and then has a later one")
    void actsAtItsDeadline() {
        Cluster cluster = Cluster.of(3);
        cluster.lost = envelope -> envelope.message() instanceof Message.VoteReply;
        cluster.turn(cluster.box(1), raft -> raft.campaign("nobody gives it a vote"));
        cluster.settle();
        expectToActAtItsDeadline(cluster.raft(1), Role.CANDIDATE, 300, 600);
        expectToActAtItsDeadline(cluster.raft(1), Role.PRE_CANDIDATE, 300, 600);
        expectToActAtItsDeadline(cluster.raft(3), Role.FOLLOWER, 300, 600);
        cluster.heal();
        cluster.forgetLeaders();
        cluster.elect(2);
        expectToActAtItsDeadline(cluster.raft(2), Role.LEADER, 60, 60);
    }

    private static void expectToActAtItsDeadline(Raft raft, Role role, long fromMillis, long toMillis) {
        assertThat(raft.role()).isEqualTo(role);
        long now = raft.nowNanos();
        long deadline = raft.nextDeadlineNanos();
        assertThat(deadline).isBetween(now + fromMillis * Cluster.MILLI, now + toMillis * Cluster.MILLI);
        raft.clock(deadline - 1, 0);
        raft.tick();
        assertThat(raft.drain().messages()).isEmpty();
        raft.clock(deadline, 0);
        raft.tick();
        assertThat(raft.drain().messages()).as("to both others").hasSize(2);
        assertThat(raft.nextDeadlineNanos()).isGreaterThan(deadline);
    }

    @Test
    @DisplayName("a candidate that a quorum refuses follows again, in the same term")
    void refusedCandidates() {
        Cluster cluster = Cluster.of(3);
        cluster.lost = envelope -> envelope.message() instanceof Message.VoteReply;
        cluster.turn(cluster.box(1), raft -> raft.campaign("nobody gives it a vote"));
        cluster.settle();
        cluster.deliver(new Envelope(key(2), key(1), new Message.VoteReply(1, false)));
        assertThat(cluster.raft(1).role()).as("3 may still vote for it").isEqualTo(Role.CANDIDATE);
        cluster.deliver(new Envelope(key(3), key(1), new Message.VoteReply(1, false)));
        assertThat(cluster.raft(1).role()).isEqualTo(Role.FOLLOWER);
        assertThat(cluster.raft(1).term()).isEqualTo(1);
    }

    @Test
    @DisplayName("paper section 5.2: who gives a vote waits a whole timeout for the winner")
    void votersWait() {
        Cluster cluster = Cluster.of(3);
        cluster.deliver(new Envelope(key(3), key(1), new Message.VoteReply(4, false)));
        long deadline = cluster.raft(1).nextDeadlineNanos();
        cluster.nowMillis += 200;
        cluster.deliver(new Envelope(key(2), key(1), new Message.RequestVote(4, EntryId.ORIGIN, false)));
        assertThat(cluster.raft(1).hardState()).isEqualTo(new HardState(4, key(2)));
        assertThat(cluster.raft(1).nextDeadlineNanos()).isEqualTo(deadline + 200 * Cluster.MILLI);
    }

    @Test
    @DisplayName("fault.D13: who campaigns gives up while its disk does not answer, and waits out one timeout after another until it does")
    void stuckDisksDoNotCampaign() {
        Cluster cluster = Cluster.of(3);
        cluster.elect(1);
        cluster.box(2).stuckDisk = true;
        cluster.propose(1, "a");
        cluster.settle();
        cluster.cutOff(2);
        cluster.pass(1_500);
        assertThat(cluster.raft(2).role()).isEqualTo(Role.PRE_CANDIDATE);
        cluster.pass(2_000);
        assertThat(cluster.raft(2).role()).isEqualTo(Role.FOLLOWER);
        for (int timeouts = 0; timeouts < 5; timeouts++) {
            cluster.nowMillis += 600;
            cluster.turn(cluster.box(2), raft -> {});
            assertThat(cluster.raft(2).role()).isEqualTo(Role.FOLLOWER);
            assertThat(cluster.raft(2).nextDeadlineNanos()).isGreaterThan(cluster.nowMillis * Cluster.MILLI);
        }
        cluster.box(2).stuckDisk = false;
        cluster.pass(605);
        assertThat(cluster.raft(2).role()).isEqualTo(Role.PRE_CANDIDATE);
    }

    @Test
    @DisplayName("fault.M5: who goes on under another key while it campaigns has no vote any more, and no election to win")
    void whoGoesOnUnderAnotherKeyCampaignsNoMore() {
        for (Role campaigning : List.of(Role.PRE_CANDIDATE, Role.CANDIDATE)) {
            Raft raft = Cluster.of(3).raft(3);
            raft.campaign("a test");
            if (campaigning == Role.CANDIDATE) {
                raft.receive(new Envelope(key(1), key(3), new Message.PreVoteReply(raft.term() + 1, true)));
            }
            assertThat(raft.role()).isEqualTo(campaigning);

            MemberKey renewed = new MemberKey(key(3).id(), 77);
            raft.renew(renewed);
            assertThat(raft.role()).isEqualTo(Role.LEARNER);
            raft.receive(new Envelope(key(1), renewed, new Message.VoteReply(raft.term(), true)));
            raft.tick();
            assertThat(raft.role()).isEqualTo(Role.LEARNER);
        }
    }

    @Test
    @DisplayName("thesis 9.6: a member that was cut off has raised no term, and disturbs nobody when it is back (L4)")
    void isolatedMemberRaisesNoTerm() {
        Cluster cluster = Cluster.of(3);
        cluster.elect(1);
        long term = cluster.raft(1).term();
        cluster.cutOff(3);
        cluster.pass(5_000);
        assertThat(cluster.raft(3).role()).isEqualTo(Role.PRE_CANDIDATE);
        assertThat(cluster.raft(3).term()).isEqualTo(term);
        cluster.heal();
        cluster.pass(1_000);
        assertThat(cluster.raft(1).role()).isEqualTo(Role.LEADER);
        assertThat(cluster.raft(1).term()).isEqualTo(term);
        assertThat(cluster.raft(3).role()).isEqualTo(Role.FOLLOWER);
    }

    @Test
    @DisplayName("thesis 6.2: a leader that hears no quorum for an election timeout steps down (L5)")
    void checkQuorum() {
        Cluster cluster = Cluster.of(3);
        cluster.elect(1);
        cluster.pass(180); // three heartbeats, the last just now
        long heardNanos = cluster.nowMillis * Cluster.MILLI;
        cluster.cutOff(1);
        cluster.pass(295);
        assertThat(cluster.raft(1).role()).isEqualTo(Role.LEADER);
        assertThat(cluster.raft(1).lastQuorumContactNanos()).isEqualTo(heardNanos);
        cluster.pass(5);
        assertThat(cluster.raft(1).role()).isNotEqualTo(Role.LEADER);
        assertThat(cluster.raft(1).leader()).isNull();
        assertThat(cluster.propose(1, "lost")).isEqualTo(Proposal.NO_LEADER);
    }

    @Test
    @DisplayName("fault.P6: a leader that was not run for an election timeout asks the others before it believes them silent")
    void aLeaderThatWasNotRunItself() {
        Cluster cluster = Cluster.of(3);
        cluster.elect(1);
        cluster.pass(200);
        long term = cluster.raft(1).term();
        cluster.forgetLeaders();
        cluster.pass(1_000);
        assertThat(cluster.raft(1).role()).isEqualTo(Role.LEADER);
        assertThat(cluster.raft(1).term()).isEqualTo(term);

        cluster.cutOff(1);
        cluster.pass(365);
        assertThat(cluster.raft(1).role()).as("of a later silence it has missed nothing").isNotEqualTo(Role.LEADER);
    }

    @Test
    @DisplayName("fault.P6: and if nobody answers it steps down an election timeout later, however often it is not run meanwhile")
    void aLeaderThatWasNotRunAndHearsNobody() {
        Cluster cluster = Cluster.of(3);
        cluster.elect(1);
        cluster.pass(200);
        cluster.cutOff(1);
        cluster.forgetLeaders();
        cluster.pass(200);
        assertThat(cluster.raft(1).role()).isEqualTo(Role.LEADER);
        for (int i = 0; i < 3; i++) {
            cluster.forgetLeaders();
            cluster.pass(60);
        }
        assertThat(cluster.raft(1).role()).isNotEqualTo(Role.LEADER);
    }

    @Test
    @DisplayName("fault.N4: a leader that is heard but hears nobody steps down")
    void deafLeader() {
        Cluster cluster = Cluster.of(3);
        cluster.elect(1);
        cluster.lost = envelope -> isTo(envelope, 1);
        cluster.pass(2_000);
        assertThat(cluster.raft(1).role()).isNotEqualTo(Role.LEADER);
        assertThat(cluster.leader()).isNotNull();
        assertThat(cluster.leader().key).isNotEqualTo(key(1));
    }

    @Test
    @DisplayName("thesis 4.2.3: a campaign against a leader that lives is ignored, term and all; one the leader asked for is not")
    void stickiness() {
        Cluster cluster = Cluster.of(3);
        cluster.elect(1);
        cluster.pass(100);
        long term = cluster.raft(2).term();
        EntryId end = new EntryId(cluster.raft(2).lastIndex() + 10, term + 5);
        for (int i = 1; i <= 2; i++) {
            cluster.deliver(new Envelope(key(3), key(i), new Message.RequestVote(term + 5, end, false)));
            assertThat(cluster.raft(i).term()).isEqualTo(term);
        }
        cluster.deliver(new Envelope(key(3), key(2), new Message.RequestVote(term + 5, end, true)));
        assertThat(cluster.raft(2).hardState()).isEqualTo(new HardState(term + 5, key(3)));
    }

    @Test
    @DisplayName("a voter that has not heard its leader for the shortest election timeout gives its vote")
    void stickinessEnds() {
        Cluster cluster = Cluster.of(3);
        cluster.elect(1);
        long term = cluster.raft(2).term();
        cluster.nowMillis += 300;
        EntryId end = new EntryId(cluster.raft(2).lastIndex(), term);
        cluster.deliver(new Envelope(key(3), key(2), new Message.RequestVote(term + 1, end, false)));
        assertThat(cluster.raft(2).hardState()).isEqualTo(new HardState(term + 1, key(3)));
    }

    @Test
    @DisplayName("thesis 6.2: nor does a leader stick to itself when it has heard no quorum for an election timeout")
    void leadersStickinessEnds() {
        Cluster cluster = Cluster.of(3);
        cluster.elect(1);
        for (int i = 1; i <= 2; i++) {
            Raft raft = cluster.raft(i);
            raft.clock((cluster.nowMillis + 299) * Cluster.MILLI, 0);
            assertThat(raft.hasLiveLeader()).as("member %d", i).isTrue();
            raft.clock((cluster.nowMillis + 300) * Cluster.MILLI, 0);
            assertThat(raft.hasLiveLeader()).as("member %d", i).isFalse();
        }
        cluster.nowMillis += 300;
        long term = cluster.raft(1).term();
        EntryId end = new EntryId(cluster.raft(1).lastIndex(), term);
        cluster.deliver(new Envelope(key(3), key(1), new Message.RequestVote(term + 1, end, false)));
        assertThat(cluster.raft(1).hardState()).isEqualTo(new HardState(term + 1, key(3)));
    }

    @Test
    @DisplayName("a broken connection to the leader starts an election early, but only if others lost it too")
    void peerLost() {
        Cluster cluster = Cluster.of(3);
        cluster.elect(1);
        cluster.pass(100);
        long term = cluster.raft(1).term();
        cluster.turn(cluster.box(2), raft -> raft.peerLost(MemberId.of(1)));
        cluster.pass(250);
        assertThat(cluster.raft(1).role()).as("a false alarm").isEqualTo(Role.LEADER);
        assertThat(cluster.raft(1).term()).isEqualTo(term);

        cluster.crash(1);
        cluster.turn(cluster.box(2), raft -> raft.peerLost(MemberId.of(1)));
        cluster.turn(cluster.box(3), raft -> raft.peerLost(MemberId.of(1)));
        cluster.pass(160);
        assertThat(cluster.leader()).as("long before the election timeout").isNotNull();
    }

    @Test
    @DisplayName("a vote is given once per term, and again to the same candidate")
    void oneVotePerTerm() {
        Cluster cluster = Cluster.of(3);
        EntryId end = EntryId.ORIGIN;
        cluster.deliver(new Envelope(key(2), key(1), new Message.RequestVote(4, end, false)));
        cluster.deliver(new Envelope(key(3), key(1), new Message.RequestVote(4, end, false)));
        cluster.deliver(new Envelope(key(2), key(1), new Message.RequestVote(4, end, false)));
        cluster.force(cluster.box(1));
        List<String> answers = new ArrayList<>();
        cluster.network.forEach(envelope -> answers.add(envelope.to() + " " + ((Message.VoteReply) envelope.message()).granted()));
        assertThat(answers).containsExactlyInAnyOrder("2 true", "3 false", "2 true");
    }

    @Test
    @DisplayName("peer.B49: a log shorter than a majority's is never elected, though it is longer than some")
    void neverElectsAShorterLog() {
        Cluster cluster = Cluster.of(5);
        cluster.preload(1, 3, 1, 1, 2, 2, 2);
        cluster.preload(2, 3, 1, 1, 2, 2, 2);
        cluster.preload(3, 3, 1, 1, 2, 2, 2);
        cluster.preload(4, 3, 1, 1, 2, 2);
        cluster.preload(5, 3, 1, 1, 1, 1, 1, 1);
        cluster.forgetLeaders();
        cluster.turn(cluster.box(4), raft -> raft.campaign("shorter"));
        cluster.settle();
        assertThat(cluster.raft(4).role()).isEqualTo(Role.FOLLOWER);
        cluster.turn(cluster.box(5), raft -> raft.campaign("longer, but of an older term"));
        cluster.settle();
        assertThat(cluster.raft(5).role()).isEqualTo(Role.FOLLOWER);
        cluster.elect(3);
        assertThat(cluster.terms(4)).isEqualTo(cluster.terms(3));
        assertThat(cluster.terms(5)).isEqualTo(cluster.terms(3));
    }

    @Test
    @DisplayName("paper section 5.4.1: neither vote nor pre-vote goes to a log that is behind, by term first, then by length")
    void upToDateLogs() {
        long[][] candidates = {{2, 5, 0}, {3, 2, 0}, {3, 3, 1}, {3, 9, 1}, {4, 1, 1}};
        for (long[] candidate : candidates) {
            Cluster cluster = Cluster.of(3);
            cluster.preload(1, 5, 1, 2, 3);
            cluster.forgetLeaders();
            EntryId end = new EntryId(Cluster.nth((int) candidate[1]), candidate[0]);
            boolean granted = candidate[2] == 1;
            cluster.deliver(new Envelope(key(2), key(1), new Message.PreVote(7, end)));
            cluster.deliver(new Envelope(key(2), key(1), new Message.RequestVote(7, end, false)));
            cluster.force(cluster.box(1));
            assertThat(cluster.network).extracting(Envelope::message).as("%s", end).containsExactly(
                    new Message.PreVoteReply(granted ? 7 : 5, granted), new Message.VoteReply(7, granted));
        }
    }

    @Test
    @DisplayName("peer.B50: who enters a higher term forgets the leader of the lower one")
    void noLeaderOfAnOldTerm() {
        Cluster cluster = Cluster.of(3);
        cluster.elect(1);
        cluster.deliver(new Envelope(key(3), key(2), new Message.VoteReply(9, false)));
        assertThat(cluster.raft(2).term()).isEqualTo(9);
        assertThat(cluster.raft(2).leader()).isNull();
    }

    @Test
    @DisplayName("inv.R1: a second leader of one term is no weather but a bug, and stops the member")
    void twoLeadersInATerm() {
        Cluster cluster = Cluster.of(3);
        cluster.elect(1);
        Envelope impossible =
                new Envelope(key(3), key(2), new Message.Heartbeat(cluster.raft(2).term(), EntryId.ORIGIN.index(), 1));
        org.assertj.core.api.Assertions.assertThatThrownBy(() -> cluster.deliver(impossible))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("two leaders: 1 and 3");
    }

    @Test
    @DisplayName("inv.R18, peer.B45: whatever message brings a higher term, a leader steps down")
    void everyMessageBringsTheTerm() {
        EntryId end = EntryId.ORIGIN;
        SnapshotMeta meta = Cluster.of(3).origin;
        List<Message> higher = List.of(
                new Message.PreVoteReply(7, false),
                new Message.RequestVote(7, end, true),
                new Message.VoteReply(7, false),
                new Message.Append(7, end, List.of(), end.index()),
                new Message.Appended(7, end.index()),
                new Message.AppendRejected(7, end.index(), end),
                new Message.Heartbeat(7, end.index(), 1),
                new Message.HeartbeatReply(7, 1),
                new Message.SnapshotChunk(7, meta, 0, io.coord.Bytes.EMPTY),
                new Message.SnapshotReply(7, end.index(), 0, false),
                new Message.TimeoutNow(7),
                new Message.ReadRequest(7, 1),
                new Message.ReadReply(7, 1, end.index()),
                new Message.Propose(7, List.of()));
        for (Message message : higher) {
            Cluster cluster = Cluster.of(3);
            cluster.elect(1);
            cluster.deliver(new Envelope(key(2), key(1), message));
            assertThat(cluster.raft(1).role()).as("%s", message).isEqualTo(Role.FOLLOWER);
            assertThat(cluster.raft(1).term()).as("%s", message).isEqualTo(7);
        }
    }

    @Test
    @DisplayName("inv.R18: what comes from a lower term changes nothing, and a leader or candidate of one is told")
    void lowerTermsAreDropped() {
        Cluster cluster = Cluster.of(3);
        cluster.elect(1);
        cluster.elect(1);
        cluster.propose(1, "a");
        cluster.settle();
        cluster.preload(2, 9, 1, 1);
        long last = cluster.raft(2).lastIndex();
        Entry rogue = new Entry(last + 1, 3, 0, 0, new Text("rogue"));
        cluster.deliver(new Envelope(
                key(3), key(2), new Message.Append(3, new EntryId(last, 1), List.of(rogue), last + 1)));
        assertThat(cluster.raft(2).lastIndex()).isEqualTo(last);
        assertThat(cluster.raft(2).leader()).isNull();
        cluster.deliver(new Envelope(key(3), key(2), new Message.RequestVote(8, new EntryId(last + 9, 8), false)));
        assertThat(cluster.raft(2).hardState()).isEqualTo(new HardState(9, null));
        List<Message> told = List.of(new Message.HeartbeatReply(9, 0), new Message.VoteReply(9, false));
        assertThat(cluster.network).extracting(Envelope::message).isEqualTo(told);
        cluster.deliver(new Envelope(key(3), key(2), new Message.VoteReply(8, true)));
        assertThat(cluster.network).as("an answer has none").extracting(Envelope::message).isEqualTo(told);
    }

    @Test
    @DisplayName("inv.R18, fault.M5: messages to or from an older disk of a member are dropped")
    void olderIncarnationsAreDropped() {
        MemberKey reborn = new MemberKey(MemberId.of(3), 2);
        Cluster cluster = new Cluster(1, Cluster.SMALL, 2, Configuration.ofVoters(List.of(key(1), key(2), reborn)));
        cluster.forgetLeaders();
        cluster.deliver(new Envelope(key(3), key(1), new Message.RequestVote(5, EntryId.ORIGIN, false)));
        assertThat(cluster.raft(1).term()).isZero();
        cluster.deliver(new Envelope(reborn, key(1), new Message.RequestVote(5, EntryId.ORIGIN, false)));
        assertThat(cluster.raft(1).hardState()).isEqualTo(new HardState(5, reborn));
        cluster.deliver(new Envelope(reborn, new MemberKey(MemberId.of(2), 7), new Message.VoteReply(50, true)));
        cluster.turn(cluster.box(2), raft -> raft.receive(
                new Envelope(reborn, new MemberKey(MemberId.of(2), 7), new Message.VoteReply(50, true))));
        assertThat(cluster.raft(2).term()).isZero();
    }

    @Test
    @DisplayName("fault.M5, inv.R12: a member that may have forgotten a vote gives none, asks for none, and is silent as a voter")
    void suspectMember() {
        Cluster cluster = Cluster.of(3);
        cluster.crash(3);
        cluster.box(3).mayVote = false;
        cluster.restart(3);
        assertThat(cluster.raft(3).role()).isEqualTo(Role.LEARNER);
        cluster.pass(3_000);
        cluster.turn(cluster.box(3), raft -> raft.campaign("told to"));
        assertThat(cluster.raft(3).role()).isEqualTo(Role.LEARNER);
        cluster.crash(1);
        cluster.pass(3_000);
        assertThat(cluster.leader()).as("member 2 has only its own vote").isNull();
        cluster.restart(1);
        cluster.pass(1_000);
        cluster.propose(cluster.leader().key.id().value(), "a");
        cluster.pass(70);
        for (PeerProgress peer : cluster.leader().up().progress()) {
            assertThat(peer.match() > 0).as("%s", peer).isEqualTo(!peer.member().equals(key(3)));
        }
    }

    @Test
    @DisplayName("thesis 3.10: leadership goes to the chosen member, which gets the whole log first")
    void transfer() {
        Cluster cluster = Cluster.of(3);
        cluster.elect(1);
        cluster.lost = envelope -> isTo(envelope, 3) && envelope.message() instanceof Message.Append;
        cluster.propose(1, "a");
        cluster.settle();
        assertThat(cluster.raft(3).lastIndex()).isLessThan(cluster.raft(1).lastIndex());
        cluster.turn(cluster.box(1), raft -> assertThat(raft.transferLeadership(key(3))).isTrue());
        assertThat(cluster.propose(1, "refused meanwhile")).isEqualTo(Proposal.OVERLOADED);
        cluster.heal();
        cluster.pass(200);
        assertThat(cluster.raft(3).role()).isEqualTo(Role.LEADER);
        assertThat(cluster.raft(1).role()).isEqualTo(Role.FOLLOWER);
        assertThat(cluster.box(3).words()).containsExactly("a");
    }

    @Test
    @DisplayName("thesis 3.10: a successor that has the whole log takes over at once, another as soon as it has it, and nobody else does")
    void transfersAtOnce() {
        Cluster cluster = Cluster.of(3);
        cluster.elect(1);
        cluster.turn(cluster.box(1), raft -> raft.transferLeadership(key(2)));
        cluster.settle();
        assertThat(cluster.raft(2).role()).isEqualTo(Role.LEADER);

        cluster.kept = envelope -> isTo(envelope, 3) && envelope.message() instanceof Message.Append;
        cluster.propose(2, "a");
        cluster.turn(cluster.box(2), raft -> raft.transferLeadership(key(3)));
        cluster.settle();
        assertThat(cluster.raft(2).role()).as("1 has the whole log, but is not the successor").isEqualTo(Role.LEADER);
        cluster.kept = envelope -> false;
        cluster.release();
        assertThat(cluster.raft(3).role()).isEqualTo(Role.LEADER);
    }

    @Test
    @DisplayName("fault.M10: if the word to take over is lost, it is said again with the next heartbeat")
    void transfersAreRepeated() {
        Cluster cluster = Cluster.of(3);
        cluster.elect(1);
        cluster.lost = envelope -> envelope.message() instanceof Message.TimeoutNow;
        cluster.turn(cluster.box(1), raft -> raft.transferLeadership(key(3)));
        cluster.settle();
        cluster.heal();
        cluster.pass(60);
        assertThat(cluster.raft(3).role()).isEqualTo(Role.LEADER);
    }

    @Test
    @DisplayName("fault.D11: while its disk has no room a leader takes no proposals, and a successor does not take over")
    void withoutRoom() {
        Cluster cluster = Cluster.of(3);
        cluster.elect(1);
        cluster.raft(1).hasRoom(false);
        assertThat(cluster.propose(1, "no room")).isEqualTo(Proposal.OVERLOADED);
        cluster.raft(1).hasRoom(true);
        assertThat(cluster.propose(1, "a")).isEqualTo(Proposal.APPENDED);
        cluster.settle();

        cluster.raft(2).hasRoom(false);
        cluster.turn(cluster.box(1), raft -> raft.transferLeadership(key(2)));
        cluster.settle();
        assertThat(cluster.raft(1).role()).isEqualTo(Role.LEADER);
        cluster.raft(2).hasRoom(true);
        cluster.pass(60);
        assertThat(cluster.raft(2).role()).isEqualTo(Role.LEADER);
    }

    @Test
    @DisplayName("fault.M10: a transfer that takes too long is given up, and the leader takes writes again")
    void transferTimesOut() {
        Cluster cluster = Cluster.of(3);
        cluster.elect(1);
        cluster.cutOff(3);
        cluster.turn(cluster.box(1), raft -> assertThat(raft.transferLeadership(key(3))).isTrue());
        cluster.pass(900);
        assertThat(cluster.propose(1, "too early")).isEqualTo(Proposal.OVERLOADED);
        cluster.pass(200);
        assertThat(cluster.propose(1, "a")).isEqualTo(Proposal.APPENDED);
    }

    @Test
    @DisplayName("fault.M10: only the leader of the present term can hand over, and only to another voter")
    void transferIsTheLeadersOwn() {
        Cluster cluster = Cluster.of(3);
        cluster.elect(1);
        long term = cluster.raft(2).term();
        cluster.deliver(new Envelope(key(3), key(2), new Message.TimeoutNow(term)));
        cluster.deliver(new Envelope(key(1), key(2), new Message.TimeoutNow(term - 1)));
        assertThat(cluster.raft(2).role()).isEqualTo(Role.FOLLOWER);
        assertThat(cluster.raft(2).term()).isEqualTo(term);
        assertThat(cluster.raft(2).transferLeadership(key(3))).isFalse();
        assertThat(cluster.raft(1).transferLeadership(key(1))).isFalse();
        assertThat(cluster.raft(1).transferLeadership(key(4))).isFalse();
    }

    @Test
    @DisplayName("fault.N5: in a chain 2 - 1 - 3 the leader in the middle, or at an end, stays (L3)")
    void chain() {
        for (int first = 1; first <= 3; first++) {
            Cluster cluster = Cluster.of(3);
            cluster.elect(first);
            long term = cluster.raft(first).term();
            cluster.lost = envelope -> isFrom(envelope, 2) && isTo(envelope, 3) || isFrom(envelope, 3) && isTo(envelope, 2);
            cluster.pass(10_000);
            assertThat(cluster.raft(first).role()).as("leader %d", first).isEqualTo(Role.LEADER);
            for (int i = 1; i <= 3; i++) {
                assertThat(cluster.raft(i).term()).as("leader %d, member %d", first, i).isEqualTo(term);
            }
        }
    }

    @Test
    @DisplayName("fault.N5: five members that see only the one in the middle elect it, in few terms (L3)")
    void star() {
        Cluster cluster = Cluster.of(5);
        cluster.elect(1);
        long term = cluster.raft(1).term();
        cluster.lost = envelope -> !isFrom(envelope, 3) && !isTo(envelope, 3);
        cluster.pass(5_000);
        assertThat(cluster.raft(3).role()).isEqualTo(Role.LEADER);
        assertThat(cluster.raft(3).term()).isLessThanOrEqualTo(term + 5);
    }
}

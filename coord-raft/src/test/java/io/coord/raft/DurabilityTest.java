package io.coord.raft;

import static io.coord.raft.Cluster.key;
import static io.coord.raft.Cluster.nth;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.coord.Bytes;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class DurabilityTest {

    private static final Configuration THREE = Configuration.ofVoters(List.of(key(1), key(2), key(3)));

    /** Member 1 of three, alone with the test. */
    private final Raft raft =
            new Raft(Cluster.SMALL, key(1), HardState.INITIAL, SnapshotMeta.origin(THREE), List.of(), 1, 0, true);

    private RaftEffects say(int from, Message message) {
        raft.receive(new Envelope(key(from), key(1), message));
        return raft.drain();
    }

    private RaftEffects persisted(long sequence) {
        raft.persisted(sequence);
        return raft.drain();
    }

    private static Entry entry(int n, long term) {
        return new Entry(nth(n), term, 0, 0, new Text("t" + term));
    }

    private static Message.Append append(long term, int previous, long previousTerm, Entry... entries) {
        return new Message.Append(term, new EntryId(nth(previous), previousTerm), List.of(entries), nth(0));
    }

    private static List<Message> messages(RaftEffects effects) {
        return effects.messages().stream().map(Envelope::message).toList();
    }

    private static long sequence(RaftEffects effects) {
        assertThat(effects.writes()).hasSize(1);
        return effects.writes().get(0).sequence();
    }

    @Test
    @DisplayName("inv.R8, peer.B42: a vote is told when it is on the disk, not before")
    void votesWaitForTheDisk() {
        RaftEffects asked = say(2, new Message.RequestVote(1, EntryId.ORIGIN, false));
        assertThat(asked.messages()).isEmpty();
        assertThat(asked.writes().get(0).hardState()).isEqualTo(new HardState(1, key(2)));
        assertThat(messages(persisted(sequence(asked)))).containsExactly(new Message.VoteReply(1, true));
    }

    @Test
    @DisplayName("inv.R8, peer.B43: a vote whose write never succeeds is never told, whatever else was written")
    void failedVotesAreNotTold() {
        RaftEffects term = say(3, new Message.HeartbeatReply(4, 0));
        RaftEffects vote = say(2, new Message.RequestVote(4, EntryId.ORIGIN, false));
        assertThat(persisted(sequence(term)).messages()).isEmpty();
        assertThat(vote.writes().get(0).hardState()).isEqualTo(new HardState(4, key(2)));
    }

    @Test
    @DisplayName("inv.R8: nothing reveals a term that is not on the disk, not even a refusal or a heartbeat's answer")
    void termsWaitForTheDisk() {
        RaftEffects term = say(2, new Message.Heartbeat(5, nth(0), 1));
        assertThat(term.messages()).isEmpty();
        assertThat(messages(persisted(sequence(term)))).containsExactly(new Message.HeartbeatReply(5, 1));
        RaftEffects next = say(2, new Message.Heartbeat(5, nth(0), 2));
        assertThat(messages(next)).as("at once, once the term is durable").containsExactly(new Message.HeartbeatReply(5, 2));
        assertThat(next.writes()).isEmpty();
    }

    @Test
    @DisplayName("what waited in a term that is over is never sent")
    void endedTermsAreForgotten() {
        RaftEffects first = say(2, new Message.RequestVote(1, EntryId.ORIGIN, false));
        RaftEffects second = say(3, new Message.RequestVote(2, EntryId.ORIGIN, false));
        assertThat(persisted(sequence(first)).messages()).isEmpty();
        assertThat(messages(persisted(sequence(second)))).containsExactly(new Message.VoteReply(2, true));
    }

    @Test
    @DisplayName("inv.R8: entries are acknowledged when they are on the disk, in one answer for all that came meanwhile")
    void entriesWaitForTheDisk() {
        persisted(sequence(say(2, new Message.Heartbeat(1, nth(0), 1))));
        long first = sequence(say(2, append(1, 0, 0, entry(1, 1))));
        long second = sequence(say(2, append(1, 1, 1, entry(2, 1), entry(3, 1))));
        assertThat(messages(persisted(first))).containsExactly(new Message.Appended(1, nth(1)));
        assertThat(messages(persisted(second))).containsExactly(new Message.Appended(1, nth(3)));
    }

    @Test
    @DisplayName("inv.R14, peer.B66: an old write does not vouch for an entry that was replaced and came back")
    void appendAba() {
        persisted(sequence(say(2, new Message.Heartbeat(1, nth(0), 1))));
        long first = sequence(say(2, append(1, 0, 0, entry(1, 1), entry(2, 1))));
        long replaced = sequence(say(3, append(2, 1, 1, entry(2, 2))));
        long back = sequence(say(2, append(3, 1, 1, entry(2, 1), entry(3, 3))));
        assertThat(raft.termAt(nth(2))).isEqualTo(1);

        assertThat(messages(persisted(first))).isEmpty();
        assertThat(raft.durableIndex()).as("the disk will lose entry 2 before it gets it again").isEqualTo(nth(1));
        persisted(replaced);
        assertThat(raft.durableIndex()).isEqualTo(nth(1));
        assertThat(messages(persisted(back))).endsWith(new Message.Appended(3, nth(3)));
    }

    @Test
    @DisplayName("rule.20: a replaced entry's write counts for what of it is still in the log")
    void replacedWritesCountInPart() {
        persisted(sequence(say(2, new Message.Heartbeat(1, nth(0), 1))));
        long first = sequence(say(2, append(1, 0, 0, entry(1, 1), entry(2, 1), entry(3, 1))));
        long second = sequence(say(3, append(2, 2, 1, entry(3, 2))));
        persisted(first);
        assertThat(raft.durableIndex()).isEqualTo(nth(2));
        persisted(second);
        assertThat(raft.durableIndex()).isEqualTo(nth(3));
    }

    @Test
    @DisplayName("one report may vouch for several writes, and is told once, unless the leader asks")
    void reportsAreCumulative() {
        persisted(sequence(say(2, new Message.Heartbeat(1, nth(0), 1))));
        say(2, append(1, 0, 0, entry(1, 1)));
        long second = sequence(say(2, append(1, 1, 1, entry(2, 1))));
        assertThat(messages(persisted(second))).containsExactly(new Message.Appended(1, nth(2)));
        Message.Append probe = append(1, 2, 1);
        assertThat(messages(say(2, probe))).as("a leader that asks is told again").containsExactly(new Message.Appended(1, nth(2)));
        assertThat(raft.drain().isEmpty()).as("once").isTrue();
    }

    @Test
    @DisplayName("peer.B7: term and entries of one turn are one write")
    void termAndEntriesTogether() {
        RaftEffects effects = say(2, append(6, 0, 0, entry(1, 6)));
        assertThat(effects.writes()).hasSize(1);
        assertThat(effects.writes().get(0).hardState()).isEqualTo(new HardState(6, null));
        assertThat(effects.writes().get(0).entries()).extracting(Entry::index).containsExactly(nth(1));
    }

    @Test
    @DisplayName("inv.R9: a second vote in a term, or a term that goes back, is a bug that stops the member")
    void hardStateOnlyMovesForward() {
        Durability durability = new Durability(new HardState(3, key(1)), nth(0));
        assertThatThrownBy(() -> durability.voteFor(key(2))).isInstanceOf(IllegalStateException.class)
                .hasMessage("a vote for 2 in term 3 would follow one for 1");
        assertThatThrownBy(() -> durability.enterTerm(3)).isInstanceOf(IllegalStateException.class)
                .hasMessage("term 3 does not follow term 3");
    }

    @Test
    @DisplayName("inv.R8: a candidate asks for votes when its own is on the disk, and counts it then")
    void candidatesWaitForTheDisk() {
        raft.campaign("now");
        RaftEffects asking = raft.drain();
        assertThat(messages(asking)).containsOnly(new Message.PreVote(1, EntryId.ORIGIN)).hasSize(2);
        RaftEffects granted = say(2, new Message.PreVoteReply(1, true));
        assertThat(raft.role()).isEqualTo(Role.CANDIDATE);
        assertThat(granted.messages()).isEmpty();
        say(2, new Message.VoteReply(1, true));
        assertThat(raft.role()).as("a lone vote of another is no majority").isEqualTo(Role.CANDIDATE);
        raft.persisted(sequence(granted));
        assertThat(raft.role()).isEqualTo(Role.LEADER);
    }

    @Test
    @DisplayName("a candidate whose own vote is stuck on its disk raises no further term")
    void stuckCandidatesRaiseNoTerms() {
        raft.campaign("now");
        raft.drain();
        say(2, new Message.PreVoteReply(1, true));
        for (int i = 1; i <= 50; i++) {
            raft.clock(i * 300 * Cluster.MILLI, 0);
            raft.tick();
            raft.drain();
            assertThat(raft.role()).isEqualTo(Role.CANDIDATE);
            assertThat(raft.nextDeadlineNanos()).as("it looks again later").isGreaterThan(i * 300 * Cluster.MILLI);
        }
        assertThat(raft.term()).isEqualTo(1);
    }

    @Test
    @DisplayName("inv.R8: a report of an earlier write does not make a candidate's own vote count")
    void candidatesWaitForTheirOwnWrite() {
        long term = sequence(say(3, new Message.VoteReply(4, false)));
        raft.campaign("now");
        raft.drain();
        long vote = sequence(say(2, new Message.PreVoteReply(5, true)));
        say(2, new Message.VoteReply(5, true));
        persisted(term);
        assertThat(raft.role()).isEqualTo(Role.CANDIDATE);
        persisted(vote);
        assertThat(raft.role()).isEqualTo(Role.LEADER);
    }

    @Test
    @DisplayName("rule.20, peer.B4: while a snapshot is installed no report counts, and then only for what it left of the log")
    void reportsDuringAnInstall() {
        persisted(sequence(say(2, new Message.Heartbeat(1, nth(0), 1))));
        say(2, append(1, 0, 0, entry(1, 1), entry(2, 1), entry(3, 1)));
        SnapshotMeta meta = new SnapshotMeta(new EntryId(nth(2), 2), 0, 0, THREE, 1, 7);
        long term = sequence(say(3, new Message.SnapshotChunk(2, meta, 0, Bytes.utf8("x"))));
        say(3, new Message.Heartbeat(2, nth(0), 1));
        assertThat(raft.snapshotReceived(meta)).isTrue();
        assertThat(raft.drain().snapshots()).containsExactly(new RaftEffects.SnapshotTask.Install(meta));
        assertThat(persisted(term).messages()).isEmpty();

        raft.snapshotInstalled(nth(2));
        assertThat(messages(raft.drain())).containsExactly(
                new Message.HeartbeatReply(2, 1), new Message.SnapshotReply(2, nth(2), 1, true));
        assertThat(raft.durableIndex()).as("entry 3 is gone").isEqualTo(nth(2));
    }

    @Test
    @DisplayName("decision 031: a member that starts from a snapshot of a later term than its own is in that term, and writes it")
    void snapshotsBringTheirTerm() {
        SnapshotMeta brought = new SnapshotMeta(new EntryId(nth(5), 7), 0, 0, THREE, 0, 0);
        Raft member = new Raft(Cluster.SMALL, key(1), new HardState(3, key(2)), brought, List.of(), 1, 0, true);
        assertThat(member.term()).isEqualTo(7);
        assertThat(member.drain().writes().get(0).hardState()).isEqualTo(new HardState(7, null));
    }

    @Test
    @DisplayName("fault.M5: who goes on under another key sends nothing that the old one promised, and has no vote and no leader")
    void renewedMembersKeepNoPromise() {
        long term = sequence(say(3, new Message.Heartbeat(1, nth(0), 1)));
        raft.renew(new MemberKey(key(1).id(), 77));
        assertThat(persisted(term).messages()).isEmpty();
        assertThat(raft.leader()).isNull();
        assertThat(raft.role()).isEqualTo(Role.LEARNER);
    }
}

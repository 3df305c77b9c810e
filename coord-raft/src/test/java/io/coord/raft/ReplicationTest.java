package io.coord.raft;

import static io.coord.raft.Cluster.isTo;
import static io.coord.raft.Cluster.key;
import static io.coord.raft.Cluster.nth;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.ArrayList;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class ReplicationTest {

    @Test
    @DisplayName("what is proposed at any member is handed out at every member, in one order, once")
    void replicates() {
        Cluster cluster = Cluster.of(3);
        cluster.elect(1);
        assertThat(cluster.propose(1, "a", "b")).isEqualTo(Proposal.APPENDED);
        assertThat(cluster.propose(2, "c")).isEqualTo(Proposal.FORWARDED);
        cluster.settle();
        for (int i = 1; i <= 3; i++) {
            assertThat(cluster.box(i).words()).containsExactly("a", "b", "c");
        }
    }

    @Test
    @DisplayName("a first entry stands one above the origin (zk.X11, rule.26)")
    void firstIndex() {
        Cluster cluster = Cluster.of(1);
        cluster.settle();
        assertThat(cluster.box(1).applied.get(0).index()).isEqualTo(0x1_0000_0001L);
    }

    @Test
    @DisplayName("what is proposed in one turn costs one message to each member and one write to the disk")
    void batches() {
        Cluster cluster = Cluster.of(3, RaftConfig.DEFAULT);
        cluster.elect(1);
        String[] words = new String[500];
        java.util.Arrays.setAll(words, i -> "w" + i);
        long before = cluster.sent;
        cluster.propose(1, words);
        assertThat(cluster.sent - before).isEqualTo(2);
        cluster.force(cluster.box(1));
        assertThat(cluster.box(1).disk.isIdle()).isTrue();
        cluster.settle();
        assertThat(cluster.sent - before).as("append, answer, commit; for two").isLessThanOrEqualTo(6);
        assertThat(cluster.box(3).words()).hasSize(500);
    }

    @Test
    @DisplayName("paper figure 7: a new leader brings every kind of log to its own")
    void figure7() {
        Cluster cluster = Cluster.of(7);
        cluster.preload(1, 7, 1, 1, 1, 4, 4, 5, 5, 6, 6, 6);
        cluster.preload(2, 7, 1, 1, 1, 4, 4, 5, 5, 6, 6);
        cluster.preload(3, 7, 1, 1, 1, 4);
        cluster.preload(4, 7, 1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 6);
        cluster.preload(5, 7, 1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 7, 7);
        cluster.preload(6, 7, 1, 1, 1, 4, 4, 4, 4);
        cluster.preload(7, 7, 1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3);
        cluster.forgetLeaders();
        cluster.elect(1);
        for (int i = 1; i <= 7; i++) {
            assertThat(cluster.terms(i)).as("member %d", i).containsExactly(1L, 1L, 1L, 4L, 4L, 5L, 5L, 6L, 6L, 6L, 8L);
            assertThat(cluster.box(i).applied).hasSize(11);
        }
    }

    @Test
    @DisplayName("paper section 5.3: a conflict is found in as many steps as there are terms, not entries")
    void conflictsSkipTerms() {
        Cluster cluster = Cluster.of(3, RaftConfig.DEFAULT);
        long[] mine = new long[200];
        long[] theirs = new long[200];
        java.util.Arrays.setAll(mine, i -> i < 10 ? 1 : 5);
        java.util.Arrays.setAll(theirs, i -> i < 10 ? 1 : i < 100 ? 2 : 3);
        cluster.preload(1, 6, mine);
        cluster.preload(2, 6, theirs);
        cluster.preload(3, 6, theirs);
        cluster.forgetLeaders();
        int[] rejections = {0};
        cluster.lost = envelope -> {
            rejections[0] += envelope.message() instanceof Message.AppendRejected ? 1 : 0;
            return false;
        };
        cluster.elect(1);
        assertThat(cluster.terms(2)).isEqualTo(cluster.terms(1));
        assertThat(rejections[0]).as("for two members").isLessThanOrEqualTo(4);
    }

    @Test
    @DisplayName("paper figure 8, peer.B41, inv.R6: an entry of an old term is not committed by counting")
    void figure8() {
        RaftConfig oneEntryAtATime =
                new RaftConfig(300 * Cluster.MILLI, 60 * Cluster.MILLI, 2_000 * Cluster.MILLI, 1, 1, 4, 1_000, 10_000, 3);
        Cluster cluster = Cluster.of(5, oneEntryAtATime);
        cluster.preload(1, 3, 1, 2);
        cluster.preload(2, 3, 1, 2);
        cluster.preload(3, 3, 1);
        cluster.preload(4, 3, 1);
        cluster.preload(5, 3, 1, 3);
        cluster.forgetLeaders();
        // Member 1 leads in term 4 and brings the entry of term 2 to a majority, but nothing of its own term.
        cluster.lost = envelope -> envelope.message() instanceof Message.Append append
                && (isTo(envelope, 4) || isTo(envelope, 5) || wouldStoreTerm(4, append, cluster.boxes.get(envelope.to()).up()));
        cluster.elect(1);
        cluster.pass(200);
        for (int i = 1; i <= 3; i++) {
            assertThat(cluster.box(i).disk.term(nth(2))).as("member %d", i).isEqualTo(2);
        }
        assertThat(cluster.raft(1).commitIndex()).isLessThan(nth(2));
        // Member 5 can still win, and replaces it.
        cluster.crash(1);
        cluster.heal();
        cluster.forgetLeaders();
        cluster.elect(5);
        cluster.restart(1);
        cluster.pass(200);
        for (int i = 1; i <= 5; i++) {
            assertThat(cluster.box(i).disk.term(nth(2))).as("member %d", i).isEqualTo(3);
        }
    }

    private static boolean wouldStoreTerm(long term, Message.Append append, Raft receiver) {
        return append.entries().stream().anyMatch(entry -> entry.term() == term)
                && receiver.termAt(append.previous().index()) == append.previous().term();
    }

    @Test
    @DisplayName("paper figure 2: a follower commits and acknowledges no further than what matches, whatever its log has behind that")
    void commitsWhatMatches() {
        Cluster cluster = Cluster.of(3);
        cluster.preload(1, 5, 1, 2, 5, 5);
        cluster.preload(2, 5, 1, 2, 2, 2);
        cluster.preload(3, 5, 1, 2, 5, 5);
        Entry mine = new Entry(nth(2), 2, 0, 0, new Text("t2i2"));
        cluster.deliver(new Envelope(
                key(1), key(2), new Message.Append(6, new EntryId(nth(1), 1), List.of(mine), nth(4))));
        assertThat(cluster.raft(2).commitIndex()).isEqualTo(nth(2));
        cluster.force(cluster.box(2));
        assertThat(cluster.network).extracting(Envelope::message).containsExactly(new Message.Appended(6, nth(2)));
    }

    @Test
    @DisplayName("a lost append is found missing by the next heartbeat")
    void lostAppendIsSentAgain() {
        Cluster cluster = Cluster.of(3);
        cluster.elect(1);
        cluster.lost = envelope -> isTo(envelope, 3) && envelope.message() instanceof Message.Append;
        cluster.propose(1, "a");
        cluster.settle();
        cluster.heal();
        assertThat(cluster.box(3).words()).isEmpty();
        cluster.pass(70);
        assertThat(cluster.box(3).words()).containsExactly("a");
    }

    @Test
    @DisplayName("a whole window of lost appends is found missing by the next heartbeat")
    void lostWindowIsSentAgain() {
        Cluster cluster = Cluster.of(3);
        cluster.elect(1);
        cluster.lost = envelope -> isTo(envelope, 3) && envelope.message() instanceof Message.Append;
        for (int i = 0; i < 50; i++) {
            cluster.propose(1, "w" + i);
            cluster.settle();
        }
        cluster.heal();
        cluster.pass(200);
        assertThat(cluster.box(3).words()).hasSize(50);
    }

    @Test
    @DisplayName("with two appends unanswered, entries are gathered until one is answered, for a millisecond at most")
    void entriesAreGathered() {
        Cluster cluster = Cluster.of(3);
        cluster.elect(1);
        cluster.box(3).stuckDisk = true;
        List<Integer> sizes = new ArrayList<>();
        cluster.lost = envelope -> {
            if (envelope.message() instanceof Message.Append append && !append.entries().isEmpty() && isTo(envelope, 3)) {
                sizes.add(append.entries().size());
            }
            return false;
        };
        for (int i = 0; i < 7; i++) {
            cluster.propose(1, "w" + i);
            cluster.settle();
        }
        assertThat(sizes).containsExactly(1, 1);
        cluster.pass(1);
        assertThat(sizes).containsExactly(1, 1, 5);
        cluster.propose(1, "w7");
        cluster.propose(1, "w8");
        cluster.settle();
        assertThat(sizes).containsExactly(1, 1, 5);
        cluster.box(3).stuckDisk = false;
        cluster.settle();
        assertThat(cluster.box(3).words()).hasSize(9);
    }

    @Test
    @DisplayName("a slow member is sent no more than its window, and slows nobody")
    void windowIsKept() {
        Cluster cluster = Cluster.of(3);
        cluster.elect(1);
        cluster.box(3).stuckDisk = true;
        int[] appends = {0};
        cluster.lost = envelope -> {
            boolean carries = envelope.message() instanceof Message.Append append && !append.entries().isEmpty();
            appends[0] += carries && isTo(envelope, 3) ? 1 : 0;
            return false;
        };
        for (int i = 0; i < 50; i++) {
            cluster.propose(1, "w" + i);
            cluster.settle();
            cluster.pass(1);
        }
        assertThat(appends[0]).isEqualTo(4);
        assertThat(cluster.box(2).words()).hasSize(50);
        cluster.box(3).stuckDisk = false;
        cluster.settle();
        assertThat(cluster.box(3).words()).hasSize(50);
    }

    @Test
    @DisplayName("rule.20: a follower hands out what is committed only when it is on its own disk")
    void handsOutWhatIsDurable() {
        Cluster cluster = Cluster.of(3);
        cluster.elect(1);
        cluster.box(3).stuckDisk = true;
        cluster.propose(1, "a");
        cluster.settle();
        cluster.pass(70);
        assertThat(cluster.raft(3).commitIndex()).isEqualTo(cluster.raft(1).commitIndex());
        assertThat(cluster.box(3).words()).isEmpty();
        cluster.box(3).stuckDisk = false;
        cluster.settle();
        assertThat(cluster.box(3).words()).containsExactly("a");
    }

    @Test
    @DisplayName("a leader commits by its followers' disks while its own is slow, but hands out when its own is done (rule.20)")
    void leaderWithASlowDisk() {
        Cluster cluster = Cluster.of(3);
        cluster.elect(1);
        cluster.box(1).stuckDisk = true;
        cluster.propose(1, "a");
        cluster.settle();
        assertThat(cluster.box(2).words()).containsExactly("a");
        assertThat(cluster.box(1).words()).isEmpty();
        cluster.box(1).stuckDisk = false;
        cluster.settle();
        assertThat(cluster.box(1).words()).containsExactly("a");
    }

    @Test
    @DisplayName("fault.D13, peer.B15, peer.B35: a leader whose disk does not answer resigns at the write deadline, and does not campaign")
    void stuckDiskResigns() {
        Cluster cluster = Cluster.of(3);
        cluster.elect(1);
        long term = cluster.raft(1).term();
        cluster.box(1).stuckDisk = true;
        cluster.propose(1, "a");
        cluster.pass(1_980);
        assertThat(cluster.raft(1).role()).isEqualTo(Role.LEADER);
        cluster.pass(60);
        assertThat(cluster.raft(1).role()).isEqualTo(Role.FOLLOWER);
        assertThat(cluster.raft(1).term()).as("by itself").isEqualTo(term);
        cluster.pass(2_000);
        assertThat(cluster.leader()).isNotNull();
        assertThat(cluster.leader().up().term()).isGreaterThan(term);
        long now = cluster.leader().up().term();
        cluster.pass(5_000);
        assertThat(cluster.leader().up().term()).as("nobody raises terms").isEqualTo(now);
    }

    @Test
    @DisplayName("a leader refuses proposals when too much is uncommitted, and takes them again when it is committed")
    void overload() {
        RaftConfig tight = new RaftConfig(300 * Cluster.MILLI, 60 * Cluster.MILLI, 9_000 * Cluster.MILLI, 1, 400, 4, 1_000, 500, 3);
        Cluster cluster = Cluster.of(3, tight);
        cluster.elect(1);
        cluster.box(2).stuckDisk = true;
        cluster.box(3).stuckDisk = true;
        int taken = 0;
        while (cluster.propose(1, "0123456789") == Proposal.APPENDED) {
            taken++;
            cluster.settle();
        }
        assertThat(taken).isBetween(8, 10);
        cluster.box(2).stuckDisk = false;
        cluster.settle();
        for (int i = 0; i < 50; i++) {
            assertThat(cluster.propose(1, "again")).isEqualTo(Proposal.APPENDED);
            cluster.settle();
        }
    }

    @Test
    @DisplayName("peers may propose commands only: the rest of the log is Raft's own")
    void onlyCommandsAreForwarded() {
        Cluster cluster = Cluster.of(3);
        cluster.elect(1);
        Configuration coup = Configuration.ofVoters(List.of(key(3)));
        cluster.deliver(new Envelope(key(3), key(1), new Message.Propose(
                cluster.raft(1).term(), List.of(new Text("a"), ConfigPayload.of(coup), new Text("b")))));
        cluster.deliver(new Envelope(
                key(3), key(1), new Message.Propose(cluster.raft(1).term(), List.of(ConfigPayload.of(coup)))));
        cluster.settle();
        assertThat(cluster.box(2).words()).containsExactly("a", "b");
        assertThat(cluster.raft(1).configuration().voters()).hasSize(3);
    }

    @Test
    @DisplayName("inv.R14: a leader that contradicts what is committed stops the member, before anything is lost")
    void neverTruncatesCommitted() {
        Cluster cluster = Cluster.of(3);
        cluster.elect(1);
        cluster.propose(1, "a");
        cluster.settle();
        long commit = cluster.raft(2).commitIndex();
        long term = cluster.raft(2).term();
        EntryId before = new EntryId(commit - 1, term);
        Entry other = new Entry(commit, term + 1, 0, 0, new Text("other"));
        assertThatThrownBy(() -> cluster.deliver(
                        new Envelope(key(3), key(2), new Message.Append(term + 1, before, List.of(other), commit))))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("is committed here");
        assertThatThrownBy(() -> cluster.deliver(
                        new Envelope(key(3), key(2), new Message.Append(term + 1, new EntryId(commit, term + 1), List.of(), commit))))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("is committed here");
        assertThat(cluster.raft(2).termAt(commit)).isEqualTo(term);
    }

    @Test
    @DisplayName("paper section 5.3: a refusal names the last place where the logs may agree, below what was refused and not below the commit index")
    void refusals() {
        Cluster cluster = Cluster.of(3);
        for (int i = 1; i <= 3; i++) {
            cluster.preload(i, 6, 1, 2, 2, 2);
        }
        refused(cluster, new EntryId(nth(9), 3), new EntryId(nth(4), 2)); // the end
        refused(cluster, new EntryId(nth(4), 3), new EntryId(nth(3), 2)); // one less
        refused(cluster, new EntryId(nth(4), 1), new EntryId(nth(1), 1)); // a whole term less
        cluster.deliver(new Envelope(key(1), key(2), new Message.Heartbeat(6, nth(2), 1)));
        cluster.network.clear();
        refused(cluster, new EntryId(nth(4), 1), new EntryId(nth(2), 2)); // committed
    }

    private static void refused(Cluster cluster, EntryId previous, EntryId hint) {
        cluster.deliver(new Envelope(key(1), key(2), new Message.Append(6, previous, List.of(), nth(0))));
        assertThat(cluster.network).extracting(Envelope::message)
                .containsExactly(new Message.AppendRejected(6, previous.index(), hint));
        cluster.network.clear();
    }

    @Test
    @DisplayName("heartbeats tell of the commit index too, if what told it first is lost")
    void heartbeatsCommit() {
        Cluster cluster = Cluster.of(3);
        cluster.elect(1);
        cluster.lost = envelope -> isTo(envelope, 3)
                && envelope.message() instanceof Message.Append append && append.entries().isEmpty();
        cluster.propose(1, "a");
        cluster.settle();
        assertThat(cluster.box(3).words()).isEmpty();
        cluster.pass(60);
        assertThat(cluster.box(3).words()).containsExactly("a");
    }

    @Test
    @DisplayName("what a follower passes on goes in messages of a bounded size, in order, and what is larger alone")
    void forwardsInBoundedMessages() {
        Cluster cluster = Cluster.of(3);
        cluster.elect(1);
        List<Integer> sizes = new ArrayList<>();
        cluster.lost = envelope -> {
            if (envelope.message() instanceof Message.Propose propose) {
                sizes.add(propose.payloads().stream().mapToInt(Payload::sizeBytes).sum());
            }
            return false;
        };
        String[] words = new String[7];
        java.util.Arrays.setAll(words, i -> i + "x".repeat(99));
        words[5] = "5" + "x".repeat(999);
        assertThat(cluster.propose(2, words)).isEqualTo(Proposal.FORWARDED);
        cluster.settle();
        assertThat(sizes).as("400 bytes are the limit").containsExactly(400, 100, 1_000, 100);
        assertThat(cluster.box(2).words()).containsExactly(words);
    }

    @Test
    @DisplayName("an entry gathered with others leaves 4 ms after the last that was sent, though nothing else happens")
    void gatheredEntriesLeave() {
        Cluster cluster = Cluster.of(3);
        cluster.elect(1);
        cluster.box(3).stuckDisk = true;
        for (int i = 0; i < 3; i++) {
            cluster.propose(1, "w" + i);
            cluster.settle();
        }
        assertThat(cluster.raft(1).nextDeadlineNanos()).isEqualTo((cluster.nowMillis + 4) * Cluster.MILLI);
        assertThat(cluster.raft(3).lastIndex()).isEqualTo(cluster.raft(1).lastIndex() - 1);
        cluster.nowMillis += 4;
        cluster.tickAll();
        cluster.settle();
        assertThat(cluster.raft(3).lastIndex()).isEqualTo(cluster.raft(1).lastIndex());
    }

    @Test
    @DisplayName("fault.D15: a log shorter than what it acknowledged makes the member silent, until it goes on under another key")
    void forgottenEntriesMakeTheMemberSilent() {
        Cluster cluster = Cluster.of(3);
        cluster.elect(1);
        cluster.propose(1, "a", "b");
        cluster.settle();
        Raft forgetful = cluster.raft(3);
        long commit = forgetful.commitIndex();
        Message more = new Message.Heartbeat(forgetful.term(), commit, 9, forgetful.lastIndex() + 1);

        forgetful.receive(new Envelope(key(1), key(3), more));
        RaftEffects effects = forgetful.drain();
        assertThat(effects.messages()).isEmpty();
        assertThat(effects.events()).anySatisfy(event -> assertThat(event).isInstanceOfSatisfying(RaftEvent.MemoryLost.class,
                lost -> assertThat(lost.reason()).contains("entries reported as forced are gone")));
        assertThat(forgetful.role()).isEqualTo(Role.LEARNER);
        forgetful.receive(new Envelope(key(1), key(3), new Message.Heartbeat(forgetful.term(), commit, 10, 0)));
        assertThat(forgetful.drain().messages()).as("inv.R12 it confirms no leader").isEmpty();

        MemberKey renewed = new MemberKey(key(3).id(), 77);
        forgetful.renew(renewed);
        forgetful.receive(new Envelope(key(1), renewed, new Message.Heartbeat(forgetful.term(), commit, 11, 0)));
        assertThat(forgetful.drain().messages()).singleElement().satisfies(reply -> {
            assertThat(reply.from()).isEqualTo(renewed);
            assertThat(reply.message()).isEqualTo(new Message.HeartbeatReply(forgetful.term(), 11));
        });
        assertThat(forgetful.role()).as("it has no vote under this key").isEqualTo(Role.LEARNER);
    }

    @Test
    @DisplayName("rule.11: entries carry the leader's clocks; a small step back of the wall clock is hidden, a large one believed and reported")
    void clocks() {
        Cluster cluster = Cluster.of(1);
        cluster.settle();
        cluster.wallMillis = 50_000;
        cluster.nowMillis = 1_000;
        cluster.propose(1, "a", "in the same millisecond");
        cluster.wallMillis = 49_000;
        cluster.nowMillis = 1_250;
        cluster.propose(1, "small step back");
        cluster.wallMillis = 48_999;
        cluster.propose(1, "large step back");
        cluster.wallMillis = 99_000_000;
        cluster.nowMillis = 1_300;
        cluster.propose(1, "jump ahead");
        cluster.settle();
        List<Entry> applied = cluster.box(1).applied.subList(1, 6);
        assertThat(applied).extracting(Entry::wallMillis).containsExactly(50_000L, 50_000L, 50_000L, 48_999L, 99_000_000L);
        assertThat(cluster.box(1).events).filteredOn(RaftEvent.ClockSetBack.class::isInstance)
                .containsExactly(new RaftEvent.ClockSetBack(950_000), new RaftEvent.ClockSetBack(1_001));
        long elected = applied.get(0).elapsedMillis();
        assertThat(applied).extracting(entry -> entry.elapsedMillis() - elected).containsExactly(0L, 0L, 250L, 250L, 300L);
    }

    @Test
    @DisplayName("a leader's elapsed time can be set ahead, for the entries that follow; the others' is what their log says")
    void elapsedIsSetAhead() {
        Cluster cluster = Cluster.of(3);
        cluster.elect(1);
        cluster.nowMillis += 40;
        cluster.turn(cluster.box(2), raft -> raft.advanceElapsed(7_000));
        cluster.turn(cluster.box(1), raft -> raft.advanceElapsed(5_000));
        assertThat(cluster.raft(1).elapsedMillis()).isEqualTo(5_040);
        assertThat(cluster.raft(2).elapsedMillis()).isZero();
        cluster.propose(1, "a");
        cluster.settle();
        assertThat(cluster.raft(2).elapsedMillis()).isEqualTo(5_040);
    }

    @Test
    @DisplayName("elapsed time goes on where the last leader's entries left it, and never back")
    void elapsedGoesOn() {
        Cluster cluster = Cluster.of(3);
        cluster.elect(1);
        cluster.pass(400);
        cluster.propose(1, "a");
        cluster.settle();
        cluster.crash(1);
        cluster.pass(5_000);
        int leader = cluster.leader().key.id().value();
        cluster.propose(leader, "b");
        cluster.settle();
        List<Entry> applied = cluster.box(leader).applied;
        for (int i = 1; i < applied.size(); i++) {
            assertThat(applied.get(i).elapsedMillis()).isGreaterThanOrEqualTo(applied.get(i - 1).elapsedMillis());
        }
        long span = applied.get(applied.size() - 1).elapsedMillis();
        assertThat(span).as("time without a leader does not count").isBetween(400L, 5_300L);
    }
}

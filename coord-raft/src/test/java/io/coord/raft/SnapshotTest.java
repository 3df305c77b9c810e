package io.coord.raft;

import static io.coord.raft.Cluster.isTo;
import static io.coord.raft.Cluster.key;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.coord.Bytes;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class SnapshotTest {

    private static final RaftConfig NO_TAIL =
            new RaftConfig(300 * Cluster.MILLI, 60 * Cluster.MILLI, 2_000 * Cluster.MILLI, 1, 400, 4, 1_000, 10_000, 0);

    private static void write(Cluster cluster, int leader, int from, int to) {
        for (int i = from; i <= to; i++) {
            cluster.propose(leader, "w" + i);
            cluster.settle();
        }
    }

    /** Member 3 is down, and not heard of for long, while the others commit and compact away what it lacks. */
    private static Cluster lagging() {
        Cluster cluster = Cluster.of(3, NO_TAIL);
        cluster.elect(1);
        write(cluster, 1, 1, 3);
        cluster.crash(3);
        cluster.pass(400);
        write(cluster, 1, 4, 20);
        cluster.snapshot(1);
        cluster.snapshot(2);
        write(cluster, 1, 21, 22);
        return cluster;
    }

    /** Notes the offset of each piece that is sent from now on. */
    private static List<Long> offsetsOf(Cluster cluster) {
        List<Long> offsets = new ArrayList<>();
        Predicate<Envelope> lost = cluster.lost;
        cluster.lost = envelope -> {
            if (envelope.message() instanceof Message.SnapshotChunk chunk) {
                offsets.add(chunk.offset());
            }
            return lost.test(envelope);
        };
        return offsets;
    }

    @Test
    @DisplayName("fault.M7, peer.B37: a member whose next entry is compacted away gets a snapshot, then the log behind it")
    void fallsBackToASnapshot() {
        Cluster cluster = lagging();
        List<Long> offsets = offsetsOf(cluster);
        cluster.restart(3);
        cluster.pass(60);
        assertThat(cluster.box(3).words()).as("as soon as it is heard").hasSize(22);
        assertThat(cluster.raft(3).base()).isEqualTo(cluster.raft(1).base());
        assertThat(offsets).containsExactly(0L, 16L, 32L);
        write(cluster, 1, 23, 25);
        assertThat(cluster.box(3).words()).hasSize(25);
    }

    @Test
    @DisplayName("fault.M7: a tail of the log is kept, so that a member that lags a little needs no snapshot")
    void keepsATail() {
        Cluster cluster = Cluster.of(3);
        cluster.elect(1);
        write(cluster, 1, 1, 10);
        cluster.crash(3);
        write(cluster, 1, 11, 13);
        cluster.snapshot(1);
        assertThat(cluster.raft(1).lastIndex() - cluster.raft(1).base().index()).isEqualTo(3);
        int[] chunks = {0};
        cluster.lost = envelope -> {
            chunks[0] += envelope.message() instanceof Message.SnapshotChunk ? 1 : 0;
            return false;
        };
        cluster.restart(3);
        cluster.pass(200);
        assertThat(cluster.box(3).words()).hasSize(13);
        assertThat(chunks[0]).isZero();
    }

    @Test
    @DisplayName("fault.M6: a transfer goes on where it was when pieces or answers are lost")
    void resumes() {
        Cluster cluster = lagging();
        int[] chunks = {0};
        cluster.lost = envelope -> {
            boolean isChunk = envelope.message() instanceof Message.SnapshotChunk;
            chunks[0] += isChunk ? 1 : 0;
            return isChunk && chunks[0] == 2 || envelope.message() instanceof Message.SnapshotReply && chunks[0] == 3;
        };
        List<Long> offsets = offsetsOf(cluster);
        cluster.restart(3);
        cluster.pass(300);
        assertThat(offsets).as("an answer may still come").containsExactly(0L, 16L);
        cluster.pass(700);
        assertThat(cluster.box(3).words()).hasSize(22);
        assertThat(offsets).containsExactly(0L, 16L, 16L, 16L, 32L);
    }

    @Test
    @DisplayName("fault.M6: if the answer to the last piece is lost, that is sent again, and answered by where the member is")
    void lostLastAnswer() {
        Cluster cluster = lagging();
        cluster.lost = envelope -> envelope.message() instanceof Message.SnapshotReply reply && reply.installed();
        List<Long> offsets = offsetsOf(cluster);
        cluster.restart(3);
        cluster.pass(1_000);
        assertThat(offsets).containsExactly(0L, 16L, 32L, 32L);
        assertThat(cluster.box(3).words()).hasSize(22);
    }

    @Test
    @DisplayName("a snapshot that is whole is verified by its member: no piece is asked for meanwhile, written again or answered")
    void verifiedMeanwhile() {
        Cluster cluster = lagging();
        cluster.kept = envelope -> envelope.message() instanceof Message.SnapshotChunk;
        cluster.restart(3);
        cluster.pass(60);
        Envelope first = cluster.keptBack.get(0);
        Message.SnapshotChunk piece = (Message.SnapshotChunk) first.message();
        SnapshotMeta meta = piece.meta();
        Raft member = cluster.raft(3);
        member.receive(first);
        assertThat(member.drain().snapshots()).containsExactly(new RaftEffects.SnapshotTask.WriteChunk(piece));
        member.chunkWritten(meta.last().index(), meta.sizeBytes());
        List<Envelope> written = member.drain().messages();
        assertThat(written).extracting(Envelope::message)
                .containsExactly(new Message.SnapshotReply(member.term(), meta.last().index(), meta.sizeBytes(), false));
        member.receive(first);
        RaftEffects again = member.drain();
        assertThat(again.messages()).isEmpty();
        assertThat(again.snapshots()).isEmpty();

        cluster.deliver(written.get(0));
        cluster.pass(295);
        assertThat(cluster.keptBack).hasSize(1);
        cluster.pass(65);
        assertThat(cluster.keptBack).as("in case it is lost: anew").extracting(Envelope::message).containsExactly(piece, piece);
    }

    @Test
    @DisplayName("fault.M7: who installed a snapshot that the leader's log has left behind is sent the next at once")
    void leftBehindMeanwhile() {
        Cluster cluster = lagging();
        cluster.kept = envelope -> envelope.message() instanceof Message.SnapshotReply reply && reply.installed();
        cluster.restart(3);
        cluster.pass(60);
        write(cluster, 1, 23, 40);
        cluster.snapshot(1);
        cluster.kept = envelope -> false;
        cluster.release();
        assertThat(cluster.box(3).words()).hasSize(40);
    }

    @Test
    @DisplayName("fault.M7: a transfer that the leader's log has left behind is not gone on with: the newest snapshot is sent instead")
    void leftBehindOnTheWay() {
        Cluster cluster = lagging();
        cluster.lost = envelope -> envelope.message() instanceof Message.SnapshotChunk chunk && chunk.offset() == 16;
        cluster.restart(3);
        cluster.pass(60);
        write(cluster, 1, 23, 40);
        cluster.snapshot(1);
        cluster.heal();
        List<Long> offsets = offsetsOf(cluster);
        cluster.pass(400);
        assertThat(cluster.box(3).words()).hasSize(40);
        assertThat(offsets).containsExactly(0L, 16L, 32L);
    }

    @Test
    @DisplayName("a snapshot that is gone while it is sent gives way to the newest, after a while")
    void goneOnTheWay() {
        Cluster cluster = Cluster.of(3); // with a tail: the log alone does not make the snapshot too old
        cluster.elect(1);
        cluster.crash(3);
        write(cluster, 1, 1, 10);
        cluster.snapshot(1);
        long first = cluster.box(1).disk.newest().meta().last().index();
        cluster.lost = envelope -> envelope.message() instanceof Message.SnapshotChunk chunk && chunk.offset() == 16;
        cluster.restart(3);
        cluster.pass(60);
        write(cluster, 1, 11, 12);
        cluster.snapshot(1);
        cluster.box(1).disk.snapshots.remove(first);
        assertThat(cluster.raft(1).base().index()).isLessThan(first);
        cluster.heal();
        cluster.pass(1_000);
        assertThat(cluster.box(3).words()).hasSize(12);
    }

    @Test
    @DisplayName("nothing is read from the disk for members that need no snapshot")
    void nothingIsReadForNothing() {
        Cluster cluster = Cluster.of(3);
        cluster.elect(1);
        write(cluster, 1, 1, 10);
        cluster.snapshot(1);
        for (int i = 0; i < 200; i++) {
            cluster.nowMillis += 5;
            cluster.tickAll();
            assertThat(cluster.hasSlowWork()).isFalse();
            cluster.settle();
        }
    }

    @Test
    @DisplayName("inv.R4: who is offered a snapshot of what its log holds knows that this is committed, and says that it has it")
    void holdsItAlready() {
        Cluster cluster = Cluster.of(3);
        for (int i = 1; i <= 3; i++) {
            cluster.preload(i, 5, 1, 1, 2, 2);
        }
        SnapshotMeta meta = new SnapshotMeta(new EntryId(Cluster.nth(3), 2), 0, 0, cluster.origin.configuration(), 40, 7);
        cluster.deliver(new Envelope(key(1), key(2), new Message.SnapshotChunk(5, meta, 0, Bytes.utf8("x"))));
        assertThat(cluster.raft(2).commitIndex()).isEqualTo(Cluster.nth(3));
        assertThat(cluster.hasSlowWork()).as("nothing is written").isFalse();
        assertThat(cluster.network).extracting(Envelope::message).containsExactly(new Message.Appended(5, Cluster.nth(3)));
    }

    @Test
    @DisplayName("a snapshot that was received is not installed where the log has overtaken it, nor by who campaigns or leads")
    void notInstalled() {
        Cluster cluster = Cluster.of(3);
        cluster.elect(1);
        write(cluster, 1, 1, 5);
        Configuration configuration = cluster.origin.configuration();
        SnapshotMeta overtaken = new SnapshotMeta(new EntryId(Cluster.nth(3), 1), 0, 0, configuration, 40, 7);
        SnapshotMeta ahead = new SnapshotMeta(new EntryId(Cluster.nth(30), 1), 0, 0, configuration, 40, 7);
        assertThat(cluster.raft(2).snapshotReceived(overtaken)).isFalse();
        assertThat(cluster.raft(1).snapshotReceived(ahead)).isFalse();
        for (int i = 1; i <= 2; i++) {
            assertThat(cluster.raft(i).drain().snapshots()).isEmpty();
            assertThat(cluster.raft(i).lastIndex()).isEqualTo(Cluster.nth(6));
        }
    }

    @Test
    @DisplayName("fault.M6, peer.B4: nothing of a snapshot is acknowledged before it is installed on the disk")
    void acknowledgesWhatIsInstalled() {
        Cluster cluster = lagging();
        cluster.restart(3);
        cluster.box(3).stuckDisk = true;
        cluster.pass(1_500);
        assertThat(cluster.raft(3).commitIndex()).isGreaterThanOrEqualTo(cluster.raft(1).base().index());
        for (PeerProgress peer : cluster.raft(1).progress()) {
            if (peer.member().equals(key(3))) {
                assertThat(peer.match()).isLessThan(cluster.raft(1).base().index());
            }
        }
        cluster.crash(3);
        cluster.box(3).stuckDisk = false;
        cluster.restart(3);
        assertThat(cluster.box(3).words()).as("it starts from before").hasSizeLessThan(5);
        cluster.pass(1_500);
        assertThat(cluster.box(3).words()).hasSize(22);
    }

    @Test
    @DisplayName("fault.M6: another leader goes on with the transfer the first began")
    void anotherLeaderGoesOn() {
        Cluster cluster = lagging();
        cluster.lost = envelope -> envelope.message() instanceof Message.SnapshotChunk chunk && chunk.offset() > 16;
        cluster.restart(3);
        cluster.pass(200);
        cluster.crash(1);
        cluster.heal();
        cluster.pass(2_500);
        assertThat(cluster.raft(2).role()).isEqualTo(Role.LEADER);
        assertThat(cluster.box(3).words()).hasSize(22);
    }

    @Test
    @DisplayName("a refused snapshot is asked for anew, after a while")
    void refusedSnapshotsAreRepeated() {
        Cluster cluster = lagging();
        cluster.kept = envelope -> envelope.message() instanceof Message.SnapshotChunk;
        cluster.restart(3);
        cluster.pass(400);
        assertThat(cluster.keptBack).isNotEmpty();
        cluster.kept = envelope -> false;
        cluster.deliver(cluster.keptBack.get(0));
        long index = cluster.raft(1).base().index();
        cluster.turn(cluster.box(3), raft -> raft.chunkRefused(index - 1));
        assertThat(cluster.network).as("another snapshot").isEmpty();
        cluster.turn(cluster.box(3), raft -> raft.chunkRefused(index));
        assertThat(cluster.network).extracting(Envelope::message)
                .containsExactly(new Message.SnapshotReply(cluster.raft(3).term(), index, 0, false));
        cluster.pass(1_000);
        assertThat(cluster.box(3).words()).hasSize(22);
    }

    @Test
    @DisplayName("a missing snapshot is looked for again, after a while")
    void missingSnapshots() {
        Cluster cluster = lagging();
        var stored = new java.util.TreeMap<>(cluster.box(1).disk.snapshots);
        cluster.box(1).disk.snapshots.clear();
        cluster.restart(3);
        cluster.pass(500);
        assertThat(cluster.box(3).words()).hasSizeLessThan(5);
        cluster.box(1).disk.snapshots.putAll(stored);
        cluster.pass(700);
        assertThat(cluster.box(3).words()).hasSize(22);
    }

    @Test
    @DisplayName("peer.B52: an old leader with a snapshot and entries nobody else has takes the new leader's log")
    void oldLeaderWithASnapshot() {
        Cluster cluster = Cluster.of(3, NO_TAIL);
        cluster.elect(1);
        write(cluster, 1, 1, 10);
        cluster.snapshot(1);
        cluster.cutOff(1);
        cluster.propose(1, "nobody's", "nobody's either");
        cluster.settle();
        cluster.pass(2_000);
        int leader = cluster.leader().key.id().value();
        write(cluster, leader, 11, 15);
        cluster.heal();
        cluster.pass(500);
        assertThat(cluster.box(1).words()).hasSize(15).doesNotContain("nobody's");
    }

    @Test
    @DisplayName("peer.B52: an append whose previous entry is inside the snapshot is taken from the snapshot's end on")
    void appendAcrossTheBase() {
        Cluster cluster = Cluster.of(3, NO_TAIL);
        cluster.elect(1);
        write(cluster, 1, 1, 10);
        cluster.snapshot(2);
        Raft leader = cluster.raft(1);
        assertThat(cluster.raft(2).base().index()).isEqualTo(leader.lastIndex());
        long from = leader.lastIndex() - 4;
        List<Entry> entries = List.of(
                leader.entry(from + 1), leader.entry(from + 2), leader.entry(from + 3), leader.entry(from + 4),
                new Entry(from + 5, leader.term(), 0, 0, new Text("next")));
        cluster.deliver(new Envelope(
                key(1), key(2), new Message.Append(leader.term(), new EntryId(from, leader.term()), entries, 0)));
        assertThat(cluster.raft(2).lastIndex()).isEqualTo(from + 5);
    }

    @Test
    @DisplayName("inv.R4: a leader that contradicts the snapshot's last entry stops the member")
    void contradictsTheBase() {
        Cluster cluster = Cluster.of(3, NO_TAIL);
        cluster.elect(1);
        write(cluster, 1, 1, 10);
        cluster.snapshot(2);
        EntryId base = cluster.raft(2).base();
        Message contradiction = new Message.Append(9, new EntryId(base.index(), base.term() + 1), List.of(), base.index());
        assertThatThrownBy(() -> cluster.deliver(new Envelope(key(3), key(2), contradiction)))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("is committed here");
    }

    @Test
    @DisplayName("inv.R10, peer.B47: a member that starts from a snapshot has committed what is in it")
    void commitAfterARestart() {
        Cluster cluster = Cluster.of(1, NO_TAIL);
        cluster.settle();
        write(cluster, 1, 1, 10);
        cluster.snapshot(1);
        long index = cluster.raft(1).commitIndex();
        cluster.crash(1);
        cluster.restart(1);
        assertThat(cluster.raft(1).commitIndex()).isEqualTo(index);
        cluster.settle();
        long read = cluster.read(1);
        assertThat(cluster.box(1).readsServed.get(read)).isGreaterThanOrEqualTo(index);
    }

    @Test
    @DisplayName("peer.B9: the commit index may pass while a snapshot is on its way")
    void commitsPassMeanwhile() {
        Cluster cluster = lagging();
        cluster.box(3).stuckDisk = true;
        cluster.restart(3);
        cluster.pass(50);
        for (int i = 23; i <= 30; i++) {
            write(cluster, 1, i, i);
            cluster.pass(60);
        }
        cluster.box(3).stuckDisk = false;
        cluster.pass(1_000);
        assertThat(cluster.box(3).words()).hasSize(30);
    }

    @Test
    @DisplayName("peer.B32: two snapshots in quick succession are both installed, or the second alone")
    void twoSnapshots() {
        Cluster cluster = lagging();
        cluster.kept = envelope -> isTo(envelope, 3) && envelope.message() instanceof Message.SnapshotChunk;
        cluster.restart(3);
        cluster.pass(200);
        write(cluster, 1, 23, 40);
        cluster.snapshot(1);
        cluster.kept = envelope -> false;
        cluster.release();
        cluster.pass(2_000);
        assertThat(cluster.box(3).words()).hasSize(40);
    }

    @Test
    @DisplayName("entries long committed are handed out in turns of a bounded size, however often a turn looks (rule.21)")
    void handsOutInTurns() {
        Cluster cluster = Cluster.of(1, RaftConfig.DEFAULT);
        cluster.settle();
        String large = "x".repeat(1 << 18);
        cluster.propose(1, large, large, large, large, large, large);
        cluster.force(cluster.box(1));
        assertThat(cluster.box(1).words()).hasSize(3);
        assertThat(cluster.raft(1).drain().committed()).isEmpty();
        assertThat(cluster.raft(1).nextDeadlineNanos()).isLessThanOrEqualTo(cluster.nowMillis * Cluster.MILLI);
        cluster.tickAll();
        assertThat(cluster.box(1).words()).hasSize(6);
    }
}

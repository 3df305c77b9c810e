package io.coord.raft;

import static io.coord.raft.Cluster.isTo;
import static io.coord.raft.Cluster.key;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
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

    /** Member 3 is down while the others commit and compact away what it lacks. */
    private static Cluster lagging() {
        Cluster cluster = Cluster.of(3, NO_TAIL);
        cluster.elect(1);
        write(cluster, 1, 1, 3);
        cluster.crash(3);
        write(cluster, 1, 4, 20);
        cluster.snapshot(1);
        cluster.snapshot(2);
        write(cluster, 1, 21, 22);
        return cluster;
    }

    @Test
    @DisplayName("fault.M7, peer.B37: a member whose next entry is compacted away gets a snapshot, then the log behind it")
    void fallsBackToASnapshot() {
        Cluster cluster = lagging();
        cluster.restart(3);
        cluster.pass(500);
        assertThat(cluster.box(3).words()).hasSize(22);
        assertThat(cluster.raft(3).base()).isEqualTo(cluster.raft(1).base());
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
        cluster.restart(3);
        cluster.pass(2_000);
        assertThat(cluster.box(3).words()).hasSize(22);
        assertThat(chunks[0]).isBetween(4, 6);
    }

    @Test
    @DisplayName("fault.M6, peer.B4: nothing of a snapshot is acknowledged before it is installed on the disk")
    void acknowledgesWhatIsInstalled() {
        Cluster cluster = lagging();
        cluster.restart(3);
        cluster.pass(20);
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
        cluster.turn(cluster.box(3), raft -> raft.chunkRefused(cluster.raft(1).base().index()));
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

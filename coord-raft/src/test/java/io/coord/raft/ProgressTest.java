package io.coord.raft;

import static org.assertj.core.api.Assertions.assertThat;

import io.coord.raft.PeerProgress.State;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class ProgressTest {

    private static final RaftConfig CONFIG = new RaftConfig(300, 60, 1_000, 1_000, 400, 2, 1_000, 10_000, 3);

    private final Progress peer = new Progress(Cluster.key(2), 11, CONFIG, 0);

    private static List<Entry> entries(long from, int count) {
        List<Entry> entries = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            entries.add(new Entry(from + i, 1, 0, 0, new Text("x")));
        }
        return entries;
    }

    private void expect(State state, long match, long next) {
        assertThat(peer.state()).isEqualTo(state);
        assertThat(peer.match()).isEqualTo(match);
        assertThat(peer.next()).isEqualTo(next);
        assertThat(peer.match()).as("inv.R14").isLessThan(peer.next());
    }

    @Test
    @DisplayName("a probe is one message at a time, until it is answered or a heartbeat is")
    void probesOneAtATime() {
        assertThat(peer.isOpen()).isTrue();
        peer.sent(entries(11, 1), 5, 0);
        expect(State.PROBE, 0, 11);
        assertThat(peer.isOpen()).isFalse();
        peer.answered(1, 11);
        assertThat(peer.isOpen()).isTrue();
    }

    @Test
    @DisplayName("a probe that matches opens the window")
    void probeToReplicate() {
        peer.sent(entries(11, 1), 5, 0);
        peer.appended(11, 0);
        expect(State.REPLICATE, 11, 12);
    }

    @Test
    @DisplayName("a partial answer to a probe moves the match, and the probe goes on")
    void partialAnswer() {
        peer.appended(7, 0);
        expect(State.PROBE, 7, 11);
    }

    @Test
    @DisplayName("a rejected probe goes back to the hint, never to the match or below, nor up")
    void rejectedProbes() {
        peer.rejected(10, 6);
        expect(State.PROBE, 0, 7);
        peer.rejected(10, 3);
        expect(State.PROBE, 0, 7); // late
        peer.rejected(6, 9);
        expect(State.PROBE, 0, 6);
        peer.appended(4, 0);
        peer.rejected(5, 1);
        expect(State.PROBE, 4, 5);
        peer.rejected(4, 1);
        expect(State.PROBE, 4, 5); // late: it agreed meanwhile
    }

    @Test
    @DisplayName("the window takes so many messages ahead, and answers make room")
    void windowOfMessages() {
        peer.appended(10, 0);
        peer.sent(entries(11, 2), 5, 0);
        peer.sent(entries(13, 1), 5, 0);
        expect(State.REPLICATE, 10, 14);
        assertThat(peer.isOpen()).isFalse();
        peer.appended(12, 0);
        assertThat(peer.isOpen()).isTrue();
    }

    @Test
    @DisplayName("the window takes so many bytes ahead")
    void windowOfBytes() {
        peer.appended(10, 0);
        peer.sent(entries(11, 30), 5, 0);
        assertThat(peer.isOpen()).isFalse();
    }

    @Test
    @DisplayName("a gap found by the member falls back to probing behind the match")
    void gapFallsBack() {
        peer.appended(10, 0);
        peer.sent(entries(11, 2), 5, 0);
        peer.rejected(12, 10);
        expect(State.PROBE, 10, 11);
        assertThat(peer.isOpen()).isTrue();
    }

    @Test
    @DisplayName("a late rejection of what has matched since changes nothing")
    void lateRejection() {
        peer.appended(10, 0);
        peer.sent(entries(11, 2), 5, 0);
        peer.rejected(8, 3);
        expect(State.REPLICATE, 10, 13);
    }

    @Test
    @DisplayName("news is due when the commit index moved, or when the answers stop short of the log")
    void news() {
        peer.appended(10, 0);
        peer.sent(List.of(), 8, 0);
        assertThat(peer.needsNews(8)).isFalse();
        assertThat(peer.needsNews(9)).isTrue();
        peer.sent(List.of(), 9, 0);
        assertThat(peer.needsNews(9)).isFalse();
        assertThat(peer.needsNews(12)).as("the member could only use 10").isTrue();
        peer.sent(List.of(), 12, 0);
        assertThat(peer.needsNews(12)).isFalse();
        peer.answered(3, 11);
        assertThat(peer.needsNews(12)).as("11 may be lost").isTrue();
    }

    @Test
    @DisplayName("peer.B39: a snapshot under way ends by whatever brings the member up to our log")
    void snapshotEnds() {
        peer.needSnapshot(0);
        assertThat(peer.isOpen()).isFalse();
        peer.appended(20, 25);
        assertThat(peer.state()).isEqualTo(State.SNAPSHOT);
        peer.appended(30, 25);
        expect(State.REPLICATE, 30, 31);
    }

    @Test
    @DisplayName("only the piece asked for is sent on")
    void pieces() {
        SnapshotMeta first = new SnapshotMeta(new EntryId(30, 2), 0, 0, Configuration.ofVoters(List.of()), 40, 7);
        SnapshotMeta other = new SnapshotMeta(new EntryId(31, 2), 0, 0, Configuration.ofVoters(List.of()), 40, 7);
        peer.needSnapshot(0);
        assertThat(peer.expectsPiece(first, 16)).isFalse();
        assertThat(peer.expectsPiece(first, 0)).isTrue();
        assertThat(peer.expectsPiece(other, 0)).isFalse();
        peer.askSnapshot(30, 16, 1);
        assertThat(peer.expectsPiece(first, 0)).isFalse();
        assertThat(peer.expectsPiece(first, 16)).isTrue();
        peer.askSnapshot(30, 40, 2);
        assertThat(peer.isSnapshotSent()).isTrue();
    }
}

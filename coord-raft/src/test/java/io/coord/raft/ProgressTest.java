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
        assertThat(peer.appended(11, 0)).as("that is news").isTrue();
        expect(State.REPLICATE, 11, 12);
        assertThat(peer.appended(11, 0)).as("it is known").isFalse();
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
        InFlight window = new InFlight(4, 100);
        window.add(11, 99);
        assertThat(window.isFull()).isFalse();
        window.add(12, 1);
        assertThat(window.isFull()).isTrue();
    }

    @Test
    @DisplayName("a gap found by the member falls back to probing behind the match")
    void gapFallsBack() {
        peer.appended(10, 0);
        peer.sent(entries(11, 2), 5, 0);
        peer.sent(entries(13, 2), 5, 0);
        peer.rejected(12, 10);
        expect(State.PROBE, 10, 11);
        assertThat(peer.isOpen()).isTrue();
        peer.appended(10, 0);
        expect(State.REPLICATE, 10, 11);
        assertThat(peer.isOpen()).as("what was lost takes no room in the window").isTrue();
    }

    @Test
    @DisplayName("a late rejection of what has matched since changes nothing")
    void lateRejection() {
        peer.appended(10, 0);
        peer.sent(entries(11, 2), 5, 0);
        peer.rejected(8, 3);
        expect(State.REPLICATE, 10, 13);
        peer.rejected(10, 3);
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
        peer.answered(3, 10);
        assertThat(peer.needsNews(12)).as("it has all there is").isFalse();
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

    @Test
    @DisplayName("with two appends unanswered entries are gathered, until there are 64 or 4 ms have passed")
    void gathers() {
        RaftConfig wide = new RaftConfig(300, 60, 1_000, 1_000, 400, 4, 1_000, 10_000, 3);
        Progress open = new Progress(Cluster.key(2), 11, wide, 0);
        open.appended(10, 0);
        open.sent(entries(11, 1), 5, 0);
        assertThat(open.gathers(12, 0)).as("one is unanswered").isFalse();
        open.sent(entries(12, 1), 5, 7);
        assertThat(open.gathers(13, 7)).isTrue();
        assertThat(open.gathers(12 + 63, 7)).isTrue();
        assertThat(open.gathers(12 + 64, 7)).as("these are enough").isFalse();
        assertThat(open.gathers(13, 7 + 3_999_999)).isTrue();
        assertThat(open.gathers(13, 7 + 4_000_000)).as("they have waited enough").isFalse();
    }

    @Test
    @DisplayName("fault.M3: a member knows that it is removed when it holds that, and has answered a heartbeat that said it is committed")
    void farewell() {
        peer.appended(10, 0);
        peer.answered(4, 11);
        assertThat(peer.knowsCommitted(11, 11, 4)).as("it does not hold 11").isFalse();
        peer.appended(11, 0);
        assertThat(peer.knowsCommitted(11, 10, 5)).as("11 is not committed").isFalse();
        assertThat(peer.knowsCommitted(11, 11, 6)).as("round 6 tells it").isFalse();
        peer.answered(5, 11);
        assertThat(peer.knowsCommitted(11, 11, 7)).isFalse();
        peer.answered(6, 11);
        assertThat(peer.knowsCommitted(11, 11, 8)).isTrue();
    }

    @Test
    @DisplayName("a member has come as far as its snapshot when its log has, while one is on its way that is named")
    void hasItsSnapshot() {
        SnapshotMeta meta = new SnapshotMeta(new EntryId(30, 2), 0, 0, Configuration.ofVoters(List.of()), 40, 7);
        peer.needSnapshot(0);
        peer.appended(20, 35);
        assertThat(peer.hasSnapshot()).as("which one is not known yet").isFalse();
        peer.expectsPiece(meta, 0);
        assertThat(peer.hasSnapshot()).as("it is at 20").isFalse();
        peer.appended(30, 35);
        assertThat(peer.hasSnapshot()).isTrue();
        peer.appended(35, 35);
        assertThat(peer.hasSnapshot()).as("none is on its way any more").isFalse();
    }

    @Test
    @DisplayName("a member that needs a snapshot again is given the newest from its beginning, whatever it was given before")
    void anotherSnapshot() {
        SnapshotMeta first = new SnapshotMeta(new EntryId(30, 2), 0, 0, Configuration.ofVoters(List.of()), 40, 7);
        SnapshotMeta other = new SnapshotMeta(new EntryId(50, 2), 0, 0, Configuration.ofVoters(List.of()), 40, 7);
        peer.needSnapshot(0);
        peer.expectsPiece(first, 0);
        peer.askSnapshot(30, 16, 1);
        peer.appended(30, 25);
        peer.needSnapshot(2);
        assertThat(peer.isSnapshotSent()).isFalse();
        assertThat(peer.expectsPiece(other, 16)).isFalse();
        assertThat(peer.expectsPiece(other, 0)).isTrue();
    }
}

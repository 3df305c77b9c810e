package io.coord.raft;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class ReadIndexesTest {

    private final ReadIndexes<String> reads = new ReadIndexes<>();
    private final List<String> served = new ArrayList<>();

    private void confirm(long round) {
        reads.confirmed(round, (read, index) -> served.add(read + "@" + index));
    }

    @Test
    @DisplayName("reads gathered before a round begins share it; later ones share the next")
    void shareRounds() {
        reads.add("a");
        reads.add("b");
        reads.begin(1, 10);
        reads.add("c");
        assertThat(reads.pending()).isEqualTo(3);
        confirm(1);
        assertThat(served).containsExactly("a@10", "b@10");
        assertThat(reads.hasGathered()).isTrue();
        assertThat(reads.pending()).isEqualTo(1);
        reads.begin(2, 12);
        confirm(2);
        assertThat(reads.pending()).isZero();
        assertThat(served).containsExactly("a@10", "b@10", "c@12");
    }

    @Test
    @DisplayName("peer.B33: an answer to an earlier round confirms nothing of a later one")
    void earlierRoundsConfirmNothing() {
        reads.begin(7, 10);
        reads.add("a");
        reads.begin(8, 10);
        confirm(7);
        assertThat(served).isEmpty();
    }

    @Test
    @DisplayName("a quorum for a later round confirms the earlier ones too")
    void laterRoundsConfirmEarlier() {
        reads.add("a");
        reads.begin(1, 10);
        reads.add("b");
        reads.begin(2, 11);
        confirm(5);
        assertThat(served).containsExactly("a@10", "b@11");
    }

    @Test
    @DisplayName("abandoned reads are all returned, once")
    void abandon() {
        reads.add("a");
        reads.begin(1, 10);
        reads.add("b");
        assertThat(reads.abandon()).containsExactly("a", "b");
        assertThat(reads.abandon()).isEmpty();
        confirm(9);
        assertThat(served).isEmpty();
    }
}

package io.coord.raft;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class ElectionTest {

    @Test
    @DisplayName("a leader is elected within two election timeouts and commits in its own term")
    void electsALeader() {
        Cluster cluster = Cluster.of(3);
        cluster.pass(700);
        assertThat(cluster.leader()).isNotNull();
        assertThat(cluster.leader().up().hasCommittedInOwnTerm()).isTrue();
    }

    @Test
    @DisplayName("what is proposed at any member is handed out at every member")
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
}

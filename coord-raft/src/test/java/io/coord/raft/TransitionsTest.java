package io.coord.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TransitionsTest {

    @ParameterizedTest(name = "{0} -> {1}")
    @CsvSource({
        "FOLLOWER, FOLLOWER PRE_CANDIDATE CANDIDATE LEARNER",
        "PRE_CANDIDATE, PRE_CANDIDATE CANDIDATE FOLLOWER LEARNER",
        "CANDIDATE, LEADER PRE_CANDIDATE FOLLOWER LEARNER",
        "LEADER, FOLLOWER LEARNER",
        "LEARNER, LEARNER FOLLOWER",
    })
    @DisplayName("from each role lead exactly these moves")
    void legalMoves(Role from, String legal) {
        for (Role to : Role.values()) {
            boolean listed = java.util.List.of(legal.split(" ")).contains(to.name());
            assertThat(Transitions.isLegal(from, to)).as("%s -> %s", from, to).isEqualTo(listed);
        }
    }

    @Test
    @DisplayName("an illegal move names both roles")
    void illegalMovesNameBothRoles() {
        assertThatThrownBy(() -> Transitions.check(Role.FOLLOWER, Role.LEADER))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("a FOLLOWER cannot become a LEADER");
    }
}

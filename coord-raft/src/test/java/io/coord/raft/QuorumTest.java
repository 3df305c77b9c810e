package io.coord.raft;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class QuorumTest {

    private static final MemberKey[] M = {null, key(1), key(2), key(3), key(4), key(5), key(6)};

    private static MemberKey key(int number) {
        return Cluster.key(number);
    }

    private static Quorum joint(List<MemberKey> voters, List<MemberKey> outgoing, MemberKey... learners) {
        return new Quorum(new Configuration(voters, outgoing, List.of(learners), List.of()));
    }

    @ParameterizedTest(name = "{0} -> {1}")
    @CsvSource({
        "7, 7",
        "7 9 4, 7",
        "4 7 9, 7",
        "9 9 1, 9",
        "0 0 9, 0",
        "5 5 5, 5",
        "1 2 3 4 5, 3",
        "5 1 5 1 5, 5",
        "9 9 0 0, 0",
        "1 2 3 4 5 6 7, 4",
    })
    @DisplayName("a majority has reached the middle value, the lower one if there are two")
    void majorityReaches(String values, long reached) {
        long[] all = List.of(values.split(" ")).stream().mapToLong(Long::parseLong).toArray();
        assertThat(Quorum.reached(all, all.length)).isEqualTo(reached);
    }

    @Test
    @DisplayName("nobody reaches anything without voters")
    void noVoters() {
        assertThat(Quorum.reached(new long[0], 0)).isEqualTo(Long.MIN_VALUE);
    }

    @Test
    @DisplayName("two voter sets reach what both have reached (thesis 4.3)")
    void jointReachesTheLowerOfBoth() {
        TreeMap<MemberKey, Long> match = new TreeMap<>();
        for (int i = 1; i <= 6; i++) {
            match.put(M[i], (long) i * 10);
        }
        Quorum quorum = joint(List.of(M[4], M[5], M[6]), List.of(M[1], M[2], M[3]));
        assertThat(quorum.reached(match::get)).isEqualTo(20);
    }

    @Test
    @DisplayName("inv.R12: a learner's match counts for nothing")
    void learnersDoNotCount() {
        Quorum quorum = joint(List.of(M[1], M[2], M[3]), List.of(), M[4], M[5]);
        assertThat(quorum.reached(member -> member.id().value() >= 3 ? 100 : 1)).isEqualTo(1);
    }

    @ParameterizedTest(name = "{0} in the new, {1} in the old: {2}")
    @CsvSource({
        "yyy, yyy, WON",
        "yy-, -yy, WON",
        "yy-, y--, PENDING",
        "yy-, ynn, LOST",
        "nn-, yyy, LOST",
        "y--, yyy, PENDING",
        "---, ---, PENDING",
    })
    @DisplayName("a ballot over two voter sets is won by winning both, and lost by losing one")
    void jointBallots(String incoming, String outgoing, Quorum.Result result) {
        Quorum quorum = joint(List.of(M[4], M[5], M[6]), List.of(M[1], M[2], M[3]));
        TreeMap<MemberKey, Boolean> answers = new TreeMap<>();
        answer(answers, outgoing, 1);
        answer(answers, incoming, 4);
        assertThat(quorum.count(answers)).isEqualTo(result);
    }

    private static void answer(TreeMap<MemberKey, Boolean> answers, String letters, int from) {
        for (int i = 0; i < letters.length(); i++) {
            if (letters.charAt(i) != '-') {
                answers.put(M[from + i], letters.charAt(i) == 'y');
            }
        }
    }

    @Test
    @DisplayName("a ballot ignores who does not vote, and keeps a voter's first answer")
    void ballotsCountVotersOnce() {
        List<MemberKey> voters = new ArrayList<>(List.of(M[1], M[2], M[3]));
        Ballot ballot = new Ballot(joint(voters, List.of(), M[4]));
        assertThat(ballot.record(M[1], true)).isEqualTo(Quorum.Result.PENDING);
        assertThat(ballot.record(M[4], true)).isEqualTo(Quorum.Result.PENDING);
        assertThat(ballot.record(M[1], true)).isEqualTo(Quorum.Result.PENDING);
        assertThat(ballot.record(M[2], false)).isEqualTo(Quorum.Result.PENDING);
        assertThat(ballot.record(M[2], true)).isEqualTo(Quorum.Result.PENDING);
        assertThat(ballot.record(M[3], true)).isEqualTo(Quorum.Result.WON);
    }
}

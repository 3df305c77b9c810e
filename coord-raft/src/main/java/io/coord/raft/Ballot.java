package io.coord.raft;

import java.util.TreeMap;

/** The answers to one (pre-)vote. A voter's first answer stands. */
final class Ballot {

    private final Quorum quorum;
    private final TreeMap<MemberKey, Boolean> answers = new TreeMap<>();

    Ballot(Quorum quorum) {
        this.quorum = quorum;
    }

    Quorum.Result record(MemberKey voter, boolean granted) {
        answers.putIfAbsent(voter, granted);
        return quorum.count(answers);
    }
}

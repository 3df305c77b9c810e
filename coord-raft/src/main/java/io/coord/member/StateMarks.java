package io.coord.member;

import io.coord.MemberId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Digests of the state at marked indexes, this member's and those that others told: by them a member notices that it has come apart
 * from the rest (rule.14, inv.D-f). Every so many entries there is a mark.
 */
final class StateMarks {

    private static final int REMEMBERED_MAX = 32;
    private static final long EVERY = 128;

    /** By index, what each member's state came to there. */
    private final TreeMap<Long, Map<MemberId, Long>> marks = new TreeMap<>();

    /** What the marks of an index say about this member. */
    sealed interface Verdict {
        /** Nothing, or nothing yet. */
        record Fine() implements Verdict {}

        /** A majority of the voters agrees on another state. */
        record Differs(List<MemberId> majority) implements Verdict {}

        /** All voters have spoken, and no majority agrees on anything. */
        record NoMajority() implements Verdict {}
    }

    private static final Verdict FINE = new Verdict.Fine();

    /** Whether the state is to be marked at an index. */
    static boolean isMark(long index) {
        return index % EVERY == 0;
    }

    /** What a member's state comes to at an index. */
    void told(MemberId member, long index, long digest) {
        if (!isMark(index)) {
            return;
        }
        marks.computeIfAbsent(index, none -> new TreeMap<>()).put(member, digest);
        while (marks.size() > REMEMBERED_MAX) {
            marks.pollFirstEntry();
        }
    }

    /** What a member's state came to, by index. */
    SortedMap<Long, Long> of(MemberId member) {
        SortedMap<Long, Long> own = new TreeMap<>();
        marks.forEach((index, said) -> {
            Long digest = said.get(member);
            if (digest != null) {
                own.put(index, digest);
            }
        });
        return own;
    }

    /** Judges a member by what all of them said about an index. */
    Verdict verdict(MemberId self, long index, List<MemberId> voters) {
        Map<MemberId, Long> said = marks.getOrDefault(index, Map.of());
        Long mine = said.get(self);
        if (mine == null) {
            return FINE;
        }
        int spoken = 0;
        for (MemberId voter : voters) {
            Long digest = said.get(voter);
            if (digest == null) {
                continue;
            }
            spoken++;
            List<MemberId> agreeing = agreeing(said, digest, voters);
            if (agreeing.size() > voters.size() / 2) {
                return digest.equals(mine) ? FINE : new Verdict.Differs(agreeing);
            }
        }
        return spoken == voters.size() ? new Verdict.NoMajority() : FINE;
    }

    private static List<MemberId> agreeing(Map<MemberId, Long> said, Long digest, List<MemberId> voters) {
        List<MemberId> agreeing = new ArrayList<>();
        for (MemberId voter : voters) {
            if (digest.equals(said.get(voter))) {
                agreeing.add(voter);
            }
        }
        return agreeing;
    }

    /** Forgets all: the member begins again from another state. */
    void clear() {
        marks.clear();
    }
}

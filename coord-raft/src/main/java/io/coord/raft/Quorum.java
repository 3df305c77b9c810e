package io.coord.raft;

import java.util.Map;
import java.util.function.ToLongFunction;

/**
 * The majority rule of a configuration. While two voter sets are in force, a decision needs a majority of each (joint consensus,
 * thesis 4.3). Learners never count (inv.R12).
 */
final class Quorum {

    /** How a ballot stands. */
    enum Result {
        /** A quorum said yes. */
        WON,
        /** No quorum can say yes any more. */
        LOST,
        /** It depends on those that did not answer yet. */
        PENDING
    }

    private final MemberKey[] voters;
    private final MemberKey[] outgoing;
    private final long[] scratch;

    Quorum(Configuration configuration) {
        voters = configuration.voters().toArray(new MemberKey[0]);
        outgoing = configuration.outgoing().toArray(new MemberKey[0]);
        scratch = new long[Math.max(voters.length, outgoing.length)];
    }

    /** The largest value that a quorum has reached; {@link Long#MIN_VALUE} if there are no voters. */
    long reached(ToLongFunction<MemberKey> values) {
        long incoming = reached(voters, values);
        return outgoing.length == 0 ? incoming : Math.min(incoming, reached(outgoing, values));
    }

    private long reached(MemberKey[] set, ToLongFunction<MemberKey> values) {
        for (int i = 0; i < set.length; i++) {
            scratch[i] = values.applyAsLong(set[i]);
        }
        return reached(scratch, set.length);
    }

    /** The largest value that a majority has reached. Sorts in place; insertion, since there are at most seven. */
    static long reached(long[] values, int count) {
        if (count == 0) {
            return Long.MIN_VALUE;
        }
        for (int i = 1; i < count; i++) {
            long value = values[i];
            int at = i;
            for (; at > 0 && values[at - 1] > value; at--) {
                values[at] = values[at - 1];
            }
            values[at] = value;
        }
        return values[(count - 1) / 2];
    }

    /** How a ballot stands, given the answers so far. */
    Result count(Map<MemberKey, Boolean> answers) {
        Result incoming = count(voters, answers);
        if (outgoing.length == 0 || incoming == Result.LOST) {
            return incoming;
        }
        Result before = count(outgoing, answers);
        return before == Result.WON ? incoming : before;
    }

    private static Result count(MemberKey[] set, Map<MemberKey, Boolean> answers) {
        int majority = set.length / 2 + 1;
        int yes = 0;
        int open = 0;
        for (MemberKey voter : set) {
            Boolean answer = answers.get(voter);
            if (answer == null) {
                open++;
            } else if (answer) {
                yes++;
            }
        }
        if (yes >= majority) {
            return Result.WON;
        }
        return yes + open >= majority ? Result.PENDING : Result.LOST;
    }
}

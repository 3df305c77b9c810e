package io.coord.testkit.process;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Who held a lock, with which token, and which version of a node that it guards each wrote meanwhile: once each. No two at a time, tokens
 * that grow, and no write between two of them that nobody made.
 */
final class LockHistory {

    private final List<Hold> holds = new ArrayList<>();
    private final List<String> violations = new ArrayList<>();

    /** From when its client knew that it had the lock until before it gave it back. */
    private record Hold(String who, long token, int version, long beginNanos, long endNanos) {}

    synchronized void held(String who, long token, int version, long beginNanos, long endNanos) {
        holds.add(new Hold(who, token, version, beginNanos, endNanos));
    }

    /** What a holder met that it cannot have met alone. */
    synchronized void met(String what) {
        violations.add(what);
    }

    /** What is wrong, where the guarded node in the end has that version, and the token of whoever wrote it. */
    synchronized List<String> violations(int version, long token) {
        List<String> wrong = new ArrayList<>(violations);
        List<Hold> inOrder = new ArrayList<>(holds);
        inOrder.sort(Comparator.comparingLong(Hold::beginNanos));
        Hold before = new Hold("nobody", 0, 0, Long.MIN_VALUE, Long.MIN_VALUE);
        for (Hold hold : inOrder) {
            if (hold.beginNanos() < before.endNanos()) {
                wrong.add("two hold the lock: " + before + " and " + hold);
            }
            if (hold.token() <= before.token()) {
                wrong.add("the token did not grow from " + before + " to " + hold);
            }
            if (hold.version() != before.version() + 1) {
                wrong.add("a write that is lost, or nobody's, between " + before + " and " + hold);
            }
            before = hold;
        }
        if (before.version() != version || before.token() != token) {
            wrong.add("the guarded node has version " + version + " of token " + token + " behind " + before);
        }
        return wrong;
    }
}

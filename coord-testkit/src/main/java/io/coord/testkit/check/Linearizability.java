package io.coord.testkit.check;

import io.coord.testkit.check.History.Answer;
import io.coord.testkit.check.History.Call;
import io.coord.testkit.check.History.Verb;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Whether a history could be that of single nodes on which calls take effect one at a time, each between its call and its answer.
 *
 * <p>{@link #search} needs nothing but the history: it looks for an order, node by node (Wing and Gong 1993, with the memory of Lowe
 * 2017). {@link #witnessed} is given the order by the zxids of the answers and only verifies it, in the time it takes to sort.
 */
public final class Linearizability {

    private Linearizability() {}

    // ------------------------------------------------------------------------------------------------ the search

    /** The call or the answer of one call, in a list from which both are lifted out while it counts as done. */
    private static final class Mark {
        final int number;
        final @Nullable Call call;
        /** Of a call, its answer; null for an answer. */
        final @Nullable Mark answer;
        @Nullable Mark before;
        @Nullable Mark next;

        Mark(int number, @Nullable Call call, @Nullable Mark answer) {
            this.number = number;
            this.call = call;
            this.answer = answer;
        }

        void lift() {
            if (before != null) {
                before.next = next;
            }
            if (next != null) {
                next.before = before;
            }
        }

        void putBack() {
            if (before != null) {
                before.next = this;
            }
            if (next != null) {
                next.before = this;
            }
        }
    }

    private record Seen(BitSet done, Register state) {}

    private record Step(Mark mark, Register before, boolean isPure) {}

    /**
     * Looks for an order of the calls that explains every answer; local reads are left out, since they may be behind.
     *
     * @return what cannot be explained, or empty if all can
     */
    public static Optional<String> search(History history) {
        for (Map.Entry<String, List<Call>> node : history.byPath().entrySet()) {
            List<Call> calls = new ArrayList<>();
            for (Call call : node.getValue()) {
                boolean counts = call.verb().isWrite() || call.verb() == Verb.LINEARIZABLE_READ && call.answer() != null;
                if (counts) {
                    calls.add(call);
                }
            }
            Optional<String> found = searchNode(node.getKey(), calls);
            if (found.isPresent()) {
                return found;
            }
        }
        return Optional.empty();
    }

    private static Optional<String> searchNode(String path, List<Call> calls) {
        Mark head = marks(calls);
        int answersLeft = (int) calls.stream().filter(call -> call.answer() != null).count();
        ArrayDeque<Step> steps = new ArrayDeque<>();
        Set<Seen> seen = new HashSet<>();
        BitSet done = new BitSet(calls.size());
        Register state = Register.ABSENT;
        Call furthest = null;
        answersLeft -= takePure(head, state, steps, done);
        Mark mark = head.next;
        while (answersLeft > 0) {
            if (mark != null && mark.call != null) {
                Register after = state.after(mark.call);
                boolean changes = after != null && !after.equals(state);
                done.set(mark.number);
                if (changes && seen.add(new Seen((BitSet) done.clone(), after))) {
                    steps.push(new Step(mark, state, false));
                    answersLeft -= take(mark);
                    state = after;
                    answersLeft -= takePure(head, state, steps, done);
                    mark = head.next;
                } else {
                    done.clear(mark.number);
                    mark = mark.next;
                }
                continue;
            }
            // An answer whose call cannot come first, or the end: what changed the node last must have been another call.
            furthest = mark == null ? furthest : calls.get(mark.number);
            Step undone = null;
            while (undone == null && !steps.isEmpty()) {
                Step last = steps.pop();
                done.clear(last.mark().number);
                answersLeft += putBack(last.mark());
                state = last.before();
                undone = last.isPure() ? null : last;
            }
            if (undone == null) {
                return Optional.of(path + ": no order of its " + calls.size() + " calls explains every answer; the last that could not be "
                        + "explained is " + furthest);
            }
            mark = undone.mark().next;
        }
        return Optional.empty();
    }

    /** Takes all calls that may come now and leave the node as it is: an order that takes them later would do as well with them here. */
    private static int takePure(Mark head, Register state, ArrayDeque<Step> steps, BitSet done) {
        int answers = 0;
        boolean again = true;
        while (again) {
            again = false;
            for (Mark mark = head.next; mark != null && mark.call != null; mark = mark.next) {
                if (mark.answer != null && state.equals(state.after(mark.call))) {
                    steps.push(new Step(mark, state, true));
                    done.set(mark.number);
                    answers += take(mark);
                    again = true;
                }
            }
        }
        return answers;
    }

    private static int take(Mark mark) {
        mark.lift();
        if (mark.answer == null) {
            return 0;
        }
        mark.answer.lift();
        return 1;
    }

    private static int putBack(Mark mark) {
        int answers = mark.answer == null ? 0 : 1;
        if (mark.answer != null) {
            mark.answer.putBack();
        }
        mark.putBack();
        return answers;
    }

    /** All calls and answers by time; a call comes before an answer of the same moment. Calls without an answer have none in the list. */
    private static Mark marks(List<Call> calls) {
        record At(long nanos, int kind, Mark mark) {}
        List<At> all = new ArrayList<>();
        for (int i = 0; i < calls.size(); i++) {
            Call call = calls.get(i);
            Mark answer = call.answer() == null ? null : new Mark(i, null, null);
            all.add(new At(call.calledNanos(), 0, new Mark(i, call, answer)));
            if (answer != null) {
                all.add(new At(call.returnedNanos(), 1, answer));
            }
        }
        all.sort(Comparator.comparingLong(At::nanos).thenComparingInt(At::kind));
        Mark head = new Mark(-1, null, null);
        Mark last = head;
        for (At at : all) {
            last.next = at.mark();
            at.mark().before = last;
            last = at.mark();
        }
        return head;
    }

    // ------------------------------------------------------------------------------------------------ the witness

    /**
     * Verifies the order that the zxids of the answers tell: answers are what that order makes them, no session goes back, and neither does
     * real time for writes and linearizable reads. Calls whose outcome is unknown may have taken effect at any time after they were asked.
     *
     * @return what is wrong, or empty
     */
    public static Optional<String> witnessed(History history) {
        List<Call> byZxid = new ArrayList<>();
        Map<String, List<Call>> open = new HashMap<>();
        for (Call call : history.calls()) {
            if (call.answer() != null) {
                byZxid.add(call);
            } else if (call.verb().isWrite()) {
                open.computeIfAbsent(call.path(), absent -> new ArrayList<>()).add(call);
            }
        }
        Optional<String> back = backInTime(byZxid);
        return back.isPresent() ? back : replayed(byZxid, open);
    }

    private static Answer answer(Call call) {
        return java.util.Objects.requireNonNull(call.answer());
    }

    private static Optional<String> backInTime(List<Call> answered) {
        List<Call> byCall = new ArrayList<>(answered);
        byCall.sort(Comparator.comparingLong(Call::calledNanos));
        List<Call> byReturn = new ArrayList<>(answered);
        byReturn.sort(Comparator.comparingLong(Call::returnedNanos));
        Map<Long, Call> ofSession = new HashMap<>();
        Call latest = null;
        int returned = 0;
        for (Call call : byCall) {
            while (returned < byReturn.size() && byReturn.get(returned).returnedBefore(call)) {
                Call before = byReturn.get(returned++);
                if (latest == null || answer(before).zxid() > answer(latest).zxid()) {
                    latest = before;
                }
                Call own = ofSession.get(before.session());
                if (own == null || answer(before).zxid() > answer(own).zxid()) {
                    ofSession.put(before.session(), before);
                }
            }
            boolean strict = call.verb().isWrite() || call.verb() == Verb.LINEARIZABLE_READ;
            Call floor = strict ? latest : ofSession.get(call.session());
            if (floor != null && answer(call).zxid() < answer(floor).zxid()) {
                return Optional.of((strict ? "real time" : "its session") + " goes back: " + call + " was asked after " + floor
                        + " had been answered");
            }
        }
        return Optional.empty();
    }

    private static Optional<String> replayed(List<Call> byZxid, Map<String, List<Call>> open) {
        byZxid.sort(Comparator.comparingLong((Call call) -> answer(call).zxid())
                .thenComparing(call -> !(call.verb().isWrite() && answer(call).refusal() == null))
                .thenComparingLong(Call::calledNanos));
        Map<String, Register> nodes = new HashMap<>();
        long lastWrite = 0;
        for (Call call : byZxid) {
            boolean isWrite = call.verb().isWrite() && answer(call).refusal() == null;
            if (isWrite && answer(call).zxid() == lastWrite) {
                return Optional.of("two writes have one zxid: " + call);
            }
            lastWrite = isWrite ? answer(call).zxid() : lastWrite;
            Register before = nodes.getOrDefault(call.path(), Register.ABSENT);
            Register after = explained(before, call, open.getOrDefault(call.path(), List.of()));
            if (after == null) {
                return Optional.of(call + " was answered when the node was " + before);
            }
            nodes.put(call.path(), after);
        }
        return Optional.empty();
    }

    /** What the node is after a call, if need be after calls of unknown outcome before it, which are used up by that. */
    private static @Nullable Register explained(Register before, Call call, List<Call> open) {
        Register after = before.after(call);
        if (after != null || open.isEmpty()) {
            return after;
        }
        for (Call perhaps : List.copyOf(open)) {
            Register between = before.blindlyAfter(perhaps);
            boolean helps = !between.equals(before) && perhaps.calledNanos() < call.returnedNanos();
            if (helps) {
                open.remove(perhaps);
                Register explained = explained(between, call, open);
                if (explained != null) {
                    return explained;
                }
                open.add(perhaps);
            }
        }
        return null;
    }
}

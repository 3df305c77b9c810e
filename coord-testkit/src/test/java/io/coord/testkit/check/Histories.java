package io.coord.testkit.check;

import io.coord.Refusal;
import io.coord.testkit.check.History.Answer;
import io.coord.testkit.check.History.Call;
import io.coord.testkit.check.History.Verb;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.SplittableRandom;

/** Histories of a service that does what it should: each call takes effect at one moment between its call and its answer. */
final class Histories {

    private Histories() {}

    private record Planned(long effectNanos, int client, Verb verb, String path, int version, long calledNanos, long returnedNanos) {}

    /**
     * A valid history.
     *
     * @param clients how many ask at a time
     * @param lost how many of a hundred answers are lost
     */
    static History valid(long seed, int calls, int clients, int nodes, int lost) {
        SplittableRandom random = new SplittableRandom(seed);
        PriorityQueue<Planned> planned =
                new PriorityQueue<>((a, b) -> Long.compare(a.effectNanos, b.effectNanos));
        long[] free = new long[clients];
        for (int i = 0; i < calls; i++) {
            int client = random.nextInt(clients);
            long called = free[client] + 1 + random.nextInt(1_000);
            long effect = called + 1 + random.nextInt(2_000);
            long returned = effect + 1 + random.nextInt(2_000);
            free[client] = returned;
            int dice = random.nextInt(100);
            Verb verb = dice < 15 ? Verb.CREATE : dice < 45 ? Verb.SET : dice < 52 ? Verb.DELETE : dice < 75 ? Verb.READ : Verb.LINEARIZABLE_READ;
            int version = random.nextInt(4) == 0 ? random.nextInt(3) : -1;
            planned.add(new Planned(effect, client, verb, "/n" + random.nextInt(nodes), version, called, returned));
        }
        Map<String, Register> registers = new HashMap<>();
        List<Call> done = new ArrayList<>(calls);
        long zxid = 0;
        while (!planned.isEmpty()) {
            Planned next = planned.poll();
            Register before = registers.getOrDefault(next.path, Register.ABSENT);
            long value = next.verb == Verb.CREATE || next.verb == Verb.SET ? done.size() + 1 : 0;
            Call asked = new Call(next.client, next.verb, next.path, value, next.version, null, next.calledNanos, next.returnedNanos);
            Register after = before.blindlyAfter(asked);
            boolean changes = next.verb.isWrite() && refusal(before, asked) == null;
            zxid += changes ? 1 : 0;
            Answer answer = refusal(before, asked) != null
                    ? new Answer(refusal(before, asked), 0, 0, zxid)
                    : new Answer(null, next.verb.isWrite() ? 0 : after.value(), after.version(), zxid);
            registers.put(next.path, after);
            boolean isLost = random.nextInt(100) < lost && next.verb.isWrite();
            done.add(new Call(
                    next.client, next.verb, next.path, value, next.version, isLost ? null : answer, next.calledNanos, next.returnedNanos));
        }
        return new History(done);
    }

    private static Refusal refusal(Register register, Call call) {
        if (call.verb() == Verb.CREATE) {
            return register.exists() ? Refusal.NODE_EXISTS : null;
        }
        if (!register.exists()) {
            return Refusal.NO_NODE;
        }
        return call.verb().isWrite() && call.version() != -1 && call.version() != register.version() ? Refusal.BAD_VERSION : null;
    }

    /** Ways to be wrong. */
    enum Wrong {
        /** A read, asked after all else was answered, of a value that was overwritten. */
        STALE,
        /** A read of what nobody ever wrote. */
        INVENTED,
        /** An acknowledged write that a later read, and all after it, do not show. */
        LOST,
        /** A write that took effect twice. */
        TWICE
    }

    /** The history, and behind it a few calls that cannot be. */
    static History planted(History valid, Wrong wrong) {
        List<Call> calls = new ArrayList<>(valid.calls());
        long nanos = calls.stream().mapToLong(Call::returnedNanos).max().orElse(0) + 10;
        long zxid = calls.stream().filter(call -> call.answer() != null).mapToLong(call -> call.answer().zxid()).max().orElse(0)
                + calls.stream().filter(call -> call.answer() == null).count() + 10;
        String path = "/planted";
        calls.add(call(Verb.CREATE, path, 1_000_001, new Answer(null, 0, 0, ++zxid), nanos));
        calls.add(call(Verb.SET, path, 1_000_002, new Answer(null, 0, 1, ++zxid), nanos + 10));
        Call last = switch (wrong) {
            case STALE -> call(Verb.LINEARIZABLE_READ, path, 0, new Answer(null, 1_000_001, 0, zxid - 1), nanos + 20);
            case INVENTED -> call(Verb.LINEARIZABLE_READ, path, 0, new Answer(null, 77, 1, zxid), nanos + 20);
            case LOST -> call(Verb.LINEARIZABLE_READ, path, 0, new Answer(null, 1_000_001, 0, zxid), nanos + 20);
            case TWICE -> call(Verb.LINEARIZABLE_READ, path, 0, new Answer(null, 1_000_002, 2, zxid), nanos + 20);
        };
        calls.add(last);
        return new History(calls);
    }

    private static Call call(Verb verb, String path, long value, Answer answer, long nanos) {
        return new Call(99, verb, path, value, -1, answer, nanos, nanos + 5);
    }
}

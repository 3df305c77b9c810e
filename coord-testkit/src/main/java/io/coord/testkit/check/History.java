package io.coord.testkit.check;

import io.coord.Refusal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What clients asked of single nodes and were told, with the times of one clock. Plain values, so that tests of real processes can record
 * it, too. Each value written must be written once only; 0 stands for no data.
 *
 * @param calls in any order
 */
public record History(List<Call> calls) {

    /** What was asked. */
    public enum Verb {
        /** Create the node with a value. */
        CREATE,
        /** Set its value. */
        SET,
        /** Delete it. */
        DELETE,
        /** Read it from wherever the session is. */
        READ,
        /** Read it so that nothing acknowledged before is missed. */
        LINEARIZABLE_READ;

        /** Whether it changes the node. */
        public boolean isWrite() {
            return ordinal() <= DELETE.ordinal();
        }
    }

    /**
     * What was told.
     *
     * @param refusal why it was refused, or null
     * @param value what was read, or 0
     * @param version the node's after a write, or as read; 0 where there is none
     * @param zxid the index of the state that the answer was made from, or 0 if it is not known
     */
    public record Answer(@Nullable Refusal refusal, long value, int version, long zxid) {}

    /**
     * One call.
     *
     * @param session who asked
     * @param verb what
     * @param path of which node
     * @param value to write, or 0
     * @param version that the node must have, or -1
     * @param answer what was told, or null if nobody knows what became of it
     * @param calledNanos when it was asked
     * @param returnedNanos when it was answered; of no meaning without an answer
     */
    public record Call(
            long session,
            Verb verb,
            String path,
            long value,
            int version,
            @Nullable Answer answer,
            long calledNanos,
            long returnedNanos) {

        boolean returnedBefore(Call other) {
            return answer != null && returnedNanos < other.calledNanos;
        }
    }

    /** Keeps an immutable copy. */
    public History {
        calls = List.copyOf(calls);
    }

    /** The calls by path: what nodes do to each other is not looked at, so each node may be judged on its own. */
    Map<String, List<Call>> byPath() {
        Map<String, List<Call>> byPath = new LinkedHashMap<>();
        for (Call call : calls) {
            byPath.computeIfAbsent(call.path, absent -> new ArrayList<>()).add(call);
        }
        return byPath;
    }
}

package io.coord.testkit.check;

import io.coord.Refusal;
import io.coord.testkit.check.History.Answer;
import io.coord.testkit.check.History.Call;
import org.jspecify.annotations.Nullable;

/**
 * A node as a register: the sequential specification that histories are held against.
 *
 * @param exists whether it is there
 * @param value its value
 * @param version its version
 */
record Register(boolean exists, long value, int version) {

    static final Register ABSENT = new Register(false, 0, 0);

    /** What it is after a call that was answered like this, or null if it could not be answered so. */
    @Nullable Register after(Call call) {
        Answer answer = call.answer();
        if (answer == null) {
            return blindlyAfter(call);
        }
        if (answer.refusal() != null) {
            return answer.refusal() == refusal(call) ? this : null;
        }
        if (refusal(call) != null) {
            return null;
        }
        if (!call.verb().isWrite()) {
            return answer.value() == value && answer.version() == version ? this : null;
        }
        Register after = changed(call);
        return after.exists && answer.version() != after.version ? null : after;
    }

    /** What it is after a call whose answer nobody knows. */
    Register blindlyAfter(Call call) {
        return refusal(call) == null && call.verb().isWrite() ? changed(call) : this;
    }

    private Register changed(Call call) {
        return switch (call.verb()) {
            case CREATE -> new Register(true, call.value(), 0);
            case SET -> new Register(true, call.value(), version + 1);
            case DELETE -> ABSENT;
            default -> this;
        };
    }

    private @Nullable Refusal refusal(Call call) {
        if (call.verb() == History.Verb.CREATE) {
            return exists ? Refusal.NODE_EXISTS : null;
        }
        if (!exists) {
            return Refusal.NO_NODE;
        }
        boolean guarded = call.verb().isWrite() && call.version() != -1;
        return guarded && call.version() != version ? Refusal.BAD_VERSION : null;
    }
}

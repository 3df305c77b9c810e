package io.coord.testkit.sim;

import io.coord.Outcome;
import io.coord.member.Caller;
import io.coord.member.Failure;

/**
 * Whoever waits for an answer in the simulated world.
 *
 * @param <R> what is answered
 */
interface SimCaller<R> extends Caller<R> {

    void answered(R value, long zxid);

    void refused(Outcome.Refused refused, long zxid);

    void failed(Failure failure, String reason);
}

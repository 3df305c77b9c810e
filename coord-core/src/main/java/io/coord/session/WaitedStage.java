package io.coord.session;

import java.util.concurrent.CompletionStage;
import java.util.concurrent.Future;

/**
 * A stage that a thread can wait for as it is. {@link #toCompletableFuture()} would do as well, but is a dependent, which has to be
 * run where dependents run; a thread that only waits is woken by whoever has the answer.
 *
 * @param <T> what it completes with
 */
public interface WaitedStage<T> extends CompletionStage<T>, Future<T> {}

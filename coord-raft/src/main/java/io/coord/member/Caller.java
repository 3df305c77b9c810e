package io.coord.member;

/**
 * Whoever waits for an answer: opaque here, handed back with it. The core never calls it.
 *
 * @param <R> what is answered
 */
public interface Caller<R> {}

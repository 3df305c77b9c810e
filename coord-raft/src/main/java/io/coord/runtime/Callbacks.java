package io.coord.runtime;

import java.util.concurrent.Executor;

/** Where users' listeners and dependents run; knows which threads are busy with that, for these must not wait for an answer. */
public interface Callbacks extends Executor {

    /** Whether the calling thread runs callbacks now. */
    boolean isCallbackThread();
}

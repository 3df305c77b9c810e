package io.coord.storage;

import org.jspecify.annotations.Nullable;

/**
 * A sequence of tasks, one at a time, in order: a thread in production, the simulator's queue in a simulation.
 *
 * <p>The storage has three (rule.22): one for its log, and two of low priority, for snapshots and other long work, and for pieces of snapshots
 * that others wait for.
 */
public interface Lane extends AutoCloseable {

    /** Runs a task after all that were given before; never refuses before {@link #close}. */
    void execute(Runnable task);

    /**
     * Lets the calling thread be the lane's for a task and what follows from it, where nothing else is to do, so that no other thread
     * need be woken.
     *
     * @return what the caller must run at once, the task in it; null if the lane rather has a task {@link #execute executed}: nothing
     *     was done then
     */
    default @Nullable Runnable here(Runnable task) {
        return null;
    }

    /** Holds the running task up, to leave the disk to others; may return early. */
    void pause(long nanos);

    /** Takes the number of the member it works for, once that is known. */
    void belongsTo(int member);

    /** Runs what was given, then ends. */
    @Override
    void close();
}

package io.coord.storage;

/**
 * A sequence of tasks, one at a time, in order: a thread in production, the simulator's queue in a simulation.
 *
 * <p>The storage has two (rule.22): one for its log, and one of low priority for snapshots and other long work.
 */
public interface Lane extends AutoCloseable {

    /** Runs a task after all that were given before; never refuses before {@link #close}. */
    void execute(Runnable task);

    /** Holds the running task up, to leave the disk to others; may return early. */
    void pause(long nanos);

    /** Takes the number of the member it works for, once that is known. */
    void belongsTo(int member);

    /** Runs what was given, then ends. */
    @Override
    void close();
}

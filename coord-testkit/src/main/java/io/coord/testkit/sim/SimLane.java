package io.coord.testkit.sim;

import io.coord.storage.Lane;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.function.Consumer;

/** A lane that runs a task when the simulator says so. */
public final class SimLane implements Lane {

    private final Queue<Runnable> tasks = new ArrayDeque<>();
    private final Consumer<Runnable> scheduler;
    private long pausedNanos;
    private boolean isDead;

    /** A lane whose tasks are run by {@link #run} and {@link #runOne} alone. */
    public SimLane() {
        this(runOne -> {});
    }

    /** A lane that hands the scheduler, for each task, what runs the oldest one left. */
    public SimLane(Consumer<Runnable> scheduler) {
        this.scheduler = scheduler;
    }

    @Override
    public void execute(Runnable task) {
        if (!isDead) {
            tasks.add(task);
            scheduler.accept(this::runOne);
        }
    }

    /** Runs the oldest task, and tells whether there was one. */
    public boolean runOne() {
        Runnable task = tasks.poll();
        if (task == null) {
            return false;
        }
        task.run();
        return true;
    }

    /** Runs tasks until none is left. */
    public void run() {
        while (runOne()) {}
    }

    /** The process is gone: no task runs any more. */
    public void kill() {
        isDead = true;
        tasks.clear();
    }

    /** Time does not pass here; what would have been paused is added up. */
    @Override
    public void pause(long nanos) {
        pausedNanos += nanos;
    }

    /** How long tasks would have paused. */
    public long pausedNanos() {
        return pausedNanos;
    }

    @Override
    public void belongsTo(int member) {}

    @Override
    public void close() {
        run();
    }
}

package io.coord.runtime;

import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A session's one queue (rule.1): events and answers in the order in which the session must see them, run one at a time on the
 * callback executor.
 *
 * <p>A member's loop <em>stages</em> tasks behind the gate of its turn, then hands out the root, then opens the gate: so an event is
 * queued before the root that shows its change can be read, and an answer completes only when that root can be read.
 */
public final class SessionQueue implements Executor {

    /** What the tasks of one turn wait behind. */
    static final class Gate {
        private volatile boolean open;

        /** Lets the tasks run; their queues have to be told. */
        void open() {
            open = true;
        }
    }

    /** A task that may turn out to run no code of users; then whoever opens its gate may run it. */
    interface Quiet extends Runnable {
        /** Runs it here if that runs no code of users; else does nothing, and returns false. */
        boolean runQuietly();
    }

    private record Item(Runnable task, @Nullable Gate gate) {
        boolean mayRun() {
            return gate == null || gate.open;
        }
    }

    /** How many waiting threads are woken by whoever opens a gate: others wait for that thread meanwhile. */
    private static final int QUIET_MAX = 8;

    private final Executor executor;
    private final ConcurrentLinkedQueue<Item> items = new ConcurrentLinkedQueue<>();
    private final AtomicInteger pending = new AtomicInteger();
    private final Consumer<Throwable> onFailure;
    private volatile @Nullable Thread drainer;
    /** What comes before all items. Only whoever drains looks. */
    private @Nullable Runnable first;

    /**
     * A queue that runs on the executor.
     *
     * @param onFailure told what a task threw: user code must not stop the queue (fault.P5)
     */
    public SessionQueue(Executor executor, Consumer<Throwable> onFailure) {
        this.executor = executor;
        this.onFailure = onFailure;
    }

    /** Queues a task that runs when the gate is open and {@link #opened()} has been told. */
    void stage(Runnable task, Gate gate) {
        items.add(new Item(task, gate));
    }

    /**
     * A gate was opened. Where nothing but answers to threads that wait is left to be run, and nothing of the queue is running, they are
     * run here: a wake of another thread, which would do no more than wake a third, is what a blocking call waits for longest.
     */
    void opened() {
        if (pending.getAndIncrement() == 0 && !isEmptiedBy(this::runQuietly)) {
            handOver();
        }
    }

    /** Makes passes until nothing came during the last; false if one stopped before all was run that may run: that is pending still. */
    private boolean isEmptiedBy(BooleanSupplier pass) {
        int seen = pending.get();
        do {
            if (!pass.getAsBoolean()) {
                return false;
            }
            seen = pending.addAndGet(-seen);
        } while (seen != 0);
        return true;
    }

    /** Whether all was run that may run. */
    private boolean runQuietly() {
        int ran = 0;
        for (Item item = items.peek(); item != null && item.mayRun(); item = items.peek()) {
            if (ran == QUIET_MAX || !(item.task() instanceof Quiet quiet) || !runQuietly(quiet)) {
                return false;
            }
            items.poll();
            ran++;
            if (first != null) {
                return false;
            }
        }
        return true;
    }

    private boolean runQuietly(Quiet task) {
        try {
            return task.runQuietly();
        } catch (Throwable thrown) {
            onFailure.accept(thrown);
            return true;
        }
    }

    /** Within {@link Quiet#runQuietly}: this comes next, before all that is queued. */
    void executeFirst(Runnable task) {
        first = task;
    }

    /** Queues a task behind everything queued so far. */
    @Override
    public void execute(Runnable task) {
        items.add(new Item(task, null));
        schedule();
    }

    private void schedule() {
        if (pending.getAndIncrement() == 0) {
            handOver();
        }
    }

    private void handOver() {
        try {
            executor.execute(this::drain);
        } catch (RejectedExecutionException closed) {
            drain(); // the executor is closed: nobody else would run what is left
        }
    }

    private void drain() {
        isEmptiedBy(this::runReleased);
    }

    /** Runs all that may run; always true. */
    private boolean runReleased() {
        drainer = Thread.currentThread();
        try {
            Runnable before = first;
            if (before != null) {
                first = null;
                run(before);
            }
            for (Item item = items.peek(); item != null && item.mayRun(); item = items.peek()) {
                items.poll();
                run(item.task());
            }
        } finally {
            drainer = null;
        }
        return true;
    }

    private void run(Runnable task) {
        try {
            task.run();
        } catch (Throwable thrown) {
            onFailure.accept(thrown);
        }
    }

    /** Whether the calling thread is running one of this queue's tasks. */
    public boolean isCallbackThread() {
        return drainer == Thread.currentThread();
    }
}

package io.coord.storage;

import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A lane on a daemon thread of its own, begun with the first task that nobody else runs.
 *
 * <p>Never interrupts its thread: an interrupt closes the file channel under it (fault.D17). A stray one from the host is dropped
 * between tasks; one that strikes within a task fails the storage, as any other error of the disk does.
 */
final class ThreadLane implements Lane {

    /** What a caller runs at most: its task, and the one that follows from it. */
    private static final int HERE_MAX = 2;

    private final String purpose;
    private final int priority;
    private final Thread thread;

    private final Object monitor = new Object();
    private final Queue<Runnable> tasks = new ArrayDeque<>();
    /** Whose turn it is: the lane's thread, a caller's, or nobody's. */
    private @Nullable Thread runner;

    private boolean isStarted;
    private boolean isClosed;

    ThreadLane(String purpose, int priority) {
        this.purpose = purpose;
        this.priority = priority;
        this.thread = new Thread(this::run, "coord-" + purpose);
    }

    @Override
    public void execute(Runnable task) {
        synchronized (monitor) {
            if (isClosed && Thread.currentThread() != runner) {
                throw new IllegalStateException(thread.getName() + " has ended");
            }
            tasks.add(task);
            if (runner == null) {
                wakeThread();
            }
        }
    }

    /** Within the monitor. */
    private void wakeThread() {
        if (isStarted) {
            monitor.notifyAll();
        } else {
            isStarted = true;
            thread.setDaemon(true);
            thread.setPriority(priority);
            thread.start();
        }
    }

    @Override
    public @Nullable Runnable here(Runnable task) {
        synchronized (monitor) {
            if (isClosed || runner != null || !tasks.isEmpty()) {
                return null;
            }
            runner = Thread.currentThread();
        }
        return () -> runHere(task);
    }

    private void runHere(Runnable task) {
        try {
            Runnable next = task;
            for (int ran = 1; next != null; ran++) {
                run(next);
                next = ran < HERE_MAX ? poll() : null;
            }
        } finally {
            leave();
        }
    }

    private @Nullable Runnable poll() {
        synchronized (monitor) {
            return tasks.poll();
        }
    }

    /** A caller has done its part; the thread goes on, or whoever closes. */
    private void leave() {
        synchronized (monitor) {
            runner = null;
            if (!tasks.isEmpty()) {
                wakeThread();
            }
            if (isClosed) {
                monitor.notifyAll();
            }
        }
    }

    private static void run(Runnable task) {
        Thread.interrupted();
        task.run();
    }

    @Override
    public void pause(long nanos) {
        LockSupport.parkNanos(this, nanos);
    }

    @Override
    public void belongsTo(int member) {
        thread.setName("coord-" + member + "-" + purpose);
    }

    @Override
    public void close() {
        boolean isInterrupted = false;
        synchronized (monitor) {
            if (isClosed) {
                return;
            }
            isClosed = true;
            monitor.notifyAll();
            if (Thread.currentThread() == runner) {
                return;
            }
            while (!isStarted && runner != null) {
                try {
                    monitor.wait();
                } catch (InterruptedException later) {
                    isInterrupted = true;
                }
            }
            if (!isStarted) {
                restore(isInterrupted);
                return;
            }
        }
        join(isInterrupted);
    }

    private void run() {
        for (Runnable task = take(); task != null; task = take()) {
            runGuarded(task);
        }
    }

    /** A task that fails ends neither the thread nor the lane. */
    private void runGuarded(Runnable task) {
        try {
            run(task);
        } catch (Throwable thrown) {
            thread.getUncaughtExceptionHandler().uncaughtException(thread, thrown);
        }
    }

    /** The next task; null once the lane is closed and has no more. */
    private @Nullable Runnable take() {
        synchronized (monitor) {
            if (runner == Thread.currentThread()) {
                runner = null;
            }
            while (true) {
                if (runner == null && !tasks.isEmpty()) {
                    runner = Thread.currentThread();
                    return tasks.remove();
                }
                if (runner == null && isClosed) {
                    return null;
                }
                try {
                    monitor.wait();
                } catch (InterruptedException dropped) {
                    // Nobody here interrupts; the flag is down again, and the next channel is safe.
                }
            }
        }
    }

    private void join(boolean wasInterrupted) {
        boolean isInterrupted = wasInterrupted;
        while (true) {
            try {
                thread.join();
                break;
            } catch (InterruptedException later) {
                isInterrupted = true;
            }
        }
        restore(isInterrupted);
    }

    private static void restore(boolean isInterrupted) {
        if (isInterrupted) {
            Thread.currentThread().interrupt();
        }
    }
}

package io.coord.runtime;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Where users' listeners and dependents run unless they name an executor: daemon threads, none before there is work, a second one only
 * while all others are busy, few at most. An idle one ends after a while.
 */
public final class CallbackExecutor implements Callbacks, AutoCloseable {

    private static final int THREADS_MAX = 4;
    private static final long IDLE_NANOS_MAX = 5_000_000_000L;

    private final String name;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition work = lock.newCondition();
    private final ArrayDeque<Runnable> tasks = new ArrayDeque<>();
    private final List<Worker> workers = new ArrayList<>();
    private int idle;
    private int made;
    private boolean closed;

    /** An executor whose threads are called by this name and a number. */
    public CallbackExecutor(String name) {
        this.name = name;
    }

    private final class Worker extends Thread {
        Worker() {
            super(name + "-" + ++made);
            setDaemon(true);
        }

        CallbackExecutor owner() {
            return CallbackExecutor.this;
        }

        @Override
        public void run() {
            for (Runnable task = next(this); task != null; task = next(this)) {
                run(task);
            }
        }

        private void run(Runnable task) {
            try {
                task.run();
            } catch (Throwable thrown) {
                getUncaughtExceptionHandler().uncaughtException(this, thrown);
            }
        }
    }

    @Override
    public void execute(Runnable task) {
        Worker started = null;
        lock.lock();
        try {
            if (closed) {
                throw new RejectedExecutionException(name + " is closed");
            }
            tasks.add(task);
            if (idle >= tasks.size()) {
                work.signal();
            } else if (workers.size() < THREADS_MAX) {
                started = new Worker();
                workers.add(started);
            }
        } finally {
            lock.unlock();
        }
        if (started != null) {
            started.start();
        }
    }

    /** The next task, or null if the worker is to end. */
    private @Nullable Runnable next(Worker worker) {
        lock.lock();
        try {
            long left = IDLE_NANOS_MAX;
            while (tasks.isEmpty()) {
                if (closed || left <= 0) {
                    workers.remove(worker);
                    return null;
                }
                idle++;
                try {
                    left = work.awaitNanos(left);
                } catch (InterruptedException e) {
                    left = IDLE_NANOS_MAX; // a callback interrupted its own thread: nobody else's business
                } finally {
                    idle--;
                }
            }
            return tasks.poll();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public boolean isCallbackThread() {
        return Thread.currentThread() instanceof Worker worker && worker.owner() == this;
    }

    /** Takes no more tasks; those it has still run. */
    public void shutdown() {
        lock.lock();
        try {
            closed = true;
            work.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Takes no more tasks and joins the threads once they have run those there are; the calling one excepted.
     *
     * @return the threads that had not ended in time
     */
    public List<Thread> close(long timeoutNanos) {
        shutdown();
        long deadline = System.nanoTime() + timeoutNanos;
        List<Thread> left = new ArrayList<>();
        boolean interrupted = false;
        for (Thread thread : threads()) {
            if (thread == Thread.currentThread()) {
                continue;
            }
            try {
                TimeUnit.NANOSECONDS.timedJoin(thread, Math.max(1_000_000, deadline - System.nanoTime()));
            } catch (InterruptedException e) {
                interrupted = true;
            }
            if (thread.isAlive()) {
                left.add(thread);
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        return left;
    }

    @Override
    public void close() {
        close(Long.MAX_VALUE / 2);
    }

    private List<Thread> threads() {
        lock.lock();
        try {
            return new ArrayList<>(workers);
        } finally {
            lock.unlock();
        }
    }
}

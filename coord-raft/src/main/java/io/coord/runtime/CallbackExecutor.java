package io.coord.runtime;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.PriorityQueue;
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
    private final PriorityQueue<Delayed> delayed = new PriorityQueue<>();
    private final List<Worker> workers = new ArrayList<>();
    private int idle;
    private int made;
    private boolean closed;

    /** An executor whose threads are called by this name and a number. */
    public CallbackExecutor(String name) {
        this.name = name;
    }

    private record Delayed(Runnable task, long dueNanos) implements Comparable<Delayed> {
        @Override
        public int compareTo(Delayed other) {
            return Long.compare(dueNanos - other.dueNanos, 0);
        }
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
        lock.lock();
        try {
            if (closed) {
                throw new RejectedExecutionException(name + " is closed");
            }
            tasks.add(task);
            callWorker();
        } finally {
            lock.unlock();
        }
    }

    /** Runs a task after a while, unless the executor is closed before. */
    public void schedule(Runnable task, long delayNanos) {
        lock.lock();
        try {
            if (!closed) {
                delayed.add(new Delayed(task, System.nanoTime() + delayNanos));
                callWorker();
            }
        } finally {
            lock.unlock();
        }
    }

    private void callWorker() {
        if (idle > 0 && idle >= tasks.size()) {
            work.signal();
        } else if (workers.size() < THREADS_MAX) {
            Worker started = new Worker();
            workers.add(started);
            started.start();
        }
    }

    /** The next task, or null if the worker is to end. */
    private @Nullable Runnable next(Worker worker) {
        lock.lock();
        try {
            long idleUntil = System.nanoTime() + IDLE_NANOS_MAX;
            while (true) {
                long nowNanos = System.nanoTime();
                for (Delayed due = delayed.peek(); due != null && due.dueNanos() - nowNanos <= 0; due = delayed.peek()) {
                    tasks.add(delayed.remove().task());
                }
                if (!tasks.isEmpty()) {
                    return tasks.poll();
                }
                boolean isNeeded = !delayed.isEmpty() && idle == 0;
                if (closed || !isNeeded && idleUntil - nowNanos <= 0) {
                    workers.remove(worker);
                    return null;
                }
                long until = delayed.isEmpty() ? idleUntil : delayed.element().dueNanos();
                await(until - nowNanos);
            }
        } finally {
            lock.unlock();
        }
    }

    private void await(long nanos) {
        idle++;
        try {
            work.awaitNanos(nanos);
        } catch (InterruptedException e) {
            // A callback interrupted its own thread: nobody else's business.
        } finally {
            idle--;
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
            delayed.clear();
            work.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Takes no more tasks and joins the threads once they have run those there are; the calling one excepted. An interrupted thread waits
     * all the same, and gets its flag back.
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
            boolean isJoined = false;
            while (!isJoined) {
                try {
                    TimeUnit.NANOSECONDS.timedJoin(thread, Math.max(1_000_000, deadline - System.nanoTime()));
                    isJoined = true;
                } catch (InterruptedException e) {
                    interrupted = true;
                }
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

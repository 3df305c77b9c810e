package io.coord.storage;

import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.locks.LockSupport;

/**
 * A lane on a daemon thread of its own, begun with the first task.
 *
 * <p>Never interrupts its thread: an interrupt closes the file channel under it (fault.D17). A stray one from the host is dropped
 * between tasks; one that strikes within a task fails the storage, as any other error of the disk does.
 */
final class ThreadLane implements Lane {

    private static final Runnable END = () -> {};

    private final String purpose;
    private final int priority;
    private final BlockingQueue<Runnable> tasks = new LinkedBlockingQueue<>();
    private final Object starting = new Object();
    private Thread thread;
    private boolean isStarted;
    private boolean isClosed;

    ThreadLane(String purpose, int priority) {
        this.purpose = purpose;
        this.priority = priority;
        this.thread = new Thread(this::run, "coord-" + purpose);
    }

    @Override
    public void execute(Runnable task) {
        synchronized (starting) {
            if (isClosed && Thread.currentThread() != thread) {
                throw new IllegalStateException(thread.getName() + " has ended");
            }
            tasks.add(task);
            if (!isStarted) {
                isStarted = true;
                thread.setDaemon(true);
                thread.setPriority(priority);
                thread.start();
            }
        }
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
        synchronized (starting) {
            if (isClosed) {
                return;
            }
            isClosed = true;
            tasks.add(END);
            if (!isStarted || Thread.currentThread() == thread) {
                return;
            }
        }
        join();
    }

    private void run() {
        while (true) {
            Runnable task = take();
            if (task != END) {
                Thread.interrupted();
                task.run();
            } else if (tasks.isEmpty()) {
                return;
            } else {
                // The last tasks gave more to do.
                tasks.add(END);
            }
        }
    }

    private Runnable take() {
        while (true) {
            try {
                return tasks.take();
            } catch (InterruptedException dropped) {
                // Nobody here interrupts; the flag is down again, and the next channel is safe.
            }
        }
    }

    private void join() {
        boolean isInterrupted = false;
        while (true) {
            try {
                thread.join();
                break;
            } catch (InterruptedException later) {
                isInterrupted = true;
            }
        }
        if (isInterrupted) {
            Thread.currentThread().interrupt();
        }
    }
}

package io.coord.runtime;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;

/** Callbacks on an executor that the user named. */
final class NamedCallbacks implements Callbacks {

    private final Executor executor;
    private final Set<Thread> running = ConcurrentHashMap.newKeySet();

    NamedCallbacks(Executor executor) {
        this.executor = executor;
    }

    @Override
    public void execute(Runnable task) {
        executor.execute(() -> run(task));
    }

    private void run(Runnable task) {
        boolean isFirst = running.add(Thread.currentThread());
        try {
            task.run();
        } finally {
            if (isFirst) {
                running.remove(Thread.currentThread());
            }
        }
    }

    @Override
    public boolean isCallbackThread() {
        return running.contains(Thread.currentThread());
    }
}

package io.coord.recipes;

import io.coord.Registration;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * The listeners of a recipe. Each call is a task of its own on the callback executor, so that one that throws harms neither the recipe
 * nor the next listener.
 *
 * @param <T> what they are told
 */
final class Listeners<T> {

    private final Executor executor;
    /** Touched on the executor only. */
    private final Set<Registered> registered = new LinkedHashSet<>();

    Listeners(Executor executor) {
        this.executor = executor;
    }

    private final class Registered implements Registration {
        private final Consumer<? super T> listener;
        private volatile boolean open = true;

        Registered(Consumer<? super T> listener) {
            this.listener = Objects.requireNonNull(listener, "listener");
        }

        void tell(T value) {
            executor.execute(() -> {
                if (open) {
                    listener.accept(value);
                }
            });
        }

        @Override
        public void close() {
            open = false;
            executor.execute(() -> registered.remove(this));
        }
    }

    /** Registers a listener of what comes. */
    Registration add(Consumer<? super T> listener) {
        return add(listener, List::of);
    }

    /**
     * Registers a listener that is first told how things stand.
     *
     * @param present asked on the executor, between two changes, so that the listener misses none and hears none twice
     */
    Registration add(Consumer<? super T> listener, Supplier<? extends Collection<? extends T>> present) {
        Registered added = new Registered(listener);
        executor.execute(() -> {
            registered.add(added);
            present.get().forEach(added::tell);
        });
        return added;
    }

    /** Calls all; on the executor only. */
    void tell(T value) {
        registered.forEach(each -> each.tell(value));
    }
}

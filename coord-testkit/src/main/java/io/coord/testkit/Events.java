package io.coord.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.coord.NodePath;
import io.coord.Session;
import io.coord.WatchEvent;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/**
 * A watch listener that keeps what it is told until the test asks.
 *
 * <p>Nothing here sleeps or polls. {@link #next()} waits through the session, so that in a simulation it runs the simulation.
 * That nothing came is proven by the order of a session's deliveries (zk.O5): once a sync is answered, every event of a change
 * committed before it has been delivered.
 */
public final class Events implements Consumer<WatchEvent> {

    private final Session session;
    private final Queue<WatchEvent> arrived = new ArrayDeque<>();
    private final Queue<CompletableFuture<WatchEvent>> waiting = new ArrayDeque<>();

    /** For watches of this session. */
    public Events(Session session) {
        this.session = session;
    }

    @Override
    public void accept(WatchEvent event) {
        CompletableFuture<WatchEvent> waiter;
        synchronized (this) {
            waiter = waiting.poll();
            if (waiter == null) {
                arrived.add(event);
                return;
            }
        }
        waiter.complete(event);
    }

    /** The next event, waited for. */
    public WatchEvent next() {
        return session.await(take());
    }

    private synchronized CompletionStage<WatchEvent> take() {
        WatchEvent event = arrived.poll();
        if (event != null) {
            return CompletableFuture.completedStage(event);
        }
        CompletableFuture<WatchEvent> waiter = new CompletableFuture<>();
        waiting.add(waiter);
        return waiter;
    }

    /** The events that have come and were not taken, without waiting. */
    public synchronized List<WatchEvent> arrived() {
        List<WatchEvent> all = new ArrayList<>(arrived);
        arrived.clear();
        return all;
    }

    /** All events of changes committed by now that were not taken. */
    public List<WatchEvent> committed() {
        session.sync(NodePath.ROOT);
        return arrived();
    }

    /** Asserts that the next event is this one, and returns it. */
    public WatchEvent expect(WatchEvent.Type type, NodePath path) {
        WatchEvent event = next();
        assertThat(event.type() + " " + event.path()).isEqualTo(type + " " + path);
        return event;
    }

    /** Asserts that no change committed by now has an event that was not taken. */
    public void expectNone() {
        assertThat(committed()).isEmpty();
    }
}

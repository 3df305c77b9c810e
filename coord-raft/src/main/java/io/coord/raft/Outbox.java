package io.coord.raft;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

/** Messages to send, and those that wait for the term or vote they reveal to be durable (inv.R8). */
final class Outbox {

    private record Held(Envelope envelope, long version) {}

    private final Durability durability;
    private final ArrayList<Held> held = new ArrayList<>();
    private List<Envelope> ready = new ArrayList<>();

    Outbox(Durability durability) {
        this.durability = durability;
    }

    /** Sends when a version of the hard state is durable. */
    void send(Envelope envelope, long version) {
        if (durability.isDurable(version)) {
            ready.add(envelope);
        } else {
            held.add(new Held(envelope, version));
        }
    }

    /** Lets go what has become durable. */
    void release() {
        if (held.isEmpty()) {
            return;
        }
        for (Iterator<Held> waiting = held.iterator(); waiting.hasNext(); ) {
            Held next = waiting.next();
            if (durability.isDurable(next.version())) {
                ready.add(next.envelope());
                waiting.remove();
            }
        }
    }

    /** Forgets what waited: it belongs to a term that is over. */
    void dropHeld() {
        held.clear();
    }

    List<Envelope> drain() {
        if (ready.isEmpty()) {
            return List.of();
        }
        List<Envelope> drained = ready;
        ready = new ArrayList<>(drained.size());
        return drained;
    }
}

package io.coord.testkit.sim;

import java.util.Arrays;

/**
 * The only clock of a simulated world: time jumps from one event to the next. Events of one moment run in the order in which they were
 * scheduled, so that nothing depends on anything but the seed.
 */
public final class VirtualTime {

    /** Something that happens at a moment. */
    private static final class Event {
        final long atNanos;
        final long order;
        final Runnable action;

        Event(long atNanos, long order, Runnable action) {
            this.atNanos = atNanos;
            this.order = order;
            this.action = action;
        }

        boolean isBefore(Event other) {
            return atNanos != other.atNanos ? atNanos < other.atNanos : order < other.order;
        }
    }

    private Event[] heap = new Event[256];
    private int size;
    private long nowNanos;
    private long scheduled;
    private long steps;

    /** Nanoseconds since the world began. */
    public long nowNanos() {
        return nowNanos;
    }

    /** How many events have run. */
    public long steps() {
        return steps;
    }

    /** Lets something happen at a moment, at once if that has passed. */
    public void at(long nanos, Runnable action) {
        add(new Event(Math.max(nanos, nowNanos), scheduled++, action));
    }

    /** Lets something happen after a while. */
    public void after(long nanos, Runnable action) {
        at(nowNanos + nanos, action);
    }

    /** The moment of the next event, or {@link Long#MAX_VALUE} if nothing is to come. */
    public long nextNanos() {
        return size == 0 ? Long.MAX_VALUE : heap[0].atNanos;
    }

    /** Runs the next event; false if there is none. */
    public boolean step() {
        if (size == 0) {
            return false;
        }
        Event next = poll();
        nowNanos = next.atNanos;
        steps++;
        next.action.run();
        return true;
    }

    /** Runs all events up to a moment, and lets it be that moment. */
    public void runUntil(long nanos) {
        while (nextNanos() <= nanos) {
            step();
        }
        nowNanos = Math.max(nowNanos, nanos);
    }

    private void add(Event event) {
        if (size == heap.length) {
            heap = Arrays.copyOf(heap, 2 * size);
        }
        int at = size++;
        while (at > 0) {
            int parent = (at - 1) >>> 1;
            if (!event.isBefore(heap[parent])) {
                break;
            }
            heap[at] = heap[parent];
            at = parent;
        }
        heap[at] = event;
    }

    private Event poll() {
        Event first = heap[0];
        Event last = heap[--size];
        heap[size] = null;
        if (size > 0) {
            sink(last);
        }
        return first;
    }

    private void sink(Event event) {
        int at = 0;
        for (int child = 1; child < size; child = 2 * at + 1) {
            if (child + 1 < size && heap[child + 1].isBefore(heap[child])) {
                child++;
            }
            if (event.isBefore(heap[child])) {
                break;
            }
            heap[at] = heap[child];
            at = child;
        }
        heap[at] = event;
    }
}

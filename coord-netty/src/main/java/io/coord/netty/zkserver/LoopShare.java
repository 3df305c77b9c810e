package io.coord.netty.zkserver;

import io.coord.netty.jute.JuteReader;
import io.coord.netty.jute.JuteWriter;
import io.netty.buffer.Unpooled;
import java.util.concurrent.atomic.AtomicInteger;

/** What the connections of one event loop share. It alone uses this; the counters may be read by any thread. */
final class LoopShare {

    final EventFrames events = new EventFrames();
    final Traffic traffic;
    /** How long reads took, and whatever else changes nothing. */
    final Latencies reads;

    final Latencies updates;
    /** Of the frame that is being taken. */
    final JuteReader reader = new JuteReader(Unpooled.EMPTY_BUFFER);
    /** Of the frame that is being written. */
    final JuteWriter writer = new JuteWriter(Unpooled.EMPTY_BUFFER);

    /** What a loop has at first; what it counts is of this age. */
    LoopShare(AtomicInteger age) {
        traffic = new Traffic(age);
        reads = new Latencies(age);
        updates = new Latencies(age);
    }
}

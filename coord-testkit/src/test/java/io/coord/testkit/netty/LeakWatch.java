package io.coord.testkit.netty;

import io.netty.buffer.AbstractByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.util.ResourceLeakDetector;
import java.lang.reflect.Field;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Netty's own detector of buffers that were never released, asked instead of read from a log. The build sets it to look at each buffer. */
final class LeakWatch {

    private final List<String> leaks = new CopyOnWriteArrayList<>();

    LeakWatch() throws ReflectiveOperationException {
        Field detector = AbstractByteBuf.class.getDeclaredField("leakDetector");
        detector.setAccessible(true);
        ((ResourceLeakDetector<?>) detector.get(null)).setLeakListener((type, records) -> leaks.add(type + " " + records));
    }

    /** Has the collector look; what it found is reported when the next buffers are made. */
    void collect() {
        System.gc();
        for (int i = 0; i < 100; i++) {
            ByteBufAllocator.DEFAULT.directBuffer(8).release();
        }
    }

    List<String> leaks() {
        return leaks;
    }
}

package io.coord.runtime;

import io.coord.ensemble.spi.MetricsListener;
import io.coord.member.Effects;
import io.coord.member.Input;
import io.coord.raft.LogWrite;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Times how long the disk takes for each log write. */
final class ForceTimes {

    private record Begun(int entries, long nanos) {}

    private final MetricsListener metrics;
    private final Measures measures;
    private final TimeSource time;
    private final Map<Long, Begun> begun = new ConcurrentHashMap<>();

    ForceTimes(MetricsListener metrics, Measures measures, TimeSource time) {
        this.metrics = metrics;
        this.measures = measures;
        this.time = time;
    }

    void begin(Effects effects) {
        for (LogWrite write : effects.writes()) {
            begun.put(write.sequence(), new Begun(write.entries().size(), time.nanos()));
        }
    }

    void completed(Input input) {
        Begun write = input instanceof Input.Persisted persisted ? begun.remove(persisted.sequence()) : null;
        if (write != null) {
            long nanos = time.nanos() - write.nanos();
            measures.forced(write.entries(), nanos);
            metrics.forced(write.entries(), nanos);
        }
    }
}

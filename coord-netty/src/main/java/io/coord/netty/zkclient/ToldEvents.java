package io.coord.netty.zkclient;

import io.coord.WatchEvent;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * What a session's listeners were told last, so that who tells them what they missed, and begins with what they did not, does not tell
 * it again (rule.28). Told in log order, everything below the last was told. Not for use by several threads.
 */
final class ToldEvents {

    private long zxid;
    private Set<WatchEvent> events = new LinkedHashSet<>();
    private long markedZxid;
    private Set<WatchEvent> markedEvents = Set.of();

    /** Nothing was told yet. */
    ToldEvents() {}

    /** Whoever tells what was missed may begin with what was told up to now. */
    void mark() {
        markedZxid = zxid;
        markedEvents = Set.copyOf(events);
    }

    /** Whether the event was told before the mark. */
    boolean has(WatchEvent event) {
        return isDated(event) && (event.zxid() < markedZxid || event.zxid() == markedZxid && markedEvents.contains(event));
    }

    /** Notes that the event is told. */
    void add(WatchEvent event) {
        if (!isDated(event)) {
            return;
        }
        if (event.zxid() > zxid) {
            zxid = event.zxid();
            events = new LinkedHashSet<>();
        }
        if (event.zxid() == zxid) {
            events.add(event);
        }
    }

    /** Made-up events, and gaps, stand for changes that were not told one by one. */
    private static boolean isDated(WatchEvent event) {
        return event.zxid() > 0 && event.type() != WatchEvent.Type.GAP;
    }
}

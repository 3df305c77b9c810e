package io.coord.netty.zkclient;

import io.coord.netty.jute.Request;
import io.coord.session.ListenerTable;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/** A session's watches as requests that set them again, none of them larger than a server takes (zk.W9). */
final class WatchBatches {

    private final int bytesMax;
    private final UnaryOperator<String> rooted;
    private final List<Request.SetWatches> batches = new ArrayList<>();
    private Map<ListenerTable.Kind, List<String>> open = new EnumMap<>(ListenerTable.Kind.class);
    private int bytes;

    WatchBatches(int bytesMax, UnaryOperator<String> rooted) {
        this.bytesMax = bytesMax;
        this.rooted = rooted;
    }

    /** The batches of whoever listens, compared with what was seen up to a zxid. */
    List<Request.SetWatches> of(ListenerTable listeners, long sinceZxid) {
        for (ListenerTable.Kind kind : ListenerTable.Kind.values()) {
            for (String path : listeners.paths(kind)) {
                add(kind, rooted.apply(path), sinceZxid);
            }
        }
        close(sinceZxid);
        return batches;
    }

    private void add(ListenerTable.Kind kind, String path, long sinceZxid) {
        int size = 4 + path.getBytes(StandardCharsets.UTF_8).length;
        if (bytes > 0 && bytes + size > bytesMax) {
            close(sinceZxid);
        }
        bytes += size;
        open.computeIfAbsent(kind, none -> new ArrayList<>()).add(path);
    }

    private void close(long sinceZxid) {
        if (open.isEmpty()) {
            return;
        }
        List<String> persistent = paths(ListenerTable.Kind.PERSISTENT);
        List<String> recursive = paths(ListenerTable.Kind.RECURSIVE);
        batches.add(new Request.SetWatches(
                sinceZxid,
                paths(ListenerTable.Kind.DATA),
                paths(ListenerTable.Kind.EXIST),
                paths(ListenerTable.Kind.CHILD),
                persistent.isEmpty() && recursive.isEmpty() ? null : new Request.SetWatches.Lasting(persistent, recursive)));
        open = new EnumMap<>(ListenerTable.Kind.class);
        bytes = 0;
    }

    private List<String> paths(ListenerTable.Kind kind) {
        return open.getOrDefault(kind, List.of());
    }
}

package io.coord.state;

import io.coord.Acl;
import io.coord.Stat;
import io.coord.WatchEvent;
import io.coord.WatchMode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * The latest changes a member has applied, oldest first and bounded in number: what persistent watches may have missed while their
 * owner was away (rule.28). A change keeps the access control lists that were in force when it happened, so that what is told late is
 * told to no one else than in time. Not for use by several threads.
 *
 * <p>A member that starts again fills it from its log; what lies before its snapshot is gone.
 */
public final class ChangeHistory {

    /** Zxid of events that stand for changes nobody remembers one by one (zk.WT11). */
    private static final long NO_ZXID = -1;

    private final Change[] ring;
    private int first;
    private int count;
    /** Every change above this index is here. */
    private long since;

    /**
     * A history without changes.
     *
     * @param capacity how many changes it remembers; 0 for none
     * @param since index of the state from which it is told of every change
     */
    public ChangeHistory(int capacity, long since) {
        this.ring = new Change[capacity];
        this.since = since;
    }

    /** Remembers a change, and forgets the oldest if that is one too many. */
    public void add(Change change) {
        if (ring.length == 0) {
            since = change.zxid();
            return;
        }
        if (count == ring.length) {
            since = ring[first].zxid();
            first = (first + 1) % ring.length;
            count--;
        }
        ring[(first + count) % ring.length] = change;
        count++;
    }

    /** Forgets everything: the state was replaced by one of this index. */
    public void restart(long index) {
        Arrays.fill(ring, null);
        first = 0;
        count = 0;
        since = index;
    }

    /** Whether every change above this zxid is remembered. */
    public boolean reaches(long zxid) {
        return zxid >= since;
    }

    /** Number of changes remembered. */
    public int size() {
        return count;
    }

    /**
     * Tells a watcher's persistent and recursive watches what they missed, in order: each change as it was, if all of them are
     * remembered; otherwise an event for each node that shows that it changed, and one for each watched path itself, with zxid -1.
     *
     * @param watcher the watcher
     * @param sinceZxid what it has seen
     * @param persistent paths of its persistent watches
     * @param recursive paths of its recursive watches
     * @param now the state up to which it is told
     */
    void tell(
            long watcher,
            long sinceZxid,
            List<String> persistent,
            List<String> recursive,
            StateRoot now,
            WatchTable.Sink sink) {
        if (reaches(sinceZxid)) {
            replay(watcher, sinceZxid, persistent, recursive, sink);
        } else {
            List<Trace> traces = new ArrayList<>();
            persistent.forEach(path -> traceNode(path, sinceZxid, now, traces));
            recursive.forEach(path -> traceSubtree(path, sinceZxid, now, traces));
            traces.sort(Comparator.comparingLong(Trace::zxid));
            traces.forEach(trace ->
                    sink.event(watcher, new WatchEvent(trace.type(), trace.path(), NO_ZXID), trace.acl()));
        }
    }

    private void replay(
            long watcher, long sinceZxid, List<String> persistent, List<String> recursive, WatchTable.Sink sink) {
        WatchTable carried = new WatchTable();
        persistent.forEach(path -> carried.add(watcher, path, WatchMode.PERSISTENT));
        recursive.forEach(path -> carried.add(watcher, path, WatchMode.PERSISTENT_RECURSIVE));
        for (int i = firstAbove(sinceZxid); i < count; i++) {
            carried.match(at(i), sink);
        }
    }

    private int firstAbove(long zxid) {
        int low = 0;
        int high = count;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (at(middle).zxid() > zxid) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        return low;
    }

    private Change at(int position) {
        return ring[(first + position) % ring.length];
    }

    /**
     * What a node shows of changes that are not remembered.
     *
     * @param zxid when the change was that shows
     * @param type the event that stands for it
     * @param path the node
     * @param acl its access control list, now
     */
    private record Trace(long zxid, WatchEvent.Type type, String path, List<Acl> acl) {}

    /** A persistent watch hears of its node and of children's coming and going (zk.WT6). */
    private static void traceNode(String path, long since, StateRoot now, List<Trace> traces) {
        traceRoot(path, since, now, traces);
        now.stat(path)
                .filter(stat -> stat.pzxid() > since)
                .ifPresent(stat -> traces.add(
                        new Trace(stat.pzxid(), WatchEvent.Type.CHILDREN_CHANGED, path, now.acl(path))));
    }

    /** The watched path itself is always told of: that it is gone, or was, shows nowhere else. */
    private static void traceRoot(String path, long since, StateRoot now, List<Trace> traces) {
        Stat stat = now.stat(path).orElse(null);
        if (stat == null) {
            traces.add(new Trace(now.index(), WatchEvent.Type.DELETED, path, List.of()));
        } else {
            WatchEvent.Type type = stat.czxid() > since ? WatchEvent.Type.CREATED : WatchEvent.Type.DATA_CHANGED;
            traces.add(new Trace(stat.mzxid(), type, path, now.acl(path)));
        }
    }

    /**
     * A recursive watch hears of every node below. Its listeners are never told of children's coming and going (zk.WT7), so a node that
     * lost a child is told of as if its data had changed: read it again, with its children.
     */
    private static void traceSubtree(String path, long since, StateRoot now, List<Trace> traces) {
        traceRoot(path, since, now, traces);
        now.forEachInSubtree(path, node -> {
            if (node.path.equals(path)) {
                return;
            }
            long seen = Math.max(since, node.czxid);
            if (node.czxid > since) {
                traces.add(new Trace(node.czxid, WatchEvent.Type.CREATED, node.path, node.acl.entries));
            }
            if (node.mzxid > seen || node.pzxid() > seen) {
                long last = Math.max(node.mzxid, node.pzxid());
                traces.add(new Trace(last, WatchEvent.Type.DATA_CHANGED, node.path, node.acl.entries));
            }
        });
    }
}

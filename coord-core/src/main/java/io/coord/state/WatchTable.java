package io.coord.state;

import io.coord.Acl;
import io.coord.Stat;
import io.coord.WatchEvent;
import io.coord.WatchKind;
import io.coord.WatchMode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * One member's watches: who waits for what on which path (zk section 2.11). Not replicated, and not for use by several threads. A
 * watcher is a number of the caller's choosing, one for each session hosted or connection served.
 *
 * <p>A watcher gets one event for a change and path, however many of its watches match (zk.WT4); which of its listeners it concerns, it
 * tells from the event's type and path as ZooKeeper's client does.
 */
public final class WatchTable {

    /** Where matched events go. */
    @FunctionalInterface
    public interface Sink {
        /**
         * A watcher's event.
         *
         * @param watcher the watcher
         * @param event what happened
         * @param aclToCheck drop the event unless this list grants READ to the watcher (zk.WT9); empty where nothing is to be
         *     checked, and so granting everything
         */
        void event(long watcher, WatchEvent event, List<Acl> aclToCheck);
    }

    /** Zxid of events that are made up for one-shot watches: for a client's that it brings along (zk.WT11), or behind a snapshot. */
    public static final long NO_ZXID = -1;

    private static final int ALL = Watchers.DATA | Watchers.CHILD | Watchers.PERSISTENT | Watchers.RECURSIVE;

    private final Map<String, Watchers> byPath = new LinkedHashMap<>();
    private final Map<Long, Set<String>> byWatcher = new LinkedHashMap<>();
    /** The characters of each watcher's paths. */
    private final Map<Long, Long> pathChars = new LinkedHashMap<>();
    /** The paths watched recursively, so that a change need not ask each of its ancestors. */
    private final TreeSet<String> recursive = new TreeSet<>();
    private int count;

    /** A table without watches. */
    public WatchTable() {}

    // ---- registration

    /** Leaves a one-shot watch for the node's next creation, change or deletion, as getData and exists do. */
    public void addData(long watcher, String path) {
        add(watcher, path, Watchers.DATA);
    }

    /** Leaves a one-shot watch for the next creation or deletion of a child or the node's deletion, as getChildren does. */
    public void addChild(long watcher, String path) {
        add(watcher, path, Watchers.CHILD);
    }

    /** Adds a watch that stays until it is removed (zk.WT6, zk.WT7). */
    public void add(long watcher, String path, WatchMode mode) {
        add(watcher, path, mode == WatchMode.PERSISTENT ? Watchers.PERSISTENT : Watchers.RECURSIVE);
    }

    private void add(long watcher, String path, byte kind) {
        Watchers watchers = byPath.computeIfAbsent(path, absent -> new Watchers());
        byte had = watchers.kinds(watcher);
        watchers.add(watcher, kind);
        if (had == 0) {
            byWatcher.computeIfAbsent(watcher, absent -> new LinkedHashSet<>()).add(path);
            pathChars.merge(watcher, (long) path.length(), Long::sum);
        }
        count += (kind & ~had) == 0 ? 0 : 1;
        if (kind == Watchers.RECURSIVE) {
            recursive.add(path);
        }
    }

    /** Whether the watcher has a watch of this kind on the path (zk.WT10). */
    public boolean has(long watcher, String path, WatchKind kind) {
        Watchers watchers = byPath.get(path);
        return watchers != null && (watchers.kinds(watcher) & kinds(kind)) != 0;
    }

    /**
     * Removes a watcher's watches of a kind from a path; its others stay (zk.WT8).
     *
     * @return whether there were any (zk.WT10)
     */
    public boolean remove(long watcher, String path, WatchKind kind) {
        boolean had = has(watcher, path, kind);
        remove(watcher, path, kinds(kind));
        return had;
    }

    private static int kinds(WatchKind kind) {
        return switch (kind) {
            case CHILDREN -> Watchers.CHILD;
            case DATA -> Watchers.DATA;
            case ANY -> ALL;
            case PERSISTENT -> Watchers.PERSISTENT;
            case PERSISTENT_RECURSIVE -> Watchers.RECURSIVE;
        };
    }

    private void remove(long watcher, String path, int kinds) {
        Watchers watchers = byPath.get(path);
        int had = watchers == null ? 0 : watchers.kinds(watcher);
        if (watchers == null || (had & kinds) == 0) {
            return;
        }
        watchers.remove(watcher, kinds);
        count -= Integer.bitCount(had & kinds);
        if ((had & kinds & Watchers.RECURSIVE) != 0 && !watchers.hasRecursive()) {
            recursive.remove(path);
        }
        if ((had & ~kinds) == 0) {
            forget(watcher, path);
        }
        if (watchers.isEmpty()) {
            byPath.remove(path);
        }
    }

    private void forget(long watcher, String path) {
        Set<String> paths = byWatcher.get(watcher);
        if (paths != null) {
            paths.remove(path);
            pathChars.merge(watcher, (long) -path.length(), Long::sum);
            if (paths.isEmpty()) {
                byWatcher.remove(watcher);
                pathChars.remove(watcher);
            }
        }
    }

    /** Removes all watches of a watcher, whose session is over or moved or whose connection is closed. */
    public void drop(long watcher) {
        Set<String> paths = byWatcher.get(watcher);
        if (paths != null) {
            List.copyOf(paths).forEach(path -> remove(watcher, path, ALL));
        }
    }

    /** Number of watches; several kinds on one path count each. */
    public int count() {
        return count;
    }

    /**
     * How much is watched.
     *
     * @param watches number of watches; several kinds on one path count each
     * @param paths number of paths watched
     * @param watchers number of watchers that have any
     */
    public record Counts(int watches, int paths, int watchers) {
        /** Of a table without watches. */
        public static final Counts NONE = new Counts(0, 0, 0);
    }

    /** How much is watched. */
    public Counts counts() {
        return count == 0 ? Counts.NONE : new Counts(count, byPath.size(), byWatcher.size());
    }

    /** The paths that each watcher watches, in the order in which they came: a copy, and so as costly as it is long. */
    public Map<Long, List<String>> paths() {
        Map<Long, List<String>> paths = new LinkedHashMap<>();
        byWatcher.forEach((watcher, watched) -> paths.put(watcher, List.copyOf(watched)));
        return paths;
    }

    /** Number of paths a watcher watches. */
    public int pathCount(long watcher) {
        Set<String> paths = byWatcher.get(watcher);
        return paths == null ? 0 : paths.size();
    }

    /** Number of characters of the paths a watcher watches. */
    public long pathChars(long watcher) {
        return pathChars.getOrDefault(watcher, 0L);
    }

    // ---- changes

    /** Tells the sink whom a change concerns, and removes the one-shot watches among those (zk.WT1 to zk.WT9). */
    public void match(Change change, Sink sink) {
        if (count == 0) {
            return;
        }
        String path = change.path();
        int oneShot = change.type() == WatchEvent.Type.DELETED ? Watchers.DATA | Watchers.CHILD : Watchers.DATA;
        long[] watchers = recursive.isEmpty()
                ? at(path, oneShot | Watchers.PERSISTENT)
                : withRecursive(path, at(path, oneShot | Watchers.PERSISTENT | Watchers.RECURSIVE));
        WatchEvent event = new WatchEvent(change.type(), path, change.zxid());
        fire(watchers, oneShot, event, change.acl(), sink);
        if (change.type() != WatchEvent.Type.DATA_CHANGED) {
            matchParent(change, sink);
        }
    }

    private void matchParent(Change change, Sink sink) {
        String parent = Paths.parentOf(change.path());
        long[] watchers = at(parent, Watchers.CHILD | Watchers.PERSISTENT);
        WatchEvent event = new WatchEvent(WatchEvent.Type.CHILDREN_CHANGED, parent, change.zxid());
        fire(watchers, Watchers.CHILD, event, change.parentAcl(), sink);
    }

    private void fire(long[] watchers, int oneShot, WatchEvent event, List<Acl> acl, Sink sink) {
        for (long watcher : watchers) {
            remove(watcher, event.path(), oneShot);
            sink.event(watcher, event, acl);
        }
    }

    private long[] at(String path, int kinds) {
        Watchers watchers = byPath.get(path);
        return watchers == null ? new long[0] : watchers.having(kinds);
    }

    /** The nearest path watched recursively, and those above it, one after another. */
    private long[] withRecursive(String path, long[] near) {
        long[] all = near;
        String from = path;
        while (from.length() > 1) {
            String top = Paths.nearestTop(Paths.parentOf(from), recursive::floor);
            if (top == null) {
                return all;
            }
            all = merged(all, at(top, Watchers.RECURSIVE));
            from = top;
        }
        return all;
    }

    private static long[] merged(long[] some, long[] others) {
        long[] both = Arrays.copyOf(some, some.length + others.length);
        System.arraycopy(others, 0, both, some.length, others.length);
        return Arrays.stream(both).sorted().distinct().toArray();
    }

    // ---- history that was missed

    private record Pending(long watcher, WatchEvent event, List<Acl> acl) {}

    /**
     * Makes up for changes that were not seen, since a snapshot took the place of the state (rule.17): one-shot watches fire by the
     * differences between the two states, in the order of the last changes and with zxid -1, those that stay are told of the gap. A state
     * that was not the ensemble's may be replaced at its own index.
     *
     * @param old the state up to which changes were matched
     * @param now the state from which they will be
     */
    public void rearm(StateRoot old, StateRoot now, Sink sink) {
        if (now.index() < old.index() || now.index() == old.index() && now.digest() == old.digest()) {
            return;
        }
        List<Pending> pending = new ArrayList<>();
        byPath.forEach((path, watchers) -> missed(path, watchers, old, now, pending));
        pending.sort(Comparator.comparingLong((Pending p) -> p.event.zxid()).thenComparingLong(p -> p.watcher));
        for (Pending each : pending) {
            WatchEvent event = each.event;
            remove(each.watcher, event.path(), consumedBy(event.type()));
            boolean isMadeUp = event.type() != WatchEvent.Type.GAP;
            sink.event(each.watcher, isMadeUp ? new WatchEvent(event.type(), event.path(), NO_ZXID) : event, each.acl);
        }
    }

    private static int consumedBy(WatchEvent.Type type) {
        return switch (type) {
            case CREATED, DATA_CHANGED -> Watchers.DATA;
            case CHILDREN_CHANGED -> Watchers.CHILD;
            case DELETED -> Watchers.DATA | Watchers.CHILD;
            case GAP -> 0;
        };
    }

    private static void missed(String path, Watchers watchers, StateRoot old, StateRoot now, List<Pending> pending) {
        Optional<Stat> before = old.stat(path);
        Optional<Stat> after = now.stat(path);
        List<Acl> acl = after.isPresent() ? now.acl(path) : old.acl(path);
        if (after.isEmpty() && before.isPresent()) {
            WatchEvent gone = new WatchEvent(WatchEvent.Type.DELETED, path, now.index());
            add(pending, watchers, Watchers.DATA | Watchers.CHILD, gone, acl);
        }
        WatchEvent data = dataMissed(path, before.isPresent(), old.index(), after.orElse(null));
        if (data != null) {
            add(pending, watchers, Watchers.DATA, data, acl);
        }
        if (after.isPresent() && after.get().pzxid() > old.index()) {
            WatchEvent children = new WatchEvent(WatchEvent.Type.CHILDREN_CHANGED, path, after.get().pzxid());
            add(pending, watchers, Watchers.CHILD, children, acl);
        }
        WatchEvent gap = new WatchEvent(WatchEvent.Type.GAP, path, now.index());
        add(pending, watchers, Watchers.PERSISTENT | Watchers.RECURSIVE, gap, List.of());
    }

    private static @Nullable WatchEvent dataMissed(String path, boolean existed, long since, @Nullable Stat after) {
        if (after != null && !existed) {
            return new WatchEvent(WatchEvent.Type.CREATED, path, after.czxid());
        }
        return after != null && after.mzxid() > since
                ? new WatchEvent(WatchEvent.Type.DATA_CHANGED, path, after.mzxid())
                : null;
    }

    private static void add(List<Pending> pending, Watchers watchers, int kinds, WatchEvent event, List<Acl> acl) {
        for (long watcher : watchers.having(kinds)) {
            pending.add(new Pending(watcher, event, acl));
        }
    }

    /**
     * The watches a client had on another connection, by how it set them.
     *
     * @param data set by getData, or by exists of a node that was there
     * @param exist set by exists of a node that was not there
     * @param child set by getChildren
     * @param persistent added with mode persistent
     * @param recursive added with mode persistent recursive
     */
    public record Carried(
            List<String> data,
            List<String> exist,
            List<String> child,
            List<String> persistent,
            List<String> recursive) {}

    /**
     * Sets the watches a client brings along. One-shot watches whose change it missed fire instead: their events carry zxid -1 and no
     * list to check (zk.WT11). The watches that stay are set, and told what they missed: from the history, each change as it was;
     * where that does not reach, what the tree shows, or a {@link WatchEvent.Type#GAP} for those who understand it (rule.28).
     *
     * @param watcher the client's watcher here
     * @param relativeZxid what the client has seen
     * @param carried its watches
     * @param root the state at which matching goes on
     * @param history of the changes up to there
     * @param tellGaps whether to tell of a gap, in place of events made up from what the tree shows
     */
    public void setWatches(
            long watcher,
            long relativeZxid,
            Carried carried,
            StateRoot root,
            ChangeHistory history,
            boolean tellGaps,
            Sink sink) {
        for (String path : carried.data) {
            Stat stat = root.stat(path).orElse(null);
            if (stat == null || stat.mzxid() > relativeZxid) {
                tell(watcher, stat == null ? WatchEvent.Type.DELETED : WatchEvent.Type.DATA_CHANGED, path, sink);
            } else {
                addData(watcher, path);
            }
        }
        for (String path : carried.exist) {
            if (root.stat(path).isPresent()) {
                tell(watcher, WatchEvent.Type.CREATED, path, sink);
            } else {
                addData(watcher, path);
            }
        }
        for (String path : carried.child) {
            Stat stat = root.stat(path).orElse(null);
            if (stat == null || stat.pzxid() > relativeZxid) {
                tell(watcher, stat == null ? WatchEvent.Type.DELETED : WatchEvent.Type.CHILDREN_CHANGED, path, sink);
            } else {
                addChild(watcher, path);
            }
        }
        if (!carried.persistent.isEmpty() || !carried.recursive.isEmpty()) {
            if (tellGaps && !history.reaches(relativeZxid)) {
                tellGap(watcher, carried, root.index(), sink);
            } else {
                history.tell(watcher, relativeZxid, carried.persistent, carried.recursive, root, sink);
            }
        }
        carried.persistent.forEach(path -> add(watcher, path, WatchMode.PERSISTENT));
        carried.recursive.forEach(path -> add(watcher, path, WatchMode.PERSISTENT_RECURSIVE));
    }

    private static void tellGap(long watcher, Carried carried, long zxid, Sink sink) {
        Set<String> paths = new LinkedHashSet<>(carried.persistent);
        paths.addAll(carried.recursive);
        paths.forEach(path -> sink.event(watcher, new WatchEvent(WatchEvent.Type.GAP, path, zxid), List.of()));
    }

    private static void tell(long watcher, WatchEvent.Type type, String path, Sink sink) {
        sink.event(watcher, new WatchEvent(type, path, NO_ZXID), List.of());
    }
}

package io.coord.session;

import io.coord.Operation;
import io.coord.Registration;
import io.coord.WatchEvent;
import io.coord.WatchKind;
import io.coord.WatchMode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The listeners of one session: which of them hears which event.
 *
 * <p>A member (or a ZooKeeper server) knows only that a session watches a path; it reports a change once, however many reads set a
 * watch for it (zk.WT4). This table knows who asked, and dispatches as ZooKeeper's client does:
 *
 * <table>
 * <caption>Who hears what at path p</caption>
 * <tr><th>event</th><th>consumed</th><th>kept</th></tr>
 * <tr><td>CREATED, DATA_CHANGED</td><td>DATA and EXIST of p</td><td>PERSISTENT of p, RECURSIVE of p and its ancestors</td></tr>
 * <tr><td>DELETED</td><td>DATA, EXIST and CHILD of p</td><td>the same</td></tr>
 * <tr><td>CHILDREN_CHANGED</td><td>CHILD of p</td><td>PERSISTENT of p only (zk.WT7)</td></tr>
 * <tr><td>GAP</td><td>none</td><td>PERSISTENT and RECURSIVE of p itself: each watch reports its own gap</td></tr>
 * </table>
 *
 * <p>A listener (told by {@code equals}) hears an event once, for however many reasons (zk.WT14). Not for use by several threads: the
 * session's queue that orders events and replies also orders registrations.
 */
public final class ListenerTable {

    /** Why a listener listens. */
    public enum Kind {
        /** One-shot, left by getData or by exists of a node that was there. */
        DATA,
        /** One-shot, left by exists of a node that was not there. */
        EXIST,
        /** One-shot, left by getChildren. */
        CHILD,
        /** Stays; added with {@link WatchMode#PERSISTENT}. */
        PERSISTENT,
        /** Stays; added with {@link WatchMode#PERSISTENT_RECURSIVE}. */
        RECURSIVE;

        /**
         * What a read leaves when it is answered, where it leaves anything: getData and getChildren of a missing node
         * do not (zk.R1).
         *
         * @param found whether the node was there
         */
        public static Optional<Kind> leftBy(Operation.WatchedRead<?> read, boolean found) {
            if (read instanceof Operation.Exists) {
                return Optional.of(found ? DATA : EXIST);
            }
            return found ? Optional.of(read instanceof Operation.GetChildren ? CHILD : DATA) : Optional.empty();
        }

        /** What a watch of this mode is. */
        public static Kind of(WatchMode mode) {
            return mode == WatchMode.PERSISTENT ? PERSISTENT : RECURSIVE;
        }

        private boolean isMeantBy(WatchKind removed) {
            return switch (removed) {
                case ANY -> true;
                case DATA -> this == DATA || this == EXIST;
                case CHILDREN -> this == CHILD;
                case PERSISTENT -> this == PERSISTENT;
                case PERSISTENT_RECURSIVE -> this == RECURSIVE;
            };
        }
    }

    /** By kind and path; each listener with the number of its registrations, which only persistent ones count. */
    private final Map<Kind, Map<String, Map<Consumer<? super WatchEvent>, Integer>>> listeners = new EnumMap<>(Kind.class);

    /** An empty table. */
    public ListenerTable() {
        for (Kind kind : Kind.values()) {
            listeners.put(kind, new HashMap<>());
        }
    }

    private Map<String, Map<Consumer<? super WatchEvent>, Integer>> table(Kind kind) {
        return Objects.requireNonNull(listeners.get(kind));
    }

    /** Registers a listener; a second registration for the same path and kind adds no second call. */
    public void add(String path, Kind kind, Consumer<? super WatchEvent> listener) {
        table(kind).computeIfAbsent(path, p -> new LinkedHashMap<>()).merge(listener, 1, Integer::sum);
    }

    /** Takes out the one-shot listeners an event triggers, and returns them and the lasting ones that hear it: each once, in a fixed order. */
    public List<Consumer<? super WatchEvent>> hearersOf(WatchEvent event) {
        Set<Consumer<? super WatchEvent>> hearers = new LinkedHashSet<>();
        consume(event, hearers);
        hearers.addAll(at(Kind.PERSISTENT, event.path()));
        if (event.type() == WatchEvent.Type.GAP) {
            hearers.addAll(at(Kind.RECURSIVE, event.path()));
        } else if (event.type() != WatchEvent.Type.CHILDREN_CHANGED) {
            addRecursive(event.path(), hearers);
        }
        return List.copyOf(hearers);
    }

    /**
     * Takes out the one-shot listeners an event triggers, and returns them alone: what is made up for them, from what a tree shows, is
     * nothing to the lasting ones, where those are told of each change as it was.
     */
    public List<Consumer<? super WatchEvent>> oneShotHearersOf(WatchEvent event) {
        Set<Consumer<? super WatchEvent>> hearers = new LinkedHashSet<>();
        consume(event, hearers);
        return List.copyOf(hearers);
    }

    private void consume(WatchEvent event, Set<Consumer<? super WatchEvent>> hearers) {
        switch (event.type()) {
            case CREATED, DATA_CHANGED -> consume(event.path(), hearers, Kind.DATA, Kind.EXIST);
            case DELETED -> consume(event.path(), hearers, Kind.DATA, Kind.EXIST, Kind.CHILD);
            case CHILDREN_CHANGED -> consume(event.path(), hearers, Kind.CHILD);
            case GAP -> {}
        }
    }

    private void consume(String path, Set<Consumer<? super WatchEvent>> hearers, Kind... kinds) {
        for (Kind kind : kinds) {
            Map<Consumer<? super WatchEvent>, Integer> consumed = table(kind).remove(path);
            if (consumed != null) {
                hearers.addAll(consumed.keySet());
            }
        }
    }

    private Set<Consumer<? super WatchEvent>> at(Kind kind, String path) {
        return table(kind).getOrDefault(path, Map.of()).keySet();
    }

    private void addRecursive(String path, Set<Consumer<? super WatchEvent>> hearers) {
        if (table(Kind.RECURSIVE).isEmpty()) {
            return;
        }
        for (String at = path; at != null; at = parent(at)) {
            hearers.addAll(at(Kind.RECURSIVE, at));
        }
    }

    private static @Nullable String parent(String path) {
        int slash = path.lastIndexOf('/');
        if (path.length() == 1 || slash < 0) {
            return null;
        }
        return slash == 0 ? "/" : path.substring(0, slash);
    }

    /** Whether anybody listens at a path for a reason that this kind means: what a removal needs to be granted (zk.WT10). */
    public boolean has(String path, WatchKind removed) {
        for (Kind kind : Kind.values()) {
            if (kind.isMeantBy(removed) && table(kind).containsKey(path)) {
                return true;
            }
        }
        return false;
    }

    /**
     * Forgets all listeners of a path that this kind means; what is registered for other reasons stays (zk.WT8).
     *
     * @return whether there was any
     */
    public boolean removeAll(String path, WatchKind removed) {
        boolean any = false;
        for (Kind kind : Kind.values()) {
            any |= kind.isMeantBy(removed) && table(kind).remove(path) != null;
        }
        return any;
    }

    /**
     * Takes back one registration of a lasting listener; one that is gone already is no mistake.
     *
     * @return whether it was the last at that path of that mode, so that the member need not watch any more
     */
    public boolean remove(String path, WatchMode mode, Consumer<? super WatchEvent> listener) {
        Map<String, Map<Consumer<? super WatchEvent>, Integer>> byPath = table(Kind.of(mode));
        Map<Consumer<? super WatchEvent>, Integer> registered = byPath.get(path);
        if (registered == null) {
            return false;
        }
        registered.computeIfPresent(listener, (same, count) -> count == 1 ? null : count - 1);
        return registered.isEmpty() && byPath.remove(path) != null;
    }

    /** What whoever added a lasting listener is given: it takes back one registration, however often it is closed. */
    public static Registration registration(Runnable takingBack) {
        AtomicBoolean closed = new AtomicBoolean();
        return () -> {
            if (closed.compareAndSet(false, true)) {
                takingBack.run();
            }
        };
    }

    /** The paths listened to for a reason, sorted: what a client sends when it attaches to another member (zk.WT11). */
    public Set<String> paths(Kind kind) {
        return Collections.unmodifiableSet(new TreeSet<>(table(kind).keySet()));
    }

    /** The number of registered paths over all kinds. */
    public int size() {
        int size = 0;
        for (Kind kind : Kind.values()) {
            size += table(kind).size();
        }
        return size;
    }

    /** Every listener once: who is told of the end. */
    public List<Consumer<? super WatchEvent>> everybody() {
        Set<Consumer<? super WatchEvent>> all = new LinkedHashSet<>();
        for (Kind kind : Kind.values()) {
            for (String path : paths(kind)) {
                all.addAll(at(kind, path));
            }
        }
        return new ArrayList<>(all);
    }

    /** Forgets everybody: the session is over. */
    public void clear() {
        listeners.values().forEach(Map::clear);
    }
}

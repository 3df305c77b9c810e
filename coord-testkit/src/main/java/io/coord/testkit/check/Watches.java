package io.coord.testkit.check;

import io.coord.Acl;
import io.coord.Identity;
import io.coord.WatchEvent;
import io.coord.WatchKind;
import io.coord.testkit.check.ModelTree.Happening;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The watches of one session, and where in the history of all changes its owner has got to. Whatever of the history its watches wait for
 * is the next event it must be told, and nothing else is; before any answer that shows a later state.
 */
final class Watches {

    static final int DATA = 0;
    static final int CHILD = 1;
    static final int PERSISTENT = 2;
    static final int RECURSIVE = 3;
    /** A data watch of a node that was not there. */
    static final int EXIST = 4;

    private static final int KINDS = 5;
    private static final long NONE = Long.MAX_VALUE;

    private final String owner;
    private final List<Identity> identities;
    private final List<Happening> history;
    /** By path and kind, the index behind which changes are reported. */
    private final Map<String, long[]> since = new LinkedHashMap<>();
    /** One-shot watches that were compared with a snapshot: they may have reported what they saw of it, or still wait. */
    private final Map<String, Set<Integer>> blurred = new HashMap<>();
    /** Paths of standing watches whose owner must be told of a gap up to {@link #gapIndex}. */
    private final Set<String> gaps = new HashSet<>();
    private long gapIndex;
    private int next;
    private long lastEventZxid;
    private final List<WatchEvent> madeUp = new ArrayList<>();
    /** Watches were brought along, and what they missed is being told. */
    private boolean carrying;

    Watches(String owner, List<Identity> identities, List<Happening> history) {
        this.owner = owner;
        this.identities = identities;
        this.history = history;
    }

    void clear() {
        since.clear();
        blurred.clear();
        gaps.clear();
        madeUp.clear();
        carrying = false;
    }

    /** What the owner has seen, by answers and events. */
    long seen(long answeredZxid) {
        return Math.max(answeredZxid, lastEventZxid);
    }

    /** Watches are brought along: those that stay are told all they missed, each change as it was, or of a gap (rule.28, zk.X2). */
    void carry(Ledger.Carried carried, long sinceZxid) {
        carrying = true;
        carried.persistent().forEach(path -> set(PERSISTENT, path, sinceZxid));
        carried.recursive().forEach(path -> set(RECURSIVE, path, sinceZxid));
        while (next > 0 && history.get(next - 1).event().zxid() > sinceZxid) {
            next--;
        }
    }

    void set(int kind, String path, long zxid) {
        long[] kinds = since.computeIfAbsent(path, absent -> none());
        kinds[kind] = Math.min(kinds[kind], zxid);
        Set<Integer> uncertain = blurred.get(path);
        if (uncertain != null) {
            uncertain.remove(kind == EXIST ? DATA : kind);
        }
    }

    private static long[] none() {
        long[] none = new long[KINDS];
        Arrays.fill(none, NONE);
        return none;
    }

    private boolean isSet(String path, int kind) {
        long[] kinds = since.get(path);
        return kinds != null && kinds[kind] != NONE;
    }

    void remove(String path, WatchKind kind, boolean removed) {
        int[] meant = switch (kind) {
            case CHILDREN -> new int[] {CHILD};
            case DATA -> new int[] {DATA, EXIST};
            case ANY -> new int[] {DATA, EXIST, CHILD, PERSISTENT, RECURSIVE};
            case PERSISTENT -> new int[] {PERSISTENT};
            case PERSISTENT_RECURSIVE -> new int[] {RECURSIVE};
        };
        boolean had = false;
        boolean perhaps = false;
        for (int each : meant) {
            had |= isSet(path, each);
            perhaps |= blurred.containsKey(path) && blurred.get(path).remove(each);
            if (isSet(path, each)) {
                since.get(path)[each] = NONE;
            }
        }
        if (removed ? !had && !perhaps : had) {
            throw new Violation("Z12", owner + " was told that it had " + (removed ? "" : "no ") + kind + " watch of " + path);
        }
    }

    void blur(long index) {
        since.forEach((path, kinds) -> {
            blur(path, kinds, DATA, DATA);
            blur(path, kinds, EXIST, DATA);
            blur(path, kinds, CHILD, CHILD);
            if (kinds[PERSISTENT] != NONE || kinds[RECURSIVE] != NONE) {
                gaps.add(path);
            }
        });
        gapIndex = index;
    }

    private void blur(String path, long[] kinds, int kind, int as) {
        if (kinds[kind] != NONE) {
            kinds[kind] = NONE;
            blurred.computeIfAbsent(path, absent -> new HashSet<>()).add(as);
        }
    }

    Ledger.@Nullable Carried carried() {
        List<List<String>> paths = new ArrayList<>();
        boolean any = false;
        for (int kind : new int[] {DATA, EXIST, CHILD, PERSISTENT, RECURSIVE}) {
            List<String> of = new ArrayList<>();
            since.forEach((path, kinds) -> {
                boolean twice = kind == EXIST && kinds[DATA] != NONE;
                if (kinds[kind] != NONE && !twice) {
                    of.add(path);
                }
            });
            any |= !of.isEmpty();
            paths.add(of);
        }
        return any ? new Ledger.Carried(paths.get(0), paths.get(1), paths.get(2), paths.get(3), paths.get(4)) : null;
    }

    // ---- what is told

    /** The first change up to an index that a watch waits for and its owner may hear of; goes past all others. */
    private @Nullable Happening due(long throughZxid) {
        while (next < history.size()) {
            Happening happening = history.get(next);
            if (happening.event().zxid() > throughZxid) {
                return null;
            }
            if (isAwaited(happening.event())) {
                if (ModelTree.allows(happening.acl(), Acl.READ, identities)) {
                    return happening;
                }
                consume(happening.event());
            }
            next++;
        }
        return null;
    }

    private boolean isAwaited(WatchEvent event) {
        if (since.isEmpty()) {
            return false;
        }
        long[] kinds = since.get(event.path());
        if (kinds != null) {
            boolean own = switch (event.type()) {
                case CHILDREN_CHANGED -> Math.min(kinds[CHILD], kinds[PERSISTENT]) < event.zxid();
                case DELETED -> earliest(kinds) < event.zxid();
                default -> Math.min(Math.min(kinds[DATA], kinds[EXIST]), kinds[PERSISTENT]) < event.zxid();
            };
            if (own) {
                return true;
            }
        }
        return event.type() != WatchEvent.Type.CHILDREN_CHANGED && isBelowRecursive(event);
    }

    private static long earliest(long[] kinds) {
        long earliest = NONE;
        for (int kind = 0; kind < KINDS; kind++) {
            earliest = Math.min(earliest, kind == RECURSIVE ? NONE : kinds[kind]);
        }
        return earliest;
    }

    private boolean isBelowRecursive(WatchEvent event) {
        for (String path = event.path(); ; path = path.lastIndexOf('/') <= 0 ? "/" : path.substring(0, path.lastIndexOf('/'))) {
            long[] kinds = since.get(path);
            if (kinds != null && kinds[RECURSIVE] < event.zxid()) {
                return true;
            }
            if (path.length() == 1) {
                return false;
            }
        }
    }

    private void consume(WatchEvent event) {
        long[] kinds = since.get(event.path());
        if (kinds == null) {
            return;
        }
        if (event.type() != WatchEvent.Type.CHILDREN_CHANGED) {
            kinds[DATA] = NONE;
            kinds[EXIST] = NONE;
        }
        if (event.type() == WatchEvent.Type.DELETED || event.type() == WatchEvent.Type.CHILDREN_CHANGED) {
            kinds[CHILD] = NONE;
        }
    }

    void fired(WatchEvent event) {
        if (event.zxid() == -1 && carrying) {
            madeUp.add(event);
            return;
        }
        if (event.zxid() == -1) {
            if (!unblur(event)) {
                throw new Violation("Z12", owner + " was told " + event + ", made up, but no one-shot watch was compared with a snapshot");
            }
            return;
        }
        if (event.zxid() < lastEventZxid) {
            throw new Violation("Z10", owner + " was told " + event + " after an event of " + Long.toHexString(lastEventZxid));
        }
        lastEventZxid = event.zxid();
        if (event.type() == WatchEvent.Type.GAP) {
            gap(event);
            return;
        }
        Happening due = due(event.zxid());
        boolean exact = due != null && due.event().equals(event);
        if (exact) {
            consume(event);
            next++;
        }
        boolean perhaps = unblur(event);
        if (!exact && !perhaps) {
            throw new Violation(due == null ? "Z12" : "Z11", owner + " was told " + event + ", but waits for "
                    + (due == null ? "nothing of the kind" : due.event() + " first"));
        }
    }

    private boolean unblur(WatchEvent event) {
        Set<Integer> uncertain = blurred.get(event.path());
        if (uncertain == null) {
            return false;
        }
        boolean any = event.type() != WatchEvent.Type.CHILDREN_CHANGED && uncertain.remove(DATA);
        if (event.type() == WatchEvent.Type.DELETED || event.type() == WatchEvent.Type.CHILDREN_CHANGED) {
            any |= uncertain.remove(CHILD);
        }
        return any;
    }

    private void gap(WatchEvent event) {
        boolean expected = carrying ? since.containsKey(event.path()) : gaps.remove(event.path()) && event.zxid() == gapIndex;
        if (!expected) {
            throw new Violation("Z11", owner + " was told " + event + ", but no watch of it stands there, or nothing was missed");
        }
        long[] kinds = since.get(event.path());
        if (kinds != null) {
            for (int kind : new int[] {PERSISTENT, RECURSIVE}) {
                kinds[kind] = kinds[kind] == NONE ? NONE : Math.max(kinds[kind], event.zxid());
            }
        }
    }

    /** The session was answered from the state at an index: every event up to there must have been told. */
    void answered(long zxid) {
        if (!gaps.isEmpty() && zxid >= gapIndex) {
            throw new Violation("Z11", owner + " was answered from " + Long.toHexString(zxid) + ", but not told of the gap at " + gaps);
        }
        if (carrying) {
            return; // the answer that all missed events were told is to come
        }
        Happening due = due(zxid);
        if (due != null) {
            throw new Violation("Z9", owner + " was answered from " + Long.toHexString(zxid) + " before the event " + due.event());
        }
    }

    /** The watches brought along are in force: exactly what they had missed was told. */
    void caughtUp(List<WatchEvent> missed) {
        carrying = false;
        List<WatchEvent> told = List.copyOf(madeUp);
        madeUp.clear();
        if (!told.equals(missed)) {
            throw new Violation("Z11", owner + " brought watches along and was told " + told + ", but had missed " + missed);
        }
    }
}

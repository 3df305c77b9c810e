package io.coord.testkit.process;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.zookeeper.Watcher.Event.EventType;

/**
 * What a writer did to some nodes, and what a persistent recursive watch was told of it: every change, in order on each connection, and
 * before any answer that shows it. An event without a zxid is one that says "look again", at its node and what is below.
 */
final class WatchHistory {

    private final Set<Change> made = new HashSet<>();
    private final Set<Change> told = new HashSet<>();
    private final Set<Change> toldOnConnection = new HashSet<>();
    private final Set<String> toLookAt = new HashSet<>();
    private final List<String> violations = new ArrayList<>();
    private long latestZxid;

    /** One change of one node. */
    record Change(long zxid, EventType type, String path) {}

    /** A change was made. */
    synchronized void made(long zxid, EventType type, String path) {
        made.add(new Change(zxid, type, path));
    }

    /** What is told from now on comes on a new connection, on which the last things may be told again. */
    synchronized void connected() {
        latestZxid = 0;
        toldOnConnection.clear();
    }

    synchronized void told(long zxid, EventType type, String path) {
        if (zxid <= 0) {
            toLookAt.add(path);
            return;
        }
        Change change = new Change(zxid, type, path);
        if (zxid < latestZxid) {
            violations.add(change + " was told behind zxid " + latestZxid);
        }
        if (!toldOnConnection.add(change)) {
            violations.add(change + " was told twice on one connection");
        }
        latestZxid = Math.max(latestZxid, zxid);
        told.add(change);
    }

    private boolean isToBeLookedAt(String path) {
        return toLookAt.stream().anyMatch(above -> path.equals(above) || path.startsWith(above + "/"));
    }

    /** The watcher was answered, and saw a node as that change had left it. */
    synchronized void saw(String path, long mzxid) {
        if (!isToBeLookedAt(path) && told.stream().noneMatch(change -> change.zxid() == mzxid && change.path().equals(path))) {
            violations.add(path + " was seen as of zxid " + mzxid + " before that was told");
        }
    }

    synchronized long changes() {
        return made.size();
    }

    /** What is wrong, where this is what each node was last changed by. */
    synchronized List<String> violations(Map<String, Long> mzxids) {
        List<String> wrong = new ArrayList<>(violations);
        told.stream().filter(change -> !made.contains(change)).forEach(change -> wrong.add(change + " was told, and never made"));
        made.stream().filter(change -> !told.contains(change) && !isToBeLookedAt(change.path()))
                .forEach(change -> wrong.add(change + " was never told"));
        mzxids.forEach((path, mzxid) -> {
            if (made.stream().noneMatch(change -> change.zxid() == mzxid && change.path().equals(path))) {
                wrong.add(path + " is as of zxid " + mzxid + ", when nobody changed it");
            }
        });
        return wrong;
    }
}

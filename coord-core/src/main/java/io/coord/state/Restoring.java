package io.coord.state;

import io.coord.NodePath;
import io.coord.Operation;
import io.coord.Outcome;
import io.coord.state.StateVisitor.Lifetime;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A state being read back out of a snapshot. Refuses what no state can hold: a broken snapshot must be found here, not served.
 */
public final class Restoring implements StateVisitor {

    private final NodeEditor nodes = new NodeEditor();
    private final SessionEditor sessions = new SessionEditor();
    private @Nullable Header header;
    private long sessionsSeen;
    private long nodesSeen;
    private long lastSession;
    private @Nullable CoordState state;
    /** Of the last node, as it is now. */
    private @Nullable ZNode parent;

    Restoring() {}

    /**
     * The restored state, once {@link #end} was told; the caller's from then on.
     *
     * @throws IllegalStateException if the end is missing
     */
    public CoordState state() {
        if (state == null) {
            throw broken("it has no end: " + sessionsSeen + " sessions and " + nodesSeen + " nodes were read");
        }
        return state;
    }

    @Override
    public void header(Header header) {
        check(this.header == null, () -> "it has a second header");
        this.header = header;
        HighestSession before = null;
        for (HighestSession highest : header.highestSessions()) {
            boolean inOrder = before == null || before.member().compareTo(highest.member()) < 0;
            check(inOrder, () -> "the highest session of member " + highest.member() + " is out of order");
            sessions.raiseHighest(highest.member(), highest.session());
            before = highest;
        }
    }

    @Override
    public void session(SessionImage image) {
        check(header != null && state == null && nodesSeen == 0, () -> named(image) + " is out of place");
        check(image.id() != 0 && (sessionsSeen == 0 || image.id() > lastSession), () -> named(image) + " is out of order");
        check(
                image.ackedUpTo() >= 0 && image.lastNumber() - image.ackedUpTo() == image.outcomes().size(),
                () -> named(image) + " has " + image.outcomes().size() + " outcomes between numbers "
                        + image.ackedUpTo() + " and " + image.lastNumber());
        for (Outcome outcome : image.outcomes()) {
            check(isFlat(outcome), () -> named(image) + " has an outcome of a transaction within a transaction");
        }
        sessions.insert(image);
        lastSession = image.id();
        sessionsSeen++;
    }

    private static String named(SessionImage image) {
        return "session 0x" + Long.toHexString(image.id());
    }

    private static boolean isFlat(Outcome outcome) {
        return !(outcome instanceof Outcome.Multi multi)
                || multi.results().stream().noneMatch(Outcome.Multi.class::isInstance);
    }

    @Override
    public void node(NodeImage image) {
        String path = image.path();
        Header head = header;
        if (head == null || state != null) {
            throw broken(named(path) + " is out of place");
        }
        Optional<String> violation = NodePath.violation(path);
        if (violation.isPresent()) {
            throw broken(named(path) + " has an invalid path: " + violation.get());
        }
        checkZxids(image, head);
        checkLife(image);
        if (path.length() == 1 ? !plant(image) : !insert(image)) {
            throw broken(named(path) + " comes twice");
        }
        nodesSeen++;
    }

    private boolean plant(NodeImage image) {
        boolean isFirst = nodes.find(image.path()) == null;
        if (isFirst) {
            nodes.plant(node(image, null, null));
        }
        return isFirst;
    }

    private boolean insert(NodeImage image) {
        ZNode above = parentOf(image.path());
        parent = nodes.insert(node(image, above.path, life(image)), above);
        return parent != null;
    }

    /** Mostly that of the node before. */
    private ZNode parentOf(String path) {
        ZNode last = parent;
        ZNode found = last != null && Paths.isParent(last.path, path) ? last : nodes.findParent(path);
        if (found == null) {
            throw broken(named(path) + " comes before its parent");
        }
        if (found.isEphemeral()) {
            throw broken(named(path) + " lies below an ephemeral node");
        }
        return found;
    }

    private static void checkZxids(NodeImage image, Header head) {
        long highest = Math.max(image.czxid(), Math.max(image.mzxid(), image.pzxid()));
        if (highest > head.index()) {
            throw broken(named(image.path()) + " was changed by entry 0x" + Long.toHexString(highest) + ", after the snapshot's");
        }
    }

    private static void checkLife(NodeImage image) {
        boolean isEphemeral = image.lifetime() == Lifetime.EPHEMERAL;
        boolean isTtl = image.lifetime() == Lifetime.TTL;
        if (isEphemeral != (image.owner() != 0) || isTtl != (image.ttlMillis() != Operation.NO_TTL)) {
            throw broken(named(image.path()) + " is " + image.lifetime() + " with owner 0x" + Long.toHexString(image.owner())
                    + " and a time to live of " + image.ttlMillis());
        }
    }

    private static String named(String path) {
        return "node " + NodePath.printable(path);
    }

    private @Nullable Life life(NodeImage image) {
        return switch (image.lifetime()) {
            case PERSISTENT -> null;
            case CONTAINER -> Life.container(image.touchedMillis());
            case TTL -> Life.ttl(image.ttlMillis(), image.touchedMillis());
            case EPHEMERAL -> {
                SessionEntry owner = sessions.find(image.owner());
                if (owner == null) {
                    throw broken(named(image.path()) + " belongs to session 0x" + Long.toHexString(image.owner())
                            + ", which is over");
                }
                sessions.own(owner, image.path());
                yield owner.life();
            }
        };
    }

    private ZNode node(NodeImage image, @Nullable String parent, @Nullable Life life) {
        boolean hadChildren = image.creations() != 0 || image.pzxid() != image.czxid();
        return new ZNode(
                image.path(),
                image.data(),
                nodes.share(image.acl()),
                hadChildren ? new Family(null, parent, image.creations(), image.pzxid()) : null,
                life,
                image.czxid(),
                image.mzxid(),
                image.ctime(),
                image.mtime(),
                image.version(),
                image.aversion());
    }

    @Override
    public void end(long digest) {
        Header head = header;
        if (head == null || state != null) {
            throw broken(head == null ? "it has no header" : "it has a second end");
        }
        check(
                sessionsSeen == head.sessionCount(),
                () -> "it has " + sessionsSeen + " sessions, not " + head.sessionCount());
        check(nodesSeen == head.nodeCount(), () -> "it has " + nodesSeen + " nodes, not " + head.nodeCount());
        for (String path : CoordState.NODES_OF_EVERY_TREE) {
            check(nodes.find(path) != null, () -> named(path) + " is missing, which every tree has");
        }
        long found = digest();
        checkReconfiguration(head);
        check(
                found == digest,
                () -> "its contents come to digest 0x" + Long.toHexString(found) + ", not 0x"
                        + Long.toHexString(digest));
        state = new CoordState(nodes, sessions, head);
    }

    /** Its caller, if there still is one, waits for its outcome. */
    private void checkReconfiguration(Header head) {
        Reconfiguration pending = head.reconfiguration();
        if (pending == null) {
            return;
        }
        SessionEntry session = sessions.find(pending.session());
        check(
                pending.index() <= head.index(),
                () -> "the change of members under way is later than the snapshot");
        check(
                session == null || session.outcome(pending.number()) instanceof Outcome.Reconfiguring,
                () -> "session 0x" + Long.toHexString(pending.session()) + " does not wait for the change of members under way");
    }

    /** Digest of what was read so far: for a source that does not know it, such as an import, to tell at the end. */
    public long digest() {
        long settings = header == null
                ? 0
                : Digest.settings(header.settings()) + Digest.reconfiguration(header.reconfiguration());
        return nodes.freeze().digest() + sessions.freeze().digest() + settings;
    }

    private static void check(boolean holds, Supplier<String> otherwise) {
        if (!holds) {
            throw broken(otherwise.get());
        }
    }

    private static IllegalStateException broken(String fact) {
        return new IllegalStateException("the snapshot is broken: " + fact);
    }
}

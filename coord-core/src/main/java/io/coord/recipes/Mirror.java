package io.coord.recipes;

import io.coord.AsyncSession;
import io.coord.Children;
import io.coord.Node;
import io.coord.NodePath;
import io.coord.Operation;
import io.coord.OutcomeUnknownException;
import io.coord.ReadOutcome;
import io.coord.Registration;
import io.coord.RejectedException;
import io.coord.RejectedException.NoNodeException;
import io.coord.SessionEndedException;
import io.coord.SessionEvent;
import io.coord.SessionState;
import io.coord.UnavailableException;
import io.coord.WatchEvent;
import io.coord.WatchMode;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentNavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A copy of a node, of its children too, or of its whole subtree, kept up to date.
 *
 * <p>It watches first and reads then, so that no change falls between; an event says that a node changed, and a read of that node says to
 * what. A read may show more than its event: events still to come are recognized as known by the zxids of the node, czxid telling
 * one life of a path from the next, mzxid one value from the next. So a node never goes back, and what it ends with is what the tree
 * has. After a gap, or when the session is connected again, everything is read anew and the differences are reported together: a
 * node that went and came meanwhile is told by its czxid.
 *
 * <p>Runs on the callback executor only, but for {@link #nodes()}, which any thread may read.
 */
final class Mirror {

    /** How many nodes are read by one request: with metadata-sized values, well within a frame. */
    private static final int BATCH = 64;

    /**
     * A step of the mirror.
     *
     * @param path the node
     * @param before what was known, empty if it was not there
     * @param after what is known, empty if it is gone
     */
    record Change(NodePath path, Optional<Node> before, Optional<Node> after) {

        /** Whether another node than before has the path: the one before was deleted in between. */
        boolean isReplacement() {
            return before.isPresent()
                    && after.isPresent()
                    && before.get().stat().czxid() != after.get().stat().czxid();
        }
    }

    private final AsyncSession session;
    private final NodePath root;
    private final int depthMax;
    private final Consumer<List<Change>> owner;
    private final Ear ear;
    private final ConcurrentNavigableMap<NodePath, Node> nodes = new ConcurrentSkipListMap<>();
    private final CompletableFuture<@Nullable Void> loaded = new CompletableFuture<>();
    private final Consumer<WatchEvent> listener = this::onWatchEvent;

    private @Nullable Registration watch;
    private @Nullable Load load;
    /** Events whose reads are under way, in order; empty while everything is being read. */
    private final Deque<Slot> slots = new ArrayDeque<>();
    /** Events that came while everything was being read. */
    private final List<WatchEvent> early = new ArrayList<>();
    private boolean closed;

    /**
     * A mirror to be opened by {@link #open()}.
     *
     * @param depthMax how deep it looks: 0 for the node itself, 1 for its children too
     * @param owner told of each change after it was made; told of several at once where they were found together
     */
    Mirror(AsyncSession session, NodePath root, int depthMax, Consumer<List<Change>> owner) {
        this.session = session;
        this.root = root;
        this.depthMax = depthMax;
        this.owner = owner;
        this.ear = new Ear(session, this::onSessionEvent);
    }

    /** What is known, by path; a live view in which each node is up to date as of the last event of it. */
    NavigableMap<NodePath, Node> nodes() {
        return nodes;
    }

    /** Completes when everything was read once; fails if it could not be. */
    CompletionStage<@Nullable Void> open() {
        ear.open();
        WatchMode mode = depthMax == 0 ? WatchMode.PERSISTENT : WatchMode.PERSISTENT_RECURSIVE;
        session.addWatch(root, mode, listener).whenComplete((registration, thrown) -> {
            if (thrown != null) {
                fail(Waiting.cause(thrown));
            } else if (closed) {
                registration.close();
            } else {
                watch = registration;
                load();
            }
        });
        return loaded;
    }

    private void fail(Throwable cause) {
        loaded.completeExceptionally(cause);
        close();
    }

    /** Ends the copying; what is known stays. */
    void close() {
        closed = true;
        load = null;
        slots.clear();
        early.clear();
        ear.close();
        if (watch != null) {
            watch.close();
        }
        loaded.completeExceptionally(
                new CancellationException("the mirror of " + root + " was closed"));
    }

    private void onSessionEvent(SessionEvent event) {
        if (event.state().isOver()) {
            fail(new SessionEndedException("session 0x" + Long.toHexString(session.id()) + " is over; what is known of " + root
                    + " stays as it is. Open a new session and begin again"));
        } else if (event instanceof SessionEvent.Connected && watch != null) {
            load();
        }
    }

    // ---- reading everything

    /** One reading of everything: level by level, some nodes at a time. */
    private final class Load {
        final TreeMap<NodePath, Node> found = new TreeMap<>();
        private final Deque<NodePath> unread = new ArrayDeque<>(List.of(root));

        void step() {
            if (load != this) {
                return;
            }
            if (unread.isEmpty()) {
                finish(this);
                return;
            }
            List<NodePath> batch = new ArrayList<>();
            while (!unread.isEmpty() && batch.size() < BATCH) {
                batch.add(unread.remove());
            }
            session.submit(new Operation.MultiRead(reads(batch))).whenComplete((answers, thrown) -> {
                if (load != this) {
                    return;
                }
                if (thrown != null) {
                    trouble(Waiting.cause(thrown));
                    return;
                }
                take(batch, answers);
                step();
            });
        }

        private List<Operation.WatchedRead<?>> reads(List<NodePath> batch) {
            List<Operation.WatchedRead<?>> reads = new ArrayList<>();
            for (NodePath path : batch) {
                reads.add(new Operation.GetData(path.value()));
                if (depth(path) < depthMax) {
                    reads.add(new Operation.GetChildren(path.value()));
                }
            }
            return reads;
        }

        /** What cannot be read, since it is gone or for lack of permission, is not there. */
        private void take(List<NodePath> batch, List<ReadOutcome> answers) {
            int next = 0;
            for (NodePath path : batch) {
                if (answers.get(next++) instanceof Node node) {
                    found.put(path, node);
                }
                if (depth(path) < depthMax && answers.get(next++) instanceof Children children) {
                    children.names().stream().sorted().forEach(name -> unread.add(path.child(name)));
                }
            }
        }
    }

    private int depth(NodePath path) {
        return path.depth() - root.depth();
    }

    private void load() {
        if (closed) {
            return;
        }
        slots.clear();
        early.clear();
        load = new Load();
        load.step();
    }

    /** Reads everything again when that is possible. */
    private void trouble(Throwable cause) {
        if (!(cause instanceof UnavailableException || cause instanceof OutcomeUnknownException)) {
            fail(cause);
            return;
        }
        load = null;
        slots.clear();
        early.clear();
        if (session.state() == SessionState.CONNECTED) {
            load = new Load();
            session.callbackExecutor().execute(load::step);
        }
    }

    private void finish(Load done) {
        load = null;
        List<Change> changes = new ArrayList<>();
        for (Map.Entry<NodePath, Node> gone : nodes.descendingMap().entrySet()) {
            if (!done.found.containsKey(gone.getKey())) {
                changes.add(new Change(gone.getKey(), Optional.of(gone.getValue()), Optional.empty()));
            }
        }
        done.found.forEach((path, node) -> {
            Node known = nodes.get(path);
            if (known == null || isLater(node, known)) {
                changes.add(new Change(path, Optional.ofNullable(known), Optional.of(node)));
            }
        });
        make(changes);
        loaded.complete(null);
        List<WatchEvent> events = List.copyOf(early);
        early.clear();
        events.forEach(this::follow);
    }

    private static boolean isLater(Node read, Node known) {
        long lives = Long.compare(read.stat().czxid(), known.stat().czxid());
        return lives > 0 || lives == 0 && read.stat().mzxid() > known.stat().mzxid();
    }

    // ---- following events

    /** An event whose read is under way. */
    private static final class Slot {
        final WatchEvent event;
        final NodePath path;
        boolean ready;
        /** Whether the node may not be read. */
        boolean refused;
        @Nullable Node read;

        Slot(WatchEvent event) {
            this.event = event;
            this.path = NodePath.of(event.path());
        }

        /** Whether the event is a deletion that tells which write it was; old servers, and those that make events up, do not. */
        boolean isDatedDeletion() {
            return event.type() == WatchEvent.Type.DELETED && isDated();
        }

        boolean isDated() {
            return event.zxid() > 0;
        }

        /** Whether the node known by the path is gone. Its absence alone does not tell: a dated deletion will, in its own turn. */
        boolean ends(Node known) {
            return refused || !isDated() || isDatedDeletion() && event.zxid() > known.stat().czxid();
        }
    }

    private void onWatchEvent(WatchEvent event) {
        if (closed || watch == null) {
            return; // everything is still to be read
        }
        if (event.type() == WatchEvent.Type.GAP) {
            load();
        } else if (load != null) {
            early.add(event);
        } else {
            follow(event);
        }
    }

    private void follow(WatchEvent event) {
        Slot slot = new Slot(event);
        if (event.type() == WatchEvent.Type.CHILDREN_CHANGED || depth(slot.path) > depthMax || closed) {
            return;
        }
        slots.add(slot);
        if (slot.isDatedDeletion()) {
            slot.ready = true;
            takeReadySlots();
        } else {
            session.getData(slot.path).whenComplete((node, thrown) -> answered(slot, node, thrown));
        }
    }

    private void answered(Slot slot, @Nullable Node node, @Nullable Throwable thrown) {
        if (!slots.contains(slot)) {
            return; // of before everything was read anew
        }
        Throwable cause = thrown == null ? null : Waiting.cause(thrown);
        if (cause != null && !(cause instanceof RejectedException)) {
            trouble(cause);
            return;
        }
        slot.ready = true;
        slot.read = node;
        slot.refused = cause != null && !(cause instanceof NoNodeException);
        takeReadySlots();
    }

    private void takeReadySlots() {
        while (!slots.isEmpty() && slots.peek().ready) {
            Slot slot = slots.remove();
            Node known = nodes.get(slot.path);
            if (slot.read == null && known != null && slot.ends(known)) {
                make(removals(slot.path, slot.isDatedDeletion() ? slot.event.zxid() : Long.MAX_VALUE));
            } else if (slot.read != null && (known == null || isLater(slot.read, known))) {
                make(changes(slot.path, known, slot.read));
            }
        }
    }

    /** A new life of a path ends what was known below it. */
    private List<Change> changes(NodePath path, @Nullable Node known, Node read) {
        List<Change> changes = new ArrayList<>();
        if (known != null && known.stat().czxid() != read.stat().czxid()) {
            changes.addAll(removals(path, read.stat().czxid()));
            changes.removeIf(change -> change.path().equals(path));
        }
        changes.add(new Change(path, Optional.ofNullable(known), Optional.of(read)));
        return changes;
    }

    /**
     * The removal of a known node and what is known below it, the deepest first.
     *
     * @param zxid of the write that ended them: what was created later is of the path's next life, and was read ahead of its event
     */
    private List<Change> removals(NodePath path, long zxid) {
        List<Change> removals = new ArrayList<>();
        for (Map.Entry<NodePath, Node> each : nodes.tailMap(path, true).entrySet()) {
            if (each.getKey().equals(path) || path.isAncestorOf(each.getKey())) {
                if (each.getValue().stat().czxid() >= zxid) {
                    continue;
                }
                removals.add(0, new Change(each.getKey(), Optional.of(each.getValue()), Optional.empty()));
            } else if (!each.getKey().value().startsWith(path.value())) {
                break;
            }
        }
        return removals;
    }

    private void make(List<Change> changes) {
        if (changes.isEmpty()) {
            return;
        }
        for (Change change : changes) {
            change.after().ifPresentOrElse(node -> nodes.put(change.path(), node), () -> nodes.remove(change.path()));
        }
        owner.accept(changes);
    }
}

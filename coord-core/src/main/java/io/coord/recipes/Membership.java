package io.coord.recipes;

import io.coord.AsyncSession;
import io.coord.Bytes;
import io.coord.CoordException;
import io.coord.CreateMode;
import io.coord.ErrorCode;
import io.coord.Node;
import io.coord.NodePath;
import io.coord.Outcome;
import io.coord.OutcomeUnknownException;
import io.coord.Refusal;
import io.coord.Registration;
import io.coord.RejectedException;
import io.coord.RejectedException.NoNodeException;
import io.coord.RejectedException.NodeExistsException;
import io.coord.Session;
import io.coord.SessionEndedException;
import io.coord.SessionState;
import io.coord.Stat;
import io.coord.UnavailableException;
import io.coord.WatchEvent;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Who is there: a group of named members, each an ephemeral child of one path with its own data, such as an address.
 *
 * <pre>{@code
 * Membership brokers = Membership.join(session, NodePath.of("/brokers"), "broker-1", Bytes.utf8("broker-1:9092"));
 * brokers.onChange(view -> routing.refresh(view.members()));
 * }</pre>
 *
 * <p><b>What is guaranteed.</b> Views come in order, and none goes back. Every leaving of a member that was seen is told; a member that
 * left and came again, with a new session perhaps, is told as {@code left} and {@code joined}, even if nobody looked in between. A
 * member that came and left at once may never be seen.
 *
 * <p><b>When the session is suspended</b>, the view stays as it was, and {@link #isMember()} is false at once; the others still see
 * this member until its session expires. When the session is connected again, everything is read anew and the differences come as one view.
 *
 * <p><b>When the session is over</b>, this member has left for the others, and its own view comes to a standstill: open a new session and
 * join again. If somebody else deletes this member's node while its session lives, it joins again by itself.
 *
 * <p>Any thread may call any method.
 */
public final class Membership implements AutoCloseable {

    /**
     * The group at one moment, and what became of it since the view before.
     *
     * @param members the data of each member by name; null data reads as {@link Bytes#EMPTY}
     * @param joined the names of those that came
     * @param left the names of those that went; also in {@code joined} if they came again
     * @param updated the names of those whose data was set
     */
    public record View(
            SortedMap<String, Bytes> members,
            SortedSet<String> joined,
            SortedSet<String> left,
            SortedSet<String> updated) {

        /** Keeps immutable copies. */
        public View {
            members = Collections.unmodifiableSortedMap(new TreeMap<>(members));
            joined = Collections.unmodifiableSortedSet(new TreeSet<>(joined));
            left = Collections.unmodifiableSortedSet(new TreeSet<>(left));
            updated = Collections.unmodifiableSortedSet(new TreeSet<>(updated));
        }

        private static View first(SortedMap<String, Bytes> members) {
            return new View(members, new TreeSet<>(members.keySet()), new TreeSet<>(), new TreeSet<>());
        }
    }

    private final Session session;
    private final NodePath path;
    private final Executor executor;
    private final Listeners<View> listeners;
    private final Mirror mirror;
    private final CompletableFuture<Membership> joined = new CompletableFuture<>();

    /** Immutable; replaced on the executor. */
    private volatile SortedMap<String, Bytes> members = Collections.emptySortedMap();

    /** This member's own node; empty for an observer. */
    private final Optional<Presence> presence;

    private Membership(Session session, NodePath path, @Nullable String name, Bytes data) {
        this.session = session;
        this.path = Objects.requireNonNull(path, "path");
        this.executor = session.async().callbackExecutor();
        this.listeners = new Listeners<>(executor);
        this.presence = name == null ? Optional.empty() : Optional.of(new Presence(node(path, name), data));
        this.mirror = new Mirror(session.async(), path, 1, this::onChanges);
    }

    /** A name with a slash would be of another group, whose node nobody creates. */
    private static NodePath node(NodePath group, String name) {
        if (name.indexOf('/') >= 0) {
            throw new IllegalArgumentException(
                    "invalid member name \"" + NodePath.printable(name) + "\": it has a slash, and is to be one path element");
        }
        return group.child(name);
    }

    /**
     * Joins a group, and waits until this member is in its own view.
     *
     * @param path the group: members are its children
     * @param name this member's name, one path element
     * @param data what the others are to know of it
     * @throws IllegalArgumentException if the name is not one path element
     * @throws NodeExistsException if the name is taken by another session: another process with the same name, or an earlier run of
     *     this one that has not expired yet; the message names the session
     * @throws CoordException if it could not join; it is then no member
     */
    public static Membership join(Session session, NodePath path, String name, Bytes data) {
        Membership membership = new Membership(session, path, Objects.requireNonNull(name, "name"), data);
        return Waiting.await(session, membership::begin, membership::closeAsync);
    }

    /** As {@link #join}, without waiting; a name that is not one path element is refused at once. */
    public static CompletionStage<Membership> joinAsync(Session session, NodePath path, String name, Bytes data) {
        return new Membership(session, path, Objects.requireNonNull(name, "name"), data).begin();
    }

    /** Watches a group without being a member, and waits for the first view. */
    public static Membership observe(Session session, NodePath path) {
        Membership membership = new Membership(session, path, null, Bytes.EMPTY);
        return Waiting.await(session, membership::begin, membership::closeAsync);
    }

    /** As {@link #observe}, without waiting. */
    public static CompletionStage<Membership> observeAsync(Session session, NodePath path) {
        return new Membership(session, path, null, Bytes.EMPTY).begin();
    }

    private CompletionStage<Membership> begin() {
        executor.execute(() -> presence.map(Presence::enter)
                .orElseGet(() -> CompletableFuture.completedStage(null))
                .thenCompose(present -> mirror.open())
                .whenComplete((open, thrown) -> {
                    if (thrown == null) {
                        joined.complete(this);
                    } else {
                        joined.completeExceptionally(Waiting.cause(thrown));
                        closeAsync();
                    }
                }));
        return joined.minimalCompletionStage();
    }

    private void onChanges(List<Mirror.Change> changes) {
        TreeMap<String, Bytes> now = new TreeMap<>(members);
        TreeSet<String> came = new TreeSet<>();
        TreeSet<String> went = new TreeSet<>();
        TreeSet<String> updated = new TreeSet<>();
        for (Mirror.Change change : changes) {
            if (change.path().equals(path)) {
                continue;
            }
            String name = change.path().name();
            change.after().ifPresentOrElse(node -> now.put(name, data(node)), () -> now.remove(name));
            boolean replaced = change.isReplacement();
            addIf(replaced || change.before().isEmpty(), came, name);
            addIf(replaced || change.after().isEmpty(), went, name);
            addIf(!replaced && change.before().isPresent() && change.after().isPresent(), updated, name);
        }
        if (!came.isEmpty() || !went.isEmpty() || !updated.isEmpty()) {
            members = Collections.unmodifiableSortedMap(now);
            listeners.tell(new View(now, came, went, updated));
        }
        presence.ifPresent(own -> changes.forEach(own::look));
    }

    private static void addIf(boolean belongs, SortedSet<String> names, String name) {
        if (belongs) {
            names.add(name);
        }
    }

    private static Bytes data(Node node) {
        Bytes data = node.data();
        return data == null ? Bytes.EMPTY : data;
    }

    /** The group's path. */
    public NodePath path() {
        return path;
    }

    /** The group as last seen: the data of each member by name. Immutable; asks nobody. */
    public SortedMap<String, Bytes> members() {
        return members;
    }

    /**
     * Calls the listener with the present view, in which all have just joined, and with each view that follows. So whoever keeps up with
     * {@code joined}, {@code left} and {@code updated} has what {@code members} has.
     */
    public Registration onChange(Consumer<? super View> listener) {
        return listeners.add(listener, () -> List.of(View.first(members)));
    }

    /**
     * Whether this member is in the group for others to see, as far as can be told without asking anybody: its node is there, and the
     * session's lease is valid. Always false for an observer.
     */
    public boolean isMember() {
        return presence.isPresent() && presence.get().there && session.state() == SessionState.CONNECTED;
    }

    /**
     * Sets this member's data and waits until the others can see it.
     *
     * @throws IllegalStateException if this is an observer
     */
    public void update(Bytes data) {
        Waiting.requireMayWait(session);
        session.await(updateAsync(data));
    }

    /** As {@link #update(Bytes)}, without waiting. */
    public CompletionStage<Stat> updateAsync(Bytes data) {
        Presence own = presence.orElseThrow(
                () -> new IllegalStateException("an observer of " + path + " has no data of its own; join to be a member"));
        Objects.requireNonNull(data, "data");
        CompletableFuture<Stat> updated = new CompletableFuture<>();
        executor.execute(() -> own.set(data).whenComplete((set, thrown) -> {
            if (set != null) {
                updated.complete(set.stat());
            } else {
                updated.completeExceptionally(Waiting.cause(thrown));
            }
        }));
        return updated.minimalCompletionStage();
    }

    /**
     * Leaves the group and waits until the others can see that; the view comes to a standstill. While the session is suspended it does not
     * wait: the others see it when the session is connected, at the latest by its end.
     */
    @Override
    public void close() {
        Waiting.awaitEnd(session, this::closeAsync);
    }

    /** As {@link #close()}, without waiting; the one to call in a listener. */
    public CompletionStage<@Nullable Void> closeAsync() {
        CompletableFuture<@Nullable Void> closed = new CompletableFuture<>();
        executor.execute(() -> {
            mirror.close();
            presence.ifPresentOrElse(own -> Waiting.pass(own.leave(), closed), () -> closed.complete(null));
        });
        return closed.minimalCompletionStage();
    }

    @Override
    public String toString() {
        return "membership of " + path + ": " + members.keySet();
    }

    /** This member's own node: created, created again if somebody deletes it, deleted. */
    private final class Presence {

        private final AsyncSession async = session.async();
        private final NodePath own;
        private final Ear ear;
        private final CompletableFuture<@Nullable Void> entered = new CompletableFuture<>();
        private final CompletableFuture<@Nullable Void> left = new CompletableFuture<>();
        private Bytes data;
        /** Whether a creation is under way. */
        private boolean entering;
        private boolean leaving;
        /** One object: the session calls a listener once, however often it watches (zk.WT14). */
        private final Consumer<WatchEvent> ownListener = this::onOwnEvent;
        /** Of our node as it was created last. */
        private long czxid;
        private volatile boolean there;

        Presence(NodePath own, Bytes data) {
            this.own = own;
            this.data = Objects.requireNonNull(data, "data");
            this.ear = new Ear(async, event -> {
                if (event.state().isOver()) {
                    end(new SessionEndedException("session 0x" + Long.toHexString(async.id()) + " is over, and " + own
                            + " with it. Open a new session and join again"));
                }
            });
        }

        CompletionStage<@Nullable Void> enter() {
            ear.open();
            create(false);
            return entered;
        }

        /** @param perhapsThere whether an earlier creation has an unknown outcome */
        private void create(boolean perhapsThere) {
            entering = true;
            async.create(own, data, CreateMode.EPHEMERAL)
                    .whenComplete((created, thrown) -> created(created, thrown, perhapsThere));
        }

        private void created(
                Outcome.@Nullable Created created, @Nullable Throwable thrown, boolean perhapsThere) {
            Throwable cause = thrown == null ? null : Waiting.cause(thrown);
            if (created != null) {
                become(created.stat());
            } else if (cause instanceof NoNodeException && !leaving) {
                Parents.ensure(async, path, CreateMode.PERSISTENT).whenComplete((parents, failed) -> {
                    if (failed != null) {
                        refuse(Waiting.cause(failed));
                    } else if (leaving) {
                        refuse(new CancellationException("the group " + path + " was left"));
                    } else {
                        create(perhapsThere);
                    }
                });
            } else if (cause instanceof NodeExistsException) {
                identify(perhapsThere);
            } else if (cause instanceof OutcomeUnknownException) {
                create(true); // behind the first in the session's order: it finds the node if that made one
            } else if (cause instanceof UnavailableException && (entered.isDone() || perhapsThere)) {
                ear.again(() -> create(perhapsThere));
            } else {
                refuse(Objects.requireNonNull(cause));
            }
        }

        /** Whose is the node that is there already? */
        private void identify(boolean perhapsThere) {
            async.exists(own).whenComplete((stat, thrown) -> {
                if (stat == null) {
                    created(null, thrown, perhapsThere);
                } else if (stat.isEmpty()) {
                    create(perhapsThere);
                } else if (stat.get().ephemeralOwner() == async.id() && perhapsThere) {
                    become(stat.get());
                } else {
                    refuse(taken(stat.get().ephemeralOwner()));
                }
            });
        }

        private RejectedException taken(long ownerSession) {
            String by = ownerSession == 0
                    ? "by a node that is not ephemeral"
                    : ownerSession == async.id()
                            ? "by this very session, which joined before"
                            : "by session 0x" + Long.toHexString(ownerSession)
                                    + ": another process, or an earlier run of this one that has not expired yet";
            return RejectedException.of(new Outcome.Refused(
                    Refusal.NODE_EXISTS, own.value(), ErrorCode.NAME_TAKEN.message("the name is taken " + by)));
        }

        private void become(Stat stat) {
            czxid = stat.czxid();
            entering = false;
            there = true;
            entered.complete(null);
            if (leaving) {
                remove();
            } else {
                watch();
            }
        }

        /** Hears of the node's end even if the mirror never shows the node: it may be gone before the mirror reads it. */
        private void watch() {
            async.getData(own, ownListener).whenComplete((node, thrown) -> {
                Throwable cause = thrown == null ? null : Waiting.cause(thrown);
                if (cause instanceof NoNodeException) {
                    gone();
                } else if (cause instanceof UnavailableException) {
                    ear.again(this::watchIfThere);
                }
            });
        }

        private void watchIfThere() {
            if (there) {
                watch();
            }
        }

        private void onOwnEvent(WatchEvent event) {
            if (event.type() == WatchEvent.Type.DELETED) {
                gone();
            } else {
                watchIfThere();
            }
        }

        private void gone() {
            there = false;
            if (!entering && !leaving && !entered.isCompletedExceptionally()) {
                create(false);
            }
        }

        /** At first, whoever joins is told; later, the node of the other that took the name will go some day, and that is seen. */
        private void refuse(Throwable cause) {
            entering = false;
            entered.completeExceptionally(cause);
            if (leaving) {
                finish();
            }
        }

        /** Looks whether a change is one of our own node: somebody deleted it, or a node that had taken its name is gone. */
        void look(Mirror.Change change) {
            if (!change.path().equals(own)) {
                return;
            }
            if (change.after().isPresent()) {
                Stat stat = change.after().get().stat();
                there &= stat.czxid() <= czxid || stat.ephemeralOwner() == async.id();
            } else if (change.before().map(node -> node.stat().czxid() >= czxid).orElse(false)) {
                gone();
            }
        }

        CompletionStage<Outcome.DataSet> set(Bytes newData) {
            data = newData;
            return async.setData(own, newData);
        }

        CompletionStage<@Nullable Void> leave() {
            if (!leaving) {
                leaving = true;
                if (there) {
                    remove();
                } else if (!entering) {
                    finish();
                }
            }
            return left;
        }

        private void remove() {
            there = false;
            async.delete(own).whenComplete((deleted, thrown) -> {
                Throwable cause = thrown == null ? null : Waiting.cause(thrown);
                if (cause == null || cause instanceof NoNodeException || cause instanceof SessionEndedException) {
                    finish();
                } else if (cause instanceof UnavailableException || cause instanceof OutcomeUnknownException) {
                    left.complete(null);
                    ear.again(this::removeIfOurs);
                } else {
                    left.completeExceptionally(cause);
                    finish();
                }
            });
        }

        /** The deletion may have been done, and another may have the name by now: a look behind it tells. */
        private void removeIfOurs() {
            async.exists(own).whenComplete((stat, thrown) -> {
                if (stat == null && Waiting.cause(thrown) instanceof UnavailableException) {
                    ear.again(this::removeIfOurs);
                } else if (stat != null && stat.map(Stat::czxid).orElse(0L) == czxid) {
                    remove();
                } else {
                    finish();
                }
            });
        }

        private void end(SessionEndedException over) {
            there = false;
            leaving = true;
            entered.completeExceptionally(over);
            finish();
        }

        private void finish() {
            ear.close();
            left.complete(null);
        }
    }
}

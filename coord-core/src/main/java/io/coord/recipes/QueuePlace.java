package io.coord.recipes;

import io.coord.AsyncSession;
import io.coord.Bytes;
import io.coord.Children;
import io.coord.CoordException;
import io.coord.CreateMode;
import io.coord.ErrorCode;
import io.coord.Node;
import io.coord.NodePath;
import io.coord.Operation;
import io.coord.Outcome;
import io.coord.OutcomeUnknownException;
import io.coord.ReadMode;
import io.coord.RejectedException.NoNodeException;
import io.coord.SessionEndedException;
import io.coord.SessionEvent;
import io.coord.Stat;
import io.coord.UnavailableException;
import io.coord.WatchEvent;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A place in a queue: one ephemeral sequential node, which knows whether it is the first (ZooKeeper's lock recipe).
 *
 * <p>It watches itself and the node right before it, no other, so that an end wakes one waiter and not the herd. The name begins with one
 * that no other creation uses; if the outcome of the creation is unknown, the node is looked for by it: the session's requests take
 * effect in order (zk.O2), so a read behind the creation tells whether it happened.
 *
 * <p>To be first by a <em>local</em> read is enough: the read shows the own creation, hence every earlier one, and no number below the
 * own is ever given again.
 *
 * <p>Runs on the callback executor only, but for {@link #isFirst()}.
 */
final class QueuePlace {

    /** Who is told what becomes of a place; each on the callback executor. */
    interface Owner {
        /** The place is the first: for the first time, or again after it was {@link #unsure}. */
        void first(QueuePlace place);

        /** The place was first and must not be relied on: the session is suspended, or the place is being given up or gone. */
        void unsure(QueuePlace place);

        /**
         * The place is lost for good.
         *
         * @param why the session's end or the refusal; empty if somebody else deleted the node
         */
        void gone(QueuePlace place, Optional<CoordException> why);
    }

    private final AsyncSession session;
    private final NodePath queue;
    private final Bytes data;
    private final CreateMode queueMode;
    private final Owner owner;
    private final boolean patient;
    private final String prefix;
    private final Ear ear;
    private final CompletableFuture<@Nullable Void> placed = new CompletableFuture<>();
    private final CompletableFuture<@Nullable Void> left = new CompletableFuture<>();
    /** One object each: the session calls a listener once, however often it watches (zk.WT14). */
    private final Consumer<WatchEvent> ownListener = this::onOwnEvent;
    private final Consumer<WatchEvent> aheadListener = this::onAheadEvent;

    private @Nullable NodePath own;
    private @Nullable NodePath ahead;
    private long czxid;
    /** Counts looks, so that the answers of an older one are ignored. */
    private int look;
    /** Whether entering waits for the session to be connected. */
    private boolean retrying;
    private boolean leaving;
    private boolean over;
    private volatile boolean first;

    /**
     * A place to be taken by {@link #enter()}.
     *
     * @param queueMode how the queue's own node is created if it is missing
     * @param patient whether to go on trying while the ensemble is unavailable; else that ends the place
     */
    QueuePlace(AsyncSession session, NodePath queue, Bytes data, CreateMode queueMode, Owner owner, boolean patient) {
        this.session = session;
        this.queue = queue;
        this.data = data;
        this.queueMode = queueMode;
        this.owner = owner;
        this.patient = patient;
        this.prefix = session.uniqueName() + Sequential.DELIMITER;
        this.ear = new Ear(session, this::onSessionEvent);
    }

    /** Completes when the node is in the queue and it is known whether it is first; fails as the place is {@link Owner#gone}. */
    CompletionStage<@Nullable Void> placed() {
        return placed;
    }

    /** Whether the place was first when last looked; any thread may ask. */
    boolean isFirst() {
        return first;
    }

    /** The node, once it is placed. */
    NodePath path() {
        if (own == null) {
            throw new IllegalStateException("the place in " + queue + " has no node yet");
        }
        return own;
    }

    /** The zxid that created the node: grows from one first to the next. */
    long czxid() {
        return czxid;
    }

    // ---- entering

    /** Takes the place: creates the node and looks who is ahead. */
    void enter() {
        ear.open();
        create();
    }

    private void create() {
        retrying = false;
        session.create(queue.child(prefix), data, CreateMode.EPHEMERAL_SEQUENTIAL).whenComplete(this::created);
    }

    private void created(Outcome.@Nullable Created created, @Nullable Throwable thrown) {
        if (created != null) {
            entered(created.nodePath(), created.stat().czxid());
            return;
        }
        Throwable cause = Waiting.cause(Objects.requireNonNull(thrown));
        if (cause instanceof OutcomeUnknownException) {
            find();
        } else if (leaving) {
            finishLeaving();
        } else if (cause instanceof NoNodeException) {
            createQueue();
        } else if (cause instanceof UnavailableException && patient) {
            retrying = true;
            ear.again(this::enterUnlessLeaving);
        } else {
            lose(Optional.of(asCoord(cause)));
        }
    }

    private void enterUnlessLeaving() {
        if (leaving) {
            finishLeaving();
        } else {
            create();
        }
    }

    private void createQueue() {
        Parents.ensure(session, queue, queueMode).whenComplete((there, thrown) -> {
            if (thrown == null) {
                enterUnlessLeaving();
            } else if (Waiting.cause(thrown) instanceof NoNodeException chrootIsMissing) {
                lose(Optional.of(chrootIsMissing));
            } else {
                created(null, thrown);
            }
        });
    }

    /** The server that is asked may be another by now, and behind: a node that is not seen there would be made twice. */
    private void find() {
        retrying = false;
        session.submit(new Operation.GetChildren(queue.value()), ReadMode.LINEARIZABLE).whenComplete((children, thrown) -> {
            if (children != null) {
                found(children.names().stream().filter(name -> name.startsWith(prefix)).findFirst());
            } else if (Waiting.cause(thrown) instanceof NoNodeException) {
                found(Optional.empty());
            } else {
                findAgain(Waiting.cause(thrown));
            }
        });
    }

    private void findAgain(Throwable cause) {
        if (!(cause instanceof UnavailableException)) {
            lose(Optional.of(asCoord(cause)));
            return;
        }
        retrying = true;
        if (leaving) {
            left.complete(null);
        }
        ear.again(this::find);
    }

    private void found(Optional<String> name) {
        if (name.isEmpty()) {
            enterUnlessLeaving();
            return;
        }
        NodePath path = queue.child(name.get());
        session.exists(path).whenComplete((stat, thrown) -> {
            if (stat != null && stat.isPresent()) {
                entered(path, stat.map(Stat::czxid).get());
            } else if (stat != null) {
                lose(Optional.empty());
            } else {
                findAgain(Waiting.cause(thrown));
            }
        });
    }

    private void entered(NodePath path, long createdAt) {
        own = path;
        czxid = createdAt;
        if (leaving) {
            remove();
        } else {
            look();
        }
    }

    // ---- waiting

    private void look() {
        if (own == null || leaving || over) {
            return;
        }
        int mine = ++look;
        CompletionStage<Node> self = session.getData(own, ownListener);
        CompletionStage<Children> all = session.getChildren(queue);
        self.thenCombine(all, (node, children) -> Sequential.sorted(children.names())).whenComplete((places, thrown) -> {
            if (mine == look && places != null) {
                judge(mine, places);
            } else if (mine == look) {
                looked(Waiting.cause(thrown));
            }
        });
    }

    /** What a look that failed means: the own node is missing, or the ensemble cannot be asked now. */
    private void looked(Throwable cause) {
        if (cause instanceof NoNodeException) {
            lose(Optional.empty());
        } else if (cause instanceof UnavailableException) {
            ear.again(this::look);
        } else {
            lose(Optional.of(asCoord(cause)));
        }
    }

    private void judge(int mine, List<Sequential> places) {
        int position = -1;
        for (int i = 0; i < places.size(); i++) {
            position = places.get(i).name().equals(path().name()) ? i : position;
        }
        if (position < 0) {
            lose(Optional.empty());
        } else if (position == 0) {
            ahead = null;
            becomeFirst(); // before whoever waits for the place looks whether it is the first
            placed.complete(null);
        } else {
            watch(mine, queue.child(places.get(position - 1).name()));
        }
    }

    /** Watches the place ahead. getData, since unlike exists it leaves no watch behind if the node is gone by now (zk.R1). */
    private void watch(int mine, NodePath before) {
        ahead = before;
        session.getData(before, aheadListener).whenComplete((node, thrown) -> {
            if (mine != look) {
                return;
            }
            if (node != null) {
                placed.complete(null);
            } else if (Waiting.cause(thrown) instanceof NoNodeException) {
                look();
            } else {
                looked(Waiting.cause(thrown));
            }
        });
    }

    private void becomeFirst() {
        if (!first) {
            first = true;
            owner.first(this);
        }
    }

    private void becomeUnsure() {
        if (first) {
            first = false;
            owner.unsure(this);
        }
    }

    private void onOwnEvent(WatchEvent event) {
        if (leaving || over) {
            return;
        }
        if (event.type() == WatchEvent.Type.DELETED) {
            lose(Optional.empty());
        } else {
            look();
        }
    }

    private void onAheadEvent(WatchEvent event) {
        if (ahead != null && ahead.value().equals(event.path())) {
            look();
        }
    }

    private void onSessionEvent(SessionEvent event) {
        if (event instanceof SessionEvent.Suspended) {
            look++;
            becomeUnsure();
        } else if (event instanceof SessionEvent.Connected) {
            look();
        } else {
            lose(Optional.of(ended(event)));
        }
    }

    private SessionEndedException ended(SessionEvent event) {
        String name = "session 0x" + Long.toHexString(session.id());
        String text = name + " was closed";
        if (event instanceof SessionEvent.Expired expired) {
            String code = ErrorCode.SESSION_EXPIRED + " ";
            text = expired.reason().startsWith(code) ? expired.reason() : code + name + " expired: " + expired.reason();
        }
        return new SessionEndedException((text.endsWith(".") ? text : text + ".") + " Its place in " + queue
                + " is gone. Open a new session and queue up again");
    }

    // ---- leaving

    /**
     * Gives the place up: first the owner's {@link Owner#unsure} and all it put on the executor, then the deletion of the node.
     *
     * @return completes when the node is deleted, or cannot be for the moment: it is then tried again until the session is over
     */
    CompletionStage<@Nullable Void> leave() {
        if (!leaving && !over) {
            leaving = true;
            look++;
            becomeUnsure();
            if (own != null) {
                session.callbackExecutor().execute(this::remove);
            } else if (retrying) {
                left.complete(null);
            }
        }
        return left;
    }

    private void remove() {
        if (over) {
            return;
        }
        session.delete(path()).whenComplete((deleted, thrown) -> {
            Throwable cause = thrown == null ? null : Waiting.cause(thrown);
            if (cause == null || cause instanceof NoNodeException || cause instanceof SessionEndedException) {
                finishLeaving();
            } else if (cause instanceof UnavailableException || cause instanceof OutcomeUnknownException) {
                left.complete(null);
                ear.again(this::remove);
            } else {
                left.completeExceptionally(cause);
                finishLeaving();
            }
        });
    }

    private void finishLeaving() {
        over = true;
        ear.close();
        left.complete(null);
        placed.completeExceptionally(new CancellationException("the place in " + queue + " was given up"));
    }

    private void lose(Optional<CoordException> why) {
        if (over) {
            return;
        }
        if (leaving) {
            finishLeaving();
            return;
        }
        boolean staysBehind = own != null && why.isPresent() && !(why.get() instanceof SessionEndedException);
        leaving = staysBehind;
        over = !staysBehind;
        look++;
        becomeUnsure();
        placed.completeExceptionally(why.isPresent()
                ? why.get()
                : new CancellationException("the place in " + queue + " was deleted by somebody else"));
        if (staysBehind) {
            session.callbackExecutor().execute(this::remove); // it would keep everybody behind it waiting
        } else {
            ear.close();
            left.complete(null);
        }
        owner.gone(this, why);
    }

    private static CoordException asCoord(Throwable cause) {
        return cause instanceof CoordException coord
                ? coord
                : new OutcomeUnknownException("the place in a queue could not be kept: " + cause, cause);
    }
}

package io.coord.testkit.state;

import io.coord.Acl;
import io.coord.Bytes;
import io.coord.Identity;
import io.coord.MemberId;
import io.coord.Session;
import io.coord.WatchEvent;
import io.coord.session.BlockingSession;
import io.coord.session.ParkingAwaiter;
import io.coord.state.Acls;
import io.coord.state.Applied;
import io.coord.state.Change;
import io.coord.state.Collectable;
import io.coord.state.Command;
import io.coord.state.CoordState;
import io.coord.state.Reply;
import io.coord.state.Restoring;
import io.coord.state.Settings;
import io.coord.state.StateRoot;
import io.coord.state.WatchTable;
import io.coord.testkit.CoordContract.Capability;
import io.coord.testkit.CoordContract.Door;
import io.coord.testkit.CoordContract.Setting;
import java.time.Duration;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

/** Sessions straight on a {@link CoordState}: each write is an entry applied at once, and nobody else's turn comes in between. */
class StateDoor implements Door {

    private static final MemberId MEMBER = MemberId.of(1);
    private static final Identity ADDRESS = new Identity("ip", "127.0.0.1");
    private static final long TERM = 1;
    private static final Duration TIMEOUT_MIN = Duration.ofSeconds(1);
    private static final Duration TIMEOUT_MAX = Duration.ofMinutes(1);

    private final Map<Long, StateSession> sessions = new LinkedHashMap<>();
    private final WatchTable watches = new WatchTable();
    private final ExecutorService callbacks;
    private volatile @Nullable Thread callbackThread;
    private CoordState state = new CoordState(Bytes.EMPTY);
    private long elapsedMillis;
    private long made;

    StateDoor(Set<Setting> settings) {
        callbacks = Executors.newSingleThreadExecutor(task -> {
            Thread thread = new Thread(task, "state-callback");
            callbackThread = thread;
            return thread;
        });
        apply(new Command.Configure(Settings.DEFAULT
                .withExtendedTypes(settings.contains(Setting.EXTENDED_TYPES))
                .withEnforceQuota(settings.contains(Setting.ENFORCE_QUOTA))
                .withSkipAcl(settings.contains(Setting.SKIP_ACL))));
    }

    @Override
    public synchronized Session open(Duration asked) {
        Duration timeout = asked.compareTo(TIMEOUT_MIN) < 0 ? TIMEOUT_MIN : asked.compareTo(TIMEOUT_MAX) > 0 ? TIMEOUT_MAX : asked;
        made++;
        Reply reply = apply(new Command.OpenSession(made, Bytes.EMPTY, (int) timeout.toMillis(), MEMBER, made));
        StateSession session = new StateSession(this, (Reply.Attached) reply);
        session.identities().add(ADDRESS);
        sessions.put(made, session);
        return new BlockingSession(session, new ParkingAwaiter(() -> Thread.currentThread() == callbackThread));
    }

    @Override
    public Session openSuper(Duration timeout) {
        Session session = open(timeout);
        sessions.get(session.id()).identities().add(new Identity("super", ""));
        return session;
    }

    @Override
    public Optional<Identity> address() {
        return Optional.of(ADDRESS);
    }

    /** Applies a command as the next entry; its events are delivered before this returns the reply. */
    synchronized Reply apply(Command command) {
        Applied applied = state.apply(state.appliedIndex() + 1, TERM, System.currentTimeMillis(), elapsedMillis, command);
        for (Change change : applied.changes()) {
            watches.match(change, this::deliver);
        }
        if (applied.reply() instanceof Reply.Ended ended) {
            watches.drop(ended.session());
            sessions.remove(ended.session()).ended(ended.expired());
        }
        return applied.reply();
    }

    private void deliver(long watcher, WatchEvent event, List<Acl> aclToCheck) {
        StateSession session = sessions.get(watcher);
        if (state.settings().skipAcl() || Acls.allows(aclToCheck, Acl.READ, session.identities())) {
            session.hear(event);
        }
    }

    StateRoot root() {
        return state.root();
    }

    WatchTable watches() {
        return watches;
    }

    ExecutorService callbacks() {
        return callbacks;
    }

    @Override
    public Set<Capability> capabilities() {
        return EnumSet.of(Capability.EXPIRE, Capability.COLLECT, Capability.SUPER);
    }

    @Override
    public Duration timeoutMin() {
        return TIMEOUT_MIN;
    }

    @Override
    public Duration timeoutMax() {
        return TIMEOUT_MAX;
    }

    @Override
    public void expire(Session session) {
        apply(new Command.ExpireSession(session.id(), 1, TERM));
    }

    @Override
    public synchronized void collect(Duration elapsed) {
        elapsedMillis += elapsed.toMillis();
        for (Collectable due : state.collectables(elapsedMillis, 100)) {
            apply(new Command.CollectNode(due.path(), due.czxid(), due.mzxid(), TERM));
        }
    }

    /** Puts what a snapshot holds in the place of the state. */
    final synchronized void restore() {
        Restoring restoring = CoordState.restoring();
        state.root().visit(restoring);
        state = restoring.state();
    }

    @Override
    public void close() {
        callbacks.shutdown();
    }
}

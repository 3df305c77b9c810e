package io.coord.testkit;

import io.coord.Bytes;
import io.coord.Ensemble;
import io.coord.MemberAddress;
import io.coord.MemberConfig;
import io.coord.MemberId;
import io.coord.Session;
import io.coord.ensemble.SessionOptions;
import io.coord.ensemble.spi.Storage;
import io.coord.member.Input;
import io.coord.member.MemberView;
import io.coord.raft.Role;
import io.coord.runtime.CallbackExecutor;
import io.coord.runtime.DoorLimits;
import io.coord.runtime.LocalSession;
import io.coord.runtime.MemberParts;
import io.coord.runtime.Passwords;
import io.coord.runtime.RunningMember;
import io.coord.session.Awaiter;
import io.coord.session.BlockingSession;
import io.coord.session.ParkingAwaiter;
import io.coord.storage.FileStorage;
import io.coord.storage.MemoryStorage;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A whole ensemble in this JVM: real members with their real threads, a network in memory, storage in memory or in files; with
 * faults on demand. Ready in milliseconds, and nothing is left of it when it is closed.
 *
 * <pre>{@code
 * try (LocalEnsemble ensemble = LocalEnsemble.of(3); Session session = ensemble.openSession()) {
 *   session.create(NodePath.of("/greeting"), Bytes.utf8("hello"), CreateMode.PERSISTENT);
 *   ensemble.kill(ensemble.leader());
 *   assertThat(session.getData(NodePath.of("/greeting")).data()).isEqualTo(Bytes.utf8("hello"));
 * }
 * }</pre>
 */
public final class LocalEnsemble implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    /** A member's place: what outlives its runs. */
    private static final class Seat {
        final MemberId id;
        final PausableTime time = new PausableTime();
        final MemoryStorage memory = new MemoryStorage();
        volatile @Nullable RunningMember member;

        Seat(MemberId id) {
            this.id = id;
        }
    }

    private final Ensemble ensemble;
    private final MemberConfig config;
    private final @Nullable Path directory;
    private final TreeMap<MemberId, Seat> seats = new TreeMap<>();
    private final MemoryNetwork network = new MemoryNetwork();
    private final CallbackExecutor callbacks = new CallbackExecutor("coord-local-callbacks");
    private final SecureRandom passwords = new SecureRandom();
    private final SplittableRandom seeds = new SplittableRandom();

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition happened = lock.newCondition();
    private int opened;

    private LocalEnsemble(Builder builder) {
        this.ensemble = ensembleOf(builder.members);
        this.config = builder.config;
        this.directory = builder.directory;
        for (MemberId id : ensemble.members()) {
            seats.put(id, new Seat(id));
        }
    }

    private static Ensemble ensembleOf(int members) {
        TreeMap<MemberId, MemberAddress> addresses = new TreeMap<>();
        for (int id = 1; id <= members; id++) {
            addresses.put(MemberId.of(id), MemberAddress.of("member-" + id, 7100));
        }
        return Ensemble.of(addresses);
    }

    /** An ensemble of so many members, in memory: 1, 3, 5 or 7. */
    public static LocalEnsemble of(int members) {
        return builder().members(members).start();
    }

    /** What to build one with. */
    public static Builder builder() {
        return new Builder();
    }

    /** Says what an ensemble is to be like. */
    public static final class Builder {
        private int members = 3;
        private MemberConfig config = MemberConfig.DEFAULT;
        private @Nullable Path directory;

        private Builder() {}

        /** How many members: 1, 3, 5 or 7. */
        public Builder members(int count) {
            this.members = count;
            return this;
        }

        /** The members' times and limits. */
        public Builder config(MemberConfig config) {
            this.config = config;
            return this;
        }

        /** Lets each member write its log below this directory, forced as in production. */
        public Builder fileStorage(Path directory) {
            this.directory = directory;
            return this;
        }

        /** Lets the members keep their logs in memory, where they survive a kill: the usual way. */
        public Builder memoryStorage() {
            this.directory = null;
            return this;
        }

        /**
         * Starts the members, and does not wait for them to agree: whatever is asked first waits.
         *
         * @throws io.coord.ConfigException for an even number of members, or too many
         */
        public LocalEnsemble start() {
            LocalEnsemble ensemble = new LocalEnsemble(this);
            ensemble.restartAll();
            return ensemble;
        }
    }

    // ------------------------------------------------------------------------------------------------ life and death

    /** Every member's number, running or not. */
    public SortedSet<MemberId> members() {
        return ensemble.members();
    }

    /** Starts the members that do not run. */
    public void restartAll() {
        for (Seat seat : seats.values()) {
            if (seat.member == null) {
                start(seat);
            }
        }
    }

    /** Starts a killed member, with the storage it had. */
    public void restart(MemberId id) {
        Seat seat = seat(id);
        if (seat.member != null) {
            throw new IllegalStateException("member " + id + " runs");
        }
        start(seat);
    }

    private void start(Seat seat) {
        seat.member = RunningMember.start(new MemberParts(
                seat.id,
                ensemble,
                config,
                storage(seat),
                network.transport(),
                callbacks,
                seat.time,
                seeds.nextLong(),
                (event, view) -> signal()));
        signal();
    }

    private Storage storage(Seat seat) {
        return directory == null ? seat.memory : FileStorage.at(directory.resolve("member-" + seat.id)).of(seat.id);
    }

    private Seat seat(MemberId id) {
        Seat seat = seats.get(id);
        if (seat == null) {
            throw new IllegalArgumentException("there is no member " + id + "; the members are " + members());
        }
        return seat;
    }

    /** Ends a member as a crash would: at once, with everything that was on its way. */
    public void kill(MemberId id) {
        Seat seat = seat(id);
        RunningMember member = seat.member;
        if (member == null) {
            throw new IllegalStateException("member " + id + " does not run");
        }
        seat.member = null;
        seat.time.resume();
        member.kill();
        signal();
    }

    /** Stops a member in its tracks, as a long pause of the collector would, until {@link #resume}. */
    public void pause(MemberId id) {
        seat(id).time.pause();
    }

    /** Lets a paused member go on. */
    public void resume(MemberId id) {
        seat(id).time.resume();
    }

    /** Cuts the network: members reach those in their own group only; who is in no group reaches nobody. */
    public void partition(Collection<? extends Collection<MemberId>> groups) {
        groups.forEach(group -> group.forEach(this::seat));
        network.partition(groups);
        signal();
    }

    /** Cuts a member off from all others. */
    public void isolate(MemberId id) {
        seat(id);
        List<MemberId> others = new ArrayList<>(members());
        others.remove(id);
        partition(List.of(others, List.of(id)));
    }

    /** Mends the network. */
    public void heal() {
        network.heal();
        signal();
    }

    @Override
    public void close() {
        for (Seat seat : seats.values()) {
            RunningMember member = seat.member;
            if (member != null) {
                seat.member = null;
                seat.time.resume();
                member.close();
            }
        }
        callbacks.close();
    }

    // ------------------------------------------------------------------------------------------------ who leads

    private void signal() {
        lock.lock();
        try {
            happened.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Waits, for events of members, until there is something; looks at once. */
    private <T> T await(String what, Supplier<Optional<T>> look) {
        long left = PATIENCE.toNanos();
        lock.lock();
        try {
            for (Optional<T> found = look.get(); ; found = look.get()) {
                if (found.isPresent()) {
                    return found.get();
                }
                if (left <= 0) {
                    throw new IllegalStateException("waited " + PATIENCE.toSeconds() + " s in vain for " + what);
                }
                left = happened.awaitNanos(left);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while waiting for " + what, e);
        } finally {
            lock.unlock();
        }
    }

    /** The leader, once there is one that a majority can reach. */
    public MemberId leader() {
        return await("a leader", this::establishedLeader);
    }

    private Optional<MemberId> establishedLeader() {
        MemberView best = null;
        for (Seat seat : seats.values()) {
            RunningMember member = seat.member;
            MemberView view = member == null ? null : member.view();
            boolean leads = view != null && view.role() == Role.LEADER && view.established() && reachesMajority(seat.id);
            if (leads && (best == null || view.term() > best.term())) {
                best = view;
            }
        }
        return best == null ? Optional.empty() : Optional.of(best.self());
    }

    private boolean reachesMajority(MemberId id) {
        long reached = seats.values().stream()
                .filter(other -> other.member != null && network.isConnected(id, other.id))
                .count();
        return reached >= ensemble.majority();
    }

    /** Some running member that does not lead, once there is a leader. */
    public MemberId anyFollower() {
        MemberId leader = leader();
        return seats.values().stream()
                .filter(seat -> seat.member != null && !seat.id.equals(leader))
                .map(seat -> seat.id)
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("no member but the leader, " + leader + ", runs"));
    }

    // ------------------------------------------------------------------------------------------------ sessions

    /** Opens a session that moves to another member when it loses its own. */
    public Session openSession() {
        return openSession(SessionOptions.DEFAULT);
    }

    /** Opens a session that moves to another member when it loses its own. */
    public Session openSession(Duration timeout) {
        return openSession(SessionOptions.of(timeout));
    }

    /** Opens a session that moves to another member when it loses its own. */
    public Session openSession(SessionOptions options) {
        return open(anyRunning(), options, true);
    }

    private RunningMember anyRunning() {
        List<RunningMember> running = new ArrayList<>();
        for (Seat seat : seats.values()) {
            RunningMember member = seat.member;
            if (member != null) {
                running.add(member);
            }
        }
        if (running.isEmpty()) {
            throw new IllegalStateException("no member runs");
        }
        return running.get(Math.floorMod(opened++, running.size()));
    }

    /** Opens a session of this member: it ends when the member does. */
    public Session openSession(MemberId member, Duration timeout) {
        return openSession(member, SessionOptions.of(timeout));
    }

    /** Opens a session of this member: it ends when the member does. */
    public Session openSession(MemberId member, SessionOptions options) {
        return open(running(member), options, false);
    }

    private RunningMember running(MemberId id) {
        RunningMember member = seat(id).member;
        if (member == null) {
            throw new IllegalStateException("member " + id + " does not run");
        }
        return member;
    }

    private Session open(RunningMember member, SessionOptions options, boolean moves) {
        byte[] password = new byte[Passwords.LENGTH];
        passwords.nextBytes(password);
        LocalSession session = new LocalSession(
                new LocalSession.Setup(
                        (int) config.granted(options.timeout()).toMillis(),
                        Bytes.wrap(password),
                        options.identities(),
                        DoorLimits.DEFAULT,
                        callbacks,
                        member::listenerFailed),
                moves);
        Awaiter awaiter = new ParkingAwaiter(() -> callbacks.isOwnThread() || session.isCallbackThread());
        Session blocking = new BlockingSession(session, awaiter);
        blocking.await(session.open(member.home()));
        return blocking;
    }

    /** Ends a session now, as if its owner had been silent for its whole timeout; returns when the leader has proposed it. */
    public void expire(Session session) {
        await("a leader that expires the session", () -> order(caller -> new Input.Expire(caller, session.id())));
    }

    /**
     * Has the leader look for containers and TTL nodes whose time has come, as if so much time had passed; returns when it has
     * proposed their deletion.
     */
    public void collect(Duration pretendElapsed) {
        await("a leader that collects", () ->
                order(caller -> new Input.Collect(caller, pretendElapsed.toMillis())));
    }

    private Optional<Boolean> order(
            java.util.function.Function<io.coord.member.Caller<Boolean>, Input.Order> order) {
        MemberId leader = establishedLeader().orElse(null);
        RunningMember member = leader == null ? null : seat(leader).member;
        if (member == null) {
            return Optional.empty();
        }
        boolean done = member.order(order).toCompletableFuture().orTimeout(1, TimeUnit.SECONDS).join();
        return done ? Optional.of(true) : Optional.empty();
    }
}

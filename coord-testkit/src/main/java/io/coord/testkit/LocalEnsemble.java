package io.coord.testkit;

import io.coord.Ensemble;
import io.coord.Identity;
import io.coord.MemberAddress;
import io.coord.MemberConfig;
import io.coord.MemberId;
import io.coord.MemberStatus;
import io.coord.Operation;
import io.coord.Session;
import io.coord.ensemble.SessionOptions;
import io.coord.ensemble.spi.FrontEnd;
import io.coord.ensemble.spi.MetricsListener;
import io.coord.ensemble.spi.Storage;
import io.coord.member.Caller;
import io.coord.member.Input;
import io.coord.member.MemberView;
import io.coord.raft.Role;
import io.coord.runtime.CallbackExecutor;
import io.coord.runtime.Closing;
import io.coord.runtime.LocalSession;
import io.coord.runtime.MemberParts;
import io.coord.runtime.RunningMember;
import io.coord.session.Awaiter;
import io.coord.session.BlockingSession;
import io.coord.session.ParkingAwaiter;
import io.coord.storage.FileStorage;
import io.coord.storage.StorageOptions;
import io.coord.storage.MemoryStorage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedSet;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;
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

    /** Small segments: an ensemble for a test lives shortly, and each start lays some down. */
    private static final StorageOptions FILES = StorageOptions.DEFAULT.withSegmentBytes(4 << 20);

    /** Events wake who waits; not all that may be waited for is told by one, such as the end of a change of members. */
    private static final Duration LOOK_AGAIN = Duration.ofMillis(20);
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    /** A member's place: what outlives its runs. */
    private static final class Seat {
        final MemberId id;
        final PausableTime time = new PausableTime();
        final MemoryStorage memory = new MemoryStorage();
        volatile @Nullable RunningMember member;
        private @Nullable FrontEnd frontEnd;

        /** The list of members it is started with. */
        final Ensemble told;

        Seat(MemberId id, Ensemble told) {
            this.id = id;
            this.told = told;
        }
    }

    private final Ensemble ensemble;
    private final MemberConfig config;
    private final @Nullable Path directory;
    private final @Nullable Function<MemberId, FrontEnd> frontEnds;
    private final ConcurrentSkipListMap<MemberId, Seat> seats = new ConcurrentSkipListMap<>();
    private final MemoryNetwork network = new MemoryNetwork();
    private final CallbackExecutor callbacks = new CallbackExecutor("coord-local-callbacks");
    private final SplittableRandom seeds = new SplittableRandom();

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition happened = lock.newCondition();
    private long events;
    private final AtomicInteger opened = new AtomicInteger();
    private final Movers movers;

    private LocalEnsemble(Builder builder) {
        this.ensemble = ensembleOf(builder.members, builder.addresses);
        this.config = builder.config;
        this.directory = builder.directory;
        this.frontEnds = builder.frontEnds;
        this.movers = new Movers(this::running, callbacks::schedule, config);
        for (MemberId id : ensemble.members()) {
            seats.put(id, new Seat(id, ensemble));
        }
    }

    private static Ensemble ensembleOf(int members, Function<MemberId, MemberAddress> named) {
        TreeMap<MemberId, MemberAddress> addresses = new TreeMap<>();
        for (int id = 1; id <= members; id++) {
            addresses.put(MemberId.of(id), named.apply(MemberId.of(id)));
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
        private @Nullable Function<MemberId, FrontEnd> frontEnds;
        private Function<MemberId, MemberAddress> addresses = id -> MemberAddress.of("member-" + id, 7100);

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

        /** Names each member's address, which {@code /zookeeper/config} shows if all have client ports; nobody is reached by it. */
        public Builder addresses(Function<MemberId, MemberAddress> addresses) {
            this.addresses = addresses;
            return this;
        }

        /** Gives each member, whenever it is started, a door for clients of its own. */
        public Builder frontEnd(Function<MemberId, FrontEnd> doors) {
            this.frontEnds = doors;
            return this;
        }

        /**
         * Starts the members, and does not wait for them to agree: whatever is asked first waits.
         *
         * @throws io.coord.ConfigException for an even number of members, or too many
         */
        public LocalEnsemble start() {
            LocalEnsemble ensemble = new LocalEnsemble(this);
            try {
                ensemble.restartAll();
            } catch (RuntimeException | Error e) {
                try {
                    ensemble.close();
                } catch (RuntimeException | Error another) {
                    e.addSuppressed(another);
                }
                throw e;
            }
            return ensemble;
        }
    }

    // ------------------------------------------------------------------------------------------------ life and death

    /** Every member's number, running or not, whether it belongs to the ensemble or did. */
    public SortedSet<MemberId> members() {
        return new TreeSet<>(seats.keySet());
    }

    // ------------------------------------------------------------------------------------------------ coming and going

    /** Who belongs to the ensemble, as its leader knows. */
    public Ensemble ensemble() {
        return running(leader()).ensemble();
    }

    /**
     * Starts a member besides, with an empty storage and a list of members that names the ensemble's; returns when it has joined as an
     * observer. {@link #reconfigure} gives it a vote.
     */
    public void join(MemberId id) {
        Ensemble present = ensemble();
        TreeMap<MemberId, MemberAddress> observers = new TreeMap<>(present.observers());
        observers.put(id, MemberAddress.of("member-" + id, 7100));
        Seat seat = new Seat(id, new Ensemble(present.voters(), observers));
        if (present.contains(id) || seats.putIfAbsent(id, seat) != null) {
            throw new IllegalArgumentException("there is a member " + id + " already; the members are " + members());
        }
        start(seat);
        await("member " + id + " to join", () -> ensembleOfLeader().filter(joined -> joined.contains(id)));
    }

    private Optional<Ensemble> ensembleOfLeader() {
        return establishedLeader().map(leader -> seat(leader).member).map(RunningMember::ensemble);
    }

    /** Lets these members vote, and nobody else; observers remain what they are. Returns when it is so. */
    public Ensemble reconfigure(MemberId... voters) {
        Ensemble present = ensemble();
        TreeMap<MemberId, MemberAddress> after = new TreeMap<>();
        for (MemberId id : voters) {
            after.put(id, present.address(id));
        }
        TreeMap<MemberId, MemberAddress> observers = new TreeMap<>(present.observers());
        observers.keySet().removeAll(after.keySet());
        return reconfigure(new Ensemble(after, observers));
    }

    /** Changes who belongs to the ensemble; returns when it is so. Who is not named leaves, and stops. */
    public Ensemble reconfigure(Ensemble wanted) {
        try (Session session = openSession(SessionOptions.DEFAULT.withIdentities(List.of(new Identity("super", ""))))) {
            session.submit(Operation.Reconfigure.to(wanted));
        }
        return wanted;
    }

    /**
     * Returns when a member votes, under the key of the disk it has, and the change that made it a voter is over: until then a quorum of
     * the voters of before is needed too.
     */
    public void awaitVoter(MemberId id) {
        await("member " + id + " to vote", () -> Optional.ofNullable(seat(id).member)
                .map(RunningMember::view)
                .filter(view -> view.role() == Role.FOLLOWER && view.leader() != null || view.established())
                .filter(view -> !view.configuration().isJoint() && isSettled()));
    }

    /** Whether the leader has committed all it has, and the members in force are one set. */
    private boolean isSettled() {
        return seats.values().stream()
                .map(seat -> seat.member)
                .filter(Objects::nonNull)
                .map(RunningMember::view)
                .anyMatch(view -> view.established()
                        && !view.configuration().isJoint()
                        && view.commitIndex() == view.lastIndex());
    }

    /** Takes a killed member's storage away, as a lost disk does; started again it rejoins by itself. */
    public void wipe(MemberId id) {
        Seat seat = seat(id);
        if (seat.member != null) {
            throw new IllegalStateException("member " + id + " runs; kill it before its disk is wiped");
        }
        if (directory == null) {
            seat.memory.wipe();
        } else {
            delete(directory.resolve("member-" + id));
        }
    }

    private static void delete(Path flat) {
        try (Stream<Path> files = Files.list(flat)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("the storage at " + flat + " cannot be wiped", e);
        }
    }

    /** Stops a member that was removed, or any other, in order, and forgets it: its number may be used again. */
    public void retire(MemberId id) {
        Seat seat = seat(id);
        RunningMember member = seat.member;
        if (member != null) {
            closeFrontEnd(seat);
            seat.member = null;
            seat.time.resume();
            member.close();
        }
        seats.remove(id);
        if (directory != null) {
            delete(directory.resolve("member-" + id));
        }
        signal();
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
                seat.told,
                config,
                storage(seat),
                network.transport(),
                callbacks,
                seat.time,
                seeds.nextLong(),
                MetricsListener.NONE,
                (event, view) -> signal()));
        openFrontEnd(seat);
        signal();
    }

    private void openFrontEnd(Seat seat) {
        RunningMember member = seat.member;
        if (frontEnds != null && member != null) {
            FrontEnd frontEnd = frontEnds.apply(seat.id);
            seat.frontEnd = frontEnd;
            frontEnd.open(member.port());
        }
    }

    private static void closeFrontEnd(Seat seat) {
        FrontEnd frontEnd = seat.frontEnd;
        seat.frontEnd = null;
        if (frontEnd != null) {
            frontEnd.close();
        }
    }

    private Storage storage(Seat seat) {
        if (directory == null) {
            return seat.memory;
        }
        FileStorage files = FileStorage.at(directory.resolve("member-" + seat.id), FILES).of(seat.id);
        return seats.size() == 1 ? files : files.healedByPeers();
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
        closeFrontEnd(seat);
        signal();
    }

    /** Stops a member in its tracks, as a long pause of the collector would, until {@link #resume}. */
    public void pause(MemberId id) {
        running(id);
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
        List<Runnable> parts = new ArrayList<>(List.of(movers::close));
        for (Seat seat : seats.values()) {
            RunningMember member = seat.member;
            if (member != null) {
                seat.member = null;
                seat.time.resume();
                parts.add(() -> closeFrontEnd(seat));
                parts.add(member::close);
            }
        }
        parts.add(callbacks::close);
        Closing.all(parts);
    }

    // ------------------------------------------------------------------------------------------------ who leads

    /** Something happened that somebody may be waiting for. */
    private void signal() {
        lock.lock();
        try {
            events++;
            happened.signalAll();
        } finally {
            lock.unlock();
        }
        movers.tryAgain();
    }

    /** Looks at once, and again with every event of a member, until there is something. */
    private <T> T await(String what, Supplier<Optional<T>> look) {
        long left = PATIENCE.toNanos();
        try {
            while (true) {
                long seen = eventsSeen();
                Optional<T> found = look.get();
                if (found.isPresent()) {
                    return found.get();
                }
                if (running().isEmpty()) {
                    throw new IllegalStateException("no member runs, so there is no waiting for " + what);
                }
                long slice = Math.min(left, LOOK_AGAIN.toNanos());
                left -= slice - Math.max(0, awaitEventAfter(seen, slice));
                if (left <= 0) {
                    throw new IllegalStateException("waited " + PATIENCE.toSeconds() + " s in vain for " + what + ": " + this);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while waiting for " + what, e);
        }
    }

    private long eventsSeen() {
        lock.lock();
        try {
            return events;
        } finally {
            lock.unlock();
        }
    }

    private long awaitEventAfter(long seen, long nanosMax) throws InterruptedException {
        long left = nanosMax;
        lock.lockInterruptibly();
        try {
            while (events == seen && left > 0) {
                left = happened.awaitNanos(left);
            }
            return left;
        } finally {
            lock.unlock();
        }
    }

    /**
     * The leader, once there is one that a majority can reach.
     *
     * @throws IllegalStateException if no member runs, or it takes too long
     */
    public MemberId leader() {
        return await("a leader", this::establishedLeader);
    }

    private Optional<MemberId> establishedLeader() {
        MemberView best = null;
        for (Seat seat : seats.values()) {
            RunningMember member = seat.member;
            MemberView view = member == null ? null : member.view();
            boolean leads = view != null && !seat.time.isPaused() && view.role() == Role.LEADER && view.established() && reachesMajority(seat.id, view);
            if (leads && (best == null || view.term() > best.term())) {
                best = view;
            }
        }
        return best == null ? Optional.empty() : Optional.of(best.self());
    }

    /** Of the voters of its own configuration; what a paused one says is from before. */
    private boolean reachesMajority(MemberId id, MemberView view) {
        long reached = view.configuration().voters().stream()
                .map(voter -> seats.get(voter.id()))
                .filter(other -> other != null && other.member != null && !other.time.isPaused() && network.isConnected(id, other.id))
                .count();
        return 2 * reached > view.configuration().voters().size();
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

    /** Opens a session that moves to another member when it loses its own, with the standard timeout. */
    public Session openSession() {
        return openSession(SessionOptions.DEFAULT);
    }

    /** Opens a session that moves to another member when it loses its own. */
    public Session openSession(Duration timeout) {
        return openSession(SessionOptions.of(timeout));
    }

    /** Opens a session that moves to another member when it loses its own: as a client with a list of servers would. */
    public Session openSession(SessionOptions options) {
        List<RunningMember> running = running();
        if (running.isEmpty()) {
            throw new IllegalStateException("no member runs");
        }
        return open(running.get(Math.floorMod(opened.getAndIncrement(), running.size())), options, movers);
    }

    /** Opens a session of this member: it ends when the member does. */
    public Session openSession(MemberId member, Duration timeout) {
        return openSession(member, SessionOptions.of(timeout));
    }

    /** Opens a session of this member: it ends when the member does. */
    public Session openSession(MemberId member, SessionOptions options) {
        return open(running(member), options, null);
    }

    private Session open(
            RunningMember member, SessionOptions options, LocalSession.@Nullable Relocation relocation) {
        LocalSession session =
                new LocalSession(member.sessionSetup(options.timeout(), options.identities()), relocation);
        Awaiter awaiter = new ParkingAwaiter(() -> mayNotWait() || session.isCallbackThread());
        awaiter.requireMayWait();
        Session blocking = new BlockingSession(session, awaiter);
        session.awaitOpening(session.open(member.home()), blocking, member.openingMax());
        if (relocation != null) {
            movers.watchOver(session);
        }
        return blocking;
    }

    private boolean mayNotWait() {
        return callbacks.isCallbackThread() || running().stream().anyMatch(RunningMember::isLoopThread);
    }

    private List<RunningMember> running() {
        List<RunningMember> running = new ArrayList<>();
        for (Seat seat : seats.values()) {
            RunningMember member = seat.member;
            if (member != null && member.view().left() == null) {
                running.add(member);
            }
        }
        return running;
    }

    /** Whether a member has been started and not been killed since. */
    boolean isRunning(MemberId id) {
        return seat(id).member != null;
    }

    private RunningMember running(MemberId id) {
        RunningMember member = seat(id).member;
        if (member == null) {
            throw new IllegalStateException("member " + id + " does not run");
        }
        return member;
    }

    // ------------------------------------------------------------------------------------------------ orders

    /** Ends a session now, as if its owner had been silent for its whole timeout; returns when it has ended. */
    public void expire(Session session) {
        expire(session.id());
    }

    /** Ends a session now, as if its owner had been silent for its whole timeout; returns when it has ended. */
    public void expire(long session) {
        do {
            order("a leader that expires session 0x" + Long.toHexString(session), caller -> new Input.Expire(caller, session));
        } while (isKept(session)); // it was attached anew in between, which makes void what was proposed (rule.15)
    }

    private boolean isKept(long session) {
        RunningMember member = establishedLeader().map(leader -> seat(leader).member).orElse(null);
        return member != null && member.home().root().session(session).isPresent();
    }

    /**
     * Has the leader look for containers and TTL nodes whose time has come, as if so much time had passed; returns when they are
     * deleted. If the leader is lost meanwhile, the next one is asked too, and then up to twice as much time may seem to have passed.
     */
    public void collect(Duration pretendElapsed) {
        order("a leader that collects", caller -> new Input.Collect(caller, pretendElapsed.toMillis()));
    }

    /**
     * Has a member write its state down as a snapshot now, whatever its configuration says of when; completes when that is on disk,
     * with false if the member could not: it is busy with another one, or nothing has changed since the last.
     */
    public CompletionStage<Boolean> takeSnapshot(MemberId member) {
        return running(member).order(Input.TakeSnapshot::new);
    }

    /**
     * Hands leadership to another member; returns when one leads.
     *
     * @throws IllegalStateException if no member runs, the leader is the only voter, or it takes too long
     */
    public MemberId moveLeader() {
        MemberId before = leader();
        if (running(before).view().configuration().voters().size() == 1) {
            throw new IllegalStateException("member " + before + " is the only voter: nobody else can lead");
        }
        order("a leader that hands over", caller -> new Input.Transfer(caller, null));
        return await("another leader than member " + before, () -> establishedLeader().filter(now -> !now.equals(before)));
    }

    private void order(String what, Function<Caller<Boolean>, Input.Order> order) {
        await(what, new Errand(order));
    }

    /** An order on its way to a leader; to the next one if that cannot do it, or is paused or dead. */
    private final class Errand implements Supplier<Optional<Boolean>> {
        private final Function<Caller<Boolean>, Input.Order> order;
        private @Nullable Seat seat;
        private @Nullable RunningMember asked;
        private CompletableFuture<Boolean> answer = CompletableFuture.completedFuture(false);

        Errand(Function<Caller<Boolean>, Input.Order> order) {
            this.order = order;
        }

        @Override
        public Optional<Boolean> get() {
            if (answer.isDone() && answer.join()) {
                return Optional.of(true);
            }
            boolean isOnItsWay = !answer.isDone() && seat != null && seat.member == asked && !seat.time.isPaused();
            Seat next = isOnItsWay ? null : establishedLeader().map(LocalEnsemble.this::seat).orElse(null);
            RunningMember leader = next == null ? null : next.member;
            if (leader != null) {
                seat = next;
                asked = leader;
                answer = leader.order(order).toCompletableFuture();
                answer.whenComplete((done, failure) -> {
                    if (failure != null || done) {
                        signal();
                    }
                });
            }
            return Optional.empty();
        }
    }

    /** How each running member stands. */
    public List<MemberStatus> status() {
        return seats.values().stream()
                .map(seat -> seat.member)
                .filter(Objects::nonNull)
                .map(RunningMember::status)
                .toList();
    }

    @Override
    public String toString() {
        return "ensemble " + status();
    }
}

package io.coord.testkit;

import io.coord.AsyncSession;
import io.coord.Bytes;
import io.coord.MemberConfig;
import io.coord.MemberId;
import io.coord.Session;
import io.coord.ensemble.SessionOptions;
import io.coord.member.Input;
import io.coord.member.MemberView;
import io.coord.raft.Role;
import io.coord.runtime.Door;
import io.coord.runtime.DoorLimits;
import io.coord.runtime.LocalSession;
import io.coord.runtime.Passwords;
import io.coord.runtime.SessionHome;
import io.coord.session.BlockingSession;
import io.coord.testkit.check.Violation;
import io.coord.testkit.sim.Chance;
import io.coord.testkit.sim.Profile;
import io.coord.testkit.sim.SimWorld;
import io.coord.testkit.sim.Storm;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * An ensemble on virtual time: the members' own code, on simulated disks and a simulated network, driven by one seed. The same seed gives
 * the same run, down to the last message. No thread, no port, no file, no sleep: a blocking call runs the simulation until it is
 * answered, and an hour passes in a second. Consensus is checked after every turn of every member; what is wrong is thrown at once.
 *
 * <pre>{@code
 * SimulatedEnsemble ensemble = SimulatedEnsemble.of(3).seed(42);
 * Session session = ensemble.openSession(ensemble.anyFollower(), Duration.ofSeconds(10));
 * session.create(NodePath.of("/greeting"), Bytes.utf8("hello"), CreateMode.PERSISTENT);
 * ensemble.crash(ensemble.leader());
 * ensemble.advance(Duration.ofMinutes(1));
 * assertThat(session.getData(NodePath.of("/greeting")).text()).isEqualTo("hello");
 * }</pre>
 *
 * <p>Use it from one thread. Code that must block in several places at once runs as {@linkplain #run(Actor...) actors}. User code under
 * simulation is as repeatable as it is deterministic itself: no threads of its own, no wall time, no unseeded chance.
 */
public final class SimulatedEnsemble {

    /** Blocking code that runs beside other such code, one at a time, the seed choosing whose turn it is. */
    public interface Actor {
        /** Does what the actor does. */
        void act() throws Exception;
    }

    private static final long CALLBACK_NANOS = 1_000L;

    private final int members;
    private final long seed;
    private final MemberConfig config;
    private final @Nullable Consumer<String> lines;
    private @Nullable Stage stage;

    /** What there is once anybody looks. */
    private static final class Stage {
        final SimWorld world;
        final Driver driver;
        final SimMovers movers;
        final Storm storm;
        final Chance passwords;
        final Executor callbacks;
        int opened;

        Stage(long seed, Profile profile, @Nullable Consumer<String> lines) {
            world = new SimWorld(seed, profile, false, lines);
            driver = new Driver(world, Chance.of(seed, "actors"));
            movers = new SimMovers(world);
            storm = new Storm(world, Chance.of(seed, "storm"));
            passwords = Chance.of(seed, "passwords");
            callbacks = task -> world.time().after(CALLBACK_NANOS, task);
            world.startDown();
        }
    }

    private SimulatedEnsemble(int members, long seed, MemberConfig config, @Nullable Consumer<String> lines) {
        this.members = members;
        this.seed = seed;
        this.config = config;
        this.lines = lines;
    }

    /** An ensemble of so many members, 1, 3, 5 or 7, with a seed of its own: always the same. */
    public static SimulatedEnsemble of(int members) {
        if (members % 2 == 0 || members < 1 || members > 7) {
            throw new IllegalArgumentException(
                    "an ensemble has 1, 3, 5 or 7 members, not " + members + ": an even number survives no more failures than one less");
        }
        return new SimulatedEnsemble(members, 1, MemberConfig.DEFAULT, null);
    }

    /** A like ensemble with another seed, in which nothing has happened yet. */
    public SimulatedEnsemble seed(long newSeed) {
        return new SimulatedEnsemble(members, newSeed, config, lines);
    }

    /** A like ensemble whose members have these times and limits, in which nothing has happened yet. */
    public SimulatedEnsemble config(MemberConfig newConfig) {
        return new SimulatedEnsemble(members, seed, newConfig, lines);
    }

    /** A like ensemble that tells each transition of each member in a line, in which nothing has happened yet. */
    public SimulatedEnsemble telling(Consumer<String> listener) {
        return new SimulatedEnsemble(members, seed, config, listener);
    }

    private Stage stage() {
        Stage present = stage;
        if (present == null) {
            present = new Stage(seed, Profile.calm(members, config), lines);
            stage = present;
        }
        return present;
    }

    private SimWorld world() {
        return stage().world;
    }

    /** The seed of everything that happens by chance. */
    public long seed() {
        return seed;
    }

    // ------------------------------------------------------------------------------------------------ time

    /** How much virtual time has passed. */
    public Duration elapsed() {
        return Duration.ofNanos(world().time().nowNanos());
    }

    /** Lets time pass. */
    public void advance(Duration duration) {
        drive("time cannot be advanced", () -> stage().driver.runAtMost(() -> false, duration.toNanos()));
    }

    /**
     * Runs until something is the case.
     *
     * @throws IllegalStateException if it is not within this bound of virtual time
     */
    public void runUntil(BooleanSupplier condition, Duration bound) {
        drive("nothing can be waited for", () -> {
            stage().driver.runUntil(condition, bound.toNanos(), () -> "the condition");
            return true;
        });
    }

    private interface Driven<T> {
        T get() throws InterruptedException;
    }

    private <T> T drive(String otherwise, Driven<T> driven) {
        stage().driver.requireOutside(otherwise);
        try {
            return driven.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted, with seed " + seed, e);
        } catch (Violation violation) {
            throw violation.located("\n  seed " + seed + ", step " + world().time().steps() + ", after "
                    + world().time().nowNanos() / 1_000_000 + " ms" + world().describe());
        }
    }

    private <T> T await(String what, Supplier<Optional<T>> look) {
        return drive(what + " cannot be waited for", () -> {
            stage().driver.runUntil(() -> look.get().isPresent(), Driver.PATIENCE_NANOS, () -> what);
            return look.get().orElseThrow();
        });
    }

    /**
     * Lets actors run, each on a thread of its own, but only one at a time: who waits for an answer, for time to pass or for a lock gives
     * way to the others, and the seed chooses among those that can go on. Returns when all have ended.
     *
     * @throws Exception what the first actor to fail threw; the others are ended by an Error, which they are to let through
     */
    public void run(Actor... actors) throws Exception {
        stage().driver.requireOutside("actors cannot be run");
        stage().driver.play(Arrays.asList(actors));
    }

    // ------------------------------------------------------------------------------------------------ members

    /** Every member's number, running or not. */
    public SortedSet<MemberId> members() {
        return new TreeSet<>(world().ids());
    }

    /** The leader, once there is one that a majority can reach. */
    public MemberId leader() {
        return await("a leader", this::establishedLeader);
    }

    private Optional<MemberId> establishedLeader() {
        MemberView best = null;
        for (MemberId id : world().ids()) {
            MemberView view = world().view(id).orElse(null);
            boolean leads = view != null && view.role() == Role.LEADER && view.established() && reachesMajority(id);
            if (leads && (best == null || view.term() > best.term())) {
                best = view;
            }
        }
        return Optional.ofNullable(best).map(MemberView::self);
    }

    private boolean reachesMajority(MemberId id) {
        long reached = world().ids().stream()
                .filter(other -> world().view(other).isPresent())
                .filter(other -> world().carries(id, other) && world().carries(other, id))
                .count();
        return 2 * reached > members;
    }

    /** Some running member that does not lead, but follows the leader. */
    public MemberId anyFollower() {
        return await("a follower", () -> establishedLeader().flatMap(leader -> world().ids().stream()
                .filter(id -> !id.equals(leader))
                .filter(id -> world().view(id).filter(view -> leader.equals(view.leader())).isPresent())
                .findFirst()));
    }

    /** Whether the member runs. */
    public boolean isRunning(MemberId id) {
        return world().view(id).isPresent();
    }

    /** Stops a member as a power cut does: what was not forced to its disk may be lost. */
    public void crash(MemberId id) {
        stage().driver.requireOutside("no member can be crashed");
        if (!isRunning(id)) {
            throw new IllegalStateException("member " + id + " does not run");
        }
        world().crash(id);
    }

    /** Starts a crashed member, with the disk it had. */
    public void restart(MemberId id) {
        stage().driver.requireOutside("no member can be started");
        if (isRunning(id)) {
            throw new IllegalStateException("member " + id + " runs");
        }
        world().start(id);
    }

    /** Starts every member that does not run. */
    public void restartAll() {
        stage().driver.requireOutside("no member can be started");
        world().startDown();
    }

    /** Does not run a member for so long, as a long pause of the collector would; what comes meanwhile waits. */
    public void pause(MemberId id, Duration duration) {
        world().pause(id, duration.toNanos());
    }

    /** Lets a member's wall clock jump, forward or back. */
    public void jumpWallClock(MemberId id, Duration by) {
        world().jumpWallClock(id, by.toMillis());
    }

    // ------------------------------------------------------------------------------------------------ network

    /** Cuts a member off from all others. */
    public void isolate(MemberId id) {
        partition(List.of(List.of(id)));
    }

    /** Cuts the network: members reach those in their own group only; those in none are a group of their own. */
    public void partition(Collection<? extends Collection<MemberId>> groups) {
        world().mend();
        for (MemberId from : world().ids()) {
            for (MemberId to : world().ids()) {
                if (!from.equals(to) && groupOf(from, groups) != groupOf(to, groups)) {
                    world().cut(from, to);
                }
            }
        }
    }

    private static int groupOf(MemberId id, Collection<? extends Collection<MemberId>> groups) {
        int number = 1;
        for (Collection<MemberId> group : groups) {
            if (group.contains(id)) {
                return number;
            }
            number++;
        }
        return 0;
    }

    /** Cuts one direction of a link: what the one sends does not reach the other. */
    public void cut(MemberId from, MemberId to) {
        world().cut(from, to);
    }

    /** Mends all links. */
    public void heal() {
        world().mend();
    }

    /**
     * Lets mishaps happen from now on, drawn from the seed: crashes, pauses, partitions, lost, doubled and late messages, slow disks, jumping
     * clocks.
     */
    public void beginStorm() {
        stage().storm.begin();
    }

    /** Ends all mishaps: links are mended, and every member runs. */
    public void endStorm() {
        stage().storm.end();
    }

    // ------------------------------------------------------------------------------------------------ sessions

    /** Opens a session of this member: it ends when the member does. */
    public Session openSession(MemberId member, Duration timeout) {
        SessionHome home = world().home(member)
                .orElseThrow(() -> new IllegalStateException("member " + member + " does not run"));
        return open(home, SessionOptions.of(timeout), null);
    }

    /** Opens a session that moves to another member when it loses its own, with the standard timeout. */
    public Session openSession() {
        return openSession(SessionOptions.DEFAULT);
    }

    /** Opens a session that moves to another member when it loses its own. */
    public Session openSession(SessionOptions options) {
        Stage present = stage();
        List<SessionHome> running = new ArrayList<>();
        world().ids().forEach(id -> world().home(id).ifPresent(running::add));
        if (running.isEmpty()) {
            throw new IllegalStateException("no member runs");
        }
        return open(running.get(present.opened++ % running.size()), options, present.movers);
    }

    private Session open(SessionHome home, SessionOptions options, LocalSession.@Nullable Relocation relocation) {
        Stage present = stage();
        byte[] password = new byte[Passwords.LENGTH];
        for (int i = 0; i < password.length; i++) {
            password[i] = (byte) present.passwords.any();
        }
        LocalSession session = new LocalSession(
                new LocalSession.Setup(
                        (int) config.granted(options.timeout()).toMillis(),
                        Bytes.wrap(password),
                        options.identities(),
                        DoorLimits.of(config),
                        present.callbacks,
                        present.driver::listenerFailed),
                relocation);
        SimAwaiter awaiter = new SimAwaiter(present.driver, () -> "an answer to " + session);
        Session blocking = new BlockingSession(session, awaiter);
        present.driver.requireOutside("no session can be opened");
        CompletionStage<AsyncSession> opened = session.open(home);
        blocking.await(opened);
        return blocking;
    }

    /** Ends a session now, as if its owner had been silent for its whole timeout; returns when its end is committed. */
    public void expire(Session session) {
        order(leader(), caller -> new Input.Expire(caller, session.id()));
        await("the end of " + session, () -> Optional.of(true)
                .filter(ended -> world().home(leader()).filter(home -> home.root().session(session.id()).isPresent()).isEmpty()));
    }

    /** Asks the leader to hand over to this member; tells whether it tries. */
    public boolean transferLeadership(MemberId to) {
        return order(leader(), caller -> new Input.Transfer(caller, to));
    }

    /** Asks the leader to hand over to the voter that answers and is nearest to having its whole log; tells whether it tries. */
    public boolean transferLeadership() {
        return order(leader(), caller -> new Input.Transfer(caller, null));
    }

    private boolean order(MemberId member, Function<Door.OrderCaller, Input.Order> order) {
        Door.OrderCaller caller = new Door.OrderCaller(stage().callbacks);
        world().order(member, order.apply(caller));
        return drive("no order can be given", () -> {
            var done = caller.stage().toCompletableFuture();
            stage().driver.runUntil(done::isDone, Driver.PATIENCE_NANOS, () -> "the answer to an order");
            return Objects.requireNonNull(done.join());
        });
    }

    // ------------------------------------------------------------------------------------------------ views

    /** A digest of everything that has happened: equal for equal seeds and equal code, in any JVM. */
    public long traceDigest() {
        return world().trace().digest();
    }

    @Override
    public String toString() {
        return "ensemble of " + members + " with seed " + seed + (stage == null ? "" : world().describe());
    }
}

package io.coord.testkit.sim;

import io.coord.Bytes;
import io.coord.Ensemble;
import io.coord.Identity;
import io.coord.MemberAddress;
import io.coord.MemberConfig;
import io.coord.MemberId;
import io.coord.Operation;
import io.coord.Outcome;
import io.coord.ReadMode;
import io.coord.member.Failure;
import io.coord.member.Input;
import io.coord.member.MemberView;
import io.coord.member.PeerFrame;
import io.coord.member.SessionGrant;
import io.coord.raft.Configuration;
import io.coord.raft.MemberKey;
import io.coord.raft.Role;
import io.coord.testkit.check.Violation;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** A small world for a script: nothing goes wrong in it but what the script does. All invariants look on after every turn. */
final class Stage {

    static final long MILLI = 1_000_000L;
    private static final long PATIENCE_MILLIS = 30_000;
    private static final long SLICE_NANOS = MILLI;

    /** An answer that a script waits for, or does not. */
    static final class Asked<R> implements SimCaller<R> {
        private @Nullable R value;
        private Outcome.@Nullable Refused refused;
        private @Nullable Failure failure;
        private long zxid;

        @Override
        public void answered(R answer, long at) {
            value = answer;
            zxid = at;
        }

        @Override
        public void refused(Outcome.Refused why, long at) {
            refused = why;
            zxid = at;
        }

        @Override
        public void failed(Failure meaning, String reason) {
            failure = meaning;
        }

        boolean isOver() {
            return value != null || refused != null || failure != null;
        }

        boolean isGranted() {
            return value != null;
        }

        @Nullable Failure failure() {
            return failure;
        }

        long zxid() {
            return zxid;
        }

        R value() {
            return Objects.requireNonNull(value);
        }
    }

    static final Bytes PASSWORD = Bytes.utf8("p");
    static final List<Identity> IDENTITIES = List.of(Identity.ANYONE, new Identity("super", ""));

    final SimWorld world;

    /** The ensemble has formed and is led. */
    Stage(int members) {
        this(members, 1, CONFIG);
    }

    static final MemberConfig CONFIG = MemberConfig.DEFAULT
            .withElections(Duration.ofMillis(60), Duration.ofMillis(300))
            .withWriteDeadline(Duration.ofMillis(1_500))
            .withSessionTimeouts(Duration.ofMillis(300), Duration.ofSeconds(2), Duration.ofSeconds(60));

    Stage(int members, long seed, MemberConfig config) {
        this(members, members, seed, config);
    }

    /** More seats than members: some come and go. */
    Stage(int members, int seats, long seed, MemberConfig config) {
        this(members, seats, seed, config, frame -> false);
        until("L1", "a leader", () -> world.leader().isPresent() && leaderView().established());
        until("L1", "all serve", () -> world.members().stream().allMatch(member -> view(member).serving()));
    }

    /** Nothing is awaited: members have just started, and what is unwanted is lost between them. */
    Stage(int members, int seats, long seed, MemberConfig config, Predicate<PeerFrame> unwanted) {
        world = new SimWorld(seed, Profile.calm(members, config).withSeats(seats), true, null);
        world.network().lose(unwanted);
        world.startAll();
    }

    // ---- looking

    SimMember leader() {
        until("L1", "a leader that has committed in its term", () -> world.leader().isPresent() && leaderView().established());
        return world.leader().orElseThrow();
    }

    private MemberView leaderView() {
        return view(world.leader().orElseThrow());
    }

    static MemberView view(SimMember member) {
        return Objects.requireNonNull(member.view(), "member is down");
    }

    SimMember follower() {
        return follower(0);
    }

    SimMember follower(int which) {
        SimMember leader = leader();
        return world.members().stream().filter(member -> member != leader).toList().get(which);
    }

    List<SimMember> others(SimMember than) {
        return world.members().stream().filter(member -> member != than).toList();
    }

    SimMember member(int id) {
        return world.member(MemberId.of(id));
    }

    // ---- members that come and go

    /** Empty members start, and are observers when this returns. */
    void join(int... ids) {
        for (int id : ids) {
            world.coming().start(member(id));
            until("L6", "member " + id + " is an observer", () -> member(id).isUp()
                    && view(member(id)).serving()
                    && world.coming().isWhole(MemberId.of(id)));
        }
    }

    /** Asks for these voters, all other members to be observers that are not to leave; and for nothing more. */
    Asked<Outcome.Reconfigured> ask(Owner operator, List<Integer> voters, List<Integer> observers) {
        TreeMap<MemberId, MemberAddress> voting = new TreeMap<>();
        TreeMap<MemberId, MemberAddress> observing = new TreeMap<>();
        voters.forEach(id -> voting.put(MemberId.of(id), SimWorld.address(MemberId.of(id))));
        observers.forEach(id -> observing.put(MemberId.of(id), SimWorld.address(MemberId.of(id))));
        return operator.write(Operation.Reconfigure.to(new Ensemble(voting, observing)));
    }

    /** Lets the members be these. */
    void become(List<Integer> voters, List<Integer> observers) {
        ask(new Owner(leader()), voters, observers);
        until("L7", "the members are " + voters + " and " + observers, () -> {
            Configuration now = world.checks().raft().configuration();
            return !now.isJoint() && numbers(now.voters()).equals(voters) && numbers(now.learners()).equals(observers);
        });
    }

    private static List<Integer> numbers(List<MemberKey> keys) {
        return keys.stream().map(key -> key.id().value()).toList();
    }

    // ---- time

    void run(long millis) {
        world.time().runUntil(world.time().nowNanos() + millis * MILLI);
    }

    void until(String invariant, String what, BooleanSupplier reached) {
        until(invariant, what, PATIENCE_MILLIS, reached);
    }

    void until(String invariant, String what, long millis, BooleanSupplier reached) {
        long untilNanos = world.time().nowNanos() + millis * MILLI;
        while (!reached.getAsBoolean()) {
            if (world.time().nowNanos() > untilNanos) {
                throw new Violation(invariant, "not reached within " + millis + " ms: " + what + world.describe());
            }
            world.time().runUntil(world.time().nowNanos() + SLICE_NANOS);
        }
    }

    static void require(String invariant, boolean holds, String otherwise) {
        if (!holds) {
            throw new Violation(invariant, otherwise);
        }
    }

    // ---- links

    void isolate(SimMember member) {
        others(member).forEach(other -> cut(member, other));
    }

    void cut(SimMember one, SimMember other) {
        world.network().cut(one.id().value(), other.id().value());
        world.network().cut(other.id().value(), one.id().value());
    }

    void mend() {
        world.mend();
    }

    void crash(SimMember member) {
        world.crash(member);
    }

    void restart(SimMember member) {
        crash(member);
        start(member);
    }

    void start(SimMember member) {
        if (!member.isUp()) {
            world.start(member);
        }
    }

    void powerCut() {
        world.members().forEach(this::crash);
        world.startAll();
    }

    // ---- asking

    /** Owners of sessions who ask all the time and hold every answer against the log. */
    void clients(int count, SimClient.Kind kind, double operationsPerSecond) {
        for (int i = 0; i < count; i++) {
            int number = world.clients().size();
            SimClient client = new SimClient(
                    world, Chance.of(world.seed(), "client " + number), kind, number, (long) (1e9 * count / operationsPerSecond));
            world.add(client);
            client.start();
        }
    }

    /** A session of the script's own. */
    final class Owner implements SessionDoor {
        final SimMember home;
        final long session;
        final List<io.coord.WatchEvent> told = new ArrayList<>();
        boolean over;
        boolean suspended;

        Owner(SimMember home) {
            this.home = home;
            Asked<SessionGrant> asked = new Asked<>();
            home.receive(new Input.Open(asked, 2_000, PASSWORD, IDENTITIES, true));
            until("L2", "a session", asked::isGranted);
            session = asked.value().session();
            home.attach(session, this);
        }

        <R extends Outcome> Asked<R> write(Operation.Write<R> write) {
            Asked<R> asked = new Asked<>();
            home.receive(new Input.Write<>(session, asked, write));
            return asked;
        }

        Asked<Outcome.Created> create(String path, io.coord.CreateMode mode) {
            return write(new Operation.Create(path, Bytes.utf8("x"), mode, io.coord.Acl.OPEN, Operation.NO_TTL));
        }

        Asked<Optional<io.coord.Stat>> exists(String path, ReadMode mode) {
            Asked<Optional<io.coord.Stat>> asked = new Asked<>();
            home.receive(new Input.Read<>(session, asked, new Operation.Exists(path), mode, false));
            return asked;
        }

        @Override
        public void fired(io.coord.WatchEvent event) {
            told.add(event);
        }

        @Override
        public void renewed(long validUntilNanos, boolean resumed) {
            suspended &= !resumed;
        }

        @Override
        public void suspended(String reason) {
            suspended = true;
        }

        @Override
        public void ended(boolean expired, String reason) {
            over = true;
        }

        @Override
        public void moved() {
            over = true;
        }
    }

    Owner session(SimMember home) {
        return new Owner(home);
    }

    boolean leads(SimMember member) {
        return member.isUp() && view(member).role() == Role.LEADER;
    }

    // ---- the end

    /** Heals; then everything is answered and all members come to one state (inv.L2, inv.L6, inv.L12). */
    void settle() {
        world.heal();
        world.network().lose(null);
        world.network().release();
        world.clients().forEach(SimClient::stop);
        until("L2", "all requests answered, all members at one state", this::isSettled);
        world.members().forEach(member -> world.checks().ledger().same(Objects.requireNonNull(member.root())));
    }

    private boolean isSettled() {
        for (SimMember member : world.members()) {
            MemberView view = member.view();
            if (view == null || view.left() != null || !view.serving() || view.appliedIndex() != world.checks().raft().committedIndex()) {
                return false;
            }
        }
        return world.leader().isPresent() && leaderView().established() && world.clients().stream().allMatch(SimClient::isAtRest);
    }
}

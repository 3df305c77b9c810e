package io.coord.testkit.sim;

import io.coord.Identity;
import io.coord.member.MemberView;
import io.coord.raft.EntryId;
import io.coord.testkit.check.Violation;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The life of one seed's world: the ensemble forms; for some time clients ask and mishaps happen; then all is healed, and everything
 * asked must be answered and all members come to one state.
 */
public final class SimRun {

    private static final long SECOND = 1_000_000_000L;
    private static final long FORMING_NANOS = 20 * SECOND;
    private static final long GROWING_NANOS = 240 * SECOND;
    private static final long SETTLING_NANOS = 60 * SECOND;
    private static final long OPERATOR_MEAN_NANOS = SECOND / 2;
    private static final long SLICE_NANOS = SECOND / 20;

    /**
     * What came of it.
     *
     * @param seed the seed
     * @param members how many members there were
     * @param simulatedNanos how much virtual time passed
     * @param steps how many events ran
     * @param frames how many frames were sent
     * @param digest of everything that happened
     * @param acknowledgedWrites how many writes were answered
     * @param leaderChanges how many terms but the first had a leader
     * @param committed how many entries were committed
     * @param rounds how often the ensemble grew from one voter to five and shrank again
     * @param changes how many changes of members were carried out
     * @param faults the mishaps
     */
    public record Report(
            long seed,
            int members,
            long simulatedNanos,
            long steps,
            long frames,
            long digest,
            long acknowledgedWrites,
            long leaderChanges,
            long committed,
            long rounds,
            long changes,
            FaultTable faults) {}

    private final long seed;
    private final SimWorld world;
    private final Nemesis nemesis;
    private final Wishes wishes;
    private @Nullable SimClient operator;

    private SimRun(long seed, Profile profile, @Nullable Consumer<String> lines) {
        this.seed = seed;
        this.world = new SimWorld(seed, profile, true, lines);
        this.nemesis = new Nemesis(world, Chance.of(seed, "nemesis"));
        this.wishes = new Wishes(world, Chance.of(seed, "wishes"));
    }

    /** Runs the world of a seed in which members come and go, with mishaps for so many virtual seconds. */
    public static Report changing(long seed, int seconds) {
        return of(seed, Profile.changing(seed), seconds, null);
    }

    /**
     * Runs a seed's world with mishaps for so many virtual seconds; the profile is drawn from the seed.
     *
     * @param members how many there are; 0 for a world in which they come and go, less for one in which the states of so many may differ
     */
    public static Report of(long seed, int members, int seconds) {
        return of(seed, Profile.numbered(seed, members), seconds, null);
    }

    /**
     * Runs a world.
     *
     * @param lines told of each transition, or null
     * @throws Violation naming the invariant, the seed, the step and the command that replays it
     */
    public static Report of(long seed, Profile profile, int seconds, @Nullable Consumer<String> lines) {
        SimRun run = new SimRun(seed, profile, lines);
        try {
            return run.run(seconds);
        } catch (Violation violation) {
            throw run.located(violation, seconds);
        }
    }

    private Violation located(Violation violation, int seconds) {
        int members = world.profile().number();
        return violation.located("\n  seed " + seed + ", step " + world.time().steps() + ", after "
                + world.time().nowNanos() / 1_000_000 + " ms of " + seconds + " s, " + members
                + " members; once more, with every transition:\n"
                + "  mvn -q -pl coord-testkit -am test -Dtest=SimulationTest#replay -Dsurefire.failIfNoSpecifiedTests=false"
                + " -Dsim.seed=" + seed + " -Dsim.members=" + members + " -Dsim.seconds=" + seconds
                + world.describe());
    }

    private Report run(int seconds) {
        Chance chance = Chance.of(seed, "clients");
        form();
        long mean = (long) (SECOND * world.profile().clients() / world.profile().operationsPerSecond());
        for (int i = 0; i < world.profile().clients(); i++) {
            SimClient.Kind kind = chance.oneOf(SimClient.Kind.values());
            SimClient client = new SimClient(world, Chance.of(seed, "client " + i), kind, i, mean);
            world.add(client);
            client.start();
        }
        if (world.profile().changes()) {
            operate();
        }
        nemesis.start(world.profile().meanSecondsBetween());
        world.time().runUntil(world.time().nowNanos() + seconds * SECOND);
        nemesis.stop();
        settle();
        return report();
    }

    /** Somebody changes the members, by writes like any other. */
    private void operate() {
        SimClient changing = new SimClient(
                world,
                Chance.of(seed, "operator"),
                wishes,
                List.of(Identity.ANYONE, new Identity("super", "")),
                SimClient.Kind.MOVING,
                world.clients().size(),
                OPERATOR_MEAN_NANOS);
        world.add(changing);
        world.coming().operatedBy(changing);
        operator = changing;
        changing.start();
    }

    /** On a calm network: mishaps begin when there is an ensemble to suffer them. */
    private void form() {
        world.network().become(Profile.calm(world.profile().members()).network());
        world.startAll();
        while (world.members().stream().anyMatch(member -> Objects.requireNonNull(member.view()).clusterId() == 0)) {
            slice(FORMING_NANOS, "L1", "the ensemble has not formed");
        }
        world.network().become(world.profile().network());
    }

    /** Liveness (section 3.4): in a healed world everything is answered, and all members come to one state. */
    private void settle() {
        world.trace().line(() -> "all is healed");
        world.heal();
        if (operator != null) {
            endChanges(operator);
        }
        long until = world.time().nowNanos() + SETTLING_NANOS;
        for (SimClient client : world.clients()) {
            client.stop();
        }
        while (!isSettled()) {
            slice(until, "L2", "requests are unanswered, or members differ, long after all was healed");
        }
        for (SimMember member : world.members()) {
            world.checks().ledger().same(Objects.requireNonNull(member.root()));
        }
    }

    /**
     * Everybody who belongs to the ensemble has its vote, or its place as an observer, under the disk it has; then the ensemble has to come
     * to five voters and back to one at least once, with nothing in its way.
     */
    private void endChanges(SimClient operating) {
        wishes.hold(true);
        world.coming().heal();
        long until = world.time().nowNanos() + SETTLING_NANOS;
        while (!world.coming().isSettled()) {
            slice(until, "L6", () -> "members are not what they should be, long after all was healed" + world.coming().describe());
        }
        wishes.hold(false);
        until = world.time().nowNanos() + GROWING_NANOS;
        while (wishes.rounds() == 0) {
            slice(until, "L7", () -> "the ensemble has not grown to five voters and shrunk to one" + world.coming().describe());
        }
        wishes.hold(true);
        until = world.time().nowNanos() + SETTLING_NANOS;
        while (operating.wish() != null || !world.coming().isSettled()) {
            slice(until, "L7", () -> "a change of members does not end" + world.coming().describe());
        }
    }

    private void slice(long untilNanos, String invariant, Supplier<String> otherwise) {
        if (world.time().nowNanos() > untilNanos) {
            throw new Violation(invariant, otherwise.get());
        }
        world.time().runUntil(world.time().nowNanos() + SLICE_NANOS);
    }

    private void slice(long untilNanos, String invariant, String otherwise) {
        if (world.time().nowNanos() > untilNanos) {
            throw new Violation(invariant, otherwise);
        }
        world.time().runUntil(world.time().nowNanos() + SLICE_NANOS);
    }

    private boolean isSettled() {
        for (SimMember member : world.members()) {
            MemberView view = member.view();
            if (view == null || view.left() != null || !view.serving() || view.appliedIndex() != world.checks().raft().committedIndex()) {
                return false;
            }
        }
        boolean led = world.leader().map(leader -> Objects.requireNonNull(leader.view()).established()).orElse(false);
        return led && world.clients().stream().allMatch(SimClient::isAtRest);
    }

    private Report report() {
        world.faults().hit(Marker.STALE_DROPPED, world.checks().raft().staleMessages());
        world.faults().hit(Marker.JOINT_LEFT, world.checks().raft().jointsLeft());
        world.faults().hit(Marker.TAKEN_IN, world.checks().raft().takenIn());
        world.faults().hit(Marker.SENT_AGAIN, world.checks().repetitions());
        world.faults().hit(Marker.ODD_TIME_STAMPED, world.checks().oddTimes());
        return new Report(
                seed,
                world.profile().members(),
                world.time().nowNanos(),
                world.time().steps(),
                world.network().carried(),
                world.trace().digest(),
                world.checks().ledger().acknowledgedWrites(),
                Math.max(0, world.checks().raft().elections() - 1),
                world.checks().raft().committedIndex() - EntryId.ORIGIN.index(),
                wishes.rounds(),
                world.checks().membersChanged(),
                world.faults());
    }
}

package io.coord.testkit.sim;

import io.coord.testkit.check.Violation;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;

/**
 * Makes the world of a failure smaller while it fails in the same way: without one kind of mishap after another, with fewer clients, for a
 * shorter time, greedily, until nothing more can be taken away or enough was tried. What is left tells what the failure is about.
 */
public final class Shrinking {

    private static final int RUNS_MAX = 150;
    /** What a world may do without, besides the mishaps that come at times of their own. */
    private static final List<String> OTHER_PARTS = List.of(
            "LOSS", "DUPLICATION", "DELAY_SPIKE", "REORDERING", "REPLAY", "SLOW_FORCE", "STARVED", "DRIFT", "FILES", "FRAMES");

    /**
     * A seed's world, smaller.
     *
     * @param seed the seed
     * @param members as {@link SimRun#of(long, int, int)} counts them
     * @param seconds for how long mishaps come
     * @param clients how many there are; 0 for as many as the seed draws
     * @param without what is taken away
     */
    public record World(long seed, int members, int seconds, int clients, TreeSet<String> without) {

        /** As the seed draws it. */
        public World(long seed, int members, int seconds) {
            this(seed, members, seconds, 0, new TreeSet<>());
        }

        /** What it is like. */
        public Profile profile() {
            Profile profile = Profile.numbered(seed, members);
            Map<Fault, Double> mean = new EnumMap<>(profile.meanSecondsBetween());
            mean.keySet().removeIf(fault -> without.contains(fault.name()));
            Profile.Network network = profile.network();
            Profile.Disk disk = profile.disk();
            return new Profile(
                    profile.members(),
                    profile.seats(),
                    clients == 0 ? profile.clients() : clients,
                    profile.operationsPerSecond(),
                    new Profile.Network(
                            network.latencyNanos(),
                            network.jitterNanos(),
                            kept("LOSS", network.loss()),
                            kept("DUPLICATION", network.duplication()),
                            kept("DELAY_SPIKE", network.spike()),
                            network.spikeNanos(),
                            kept("REORDERING", network.reordering()),
                            kept("REPLAY", network.replay())),
                    new Profile.Disk(disk.forceNanos(), disk.jitterNanos(), kept("SLOW_FORCE", disk.slow()), disk.slowNanos()),
                    mean,
                    profile.raft(),
                    profile.snapshotEntries(),
                    profile.sessionTimeoutMillis(),
                    kept("STARVED", profile.starvation()),
                    without.contains("DRIFT") ? 0 : profile.driftDivisor(),
                    profile.realFiles() && !without.contains("FILES"),
                    kept("FRAMES", profile.encodedFrames()),
                    profile.config());
        }

        private double kept(String part, double likelihood) {
            return without.contains(part) ? 0 : likelihood;
        }

        private List<String> parts() {
            List<String> parts = new ArrayList<>();
            profile().meanSecondsBetween().keySet().forEach(fault -> parts.add(fault.name()));
            parts.addAll(OTHER_PARTS);
            parts.removeAll(without);
            return parts;
        }

        private World without(String part) {
            TreeSet<String> more = new TreeSet<>(without);
            more.add(part);
            return new World(seed, members, seconds, clients, more);
        }

        private World with(int fewerClients, int fewerSeconds) {
            return new World(seed, members, fewerSeconds, fewerClients, without);
        }

        private Optional<Violation> run() {
            try {
                SimRun.of(seed, profile(), seconds, null);
                return Optional.empty();
            } catch (Violation violation) {
                return Optional.of(violation);
            }
        }

        /** The properties that let {@code SimulationTest#replay} run it. */
        String properties() {
            return "-Dsim.seed=" + seed + " -Dsim.members=" + members + " -Dsim.seconds=" + seconds + " -Dsim.clients=" + clients
                    + " -Dsim.without=" + String.join(",", without);
        }
    }

    private final String invariant;
    private World smallest;
    private int runs;

    private Shrinking(World world, String invariant) {
        this.smallest = world;
        this.invariant = invariant;
    }

    /**
     * Runs a seed's world; where it fails, its smallest world is told behind the failure.
     *
     * @throws Violation as {@link SimRun#of(long, int, int)} does
     */
    public static SimRun.Report run(long seed, int members, int seconds) {
        try {
            return SimRun.of(seed, members, seconds);
        } catch (Violation violation) {
            throw violation.located(new Shrinking(new World(seed, members, seconds), violation.invariant()).told());
        }
    }

    private String told() {
        int before;
        do {
            before = smallest.hashCode();
            shrink();
        } while (before != smallest.hashCode() && runs < RUNS_MAX);
        Profile left = smallest.profile();
        return "\n  the same invariant breaks in a smaller world, found in " + runs + " runs: " + left.clients() + " clients, "
                + smallest.seconds() + " s, mishaps " + left.meanSecondsBetween().keySet() + ":\n"
                + "  mvn -q -pl coord-testkit -am test -Dtest=SimulationTest#replay -Dsurefire.failIfNoSpecifiedTests=false "
                + smallest.properties();
    }

    private void shrink() {
        while (smallest.seconds() > 1 && tryIt(smallest.with(smallest.clients(), smallest.seconds() / 2))) {}
        for (String part : smallest.parts()) {
            tryIt(smallest.without(part));
        }
        for (int clients = smallest.profile().clients() / 2; clients > 0 && tryIt(smallest.with(clients, smallest.seconds())); clients /= 2) {}
    }

    /** Whether the same invariant breaks in it: then it is the smallest so far. */
    private boolean tryIt(World world) {
        boolean isSmaller = runs++ < RUNS_MAX
                && world.run().filter(violation -> violation.invariant().equals(invariant)).isPresent();
        smallest = isSmaller ? world : smallest;
        return isSmaller;
    }
}

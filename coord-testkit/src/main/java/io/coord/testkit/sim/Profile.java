package io.coord.testkit.sim;

import io.coord.raft.RaftConfig;
import java.util.EnumMap;
import java.util.Map;

/**
 * What one seed's world is like: which mishaps there are and how often, times and limits. Each seed draws which of them exist before
 * it draws how often (swarm testing): a world where everything goes wrong at once hides what goes wrong in a quieter one.
 *
 * @param members how many
 * @param clients how many owners of sessions there are
 * @param operationsPerSecond how much all of them ask together
 * @param network how messages fare
 * @param disk how forces fare
 * @param meanSecondsBetween how long it is from one mishap of a kind to the next, on average; kinds without a number do not happen
 * @param raft Raft's times and limits
 * @param snapshotEntries how many entries a snapshot stands for
 * @param sessionTimeoutMillis how long sessions live in silence
 * @param starvation how likely a turn is held up
 * @param driftDivisor every member's clock gains or loses one part in at least this many, or 0
 * @param realFiles whether members keep their data with the code of production on a simulated disk
 * @param encodedFrames how likely a frame passes through the codec
 */
public record Profile(
        int members,
        int clients,
        double operationsPerSecond,
        Network network,
        Disk disk,
        Map<Fault, Double> meanSecondsBetween,
        RaftConfig raft,
        long snapshotEntries,
        int sessionTimeoutMillis,
        double starvation,
        long driftDivisor,
        boolean realFiles,
        double encodedFrames) {

    /**
     * How messages fare.
     *
     * @param latencyNanos at least
     * @param jitterNanos more on average
     * @param loss how likely one is lost
     * @param duplication how likely it comes twice
     * @param spike how likely it takes long
     * @param spikeNanos how long then, on average
     * @param reordering how likely it may overtake earlier ones
     * @param replay how likely it comes again after seconds
     */
    public record Network(
            long latencyNanos,
            long jitterNanos,
            double loss,
            double duplication,
            double spike,
            long spikeNanos,
            double reordering,
            double replay) {}

    /**
     * How forces fare.
     *
     * @param forceNanos at least
     * @param jitterNanos more on average
     * @param slow how likely one takes long
     * @param slowNanos how long then, on average
     */
    public record Disk(long forceNanos, long jitterNanos, double slow, long slowNanos) {}

    private static final long MILLI = 1_000_000L;

    /** A world without mishaps, quick and even. */
    public static Profile calm(int members) {
        return new Profile(
                members,
                4,
                50,
                new Network(200_000, 100_000, 0, 0, 0, 0, 0, 0),
                new Disk(200_000, 100_000, 0, 0),
                new EnumMap<>(Fault.class),
                raft(300, 60, 5_000, 1 << 20, 64, 1_000),
                10_000,
                6_000,
                0,
                0,
                false,
                0);
    }

    /** A world as this seed draws it. */
    public static Profile drawn(long seed, int members) {
        Chance chance = Chance.of(seed, "profile");
        Map<Fault, Double> mean = new EnumMap<>(Fault.class);
        for (Fault fault : Nemesis.KINDS) {
            if (chance.happens(0.6)) {
                mean.put(fault, chance.logUniform(4_000, 60_000) / 1_000.0);
            }
        }
        mean.putIfAbsent(Fault.KILL_LEADER, 30.0);
        long electionMillis = chance.logUniform(250, 1_000);
        return new Profile(
                members,
                (int) chance.between(3, 12),
                50,
                drawnNetwork(chance),
                drawnDisk(chance),
                mean,
                raft(
                        electionMillis,
                        electionMillis / chance.between(3, 6),
                        chance.between(1_500, 5_000),
                        (int) chance.logUniform(300, 1 << 20),
                        (int) chance.logUniform(1, 64),
                        (int) chance.logUniform(5, 1_000)),
                chance.logUniform(40, 2_000),
                (int) chance.logUniform(1_500, 10_000),
                chance.happens(0.3) ? 0.002 : 0,
                chance.happens(0.4) ? chance.logUniform(25, 10_000) : 0,
                chance.happens(0.25),
                chance.happens(0.5) ? chance.oneOf(0.02, 0.2, 1.0) : 0);
    }

    private static Network drawnNetwork(Chance chance) {
        return new Network(
                chance.logUniform(50_000, 5 * MILLI),
                chance.logUniform(20_000, 10 * MILLI),
                chance.happens(0.4) ? chance.logUniform(1, 300) / 1_000.0 : 0,
                chance.happens(0.4) ? chance.logUniform(1, 500) / 1_000.0 : 0,
                chance.happens(0.4) ? chance.logUniform(1, 50) / 1_000.0 : 0,
                chance.logUniform(20 * MILLI, 1_000 * MILLI),
                chance.happens(0.5) ? chance.oneOf(0.01, 0.1, 1.0) : 0,
                chance.happens(0.4) ? 0.002 : 0);
    }

    private static Disk drawnDisk(Chance chance) {
        return new Disk(
                chance.logUniform(20_000, 10 * MILLI),
                chance.logUniform(20_000, 10 * MILLI),
                chance.happens(0.4) ? chance.logUniform(1, 50) / 1_000.0 : 0,
                chance.logUniform(20 * MILLI, 1_000 * MILLI));
    }

    private static RaftConfig raft(
            long electionMillis, long heartbeatMillis, long writeDeadlineMillis, int appendBytes, int inFlight, int retained) {
        return new RaftConfig(
                electionMillis * MILLI,
                heartbeatMillis * MILLI,
                writeDeadlineMillis * MILLI,
                2 * electionMillis * MILLI,
                appendBytes,
                inFlight,
                8L * appendBytes,
                4 << 20,
                retained);
    }
}

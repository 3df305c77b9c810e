package io.coord.testkit.sim;

import io.coord.MemberConfig;
import io.coord.raft.RaftConfig;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;

/**
 * What one seed's world is like: which mishaps there are and how often, times and limits. Each seed draws which of them exist before
 * it draws how often (swarm testing): a world where everything goes wrong at once hides what goes wrong in a quieter one.
 *
 * @param members how many the ensemble is formed of
 * @param seats how many there may ever be at a time; if more than the first, members come and go
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
 * @param config what members are configured with besides
 */
public record Profile(
        int members,
        int seats,
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
        double encodedFrames,
        MemberConfig config) {

    private static final int SEATS = 7;
    private static final MemberConfig QUICK = MemberConfig.DEFAULT
            .withSessionTimeouts(Duration.ofMillis(300), Duration.ofSeconds(6), Duration.ofSeconds(60))
            .withContainerCheckInterval(Duration.ofSeconds(5))
            .withWatchHistory(400);

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

    /** A world without mishaps, quick and even, whose members are configured like this. */
    public static Profile calm(int members, MemberConfig config) {
        return new Profile(
                members,
                members,
                0,
                50,
                new Network(200_000, 100_000, 0, 0, 0, 0, 0, 0),
                new Disk(200_000, 100_000, 0, 0),
                new EnumMap<>(Fault.class),
                new RaftConfig(
                        config.electionTimeout().toNanos(),
                        config.heartbeat().toNanos(),
                        config.writeDeadline().toNanos(),
                        RaftConfig.DEFAULT.transferTimeoutNanos(),
                        RaftConfig.DEFAULT.appendBytesMax(),
                        RaftConfig.DEFAULT.appendsInFlightMax(),
                        RaftConfig.DEFAULT.appendBytesInFlightMax(),
                        config.maxUncommittedBytes(),
                        config.retainedEntries()),
                config.snapshotEntries(),
                (int) config.sessionTimeout().toMillis(),
                0,
                0,
                false,
                0,
                config);
    }

    /** A world without mishaps, with the usual configuration. */
    public static Profile calm(int members) {
        return calm(members, MemberConfig.DEFAULT);
    }

    /** The same with these mishaps, and with messages and forces that fare like this. */
    public Profile with(Map<Fault, Double> mishaps, Network messages, Disk forces) {
        return new Profile(
                members, seats, clients, operationsPerSecond, messages, forces, mishaps, raft, snapshotEntries,
                sessionTimeoutMillis, starvation, driftDivisor, realFiles, encodedFrames, config);
    }

    /** The same with so many seats. */
    public Profile withSeats(int many) {
        return new Profile(
                members, many, clients, operationsPerSecond, network, disk, meanSecondsBetween, raft, snapshotEntries,
                sessionTimeoutMillis, starvation, driftDivisor, realFiles, encodedFrames, config);
    }

    /** Whether members come and go. */
    public boolean changes() {
        return seats > members;
    }

    /** A world as this seed draws it, of one member at first, in which members come and go, and lose their disks. */
    public static Profile changing(long seed) {
        Profile drawn = drawn(seed, 1);
        Chance chance = Chance.of(seed, "members");
        Map<Fault, Double> mean = new EnumMap<>(drawn.meanSecondsBetween());
        for (Fault fault : Nemesis.KINDS_OF_CHANGES) {
            if (chance.happens(0.8)) {
                mean.put(fault, chance.logUniform(2_000, 20_000) / 1_000.0);
            }
        }
        return drawn.with(mean, drawn.network(), drawn.disk()).withSeats(SEATS);
    }

    /** A world as this seed draws it, in which members besides come to states of their own. */
    public static Profile differing(long seed, int members) {
        Profile drawn = drawn(seed, members);
        Map<Fault, Double> mean = new EnumMap<>(drawn.meanSecondsBetween());
        mean.put(Fault.STATE_DIFFERS, Chance.of(seed, "states").logUniform(2_000, 20_000) / 1_000.0);
        return drawn.with(mean, drawn.network(), drawn.disk());
    }

    /** The world of a seed, by how many members it has: 0 where they come and go, less where their states may differ. */
    static Profile numbered(long seed, int members) {
        return members == 0 ? changing(seed) : members < 0 ? differing(seed, -members) : drawn(seed, members);
    }

    /** As {@link #numbered} counts members. */
    int number() {
        return changes() ? 0 : meanSecondsBetween.containsKey(Fault.STATE_DIFFERS) ? -members : members;
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
                chance.happens(0.5) ? chance.oneOf(0.02, 0.2, 1.0) : 0,
                QUICK);
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

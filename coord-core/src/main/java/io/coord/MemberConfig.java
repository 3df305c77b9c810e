package io.coord;

import io.coord.ConfigException.Mistake;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The times and limits of a member: a value that is always valid. Start from {@link #DEFAULT} and change what you must:
 *
 * <pre>{@code
 * MemberConfig config = MemberConfig.DEFAULT
 *     .withElections(Duration.ofMillis(100), Duration.ofSeconds(1))   // members far apart
 *     .withMaxDataBytes(64 << 10);
 * }</pre>
 *
 * <p>Or read it from properties, where the keys are the components' names, durations are written {@code 10s} and sizes {@code 64MB}:
 * {@link #from(Map)}. What each default is good for stands beside it in this class and in {@code
 * coord-core/docs/configuration.md}.
 *
 * @param heartbeat how often a leader speaks
 * @param electionTimeout a follower that heard no leader for this long, up to twice as long by chance, campaigns
 * @param writeDeadline a leader whose oldest unforced write is older resigns
 * @param requestTimeout how long a request may wait for a quorum before its caller is told
 * @param minSessionTimeout shorter timeouts asked for are raised to this
 * @param sessionTimeout the timeout of a session that asks for none
 * @param maxSessionTimeout longer timeouts asked for are lowered to this
 * @param maxSessions sessions hosted by one member, above which none is opened
 * @param snapshotEntries a snapshot is taken after so many entries at most: each member takes its own after another share of it, from two
 *     thirds on, so that they are not all busy at a time
 * @param snapshotBytes or after so many bytes of entries, if sooner, and the same share of them; where the last one is larger than this, after half its size
 * @param retainedEntries entries kept below a snapshot
 * @param maxDataBytes the largest data of a znode
 * @param maxRequestBytes the largest request, all steps of a transaction together
 * @param maxMultiSteps the most steps of a transaction
 * @param maxPathDepth the most elements of a path
 * @param maxOutstandingPerSession unanswered requests of one session, above which more are refused
 * @param maxOutstanding unanswered requests of all sessions of a member
 * @param maxUncommittedBytes bytes of entries not yet committed, above which proposals are refused
 * @param maxWatchesPerSession watches of one session, above which more are refused
 * @param containerCheckInterval how often the leader looks for containers and TTL nodes to delete
 * @param extendedTypes whether TTL nodes may be created; shared by the ensemble, told when it forms
 * @param enforceQuota whether hard quotas refuse writes; shared by the ensemble, told when it forms
 * @param skipAcl whether every permission check passes; shared by the ensemble, told when it forms
 * @param maxNeverUsedContainer after how long a container that never had a child is deleted, 0 for never; shared by
 *     the ensemble, told when it forms
 * @param watchHistory the latest changes a member remembers, for persistent watches whose owner was away
 */
public record MemberConfig(
        Duration heartbeat,
        Duration electionTimeout,
        Duration writeDeadline,
        Duration requestTimeout,
        Duration minSessionTimeout,
        Duration sessionTimeout,
        Duration maxSessionTimeout,
        int maxSessions,
        int snapshotEntries,
        long snapshotBytes,
        int retainedEntries,
        long maxDataBytes,
        long maxRequestBytes,
        int maxMultiSteps,
        int maxPathDepth,
        int maxOutstandingPerSession,
        int maxOutstanding,
        long maxUncommittedBytes,
        int maxWatchesPerSession,
        Duration containerCheckInterval,
        boolean extendedTypes,
        boolean enforceQuota,
        boolean skipAcl,
        Duration maxNeverUsedContainer,
        int watchHistory) {

    private static final List<ConfigKey> KEYS = List.of(
            ConfigKey.duration("heartbeat", Duration.ofMillis(5), Duration.ofSeconds(10), Duration.ofMillis(60),
                    "A fifth of the election timeout: four in a row may be lost before anybody campaigns"),
            ConfigKey.duration("electionTimeout", Duration.ofMillis(15), Duration.ofMinutes(1), Duration.ofMillis(300),
                    "Drawn anew each time, up to twice as long, so that two rarely campaign at once; well "
                            + "above a round trip and a short pause of the collector"),
            ConfigKey.duration("writeDeadline", Duration.ofMillis(100), Duration.ofMinutes(10), Duration.ofSeconds(5),
                    "A disk that takes longer is sick, and a leader with a sick disk holds up everybody"),
            ConfigKey.duration("requestTimeout", Duration.ofMillis(100), Duration.ofMinutes(10), Duration.ofSeconds(10),
                    "Longer than several elections in a row; afterwards the caller is told what is known"),
            ConfigKey.duration("minSessionTimeout", Duration.ofMillis(100), Duration.ofHours(1), Duration.ofMillis(500),
                    "A lease is reported, confirmed by a heartbeat round and used for two thirds of its time:"
                            + " shorter ones would flicker. ZooKeeper says 2 ticks (6 s); without ticks there is no "
                            + "reason to wait so long"),
            ConfigKey.duration("sessionTimeout", Duration.ofMillis(100), Duration.ofDays(1), Duration.ofSeconds(10),
                    "Outlives elections and common pauses of the collector, and yet a dead owner's locks are "
                            + "free soon"),
            ConfigKey.duration("maxSessionTimeout", Duration.ofMillis(100), Duration.ofDays(1), Duration.ofMinutes(1),
                    "ZooKeeper's 20 ticks of 3 s: the longest time for which a dead owner's ephemerals stay"),
            ConfigKey.number("maxSessions", 1, 10_000_000, 100_000,
                    "Bounds what sessions cost: each is a record here and one in the state of every member"),
            ConfigKey.number("snapshotEntries", 10, 100_000_000, 100_000,
                    "ZooKeeper's snapCount: what a restart replays, and no snapshot so often that it hinders"),
            ConfigKey.size("snapshotBytes", 1 << 10, 1L << 40, 64 << 20,
                    "Entries may be large: bounds what a restart reads"),
            ConfigKey.number("retainedEntries", 0, 100_000_000, 10_000,
                    "A member that was away for a moment catches up from the log and needs no snapshot"),
            ConfigKey.size("maxDataBytes", 1, 64 << 20, 1_048_553,
                    "What setData of a two-character path carries in ZooKeeper's frame of 1,048,575 bytes "
                            + "(zk.C12). A tree is for metadata: store a reference to more"),
            ConfigKey.size("maxRequestBytes", 1 << 10, 128 << 20, 4 << 20,
                    "A transaction of several large nodes; an entry must reach a follower within an election "
                            + "timeout"),
            ConfigKey.number("maxMultiSteps", 1, 1_000_000, 65_536,
                    "More than ZooKeeper's frame can hold (55,187 checks), so that for its clients the frame "
                            + "decides"),
            ConfigKey.number("maxPathDepth", 2, 10_000, 512,
                    "Trees are shallow; what walks them uses stack"),
            ConfigKey.number("maxOutstandingPerSession", 1, 10_000_000, 10_000,
                    "Far above what keeps a network busy, and one session cannot starve the others"),
            ConfigKey.number("maxOutstanding", 1, 100_000_000, 100_000,
                    "Bounds what waiting requests cost"),
            ConfigKey.size("maxUncommittedBytes", 1 << 10, 1 << 30, 64 << 20,
                    "Bounds what a leader without a quorum piles up, and may write at once"),
            ConfigKey.number("maxWatchesPerSession", 1, 100_000_000, 1_000_000,
                    "A controller watches each of its topics; bounds what one session costs"),
            ConfigKey.duration("containerCheckInterval", Duration.ofMillis(10), Duration.ofDays(1), Duration.ofMinutes(1),
                    "ZooKeeper's (zk.CT1)"),
            ConfigKey.toggle("extendedTypes", false,
                    "Off as in ZooKeeper (zk.C2)"),
            ConfigKey.toggle("enforceQuota", false,
                    "Off as in ZooKeeper (zk.Q3): hard quotas only warn"),
            ConfigKey.toggle("skipAcl", false,
                    "On, anybody may do anything (zk.A2)"),
            ConfigKey.duration("maxNeverUsedContainer", Duration.ZERO, Duration.ofDays(3650), Duration.ZERO,
                    "0 for never, as in ZooKeeper 3.9 (zk.X13)"),
            ConfigKey.number("watchHistory", 0, 10_000_000, 65_536,
                    "What a persistent watch missed while its client changed members is told change by change"));

    /** The defaults, each with its reason. */
    public static final MemberConfig DEFAULT = of(standards());

    /** Refuses values out of range or at odds with each other, all mistakes at once. */
    public MemberConfig {
        List<Mistake> mistakes = new ArrayList<>();
        Object[] values = {
            heartbeat, electionTimeout, writeDeadline, requestTimeout, minSessionTimeout, sessionTimeout,
            maxSessionTimeout, maxSessions, snapshotEntries, snapshotBytes, retainedEntries, maxDataBytes,
            maxRequestBytes, maxMultiSteps, maxPathDepth, maxOutstandingPerSession, maxOutstanding,
            maxUncommittedBytes, maxWatchesPerSession, containerCheckInterval, extendedTypes, enforceQuota,
            skipAcl, maxNeverUsedContainer, watchHistory
        };
        for (int i = 0; i < values.length; i++) {
            KEYS.get(i).check(values[i], mistakes);
        }
        if (mistakes.isEmpty()) {
            addConflicts(values, mistakes);
        }
        if (!mistakes.isEmpty()) {
            throw new ConfigException("the configuration", mistakes);
        }
    }

    /** What each value on its own cannot tell. */
    private static void addConflicts(Object[] values, List<Mistake> mistakes) {
        requireOrder("heartbeat", 3, "electionTimeout", values,
                "a follower must miss several heartbeats before it campaigns", mistakes);
        requireOrder("heartbeat", 4, "minSessionTimeout", values,
                "a lease is confirmed by a heartbeat round, and the report before it may be lost", mistakes);
        requireOrder("minSessionTimeout", 1, "sessionTimeout", values, "the default must be one that is granted", mistakes);
        requireOrder("sessionTimeout", 1, "maxSessionTimeout", values, "the default must be one that is granted", mistakes);
        requireOrder("maxDataBytes", 1, "maxRequestBytes", values, "the request that sets the data must fit", mistakes);
        requireOrder("maxRequestBytes", 1, "maxUncommittedBytes", values, "the largest request must fit", mistakes);
        requireOrder("maxOutstandingPerSession", 1, "maxOutstanding", values, "one session is a part of all", mistakes);
    }

    private static void requireOrder(
            String small, int times, String large, Object[] values, String why, List<Mistake> mistakes) {
        Object least = values[indexOf(small)];
        Object most = values[indexOf(large)];
        if (times * scalar(least) > scalar(most)) {
            String factor = times == 1 ? "" : times + " times ";
            mistakes.add(new Mistake(ErrorCode.CONFLICTING_VALUES, large + " " + key(large).write(most) + " is less than "
                    + factor + small + " " + key(small).write(least) + ": " + why + ". Raise " + large + " or lower " + small));
        }
    }

    private static long scalar(Object value) {
        return value instanceof Duration duration ? duration.toMillis() : ((Number) value).longValue();
    }

    private static ConfigKey key(String name) {
        return KEYS.get(indexOf(name));
    }

    private static int indexOf(String name) {
        for (int i = 0; i < KEYS.size(); i++) {
            if (KEYS.get(i).name().equals(name)) {
                return i;
            }
        }
        throw new IllegalArgumentException("no key " + name);
    }

    private static Object[] standards() {
        return KEYS.stream().map(ConfigKey::standard).toArray();
    }

    /** The keys in order: for the table of the documentation. */
    static List<ConfigKey> keys() {
        return KEYS;
    }

    private static MemberConfig of(Object[] values) {
        return new MemberConfig(
                (Duration) values[0],
                (Duration) values[1],
                (Duration) values[2],
                (Duration) values[3],
                (Duration) values[4],
                (Duration) values[5],
                (Duration) values[6],
                (Integer) values[7],
                (Integer) values[8],
                (Long) values[9],
                (Integer) values[10],
                (Long) values[11],
                (Long) values[12],
                (Integer) values[13],
                (Integer) values[14],
                (Integer) values[15],
                (Integer) values[16],
                (Long) values[17],
                (Integer) values[18],
                (Duration) values[19],
                (Boolean) values[20],
                (Boolean) values[21],
                (Boolean) values[22],
                (Duration) values[23],
                (Integer) values[24]);
    }

    private Object[] values() {
        return new Object[] {
            heartbeat, electionTimeout, writeDeadline, requestTimeout, minSessionTimeout, sessionTimeout,
            maxSessionTimeout, maxSessions, snapshotEntries, snapshotBytes, retainedEntries, maxDataBytes,
            maxRequestBytes, maxMultiSteps, maxPathDepth, maxOutstandingPerSession, maxOutstanding,
            maxUncommittedBytes, maxWatchesPerSession, containerCheckInterval, extendedTypes, enforceQuota,
            skipAcl, maxNeverUsedContainer, watchHistory
        };
    }

    private MemberConfig with(String name, Object value) {
        Object[] values = values();
        values[indexOf(name)] = value;
        return of(values);
    }

    /**
     * Reads properties; what is not named has its default.
     *
     * @throws ConfigException with all mistakes: unknown keys, unreadable values, values out of range or at odds with each other
     */
    public static MemberConfig from(Map<String, String> properties) {
        return from(properties, Set.of());
    }

    /**
     * Reads properties that also hold keys for somebody else.
     *
     * @param others keys that are passed over here, and suggested where one of them was perhaps meant
     * @throws ConfigException with all mistakes
     */
    public static MemberConfig from(Map<String, String> properties, Collection<String> others) {
        List<Mistake> mistakes = new ArrayList<>();
        TreeSet<String> names = new TreeSet<>(others);
        KEYS.forEach(key -> names.add(key.name()));
        Object[] values = standards();
        new TreeMap<>(properties).forEach((name, text) -> {
            if (!names.contains(name)) {
                mistakes.add(unknown(name, names));
            } else if (!others.contains(name)) {
                key(name).read(text.strip(), mistakes).ifPresent(value -> values[indexOf(name)] = value);
            }
        });
        return checked(values, mistakes);
    }

    private static Mistake unknown(String name, Set<String> names) {
        String hint = ConfigKey.nearest(name, names)
                .map(near -> ". Did you mean '" + near + "'?")
                .orElse(". The keys are listed in coord-core/docs/configuration.md");
        return new Mistake(ErrorCode.UNKNOWN_KEY, "unknown key '" + NodePath.printable(name) + "'" + hint);
    }

    private static MemberConfig checked(Object[] values, List<Mistake> mistakes) {
        try {
            MemberConfig config = of(values);
            if (mistakes.isEmpty()) {
                return config;
            }
        } catch (ConfigException e) {
            mistakes.addAll(e.mistakes());
        }
        throw new ConfigException("the configuration", mistakes);
    }

    /**
     * Reads properties.
     *
     * @throws ConfigException as {@link #from(Map)}
     */
    public static MemberConfig from(Properties properties) {
        Map<String, String> texts = new TreeMap<>();
        properties.stringPropertyNames().forEach(name -> texts.put(name, properties.getProperty(name)));
        return from(texts);
    }

    /** Every key with its value in force, as {@link #from(Properties)} reads them. There are no secrets among them. */
    public Properties toProperties() {
        Properties properties = new Properties();
        Object[] values = values();
        for (int i = 0; i < values.length; i++) {
            properties.setProperty(KEYS.get(i).name(), KEYS.get(i).write(values[i]));
        }
        return properties;
    }

    /** This configuration with other times of elections; three heartbeats must fit in one election timeout. */
    public MemberConfig withElections(Duration newHeartbeat, Duration newElectionTimeout) {
        Object[] values = values();
        values[indexOf("heartbeat")] = newHeartbeat;
        values[indexOf("electionTimeout")] = newElectionTimeout;
        return of(values);
    }

    /** This configuration with other session timeouts: the shortest granted, that of a session that asks for none, the longest. */
    public MemberConfig withSessionTimeouts(Duration shortest, Duration standard, Duration longest) {
        Object[] values = values();
        values[indexOf("minSessionTimeout")] = shortest;
        values[indexOf("sessionTimeout")] = standard;
        values[indexOf("maxSessionTimeout")] = longest;
        return of(values);
    }

    /** This configuration with other numbers of unanswered requests. */
    public MemberConfig withMaxOutstanding(int perSession, int ofAllSessions) {
        Object[] values = values();
        values[indexOf("maxOutstandingPerSession")] = perSession;
        values[indexOf("maxOutstanding")] = ofAllSessions;
        return of(values);
    }

    /** This configuration with another {@link #writeDeadline()}. */
    public MemberConfig withWriteDeadline(Duration value) {
        return with("writeDeadline", value);
    }

    /** This configuration with another {@link #requestTimeout()}. */
    public MemberConfig withRequestTimeout(Duration value) {
        return with("requestTimeout", value);
    }

    /** This configuration with another {@link #maxSessions()}. */
    public MemberConfig withMaxSessions(int value) {
        return with("maxSessions", value);
    }

    /** This configuration with another {@link #snapshotEntries()}. */
    public MemberConfig withSnapshotEntries(int value) {
        return with("snapshotEntries", value);
    }

    /** This configuration with another {@link #snapshotBytes()}. */
    public MemberConfig withSnapshotBytes(long value) {
        return with("snapshotBytes", value);
    }

    /** This configuration with another {@link #retainedEntries()}. */
    public MemberConfig withRetainedEntries(int value) {
        return with("retainedEntries", value);
    }

    /** This configuration with another {@link #maxDataBytes()}. */
    public MemberConfig withMaxDataBytes(long value) {
        return with("maxDataBytes", value);
    }

    /** This configuration with another {@link #maxRequestBytes()}. */
    public MemberConfig withMaxRequestBytes(long value) {
        return with("maxRequestBytes", value);
    }

    /** This configuration with another {@link #maxMultiSteps()}. */
    public MemberConfig withMaxMultiSteps(int value) {
        return with("maxMultiSteps", value);
    }

    /** This configuration with another {@link #maxPathDepth()}. */
    public MemberConfig withMaxPathDepth(int value) {
        return with("maxPathDepth", value);
    }

    /** This configuration with another {@link #maxUncommittedBytes()}. */
    public MemberConfig withMaxUncommittedBytes(long value) {
        return with("maxUncommittedBytes", value);
    }

    /** This configuration with another {@link #maxWatchesPerSession()}. */
    public MemberConfig withMaxWatchesPerSession(int value) {
        return with("maxWatchesPerSession", value);
    }

    /** This configuration with another {@link #containerCheckInterval()}. */
    public MemberConfig withContainerCheckInterval(Duration value) {
        return with("containerCheckInterval", value);
    }

    /** This configuration with another {@link #extendedTypes()}. */
    public MemberConfig withExtendedTypes(boolean on) {
        return with("extendedTypes", on);
    }

    /** This configuration with another {@link #enforceQuota()}. */
    public MemberConfig withEnforceQuota(boolean on) {
        return with("enforceQuota", on);
    }

    /** This configuration with another {@link #skipAcl()}. */
    public MemberConfig withSkipAcl(boolean on) {
        return with("skipAcl", on);
    }

    /** This configuration with another {@link #maxNeverUsedContainer()}. */
    public MemberConfig withMaxNeverUsedContainer(Duration value) {
        return with("maxNeverUsedContainer", value);
    }

    /** This configuration with another {@link #watchHistory()}. */
    public MemberConfig withWatchHistory(int value) {
        return with("watchHistory", value);
    }

    /** The timeout granted to a session that asks for this one (zk.S1). */
    public Duration granted(Optional<Duration> asked) {
        Duration timeout = asked.orElse(sessionTimeout);
        if (timeout.compareTo(minSessionTimeout) < 0) {
            return minSessionTimeout;
        }
        return timeout.compareTo(maxSessionTimeout) > 0 ? maxSessionTimeout : timeout;
    }
}

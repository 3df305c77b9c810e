package io.coord.netty.zkserver;

import com.sun.management.UnixOperatingSystemMXBean;
import io.coord.MemberStatus;
import io.coord.ensemble.spi.SessionPort;
import io.coord.ensemble.spi.Storage;
import java.io.IOException;
import java.io.InputStream;
import java.lang.management.ManagementFactory;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The four-letter words this server answers, if they are allowed, in the form that monitoring tools read (zk.4L1); all others that
 * ZooKeeper knows are refused by name.
 */
public final class Words implements FourLetterWords {

    /** Those there is an answer to. */
    public static final Set<String> ANSWERED = Set.of(
            "conf", "cons", "crst", "dirs", "dump", "envi", "gtmk", "hash", "isro", "mntr", "ruok", "srst", "srvr",
            "stat", "stmk", "wchc", "wchp", "wchs");

    /** Those that are answered whether the member serves or not. */
    private static final Set<String> ALWAYS = Set.of("ruok", "isro", "envi", "gtmk", "stmk");

    /** What ZooKeeper's log of traces tells at first: requests, warnings, events and sessions. */
    private static final long TRACE_MASK = 306;

    /** The version of ZooKeeper whose protocol and words these are, then our own name, which is followed by our own version. */
    private static final String VERSION = "3.9.5-coord-";
    /** Where the build does not say: some clients read no answer without a date. */
    private static final String NO_RELEASE = "0, built on 2026-01-01 00:00 UTC";

    private static final DateTimeFormatter BUILT = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm 'UTC'", Locale.ROOT).withZone(ZoneOffset.UTC);

    private static final long NANOS_OF_MILLI = 1_000_000;

    private static final String NOT_SERVING = "This ZooKeeper instance is not currently serving requests\n";

    private final SessionPort member;
    private final Set<String> allowed;
    private final boolean servesReadOnly;
    private final String version = release();
    /** Kept for those who ask for it again; there is no log of traces here that it could bear on. */
    private final AtomicLong traceMask = new AtomicLong(TRACE_MASK);

    /**
     * The words of a member's server, of which these are allowed.
     *
     * @param servesReadOnly whether clients that ask for it may read while there is no quorum
     */
    public Words(SessionPort member, Set<String> allowed, boolean servesReadOnly) {
        this.member = member;
        this.allowed = allowed;
        this.servesReadOnly = servesReadOnly;
    }

    @Override
    public boolean isWord(int bytes) {
        return ANSWERED.contains(text(bytes));
    }

    @Override
    public int argumentBytes(int word) {
        String text = text(word);
        return text.equals("stmk") && allowed.contains(text) ? Long.BYTES : 0;
    }

    private static String text(int bytes) {
        char[] letters = new char[4];
        for (int i = 0; i < 4; i++) {
            letters[i] = (char) (bytes >>> 24 - 8 * i & 0xff);
        }
        return new String(letters);
    }

    @Override
    public CompletionStage<String> answer(int letters, long argument, ClientPort port, Executor later) {
        String word = text(letters);
        if (!allowed.contains(word)) {
            return CompletableFuture.completedFuture(word + " is not executed because it is not in the whitelist.\n");
        }
        MemberStatus status = member.status();
        boolean readsOnly = isReadOnly();
        boolean serves = readsOnly || status.isServing() && status.leader().isPresent();
        if (!serves && !ALWAYS.contains(word)) {
            return CompletableFuture.completedFuture(NOT_SERVING);
        }
        return switch (word) {
            case "wchc" -> member.watchedPaths().thenApplyAsync(Words::bySession, later);
            case "wchp" -> member.watchedPaths().thenApplyAsync(Words::byPath, later);
            case "hash" -> member.digests().thenApplyAsync(Words::digests, later);
            case "stmk" -> {
                traceMask.set(argument);
                yield CompletableFuture.completedFuture(Long.toString(argument));
            }
            default -> CompletableFuture.completedFuture(answer(word, port, status, readsOnly, serves));
        };
    }

    private String answer(String word, ClientPort port, MemberStatus status, boolean readsOnly, boolean serves) {
        return switch (word) {
            case "ruok" -> "imok";
            case "isro" -> readsOnly ? "ro" : serves ? "rw" : "null";
            case "srvr" -> version(readsOnly) + figures(status, port);
            case "stat" -> version(readsOnly) + "Clients:\n" + connections(port, true) + figures(status, port);
            case "cons" -> connections(port, false);
            case "mntr" -> monitored(status, port);
            case "conf" -> configuration(status, port);
            case "envi" -> environment();
            case "dump" -> sessions(port);
            case "wchs" -> watches();
            case "dirs" -> disk();
            case "gtmk" -> Long.toString(traceMask.get());
            case "srst" -> {
                port.resetTraffic();
                yield "Server stats reset.\n";
            }
            case "crst" -> {
                port.resetConnections();
                yield "Connection stats reset.\n";
            }
            default -> throw new IllegalStateException("no answer to " + word);
        };
    }

    private String version(boolean readsOnly) {
        return "Zookeeper version: " + version + "\n"
                + (readsOnly ? "READ-ONLY mode; serving only read-only clients\n" : "");
    }

    /** As ZooKeeper says it, and clients read it: a version without blanks, and a date with a zone. */
    private static String release() {
        Properties release = new Properties();
        try (InputStream in = Words.class.getResourceAsStream("release.properties")) {
            if (in == null) {
                return VERSION + NO_RELEASE;
            }
            release.load(in);
            Instant built = Instant.parse(release.getProperty("built", ""));
            return VERSION + release.getProperty("version", "0") + ", built on " + BUILT.format(built);
        } catch (IOException | DateTimeException e) {
            return VERSION + NO_RELEASE;
        }
    }

    private boolean isReadOnly() {
        return servesReadOnly && member.isWithoutQuorum();
    }

    private String mode(MemberStatus status) {
        if (isReadOnly()) {
            return "read-only";
        }
        if (status.role() == MemberStatus.Role.OBSERVER) {
            return "observer";
        }
        if (status.peers().isEmpty()) {
            return "standalone";
        }
        return status.role() == MemberStatus.Role.LEADER ? "leader" : "follower";
    }

    private static String standing(String mode) {
        return switch (mode) {
            case "leader" -> "leading - broadcast";
            case "observer" -> "observing - broadcast";
            case "read-only" -> "looking";
            default -> "following - broadcast";
        };
    }

    private static boolean isVoter(MemberStatus status) {
        return status.role() != MemberStatus.Role.OBSERVER;
    }

    private String figures(MemberStatus status, ClientPort port) {
        Traffic.Sum sum = port.traffic();
        String mode = mode(status);
        return "Latency min/avg/max: " + sum.minMillis() + "/" + sum.averageMillis() + "/" + sum.maxMillis() + "\n"
                + "Received: " + sum.received() + "\n"
                + "Sent: " + sum.sent() + "\n"
                + "Connections: " + port.connectionsInAll() + "\n"
                + "Outstanding: " + port.outstanding() + "\n"
                + "Zxid: 0x" + Long.toHexString(status.appliedIndex()) + "\n"
                + "Mode: " + mode + "\n"
                + "Node count: " + member.census().nodes() + "\n"
                + (mode.equals("leader") ? proposals(member.measured()) : "");
    }

    private static String proposals(SessionPort.Measured measured) {
        return "Proposal sizes last/min/max: " + measured.lastProposalBytes() + "/" + measured.fewestProposalBytes() + "/"
                + measured.mostProposalBytes() + "\n";
    }

    private static String connections(ClientPort port, boolean brief) {
        StringBuilder text = new StringBuilder();
        port.connections().forEach(connection -> text.append(connection.told(brief)).append('\n'));
        return text.append('\n').toString();
    }

    private String monitored(MemberStatus status, ClientPort port) {
        Traffic.Sum sum = port.traffic();
        SessionPort.Census census = member.census();
        StringBuilder text = new StringBuilder();
        add(text, "version", version);
        add(text, "server_state", mode(status));
        if (!status.peers().isEmpty()) {
            add(text, "peer_state", standing(mode(status)));
            add(text, "quorum_size", status.peers().stream().filter(MemberStatus.Peer::votes).count() + (isVoter(status) ? 1 : 0));
        }
        add(text, "uptime", port.openMillis());
        add(text, "min_latency", sum.minMillis());
        add(text, "avg_latency", sum.averageMillis());
        add(text, "max_latency", sum.maxMillis());
        add(text, "packets_received", sum.received());
        add(text, "packets_sent", sum.sent());
        add(text, "num_alive_connections", port.connectionsInAll());
        add(text, "outstanding_requests", port.outstanding());
        add(text, "znode_count", census.nodes());
        add(text, "watch_count", census.watches());
        add(text, "ephemerals_count", census.ephemerals());
        add(text, "approximate_data_size", census.dataBytes());
        add(text, "global_sessions", census.sessions());
        add(text, "local_sessions", census.localSessions());
        addFileDescriptors(text);
        Traffic.Bytes bytes = sum.bytes();
        add(text, "last_client_response_size", sum.sent() == 0 ? -1 : bytes.last());
        add(text, "min_client_response_size", sum.sent() == 0 ? -1 : bytes.fewest());
        add(text, "max_client_response_size", sum.sent() == 0 ? -1 : bytes.most());
        add(text, "bytes_received_count", bytes.received());
        add(text, "response_bytes", bytes.sent());
        Tally tally = port.tally();
        add(text, "connection_request_count", tally.asked);
        add(text, "connection_rejected", tally.refused);
        add(text, "sessionless_connections_expired", tally.late);
        add(text, "auth_failed_count", tally.unproven);
        add(text, "throttled_ops", tally.throttled);
        add(text, "connection_drop_count", tally.ended);
        add(text, "large_requests_rejected", tally.tooLarge);
        add(text, "outstanding_tls_handshake", port.handshakes());
        add(text, "tls_handshake_exceeded", tally.handshakesRefused);
        add(text, "unsuccessful_handshake", tally.handshakesFailed);
        addLatencies(text, "readlatency", port.reads());
        addLatencies(text, "updatelatency", port.updates());
        SessionPort.Measured measured = member.measured();
        addMeasured(text, measured);
        if (mode(status).equals("leader")) {
            add(text, "learners", heard(status, true) + heard(status, false));
            add(text, "synced_followers", heard(status, true));
            add(text, "synced_non_voting_followers", 0); // there is no such kind of member
            add(text, "synced_observers", heard(status, false));
            add(text, "leader_uptime", measured.leadingNanos().orElse(0) / NANOS_OF_MILLI);
            add(text, "pending_syncs", measured.pendingReads());
            add(text, "last_proposal_size", measured.lastProposalBytes());
            add(text, "min_proposal_size", measured.fewestProposalBytes());
            add(text, "max_proposal_size", measured.mostProposalBytes());
        }
        return text.toString();
    }

    private static void addMeasured(StringBuilder text, SessionPort.Measured measured) {
        add(text, "proposal_count", measured.proposed());
        add(text, "commit_count", measured.committed());
        add(text, "learner_proposal_received_count", measured.received());
        add(text, "learner_commit_received_count", measured.followed());
        add(text, "looking_count", measured.searches());
        add(text, "snapshot_error_count", measured.snapshotsFailed());
        addSummary(text, "fsynctime", measured.forceNanos(), NANOS_OF_MILLI);
        addSummary(text, "sync_processor_batch_size", measured.forcedEntries(), 1);
        addSummary(text, "snapshottime", measured.snapshotNanos(), NANOS_OF_MILLI);
        addSummary(text, "election_time", measured.electionNanos(), NANOS_OF_MILLI);
        addSummary(text, "unavailable_time", measured.outageNanos(), NANOS_OF_MILLI);
        addSummary(text, "leader_unavailable_time", measured.outageAsLeaderNanos(), NANOS_OF_MILLI);
        addSummary(text, "dbinittime", measured.loadNanos(), NANOS_OF_MILLI);
        addSummary(text, "startup_txns_loaded", measured.loadedEntries(), 1);
    }

    /** The average with four digits, as ZooKeeper has it. */
    private static void addSummary(StringBuilder text, String name, SessionPort.Measured.Summary summary, long unit) {
        double average = summary.count() == 0 ? 0 : (double) summary.sum() / summary.count() / unit;
        add(text, "avg_" + name, Math.round(average * 10_000) / 10_000.0);
        add(text, "min_" + name, summary.least() / unit);
        add(text, "max_" + name, summary.most() / unit);
        add(text, "cnt_" + name, summary.count());
        add(text, "sum_" + name, summary.sum() / unit);
    }

    private static void addLatencies(StringBuilder text, String name, Latencies.Summary took) {
        add(text, "avg_" + name, took.averageMillis());
        add(text, "min_" + name, took.minMillis());
        add(text, "max_" + name, took.maxMillis());
        add(text, "cnt_" + name, took.count());
        add(text, "sum_" + name, took.sumMillis());
        add(text, "p50_" + name, took.permilleMillis(500));
        add(text, "p95_" + name, took.permilleMillis(950));
        add(text, "p99_" + name, took.permilleMillis(990));
        add(text, "p999_" + name, took.permilleMillis(999));
    }

    private static void addFileDescriptors(StringBuilder text) {
        if (ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean system) {
            add(text, "open_file_descriptor_count", system.getOpenFileDescriptorCount());
            add(text, "max_file_descriptor_count", system.getMaxFileDescriptorCount());
        }
    }

    /** How many of the others are heard of. */
    private long heard(MemberStatus status, boolean voting) {
        Duration silenceMax = member.config().electionTimeout();
        return status.peers().stream()
                .filter(peer -> peer.votes() == voting)
                .map(MemberStatus.Peer::silent)
                .flatMap(Optional::stream)
                .filter(silence -> silence.compareTo(silenceMax) <= 0)
                .count();
    }

    private static void add(StringBuilder text, String name, Object value) {
        text.append("zk_").append(name).append('\t').append(value).append('\n');
    }

    private String configuration(MemberStatus status, ClientPort port) {
        return "clientPort=" + port.port() + "\n"
                + "maxClientCnxns=" + port.limits().connectionsPerAddressMax() + "\n"
                + "maxCnxns=" + port.limits().connectionsMax() + "\n"
                + "minSessionTimeout=" + member.config().minSessionTimeout().toMillis() + "\n"
                + "maxSessionTimeout=" + member.config().maxSessionTimeout().toMillis() + "\n"
                + "clientPortListenBacklog=" + ClientPort.backlog() + "\n"
                + "serverId=" + status.member() + "\n"
                + (status.peers().isEmpty() ? "" : "peerType=" + (isVoter(status) ? 0 : 1) + "\nmembership: \n" + member.membership());
    }

    /** What is of use to those who look for a fault; no names of people, places or directories. */
    private String environment() {
        Runtime runtime = Runtime.getRuntime();
        return "Environment:\n"
                + "zookeeper.version=" + version + "\n"
                + "java.version=" + Runtime.version() + "\n"
                + "os.memory.free=" + (runtime.freeMemory() >> 20) + "MB\n"
                + "os.memory.max=" + (runtime.maxMemory() >> 20) + "MB\n"
                + "os.memory.total=" + (runtime.totalMemory() >> 20) + "MB\n";
    }

    private String sessions(ClientPort port) {
        Map<Long, SessionPort.Living> all = member.sessions();
        Map<Long, List<String>> owners = new TreeMap<>();
        all.forEach((id, living) -> owners.put(id, living.ephemerals()));
        owners.values().removeIf(List::isEmpty);
        StringBuilder text = new StringBuilder("SessionTracker dump:\nGlobal Sessions(").append(all.size()).append("):\n");
        all.forEach((id, living) -> text.append("0x").append(Long.toHexString(id)).append('\t')
                .append(living.timeoutMillis()).append("ms\n"));
        text.append("ephemeral nodes dump:\nSessions with Ephemerals (").append(owners.size()).append("):\n");
        owners.forEach((id, paths) -> {
            text.append("0x").append(Long.toHexString(id)).append(":\n");
            paths.forEach(path -> text.append('\t').append(path).append('\n'));
        });
        return text.append("Connections dump:\n").append(port.connections().size()).append(" connections\n").toString();
    }

    private static String bySession(Map<Long, List<String>> watched) {
        StringBuilder text = new StringBuilder();
        watched.forEach((session, paths) -> {
            text.append("0x").append(Long.toHexString(session)).append('\n');
            paths.forEach(path -> text.append('\t').append(path).append('\n'));
        });
        return text.append('\n').toString();
    }

    private static String byPath(Map<Long, List<String>> watched) {
        Map<String, List<Long>> sessions = new LinkedHashMap<>();
        watched.forEach((session, paths) ->
                paths.forEach(path -> sessions.computeIfAbsent(path, none -> new ArrayList<>(1)).add(session)));
        StringBuilder text = new StringBuilder();
        sessions.forEach((path, watchers) -> {
            text.append(path).append('\n');
            watchers.forEach(session -> text.append("\t0x").append(Long.toHexString(session)).append('\n'));
        });
        return text.append('\n').toString();
    }

    private static String digests(Map<Long, Long> digests) {
        StringBuilder text = new StringBuilder();
        digests.forEach((zxid, digest) -> text.append(Long.toHexString(zxid)).append(": ").append(digest).append('\n'));
        return text.toString();
    }

    private String disk() {
        try {
            Storage.DiskUse use = member.diskUse();
            return "datadir_size: " + use.snapshotBytes() + "\nlogdir_size: " + use.logBytes() + "\n";
        } catch (IOException e) {
            return NOT_SERVING;
        }
    }

    private String watches() {
        SessionPort.Census census = member.census();
        return census.watchers() + " connections watching " + census.watchedPaths() + " paths\nTotal watches:" + census.watches() + "\n";
    }
}

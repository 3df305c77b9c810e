package io.coord.testkit.process;

import static org.assertj.core.api.Assertions.assertThat;

import io.coord.MemberId;
import io.coord.netty.ZooKeeperServer;
import io.coord.testkit.LocalEnsemble;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The keys of mntr, of three servers of Apache ZooKeeper and of three members: none of ours is not theirs, and of theirs those named here are left out. */
@Tag("soak")
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class MonitoredBesideIT {

    /** What is left out, as coord-netty/README.md says; a summary by its name alone. */
    private static final Pattern LEFT_OUT = Pattern.compile(String.join("|",
            // stages of a pipeline and their queues
            "prep_process.*", "sync_process_time", "sync_processor_(queue|request).*", ".*commit_proc_.*", ".*commitproc_time_ms",
            ".*final_proc_time_ms", ".*session_queue.*", ".*_in_commit_processor.*", ".*commit_process_time.*", ".*proposal_process_time.*",
            "(local|server)_write_committed_time_ms", "close_session_prep_time", "outstanding_changes_.*", "request_commit_queued",
            "request_throttle_.*", "requests_not_forwarded_to_commit_processor", "skip_learner_request_.*", "learner_request_processor_queue_size",
            "learner_handler_qp_.*", "dead_watchers?_.*", "add_dead_watcher_stall_time", "response_packet_.*", "netty_queued_buffer_capacity",
            // what does not exist here
            "ensemble_auth_.*", "connection_token_deficit", "connection_drop_probability", "connection_revalidate_count", "revalidate_count",
            "restore_.*", "snapshot_rate_limited_count", "digest_mismatches_count", "insecure_admin_count",
            "quit_leading_due_to_disloyal_voter", "unrecoverable_error_count", "cnxn_closed_without_zk_server_running", "stale_.*",
            "zookeeper_write_per_namespace",
            // what is not measured
            "(snap|diff)_count", "inflight_(snap|diff)_count", "(follower|observer)_sync_time", "startup_(snap|txns)_load_time",
            "(commit_)?propagation_latency", "proposal_(latency|ack_creation_latency)", "quorum_ack_latency", "socket_closing_time",
            "node_[a-z]+_watch_count", "watch_bytes", "jvm_pause_time_ms", "non_mtls_.*_conn_count"));

    @TempDir
    private Path directory;

    private final Map<MemberId, ZooKeeperServer> doors = new ConcurrentHashMap<>();

    private ZooKeeperServer door(MemberId member) {
        ZooKeeperServer server = ZooKeeperServer.listeningOn(0).threads(1).fourLetterWords(Set.of("mntr"));
        doors.put(member, server);
        return server;
    }

    @Test
    @DisplayName("zk.4L1: the keys of mntr on leader and follower, beside 3.9.5")
    void theSameKeys() throws Exception {
        TreeMap<String, Set<String>> ours = new TreeMap<>();
        TreeMap<String, Set<String>> theirs = new TreeMap<>();
        try (LocalEnsemble ensemble = LocalEnsemble.builder().members(3).frontEnd(this::door).start()) {
            for (MemberId member : List.of(ensemble.leader(), ensemble.anyFollower())) {
                addKeys(new InetSocketAddress("127.0.0.1", doors.get(member).port()), ours);
            }
        }
        try (ApacheEnsemble apache = new ApacheEnsemble(3, directory)) {
            int leader = apache.awaitLeader();
            addKeys(apache.clientAddress(leader), theirs);
            addKeys(apache.clientAddress(leader == 1 ? 2 : 1), theirs);
        }
        assertThat(ours.keySet()).isEqualTo(theirs.keySet()).containsExactly("follower", "leader");
        ours.forEach((role, keys) -> {
            Set<String> absent = new TreeSet<>(theirs.get(role));
            absent.removeAll(keys);
            assertThat(theirs.get(role)).as("%s of ZooKeeper's", role).containsAll(keys);
            assertThat(absent).as("%s, left out", role).allMatch(key -> LEFT_OUT.matcher(key).matches());
            assertThat(keys).as("%s, not left out", role).noneMatch(key -> LEFT_OUT.matcher(key).matches());
            System.out.printf("mntr of a %s: %d keys, of ZooKeeper's %d%n", role, keys.size(), theirs.get(role).size());
        });
    }

    /** Under the role that is said there; the parts of a summary are one, and so are those of one learner and another. */
    private static void addKeys(InetSocketAddress server, Map<String, Set<String>> byRole) throws IOException {
        List<String[]> lines = List.of();
        while (lines.size() < 2) { // a server that does not serve yet has one line for an answer
            lines = ask(server).lines().map(line -> line.split("\t", 2)).toList();
        }
        String role = lines.stream().filter(line -> line[0].equals("zk_server_state")).findFirst().orElseThrow()[1];
        byRole.put(role, lines.stream()
                .map(line -> line[0].replaceFirst("^zk_((avg|min|max|cnt|sum|p\\d+)_)?(\\d_)?", ""))
                .collect(Collectors.toCollection(TreeSet::new)));
    }

    private static String ask(InetSocketAddress server) throws IOException {
        try (Socket socket = new Socket(server.getAddress(), server.getPort())) {
            socket.getOutputStream().write("mntr".getBytes(StandardCharsets.US_ASCII));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}

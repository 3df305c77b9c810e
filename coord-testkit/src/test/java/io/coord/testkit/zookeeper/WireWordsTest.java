package io.coord.testkit.zookeeper;

import static org.assertj.core.api.Assertions.assertThat;

import io.coord.Acl;
import io.coord.Bytes;
import io.coord.MemberConfig;
import io.coord.MemberId;
import io.coord.netty.ZooKeeperServer;
import io.coord.netty.jute.ConnectRequest;
import io.coord.netty.jute.JuteWriter;
import io.coord.netty.jute.OpCode;
import io.coord.netty.jute.Request;
import io.coord.netty.jute.RequestHeader;
import io.coord.netty.jute.Xid;
import io.coord.testkit.LocalEnsemble;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.zookeeper.client.FourLetterWordMain;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What those who look after a server read in the answers to four-letter words (zk.4L1). */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class WireWordsTest {

    private static final String NOT_SERVING = "This ZooKeeper instance is not currently serving requests\n";

    private static final ConnectRequest GREETING = new ConnectRequest(0, 0, 10_000, 0, Bytes.wrap(new byte[16]), false);

    private static final Map<MemberId, ZooKeeperServer> SERVERS = new ConcurrentHashMap<>();
    private static LocalEnsemble ensemble;

    @BeforeAll
    static void start() {
        ensemble = LocalEnsemble.builder()
                .members(3)
                .config(MemberConfig.DEFAULT.withSessionTimeouts(Duration.ofSeconds(5), Duration.ofSeconds(10), Duration.ofMinutes(1)))
                .frontEnd(member -> {
                    ZooKeeperServer server = ZooKeeperServer.listeningOn(0).threads(1).fourLetterWords(Set.of(
                            "conf", "cons", "crst", "dirs", "dump", "envi", "gtmk", "hash", "isro", "mntr", "ruok", "srst", "srvr", "stat",
                            "wchc", "wchp", "wchs"));
                    SERVERS.put(member, server);
                    return server;
                })
                .start();
    }

    @AfterAll
    static void stop() {
        ensemble.close();
    }

    private static InetSocketAddress at(MemberId member) {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), SERVERS.get(member).port());
    }

    /** What a member that serves answers: while there is no leader, and until it has caught up with it, it says that it does not. */
    private static String ask(MemberId member, String word) throws Exception {
        String text = NOT_SERVING;
        while (text.equals(NOT_SERVING)) {
            try (WireProbe probe = new WireProbe(at(member))) {
                probe.sendRaw(Unpooled.copiedBuffer(word, StandardCharsets.US_ASCII));
                text = probe.text();
            }
        }
        return text;
    }

    /** The leader of the day, once it says so itself. */
    private static MemberId leader() throws Exception {
        MemberId leader = ensemble.leader();
        while (!ask(leader, "srvr").contains("\nMode: leader\n")) {
            leader = ensemble.leader();
        }
        return leader;
    }

    @Test
    @DisplayName("4L1: a proof that fails is counted once, though it has to wait for what was asked before it")
    void failedProofs() throws Exception {
        MemberId member = leader();
        int before = failedProofs(member);
        try (WireProbe probe = WireProbe.connected(at(member))) {
            ByteBuf both = Unpooled.buffer();
            JuteWriter out = new JuteWriter(both);
            frame(out, 1, OpCode.SYNC, new Request.OfPath("/"));
            frame(out, Xid.AUTH, OpCode.AUTH, new Request.Auth(0, "unheard-of", null));
            probe.sendRaw(both);
            assertThat(probe.next().error()).isZero();
            assertThat(probe.next().error()).isEqualTo(-115);
        }
        assertThat(failedProofs(member)).isEqualTo(before + 1);
    }

    private static void frame(JuteWriter out, int xid, OpCode op, Request body) {
        int at = out.beginFrame();
        new RequestHeader(xid, op.number()).write(out);
        body.write(out);
        out.endFrame(at);
    }

    private static int failedProofs(MemberId member) throws Exception {
        return Integer.parseInt(ask(member, "mntr").lines()
                .filter(line -> line.startsWith("zk_auth_failed_count\t"))
                .findFirst()
                .orElseThrow()
                .substring("zk_auth_failed_count\t".length()));
    }

    @Test
    @DisplayName("4L1: go-zookeeper reads srvr, the date of the release included")
    void readByGo() throws Exception {
        // flw.go
        Pattern pattern = Pattern.compile("\\AZookeeper version: ([A-Za-z0-9.\\-]+), built on"
                + " ((?:\\d\\d/\\d\\d/\\d\\d\\d\\d|\\d\\d\\d\\d-\\d\\d-\\d\\d) \\d\\d:\\d\\d [A-Za-z0-9:+-]+).*\n"
                + "^Latency min/avg/max: (\\d+)/([0-9.]+)/(\\d+).*\n"
                + "^Received: (\\d+).*\n^Sent: (\\d+).*\n^Connections: (\\d+).*\n^Outstanding: (\\d+).*\n"
                + "^Zxid: (0x[A-Za-z0-9]+).*\n^Mode: (\\w+).*\n^Node count: (\\d+)", Pattern.MULTILINE);
        Matcher srvr = pattern.matcher(ask(leader(), "srvr"));
        assertThat(srvr.find()).isTrue();
        assertThat(srvr.group(1)).startsWith("3.9.5-coord-").doesNotContain("$");
        assertThat(LocalDateTime.parse(srvr.group(2), DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm z", Locale.ROOT)).getYear())
                .isGreaterThan(2025);
    }

    @Test
    @DisplayName("4L1: srvr and stat, line by line, on leader and follower, and read by ZooKeeper's own client")
    void srvrAndStat() throws Exception {
        String figures = "Latency min/avg/max: \\d+/\\d+\\.\\d+/\\d+\nReceived: \\d+\nSent: \\d+\nConnections: [1-9]\\d*\nOutstanding: \\d+\n"
                + "Zxid: 0x[0-9a-f]+\nMode: %s\nNode count: \\d+\n";
        MemberId leader = leader();
        assertThat(ask(leader, "srvr")).matches("Zookeeper version: 3\\.9\\.\\d.*\n" + figures.formatted("leader")
                + "Proposal sizes last/min/max: \\d+/\\d+/\\d+\n");
        MemberId follower = ensemble.anyFollower();
        ask(follower, "srvr");
        try (WireProbe client = WireProbe.connected(at(follower))) {
            client.ask(OpCode.PING, Request.Empty.EMPTY);
            String stat = FourLetterWordMain.send4LetterWord("127.0.0.1", at(follower).getPort(), "stat");
            assertThat(stat).matches("Zookeeper version: .*\nClients:\n( /127\\.0\\.0\\.1:\\d+\\[1\\]\\(queued=0,recved=\\d+,sent=\\d+\\)\n)+\n"
                    + figures.formatted("follower"));
            assertThat(stat).contains("(queued=0,recved=2,sent=2)");
        }
    }

    @Test
    @DisplayName("4L1: mntr tells of proposals, forced writes and elections, each where it happens")
    void whatTheMembersMeasure() throws Exception {
        MemberId leader = leader();
        MemberId follower = ensemble.anyFollower();
        Map<String, String> before = monitored(leader);
        Map<String, String> there = monitored(follower);
        try (WireProbe client = WireProbe.connected(at(leader))) {
            for (int size : new int[] {10, 3_000, 100}) {
                client.ask(OpCode.CREATE, new Request.Create("/measured-" + size, Bytes.wrap(new byte[size]), Acl.OPEN, 1));
            }
            client.ask(OpCode.SYNC, new Request.OfPath("/"));
            Map<String, String> now = monitored(leader);
            assertThat(grown(before, now, "zk_proposal_count")).as("a session and three nodes, at least").isGreaterThanOrEqualTo(4);
            assertThat(grown(before, now, "zk_commit_count")).isGreaterThanOrEqualTo(4);
            assertThat(grown(before, now, "zk_cnt_fsynctime")).isPositive();
            assertThat(grown(before, now, "zk_sum_sync_processor_batch_size")).isGreaterThanOrEqualTo(4);
            assertThat(number(now, "zk_max_proposal_size")).isGreaterThanOrEqualTo(3_000);
            assertThat(number(now, "zk_last_proposal_size")).isLessThan(3_000);
            assertThat(number(now, "zk_min_proposal_size")).isBetween(10L, number(now, "zk_last_proposal_size"));
            assertThat(now).containsEntry("zk_pending_syncs", "0").containsEntry("zk_synced_non_voting_followers", "0");
            assertThat(number(now, "zk_leader_uptime")).isBetween(number(before, "zk_leader_uptime"), number(now, "zk_uptime"));
            assertThat(grown(before, now, "zk_learner_proposal_received_count")).isZero();
            for (String once : List.of("election_time", "unavailable_time", "leader_unavailable_time", "dbinittime")) {
                assertThat(number(now, "zk_cnt_" + once)).as(once).isPositive();
            }
            assertThat(number(now, "zk_looking_count")).isGreaterThanOrEqualTo(number(now, "zk_cnt_election_time"));
            Map<String, String> then = monitored(follower);
            while (grown(there, then, "zk_learner_commit_received_count") < 4) {
                then = monitored(follower); // it learns of the last commit by the next heartbeat
            }
            assertThat(grown(there, then, "zk_learner_proposal_received_count")).isGreaterThanOrEqualTo(4);
            assertThat(grown(there, then, "zk_proposal_count")).isZero();
            assertThat(grown(there, then, "zk_commit_count")).isZero();
            assertThat(then).doesNotContainKeys("zk_leader_uptime", "zk_pending_syncs", "zk_last_proposal_size", "zk_learners");
        }
    }

    @Test
    @DisplayName("4L1: mntr, cons, dump and wchs count what there is; crst and srst begin anew")
    void theRest() throws Exception {
        MemberId leader = leader();
        Map<String, String> before = monitored(leader);
        try (WireProbe client = WireProbe.connected(at(leader))) {
            client.ask(OpCode.CREATE, new Request.Create("/counted", Bytes.utf8("twelve bytes"), Acl.OPEN, 1));
            client.ask(OpCode.EXISTS, new Request.Watched("/counted", true));
            client.ask(OpCode.EXISTS, new Request.Watched("/absent", true));
            Map<String, String> now = monitored(leader);
            assertThat(now).containsEntry("zk_server_state", "leader").containsEntry("zk_watch_count", "2")
                    .containsEntry("zk_outstanding_requests", "0").containsKeys("zk_version", "zk_avg_latency", "zk_num_alive_connections",
                            "zk_open_file_descriptor_count", "zk_max_file_descriptor_count");
            assertThat(grown(before, now, "zk_znode_count")).isEqualTo(1);
            assertThat(grown(before, now, "zk_ephemerals_count")).isEqualTo(1);
            assertThat(grown(before, now, "zk_approximate_data_size")).isEqualTo(12);
            assertThat(grown(before, now, "zk_packets_received")).isGreaterThanOrEqualTo(4);
            assertThat(grown(before, now, "zk_cnt_updatelatency")).isEqualTo(1);
            assertThat(grown(before, now, "zk_cnt_readlatency")).isEqualTo(2);
            assertThat(grown(before, now, "zk_connection_drop_count")).as("whoever asked before").isEqualTo(1);
            assertThat(Long.parseLong(now.get("zk_p50_updatelatency"))).isLessThanOrEqualTo(Long.parseLong(now.get("zk_max_updatelatency")));
            assertThat(ask(leader, "wchs")).isEqualTo("1 connections watching 2 paths\nTotal watches:2\n");
            assertThat(ask(leader, "cons")).containsPattern("recved=4,sent=4,sid=0x[0-9a-f]+,lop=EXIS,est=\\d+,to=10000,"
                    + "lcxid=0x3,lzxid=0x[0-9a-f]+,lresp=\\d+,llat=\\d+,minlat=\\d+,avglat=\\d+,maxlat=\\d+\\)\n");
            assertThat(ask(leader, "dump")).containsPattern("^SessionTracker dump:\nGlobal Sessions\\(1\\):\n0x[0-9a-f]+\t10000ms\n"
                    + "ephemeral nodes dump:\nSessions with Ephemerals \\(1\\):\n0x[0-9a-f]+:\n\t/counted\n");
            assertThat(now).containsEntry("zk_peer_state", "leading - broadcast").containsEntry("zk_quorum_size", "3")
                    .containsEntry("zk_learners", "2").containsEntry("zk_synced_followers", "2")
                    .containsEntry("zk_local_sessions", "0").containsEntry("zk_global_sessions", "1");
            assertThat(grown(before, now, "zk_connection_request_count")).isEqualTo(1);
            assertThat(grown(before, now, "zk_uptime")).isGreaterThanOrEqualTo(0);
            assertThat(Long.parseLong(now.get("zk_max_client_response_size")))
                    .isGreaterThanOrEqualTo(Long.parseLong(now.get("zk_min_client_response_size"))).isGreaterThan(16);
            assertThat(grown(before, now, "zk_bytes_received_count")).isGreaterThan(12);
            assertThat(monitored(ensemble.anyFollower())).containsEntry("zk_peer_state", "following - broadcast")
                    .containsEntry("zk_quorum_size", "3");
            assertThat(ask(leader, "crst")).isEqualTo("Connection stats reset.\n");
            assertThat(ask(leader, "cons")).contains("recved=0,sent=0,sid=");
            assertThat(ask(leader, "srst")).isEqualTo("Server stats reset.\n");
            assertThat(ask(leader, "srvr")).contains("\nReceived: 0\n", "/0.0/");
        }
        assertThat(ask(leader, "conf")).contains("clientPort=" + at(leader).getPort(), "serverId=" + leader, "peerType=0\nmembership: \n");
        assertThat(ask(leader, "envi")).startsWith("Environment:\nzookeeper.version=3.9.");
        assertThat(ask(leader, "ruok")).isEqualTo("imok");
        assertThat(ask(leader, "isro")).isEqualTo("rw");
        assertThat(ask(leader, "stmk")).isEqualTo("stmk is not executed because it is not in the whitelist.\n");
    }

    @Test
    @DisplayName("4L1: wchc and wchp list each session's watches, hash what the state came to, dirs what the disk holds")
    void lists() throws Exception {
        MemberId member = leader();
        assertThat(ask(member, "wchc")).isEqualTo("\n");
        assertThat(ask(member, "wchp")).isEqualTo("\n");
        try (WireProbe one = new WireProbe(at(member)); WireProbe other = new WireProbe(at(member))) {
            String mine = "0x" + Long.toHexString(one.greet(GREETING).session());
            String theirs = "0x" + Long.toHexString(other.greet(GREETING).session());
            one.ask(OpCode.EXISTS, new Request.Watched("/a", true));
            one.ask(OpCode.GET_CHILDREN, new Request.Watched("/", true));
            other.ask(OpCode.EXISTS, new Request.Watched("/a", true));
            assertThat(ask(member, "wchc")).isEqualTo(mine + "\n\t/a\n\t/\n" + theirs + "\n\t/a\n\n");
            assertThat(ask(member, "wchp")).isEqualTo("/a\n\t" + mine + "\n\t" + theirs + "\n/\n\t" + mine + "\n\n");
            for (int i = 0; i < 256; i++) { // past an index where members compare what their states come to
                one.ask(OpCode.SET_DATA, new Request.SetData("/", Bytes.utf8("x"), -1));
            }
            one.ask(OpCode.CLOSE_SESSION, Request.Empty.EMPTY);
            other.ask(OpCode.CLOSE_SESSION, Request.Empty.EMPTY);
        }
        assertThat(ask(member, "hash")).matches("([0-9a-f]+: -?\\d+\n)+");
        assertThat(ask(member, "dirs")).isEqualTo("datadir_size: 0\nlogdir_size: 0\n"); // of a member that only has memory
        assertThat(ask(member, "gtmk")).isEqualTo("306");
    }

    @Test
    @DisplayName("4L1: who says at once that nothing follows, as nc does, is told all, however long it is")
    void toTheEnd() throws Exception {
        MemberId member = leader();
        try (WireProbe watching = WireProbe.connected(at(member))) {
            String far = "/" + "far".repeat(60);
            List<String> paths = IntStream.range(0, 4_000).mapToObj(i -> far + i).toList();
            watching.ask(OpCode.SET_WATCHES, new Request.SetWatches(Long.MAX_VALUE, List.of(), paths, List.of(), null));
            for (int i = 0; i < 10; i++) {
                try (WireProbe probe = new WireProbe(at(member))) {
                    probe.sendRaw(Unpooled.copiedBuffer("wchp", StandardCharsets.US_ASCII));
                    probe.endOutput();
                    assertThat(probe.text().lines().filter(line -> line.startsWith(far))).hasSize(paths.size());
                }
            }
            watching.ask(OpCode.CLOSE_SESSION, Request.Empty.EMPTY);
        }
    }

    @Test
    @DisplayName("4L1: stmk takes its eight bytes, in pieces, too, and gtmk says them again")
    void traceMask() throws Exception {
        try (LocalEnsemble own = LocalEnsemble.builder().members(1).frontEnd(member -> {
            ZooKeeperServer server = ZooKeeperServer.listeningOn(0).threads(1).fourLetterWords(Set.of("gtmk", "stmk"));
            SERVERS.put(MemberId.of(9), server);
            return server;
        }).start()) {
            assertThat(own.leader()).isEqualTo(MemberId.of(1));
            try (WireProbe probe = new WireProbe(at(MemberId.of(9)))) {
                probe.sendRaw(Unpooled.copiedBuffer("stmk", StandardCharsets.US_ASCII));
                probe.sendRaw(Unpooled.copyInt(1));
                probe.sendRaw(Unpooled.copyInt(2));
                assertThat(probe.text()).isEqualTo("4294967298");
            }
            assertThat(ask(MemberId.of(9), "gtmk")).isEqualTo("4294967298");
        }
    }

    @Test
    @DisplayName("whatever four bytes come, and whatever follows, they are answered or the connection ends, and the next is served")
    void anyFourBytes() throws Exception {
        MemberId member = leader();
        SplittableRandom random = new SplittableRandom(4);
        List<String> words = List.of("conf", "cons", "dirs", "dump", "envi", "gtmk", "hash", "isro", "mntr", "ruok", "srvr", "stat", "stmk",
                "wchc", "wchp", "wchs");
        for (int i = 0; i < 1_000; i++) {
            byte[] bytes = new byte[4 + random.nextInt(3) * random.nextInt(64)];
            random.nextBytes(bytes);
            byte[] word = words.get(random.nextInt(words.size())).getBytes(StandardCharsets.US_ASCII);
            if (random.nextInt(3) > 0) {
                System.arraycopy(word, 0, bytes, 0, 4);
            }
            if (random.nextInt(3) == 0) {
                bytes[random.nextInt(4)] ^= (byte) (1 << random.nextInt(8));
            }
            int cut = random.nextInt(bytes.length + 1);
            try (WireProbe probe = new WireProbe(at(member))) {
                probe.sendRaw(Unpooled.wrappedBuffer(bytes, 0, cut));
                probe.sendRaw(Unpooled.wrappedBuffer(bytes, cut, bytes.length - cut));
                probe.endOutput();
                probe.text();
            } catch (SocketException refused) {
                // it was closed before all was read
            }
        }
        assertThat(ask(member, "ruok")).isEqualTo("imok");
    }

    private static Map<String, String> monitored(MemberId member) throws Exception {
        return Stream.of(ask(member, "mntr").split("\n"))
                .map(line -> line.split("\t"))
                .collect(Collectors.toMap(pair -> pair[0], pair -> pair[1]));
    }

    private static long number(Map<String, String> figures, String name) {
        return Long.parseLong(figures.get(name));
    }

    private static long grown(Map<String, String> before, Map<String, String> now, String name) {
        return Long.parseLong(now.get(name)) - Long.parseLong(before.get(name));
    }
}

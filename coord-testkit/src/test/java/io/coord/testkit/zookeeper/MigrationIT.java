package io.coord.testkit.zookeeper;

import static org.assertj.core.api.Assertions.assertThat;

import io.coord.Bytes;
import io.coord.CreateMode;
import io.coord.Identity;
import io.coord.MemberId;
import io.coord.NodePath;
import io.coord.Session;
import io.coord.ensemble.SessionOptions;
import io.coord.netty.ExportZooKeeper;
import io.coord.netty.ImportZooKeeper;
import io.coord.netty.ZooKeeperServer;
import io.coord.runtime.StoppedMember;
import io.coord.testkit.LocalEnsemble;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.zookeeper.Watcher.Event.EventType;
import org.apache.zookeeper.Watcher.Event.KeeperState;
import org.apache.zookeeper.ZooDefs.Ids;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.server.DataTree;
import org.apache.zookeeper.server.persistence.FileSnap;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a real ZooKeeper server left on its disk when it was killed moves to ensembles of ours, back to ZooKeeper, and here again. */
@Timeout(300)
class MigrationIT {

    private static final Duration SESSION = Duration.ofSeconds(60);
    private static final String SUPER_DIGEST =
            "zookeeper.DigestAuthenticationProvider.superDigest=super:lK75jTNcA+U9vtVEw5vB51mj/w4=";
    /** Snapshots all the time, while writes go on. */
    private static final List<String> RESTLESS = List.of(
            SUPER_DIGEST,
            "zookeeper.snapCount=300",
            "zookeeper.preAllocSize=64",
            "zookeeper.extendedTypesEnabled=true",
            "zookeeper.forceSync=no");

    @TempDir
    private Path directory;

    @Test
    @DisplayName("issue 5, part 4: a tree of every kind of node moves from ZooKeeper 3.9 to one member and to three, back, and here again")
    void aTreeMovesHereAndBackAndHereAgain() throws Exception {
        roundTrip(directory, List.of(), 3_000, List.of());
    }

    @Test
    @DisplayName("rule.26: a client goes on with its session at the members that imported it; a session that nobody resumes expires")
    void aClientGoesOnWithItsSession() throws Exception {
        Path first = directory.resolve("first");
        ZooKeeper goesOn;
        ZooKeeper isGone;
        try (ServerProcess server = ServerProcess.start(List.of(), first, RESTLESS)) {
            goesOn = Upheaval.connect(server.address());
            isGone = new ZooKeeper(server.address(), 8_000, event -> {});
            goesOn.create("/stays", null, Ids.OPEN_ACL_UNSAFE, org.apache.zookeeper.CreateMode.EPHEMERAL);
            isGone.create("/goes", null, Ids.OPEN_ACL_UNSAFE, org.apache.zookeeper.CreateMode.EPHEMERAL);
            server.kill();
        }
        goesOn.close(0);
        isGone.close(0);
        Path moved = directory.resolve("moved");
        importInto(moved, 3, first);

        Map<MemberId, ZooKeeperServer> doors = new ConcurrentHashMap<>();
        try (LocalEnsemble ensemble = LocalEnsemble.builder()
                .fileStorage(moved)
                .frontEnd(id -> doors.computeIfAbsent(id, member -> ZooKeeperServer.listeningOn(0)))
                .start()) {
            ensemble.leader();
            String address = "127.0.0.1:" + doors.get(MemberId.of(2)).port();
            CountDownLatch connected = new CountDownLatch(1);
            CountDownLatch deleted = new CountDownLatch(1);
            ZooKeeper resumed = new ZooKeeper(address, 60_000, event -> {
                if (event.getState() == KeeperState.SyncConnected && event.getType() == EventType.None) {
                    connected.countDown();
                }
            }, goesOn.getSessionId(), goesOn.getSessionPasswd());
            assertThat(connected.await(60, TimeUnit.SECONDS)).as("the session is resumed").isTrue();
            assertThat(resumed.getSessionId()).isEqualTo(goesOn.getSessionId());
            assertThat(resumed.exists("/stays", false).getEphemeralOwner()).isEqualTo(goesOn.getSessionId());
            if (resumed.exists("/goes", event -> deleted.countDown()) != null) {
                assertThat(deleted.await(60, TimeUnit.SECONDS)).as("the other session expires").isTrue();
            }
            assertThat(resumed.exists("/goes", false)).isNull();
            assertThat(resumed.exists("/stays", false)).isNotNull();
            resumed.close();
        }
    }

    /** {@code -Dzookeeper.jars=DIR}: directories, each with the jars of one version, such as {@code zookeeper-3.5.10.jar}. */
    @Test
    @Tag("soak")
    @Timeout(1_800)
    @DisplayName("issue 5, part 4: the same from every version whose jars are there, with every way to write snapshots")
    void theSameFromOtherVersions() throws Exception {
        String jars = System.getProperty("zookeeper.jars", "");
        assertThat(jars).as("-Dzookeeper.jars=DIR names where the jars of other versions are").isNotEmpty();
        List<Path> versions;
        try (Stream<Path> found = Files.list(Path.of(jars))) {
            versions = found.filter(Files::isDirectory).sorted().toList();
        }
        assertThat(versions).isNotEmpty();
        for (Path version : versions) {
            List<Path> own;
            try (Stream<Path> found = Files.list(version)) {
                own = found.toList();
            }
            for (String compression : List.of("", "gz", "snappy")) {
                Path at = Files.createTempDirectory(directory, version.getFileName().toString());
                List<String> way = List.of("zookeeper.snapshot.compression.method=" + compression);
                System.out.println(version.getFileName() + " " + compression + ": " + roundTrip(at, own, 20_000, way));
            }
        }
    }

    private static String roundTrip(Path directory, List<Path> jars, int writes, List<String> properties) throws Exception {
        Path first = directory.resolve("first");
        List<String> all = Stream.concat(RESTLESS.stream(), properties.stream()).toList();
        Map<String, String> before;
        String figures;
        try (ServerProcess server = ServerProcess.start(jars, first, all);
                Upheaval upheaval = new Upheaval(server.address(), 1)) {
            upheaval.prepare();
            upheaval.go(writes);
            before = Trees.of(upheaval.sessions().get(0));
            figures = upheaval.successes() + " writes and " + upheaval.refusals() + " refusals, " + before.size() + " nodes";
            assertThat(before.size()).isGreaterThan(100);
            server.kill();
        }
        assertThat(snapshots(first)).as("snapshots were taken while writes went on").isGreaterThan(2);
        long highest = highest(before);

        for (int members : new int[] {1, 3}) {
            Path moved = directory.resolve("moved-" + members);
            String report = importInto(moved, members, first);
            assertThat(report).doesNotContain("WARNING");
            try (LocalEnsemble ensemble =
                            LocalEnsemble.builder().members(members).fileStorage(moved).start();
                    Session session = ensemble.openSession(superuser())) {
                assertThat(Trees.of(session)).isEqualTo(before);
                NodePath later = NodePath.of("/later");
                session.create(later, Bytes.utf8("x"), CreateMode.PERSISTENT);
                assertThat(session.getData(later).stat().czxid()).isGreaterThan((highest >>> 32) + 1 << 32);
                before = members == 1 ? before : Trees.of(session);
            }
        }

        Path back = directory.resolve("back");
        run(ExportZooKeeper::run, "--data-dir", furthest(directory.resolve("moved-3"), 3).toString(), "--to", back.toString());
        assertThat(mismatches(back)).as("ZooKeeper's own digest of what was exported").isZero();
        Map<String, String> again;
        try (ServerProcess server = ServerProcess.start(jars, back, RESTLESS)) {
            ZooKeeper session = Upheaval.connect(server.address());
            assertThat(Trees.of(session)).isEqualTo(before);
            session.setData("/later", "y".getBytes(StandardCharsets.UTF_8), 0);
            again = Trees.of(session);
            server.kill();
            session.close(10_000);
        }

        Path home = directory.resolve("home");
        importInto(home, 3, back);
        try (LocalEnsemble ensemble = LocalEnsemble.builder().fileStorage(home).start();
                Session session = ensemble.openSession(superuser())) {
            assertThat(Trees.of(session)).isEqualTo(again);
        }
        return figures;
    }

    /** The member whose log went furthest: it has whatever was acknowledged. */
    private static Path furthest(Path members, int count) throws IOException {
        Path furthest = members;
        long most = 0;
        for (int id = 1; id <= count; id++) {
            Path member = members.resolve("member-" + id);
            long index = StoppedMember.read(member).root().index();
            if (index > most) {
                most = index;
                furthest = member;
            }
        }
        return furthest;
    }

    /** Loads a snapshot as a server does, and counts how often its digest is not the tree's. */
    private static int mismatches(Path directory) throws IOException {
        AtomicInteger mismatches = new AtomicInteger();
        DataTree tree = new DataTree();
        tree.addDigestWatcher(zxid -> mismatches.incrementAndGet());
        long zxid = new FileSnap(directory.resolve("version-2").toFile()).deserialize(tree, new HashMap<>());
        assertThat(zxid).isPositive();
        assertThat(tree.getDigestFromLoadedSnapshot()).as("the digest was there, and compared").isNull();
        return mismatches.get();
    }

    private static SessionOptions superuser() {
        return SessionOptions.of(SESSION).withIdentities(List.of(new Identity("super", "")));
    }

    private static long highest(Map<String, String> tree) {
        return tree.values().stream()
                .mapToLong(node -> Long.parseLong(node.replaceAll("(?s).*mzxid=(\\d+).*", "$1")))
                .max()
                .orElseThrow();
    }

    private static long snapshots(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory.resolve("version-2"))) {
            return files.filter(file -> file.getFileName().toString().startsWith("snapshot.")).count();
        }
    }

    private static String importInto(Path target, int members, Path from) {
        String ensemble = IntStream.rangeClosed(1, members)
                .mapToObj(id -> id + "=member-" + id + ":7100")
                .collect(Collectors.joining(","));
        StringBuilder report = new StringBuilder();
        for (int id = 1; id <= members; id++) {
            report.append(run(
                    ImportZooKeeper::run,
                    "--from", from.toString(),
                    "--data-dir", target.resolve("member-" + id).toString(),
                    "--id", String.valueOf(id),
                    "--members", ensemble));
        }
        return report.toString();
    }

    private interface Command {
        int run(List<String> arguments, PrintStream out, PrintStream err);
    }

    private static String run(Command command, String... arguments) {
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        try (PrintStream out = new PrintStream(said, true, StandardCharsets.UTF_8)) {
            int code = command.run(List.of(arguments), out, out);
            assertThat(code).as(said.toString(StandardCharsets.UTF_8)).isZero();
        }
        return said.toString(StandardCharsets.UTF_8);
    }
}

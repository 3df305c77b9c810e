package io.coord.state;

import static io.coord.state.Scene.ALICE;
import static io.coord.state.Scene.create;
import static io.coord.state.Scene.ttl;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.coord.Acl;
import io.coord.Bytes;
import io.coord.CreateMode;
import io.coord.MemberId;
import io.coord.Operation;
import io.coord.Outcome;
import io.coord.Refusal;
import io.coord.state.StateVisitor.Header;
import io.coord.state.StateVisitor.HighestSession;
import io.coord.state.StateVisitor.Lifetime;
import io.coord.state.StateVisitor.NodeImage;
import io.coord.state.StateVisitor.SessionImage;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("snapshots and digests")
class SnapshotTest {

    private final Scene scene = new Scene();

    /** A state with something of everything. */
    @BeforeEach
    void aFullState() {
        scene.apply(new Command.Configure(new Settings(true, true, false, 77)));
        Scene.Client client = scene.open(5, ALICE);
        Scene.Client other = scene.open(9);
        scene.apply(new Command.OpenSession(7, Bytes.utf8("hash"), 500, MemberId.of(2), 1));
        scene.apply(new Command.Attach(7, Bytes.utf8("hash"), 600, MemberId.of(3), 2));
        client.write(create("/a", "data"));
        client.write(new Operation.Create("/a/null", null, CreateMode.PERSISTENT, Acl.READ_ONLY, -1));
        client.write(create("/a/b", Acl.CREATOR_ALL));
        client.create("/a/e", CreateMode.EPHEMERAL);
        other.create("/a-e", CreateMode.EPHEMERAL);
        client.write(ttl("/ttl", 99));
        client.create("/container", CreateMode.CONTAINER);
        client.create("/was");
        client.create("/was/s", CreateMode.PERSISTENT_SEQUENTIAL);
        client.write(Scene.delete("/was/s0000000000"));
        scene.elapsedMillis += 3;
        scene.wallMillis += 3;
        client.write(Scene.set("/ttl", "x"));
        other.ackedUpTo = 1;
        other.submit(2, Scene.multi(create("/x"), Scene.delete("/none")));
        other.submit(3, Scene.multi(create("/x"), Scene.set("/x", "y")));
        other.submit(4, Scene.setAcl("/x", Acl.READ_ONLY));
        other.submit(5, new Operation.Check("/x", -1));
        other.submit(6, Scene.delete("/x"));
        other.number = 6;
        client.create("/zookeeper/quota/a");
        client.write(create("/zookeeper/quota/a/zookeeper_limits", "count=1,bytes=1=;countHardLimit=100"));
    }

    @Test
    @DisplayName("inv.T1 a state read back is the state, piece by piece")
    void aStateReadBackIsTheState() {
        StateRoot root = scene.state.root();
        StateRoot back = Scene.restored(root).root();

        assertThat(back.digest()).isEqualTo(root.digest());
        assertThat(back.index()).isEqualTo(root.index());
        assertThat(back.settings()).isEqualTo(root.settings());
        Images before = Images.of(root);
        Images after = Images.of(back);
        assertThat(after.header).isEqualTo(before.header);
        assertThat(after.sessions).isEqualTo(before.sessions);
        assertThat(after.nodes).isEqualTo(before.nodes);
    }

    @Test
    @DisplayName("inv.T1 a state read back goes on as the original does")
    void aStateReadBackGoesOnAsTheOriginalDoes() {
        CoordState twin = scene.restored();
        Scene.Client client = scene.open(10, ALICE);
        twin.apply(
                scene.zxid(),
                scene.term,
                scene.wallMillis,
                scene.elapsedMillis,
                new Command.OpenSession(10, Scene.PASSWORD, 10_000, Scene.ONE, 17));
        List<Operation.Write<?>> writes = List.of(
                create("/a/b/s", CreateMode.EPHEMERAL_SEQUENTIAL),
                create("/was/s", CreateMode.PERSISTENT_SEQUENTIAL),
                Scene.delete("/a/null"),
                Scene.multi(create("/container/x"), Scene.delete("/container/x"), Scene.set("/a", "longer data")),
                Scene.setAcl("/a", Acl.READ_ONLY),
                Scene.delete("/none"));
        for (Operation.Write<?> write : writes) {
            client.write(write);
            twin.apply(
                    scene.zxid(),
                    scene.term,
                    scene.wallMillis,
                    scene.elapsedMillis,
                    new Command.Submit(10, 1, client.number, client.ackedUpTo, client.identities, write));
            assertThat(twin.root().digest()).as("%s", write).isEqualTo(scene.state.root().digest());
        }
        assertThat(Images.of(twin.root()).nodes).isEqualTo(Images.of(scene.state.root()).nodes);
    }

    @Test
    void nodesComeInPathOrderAParentBeforeItsChildren() {
        List<String> paths = Images.of(scene.state.root()).nodes.stream().map(NodeImage::path).toList();

        assertThat(paths).isSortedAccordingTo(Comparator.comparing(path -> path.replace('/', '\0')));
        assertThat(paths).startsWith("/", "/a", "/a/b", "/a/e", "/a/null", "/a-e");
        List<Long> sessions = Images.of(scene.state.root()).sessions.stream().map(SessionImage::id).toList();
        assertThat(sessions).containsExactly(5L, 7L, 9L);
    }

    // ---- the digest

    @Test
    @DisplayName("rule.14 given contents have a given digest: snapshots carry it, and members compare it across versions")
    void givenContentsHaveAGivenDigest() {
        assertThat(scene.state.root().digest()).isEqualTo(0x3d84aab1d846e918L);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    @DisplayName("rule.14 the digest does not depend on the order in which the pieces come")
    void theDigestDoesNotDependOnOrder(long seed) {
        Images images = Images.of(scene.state.root());
        Collections.shuffle(images.nodes, new Random(seed));
        images.nodes.sort(Comparator.comparingInt(node -> node.path().length() == 1 ? 0 : node.path().split("/").length));

        assertThatCode(() -> images.tell(CoordState.restoring())).as("seed %d", seed).doesNotThrowAnyException();
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    @DisplayName("rule.13 each node knows how many are below, in whatever order they come and whenever the digest is asked for")
    void countsDoNotDependOnOrder(long seed) {
        Random random = new Random(seed);
        Images images = Images.of(scene.state.root());
        Collections.shuffle(images.nodes, random);
        images.nodes.sort(Comparator.comparingInt(node -> node.path().length() == 1 ? 0 : node.path().split("/").length));
        Restoring restoring = CoordState.restoring();
        restoring.header(images.header);
        images.sessions.forEach(restoring::session);
        for (NodeImage node : images.nodes) {
            restoring.node(node);
            if (random.nextBoolean()) {
                restoring.digest();
            }
        }
        restoring.end(images.digest);

        assertThat(families(restoring.state().root())).isEqualTo(families(scene.state.root()));
    }

    /** Path, number and bytes of the nodes below, and names of the children, of each node. */
    private static List<String> families(StateRoot root) {
        List<String> families = new ArrayList<>();
        root.forEachInSubtree("/", node -> families.add(node.path + " " + node.descendants() + " " + node.bytesBelow() + " "
                + NodeTree.childNames(node).stream().sorted().toList()));
        return families;
    }

    @Test
    @DisplayName("rule.14 what was undone leaves no trace in the digest")
    void whatWasUndoneLeavesNoTrace() {
        Scene.Client client = scene.open(20);
        client.create("/y");
        List<NodeImage> nodes = Images.of(scene.state.root()).nodes;
        long before = scene.state.root().digest() - sessionsDigest();

        client.write(Scene.multi(create("/y/1"), create("/y/1/2"), Scene.set("/y", "x"), Scene.delete("/none")));

        assertThat(Images.of(scene.state.root()).nodes).isEqualTo(nodes);
        assertThat(scene.state.root().digest() - sessionsDigest()).isEqualTo(before);
    }

    private long sessionsDigest() {
        Restoring sessions = CoordState.restoring();
        Images images = Images.of(scene.state.root());
        sessions.header(images.header);
        images.sessions.forEach(sessions::session);
        return sessions.digest();
    }

    static Stream<Arguments> alteredNodes() {
        return Stream.of(
                node("data", n -> image(n, Bytes.utf8("DATA"), n.acl(), n.czxid(), n.pzxid(), n.version(), n.creations())),
                node("null data", n -> image(n, null, n.acl(), n.czxid(), n.pzxid(), n.version(), n.creations())),
                node("acl", n -> image(n, n.data(), Acl.READ_ONLY, n.czxid(), n.pzxid(), n.version(), n.creations())),
                node("czxid", n -> image(n, n.data(), n.acl(), n.czxid() - 1, n.pzxid(), n.version(), n.creations())),
                node("pzxid", n -> image(n, n.data(), n.acl(), n.czxid(), n.pzxid() - 1, n.version(), n.creations())),
                node("version", n -> image(n, n.data(), n.acl(), n.czxid(), n.pzxid(), 7, n.creations())),
                node("creations", n -> image(n, n.data(), n.acl(), n.czxid(), n.pzxid(), n.version(), 9)),
                node("mzxid", n -> times(n, n.mzxid() - 1, n.ctime(), n.mtime(), n.aversion())),
                node("ctime", n -> times(n, n.mzxid(), n.ctime() + 1, n.mtime(), n.aversion())),
                node("mtime", n -> times(n, n.mzxid(), n.ctime(), n.mtime() + 1, n.aversion())),
                node("aversion", n -> times(n, n.mzxid(), n.ctime(), n.mtime(), 1)),
                node("container", n -> life(n, 0, Lifetime.CONTAINER, -1, 0)),
                node("touched", n -> life(n, 0, Lifetime.CONTAINER, -1, 1)),
                node("ttl", n -> life(n, 0, Lifetime.TTL, 5, 0)),
                node("owner", n -> life(n, 5, Lifetime.EPHEMERAL, -1, 0)));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("alteredNodes")
    @DisplayName("inv.T1 one field of one node altered is another digest")
    void anAlteredNodeIsFound(String field, UnaryOperator<NodeImage> alteration) {
        Images images = Images.of(scene.state.root());
        images.nodes.replaceAll(node -> node.path().equals("/was") ? alteration.apply(node) : node);

        assertBroken(images, "digest");
    }

    @Test
    void contentsSwappedBetweenPathsOfOneHashAreFound() {
        Scene.Client client = scene.open(20);
        client.write(Scene.multi(create("/Aa", "one"), create("/BB", "two")));
        Images images = Images.of(scene.state.root());
        NodeImage one = image(images, "/Aa");
        NodeImage two = image(images, "/BB");
        images.nodes.replaceAll(node -> node == one ? moved(two, "/Aa") : node == two ? moved(one, "/BB") : node);

        assertBroken(images, "digest");
    }

    static Stream<Arguments> alteredSessions() {
        return Stream.of(
                session("password", s -> session(s, Bytes.utf8("other"), 600, MemberId.of(3), 2, 2, s.outcomes())),
                session("timeout", s -> session(s, s.passwordHash(), 601, MemberId.of(3), 2, 2, s.outcomes())),
                session("member", s -> session(s, s.passwordHash(), 600, MemberId.of(4), 2, 2, s.outcomes())),
                session("attach", s -> session(s, s.passwordHash(), 600, MemberId.of(3), 3, 2, s.outcomes())),
                session("nonce", s -> session(s, s.passwordHash(), 600, MemberId.of(3), 2, 3, s.outcomes())),
                session("an outcome", s -> session(
                        s, s.passwordHash(), 600, MemberId.of(3), 2, 2, List.of(new Outcome.Deleted()))));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("alteredSessions")
    @DisplayName("inv.T1 one field of one session altered is another digest")
    void anAlteredSessionIsFound(String field, UnaryOperator<SessionImage> alteration) {
        Images images = Images.of(scene.state.root());
        images.sessions.replaceAll(session -> session.id() == 7 ? alteration.apply(session) : session);

        assertBroken(images, "digest");
    }

    @Test
    @DisplayName("inv.T1 every kind of outcome, altered, is another digest")
    void anAlteredOutcomeIsFound() {
        SessionImage full = Images.of(scene.state.root()).sessions.get(2);
        assertThat(full.outcomes()).hasSize(5);
        for (int i = 0; i < full.outcomes().size(); i++) {
            List<Outcome> altered = new ArrayList<>(full.outcomes());
            altered.set(i, new Outcome.Refused(Refusal.NO_NODE, "/x", "other words"));
            Images images = Images.of(scene.state.root());
            images.sessions.set(2, withOutcomes(full, altered));
            assertBroken(images, "digest");
        }
        List<Outcome> swapped = new ArrayList<>(full.outcomes());
        Collections.swap(swapped, 3, 4);
        Images images = Images.of(scene.state.root());
        images.sessions.set(2, withOutcomes(full, swapped));
        assertBroken(images, "digest");
    }

    @Test
    void alteredSettingsAndHighestIdsAreFound() {
        Header head = Images.of(scene.state.root()).header;
        for (Settings settings : List.of(
                head.settings().withEnforceQuota(false),
                head.settings().withExtendedTypes(false),
                head.settings().withSkipAcl(true),
                new Settings(true, true, false, 78))) {
            Images images = Images.of(scene.state.root());
            images.header = header(head, head.index(), settings, head.highestSessions());
            assertBroken(images, "digest");
        }
        Images images = Images.of(scene.state.root());
        images.header = header(
                head,
                head.index(),
                head.settings(),
                List.of(new HighestSession(MemberId.of(1), 9), new HighestSession(MemberId.of(2), 8)));
        assertBroken(images, "digest");
    }

    // ---- what no state can hold

    @Test
    void aSnapshotCutShortIsRefused() {
        Images images = Images.of(scene.state.root());
        Restoring restoring = CoordState.restoring();
        restoring.header(images.header);
        images.sessions.forEach(restoring::session);

        assertThatThrownBy(restoring::state).isInstanceOf(IllegalStateException.class).hasMessageContaining("no end");
        assertThatThrownBy(() -> restoring.end(images.digest)).hasMessageContaining("0 nodes, not ");
        assertThatThrownBy(() -> CoordState.restoring().end(0)).hasMessageContaining("no header");
        assertThatThrownBy(() -> CoordState.restoring().node(images.nodes.get(0))).hasMessageContaining("out of place");
        assertThatThrownBy(() -> restoring.header(images.header)).hasMessageContaining("second header");
    }

    @Test
    void missingDoubleAndStrayNodesAreRefused() {
        Images images = Images.of(scene.state.root());
        NodeImage e = image(images, "/a/e");
        images.nodes.remove(e);
        assertBroken(images, "nodes, not");
        images.nodes.add(e);
        images.nodes.add(e);
        assertBroken(images, "/a/e comes twice");
        images.nodes.remove(e);
        images.nodes.add(moved(e, "/none/x"));
        assertBroken(images, "before its parent");
        images.nodes.set(images.nodes.size() - 1, moved(e, "/a/e/x"));
        assertBroken(images, "below an ephemeral");
        images.nodes.set(images.nodes.size() - 1, moved(e, "/a//x"));
        assertBroken(images, "invalid path");
        images.nodes.set(images.nodes.size() - 1, images.nodes.get(0));
        assertBroken(images, "node / comes twice");
    }

    @Test
    void aNodeComesBackBelowItsOwnParentWhateverCameBeforeIt() {
        Scene.Client client = scene.open(20);
        client.write(Scene.multi(create("/x"), create("/x/1"), create("/y"), create("/y/1")));
        Images images = Images.of(scene.state.root());
        NodeImage one = image(images, "/x/1");
        images.nodes.remove(one);
        images.nodes.add(images.nodes.indexOf(image(images, "/y/1")), one);
        Restoring restoring = CoordState.restoring();

        images.tell(restoring);

        assertThat(families(restoring.state().root())).isEqualTo(families(scene.state.root()));
    }

    @Test
    void aTreeWithoutItsFixedNodesIsRefused() {
        Images images = Images.of(scene.state.root());
        NodeImage config = image(images, "/zookeeper/config");
        images.nodes.set(images.nodes.indexOf(config), moved(config, "/zookeeper/confih"));

        assertBroken(images, "/zookeeper/config is missing");
    }

    @Test
    @DisplayName("inv.Z6 an ephemeral node of a session that is over is refused, as is one without an owner")
    void ephemeralsNeedTheirOwner() {
        Images images = Images.of(scene.state.root());
        images.replace("/a/e", node -> life(node, 66, Lifetime.EPHEMERAL, -1, 0));
        assertBroken(images, "session 0x42, which is over");
        images.replace("/a/e", node -> life(node, 0, Lifetime.EPHEMERAL, -1, 0));
        assertBroken(images, "EPHEMERAL with owner 0x0");
        images.replace("/a/e", node -> life(node, 5, Lifetime.PERSISTENT, -1, 0));
        assertBroken(images, "PERSISTENT with owner 0x5");
        images.replace("/a/e", node -> life(node, 0, Lifetime.TTL, -1, 0));
        assertBroken(images, "time to live of -1");
    }

    @Test
    void zxidsBehindTheSnapshotAreRefused() {
        Images images = Images.of(scene.state.root());
        images.header = header(
                images.header, images.header.index() - 1, images.header.settings(), images.header.highestSessions());

        assertBroken(images, "after the snapshot's");
    }

    @Test
    void highestSessionsOutOfOrderAreRefused() {
        Images images = Images.of(scene.state.root());
        HighestSession one = new HighestSession(MemberId.of(1), 9);
        HighestSession two = new HighestSession(MemberId.of(2), 7);
        for (List<HighestSession> highest : List.of(List.of(two, one), List.of(one, one))) {
            images.header = header(images.header, images.header.index(), images.header.settings(), highest);
            assertBroken(images, "the highest session of member 1 is out of order");
        }
    }

    @Test
    void sessionsOutOfPlaceAreRefused() {
        Images images = Images.of(scene.state.root());
        SessionImage late = new SessionImage(0x42, Scene.PASSWORD, 500, Scene.ONE, 1, 1, 0, 0, List.of());
        Restoring restoring = CoordState.restoring();
        assertThatThrownBy(() -> restoring.session(late)).hasMessageContaining("session 0x42 is out of place");
        restoring.header(images.header);
        images.sessions.forEach(restoring::session);
        assertThatThrownBy(() -> restoring.session(images.sessions.get(2))).hasMessageContaining("session 0x9 is out of order");
        restoring.node(images.nodes.get(0));

        assertThatThrownBy(() -> restoring.session(late)).hasMessageContaining("session 0x42 is out of place");
    }

    @Test
    void sessionsThatContradictThemselvesAreRefused() {
        Images images = Images.of(scene.state.root());
        SessionImage full = images.sessions.get(2);
        images.sessions.set(2, withOutcomes(full, full.outcomes().subList(1, 5)));
        assertBroken(images, "4 outcomes between numbers 1 and 6");
        List<Outcome> nested = new ArrayList<>(full.outcomes());
        nested.set(0, new Outcome.Multi(List.of(new Outcome.Multi(List.of()))));
        images.sessions.set(2, withOutcomes(full, nested));
        assertBroken(images, "within a transaction");
        images.sessions.set(2, full);
        Collections.swap(images.sessions, 0, 1);
        assertBroken(images, "out of order");
        images.sessions.remove(0);
        images.sessions.remove(0);
        images.nodes.removeIf(node -> node.owner() != 0);
        assertBroken(images, "1 sessions, not 3");
    }

    private static void assertBroken(Images images, String words) {
        Restoring restoring = CoordState.restoring();
        assertThatThrownBy(() -> {
                    restoring.header(images.header);
                    images.sessions.forEach(restoring::session);
                    images.nodes.forEach(restoring::node);
                    restoring.end(images.digest);
                })
                .isInstanceOf(IllegalStateException.class)
                .hasMessageStartingWith("the snapshot is broken: ")
                .hasMessageContaining(words);
    }

    // ---- images

    private static Arguments node(String field, UnaryOperator<NodeImage> alteration) {
        return Arguments.of(field, alteration);
    }

    private static Arguments session(String field, UnaryOperator<SessionImage> alteration) {
        return Arguments.of(field, alteration);
    }

    private static NodeImage image(Images images, String path) {
        return images.nodes.stream().filter(node -> node.path().equals(path)).findFirst().orElseThrow();
    }

    private static NodeImage image(
            NodeImage n, Bytes data, List<Acl> acl, long czxid, long pzxid, int version, int creations) {
        return new NodeImage(
                n.path(), data, acl, czxid, n.mzxid(), pzxid, n.ctime(), n.mtime(), version, n.aversion(), creations,
                n.owner(), n.lifetime(), n.ttlMillis(), n.touchedMillis());
    }

    private static NodeImage times(NodeImage n, long mzxid, long ctime, long mtime, int aversion) {
        return new NodeImage(
                n.path(), n.data(), n.acl(), n.czxid(), mzxid, n.pzxid(), ctime, mtime, n.version(), aversion,
                n.creations(), n.owner(), n.lifetime(), n.ttlMillis(), n.touchedMillis());
    }

    private static NodeImage life(NodeImage n, long owner, Lifetime lifetime, long ttlMillis, long touchedMillis) {
        return new NodeImage(
                n.path(), n.data(), n.acl(), n.czxid(), n.mzxid(), n.pzxid(), n.ctime(), n.mtime(), n.version(),
                n.aversion(), n.creations(), owner, lifetime, ttlMillis, touchedMillis);
    }

    private static NodeImage moved(NodeImage n, String path) {
        return new NodeImage(
                path, n.data(), n.acl(), n.czxid(), n.mzxid(), n.pzxid(), n.ctime(), n.mtime(), n.version(),
                n.aversion(), n.creations(), n.owner(), n.lifetime(), n.ttlMillis(), n.touchedMillis());
    }

    private static SessionImage session(
            SessionImage s, Bytes hash, int timeout, MemberId member, long attach, long nonce, List<Outcome> outcomes) {
        return new SessionImage(
                s.id(), hash, timeout, member, attach, nonce, s.ackedUpTo() + outcomes.size(), s.ackedUpTo(), outcomes);
    }

    private static SessionImage withOutcomes(SessionImage s, List<Outcome> outcomes) {
        return new SessionImage(
                s.id(), s.passwordHash(), s.timeoutMillis(), s.member(), s.attach(), s.nonce(), s.lastNumber(),
                s.ackedUpTo(), outcomes);
    }

    private static Header header(Header h, long index, Settings settings, List<HighestSession> highest) {
        return new Header(
                index, h.term(), h.wallMillis(), h.elapsedMillis(), settings, h.sessionCount(), h.nodeCount(), highest);
    }
}

package io.coord.state;

import static io.coord.state.Scene.ALICE;
import static io.coord.state.Scene.BOB;
import static io.coord.state.Scene.create;
import static io.coord.state.Scene.multi;
import static io.coord.state.Scene.ttl;
import static org.assertj.core.api.Assertions.assertThat;

import io.coord.Acl;
import io.coord.Bytes;
import io.coord.CreateMode;
import io.coord.Operation;
import io.coord.Outcome;
import io.coord.Refusal;
import io.coord.Stat;
import io.coord.state.StateVisitor.NodeImage;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("create")
class CreateTest {

    private static final List<Acl> BAD_ACL = List.of(Acl.of(Acl.ALL, "nosuch", "x"));

    private final Scene scene = new Scene();
    private final Scene.Client client = scene.open(1);

    // ---- the order of checks: each request breaks the rule named and every later one that can be broken with it

    static Stream<Arguments> brokenRules() {
        return Stream.of(
                Arguments.of("zk.C2 UNIMPLEMENTED before a bad path", new Operation.Create(
                                "none", Bytes.EMPTY, CreateMode.PERSISTENT_WITH_TTL, BAD_ACL, 5), Refusal.UNIMPLEMENTED),
                Arguments.of("zk.C2 a time to live on a mode without one, before the ACL", new Operation.Create(
                                "/none/x", Bytes.EMPTY, CreateMode.PERSISTENT, BAD_ACL, 5), Refusal.BAD_ARGUMENTS),
                Arguments.of("zk.C2 no time to live is 0", new Operation.Create(
                                "/none/x", Bytes.EMPTY, CreateMode.EPHEMERAL, BAD_ACL, 0), Refusal.BAD_ARGUMENTS),
                Arguments.of("zk.C4 no slash, before the ACL", create("none", BAD_ACL), Refusal.BAD_ARGUMENTS),
                Arguments.of("zk.C4 a NUL, before the ACL", create("/none/\0", BAD_ACL), Refusal.BAD_ARGUMENTS),
                Arguments.of("zk.C4 a NUL before all else", create("\0/x", BAD_ACL), Refusal.BAD_ARGUMENTS),
                Arguments.of("zk.C5 the ACL before the missing parent", create("/none/x", BAD_ACL), Refusal.INVALID_ACL),
                Arguments.of("zk.C6 the missing parent before the bad name", create("/none/.."), Refusal.NO_NODE),
                Arguments.of("zk.C7 the permission before the bad name", create("/locked/.."), Refusal.NO_AUTH),
                Arguments.of("zk.C7 the permission before the node's presence", create("/locked/x"), Refusal.NO_AUTH),
                Arguments.of("zk.C8 the bad name before the ephemeral parent", create("/q/e/.."), Refusal.BAD_ARGUMENTS),
                Arguments.of("zk.C9 the node's presence before the quota", create("/q/x"), Refusal.NODE_EXISTS),
                Arguments.of(
                        "zk.C10 the ephemeral parent before the quota",
                        create("/q/e/x"),
                        Refusal.NO_CHILDREN_FOR_EPHEMERALS),
                Arguments.of("zk.C11 the quota last", create("/q/y"), Refusal.QUOTA_EXCEEDED));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("brokenRules")
    void theFirstBrokenRuleIsTheOneTold(String rule, Operation.Create create, Refusal refusal) {
        Scene.Client alice = scene.open(2, ALICE);
        alice.write(create("/locked", List.of(new Acl(Acl.ALL, ALICE))));
        alice.write(create("/locked/x"));
        client.create("/q");
        client.create("/q/x");
        client.create("/q/e", CreateMode.EPHEMERAL);
        limit("/q", "count=-1,bytes=-1=;countHardLimit=3");
        long before = scene.state.root().nodeCount();

        assertThat(refusal(client.write(create))).as(rule).isEqualTo(refusal);
        assertThat(scene.state.root().nodeCount()).isEqualTo(before);
    }

    // ---- single rules

    @ParameterizedTest
    @CsvSource({"0", "-1", "-2", "1099511627776"})
    @DisplayName("zk.C2 a time to live out of range is BADARGUMENTS")
    void aTimeToLiveOutOfRangeIsRefused(long ttlMillis) {
        scene.apply(new Command.Configure(Settings.DEFAULT.withExtendedTypes(true)));

        assertThat(refusal(client.write(ttl("/t", ttlMillis)))).isEqualTo(Refusal.BAD_ARGUMENTS);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 1_099_511_627_775L})
    @DisplayName("zk.C2 a time to live in range is granted once the setting allows it")
    void aTimeToLiveInRangeIsGranted(long ttlMillis) {
        scene.apply(new Command.Configure(Settings.DEFAULT.withExtendedTypes(true)));

        assertThat(client.write(ttl("/t", ttlMillis))).isInstanceOf(Outcome.Created.class);
        assertThat(scene.stat("/t").ephemeralOwner()).as("zk.ST4").isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"/a/", "/a//b", "/.", "/a/..", "/a/./b", "//x", "/a\u0001", "/a\u007f", "/a\ud800", "/a\ufff0"})
    @DisplayName("zk.P1 zk.P2 an invalid path is BADARGUMENTS, once its parent is found")
    void anInvalidPathIsRefused(String path) {
        client.create("/a");

        assertThat(refusal(client.write(create(path)))).isIn(Refusal.BAD_ARGUMENTS, Refusal.NO_NODE);
        assertThat(scene.has(path)).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"/...", "/.a", "/a.", "/a b", "/\u00e9\u4e16", "/~"})
    @DisplayName("zk.P1 odd but valid paths are created")
    void anOddButValidPathIsCreated(String path) {
        assertThat(client.create(path)).isEqualTo(path);
        assertThat(scene.has(path)).isTrue();
    }

    @Test
    @DisplayName("zk.P2 the sequence number is appended before the path is judged")
    void theSequenceNumberIsPartOfThePathThatIsJudged() {
        client.create("/a");
        client.create("/a/x");

        assertThat(client.create("/a/", CreateMode.PERSISTENT_SEQUENTIAL)).isEqualTo("/a/0000000001");
        assertThat(client.create("/", CreateMode.PERSISTENT_SEQUENTIAL)).isEqualTo("/0000000001");
    }

    @Test
    @DisplayName("zk.P2 / with a sequence number is /0000000000 in a fresh tree")
    void theFirstSequentialChildOfTheRootIsNumberZero() {
        assertThat(client.create("/", CreateMode.PERSISTENT_SEQUENTIAL)).isEqualTo("/0000000000");
    }

    @Test
    @DisplayName("zk.P5 the root exists already")
    void theRootExistsAlready() {
        assertThat(refusal(client.write(create("/")))).isEqualTo(Refusal.NODE_EXISTS);
    }

    @Test
    @DisplayName("zk.P5 clients may create children of /zookeeper")
    void clientsMayCreateBelowZookeeper() {
        assertThat(client.create("/zookeeper/mine")).isEqualTo("/zookeeper/mine");
    }

    @Test
    @DisplayName("zk.P6 the initial tree and its Stats")
    void theInitialTree() {
        Scene fresh = new Scene();
        assertThat(fresh.state.root().nodeCount()).isEqualTo(4);
        assertThat(fresh.state.root().index()).as("zk.X11").isEqualTo(0x100000000L);
        assertThat(fresh.stat("/")).isEqualTo(new Stat(0, 0, 0, 0, 0, -1, 0, 0, 0, 1, 0));
        assertThat(fresh.stat("/zookeeper")).isEqualTo(new Stat(0, 0, 0, 0, 0, -2, 0, 0, 0, 2, 0));
        assertThat(fresh.stat("/zookeeper/quota")).isEqualTo(new Stat(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0));
        assertThat(fresh.stat("/zookeeper/config")).isEqualTo(new Stat(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0));
        assertThat(fresh.state.root().acl("/")).isEqualTo(Acl.OPEN);
        assertThat(fresh.state.root().acl("/zookeeper/config")).isEqualTo(Acl.READ_ONLY);
    }

    @Test
    @DisplayName("zk.C12 null data stays null and empty data empty")
    void nullAndEmptyDataAreDifferent() {
        client.write(new Operation.Create("/null", null, CreateMode.PERSISTENT, Acl.OPEN, -1));
        client.write(create("/empty"));

        assertThat(scene.state.root().getData("/null", client.reader()).data()).isNull();
        assertThat(scene.state.root().getData("/empty", client.reader()).data()).isEqualTo(Bytes.EMPTY);
        assertThat(scene.stat("/null").dataLength()).isZero();
        assertThat(new Scene(scene.restored()).state.root().getData("/null", client.reader()).data()).as("zk.W17").isNull();
    }

    @Test
    @DisplayName("zk.C14 containers and TTL nodes may have children, ephemeral ones too; ephemerals may not")
    void containersAndTtlNodesMayHaveChildren() {
        scene.apply(new Command.Configure(Settings.DEFAULT.withExtendedTypes(true)));
        client.create("/c", CreateMode.CONTAINER);
        client.write(ttl("/t", 10));

        assertThat(client.create("/c/e", CreateMode.EPHEMERAL)).isEqualTo("/c/e");
        assertThat(client.create("/t/e", CreateMode.EPHEMERAL)).isEqualTo("/t/e");
        assertThat(refusal(client.write(create("/c/e/x")))).isEqualTo(Refusal.NO_CHILDREN_FOR_EPHEMERALS);
    }

    @Test
    @DisplayName("zk.C15 the outcome carries the full path and the Stat right after")
    void theOutcomeCarriesPathAndStat() {
        Outcome.Created created = (Outcome.Created) client.write(create("/s-", CreateMode.EPHEMERAL_SEQUENTIAL));

        assertThat(created.path()).isEqualTo("/s-0000000000");
        assertThat(created.stat())
                .isEqualTo(new Stat(
                        scene.zxid(), scene.zxid(), scene.wallMillis, scene.wallMillis, 0, 0, 0, 1, 0, 0, scene.zxid()));
        assertThat(created.stat()).isEqualTo(scene.stat("/s-0000000000"));
    }

    @Test
    @DisplayName("zk.ST4 only ephemerals show an owner")
    void onlyEphemeralsShowAnOwner() {
        scene.apply(new Command.Configure(Settings.DEFAULT.withExtendedTypes(true)));
        client.create("/p");
        client.create("/c", CreateMode.CONTAINER);
        client.write(ttl("/t", 10));
        client.create("/e", CreateMode.EPHEMERAL);

        assertThat(List.of("/p", "/c", "/t")).allSatisfy(path -> assertThat(scene.stat(path).ephemeralOwner()).isZero());
        assertThat(scene.stat("/e").ephemeralOwner()).isEqualTo(client.id);
    }

    // ---- sequence numbers

    @Test
    @DisplayName("zk.SQ1 the number counts all creations ever, deletions do not count")
    void theNumberCountsCreations() {
        client.create("/p");

        assertThat(client.create("/p/a-", CreateMode.PERSISTENT_SEQUENTIAL)).isEqualTo("/p/a-0000000000");
        client.write(Scene.delete("/p/a-0000000000"));
        assertThat(client.create("/p/b-", CreateMode.PERSISTENT_SEQUENTIAL)).isEqualTo("/p/b-0000000001");
        client.create("/p/plain");
        assertThat(client.create("/p/c-", CreateMode.EPHEMERAL_SEQUENTIAL)).isEqualTo("/p/c-0000000003");
    }

    @ParameterizedTest
    @CsvSource({
        "2147483646, 2147483646, 2147483647",
        "2147483647, 2147483647, -2147483648",
        "-2147483648, -2147483648, -2147483647",
        "-5, -000000005, -000000004",
        "-1, -000000001, 0000000000",
        "0, 0000000000, 0000000001"
    })
    @DisplayName("zk.SQ2 the number wraps as a signed int")
    void theNumberWraps(int creations, String first, String second) {
        client.create("/p");
        client.create("/p/x");
        Scene later = new Scene(restoredWithCreations("/p", creations));
        Scene.Client again = later.new Client(client.id, List.of());
        again.number = client.number;

        assertThat(later.stat("/p").pzxid()).as("zk.ST2").isEqualTo(scene.stat("/p").pzxid());
        assertThat(again.create("/p/s", CreateMode.PERSISTENT_SEQUENTIAL)).isEqualTo("/p/s" + first);
        assertThat(again.create("/p/s", CreateMode.PERSISTENT_SEQUENTIAL)).isEqualTo("/p/s" + second);
        assertThat(later.stat("/p").cversion()).as("zk.ST7").isEqualTo(2 * (creations + 2) - 3);
    }

    @Test
    @DisplayName("zk.SQ3 a create rolled back in a multi consumes no number")
    void aRolledBackCreateConsumesNoNumber() {
        client.create("/p");
        client.write(multi(
                create("/p/s", CreateMode.PERSISTENT_SEQUENTIAL),
                create("/p/s", CreateMode.PERSISTENT_SEQUENTIAL),
                Scene.delete("/none")));

        assertThat(client.create("/p/s", CreateMode.PERSISTENT_SEQUENTIAL)).isEqualTo("/p/s0000000000");
    }

    @Test
    @DisplayName("zk.SQ1 creations within a multi count")
    void creationsWithinAMultiCount() {
        client.create("/p");
        client.write(multi(create("/p/x"), create("/p/s", CreateMode.PERSISTENT_SEQUENTIAL)));

        assertThat(scene.has("/p/s0000000001")).isTrue();
        assertThat(client.create("/p/s", CreateMode.PERSISTENT_SEQUENTIAL)).isEqualTo("/p/s0000000002");
    }

    @Test
    @DisplayName("zk.SQ4 the counter dies with its parent")
    void theCounterDiesWithItsParent() {
        client.create("/p");
        client.create("/p/s", CreateMode.PERSISTENT_SEQUENTIAL);
        client.write(Scene.delete("/p/s0000000000"));
        client.write(Scene.delete("/p"));
        client.create("/p");

        assertThat(client.create("/p/s", CreateMode.PERSISTENT_SEQUENTIAL)).isEqualTo("/p/s0000000000");
    }

    @Test
    @DisplayName("inv.T4 the counter survives a snapshot, also of a parent without children")
    void theCounterSurvivesASnapshot() {
        client.create("/p");
        client.create("/p/s", CreateMode.PERSISTENT_SEQUENTIAL);
        client.write(Scene.delete("/p/s0000000000"));
        scene.state = scene.restored();

        assertThat(client.create("/p/s", CreateMode.PERSISTENT_SEQUENTIAL)).isEqualTo("/p/s0000000001");
    }

    @Test
    @DisplayName("inv.T4 the counter survives a snapshot, also of a parent made in one entry with its children")
    void theCounterOfAParentMadeWithItsChildrenSurvivesASnapshot() {
        client.write(multi(create("/p"), create("/p/s", CreateMode.PERSISTENT_SEQUENTIAL)));
        scene.state = scene.restored();

        assertThat(client.create("/p/s", CreateMode.PERSISTENT_SEQUENTIAL)).isEqualTo("/p/s0000000001");
    }

    @Test
    void aRefusalTeachesWithoutTellingAPassword() {
        scene.open(2, ALICE).write(create("/locked", Acl.CREATOR_ALL));
        client.identities = List.of(BOB);

        Outcome.Refused refused = (Outcome.Refused) client.write(create("/locked/x"));

        assertThat(refused.path()).isEqualTo("/locked/x");
        assertThat(refused.detail()).contains("CREATE", "/locked", "digest").doesNotContain(BOB.id());
    }

    /** A copy of the state in which a node has another number of creations behind it. */
    private CoordState restoredWithCreations(String path, int creations) {
        Restoring plain = CoordState.restoring();
        Images images = new Images();
        scene.state.root().visit(images);
        images.replace(path, image -> withCreations(image, creations));
        images.tell(plain);
        return plain.state();
    }

    private static NodeImage withCreations(NodeImage image, int creations) {
        return new NodeImage(
                image.path(),
                image.data(),
                image.acl(),
                image.czxid(),
                image.mzxid(),
                image.pzxid(),
                image.ctime(),
                image.mtime(),
                image.version(),
                image.aversion(),
                creations,
                image.owner(),
                image.lifetime(),
                image.ttlMillis(),
                image.touchedMillis());
    }

    private void limit(String path, String limits) {
        scene.apply(new Command.Configure(Settings.DEFAULT.withEnforceQuota(true)));
        client.create("/zookeeper/quota" + path);
        client.write(create("/zookeeper/quota" + path + "/zookeeper_limits", limits));
    }

    private static Refusal refusal(Outcome outcome) {
        return ((Outcome.Refused) outcome).refusal();
    }
}

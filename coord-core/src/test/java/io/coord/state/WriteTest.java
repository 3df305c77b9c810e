package io.coord.state;

import static io.coord.state.Scene.ALICE;
import static io.coord.state.Scene.create;
import static io.coord.state.Scene.set;
import static io.coord.state.Scene.setAcl;
import static org.assertj.core.api.Assertions.assertThat;

import io.coord.Acl;
import io.coord.Bytes;
import io.coord.CreateMode;
import io.coord.Operation;
import io.coord.Operation.Check;
import io.coord.Operation.Delete;
import io.coord.Operation.SetAcl;
import io.coord.Operation.SetData;
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

@DisplayName("delete, setData, setACL, check")
class WriteTest {

    private static final List<Acl> BAD_ACL = List.of(Acl.of(Acl.ALL, "world", "foo"));
    private static final List<Acl> ALICES = List.of(new Acl(Acl.ALL, ALICE));

    private final Scene scene = new Scene();
    private final Scene.Client client = scene.open(1);

    // ---- the order of checks: each request breaks the rule named and every later one that can be broken with it

    static Stream<Arguments> brokenRules() {
        return Stream.of(
                Arguments.of("zk.D1 no slash", new Delete("none", 7), Refusal.BAD_ARGUMENTS),
                Arguments.of("zk.D1 a NUL before the missing parent", new Delete("/none/\0", 7), Refusal.BAD_ARGUMENTS),
                Arguments.of("zk.P5 /", new Delete("/", 7), Refusal.BAD_ARGUMENTS),
                Arguments.of("zk.P5 /zookeeper", new Delete("/zookeeper", 7), Refusal.BAD_ARGUMENTS),
                Arguments.of("zk.P5 quota", new Delete("/zookeeper/quota", 7), Refusal.BAD_ARGUMENTS),
                Arguments.of("zk.P5 config", new Delete("/zookeeper/config", 7), Refusal.BAD_ARGUMENTS),
                Arguments.of("zk.D1 the missing parent", new Delete("/none/x", 7), Refusal.NO_NODE),
                Arguments.of("zk.D1 NOAUTH hides absence", new Delete("/alices/none", 7), Refusal.NO_AUTH),
                Arguments.of("zk.D1 NOAUTH before the version", new Delete("/alices/x", 7), Refusal.NO_AUTH),
                Arguments.of("zk.D1 the missing node", new Delete("/full/none", 7), Refusal.NO_NODE),
                Arguments.of("zk.D1 a trailing slash names no node", new Delete("/full/", 7), Refusal.NO_NODE),
                Arguments.of("zk.D1 the version before the children", new Delete("/full", 7), Refusal.BAD_VERSION),
                Arguments.of("zk.D1 the children", new Delete("/full", 0), Refusal.NOT_EMPTY),
                Arguments.of("zk.D2 the path", new SetData("none/", Bytes.EMPTY, 7), Refusal.BAD_ARGUMENTS),
                Arguments.of("zk.D2 the empty path", new SetData("", Bytes.EMPTY, 7), Refusal.BAD_ARGUMENTS),
                Arguments.of("zk.D2 the missing node", new SetData("/q/none", Bytes.utf8("long"), 7), Refusal.NO_NODE),
                Arguments.of(
                        "zk.D2 WRITE before the quota", new SetData("/q/alices", Bytes.utf8("long"), 7), Refusal.NO_AUTH),
                Arguments.of(
                        "zk.D2 the quota before the version",
                        new SetData("/q", Bytes.utf8("long"), 7),
                        Refusal.QUOTA_EXCEEDED),
                Arguments.of("zk.D2 the version", new SetData("/q", Bytes.utf8("ok"), 7), Refusal.BAD_VERSION),
                Arguments.of("zk.D3 the path before the ACL", new SetAcl("/none//", BAD_ACL, 7), Refusal.BAD_ARGUMENTS),
                Arguments.of("zk.D3 the ACL before the node", new SetAcl("/none", BAD_ACL, 7), Refusal.INVALID_ACL),
                Arguments.of("zk.D3 an empty ACL", new SetAcl("/none", List.of(), 7), Refusal.INVALID_ACL),
                Arguments.of("zk.D3 the missing node", new SetAcl("/none", Acl.OPEN, 7), Refusal.NO_NODE),
                Arguments.of("zk.D3 ADMIN before the version", new SetAcl("/alices", Acl.OPEN, 7), Refusal.NO_AUTH),
                Arguments.of("zk.D3 the ACL version", new SetAcl("/full", Acl.OPEN, 7), Refusal.BAD_VERSION),
                Arguments.of("zk.D4 the path", new Check("/./", 7), Refusal.BAD_ARGUMENTS),
                Arguments.of("zk.D4 the missing node", new Check("/none", 7), Refusal.NO_NODE),
                Arguments.of("zk.D4 READ before the version", new Check("/alices", 7), Refusal.NO_AUTH),
                Arguments.of("zk.D4 the version", new Check("/full", 7), Refusal.BAD_VERSION));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("brokenRules")
    void theFirstBrokenRuleIsTheOneTold(String rule, Operation.Write<?> write, Refusal refusal) {
        Scene.Client alice = scene.open(2, ALICE);
        alice.write(create("/alices", ALICES));
        alice.write(create("/alices/x"));
        client.create("/full");
        client.create("/full/child");
        client.create("/q");
        alice.write(create("/q/alices", ALICES));
        scene.apply(new Command.Configure(Settings.DEFAULT.withEnforceQuota(true)));
        client.create("/zookeeper/quota/q");
        client.write(create("/zookeeper/quota/q/zookeeper_limits", "count=-1,bytes=-1=;byteHardLimit=3"));
        long digest = contentDigest();

        assertThat(refusal(client.write(write))).as(rule).isEqualTo(refusal);
        assertThat(contentDigest()).isEqualTo(digest);
    }

    /** What a client can see, sessions apart. */
    private long contentDigest() {
        return scene.state.root().nodeCount() * 31L + Images.of(scene.state.root()).nodes.toString().hashCode();
    }

    // ---- delete

    @Test
    @DisplayName("zk.D1 the node's own ACL does not protect it from deletion")
    void theNodesOwnAclIsNotConsulted() {
        scene.open(2, ALICE).write(create("/alices", ALICES));

        assertThat(client.write(Scene.delete("/alices"))).isEqualTo(new Outcome.Deleted());
        assertThat(scene.has("/alices")).isFalse();
    }

    @Test
    @DisplayName("zk.D7 a node created again begins anew")
    void aNodeCreatedAgainBeginsAnew() {
        client.create("/a");
        client.write(set("/a", "x"));
        client.write(setAcl("/a", Acl.READ_ONLY));
        client.write(Scene.delete("/a"));
        client.create("/a");

        Stat stat = scene.stat("/a");
        assertThat(stat.version()).isZero();
        assertThat(stat.aversion()).isZero();
        assertThat(stat.cversion()).isZero();
        assertThat(stat.czxid()).isEqualTo(scene.zxid());
    }

    @Test
    @DisplayName("zk.P5 setData on / and /zookeeper is allowed")
    void theRootsDataMayBeSet() {
        assertThat(client.write(set("/", "x"))).isInstanceOf(Outcome.DataSet.class);
        assertThat(client.write(set("/zookeeper", "x"))).isInstanceOf(Outcome.DataSet.class);
        assertThat(refusal(client.write(set("/zookeeper/config", "x")))).isEqualTo(Refusal.NO_AUTH);
    }

    // ---- versions

    @ParameterizedTest
    @CsvSource({"-1, true", "0, false", "1, true", "2, false", "-2, false", "-2147483648, false"})
    @DisplayName("zk.D5 -1 matches any version, everything else must be equal")
    void theExpectedVersionMustBeEqual(int expected, boolean granted) {
        client.create("/a");
        client.write(set("/a", "x"));

        assertThat(client.write(new Check("/a", expected)) instanceof Outcome.Checked).isEqualTo(granted);
        assertThat(client.write(set("/a", "y", expected)) instanceof Outcome.DataSet).isEqualTo(granted);
    }

    @Test
    @DisplayName("zk.D6 the version grows by one even if the data is equal")
    void theVersionGrowsEvenIfTheDataIsEqual() {
        client.create("/a");
        client.write(set("/a", "x"));
        client.write(set("/a", "x"));

        assertThat(scene.stat("/a").version()).isEqualTo(2);
    }

    @ParameterizedTest
    @CsvSource({"2147483647, -2147483648", "-3, -2", "-2, 0", "-1, 0", "0, 1"})
    @DisplayName("zk.X12 zk.D6 versions overflow and skip -1")
    void versionsSkipMinusOne(int before, int after) {
        client.create("/a");
        Images images = Images.of(scene.state.root());
        images.replace("/a", image -> withVersions(image, before));
        Restoring restoring = CoordState.restoring();
        images.tell(restoring);
        scene.state = restoring.state();

        client.write(set("/a", "x"));
        client.write(setAcl("/a", Acl.OPEN));

        assertThat(scene.stat("/a").version()).isEqualTo(after);
        assertThat(scene.stat("/a").aversion()).isEqualTo(after);
    }

    @Test
    void aBadVersionTellsBothVersions() {
        client.create("/a");
        client.write(set("/a", "x"));

        assertThat(((Outcome.Refused) client.write(set("/a", "y", 7))).detail()).contains("1", "7");
    }

    // ---- Stat

    @Test
    @DisplayName("zk.ST1 zk.ST3 setData changes mzxid, mtime and version, and nothing else")
    void setDataChangesItsThreeFields() {
        client.create("/a");
        Stat before = scene.stat("/a");
        scene.wallMillis += 17;

        Outcome.DataSet set = (Outcome.DataSet) client.write(set("/a", "four"));

        assertThat(set.stat())
                .as("zk.ST6")
                .isEqualTo(scene.stat("/a"))
                .isEqualTo(new Stat(
                        before.czxid(), scene.zxid(), before.ctime(), scene.wallMillis, 1, 0, 0, 0, 4, 0, before.pzxid()));
    }

    @Test
    @DisplayName("zk.ST1 zk.ST3 setACL changes aversion alone")
    void setAclChangesAversionAlone() {
        client.create("/a");
        Stat before = scene.stat("/a");
        scene.wallMillis += 17;

        Outcome.AclSet set = (Outcome.AclSet) client.write(setAcl("/a", Acl.READ_ONLY));

        assertThat(set.stat())
                .as("zk.ST6")
                .isEqualTo(scene.stat("/a"))
                .isEqualTo(new Stat(
                        before.czxid(), before.mzxid(), before.ctime(), before.mtime(), 0, 0, 1, 0, 0, 0, before.pzxid()));
    }

    @Test
    @DisplayName("zk.ST2 zk.ST7 a child's creation and deletion change the parent's pzxid, cversion and numChildren")
    void childrenChangeTheirParent() {
        client.create("/p");
        Stat empty = scene.stat("/p");
        client.create("/p/c");
        long created = scene.zxid();
        assertThat(scene.stat("/p"))
                .isEqualTo(new Stat(empty.czxid(), empty.mzxid(), empty.ctime(), empty.mtime(), 0, 1, 0, 0, 0, 1, created));

        client.write(set("/p/c", "x"));
        client.write(setAcl("/p/c", Acl.OPEN));
        client.create("/p/c/g");
        assertThat(scene.stat("/p").pzxid()).as("neither data, ACL nor a grandchild count").isEqualTo(created);

        client.write(Scene.delete("/p/c/g"));
        client.write(Scene.delete("/p/c"));
        assertThat(scene.stat("/p"))
                .isEqualTo(new Stat(
                        empty.czxid(), empty.mzxid(), empty.ctime(), empty.mtime(), 0, 2, 0, 0, 0, 0, scene.zxid()));
    }

    @Test
    @DisplayName("zk.ST2 a session's end sets the parent's pzxid")
    void aSessionsEndSetsThePzxid() {
        client.create("/p");
        Scene.Client other = scene.open(2);
        other.create("/p/e", CreateMode.EPHEMERAL);
        other.close();

        assertThat(scene.stat("/p").pzxid()).isEqualTo(scene.zxid());
        assertThat(scene.stat("/p").cversion()).isEqualTo(2);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/p", "/p/c"})
    @DisplayName("zk.ST5 dataLength is the number of bytes, 0 for null")
    void dataLengthIsTheNumberOfBytes(String path) {
        client.create("/p");
        client.create("/p/c");
        client.write(new SetData(path, Bytes.utf8("\u00e9"), -1));
        assertThat(scene.stat(path).dataLength()).isEqualTo(2);
        client.write(new SetData(path, null, -1));
        assertThat(scene.stat(path).dataLength()).isZero();
    }

    @Test
    @DisplayName("zk.RC1 a configuration entry sets the config node; its version stays -1 and its watches fire")
    void aConfigurationEntrySetsTheConfigNode() {
        CoordState state = new CoordState(Bytes.utf8("version=0"));
        assertThat(state.root().stat("/zookeeper/config").orElseThrow().version()).isEqualTo(-1);

        Applied applied = state.configure(0x100000001L, 3, 77, 88, null, Bytes.utf8("version=100000001"));

        Stat stat = state.root().stat("/zookeeper/config").orElseThrow();
        assertThat(stat).isEqualTo(new Stat(0, 0x100000001L, 0, 77, -1, 0, 0, 0, 17, 0, 0));
        assertThat(applied.changes()).singleElement().satisfies(change -> {
            assertThat(change.path()).isEqualTo("/zookeeper/config");
            assertThat(change.acl()).isEqualTo(Acl.READ_ONLY);
        });
        assertThat(Scene.restored(state.root()).root().digest()).isEqualTo(state.root().digest());
    }

    private static NodeImage withVersions(NodeImage image, int version) {
        return new NodeImage(
                image.path(),
                image.data(),
                image.acl(),
                image.czxid(),
                image.mzxid(),
                image.pzxid(),
                image.ctime(),
                image.mtime(),
                version,
                version,
                image.creations(),
                image.owner(),
                image.lifetime(),
                image.ttlMillis(),
                image.touchedMillis());
    }

    private static Refusal refusal(Outcome outcome) {
        return ((Outcome.Refused) outcome).refusal();
    }
}

package io.coord.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.coord.Bytes;
import io.coord.CreateMode;
import io.coord.Ensemble;
import io.coord.MemberId;
import io.coord.Operation;
import io.coord.Operation.Reconfigure;
import io.coord.Outcome;
import io.coord.Refusal;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayName("rule.25: a change of members is judged at apply, settled by a later entry")
class ReconfigureTest {

    private static final String ONE = "1=a:7100:2181";
    private static final String THREE = "1=a:7100:2181,2=b:7100:2181,3=c:7100:2181";

    private final Scene scene = new Scene();
    private final Scene.Client admin = scene.open(0x1111, Scene.SUPER);

    ReconfigureTest() {
        scene.state.stands(ONE);
    }

    private static Reconfigure to(String ensemble) {
        return Reconfigure.to(Ensemble.parse(ensemble));
    }

    private Applied configured(String ensemble) {
        return scene.state.configure(
                scene.zxid() + 1, scene.term, scene.wallMillis, scene.elapsedMillis, ensemble, Bytes.utf8(ensemble));
    }

    private Outcome.Refused refused(Scene.Client client, Reconfigure wish) {
        return (Outcome.Refused) client.write(wish);
    }

    @Test
    void itIsAnsweredWhenTheConfigurationIsInForce() {
        long asked = scene.zxid() + 1;
        assertThat(admin.submit(++admin.number, to(THREE))).isEqualTo(Reply.None.NONE);
        assertThat(scene.state.root().reconfiguration()).isEqualTo(new Reconfiguration(asked, THREE, admin.id, 1));
        assertThat(scene.state.reconfiguration()).isEqualTo(scene.state.root().reconfiguration());

        assertThat(configured("1=a:7100:2181,2=b:7100:2181:observer").reply()).isEqualTo(Reply.None.NONE);
        Applied done = configured(THREE);

        Outcome expected = new Outcome.Reconfigured(Bytes.utf8(THREE), scene.stat("/zookeeper/config"));
        assertThat(done.reply()).isEqualTo(new Reply.Written(admin.id, 1, 1, expected));
        assertThat(done.changes()).extracting(Change::path).containsExactly("/zookeeper/config");
        assertThat(scene.state.root().reconfiguration()).isNull();
        assertThat(scene.state.root().session(admin.id).orElseThrow().outcome(1)).contains(expected);
        assertThat(scene.restored().root().digest()).as("rule.14").isEqualTo(scene.state.root().digest());
    }

    @Test
    @DisplayName("zk.RC2 a change may name the configuration it was decided on, and is refused under any other")
    void theConfigurationNamedMustBeTheOneInForce() {
        configured(ONE);
        long inForce = scene.zxid();

        assertThat(refused(admin, new Reconfigure(THREE, true, List.of(), 0)).refusal()).isEqualTo(Refusal.BAD_VERSION);
        assertThat(admin.submit(++admin.number, new Reconfigure(THREE, true, List.of(), inForce))).isEqualTo(Reply.None.NONE);
        assertThat(scene.state.reconfiguration()).isNotNull();
    }

    @Test
    @DisplayName("rule.4 asked again while it is under way it is not judged again; asked after, it has its own outcome")
    void aDuplicateIsAnsweredOnce() {
        admin.submit(++admin.number, to(THREE));
        assertThat(admin.submit(1, to(THREE))).isEqualTo(Reply.None.NONE);
        assertThat(admin.submit(++admin.number, Scene.create("/later"))).isInstanceOf(Reply.Written.class);
        configured(THREE);
        assertThat(admin.submit(1, to(THREE))).isInstanceOfSatisfying(
                Reply.Written.class, again -> assertThat(again.outcome()).isInstanceOf(Outcome.Reconfigured.class));
    }

    @Test
    void whatIsInForceAlreadyIsAnsweredAtOnce() {
        assertThat(admin.write(to(ONE))).isInstanceOf(Outcome.Reconfigured.class);
        assertThat(scene.state.root().reconfiguration()).isNull();
    }

    @Test
    @DisplayName("zk.RC3 the members that there are once more are a new version of their list, and its watches fire")
    void theSameMembersAreANewVersion() {
        scene.state.configure(
                scene.zxid() + 1, scene.term, scene.wallMillis, scene.elapsedMillis, ONE, Bytes.utf8("server.1=a\nversion=1"));
        Command.Submit wish = new Command.Submit(admin.id, 1, 1, 0, List.of(Scene.SUPER), to(ONE));

        Applied applied = scene.state.apply(
                scene.zxid() + 1, scene.term, scene.wallMillis, scene.elapsedMillis, wish);

        Bytes shown = Bytes.utf8("server.1=a\nversion=" + Long.toHexString(scene.state.appliedIndex()));
        assertThat(applied.reply()).isEqualTo(new Reply.Written(
                admin.id, 1, 1, new Outcome.Reconfigured(shown, scene.stat("/zookeeper/config"))));
        assertThat(scene.stat("/zookeeper/config").mzxid()).isEqualTo(scene.state.appliedIndex());
        assertThat(applied.changes()).extracting(Change::path).containsExactly("/zookeeper/config");
        assertThat(scene.state.root().reconfiguration()).isNull();
    }

    @Test
    void itIsAbandonedByTheLeaderOfItsTermOnly() {
        long asked = scene.zxid() + 1;
        admin.submit(++admin.number, to(THREE));
        scene.apply(new Command.AbandonReconfiguration(asked, 0, Refusal.NEW_CONFIG_NO_QUORUM, "of an older term"));
        scene.apply(new Command.AbandonReconfiguration(asked + 1, 1, Refusal.NEW_CONFIG_NO_QUORUM, "another change"));
        assertThat(scene.state.root().reconfiguration()).isNotNull();

        Reply reply = scene.apply(
                new Command.AbandonReconfiguration(asked, 1, Refusal.NEW_CONFIG_NO_QUORUM, "member 2 has not joined"));
        assertThat(reply).isEqualTo(new Reply.Written(admin.id, 1, 1, new Outcome.Refused(
                Refusal.NEW_CONFIG_NO_QUORUM, "/zookeeper/config", "member 2 has not joined")));
        assertThat(scene.state.root().reconfiguration()).isNull();
    }

    @Test
    void itGoesOnWithoutItsSession() {
        admin.submit(++admin.number, to(THREE));
        scene.apply(new Command.ExpireSession(admin.id, 1, scene.term));
        assertThat(scene.state.root().reconfiguration()).isNotNull();
        assertThat(configured(THREE).reply()).isEqualTo(Reply.None.NONE);
        assertThat(scene.state.root().reconfiguration()).isNull();
    }

    @Test
    void aSessionThatMovedIsAnsweredUnderItsNewAttach() {
        admin.submit(++admin.number, to(THREE));
        scene.apply(new Command.Attach(admin.id, Scene.PASSWORD, 10_000, Scene.TWO, 99));
        assertThat(configured(THREE).reply()).isInstanceOfSatisfying(
                Reply.Written.class, written -> assertThat(written.attach()).isEqualTo(2));
    }

    @Test
    @DisplayName("zk.RC2 the order of the checks")
    void theFirstObjectionIsTheAnswer() {
        Scene.Client anyone = scene.open(0x2222);
        assertThat(refused(anyone, new Reconfigure("nonsense", true, List.of(), 77)).refusal()).isEqualTo(Refusal.BAD_VERSION);
        assertThat(refused(anyone, new Reconfigure("nonsense", true, List.of(), 0)).refusal()).isEqualTo(Refusal.BAD_ARGUMENTS);
        assertThat(refused(anyone, to(THREE)).refusal()).isEqualTo(Refusal.NO_AUTH);
        Reconfigure beyond = new Reconfigure("999=a:1:2:observer", false, List.of(), -1);
        assertThat(refused(anyone, beyond).refusal()).isEqualTo(Refusal.NO_AUTH); // what only we do not take
        assertThat(refused(admin, beyond).detail()).contains("COORD-1013");
        assertThat(refused(anyone, new Reconfigure("255=nonsense", true, List.of(), -1)).refusal()).isEqualTo(Refusal.BAD_ARGUMENTS);
        admin.submit(++admin.number, to(THREE));
        assertThat(refused(anyone, new Reconfigure("nonsense", true, List.of(), 77)).refusal())
                .isEqualTo(Refusal.RECONFIG_IN_PROGRESS);
    }

    @Test
    void withoutAddressesThereIsNothingToChange() {
        scene.state.stands(null);
        assertThat(refused(admin, to(THREE)).refusal()).isEqualTo(Refusal.UNIMPLEMENTED);
    }

    @ParameterizedTest
    @DisplayName("zk.RC3 members join, leave, change role and address, or are replaced as a whole")
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
        "2=b:7:observer | false | | 1=a:7100:2181,2=b:7:observer",
        "2=b:7,3=c:7 | false | | 1=a:7100:2181,2=b:7,3=c:7",
        "4=d:7, | false | 1 | 4=d:7",
        "1=z:9 | false | | 1=z:9",
        "`` | false | 9 | 1=a:7100:2181",
        "255=b:7:observer | false | 255 | 1=a:7100:2181",
        "5=e:7 | true | | 5=e:7",
        "5=e:1:2:observer;0.0.0.0:3 | false | | 1=a:7100:2181,5=e:1:2:observer;0.0.0.0:3",
        "1=a:7100:7101;a:2181 | false | | 1=a:7100:7101;a:2181",
    })
    void changes(String members, boolean replacesAll, Integer leaving, String expected) {
        List<MemberId> gone = leaving == null ? List.of() : List.of(MemberId.of(leaving));
        Reconfigure wish = new Reconfigure(members, replacesAll, gone, -1);
        assertThat(Members.changed(ONE, wish)).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
        "2=b:7 | false | COORD-1002 ",
        "1=b:7:observer | false | COORD-1011 ",
        "2=a:7100,3=c:7 | false | COORD-1017 ",
        "2=b:7,2=c:7,3=d:7 | false | COORD-1016 ",
        "b:7 | false | COORD-1012 ",
        "300=b:7 | false | COORD-1013 ",
        "two=b:7 | false | COORD-1013 ",
        "`` | true | COORD-1011 ",
    })
    void mistakesAreNamed(String members, boolean replacesAll, String code) {
        assertThatThrownBy(() -> Members.changed(ONE, new Reconfigure(members, replacesAll, List.of(), -1)))
                .hasMessageContaining(code);
    }

    @Test
    @DisplayName("inv.R13 a snapshot keeps the change that is under way")
    void aSnapshotKeepsIt() {
        long before = scene.state.root().digest();
        admin.submit(++admin.number, to(THREE));
        CoordState restored = scene.restored();
        restored.stands(ONE);
        assertThat(restored.root().digest()).isEqualTo(scene.state.root().digest()).isNotEqualTo(before);
        assertThat(restored.root().reconfiguration()).isEqualTo(scene.state.root().reconfiguration());

        configured(THREE);
        restored.configure(
                restored.appliedIndex() + 1, scene.term, scene.wallMillis, scene.elapsedMillis, THREE, Bytes.utf8(THREE));
        assertThat(restored.root().digest()).isEqualTo(scene.state.root().digest());
    }

    @Test
    @DisplayName("rule.14 given contents have a given digest, with a change under way and after it")
    void givenContentsHaveAGivenDigest() {
        admin.submit(++admin.number, to(THREE));
        assertThat(scene.state.root().digest()).isEqualTo(0xb3cfebd0da1d1922L);

        configured(THREE);
        assertThat(scene.state.root().digest()).isEqualTo(0x60b41a27c943bcbbL);
    }

    @Test
    @DisplayName("inv.R13 a snapshot keeps a change whose session is over, and is refused with one nobody waits for, or of a later entry")
    void aSnapshotOfAChangeNobodyWaitsForIsRefused() {
        long asked = scene.zxid() + 1;
        admin.submit(++admin.number, to(THREE));
        Images images = Images.of(scene.state.root());

        assertThatThrownBy(() -> restored(images, new Reconfiguration(asked + 1, THREE, admin.id, 1)))
                .hasMessageContaining("later than the snapshot");
        assertThatThrownBy(() -> restored(images, new Reconfiguration(asked, THREE, admin.id, 2)))
                .hasMessageContaining("session 0x1111 does not wait");
        assertThat(restored(images, new Reconfiguration(asked, THREE, 0x9999, 1)).reconfiguration()).isNotNull();
    }

    private static CoordState restored(Images images, Reconfiguration pending) {
        StateVisitor.Header head = images.header;
        images.header = new StateVisitor.Header(
                head.index(), head.term(), head.wallMillis(), head.elapsedMillis(), head.settings(), head.sessionCount(),
                head.nodeCount(), head.highestSessions(), pending);
        images.replace("/", root -> root); // the digest is that of the forgery
        Restoring restoring = CoordState.restoring();
        images.tell(restoring);
        return restoring.state();
    }

    @Test
    void aRootHandedOutBeforeDoesNotSeeTheOutcome() {
        admin.create("/x", CreateMode.PERSISTENT);
        admin.submit(++admin.number, to(THREE));
        StateRoot before = scene.state.root();
        configured(THREE);
        assertThat(before.session(admin.id).orElseThrow().outcome(2)).contains(new Outcome.Reconfiguring());
    }

    @Test
    void itIsNoStepOfATransaction() {
        assertThat(Operation.Step.class.isAssignableFrom(Reconfigure.class)).isFalse();
    }

    @Test
    @DisplayName("rule.9 what is said of a list that makes no sense is kept by every member, and so is short, however long the list")
    void ofManyMistakesTheFirstAreTold() {
        assertThat(refused(admin, new Reconfigure("a,".repeat(10_000), true, List.of(), -1)).detail())
                .startsWith("10001 mistakes:\n  COORD-1012 ")
                .hasSizeLessThan(1_100);
        assertThat(refused(admin, new Reconfigure("a,".repeat(300_000), true, List.of(), -1)).detail())
                .isEqualTo("the list of members has 600000 characters, the limit is 65536");
    }

    @Test
    @DisplayName("of a mistake as long as the member it is in, both ends are told")
    void mistakesInLongMembersAreTold() {
        StringBuilder members = new StringBuilder("14=n:7100:99999,15");
        for (int id = 2; id <= 13; id++) {
            members.append(',').append(id).append('=').append(("a".repeat(60) + ".").repeat(3)).append("h").append(id).append(":7100:2181");
        }
        assertThat(refused(admin, new Reconfigure(members.toString(), true, List.of(), -1)).detail())
                .startsWith("3 mistakes:\n  COORD-1015 member \"14=n:7100:99999\": ").contains("\n  COORD-1012 member \"15\": no id")
                .hasSizeLessThan(1_100);
        assertThat(refused(admin, new Reconfigure("b".repeat(5_000), true, List.of(), -1)).detail())
                .startsWith("COORD-1012 ").contains("bbb...bbb").contains("no id; write").hasSizeLessThan(1_100);
    }
}

package io.coord.state;

import static io.coord.state.Scene.create;
import static io.coord.state.Scene.delete;
import static io.coord.state.Scene.multi;
import static io.coord.state.Scene.set;
import static org.assertj.core.api.Assertions.assertThat;

import io.coord.Acl;
import io.coord.CreateMode;
import io.coord.Operation.Check;
import io.coord.Outcome;
import io.coord.Refusal;
import io.coord.Stat;
import io.coord.WatchEvent.Type;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("multi")
class MultiTest {

    private final Scene scene = new Scene();
    private final Scene.Client client = scene.open(1);

    @Test
    @DisplayName("zk.M2 zk.M3 inv.T2 later steps see earlier ones, all under one zxid")
    void laterStepsSeeEarlierOnes() {
        Outcome.Multi done = (Outcome.Multi) client.write(multi(
                create("/a"), set("/a", "x", 0), create("/a/c"), delete("/a/c"), new Check("/a", 1), set("/a", "yy", 1)));

        assertThat(done.failedStep()).isEqualTo(-1);
        assertThat(done.results()).hasExactlyElementsOfTypes(
                Outcome.Created.class,
                Outcome.DataSet.class,
                Outcome.Created.class,
                Outcome.Deleted.class,
                Outcome.Checked.class,
                Outcome.DataSet.class);
        long zxid = scene.zxid();
        assertThat(scene.stat("/a"))
                .isEqualTo(new Stat(zxid, zxid, scene.wallMillis, scene.wallMillis, 2, 2, 0, 0, 2, 0, zxid));
    }

    @Test
    @DisplayName("zk.ST6 each result carries the Stat right after its step")
    void eachResultCarriesTheStatRightAfterItsStep() {
        Outcome.Multi done = (Outcome.Multi) client.write(multi(create("/a"), create("/a/c"), set("/a", "x")));

        assertThat(((Outcome.Created) done.results().get(0)).stat().numChildren()).isZero();
        assertThat(((Outcome.DataSet) done.results().get(2)).stat().numChildren()).isEqualTo(1);
    }

    @Test
    @DisplayName("zk.M4 zk.M5 inv.T2 a refused step undoes all; the steps after it are not evaluated")
    void aRefusedStepUndoesAll() {
        client.create("/kept");
        client.write(create("/eph", CreateMode.EPHEMERAL));
        int changes = scene.changes.size();
        Images before = Images.of(scene.state.root());

        Outcome.Multi failed = (Outcome.Multi) client.write(multi(
                create("/a", CreateMode.EPHEMERAL),
                set("/kept", "longer than before"),
                delete("/eph"),
                create("/a"),
                create("no slash"),
                delete("/kept")));

        assertThat(failed.failedStep()).isEqualTo(3);
        assertThat(failed.results().subList(0, 3)).containsOnly(new Outcome.RolledBack());
        assertThat(refusal(failed, 3)).isEqualTo(Refusal.NODE_EXISTS);
        assertThat(refusal(failed, 4)).isEqualTo(Refusal.RUNTIME_INCONSISTENCY);
        assertThat(refusal(failed, 5)).isEqualTo(Refusal.RUNTIME_INCONSISTENCY);
        assertThat(Images.of(scene.state.root()).nodes).isEqualTo(before.nodes);
        assertThat(scene.changes).hasSize(changes);
        assertThat(scene.state.root().read(new io.coord.Operation.GetEphemerals(""), client.reader()))
                .containsExactly("/eph");
        assertThat(scene.restored().root().digest()).isEqualTo(scene.state.root().digest());
    }

    @Test
    @DisplayName("zk.M5 permissions are judged step by step")
    void permissionsAreJudgedStepByStep() {
        Outcome.Multi failed = (Outcome.Multi) client.write(multi(create("/a", Acl.READ_ONLY), create("/a/b")));

        assertThat(refusal(failed, 1)).isEqualTo(Refusal.NO_AUTH);
        assertThat(scene.has("/a")).isFalse();
    }

    @Test
    @DisplayName("zk.M6 an empty multi succeeds")
    void anEmptyMultiSucceeds() {
        assertThat(client.write(multi())).isEqualTo(new Outcome.Multi(List.of()));
    }

    @Test
    @DisplayName("zk.M6 changes come step by step with the multi's zxid")
    void changesComeStepByStep() {
        scene.changes.clear();
        client.write(multi(create("/a"), set("/a", "x"), create("/b"), delete("/a"), new Check("/b", 0)));

        assertThat(scene.changes).extracting(Change::type)
                .containsExactly(Type.CREATED, Type.DATA_CHANGED, Type.CREATED, Type.DELETED);
        assertThat(scene.changes).extracting(Change::path).containsExactly("/a", "/a", "/b", "/a");
        assertThat(scene.changes).extracting(Change::zxid).containsOnly(scene.zxid());
    }

    @Test
    @DisplayName("zk.M7 a check leaves no trace")
    void aCheckLeavesNoTrace() {
        client.create("/a");
        Images before = Images.of(scene.state.root());
        scene.changes.clear();

        client.write(multi(new Check("/a", 0)));

        assertThat(Images.of(scene.state.root()).nodes).isEqualTo(before.nodes);
        assertThat(scene.changes).isEmpty();
    }

    @Test
    @DisplayName("zk.M5 quotas see the steps before")
    void quotasSeeTheStepsBefore() {
        scene.apply(new Command.Configure(Settings.DEFAULT.withEnforceQuota(true)));
        client.create("/q");
        client.create("/zookeeper/quota/q");
        client.write(create("/zookeeper/quota/q/zookeeper_limits", "count=-1,bytes=-1=;countHardLimit=3"));

        Outcome.Multi failed = (Outcome.Multi) client.write(multi(create("/q/1"), create("/q/2"), create("/q/3")));
        assertThat(refusal(failed, 2)).isEqualTo(Refusal.QUOTA_EXCEEDED);

        Outcome.Multi done = (Outcome.Multi) client.write(multi(create("/q/1"), create("/q/2")));
        assertThat(done.failedStep()).isEqualTo(-1);
    }

    @Test
    void aMultiThatArmsAQuotaAndFailsDisarmsIt() {
        scene.apply(new Command.Configure(Settings.DEFAULT.withEnforceQuota(true)));
        client.create("/q");
        client.create("/zookeeper/quota/q");
        client.write(multi(
                create("/zookeeper/quota/q/zookeeper_limits", "count=-1,bytes=-1=;countHardLimit=1"), delete("/none")));

        assertThat(client.create("/q/1")).isEqualTo("/q/1");
    }

    private static Refusal refusal(Outcome.Multi multi, int step) {
        return ((Outcome.Refused) multi.results().get(step)).refusal();
    }
}

package io.coord.state;

import static io.coord.state.Scene.create;
import static io.coord.state.Scene.set;
import static org.assertj.core.api.Assertions.assertThat;

import io.coord.Bytes;
import io.coord.CreateMode;
import io.coord.Operation;
import io.coord.Outcome;
import io.coord.Refusal;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

@DisplayName("quotas")
class QuotaTest {

    private final Scene scene = new Scene();
    private final Scene.Client client = scene.open(1);

    @BeforeEach
    void enforced() {
        scene.apply(new Command.Configure(Settings.DEFAULT.withEnforceQuota(true).withExtendedTypes(true)));
        client.create("/q");
    }

    @Test
    @DisplayName("zk.Q2 the count includes the quota node itself")
    void theCountIncludesTheTop() {
        limit("/q", "count=-1,bytes=-1=;byteHardLimit=-1;countHardLimit=2");

        assertThat(isDone(client.write(create("/q/1")))).isTrue();
        assertThat(refusal(client.write(create("/q/2")))).isEqualTo(Refusal.QUOTA_EXCEEDED);
        client.write(Scene.delete("/q/1"));
        assertThat(isDone(client.write(create("/q/2")))).as("zk.Q3 deletes are never refused").isTrue();
    }

    @Test
    @DisplayName("zk.Q2 the bytes are those of the data below and of the top")
    void theBytesAreThoseOfTheSubtree() {
        limit("/q", "count=-1,bytes=-1=;byteHardLimit=10");

        assertThat(isDone(client.write(create("/q/1", "1234")))).isTrue();
        assertThat(isDone(client.write(set("/q", "1234")))).isTrue();
        assertThat(isDone(client.write(create("/q/1/2", "12")))).isTrue();
        assertThat(refusal(client.write(create("/q/3", "1")))).isEqualTo(Refusal.QUOTA_EXCEEDED);
        assertThat(isDone(client.write(create("/q/3")))).as("no bytes, no question").isTrue();
        assertThat(refusal(client.write(set("/q/1", "12345")))).isEqualTo(Refusal.QUOTA_EXCEEDED);
        assertThat(isDone(client.write(set("/q/1", "4321")))).as("as many as before").isTrue();
        assertThat(isDone(client.write(set("/q/1", "1")))).isTrue();
        assertThat(isDone(client.write(create("/q/4", "123")))).isTrue();
    }

    @Test
    @DisplayName("zk.Q3 above a limit only what changes the amount it limits is refused, downwards too, as in ZooKeeper")
    void aboveALimitOnlyChangesOfTheAmountAreRefused() {
        client.write(set("/q", "123456"));
        client.write(create("/q/1"));
        limit("/q", "count=-1,bytes=-1=;byteHardLimit=3;countHardLimit=1");

        assertThat(isDone(client.write(set("/q", "654321")))).as("as many bytes, as many nodes").isTrue();
        assertThat(refusal(client.write(set("/q", "12345")))).isEqualTo(Refusal.QUOTA_EXCEEDED);
        assertThat(isDone(client.write(set("/q", "1")))).as("below the limit again").isTrue();
    }

    @ParameterizedTest
    @EnumSource(CreateMode.class)
    @DisplayName("zk.Q3 every kind of create is limited")
    void everyKindOfCreateIsLimited(CreateMode mode) {
        limit("/q", "count=-1,bytes=-1=;countHardLimit=1");
        long ttl = mode.isTtl() ? 5 : Operation.NO_TTL;

        assertThat(refusal(client.write(new Operation.Create("/q/x", Bytes.EMPTY, mode, io.coord.Acl.OPEN, ttl))))
                .isEqualTo(Refusal.QUOTA_EXCEEDED);
    }

    @Test
    @DisplayName("zk.Q3 without enforceQuota hard limits refuse nothing")
    void withoutTheSettingNothingIsRefused() {
        limit("/q", "count=-1,bytes=-1=;countHardLimit=1");
        scene.apply(new Command.Configure(Settings.DEFAULT));

        assertThat(isDone(client.write(create("/q/1")))).isTrue();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "count=1,bytes=1 | true", "count=1,bytes=1=;countHardLimit=5 | true", "count=1,bytes=1=;countHardLimit=1 | false",
        "count=1,bytes=1=;byteHardLimit=1;countHardLimit=-1 | false", "countHardLimit=1 | false", "rubbish | true",
        "countHardLimit=rubbish | true", "countHardLimit= | true", "=,=;;==; | true", "xcountHardLimit=1 | true",
        "count=1,bytes=1=;countHardLimit=0 | false", "count=1,bytes=1=;byteHardLimit=0 | false"
    })
    @DisplayName("zk.Q1 zk.Q3 only well-formed hard limits refuse; soft ones do not")
    void onlyHardLimitsRefuse(String limits, boolean granted) {
        limit("/q", limits);

        assertThat(isDone(client.write(create("/q/1", "12")))).isEqualTo(granted);
    }

    @Test
    @DisplayName("zk.Q2 the nearest ancestor's quota counts")
    void theNearestAncestorCounts() {
        client.create("/q/inner");
        limit("/q", "count=-1,bytes=-1=;countHardLimit=2");
        limit("/q/inner", "count=-1,bytes=-1=;countHardLimit=3");

        assertThat(isDone(client.write(create("/q/inner/1")))).isTrue();
        assertThat(isDone(client.write(create("/q/inner/1/2")))).isTrue();
        assertThat(refusal(client.write(create("/q/inner/1/3")))).isEqualTo(Refusal.QUOTA_EXCEEDED);
        assertThat(refusal(client.write(create("/q/x")))).isEqualTo(Refusal.QUOTA_EXCEEDED);
        assertThat(isDone(client.write(create("/qx")))).as("a neighbour by name only").isTrue();
    }

    @Test
    @DisplayName("zk.Q2 there is no quota on /, and what looks like its usage is an ordinary node")
    void thereIsNoQuotaOnTheRoot() {
        client.write(create("/zookeeper/quota/zookeeper_limits", "count=-1,bytes=-1=;countHardLimit=1"));
        client.write(create("/zookeeper/quota/zookeeper_stats", "mine"));

        assertThat(isDone(client.write(create("/x")))).isTrue();
        assertThat(scene.state.root().getData("/zookeeper/quota/zookeeper_stats", client.reader()).text()).isEqualTo("mine");
    }

    @Test
    @DisplayName("zk.Q1 a limits node set anew limits anew, and one deleted limits no more")
    void limitsFollowTheirNode() {
        limit("/q", "count=-1,bytes=-1=;countHardLimit=1");
        assertThat(isDone(client.write(create("/q/1")))).isFalse();
        client.write(set("/zookeeper/quota/q/zookeeper_limits", "count=-1,bytes=-1=;countHardLimit=2"));
        assertThat(isDone(client.write(create("/q/1")))).isTrue();
        assertThat(isDone(client.write(create("/q/2")))).isFalse();
        client.write(Scene.delete("/zookeeper/quota/q/zookeeper_limits"));
        assertThat(isDone(client.write(create("/q/2")))).isTrue();
    }

    @Test
    @DisplayName("zk.Q1 a quota may be set before its node exists, and survives a snapshot")
    void aQuotaSurvivesASnapshot() {
        limit("/later", "count=-1,bytes=-1=;countHardLimit=2");
        scene.state = scene.restored();

        assertThat(isDone(client.write(create("/later")))).isTrue();
        assertThat(isDone(client.write(create("/later/1")))).isTrue();
        assertThat(isDone(client.write(create("/later/2")))).isFalse();
    }

    @Test
    @DisplayName("zk.Q4 the stats node shows the usage, without zxid, version or watch")
    void theStatsNodeShowsTheUsage() {
        limit("/q", "count=10,bytes=10");
        client.write(create("/zookeeper/quota/q/zookeeper_stats", "count=0,bytes=0"));
        long created = scene.zxid();
        client.write(create("/q/1", "abc"));
        client.write(set("/q", "xy"));

        var node = scene.state.root().getData("/zookeeper/quota/q/zookeeper_stats", client.reader());
        assertThat(node.text()).isEqualTo("count=2,bytes=5");
        assertThat(node.stat().mzxid()).isEqualTo(created);
        assertThat(node.stat().version()).isZero();
        assertThat(node.stat().dataLength()).isEqualTo(node.text().length());
        assertThat(scene.changes).filteredOn(change -> change.path().contains("stats")).hasSize(1);
        assertThat(scene.restored().root().getData("/zookeeper/quota/q/zookeeper_stats", client.reader())).isEqualTo(node);
    }

    @Test
    @DisplayName("zk.Q1 a stats node of a missing path shows zeros")
    void aStatsNodeOfAMissingPathShowsZeros() {
        client.create("/zookeeper/quota/none");
        Outcome.Created created = (Outcome.Created) client.write(create("/zookeeper/quota/none/zookeeper_stats", "x"));

        var node = scene.state.root().getData("/zookeeper/quota/none/zookeeper_stats", client.reader());
        assertThat(node.text()).isEqualTo("count=0,bytes=0");
        assertThat(created.stat()).isEqualTo(node.stat());
    }

    @Test
    void aRefusalNamesTheQuotaAndTheNumbers() {
        limit("/q", "count=-1,bytes=-1=;countHardLimit=1");

        assertThat(((Outcome.Refused) client.write(create("/q/1"))).detail()).contains("/q", "1 nodes", "2");
    }

    private void limit(String path, String limits) {
        String node = "/zookeeper/quota" + path;
        if (!scene.has(node)) {
            client.create(node);
        }
        client.write(create(node + "/zookeeper_limits", limits));
    }

    private static boolean isDone(Outcome outcome) {
        return !(outcome instanceof Outcome.Refused);
    }

    private static Refusal refusal(Outcome outcome) {
        return ((Outcome.Refused) outcome).refusal();
    }
}

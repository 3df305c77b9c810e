package io.coord.testkit;

import static io.coord.testkit.Scene.anyone;
import static io.coord.testkit.Scene.anyoneBut;
import static io.coord.testkit.Scene.assertRefused;
import static io.coord.testkit.Scene.data;
import static io.coord.testkit.Scene.multi;
import static io.coord.testkit.Scene.refusalOf;
import static org.assertj.core.api.Assertions.assertThat;

import io.coord.Acl;
import io.coord.Bytes;
import io.coord.CreateMode;
import io.coord.NodePath;
import io.coord.Operation;
import io.coord.Refusal;
import io.coord.Session;
import io.coord.Stat;
import io.coord.testkit.CoordContract.Setting;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** delete, setData, setAcl and check, and the order of their checks (zk section 2.6). */
interface WriteContract extends Scene {

    /** Why a check of a node is refused; null if it is not. */
    private @Nullable Refusal check(String path, int version) {
        return refusalOf(multi(session(), new Operation.Check(path, version)).get(0));
    }

    @Proves("zk.D1")
    default void aDeletedNodeIsGone() {
        create(A);
        create(A_B);
        session().delete(A_B);
        door().beforeReading();
        assertThat(session().exists(A_B)).isEmpty();
        assertThat(session().getChildren(A)).isEmpty();
        assertRefused(Refusal.NO_NODE, () -> session().getData(A_B));
    }

    @Proves("zk.D1")
    default void deleteNeedsTheParentThenTheNode() {
        create(A);
        assertRefused(Refusal.NO_NODE, () -> session().delete(NodePath.of("/none/b")));
        assertRefused(Refusal.NO_NODE, () -> session().delete(A_B));
        assertRefused(Refusal.NO_NODE, () -> session().delete(A_B, 7));
    }

    @Proves("zk.D1")
    default void deleteNeedsPermissionOnTheParentWhichHidesAbsence() {
        create(A);
        create(A_B);
        session().setAcl(A, List.of(anyoneBut(Acl.DELETE)));
        assertRefused(Refusal.NO_AUTH, () -> session().delete(A_B));
        assertRefused(Refusal.NO_AUTH, () -> session().delete(A_B, 7));
        assertRefused(Refusal.NO_AUTH, () -> session().delete(A_C));
    }

    @Proves("zk.D1")
    default void theDeletedNodesOwnAclIsNotAsked() {
        create(A);
        create(A_B, anyone(0));
        session().delete(A_B);
        assertThat(session().exists(A_B)).isEmpty();
    }

    @Proves("zk.D1")
    default void aWrongVersionIsSeenBeforeTheChildren() {
        create(A);
        create(A_B);
        assertRefused(Refusal.BAD_VERSION, () -> session().delete(A, 1));
        assertRefused(Refusal.NOT_EMPTY, () -> session().delete(A, 0));
        assertRefused(Refusal.NOT_EMPTY, () -> session().delete(A));
    }

    @Proves("zk.D2")
    default void setDataReplacesTheData() {
        create(A);
        session().setData(A, data("one"), 0);
        session().setData(A, data("two"), 1);
        door().beforeReading();
        assertThat(session().getData(A).text()).isEqualTo("two");
        assertThat(stat(A).version()).isEqualTo(2);
    }

    @Proves("zk.D2")
    default void setDataNeedsTheNodeThenPermissionThenTheVersion() {
        create(A, anyoneBut(Acl.WRITE));
        create(B);
        assertRefused(Refusal.NO_NODE, () -> session().setData(NodePath.of("/none"), Bytes.EMPTY, 7));
        assertRefused(Refusal.NO_AUTH, () -> session().setData(A, Bytes.EMPTY, 7));
        assertRefused(Refusal.BAD_VERSION, () -> session().setData(B, Bytes.EMPTY, 7));
    }

    @Proves("zk.D2")
    default void aHardQuotaIsSeenBeforeTheVersionButAfterPermission() {
        door(Setting.ENFORCE_QUOTA);
        create(A);
        create(A_B, anyoneBut(Acl.WRITE));
        QuotaContract.arm(session(), A, "count=-1,bytes=-1=;byteHardLimit=3;countHardLimit=-1");
        assertRefused(Refusal.QUOTA_EXCEEDED, () -> session().setData(A, data("1234"), 7));
        assertRefused(Refusal.NO_AUTH, () -> session().setData(A_B, data("1234"), 7));
        assertRefused(Refusal.BAD_VERSION, () -> session().setData(A, data("123"), 7));
    }

    @Proves("zk.D3")
    default void setAclReplacesTheAcl() {
        create(A);
        session().setAcl(A, Acl.READ_ONLY, 0);
        door().beforeReading();
        assertThat(session().getAcl(A).acl()).isEqualTo(Acl.READ_ONLY);
        assertRefused(Refusal.NO_AUTH, () -> session().setData(A, Bytes.EMPTY));
    }

    @Proves("zk.D3")
    default void setAclChecksPathThenAclThenNodeThenPermissionThenVersion() {
        create(A, anyoneBut(Acl.ADMIN));
        create(B);
        assertRefused(Refusal.BAD_ARGUMENTS, session(), new Operation.SetAcl("/none/.", List.of(), 7));
        assertRefused(Refusal.INVALID_ACL, session(), new Operation.SetAcl("/none", List.of(), 7));
        assertRefused(Refusal.NO_NODE, session(), new Operation.SetAcl("/none", Acl.OPEN, 7));
        assertRefused(Refusal.NO_AUTH, session(), new Operation.SetAcl("/a", Acl.OPEN, 7));
        assertRefused(Refusal.BAD_VERSION, session(), new Operation.SetAcl("/b", Acl.OPEN, 7));
    }

    @Proves("zk.D3")
    default void setAclComparesTheAclsVersionNotTheDatas() {
        create(A);
        session().setData(A, Bytes.EMPTY);
        session().setData(A, Bytes.EMPTY);
        assertRefused(Refusal.BAD_VERSION, () -> session().setAcl(A, Acl.OPEN, 2));
        assertThat(session().setAcl(A, Acl.OPEN, 0).aversion()).isEqualTo(1);
        assertThat(session().setAcl(A, Acl.OPEN, 1).aversion()).isEqualTo(2);
        assertRefused(Refusal.BAD_VERSION, () -> session().setData(A, Bytes.EMPTY, 1));
    }

    @Proves("zk.D3")
    default void setAclRefusesWhatCreateRefuses() {
        create(A);
        for (List<Acl> acl : CreateContract.INVALID_ACLS) {
            assertRefused(Refusal.INVALID_ACL, () -> session().setAcl(A, acl));
        }
        assertThat(stat(A).aversion()).isZero();
    }

    @Proves("zk.D4")
    default void checkNeedsTheNodeThenPermissionThenTheVersion() {
        create(A, anyoneBut(Acl.READ));
        create(B);
        assertThat(check("/none", 7)).isEqualTo(Refusal.NO_NODE);
        assertThat(check("/a", 7)).isEqualTo(Refusal.NO_AUTH);
        assertThat(check("/b", 7)).isEqualTo(Refusal.BAD_VERSION);
        assertThat(check("/b", 0)).isNull();
        assertThat(check("/b", -1)).isNull();
    }

    @Proves("zk.D5")
    default void minusOneMatchesEveryVersionAndNothingElseDoes() {
        create(A);
        session().setData(A, Bytes.EMPTY);
        for (int version : new int[] {-2, 0, 2, Integer.MIN_VALUE, Integer.MAX_VALUE}) {
            assertRefused(Refusal.BAD_VERSION, () -> session().setData(A, Bytes.EMPTY, version));
            assertRefused(Refusal.BAD_VERSION, () -> session().delete(A, version));
            assertThat(check("/a", version)).isEqualTo(Refusal.BAD_VERSION);
        }
        assertRefused(Refusal.BAD_VERSION, () -> session().setAcl(A, Acl.OPEN, -2));
        assertThat(check("/a", -1)).isNull();
        assertThat(session().setData(A, Bytes.EMPTY, -1).version()).isEqualTo(2);
        assertThat(session().setAcl(A, Acl.OPEN, -1).aversion()).isEqualTo(1);
        session().delete(A, -1);
    }

    @Proves("zk.D6")
    default void theVersionGrowsByOneEvenIfTheDataIsEqual() {
        session().create(A, data("same"), CreateMode.PERSISTENT);
        for (int version = 1; version <= 3; version++) {
            assertThat(session().setData(A, data("same")).version()).isEqualTo(version);
        }
        assertRefused(Refusal.BAD_VERSION, () -> session().setData(A, data("same"), 0));
        assertThat(stat(A).version()).isEqualTo(3);
    }

    @Proves("zk.D6")
    default void ofWritersWithOneExpectedVersionOneWins() {
        create(A);
        Session other = another();
        var mine = session().async().setData(A, data("mine"), 0);
        var theirs = other.async().setData(A, data("theirs"), 0);
        boolean lost = Scene.refusal(() -> session().await(mine)).isPresent();
        assertThat(Scene.refusal(() -> other.await(theirs)).isPresent()).isEqualTo(!lost);
        assertThat(fresh(session()).getData(A).text()).isEqualTo(lost ? "theirs" : "mine");
        assertThat(stat(A).version()).isEqualTo(1);
    }

    @Proves("zk.D7")
    default void aNodeCreatedAgainIsANewNode() {
        long first = create(A).stat().czxid();
        session().setData(A, data("old"));
        session().setAcl(A, Acl.OPEN);
        session().delete(create(A_B).nodePath());
        session().delete(A);
        create(A);
        door().beforeReading();
        Stat again = stat(A);
        assertThat(again.version()).isZero();
        assertThat(again.aversion()).isZero();
        assertThat(again.cversion()).isZero();
        assertThat(again.dataLength()).isZero();
        assertThat(again.czxid()).isGreaterThan(first);
    }
}

package io.coord.testkit;

import static io.coord.testkit.Scene.anyone;
import static io.coord.testkit.Scene.anyoneBut;
import static io.coord.testkit.Scene.assertRefused;
import static io.coord.testkit.Scene.createAt;
import static io.coord.testkit.Scene.createTtl;
import static io.coord.testkit.Scene.data;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.coord.Acl;
import io.coord.Bytes;
import io.coord.CreateMode;
import io.coord.NodePath;
import io.coord.Operation;
import io.coord.Outcome;
import io.coord.Refusal;
import io.coord.Session;
import io.coord.SessionEndedException;
import io.coord.testkit.CoordContract.Setting;
import java.util.List;

/** Creating nodes, and the order of its checks (zk section 2.4). */
interface CreateContract extends Scene {

    /** The longest time to live, 40 bits of milliseconds. */
    long TTL_MAX = 1_099_511_627_775L;

    /** Access control lists that no tree accepts. */
    List<List<Acl>> INVALID_ACLS = List.of(
            List.of(),
            List.of(Acl.of(Acl.ALL, "world", "somebody")),
            List.of(Acl.of(Acl.ALL, "nosuchscheme", "x")),
            List.of(Acl.of(Acl.ALL, "digest", "onepart")),
            List.of(Acl.of(Acl.ALL, "digest", "a:b:c")),
            List.of(Acl.of(Acl.ALL, "ip", "not an address")),
            List.of(Acl.of(Acl.ALL, "ip", "10.0.0.1/99")),
            List.of(Acl.of(Acl.ALL, "auth", "")));

    @Proves("zk.C1")
    default void eachModeMakesItsKindOfNode() {
        door(Setting.EXTENDED_TYPES);
        create(A);
        for (CreateMode mode : CreateMode.values()) {
            long ttl = mode.isTtl() ? 60_000 : Operation.NO_TTL;
            NodePath prefix = A.child("n" + mode.flag() + "-");
            Outcome.Created created = session().submit(
                    new Operation.Create(prefix.value(), Bytes.EMPTY, mode, Acl.OPEN, ttl));
            assertThat(created.path()).matches(mode.isSequential() ? prefix + "\\d{10}" : prefix.value());
            assertThat(created.stat().isEphemeral()).isEqualTo(mode.isEphemeral());
        }
        assertThat(session().getChildren(A)).hasSize(CreateMode.values().length);
    }

    @Proves("zk.C2")
    default void ttlNodesAreUnimplementedUntilSwitchedOn() {
        assertRefused(Refusal.UNIMPLEMENTED, session(), createTtl(A, CreateMode.PERSISTENT_WITH_TTL, 1000));
        assertRefused(Refusal.UNIMPLEMENTED, session(), createTtl(A, CreateMode.PERSISTENT_SEQUENTIAL_WITH_TTL, 1000));
        assertRefused(Refusal.UNIMPLEMENTED, session(), createTtl(A, CreateMode.PERSISTENT_WITH_TTL, -5));
    }

    @Proves("zk.C2")
    default void aTimeToLiveIsPositiveAndHasFortyBits() {
        door(Setting.EXTENDED_TYPES);
        for (long ttl : new long[] {0, -1, -2, Long.MIN_VALUE, TTL_MAX + 1, Long.MAX_VALUE}) {
            assertRefused(Refusal.BAD_ARGUMENTS, session(), createTtl(A, CreateMode.PERSISTENT_WITH_TTL, ttl));
        }
        session().submit(createTtl(A, CreateMode.PERSISTENT_WITH_TTL, TTL_MAX));
        session().submit(createTtl(B, CreateMode.PERSISTENT_WITH_TTL, 1));
        assertThat(session().getChildren(NodePath.ROOT)).contains("a", "b");
    }

    @Proves("zk.C2")
    default void onlyATtlModeTakesATimeToLive() {
        door(Setting.EXTENDED_TYPES);
        for (CreateMode mode : CreateMode.values()) {
            if (!mode.isTtl()) {
                assertRefused(Refusal.BAD_ARGUMENTS, session(), createTtl(A, mode, 1000));
            }
        }
    }

    @Proves("zk.C3")
    default void aSessionThatIsOverCreatesNothing() {
        Session closed = another();
        closed.close();
        assertThatThrownBy(() -> closed.create(A, Bytes.EMPTY, CreateMode.EPHEMERAL))
                .isInstanceOf(SessionEndedException.class);
        assertThatThrownBy(() -> closed.create(A, Bytes.EMPTY, CreateMode.PERSISTENT))
                .isInstanceOf(SessionEndedException.class);
        assertThat(fresh(session()).exists(A)).isEmpty();
    }

    @Proves("zk.C4")
    default void aPathWithoutSlashOrWithNulIsRefusedBeforeTheAcl() {
        assertRefused(Refusal.BAD_ARGUMENTS, session(), createAt("a", CreateMode.PERSISTENT, List.of()));
        assertRefused(Refusal.BAD_ARGUMENTS, session(), createAt("", CreateMode.PERSISTENT, List.of()));
        assertRefused(Refusal.BAD_ARGUMENTS, session(), createAt("/none/\u0000", CreateMode.PERSISTENT, List.of()));
    }

    @Proves("zk.C5")
    default void anInvalidAclIsRefused() {
        for (List<Acl> acl : INVALID_ACLS) {
            assertRefused(Refusal.INVALID_ACL, session(), createAt("/a", CreateMode.PERSISTENT, acl));
        }
        assertThat(session().exists(A)).isEmpty();
    }

    @Proves("zk.C5")
    default void oneInvalidEntryMakesTheAclInvalid() {
        List<Acl> acl = List.of(anyone(Acl.ALL), Acl.of(Acl.READ, "nosuchscheme", "x"));
        assertRefused(Refusal.INVALID_ACL, session(), createAt("/a", CreateMode.PERSISTENT, acl));
    }

    @Proves("zk.C5")
    default void anInvalidAclIsRefusedBeforeTheParentIsLookedAt() {
        create(B, anyoneBut(Acl.CREATE));
        assertRefused(Refusal.INVALID_ACL, session(), createAt("/none/a", CreateMode.PERSISTENT, List.of()));
        assertRefused(Refusal.INVALID_ACL, session(), createAt("/b/a", CreateMode.PERSISTENT, List.of()));
        assertRefused(Refusal.INVALID_ACL, session(), createAt("/b", CreateMode.PERSISTENT, List.of()));
    }

    @Proves("zk.C6")
    default void theParentMustExist() {
        assertRefused(Refusal.NO_NODE, session(), createAt("/none/a"));
        assertRefused(Refusal.NO_NODE, session(), createAt("/none/.", CreateMode.EPHEMERAL));
        assertRefused(Refusal.NO_NODE, session(), createAt("/none/a-", CreateMode.PERSISTENT_SEQUENTIAL));
    }

    @Proves("zk.C7")
    default void createOnTheParentIsNeededAndHidesWhatIsThere() {
        create(A);
        create(A_B);
        session().setAcl(A, List.of(anyoneBut(Acl.CREATE)));
        assertRefused(Refusal.NO_AUTH, session(), createAt("/a/c"));
        assertRefused(Refusal.NO_AUTH, session(), createAt("/a/b"));
        assertRefused(Refusal.NO_AUTH, session(), createAt("/a/."));
    }

    @Proves("zk.C8")
    default void theFullPathMustBeValidWithItsNumber() {
        create(A);
        assertRefused(Refusal.BAD_ARGUMENTS, session(), createAt("/a/\u0001", CreateMode.PERSISTENT_SEQUENTIAL));
        assertRefused(Refusal.BAD_ARGUMENTS, session(), createAt("/a/.."));
        assertThat(session().submit(createAt("/a/..", CreateMode.PERSISTENT_SEQUENTIAL)).path())
                .isEqualTo("/a/..0000000000");
    }

    @Proves("zk.C9")
    default void aNodeIsCreatedOnlyOnce() {
        create(A);
        session().create(A_B, data("first"), CreateMode.PERSISTENT);
        for (CreateMode mode : List.of(CreateMode.PERSISTENT, CreateMode.EPHEMERAL, CreateMode.CONTAINER)) {
            assertRefused(Refusal.NODE_EXISTS, session(), createAt("/a/b", mode));
        }
        assertThat(session().getData(A_B).text()).isEqualTo("first");
    }

    @Proves("zk.C9")
    default void ofTwoSessionsThatCreateANodeOneWins() {
        Session other = another();
        var mine = session().async().create(A, data("mine"), CreateMode.PERSISTENT);
        var theirs = other.async().create(A, data("theirs"), CreateMode.PERSISTENT);
        boolean lost = Scene.refusal(() -> session().await(mine)).isPresent();
        assertThat(Scene.refusal(() -> other.await(theirs)).isPresent()).isEqualTo(!lost);
        assertThat(fresh(session()).getData(A).text()).isEqualTo(lost ? "theirs" : "mine");
    }

    @Proves("zk.C10")
    default void anEphemeralHasNoChildren() {
        session().create(A, Bytes.EMPTY, CreateMode.EPHEMERAL);
        for (CreateMode mode : List.of(CreateMode.PERSISTENT, CreateMode.EPHEMERAL_SEQUENTIAL, CreateMode.CONTAINER)) {
            assertRefused(Refusal.NO_CHILDREN_FOR_EPHEMERALS, session(), createAt("/a/b", mode));
        }
        assertRefused(Refusal.BAD_ARGUMENTS, session(), createAt("/a/."));
    }

    @Proves("zk.C11")
    default void aHardQuotaIsCheckedLast() {
        door(Setting.ENFORCE_QUOTA);
        create(A);
        create(A_B);
        session().create(A_C, Bytes.EMPTY, CreateMode.EPHEMERAL);
        QuotaContract.arm(session(), A, "count=-1,bytes=-1=;byteHardLimit=-1;countHardLimit=3");
        assertRefused(Refusal.QUOTA_EXCEEDED, session(), createAt("/a/d"));
        assertRefused(Refusal.NODE_EXISTS, session(), createAt("/a/b"));
        assertRefused(Refusal.NO_CHILDREN_FOR_EPHEMERALS, session(), createAt("/a/c/d"));
    }

    @Proves({"zk.C12", "zk.W17"})
    default void nullDataAndEmptyDataAreDifferent() {
        session().create(A, null, CreateMode.PERSISTENT);
        session().create(B, Bytes.EMPTY, CreateMode.PERSISTENT);
        session().setData(create(A_B).nodePath(), null);
        session().create(A_C, null, CreateMode.PERSISTENT);
        session().setData(A_C, Bytes.EMPTY);
        door().beforeReading();
        assertThat(session().getData(A).data()).isNull();
        assertThat(session().getData(B).data()).isEqualTo(Bytes.EMPTY);
        assertThat(session().getData(A_B).data()).isNull();
        assertThat(session().getData(A_C).data()).isEqualTo(Bytes.EMPTY);
    }

    @Proves({"zk.C12", "zk.X4"})
    default void aMillionBytesOfDataFitAndAreKept() {
        byte[] million = new byte[1_000_000];
        for (int i = 0; i < million.length; i++) {
            million[i] = (byte) (i * 31);
        }
        session().create(A, Bytes.wrap(million), CreateMode.PERSISTENT);
        door().beforeReading();
        assertThat(session().getData(A).bytes()).isEqualTo(Bytes.wrap(million));
        assertThat(stat(A).dataLength()).isEqualTo(1_000_000);
    }

    @Proves("zk.C13")
    default void aContainerIsNeitherEphemeralNorSequential() {
        Outcome.Created created = session().create(A, data("x"), CreateMode.CONTAINER);
        assertThat(created.path()).isEqualTo("/a");
        assertThat(created.stat().ephemeralOwner()).isZero();
        session().close();
        assertThat(another().exists(A)).isPresent();
    }

    @Proves("zk.C14")
    default void containersMayHaveAnyChildren() {
        session().create(A, Bytes.EMPTY, CreateMode.CONTAINER);
        session().create(A_B, Bytes.EMPTY, CreateMode.EPHEMERAL);
        session().create(A_C, Bytes.EMPTY, CreateMode.CONTAINER);
        create(A_C.child("d"));
        assertThat(session().getAllChildrenNumber(A)).isEqualTo(3);
    }

    @Proves({"zk.C14", "zk.X9"})
    default void ttlNodesMayHaveAnyChildren() {
        door(Setting.EXTENDED_TYPES);
        session().submit(createTtl(A, CreateMode.PERSISTENT_WITH_TTL, 60_000));
        session().create(A_B, Bytes.EMPTY, CreateMode.EPHEMERAL);
        session().submit(createTtl(A_C, CreateMode.PERSISTENT_WITH_TTL, 60_000));
        create(A_C.child("d"));
        assertThat(session().getAllChildrenNumber(A)).isEqualTo(3);
    }

    @Proves("zk.C15")
    default void theAnswerIsThePathWithItsNumberAndTheStatRightAfter() {
        create(A);
        Outcome.Created created = session().create(A.child("n-"), data("12345"), CreateMode.EPHEMERAL_SEQUENTIAL);
        assertThat(created.path()).isEqualTo("/a/n-0000000000");
        assertThat(created.stat()).isEqualTo(stat(created.nodePath()));
        assertThat(created.stat().dataLength()).isEqualTo(5);
        assertThat(created.stat().ephemeralOwner()).isEqualTo(session().id());
    }
}

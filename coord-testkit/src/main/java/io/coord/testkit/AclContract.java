package io.coord.testkit;

import static io.coord.WatchEvent.Type.CHILDREN_CHANGED;
import static io.coord.WatchEvent.Type.DATA_CHANGED;
import static io.coord.testkit.Scene.anyone;
import static io.coord.testkit.Scene.anyoneBut;
import static io.coord.testkit.Scene.assertRefused;
import static io.coord.testkit.Scene.createAt;
import static io.coord.testkit.Scene.data;
import static io.coord.testkit.Scene.multi;
import static io.coord.testkit.Scene.refusal;
import static io.coord.testkit.Scene.refusalOf;
import static org.assertj.core.api.Assertions.assertThat;

import io.coord.Acl;
import io.coord.Bytes;
import io.coord.CreateMode;
import io.coord.Identity;
import io.coord.NodePath;
import io.coord.Operation;
import io.coord.Outcome;
import io.coord.Refusal;
import io.coord.Session;
import io.coord.WatchKind;
import io.coord.WatchMode;
import io.coord.testkit.CoordContract.Capability;
import io.coord.testkit.CoordContract.Setting;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Assumptions;

/** Access control lists and identities (zk section 2.8). */
interface AclContract extends Scene {

    /** A user's id of scheme digest: the user and the SHA-1 of user and password. */
    static Identity digest(String user, String password) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-1")
                    .digest((user + ":" + password).getBytes(StandardCharsets.UTF_8));
            return new Identity("digest", user + ":" + Base64.getEncoder().encodeToString(hash));
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }

    /** A new session that acts as this user too. */
    private Session as(String user, String password) {
        Session session = another();
        session.addAuth("digest", data(user + ":" + password));
        return session;
    }

    /** Creates a readable node that only this entry gives more. */
    private void createFor(NodePath path, int permissions, Identity identity) {
        session().create(path, Bytes.EMPTY, CreateMode.PERSISTENT, List.of(new Acl(permissions, identity)));
    }

    @Proves("zk.A1")
    default void anyEntryThatMatchesGrantsAndNoneDenies() {
        session().create(A, Bytes.EMPTY, CreateMode.PERSISTENT,
                List.of(anyone(0), new Acl(Acl.READ, digest("bob", "b")), anyone(Acl.WRITE), anyone(Acl.ADMIN)));
        session().setData(A, data("x"));
        session().getAcl(A);
        assertRefused(Refusal.NO_AUTH, () -> session().getData(A));
        assertThat(fresh(as("bob", "b")).getData(A).text()).isEqualTo("x");
    }

    @Proves({"zk.A1", "zk.A10"})
    default void oneOfTheAskedPermissionsIsEnough() {
        create(A, anyone(Acl.READ));
        create(B, anyone(Acl.ADMIN));
        create(NodePath.of("/c"), anyone(Acl.WRITE | Acl.CREATE | Acl.DELETE));
        assertThat(session().getAcl(A).acl()).hasSize(1);
        assertThat(session().getAcl(B).acl()).hasSize(1);
        assertRefused(Refusal.NO_AUTH, () -> session().getAcl(NodePath.of("/c")));
    }

    @Proves("zk.A2")
    default void aSuperuserPassesEveryCheck() {
        create(A, anyone(0));
        Session superuser = keep(doorThatCan(Capability.SUPER).openSuper(Duration.ofSeconds(20)));
        fresh(superuser).setData(A, data("x"));
        superuser.create(A_B, Bytes.EMPTY, CreateMode.PERSISTENT);
        superuser.delete(A_B);
        assertThat(superuser.getData(A).text()).isEqualTo("x");
        superuser.setAcl(A, Acl.OPEN);
        superuser.setData(NodePath.of("/zookeeper/config"), superuser.getData(NodePath.of("/zookeeper/config")).data());
    }

    @Proves("zk.A2")
    default void skippedChecksLetAnybodyDoAnything() {
        door(Setting.SKIP_ACL);
        create(A, anyone(0));
        session().setData(A, data("x"));
        create(A_B);
        session().delete(A_B);
        assertThat(session().getData(A).text()).isEqualTo("x");
    }

    @Proves("zk.A2")
    default void skippedChecksLetAnybodySeeEvents() {
        door(Setting.SKIP_ACL);
        create(A, anyone(0));
        Events once = events(session());
        Events always = events(session());
        session().getData(A, once);
        session().getChildren(A, once);
        session().addWatch(A, WatchMode.PERSISTENT, always);
        session().setData(A, data("x"));
        once.expect(DATA_CHANGED, A);
        always.expect(DATA_CHANGED, A);
        create(A_B);
        once.expect(CHILDREN_CHANGED, A);
        always.expect(CHILDREN_CHANGED, A);
    }

    @Proves("zk.A3")
    default void theWorldIsAnyoneAndNobodyElse() {
        assertRefused(Refusal.INVALID_ACL, () -> create(A, Acl.of(Acl.ALL, "world", "foo")));
        assertRefused(Refusal.INVALID_ACL, () -> create(A, Acl.of(Acl.ALL, "world", "")));
        create(A, Acl.of(Acl.ALL, "world", "anyone"));
    }

    @Proves("zk.A3")
    default void noPermissionsForAnybodyMakeANodeUnreadable() {
        create(A, anyone(0));
        assertRefused(Refusal.NO_AUTH, () -> session().getData(A));
        assertRefused(Refusal.NO_AUTH, () -> session().getAcl(A));
        assertRefused(Refusal.NO_AUTH, () -> session().setAcl(A, Acl.OPEN));
        session().delete(A);
    }

    @Proves("zk.A4")
    default void authStandsForTheWritersIdentitiesWhenWritten() {
        Session bob = as("bob", "b");
        bob.addAuth("digest", data("bobby:c"));
        bob.create(A, data("x"), CreateMode.PERSISTENT, Acl.CREATOR_ALL);
        door().beforeReading();
        assertThat(bob.getAcl(A).acl()).containsExactlyInAnyOrder(
                new Acl(Acl.ALL, digest("bob", "b")), new Acl(Acl.ALL, digest("bobby", "c")));
        assertRefused(Refusal.NO_AUTH, () -> fresh(session()).getData(A));
        assertThat(fresh(as("bobby", "c")).getData(A).text()).isEqualTo("x");
    }

    @Proves("zk.A4")
    default void theTextOfAnAuthIdIsIgnored() {
        Session bob = as("bob", "b");
        bob.create(A, Bytes.EMPTY, CreateMode.PERSISTENT, List.of(Acl.of(Acl.READ, "auth", "whoever")));
        assertThat(bob.getAcl(A).acl().get(0).identity().scheme()).isEqualTo("digest");
        assertThat(bob.getAcl(A).acl()).hasSize(1);
    }

    @Proves("zk.A4")
    default void authWithoutAnAuthenticatedIdentityIsInvalid() {
        create(A);
        assertRefused(Refusal.INVALID_ACL, session(), createAt("/b", CreateMode.PERSISTENT, Acl.CREATOR_ALL));
        assertRefused(Refusal.INVALID_ACL, () -> session().setAcl(A, Acl.CREATOR_ALL));
    }

    @Proves("zk.A5")
    default void aDigestMatchesTheUserAndThePassword() {
        createFor(A, Acl.ALL, digest("bob", "b"));
        assertThat(fresh(as("bob", "b")).getData(A).data()).isEqualTo(Bytes.EMPTY);
        assertRefused(Refusal.NO_AUTH, () -> fresh(as("bob", "wrong")).getData(A));
        assertRefused(Refusal.NO_AUTH, () -> fresh(as("eve", "b")).getData(A));
        assertRefused(Refusal.NO_AUTH, () -> session().getData(A));
    }

    @Proves("zk.A5")
    default void aDigestIdHasExactlyTwoParts() {
        for (String id : List.of("", "bob", "a:b:c")) {
            assertRefused(Refusal.INVALID_ACL, () -> create(A, Acl.of(Acl.ALL, "digest", id)));
        }
        create(A, Acl.of(Acl.ALL, "digest", "bob:any text"), anyone(Acl.READ));
    }

    @Proves("zk.A5")
    default void anyUserAndPasswordIsAccepted() {
        session().addAuth("digest", data("nobody:knows"));
        assertThat(session().whoAmI()).contains(new Identity("digest", "nobody"));
    }

    @Proves("zk.A6")
    default void addressesAndNetworksAreIdsOfSchemeIp() {
        int i = 0;
        for (String id : List.of("127.0.0.1", "10.0.0.0/8", "10.1.2.3/32", "0.0.0.0/0", "::1", "2001:db8::/32")) {
            create(NodePath.of("/ip" + i++), Acl.of(Acl.ALL, "ip", id), anyone(Acl.READ));
        }
        for (String id : List.of("", "localhost", "10.0.0", "10.0.0.256", "10.0.0.1/33", "10.0.0.1/-1", "10.0.0.1/x")) {
            assertThat(refusal(() -> create(A, Acl.of(Acl.ALL, "ip", id)))).as(id).contains(Refusal.INVALID_ACL);
        }
    }

    @Proves("zk.A6")
    default void aSessionMatchesItsOwnAddressFromTheStart() {
        Optional<Identity> address = door().address();
        Assumptions.assumeTrue(address.isPresent(), "sessions of this door come from no address");
        String ip = address.orElseThrow().id();
        create(A, Acl.of(Acl.ALL, "ip", ip));
        create(B, Acl.of(Acl.ALL, "ip", ip + "/8"));
        create(NodePath.of("/c"), Acl.of(Acl.ALL, "ip", "203.0.113.7"));
        create(NodePath.of("/d"), Acl.of(Acl.ALL, "ip", "203.0.113.0/24"));
        session().getData(A);
        session().getData(B);
        assertRefused(Refusal.NO_AUTH, () -> session().getData(NodePath.of("/c")));
        assertRefused(Refusal.NO_AUTH, () -> session().getData(NodePath.of("/d")));
    }

    @Proves("zk.A8")
    default void anUnknownSchemeOfCredentialsIsRefused() {
        assertRefused(Refusal.AUTH_FAILED, () -> session().addAuth("nosuchscheme", data("x")));
    }

    @Proves("zk.A9")
    default void anIdentityAppliesFromItsAddingOn() {
        createFor(A, Acl.ALL, digest("bob", "b"));
        createFor(B, Acl.ALL, digest("eve", "e"));
        var before = session().async().getData(A);
        var added = session().async().addAuth("digest", data("bob:b"));
        var after = session().async().getData(A);
        assertRefused(Refusal.NO_AUTH, () -> session().await(before));
        session().await(added);
        session().await(after);
        session().addAuth("digest", data("eve:e"));
        session().getData(A);
        session().getData(B);
    }

    @Proves("zk.A9")
    default void identitiesAreASessionsOwn() {
        createFor(A, Acl.ALL, digest("bob", "b"));
        Session bob = as("bob", "b");
        Session other = another();
        fresh(bob).getData(A);
        assertRefused(Refusal.NO_AUTH, () -> fresh(other).getData(A));
    }

    @Proves("zk.A9")
    default void identitiesAreThereAgainAfterTheClientWasAway() {
        createFor(A, Acl.ALL, digest("bob", "b"));
        session().addAuth("digest", data("bob:b"));
        doorThatCan(Capability.AWAY).whileAway(session(), () -> {});
        assertThat(session().getData(A).data()).isEqualTo(Bytes.EMPTY);
    }

    @Proves("zk.A10")
    default void createOnTheParentIsNeededToCreate() {
        create(A, anyone(Acl.CREATE));
        create(A_B);
        session().setAcl(NodePath.ROOT, Acl.OPEN);
        assertRefused(Refusal.NO_AUTH, () -> session().delete(A_B));
    }

    @Proves("zk.A10")
    default void deleteOnTheParentIsNeededToDelete() {
        create(A);
        create(A_B);
        create(A_C);
        session().setAcl(A, List.of(anyone(Acl.DELETE)));
        session().delete(A_B);
        assertRefused(Refusal.NO_AUTH, session(), createAt("/a/d"));
        session().delete(A_C);
    }

    @Proves("zk.A10")
    default void readIsNeededToReadInAnyWay() {
        create(A, anyoneBut(Acl.READ | Acl.ADMIN));
        assertRefused(Refusal.NO_AUTH, () -> session().getData(A));
        assertRefused(Refusal.NO_AUTH, () -> session().getChildren(A));
        assertRefused(Refusal.NO_AUTH, () -> session().getAllChildrenNumber(A));
        assertRefused(Refusal.NO_AUTH, () -> session().getAcl(A));
        assertThat(refusalOf(multi(session(), new Operation.Check("/a", 0)).get(0))).isEqualTo(Refusal.NO_AUTH);
    }

    @Proves("zk.A10")
    default void readAloneIsEnoughToReadInAnyWay() {
        create(A, anyone(Acl.READ));
        session().getData(A);
        session().getChildren(A);
        session().getAllChildrenNumber(A);
        session().getAcl(A);
        assertThat(multi(session(), new Operation.Check("/a", 0))).containsExactly(new Outcome.Checked());
    }

    @Proves("zk.A10")
    default void existsNeedsReadIfTheNodeExists() {
        create(A, anyoneBut(Acl.READ));
        assertRefused(Refusal.NO_AUTH, () -> session().exists(A));
        assertThat(session().exists(A_B)).isEmpty();
    }

    @Proves("zk.A10")
    default void writeIsNeededToSetData() {
        create(A, anyone(Acl.WRITE));
        create(B, anyoneBut(Acl.WRITE));
        session().setData(A, data("x"));
        assertRefused(Refusal.NO_AUTH, () -> session().setData(B, data("x")));
    }

    @Proves("zk.A10")
    default void adminIsNeededToSetTheAcl() {
        create(A, anyone(Acl.ADMIN));
        create(B, anyoneBut(Acl.ADMIN));
        session().setAcl(A, Acl.OPEN);
        assertRefused(Refusal.NO_AUTH, () -> session().setAcl(B, Acl.OPEN));
    }

    @Proves("zk.A10")
    default void syncAndWatchesAndWhoAmINeedNothing() {
        create(A, anyone(0));
        session().sync(A);
        session().whoAmI();
        session().getEphemerals();
        session().addWatch(A, WatchMode.PERSISTENT, event -> {});
        session().addWatch(A, WatchMode.PERSISTENT_RECURSIVE, event -> {});
        session().removeWatches(A, WatchKind.ANY);
    }

    @Proves("zk.A11")
    default void aReaderWithoutAdminSeesNoDigestHashes() {
        session().create(A, Bytes.EMPTY, CreateMode.PERSISTENT,
                List.of(anyone(Acl.READ), new Acl(Acl.ALL, digest("bob", "b"))));
        assertThat(session().getAcl(A).acl())
                .containsExactlyInAnyOrder(anyone(Acl.READ), Acl.of(Acl.ALL, "digest", "bob:x"));
        assertThat(fresh(as("bob", "b")).getAcl(A).acl())
                .containsExactlyInAnyOrder(anyone(Acl.READ), new Acl(Acl.ALL, digest("bob", "b")));
    }

    @Proves("zk.A12")
    default void aclsAreNotInherited() {
        create(A, anyoneBut(Acl.WRITE));
        create(A_B);
        assertThat(session().getAcl(A_B).acl()).isEqualTo(Acl.OPEN);
        session().setData(A_B, data("x"));
        session().setAcl(A, List.of(anyone(Acl.ADMIN)));
        assertThat(session().getData(A_B).text()).isEqualTo("x");
    }

    @Proves("zk.A12")
    default void entriesGivenTwiceAreStoredOnce() {
        create(A, anyone(Acl.READ), anyone(Acl.ADMIN), anyone(Acl.READ), anyone(Acl.ADMIN));
        assertThat(session().getAcl(A).acl()).containsExactlyInAnyOrder(anyone(Acl.READ), anyone(Acl.ADMIN));
    }

    @Proves("zk.A13")
    default void whoAmINamesTheUserNotTheHash() {
        List<Identity> atFirst = session().whoAmI();
        session().addAuth("digest", data("bob:b"));
        session().addAuth("digest", data("eve:e"));
        assertThat(session().whoAmI())
                .contains(new Identity("digest", "bob"), new Identity("digest", "eve"))
                .containsAll(atFirst)
                .hasSize(atFirst.size() + 2);
        door().address().ifPresent(address -> assertThat(atFirst).contains(address));
    }
}

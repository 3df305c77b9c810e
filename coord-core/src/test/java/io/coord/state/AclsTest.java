package io.coord.state;

import static io.coord.state.Scene.ALICE;
import static io.coord.state.Scene.BOB;
import static io.coord.state.Scene.SUPER;
import static io.coord.state.Scene.create;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.coord.Acl;
import io.coord.AclStat;
import io.coord.Bytes;
import io.coord.CreateMode;
import io.coord.Identity;
import io.coord.Operation;
import io.coord.Outcome;
import io.coord.Refusal;
import io.coord.RejectedException.NoAuthException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("access control")
class AclsTest {

    private static final Identity LOCAL = new Identity("ip", "127.0.0.1");

    private final Scene scene = new Scene();

    // ---- who is granted what

    @ParameterizedTest
    @CsvSource({
        "1, 1, true", "1, 2, false", "31, 16, true", "0, 1, false", "16, 17, true", "1, 17, true", "14, 17, false",
        "2, 2, true", "4, 4, true", "8, 8, true", "7, 8, false"
    })
    @DisplayName("zk.A1 any of the bits is enough")
    void anyOfTheBitsIsEnough(int granted, int wanted, boolean allowed) {
        List<Acl> acl = List.of(new Acl(granted, ALICE));
        assertThat(Acls.allows(acl, wanted, List.of(BOB, ALICE))).isEqualTo(allowed);
        assertThat(new AccessList(acl).allows(wanted, List.of(BOB, ALICE))).isEqualTo(allowed);
        List<Acl> anyone = List.of(new Acl(granted, Identity.ANYONE));
        assertThat(Acls.allows(anyone, wanted, List.of())).isEqualTo(allowed);
        assertThat(new AccessList(anyone).allows(wanted, List.of())).isEqualTo(allowed);
    }

    @Test
    @DisplayName("zk.A1 any entry that names one of the identities")
    void anyEntryThatNamesOneOfTheIdentities() {
        List<Acl> acl = List.of(new Acl(Acl.READ, ALICE), new Acl(Acl.WRITE, BOB));

        assertThat(Acls.allows(acl, Acl.WRITE, List.of(ALICE))).isFalse();
        assertThat(Acls.allows(acl, Acl.WRITE, List.of(ALICE, BOB))).isTrue();
        assertThat(Acls.allows(acl, Acl.READ, List.of())).isFalse();
    }

    @Test
    @DisplayName("zk.A2 super passes every check, and an empty list lets everybody pass")
    void superPassesEveryCheck() {
        assertThat(Acls.allows(List.of(new Acl(0, ALICE)), Acl.ADMIN, List.of(SUPER))).isTrue();
        assertThat(new AccessList(List.of(new Acl(0, ALICE))).allows(Acl.ADMIN, List.of(SUPER))).isTrue();
        assertThat(Acls.allows(List.of(), Acl.ADMIN, List.of())).isTrue();
        assertThat(new AccessList(List.of()).allows(Acl.ADMIN, List.of())).isTrue();
    }

    @Test
    @DisplayName("zk.A2 super may set the config node, skipAcl lets everybody")
    void skipAclDisablesAllChecks() {
        Scene.Client client = scene.open(1);
        assertThat(scene.open(2, SUPER).write(Scene.set("/zookeeper/config", "x"))).isInstanceOf(Outcome.DataSet.class);
        scene.apply(new Command.Configure(Settings.DEFAULT.withSkipAcl(true)));

        assertThat(client.write(Scene.set("/zookeeper/config", "y"))).isInstanceOf(Outcome.DataSet.class);
    }

    @Test
    @DisplayName("zk.A3 permissions 0 for everybody make a node unreadable")
    void permissionsZeroMakeANodeUnreadable() {
        Scene.Client client = scene.open(1);
        client.write(create("/a", List.of(new Acl(0, Identity.ANYONE))));

        assertThatThrownBy(() -> scene.state.root().getData("/a", client.reader())).isInstanceOf(NoAuthException.class);
    }

    @Test
    @DisplayName("zk.A2 scheme super wins even over the scheme a list names")
    void anIdOfAnotherSchemeDoesNotMatch() {
        List<Acl> acl = List.of(Acl.of(Acl.ALL, "sasl", "alice"));

        assertThat(Acls.allows(acl, Acl.READ, List.of(new Identity("digest", "alice")))).isFalse();
        assertThat(Acls.allows(acl, Acl.READ, List.of(new Identity("sasl", "alice")))).isTrue();
    }

    @Test
    @DisplayName("zk.A7 a pass counts for the user of SASL it names, one without a name for any, neither for anybody else, and neither is shown or stored")
    void passes() {
        List<Acl> acl = List.of(Acl.of(Acl.ALL, "sasl", "alice"));
        Identity one = new Identity("sasl-pass", "alice");
        Identity any = new Identity("sasl-pass", "");

        assertThat(Acls.allows(acl, Acl.READ, List.of(one))).isTrue();
        assertThat(Acls.allows(acl, Acl.READ, List.of(any))).isTrue();
        assertThat(Acls.allows(List.of(Acl.of(Acl.ALL, "sasl", "bob")), Acl.READ, List.of(one))).isFalse();
        assertThat(Acls.allows(List.of(Acl.of(Acl.ALL, "digest", "alice")), Acl.READ, List.of(one, any))).isFalse();
        assertThat(Acls.shown(List.of(one, new Identity("sasl", "carol"), any))).containsExactly(new Identity("sasl", "carol"));
        assertThat(Acls.violation(List.of(Acl.of(Acl.ALL, "auth", "")), List.of(one, any))).isPresent();
        assertThat(Acls.violation(List.of(Acl.of(Acl.ALL, "sasl-pass", "alice")), List.of(one))).isPresent();
    }

    // ---- which lists may be stored

    @ParameterizedTest
    @CsvSource({
        "world, anyone, true", "world, foo, false", "world, '', false",
        "digest, a:b, true", "digest, a, false", "digest, a:b:c, false", "digest, :b, true", "digest, a:, false",
        "digest, '', false", "digest, :, false", "digest, a:b::, true", "digest, a::b, false", "digest, ::b, false",
        "sasl, alice, true", "sasl, alice@R, true", "sasl, alice/host@R, true", "sasl, a@b@c, false",
        "sasl, alice@R/x, false", "sasl, a/b/c@R, false", "sasl, @a@b, false",
        "x509, CN=a, true", "x509, '', false", "x509, nonsense, false", "x509, =a, false",
        "nosuch, x, false", "super, x, false", "'', x, false", "auth, anything, false"
    })
    @DisplayName("zk.C5 zk.A3 zk.A5 zk.A7 ids are judged by their scheme")
    void idsAreJudgedByTheirScheme(String scheme, String id, boolean valid) {
        assertThat(Acls.violation(List.of(Acl.of(Acl.ALL, scheme, id)), List.of(LOCAL)).isEmpty()).isEqualTo(valid);
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "127.0.0.1", "10.0.0.0/8", "10.0.0.0/0", "10.0.0.0/32", "::1", "fe80::1/64", "::/0", "1:2:3:4:5:6:7:8",
        "::ffff:10.0.0.1", "1:2:3:4:5:6:10.0.0.1", "2001:DB8::/128", "1::", "1:2:3:4:5:6:7::"
    })
    @DisplayName("zk.A6 addresses and ranges of both families are valid")
    void addressesAndRangesAreValid(String id) {
        assertThat(Acls.violation(List.of(Acl.of(Acl.ALL, "ip", id)), List.of())).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "", "localhost", "1.2.3", "1.2.3.4.5", "1.2.3.256", "1.2.3.-4", "1.2.3.4/33", "1.2.3.4/-1", "1.2.3.4/", "1.2.3.4/x",
        "/8", ":::", "1::2::3", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "12345::", "::1/129", "::g", "1:2:3:4:5:6:7:1.2.3.4",
        "1.2.3.4:", "::1.2.3", "1.2.3.\u0664", ":1", "1:", "1:2:3:4:5:6:7:8:", "1.2.3.4/8/8", "1..2.3",
        "1:2:3:4::5:6:7:8"
    })
    @DisplayName("zk.A6 bad text is no address")
    void badTextIsNoAddress(String id) {
        assertThat(Acls.violation(List.of(Acl.of(Acl.ALL, "ip", id)), List.of())).isPresent();
    }

    @ParameterizedTest
    @CsvSource({
        "10.1.2.3, 10.1.2.3, true", "10.1.2.3, 10.1.2.4, false", "10.1.0.0/16, 10.1.255.3, true",
        "10.1.0.0/16, 10.2.0.0, false", "10.1.255.255/16, 10.1.0.0, true", "0.0.0.0/0, 1.2.3.4, true",
        "128.0.0.0/1, 129.0.0.0, true", "128.0.0.0/1, 127.0.0.0, false", "10.1.2.252/31, 10.1.2.253, true",
        "10.1.2.252/31, 10.1.2.254, false", "::1, 0:0:0:0:0:0:0:1, true", "2001:db8::/32, 2001:DB8:1::9, true",
        "2001:db8::/32, 2001:db9::1, false", "::/0, 1.2.3.4, false", "0.0.0.0/0, ::1, false",
        "::ffff:1.2.3.4, ::ffff:102:304, true", "10.0.0.0/8, garbage, false", "garbage, garbage, true",
        "10.0.0.0/33, 10.0.0.0, false"
    })
    @DisplayName("zk.A6 an address matches by its leading bits")
    void anAddressMatchesByItsLeadingBits(String range, String address, boolean matches) {
        List<Acl> acl = List.of(Acl.of(Acl.READ, "ip", range));

        assertThat(Acls.allows(acl, Acl.READ, List.of(new Identity("ip", address)))).isEqualTo(matches);
    }

    @Test
    @DisplayName("zk.C5 an empty list is invalid")
    void anEmptyListIsInvalid() {
        assertThat(Acls.violation(List.of(), List.of(ALICE))).isPresent();
    }

    @Test
    @DisplayName("zk.A4 auth becomes one entry for each authenticated identity, of which ip is none")
    void authBecomesTheWritersIdentities() {
        Identity x509 = new Identity("x509", "CN=a");
        Identity sasl = new Identity("sasl", "alice");
        List<Identity> identities = List.of(LOCAL, ALICE, x509, sasl, SUPER);
        List<Acl> wanted = List.of(new Acl(Acl.READ, Identity.ANYONE), Acl.of(Acl.ALL, "auth", "ignored"));

        assertThat(Acls.violation(wanted, identities)).isEmpty();
        assertThat(Acls.expanded(wanted, identities))
                .containsExactly(
                        new Acl(Acl.READ, Identity.ANYONE),
                        new Acl(Acl.ALL, ALICE),
                        new Acl(Acl.ALL, x509),
                        new Acl(Acl.ALL, sasl));
        assertThat(Acls.violation(wanted, List.of(LOCAL, SUPER))).isPresent();
    }

    @Test
    @DisplayName("zk.A4 the ACL is expanded with the identities of the write")
    void theAclIsExpandedAsItIsStored() {
        Scene.Client client = scene.open(1, LOCAL, ALICE, BOB);
        client.write(create("/a", Acl.CREATOR_ALL));
        client.write(create("/b"));
        client.write(Scene.setAcl("/b", Acl.CREATOR_ALL));

        List<Acl> both = List.of(new Acl(Acl.ALL, ALICE), new Acl(Acl.ALL, BOB));
        assertThat(scene.state.root().acl("/a")).isEqualTo(both);
        assertThat(scene.state.root().acl("/b")).isEqualTo(both);
    }

    @Test
    @DisplayName("zk.A12 duplicates are removed, ACLs are not inherited")
    void duplicatesAreRemoved() {
        Scene.Client client = scene.open(1, ALICE);
        Acl read = new Acl(Acl.READ, Identity.ANYONE);
        client.write(create("/a", List.of(new Acl(Acl.ALL, ALICE), read, read, new Acl(Acl.ALL, ALICE))));
        client.create("/a/b");

        assertThat(scene.state.root().acl("/a")).containsExactly(new Acl(Acl.ALL, ALICE), read);
        assertThat(scene.state.root().acl("/a/b")).isEqualTo(Acl.OPEN);
    }

    @Test
    @DisplayName("rule.9 zk.C5 a list has at most so many entries, those that auth stands for counted each: no more are stored or made")
    void aListHasAtMostSoManyEntries() {
        Scene.Client client = scene.open(1, digests(100, 0));
        List<Acl> most = auths(10);
        List<Acl> tooMany = auths(11);
        client.write(create("/most", most));

        assertThat(scene.state.root().acl("/most")).hasSize(1_000);
        assertThat(refusal(client.write(create("/a", tooMany)))).isEqualTo(Refusal.INVALID_ACL);
        assertThat(refusal(client.write(Scene.setAcl("/most", tooMany)))).isEqualTo(Refusal.INVALID_ACL);
        assertThat(refusal(client.write(create("/a", Collections.nCopies(1_001, new Acl(Acl.ALL, ALICE))))))
                .isEqualTo(Refusal.INVALID_ACL);
        assertThat(scene.state.root().acl("/most")).hasSize(1_000);
        assertThat(scene.has("/a")).isFalse();
    }

    @Test
    @DisplayName("rule.9 zk.C5 what auth stands for has at most so many bytes, all steps of a transaction together")
    void whatAuthStandsForHasAtMostSoManyBytes() {
        Scene.Client client = scene.open(1, digests(1, 1_000_000));
        Operation.Step<?>[] steps = new Operation.Step<?>[5];
        for (int i = 0; i < steps.length; i++) {
            steps[i] = create("/n" + i, auths(1));
        }
        client.write(create("/most", auths(4)));

        assertThat(refusal(client.write(create("/a", auths(5))))).isEqualTo(Refusal.INVALID_ACL);
        assertThat(refusal(client.write(Scene.setAcl("/most", auths(5))))).isEqualTo(Refusal.INVALID_ACL);
        Outcome.Multi multi = (Outcome.Multi) client.write(Scene.multi(steps));
        assertThat(refusal(multi.results().get(4))).isEqualTo(Refusal.INVALID_ACL);
        assertThat(scene.has("/n0")).isFalse();
        assertThat(scene.state.root().acl("/most")).hasSize(4);
    }

    private static Identity[] digests(int count, int userLength) {
        Identity[] identities = new Identity[count];
        for (int i = 0; i < count; i++) {
            identities[i] = new Identity("digest", "u" + i + "x".repeat(userLength) + ":hash");
        }
        return identities;
    }

    private static List<Acl> auths(int count) {
        return IntStream.rangeClosed(1, count).mapToObj(permissions -> Acl.of(permissions, "auth", "")).toList();
    }

    private static Refusal refusal(Outcome outcome) {
        return ((Outcome.Refused) outcome).refusal();
    }

    @Test
    @DisplayName("zk.A1 zk.M3 a transaction asks each list whom it grants what, however long it is and however often")
    void aTransactionAsksEachLongListOnItsOwn() {
        List<Acl> mayCreate = new ArrayList<>();
        List<Acl> mayDelete = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            mayCreate.add(Acl.of(Acl.ALL, "digest", "u" + i + ":hash"));
            mayDelete.add(Acl.of(Acl.ALL, "digest", "u" + i + ":hash"));
        }
        mayCreate.add(new Acl(Acl.CREATE, BOB));
        mayDelete.add(new Acl(Acl.DELETE, BOB));
        Scene.Client client = scene.open(1, BOB);
        client.write(create("/create", mayCreate));
        client.write(create("/delete"));
        client.write(create("/delete/a"));
        client.write(create("/delete/b"));
        client.write(Scene.setAcl("/delete", mayDelete));

        Operation.Step<?> delete = Scene.delete("/delete/a");
        assertThat(((Outcome.Multi) client.write(Scene.multi(create("/create/a"), delete, create("/create/b")))).results())
                .noneMatch(Outcome.Refused.class::isInstance);
        assertThat(((Outcome.Multi) client.write(Scene.multi(create("/create/c"), Scene.delete("/delete/b"), Scene.delete("/create/a"))))
                        .results()
                        .get(2))
                .extracting(outcome -> ((Outcome.Refused) outcome).refusal())
                .isEqualTo(Refusal.NO_AUTH);
        assertThat(((Outcome.Multi) client.write(Scene.multi(Scene.delete("/delete/b"), create("/delete/c")))).results().get(1))
                .extracting(outcome -> ((Outcome.Refused) outcome).refusal())
                .isEqualTo(Refusal.NO_AUTH);
    }

    @Test
    @DisplayName("zk.A5 the digest identity is the one ZooKeeper makes")
    void theDigestIdentityIsTheOneZooKeeperMakes() {
        assertThat(Acls.digestIdentity("super:test")).isEqualTo(new Identity("digest", "super:D/InIHSb7yEEbrWz8b9l71RjZJU="));
        assertThat(Acls.digestIdentity("a:b:c").id()).startsWith("a:");
        assertThat(Acls.digestIdentity("nocolon").id()).startsWith("nocolon:");
    }

    @Test
    @DisplayName("zk.A5 zk.A13 whoAmI shows of a digest id only the user")
    void whoAmIShowsOfADigestIdOnlyTheUser() {
        List<Identity> shown = scene.state.root().read(new Operation.WhoAmI(), new Reader(1, List.of(LOCAL, ALICE)));

        assertThat(shown).containsExactly(LOCAL, new Identity("digest", "alice"));
    }

    // ---- which permission an operation needs (zk.A10)

    @ParameterizedTest(name = "zk.A10 {0} needs {1}")
    @CsvSource({
        "getData, 1", "getChildren, 1", "getAllChildrenNumber, 1", "exists, 1", "check, 1", "setData, 2", "create, 4",
        "delete, 8", "setAcl, 16", "getAcl, 17"
    })
    void eachOperationNeedsItsPermission(String operation, int needed) {
        Scene.Client owner = scene.open(1, ALICE);
        Scene.Client other = scene.open(2, BOB);
        for (int granted = 0; granted <= Acl.ALL; granted++) {
            String path = "/n" + granted;
            owner.write(create(path));
            owner.write(create(path + "/old"));
            owner.write(Scene.setAcl(path, List.of(new Acl(Acl.ALL, ALICE), new Acl(granted, BOB))));

            assertThat(isAllowed(other, operation, path)).as("granted %d", granted).isEqualTo((granted & needed) != 0);
        }
    }

    private boolean isAllowed(Scene.Client client, String operation, String path) {
        return switch (operation) {
            case "getData" -> isAllowed(client, new Operation.GetData(path));
            case "getChildren" -> isAllowed(client, new Operation.GetChildren(path));
            case "getAllChildrenNumber" -> isAllowed(client, new Operation.GetAllChildrenNumber(path));
            case "exists" -> isAllowed(client, new Operation.Exists(path));
            case "getAcl" -> isAllowed(client, new Operation.GetAcl(path));
            case "check" -> isDone(client.write(new Operation.Check(path, -1)));
            case "setData" -> isDone(client.write(Scene.set(path, "x")));
            case "create" -> isDone(client.write(create(path + "/new")));
            case "delete" -> isDone(client.write(Scene.delete(path + "/old")));
            case "setAcl" -> isDone(client.write(Scene.setAcl(path, Acl.OPEN)));
            default -> throw new AssertionError(operation);
        };
    }

    private boolean isAllowed(Scene.Client client, Operation.Read<?> read) {
        try {
            scene.state.root().read(read, client.reader());
            return true;
        } catch (NoAuthException e) {
            return false;
        }
    }

    private static boolean isDone(Outcome outcome) {
        if (outcome instanceof Outcome.Refused refused) {
            assertThat(refused.refusal()).isEqualTo(Refusal.NO_AUTH);
            return false;
        }
        return true;
    }

    @Test
    @DisplayName("zk.A10 exists needs READ only if the node exists; getEphemerals and whoAmI need nothing")
    void existsNeedsReadOnlyIfTheNodeExists() {
        Reader nobody = new Reader(9, List.of());
        scene.open(1, ALICE).write(create("/a", Acl.CREATOR_ALL));

        assertThat(scene.state.root().read(new Operation.Exists("/none"), nobody)).isEmpty();
        assertThatThrownBy(() -> scene.state.root().read(new Operation.Exists("/a"), nobody))
                .isInstanceOf(NoAuthException.class);
        assertThatCode(() -> scene.state.root().read(new Operation.GetEphemerals(""), nobody)).doesNotThrowAnyException();
    }

    @Test
    @DisplayName("zk.A11 without ADMIN getACL masks digest ids")
    void withoutAdminDigestIdsAreMasked() {
        Scene.Client alice = scene.open(1, ALICE);
        List<Acl> acl = List.of(new Acl(Acl.ALL, ALICE), new Acl(Acl.READ, Identity.ANYONE), Acl.of(2, "sasl", "u:v"));
        alice.write(create("/a", acl));

        AclStat seen = scene.state.root().read(new Operation.GetAcl("/a"), new Reader(2, List.of()));
        assertThat(seen.acl())
                .containsExactly(
                        Acl.of(Acl.ALL, "digest", "alice:x"), new Acl(Acl.READ, Identity.ANYONE), Acl.of(2, "sasl", "u:v"));
        assertThat(scene.state.root().read(new Operation.GetAcl("/a"), alice.reader()).acl()).isEqualTo(acl);
    }

    @Test
    @DisplayName("zk.A5 zk.A11 zk.A13 the hash of a digest id with an empty user is hidden too")
    void theHashOfAnEmptyUserIsHidden() {
        Identity nobody = new Identity("digest", ":hash");

        assertThat(Acls.masked(List.of(new Acl(Acl.READ, nobody)))).containsExactly(Acl.of(Acl.READ, "digest", ":x"));
        assertThat(Acls.shown(List.of(nobody))).containsExactly(new Identity("digest", ""));
    }

    @Test
    @DisplayName("zk.A9 a write is judged by the identities it was made with")
    void aWriteIsJudgedByItsOwnIdentities() {
        Scene.Client client = scene.open(1, ALICE);
        client.write(create("/a", Acl.CREATOR_ALL));
        client.identities = List.of();

        assertThat(isDone(client.write(Scene.set("/a", "x")))).isFalse();
        client.identities = List.of(ALICE);
        assertThat(isDone(client.write(Scene.set("/a", "x")))).isTrue();
    }

    @Test
    void nodesWithEqualAclsShareOneList() {
        Scene.Client client = scene.open(1, ALICE);
        client.write(create("/a", Acl.CREATOR_ALL));
        client.write(new Operation.Create("/b", Bytes.EMPTY, CreateMode.PERSISTENT, List.of(new Acl(Acl.ALL, ALICE)), -1));

        assertThat(scene.state.root().acl("/a")).isSameAs(scene.state.root().acl("/b"));
    }
}

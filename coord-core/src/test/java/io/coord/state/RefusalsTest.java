package io.coord.state;

import static io.coord.state.Scene.ALICE;
import static io.coord.state.Scene.BOB;
import static io.coord.state.Scene.create;
import static org.assertj.core.api.Assertions.assertThat;

import io.coord.Acl;
import io.coord.Bytes;
import io.coord.CreateMode;
import io.coord.Identity;
import io.coord.Operation;
import io.coord.Outcome.Refused;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

@DisplayName("rule.9 the words of a refusal are replicated, and so the same in every version")
class RefusalsTest {

    private final Scene scene = new Scene();

    static Stream<Arguments> refusals() {
        return Stream.of(
                Arguments.of(Scene.ttl("/t", 5), "TTL nodes are switched off; the setting is extendedTypes"),
                Arguments.of(
                        new Operation.Create("/t", Bytes.EMPTY, CreateMode.CONTAINER, Acl.OPEN, 5),
                        "a time to live of 5 ms is not for mode CONTAINER"),
                Arguments.of(create("none"), "not a path: it does not start with /"),
                Arguments.of(
                        create("/x", List.of()),
                        "the access control list is empty; it needs an entry, such as world:anyone"),
                Arguments.of(create("/none/a/b"), "its parent /none/a does not exist; create that first"),
                Arguments.of(
                        create("/alices/x"),
                        "needs CREATE on the parent /alices, which its ACL grants to none of the session's 1 identities [digest]"),
                Arguments.of(create("/full"), "the node exists already; set its data, or create it elsewhere"),
                Arguments.of(create("/full/e/x"), "its parent /full/e is ephemeral and may not have children"),
                Arguments.of(
                        create("/q/x"), "the hard quota of /q allows 1 nodes, this would make it 2"),
                Arguments.of(
                        Scene.delete("/zookeeper"), "the node is part of every tree and cannot be deleted"),
                Arguments.of(Scene.delete("/none/a/b"), "no such node, nor its parent /none/a"),
                Arguments.of(Scene.delete("/none"), "no such node"),
                Arguments.of(
                        new Operation.Delete("/full", 7), "its version is 0, not 7 as expected; read it again and decide again"),
                Arguments.of(Scene.delete("/full"), "the node has 1 children; delete those first"),
                Arguments.of(
                        new Operation.SetAcl("/full", Acl.OPEN, 7),
                        "its ACL version is 0, not 7 as expected; read it again and decide again"));
    }

    @ParameterizedTest(name = "{1}")
    @MethodSource("refusals")
    void theWordsAreGiven(Operation.Write<?> write, String words) {
        Scene.Client client = scene.open(1, BOB);
        scene.open(2, ALICE).write(create("/alices", Acl.CREATOR_ALL));
        client.create("/full");
        client.create("/full/e", CreateMode.EPHEMERAL);
        client.create("/q");
        client.create("/zookeeper/quota/q");
        client.write(create("/zookeeper/quota/q/zookeeper_limits", "countHardLimit=1"));
        scene.apply(new Command.Configure(Settings.DEFAULT.withEnforceQuota(true)));

        assertThat(((Refused) client.write(write)).detail()).isEqualTo(words);
    }

    @Test
    void aTimeToLiveOutOfRangeTellsTheRange() {
        scene.apply(new Command.Configure(Settings.DEFAULT.withExtendedTypes(true)));

        assertThat(((Refused) scene.open(1).write(Scene.ttl("/t", 0))).detail())
                .isEqualTo("a time to live of 0 ms is out of range 1 to 1099511627775");
    }

    @Test
    void aSessionWithoutIdentitiesIsToldSo() {
        scene.open(2, ALICE).write(create("/alices", Acl.CREATOR_ALL));

        assertThat(((Refused) scene.open(3).write(Scene.set("/alices", "x"))).detail())
                .isEqualTo("needs WRITE on the node, which its ACL grants to none of the session's identities; it has none");
    }

    @Test
    @DisplayName("rule.9 a refusal is kept by every member, and so is short, whoever asks and by whatever names")
    void ofManyIdentitiesOrLongSchemesAFewAreTold() {
        scene.open(2, ALICE).write(create("/alices", Acl.CREATOR_ALL));
        Identity[] many = new Identity[1_000];
        Arrays.setAll(many, i -> new Identity("digest", "u" + i + ":hash"));
        String digests = "digest, ".repeat(10);

        assertThat(((Refused) scene.open(3, many).write(Scene.set("/alices", "x"))).detail())
                .isEqualTo("needs WRITE on the node, which its ACL grants to none of the session's 1000 identities [" + digests + "...]");
        assertThat(((Refused) scene.open(4, new Identity("s".repeat(1_000), "")).write(Scene.set("/alices", "x"))).detail())
                .isEqualTo("needs WRITE on the node, which its ACL grants to none of the session's 1 identities ["
                        + "s".repeat(100) + "...]");
        assertThat(((Refused) scene.open(5).write(create("/x", List.of(Acl.of(Acl.ALL, "s".repeat(1_000), ""))))).detail())
                .isEqualTo("scheme " + "s".repeat(100) + "... is unknown; schemes are world, auth, digest, ip, x509 and sasl");
    }
}

package io.coord.testkit.badinput;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.coord.Acl;
import io.coord.Bytes;
import io.coord.CreateMode;
import io.coord.Ensemble;
import io.coord.MemberConfig;
import io.coord.MemberId;
import io.coord.NodePath;
import io.coord.Operation;
import io.coord.Session;
import io.coord.WatchKind;
import io.coord.ensemble.Member;
import io.coord.storage.MemoryStorage;
import io.coord.testkit.LocalEnsemble;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** A table of wrong calls and configurations: each message says what was wrong, what was seen, and what to do. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class BadInputTest {

    private static final Ensemble ALONE = Ensemble.parse("1=localhost:7100");

    @TempDir
    Path directory;

    private LocalEnsemble ensemble;
    private Session session;

    @BeforeAll
    void start() {
        ensemble = LocalEnsemble.builder()
                .members(1)
                .config(MemberConfig.DEFAULT.withExtendedTypes(true))
                .start();
        session = ensemble.openSession();
        session.create(NodePath.of("/a"), Bytes.utf8("x"), CreateMode.PERSISTENT);
        session.create(NodePath.of("/a/b"), Bytes.utf8("x"), CreateMode.PERSISTENT);
        session.create(NodePath.of("/locked"), null, CreateMode.PERSISTENT, Acl.READ_ONLY);
        session.create(NodePath.of("/short"), null, CreateMode.EPHEMERAL);
    }

    @AfterAll
    void stop() {
        ensemble.close();
    }

    private static Arguments row(String wrong, ThrowingCallable call, String... says) {
        return Arguments.of(wrong, call, List.of(says));
    }

    private static MemberConfig config(String key, String value) {
        return MemberConfig.from(Map.of(key, value));
    }

    private static Operation.Create create(String path, CreateMode mode, List<Acl> acl, long ttl) {
        return new Operation.Create(path, Bytes.EMPTY, mode, acl, ttl);
    }

    Stream<Arguments> wrongs() {
        return Stream.of(
                // --- ensembles
                row("an even ensemble", () -> Ensemble.parse("1=a:1, 2=b:1"), "COORD-1002", "2", "3"),
                row("an ensemble of four", () -> Ensemble.parse("1=a:1, 2=b:1, 3=c:1, 4=d:1"), "COORD-1002", "3 or 5"),
                row("an even ensemble in a test", () -> LocalEnsemble.of(2), "COORD-1002"),
                row("a duplicate id", () -> Ensemble.parse("1=a:1, 1=b:1, 2=c:1"), "COORD-1016"),
                row("a duplicate address", () -> Ensemble.parse("1=a:1, 2=a:1, 3=c:1"), "COORD-1017", "a:1"),
                row("no voter", () -> Ensemble.parse("1=a:1:observer"), "COORD-1011"),
                row("an empty ensemble", () -> Ensemble.parse(""), "COORD-1011"),
                row("a member without a port", () -> Ensemble.parse("1=a"), "COORD-1012", "host:peerPort"),
                row("a member's id too large", () -> Ensemble.parse("300=a:1"), "COORD-1013", "255"),
                row("a host that is none", () -> Ensemble.parse("1=::1:7100"), "COORD-101"),
                row("a port too large", () -> Ensemble.parse("1=a:70000"), "COORD-1015", "65535"),
                row("nine voters",
                        () -> Ensemble.parse("1=a:1,2=b:1,3=c:1,4=d:1,5=e:1,6=f:1,7=g:1,8=h:1,9=i:1"), "COORD-1018", "7"),
                row("a member id of zero", () -> MemberId.of(0), "member id 0", "1 to 255"),
                // --- configuration
                row("an unknown key", () -> config("elecTimeout", "1s"), "COORD-1009", "electionTimeout"),
                row("a duration that is none", () -> config("electionTimeout", "soon"), "COORD-1020", "soon"),
                row("a size that is none", () -> config("maxDataBytes", "big"), "COORD-1021", "big"),
                row("a number that is none", () -> config("snapshotEntries", "many"), "COORD-1022", "many"),
                row("a switch that is none", () -> config("skipAcl", "perhaps"), "COORD-1023", "perhaps"),
                row("a value out of range", () -> config("electionTimeout", "1ms"), "COORD-1024"),
                row("values at odds", () -> MemberConfig.from(Map.of("heartbeat", "200ms", "electionTimeout", "300ms")),
                        "COORD-1025", "heartbeat"),
                // --- starting a member
                row("a member not in its ensemble", () -> Member.builder(MemberId.of(2), ALONE).start(), "COORD-1019", "2"),
                row("three members without a transport",
                        () -> Member.builder(MemberId.of(1), Ensemble.parse("1=a:1, 2=b:1, 3=c:1")).start(),
                        "COORD-1053", "ransport"),
                row("two memories",
                        () -> Member.builder(MemberId.of(1), ALONE)
                                .dataDirectory(directory)
                                .storage(new MemoryStorage())
                                .start(),
                        "a data directory and a storage", "name one of them"),
                row("a file in place of the directory", () -> startAt(file("plain")), "plain"),
                row("the directory of another member", () -> startAt(anothers()), "COORD-1003", "member"),
                row("a directory in use", this::startTwice, "COORD-1064"),
                row("a directory with other things", () -> startAt(strangers()), "COORD-1063"),
                row("an unknown member is killed", () -> ensemble.kill(MemberId.of(9)), "no member 9", "[1]"),
                // --- paths
                row("a relative path", () -> NodePath.of("a"), "does not start with /", "\"a\""),
                row("an empty path", () -> NodePath.of(""), "it is empty"),
                row("a trailing slash", () -> NodePath.of("/a/"), "ends with /"),
                row("an empty element", () -> NodePath.of("/a//b"), "empty element", "position 3"),
                row("a relative element", () -> NodePath.of("/a/../b"), "relative element", "position 3"),
                row("a control character", () -> NodePath.of("/a\u0001"), "U+0001", "position 2"),
                row("the root's parent", () -> NodePath.ROOT.parent(), "no parent"),
                // --- requests
                row("a missing node", () -> session.getData(NodePath.of("/no")), "NO_NODE", "/no"),
                row("a missing parent", () -> session.create(NodePath.of("/no/x"), null, CreateMode.PERSISTENT),
                        "NO_NODE", "parent /no"),
                row("a node that exists", () -> session.create(NodePath.of("/a"), null, CreateMode.PERSISTENT),
                        "NODE_EXISTS", "/a"),
                row("a version passed by", () -> session.setData(NodePath.of("/a"), null, 7), "BAD_VERSION", "7", "0"),
                row("a node with children", () -> session.delete(NodePath.of("/a")), "NOT_EMPTY", "/a", "1"),
                row("a node nobody may create under",
                        () -> session.create(NodePath.of("/locked/x"), null, CreateMode.PERSISTENT), "NO_AUTH", "CREATE"),
                row("a child of an ephemeral",
                        () -> session.create(NodePath.of("/short/x"), null, CreateMode.PERSISTENT),
                        "NO_CHILDREN_FOR_EPHEMERALS", "/short"),
                row("an empty access control list",
                        () -> session.submit(create("/x", CreateMode.PERSISTENT, List.of(), -1)), "INVALID_ACL", "empty"),
                row("an unknown scheme",
                        () -> session.create(NodePath.of("/x"), null, CreateMode.PERSISTENT,
                                List.of(Acl.of(Acl.ALL, "ldap", "me"))),
                        "INVALID_ACL", "ldap", "digest"),
                row("a time to live of zero",
                        () -> session.submit(create("/x", CreateMode.PERSISTENT_WITH_TTL, Acl.OPEN, 0)), "BAD_ARGUMENTS"),
                row("a raw path that is none",
                        () -> session.submit(create("x", CreateMode.PERSISTENT, Acl.OPEN, -1)), "BAD_ARGUMENTS", "/"),
                row("data too large",
                        () -> session.setData(NodePath.of("/a"), Bytes.wrap(new byte[2 << 20])),
                        "COORD-1005", "2097152", "maxDataBytes"),
                row("a path too deep", () -> session.create(NodePath.of("/d".repeat(600)), null, CreateMode.PERSISTENT),
                        "COORD-1030", "maxPathDepth"),
                row("a watch that is not there", () -> session.removeWatches(NodePath.of("/a"), WatchKind.DATA),
                        "NO_WATCHER", "/a"),
                row("credentials of an unknown scheme", () -> session.addAuth("ldap", Bytes.EMPTY), "AUTH_FAILED", "digest"),
                row("exists in a multiRead",
                        () -> new Operation.MultiRead(List.of(new Operation.Exists("/a"))), "getData and getChildren only"),
                row("a step of a transaction refused",
                        () -> session.transaction().check(NodePath.of("/a"), 5).commit(), "BAD_VERSION", "step 0"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("wrongs")
    void isToldWhatIsWrongAndWhatToDo(String wrong, ThrowingCallable call, List<String> says) {
        Throwable thrown = catchThrowable(call);
        assertThat(thrown).as(wrong).isNotNull();
        assertThat(thrown.getMessage()).as("%s: %s", wrong, thrown.getClass().getSimpleName()).contains(says);
        assertThat(thrown.getMessage().length()).as("a sentence, not a word: %s", thrown.getMessage()).isGreaterThan(20);
    }

    @Test
    void atLeastThirtyMessagesAreDistinct() {
        List<String> messages = wrongs()
                .map(row -> String.valueOf(catchThrowable((ThrowingCallable) row.get()[1]).getMessage()))
                .distinct()
                .toList();
        assertThat(messages).hasSizeGreaterThanOrEqualTo(30);
    }

    // --- directories

    private Path file(String name) throws IOException {
        Path file = directory.resolve(name);
        return Files.exists(file) ? file : Files.writeString(file, "no directory");
    }

    private Path anothers() throws IOException {
        Path path = Files.createDirectories(directory.resolve("others-" + System.nanoTime()));
        Ensemble other = Ensemble.parse("2=localhost:7200");
        try (Member member = Member.builder(MemberId.of(2), other).dataDirectory(path).start();
                Session opened = member.openSession(Duration.ofSeconds(10))) {
            assertThat(opened.exists(NodePath.ROOT)).isPresent();
        }
        return path;
    }

    private Path strangers() throws IOException {
        Path path = Files.createDirectories(directory.resolve("strangers-" + System.nanoTime()));
        Files.writeString(path.resolve("thesis.tex"), "not ours");
        return path;
    }

    private static void startAt(Path path) {
        Member.builder(MemberId.of(1), ALONE).dataDirectory(path).start().close();
    }

    private void startTwice() throws IOException {
        Path path = Files.createDirectories(directory.resolve("used-" + System.nanoTime()));
        try (Member first = Member.builder(MemberId.of(1), ALONE).dataDirectory(path).start()) {
            assertThat(first.id()).isEqualTo(MemberId.of(1));
            startAt(path);
        }
    }
}

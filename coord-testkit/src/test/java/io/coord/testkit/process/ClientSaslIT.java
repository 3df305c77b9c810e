package io.coord.testkit.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.coord.Acl;
import io.coord.AsyncSession;
import io.coord.Bytes;
import io.coord.CreateMode;
import io.coord.Identity;
import io.coord.MemberId;
import io.coord.NodePath;
import io.coord.Operation;
import io.coord.Refusal;
import io.coord.RejectedException;
import io.coord.Session;
import io.coord.SessionEvent;
import io.coord.SessionState;
import io.coord.WatchEvent;
import io.coord.WatchMode;
import io.coord.netty.ZooKeeperClient;
import io.coord.netty.ZooKeeperServer;
import io.coord.testkit.FaultProxy;
import io.coord.testkit.LocalEnsemble;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@link ZooKeeperClient} proves itself by SASL's DIGEST-MD5, to members of ours and to ZooKeeper 3.9 alike; by Kerberos it does in {@link SaslKerberosIT}. */
@Timeout(value = 120, unit = TimeUnit.SECONDS) // which is a JVM's start, and an election, on what may be a busy machine
class ClientSaslIT {

    private static final Map<String, String> USERS = Map.of("ann", "secret of ann", "bob", "secret of bob");
    private static final Identity BOB = new Identity("sasl", "bob");

    @TempDir
    Path directory;

    /** What ends a server as a crash does. */
    private interface Killer {
        void kill(int id) throws Exception;
    }

    /** Three members that answer nobody before its proof. */
    @Test
    void toMembersOfOurs() throws Exception {
        TreeMap<Integer, ZooKeeperServer> doors = new TreeMap<>();
        for (int id = 1; id <= 3; id++) {
            doors.put(id, users(ZooKeeperServer.listeningOn(0).threads(1)).requireAuthentication(Set.of("sasl")));
        }
        try (LocalEnsemble ensemble = LocalEnsemble.builder().members(3).frontEnd(member -> doors.get(member.value())).start()) {
            ensemble.leader();
            TreeMap<Integer, Integer> ports = new TreeMap<>();
            doors.forEach((id, door) -> ports.put(id, door.port()));
            play(ports, id -> ensemble.kill(MemberId.of(id)));
        }
    }

    /** Three servers that answer nobody before its proof. */
    @Test
    void toZooKeeper() throws Exception {
        try (ApacheEnsemble servers = apache(3, "zookeeper.sessionRequireClientSASLAuth=true")) {
            TreeMap<Integer, Integer> ports = new TreeMap<>();
            for (int id = 1; id <= 3; id++) {
                ports.put(id, servers.clientAddress(id).getPort());
            }
            play(ports, servers::kill);
        }
    }

    @Test
    @DisplayName("a server that lets whom it refuses stay as nobody, allowSaslFailedClients, is not taken for one that has accepted")
    void nobodyIsNotWhoItWantedToBe() throws Exception {
        ZooKeeperServer door = users(ZooKeeperServer.listeningOn(0).threads(1)).keepSaslFailed();
        try (LocalEnsemble ours = LocalEnsemble.builder().members(1).frontEnd(member -> door).start();
                ApacheEnsemble theirs = apache(1, "zookeeper.allowSaslFailedClients=true")) {
            ours.leader();
            for (String servers : new String[] {"127.0.0.1:" + door.port(), theirs.connectString()}) {
                isRefused(ZooKeeperClient.to(servers).withSasl("bob", "a guess".toCharArray()), "it answered with nothing");
                try (Session bob = bob(servers).open()) {
                    assertThat(bob.whoAmI()).contains(BOB);
                }
            }
        }
    }

    @Test
    void aServerWithoutSaslIsToldOf() throws Exception {
        ZooKeeperServer door = ZooKeeperServer.listeningOn(0).threads(1);
        try (LocalEnsemble ours = LocalEnsemble.builder().members(1).frontEnd(member -> door).start();
                ApacheEnsemble theirs = new ApacheEnsemble(1, Files.createDirectories(directory.resolve("apache")))) {
            ours.leader();
            for (String servers : new String[] {"127.0.0.1:" + door.port(), theirs.connectString()}) {
                isRefused(bob(servers), "knows no SASL");
            }
        }
    }

    private static ZooKeeperServer users(ZooKeeperServer door) {
        return door.sasl(user -> USERS.containsKey(user) ? USERS.get(user).toCharArray() : null);
    }

    private static ZooKeeperClient bob(String servers) {
        return ZooKeeperClient.to(servers).withSasl("bob", USERS.get("bob").toCharArray());
    }

    private ApacheEnsemble apache(int size, String property) throws Exception {
        Path logins = Files.writeString(directory.resolve("jaas.conf"), """
                Server {
                  org.apache.zookeeper.server.auth.DigestLoginModule required user_ann="secret of ann" user_bob="secret of bob";
                };
                """);
        return new ApacheEnsemble(size, Files.createDirectories(directory.resolve("apache")), List.of(), List.of(
                property, "zookeeper.authProvider.sasl=org.apache.zookeeper.server.auth.SASLAuthenticationProvider",
                "zookeeper.fips-mode=false", "java.security.auth.login.config=" + logins));
    }

    private static void isRefused(ZooKeeperClient client, String why) {
        assertThatThrownBy(client::open)
                .isInstanceOfSatisfying(RejectedException.class, refused -> assertThat(refused.refusal()).isEqualTo(Refusal.AUTH_FAILED))
                .hasMessageContainingAll("COORD-1074", "DIGEST-MD5 as bob", "127.0.0.1:", why)
                .hasMessageNotContainingAny(USERS.get("bob"), "a guess");
    }

    private static void play(Map<Integer, Integer> ports, Killer servers) throws Exception {
        TreeMap<Integer, FaultProxy> links = new TreeMap<>();
        ports.forEach((id, port) -> links.put(id, FaultProxy.to(port)));
        String all = ports.values().stream().map(port -> "127.0.0.1:" + port).collect(Collectors.joining(","));
        try (Session ann = ZooKeeperClient.to(all).withSasl("ann", USERS.get("ann").toCharArray()).open();
                Session bob = bob(links.values().stream().map(link -> "127.0.0.1:" + link.port()).collect(Collectors.joining(","))).open()) {
            whatItIsAndMayDo(ann, bob);
            isRefused(ZooKeeperClient.to(all).withSasl("bob", "a guess".toCharArray()), "it answered error -124");
            assertThat(whoAmIAtOnce(all).toCompletableFuture().get(30, TimeUnit.SECONDS)).contains(BOB);
            itMovesOn(bob, links, servers);
        } finally {
            links.values().forEach(FaultProxy::close);
        }
    }

    private static void whatItIsAndMayDo(Session ann, Session bob) {
        assertThat(bob.whoAmI()).contains(BOB);
        NodePath bobs = NodePath.of("/bobs");
        bob.create(bobs, Bytes.utf8("1"), CreateMode.PERSISTENT, Acl.CREATOR_ALL);
        assertThat(bob.getAcl(bobs).acl()).containsExactly(new Acl(Acl.ALL, BOB));
        ann.sync(bobs);
        assertThatThrownBy(() -> ann.getData(bobs)).isInstanceOf(RejectedException.NoAuthException.class);
        List<Acl> shared = List.of(new Acl(Acl.ALL, BOB), Acl.of(Acl.READ, "sasl", "ann"));
        bob.setAcl(bobs, shared);
        assertThat(bob.getAcl(bobs).acl()).containsExactlyElementsOf(shared);
        ann.sync(bobs);
        assertThat(ann.getData(bobs).data()).isEqualTo(Bytes.utf8("1"));
    }

    /** Any request before the proof would be refused with -124. */
    private static CompletionStage<List<Identity>> whoAmIAtOnce(String servers) {
        return bob(servers).openAsync().thenCompose(session -> {
            CompletionStage<List<Identity>> asked = session.submit(new Operation.WhoAmI());
            return asked.thenCombine(session.closeAsync(), (who, closed) -> who);
        });
    }

    private static void itMovesOn(Session bob, Map<Integer, FaultProxy> links, Killer servers) throws Exception {
        NodePath watched = NodePath.of("/watched");
        NodePath here = NodePath.of("/here");
        CompletableFuture<WatchEvent> changed = new CompletableFuture<>();
        List<SessionEvent> told = new ArrayList<>();
        CompletableFuture<SessionEvent> back = new CompletableFuture<>();
        AsyncSession session = bob.async();
        session.onEvent(event -> {
            told.add(event);
            if (event.state() == SessionState.CONNECTED) {
                back.complete(event);
            }
        });
        bob.create(here, Bytes.EMPTY, CreateMode.EPHEMERAL, Acl.CREATOR_ALL);
        bob.addWatch(watched, WatchMode.PERSISTENT, changed::complete);

        int home = links.entrySet().stream().filter(link -> link.getValue().connections() > 0).findFirst().orElseThrow().getKey();
        servers.kill(home);
        bob.await(back);
        assertThat(told).as("%s", told).hasSize(2);
        assertThat(((SessionEvent.Connected) told.get(1)).to()).doesNotEndWith(":" + links.get(home).port());
        assertThat(bob.whoAmI()).contains(BOB);
        assertThat(bob.getData(here).data()).isEqualTo(Bytes.EMPTY);
        assertThat(links.get(home).connections()).isZero();

        bob.create(watched, Bytes.EMPTY, CreateMode.PERSISTENT);
        assertThat(bob.await(changed).path()).isEqualTo(watched.value());
    }
}

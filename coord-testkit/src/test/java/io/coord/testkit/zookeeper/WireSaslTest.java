package io.coord.testkit.zookeeper;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.coord.Bytes;
import io.coord.MemberConfig;
import io.coord.netty.ZooKeeperServer;
import io.coord.netty.jute.OpCode;
import io.coord.netty.jute.Request;
import io.coord.netty.jute.Response;
import io.coord.testkit.LocalEnsemble;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import javax.security.auth.callback.Callback;
import javax.security.auth.callback.NameCallback;
import javax.security.auth.callback.PasswordCallback;
import javax.security.auth.login.AppConfigurationEntry;
import javax.security.auth.login.Configuration;
import javax.security.sasl.RealmCallback;
import javax.security.sasl.Sasl;
import javax.security.sasl.SaslClient;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.client.ZKClientConfig;
import org.apache.zookeeper.data.ACL;
import org.apache.zookeeper.data.Id;
import org.apache.zookeeper.server.auth.DigestLoginModule;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Clients that prove themselves by SASL, ZooKeeper's own among them. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class WireSaslTest {

    private static final Map<String, String> USERS = Map.of(
            "bob", "secret of bob", "admin", "secret of admin", "root", "secret of root", "super", "secret of super");
    private static final String LOGINS = "wire-sasl-test-";

    private static ZooKeeperServer server;
    private static LocalEnsemble ensemble;

    @BeforeAll
    static void start() {
        server = ZooKeeperServer.listeningOn(0)
                .threads(1)
                .sasl(user -> USERS.containsKey(user) ? USERS.get(user).toCharArray() : null)
                .saslSuperUser("admin")
                .saslSuperUser("root")
                .requireAuthentication(Set.of("sasl"));
        ensemble = LocalEnsemble.builder()
                .members(1)
                .config(MemberConfig.DEFAULT.withSessionTimeouts(Duration.ofSeconds(5), Duration.ofSeconds(10), Duration.ofMinutes(1)))
                .frontEnd(member -> server)
                .start();
        ensemble.leader();
    }

    @AfterAll
    static void stop() {
        ensemble.close();
    }

    /** Logins that no other test's client asks for; what there was before is there again afterwards. */
    private static final class Logins extends Configuration implements AutoCloseable {

        Logins() {
            Configuration.setConfiguration(this);
        }

        @Override
        public AppConfigurationEntry[] getAppConfigurationEntry(String name) {
            if (!name.startsWith(LOGINS)) {
                return null;
            }
            String[] user = name.substring(LOGINS.length()).split("/");
            return new AppConfigurationEntry[] {
                new AppConfigurationEntry(
                        DigestLoginModule.class.getName(),
                        AppConfigurationEntry.LoginModuleControlFlag.REQUIRED,
                        Map.of("username", user[0], "password", user[1]))
            };
        }

        @Override
        public void close() {
            Configuration.setConfiguration(null);
        }
    }

    private static ZooKeeper client(String user, String password) throws Exception {
        return client(server, user, password);
    }

    private static ZooKeeper client(ZooKeeperServer server, String user, String password) throws Exception {
        ZKClientConfig config = new ZKClientConfig();
        config.setProperty(ZKClientConfig.ENABLE_CLIENT_SASL_KEY, "true");
        config.setProperty("zookeeper.fips-mode", "false"); // which would not have MD5
        config.setProperty(ZKClientConfig.LOGIN_CONTEXT_NAME_KEY, LOGINS + user + "/" + password);
        return new ZooKeeper("127.0.0.1:" + server.port(), 20_000, event -> { }, config);
    }

    @Test
    @DisplayName("A7: whoever knows the password is sasl:user, the superuser passes every check, and who does not know it gets nothing")
    void digestMd5() throws Exception {
        try (Logins logins = new Logins()) {
            try (ZooKeeper bob = client("bob", "secret of bob")) {
                bob.create("/bobs", new byte[] {1}, ZooDefs.Ids.CREATOR_ALL_ACL, CreateMode.PERSISTENT);
                assertThat(bob.getACL("/bobs", null)).containsExactly(new ACL(ZooDefs.Perms.ALL, new Id("sasl", "bob")));
                List<ACL> admins = new ArrayList<>(List.of(new ACL(ZooDefs.Perms.ALL, new Id("sasl", "admin"))));
                bob.create("/admins", new byte[0], admins, CreateMode.PERSISTENT);
                assertThatThrownBy(() -> bob.getData("/admins", false, null)).isInstanceOf(KeeperException.NoAuthException.class);
            }
            for (String user : List.of("admin", "root")) {
                try (ZooKeeper admin = client(user, "secret of " + user)) {
                    assertThat(admin.getData("/bobs", false, null)).as(user).containsExactly(1);
                }
            }
            try (ZooKeeper mallory = client("bob", "a guess")) {
                assertThatThrownBy(() -> mallory.getData("/bobs", false, null))
                        .isInstanceOf(KeeperException.AuthFailedException.class);
            }
        }
    }

    @Test
    @DisplayName("A7: letAnySaslUserDoX, a user of the name super, and allowSaslFailedClients")
    void whoPassesForWhom() throws Exception {
        ZooKeeperServer open = ZooKeeperServer.listeningOn(0)
                .threads(1)
                .sasl(user -> USERS.containsKey(user) ? USERS.get(user).toCharArray() : null)
                .saslUsersPassFor("anyone")
                .keepSaslFailed();
        try (LocalEnsemble one = LocalEnsemble.builder().members(1).frontEnd(member -> open).start(); Logins logins = new Logins()) {
            one.leader();
            try (ZooKeeper admin = client(open, "admin", "secret of admin")) {
                List<ACL> anyones = new ArrayList<>(List.of(new ACL(ZooDefs.Perms.READ, new Id("sasl", "anyone"))));
                admin.create("/all", new byte[] {2}, anyones, CreateMode.PERSISTENT);
                admin.create("/admins", new byte[] {3}, ZooDefs.Ids.CREATOR_ALL_ACL, CreateMode.PERSISTENT);
            }
            try (ZooKeeper bob = client(open, "bob", "secret of bob")) {
                assertThat(bob.getData("/all", false, null)).containsExactly(2);
                assertThatThrownBy(() -> bob.setData("/all", null, -1)).isInstanceOf(KeeperException.NoAuthException.class);
                assertThatThrownBy(() -> bob.getData("/admins", false, null)).isInstanceOf(KeeperException.NoAuthException.class);
                bob.create("/bobs", null, ZooDefs.Ids.CREATOR_ALL_ACL, CreateMode.PERSISTENT);
                assertThat(bob.getACL("/bobs", null)).containsExactly(new ACL(ZooDefs.Perms.ALL, new Id("sasl", "bob")));
                assertThat(bob.whoAmI()).extracting(client -> client.getAuthScheme() + ":" + client.getUser()).contains("sasl:bob").hasSize(2);
            }
            try (ZooKeeper all = client(open, "super", "secret of super")) {
                assertThat(all.getData("/admins", false, null)).as("ZooKeeper's provider says so").containsExactly(3);
            }
            InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), open.port());
            try (WireProbe probe = WireProbe.connected(address)) {
                assertThat(probe.ask(OpCode.SASL, new Request.Sasl(Bytes.EMPTY)).error()).isZero();
                for (int i = 0; i < 2; i++) {
                    WireProbe.Reply failed = probe.ask(OpCode.SASL, new Request.Sasl(Bytes.utf8("nonsense")));
                    assertThat(failed.error()).isZero();
                    assertThat(failed.as(OpCode.SASL)).isEqualTo(new Response.Token(null));
                }
                assertThat(probe.ask(OpCode.GET_DATA, new Request.Watched("/", false)).error()).isZero();
                assertThat(probe.ask(OpCode.GET_DATA, new Request.Watched("/all", false)).error()).as("as nobody").isEqualTo(-102);
            }
        }
    }

    @Test
    @DisplayName("A14: who has not proven itself is told -124 at its first request, whatever that is, and parted from")
    void firstThingsFirst() throws Exception {
        InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), server.port());
        for (OpCode op : new OpCode[] {OpCode.GET_DATA, OpCode.PING, OpCode.WHO_AM_I}) {
            try (WireProbe probe = WireProbe.connected(address)) {
                assertThat(probe.ask(OpCode.AUTH, new Request.Auth(0, "digest", Bytes.utf8("bob:secret"))).error()).isZero();
                Request request = op == OpCode.GET_DATA ? new Request.Watched("/", false) : Request.Empty.EMPTY;
                assertThat(probe.ask(op, request).error()).isEqualTo(-124);
                assertThat(probe.frameOrEnd()).isNull();
            }
        }
        try (WireProbe probe = WireProbe.connected(address)) {
            assertThat(probe.ask(OpCode.SASL, new Request.Sasl(Bytes.EMPTY)).error()).isZero();
            WireProbe.Reply refused = probe.ask(OpCode.SASL, new Request.Sasl(Bytes.utf8("nonsense")));
            assertThat(refused.error()).isEqualTo(-124);
            assertThat(refused.as(OpCode.SASL)).as("what ZooKeeper's client reads all the same").isEqualTo(new Response.Token(null));
            assertThat(probe.frameOrEnd()).isNull();
        }
    }

    @Test
    @DisplayName("a proof that waits for a password keeps nobody waiting but its own connection's next requests, and those see its outcome")
    void aProofIsBesideTheEventLoop() throws Exception {
        CountDownLatch known = new CountDownLatch(1);
        CountDownLatch asked = new CountDownLatch(1);
        ZooKeeperServer slow = ZooKeeperServer.listeningOn(0).threads(1).sasl(user -> {
            asked.countDown();
            try {
                return known.await(20, TimeUnit.SECONDS) ? "secret of bob".toCharArray() : null;
            } catch (InterruptedException e) {
                return null;
            }
        });
        try (LocalEnsemble one = LocalEnsemble.builder().members(1).frontEnd(member -> slow).start()) {
            one.leader();
            InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), slow.port());
            try (WireProbe bob = WireProbe.connected(address); WireProbe other = WireProbe.connected(address)) {
                Response.Token challenge = (Response.Token) bob.ask(OpCode.SASL, new Request.Sasl(Bytes.EMPTY)).as(OpCode.SASL);
                SaslClient proof = Sasl.createSaslClient(
                        new String[] {"DIGEST-MD5"}, null, "zookeeper", "zk-sasl-md5", Map.of(), WireSaslTest::answerAsBob);
                bob.send(OpCode.SASL, new Request.Sasl(Bytes.wrap(proof.evaluateChallenge(challenge.token().toArray()))));
                bob.send(OpCode.WHO_AM_I, Request.Empty.EMPTY);
                assertThat(asked.await(20, TimeUnit.SECONDS)).isTrue();
                assertThat(other.ask(OpCode.GET_DATA, new Request.Watched("/", false)).error()).isZero();
                known.countDown();
                assertThat(bob.next().error()).isZero();
                assertThat(bob.next().as(OpCode.WHO_AM_I).toString()).contains("sasl", "bob");
            } finally {
                known.countDown();
            }
        }
    }

    @Test
    @DisplayName("a proof that fails by an error of the server's costs its connection, and nobody else's")
    void anErrorInAProof() throws Exception {
        ZooKeeperServer failing = ZooKeeperServer.listeningOn(0).threads(1).sasl(user -> {
            throw new AssertionError("as it would for lack of memory");
        });
        try (LocalEnsemble one = LocalEnsemble.builder().members(1).frontEnd(member -> failing).start()) {
            one.leader();
            InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), failing.port());
            try (WireProbe other = WireProbe.connected(address)) {
                for (int again = 0; again < 2; again++) {
                    try (WireProbe bob = WireProbe.connected(address)) {
                        Response.Token challenge = (Response.Token) bob.ask(OpCode.SASL, new Request.Sasl(Bytes.EMPTY)).as(OpCode.SASL);
                        SaslClient proof = Sasl.createSaslClient(
                                new String[] {"DIGEST-MD5"}, null, "zookeeper", "zk-sasl-md5", Map.of(), WireSaslTest::answerAsBob);
                        Request.Sasl answer = new Request.Sasl(Bytes.wrap(proof.evaluateChallenge(challenge.token().toArray())));
                        assertThat(bob.endsAt(OpCode.SASL, answer)).isTrue();
                    }
                    assertThat(other.ask(OpCode.PING, Request.Empty.EMPTY).error()).isZero();
                }
            }
        }
    }

    private static void answerAsBob(Callback[] callbacks) {
        for (Callback callback : callbacks) {
            if (callback instanceof NameCallback name) {
                name.setName("bob");
            } else if (callback instanceof PasswordCallback password) {
                password.setPassword("secret of bob".toCharArray());
            } else if (callback instanceof RealmCallback realm) {
                realm.setText(realm.getDefaultText());
            }
        }
    }
}

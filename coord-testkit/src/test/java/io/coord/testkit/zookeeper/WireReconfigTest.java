package io.coord.testkit.zookeeper;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.coord.MemberAddress;
import io.coord.MemberConfig;
import io.coord.MemberId;
import io.coord.netty.ZooKeeperServer;
import io.coord.testkit.LocalEnsemble;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.WatchedEvent;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.admin.ZooKeeperAdmin;
import org.apache.zookeeper.client.ZKClientConfig;
import org.apache.zookeeper.data.Stat;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Members changed by ZooKeeper's own administrator's client. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class WireReconfigTest {

    private static final String CHANGED = "server.1=member-1:7100:3888;10.0.0.1:2181,server.2=member-2:7100:3888;2182,server.3=member-3:7100:3888;0.0.0.0:2183";

    private final Map<MemberId, ZooKeeperServer> servers = new ConcurrentHashMap<>();

    private ZooKeeperServer server(MemberId member) {
        ZooKeeperServer server = ZooKeeperServer.listeningOn(0)
                .threads(1)
                .reconfigEnabled()
                .superDigest("super:lK75jTNcA+U9vtVEw5vB51mj/w4=");
        servers.put(member, server);
        return server;
    }

    private ZooKeeperAdmin admin(LocalEnsemble ensemble) throws Exception {
        ZKClientConfig plain = new ZKClientConfig();
        plain.setProperty(ZKClientConfig.ENABLE_CLIENT_SASL_KEY, "false");
        return new ZooKeeperAdmin("127.0.0.1:" + servers.get(ensemble.leader()).port(), 30_000, event -> { }, plain);
    }

    @Test
    @DisplayName("RC1, RC3: an observer that nobody has started is in the list at once, in its own words, after failover and restart too, without a vote")
    void anObserverIsListedAtOnce() throws Exception {
        String nobody = "server.9=nowhere:7100:3888:observer;0.0.0.0:2181";
        try (LocalEnsemble ensemble = LocalEnsemble.builder()
                .members(3)
                .addresses(id -> MemberAddress.parse("member-" + id + ":7100:3888;10.0.0." + id + ":2181"))
                .config(MemberConfig.DEFAULT.withElections(Duration.ofMillis(20), Duration.ofMillis(200)))
                .frontEnd(this::server)
                .start()) {
            byte[] config;
            try (ZooKeeperAdmin admin = admin(ensemble)) {
                admin.addAuthInfo("digest", "super:secret".getBytes(StandardCharsets.UTF_8));
                Stat stat = new Stat();
                config = admin.reconfigure(nobody, null, null, -1, stat);
                assertThat(new String(config, StandardCharsets.UTF_8)).isEqualTo("""
                        server.1=member-1:7100:3888:participant;10.0.0.1:2181
                        server.2=member-2:7100:3888:participant;10.0.0.2:2181
                        server.3=member-3:7100:3888:participant;10.0.0.3:2181
                        """ + nobody + "\nversion=" + Long.toHexString(stat.getMzxid()));
            }
            MemberId led = ensemble.leader();
            ensemble.kill(led);
            try (ZooKeeperAdmin admin = admin(ensemble)) {
                assertThat(admin.getConfig(false, null)).isEqualTo(config);
            }
            ensemble.restart(led);
            ensemble.members().forEach(ensemble::kill);
            ensemble.restartAll();
            try (ZooKeeperAdmin admin = admin(ensemble)) {
                assertThat(admin.getConfig(false, null)).isEqualTo(config);
                admin.addAuthInfo("digest", "super:secret".getBytes(StandardCharsets.UTF_8));
                assertThatThrownBy(() -> admin.reconfigure(nobody.replace("observer", "participant"), "2", null, -1, null))
                        .isInstanceOf(KeeperException.NewConfigNoQuorum.class);
                assertThat(new String(admin.reconfigure(null, "9", null, -1, null), StandardCharsets.UTF_8)).doesNotContain("server.9");
            }
        }
    }

    @Test
    @DisplayName("RC1 to RC3: errors in their order, then the change, its answer and the watch on the configuration")
    void membersChange() throws Exception {
        try (LocalEnsemble ensemble = LocalEnsemble.builder()
                .members(3)
                .config(MemberConfig.DEFAULT.withSessionTimeouts(Duration.ofSeconds(5), Duration.ofSeconds(10), Duration.ofMinutes(1)))
                .frontEnd(this::server)
                .start()) {
            try (ZooKeeperAdmin admin = admin(ensemble)) {
                Stat stat = new Stat();
                admin.getConfig(false, stat);
                long version = stat.getMzxid();
                assertThatThrownBy(() -> admin.reconfigure("server.2=x", null, null, version + 1, null))
                        .isInstanceOf(KeeperException.BadVersionException.class);
                for (String senseless : new String[] {"server.2=x", "2=member-2:7100:2182", "server.2=member-1:7100:7101;2182"}) {
                    assertThatThrownBy(() -> admin.reconfigure(senseless, null, null, -1, null))
                            .as(senseless)
                            .isInstanceOf(KeeperException.BadArgumentsException.class);
                }
                assertThatThrownBy(() -> admin.reconfigure((String) null, "two", null, -1, null))
                        .isInstanceOf(KeeperException.BadArgumentsException.class);
                assertThatThrownBy(() -> admin.reconfigure(null, null, CHANGED, -1, null))
                        .isInstanceOf(KeeperException.NoAuthException.class);

                admin.addAuthInfo("digest", "super:secret".getBytes(StandardCharsets.UTF_8));
                byte[] config = admin.reconfigure(null, null, CHANGED, version, stat);
                assertThat(new String(config, StandardCharsets.UTF_8)).isEqualTo("""
                        server.1=member-1:7100:3888:participant;10.0.0.1:2181
                        server.2=member-2:7100:3888:participant;0.0.0.0:2182
                        server.3=member-3:7100:3888:participant;0.0.0.0:2183
                        version=""" + Long.toHexString(stat.getMzxid()));
                assertThat(stat.getMzxid()).isGreaterThan(version);
                assertThat(admin.getData(ZooDefs.CONFIG_NODE, false, null)).isEqualTo(config);

                long before = stat.getMzxid();
                CompletableFuture<WatchedEvent> told = new CompletableFuture<>();
                admin.getConfig(told::complete, null);
                byte[] same = admin.reconfigure(null, null, CHANGED, before, stat);
                assertThat(stat.getMzxid()).isGreaterThan(before);
                assertThat(new String(same, StandardCharsets.UTF_8)).isEqualTo(new String(config, StandardCharsets.UTF_8)
                        .replace("version=" + Long.toHexString(before), "version=" + Long.toHexString(stat.getMzxid())));
                assertThat(told.get(10, TimeUnit.SECONDS).getPath()).isEqualTo(ZooDefs.CONFIG_NODE);

                String leaving = ensemble.anyFollower().toString();
                String observes = ensemble.ensemble().voters().keySet().stream()
                        .filter(id -> !id.equals(ensemble.leader()) && !id.toString().equals(leaving))
                        .findFirst()
                        .map(id -> "server." + id + "=member-" + id + ":7100:7101:observer;218" + id)
                        .orElseThrow();
                admin.reconfigure(observes, leaving, null, -1, null);
                assertThat(ensemble.ensemble().voters()).containsOnlyKeys(ensemble.leader());
                assertThat(ensemble.ensemble().observers()).hasSize(1);
            }
        }
    }
}

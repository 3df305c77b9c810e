package io.coord.testkit.zookeeper;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.coord.MemberId;
import io.coord.testkit.ZooKeeperTestServer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.framework.recipes.atomic.DistributedAtomicLong;
import org.apache.curator.framework.recipes.cache.CuratorCache;
import org.apache.curator.framework.recipes.leader.LeaderLatch;
import org.apache.curator.framework.recipes.locks.InterProcessMutex;
import org.apache.curator.retry.RetryForever;
import org.apache.zookeeper.CreateMode;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Curator's framework and recipes, unmodified, on a test server that comes and goes. */
@Timeout(120)
class ZooKeeperTestServerIT {

    private static final int SESSION_MILLIS = 40_000;

    @Test
    void sessionsNodesAndPortOutliveARestart() throws Exception {
        try (ZooKeeperTestServer server = ZooKeeperTestServer.start();
                CuratorFramework client = client(server)) {
            int port = server.getPort();
            client.create().creatingParentsIfNeeded().withMode(CreateMode.EPHEMERAL).forPath("/a/b", "x".getBytes(StandardCharsets.UTF_8));
            long session = client.getZookeeperClient().getZooKeeper().getSessionId();

            server.stop();
            server.restart();

            assertThat(client.getData().forPath("/a/b")).isEqualTo("x".getBytes(StandardCharsets.UTF_8));
            assertThat(client.checkExists().forPath("/a/b").getEphemeralOwner()).isEqualTo(session);
            assertThat(server.getPort()).isEqualTo(port);
            server.restart();
            assertThat(client.checkExists().forPath("/a/b")).isNotNull();
        }
    }

    @Test
    void aServerOfWhichAMemberWasKilledBehindItsBackIsRestartedAllTheSame() throws Exception {
        try (ZooKeeperTestServer server = ZooKeeperTestServer.start(3);
                CuratorFramework client = client(server)) {
            client.create().forPath("/a");
            MemberId leader = server.ensemble().leader();
            server.ensemble().kill(leader);

            server.restart();

            assertThat(client.checkExists().forPath("/a")).isNotNull();
            server.ensemble().kill(leader);
            assertThatThrownBy(() -> server.kill(leader)).isInstanceOf(IllegalStateException.class).hasMessageContaining("does not run");
            server.restart(leader);
            server.kill(leader);
        }
    }

    @Test
    void recipesGoOnWhenTheMemberTheyAreConnectedToDies() throws Exception {
        try (ZooKeeperTestServer server = ZooKeeperTestServer.start(3);
                CuratorFramework one = client(server);
                CuratorFramework other = client(server);
                LeaderLatch second = new LeaderLatch(other, "/latch");
                CuratorCache cache = CuratorCache.build(other, "/counted")) {
            LeaderLatch first = new LeaderLatch(one, "/latch"); // closed before the end
            first.start();
            assertThat(first.await(60, TimeUnit.SECONDS)).isTrue();
            second.start();
            CountDownLatch seen = new CountDownLatch(1);
            cache.listenable().addListener((type, before, after) -> {
                if (after != null && after.getPath().equals("/counted/last")) {
                    seen.countDown();
                }
            });
            cache.start();
            DistributedAtomicLong counter = new DistributedAtomicLong(one, "/counter", new RetryForever(20));
            counter.initialize(0L);

            for (MemberId member : server.members()) {
                server.kill(member);
                InterProcessMutex mutex = new InterProcessMutex(one, "/mutex");
                assertThat(mutex.acquire(60, TimeUnit.SECONDS)).isTrue();
                mutex.release();
                one.create().creatingParentsIfNeeded().forPath("/counted/by-" + member);
                server.restart(member);
            }
            one.create().forPath("/counted/last");

            assertThat(seen.await(60, TimeUnit.SECONDS)).isTrue();
            assertThat(counter.get().succeeded()).isTrue();
            first.close();
            assertThat(second.await(60, TimeUnit.SECONDS)).isTrue();
        }
    }

    @Test
    @DisplayName("RC1, R6: the configuration node tells where the members are, and clients read it")
    void theConfigurationTellsTheMembers() throws Exception {
        try (ZooKeeperTestServer server = ZooKeeperTestServer.start(3);
                CuratorFramework client = client(server)) {
            client.blockUntilConnected();
            String text = new String(client.getZookeeperClient().getZooKeeper().getConfig(false, null), StandardCharsets.UTF_8);
            List<String> lines = text.lines().toList();
            assertThat(lines).hasSize(4);
            for (MemberId member : server.members()) {
                assertThat(lines).anyMatch(line -> line.startsWith("server." + member + "=127.0.0.1:")
                        && line.endsWith(":participant;127.0.0.1:" + server.getPort(member)));
            }
            assertThat(lines.get(3)).matches("version=[0-9a-f]+");
        }
    }

    private static CuratorFramework client(ZooKeeperTestServer server) {
        CuratorFramework client = CuratorFrameworkFactory.newClient(
                server.getConnectString(), SESSION_MILLIS, 30_000, new RetryForever(20));
        client.start();
        return client;
    }
}

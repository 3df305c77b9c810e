package io.coord.testkit.zookeeper;

import static org.assertj.core.api.Assertions.assertThat;

import io.coord.MemberId;
import io.coord.testkit.ZooKeeperTestServer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.framework.api.transaction.CuratorTransactionResult;
import org.apache.curator.framework.recipes.atomic.AtomicValue;
import org.apache.curator.framework.recipes.atomic.DistributedAtomicLong;
import org.apache.curator.framework.recipes.barriers.DistributedBarrier;
import org.apache.curator.framework.recipes.barriers.DistributedDoubleBarrier;
import org.apache.curator.framework.recipes.cache.ChildData;
import org.apache.curator.framework.recipes.cache.CuratorCache;
import org.apache.curator.framework.recipes.cache.PathChildrenCache;
import org.apache.curator.framework.recipes.leader.CancelLeadershipException;
import org.apache.curator.framework.recipes.leader.LeaderLatch;
import org.apache.curator.framework.recipes.leader.LeaderSelector;
import org.apache.curator.framework.recipes.leader.LeaderSelectorListenerAdapter;
import org.apache.curator.framework.recipes.locks.InterProcessMultiLock;
import org.apache.curator.framework.recipes.locks.InterProcessMutex;
import org.apache.curator.framework.recipes.locks.InterProcessReadWriteLock;
import org.apache.curator.framework.recipes.locks.InterProcessSemaphoreMutex;
import org.apache.curator.framework.recipes.locks.InterProcessSemaphoreV2;
import org.apache.curator.framework.recipes.locks.Lease;
import org.apache.curator.framework.recipes.nodes.GroupMember;
import org.apache.curator.framework.recipes.nodes.PersistentNode;
import org.apache.curator.framework.recipes.nodes.PersistentTtlNode;
import org.apache.curator.framework.recipes.queue.DistributedQueue;
import org.apache.curator.framework.recipes.queue.QueueBuilder;
import org.apache.curator.framework.recipes.queue.QueueConsumer;
import org.apache.curator.framework.recipes.queue.QueueSerializer;
import org.apache.curator.framework.recipes.queue.SimpleDistributedQueue;
import org.apache.curator.framework.recipes.shared.SharedCount;
import org.apache.curator.framework.state.ConnectionState;
import org.apache.curator.retry.RetryForever;
import org.apache.curator.x.discovery.ServiceCache;
import org.apache.curator.x.discovery.ServiceDiscovery;
import org.apache.curator.x.discovery.ServiceDiscoveryBuilder;
import org.apache.curator.x.discovery.ServiceInstance;
import org.apache.curator.x.discovery.ServiceProvider;
import org.apache.curator.x.discovery.details.ServiceCacheListener;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.data.Stat;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Curator's recipes, unmodified, on three members of which one after the other dies under them. */
@Timeout(value = 180, unit = TimeUnit.SECONDS)
class CuratorRecipesIT {

    private static final int SESSION_MILLIS = 40_000;
    private static final int PATIENCE_SECONDS = 120;

    private static ZooKeeperTestServer server;
    private static Iterator<MemberId> next;

    private CuratorFramework one;
    private CuratorFramework other;

    @BeforeAll
    static void start() {
        server = ZooKeeperTestServer.start(3);
        next = server.members().iterator();
    }

    @AfterAll
    static void end() {
        server.close();
    }

    @BeforeEach
    void connect() {
        one = client();
        other = client();
    }

    @AfterEach
    void disconnect() {
        one.close();
        other.close();
    }

    private static CuratorFramework client() {
        return started(server.getConnectString(), true);
    }

    /** A client that stays with one member: it does not learn of the others from the configuration. */
    private static CuratorFramework clientOf(MemberId member) {
        return started(server.getConnectString(member), false);
    }

    private static CuratorFramework started(String connectString, boolean tracksMembers) {
        CuratorFramework client = CuratorFrameworkFactory.builder()
                .connectString(connectString)
                .sessionTimeoutMs(SESSION_MILLIS)
                .connectionTimeoutMs(30_000)
                .retryPolicy(new RetryForever(20))
                .ensembleTracker(tracksMembers)
                .build();
        client.start();
        return client;
    }

    /** Ends a member, another one each time, and starts it again. */
    private static void upset() {
        if (!next.hasNext()) {
            next = server.members().iterator();
        }
        MemberId member = next.next();
        server.kill(member);
        server.restart(member);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void locks() throws Exception {
        InterProcessMutex mutex = new InterProcessMutex(one, "/locks/mutex");
        InterProcessReadWriteLock readWrite = new InterProcessReadWriteLock(one, "/locks/read-write");
        InterProcessMultiLock all = new InterProcessMultiLock(
                List.of(mutex, readWrite.writeLock(), new InterProcessSemaphoreMutex(one, "/locks/semaphore-mutex")));
        assertThat(all.acquire(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
        InterProcessReadWriteLock theirs = new InterProcessReadWriteLock(other, "/locks/read-write");
        InterProcessMutex theirMutex = new InterProcessMutex(other, "/locks/mutex");
        assertThat(theirMutex.acquire(0, TimeUnit.SECONDS)).isFalse();
        assertThat(theirs.readLock().acquire(0, TimeUnit.SECONDS)).isFalse();
        assertThat(new InterProcessSemaphoreMutex(other, "/locks/semaphore-mutex").acquire(0, TimeUnit.SECONDS)).isFalse();

        upset();

        assertThat(theirMutex.acquire(0, TimeUnit.SECONDS)).isFalse();
        all.release();
        assertThat(theirMutex.acquire(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
        assertThat(theirs.readLock().acquire(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
        assertThat(readWrite.readLock().acquire(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
        assertThat(readWrite.writeLock().acquire(0, TimeUnit.SECONDS)).isFalse();

        InterProcessSemaphoreV2 semaphore = new InterProcessSemaphoreV2(one, "/locks/semaphore", 2);
        List<Lease> leases = new ArrayList<>(semaphore.acquire(2));
        InterProcessSemaphoreV2 full = new InterProcessSemaphoreV2(other, "/locks/semaphore", 2);
        assertThat(full.acquire(0, TimeUnit.SECONDS)).isNull();
        semaphore.returnAll(leases);
        assertThat(full.acquire(PATIENCE_SECONDS, TimeUnit.SECONDS)).isNotNull();
    }

    @Test
    void leaders() throws Exception {
        Semaphore led = new Semaphore(0);
        CountDownLatch enough = new CountDownLatch(1);
        LeaderSelector selector = new LeaderSelector(one, "/leaders/selector", new LeaderSelectorListenerAdapter() {
            @Override
            public void takeLeadership(CuratorFramework client) throws Exception {
                led.release();
                enough.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
            }

            @Override
            public void stateChanged(CuratorFramework client, ConnectionState state) {
                if (state == ConnectionState.LOST) {
                    throw new CancelLeadershipException();
                }
            }
        });
        LeaderSelector second = new LeaderSelector(other, "/leaders/selector", new LeaderSelectorListenerAdapter() {
            @Override
            public void takeLeadership(CuratorFramework client) {
                led.release();
            }
        });
        LeaderLatch latch = new LeaderLatch(other, "/leaders/latch", "other");
        try (LeaderLatch first = new LeaderLatch(one, "/leaders/latch", "one")) {
            selector.autoRequeue();
            second.autoRequeue();
            selector.start();
            assertThat(led.tryAcquire(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
            second.start();
            first.start();
            assertThat(first.await(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
            latch.start();

            upset();

            assertThat(first.await(PATIENCE_SECONDS, TimeUnit.SECONDS) || latch.await(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
            enough.countDown();
            assertThat(led.tryAcquire(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
        }
        assertThat(latch.await(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
        latch.close();
        selector.close();
        second.close();
    }

    @Test
    void barriers() throws Exception {
        DistributedBarrier barrier = new DistributedBarrier(one, "/barriers/single");
        barrier.setBarrier();
        CompletableFuture<Boolean> through = later(
                () -> new DistributedBarrier(other, "/barriers/single").waitOnBarrier(PATIENCE_SECONDS, TimeUnit.SECONDS));
        upset();
        barrier.removeBarrier();
        assertThat(through.get(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();

        CompletableFuture<Boolean> theirs = later(() -> enterAndLeave(other));
        assertThat(enterAndLeave(one)).isTrue();
        assertThat(theirs.get(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
    }

    private static boolean enterAndLeave(CuratorFramework client) throws Exception {
        DistributedDoubleBarrier barrier = new DistributedDoubleBarrier(client, "/barriers/double", 2);
        return barrier.enter(PATIENCE_SECONDS, TimeUnit.SECONDS) && barrier.leave(PATIENCE_SECONDS, TimeUnit.SECONDS);
    }

    private interface Task<T> {
        T run() throws Exception;
    }

    private static <T> CompletableFuture<T> later(Task<T> task) {
        CompletableFuture<T> done = new CompletableFuture<>();
        Thread thread = new Thread(() -> {
            try {
                done.complete(task.run());
            } catch (Exception e) {
                done.completeExceptionally(e);
            }
        });
        thread.setDaemon(true);
        thread.start();
        return done;
    }

    @Test
    void queues() throws Exception {
        SimpleDistributedQueue simple = new SimpleDistributedQueue(one, "/queues/simple");
        simple.offer(bytes("a"));
        simple.offer(bytes("b"));
        upset();
        SimpleDistributedQueue taker = new SimpleDistributedQueue(other, "/queues/simple");
        assertThat(taker.peek()).isEqualTo(bytes("a"));
        assertThat(taker.take()).isEqualTo(bytes("a"));
        assertThat(taker.poll(PATIENCE_SECONDS, TimeUnit.SECONDS)).isEqualTo(bytes("b"));

        LinkedBlockingQueue<String> taken = new LinkedBlockingQueue<>();
        QueueConsumer<String> consumer = new QueueConsumer<>() {
            @Override
            public void consumeMessage(String message) {
                taken.add(message);
            }

            @Override
            public void stateChanged(CuratorFramework client, ConnectionState state) {}
        };
        QueueSerializer<String> text = new QueueSerializer<>() {
            @Override
            public byte[] serialize(String item) {
                return bytes(item);
            }

            @Override
            public String deserialize(byte[] bytes) {
                return new String(bytes, StandardCharsets.UTF_8);
            }
        };
        try (DistributedQueue<String> queue =
                        QueueBuilder.builder(one, null, text, "/queues/queue").buildQueue();
                DistributedQueue<String> end =
                        QueueBuilder.builder(other, consumer, text, "/queues/queue").lockPath("/queues/locks").buildQueue()) {
            queue.start();
            for (int i = 0; i < 20; i++) {
                queue.put("item " + i);
            }
            assertThat(queue.flushPuts(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
            end.start();
            for (int i = 0; i < 20; i++) {
                assertThat(taken.poll(PATIENCE_SECONDS, TimeUnit.SECONDS)).isEqualTo("item " + i);
            }
        }
    }

    @Test
    void counters() throws Exception {
        try (SharedCount ours = new SharedCount(one, "/counters/shared", 7);
                SharedCount theirs = new SharedCount(other, "/counters/shared", 7)) {
            ours.start();
            theirs.start();
            CountDownLatch seen = new CountDownLatch(1);
            theirs.addListener(new org.apache.curator.framework.recipes.shared.SharedCountListener() {
                @Override
                public void countHasChanged(
                        org.apache.curator.framework.recipes.shared.SharedCountReader count, int value) {
                    if (value == 8) {
                        seen.countDown();
                    }
                }

                @Override
                public void stateChanged(CuratorFramework client, ConnectionState state) {}
            });
            upset();
            ours.setCount(8);
            assertThat(seen.await(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
        }
        DistributedAtomicLong counter = new DistributedAtomicLong(one, "/counters/atomic", new RetryForever(20));
        DistributedAtomicLong same = new DistributedAtomicLong(other, "/counters/atomic", new RetryForever(20));
        CompletableFuture<Boolean> twenty = later(() -> {
            for (int i = 0; i < 20; i++) {
                assertThat(same.increment().succeeded()).isTrue();
            }
            return true;
        });
        for (int i = 0; i < 20; i++) {
            assertThat(counter.increment().succeeded()).isTrue();
        }
        assertThat(twenty.get(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
        AtomicValue<Long> sum = counter.get();
        assertThat(sum.succeeded()).isTrue();
        assertThat(sum.postValue()).isEqualTo(40);
    }

    @Test
    void cachesEndEqualToTheTree() throws Exception {
        one.create().creatingParentsIfNeeded().forPath("/cached/children");
        CountDownLatch lastSeen = new CountDownLatch(2);
        try (CuratorCache cache = CuratorCache.build(other, "/cached");
                PathChildrenCache children = new PathChildrenCache(other, "/cached/children", true)) {
            cache.listenable().addListener((type, before, after) -> {
                if (after != null && after.getPath().equals("/cached/children/last")) {
                    lastSeen.countDown();
                }
            });
            children.getListenable().addListener((client, event) -> {
                if (event.getData() != null && event.getData().getPath().equals("/cached/children/last")) {
                    lastSeen.countDown();
                }
            });
            cache.start();
            children.start(PathChildrenCache.StartMode.BUILD_INITIAL_CACHE);
            CompletableFuture<Boolean> changes = later(() -> {
                for (int i = 0; i < 150; i++) {
                    String path = "/cached/children/n" + i % 40;
                    if (one.checkExists().forPath(path) == null) {
                        one.create().orSetData().forPath(path, bytes("created " + i));
                    } else if (i % 3 == 0) {
                        one.delete().quietly().forPath(path);
                    } else {
                        one.setData().forPath(path, bytes("set " + i));
                    }
                }
                return true;
            });
            upset();
            upset();
            assertThat(changes.get(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
            one.create().orSetData().forPath("/cached/children/last", bytes("end"));

            assertThat(lastSeen.await(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
            Map<String, String> tree = new TreeMap<>();
            for (String name : one.getChildren().forPath("/cached/children")) {
                String path = "/cached/children/" + name;
                tree.put(path, new String(one.getData().forPath(path), StandardCharsets.UTF_8));
            }
            Map<String, String> cached = new TreeMap<>();
            cache.stream().filter(node -> node.getPath().startsWith("/cached/children/")).forEach(node -> put(node, cached));
            Map<String, String> listed = new TreeMap<>();
            children.getCurrentData().forEach(node -> put(node, listed));
            assertThat(cached).isEqualTo(tree);
            assertThat(listed).isEqualTo(tree);
        }
    }

    private static void put(ChildData node, Map<String, String> into) {
        into.put(node.getPath(), new String(node.getData(), StandardCharsets.UTF_8));
    }

    @Test
    void nodesThatStay() throws Exception {
        try (GroupMember member = new GroupMember(one, "/nodes/group", "one", bytes("1"));
                GroupMember another = new GroupMember(other, "/nodes/group", "other", bytes("2"));
                PersistentNode node = new PersistentNode(one, CreateMode.EPHEMERAL, true, "/nodes/persistent", bytes("x"));
                PersistentTtlNode ttl = new PersistentTtlNode(one, "/nodes/ttl", 60_000, bytes("y"))) {
            member.start();
            another.start();
            node.start();
            ttl.start();
            assertThat(node.waitForInitialCreate(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
            assertThat(ttl.waitForInitialCreate(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
            upset();
            String path = node.getActualPath();
            long first = other.checkExists().forPath(path).getCzxid();
            CountDownLatch back = new CountDownLatch(1);
            try (CuratorCache cache = CuratorCache.build(other, path)) {
                cache.listenable().addListener((type, before, after) -> {
                    if (after != null && after.getStat().getCzxid() > first) {
                        back.countDown();
                    }
                });
                cache.start();
                other.delete().guaranteed().forPath(path);
                assertThat(back.await(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
            }
            assertThat(one.getChildren().forPath("/nodes/group")).containsExactlyInAnyOrder("one", "other");
        }
    }

    @Test
    void serviceDiscovery() throws Exception {
        ServiceInstance<String> first = instance("first", 8081);
        ServiceInstance<String> second = instance("second", 8082);
        Semaphore changes = new Semaphore(0);
        MemberId home = server.members().first();
        try (CuratorFramework registrar = clientOf(home);
                ServiceDiscovery<String> registry = discovery(registrar);
                ServiceDiscovery<String> reader = discovery(other);
                ServiceCache<String> cache = reader.serviceCacheBuilder().name("shop").build();
                ServiceProvider<String> provider = reader.serviceProviderBuilder().serviceName("shop").build()) {
            registry.start();
            reader.start();
            registry.registerService(first);
            cache.addListener(new ServiceCacheListener() {
                @Override
                public void cacheChanged() {
                    changes.release();
                }

                @Override
                public void stateChanged(CuratorFramework client, ConnectionState state) {}
            });
            cache.start();
            awaitFound(reader, cache, changes, Set.of(first));
            provider.start();
            assertThat(provider.getInstance()).isEqualTo(first);

            upsetRegistrarAt(home, changes, first);
            registry.registerService(second);
            awaitFound(reader, cache, changes, Set.of(first, second));
            assertThat(reader.queryForNames()).containsExactly("shop");
            assertThat(reader.queryForInstance("shop", "second").getPayload()).isEqualTo("of second");

            upsetRegistrarAt(home, changes, first, second);
            registry.unregisterService(first);
            awaitFound(reader, cache, changes, Set.of(second));

            registry.close(); // takes along what is left
            awaitFound(reader, cache, changes, Set.of());
        }
    }

    /**
     * The registrar reconnects, and then deletes what it had registered and creates it anew, in the background: until that is over for
     * each, others may find one missing.
     */
    @SafeVarargs
    private void upsetRegistrarAt(MemberId home, Semaphore changes, ServiceInstance<String>... registered) throws Exception {
        List<Long> before = new ArrayList<>();
        for (ServiceInstance<String> instance : registered) {
            before.add(other.checkExists().forPath("/services/shop/" + instance.getId()).getCzxid());
        }
        server.kill(home);
        server.restart(home);
        for (int i = 0; i < registered.length; i++) {
            Stat stat = other.checkExists().forPath("/services/shop/" + registered[i].getId());
            while (stat == null || stat.getCzxid() <= before.get(i)) {
                assertThat(changes.tryAcquire(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
                stat = other.checkExists().forPath("/services/shop/" + registered[i].getId());
            }
        }
    }

    /** Each change wakes it, and what the cache holds and what is asked for must come to the same. */
    private static void awaitFound(
            ServiceDiscovery<String> reader, ServiceCache<String> cache, Semaphore changes, Set<ServiceInstance<String>> wanted)
            throws Exception {
        while (!Set.copyOf(cache.getInstances()).equals(wanted)
                || !Set.copyOf(reader.queryForInstances("shop")).equals(wanted)) {
            assertThat(changes.tryAcquire(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
        }
    }

    private static ServiceInstance<String> instance(String id, int port) throws Exception {
        return ServiceInstance.<String>builder().name("shop").id(id).address("10.0.0.1").port(port).payload("of " + id).build();
    }

    private static ServiceDiscovery<String> discovery(CuratorFramework client) {
        return ServiceDiscoveryBuilder.builder(String.class).client(client).basePath("/services").build();
    }

    @Test
    void theFramework() throws Exception {
        List<CuratorTransactionResult> results = one.transaction().forOperations(
                one.transactionOp().create().forPath("/framework", bytes("x")),
                one.transactionOp().setData().withVersion(0).forPath("/framework", bytes("y")),
                one.transactionOp().check().withVersion(1).forPath("/framework"));
        assertThat(results).hasSize(3).allMatch(result -> result.getError() == 0);
        String made = one.create().withProtection().withMode(CreateMode.EPHEMERAL_SEQUENTIAL).forPath("/framework/p-");
        assertThat(made).matches("/framework/_c_.*-p-0000000000");
        one.create().withTtl(60_000).withMode(CreateMode.PERSISTENT_WITH_TTL).forPath("/framework/ttl");
        one.create().creatingParentContainersIfNeeded().forPath("/framework/container/child");
        upset();
        assertThat(one.checkExists().forPath(made).getEphemeralOwner())
                .isEqualTo(one.getZookeeperClient().getZooKeeper().getSessionId());
        assertThat(one.getConfig().forEnsemble()).isNotNull();
    }
}

package io.coord.testkit.zookeeper;

import static org.assertj.core.api.Assertions.assertThat;

import io.coord.MemberConfig;
import io.coord.MemberId;
import io.coord.testkit.FaultProxy;
import io.coord.testkit.ZooKeeperTestServer;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.framework.recipes.cache.CuratorCache;
import org.apache.curator.retry.RetryForever;
import org.apache.zookeeper.AddWatchMode;
import org.apache.zookeeper.WatchedEvent;
import org.apache.zookeeper.Watcher;
import org.apache.zookeeper.Watcher.Event.EventType;
import org.apache.zookeeper.Watcher.Event.KeeperState;
import org.apache.zookeeper.client.StaticHostProvider;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Recursive watches of ZooKeeper's own client, unmodified, and a cache of Curator's, over connections that break at random and members
 * that die: {@code -Dwatch.seed=N} for another order of events, {@code -Dwatch.disconnects=N} and {@code -Dwatch.rounds=N} for more of them.
 */
class RecursiveWatchIT {

    private static final int WATCHERS = 8;
    private static final int MANY_WATCHERS = 20;
    private static final String ROOT = "/watched";
    private static final String LAST = ROOT + "/last";
    private static final Duration SESSION = Duration.ofSeconds(40);
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(60);
    private static final int HISTORY = 40;
    /** So many changes are surely remembered: each step is at most seven of them. */
    private static final int STEPS_REMEMBERED = 5;
    private static final int STEPS_MAX = 60;

    private final long seed = Long.getLong("watch.seed", 20261128);
    private final SplittableRandom random = new SplittableRandom(seed);
    private final Map<MemberId, FaultProxy> links = new TreeMap<>();
    private final List<Listener> listeners = new ArrayList<>();
    private ZooKeeperTestServer server;

    /** A client with a recursive watch, and what it heard on each of its connections. */
    private final class Listener implements Watcher {
        private final RawClient client;
        private final CountDownLatch lastSeen = new CountDownLatch(1);
        private final CountDownLatch connected = new CountDownLatch(1);
        private final List<List<WatchedEvent>> connections = new ArrayList<>();
        private int disconnects;
        private boolean isExpired;

        Listener() throws Exception {
            List<InetSocketAddress> addresses = links.values().stream().map(link -> new InetSocketAddress("127.0.0.1", link.port())).toList();
            // From the first event on: a watcher registered later may miss that of the connection.
            client = new RawClient(new StaticHostProvider(addresses), SESSION, this);
            assertThat(connected.await(60, TimeUnit.SECONDS)).isTrue();
            client.addWatch(ROOT, this, AddWatchMode.PERSISTENT_RECURSIVE);
        }

        /** Of one thread: the client tells the session's state twice, to the client's watcher and to the watch, and once is enough. */
        @Override
        public synchronized void process(WatchedEvent event) {
            if (event.getType() != EventType.None) {
                connections.get(connections.size() - 1).add(event);
                if (event.getPath().equals(LAST)) {
                    lastSeen.countDown();
                }
            } else if (event.getState() == KeeperState.SyncConnected) {
                connections.add(new ArrayList<>());
                connected.countDown();
            } else if (event.getState() == KeeperState.Disconnected) {
                disconnects++;
            } else {
                isExpired = true;
            }
        }

        /** Breaks the connection; the client sees it when it next has something to say. */
        void cut() {
            client.cut();
            client.exists(ROOT, false, (code, path, context, stat) -> {}, null);
        }

        synchronized int disconnects() {
            return disconnects;
        }

        synchronized List<List<WatchedEvent>> heard() {
            assertThat(isExpired).as("whether the session ended").isFalse();
            return connections.stream().map(List::copyOf).toList();
        }

        /** Waits until everything told before was heard: answers and events come in one order. */
        void settle() throws InterruptedException {
            long deadline = System.nanoTime() + PATIENCE_NANOS;
            AtomicBoolean answered = new AtomicBoolean();
            while (!answered.get()) {
                CountDownLatch done = new CountDownLatch(1);
                client.exists(ROOT, false, (code, path, context, stat) -> {
                    answered.set(code == 0);
                    done.countDown();
                }, null);
                assertThat(done.await(60, TimeUnit.SECONDS) && System.nanoTime() < deadline).as("an answer in time, seed %s", seed).isTrue();
            }
        }
    }

    private void start(MemberConfig config) {
        server = ZooKeeperTestServer.start(3, config);
        server.members().forEach(member -> links.put(member, FaultProxy.to(server.getPort(member))));
    }

    private void listen(int watchers) throws Exception {
        for (int i = 0; i < watchers; i++) {
            listeners.add(new Listener());
        }
    }

    @AfterEach
    void end() throws Exception {
        for (Listener listener : listeners) {
            listener.client.close();
        }
        links.values().forEach(FaultProxy::close);
        if (server != null) {
            server.close();
        }
    }

    private int disconnects() {
        return listeners.stream().mapToInt(Listener::disconnects).sum();
    }

    // ------------------------------------------------------------------------------------------------ where history reaches

    @Test
    @DisplayName("rule.28: a recursive watch is told every change below it, in order on each of 20 connections that break; a CuratorCache ends equal")
    void everyChangeIsTold() throws Exception {
        everyChangeIsTold(MANY_WATCHERS, Integer.getInteger("watch.disconnects", 20));
    }

    @Test
    @Tag("soak")
    @Timeout(value = 1_200, unit = TimeUnit.SECONDS)
    @DisplayName("rule.28: the same over 1,000 broken connections")
    void everyChangeIsToldForLong() throws Exception {
        everyChangeIsTold(MANY_WATCHERS, Integer.getInteger("watch.disconnects", 1_000));
    }

    private void everyChangeIsTold(int watchers, int wanted) throws Exception {
        start(MemberConfig.DEFAULT);
        long begin = System.nanoTime();
        String through = links.values().stream().map(link -> "127.0.0.1:" + link.port()).collect(Collectors.joining(","));
        try (ChangingTree tree = new ChangingTree(server.getConnectString(), ROOT, random.split());
                CuratorFramework curator = CuratorFrameworkFactory.builder()
                        .connectString(through)
                        .sessionTimeoutMs((int) SESSION.toMillis())
                        .retryPolicy(new RetryForever(20))
                        .ensembleTracker(false) // it would find the way around the proxies
                        .build();
                CuratorCache cache = CuratorCache.build(curator, ROOT)) {
            listen(watchers);
            curator.start();
            cache.start();
            List<ChangingTree.Change> before = tree.changes();
            int kills = upset(tree, wanted);
            tree.create(LAST);

            Set<ChangingTree.Change> truth = new HashSet<>(tree.changes());
            before.forEach(truth::remove);
            long told = 0;
            for (Listener listener : listeners) {
                assertThat(listener.lastSeen.await(60, TimeUnit.SECONDS)).as("the last change is told, seed %s", seed).isTrue();
                told += assertTold(listener.heard(), truth);
            }
            Map<String, ChangingTree.Node> now = tree.read();
            await("the cache equals the tree", () -> differences(now, cache).isEmpty());
            System.out.printf("recursive watches: seed %d, %d disconnects of %d clients, %d kills, %d changes, %d events told, %d s%n",
                    seed, disconnects(), watchers, kills, truth.size(), told, TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - begin));
        }
    }

    /** Breaks connections in every way, while the tree changes, until there were enough; returns how often a member was killed. */
    private int upset(ChangingTree tree, int wanted) throws Exception {
        AtomicBoolean enough = new AtomicBoolean();
        List<Throwable> failures = new ArrayList<>();
        Thread writer = new Thread(() -> {
            try {
                while (!enough.get()) {
                    tree.change();
                    LockSupport.parkNanos(3_000_000); // so that what is written can be told to all of them by two cores
                }
            } catch (Throwable failure) {
                failures.add(failure);
            }
        }, "tree-writer");
        writer.start();
        int kills = 0;
        List<MemberId> members = List.copyOf(server.members());
        try {
            while (disconnects() < wanted) {
                MemberId member = members.get(random.nextInt(members.size()));
                FaultProxy link = links.get(member);
                switch (random.nextInt(kills < wanted / 20 ? 0 : 1, 16)) {
                    case 0 -> {
                        server.kill(member);
                        pause(random.nextInt(300));
                        server.restart(member);
                        kills++;
                    }
                    case 1 -> link.reset();
                    case 2 -> {
                        // What the server has said already is lost on its way.
                        link.cut(FaultProxy.Direction.FROM_TARGET);
                        pause(random.nextInt(50));
                        link.reset();
                        link.heal();
                    }
                    case 3 -> {
                        // Nobody serves them for a while.
                        links.values().forEach(FaultProxy::refuse);
                        links.values().forEach(FaultProxy::reset);
                        pause(random.nextInt(500));
                        links.values().forEach(FaultProxy::heal);
                    }
                    default -> {
                        for (int i = random.nextInt(4); i >= 0; i--) {
                            listeners.get(random.nextInt(listeners.size())).cut();
                        }
                    }
                }
                pause(random.nextInt(30));
                assertThat(writer.isAlive()).as("the writer goes on, seed %s: %s", seed, failures).isTrue();
            }
        } finally {
            enough.set(true);
            writer.join();
        }
        assertThat(failures).isEmpty();
        return kills;
    }

    private static void pause(int millis) {
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(millis));
    }

    /** Without doubles, it is what happened and nothing else; and on each connection in order. */
    private long assertTold(List<List<WatchedEvent>> connections, Set<ChangingTree.Change> truth) {
        Set<ChangingTree.Change> told = new HashSet<>();
        long count = 0;
        for (List<WatchedEvent> connection : connections) {
            assertThat(connection.stream().map(WatchedEvent::getZxid).toList()).as("zxids on a connection, seed %s", seed).isSorted();
            connection.forEach(event -> told.add(new ChangingTree.Change(event.getZxid(), event.getType(), event.getPath())));
            count += connection.size();
        }
        Set<ChangingTree.Change> missed = new HashSet<>(truth);
        missed.removeAll(told);
        assertThat(missed).as("changes never told, seed %s", seed).isEmpty();
        Set<ChangingTree.Change> invented = new HashSet<>(told);
        invented.removeAll(truth);
        assertThat(invented).as("told, but never made, seed %s", seed).isEmpty();
        return count;
    }

    private static Set<String> differences(Map<String, ChangingTree.Node> tree, CuratorCache cache) {
        Map<String, String> cached = cache.stream().collect(Collectors.toMap(node -> node.getPath(), node -> node.getStat().getMzxid() + " "
                + (node.getData() == null ? "null" : new String(node.getData(), StandardCharsets.US_ASCII))));
        Set<String> differing = new HashSet<>(cached.keySet());
        tree.forEach((path, node) -> {
            if ((node.mzxid() + " " + node.data()).equals(cached.get(path))) {
                differing.remove(path);
            } else {
                differing.add(path);
            }
        });
        return differing;
    }

    private void await(String what, BooleanSupplier condition) {
        long deadline = System.nanoTime() + PATIENCE_NANOS;
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("waited in vain: %s, seed %s", what, seed).isLessThan(deadline);
            pause(10);
        }
    }

    // ------------------------------------------------------------------------------------------------ where it does not

    @Test
    @DisplayName("rule.28: beyond the history every node that differs is named, or the nearest that is left above it")
    void whatDiffersIsNamed() throws Exception {
        whatDiffersIsNamed(Integer.getInteger("watch.rounds", 4));
    }

    @Test
    @Tag("soak")
    @Timeout(value = 600, unit = TimeUnit.SECONDS)
    @DisplayName("rule.28: the same for 60 rounds")
    void whatDiffersIsNamedForLong() throws Exception {
        whatDiffersIsNamed(Integer.getInteger("watch.rounds", 60));
    }

    private void whatDiffersIsNamed(int rounds) throws Exception {
        start(MemberConfig.DEFAULT.withWatchHistory(HISTORY));
        int exact = 0;
        int coarse = 0;
        try (ChangingTree tree = new ChangingTree(server.getConnectString(), ROOT, random.split())) {
            for (int i = 0; i < 100; i++) {
                tree.change();
            }
            listen(WATCHERS);
            for (int round = 0; round < rounds; round++) {
                // What a client has seen is the zxid of its last answer: none of them lags behind the tree.
                for (Listener listener : listeners) {
                    listener.client.sync(ROOT, (code, path, context) -> {}, null);
                    listener.settle();
                }
                List<ChangingTree.Change> before = tree.changes();
                Map<String, ChangingTree.Node> old = tree.read();
                List<Integer> heardBefore = listeners.stream().map(listener -> listener.heard().size()).toList();
                links.values().forEach(FaultProxy::refuse);
                links.values().forEach(FaultProxy::reset);
                await("all are cut off", () -> links.values().stream().allMatch(link -> link.connections() == 0));
                int steps = round % 2 == 0 ? 1 + random.nextInt(STEPS_REMEMBERED) : HISTORY + 1 + random.nextInt(STEPS_MAX);
                for (int i = 0; i < steps; i++) {
                    tree.change();
                }
                links.values().forEach(FaultProxy::heal);
                Set<ChangingTree.Change> truth = new HashSet<>(tree.changes());
                before.forEach(truth::remove);
                Map<String, ChangingTree.Node> now = tree.read();
                for (int i = 0; i < WATCHERS; i++) {
                    Listener listener = listeners.get(i);
                    int seen = heardBefore.get(i);
                    await("it is back", () -> listener.heard().size() > seen);
                    listener.settle();
                    List<List<WatchedEvent>> connections = listener.heard();
                    List<List<WatchedEvent>> since = connections.subList(seen, connections.size());
                    if (since.stream().flatMap(List::stream).allMatch(event -> event.getZxid() > 0)) {
                        assertTold(since, truth);
                        exact++;
                    } else {
                        assertThat(steps).as("what is remembered is told as it was, seed %s", seed).isGreaterThan(STEPS_REMEMBERED);
                        assertNamed(since, old, now);
                        coarse++;
                    }
                }
            }
        }
        System.out.printf("recursive watches: seed %d, %d times told as it was, %d times beyond the history%n", seed, exact, coarse);
        assertThat(exact).isPositive();
        assertThat(coarse).isPositive();
    }

    private void assertNamed(
            List<List<WatchedEvent>> connections, Map<String, ChangingTree.Node> old, Map<String, ChangingTree.Node> now) {
        Set<String> named = connections.stream().flatMap(List::stream).map(WatchedEvent::getPath).collect(Collectors.toSet());
        Set<String> unnamed = new HashSet<>();
        Set<String> all = new HashSet<>(old.keySet());
        all.addAll(now.keySet());
        for (String path : all) {
            String left = path;
            while (!now.containsKey(left)) {
                left = left.substring(0, left.lastIndexOf('/'));
            }
            if (!Objects.equals(old.get(path), now.get(path)) && !named.contains(left)) {
                unnamed.add(path);
            }
        }
        assertThat(unnamed).as("nodes that differ and are not named, seed %s", seed).isEmpty();
    }
}

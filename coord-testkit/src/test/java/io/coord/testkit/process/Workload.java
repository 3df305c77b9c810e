package io.coord.testkit.process;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import org.apache.zookeeper.AsyncCallback;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.Watcher.Event.KeeperState;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.data.Stat;

/** Clients of ZooKeeper's own library that write and read registers and add to a set, and remember what they were told. */
final class Workload implements AutoCloseable {

    /** ZooKeeper's client gives a session up by itself after 4/3 of this without a server: longer than all of them take to start again. */
    private static final int SESSION_MILLIS = 40_000;
    /** So that clients leave the machine's cores to the servers. */
    private static final long PAUSE_NANOS = 1_000_000;
    private static final int ADD_EVERY = 19;
    private static final List<String> REGISTERS = List.of("/register-0", "/register-1", "/register-2");

    private final Map<String, RegisterHistory> registers = new TreeMap<>();
    private final Queue<String> added = new ConcurrentLinkedQueue<>();
    private final Queue<String> troubles = new ConcurrentLinkedQueue<>();
    private final List<ZooKeeper> clients = new ArrayList<>();
    private final List<Long> sessions = new ArrayList<>();
    private final List<Thread> threads = new ArrayList<>();
    private final AtomicLong acknowledged = new AtomicLong();
    private volatile boolean isOver;

    private Workload() {}

    /** As many clients as that, each with a session of its own. */
    static Workload start(String connectString, int count) throws Exception {
        Workload workload = new Workload();
        for (int i = 0; i < count; i++) {
            workload.clients.add(workload.client(connectString));
            workload.sessions.add(workload.clients.get(i).getSessionId());
        }
        ZooKeeper first = workload.clients.get(0);
        for (String path : REGISTERS) {
            first.create(path, new byte[0], ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
            workload.registers.put(path, new RegisterHistory(path));
        }
        for (int i = 0; i < count; i++) {
            first.create(set(i), new byte[0], ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
            ZooKeeper client = workload.clients.get(i);
            int number = i;
            Thread thread = new Thread(() -> workload.work(client, number), "workload-" + i);
            workload.threads.add(thread);
            thread.start();
        }
        return workload;
    }

    private ZooKeeper client(String connectString) throws Exception {
        CountDownLatch connected = new CountDownLatch(1);
        ZooKeeper client = new ZooKeeper(connectString, SESSION_MILLIS, event -> {
            if (event.getState() == KeeperState.SyncConnected) {
                connected.countDown();
            } else if (event.getState() == KeeperState.Expired) {
                troubles.add("a session that kept pinging expired");
            }
        });
        if (!connected.await(ServerProcess.PATIENCE_SECONDS, TimeUnit.SECONDS)) {
            throw new AssertionError("no connection to " + connectString);
        }
        return client;
    }

    private void work(ZooKeeper client, int number) {
        try {
            for (long i = 0; !isOver; i++) {
                String path = REGISTERS.get((int) ((i + number) % REGISTERS.size()));
                LockSupport.parkNanos(PAUSE_NANOS);
                if (i % ADD_EVERY == ADD_EVERY - 1) {
                    add(client, set(number) + "/" + i);
                } else if (i % 2 == 0) {
                    write(client, path, number + "-" + i);
                } else {
                    read(client, path);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (KeeperException | RuntimeException e) {
            troubles.add("client " + number + ": " + e);
        }
    }

    private void write(ZooKeeper client, String path, String value) throws KeeperException, InterruptedException {
        long begin = System.nanoTime();
        try {
            Stat stat = client.setData(path, value.getBytes(StandardCharsets.US_ASCII), -1);
            registers.get(path).wrote(value, stat.getVersion(), begin, System.nanoTime());
            acknowledged.incrementAndGet();
        } catch (KeeperException.ConnectionLossException e) {
            registers.get(path).mayHaveWritten(value, begin);
        }
    }

    /** A sync and a read behind it, which together are linearizable. */
    private void read(ZooKeeper client, String path) throws KeeperException, InterruptedException {
        long begin = System.nanoTime();
        CountDownLatch synced = new CountDownLatch(1);
        int[] code = {KeeperException.Code.CONNECTIONLOSS.intValue()};
        AsyncCallback.VoidCallback done = (result, at, context) -> {
            code[0] = result;
            synced.countDown();
        };
        client.sync(path, done, null);
        try {
            Stat stat = new Stat();
            String value = new String(client.getData(path, false, stat), StandardCharsets.US_ASCII);
            long end = System.nanoTime();
            synced.await();
            if (code[0] == KeeperException.Code.OK.intValue()) {
                registers.get(path).read(value, stat.getVersion(), begin, end);
            }
        } catch (KeeperException.ConnectionLossException e) {
            // nothing was seen
        }
    }

    /** Each client adds to a set of its own, whose list of names fits a reply after an hour, too. */
    private static String set(int client) {
        return "/set-" + client;
    }

    private void add(ZooKeeper client, String path) throws KeeperException, InterruptedException {
        try {
            client.create(path, new byte[0], ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
            added.add(path);
            acknowledged.incrementAndGet();
        } catch (KeeperException.ConnectionLossException e) {
            // perhaps: it may be there, and need not
        }
    }

    /** How many writes were acknowledged. */
    long acknowledged() {
        return acknowledged.get();
    }

    /** Waits until more than these writes were acknowledged; fails at once if a client can write no more. */
    void awaitWrite(long before, String when) {
        try {
            ProcessEnsemble.await("a write " + when, () -> acknowledged() > before || !troubles.isEmpty());
        } catch (AssertionError e) {
            String states = clients.stream().map(client -> client.getState().toString()).collect(Collectors.joining(", "));
            throw new AssertionError(e.getMessage() + "; the clients are " + states, e);
        }
        if (!troubles.isEmpty()) {
            throw new AssertionError(when + ": " + troubles);
        }
    }

    /** Ends the work; returns what is wrong with it, each member asked for what it holds. */
    List<String> verdict(ProcessEnsemble ensemble) throws Exception {
        return verdict(ensemble, ensemble.ids());
    }

    /** The same, these members asked. */
    List<String> verdict(ProcessEnsemble ensemble, List<Integer> ids) throws Exception {
        stop();
        List<String> wrong = new ArrayList<>(troubles);
        for (int i = 0; i < clients.size(); i++) {
            if (clients.get(i).getSessionId() != sessions.get(i)) {
                wrong.add("client " + i + " lost its session");
            }
        }
        for (int id : ids) {
            try (ZooKeeper client = client(ensemble.connectString(id))) {
                for (String path : REGISTERS) {
                    read(client, path);
                }
                Set<String> there = new HashSet<>();
                for (int i = 0; i < clients.size(); i++) {
                    String set = set(i);
                    client.getChildren(set, false).forEach(name -> there.add(set + "/" + name));
                }
                List<String> lost = added.stream().filter(path -> !there.contains(path)).toList();
                if (!lost.isEmpty()) {
                    wrong.add("member " + id + " has lost " + lost.size() + " acknowledged nodes, such as " + lost.get(0));
                }
            }
        }
        registers.values().forEach(history -> wrong.addAll(history.violations()));
        return wrong;
    }

    private void stop() throws InterruptedException {
        isOver = true;
        for (Thread thread : threads) {
            thread.join();
        }
    }

    @Override
    public void close() throws Exception {
        isOver = true;
        threads.forEach(Thread::interrupt);
        stop();
        for (ZooKeeper client : clients) {
            client.close();
        }
    }
}

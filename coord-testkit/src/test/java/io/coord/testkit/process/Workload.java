package io.coord.testkit.process;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
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
        first.create("/set", new byte[0], ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
        for (String path : REGISTERS) {
            first.create(path, new byte[0], ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
            workload.registers.put(path, new RegisterHistory(path));
        }
        for (int i = 0; i < count; i++) {
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
                if (i % 4 == 3) {
                    add(client, number + "-" + i);
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

    private void add(ZooKeeper client, String name) throws KeeperException, InterruptedException {
        try {
            client.create("/set/" + name, new byte[0], ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
            added.add(name);
            acknowledged.incrementAndGet();
        } catch (KeeperException.ConnectionLossException e) {
            // perhaps: it may be there, and need not
        }
    }

    /** How many writes were acknowledged. */
    long acknowledged() {
        return acknowledged.get();
    }

    /** Ends the work; returns what is wrong with it, each member asked for what it holds. */
    List<String> verdict(ProcessEnsemble ensemble) throws Exception {
        stop();
        List<String> wrong = new ArrayList<>(troubles);
        for (int i = 0; i < clients.size(); i++) {
            if (clients.get(i).getSessionId() != sessions.get(i)) {
                wrong.add("client " + i + " lost its session");
            }
        }
        for (int id : ensemble.ids()) {
            try (ZooKeeper client = client(ensemble.connectString(id))) {
                for (String path : REGISTERS) {
                    read(client, path);
                }
                List<String> there = client.getChildren("/set", false);
                List<String> lost = new ArrayList<>(added);
                lost.removeAll(new java.util.HashSet<>(there));
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

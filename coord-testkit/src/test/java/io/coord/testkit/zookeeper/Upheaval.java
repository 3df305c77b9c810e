package io.coord.testkit.zookeeper;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.Watcher.Event.KeeperState;
import org.apache.zookeeper.ZooDefs.Ids;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.data.ACL;
import org.apache.zookeeper.data.Id;

/**
 * Thousands of random writes of every kind, many at a time, by several sessions, some of which end: what a server's files then hold is
 * as mixed as can be.
 */
final class Upheaval implements AutoCloseable {

    private static final int SESSION_MILLIS = 60_000;
    private static final int OUTSTANDING = 40;
    private static final List<List<ACL>> LISTS = List.of(
            Ids.OPEN_ACL_UNSAFE,
            Ids.READ_ACL_UNSAFE,
            List.of(new ACL(31, new Id("digest", "anna:nzaGSyLbQu4SU6SKRzCD50WAgYM="))),
            List.of(new ACL(31, new Id("ip", "127.0.0.1/8")), new ACL(1, new Id("world", "anyone"))));

    private final SplittableRandom random;
    private final String address;
    private final List<ZooKeeper> sessions = new ArrayList<>();
    private final Semaphore window = new Semaphore(OUTSTANDING);
    private final AtomicInteger successes = new AtomicInteger();
    private final AtomicInteger refusals = new AtomicInteger();

    Upheaval(String address, long seed) throws IOException, InterruptedException {
        this.random = new SplittableRandom(seed);
        this.address = address;
        for (int i = 0; i < 4; i++) {
            sessions.add(connect(address));
        }
    }

    static ZooKeeper connect(String address) throws IOException, InterruptedException {
        CountDownLatch connected = new CountDownLatch(1);
        ZooKeeper session = new ZooKeeper(address, SESSION_MILLIS, event -> {
            if (event.getState() == KeeperState.SyncConnected) {
                connected.countDown();
            }
        });
        if (!connected.await(60, TimeUnit.SECONDS)) {
            session.close();
            throw new IOException("no server at " + address);
        }
        return session;
    }

    List<ZooKeeper> sessions() {
        return sessions;
    }

    int successes() {
        return successes.get();
    }

    int refusals() {
        return refusals.get();
    }

    /** Some writes, of which all are answered when this returns. */
    void go(int writes) throws InterruptedException, IOException {
        for (int i = 0; i < writes; i++) {
            window.acquire();
            if (i % 500 == 499) {
                ZooKeeper ended = sessions.remove(random.nextInt(sessions.size()));
                ended.close();
                sessions.add(connect(address));
            }
            write(sessions.get(random.nextInt(sessions.size())));
        }
        window.acquire(OUTSTANDING);
        window.release(OUTSTANDING);
    }

    private void answered(int code) {
        (code == Code.OK.intValue() ? successes : refusals).incrementAndGet();
        window.release();
    }

    private void write(ZooKeeper session) {
        String path = path();
        int kind = random.nextInt(20);
        if (kind < 9) {
            create(session, path);
        } else if (kind < 12) {
            session.delete(path, -1, (code, at, context) -> answered(code), null);
        } else if (kind < 16) {
            session.setData(path, data(), -1, (code, at, context, stat) -> answered(code), null);
        } else if (kind < 17) {
            session.setACL(path, list(), -1, (code, at, context, stat) -> answered(code), null);
        } else {
            session.multi(operations(), (code, at, context, results) -> answered(code), null);
        }
    }

    private void create(ZooKeeper session, String path) {
        CreateMode mode = CreateMode.values()[random.nextInt(7)];
        if (mode.isTTL()) {
            session.create(path, data(), list(), mode, (code, at, context, name, stat) -> answered(code), null, 3_600_000);
        } else if (random.nextBoolean() || mode.isContainer()) {
            session.create(path, data(), list(), mode, (code, at, context, name, stat) -> answered(code), null);
        } else {
            session.create(path, data(), list(), mode, (code, at, context, name) -> answered(code), null);
        }
    }

    private List<Op> operations() {
        List<Op> operations = new ArrayList<>();
        for (int left = 1 + random.nextInt(4); left > 0; left--) {
            String path = path();
            switch (random.nextInt(6)) {
                case 0, 1 -> operations.add(Op.create(path, data(), list(), CreateMode.values()[random.nextInt(5)]));
                case 2 -> operations.add(Op.delete(path, -1));
                case 3 -> operations.add(Op.check(path, random.nextInt(3) - 1));
                default -> operations.add(Op.setData(path, data(), -1));
            }
        }
        return operations;
    }

    private List<ACL> list() {
        return LISTS.get(random.nextInt(10) < 7 ? 0 : random.nextInt(LISTS.size()));
    }

    private byte[] data() {
        int kind = random.nextInt(12);
        if (kind == 0) {
            return null;
        }
        byte[] data = kind == 1 ? new byte[0] : new byte[random.nextInt(kind == 2 ? 5_000 : 60)];
        for (int i = 0; i < data.length; i++) {
            data[i] = (byte) random.nextInt();
        }
        return data;
    }

    private String path() {
        StringBuilder path = new StringBuilder("/upheaval");
        for (int left = 1 + random.nextInt(3); left > 0; left--) {
            path.append('/').append(random.nextInt(30) == 0 ? "\u00e4\u4e16" : "n" + random.nextInt(9));
        }
        return path.toString();
    }

    /** What everything happens below, and a quota on part of it. */
    void prepare() throws KeeperException, InterruptedException {
        ZooKeeper session = sessions.get(0);
        session.create("/upheaval", "top".getBytes(StandardCharsets.UTF_8), Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
        session.create("/upheaval/n1", new byte[3], Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
        session.create("/zookeeper/quota/upheaval", null, Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
        session.create("/zookeeper/quota/upheaval/n1", null, Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
        byte[] limits = "count=100000,bytes=-1".getBytes(StandardCharsets.UTF_8);
        session.create("/zookeeper/quota/upheaval/n1/zookeeper_limits", limits, Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
        session.create("/zookeeper/quota/upheaval/n1/zookeeper_stats", null, Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
    }

    /** Ends the clients; a server that is gone never hears of it, and their sessions go on. */
    @Override
    public void close() {
        for (ZooKeeper session : sessions) {
            try {
                session.close();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}

package io.coord.testkit.zookeeper;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.OpResult;
import org.apache.zookeeper.Watcher.Event.EventType;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.client.ZKClientConfig;
import org.apache.zookeeper.data.Stat;

/**
 * A tree that one client of ZooKeeper's own library changes at random, and every change it made, with its zxid: what watches must tell. A
 * write whose answer was lost is looked up afterwards, which nobody else's writes can blur.
 */
final class ChangingTree implements AutoCloseable {

    private static final int SESSION_MILLIS = 40_000;
    private static final int DEPTH_MAX = 3;
    private static final int CHILDREN = 5;

    /** One change of one node. */
    record Change(long zxid, EventType type, String path) {}

    private interface Attempt<T> {
        T run() throws KeeperException, InterruptedException;
    }

    /** A write, and how to learn its zxid once its answer was lost: below 0 if it was not done. */
    private interface Lookup {
        long zxidOrNone() throws KeeperException, InterruptedException;
    }

    private final String connect;
    private final String root;
    private final SplittableRandom random;
    private final ZooKeeper client;
    /** Each node's data version. */
    private final TreeMap<String, Integer> nodes = new TreeMap<>();
    private final List<Change> changes = new ArrayList<>();

    ChangingTree(String connect, String root, SplittableRandom random) throws Exception {
        this.connect = connect;
        this.root = root;
        this.random = random;
        this.client = client(connect);
        create(root);
    }

    private static ZooKeeper client(String connect) throws Exception {
        ZKClientConfig config = new ZKClientConfig();
        config.setProperty(ZKClientConfig.ENABLE_CLIENT_SASL_KEY, "false");
        return new ZooKeeper(connect, SESSION_MILLIS, event -> {}, config);
    }

    /** Every change so far, oldest first. */
    List<Change> changes() {
        return List.copyOf(changes);
    }

    /** Makes one change, or several with one zxid. */
    void change() throws Exception {
        int kind = random.nextInt(100);
        String path = somePath();
        if (!nodes.containsKey(path)) {
            if (kind < 3) {
                ephemeralsOfASessionThatEnds();
            } else {
                create(path);
            }
        } else if (kind < 20) {
            createAndSetAtOnce(path);
        } else if (kind < 60 && !path.equals(root) && isLeaf(path)) {
            delete(path);
        } else {
            set(path);
        }
    }

    /** A node that is there, or one whose parent is. */
    private String somePath() {
        String path = root;
        for (int depth = random.nextInt(DEPTH_MAX + 1); depth > 0 && nodes.containsKey(path); depth--) {
            path = path + "/n" + random.nextInt(CHILDREN);
        }
        return path;
    }

    private boolean isLeaf(String path) {
        String next = nodes.higherKey(path + "/");
        return next == null || !next.startsWith(path + "/");
    }

    private static String parent(String path) {
        return path.substring(0, path.lastIndexOf('/'));
    }

    private byte[] data() {
        return Long.toString(random.nextLong()).getBytes(StandardCharsets.US_ASCII);
    }

    /** Creates a node. */
    void create(String path) throws Exception {
        byte[] data = data();
        long zxid = write(() -> {
            Stat stat = new Stat();
            client.create(path, data, ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT, stat);
            return stat.getCzxid();
        }, () -> {
            Stat stat = client.exists(path, false);
            return stat == null ? -1 : stat.getCzxid();
        });
        nodes.put(path, 0);
        changes.add(new Change(zxid, EventType.NodeCreated, path));
    }

    private void set(String path) throws Exception {
        byte[] data = data();
        int version = nodes.get(path);
        long zxid = write(
                () -> client.setData(path, data, version).getMzxid(),
                () -> zxidOfVersion(path, version + 1));
        nodes.put(path, version + 1);
        changes.add(new Change(zxid, EventType.NodeDataChanged, path));
    }

    private long zxidOfVersion(String path, int version) throws KeeperException, InterruptedException {
        Stat stat = client.exists(path, false);
        return stat.getVersion() == version ? stat.getMzxid() : -1;
    }

    private void delete(String path) throws Exception {
        int version = nodes.get(path);
        write(() -> {
            client.delete(path, version);
            return 0L;
        }, () -> client.exists(path, false) == null ? 0 : -1);
        nodes.remove(path);
        changes.add(new Change(pzxid(parent(path)), EventType.NodeDeleted, path));
    }

    /** No one else changes its children: it is that of the latest creation or deletion. */
    private long pzxid(String path) throws InterruptedException {
        return sure(() -> client.exists(path, false).getPzxid());
    }

    private void createAndSetAtOnce(String path) throws Exception {
        String child = path + "/m" + random.nextInt(CHILDREN);
        if (nodes.containsKey(child)) {
            set(child);
            return;
        }
        int version = nodes.get(path);
        List<Op> ops = List.of(
                Op.create(child, data(), ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT),
                Op.setData(path, data(), version),
                Op.setData(child, data(), 0));
        long zxid = write(
                () -> ((OpResult.SetDataResult) client.multi(ops).get(1)).getStat().getMzxid(),
                () -> zxidOfVersion(path, version + 1));
        nodes.put(child, 1);
        nodes.put(path, version + 1);
        changes.add(new Change(zxid, EventType.NodeCreated, child));
        changes.add(new Change(zxid, EventType.NodeDataChanged, path));
        changes.add(new Change(zxid, EventType.NodeDataChanged, child));
    }

    /** All of them go with one zxid. */
    private void ephemeralsOfASessionThatEnds() throws Exception {
        String home = root + "/e" + changes.size();
        create(home);
        List<String> paths = List.of(home + "/1", home + "/2", home + "/3");
        ZooKeeper other = client(connect);
        try {
            for (String path : paths) {
                long zxid = sure(() -> {
                    try {
                        other.create(path, null, ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.EPHEMERAL);
                    } catch (KeeperException.NodeExistsException e) {
                        // the attempt before had done it
                    }
                    return other.exists(path, false).getCzxid();
                });
                changes.add(new Change(zxid, EventType.NodeCreated, path));
            }
        } finally {
            other.close();
        }
        // If the answer to the close was lost, they go a little later.
        while (!this.<List<String>>sure(() -> client.getChildren(home, false)).isEmpty()) {
            LockSupport.parkNanos(5_000_000);
        }
        long zxid = pzxid(home);
        paths.forEach(path -> changes.add(new Change(zxid, EventType.NodeDeleted, path)));
        nodes.put(home, 0);
    }

    private long write(Attempt<Long> attempt, Lookup lookup) throws Exception {
        while (true) {
            try {
                return attempt.run();
            } catch (KeeperException.ConnectionLossException e) {
                long zxid = sure(lookup::zxidOrNone);
                if (zxid >= 0) {
                    return zxid;
                }
            }
        }
    }

    /** What can be asked again. */
    private <T> T sure(Attempt<T> read) throws InterruptedException {
        while (true) {
            try {
                return read.run();
            } catch (KeeperException.ConnectionLossException e) {
                LockSupport.parkNanos(5_000_000);
            } catch (KeeperException e) {
                throw new AssertionError("a client that only waits for its answers was refused: " + e, e);
            }
        }
    }

    /** What a node is now. */
    record Node(long czxid, long mzxid, long pzxid, String data) {}

    /** The whole tree, as it is at this client's member after its last write. */
    Map<String, Node> read() throws InterruptedException {
        Map<String, Node> tree = new TreeMap<>();
        List<String> left = new ArrayList<>(List.of(root));
        while (!left.isEmpty()) {
            String path = left.remove(left.size() - 1);
            Stat stat = new Stat();
            byte[] data = this.<byte[]>sure(() -> client.getData(path, false, stat));
            tree.put(path, new Node(stat.getCzxid(), stat.getMzxid(), stat.getPzxid(),
                    data == null ? "null" : new String(data, StandardCharsets.US_ASCII)));
            this.<List<String>>sure(() -> client.getChildren(path, false)).forEach(name -> left.add(path + "/" + name));
        }
        return tree;
    }

    @Override
    public void close() {
        try {
            client.close();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}

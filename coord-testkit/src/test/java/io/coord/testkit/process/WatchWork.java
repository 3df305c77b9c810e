package io.coord.testkit.process;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.zookeeper.AddWatchMode;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.WatchedEvent;
import org.apache.zookeeper.Watcher;
import org.apache.zookeeper.Watcher.Event.EventType;
import org.apache.zookeeper.Watcher.Event.KeeperState;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.data.Stat;

/**
 * One client that changes some nodes, one with a recursive watch above them, and one that sets watches that are told once, again and again.
 * Answers and events are noted by each watcher's one thread, in the order in which the client has them.
 */
final class WatchWork implements Work {

    private static final String ROOT = "/watched";
    private static final int NODES = 5;
    private static final int DELETE_EVERY = 7;
    private static final long NOT_THERE = 0;

    private final ZooKeeper writer;
    private final ZooKeeper recursive;
    private final ZooKeeper oneShot;
    private final WatchHistory recursiveHistory = new WatchHistory();
    private final OneShotHistory oneShotHistory = new OneShotHistory();
    /** The writer's own view: each node's version. */
    private final Map<String, Integer> versions = new TreeMap<>();
    private final long[] steps = new long[3];

    WatchWork(Clients clients) throws Exception {
        this.writer = clients.lasting();
        Clients.lay(writer, ROOT);
        Watcher listener = this::hear;
        this.recursive = clients.lasting(listener);
        recursive.addWatch(ROOT, listener, AddWatchMode.PERSISTENT_RECURSIVE);
        this.oneShot = clients.lasting();
    }

    private void hear(WatchedEvent event) {
        if (event.getType() != EventType.None) {
            recursiveHistory.told(event.getZxid(), event.getType(), event.getPath());
        } else if (event.getState() == KeeperState.SyncConnected) {
            recursiveHistory.connected();
        }
    }

    @Override
    public int clients() {
        return steps.length;
    }

    @Override
    public void step(int client) throws KeeperException, InterruptedException {
        long step = steps[client]++;
        String path = ROOT + "/" + step % NODES;
        switch (client) {
            case 0 -> change(path, step);
            case 1 -> look(recursive, path, null, mzxid -> sawRecursively(path, mzxid));
            default -> lookOrSetWatch(path);
        }
    }

    // ------------------------------------------------------------------------------------------------ changes

    /** A write, and what its node looks like if it was done. */
    private interface Write {
        long zxid() throws KeeperException, InterruptedException;
    }

    private void change(String path, long step) throws KeeperException, InterruptedException {
        byte[] data = Long.toString(step).getBytes(StandardCharsets.US_ASCII);
        Integer version = versions.get(path);
        if (version == null) {
            create(path, data);
        } else if (step % DELETE_EVERY == 0) {
            delete(path, version);
        } else {
            set(path, data, version);
        }
    }

    private void create(String path, byte[] data) throws KeeperException, InterruptedException {
        long zxid = done(() -> {
            Stat stat = new Stat();
            writer.create(path, data, ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT, stat);
            return stat.getCzxid();
        }, () -> {
            Stat stat = exists(path);
            return stat.getVersion() < 0 ? NOT_THERE : stat.getCzxid();
        });
        versions.put(path, 0);
        recursiveHistory.made(zxid, EventType.NodeCreated, path);
    }

    private void set(String path, byte[] data, int version) throws KeeperException, InterruptedException {
        long zxid = done(() -> writer.setData(path, data, version).getMzxid(), () -> {
            Stat stat = exists(path);
            return stat.getVersion() == version ? NOT_THERE : stat.getMzxid();
        });
        versions.put(path, version + 1);
        recursiveHistory.made(zxid, EventType.NodeDataChanged, path);
    }

    /** Nobody else changes the children of the root: it is as of their last creation or deletion. */
    private void delete(String path, int version) throws KeeperException, InterruptedException {
        long zxid = done(() -> {
            writer.delete(path, version);
            return exists(ROOT).getPzxid();
        }, () -> exists(path).getVersion() < 0 ? exists(ROOT).getPzxid() : NOT_THERE);
        versions.remove(path);
        recursiveHistory.made(zxid, EventType.NodeDeleted, path);
    }

    /** Its zxid, also where the answer was lost; nobody else writes here. */
    private static long done(Write write, Write lookup) throws KeeperException, InterruptedException {
        while (true) {
            try {
                return write.zxid();
            } catch (KeeperException.ConnectionLossException e) {
                long zxid = lookup.zxid();
                if (zxid != NOT_THERE) {
                    return zxid;
                }
            }
        }
    }

    /** What the writer sees after its last write; of version -1 if it is not there. */
    private Stat exists(String path) throws KeeperException, InterruptedException {
        return Fresh.sure(writer, path, () -> {
            Stat stat = writer.exists(path, false);
            return stat == null ? new Stat(0, 0, 0, 0, -1, -1, -1, 0, 0, 0, 0) : stat;
        });
    }

    // ------------------------------------------------------------------------------------------------ watchers

    /** What is done, on the client's thread for events, with the zxid of a node's last change. */
    private interface Sight {
        void saw(long mzxid);
    }

    private void sawRecursively(String path, long mzxid) {
        if (mzxid != NOT_THERE) {
            recursiveHistory.saw(path, mzxid);
        }
    }

    private void lookOrSetWatch(String path) throws KeeperException, InterruptedException {
        if (oneShotHistory.isSet(path)) {
            look(oneShot, path, null, mzxid -> oneShotHistory.saw(path, mzxid));
        } else {
            look(oneShot, path, event -> {
                if (event.getType() != EventType.None) {
                    oneShotHistory.fired(path);
                }
            }, mzxid -> oneShotHistory.set(path, mzxid));
        }
    }

    /** Looks once, and returns when it was answered, or the answer was lost: whether it was answered. */
    private static boolean look(ZooKeeper client, String path, Watcher watcher, Sight sight) throws KeeperException, InterruptedException {
        CountDownLatch done = new CountDownLatch(1);
        AtomicBoolean isAnswered = new AtomicBoolean();
        int[] refused = {Code.OK.intValue()};
        client.exists(path, watcher, (code, at, context, stat) -> {
            if (code == Code.OK.intValue() || code == Code.NONODE.intValue()) {
                sight.saw(stat == null ? NOT_THERE : stat.getMzxid());
                isAnswered.set(true);
            } else if (code != Code.CONNECTIONLOSS.intValue()) {
                refused[0] = code;
            }
            done.countDown();
        }, null);
        done.await();
        if (refused[0] != Code.OK.intValue()) {
            throw KeeperException.create(Code.get(refused[0]), path);
        }
        return isAnswered.get();
    }

    @Override
    public long acknowledged() {
        return recursiveHistory.changes();
    }

    /** Both watchers look once more, behind a sync, at every node: whatever they show must have been told by then. */
    private void lookAtAll() throws KeeperException, InterruptedException {
        for (ZooKeeper watcher : List.of(recursive, oneShot)) {
            for (int i = 0; i < NODES; i++) {
                String path = ROOT + "/" + i;
                Fresh.sure(watcher, path, () -> {
                    boolean isAnswered = look(watcher, path, null,
                            watcher == oneShot ? mzxid -> oneShotHistory.saw(path, mzxid) : mzxid -> sawRecursively(path, mzxid));
                    if (!isAnswered) {
                        throw new KeeperException.ConnectionLossException();
                    }
                    return true;
                });
            }
        }
    }

    @Override
    public List<String> verdict(Map<Integer, ZooKeeper> members) throws KeeperException, InterruptedException {
        lookAtAll();
        List<String> wrong = new ArrayList<>(oneShotHistory.violations());
        if (oneShotHistory.fired() == 0) {
            wrong.add("no watch ever told");
        }
        for (ZooKeeper client : members.values()) {
            Map<String, Long> mzxids = new TreeMap<>();
            for (String name : Fresh.sure(client, ROOT, () -> client.getChildren(ROOT, false))) {
                Stat stat = new Stat();
                String path = ROOT + "/" + name;
                Fresh.sure(client, path, () -> client.getData(path, false, stat));
                mzxids.put(path, stat.getMzxid());
            }
            if (!mzxids.keySet().equals(versions.keySet())) {
                wrong.add("there is " + mzxids.keySet() + " where " + versions.keySet() + " was left");
            }
            recursiveHistory.violations(mzxids).stream().filter(what -> !wrong.contains(what)).forEach(wrong::add);
        }
        return wrong;
    }
}

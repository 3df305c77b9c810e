package io.coord.testkit.process;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.data.Stat;

/**
 * Clients that take turns by ZooKeeper's recipe for locks, ephemeral sequential nodes of which the first has the lock, and write to a node
 * it guards, with the version they read: mutual exclusion, proven at the node. Tokens are the zxids that created their nodes.
 */
final class LockWork implements Work {

    private static final String ROOT = "/lock";
    private static final String GUARDED = "/guarded";
    private static final int NUMBER_DIGITS = 10;
    /** Then it looks again: whether watches come is for others to find out. */
    private static final long LOOK_AGAIN_MILLIS = 1_000;

    private final List<ZooKeeper> clients;
    private final long[] steps;
    private final LockHistory history = new LockHistory();
    private final AtomicLong acknowledged = new AtomicLong();

    /** A place in the line. */
    private record Place(String path, long token) {
        String name() {
            return path.substring(ROOT.length() + 1);
        }
    }

    LockWork(Clients clients) throws Exception {
        this.clients = clients.lasting(3);
        this.steps = new long[this.clients.size()];
        Clients.lay(this.clients.get(0), ROOT);
        this.clients.get(0).create(GUARDED, text(0), ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
    }

    private static byte[] text(long token) {
        return Long.toString(token).getBytes(StandardCharsets.US_ASCII);
    }

    private static long token(byte[] text) {
        return Long.parseLong(new String(text, StandardCharsets.US_ASCII));
    }

    @Override
    public int clients() {
        return clients.size();
    }

    @Override
    public void step(int number) throws KeeperException, InterruptedException {
        ZooKeeper client = clients.get(number);
        String who = number + "-" + steps[number]++;
        Place place = queue(client, who + "-");
        awaitTurn(client, place);
        long begin = System.nanoTime();
        int version = write(client, place.token(), who);
        history.held(who, place.token(), version, begin, System.nanoTime());
        leave(client, place, who);
        acknowledged.addAndGet(3);
    }

    /** A place of that prefix, and no second one where the answer to the first attempt was lost. */
    private static Place queue(ZooKeeper client, String prefix) throws KeeperException, InterruptedException {
        while (true) {
            try {
                Stat stat = new Stat();
                String path = client.create(ROOT + "/" + prefix, new byte[0], ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.EPHEMERAL_SEQUENTIAL, stat);
                return new Place(path, stat.getCzxid());
            } catch (KeeperException.ConnectionLossException e) {
                Optional<String> mine = Fresh.sure(client, ROOT, () -> client.getChildren(ROOT, false)).stream()
                        .filter(name -> name.startsWith(prefix)).findFirst();
                if (mine.isPresent()) {
                    String path = ROOT + "/" + mine.get();
                    return new Place(path, Fresh.sure(client, path, () -> client.exists(path, false)).getCzxid());
                }
            }
        }
    }

    private static String number(String name) {
        return name.substring(name.length() - NUMBER_DIGITS);
    }

    private void awaitTurn(ZooKeeper client, Place place) throws KeeperException, InterruptedException {
        while (true) {
            try {
                String before = null;
                boolean isThere = false;
                for (String name : client.getChildren(ROOT, false)) {
                    isThere |= name.equals(place.name());
                    if (number(name).compareTo(number(place.name())) < 0 && (before == null || number(name).compareTo(number(before)) > 0)) {
                        before = name;
                    }
                }
                if (!isThere) {
                    history.met(place + " is gone while its session lives");
                }
                if (before == null) {
                    return;
                }
                CountDownLatch changed = new CountDownLatch(1);
                if (client.exists(ROOT + "/" + before, event -> changed.countDown()) != null) {
                    changed.await(LOOK_AGAIN_MILLIS, TimeUnit.MILLISECONDS);
                }
            } catch (KeeperException.ConnectionLossException e) {
                // asks again
            }
        }
    }

    /** Writes its token once, whatever becomes of answers; returns the version that this made. */
    private int write(ZooKeeper client, long token, String who) throws KeeperException, InterruptedException {
        while (true) {
            Stat stat = new Stat();
            long found = token(Fresh.sure(client, GUARDED, () -> client.getData(GUARDED, false, stat)));
            if (found == token) {
                return stat.getVersion();
            }
            if (found > token) {
                history.met(who + " of token " + token + " found that of " + found);
            }
            try {
                return client.setData(GUARDED, text(token), stat.getVersion()).getVersion();
            } catch (KeeperException.BadVersionException e) {
                history.met(who + " of token " + token + " was overtaken behind version " + stat.getVersion());
            } catch (KeeperException.ConnectionLossException e) {
                // looks whether it was done
            }
        }
    }

    private void leave(ZooKeeper client, Place place, String who) throws KeeperException, InterruptedException {
        for (boolean isAsked = false; ; isAsked = true) {
            try {
                client.delete(place.path(), 0);
                return;
            } catch (KeeperException.NoNodeException e) {
                if (!isAsked) {
                    history.met(who + ": " + place + " is gone while its session lives");
                }
                return;
            } catch (KeeperException.ConnectionLossException e) {
                // asks again
            }
        }
    }

    @Override
    public long acknowledged() {
        return acknowledged.get();
    }

    @Override
    public List<String> verdict(Map<Integer, ZooKeeper> members) throws KeeperException, InterruptedException {
        List<String> wrong = new ArrayList<>();
        for (ZooKeeper client : members.values()) {
            Stat stat = new Stat();
            byte[] text = Fresh.sure(client, GUARDED, () -> client.getData(GUARDED, false, stat));
            history.violations(stat.getVersion(), token(text)).stream().filter(what -> !wrong.contains(what)).forEach(wrong::add);
            List<String> left = Fresh.sure(client, ROOT, () -> client.getChildren(ROOT, false));
            if (!left.isEmpty()) {
                wrong.add("nobody is in line, and yet there are " + left);
            }
        }
        return wrong;
    }
}

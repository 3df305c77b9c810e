package io.coord.testkit.process;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.ZooKeeper;

/** Clients that put sequential nodes into a queue and delete the first: each is taken once or is still there, in the order of the queue. */
final class QueueWork implements Work {

    private static final String ROOT = "/queue";
    private static final String PREFIX = "item-";

    private final List<ZooKeeper> clients;
    private final long[] steps;
    private final QueueHistory history = new QueueHistory();
    private final AtomicLong acknowledged = new AtomicLong();

    QueueWork(Clients clients) throws Exception {
        this.clients = clients.lasting(3);
        this.steps = new long[this.clients.size()];
        Clients.lay(this.clients.get(0), ROOT);
    }

    @Override
    public int clients() {
        return clients.size();
    }

    @Override
    public void step(int client) throws KeeperException, InterruptedException {
        long step = steps[client]++;
        try {
            if (step % 2 == 0) {
                put(clients.get(client), client + "-" + step);
            } else {
                take(clients.get(client));
            }
        } catch (KeeperException.ConnectionLossException e) {
            // perhaps
        }
    }

    private void put(ZooKeeper client, String value) throws KeeperException, InterruptedException {
        history.putting(value);
        long begin = System.nanoTime();
        String path = client.create(ROOT + "/" + PREFIX, value.getBytes(StandardCharsets.US_ASCII), ZooDefs.Ids.OPEN_ACL_UNSAFE,
                CreateMode.PERSISTENT_SEQUENTIAL);
        history.put(value, number(path), begin, System.nanoTime());
        acknowledged.incrementAndGet();
    }

    private static long number(String path) {
        return Long.parseLong(path.substring(path.lastIndexOf(PREFIX) + PREFIX.length()));
    }

    /** The first that the client's member shows, or if others were faster, the next. */
    private void take(ZooKeeper client) throws KeeperException, InterruptedException {
        List<String> names = new ArrayList<>(client.getChildren(ROOT, false));
        names.sort(null);
        for (String name : names) {
            String path = ROOT + "/" + name;
            String value;
            try {
                value = new String(client.getData(path, false, null), StandardCharsets.US_ASCII);
            } catch (KeeperException.NoNodeException e) {
                continue;
            }
            history.taking(value);
            long begin = System.nanoTime();
            try {
                client.delete(path, 0);
            } catch (KeeperException.NoNodeException e) {
                history.tookNot(value);
                continue;
            }
            history.took(value, number(path), begin, System.nanoTime());
            acknowledged.incrementAndGet();
            return;
        }
    }

    @Override
    public long acknowledged() {
        return acknowledged.get();
    }

    @Override
    public List<String> verdict(Map<Integer, ZooKeeper> members) throws KeeperException, InterruptedException {
        Set<String> wrong = new HashSet<>();
        Set<Map<Long, String>> views = new HashSet<>();
        for (Map.Entry<Integer, ZooKeeper> member : members.entrySet()) {
            ZooKeeper client = member.getValue();
            Map<Long, String> left = new TreeMap<>();
            for (String name : Fresh.sure(client, ROOT, () -> client.getChildren(ROOT, false))) {
                String path = ROOT + "/" + name;
                left.put(number(path), new String(Fresh.sure(client, path, () -> client.getData(path, false, null)), StandardCharsets.US_ASCII));
            }
            views.add(left);
            wrong.addAll(history.violations("member " + member.getKey(), left));
        }
        if (views.size() > 1) {
            wrong.add("members hold different queues");
        }
        return List.copyOf(wrong);
    }
}

package io.coord.testkit.process;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.ZooKeeper;

/** Clients that add to a set and now and then take something out; what was acknowledged is so, on all members alike. */
final class SetWork implements Work {

    private static final String ROOT = "/set";
    private static final int REMOVE_EVERY = 4;

    private final List<ZooKeeper> clients;
    private final long[] steps;
    private final List<Queue<String>> removable = new ArrayList<>();
    private final SetHistory history = new SetHistory();
    private final AtomicLong acknowledged = new AtomicLong();

    SetWork(Clients clients) throws Exception {
        this.clients = clients.lasting(2);
        this.steps = new long[this.clients.size()];
        Clients.lay(this.clients.get(0), ROOT);
        this.clients.forEach(client -> removable.add(new ArrayDeque<>()));
    }

    @Override
    public int clients() {
        return clients.size();
    }

    @Override
    public void step(int client) throws KeeperException, InterruptedException {
        long step = steps[client]++;
        Queue<String> mine = removable.get(client);
        try {
            if (step % REMOVE_EVERY == 0 && !mine.isEmpty()) {
                String name = mine.remove();
                history.removing(name);
                clients.get(client).delete(ROOT + "/" + name, 0);
                history.removed(name);
            } else {
                String name = client + "-" + step;
                history.adding(name);
                Clients.lay(clients.get(client), ROOT + "/" + name);
                history.added(name);
                mine.add(name);
            }
            acknowledged.incrementAndGet();
        } catch (KeeperException.ConnectionLossException e) {
            // perhaps
        }
    }

    @Override
    public long acknowledged() {
        return acknowledged.get();
    }

    @Override
    public List<String> verdict(Map<Integer, ZooKeeper> members) throws KeeperException, InterruptedException {
        List<String> wrong = new ArrayList<>();
        Set<Set<String>> views = new HashSet<>();
        for (Map.Entry<Integer, ZooKeeper> member : members.entrySet()) {
            Set<String> names = Set.copyOf(Fresh.sure(member.getValue(), ROOT, () -> member.getValue().getChildren(ROOT, false)));
            views.add(names);
            wrong.addAll(history.violations("member " + member.getKey(), names));
        }
        if (views.size() > 1) {
            wrong.add("members hold different sets");
        }
        return wrong;
    }
}

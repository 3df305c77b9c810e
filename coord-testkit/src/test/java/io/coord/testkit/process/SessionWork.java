package io.coord.testkit.process;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.Watcher.Event.KeeperState;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.data.Stat;

/**
 * Sessions that live as long as the work, with a node each that must be there at every look; and brief ones, whose nodes must go with them,
 * at the latest when they expire, should the farewell not have arrived.
 */
final class SessionWork implements Work {

    private static final String ROOT = "/ephemerals";
    private static final int LASTING = 2;
    private static final int BRIEF_MILLIS = 4_000;
    /** How long an ephemeral may outlive its session's timeout once all is healed: a new leader gives each session its time anew. */
    private static final long GRACE_SECONDS = 30;

    private final Clients sessions;
    private final List<ZooKeeper> clients;
    private final SessionHistory history = new SessionHistory();
    private final AtomicLong acknowledged = new AtomicLong();
    private final List<String> closed = new ArrayList<>();
    private long briefOnes;

    SessionWork(Clients clients) throws Exception {
        this.sessions = clients;
        this.clients = clients.lasting(LASTING + 1);
        Clients.lay(this.clients.get(0), ROOT);
        for (int i = 0; i < LASTING; i++) {
            ZooKeeper client = this.clients.get(i);
            client.create(ROOT + "/" + lasting(i), new byte[0], ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.EPHEMERAL);
            history.lasts(lasting(i), client.getSessionId());
        }
    }

    private static String lasting(int number) {
        return "lasting-" + number;
    }

    @Override
    public int clients() {
        return LASTING + 1;
    }

    @Override
    public void step(int client) throws KeeperException, InterruptedException {
        if (client < LASTING) {
            look(clients.get(client), lasting((client + 1) % LASTING));
        } else {
            comeAndGo("brief-" + briefOnes++);
            for (String name : closed) {
                look(clients.get(client), name);
            }
        }
    }

    private void look(ZooKeeper client, String name) throws KeeperException, InterruptedException {
        String path = ROOT + "/" + name;
        Stat[] seen = new Stat[1];
        long begin = System.nanoTime();
        boolean isAnswered = Fresh.read(client, path, () -> {
            seen[0] = client.exists(path, false);
            return true;
        }).isPresent();
        if (isAnswered) {
            history.saw(name, seen[0] != null, begin, System.nanoTime());
        }
    }

    /** A session, its node, and its end. */
    private void comeAndGo(String name) throws KeeperException, InterruptedException {
        CountDownLatch connected = new CountDownLatch(1);
        try (ZooKeeper client = new ZooKeeper(sessions.connectString(), BRIEF_MILLIS, event -> {
            if (event.getState() == KeeperState.SyncConnected) {
                connected.countDown();
            }
        })) {
            if (!connected.await(BRIEF_MILLIS, TimeUnit.MILLISECONDS)) {
                return;
            }
            history.passes(name);
            client.create(ROOT + "/" + name, new byte[0], ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.EPHEMERAL);
            acknowledged.incrementAndGet();
            history.sawItsOwn(name, client.exists(ROOT + "/" + name, false) != null);
        } catch (KeeperException.ConnectionLossException | KeeperException.SessionExpiredException e) {
            // without a server for so long, it may be over
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        closed.add(name);
        if (closed.size() > LASTING) {
            closed.remove(0);
        }
    }

    @Override
    public long acknowledged() {
        return acknowledged.get();
    }

    @Override
    public List<String> verdict(Map<Integer, ZooKeeper> members) throws KeeperException, InterruptedException {
        ZooKeeper any = members.values().iterator().next();
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(GRACE_SECONDS) + TimeUnit.MILLISECONDS.toNanos(BRIEF_MILLIS);
        while (!history.isSettled(Set.copyOf(Fresh.sure(any, ROOT, () -> any.getChildren(ROOT, false)))) && System.nanoTime() < until) {
            LockSupport.parkNanos(50_000_000);
        }
        Set<String> wrong = new HashSet<>();
        for (Map.Entry<Integer, ZooKeeper> member : members.entrySet()) {
            ZooKeeper client = member.getValue();
            Map<String, Long> owners = new TreeMap<>();
            for (String name : Fresh.sure(client, ROOT, () -> client.getChildren(ROOT, false))) {
                Stat stat = new Stat();
                Fresh.sure(client, ROOT, () -> client.getData(ROOT + "/" + name, false, stat));
                owners.put(name, stat.getEphemeralOwner());
            }
            wrong.addAll(history.violations("member " + member.getKey(), owners));
        }
        return List.copyOf(wrong);
    }
}

package io.coord.testkit.process;

import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.Watcher;
import org.apache.zookeeper.Watcher.Event.KeeperState;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.ZooKeeper;

/** Clients of ZooKeeper's own library whose sessions must outlive whatever befalls the ensemble, and the troubles they had. */
final class Clients implements AutoCloseable {

    /** Its client looks elsewhere after two thirds of this without a word, and gives up after 4/3: longer than all members take to start again. */
    static final int SESSION_MILLIS = 20_000;

    private final String connectString;
    private final List<Lasting> lasting = new ArrayList<>();
    private final Queue<String> troubles = new ConcurrentLinkedQueue<>();

    /** A client that keeps its session. */
    private record Lasting(ZooKeeper client, long session) {}

    Clients(String connectString) {
        this.connectString = connectString;
    }

    /** One that is connected; whoever listens hears its events, too. */
    ZooKeeper lasting(Watcher listener) throws Exception {
        ZooKeeper client = connected(connectString, event -> {
            if (event.getState() == KeeperState.Expired) {
                troubles.add("a session that kept pinging expired");
            }
            listener.process(event);
        });
        lasting.add(new Lasting(client, client.getSessionId()));
        return client;
    }

    ZooKeeper lasting() throws Exception {
        return lasting(event -> {});
    }

    /** As many of them. */
    List<ZooKeeper> lasting(int count) throws Exception {
        List<ZooKeeper> clients = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            clients.add(lasting());
        }
        return clients;
    }

    /** A client that is nobody's, connected. */
    static ZooKeeper connected(String connectString, Watcher listener) throws Exception {
        CountDownLatch connected = new CountDownLatch(1);
        ZooKeeper client = new ZooKeeper(connectString, SESSION_MILLIS, event -> {
            if (event.getState() == KeeperState.SyncConnected) {
                connected.countDown();
            }
            listener.process(event);
        });
        if (!connected.await(ServerProcess.PATIENCE_SECONDS, TimeUnit.SECONDS)) {
            client.close();
            throw new AssertionError("no connection to " + connectString);
        }
        return client;
    }

    /** Where a client of another session may connect to. */
    String connectString() {
        return connectString;
    }

    /** A node that stays. */
    static void lay(ZooKeeper client, String path) throws KeeperException, InterruptedException {
        client.create(path, new byte[0], ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
    }

    void trouble(String what) {
        troubles.add(what);
    }

    /** What must not have happened, lost sessions too. */
    List<String> troubles() {
        List<String> all = new ArrayList<>(troubles);
        for (Lasting one : lasting) {
            if (one.client().getSessionId() != one.session()) {
                all.add("a client's session is another than it was");
            }
        }
        return all;
    }

    /** For whoever waits in vain. */
    String states() {
        return lasting.stream().map(one -> one.client().getState().toString()).collect(Collectors.joining(", "));
    }

    @Override
    public void close() throws InterruptedException {
        for (Lasting one : lasting) {
            one.client().close();
        }
    }
}

package io.coord.testkit.bench;

import io.coord.Bytes;
import io.coord.CreateMode;
import io.coord.NodePath;
import io.coord.Session;
import io.coord.testkit.LocalEnsemble;
import java.util.concurrent.CountDownLatch;
import org.apache.curator.test.TestingCluster;
import org.apache.curator.test.TestingServer;
import org.apache.zookeeper.Watcher;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.ZooKeeper;

/** Something to write to, from its start to its first acknowledged write. As a main: says when it is there, in a JVM of its own. */
enum Starting {
    /** Three members in memory. */
    LOCAL_ENSEMBLE("LocalEnsemble.of(3)") {
        @Override
        void firstWrite(Runnable acknowledged) {
            try (LocalEnsemble ensemble = LocalEnsemble.of(3);
                    Session session = ensemble.openSession()) {
                session.create(NodePath.of("/first"), Bytes.EMPTY, CreateMode.PERSISTENT);
                acknowledged.run();
            }
        }
    },
    /** One server of Curator's kit. */
    TESTING_SERVER("TestingServer") {
        @Override
        void firstWrite(Runnable acknowledged) throws Exception {
            try (TestingServer server = new TestingServer(true)) {
                writeTo(server.getConnectString(), acknowledged);
            }
        }
    },
    /** Three servers of Curator's kit. */
    TESTING_CLUSTER("TestingCluster(3)") {
        @Override
        void firstWrite(Runnable acknowledged) throws Exception {
            try (TestingCluster cluster = new TestingCluster(3)) {
                cluster.start();
                writeTo(cluster.getConnectString(), acknowledged);
            }
        }
    };

    static final String ACKNOWLEDGED = "acknowledged";

    private final String words;

    Starting(String words) {
        this.words = words;
    }

    /** Starts it, writes, says when the write is acknowledged, and stops it. */
    abstract void firstWrite(Runnable acknowledged) throws Exception;

    double millisWarm() throws Exception {
        long begun = System.nanoTime();
        long[] ended = new long[1];
        firstWrite(() -> ended[0] = System.nanoTime());
        return (ended[0] - begun) / 1e6;
    }

    @Override
    public String toString() {
        return words;
    }

    @SuppressWarnings("try") // an interrupt ends the measure, whoever throws it
    private static void writeTo(String servers, Runnable acknowledged) throws Exception {
        CountDownLatch connected = new CountDownLatch(1);
        try (ZooKeeper client = new ZooKeeper(servers, 30_000, event -> {
            if (event.getState() == Watcher.Event.KeeperState.SyncConnected) {
                connected.countDown();
            }
        })) {
            connected.await();
            client.create("/first", new byte[0], ZooDefs.Ids.OPEN_ACL_UNSAFE, org.apache.zookeeper.CreateMode.PERSISTENT);
            acknowledged.run();
        }
    }

    public static void main(String[] args) throws Exception {
        valueOf(args[0]).firstWrite(() -> {
            System.out.println(ACKNOWLEDGED);
            System.out.flush();
        });
        System.exit(0); // what a kit leaves running is not the question here
    }
}

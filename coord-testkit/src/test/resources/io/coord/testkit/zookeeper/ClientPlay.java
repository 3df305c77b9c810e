import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.OpResult;
import org.apache.zookeeper.WatchedEvent;
import org.apache.zookeeper.Watcher;
import org.apache.zookeeper.ZooDefs.Ids;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.data.Stat;

/** What a client of any version since 3.4 can do. Run from source, with the jars of that version alone. */
public class ClientPlay {

    private static final BlockingQueue<WatchedEvent> EVENTS = new LinkedBlockingQueue<>();

    public static void main(String[] arguments) throws Exception {
        String connect = arguments[0];
        String top = arguments[1];
        BlockingQueue<WatchedEvent> states = new LinkedBlockingQueue<>();
        ZooKeeper client = new ZooKeeper(connect, 30_000, states::add);
        is(states.poll(60, TimeUnit.SECONDS).getState(), Watcher.Event.KeeperState.SyncConnected);
        client.addAuthInfo("digest", "bob:secret".getBytes());
        is(client.create(top, null, Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT), top);
        client.exists(top + "/a", EVENTS::add);
        is(client.getData(top, EVENTS::add, null), null);
        client.getChildren(top, EVENTS::add);
        client.create(top + "/a", new byte[] {1}, Ids.CREATOR_ALL_ACL, CreateMode.EPHEMERAL);
        event(Watcher.Event.EventType.NodeCreated, top + "/a");
        event(Watcher.Event.EventType.NodeChildrenChanged, top);
        Stat stat = client.setData(top, new byte[0], 0);
        event(Watcher.Event.EventType.NodeDataChanged, top);
        is(stat.getVersion(), 1);
        is(client.getData(top + "/a", EVENTS::add, stat).length, 1);
        is(stat.getEphemeralOwner(), client.getSessionId());
        is(client.getACL(top + "/a", new Stat()).get(0).getId().getScheme(), "digest");
        is(client.create(top + "/s-", null, Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT_SEQUENTIAL), top + "/s-0000000001");
        List<String> children = new ArrayList<>(client.getChildren(top, false));
        Collections.sort(children);
        is(children.toString(), "[a, s-0000000001]");
        fails(KeeperException.Code.BADVERSION, () -> client.setData(top, null, 7));
        fails(KeeperException.Code.NONODE, () -> client.delete(top + "/none", -1));
        fails(KeeperException.Code.NODEEXISTS, () -> client.create(top, null, Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT));
        fails(KeeperException.Code.NOTEMPTY, () -> client.delete(top, -1));
        fails(
                KeeperException.Code.NOCHILDRENFOREPHEMERALS,
                () -> client.create(top + "/a/b", null, Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT));
        List<OpResult> results = client.multi(List.of(
                Op.check(top, 1),
                Op.create(top + "/m", null, Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT),
                Op.setData(top + "/m", new byte[2], 0),
                Op.delete(top + "/s-0000000001", -1)));
        is(results.size(), 4);
        fails(KeeperException.Code.BADVERSION, () -> client.multi(List.of(Op.delete(top + "/m", -1), Op.check(top, 5))));
        client.delete(top + "/a", -1);
        event(Watcher.Event.EventType.NodeDeleted, top + "/a");

        // taken over and closed, it is over
        ZooKeeper thief = new ZooKeeper(connect, 30_000, event -> {}, client.getSessionId(), client.getSessionPasswd());
        thief.exists("/", false);
        thief.close();
        for (WatchedEvent state = states.poll(60, TimeUnit.SECONDS);
                state.getState() != Watcher.Event.KeeperState.Expired;
                state = states.poll(60, TimeUnit.SECONDS)) {
            // on the way
        }
        System.out.println("CLIENT done");
        System.exit(0);
    }

    private interface Task {
        void run() throws Exception;
    }

    private static void fails(KeeperException.Code code, Task task) throws Exception {
        try {
            task.run();
        } catch (KeeperException refused) {
            is(refused.code(), code);
            return;
        }
        throw new AssertionError(code + " was expected");
    }

    private static void event(Watcher.Event.EventType type, String path) throws InterruptedException {
        WatchedEvent event = EVENTS.poll(60, TimeUnit.SECONDS);
        is(event.getType(), type);
        is(event.getPath(), path);
    }

    private static void is(Object seen, Object expected) {
        if (seen == null ? expected != null : !seen.equals(expected)) {
            throw new AssertionError(seen + " instead of " + expected);
        }
    }
}

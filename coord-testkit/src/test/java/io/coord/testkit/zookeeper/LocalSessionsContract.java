package io.coord.testkit.zookeeper;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.coord.Acl;
import io.coord.Bytes;
import io.coord.netty.jute.ConnectRequest;
import io.coord.netty.jute.ConnectResponse;
import io.coord.netty.jute.OpCode;
import io.coord.netty.jute.Request;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.OpResult;
import org.apache.zookeeper.WatchedEvent;
import org.apache.zookeeper.Watcher.Event.EventType;
import org.apache.zookeeper.Watcher.Event.KeeperState;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.data.ACL;
import org.apache.zookeeper.data.Id;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What ZooKeeper's own client sees of sessions that are one server's alone (zk.S11, zk.C3). */
@Timeout(value = 180, unit = TimeUnit.SECONDS)
public abstract class LocalSessionsContract {

    private static final Bytes NO_PASSWORD = Bytes.wrap(new byte[16]);

    /** Three servers with local sessions. */
    public interface Servers extends AutoCloseable {
        /** Where clients of server 1, 2 or 3 connect. */
        InetSocketAddress at(int id);

        @Override
        void close();
    }

    protected abstract Servers start(boolean upgrading) throws Exception;

    /** How an ephemeral node inside a multi is refused. */
    protected List<Class<?>> refusalsInMulti() {
        return List.of(KeeperException.EphemeralOnLocalSessionException.class);
    }

    private Servers servers;
    private final List<ZooKeeper> clients = new ArrayList<>();

    @AfterEach
    void stop() throws InterruptedException {
        for (ZooKeeper client : clients) {
            client.close(1_000);
        }
        if (servers != null) {
            servers.close();
        }
    }

    Servers begin(boolean upgrading) throws Exception {
        servers = start(upgrading);
        for (int id = 1; id <= 3; id++) {
            ReadOnlyContract.awaitWord(servers.at(id), "isro", "rw");
        }
        return servers;
    }

    ZooKeeper client(int id, BlockingQueue<WatchedEvent> told) throws Exception {
        ZooKeeper client = new ZooKeeper("127.0.0.1:" + servers.at(id).getPort(), 20_000, told::add);
        clients.add(client);
        WatchedEvent first = told.poll(60, TimeUnit.SECONDS);
        assertThat(first).isNotNull();
        assertThat(first.getState()).isEqualTo(KeeperState.SyncConnected);
        return client;
    }

    static ConnectResponse resume(WireProbe probe, long session, Bytes password) throws Exception {
        return probe.greet(new ConnectRequest(0, 0, 10_000, session, password, false));
    }

    private static String zxid(InetSocketAddress server) throws Exception {
        return ReadOnlyContract.ask(server, "srvr").lines().filter(line -> line.startsWith("Zxid: ")).findFirst().orElseThrow();
    }

    @Test
    @DisplayName("S11, C3: a local session costs no entry, reads, watches and writes, owns no ephemeral node, and is resumed nowhere else")
    void isOneServersAlone() throws Exception {
        Servers all = begin(false);
        String before = zxid(all.at(2));
        BlockingQueue<WatchedEvent> told = new LinkedBlockingQueue<>();
        ZooKeeper client = client(2, told);
        assertThat(client.getChildren("/", false)).isNotEmpty();
        assertThat(zxid(all.at(2))).as("no entry opened it").isEqualTo(before);

        client.create("/a", new byte[1], ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
        assertThat(client.create("/a/s-", null, ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT_SEQUENTIAL)).isEqualTo("/a/s-0000000000");
        client.exists("/a", true);
        client.setData("/a", new byte[2], 0);
        WatchedEvent changed = told.poll(20, TimeUnit.SECONDS);
        assertThat(changed).isNotNull();
        assertThat(changed.getType()).isEqualTo(EventType.NodeDataChanged);
        assertThat(client.getData("/a", false, null)).as("it reads what it wrote").hasSize(2);
        assertThatThrownBy(() -> client.setData("/a", null, 0)).isInstanceOf(KeeperException.BadVersionException.class);
        List<OpResult> done = client.multi(List.of(
                Op.check("/a", 1), Op.create("/b", null, ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT)));
        assertThat(done).hasSize(2);
        assertThatThrownBy(() -> client.create("/e", null, ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.EPHEMERAL))
                .isInstanceOf(KeeperException.EphemeralOnLocalSessionException.class);
        assertThatThrownBy(() -> client.create("/none/e", null, ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.EPHEMERAL_SEQUENTIAL))
                .as("before the parent is looked at").isInstanceOf(KeeperException.EphemeralOnLocalSessionException.class);
        List<ACL> malformed = Arrays.asList(new ACL(ZooDefs.Perms.ALL, new Id("digest", "no-password")));
        assertThatThrownBy(() -> client.create("/e", null, malformed, CreateMode.EPHEMERAL))
                .as("C3 before C5").isInstanceOf(KeeperException.EphemeralOnLocalSessionException.class);
        assertThatThrownBy(() -> client.multi(List.of(
                        Op.create("/c", null, ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT),
                        Op.create("/e", null, ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.EPHEMERAL))))
                .isInstanceOfAny(refusalsInMulti().toArray(Class<?>[]::new));
        assertThat(client.exists("/c", false)).isNull();
        BlockingQueue<String> answers = new LinkedBlockingQueue<>();
        for (int i = 0; i < 50; i++) {
            client.create("/a/" + i, null, ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT,
                    (rc, path, ctx, name) -> answers.add(rc + " " + path), null);
        }
        for (int i = 0; i < 50; i++) {
            assertThat(answers.poll(20, TimeUnit.SECONDS)).isEqualTo("0 /a/" + i);
        }
        BlockingQueue<Integer> synced = new LinkedBlockingQueue<>();
        client.sync("/a", (rc, path, ctx) -> synced.add(rc), null);
        assertThat(synced.poll(20, TimeUnit.SECONDS)).isZero();

        try (WireProbe first = new WireProbe(all.at(2))) {
            ConnectResponse opened = resume(first, 0, NO_PASSWORD);
            assertThat(opened.session()).isNotZero();
            try (WireProbe again = new WireProbe(all.at(2))) {
                assertThat(resume(again, opened.session(), opened.password()).session()).isEqualTo(opened.session());
                assertThat(again.ask(OpCode.EXISTS, new Request.Watched("/a", false)).error()).isZero();
            }
            try (WireProbe elsewhere = new WireProbe(all.at(3))) {
                assertThat(resume(elsewhere, opened.session(), opened.password()).session()).as("unknown elsewhere (W4)").isZero();
            }
        }
        try (WireProbe closing = new WireProbe(all.at(2))) {
            ConnectResponse opened = resume(closing, 0, NO_PASSWORD);
            assertThat(closing.ask(OpCode.CLOSE_SESSION, Request.Empty.EMPTY).error()).isZero();
            assertThat(closing.frameOrEnd()).isNull();
            try (WireProbe late = new WireProbe(all.at(2))) {
                assertThat(resume(late, opened.session(), opened.password()).session()).as("closed").isZero();
            }
        }
    }

    @Test
    @DisplayName("S11: where upgrading is enabled the first ephemeral node makes it a session of the ensemble, under its id and password")
    void becomesTheEnsembles() throws Exception {
        Servers all = begin(true);
        ZooKeeper client = client(2, new LinkedBlockingQueue<>());
        long session = client.getSessionId();
        client.create("/p", null, ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
        BlockingQueue<String> answers = new LinkedBlockingQueue<>();
        client.setData("/p", new byte[3], 0, (rc, path, ctx, stat) -> answers.add("set " + rc), null);
        client.create("/e", null, ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.EPHEMERAL, (rc, path, ctx, name) -> answers.add("created " + rc), null);
        client.setData("/p", new byte[4], 1, (rc, path, ctx, stat) -> answers.add("set again " + rc), null);
        client.getData("/p", false, (rc, path, ctx, data, stat) -> answers.add("read " + data.length), null);
        assertThat(List.of(take(answers), take(answers), take(answers), take(answers)))
                .containsExactly("set 0", "created 0", "set again 0", "read 4");
        assertThat(client.getSessionId()).isEqualTo(session);
        assertThat(client.exists("/e", false).getEphemeralOwner()).isEqualTo(session);
        assertThat(client.getEphemerals()).containsExactly("/e");
        ZooKeeper other = client(3, new LinkedBlockingQueue<>());
        other.multi(List.of(
                Op.check("/p", 2), Op.create("/f", null, ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.EPHEMERAL)));
        assertThat(other.exists("/f", false).getEphemeralOwner()).isEqualTo(other.getSessionId());

        try (WireProbe before = new WireProbe(all.at(1))) {
            ConnectResponse opened = resume(before, 0, NO_PASSWORD);
            assertThat(before.ask(OpCode.CREATE, new Request.Create("/g", null, Acl.OPEN, 1)).error()).isZero();
            try (WireProbe elsewhere = new WireProbe(all.at(3))) {
                assertThat(resume(elsewhere, opened.session(), opened.password()).session()).as("resumed elsewhere").isEqualTo(opened.session());
                assertThat(elsewhere.ask(OpCode.DELETE, new Request.Versioned("/g", -1)).error()).isZero();
            }
        }
        client.close();
        BlockingQueue<Integer> synced = new LinkedBlockingQueue<>();
        other.sync("/e", (rc, path, ctx) -> synced.add(rc), null);
        assertThat(synced.poll(20, TimeUnit.SECONDS)).isZero();
        assertThat(other.exists("/e", false)).as("its ephemeral nodes go with it").isNull();
    }

    private static String take(BlockingQueue<String> answers) throws InterruptedException {
        return String.valueOf(answers.poll(20, TimeUnit.SECONDS));
    }
}

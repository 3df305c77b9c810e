package io.coord.testkit.zookeeper;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.coord.Bytes;
import io.coord.netty.jute.ConnectRequest;
import io.coord.netty.jute.OpCode;
import io.coord.netty.jute.Request;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.zookeeper.AddWatchMode;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.WatchedEvent;
import org.apache.zookeeper.Watcher;
import org.apache.zookeeper.Watcher.Event.EventType;
import org.apache.zookeeper.Watcher.Event.KeeperState;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.ZooKeeper;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What ZooKeeper's own client sees of a server without a quorum that serves reads (zk.RO1 to zk.RO3). */
@Timeout(value = 180, unit = TimeUnit.SECONDS)
public abstract class ReadOnlyContract {

    private static final int SESSION_MILLIS = 30_000;
    private static final byte[] NO_PASSWORD = new byte[16];

    /** Three servers that serve reads without a quorum. */
    public interface Servers extends AutoCloseable {
        /** Where all of them are. */
        String connectString();

        /** The one that is left when the quorum is lost. */
        InetSocketAddress survivor();

        /** Ends the other two as a crash would; returns when the one that is left says that it serves reads only. */
        void loseQuorum() throws Exception;

        /** Starts them again. */
        void regainQuorum() throws Exception;

        @Override
        void close();
    }

    protected abstract Servers start() throws Exception;

    private Servers servers;
    private final List<ZooKeeper> clients = new ArrayList<>();

    @BeforeEach
    void startServers() throws Exception {
        servers = start();
    }

    @AfterEach
    void stop() throws InterruptedException {
        for (ZooKeeper client : clients) {
            client.close(1);
        }
        servers.close();
    }

    /** What a client is told, in order. */
    static final class Told {
        final BlockingQueue<WatchedEvent> events = new LinkedBlockingQueue<>();
        final List<KeeperState> states = new ArrayList<>();

        void awaitState(KeeperState state) throws InterruptedException {
            KeeperState last = null;
            while (last != state) {
                WatchedEvent event = events.poll(60, TimeUnit.SECONDS);
                assertThat(event).as("waiting for " + state + ", told so far: " + states).isNotNull();
                last = event.getType() == EventType.None ? event.getState() : last;
                states.add(event.getState());
            }
        }

        WatchedEvent awaitChange() throws InterruptedException {
            WatchedEvent event = events.poll(60, TimeUnit.SECONDS);
            while (event != null && event.getType() == EventType.None) {
                event = events.poll(60, TimeUnit.SECONDS);
            }
            assertThat(event).as("a change").isNotNull();
            return event;
        }
    }

    ZooKeeper client(String where, Told told, boolean mayReadOnly) throws IOException {
        ZooKeeper client = new ZooKeeper(where, SESSION_MILLIS, told.events::add, mayReadOnly);
        clients.add(client);
        return client;
    }

    static String ask(InetSocketAddress server, String word) throws IOException {
        try (WireProbe probe = new WireProbe(server)) {
            probe.sendRaw(Unpooled.copiedBuffer(word, StandardCharsets.US_ASCII));
            return probe.text();
        }
    }

    /** Asks until this is the answer. */
    protected static void awaitWord(InetSocketAddress server, String word, String answer) throws Exception {
        CountDownLatch never = new CountDownLatch(1);
        String last = ask(server, word);
        for (int i = 0; i < 1_200 && !last.strip().equals(answer); i++) {
            never.await(50, TimeUnit.MILLISECONDS);
            last = ask(server, word);
        }
        assertThat(last.strip()).isEqualTo(answer);
    }

    Servers servers() {
        return servers;
    }

    String survivor() {
        return "127.0.0.1:" + servers.survivor().getPort();
    }

    @Test
    @DisplayName("RO1, RO2, RO3, W6: whoever may read only is served what was known last until the quorum is back; a session of the ensemble waits for it")
    void readsWithoutAQuorum() throws Exception {
        Told toldOwner = new Told();
        ZooKeeper owner = client(servers.connectString(), toldOwner, true);
        toldOwner.awaitState(KeeperState.SyncConnected);
        owner.create("/known", "before".getBytes(StandardCharsets.UTF_8), ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
        owner.create("/mine", null, ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.EPHEMERAL);
        long owning = owner.getSessionId();
        Told toldAnother = new Told();
        ZooKeeper another = client(survivor(), toldAnother, true);
        toldAnother.awaitState(KeeperState.SyncConnected);
        another.sync("/known", (rc, path, ctx) -> { }, null);
        assertThat(another.getData("/known", false, null)).asString().isEqualTo("before");
        another.close();

        servers.loseQuorum();

        Told told = new Told();
        ZooKeeper reader = client(survivor(), told, true);
        told.awaitState(KeeperState.ConnectedReadOnly);
        long reading = reader.getSessionId();
        assertThat(reader.getState()).isEqualTo(ZooKeeper.States.CONNECTEDREADONLY);
        assertThat(reader.getData("/known", true, null)).asString().isEqualTo("before");
        assertThat(reader.exists("/mine", false).getEphemeralOwner()).isEqualTo(owning);
        assertThat(reader.exists("/absent", true)).isNull();
        assertThat(reader.getChildren("/", false)).contains("known", "mine");
        assertThat(reader.getEphemerals()).isEmpty();
        assertThat(reader.getAllChildrenNumber("/known")).isZero();
        assertThat(reader.whoAmI()).isNotEmpty();
        Watcher lasting = told.events::add;
        reader.addWatch("/absent", lasting, AddWatchMode.PERSISTENT);
        reader.removeWatches("/absent", lasting, Watcher.WatcherType.Persistent, false);
        refusesWrites(reader);
        assertThat(ask(servers.survivor(), "isro")).isEqualTo("ro");
        assertThat(ask(servers.survivor(), "srvr")).contains("\nREAD-ONLY mode; serving only read-only clients\nLatency ", "\nMode: read-only\n");
        try (WireProbe plain = new WireProbe(servers.survivor())) {
            plain.send(new ConnectRequest(0, 0, 10_000, 0, Bytes.wrap(NO_PASSWORD), false)::write);
            assertThat(plain.frameOrEnd()).as("W6: a client that does not allow it").isNull();
        }
        try (WireProbe plain = new WireProbe(servers.survivor())) {
            plain.send(new ConnectRequest(0, 0, 10_000, owning, Bytes.wrap(owner.getSessionPasswd()), true)::write);
            assertThat(plain.frameOrEnd()).as("RO3: a session of the ensemble").isNull();
        }
        assertThat(reader.getData("/known", true, null)).asString().as("still served").isEqualTo("before");

        servers.regainQuorum();

        told.awaitState(KeeperState.SyncConnected);
        assertThat(reader.getSessionId()).isNotEqualTo(reading);
        awaitAnswer(owner);
        assertThat(toldOwner.events).extracting(WatchedEvent::getState)
                .doesNotContain(KeeperState.ConnectedReadOnly, KeeperState.Expired);
        assertThat(owner.getSessionId()).isEqualTo(owning);
        assertThat(owner.getEphemerals()).containsExactly("/mine");
        told.events.clear();
        reader.getData("/known", true, null);
        owner.setData("/known", "after".getBytes(StandardCharsets.UTF_8), 0);
        assertThat(told.awaitChange().getPath()).isEqualTo("/known");
        reader.create("/absent", null, ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
        WatchedEvent created = told.awaitChange();
        assertThat(created.getPath()).as("a watch that was left while only reading").isEqualTo("/absent");
        assertThat(created.getType()).isEqualTo(EventType.NodeCreated);
    }

    /** Whoever was connected to the one that is left may not have noticed anything; the others were, and come back. */
    private static void awaitAnswer(ZooKeeper client) throws Exception {
        CountDownLatch never = new CountDownLatch(1);
        for (int i = 0; i < 1_200; i++) {
            try {
                client.exists("/", false);
                return;
            } catch (KeeperException.ConnectionLossException away) {
                never.await(50, TimeUnit.MILLISECONDS);
            }
        }
        throw new AssertionError("it does not come back");
    }

    private void refusesWrites(ZooKeeper reader) throws Exception {
        assertThatThrownBy(() -> reader.create("/new", null, ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT))
                .isInstanceOf(KeeperException.NotReadOnlyException.class);
        assertThatThrownBy(() -> reader.setData("/known", null, -1)).isInstanceOf(KeeperException.NotReadOnlyException.class);
        assertThatThrownBy(() -> reader.setData("/nowhere", null, -1)).isInstanceOf(KeeperException.NotReadOnlyException.class);
        assertThatThrownBy(() -> reader.delete("/known", -1)).isInstanceOf(KeeperException.NotReadOnlyException.class);
        assertThatThrownBy(() -> reader.setACL("/known", ZooDefs.Ids.OPEN_ACL_UNSAFE, -1))
                .isInstanceOf(KeeperException.NotReadOnlyException.class);
        assertThatThrownBy(() -> reader.multi(List.of(Op.check("/known", 0), Op.setData("/known", null, 0))))
                .isInstanceOf(KeeperException.NotReadOnlyException.class);
        BlockingQueue<Integer> synced = new LinkedBlockingQueue<>();
        reader.sync("/known", (rc, path, ctx) -> synced.add(rc), null);
        assertThat(synced.poll(20, TimeUnit.SECONDS)).isEqualTo(KeeperException.Code.NOTREADONLY.intValue());
        try (WireProbe plain = new WireProbe(servers.survivor())) {
            assertThat(plain.greet(new ConnectRequest(0, 0, 10_000, 0, Bytes.wrap(NO_PASSWORD), true)).readOnly()).isTrue();
            assertThat(plain.ask(OpCode.RECONFIG, new Request.Reconfig(null, "9", null, -1)).error()).isEqualTo(-119);
            assertThat(plain.ask(OpCode.CREATE2, new Request.Create("/new", null, List.of(), 0)).error()).isEqualTo(-119);
            assertThat(plain.ask(OpCode.EXISTS, new Request.Watched("/known", false)).error()).isZero();
            assertThat(plain.ask(OpCode.CLOSE_SESSION, Request.Empty.EMPTY).error()).isZero();
            assertThat(plain.frameOrEnd()).isNull();
        }
    }
}

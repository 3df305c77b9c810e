package io.coord.netty.zkclient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.coord.AsyncSession;
import io.coord.Bytes;
import io.coord.Children;
import io.coord.NodePath;
import io.coord.Operation;
import io.coord.OutcomeUnknownException;
import io.coord.ReadMode;
import io.coord.Refusal;
import io.coord.Registration;
import io.coord.RejectedException.NoNodeException;
import io.coord.Session;
import io.coord.SessionEndedException;
import io.coord.SessionEvent;
import io.coord.SessionState;
import io.coord.Stat;
import io.coord.UnavailableException;
import io.coord.WatchEvent;
import io.coord.WatchKind;
import io.coord.WatchMode;
import io.coord.netty.ZooKeeperClient;
import io.coord.netty.jute.ConnectResponse;
import io.coord.netty.jute.JuteWriter;
import io.coord.netty.jute.OpCode;
import io.coord.netty.jute.ReplyHeader;
import io.coord.netty.jute.Response;
import io.coord.netty.jute.WatcherEvent;
import io.coord.netty.jute.Xid;
import io.coord.recipes.DistributedLock;
import io.coord.recipes.LeaderElection;
import io.coord.recipes.Membership;
import io.coord.session.BlockingSession;
import io.coord.session.ParkingAwaiter;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A client of a server whose every answer the test gives itself. */
@Timeout(60)
class ClientSessionTest {

    private static final NodePath A = NodePath.of("/a");

    private ServerSocket listener;
    private Socket served;
    private DataInputStream in;
    private AsyncSession session;

    @BeforeEach
    void listen() throws IOException {
        listener = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
        listener.setSoTimeout(20_000);
    }

    /** The server is gone by then: the client is told to close, and does so as soon as it hears of that. */
    @AfterEach
    void close() throws Exception {
        CompletionStage<Void> closed = session == null ? CompletableFuture.completedFuture(null) : session.closeAsync();
        listener.close();
        if (served != null) {
            served.close();
        }
        closed.toCompletableFuture().get(20, TimeUnit.SECONDS);
    }

    private void open(Duration requestTimeout) throws Exception {
        open(requestTimeout, Duration.ofSeconds(30));
    }

    private void open(Duration requestTimeout, Duration sessionTimeout) throws Exception {
        CompletionStage<AsyncSession> opened = ZooKeeperClient.to("127.0.0.1:" + listener.getLocalPort())
                .withRequestTimeout(requestTimeout)
                .openAsync();
        accept(sessionTimeout);
        session = get(opened);
    }

    private static <T> T get(CompletionStage<T> stage) throws Exception {
        return stage.toCompletableFuture().get(20, TimeUnit.SECONDS);
    }

    private void accept() throws IOException {
        accept(Duration.ofSeconds(30));
    }

    private void accept(Duration sessionTimeout) throws IOException {
        take();
        grant(sessionTimeout);
    }

    private void take() throws IOException {
        served = listener.accept();
        served.setTcpNoDelay(true);
        served.setSoTimeout(20_000);
        in = new DataInputStream(served.getInputStream());
        frame();
    }

    private void grant(Duration sessionTimeout) throws IOException {
        send(out -> new ConnectResponse(0, (int) sessionTimeout.toMillis(), 7, Bytes.wrap(new byte[16]), false).write(out));
    }

    private ByteBuffer frame() throws IOException {
        byte[] body = new byte[in.readInt()];
        in.readFully(body);
        return ByteBuffer.wrap(body);
    }

    private record Asked(int xid, OpCode op) {}

    /** The next request but for pings, which are answered. */
    private Asked next() throws IOException {
        long endNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (true) {
            ByteBuffer request = frame();
            int xid = request.getInt();
            OpCode op = OpCode.of(request.getInt());
            if (op != OpCode.PING) {
                return new Asked(xid, op);
            }
            assertThat(System.nanoTime() - endNanos).as("nothing but pings for so long").isNegative();
            send(out -> new ReplyHeader(Xid.PING, 1, 0).write(out));
        }
    }

    private Asked next(OpCode expected) throws IOException {
        Asked asked = next();
        assertThat(asked.op()).isEqualTo(expected);
        return asked;
    }

    private void answer(Asked asked, long zxid, Response body) throws IOException {
        send(out -> {
            new ReplyHeader(asked.xid(), zxid, 0).write(out);
            body.write(out);
        });
    }

    private void refuse(Asked asked, long zxid, Refusal why) throws IOException {
        send(out -> new ReplyHeader(asked.xid(), zxid, why.code()).write(out));
    }

    private void fire(WatchEvent event) throws IOException {
        send(out -> {
            new ReplyHeader(Xid.NOTIFICATION, event.zxid(), 0).write(out);
            new WatcherEvent(event.type().code(), WatcherEvent.SYNC_CONNECTED, event.path()).write(out);
        });
    }

    private void send(Consumer<JuteWriter> body) throws IOException {
        ByteBuf out = Unpooled.buffer();
        out.writeInt(0);
        body.accept(new JuteWriter(out));
        out.setInt(0, out.readableBytes() - 4);
        served.getOutputStream().write(ByteBufUtil.getBytes(out));
        served.getOutputStream().flush();
    }

    /** Returns when what was sent so far has been taken. */
    private void settle() throws Exception {
        CompletionStage<String> sync = session.sync(A);
        answer(next(OpCode.SYNC), 1, new Response.Path("/a"));
        get(sync);
    }

    private Registration watch(NodePath path, Consumer<WatchEvent> heard) throws Exception {
        CompletionStage<Registration> watched = session.addWatch(path, WatchMode.PERSISTENT, heard);
        answer(next(OpCode.ADD_WATCH), 1, new Response.Number(0));
        return get(watched);
    }

    @Test
    void aRegistrationThatIsClosedTakesNoWatchFromOneThatIsOnItsWay() throws Exception {
        open(Duration.ofSeconds(20));
        Queue<WatchEvent> heard = new ConcurrentLinkedQueue<>();
        Registration first = watch(A, event -> {});
        CompletionStage<Registration> second = session.addWatch(A, WatchMode.PERSISTENT, heard::add);
        Asked adding = next(OpCode.ADD_WATCH);

        first.close();
        CompletionStage<String> sync = session.sync(A);
        Asked behind = next(OpCode.SYNC);
        answer(adding, 1, new Response.Number(0));
        answer(behind, 1, new Response.Path("/a"));
        get(second);
        get(sync);
        WatchEvent created = new WatchEvent(WatchEvent.Type.CREATED, "/a", 2);
        fire(created);
        settle();

        assertThat(heard).containsExactly(created);
    }

    /** Who asked again while it was suspended waits to hear that it is connected. The server is heard of meanwhile, so the connection stays. */
    @Test
    @DisplayName("rule.16 a session whose lease lapses and is renewed over the same connection is told both")
    void aLeaseRenewedLateIsToldOf() throws Exception {
        open(Duration.ofSeconds(20), Duration.ofSeconds(3));
        Queue<SessionState> told = new ConcurrentLinkedQueue<>();
        session.onEvent(event -> told.add(event.state()));
        assertThat(frame().getInt()).isEqualTo(Xid.PING);
        fire(new WatchEvent(WatchEvent.Type.CREATED, "/elsewhere", 2));
        int pings = 1;
        served.setSoTimeout(50);
        while (session.state() == SessionState.CONNECTED) {
            try {
                assertThat(frame().getInt()).isEqualTo(Xid.PING);
                pings++;
            } catch (SocketTimeoutException nothingAsked) {
                // Nor was it told anything.
            }
        }
        served.setSoTimeout(20_000);

        for (; pings > 0; pings--) {
            send(out -> new ReplyHeader(Xid.PING, 2, 0).write(out));
        }
        settle();

        assertThat(session.state()).isEqualTo(SessionState.CONNECTED);
        assertThat(told).containsExactly(SessionState.SUSPENDED, SessionState.CONNECTED);
    }

    /** It would be heard of for ever: whoever was told that it failed has no registration to close. */
    @Test
    void aWatchWhoseCallerWasToldThatItFailedIsNotHeardOfWhenItIsAnsweredLate() throws Exception {
        open(Duration.ofSeconds(2));
        Queue<WatchEvent> heard = new ConcurrentLinkedQueue<>();
        CompletionStage<Registration> lasting = session.addWatch(A, WatchMode.PERSISTENT, heard::add);
        CompletionStage<Optional<Stat>> once = session.exists(A, heard::add);
        Asked adding = next(OpCode.ADD_WATCH);
        Asked reading = next(OpCode.EXISTS);
        assertThatThrownBy(() -> get(lasting)).hasCauseInstanceOf(UnavailableException.class);
        assertThatThrownBy(() -> get(once)).hasCauseInstanceOf(UnavailableException.class);

        answer(adding, 1, new Response.Number(0));
        refuse(reading, 1, Refusal.NO_NODE);
        fire(new WatchEvent(WatchEvent.Type.CREATED, "/a", 2));
        answer(next(OpCode.REMOVE_WATCHES), 2, Response.Nothing.NOTHING);
        settle();

        assertThat(heard).isEmpty();
    }

    /** With so many watches that they are set again by two requests, of which the connection outlives one. */
    @Test
    @DisplayName("rule.28 what a connection that broke had told of some watches does not stand for what it had not told of others")
    void whatWasNotToldIsToldByTheNextConnection() throws Exception {
        NodePath first = NodePath.of("/a" + "a".repeat(70_000));
        NodePath second = NodePath.of("/b" + "b".repeat(70_000));
        open(Duration.ofSeconds(20));
        Queue<WatchEvent> heard = new ConcurrentLinkedQueue<>();
        watch(first, heard::add);
        watch(second, heard::add);
        WatchEvent before = new WatchEvent(WatchEvent.Type.CREATED, second.value(), 65);
        WatchEvent after = new WatchEvent(WatchEvent.Type.CREATED, first.value(), 80);

        served.close();
        accept();
        Asked one = next(OpCode.SET_WATCHES2);
        next(OpCode.SET_WATCHES2);
        fire(after);
        answer(one, 90, Response.Nothing.NOTHING);
        served.close();
        listener.accept().close();
        accept();
        one = next(OpCode.SET_WATCHES2);
        Asked two = next(OpCode.SET_WATCHES2);
        fire(after);
        answer(one, 90, Response.Nothing.NOTHING);
        fire(before);
        answer(two, 90, Response.Nothing.NOTHING);
        settle();

        assertThat(heard).contains(before, after);
    }

    @Test
    @DisplayName("zk.O7 a linearizable read whose sync was not done is not answered by a local one")
    void aLinearizableReadIsNoneWithoutItsSync() throws Exception {
        open(Duration.ofSeconds(20));
        CompletionStage<Optional<Stat>> read = session.submit(new Operation.Exists("/a"), ReadMode.LINEARIZABLE);
        refuse(next(OpCode.SYNC), 1, Refusal.THROTTLED_OP);
        refuse(next(OpCode.EXISTS), 1, Refusal.NO_NODE);
        CompletionStage<Children> refused = session.submit(new Operation.GetChildren("/a"), ReadMode.LINEARIZABLE);
        refuse(next(OpCode.SYNC), 1, Refusal.THROTTLED_OP);
        refuse(next(OpCode.GET_CHILDREN2), 1, Refusal.NO_NODE);

        assertThatThrownBy(() -> get(read)).hasCauseInstanceOf(UnavailableException.class);
        assertThatThrownBy(() -> get(refused)).hasCauseInstanceOf(UnavailableException.class);
    }

    /** The next server may be behind the one that has perhaps created the node: what is asked then is behind a sync. */
    @Test
    void aRecipeLooksForWhatItHasPerhapsCreatedWhereItMustBeSeen() throws Exception {
        open(Duration.ofSeconds(20));
        DistributedLock lock = DistributedLock.at(new BlockingSession(session, new ParkingAwaiter(() -> false)), NodePath.of("/lock"));
        Thread acquiring = new Thread(new FutureTask<>(lock::acquire));
        acquiring.start();
        next(OpCode.CREATE2);

        served.close();
        accept();

        next(OpCode.SYNC);
        next(OpCode.GET_CHILDREN2);
        acquiring.interrupt();
        acquiring.join();
    }

    /** The node above the chroot is none of this session's paths: nobody here can create it. */
    @Test
    void aRecipeUnderAChrootThatIsNotThereFails() throws Exception {
        CompletionStage<AsyncSession> opened =
                ZooKeeperClient.to("127.0.0.1:" + listener.getLocalPort() + "/missing/too").openAsync();
        accept();
        session = get(opened);
        Session blocking = new BlockingSession(session, new ParkingAwaiter(() -> false));

        CompletionStage<?> locked = DistributedLock.at(blocking, NodePath.of("/lock")).request().granted();
        refuseCreations(3);
        assertThatThrownBy(() -> get(locked)).hasCauseInstanceOf(NoNodeException.class);

        CompletionStage<?> elected = LeaderElection.joinAsync(blocking, NodePath.of("/election"), Bytes.EMPTY);
        refuseCreations(3);
        assertThatThrownBy(() -> get(elected)).hasCauseInstanceOf(NoNodeException.class);

        CompletionStage<?> joined = Membership.joinAsync(blocking, NodePath.of("/group"), "a", Bytes.EMPTY);
        refuseCreations(3);
        assertThatThrownBy(() -> get(joined)).hasCauseInstanceOf(NoNodeException.class);
        settle();
    }

    private void refuseCreations(int number) throws IOException {
        for (int i = 0; i < number; i++) {
            Asked creation = next();
            assertThat(creation.op()).isIn(OpCode.CREATE2, OpCode.CREATE_CONTAINER);
            refuse(creation, 1, Refusal.NO_NODE);
        }
    }

    @Test
    void watchesThatMayStillBeRemovedAreNotSaidToBeThere() throws Exception {
        open(Duration.ofSeconds(2));
        Queue<WatchEvent> heard = new ConcurrentLinkedQueue<>();
        watch(A, heard::add);
        CompletionStage<Void> removed = session.removeWatches(A, WatchKind.PERSISTENT);
        Asked removing = next(OpCode.REMOVE_WATCHES);

        assertThatThrownBy(() -> get(removed)).hasCauseInstanceOf(OutcomeUnknownException.class);

        answer(removing, 1, Response.Nothing.NOTHING);
        fire(new WatchEvent(WatchEvent.Type.CREATED, "/a", 2));
        settle();
        assertThat(heard).isEmpty();
    }

    /** By pings as often as the timeout granted demands, which may be a small part of the one wanted. */
    @Test
    void aSessionOfAShorterTimeoutThanWantedKeepsItsConnection() throws Exception {
        CompletionStage<AsyncSession> opened = ZooKeeperClient.to("127.0.0.1:" + listener.getLocalPort())
                .withSessionTimeout(Duration.ofSeconds(60))
                .openAsync();
        accept(Duration.ofSeconds(2));
        session = get(opened);
        Queue<SessionState> told = new ConcurrentLinkedQueue<>();
        session.onEvent(event -> told.add(event.state()));

        for (int pings = 0; pings < 3; pings++) {
            assertThat(frame().getInt()).isEqualTo(Xid.PING);
            send(out -> new ReplyHeader(Xid.PING, 1, 0).write(out));
        }
        settle();

        assertThat(told).isEmpty();
    }

    @Test
    void aSessionWhoseOpeningWasInterruptedIsClosedWhenAServerOpensIt() throws Exception {
        FutureTask<Session> opening = new FutureTask<>(
                () -> ZooKeeperClient.to("127.0.0.1:" + listener.getLocalPort()).open());
        Thread caller = new Thread(opening);
        caller.start();
        take();
        caller.interrupt();
        assertThatThrownBy(opening::get).hasCauseInstanceOf(UnavailableException.class).hasMessageContaining("interrupted");

        grant(Duration.ofSeconds(30));

        Asked closing = next(OpCode.CLOSE_SESSION);
        answer(closing, 1, Response.Nothing.NOTHING);
        assertThat(in.read()).as("the end of the connection").isEqualTo(-1);
    }

    /** What was proven late counts all the same: the next connection proves it again. */
    @Test
    void credentialsThatNobodyAnswersForAreNotWaitedForLongerThanAnyRequest() throws Exception {
        open(Duration.ofSeconds(1));
        CompletionStage<Void> proven = session.addAuth("digest", Bytes.utf8("a:b"));
        Asked proving = next(OpCode.AUTH);
        CompletionStage<Void> failed = CompletableFuture.runAsync(() -> assertThatThrownBy(() -> get(proven))
                .hasCauseInstanceOf(OutcomeUnknownException.class));
        served.setSoTimeout(50);
        while (!failed.toCompletableFuture().isDone()) {
            try {
                assertThat(frame().getInt()).isEqualTo(Xid.PING);
                send(out -> new ReplyHeader(Xid.PING, 1, 0).write(out));
            } catch (SocketTimeoutException nothingAsked) {
                // Nor was it told anything.
            }
        }
        served.setSoTimeout(20_000);
        get(failed);

        answer(proving, 1, Response.Nothing.NOTHING);
        settle();
        served.close();
        accept();
        next(OpCode.AUTH);
    }

    /** Nothing runs there as long as it waits. */
    @Test
    void aSessionOpenedOnTheOnlyThreadOfTheNamedExecutorIsGivenUp() throws Exception {
        ExecutorService executor = Executors.newSingleThreadExecutor(task -> new Thread(task, "mine"));
        ZooKeeperClient client = ZooKeeperClient.to("127.0.0.1:" + listener.getLocalPort())
                .withRequestTimeout(Duration.ofMillis(200)).withCallbackExecutor(executor);
        try {
            assertThat(executor.submit(client::open)).failsWithin(Duration.ofSeconds(15))
                    .withThrowableThat().havingCause().isInstanceOf(UnavailableException.class)
                    .withMessageContaining("callback executor").withMessageContaining("mine");
        } finally {
            executor.shutdown();
        }
    }

    @Test
    void anExpiredSessionSaysSoWithACode() throws Exception {
        open(Duration.ofSeconds(20));
        CompletableFuture<SessionEvent> end = new CompletableFuture<>();
        session.onEvent(event -> {
            if (event.state().isOver()) {
                end.complete(event);
            }
        });
        CompletionStage<String> refused = session.sync(A);
        refuse(next(OpCode.SYNC), 1, Refusal.SESSION_EXPIRED);
        assertThatThrownBy(() -> get(refused)).cause().isInstanceOf(SessionEndedException.class).hasMessageStartingWith("COORD-1007 ");

        served.close();
        take();
        send(out -> new ConnectResponse(0, 0, 0, Bytes.wrap(new byte[16]), false).write(out));

        assertThat(end.get(20, TimeUnit.SECONDS)).isInstanceOfSatisfying(SessionEvent.Expired.class,
                expired -> assertThat(expired.reason()).startsWith("COORD-1007 ").contains("127.0.0.1"));
    }

    /** A time that cannot be counted in nanoseconds would be found by the event loop, and nobody told. */
    @Test
    void timeoutsThatNobodyCanWaitForAreRefusedAtOnce() throws Exception {
        ZooKeeperClient client = ZooKeeperClient.to("127.0.0.1:" + listener.getLocalPort());
        for (Duration time : List.of(
                Duration.ofSeconds(Long.MAX_VALUE), Duration.ofSeconds(Long.MIN_VALUE), Duration.ofDays(400 * 365), Duration.ZERO,
                Duration.ofSeconds(-1))) {
            assertThatThrownBy(() -> client.withRequestTimeout(time)).as("%s", time).isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("requestTimeout").hasMessageContaining(time.toString());
            assertThatThrownBy(() -> client.withSessionTimeout(time)).as("%s", time).isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("sessionTimeout").hasMessageContaining(time.toString());
        }

        CompletionStage<AsyncSession> opened =
                client.withRequestTimeout(Duration.ofDays(1)).withSessionTimeout(Duration.ofDays(1)).openAsync();
        accept();
        session = get(opened);
        settle();
    }

    /** The first of them would be tried again and again. */
    @Test
    void eachAddressOfAHostIsTried() throws Exception {
        InetAddress[] addresses = {InetAddress.getByName("127.0.0.2"), InetAddress.getByName("127.0.0.1")};
        ClientSetup setup = new ClientSetup(
                ConnectString.parse("zk.example.org:" + listener.getLocalPort()), Duration.ofSeconds(10), Duration.ofSeconds(5), List.of(),
                Optional.empty(), 10, 1 << 20, Optional.empty());
        CompletionStage<AsyncSession> opened = ClientSession.open(setup, host -> addresses);

        accept();
        session = get(opened);
        served.close();
        accept();
        settle();
    }
}

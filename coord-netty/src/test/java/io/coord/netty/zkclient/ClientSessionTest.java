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
import io.coord.RejectedException;
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
import io.coord.netty.jute.ConnectRequest;
import io.coord.netty.jute.ConnectResponse;
import io.coord.netty.jute.JuteReader;
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
import java.util.Arrays;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import javax.security.auth.Subject;
import javax.security.auth.callback.Callback;
import javax.security.auth.callback.NameCallback;
import javax.security.auth.callback.PasswordCallback;
import javax.security.auth.kerberos.KerberosPrincipal;
import javax.security.auth.kerberos.KerberosTicket;
import javax.security.sasl.AuthorizeCallback;
import javax.security.sasl.RealmCallback;
import javax.security.sasl.Sasl;
import javax.security.sasl.SaslServer;
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

    /** Takes a connection, and returns what it asks for first. */
    private ConnectRequest take() throws IOException {
        served = listener.accept();
        served.setTcpNoDelay(true);
        served.setSoTimeout(20_000);
        in = new DataInputStream(served.getInputStream());
        return ConnectRequest.read(new JuteReader(Unpooled.wrappedBuffer(frame())));
    }

    private void grant(Duration sessionTimeout) throws IOException {
        send(out -> new ConnectResponse(0, (int) sessionTimeout.toMillis(), 7, Bytes.wrap(new byte[16]), false).write(out));
    }

    private ByteBuffer frame() throws IOException {
        byte[] body = new byte[in.readInt()];
        in.readFully(body);
        return ByteBuffer.wrap(body);
    }

    private record Asked(int xid, OpCode op, ByteBuffer body) {}

    /** The next request but for pings, which are answered. */
    private Asked next() throws IOException {
        long endNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (true) {
            ByteBuffer request = frame();
            int xid = request.getInt();
            OpCode op = OpCode.of(request.getInt());
            if (op != OpCode.PING) {
                return new Asked(xid, op, request);
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
        assertThatThrownBy(() -> get(session.sync(A))).cause().isInstanceOf(SessionEndedException.class)
                .hasMessageStartingWith("COORD-1007 session 0x").hasMessageContaining("127.0.0.1");
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
                ConnectString.parse("zk.example.org:" + listener.getLocalPort()), Duration.ofSeconds(10), Duration.ofSeconds(5), Optional.empty(), List.of(),
                Optional.empty(), 10, 1 << 20, Optional.empty());
        CompletionStage<AsyncSession> opened = ClientSession.open(setup, host -> addresses);

        accept();
        session = get(opened);
        served.close();
        accept();
        settle();
    }

    /** What comes before, such as a slow name service, is no time in which a server could have let the session expire. */
    @Test
    @DisplayName("rule.16 a session's lease counts from when a server is asked for it")
    void aLeaseCountsFromWhenTheServerIsAsked() throws Exception {
        InetAddress[] addresses = {InetAddress.getLoopbackAddress()};
        ClientSetup setup = new ClientSetup(
                ConnectString.parse("zk.example.org:" + listener.getLocalPort()), Duration.ofSeconds(4), Duration.ofSeconds(15), Optional.empty(), List.of(),
                Optional.empty(), 10, 1 << 20, Optional.empty());
        CompletionStage<AsyncSession> opened = ClientSession.open(
                setup, host -> new CompletableFuture<InetAddress[]>().completeOnTimeout(addresses, 3_200, TimeUnit.MILLISECONDS).join());

        accept(Duration.ofSeconds(4));
        session = get(opened);

        assertThat(session.state()).isEqualTo(SessionState.CONNECTED);
    }

    // ---- SASL

    private static final String SECRET = "secret of bob";

    private ZooKeeperClient bob() {
        return ZooKeeperClient.to("127.0.0.1:" + listener.getLocalPort()).withSasl("bob", SECRET.toCharArray());
    }

    /** The server's end of the proof, with whatever it says last. */
    private void prove(UnaryOperator<byte[]> last) throws Exception {
        SaslServer end = Sasl.createSaslServer("DIGEST-MD5", "zookeeper", "zk-sasl-md5", Map.of(), ClientSessionTest::answer);
        Asked first = next(OpCode.SASL);
        assertThat(token(first)).isEmpty();
        answer(first, 0, new Response.Token(Bytes.wrap(end.evaluateResponse(new byte[0]))));
        Asked second = next(OpCode.SASL);
        byte[] proven = last.apply(end.evaluateResponse(token(second)));
        answer(second, 0, new Response.Token(proven == null ? null : Bytes.wrap(proven)));
        assertThat(end.getAuthorizationID()).isEqualTo("bob");
    }

    private static byte[] token(Asked asked) {
        byte[] token = new byte[asked.body().getInt()];
        asked.body().get(token);
        return token;
    }

    private static void answer(Callback[] callbacks) {
        for (Callback callback : callbacks) {
            if (callback instanceof NameCallback name) {
                name.setName(name.getDefaultName());
            } else if (callback instanceof PasswordCallback password) {
                password.setPassword(SECRET.toCharArray());
            } else if (callback instanceof RealmCallback realm) {
                realm.setText(realm.getDefaultText());
            } else if (callback instanceof AuthorizeCallback authorize) {
                authorize.setAuthorized(true);
            }
        }
    }

    private void isRefused(CompletionStage<AsyncSession> opened, String why) {
        assertThatThrownBy(() -> get(opened))
                .cause()
                .isInstanceOfSatisfying(RejectedException.class, refused -> assertThat(refused.refusal()).isEqualTo(Refusal.AUTH_FAILED))
                .hasMessageContainingAll("COORD-1074", "DIGEST-MD5 as bob", "127.0.0.1:" + listener.getLocalPort(), why, "Look whether")
                .hasMessageNotContaining(SECRET);
    }

    @Test
    @DisplayName("SASL: the proof comes before all else on each connection, as by ZooKeeper's client, and what is asked meanwhile waits in order")
    void theProofComesFirst() throws Exception {
        CompletionStage<AsyncSession> opened = bob().withAuth("digest", Bytes.utf8("a:b")).openAsync();
        accept();
        prove(last -> last);
        answer(next(OpCode.AUTH), 0, Response.Nothing.NOTHING);
        session = get(opened);
        watch(A, event -> {});

        served.close();
        accept();
        Asked first = next(OpCode.SASL);
        session.exists(A);
        session.sync(A);
        answer(first, 0, new Response.Token(Bytes.wrap(
                Sasl.createSaslServer("DIGEST-MD5", "zookeeper", "zk-sasl-md5", Map.of(), ClientSessionTest::answer).evaluateResponse(new byte[0]))));
        next(OpCode.SASL);
        served.close();
        accept();
        session.getData(A);
        prove(last -> last);

        next(OpCode.AUTH);
        next(OpCode.SET_WATCHES2);
        next(OpCode.EXISTS);
        next(OpCode.SYNC);
        next(OpCode.GET_DATA);
    }

    @Test
    void aServerThatDoesNotKnowThePasswordItselfIsNotBelieved() throws Exception {
        CompletionStage<AsyncSession> opened = bob().openAsync();
        accept();
        prove(last -> Bytes.utf8("rspauth=0123456789abcdef0123456789abcdef").toArray());
        isRefused(opened, "Server's rspauth value does not match");
        opened = bob().openAsync();
        accept();
        prove(last -> null);
        isRefused(opened, "it answered with nothing");
    }

    @Test
    void aProofThatIsRefusedFailsTheOpening() throws Exception {
        CompletionStage<AsyncSession> opened = bob().openAsync();
        accept();
        refuse(next(OpCode.SASL), 0, Refusal.AUTH_FAILED);
        served.close();
        isRefused(opened, "it answered error -115");
        opened = bob().openAsync();
        accept();
        answer(next(OpCode.SASL), 0, new Response.Token(null));
        isRefused(opened, "knows no SASL");
        opened = bob().openAsync();
        accept();
        answer(next(OpCode.SASL), 0, new Response.Token(Bytes.utf8("nonsense")));
        isRefused(opened, "DIGEST-MD5: ");
    }

    /** It would be nobody, and be kept alive by each try. */
    @Test
    void aSessionWhoseProofIsRefusedLaterExpires() throws Exception {
        CompletionStage<AsyncSession> opened = bob().openAsync();
        accept();
        prove(last -> last);
        session = get(opened);
        CompletableFuture<SessionEvent> ended = new CompletableFuture<>();
        session.onEvent(event -> {
            if (event.state().isOver()) {
                ended.complete(event);
            }
        });

        served.close();
        accept();
        Asked proving = next(OpCode.SASL);
        CompletionStage<Optional<Stat>> asked = session.exists(A);
        refuse(proving, 0, Refusal.SESSION_CLOSED_REQUIRE_SASL_AUTH);

        assertThat(get(ended).toString()).contains("Expired", "COORD-1074", "-124").doesNotContain(SECRET);
        for (CompletionStage<?> each : List.of(asked, session.exists(A))) {
            assertThatThrownBy(() -> get(each)).cause().isInstanceOf(SessionEndedException.class).hasCauseInstanceOf(RejectedException.class);
        }
        assertThat(in.read()).as("the end of the connection").isEqualTo(-1);
    }

    @Test
    void aServerThatDoesNotAnswerTheProofIsGivenUpAsOneThatDoesNotAnswer() throws Exception {
        CompletionStage<AsyncSession> opened = bob().withRequestTimeout(Duration.ofSeconds(3)).openAsync();
        accept(Duration.ofMillis(300));
        next(OpCode.SASL);
        assertThat(in.read()).as("the end of the connection").isEqualTo(-1);
        accept(Duration.ofMillis(300));
        next(OpCode.SASL);
        listener.close();

        assertThatThrownBy(() -> get(opened))
                .hasCauseInstanceOf(UnavailableException.class)
                .hasMessageContaining("opened a session within 3000 ms");
    }

    /** It was nobody's yet. */
    @Test
    void aSessionThatExpiresBeforeItIsProvenIsAskedForAnew() throws Exception {
        CompletionStage<AsyncSession> opened = bob().openAsync();
        accept();
        next(OpCode.SASL);
        served.close();
        assertThat(take().session()).isEqualTo(7);
        grant(Duration.ZERO);
        assertThat(in.read()).as("the end of the connection").isEqualTo(-1);

        ConnectRequest anew = take();

        assertThat(anew).isEqualTo(new ConnectRequest(0, 0, 10_000, 0, Bytes.wrap(new byte[16]), false));
        grant(Duration.ofSeconds(30));
        prove(last -> last);
        session = get(opened);
    }

    @Test
    void whatIsWaitedForWhenOpeningIsGivenUpIsSaid() throws Exception {
        String server = "127.0.0.1:" + listener.getLocalPort();
        CompletionStage<AsyncSession> opened = bob().withRequestTimeout(Duration.ofSeconds(1)).openAsync();
        accept();
        next(OpCode.SASL);

        assertThatThrownBy(() -> get(opened))
                .hasCauseInstanceOf(UnavailableException.class)
                .hasMessageContaining("opened a session within 1000 ms: at " + server + " no answer to the proof by DIGEST-MD5 as bob");
    }

    @Test
    void anErrorThatIsNoRefusalOfTheProofIsNotTakenForOne() throws Exception {
        CompletionStage<AsyncSession> opened = bob().openAsync();
        accept();
        refuse(next(OpCode.SASL), 0, Refusal.SESSION_EXPIRED);
        assertThat(take().session()).isZero();
        grant(Duration.ofSeconds(30));
        refuse(next(OpCode.SASL), 0, Refusal.THROTTLED_OP);
        assertThat(take().session()).isEqualTo(7);
        grant(Duration.ofSeconds(30));
        prove(last -> last);
        session = get(opened);
        CompletableFuture<SessionEvent> ended = new CompletableFuture<>();
        session.onEvent(event -> {
            if (event.state().isOver()) {
                ended.complete(event);
            }
        });

        served.close();
        accept();
        refuse(next(OpCode.SASL), 0, Refusal.SESSION_EXPIRED);

        assertThat(get(ended).toString()).contains("Expired", "knows no such session any more");
    }

    /** Nor is it asked of the session, which would not expire. */
    @Test
    void whoHasNoTicketConnectsToNobody() throws Exception {
        served = new Socket();
        CompletionStage<AsyncSession> opened = ZooKeeperClient.to("127.0.0.1:" + listener.getLocalPort())
                .withSasl(new Subject(), "zookeeper/zk.example.org")
                .withRequestTimeout(Duration.ofMillis(500))
                .openAsync();

        assertThatThrownBy(() -> get(opened))
                .hasCauseInstanceOf(UnavailableException.class)
                .hasMessageContainingAll("no proof by GSSAPI", "to zookeeper/zk.example.org could be made", "KDC");
        listener.setSoTimeout(1);
        assertThatThrownBy(listener::accept).isInstanceOf(SocketTimeoutException.class);
    }

    @Test
    void aTicketThatIsNotValidAnyMoreIsNone() throws Exception {
        served = new Socket();
        KerberosPrincipal bob = new KerberosPrincipal("bob@COORD.TEST");
        KerberosTicket past = ticket(bob, new Date(1));
        KerberosTicket destroyed = ticket(bob, new Date(Long.MAX_VALUE));
        destroyed.destroy();
        CompletionStage<AsyncSession> opened = ZooKeeperClient.to("127.0.0.1:" + listener.getLocalPort())
                .withSasl(new Subject(false, Set.of(bob), Set.of(), Set.of(past, destroyed)))
                .withRequestTimeout(Duration.ofMillis(500))
                .openAsync();

        assertThatThrownBy(() -> get(opened))
                .hasCauseInstanceOf(UnavailableException.class)
                .hasMessageContainingAll("no proof by GSSAPI as bob@COORD.TEST", "the subject has no ticket that is valid now");
    }

    private static KerberosTicket ticket(KerberosPrincipal client, Date end) {
        KerberosPrincipal granting = new KerberosPrincipal("krbtgt/COORD.TEST@COORD.TEST");
        return new KerberosTicket(new byte[1], client, granting, new byte[16], 17, new boolean[0], new Date(0), new Date(0), end, null, null);
    }

    @Test
    void nothingSecretIsShownOfWhatProves() throws Exception {
        served = new Socket();
        char[] password = SECRET.toCharArray();
        ClientSetup.DigestMd5 digest = new ClientSetup.DigestMd5("bob", password);
        Arrays.fill(password, ' ');
        assertThat(digest.password()).as("a copy").isEqualTo(SECRET.toCharArray());
        assertThat(digest).hasToString("DIGEST-MD5 as bob");
        Subject subject = new Subject(false, Set.of(new KerberosPrincipal("bob@COORD.TEST")), Set.of(), Set.of(SECRET));
        assertThat(new ClientSetup.Kerberos(subject, "zookeeper", Optional.empty())).hasToString("GSSAPI as bob@COORD.TEST");
        for (String server : new String[] {"", "a/b/c", "zookeeper/", "zookeeper/host@COORD.TEST", "/host", "zoo keeper"}) {
            assertThatThrownBy(() -> ZooKeeperClient.to("a:1").withSasl(subject, server)).isInstanceOf(IllegalArgumentException.class);
        }
    }
}

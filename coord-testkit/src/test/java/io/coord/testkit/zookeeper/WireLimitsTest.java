package io.coord.testkit.zookeeper;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.coord.Acl;
import io.coord.Bytes;
import io.coord.Identity;
import io.coord.MemberConfig;
import io.coord.MemberId;
import io.coord.ensemble.spi.FrontEnd;
import io.coord.ensemble.spi.SessionPort;
import io.coord.netty.ZooKeeperServer;
import io.coord.netty.jute.ConnectRequest;
import io.coord.netty.jute.ConnectResponse;
import io.coord.netty.jute.JuteWriter;
import io.coord.netty.jute.OpCode;
import io.coord.netty.jute.Request;
import io.coord.netty.jute.RequestHeader;
import io.coord.netty.jute.Response;
import io.coord.netty.zkserver.AuthenticationScheme;
import io.coord.netty.zkserver.ClientPort;
import io.coord.netty.zkserver.Figures;
import io.coord.netty.zkserver.Limits;
import io.coord.netty.zkserver.Throttle;
import io.coord.netty.zkserver.Words;
import io.coord.testkit.LocalEnsemble;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.WatchedEvent;
import org.apache.zookeeper.Watcher;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.ZooKeeper;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What clients may take of a server, and what becomes of them between its members. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class WireLimitsTest {

    private final Map<MemberId, ZooKeeperServer> servers = new ConcurrentHashMap<>();
    private static final String WATCHED = "/a-name-of-some-length-";
    private LocalEnsemble ensemble;

    private void start(int members, MemberConfig config, UnaryOperator<ZooKeeperServer> options) {
        ensemble = LocalEnsemble.builder()
                .members(members)
                .config(config.withSessionTimeouts(Duration.ofSeconds(5), Duration.ofSeconds(10), Duration.ofMinutes(1)))
                .frontEnd(member -> {
                    ZooKeeperServer server = options.apply(ZooKeeperServer.listeningOn(0).threads(1));
                    servers.put(member, server);
                    return server;
                })
                .start();
        ensemble.leader();
    }

    @AfterEach
    void stop() {
        if (ensemble != null) {
            ensemble.close();
        }
    }

    private InetSocketAddress at(MemberId member) {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), servers.get(member).port());
    }

    /** A follower learns later than we do who leads, and turns clients away until then. */
    private void awaitServing(MemberId member) throws IOException {
        String said = "";
        while (!said.equals("rw")) {
            try (WireProbe probe = new WireProbe(at(member))) {
                probe.sendRaw(Unpooled.copiedBuffer("isro", StandardCharsets.US_ASCII));
                said = probe.text();
            }
        }
    }

    /** Waits until a member shows all that anybody was answered. */
    private void awaitAllSeen(MemberId member) throws Exception {
        try (WireProbe probe = new WireProbe(at(member))) {
            probe.greet(new ConnectRequest(0, 0, 10_000, 0, Bytes.wrap(new byte[16]), false));
            assertThat(probe.ask(OpCode.SYNC, new Request.OfPath("/")).error()).isZero();
            probe.ask(OpCode.CLOSE_SESSION, Request.Empty.EMPTY);
        }
    }

    private InetSocketAddress one() {
        return at(MemberId.of(1));
    }

    private static Request.Create create(String path, int bytes, int flags) {
        return new Request.Create(path, Bytes.wrap(new byte[bytes]), Acl.OPEN, flags);
    }

    @Test
    @DisplayName("L3: connections above the limit of an address are closed as they come, and there is room again when others go")
    void connectionsPerAddress() throws Exception {
        start(1, MemberConfig.DEFAULT, server -> server.maxConnections(2, 0));
        try (WireProbe first = WireProbe.connected(one())) {
            WireProbe second = WireProbe.connected(one());
            try (WireProbe third = new WireProbe(one())) {
                assertThat(third.frameOrEnd()).isNull();
            }
            second.ask(OpCode.CLOSE_SESSION, Request.Empty.EMPTY);
            assertThat(second.frameOrEnd()).isNull();
            second.close();
            assertThat(connectsSoon()).isTrue();
            assertThat(first.ask(OpCode.PING, Request.Empty.EMPTY).error()).isZero();
        }
    }

    /** The server learns a little later than we do that a client is gone. */
    private boolean connectsSoon() throws IOException {
        for (int i = 0; i < 10_000; i++) {
            try (WireProbe probe = new WireProbe(one())) {
                probe.send(new ConnectRequest(0, 0, 10_000, 0, Bytes.wrap(new byte[16]), false)::write);
                if (probe.frameOrEnd() != null) {
                    return true;
                }
            } catch (SocketException closed) {
                // not yet
            }
        }
        return false;
    }

    @Test
    @DisplayName("peer.B24: the watches that a session was granted are taken again at once, whatever their kinds; those above the limit are not")
    void watchesBroughtAlong() throws Exception {
        start(1, MemberConfig.DEFAULT.withMaxWatchesPerSession(2), server -> server);
        List<String> two = List.of("/", "/zookeeper");
        try (WireProbe probe = WireProbe.connected(one())) {
            for (int again = 0; again < 2; again++) {
                Request.SetWatches granted = new Request.SetWatches(Long.MAX_VALUE, two, List.of(), two, new Request.SetWatches.Lasting(two, two));
                assertThat(probe.ask(OpCode.SET_WATCHES2, granted).error()).isZero();
            }
            probe.send(OpCode.SET_WATCHES, new Request.SetWatches(Long.MAX_VALUE, List.of("/zookeeper/config"), List.of(), two, null));
            assertThat(probe.frameOrEnd()).isNull();
        }
    }

    @Test
    @DisplayName("L1, L2: above the limit of unanswered requests nothing more is read; what has waited for too long is refused, and not carried out")
    void throttled() throws Exception {
        start(3, MemberConfig.DEFAULT, server -> server.maxUnanswered(1).throttleWaitingFor(Duration.ofMillis(100)));
        MemberId follower = ensemble.anyFollower();
        awaitServing(follower);
        try (WireProbe probe = WireProbe.connected(at(follower))) {
            ensemble.isolate(follower);
            probe.send(OpCode.CREATE, create("/first", 1, 0));
            probe.send(OpCode.CREATE, create("/second", 1, 0));
            probe.send(OpCode.EXISTS, new Request.Watched("/first", false));
            probe.send(OpCode.PING, Request.Empty.EMPTY);
            assertThat(new CountDownLatch(1).await(400, TimeUnit.MILLISECONDS)).isFalse();
            ensemble.heal();

            assertThat(probe.next().error()).as("what was taken").isZero();
            assertThat(probe.next().error()).isEqualTo(-127);
            assertThat(probe.next().error()).isEqualTo(-127);
            assertThat(probe.next().error()).as("a ping keeps the session").isZero();
            assertThat(probe.ask(OpCode.EXISTS, new Request.Watched("/first", false)).error()).isZero();
            assertThat(probe.ask(OpCode.EXISTS, new Request.Watched("/second", false)).error()).isEqualTo(-101);
        }
    }

    /** Waits until the thread of a server has had so many turns at all of its connections that it had read what it wants of them. */
    private void awaitTurns(MemberId member) throws IOException {
        for (int i = 0; i < 200; i++) {
            try (WireProbe probe = new WireProbe(at(member))) {
                probe.sendRaw(Unpooled.copiedBuffer("isro", StandardCharsets.US_ASCII));
                probe.text();
            }
        }
    }

    @Test
    @DisplayName("L1: behind a proof that waits for an answer nothing more is read than for one that has its turn")
    void behindAProofThatWaits() throws Exception {
        start(3, MemberConfig.DEFAULT, server -> server);
        MemberId follower = ensemble.anyFollower();
        awaitServing(follower);
        int asked = 64;
        Request.OfPath large = new Request.OfPath("/".repeat(1_000_000));
        try (WireProbe probe = new WireProbe(at(follower))) {
            probe.greet(new ConnectRequest(0, 0, 60_000, 0, Bytes.wrap(new byte[16]), false)); // silent for as long as the test may take
            ensemble.isolate(follower);
            long before = PooledByteBufAllocator.DEFAULT.metric().usedDirectMemory();
            probe.send(OpCode.CREATE, create("/first", 1, 0));
            probe.send(OpCode.AUTH, new Request.Auth(0, "digest", Bytes.utf8("bob:secret")));
            AtomicInteger begun = new AtomicInteger();
            FutureTask<Void> sending = new FutureTask<>(() -> {
                for (int i = 0; i < asked; i++) {
                    begun.incrementAndGet();
                    probe.send(OpCode.GET_EPHEMERALS, large);
                }
                return null;
            });
            Thread sender = new Thread(sending, "sender");
            sender.start();
            int seen;
            do {
                seen = begun.get();
                awaitTurns(follower);
            } while (seen == 0 || seen < begun.get());
            assertThat(begun).as("what the system's buffers have room for").hasValueLessThan(asked);
            assertThat(PooledByteBufAllocator.DEFAULT.metric().usedDirectMemory() - before).isLessThan(16 << 20);
            ensemble.heal();

            assertThat(probe.next().error()).as("the create").isZero();
            assertThat(probe.next().error()).as("the proof").isZero();
            for (int i = 0; i < asked; i++) {
                WireProbe.Reply reply = probe.next();
                assertThat(reply.header().xid()).isEqualTo(2 + i);
                assertThat(reply.error()).isZero();
            }
            sending.get();
        }
    }

    @Test
    @DisplayName("L3: sessions asked for above the rate are refused by closing the connection")
    void connectRate() throws Exception {
        start(1, MemberConfig.DEFAULT, server -> server.connectRate(2, 1, Duration.ofHours(1)));
        try (WireProbe first = WireProbe.connected(one());
                WireProbe second = WireProbe.connected(one());
                WireProbe third = new WireProbe(one())) {
            third.send(new ConnectRequest(0, 0, 10_000, 0, Bytes.wrap(new byte[16]), false)::write);
            assertThat(third.frameOrEnd()).isNull();
            assertThat(first.ask(OpCode.PING, Request.Empty.EMPTY).error()).isZero();
            assertThat(second.ask(OpCode.PING, Request.Empty.EMPTY).error()).isZero();
        }
    }

    @Test
    @DisplayName("L3: a large request, while those unanswered come to the limit, costs its connection; others go on")
    void largeRequests() throws Exception {
        start(3, MemberConfig.DEFAULT, server -> server.maxLargeRequests(1_000, 6_000));
        MemberId follower = ensemble.anyFollower();
        awaitServing(follower);
        try (WireProbe small = WireProbe.connected(at(follower));
                WireProbe large = WireProbe.connected(at(follower));
                WireProbe another = WireProbe.connected(at(follower))) {
            ensemble.isolate(follower);
            large.send(OpCode.CREATE, create("/large", 4_000, 0));
            small.send(OpCode.CREATE, create("/small", 900, 0));
            assertThat(small.send(OpCode.PING, Request.Empty.EMPTY)).isEqualTo(-2);
            assertThat(new CountDownLatch(1).await(200, TimeUnit.MILLISECONDS)).as("until the server has read it").isFalse();
            assertThat(another.endsAt(OpCode.CREATE, create("/another", 4_000, 0))).isTrue();
            ensemble.heal();
            assertThat(large.next().error()).isZero();
            assertThat(small.next().error()).isZero();
            assertThat(small.next().error()).as("the ping").isZero();
            assertThat(large.ask(OpCode.CREATE, create("/again", 4_000, 0)).error()).as("there is room again").isZero();
            assertThat(small.ask(OpCode.EXISTS, new Request.Watched("/another", false)).error()).isEqualTo(-101);
        }
    }

    @Test
    @DisplayName("L3: connections above the total are closed as they come")
    void connectionsInAll() throws Exception {
        start(1, MemberConfig.DEFAULT, server -> server.maxConnections(0, 1));
        try (WireProbe first = WireProbe.connected(one());
                WireProbe second = new WireProbe(one())) {
            assertThat(second.frameOrEnd()).isNull();
            assertThat(first.ask(OpCode.PING, Request.Empty.EMPTY).error()).isZero();
        }
    }

    /** A server with one of them would take no client, or not start. */
    @Test
    void timesThatCannotBeCountedAreRefusedAtOnce() {
        ZooKeeperServer server = ZooKeeperServer.listeningOn(0);
        for (Duration time : List.of(Duration.ofSeconds(Long.MAX_VALUE), Duration.ofDays(400 * 365), Duration.ofSeconds(-1))) {
            assertThatThrownBy(() -> server.handshakeDeadline(time)).isInstanceOf(IllegalArgumentException.class).hasMessageContaining("" + time);
            assertThatThrownBy(() -> server.throttleWaitingFor(time)).isInstanceOf(IllegalArgumentException.class).hasMessageContaining("" + time);
            assertThatThrownBy(() -> server.connectRate(1, 1, time)).isInstanceOf(IllegalArgumentException.class).hasMessageContaining("" + time);
        }
    }

    @Test
    void whoDoesNotSayWhatHeWantsIsPartedFrom() throws Exception {
        start(1, MemberConfig.DEFAULT, server -> server.handshakeDeadline(Duration.ofMillis(50)));
        try (WireProbe silent = new WireProbe(one());
                WireProbe slow = new WireProbe(one())) {
            slow.sendRaw(Unpooled.buffer().writeInt(45).writeInt(0));
            assertThat(silent.frameOrEnd()).isNull();
            assertThat(slow.frameOrEnd()).isNull();
        }
    }

    @Test
    @DisplayName("L1: requests above the limits wait outside and are all answered, in order, though none is read before all are sent")
    void requestsWaitOutside() throws Exception {
        start(1, MemberConfig.DEFAULT.withMaxOutstanding(10, 20), server -> server.maxUnansweredBytes(4_000));
        try (WireProbe probe = WireProbe.connected(one());
                WireProbe other = WireProbe.connected(one())) {
            for (int i = 0; i < 500; i++) {
                probe.send(OpCode.CREATE, create("/waiting-", 1_000, 3));
                other.send(OpCode.CREATE, create("/waiting-", 10, 3));
            }
            for (int i = 1; i <= 500; i++) {
                WireProbe.Reply reply = probe.next();
                assertThat(reply.header().xid()).isEqualTo(i);
                assertThat(reply.error()).isZero();
                assertThat(other.next().header().xid()).isEqualTo(i);
            }
        }
    }

    @Test
    @DisplayName("L1: a client that reads nothing for a while holds up only itself")
    void replies() throws Exception {
        start(1, MemberConfig.DEFAULT, server -> server);
        try (WireProbe lazy = WireProbe.connected(one());
                WireProbe other = WireProbe.connected(one())) {
            assertThat(lazy.ask(OpCode.CREATE, create("/large", 1_000_000, 0)).error()).isZero();
            for (int i = 0; i < 100; i++) {
                lazy.send(OpCode.GET_DATA, new Request.Watched("/large", false));
            }
            assertThat(other.ask(OpCode.EXISTS, new Request.Watched("/large", false)).error()).isZero();
            for (int i = 0; i < 100; i++) {
                Response.Data data = (Response.Data) lazy.next().as(OpCode.GET_DATA);
                assertThat(data.stat().dataLength()).isEqualTo(1_000_000);
            }
        }
    }

    @Test
    @DisplayName("R5: a multiRead of more parts than are allowed is refused whether something is unanswered before it or not")
    void multiReads() throws Exception {
        start(1, MemberConfig.DEFAULT.withMaxMultiSteps(2), server -> server);
        Request.Multi.Part part = new Request.Multi.Part(OpCode.GET_DATA, new Request.Watched("/", false));
        Request.Multi two = new Request.Multi(List.of(part, part));
        Request.Multi three = new Request.Multi(List.of(part, part, part));
        try (WireProbe probe = WireProbe.connected(one())) {
            assertThat(probe.ask(OpCode.MULTI_READ, two).error()).isZero();
            assertThat(probe.ask(OpCode.MULTI_READ, three).error()).isEqualTo(-8);
            probe.send(OpCode.SYNC, new Request.OfPath("/"));
            probe.send(OpCode.MULTI_READ, three);
            assertThat(probe.next().error()).isZero();
            assertThat(probe.next().error()).isEqualTo(-8);
        }
    }

    @Test
    @DisplayName("R5: a multiRead of more than 16 MiB is refused, whether something is unanswered before it or not, and takes nobody's memory")
    void multiReadsOfMuch() throws Exception {
        start(1, MemberConfig.DEFAULT, server -> server);
        Request.Multi.Part part = new Request.Multi.Part(OpCode.GET_DATA, new Request.Watched("/large", false));
        Request.Multi much = new Request.Multi(Collections.nCopies(1_000, part));
        Request.Multi less = new Request.Multi(Collections.nCopies(10, part));
        try (WireProbe probe = WireProbe.connected(one())) {
            assertThat(probe.ask(OpCode.CREATE, create("/large", 1_000_000, 0)).error()).isZero();
            assertThat(probe.ask(OpCode.MULTI_READ, less).error()).isZero();
            long before = PooledByteBufAllocator.DEFAULT.metric().usedDirectMemory();
            assertThat(probe.ask(OpCode.MULTI_READ, much).error()).isEqualTo(-8);
            probe.send(OpCode.SYNC, new Request.OfPath("/"));
            probe.send(OpCode.MULTI_READ, much);
            assertThat(probe.next().error()).isZero();
            assertThat(probe.next().error()).isEqualTo(-8);
            assertThat(PooledByteBufAllocator.DEFAULT.metric().usedDirectMemory() - before).isLessThan(16 << 20);
        }
    }

    @Test
    @DisplayName("a connection is closed if serving it fails, also where that is behind an answer of the member; the log has it once")
    void whereServingFails() throws Exception {
        AtomicInteger told = new AtomicInteger();
        InetSocketAddress address = startFailing(() -> "cannot reserve " + told.incrementAndGet() + " bytes of memory");
        try (WireProbe other = WireProbe.connected(address)) {
            assertThat(endsWhereServingFails(address)).isTrue();
            assertThat(endsWhereServingFails(address)).isTrue();
            assertThat(other.ask(OpCode.PING, Request.Empty.EMPTY).error()).isZero();
        }
        ensemble.close();
        assertThat(told).hasValue(1);
    }

    @Test
    @DisplayName("it is closed also if what failed cannot be told, as there is no memory for that either")
    void whereTellingFails() throws Exception {
        InetSocketAddress address = startFailing(() -> {
            throw new AssertionError("there is no memory for a text");
        });
        try (WireProbe other = WireProbe.connected(address)) {
            assertThat(endsWhereServingFails(address)).isTrue();
            assertThat(other.ask(OpCode.PING, Request.Empty.EMPTY).error()).isZero();
        }
    }

    private static final class Failure extends Error {
        private static final long serialVersionUID = 1;
        private final transient Supplier<String> message;

        Failure(Supplier<String> message) {
            this.message = message;
        }

        @Override
        public String getMessage() {
            return message.get();
        }
    }

    /** With one member, at whose door a proof of the scheme "failing" fails with this message. */
    private InetSocketAddress startFailing(Supplier<String> message) {
        AuthenticationScheme failing = new AuthenticationScheme() {
            @Override
            public String name() {
                return "failing";
            }

            @Override
            public List<Identity> prove(Bytes credentials, InetAddress client) {
                throw new Failure(message);
            }
        };
        AtomicReference<ClientPort> opened = new AtomicReference<>();
        FrontEnd door = new FrontEnd() {
            @Override
            public void open(SessionPort member) {
                opened.set(new ClientPort(
                        new ClientPort.Setup(
                                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 1, Limits.DEFAULT.withUnansweredBytesMax(1),
                                Throttle.NONE, List.of(failing), new Words(member, Set.of(), false), false, null, null, false, false, false,
                                Set.of(), Set.of(), new Figures()),
                        member));
            }

            @Override
            public void close() {
                opened.get().close();
            }
        };
        ensemble = LocalEnsemble.builder().members(1).frontEnd(member -> door).start();
        ensemble.leader();
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), opened.get().port());
    }

    private static boolean endsWhereServingFails(InetSocketAddress address) throws IOException {
        try (WireProbe probe = WireProbe.connected(address)) {
            ByteBuf both = Unpooled.buffer();
            JuteWriter out = new JuteWriter(both);
            for (OpCode op : new OpCode[] {OpCode.SYNC, OpCode.AUTH}) {
                int at = out.beginFrame();
                new RequestHeader(1, op.number()).write(out);
                (op == OpCode.SYNC ? new Request.OfPath("/") : new Request.Auth(0, "failing", Bytes.EMPTY)).write(out);
                out.endFrame(at);
            }
            probe.sendRaw(both);
            ByteBuf first = probe.frameOrEnd();
            return first == null || probe.frameOrEnd() == null;
        }
    }

    @Test
    @DisplayName("A8: identities that the member does not take are nobody's, and cost the connection")
    void identitiesThatAreTooMuch() throws Exception {
        start(1, MemberConfig.DEFAULT, server -> server);
        try (WireProbe probe = WireProbe.connected(one())) {
            int taken = 0;
            int error = 0;
            for (int i = 0; i < 20 && error == 0; i++) {
                error = probe.ask(OpCode.AUTH, new Request.Auth(0, "digest", Bytes.utf8(i + "-".repeat(1_000_000) + ":x"))).error();
                taken += error == 0 ? 1 : 0;
            }
            assertThat(error).isEqualTo(-115);
            assertThat(taken).as("4 MB may be carried by each request").isEqualTo(4);
            assertThat(probe.frameOrEnd()).isNull();
        }
    }

    @Test
    @DisplayName("A14: what is asked right behind a proof waits for it")
    void askedBehindAProof() throws Exception {
        start(1, MemberConfig.DEFAULT, server -> server.requireAuthentication(Set.of("digest")));
        try (WireProbe probe = WireProbe.connected(one())) {
            probe.send(OpCode.AUTH, new Request.Auth(0, "digest", Bytes.utf8("bob:secret")));
            probe.send(OpCode.AUTH, new Request.Auth(0, "digest", Bytes.utf8("alice:secret")));
            probe.send(OpCode.SYNC, new Request.OfPath("/"));
            probe.send(OpCode.WHO_AM_I, Request.Empty.EMPTY);
            assertThat(probe.next().error()).isZero();
            assertThat(probe.next().error()).isZero();
            assertThat(probe.next().error()).as("the sync").isZero();
            assertThat(probe.next().as(OpCode.WHO_AM_I).toString()).contains("bob", "alice");
        }
    }

    @Test
    @DisplayName("a client that never stops sending, and whose requests are never whole as they are read, holds memory for one of them and no more")
    void neverWhole() throws Exception {
        start(1, MemberConfig.DEFAULT, server -> server);
        int parts = 100;
        try (WireProbe probe = WireProbe.connected(one())) {
            ByteBuf frame = Unpooled.buffer();
            JuteWriter out = new JuteWriter(frame);
            int at = out.beginFrame();
            new RequestHeader(1, OpCode.GET_EPHEMERALS.number()).write(out);
            out.string("/".repeat(1_000_000));
            out.endFrame(at);
            int head = frame.readableBytes() / 2;
            ByteBuf next = Unpooled.copiedBuffer(
                    frame.slice(head, frame.readableBytes() - head), frame.slice(0, head)); // the end of one, and half of another
            probe.sendRaw(frame.slice(0, head));
            long before = PooledByteBufAllocator.DEFAULT.metric().usedDirectMemory();
            for (int i = 0; i < parts; i++) {
                probe.sendRaw(next.duplicate());
                assertThat(probe.next().error()).isZero();
            }
            assertThat(PooledByteBufAllocator.DEFAULT.metric().usedDirectMemory() - before).isLessThan(32 << 20);
        }
    }

    @Test
    @DisplayName("L1: large replies to what was asked behind a write are made as the client takes them, not all at once")
    void repliesOfTheMember() throws Exception {
        start(1, MemberConfig.DEFAULT, server -> server);
        int reads = 100;
        try (WireProbe probe = WireProbe.connected(one())) {
            assertThat(probe.ask(OpCode.CREATE, create("/large", 1_000_000, 0)).error()).isZero();
            long before = PooledByteBufAllocator.DEFAULT.metric().usedDirectMemory();
            long most = 0;
            ByteBuf all = Unpooled.buffer();
            JuteWriter out = new JuteWriter(all);
            for (int i = 0; i <= reads; i++) {
                int at = out.beginFrame();
                new RequestHeader(i, i == 0 ? OpCode.SYNC.number() : OpCode.GET_DATA.number()).write(out);
                (i == 0 ? new Request.OfPath("/") : new Request.Watched("/large", false)).write(out);
                out.endFrame(at);
            }
            probe.sendRaw(all);
            for (int i = 0; i <= reads; i++) {
                WireProbe.Reply reply = probe.next();
                assertThat(reply.header().xid()).isEqualTo(i);
                assertThat(reply.error()).isZero();
                most = Math.max(most, PooledByteBufAllocator.DEFAULT.metric().usedDirectMemory() - before);
            }
            assertThat(most).isLessThan(32 << 20);
        }
    }

    @Test
    @DisplayName("S9, L3: whoever takes no replies while its session ends keeps nobody's place")
    void endedUnread() throws Exception {
        start(1, MemberConfig.DEFAULT, server -> server.maxConnections(1, 0));
        try (WireProbe lazy = new WireProbe(one())) {
            ConnectResponse mine = lazy.greet(new ConnectRequest(0, 0, 20_000, 0, Bytes.wrap(new byte[16]), false));
            assertThat(lazy.ask(OpCode.CREATE, create("/large", 1_000_000, 0)).error()).isZero();
            lazy.send(OpCode.SYNC, new Request.OfPath("/"));
            for (int i = 0; i < 50; i++) {
                lazy.send(OpCode.GET_DATA, new Request.Watched("/large", false));
            }
            assertThat(lazy.next().error()).as("the sync: what is behind it is being written").isZero();
            ensemble.expire(mine.session());
            boolean isThereRoom = false;
            while (!isThereRoom) {
                isThereRoom = connectsSoon();
            }
        }
    }

    @Test
    void whoWatchesMoreThanItMayIsPartedFrom() throws Exception {
        start(1, MemberConfig.DEFAULT.withMaxWatchesPerSession(2), server -> server);
        try (WireProbe probe = WireProbe.connected(one())) {
            for (String path : new String[] {"/1", "/2", "/2", "/1"}) {
                assertThat(probe.ask(OpCode.EXISTS, new Request.Watched(path, true)).error()).isEqualTo(-101);
            }
            assertThat(probe.endsAt(OpCode.EXISTS, new Request.Watched("/3", true))).isTrue();
        }
    }

    @Test
    @DisplayName("S7, S8: a session is resumed at another member; the connection it had is closed, and what it wrote is there")
    void resumedElsewhere() throws Exception {
        start(3, MemberConfig.DEFAULT, server -> server);
        MemberId leader = ensemble.leader();
        MemberId follower = ensemble.anyFollower();
        awaitServing(follower);
        try (WireProbe first = new WireProbe(at(follower))) {
            ConnectResponse mine = first.greet(new ConnectRequest(0, 0, 10_000, 0, Bytes.wrap(new byte[16]), false));
            WireProbe.Reply created = first.ask(OpCode.CREATE, create("/moved", 1, 1));
            assertThat(created.error()).isZero();
            awaitAllSeen(leader); // a follower may answer before the leader's own disk has the write, and then the leader would close (W5)
            try (WireProbe second = new WireProbe(at(leader))) {
                ConnectRequest resume = new ConnectRequest(
                        0, created.header().zxid(), 10_000, mine.session(), mine.password(), false);
                assertThat(second.greet(resume).session()).isEqualTo(mine.session());
                assertThat(first.frameOrEnd()).isNull();
                Response.OfStat stat =
                        (Response.OfStat) second.ask(OpCode.EXISTS, new Request.Watched("/moved", false)).as(OpCode.EXISTS);
                assertThat(stat.stat().ephemeralOwner()).isEqualTo(mine.session());
                second.ask(OpCode.CLOSE_SESSION, Request.Empty.EMPTY);
            }
        }
    }

    @Test
    @DisplayName("S10: a member's clients are parted from when it goes, and resume their session at another")
    void resumedAfterAKill() throws Exception {
        start(3, MemberConfig.DEFAULT, server -> server);
        MemberId leader = ensemble.leader();
        MemberId other = ensemble.anyFollower();
        awaitServing(leader);
        try (WireProbe first = new WireProbe(at(leader))) {
            ConnectResponse mine = first.greet(new ConnectRequest(0, 0, 20_000, 0, Bytes.wrap(new byte[16]), false));
            assertThat(first.ask(OpCode.CREATE, create("/outlives", 1, 1)).error()).isZero();
            ensemble.kill(leader);
            assertThat(first.frameOrEnd()).isNull();
            try (WireProbe second = new WireProbe(at(other))) {
                ConnectRequest resume = new ConnectRequest(0, 0, 20_000, mine.session(), mine.password(), false);
                assertThat(second.greet(resume).session()).isEqualTo(mine.session());
                assertThat(second.ask(OpCode.EXISTS, new Request.Watched("/outlives", false)).error()).isZero();
            }
        }
    }

    @Test
    @DisplayName("W8, S9: of a session that is ended as it closes, the close is not answered ahead of what was asked before it")
    void endedAsItCloses() throws Exception {
        start(3, MemberConfig.DEFAULT, server -> server);
        MemberId follower = ensemble.anyFollower();
        awaitServing(follower);
        try (WireProbe probe = new WireProbe(at(follower))) {
            ConnectResponse mine = probe.greet(new ConnectRequest(0, 0, 20_000, 0, Bytes.wrap(new byte[16]), false));
            ensemble.isolate(follower);
            int write = probe.send(OpCode.CREATE, create("/too-late", 1, 0));
            probe.send(OpCode.CLOSE_SESSION, Request.Empty.EMPTY);
            ensemble.expire(mine.session());
            ensemble.heal();
            ByteBuf first = probe.frameOrEnd();
            assertThat(first == null ? write : first.getInt(0)).as("whose reply comes first, if there is one").isEqualTo(write);
        }
    }

    @Test
    @DisplayName("rule.9 of security: beyond this machine nothing is said in plain text unless it is asked for")
    void plainTextStaysHere() {
        assertThatThrownBy(() -> start(1, MemberConfig.DEFAULT, server -> server.boundTo("0.0.0.0")))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("insecure()");
    }

    @Test
    void aPortThatIsTakenIsNamed() {
        start(1, MemberConfig.DEFAULT, server -> server);
        int taken = servers.get(MemberId.of(1)).port();
        LocalEnsemble.Builder second = LocalEnsemble.builder().members(1).frontEnd(member -> ZooKeeperServer.listeningOn(taken));
        assertThatThrownBy(second::start)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("COORD-1004")
                .hasMessageContaining(String.valueOf(taken));
    }

    @Test
    void nothingIsLeftBehind() throws Exception {
        start(1, MemberConfig.DEFAULT, server -> server);
        InetSocketAddress address = one();
        WireProbe probe = WireProbe.connected(address);
        ensemble.close();
        assertThat(probe.frameOrEnd()).isNull();
        assertThatThrownBy(() -> new WireProbe(address)).isInstanceOf(IOException.class);
        probe.close();
    }

    @Test
    @DisplayName("fuzz: whatever bytes come, before the handshake or after it, the server goes on serving others")
    void anyBytes() throws Exception {
        start(1, MemberConfig.DEFAULT, server -> server);
        SplittableRandom random = new SplittableRandom(20260107);
        try (WireProbe witness = WireProbe.connected(one())) {
            for (int i = 0; i < 200; i++) {
                try (WireProbe probe = random.nextBoolean() ? WireProbe.connected(one()) : new WireProbe(one())) {
                    probe.sendRaw(anything(random));
                } catch (SocketException closed) {
                    // as it should be, for most of what is sent
                }
            }
            assertThat(witness.ask(OpCode.EXISTS, new Request.Watched("/", false)).error()).isZero();
        }
    }

    private static ByteBuf anything(SplittableRandom random) {
        ByteBuf bytes = Unpooled.buffer();
        for (int frames = 1 + random.nextInt(5); frames > 0; frames--) {
            int length = random.nextInt(60);
            bytes.writeInt(random.nextInt(8) == 0 ? random.nextInt() : length);
            bytes.writeInt(random.nextInt(10)).writeInt(random.nextInt(-12, 110));
            for (int i = 8; i < length; i++) {
                bytes.writeByte(random.nextInt(4) == 0 ? random.nextInt() : 0);
            }
        }
        return bytes;
    }

    @Test
    @DisplayName("peer.B24, inv.L8: a client with tens of thousands of watches keeps its session and its watches when its server goes")
    void manyWatchesMove() throws Exception {
        start(3, MemberConfig.DEFAULT, server -> server);
        int watches = 20_000;
        MemberId first = ensemble.anyFollower();
        MemberId second = ensemble.members().stream().filter(member -> !member.equals(first)).findFirst().orElseThrow();
        BlockingQueue<WatchedEvent> events = new LinkedBlockingQueue<>();
        CountDownLatch watched = new CountDownLatch(watches);
        CountDownLatch connects = new CountDownLatch(2);
        try (ZooKeeper client = new ZooKeeper("127.0.0.1:" + at(first).getPort(), 20_000, event -> connected(event, connects))) {
            for (int i = 0; i < watches; i++) {
                client.exists(WATCHED + i, events::add, (rc, path, ctx, stat) -> watched.countDown(), null);
            }
            assertThat(watched.await(40, TimeUnit.SECONDS)).isTrue();
            long session = client.getSessionId();
            client.updateServerList("127.0.0.1:" + at(second).getPort());
            ensemble.kill(first);
            assertThat(connects.await(40, TimeUnit.SECONDS)).as("connected again").isTrue();

            client.create(WATCHED + 77, null, ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
            client.create(WATCHED + (watches - 1), null, ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
            assertThat(List.of(told(events), told(events))).containsExactly(WATCHED + 77, WATCHED + (watches - 1));
            assertThat(client.getSessionId()).isEqualTo(session);
        }
    }

    private static void connected(WatchedEvent event, CountDownLatch connects) {
        if (event.getState() == Watcher.Event.KeeperState.SyncConnected) {
            connects.countDown();
        }
    }

    private static String told(BlockingQueue<WatchedEvent> events) throws InterruptedException {
        WatchedEvent event;
        do {
            event = events.poll(20, TimeUnit.SECONDS);
        } while (event != null && event.getType() == Watcher.Event.EventType.None);
        return event == null ? "nothing" : event.getPath();
    }
}

package io.coord.testkit.zookeeper;

import static org.assertj.core.api.Assertions.assertThat;

import io.coord.Acl;
import io.coord.Bytes;
import io.coord.netty.jute.ConnectRequest;
import io.coord.netty.jute.ConnectResponse;
import io.coord.netty.jute.OpCode;
import io.coord.netty.jute.Request;
import io.coord.netty.jute.Response;
import io.coord.netty.jute.WatcherEvent;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the contract says of bytes (zk section 2.1, and what only bytes can show), for any server: the real one proves the test. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
abstract class WireContract {

    private static final Bytes PASSWORD = Bytes.wrap(new byte[16]);
    private static final int OK = 0;
    private static final int MARSHALLING = -5;
    private static final int UNIMPLEMENTED = -6;
    private static final int BAD_ARGUMENTS = -8;
    private static final int NO_NODE = -101;
    private static final int INVALID_ACL = -114;

    /** Where the server listens; its tree is shared by all tests. */
    abstract InetSocketAddress server() throws Exception;

    /** Whether it is Coord's, where that differs on purpose (zk section 2.20). */
    abstract boolean isCoord();

    private WireProbe connected() throws Exception {
        return WireProbe.connected(server());
    }

    private static ConnectRequest greeting(long session, Bytes password, Boolean readOnly) {
        return new ConnectRequest(0, 0, 10_000, session, password, readOnly);
    }

    private static Request.Create create(String path, Bytes data, int flags) {
        return new Request.Create(path, data, Acl.OPEN, flags);
    }

    private static Request.Watched read(String path) {
        return new Request.Watched(path, false);
    }

    private static void make(WireProbe probe, String path) throws IOException {
        assertThat(probe.ask(OpCode.CREATE, create(path, Bytes.EMPTY, 0)).error()).isZero();
    }

    // ---- frames and handshake

    @ParameterizedTest
    @ValueSource(ints = {-1, Integer.MIN_VALUE, 0x100000, Integer.MAX_VALUE})
    @DisplayName("W1: a frame of impossible length closes the connection without a word, before the handshake and after it")
    void impossibleLengths(int length) throws Exception {
        try (WireProbe probe = new WireProbe(server())) {
            probe.sendRaw(Unpooled.buffer().writeInt(length));
            assertThat(probe.frameOrEnd()).isNull();
        }
        try (WireProbe probe = connected()) {
            probe.sendRaw(Unpooled.buffer().writeInt(length));
            assertThat(probe.frameOrEnd()).isNull();
        }
    }

    @Test
    @DisplayName("W1, C12: the largest frame passes, one byte more does not")
    void theLargestFrame() throws Exception {
        String path = "/largest";
        int fixed = 8 + 4 + path.length() + 4 + 4 + 27 + 4;
        int fits = 0xfffff - fixed;
        try (WireProbe probe = connected()) {
            assertThat(probe.ask(OpCode.CREATE, create(path, Bytes.wrap(new byte[fits]), 0)).error()).isZero();
            assertThat(probe.endsAt(OpCode.CREATE, create("/larger-by-one", Bytes.wrap(new byte[fits]), 0))).isTrue();
        }
        try (WireProbe probe = connected()) {
            Response.Data data = (Response.Data) probe.ask(OpCode.GET_DATA, read(path)).as(OpCode.GET_DATA);
            assertThat(data.stat().dataLength()).isEqualTo(fits);
            assertThat(probe.ask(OpCode.DELETE, new Request.Versioned(path, -1)).error()).isZero();
        }
    }

    @Test
    @DisplayName("W2, W3: a new session is answered by a bare frame of 37 bytes, or of 36 to clients up to 3.3")
    void theHandshake() throws Exception {
        for (Boolean readOnly : new Boolean[] {false, true, null}) {
            try (WireProbe probe = new WireProbe(server())) {
                probe.send(greeting(0, PASSWORD, readOnly)::write);
                var frame = probe.frame();
                assertThat(frame.readableBytes()).isEqualTo(readOnly == null ? 36 : 37);
                ConnectResponse response = ConnectResponse.read(new io.coord.netty.jute.JuteReader(frame));
                assertThat(response.protocolVersion()).isZero();
                assertThat(response.session()).isNotZero();
                assertThat(response.timeoutMillis()).isEqualTo(10_000);
                assertThat(response.password().length()).isEqualTo(16);
                assertThat(response.readOnly()).isEqualTo(readOnly == null ? null : Boolean.FALSE);
            }
        }
    }

    @Test
    @DisplayName("W4: who resumes a session that is not there, or with a wrong password, gets zeros and is parted from")
    void refusedResumption() throws Exception {
        try (WireProbe owner = new WireProbe(server())) {
            ConnectResponse mine = owner.greet(greeting(0, PASSWORD, false));
            for (ConnectRequest wrong : List.of(
                    greeting(mine.session(), Bytes.utf8("0123456789abcdef"), false),
                    greeting(mine.session() + 0x7777, mine.password(), false))) {
                try (WireProbe stranger = new WireProbe(server())) {
                    ConnectResponse response = stranger.greet(wrong);
                    assertThat(response.timeoutMillis()).isZero();
                    assertThat(response.session()).isZero();
                    assertThat(response.password()).isEqualTo(PASSWORD);
                    assertThat(stranger.frameOrEnd()).isNull();
                }
            }
            if (isCoord()) { // ZooKeeper parts from the owner before it has looked at the password
                assertThat(owner.ask(OpCode.EXISTS, read("/")).error()).isZero();
            }
        }
    }

    @Test
    @DisplayName("W5: a client that has seen more than the server is sent away without a word")
    void aServerBehindItsClient() throws Exception {
        try (WireProbe probe = new WireProbe(server())) {
            probe.send(new ConnectRequest(0, Long.MAX_VALUE, 10_000, 0, PASSWORD, false)::write);
            assertThat(probe.frameOrEnd()).isNull();
        }
    }

    @Test
    @DisplayName("S1, S7: a resumed session keeps its id, and its timeout is granted anew within the bounds")
    void resumption() throws Exception {
        ConnectResponse first;
        try (WireProbe probe = new WireProbe(server())) {
            first = probe.greet(greeting(0, PASSWORD, false));
            assertThat(probe.ask(OpCode.CREATE, create("/resumed", null, 1)).error()).isZero();
        }
        try (WireProbe probe = new WireProbe(server())) {
            ConnectResponse again = probe.greet(
                    new ConnectRequest(0, 0, 1, first.session(), first.password(), false));
            assertThat(again.session()).isEqualTo(first.session());
            assertThat(again.password()).isEqualTo(first.password());
            assertThat(again.timeoutMillis()).isBetween(2, 5_000);
            Response.OfStat stat = (Response.OfStat) probe.ask(OpCode.EXISTS, read("/resumed")).as(OpCode.EXISTS);
            assertThat(stat.stat().ephemeralOwner()).isEqualTo(first.session());
            probe.ask(OpCode.CLOSE_SESSION, Request.Empty.EMPTY);
        }
        try (WireProbe probe = connected()) {
            assertThat(probe.ask(OpCode.EXISTS, read("/resumed")).error()).isEqualTo(NO_NODE);
        }
    }

    @Test
    @DisplayName("S8: a second connection with the id and password wins; closing it ends the session, which is how Kafka expires one")
    void takeover() throws Exception {
        try (WireProbe first = new WireProbe(server())) {
            ConnectResponse mine = first.greet(greeting(0, PASSWORD, false));
            assertThat(first.ask(OpCode.CREATE, create("/taken", null, 1)).error()).isZero();
            try (WireProbe second = new WireProbe(server())) {
                assertThat(second.greet(greeting(mine.session(), mine.password(), false)).session())
                        .isEqualTo(mine.session());
                assertThat(first.frameOrEnd()).isNull();
                assertThat(second.ask(OpCode.EXISTS, read("/taken")).error()).isZero();
                assertThat(second.ask(OpCode.CLOSE_SESSION, Request.Empty.EMPTY).error()).isZero();
                assertThat(second.frameOrEnd()).isNull();
            }
            try (WireProbe third = new WireProbe(server())) {
                assertThat(third.greet(greeting(mine.session(), mine.password(), false)).session()).isZero();
            }
            try (WireProbe other = connected()) {
                assertThat(other.ask(OpCode.EXISTS, read("/taken")).error()).isEqualTo(NO_NODE);
            }
        }
    }

    // ---- requests and replies

    @Test
    @DisplayName("W7, W8: pipelined requests of all kinds are answered in their order, errors without a body")
    void order() throws Exception {
        try (WireProbe probe = connected()) {
            List<Integer> sent = new ArrayList<>();
            for (int i = 0; i < 50; i++) {
                sent.add(probe.send(OpCode.CREATE, create("/order-", Bytes.utf8("x"), 3)));
                sent.add(probe.send(OpCode.GET_DATA, read("/zookeeper")));
                sent.add(probe.send(OpCode.GET_DATA, read("/nothing")));
                sent.add(probe.send(OpCode.EXISTS, new Request.Watched("/nothing", true)));
                sent.add(probe.send(OpCode.SYNC, new Request.OfPath("/")));
                sent.add(probe.send(OpCode.SET_DATA, new Request.SetData("/nothing", null, -1)));
                sent.add(probe.send(OpCode.REMOVE_WATCHES, new Request.OfWatches("/nobody", 3)));
                sent.add(probe.send(OpCode.WHO_AM_I, Request.Empty.EMPTY));
            }
            long zxid = 0;
            for (int xid : sent) {
                WireProbe.Reply reply = probe.next();
                assertThat(reply.header().xid()).isEqualTo(xid);
                assertThat(reply.header().zxid()).isGreaterThanOrEqualTo(zxid);
                zxid = reply.header().zxid();
                if (reply.error() != OK) {
                    assertThat(reply.body().remaining()).isZero();
                }
            }
        }
    }

    @Test
    @DisplayName("W10: a write's reply has its own zxid at least, a read's after it no less")
    void zxids() throws Exception {
        try (WireProbe probe = connected()) {
            WireProbe.Reply created = probe.ask(OpCode.CREATE2, create("/zxids", Bytes.EMPTY, 1));
            Response.PathAndStat body = (Response.PathAndStat) created.as(OpCode.CREATE2);
            assertThat(body.stat().czxid()).isPositive().isLessThanOrEqualTo(created.header().zxid());
            assertThat(body.stat().mzxid()).isEqualTo(body.stat().czxid());
            if (isCoord()) {
                assertThat(body.stat().czxid()).isGreaterThan(0x100000000L);
            }
            WireProbe.Reply seen = probe.ask(OpCode.EXISTS, read("/zxids"));
            assertThat(seen.header().zxid()).isGreaterThanOrEqualTo(created.header().zxid());
        }
    }

    @Test
    @DisplayName("W11: a ping is answered with xid -2, no error and no body")
    void ping() throws Exception {
        try (WireProbe probe = connected()) {
            WireProbe.Reply pong = probe.ask(OpCode.PING, Request.Empty.EMPTY);
            assertThat(pong.error()).isZero();
            assertThat(pong.body().remaining()).isZero();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 10, 13, 23, 99, 108, -5, 4711})
    @DisplayName("W12: an unknown opcode, a check or a notification is refused with UNIMPLEMENTED and zxid -1, and the connection closed")
    void unimplemented(int type) throws Exception {
        try (WireProbe probe = connected()) {
            refusesAndCloses(probe, type);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {20, -10})
    @DisplayName("X1: a client's deleteContainer or createSession is refused as W12 says")
    void internalRequests(int type) throws Exception {
        if (!isCoord()) {
            return;
        }
        try (WireProbe probe = connected()) {
            make(probe, "/x1" + type);
            refusesAndCloses(probe, type);
        }
        try (WireProbe probe = connected()) {
            assertThat(probe.ask(OpCode.EXISTS, read("/x1" + type)).error()).isZero();
        }
    }

    private static void refusesAndCloses(WireProbe probe, int type) throws IOException {
        probe.send(7, type, out -> out.string("/x1" + type).int32(0));
        WireProbe.Reply reply = probe.next();
        assertThat(reply.header().xid()).isEqualTo(7);
        assertThat(reply.header().zxid()).isEqualTo(-1);
        assertThat(reply.error()).isEqualTo(UNIMPLEMENTED);
        assertThat(probe.frameOrEnd()).isNull();
    }

    @ParameterizedTest
    @EnumSource(
            mode = EnumSource.Mode.EXCLUDE,
            names = {
                "PING", "CLOSE_SESSION", "CREATE_SESSION", "WHO_AM_I", "CHECK", "DELETE_CONTAINER", "AUTH", "SASL", "RECONFIG",
                "SYNC", "GET_EPHEMERALS"
            })
    @DisplayName("W13: a body that cannot be read is refused with MARSHALLINGERROR, and the connection goes on")
    void unreadable(OpCode op) throws Exception {
        try (WireProbe probe = connected()) {
            probe.send(5, op.number(), out -> out.int32(77));
            WireProbe.Reply reply = probe.next();
            assertThat(reply.header().xid()).isEqualTo(5);
            assertThat(reply.error()).isEqualTo(MARSHALLING);
            assertThat(probe.ask(OpCode.EXISTS, read("/")).error()).isZero();
        }
    }

    @Test
    @DisplayName("W14: the end of a session is answered, then the connection closed")
    void closing() throws Exception {
        try (WireProbe probe = connected()) {
            WireProbe.Reply reply = probe.ask(OpCode.CLOSE_SESSION, Request.Empty.EMPTY);
            assertThat(reply.error()).isZero();
            assertThat(reply.body().remaining()).isZero();
            assertThat(probe.frameOrEnd()).isNull();
        }
    }

    @Test
    @DisplayName("W15: each request is answered with its own record")
    void records() throws Exception {
        try (WireProbe probe = connected()) {
            assertThat(probe.ask(OpCode.CREATE, create("/w15", Bytes.utf8("d"), 0)).as(OpCode.CREATE))
                    .isEqualTo(new Response.Path("/w15"));
            for (OpCode op : List.of(OpCode.CREATE2, OpCode.CREATE_CONTAINER)) {
                WireProbe.Reply reply = probe.ask(op, create("/w15/" + op, null, op == OpCode.CREATE2 ? 0 : 4));
                assertThat(((Response.PathAndStat) reply.as(op)).path()).isEqualTo("/w15/" + op);
                assertThat(reply.body().remaining()).isZero();
                assertThat(probe.ask(OpCode.DELETE, new Request.Versioned("/w15/" + op, 0)).body().remaining()).isZero();
            }
            whole(probe, OpCode.SET_DATA, new Request.SetData("/w15", null, -1));
            whole(probe, OpCode.SET_ACL, new Request.SetAcl("/w15", Acl.OPEN, -1));
            whole(probe, OpCode.EXISTS, read("/w15"));
            whole(probe, OpCode.GET_DATA, read("/w15"));
            whole(probe, OpCode.GET_ACL, new Request.OfPath("/w15"));
            whole(probe, OpCode.GET_CHILDREN, read("/w15"));
            whole(probe, OpCode.GET_CHILDREN2, read("/w15"));
            whole(probe, OpCode.GET_EPHEMERALS, new Request.OfPath("/"));
            whole(probe, OpCode.GET_ALL_CHILDREN_NUMBER, new Request.OfPath("/w15"));
            whole(probe, OpCode.WHO_AM_I, Request.Empty.EMPTY);
            assertThat(probe.ask(OpCode.SYNC, new Request.OfPath("/any")).as(OpCode.SYNC)).isEqualTo(new Response.Path("/any"));
            assertThat(probe.ask(OpCode.ADD_WATCH, new Request.OfWatches("/w15", 0)).as(OpCode.ADD_WATCH))
                    .isEqualTo(new Response.Number(0));
            assertThat(probe.ask(OpCode.CHECK_WATCHES, new Request.OfWatches("/w15", 4)).error()).isZero();
            assertThat(probe.ask(OpCode.REMOVE_WATCHES, new Request.OfWatches("/w15", 4)).error()).isZero();
            assertThat(probe.ask(OpCode.CHECK_WATCHES, new Request.OfWatches("/w15", 4)).error()).isEqualTo(-121);
            assertThat(probe.ask(OpCode.DELETE, new Request.Versioned("/w15", -1)).body().remaining()).isZero();
        }
    }

    private static void whole(WireProbe probe, OpCode op, Request request) throws IOException {
        WireProbe.Reply reply = probe.ask(op, request);
        assertThat(reply.error()).as("%s", op).isZero();
        reply.as(op);
        assertThat(reply.body().remaining()).as("%s", op).isZero();
    }

    @Test
    @DisplayName("W16: a four-letter word in place of a frame is answered in text, and the connection closed")
    void fourLetterWords() throws Exception {
        try (WireProbe probe = new WireProbe(server())) {
            probe.sendRaw(Unpooled.copiedBuffer("wchp", java.nio.charset.StandardCharsets.US_ASCII));
            assertThat(probe.text()).isEqualTo("wchp is not executed because it is not in the whitelist.\n");
        }
    }

    @Test
    @DisplayName("W17: null data and no data are two things")
    void nullAndEmpty() throws Exception {
        try (WireProbe probe = connected()) {
            probe.ask(OpCode.CREATE, create("/w17-null", null, 1));
            probe.ask(OpCode.CREATE, create("/w17-empty", Bytes.EMPTY, 1));
            assertThat(((Response.Data) probe.ask(OpCode.GET_DATA, read("/w17-null")).as(OpCode.GET_DATA)).data()).isNull();
            assertThat(((Response.Data) probe.ask(OpCode.GET_DATA, read("/w17-empty")).as(OpCode.GET_DATA)).data())
                    .isEqualTo(Bytes.EMPTY);
        }
    }

    // ---- what only bytes can show of other sections

    @ParameterizedTest
    @CsvSource({
        "7, CREATE, " + BAD_ARGUMENTS,
        "-1, CREATE2, " + BAD_ARGUMENTS,
        "4, CREATE, 0",
        "1, CREATE_CONTAINER, 0",
        "5, CREATE, " + UNIMPLEMENTED,
        "6, CREATE2, " + UNIMPLEMENTED,
        "5, CREATE_TTL, " + UNIMPLEMENTED
    })
    @DisplayName("C1, C2, C13: flags that do not exist, and flags that do not go with the op")
    void flags(int flags, OpCode op, int error) throws Exception {
        try (WireProbe probe = connected()) {
            String path = "/flags" + op + flags;
            Request request = op == OpCode.CREATE_TTL
                    ? new Request.CreateTtl(path, null, Acl.OPEN, flags, 1000)
                    : create(path, null, flags);
            assertThat(probe.ask(op, request).error()).isEqualTo(error);
            if (error == OK) {
                Response.OfStat stat = (Response.OfStat) probe.ask(OpCode.EXISTS, read(path)).as(OpCode.EXISTS);
                assertThat(stat.stat().ephemeralOwner()).isZero();
                probe.ask(OpCode.DELETE, new Request.Versioned(path, -1));
            }
        }
    }

    @Test
    @DisplayName("C5: a list that is null is no list")
    void nullAcl() throws Exception {
        try (WireProbe probe = connected()) {
            int xid = 3;
            probe.send(xid, OpCode.CREATE.number(), out -> out.string("/c5").bytes(null).int32(-1).int32(0));
            assertThat(probe.next().error()).isEqualTo(-114);
        }
    }

    @Test
    @DisplayName("M4, M5: a multi that fails has no error in its header; each part has its own")
    void failedMulti() throws Exception {
        try (WireProbe probe = connected()) {
            WireProbe.Reply reply = probe.ask(OpCode.MULTI, new Request.Multi(List.of(
                    new Request.Multi.Part(OpCode.CREATE, create("/m4", null, 0)),
                    new Request.Multi.Part(OpCode.CHECK, new Request.Versioned("/m4", 0)),
                    new Request.Multi.Part(OpCode.CREATE_TTL, new Request.CreateTtl("/m4/x", null, Acl.OPEN, 77, -1)),
                    new Request.Multi.Part(OpCode.DELETE, new Request.Versioned("/m4-absent", 0)))));
            assertThat(reply.error()).isZero();
            assertThat(((Response.Multi) reply.as(OpCode.MULTI)).results()).containsExactly(
                    new Response.Multi.Refused(0),
                    new Response.Multi.Refused(0),
                    new Response.Multi.Refused(BAD_ARGUMENTS),
                    new Response.Multi.Refused(-2));
            assertThat(probe.ask(OpCode.EXISTS, read("/m4")).error()).isEqualTo(NO_NODE);
        }
    }

    @ParameterizedTest
    @CsvSource({"CREATE, 77", "CREATE2, -1", "CREATE_CONTAINER, 7", "CREATE, 5", "CREATE2, 6", "CREATE_CONTAINER, 5"})
    @DisplayName("M1: a part whose flags cannot be makes the multi unreadable")
    void unreadableMulti(OpCode op, int flags) throws Exception {
        try (WireProbe probe = connected()) {
            Request.Multi multi = new Request.Multi(List.of(
                    new Request.Multi.Part(OpCode.DELETE, new Request.Versioned("/m1-absent", 0)),
                    new Request.Multi.Part(op, create("/m1", null, flags))));
            assertThat(probe.ask(OpCode.MULTI, multi).error()).isEqualTo(MARSHALLING);
        }
    }

    @Test
    @DisplayName("M1: a create without any access control list, not even an empty one, makes the multi unreadable")
    void nullAclInMulti() throws Exception {
        try (WireProbe probe = connected()) {
            probe.send(1, OpCode.MULTI.number(), out -> {
                out.int32(OpCode.CREATE.number()).bool(false).int32(-1);
                out.string("/m1-no-acl").bytes(null).int32(-1).int32(0);
                out.int32(-1).bool(true).int32(-1);
            });
            assertThat(probe.next().error()).isEqualTo(MARSHALLING);
        }
    }

    @ParameterizedTest
    @CsvSource({"CREATE, 4", "CREATE2, 4", "CREATE_CONTAINER, 0", "CREATE_CONTAINER, 4"})
    @DisplayName("M3, C13: a container is created by op or flag in a multi, and answered with its Stat")
    void containersInMulti(OpCode op, int flags) throws Exception {
        try (WireProbe probe = connected()) {
            Request.Multi multi = new Request.Multi(List.of(
                    new Request.Multi.Part(op, create("/m3c", null, flags)),
                    new Request.Multi.Part(OpCode.DELETE, new Request.Versioned("/m3c", 0))));
            Response.Multi done = (Response.Multi) probe.ask(OpCode.MULTI, multi).as(OpCode.MULTI);
            assertThat(((Response.Multi.Granted) done.results().get(0)).op()).isEqualTo(OpCode.CREATE2);
        }
    }

    @ParameterizedTest
    @CsvSource({"0, CREATE", "4, CREATE2"})
    @DisplayName("M3, C2: a part of type createTTL whose flags name no time to live is a create, or a container, and its time counts for nothing")
    void untimedInMulti(int flags, OpCode answeredAs) throws Exception {
        try (WireProbe probe = connected()) {
            WireProbe.Reply reply = probe.ask(OpCode.MULTI, new Request.Multi(List.of(
                    new Request.Multi.Part(OpCode.CREATE_TTL, new Request.CreateTtl("/untimed", null, Acl.OPEN, flags, 1)),
                    new Request.Multi.Part(OpCode.DELETE, new Request.Versioned("/untimed", -1)))));
            assertThat(reply.error()).isZero();
            Response.Multi.Result first = ((Response.Multi) reply.as(OpCode.MULTI)).results().get(0);
            assertThat(((Response.Multi.Granted) first).op()).isEqualTo(answeredAs);
        }
    }

    @Test
    @DisplayName("M3, M6: a multi that succeeds tells each part's result; an empty one tells none")
    void multi() throws Exception {
        try (WireProbe probe = connected()) {
            WireProbe.Reply reply = probe.ask(OpCode.MULTI, new Request.Multi(List.of(
                    new Request.Multi.Part(OpCode.CREATE, create("/m3", null, 0)),
                    new Request.Multi.Part(OpCode.CREATE2, create("/m3/a", null, 0)),
                    new Request.Multi.Part(OpCode.SET_DATA, new Request.SetData("/m3", null, 0)),
                    new Request.Multi.Part(OpCode.CHECK, new Request.Versioned("/m3", 1)),
                    new Request.Multi.Part(OpCode.DELETE, new Request.Versioned("/m3/a", -1)),
                    new Request.Multi.Part(OpCode.DELETE, new Request.Versioned("/m3", -1)))));
            Response.Multi multi = (Response.Multi) reply.as(OpCode.MULTI);
            assertThat(multi.results()).extracting(result -> ((Response.Multi.Granted) result).op()).containsExactly(
                    OpCode.CREATE, OpCode.CREATE2, OpCode.SET_DATA, OpCode.CHECK, OpCode.DELETE, OpCode.DELETE);
            WireProbe.Reply empty = probe.ask(OpCode.MULTI, new Request.Multi(List.of()));
            assertThat(empty.error()).isZero();
            assertThat(empty.as(OpCode.MULTI)).isEqualTo(new Response.Multi(List.of()));
        }
    }

    @Test
    @DisplayName("O6, W10: the writer's own watch is told before the write is answered, with the write's zxid")
    void eventsFirst() throws Exception {
        try (WireProbe probe = connected()) {
            assertThat(probe.ask(OpCode.EXISTS, new Request.Watched("/o6", true)).error()).isEqualTo(NO_NODE);
            int xid = probe.send(OpCode.CREATE2, create("/o6", null, 1));
            WireProbe.Reply event = probe.next();
            assertThat(event.isEvent()).isTrue();
            assertThat(event.asEvent()).isEqualTo(new WatcherEvent(1, WatcherEvent.SYNC_CONNECTED, "/o6"));
            WireProbe.Reply reply = probe.next();
            assertThat(reply.header().xid()).isEqualTo(xid);
            Response.PathAndStat created = (Response.PathAndStat) reply.as(OpCode.CREATE2);
            assertThat(event.header().zxid()).isEqualTo(created.stat().czxid());
        }
    }

    @Test
    @DisplayName("O5, W10: amid the writes of another, no reply shows a change before its event, none is older than an event before it")
    void eventsAndPipelinedReads() throws Exception {
        try (WireProbe reader = connected();
                WireProbe writer = connected()) {
            make(writer, "/o5");
            assertThat(reader.ask(OpCode.ADD_WATCH, new Request.OfWatches("/o5", 0)).error()).isZero();
            Thread writing = new Thread(() -> {
                try {
                    for (int i = 0; i < 200; i++) {
                        writer.ask(OpCode.SET_DATA, new Request.SetData("/o5", Bytes.utf8("" + i), -1));
                    }
                } catch (IOException e) {
                    throw new java.io.UncheckedIOException(e);
                }
            });
            writing.start();
            long told = 0;
            long zxid = 0;
            int version = 0;
            int unanswered = 0;
            while (version < 200) {
                for (; unanswered < 20; unanswered++) {
                    reader.send(OpCode.GET_DATA, read("/o5"));
                }
                WireProbe.Reply next = reader.next();
                assertThat(next.header().zxid()).isGreaterThanOrEqualTo(zxid);
                zxid = next.header().zxid();
                if (next.isEvent()) {
                    told = zxid;
                } else {
                    unanswered--;
                    var stat = ((Response.Data) next.as(OpCode.GET_DATA)).stat();
                    version = stat.version();
                    if (version > 0) {
                        assertThat(stat.mzxid()).isEqualTo(told);
                    }
                }
            }
            writing.join();
            assertThat(writer.ask(OpCode.DELETE, new Request.Versioned("/o5", -1)).error()).isZero();
        }
    }

    @Test
    @DisplayName("WT11, W8: setWatches tells what was missed with zxid -1, then answers with xid -8")
    void setWatches() throws Exception {
        try (WireProbe probe = connected()) {
            probe.ask(OpCode.CREATE, create("/wt11", null, 1));
            int xid = probe.send(
                    OpCode.SET_WATCHES,
                    new Request.SetWatches(1, List.of("/wt11"), List.of("/wt11-not"), List.of(), null));
            WireProbe.Reply event = probe.next();
            assertThat(event.asEvent()).isEqualTo(new WatcherEvent(3, WatcherEvent.SYNC_CONNECTED, "/wt11"));
            assertThat(event.header().zxid()).isEqualTo(-1);
            WireProbe.Reply reply = probe.next();
            assertThat(reply.header().xid()).isEqualTo(xid);
            assertThat(reply.error()).isZero();
        }
    }

    @ParameterizedTest
    @CsvSource({"ADD_WATCH, 2", "ADD_WATCH, -1", "CHECK_WATCHES, 0", "REMOVE_WATCHES, 6"})
    @DisplayName("WT8, WT10: a mode or type of watch that does not exist is refused with MARSHALLINGERROR")
    void unknownWatches(OpCode op, int kind) throws Exception {
        try (WireProbe probe = connected()) {
            assertThat(probe.ask(op, new Request.OfWatches("/", kind)).error()).isEqualTo(MARSHALLING);
        }
    }

    @Test
    @DisplayName("A5, A8: an auth packet is answered with xid -4; one of an unknown scheme closes the connection")
    void auth() throws Exception {
        try (WireProbe probe = connected()) {
            WireProbe.Reply proven = probe.ask(OpCode.AUTH, new Request.Auth(0, "digest", Bytes.utf8("bob:secret")));
            assertThat(proven.error()).isZero();
            assertThat(proven.header().zxid()).isZero();
            Response.Identities mine = (Response.Identities) probe.ask(OpCode.WHO_AM_I, Request.Empty.EMPTY).as(OpCode.WHO_AM_I);
            assertThat(mine.identities()).extracting(Object::toString).contains("digest:bob", "ip:127.0.0.1");
            WireProbe.Reply refused = probe.ask(OpCode.AUTH, new Request.Auth(0, "nonsense", Bytes.utf8("x")));
            assertThat(refused.error()).isEqualTo(-115);
            assertThat(probe.frameOrEnd()).isNull();
        }
    }

    @Test
    @DisplayName("A7: where nobody speaks SASL its step is answered with no token, which the client takes for a failure, and the connection goes on")
    void saslWhereThereIsNone() throws Exception {
        try (WireProbe probe = connected()) {
            for (Bytes token : List.of(Bytes.EMPTY, Bytes.utf8("nonsense"))) {
                WireProbe.Reply answer = probe.ask(OpCode.SASL, new Request.Sasl(token));
                assertThat(answer.error()).isZero();
                assertThat(answer.as(OpCode.SASL)).isEqualTo(new Response.Token(null));
            }
            assertThat(probe.ask(OpCode.EXISTS, read("/")).error()).isZero();
        }
    }

    @Test
    @DisplayName("C5, D3: a scheme that nobody can prove at the server is one that does not exist, also in a multi")
    void schemesThatNobodyProvesHere() throws Exception {
        try (WireProbe probe = connected()) {
            make(probe, "/unproven");
            for (String scheme : List.of("sasl", "x509")) {
                List<Acl> acl = List.of(Acl.of(Acl.ALL, "world", "anyone"), Acl.of(Acl.READ, scheme, "CN=a"));
                assertThat(probe.ask(OpCode.CREATE, new Request.Create("/none/a", null, acl, 0)).error()).as(scheme).isEqualTo(INVALID_ACL);
                assertThat(probe.ask(OpCode.CREATE, new Request.Create("bad", null, acl, 0)).error()).as(scheme).isEqualTo(BAD_ARGUMENTS);
                assertThat(probe.ask(OpCode.SET_ACL, new Request.SetAcl("/unproven", acl, -1)).error()).as(scheme).isEqualTo(INVALID_ACL);
                Request.Multi multi = new Request.Multi(List.of(
                        new Request.Multi.Part(OpCode.CREATE, create("/unproven/a", null, 0)),
                        new Request.Multi.Part(OpCode.CREATE, new Request.Create("/unproven/b", null, acl, 0))));
                assertThat(((Response.Multi) probe.ask(OpCode.MULTI, multi).as(OpCode.MULTI)).results()).as(scheme)
                        .containsExactly(new Response.Multi.Refused(0), new Response.Multi.Refused(INVALID_ACL));
            }
            assertThat(probe.ask(OpCode.DELETE, new Request.Versioned("/unproven", -1)).error()).isZero();
        }
    }

    @Test
    @DisplayName("RC2: reconfig is switched off")
    void reconfig() throws Exception {
        try (WireProbe probe = connected()) {
            assertThat(probe.ask(OpCode.RECONFIG, new Request.Reconfig("x", null, null, -1)).error()).isEqualTo(-123);
            assertThat(probe.ask(OpCode.EXISTS, read("/")).error()).isZero();
        }
    }

    @Test
    @DisplayName("P4: reads take any path for one that is not there")
    void malformedPaths() throws Exception {
        try (WireProbe probe = connected()) {
            for (String path : List.of("relative", "/a/", "/a//b", "/../x")) {
                assertThat(probe.ask(OpCode.GET_DATA, read(path)).error()).as(path).isEqualTo(NO_NODE);
            }
            assertThat(probe.ask(OpCode.EXISTS, read("/a\0b")).error()).isEqualTo(BAD_ARGUMENTS);
        }
    }
}

package io.coord.testkit.zookeeper;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.coord.Acl;
import io.coord.Bytes;
import io.coord.Identity;
import io.coord.netty.jute.ConnectRequest;
import io.coord.netty.jute.ConnectResponse;
import io.coord.netty.jute.JuteReader;
import io.coord.netty.jute.JuteWriter;
import io.coord.netty.jute.MalformedRecordException;
import io.coord.netty.jute.OpCode;
import io.coord.netty.jute.ReplyHeader;
import io.coord.netty.jute.Request;
import io.coord.netty.jute.RequestHeader;
import io.coord.netty.jute.Response;
import io.coord.netty.jute.WatcherEvent;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.apache.jute.BinaryOutputArchive;
import org.apache.jute.Record;
import org.apache.zookeeper.MultiOperationRecord;
import org.apache.zookeeper.MultiResponse;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.OpResult;
import org.apache.zookeeper.data.ClientInfo;
import org.apache.zookeeper.data.Stat;
import org.apache.zookeeper.proto.AddWatchRequest;
import org.apache.zookeeper.proto.AuthPacket;
import org.apache.zookeeper.proto.CheckVersionRequest;
import org.apache.zookeeper.proto.CheckWatchesRequest;
import org.apache.zookeeper.proto.Create2Response;
import org.apache.zookeeper.proto.CreateRequest;
import org.apache.zookeeper.proto.CreateResponse;
import org.apache.zookeeper.proto.CreateTTLRequest;
import org.apache.zookeeper.proto.DeleteRequest;
import org.apache.zookeeper.proto.ErrorResponse;
import org.apache.zookeeper.proto.ExistsRequest;
import org.apache.zookeeper.proto.ExistsResponse;
import org.apache.zookeeper.proto.GetACLRequest;
import org.apache.zookeeper.proto.GetACLResponse;
import org.apache.zookeeper.proto.GetAllChildrenNumberRequest;
import org.apache.zookeeper.proto.GetAllChildrenNumberResponse;
import org.apache.zookeeper.proto.GetChildren2Request;
import org.apache.zookeeper.proto.GetChildren2Response;
import org.apache.zookeeper.proto.GetChildrenRequest;
import org.apache.zookeeper.proto.GetChildrenResponse;
import org.apache.zookeeper.proto.GetDataRequest;
import org.apache.zookeeper.proto.GetDataResponse;
import org.apache.zookeeper.proto.GetEphemeralsRequest;
import org.apache.zookeeper.proto.GetEphemeralsResponse;
import org.apache.zookeeper.proto.GetSASLRequest;
import org.apache.zookeeper.proto.ReconfigRequest;
import org.apache.zookeeper.proto.RemoveWatchesRequest;
import org.apache.zookeeper.proto.SetACLRequest;
import org.apache.zookeeper.proto.SetACLResponse;
import org.apache.zookeeper.proto.SetDataRequest;
import org.apache.zookeeper.proto.SetDataResponse;
import org.apache.zookeeper.proto.SetSASLResponse;
import org.apache.zookeeper.proto.SetWatches;
import org.apache.zookeeper.proto.SetWatches2;
import org.apache.zookeeper.proto.SyncRequest;
import org.apache.zookeeper.proto.SyncResponse;
import org.apache.zookeeper.proto.WhoAmIResponse;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Our records against ZooKeeper's own: the same bytes, in both directions. And no bytes at all that do harm. */
class JuteTest {

    private static final int WARM_UP = 1_000;
    private static final List<String> SOME = List.of("/a", "/ä/漢");
    private static final Bytes DATA = Bytes.utf8("some data");
    private static final List<Acl> ACL = List.of(new Acl(31, Identity.ANYONE), Acl.of(1, "digest", "u:x"));
    private static final Stat THEIRS = new Stat(1L << 33, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11);
    private static final io.coord.Stat OURS = Values.stat(THEIRS);

    private static byte[] theirs(Record record) {
        try {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            record.serialize(BinaryOutputArchive.getArchive(bytes), "r");
            return bytes.toByteArray();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static byte[] ours(Consumer<JuteWriter> record) {
        ByteBuf out = Unpooled.buffer();
        record.accept(new JuteWriter(out));
        byte[] bytes = new byte[out.readableBytes()];
        out.readBytes(bytes);
        return bytes;
    }

    static Stream<Arguments> requests() {
        Request.Create create = new Request.Create("/a/ü", DATA, ACL, 3);
        Request.CreateTtl timed = new Request.CreateTtl("/t", null, ACL, 5, 77);
        CreateRequest theirCreate = new CreateRequest("/a/ü", DATA.toArray(), Values.toZooKeeper(ACL), 3);
        CreateTTLRequest theirTimed = new CreateTTLRequest("/t", null, Values.toZooKeeper(ACL), 5, 77);
        return Stream.of(
                Arguments.of(OpCode.CREATE, create, theirCreate),
                Arguments.of(OpCode.CREATE2, create, theirCreate),
                Arguments.of(OpCode.CREATE_CONTAINER, create, theirCreate),
                Arguments.of(OpCode.CREATE_TTL, timed, theirTimed),
                Arguments.of(OpCode.DELETE, new Request.Versioned("/a", 7), new DeleteRequest("/a", 7)),
                Arguments.of(OpCode.CHECK, new Request.Versioned("/a", 7), new CheckVersionRequest("/a", 7)),
                Arguments.of(OpCode.EXISTS, new Request.Watched("/a", true), new ExistsRequest("/a", true)),
                Arguments.of(OpCode.GET_DATA, new Request.Watched("/a", false), new GetDataRequest("/a", false)),
                Arguments.of(OpCode.GET_CHILDREN, new Request.Watched("/a", true), new GetChildrenRequest("/a", true)),
                Arguments.of(OpCode.GET_CHILDREN2, new Request.Watched("/a", true), new GetChildren2Request("/a", true)),
                Arguments.of(OpCode.SET_DATA, new Request.SetData("/a", DATA, 7), new SetDataRequest("/a", DATA.toArray(), 7)),
                Arguments.of(OpCode.GET_ACL, new Request.OfPath("/a"), new GetACLRequest("/a")),
                Arguments.of(OpCode.SET_ACL, new Request.SetAcl("/a", ACL, 7), new SetACLRequest("/a", Values.toZooKeeper(ACL), 7)),
                Arguments.of(OpCode.SYNC, new Request.OfPath("/a"), new SyncRequest("/a")),
                Arguments.of(OpCode.GET_EPHEMERALS, new Request.OfPath("/a"), new GetEphemeralsRequest("/a")),
                Arguments.of(OpCode.GET_ALL_CHILDREN_NUMBER, new Request.OfPath("/a"), new GetAllChildrenNumberRequest("/a")),
                Arguments.of(OpCode.CHECK_WATCHES, new Request.OfWatches("/a", 3), new CheckWatchesRequest("/a", 3)),
                Arguments.of(OpCode.REMOVE_WATCHES, new Request.OfWatches("/a", 3), new RemoveWatchesRequest("/a", 3)),
                Arguments.of(OpCode.ADD_WATCH, new Request.OfWatches("/a", 1), new AddWatchRequest("/a", 1)),
                Arguments.of(
                        OpCode.RECONFIG,
                        new Request.Reconfig("j", null, "n", 1L << 40),
                        new ReconfigRequest("j", null, "n", 1L << 40)),
                Arguments.of(
                        OpCode.AUTH, new Request.Auth(0, "digest", DATA), new AuthPacket(0, "digest", DATA.toArray())),
                Arguments.of(OpCode.SASL, new Request.Sasl(DATA), new GetSASLRequest(DATA.toArray())),
                Arguments.of(
                        OpCode.SET_WATCHES,
                        new Request.SetWatches(9, SOME, List.of(), SOME, null),
                        new SetWatches(9, SOME, List.of(), SOME)),
                Arguments.of(
                        OpCode.SET_WATCHES2,
                        new Request.SetWatches(9, SOME, List.of(), SOME, new Request.SetWatches.Lasting(SOME, List.of("/"))),
                        new SetWatches2(9, SOME, List.of(), SOME, SOME, List.of("/"))),
                Arguments.of(
                        OpCode.MULTI,
                        new Request.Multi(List.of(
                                new Request.Multi.Part(OpCode.CREATE, create),
                                new Request.Multi.Part(OpCode.DELETE, new Request.Versioned("/a", 7)),
                                new Request.Multi.Part(OpCode.SET_DATA, new Request.SetData("/a", DATA, 7)),
                                new Request.Multi.Part(OpCode.CHECK, new Request.Versioned("/a", 7)))),
                        new MultiOperationRecord(List.of(
                                Op.create("/a/ü", DATA.toArray(), Values.toZooKeeper(ACL), 3),
                                Op.delete("/a", 7),
                                Op.setData("/a", DATA.toArray(), 7),
                                Op.check("/a", 7)))),
                Arguments.of(
                        OpCode.MULTI_READ,
                        new Request.Multi(List.of(
                                new Request.Multi.Part(OpCode.GET_DATA, new Request.Watched("/a", false)),
                                new Request.Multi.Part(OpCode.GET_CHILDREN, new Request.Watched("/b", false)))),
                        new MultiOperationRecord(List.of(Op.getData("/a"), Op.getChildren("/b")))));
    }

    static Stream<Arguments> responses() {
        MultiResponse multi = new MultiResponse();
        multi.add(new OpResult.CreateResult("/a"));
        multi.add(new OpResult.CreateResult("/b", THEIRS));
        multi.add(new OpResult.DeleteResult());
        multi.add(new OpResult.SetDataResult(THEIRS));
        multi.add(new OpResult.CheckResult());
        multi.add(new OpResult.ErrorResult(-101));
        multi.add(new OpResult.GetDataResult(DATA.toArray(), THEIRS));
        multi.add(new OpResult.GetChildrenResult(SOME));
        return Stream.of(
                Arguments.of(OpCode.CREATE, new Response.Path("/a"), new CreateResponse("/a")),
                Arguments.of(OpCode.CREATE2, new Response.PathAndStat("/a", OURS), new Create2Response("/a", THEIRS)),
                Arguments.of(OpCode.EXISTS, new Response.OfStat(OURS), new ExistsResponse(THEIRS)),
                Arguments.of(OpCode.SET_DATA, new Response.OfStat(OURS), new SetDataResponse(THEIRS)),
                Arguments.of(OpCode.SET_ACL, new Response.OfStat(OURS), new SetACLResponse(THEIRS)),
                Arguments.of(OpCode.GET_DATA, new Response.Data(DATA, OURS), new GetDataResponse(DATA.toArray(), THEIRS)),
                Arguments.of(OpCode.RECONFIG, new Response.Data(null, OURS), new GetDataResponse(null, THEIRS)),
                Arguments.of(OpCode.GET_ACL, new Response.OfAcl(ACL, OURS), new GetACLResponse(Values.toZooKeeper(ACL), THEIRS)),
                Arguments.of(OpCode.GET_CHILDREN, new Response.Names(SOME), new GetChildrenResponse(SOME)),
                Arguments.of(OpCode.GET_CHILDREN2, new Response.NamesAndStat(SOME, OURS), new GetChildren2Response(SOME, THEIRS)),
                Arguments.of(OpCode.GET_EPHEMERALS, new Response.Names(SOME), new GetEphemeralsResponse(SOME)),
                Arguments.of(OpCode.GET_ALL_CHILDREN_NUMBER, new Response.Number(7), new GetAllChildrenNumberResponse(7)),
                Arguments.of(OpCode.SYNC, new Response.Path("/a"), new SyncResponse("/a")),
                Arguments.of(OpCode.ADD_WATCH, new Response.Number(0), new ErrorResponse(0)),
                Arguments.of(OpCode.SASL, new Response.Token(DATA), new SetSASLResponse(DATA.toArray())),
                Arguments.of(
                        OpCode.WHO_AM_I,
                        new Response.Identities(List.of(new Identity("ip", "::1"))),
                        new WhoAmIResponse(List.of(new ClientInfo("ip", "::1")))),
                Arguments.of(
                        OpCode.MULTI,
                        new Response.Multi(List.of(
                                new Response.Multi.Granted(OpCode.CREATE, new Response.Path("/a")),
                                new Response.Multi.Granted(OpCode.CREATE2, new Response.PathAndStat("/b", OURS)),
                                new Response.Multi.Granted(OpCode.DELETE, Response.Nothing.NOTHING),
                                new Response.Multi.Granted(OpCode.SET_DATA, new Response.OfStat(OURS)),
                                new Response.Multi.Granted(OpCode.CHECK, Response.Nothing.NOTHING),
                                new Response.Multi.Refused(-101),
                                new Response.Multi.Granted(OpCode.GET_DATA, new Response.Data(DATA, OURS)),
                                new Response.Multi.Granted(OpCode.GET_CHILDREN, new Response.Names(SOME)))),
                        multi));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("requests")
    void aRequestIsTheSameBytes(OpCode op, Request ours, Record theirs) {
        assertThat(ours(ours::write)).isEqualTo(theirs(theirs));
        assertThat(op.readRequest(new JuteReader(Unpooled.wrappedBuffer(theirs(theirs))))).isEqualTo(ours);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("responses")
    void aResponseIsTheSameBytes(OpCode op, Response ours, Record theirs) {
        assertThat(ours(ours::write)).isEqualTo(theirs(theirs));
        assertThat(op.readResponse(new JuteReader(Unpooled.wrappedBuffer(theirs(theirs))))).isEqualTo(ours);
    }

    @Test
    void headersAndHandshakeAreTheSameBytes() {
        assertThat(ours(new RequestHeader(7, -11)::write)).isEqualTo(theirs(new org.apache.zookeeper.proto.RequestHeader(7, -11)));
        assertThat(ours(new ReplyHeader(7, 1L << 40, -5)::write))
                .isEqualTo(theirs(new org.apache.zookeeper.proto.ReplyHeader(7, 1L << 40, -5)));
        assertThat(ours(new WatcherEvent(1, 3, "/ä")::write)).isEqualTo(theirs(new org.apache.zookeeper.proto.WatcherEvent(1, 3, "/ä")));
        assertThat(ours(new ConnectRequest(0, 1, 2, 3, DATA, true)::write))
                .isEqualTo(theirs(new org.apache.zookeeper.proto.ConnectRequest(0, 1, 2, 3, DATA.toArray(), true)));
        assertThat(ours(new ConnectResponse(0, 2, 3, DATA, false)::write))
                .isEqualTo(theirs(new org.apache.zookeeper.proto.ConnectResponse(0, 2, 3, DATA.toArray(), false)));
    }

    @Test
    void everyOpCodeHasZooKeepersNumber() throws ReflectiveOperationException {
        for (OpCode op : OpCode.values()) {
            String name = switch (op) {
                case GET_ACL -> "getACL";
                case SET_ACL -> "setACL";
                case CREATE_TTL -> "createTTL";
                default -> camel(op.name());
            };
            assertThat(op.number()).as(name).isEqualTo(org.apache.zookeeper.ZooDefs.OpCode.class.getField(name).getInt(null));
        }
    }

    private static String camel(String name) {
        StringBuilder camel = new StringBuilder();
        for (String word : name.toLowerCase(java.util.Locale.ROOT).split("_")) {
            camel.append(camel.isEmpty() ? word : Character.toUpperCase(word.charAt(0)) + word.substring(1));
        }
        return camel.toString();
    }

    @Test
    void damagedRecordsDoNoHarm() {
        readDamaged(20260105, 10_000);
    }

    @Test
    @Tag("soak")
    @Timeout(600)
    void aMillionDamagedRecordsDoNoHarm() {
        readDamaged(20260106, 1_000_000);
    }

    /** Records of all kinds, with bytes changed, cut out and put in: read or refused as malformed, at a bounded cost. */
    private static void readDamaged(long seed, int count) {
        SplittableRandom random = new SplittableRandom(seed);
        List<Object[]> all = Stream.concat(requests(), responses()).map(Arguments::get).toList();
        for (int i = 0; i < count; i++) {
            Object[] sample = all.get(random.nextInt(all.size()));
            byte[] damaged = damaged(theirs((Record) sample[2]), random);
            OpCode op = random.nextInt(4) == 0 ? OpCode.values()[random.nextInt(OpCode.values().length)] : (OpCode) sample[0];
            long allocated = allocatedToRead(op, sample[1] instanceof Request, damaged);
            if (i >= WARM_UP && allocated > (64 << 10) + 4L * damaged.length) { // what loads classes is not counted
                throw new AssertionError("step " + i + " of seed " + seed + ": " + allocated + " bytes to read " + damaged.length
                        + " as " + op);
            }
        }
    }

    private static long allocatedToRead(OpCode op, boolean isRequest, byte[] bytes) {
        JuteReader in = new JuteReader(Unpooled.wrappedBuffer(bytes));
        long before = allocated();
        Object read = null;
        try {
            read = isRequest ? op.readRequest(in) : op.readResponse(in);
        } catch (MalformedRecordException expected) {
            read = expected;
        }
        long allocated = allocated() - before;
        if (read == null) {
            throw new AssertionError(op + " was read as nothing");
        }
        return allocated;
    }

    private static long allocated() {
        var threads = (com.sun.management.ThreadMXBean) java.lang.management.ManagementFactory.getThreadMXBean();
        return threads.getCurrentThreadAllocatedBytes();
    }

    private static byte[] damaged(byte[] record, SplittableRandom random) {
        ByteBuf out = Unpooled.buffer();
        int from = random.nextInt(record.length + 1);
        out.writeBytes(record, 0, from);
        switch (random.nextInt(4)) {
            case 0 -> {} // cut
            case 1 -> out.writeInt(random.nextInt()).writeBytes(record, from, record.length - from);
            case 2 -> out.writeByte(random.nextInt()).writeBytes(record, Math.min(from + 1, record.length), Math.max(0, record.length - from - 1));
            default -> out.writeInt(random.nextBoolean() ? -1 : Integer.MAX_VALUE - random.nextInt(4))
                    .writeBytes(record, Math.min(from + 4, record.length), Math.max(0, record.length - from - 4));
        }
        byte[] bytes = new byte[out.readableBytes()];
        out.readBytes(bytes);
        return bytes;
    }

    @Test
    void aTextLongerThanTheRecordIsNotAllocated() {
        ByteBuf bytes = Unpooled.buffer().writeInt(0x7ffffff0);
        assertThatThrownBy(() -> new JuteReader(bytes).string()).isInstanceOf(MalformedRecordException.class);
        assertThatThrownBy(() -> new JuteReader(bytes.readerIndex(0)).bytes()).isInstanceOf(MalformedRecordException.class);
    }
}

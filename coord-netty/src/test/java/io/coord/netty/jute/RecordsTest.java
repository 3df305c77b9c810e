package io.coord.netty.jute;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.coord.Bytes;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class RecordsTest {

    private static ByteBuf written(Consumer<JuteWriter> record) {
        ByteBuf out = Unpooled.buffer();
        record.accept(new JuteWriter(out));
        return out;
    }

    private static <T> T read(ByteBuf bytes, Function<JuteReader, T> reader) {
        T record = reader.apply(new JuteReader(bytes));
        assertThat(bytes.readableBytes()).isZero();
        return record;
    }

    @ParameterizedTest
    @EnumSource
    void aRequestIsReadAsItWasWritten(OpCode op) {
        assertThat(Samples.requests()).containsKey(op);
        for (Request request : Samples.requests().get(op)) {
            assertThat(read(written(request::write), op::readRequest)).isEqualTo(request);
        }
    }

    @ParameterizedTest
    @EnumSource
    void aResponseIsReadAsItWasWritten(OpCode op) {
        for (Response response : Samples.responses().get(op)) {
            assertThat(read(written(response::write), op::readResponse)).isEqualTo(response);
        }
    }

    @ParameterizedTest
    @EnumSource
    void aRequestCutShortIsMalformedWhereverItIsCut(OpCode op) {
        for (Request request : Samples.requests().get(op)) {
            ByteBuf whole = written(request::write);
            for (int length = 0; length < whole.readableBytes(); length++) {
                ByteBuf cut = whole.slice(0, length);
                assertThatThrownBy(() -> op.readRequest(new JuteReader(cut))).isInstanceOf(MalformedRecordException.class);
            }
        }
    }

    @Test
    void headersAndHandshakeAreReadAsTheyWereWritten() {
        RequestHeader request = new RequestHeader(Xid.SET_WATCHES, OpCode.SET_WATCHES2.number());
        ReplyHeader reply = new ReplyHeader(7, 0x100000003L, -101);
        WatcherEvent event = new WatcherEvent(3, WatcherEvent.SYNC_CONNECTED, "/a");

        assertThat(read(written(request::write), RequestHeader::read)).isEqualTo(request);
        assertThat(read(written(reply::write), ReplyHeader::read)).isEqualTo(reply);
        assertThat(read(written(event::write), WatcherEvent::read)).isEqualTo(event);
    }

    /** zk.W2 */
    @Test
    void clientsUpTo33KnowNoReadOnlyField() {
        Bytes password = Bytes.wrap(new byte[16]);
        ConnectRequest request = new ConnectRequest(0, 1, 6000, 2, password, true);
        ConnectRequest old = new ConnectRequest(0, 1, 6000, 2, password, null);
        ConnectResponse response = new ConnectResponse(0, 6000, 2, password, false);
        ConnectResponse toOld = new ConnectResponse(0, 6000, 2, password, null);

        assertThat(read(written(request::write), ConnectRequest::read)).isEqualTo(request);
        assertThat(read(written(old::write), ConnectRequest::read)).isEqualTo(old);
        assertThat(read(written(response::write), ConnectResponse::read)).isEqualTo(response);
        assertThat(read(written(toOld::write), ConnectResponse::read)).isEqualTo(toOld);
        assertThat(written(response::write).readableBytes()).isEqualTo(37);
        assertThat(written(toOld::write).readableBytes()).isEqualTo(36);
    }

    /** What ZooKeeper 3.9.5's own records write. */
    @ParameterizedTest
    @CsvSource({
        "GET_DATA, 0, 000000022f6101",
        "DELETE, 0, 000000022f61ffffffff",
        "SET_DATA, 1, 000000022f61ffffffffffffffff",
        "SET_DATA, 2, 000000022f6100000000ffffffff",
        "ADD_WATCH, 0, 000000022f6100000005",
        "MULTI, 0, ffffffff01ffffffff",
    })
    void aRequestIsWrittenAsZooKeeperWritesIt(OpCode op, int sample, String hex) {
        assertThat(ByteBufUtil.hexDump(written(Samples.requests().get(op).get(sample)::write))).isEqualTo(hex);
    }

    @ParameterizedTest
    @ValueSource(ints = {-12, -9, 0, 10, 23, 99, 108, Integer.MAX_VALUE, Integer.MIN_VALUE})
    void numbersOfNoRequestAreNone(int number) {
        assertThat(OpCode.of(number)).isNull();
    }

    @ParameterizedTest
    @EnumSource
    void anOpCodeIsFoundByItsNumber(OpCode op) {
        assertThat(OpCode.of(op.number())).isEqualTo(op);
    }

    @Test
    void aNullListReadsAsEmpty() {
        ByteBuf bytes = written(out -> out.string("/a").bytes(null).int32(-1).int32(0));

        assertThat(read(bytes, OpCode.CREATE::readRequest)).isEqualTo(new Request.Create("/a", null, List.of(), 0));
    }

    @Test
    void aListThatCannotBeThereIsNotWaitedFor() {
        ByteBuf bytes = written(out -> out.int64(0).int32(Integer.MAX_VALUE));

        assertThatThrownBy(() -> OpCode.SET_WATCHES.readRequest(new JuteReader(bytes)))
                .isInstanceOf(MalformedRecordException.class)
                .hasMessageContaining("2147483647 elements");
    }

    /** zk.M1 */
    @ParameterizedTest
    @CsvSource({"MULTI, 4", "MULTI, 14", "MULTI, 7", "MULTI, 11", "MULTI_READ, 3", "MULTI_READ, 5", "MULTI_READ, 12", "MULTI, 77"})
    void aMultiTakesNoOtherParts(OpCode op, int type) {
        ByteBuf bytes = written(out -> new MultiHeader(type, false, -1).write(out));

        assertThatThrownBy(() -> op.readRequest(new JuteReader(bytes)))
                .isInstanceOf(MalformedRecordException.class)
                .hasMessageContaining("type " + type);
    }
}

package io.coord.netty.peer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;

class HelloTest {

    private static final Hello HELLO = new Hello(3, 1, 5, 4, Hello.BULK, 2, 254, 255, 0x1122334455667788L, 9, -1);

    @Test
    void isReadAsItWasWrittenOneByteAfterAnother() {
        ByteBuf bytes = HELLO.encode();
        HelloReader reader = new HelloReader();
        while (bytes.readableBytes() > 1) {
            assertThat(reader.read(bytes.readSlice(1))).isNull();
        }
        assertThat(reader.read(bytes)).isEqualTo(HELLO);
    }

    @Test
    void whatFollowsStaysInTheBuffer() {
        ByteBuf bytes = Unpooled.wrappedBuffer(HELLO.encode(), Unpooled.wrappedBuffer(new byte[] {1, 2, 3}));
        assertThat(new HelloReader().read(bytes)).isEqualTo(HELLO);
        assertThat(bytes.readableBytes()).isEqualTo(3);
    }

    /** Written down: members of two releases meet in this format. */
    @Test
    void theFormatOfVersion1() {
        assertThat(ByteBufUtil.hexDump(HELLO.encode())).isEqualTo("436f50720034" + "00030001" + "0000000000000005"
                + "0000000000000004" + "0102feff" + "1122334455667788" + "0000000000000009" + "ffffffffffffffff" + "7773419f");
    }

    @Test
    void everyFlippedBitIsNoticed() {
        byte[] whole = ByteBufUtil.getBytes(HELLO.encode());
        for (int bit = 0; bit < whole.length * 8; bit++) {
            byte[] damaged = whole.clone();
            damaged[bit / 8] ^= (byte) (1 << bit % 8);
            assertThatThrownBy(() -> Hello.decode(damaged)).isInstanceOf(IllegalArgumentException.class);
        }
    }

    /** Seed 4, input 107 of the fuzz test: as a frame it may have any length. */
    @Test
    void whatIsCutShortIsRefused() {
        byte[] whole = ByteBufUtil.getBytes(HELLO.encode());
        for (int length = 0; length < whole.length; length++) {
            byte[] cut = Arrays.copyOf(whole, length);
            assertThatThrownBy(() -> Hello.decode(cut)).isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void fieldsOfALaterVersionAreSkipped() {
        byte[] whole = ByteBufUtil.getBytes(HELLO.encode());
        byte[] longer = Arrays.copyOf(whole, whole.length + 20);
        ByteBuffer.wrap(longer).putShort(4, (short) (Hello.BODY_BYTES_MIN + 20));
        CRC32C crc = new CRC32C();
        crc.update(longer, 0, longer.length - 4);
        ByteBuffer.wrap(longer).putInt(longer.length - 4, (int) crc.getValue());

        assertThat(new HelloReader().read(Unpooled.wrappedBuffer(longer))).isEqualTo(HELLO);
    }

    @Test
    void tlsIsRecognized() {
        assertThatThrownBy(() -> new HelloReader().read(Unpooled.wrappedBuffer(new byte[] {22, 3, 1, 2, 0, 1})))
                .hasMessageContaining("TLS");
    }
}

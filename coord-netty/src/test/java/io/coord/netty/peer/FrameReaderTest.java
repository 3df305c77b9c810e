package io.coord.netty.peer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.coord.Bytes;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FrameReaderTest {

    private static final int MAX = 1 << 20;

    private final List<String> read = new ArrayList<>();
    private final FrameReader reader = new FrameReader(MAX, (kind, frame) -> read.add(kind + " " + frame.length() + " " + sum(frame)));

    private static int sum(Bytes bytes) {
        int sum = 0;
        for (int i = 0; i < bytes.length(); i++) {
            sum = 31 * sum + bytes.at(i);
        }
        return sum;
    }

    private static ByteBuf frame(int kind, int length) {
        ByteBuf out = Unpooled.buffer().writeByte(kind).writeInt(length);
        for (int i = 0; i < length; i++) {
            out.writeByte(i * 7);
        }
        return out;
    }

    private static String expected(int kind, int length) {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++) {
            bytes[i] = (byte) (i * 7);
        }
        return kind + " " + length + " " + sum(Bytes.wrap(bytes));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 5, 7, 1000, 40_000, 1 << 20})
    void framesAreTheSameHoweverTheyArrive(int piece) {
        ByteBuf stream = Unpooled.wrappedBuffer(
                frame(1, 1), frame(2, 0), frame(1, 4), frame(1, 70_000), frame(1, 32 << 10), frame(1, (32 << 10) + 1), frame(1, 3));
        while (stream.isReadable()) {
            reader.read(stream.readSlice(Math.min(piece, stream.readableBytes())));
        }
        assertThat(read).containsExactly(
                expected(1, 1), expected(2, 0), expected(1, 4), expected(1, 70_000), expected(1, 32 << 10), expected(1, (32 << 10) + 1),
                expected(1, 3));
    }

    @Test
    void aFrameMayBeAsLongAsTheReceiverSaysAndNoLonger() {
        reader.read(frame(1, MAX));
        assertThat(read).hasSize(1);
        assertThatThrownBy(() -> reader.read(Unpooled.buffer().writeByte(1).writeInt(MAX + 1)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(MAX + 1 + " bytes")
                .hasMessageContaining("at most " + MAX);
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, Integer.MIN_VALUE, Integer.MAX_VALUE})
    void anImpossibleLengthIsRefused(int length) {
        assertThatThrownBy(() -> reader.read(Unpooled.buffer().writeByte(1).writeInt(length)))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 4, 22, 255})
    void anUnknownKindIsRefused(int kind) {
        assertThatThrownBy(() -> reader.read(frame(kind, 0)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("does not exist");
    }

    @Test
    void aPulseHasNoContent() {
        assertThatThrownBy(() -> reader.read(frame(2, 1))).isInstanceOf(IllegalArgumentException.class);
    }
}

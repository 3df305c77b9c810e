package io.coord.netty.peer;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Whatever arrives on a peer port, before a handshake or after it, is read or refused by an {@code IllegalArgumentException}, and costs at most
 * 64 KiB and four times its length of memory. Inputs are drawn from a seed: nonsense, and what members say with bits flipped, cut, doubled and
 * spliced.
 */
class PeerFuzzTest {

    private static final int QUICK = 5_000;
    /** Classes are loaded by the first inputs, whose memory is not counted. */
    private static final int WARM_UP = 500;
    private static final int MANY = 100_000;
    private static final int MILLION = 1_000_000;
    private static final int FRAME_BYTES_MAX = 16 << 20;
    private static final long ALLOWED_BYTES = 64 << 10;

    private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    @Test
    void handshakes() {
        run(QUICK, 1, PeerFuzzTest::hello, PeerFuzzTest::hellos);
    }

    @Test
    void frames() {
        run(QUICK, 2, PeerFuzzTest::stream, PeerFuzzTest::frameStream);
    }

    @Test
    @Tag("bars")
    void manyHandshakes() {
        run(MANY, 3, PeerFuzzTest::hello, PeerFuzzTest::hellos);
    }

    @Test
    @Tag("bars")
    void manyStreamsOfFrames() {
        run(MANY, 4, PeerFuzzTest::stream, PeerFuzzTest::frameStream);
    }

    @Test
    @Tag("soak")
    void aMillionHandshakes() {
        run(MILLION, 5, PeerFuzzTest::hello, PeerFuzzTest::hellos);
    }

    @Test
    @Tag("soak")
    void aMillionStreamsOfFrames() {
        run(MILLION, 6, PeerFuzzTest::stream, PeerFuzzTest::frameStream);
    }

    private interface Source {
        byte[] next(SplittableRandom random);
    }

    private void run(int inputs, long seed, Source source, Supplier<Consumer<ByteBuf>> readers) {
        SplittableRandom random = new SplittableRandom(seed);
        long thread = Thread.currentThread().getId();
        int refused = 0;
        int read = 0;
        for (int i = -WARM_UP; i < inputs; i++) {
            byte[] input = mutated(source.next(random), random);
            ByteBuf in = Unpooled.wrappedBuffer(input);
            long before = threads.getThreadAllocatedBytes(thread);
            try {
                Consumer<ByteBuf> reader = readers.get();
                // In pieces, as from a network.
                while (in.isReadable()) {
                    reader.accept(in.readSlice(Math.min(in.readableBytes(), 1 + random.nextInt(1 << random.nextInt(16)))));
                }
                read++;
            } catch (IllegalArgumentException expected) {
                refused++;
            } catch (Throwable failure) {
                throw new AssertionError("input " + i + " of seed " + seed, failure);
            }
            long allocated = threads.getThreadAllocatedBytes(thread) - before;
            if (i >= 0 && allocated > ALLOWED_BYTES + 4L * input.length) {
                throw new AssertionError("input " + i + " of seed " + seed + ", of " + input.length + " bytes, took " + allocated);
            }
        }
        assertThat(refused).as("refused").isGreaterThan(inputs / 10);
        assertThat(read).as("read").isGreaterThan(inputs / 10);
    }

    private static byte[] hello(SplittableRandom random) {
        ByteBuf bytes = new Hello(random.nextInt(4), random.nextInt(4), random.nextLong(), 0, random.nextInt(2), random.nextInt(9),
                random.nextInt(256), random.nextInt(256), random.nextLong(), random.nextLong(4), random.nextLong()).encode();
        byte[] array = new byte[bytes.readableBytes()];
        bytes.readBytes(array);
        return array;
    }

    private static byte[] stream(SplittableRandom random) {
        ByteBuf out = Unpooled.buffer();
        int frames = 1 + random.nextInt(4);
        for (int i = 0; i < frames; i++) {
            switch (random.nextInt(8)) {
                case 0 -> out.writeByte(FrameReader.PULSE).writeInt(0);
                case 1 -> {
                    byte[] hello = hello(random);
                    out.writeByte(FrameReader.IDENTITY).writeInt(hello.length).writeBytes(hello);
                }
                case 2 -> out.writeByte(FrameReader.FRAME).writeInt(random.nextInt(FRAME_BYTES_MAX + 100)); // and nothing behind it
                default -> {
                    byte[] body = new byte[random.nextInt(1 << random.nextInt(17))];
                    out.writeByte(FrameReader.FRAME).writeInt(body.length).writeBytes(body);
                }
            }
        }
        byte[] array = new byte[out.readableBytes()];
        out.readBytes(array);
        return array;
    }

    private static byte[] mutated(byte[] input, SplittableRandom random) {
        byte[] array = input;
        for (int n = random.nextInt(3); n > 0 && array.length > 0; n--) {
            switch (random.nextInt(5)) {
                case 0 -> array[random.nextInt(array.length)] ^= (byte) (1 << random.nextInt(8));
                case 1 -> array[random.nextInt(Math.min(array.length, 8))] = (byte) random.nextInt();
                case 2 -> array = Arrays.copyOf(array, random.nextInt(array.length + 1));
                case 3 -> array = Arrays.copyOf(array, array.length + random.nextInt(64));
                default -> {
                    int from = random.nextInt(array.length);
                    System.arraycopy(array, 0, array, from, Math.min(from, array.length - from));
                }
            }
        }
        return array;
    }

    private static Consumer<ByteBuf> hellos() {
        return new HelloReader()::read;
    }

    /** As the end that is called reads them: a changed identity is read at once. */
    private static Consumer<ByteBuf> frameStream() {
        FrameReader reader = new FrameReader(FRAME_BYTES_MAX, (kind, frame) -> {
            if (kind == FrameReader.IDENTITY) {
                Hello.decode(frame.toArray());
            }
        });
        return reader::read;
    }
}

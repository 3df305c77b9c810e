package io.coord.netty.jute;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.coord.Bytes;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * fault.C9: whatever bytes stand where a record should, it is read or refused as malformed, and costs at most 64 KiB and four times its
 * length of memory. Inputs are drawn from a seed: what clients and servers say, with bits flipped, numbers replaced by those that break
 * things, cut, spliced and doubled, and nonsense.
 */
class JuteFuzzTest {

    private static final int QUICK = 5_000;
    /** Classes are loaded by the first inputs, whose memory is not counted. */
    private static final int WARM_UP = 500;
    private static final int MILLION = 1_000_000;
    private static final long BARS_NANOS = TimeUnit.SECONDS.toNanos(2);
    private static final long ALLOWED_BYTES = 64 << 10;
    /** An input that takes longer than this hangs; a machine may stand still for a while. */
    private static final long HANG_NANOS = TimeUnit.SECONDS.toNanos(5);
    private static final int[] NUMBERS = {0, 1, -1, -2, 4, 127, 65_536, 1_048_575, Integer.MAX_VALUE, Integer.MIN_VALUE, 0x0fffffff};

    private static final Map<OpCode, List<Request>> REQUESTS = Samples.requests();
    private static final Map<OpCode, List<Response>> RESPONSES = Samples.responses();
    private static final OpCode[] OPS = OpCode.values();

    private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    /** What is read: the first byte of an input chooses the operation, as a request's header or the call a reply belongs to would. */
    enum Decoder {
        /** What a client says first. */
        CONNECT_REQUEST(JuteFuzzTest::connectRequest, ConnectRequest::read),
        /** Any request with its header. */
        REQUEST(random -> request(random, OPS[random.nextInt(OPS.length)]), JuteFuzzTest::readRequest),
        /** A transaction. */
        MULTI(random -> request(random, OpCode.MULTI), JuteFuzzTest::readRequest),
        /** Reads in one. */
        MULTI_READ(random -> request(random, OpCode.MULTI_READ), JuteFuzzTest::readRequest),
        /** Watches set again, many of them at times. */
        SET_WATCHES(JuteFuzzTest::setWatches, JuteFuzzTest::readRequest),
        /** What a server says first. */
        CONNECT_RESPONSE(JuteFuzzTest::connectResponse, ConnectResponse::read),
        /** Any reply with its header, to the operation that its first byte names. */
        REPLY(JuteFuzzTest::reply, JuteFuzzTest::readReply),
        /** A notification. */
        EVENT(JuteFuzzTest::event, JuteFuzzTest::readEvent);

        private final Function<SplittableRandom, byte[]> source;
        private final Function<JuteReader, Object> reader;

        Decoder(Function<SplittableRandom, byte[]> source, Function<JuteReader, Object> reader) {
            this.source = source;
            this.reader = reader;
        }
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("fault.C9: any bytes are read or refused, within memory")
    void anyBytes(Decoder decoder) {
        run(decoder, QUICK, Long.MAX_VALUE);
    }

    @ParameterizedTest
    @EnumSource
    @Tag("bars")
    @DisplayName("fault.C9: the same for two seconds each")
    void anyBytesForAWhile(Decoder decoder) {
        run(decoder, MILLION, BARS_NANOS);
    }

    @ParameterizedTest
    @EnumSource
    @Tag("soak")
    @Timeout(value = 600, unit = TimeUnit.SECONDS)
    @DisplayName("fault.C9: the same for a million inputs each")
    void aMillion(Decoder decoder) {
        run(decoder, MILLION, Long.MAX_VALUE);
    }

    private void run(Decoder decoder, int inputs, long shareNanos) {
        long seed = 20261128L + decoder.ordinal();
        SplittableRandom random = new SplittableRandom(seed);
        long thread = Thread.currentThread().getId();
        long begin = System.nanoTime();
        int read = 0;
        int refused = 0;
        long mostTimes100 = 0;
        for (int i = -WARM_UP; i < inputs && System.nanoTime() - begin < shareNanos; i++) {
            byte[] input = mutated(decoder.source.apply(random), random);
            ByteBuf in = Unpooled.wrappedBuffer(input);
            JuteReader reader = new JuteReader(in);
            long before = threads.getThreadAllocatedBytes(thread);
            long beforeNanos = System.nanoTime();
            try {
                decoder.reader.apply(reader);
                read++;
            } catch (MalformedRecordException expected) {
                refused++;
            } catch (Throwable failure) {
                throw new AssertionError(decoder + ": input " + i + " of seed " + seed, failure);
            }
            long nanos = System.nanoTime() - beforeNanos;
            long allocated = threads.getThreadAllocatedBytes(thread) - before;
            if (i >= 0) {
                if (allocated > ALLOWED_BYTES + 4L * input.length || nanos > HANG_NANOS) {
                    throw new AssertionError(decoder + ": input " + i + " of seed " + seed + ", of " + input.length + " bytes, took "
                            + allocated + " bytes and " + nanos / 1_000_000 + " ms");
                }
                mostTimes100 = Math.max(mostTimes100, input.length < 1_000 ? 0 : 100 * allocated / input.length);
            }
        }
        if (inputs > QUICK) {
            System.out.printf("fuzz: %s, seed %d: %d read, %d refused, at most %.1f times the memory of an input of 1,000 bytes or more; %d s%n",
                    decoder, seed, read, refused, mostTimes100 / 100.0, TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - begin));
        }
        assertThat(read).as("read").isGreaterThan(100);
        assertThat(refused).as("refused").isGreaterThan(100);
    }

    // ------------------------------------------------------------------------------------------------ readers

    private static Object readRequest(JuteReader in) {
        RequestHeader header = RequestHeader.read(in);
        OpCode op = OpCode.of(header.type());
        return op == null ? header : op.readRequest(in);
    }

    private static Object readReply(JuteReader in) {
        OpCode op = OPS[(in.bool() ? 1 : 0) + (int) Math.floorMod(in.int64(), OPS.length - 1L)];
        ReplyHeader header = ReplyHeader.read(in);
        return header.error() == 0 ? op.readResponse(in) : header;
    }

    private static Object readEvent(JuteReader in) {
        ReplyHeader.read(in);
        return WatcherEvent.read(in);
    }

    // ------------------------------------------------------------------------------------------------ what is said

    private static byte[] written(Consumer<JuteWriter> body) {
        ByteBuf out = Unpooled.buffer();
        body.accept(new JuteWriter(out));
        return ByteBufUtil.getBytes(out);
    }

    private static byte[] connectRequest(SplittableRandom random) {
        Boolean readOnly = random.nextInt(3) == 0 ? null : Boolean.valueOf(random.nextBoolean());
        return written(new ConnectRequest(0, random.nextLong(), random.nextInt(), random.nextLong(), data(random), readOnly)::write);
    }

    private static byte[] connectResponse(SplittableRandom random) {
        Boolean readOnly = random.nextInt(3) == 0 ? null : Boolean.valueOf(random.nextBoolean());
        return written(new ConnectResponse(0, random.nextInt(), random.nextLong(), data(random), readOnly)::write);
    }

    private static byte[] request(SplittableRandom random, OpCode op) {
        List<Request> samples = REQUESTS.get(op);
        Request body = random.nextInt(8) == 0
                ? new Request.Create(path(random), data(random), Samples.ACL, random.nextInt(9))
                : samples.get(random.nextInt(samples.size()));
        return written(out -> {
            new RequestHeader(random.nextInt(), op.number()).write(out);
            body.write(out);
        });
    }

    private static byte[] setWatches(SplittableRandom random) {
        Request.SetWatches.Lasting lasting =
                random.nextBoolean() ? new Request.SetWatches.Lasting(paths(random), paths(random)) : null;
        OpCode op = lasting == null ? OpCode.SET_WATCHES : OpCode.SET_WATCHES2;
        return written(out -> {
            new RequestHeader(Xid.SET_WATCHES, op.number()).write(out);
            new Request.SetWatches(random.nextLong(), paths(random), paths(random), paths(random), lasting).write(out);
        });
    }

    private static byte[] reply(SplittableRandom random) {
        long number = random.nextLong(Long.MAX_VALUE);
        boolean next = random.nextBoolean();
        OpCode op = OPS[(next ? 1 : 0) + (int) Math.floorMod(number, OPS.length - 1L)];
        List<Response> samples = RESPONSES.get(op);
        Response body = op == OpCode.GET_CHILDREN && random.nextBoolean()
                ? new Response.Names(paths(random))
                : samples.get(random.nextInt(samples.size()));
        return written(out -> {
            out.bool(next).int64(number);
            new ReplyHeader(random.nextInt(), random.nextLong(), random.nextInt(5) == 0 ? -101 : 0).write(out);
            body.write(out);
        });
    }

    private static byte[] event(SplittableRandom random) {
        return written(out -> {
            new ReplyHeader(Xid.NOTIFICATION, random.nextLong(), 0).write(out);
            new WatcherEvent(random.nextInt(), random.nextInt(), path(random)).write(out);
        });
    }

    private static Bytes data(SplittableRandom random) {
        byte[] bytes = new byte[random.nextInt(1 << random.nextInt(15))];
        random.nextBytes(bytes);
        return Bytes.wrap(bytes);
    }

    private static String path(SplittableRandom random) {
        byte[] bytes = new byte[1 + random.nextInt(1 << random.nextInt(8))];
        random.nextBytes(bytes);
        return "/" + new String(bytes, random.nextInt(4) == 0 ? StandardCharsets.UTF_8 : StandardCharsets.ISO_8859_1);
    }

    private static List<String> paths(SplittableRandom random) {
        List<String> paths = new ArrayList<>();
        for (int n = random.nextInt(1 << random.nextInt(8)); n > 0; n--) {
            paths.add(path(random));
        }
        return paths;
    }

    private static byte[] mutated(byte[] input, SplittableRandom random) {
        byte[] array = input;
        for (int n = random.nextInt(4); n > 0 && array.length > 0; n--) {
            switch (random.nextInt(7)) {
                case 0 -> array[random.nextInt(array.length)] ^= (byte) (1 << random.nextInt(8));
                case 1 -> array = Arrays.copyOf(array, random.nextInt(array.length + 1));
                case 2 -> array = Arrays.copyOf(array, array.length + random.nextInt(64));
                case 3, 4 -> {
                    int number = NUMBERS[random.nextInt(NUMBERS.length)];
                    int at = random.nextInt(array.length);
                    for (int i = 0; i < 4 && at + i < array.length; i++) {
                        array[at + i] = (byte) (number >>> 24 - 8 * i);
                    }
                }
                case 5 -> {
                    int from = random.nextInt(array.length);
                    System.arraycopy(array, 0, array, from, Math.min(from, array.length - from));
                }
                default -> {
                    byte[] nonsense = new byte[random.nextInt(1 << random.nextInt(12))];
                    random.nextBytes(nonsense);
                    array = nonsense;
                }
            }
        }
        return array;
    }
}

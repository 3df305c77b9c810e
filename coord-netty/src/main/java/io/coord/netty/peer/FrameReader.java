package io.coord.netty.peer;

import io.coord.Bytes;
import io.netty.buffer.ByteBuf;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Cuts a stream of bytes in frames: one byte with the kind, four with the length, the frame. A length is checked before anything is
 * allocated for it, and the memory for a long frame grows with the bytes that have arrived, so that who only announces gets nothing.
 * What a frame says is protected by its own checksum; damage to a header shows there, or as a kind or length that cannot be.
 */
final class FrameReader {

    /** A message of the member. */
    static final byte FRAME = 1;
    /** A sign of life, without content. */
    static final byte PULSE = 2;
    /** A {@link Hello} again: who the speaker is has changed. */
    static final byte IDENTITY = 3;

    static final int HEADER_BYTES = 1 + Integer.BYTES;

    /** Up to here a frame's memory is allocated when its length is known. */
    private static final int AT_ONCE_BYTES = 32 << 10;

    /** Takes what was read. */
    interface Sink {
        /** A whole frame, which belongs to the receiver. */
        void frame(byte kind, Bytes frame);
    }

    private final int frameBytesMax;
    private final Sink sink;
    private int headerFilled;
    private byte kind;
    private int length;
    private byte @Nullable [] body;
    private int bodyFilled;

    /** A reader at the beginning of a frame. */
    FrameReader(int frameBytesMax, Sink sink) {
        this.frameBytesMax = frameBytesMax;
        this.sink = sink;
    }

    /**
     * Takes all bytes that are there.
     *
     * @throws IllegalArgumentException if they are no frames; the message says what was found, and nothing more can be read
     */
    void read(ByteBuf in) {
        while (in.isReadable()) {
            if (body == null) {
                readHeader(in);
            } else {
                readBody(in, body);
            }
            byte[] filled = body;
            if (filled != null && bodyFilled == length) {
                body = null;
                sink.frame(kind, Bytes.wrap(filled));
            }
        }
    }

    private void readHeader(ByteBuf in) {
        if (headerFilled == 0 && in.readableBytes() >= HEADER_BYTES) {
            kind = in.readByte();
            length = in.readInt();
            headerFilled = HEADER_BYTES;
        } else {
            int next = in.readUnsignedByte();
            if (headerFilled == 0) {
                kind = (byte) next;
                length = 0;
            } else {
                length = length << Byte.SIZE | next;
            }
            headerFilled++;
        }
        if (headerFilled == HEADER_BYTES) {
            headerFilled = 0;
            begin();
        }
    }

    private void begin() {
        if (length < 0 || length > limit()) {
            throw new IllegalArgumentException("a frame of kind " + kind + " with " + Integer.toUnsignedLong(length)
                    + " bytes; at most " + limit() + " are allowed");
        }
        body = new byte[Math.min(length, AT_ONCE_BYTES)];
        bodyFilled = 0;
    }

    private int limit() {
        return switch (kind) {
            case FRAME -> frameBytesMax;
            case PULSE -> 0;
            case IDENTITY -> Hello.HEADER_BYTES + Hello.BODY_BYTES_MAX;
            default -> throw new IllegalArgumentException("a frame of kind " + kind + ", which does not exist");
        };
    }

    private void readBody(ByteBuf in, byte[] array) {
        int n = Math.min(in.readableBytes(), array.length - bodyFilled);
        in.readBytes(array, bodyFilled, n);
        bodyFilled += n;
        if (bodyFilled == array.length && bodyFilled < length) {
            body = Arrays.copyOf(array, (int) Math.min(length, 2L * array.length));
        }
    }
}

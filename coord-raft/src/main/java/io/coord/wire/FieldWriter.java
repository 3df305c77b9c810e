package io.coord.wire;

import io.coord.Bytes;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Writes fields in protobuf's encoding into an array of exactly the size they take: for the few messages of which there are thousands
 * a second. The size functions beside it say how much each takes. Numbers that are 0 are left out, as proto3 has it.
 */
final class FieldWriter {

    private static final VarHandle LITTLE_ENDIAN =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final int VARINT = 0;
    private static final int FIXED64 = 1;
    private static final int LENGTH = 2;

    private final byte[] array;
    private int at;

    FieldWriter(byte[] array, int at) {
        this.array = array;
        this.at = at;
    }

    // --- sizes ---

    static int fixed64Size(int field, long value) {
        return value == 0 ? 0 : tagSize(field) + Long.BYTES;
    }

    static int sint64Size(int field, long value) {
        return value == 0 ? 0 : tagSize(field) + varintSize(zigzag(value));
    }

    static int uint32Size(int field, int value) {
        return value == 0 ? 0 : tagSize(field) + varintSize(Integer.toUnsignedLong(value));
    }

    /** Of a message or bytes that are there, even if empty. */
    static int lengthSize(int field, int bytes) {
        return tagSize(field) + varintSize(bytes) + bytes;
    }

    static int textSize(int field, String text) {
        return text.isEmpty() ? 0 : lengthSize(field, Text.size(text));
    }

    private static int tagSize(int field) {
        return field < 16 ? 1 : 2;
    }

    private static int varintSize(long value) {
        // One byte for each 7 bits, and one for 0.
        return (70 - Long.numberOfLeadingZeros(value | 1)) / 7;
    }

    private static long zigzag(long value) {
        return value << 1 ^ value >> 63;
    }

    // --- fields ---

    void fixed64(int field, long value) {
        if (value != 0) {
            tag(field, FIXED64);
            LITTLE_ENDIAN.set(array, at, value);
            at += Long.BYTES;
        }
    }

    /** A sint32 has the same encoding as the sint64 of its value. */
    void sint64(int field, long value) {
        if (value != 0) {
            tag(field, VARINT);
            varint(zigzag(value));
        }
    }

    void uint32(int field, int value) {
        if (value != 0) {
            tag(field, VARINT);
            varint(Integer.toUnsignedLong(value));
        }
    }

    /** Begins a message of a size that is known; its fields follow. */
    void begin(int field, int size) {
        tag(field, LENGTH);
        varint(size);
    }

    /** Bytes that are there, even if empty. */
    void bytes(int field, Bytes value) {
        begin(field, value.length());
        value.copyTo(array, at);
        at += value.length();
    }

    void text(int field, String text) {
        if (!text.isEmpty()) {
            bytes(field, Bytes.wrap(Text.encode(text)));
        }
    }

    /** Says that everything was written. */
    void end() {
        if (at != array.length) {
            throw new IllegalStateException("a message of " + array.length + " bytes took " + at);
        }
    }

    private void tag(int field, int type) {
        int tag = field << 3 | type;
        if (tag < 0x80) {
            array[at++] = (byte) tag;
        } else {
            array[at] = (byte) (tag | 0x80);
            array[at + 1] = (byte) (tag >> 7);
            at += 2;
        }
    }

    /** Written out byte for byte, for the reason that {@link FieldReader} has. */
    private void varint(long value) {
        int to = at;
        if (value >>> 7 == 0) {
            array[to] = (byte) value;
            at = to + 1;
            return;
        }
        array[to] = (byte) (value | 0x80);
        if (value >>> 14 == 0) {
            array[to + 1] = (byte) (value >>> 7);
            at = to + 2;
            return;
        }
        array[to + 1] = (byte) (value >>> 7 | 0x80);
        if (value >>> 21 == 0) {
            array[to + 2] = (byte) (value >>> 14);
            at = to + 3;
            return;
        }
        array[to + 2] = (byte) (value >>> 14 | 0x80);
        if (value >>> 28 == 0) {
            array[to + 3] = (byte) (value >>> 21);
            at = to + 4;
            return;
        }
        array[to + 3] = (byte) (value >>> 21 | 0x80);
        if (value >>> 35 == 0) {
            array[to + 4] = (byte) (value >>> 28);
            at = to + 5;
            return;
        }
        array[to + 4] = (byte) (value >>> 28 | 0x80);
        if (value >>> 42 == 0) {
            array[to + 5] = (byte) (value >>> 35);
            at = to + 6;
            return;
        }
        array[to + 5] = (byte) (value >>> 35 | 0x80);
        if (value >>> 49 == 0) {
            array[to + 6] = (byte) (value >>> 42);
            at = to + 7;
            return;
        }
        at = to + 6;
        longVarint(value >>> 42);
    }

    private void longVarint(long value) {
        long rest = value;
        while ((rest & ~0x7FL) != 0) {
            array[at++] = (byte) (rest | 0x80);
            rest >>>= 7;
        }
        array[at++] = (byte) rest;
    }
}

package io.coord.wire;

import com.google.protobuf.MessageLite;
import io.coord.Bytes;
import java.util.Arrays;

/** A growing array that numbers, texts and messages are appended to: the body of a record under way. */
final class RecordWriter {

    private byte[] array = new byte[1024];
    private int length;

    int length() {
        return length;
    }

    void clear() {
        length = 0;
    }

    /** A copy of the body behind so many bytes left free. */
    byte[] toArrayBehind(int bytesBefore) {
        byte[] copy = new byte[bytesBefore + length];
        System.arraycopy(array, 0, copy, bytesBefore, length);
        return copy;
    }

    void octet(int value) {
        ensure(1);
        array[length++] = (byte) value;
    }

    /** Seven bits a byte, the lowest first; up to ten bytes. */
    void unsigned(long value) {
        ensure(10);
        long rest = value;
        while ((rest & ~0x7FL) != 0) {
            array[length++] = (byte) (rest & 0x7F | 0x80);
            rest >>>= 7;
        }
        array[length++] = (byte) rest;
    }

    /** Zig-zag, so that small negative numbers are short. */
    void signed(long value) {
        unsigned(value << 1 ^ value >> 63);
    }

    void fixed(long value) {
        ensure(Long.BYTES);
        for (int shift = 56; shift >= 0; shift -= 8) {
            array[length++] = (byte) (value >>> shift);
        }
    }

    void bytes(Bytes bytes) {
        unsigned(bytes.length());
        ensure(bytes.length());
        bytes.copyTo(array, length);
        length += bytes.length();
    }

    void bytes(byte[] from, int offset, int count) {
        unsigned(count);
        ensure(count);
        System.arraycopy(from, offset, array, length, count);
        length += count;
    }

    void text(String text) {
        byte[] bytes = Text.encode(text);
        bytes(bytes, 0, bytes.length);
    }

    void message(MessageLite message) {
        int size = message.getSerializedSize();
        unsigned(size);
        ensure(size);
        Fields.writeInto(message, array, length, size);
        length += size;
    }

    private void ensure(int more) {
        if (array.length - length < more) {
            // A record is far below the array's largest size: one node more than a batch.
            array = Arrays.copyOf(array, Math.max(Math.addExact(length, more), (int) Math.min(2L * array.length, 1 << 30)));
        }
    }
}

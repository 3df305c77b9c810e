package io.coord.wire;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.coord.Bytes;
import java.util.Arrays;

/** A position in a record's body: reads what {@link RecordWriter} wrote, and believes no length before its bytes are there. */
final class RecordReader {

    private final byte[] array;
    private int position;

    RecordReader(byte[] array, int position) {
        this.array = array;
        this.position = position;
    }

    boolean hasMore() {
        return position < array.length;
    }

    int octet() {
        if (position == array.length) {
            throw cutShort();
        }
        return array[position++] & 0xFF;
    }

    long unsigned() {
        long value = 0;
        for (int shift = 0; shift < 64; shift += 7) {
            int octet = octet();
            value |= (long) (octet & 0x7F) << shift;
            if (octet < 0x80) {
                return value;
            }
        }
        throw new IllegalArgumentException("a number of more than ten bytes ends at byte " + position);
    }

    long signed() {
        long value = unsigned();
        return value >>> 1 ^ -(value & 1);
    }

    int signedInt() {
        long value = signed();
        if (value != (int) value) {
            throw new IllegalArgumentException(
                    "the number " + value + " before byte " + position + " does not fit 32 bits");
        }
        return (int) value;
    }

    long fixed() {
        long value = 0;
        for (int i = 0; i < Long.BYTES; i++) {
            value = value << 8 | octet();
        }
        return value;
    }

    /** A number of bytes or items that the rest of the record can hold, each item taking a byte at least. */
    int count() {
        long count = unsigned();
        if (count < 0 || count > array.length - position) {
            throw new IllegalArgumentException("a length of " + Long.toUnsignedString(count) + " is claimed where "
                    + (array.length - position) + " bytes follow");
        }
        return (int) count;
    }

    Bytes bytes() {
        int count = count();
        return Bytes.wrap(Arrays.copyOfRange(array, position, position += count));
    }

    String text() {
        int count = count();
        String text = Text.decode(array, position, count);
        position += count;
        return text;
    }

    /** Copies so many of the next bytes, which {@link #count()} found to be there. */
    void copyTo(byte[] target, int offset, int count) {
        System.arraycopy(array, position, target, offset, count);
        position += count;
    }

    ByteString message() {
        int count = count();
        ByteString part = UnsafeByteOperations.unsafeWrap(array, position, count);
        position += count;
        return part;
    }

    private IllegalArgumentException cutShort() {
        return new IllegalArgumentException("the record is cut short at " + array.length + " bytes");
    }
}

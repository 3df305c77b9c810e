package io.coord.wire;

import io.coord.Bytes;

/**
 * Reads fields in protobuf's encoding in the order in which {@link FieldWriter} writes them, each at most once. Whatever else protobuf
 * allows is a surprise: then what was read is worth nothing, and protobuf itself is to be asked what the bytes are.
 */
final class FieldReader {

    private static final int VARINT_BYTES_MAX = 10;

    private final Bytes bytes;
    private int at;
    private int limit;
    private boolean isSurprised;

    /** A reader of all bytes behind a position. */
    FieldReader(Bytes bytes, int at) {
        this.bytes = bytes;
        this.at = at;
        this.limit = bytes.length();
    }

    /** Whether the field with this tag is next; goes behind the tag if it is. */
    boolean next(int tag) {
        if (at >= limit || bytes.at(at) != (byte) (tag < 0x80 ? tag : tag | 0x80)) {
            return false;
        }
        return tag < 0x80 ? passed(1) : at + 1 < limit && bytes.at(at + 1) == tag >> 7 && passed(2);
    }

    private boolean passed(int tagBytes) {
        at += tagBytes;
        return true;
    }

    /** Whether the field with this tag, which takes one byte, is next. */
    boolean isNext(int tag) {
        return at < limit && bytes.at(at) == tag;
    }

    /** Whether exactly this field is next, content and all; goes behind it if it is. */
    boolean next(Bytes field) {
        int length = field.length();
        if (limit - at < length) {
            return false;
        }
        for (int i = 0; i < length; i++) {
            if (bytes.at(at + i) != field.at(i)) {
                return false;
            }
        }
        at += length;
        return true;
    }

    long fixed64(int tag) {
        if (!next(tag)) {
            return 0;
        }
        if (limit - at < Long.BYTES) {
            surprise();
            return 0;
        }
        long value = 0;
        for (int i = Long.BYTES - 1; i >= 0; i--) {
            value = value << 8 | bytes.at(at + i) & 0xFF;
        }
        at += Long.BYTES;
        return value;
    }

    long sint64(int tag) {
        if (!next(tag)) {
            return 0;
        }
        long raw = varint();
        return raw >>> 1 ^ -(raw & 1);
    }

    int sint32(int tag) {
        long value = sint64(tag);
        if (value != (int) value) {
            surprise();
        }
        return (int) value;
    }

    int uint32(int tag) {
        long value = next(tag) ? varint() : 0;
        if (value >>> 32 != 0) {
            surprise();
        }
        return (int) value;
    }

    /** Begins the message whose tag was just passed; {@link #leave} takes what this returns. */
    int enter() {
        int outer = limit;
        int length = length();
        limit = at + length;
        return outer;
    }

    /** Ends a message: nothing of it may be left. */
    void leave(int outer) {
        if (at != limit) {
            surprise();
        }
        limit = outer;
    }

    /** A copy of the bytes whose tag was just passed. */
    Bytes bytes() {
        int length = length();
        Bytes part = bytes.part(at, length);
        at += length;
        return part;
    }

    String text(int tag) {
        if (!next(tag)) {
            return "";
        }
        int length = length();
        String text = bytes.utf8(at, length);
        if (text.indexOf(Text.REPLACEMENT) >= 0) {
            surprise(); // malformed, a lone surrogate, or a replacement that is meant
        }
        at += length;
        return text;
    }

    /** Where the reader is. */
    int position() {
        return at;
    }

    /** Moves over bytes that somebody else reads. */
    void skip(int length) {
        at += length;
    }

    /** The length of what follows, which is there. */
    int length() {
        long length = varint();
        if (length < 0 || length > limit - at) {
            surprise();
            return 0;
        }
        return (int) length;
    }

    /** Whether everything was as expected, and nothing is left. */
    boolean isContent() {
        return !isSurprised && at == limit;
    }

    /** Whether something was not as expected. */
    boolean isSurprised() {
        return isSurprised;
    }

    /** Notes that something is not as expected; nothing more is read. */
    void surprise() {
        isSurprised = true;
        at = limit;
    }

    /**
     * Written out byte for byte, so that it is large enough for the JVM's compiler to call it: inlined for each field of each message in
     * each of their callers, it was most of what the compiler was busy with.
     */
    private long varint() {
        int from = at;
        if (limit - from < VARINT_BYTES_MAX) {
            return shortVarint();
        }
        long value = bytes.at(from);
        if (value >= 0) {
            at = from + 1;
            return value;
        }
        value &= 0x7F;
        long next = bytes.at(from + 1);
        value |= (next & 0x7F) << 7;
        if (next >= 0) {
            at = from + 2;
            return value;
        }
        next = bytes.at(from + 2);
        value |= (next & 0x7F) << 14;
        if (next >= 0) {
            at = from + 3;
            return value;
        }
        next = bytes.at(from + 3);
        value |= (next & 0x7F) << 21;
        if (next >= 0) {
            at = from + 4;
            return value;
        }
        next = bytes.at(from + 4);
        value |= (next & 0x7F) << 28;
        if (next >= 0) {
            at = from + 5;
            return value;
        }
        next = bytes.at(from + 5);
        value |= (next & 0x7F) << 35;
        if (next >= 0) {
            at = from + 6;
            return value;
        }
        next = bytes.at(from + 6);
        value |= (next & 0x7F) << 42;
        if (next >= 0) {
            at = from + 7;
            return value;
        }
        next = bytes.at(from + 7);
        value |= (next & 0x7F) << 49;
        if (next >= 0) {
            at = from + 8;
            return value;
        }
        return shortVarint();
    }

    /** One that is near the end, or of more bytes than a number usually has. */
    private long shortVarint() {
        long value = 0;
        for (int shift = 0; shift < 64; shift += 7) {
            if (at >= limit) {
                break;
            }
            byte next = bytes.at(at++);
            value |= (long) (next & 0x7F) << shift;
            if (next >= 0 && (shift < 63 || next == 1)) {
                return value;
            }
        }
        surprise();
        return 0;
    }
}

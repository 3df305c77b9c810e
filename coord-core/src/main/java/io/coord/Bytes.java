package io.coord;

import java.io.OutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Objects;
import java.util.zip.CRC32C;
import java.util.zip.Checksum;

/**
 * An immutable sequence of bytes: a value, compared by content, safe to hand to any thread.
 *
 * <p>The data of a znode is a {@code Bytes} or null; ZooKeeper distinguishes null from {@link #EMPTY}.
 */
public final class Bytes implements Comparable<Bytes> {

    /** No bytes at all, which is not the same as null data. */
    public static final Bytes EMPTY = new Bytes(new byte[0]);

    private final byte[] array;

    private Bytes(byte[] array) {
        this.array = array;
    }

    /** Copies the given bytes. */
    public static Bytes of(byte... bytes) {
        return bytes.length == 0 ? EMPTY : new Bytes(bytes.clone());
    }

    /** Copies the remaining bytes of the buffer, whose position does not move. */
    public static Bytes of(ByteBuffer buffer) {
        byte[] copy = new byte[buffer.remaining()];
        buffer.duplicate().get(copy);
        return wrap(copy);
    }

    /** Encodes the text as UTF-8. */
    public static Bytes utf8(String text) {
        return wrap(text.getBytes(StandardCharsets.UTF_8));
    }

    /** Takes the array over without a copy; the caller gives it up and must never write to it again. */
    public static Bytes wrap(byte[] array) {
        return array.length == 0 ? EMPTY : new Bytes(array);
    }

    /** The number of bytes. */
    public int length() {
        return array.length;
    }

    /** The byte at a position, counted from 0. */
    public byte at(int position) {
        return array[position];
    }

    /**
     * A copy of a part of the bytes.
     *
     * @throws IndexOutOfBoundsException if the part does not lie within
     */
    public Bytes part(int from, int length) {
        Objects.checkFromIndexSize(from, length, array.length);
        return wrap(Arrays.copyOfRange(array, from, from + length));
    }

    /** A fresh copy of the bytes. */
    public byte[] toArray() {
        return array.clone();
    }

    /** A read-only view of the bytes, without a copy. */
    public ByteBuffer asByteBuffer() {
        return ByteBuffer.wrap(array).asReadOnlyBuffer();
    }

    /** Copies all bytes into the target, starting at the given offset. */
    public void copyTo(byte[] target, int offset) {
        System.arraycopy(array, 0, target, offset, array.length);
    }

    /** Appends all bytes to the buffer. */
    public void putTo(ByteBuffer target) {
        target.put(array);
    }

    /** Writes all bytes to the stream. */
    public void writeTo(OutputStream out) throws IOException {
        out.write(array);
    }

    /**
     * Adds a part of the bytes to a checksum.
     *
     * @throws ArrayIndexOutOfBoundsException if the part does not lie within
     */
    public void addTo(Checksum sum, int from, int length) {
        sum.update(array, from, length);
    }

    /** The CRC-32C (Castagnoli) checksum of the bytes. */
    public int crc32c() {
        CRC32C crc = new CRC32C();
        crc.update(array, 0, array.length);
        return (int) crc.getValue();
    }

    /** The bytes read as UTF-8 text; malformed input becomes the replacement character. */
    public String utf8() {
        return new String(array, StandardCharsets.UTF_8);
    }

    /**
     * A part of the bytes read as UTF-8 text; malformed input becomes the replacement character.
     *
     * @throws IndexOutOfBoundsException if the part does not lie within
     */
    public String utf8(int from, int length) {
        return new String(array, from, length, StandardCharsets.UTF_8);
    }

    /** Orders by unsigned bytes, a prefix before what it begins. */
    @Override
    public int compareTo(Bytes other) {
        return Arrays.compareUnsigned(array, other.array);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Bytes that && Arrays.equals(array, that.array);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(array);
    }

    /** The length only: data may be secret, and large. */
    @Override
    public String toString() {
        return "Bytes[" + array.length + "]";
    }
}

package io.coord.netty.zkfiles;

import io.coord.Acl;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.Adler32;
import org.jspecify.annotations.Nullable;

/**
 * Reads Jute, the encoding of all that ZooKeeper writes, and sums it up as ZooKeeper does. A length is believed only as far as bytes
 * are there: nothing is allocated for what a damaged one promises. No limit of requests applies, since what is in a file was once
 * acknowledged (zk.X4).
 */
final class JuteInput {

    private static final int BUFFER_BYTES = 64 << 10;

    private final InputStream source;
    private final Adler32 sum = new Adler32();
    private final byte[] buffer;
    private int at;
    private int limit;
    private int summed;
    private long consumed;

    JuteInput(InputStream source) {
        this.source = source;
        this.buffer = new byte[BUFFER_BYTES];
    }

    /** Reads an array; what is left of it can be told. */
    JuteInput(byte[] whole) {
        this.source = InputStream.nullInputStream();
        this.buffer = whole;
        this.limit = whole.length;
    }

    /** How many bytes were read. */
    long position() {
        return consumed + at;
    }

    /** How many bytes of an array are left. */
    int remaining() {
        return limit - at;
    }

    /** The Adler-32 of all bytes read so far. */
    long sum() {
        sum.update(buffer, summed, at - summed);
        summed = at;
        return sum.getValue();
    }

    /** Whether there is nothing more. */
    boolean isAtEnd() throws IOException {
        return at == limit && !refill();
    }

    private boolean refill() throws IOException {
        if (at < limit) {
            throw new IllegalStateException((limit - at) + " bytes are unread");
        }
        sum();
        consumed += at;
        at = 0;
        summed = 0;
        limit = Math.max(0, source.read(buffer, 0, buffer.length));
        return limit > 0;
    }

    int octet() throws IOException {
        if (at == limit && !refill()) {
            throw new EOFException("the bytes end");
        }
        return buffer[at++] & 0xFF;
    }

    boolean flag() throws IOException {
        return octet() != 0;
    }

    int int32() throws IOException {
        return octet() << 24 | octet() << 16 | octet() << 8 | octet();
    }

    long int64() throws IOException {
        return (long) int32() << 32 | int32() & 0xFFFF_FFFFL;
    }

    /** Bytes led by their length; null if that is -1. */
    byte @Nullable [] buffer() throws IOException {
        int length = int32();
        if (length == -1) {
            return null;
        }
        if (length < 0) {
            throw new JuteException("a length of " + length);
        }
        return bytes(length);
    }

    private byte[] bytes(int length) throws IOException {
        byte[] bytes = new byte[Math.min(length, BUFFER_BYTES)];
        int done = 0;
        while (done < length) {
            if (at == limit && !refill()) {
                throw new EOFException("the bytes end after " + done + " of " + length);
            }
            if (done == bytes.length) {
                bytes = Arrays.copyOf(bytes, (int) Math.min(length, 2L * bytes.length));
            }
            int count = Math.min(Math.min(limit - at, length - done), bytes.length - done);
            System.arraycopy(buffer, at, bytes, done, count);
            at += count;
            done += count;
        }
        return bytes;
    }

    /** A text; ZooKeeper's null is read as the empty one. */
    String text() throws IOException {
        byte[] bytes = buffer();
        return bytes == null ? "" : new String(bytes, StandardCharsets.UTF_8);
    }

    /** The number of items of a list; null lists are empty. */
    int count() throws IOException {
        int count = int32();
        if (count < -1) {
            throw new JuteException("a list of " + count + " items");
        }
        return Math.max(0, count);
    }

    List<Acl> acl() throws IOException {
        List<Acl> entries = new ArrayList<>();
        for (int left = count(); left > 0; left--) {
            int permissions = int32();
            String scheme = text();
            entries.add(Acl.of(permissions, scheme, text()));
        }
        return List.copyOf(entries);
    }
}

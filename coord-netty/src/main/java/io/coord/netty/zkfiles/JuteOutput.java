package io.coord.netty.zkfiles;

import io.coord.Acl;
import io.coord.Bytes;
import java.io.Flushable;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.zip.Adler32;
import org.jspecify.annotations.Nullable;

/** Writes Jute, and sums it up as ZooKeeper does. */
final class JuteOutput implements Flushable {

    private final OutputStream target;
    private final Adler32 sum = new Adler32();
    private final byte[] buffer = new byte[64 << 10];
    private int at;

    JuteOutput(OutputStream target) {
        this.target = target;
    }

    /** The Adler-32 of all bytes written so far. */
    long sum() throws IOException {
        flush();
        return sum.getValue();
    }

    /** Hands all bytes to the stream. */
    @Override
    public void flush() throws IOException {
        sum.update(buffer, 0, at);
        target.write(buffer, 0, at);
        at = 0;
    }

    private void ensure(int bytes) throws IOException {
        if (buffer.length - at < bytes) {
            flush();
        }
    }

    void octet(int value) throws IOException {
        ensure(1);
        buffer[at++] = (byte) value;
    }

    void int32(int value) throws IOException {
        ensure(4);
        for (int shift = 24; shift >= 0; shift -= 8) {
            buffer[at++] = (byte) (value >>> shift);
        }
    }

    void int64(long value) throws IOException {
        int32((int) (value >>> 32));
        int32((int) value);
    }

    void buffer(@Nullable Bytes bytes) throws IOException {
        if (bytes == null) {
            int32(-1);
            return;
        }
        int32(bytes.length());
        if (bytes.length() > buffer.length) {
            flush();
            byte[] large = bytes.toArray();
            sum.update(large);
            target.write(large);
        } else {
            ensure(bytes.length());
            bytes.copyTo(buffer, at);
            at += bytes.length();
        }
    }

    void text(String text) throws IOException {
        buffer(Bytes.wrap(text.getBytes(StandardCharsets.UTF_8)));
    }

    void acl(List<Acl> entries) throws IOException {
        int32(entries.size());
        for (Acl entry : entries) {
            int32(entry.permissions());
            text(entry.identity().scheme());
            text(entry.identity().id());
        }
    }
}

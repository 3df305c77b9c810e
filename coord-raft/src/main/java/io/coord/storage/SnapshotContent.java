package io.coord.storage;

import io.coord.Bytes;
import io.coord.ensemble.spi.Storage.SnapshotWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.Iterator;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/**
 * A snapshot's content: records, each led by its length, cut into chunks of equal size. The same bytes on every member and in every
 * storage, so that a piece of it means the same everywhere (inv.D-e).
 */
final class SnapshotContent implements SnapshotWriter.Sink {

    static final int CHUNK_BYTES = 64 << 10;

    /** Takes each full chunk, and the last one. */
    interface Chunks {
        /** Takes a chunk, from position to limit, and its digest. */
        void chunk(ByteBuffer chunk, long digest) throws IOException;
    }

    private final Chunks target;
    private final ByteBuffer chunk;
    private final ByteBuffer length = ByteBuffer.allocate(4);
    private final Crc crc = new Crc();
    private long sizeBytes;
    private long digest;

    SnapshotContent(ByteBuffer chunk, Chunks target) {
        this.chunk = chunk;
        this.target = target;
    }

    @Override
    public void record(Bytes record) throws IOException {
        add(length.putInt(0, record.length()).clear());
        add(record.asByteBuffer());
    }

    /** Adds what is content already. */
    void add(ByteBuffer content) throws IOException {
        while (content.hasRemaining()) {
            int count = Math.min(chunk.remaining(), content.remaining());
            int limit = content.limit();
            chunk.put(content.limit(content.position() + count));
            content.limit(limit);
            if (!chunk.hasRemaining()) {
                flush();
            }
        }
    }

    /** Hands out the last chunk; afterwards size and digest are known. */
    void finish() throws IOException {
        if (chunk.position() > 0) {
            flush();
        }
    }

    private void flush() throws IOException {
        chunk.flip();
        long chunkDigest = crc.wide(chunk, 0, chunk.limit());
        sizeBytes += chunk.limit();
        digest = next(digest, chunkDigest);
        target.chunk(chunk, chunkDigest);
        chunk.clear();
    }

    long sizeBytes() {
        return sizeBytes + chunk.position();
    }

    /** The digest of the whole; never 0, which stands for unknown. */
    long digest() {
        return whole(digest, sizeBytes);
    }

    static long next(long digest, long chunkDigest) {
        return Chain.mix(digest ^ Chain.mix(chunkDigest));
    }

    static long whole(long digest, long sizeBytes) {
        long mixed = Chain.mix(digest ^ sizeBytes);
        return mixed == 0 ? 1 : mixed;
    }

    static long chunks(long sizeBytes) {
        return (sizeBytes + CHUNK_BYTES - 1) / CHUNK_BYTES;
    }

    static int chunkBytes(long sizeBytes, long number) {
        return (int) Math.min(CHUNK_BYTES, sizeBytes - number * CHUNK_BYTES);
    }

    /** Chunks as they are read again. */
    interface Source {
        /** The chunk of a number, from position to limit. */
        ByteBuffer chunk(long number) throws IOException;
    }

    /** Takes content apart into records again. */
    static Iterator<Bytes> records(Source source, long sizeBytes) {
        return new Records(source, sizeBytes);
    }

    private static final class Records implements Iterator<Bytes> {
        private final Source source;
        private final long sizeBytes;
        private long position;
        private long nextChunk;
        private @Nullable ByteBuffer chunk;

        Records(Source source, long sizeBytes) {
            this.source = source;
            this.sizeBytes = sizeBytes;
        }

        @Override
        public boolean hasNext() {
            return position < sizeBytes;
        }

        @Override
        public Bytes next() {
            if (!hasNext()) {
                throw new NoSuchElementException();
            }
            try {
                int length = ByteBuffer.wrap(read(4)).getInt();
                return Bytes.wrap(read(length));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        private byte[] read(int length) throws IOException {
            if (length < 0 || length > sizeBytes - position) {
                throw new DamagedException("a snapshot's record of " + length + " bytes at position " + position
                        + " reaches beyond its end at " + sizeBytes);
            }
            byte[] bytes = new byte[length];
            for (int done = 0; done < length; ) {
                ByteBuffer from = current();
                int count = Math.min(from.remaining(), length - done);
                from.get(bytes, done, count);
                done += count;
            }
            position += length;
            return bytes;
        }

        private ByteBuffer current() throws IOException {
            ByteBuffer now = chunk;
            if (now == null || !now.hasRemaining()) {
                now = source.chunk(nextChunk++);
                chunk = now;
            }
            return now;
        }
    }
}

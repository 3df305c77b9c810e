package io.coord.storage;

import io.coord.Bytes;
import io.coord.ensemble.spi.Storage.SnapshotImage;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.function.LongPredicate;

/** The layout of a snapshot file: a header, written last, then chunks of content, each followed by its digest. */
final class SnapshotFile {

    private static final long MAGIC = 0x434f5244_534e4150L;
    private static final int CHECK_AT = Format.PREAMBLE_BYTES;
    private static final int HEADER_BYTES_AT = CHECK_AT + 4;
    private static final int BODY_AT = HEADER_BYTES_AT + 4;
    private static final int FIXED_BYTES = BODY_AT + 7 * 8 + 4;
    private static final int DIGEST_BYTES = 8;

    private SnapshotFile() {}

    private static int headerBytes(Bytes configuration) {
        int bytes = FIXED_BYTES + configuration.length();
        return (bytes + Format.BLOCK_BYTES - 1) / Format.BLOCK_BYTES * Format.BLOCK_BYTES;
    }

    private static long chunkAt(int headerBytes, long number) {
        return headerBytes + number * (SnapshotContent.CHUNK_BYTES + DIGEST_BYTES);
    }

    /** A snapshot being written under a temporary name. */
    static final class Writer implements Closeable {
        private final Disk disk;
        private final DiskFile file;
        private final SnapshotImage image;
        private final Pace pace;
        private final int headerBytes;
        private final ByteBuffer digest = ByteBuffer.allocate(DIGEST_BYTES);
        private final SnapshotContent content;
        private long chunks;
        private int bytesUnforced;

        Writer(Disk disk, String name, SnapshotImage image, Pace pace) throws IOException {
            this.disk = disk;
            this.file = disk.create(name);
            this.image = image;
            this.pace = pace;
            this.headerBytes = headerBytes(image.configuration());
            this.content = new SnapshotContent(bufferOrClosed(), this::write);
        }

        private ByteBuffer bufferOrClosed() throws IOException {
            try {
                return disk.buffer(SnapshotContent.CHUNK_BYTES);
            } catch (Error noMemory) {
                file.close();
                throw noMemory;
            }
        }

        SnapshotImage image() {
            return image;
        }

        SnapshotContent content() {
            return content;
        }

        private void write(ByteBuffer chunk, long chunkDigest) throws IOException {
            long at = chunkAt(headerBytes, chunks++);
            int length = chunk.remaining();
            file.writeFully(chunk, at);
            file.writeFully(digest.putLong(0, chunkDigest).clear(), at + length);
            bytesUnforced += length;
            pace.check();
            if (pace.isStep(bytesUnforced)) {
                pace.step(file, bytesUnforced);
                bytesUnforced = 0;
            }
        }

        /** Writes the header, and forces the whole. */
        SnapshotImage finish(long clusterId) throws IOException {
            content.finish();
            SnapshotImage known = new SnapshotImage(
                    image.index(),
                    image.term(),
                    image.wallMillis(),
                    image.elapsedMillis(),
                    image.configuration(),
                    content.sizeBytes(),
                    content.digest());
            file.writeFully(header(known, clusterId), 0);
            file.force(true);
            return known;
        }

        private ByteBuffer header(SnapshotImage known, long clusterId) {
            Crc crc = new Crc();
            ByteBuffer header = disk.buffer(headerBytes);
            Format.putPreamble(header, MAGIC, crc);
            header.putInt(0).putInt(headerBytes);
            header.putLong(clusterId).putLong(known.index()).putLong(known.term());
            header.putLong(known.wallMillis()).putLong(known.elapsedMillis());
            header.putLong(known.sizeBytes()).putLong(known.digest());
            header.putInt(known.configuration().length());
            known.configuration().putTo(header);
            int end = header.position();
            header.putInt(CHECK_AT, crc.of(header, HEADER_BYTES_AT, end - HEADER_BYTES_AT));
            return header.clear();
        }

        @Override
        public void close() throws IOException {
            file.close();
        }
    }

    /** A snapshot open for reading; every chunk is checked when it is read. */
    static final class Reader implements Closeable, SnapshotContent.Source {
        private final Disk disk;
        private final DiskFile file;
        private final String place;
        private final int headerBytes;
        private final SnapshotImage image;
        private final ByteBuffer chunk;
        private final Crc crc = new Crc();

        Reader(Disk disk, String name, long clusterId) throws IOException {
            this(disk, name, found -> found == clusterId);
        }

        /** For who may not know the cluster. */
        Reader(Disk disk, String name, LongPredicate isOfCluster) throws IOException {
            this.disk = disk;
            this.place = disk.place(name);
            this.file = disk.open(name);
            try {
                ByteBuffer header = readHeader();
                headerBytes = header.limit();
                image = image(header, isOfCluster);
                if (file.size() < chunkAt(headerBytes, 0) + image.sizeBytes()) {
                    throw Trouble.damaged(place, file.size(), "the file ends before its content does");
                }
                chunk = disk.buffer(SnapshotContent.CHUNK_BYTES + DIGEST_BYTES);
            } catch (IOException | RuntimeException | Error e) {
                file.close();
                throw e;
            }
        }

        private ByteBuffer readHeader() throws IOException {
            ByteBuffer header = disk.buffer(Format.BLOCK_BYTES);
            file.readSurely(header, 0, place);
            header.flip();
            if (!Format.hasPreamble(header, 0, MAGIC, crc, place) || header.limit() < FIXED_BYTES) {
                throw Trouble.damaged(place, 0, "no header of a snapshot");
            }
            int bytes = header.getInt(HEADER_BYTES_AT);
            if (bytes < Format.BLOCK_BYTES || bytes % Format.BLOCK_BYTES != 0 || bytes > file.size()) {
                throw Trouble.damaged(place, HEADER_BYTES_AT, "a header of " + bytes + " bytes");
            }
            if (bytes > header.limit()) {
                header = disk.buffer(bytes);
                file.readSurely(header, 0, place);
                header.flip();
            }
            return header;
        }

        private SnapshotImage image(ByteBuffer header, LongPredicate isOfCluster) throws IOException {
            int configurationBytes = header.getInt(FIXED_BYTES - 4);
            if (configurationBytes < 0
                    || configurationBytes > header.limit() - FIXED_BYTES
                    || header.getInt(CHECK_AT)
                            != crc.of(header, HEADER_BYTES_AT, FIXED_BYTES + configurationBytes - HEADER_BYTES_AT)) {
                throw Trouble.damaged(place, 0, "the header does not match its check");
            }
            header.position(BODY_AT);
            long cluster = header.getLong();
            if (!isOfCluster.test(cluster)) {
                throw Trouble.foreignFile(place, "it is of cluster " + Trouble.hex(cluster));
            }
            long index = header.getLong();
            long term = header.getLong();
            long wallMillis = header.getLong();
            long elapsedMillis = header.getLong();
            long sizeBytes = header.getLong();
            long digest = header.getLong();
            byte[] configuration = new byte[header.getInt()];
            header.get(configuration);
            return new SnapshotImage(index, term, wallMillis, elapsedMillis, Bytes.wrap(configuration), sizeBytes, digest);
        }

        SnapshotImage image() {
            return image;
        }

        @Override
        public ByteBuffer chunk(long number) throws IOException {
            readChunk(number);
            return chunk.position(0);
        }

        /** Reads a chunk into the buffer and tells its digest. */
        private long readChunk(long number) throws IOException {
            int length = SnapshotContent.chunkBytes(image.sizeBytes(), number);
            long at = chunkAt(headerBytes, number);
            chunk.clear().limit(length + DIGEST_BYTES);
            int count = file.readSurely(chunk, at, place);
            if (count < length + DIGEST_BYTES) {
                throw Trouble.damaged(place, at, "chunk " + number + " is cut short");
            }
            long digest = crc.wide(chunk, 0, length);
            if (digest != chunk.getLong(length)) {
                throw Trouble.damaged(place, at, "chunk " + number + " does not match its digest");
            }
            chunk.limit(length);
            return digest;
        }

        /** Reads all of it, and compares with the digest of the whole. */
        void verify() throws IOException {
            long digest = 0;
            long chunks = SnapshotContent.chunks(image.sizeBytes());
            for (long number = 0; number < chunks; number++) {
                digest = SnapshotContent.next(digest, readChunk(number));
            }
            if (SnapshotContent.whole(digest, image.sizeBytes()) != image.digest()) {
                throw Trouble.damaged(place, 0, "the content does not match its digest");
            }
        }

        /** A piece of the content. */
        Bytes piece(long offset, int bytesMax) throws IOException {
            int length = (int) Math.max(0, Math.min(bytesMax, image.sizeBytes() - offset));
            byte[] piece = new byte[length];
            for (int done = 0; done < length; ) {
                long number = (offset + done) / SnapshotContent.CHUNK_BYTES;
                ByteBuffer source = chunk(number);
                source.position((int) (offset + done - number * SnapshotContent.CHUNK_BYTES));
                int count = Math.min(source.remaining(), length - done);
                source.get(piece, done, count);
                done += count;
            }
            return Bytes.wrap(piece);
        }

        @Override
        public void close() throws IOException {
            file.close();
        }
    }
}

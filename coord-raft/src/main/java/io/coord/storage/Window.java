package io.coord.storage;

import java.io.IOException;
import java.nio.ByteBuffer;

/** A part of a file in memory, moved along as it is read. */
final class Window {

    private static final int BYTES = 256 << 10;

    private final DiskFile file;
    private final String place;
    private final long sizeBytes;
    private ByteBuffer buffer;
    private long start;

    Window(Disk disk, DiskFile file, String place) throws IOException {
        this.file = file;
        this.place = place;
        this.sizeBytes = file.size();
        this.buffer = disk.buffer((int) Math.min(BYTES, Math.max(Format.SECTOR_BYTES, sizeBytes))).limit(0);
    }

    long sizeBytes() {
        return sizeBytes;
    }

    ByteBuffer buffer() {
        return buffer;
    }

    /** Where in the buffer a part of the file now is; -1 if the file ends before it does. */
    int at(Disk disk, long offset, int length) throws IOException {
        if (offset + length > sizeBytes) {
            return -1;
        }
        if (offset < start || offset + length > start + buffer.limit()) {
            move(disk, offset, length);
        }
        return (int) (offset - start);
    }

    private void move(Disk disk, long offset, int length) throws IOException {
        if (buffer.capacity() < length) {
            buffer = disk.buffer(length);
        }
        start = offset;
        buffer.clear();
        file.readSurely(buffer, offset, place);
        buffer.flip();
        if (buffer.limit() < length) {
            throw new IOException("read " + buffer.limit() + " of " + length + " bytes at offset " + offset);
        }
    }
}

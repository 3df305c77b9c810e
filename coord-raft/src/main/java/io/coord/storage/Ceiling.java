package io.coord.storage;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * How far a log can have gone whose segments cannot be read any more as a whole: an upper bound, from what is left of them.
 *
 * <p>Whole heads of groups tell their last index. Behind the last of them, in the newest segment, there may have been more entries:
 * as many as records fit into what is not zeros.
 */
final class Ceiling {

    private static final int SCAN_BYTES = 256 << 10;

    private final Disk disk;
    private final long logId;
    private final Crc crc = new Crc();
    private long highest;
    private long knownEnd = SegmentHeader.BYTES;
    private long writtenEnd = SegmentHeader.BYTES;
    private boolean isSealed;

    Ceiling(Disk disk, long logId) {
        this.disk = disk;
        this.logId = logId;
    }

    /**
     * The highest index that a segment can have held, or the one given if that is higher.
     *
     * @param header of the segment, or null if it cannot be read
     * @param isNewest whether nothing was written to the log after this segment
     */
    long of(long id, @Nullable SegmentHeader header, boolean isNewest, long atLeast) throws IOException {
        highest = atLeast;
        long size;
        try (DiskFile file = disk.open(Names.segment(id))) {
            size = file.size();
            scan(file, id, size);
        }
        if (isNewest && !isSealed) {
            long lost = Math.max(0, writtenEnd - knownEnd);
            boolean hasLostItsSeal = lost == Format.SECTOR_BYTES && knownEnd + Format.SECTOR_BYTES == size;
            long missing = header == null || hasLostItsSeal ? 0 : Math.max(0, header.sizeBytes() - size);
            highest += (lost + missing + Group.RECORD_BYTES - 1) / Group.RECORD_BYTES;
        }
        return highest;
    }

    private void scan(DiskFile file, long id, long size) throws IOException {
        int step = Math.max(1, Format.sectors((int) Math.min(size, SCAN_BYTES))) * Format.SECTOR_BYTES;
        ByteBuffer buffer = disk.buffer(step);
        for (long start = SegmentHeader.BYTES; start < size; start += step) {
            buffer.clear();
            try {
                file.readFully(buffer, start);
            } catch (IOException e) {
                writtenEnd = Math.min(size, start + step); // what cannot be read may have been anything
                continue;
            }
            buffer.flip();
            for (int at = 0; at < buffer.limit(); at += Format.SECTOR_BYTES) {
                sector(buffer, at, id, start + at);
            }
        }
    }

    private void sector(ByteBuffer buffer, int at, long id, long offset) {
        int length = Math.min(Format.SECTOR_BYTES, buffer.limit() - at);
        if (Format.isZero(buffer, at, length)) {
            return;
        }
        writtenEnd = offset + length;
        Group.Head head = length < Format.SECTOR_BYTES ? null : Group.head(buffer, at, id, logId, offset, crc);
        if (head != null) {
            highest = Math.max(highest, head.firstIndex() + head.count() - 1);
            knownEnd = Math.max(knownEnd, offset + head.spaceBytes());
            isSealed |= head.isSeal();
        }
    }
}

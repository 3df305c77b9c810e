package io.coord.storage;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The first block of a segment, forced before the segment has its name.
 *
 * @param id of the segment
 * @param logId of the log; no file of another storage has it (fault.D15)
 * @param previous segment of this log, or 0 if the log starts here
 * @param replaced segment, left by a crash, whose entries were copied to this one; or 0
 * @param baseIndex last index of the log when the segment was begun
 * @param baseTerm term of that entry
 * @param baseChain chain at that entry
 * @param sizeBytes of the file, until a seal allows it to be shorter
 * @param isOrigin whether the log starts here from nothing; otherwise a snapshot stands for what came before
 */
record SegmentHeader(
        long id,
        long logId,
        long previous,
        long replaced,
        long baseIndex,
        long baseTerm,
        long baseChain,
        long sizeBytes,
        boolean isOrigin) {

    static final int BYTES = Format.BLOCK_BYTES;

    private static final long MAGIC = 0x434f5244_5345474dL;
    private static final int CHECK_AT = Format.PREAMBLE_BYTES;
    private static final int BODY_AT = CHECK_AT + 8;
    private static final int BODY_BYTES = 8 * 8 + 4;
    private static final int ORIGIN = 1;

    /** The same, for a file of this size. */
    SegmentHeader of(long bytes) {
        return new SegmentHeader(id, logId, previous, replaced, baseIndex, baseTerm, baseChain, bytes, isOrigin);
    }

    /** Fills the buffer's first block. */
    void encode(ByteBuffer target, Crc crc) {
        target.clear();
        Format.putPreamble(target, MAGIC, crc);
        target.putLong(0);
        target.putLong(id).putLong(logId).putLong(previous).putLong(replaced);
        target.putLong(baseIndex).putLong(baseTerm).putLong(baseChain).putLong(sizeBytes);
        target.putInt(isOrigin ? ORIGIN : 0);
        while (target.position() < BYTES) {
            target.put((byte) 0);
        }
        target.putInt(CHECK_AT, crc.of(target, BODY_AT, BODY_BYTES));
        target.flip();
    }

    /** Reads a first block; null if it is not whole. */
    static @Nullable SegmentHeader decode(ByteBuffer source, Crc crc, String place) throws IOException {
        if (source.limit() < BYTES
                || !Format.hasPreamble(source, 0, MAGIC, crc, place)
                || source.getInt(CHECK_AT) != crc.of(source, BODY_AT, BODY_BYTES)) {
            return null;
        }
        ByteBuffer body = source.duplicate().position(BODY_AT);
        return new SegmentHeader(
                body.getLong(),
                body.getLong(),
                body.getLong(),
                body.getLong(),
                body.getLong(),
                body.getLong(),
                body.getLong(),
                body.getLong(),
                (body.getInt() & ORIGIN) != 0);
    }
}

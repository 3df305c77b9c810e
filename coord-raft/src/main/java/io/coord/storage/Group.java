package io.coord.storage;

import io.coord.Bytes;
import io.coord.ensemble.spi.Storage.StoredEntry;
import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The layout of a group: entries written and forced together, or a segment's seal.
 *
 * <p>Sector 0 carries its own check, and the checks of the sectors behind it; where those spill over, each lies in a sector before
 * the one it is for, so that checking in order never trusts what has not been checked.
 */
final class Group {

    static final int MAGIC = 0x436f4772;
    static final int SEAL = 1;

    static final int CHECK_AT = 4;
    static final int SEGMENT_AT = 8;
    static final int LOG_AT = 16;
    static final int OFFSET_AT = 24;
    static final int NUMBER_AT = 32;
    static final int SIZE_AT = 36;
    static final int COUNT_AT = 40;
    static final int FLAGS_AT = 44;
    static final int FIRST_AT = 48;
    static final int PREVIOUS_TERM_AT = 56;
    static final int PREVIOUS_CHAIN_AT = 64;
    static final int DURABLE_AT = 72;
    static final int TABLE_AT = 88;

    static final int RECORD_CHECK_AT = 0;
    static final int RECORD_PAYLOAD_CHECK_AT = 4;
    static final int RECORD_BYTES = 56;

    private Group() {}

    /** The space that a record takes. */
    static int recordBytes(int payloadBytes) {
        return Format.aligned8(RECORD_BYTES + payloadBytes);
    }

    /** The size of a group whose records take so much: sectors and their checks depend on each other. */
    static int sizeBytes(int recordsBytes) {
        int sectors = Format.sectors(TABLE_AT + recordsBytes);
        while (true) {
            int size = recordsAt(sectors) + recordsBytes;
            if (Format.sectors(size) == sectors) {
                return size;
            }
            sectors = Format.sectors(size);
        }
    }

    static int recordsAt(int sectors) {
        return Format.aligned8(TABLE_AT + 4 * (sectors - 1));
    }

    static int spaceBytes(int sizeBytes) {
        return Format.sectors(sizeBytes) * Format.SECTOR_BYTES;
    }

    static int recordsBytes(List<StoredEntry> entries) {
        long sum = 0;
        for (StoredEntry entry : entries) {
            sum += recordBytes(entry.payload().length());
        }
        return Math.toIntExact(sum);
    }

    /** Ties a record's identity to its segment and log, so that a misdirected one is no record here (fault.D4). */
    static int salt(long segment, long logId) {
        long mixed = Chain.mix(Chain.mix(logId) ^ segment);
        return (int) (mixed ^ mixed >>> 32);
    }

    /**
     * What stands in sector 0.
     *
     * @param segment it belongs to
     * @param logId it belongs to
     * @param offset of the group in its file
     * @param number of the group in its segment, from 0
     * @param sizeBytes of the group, without the rest of its last sector
     * @param count of its records
     * @param flags {@link #SEAL} or none
     * @param firstIndex of its records
     * @param previousTerm term of the entry before
     * @param previousChain chain at the entry before
     * @param durableIndex the durable mark: last index of the log that was forced before
     */
    record Head(
            long segment,
            long logId,
            long offset,
            int number,
            int sizeBytes,
            int count,
            int flags,
            long firstIndex,
            long previousTerm,
            long previousChain,
            long durableIndex) {

        boolean isSeal() {
            return (flags & SEAL) != 0;
        }

        int sectors() {
            return Format.sectors(sizeBytes);
        }

        int spaceBytes() {
            return Group.spaceBytes(sizeBytes);
        }
    }

    /** Reads sector 0 at a place in a buffer; null if there is no whole one of this segment, written for this offset. */
    static @Nullable Head head(ByteBuffer source, int start, long segment, long logId, long offset, Crc crc) {
        if (source.getInt(start) != MAGIC
                || source.getLong(start + SEGMENT_AT) != segment
                || source.getLong(start + LOG_AT) != logId
                || source.getLong(start + OFFSET_AT) != offset
                || source.getInt(start + CHECK_AT) != headCheck(source, start, crc)) {
            return null;
        }
        return new Head(
                segment,
                logId,
                offset,
                source.getInt(start + NUMBER_AT),
                source.getInt(start + SIZE_AT),
                source.getInt(start + COUNT_AT),
                source.getInt(start + FLAGS_AT),
                source.getLong(start + FIRST_AT),
                source.getLong(start + PREVIOUS_TERM_AT),
                source.getLong(start + PREVIOUS_CHAIN_AT),
                source.getLong(start + DURABLE_AT));
    }

    static int headCheck(ByteBuffer source, int start, Crc crc) {
        return crc.of(source, start + SEGMENT_AT, Format.SECTOR_BYTES - SEGMENT_AT);
    }

    /** A record as read: the entry, and its chain; or what is wrong with it. */
    record Read(@Nullable StoredEntry entry, long chain, int spaceBytes, String wrong) {

        static Read wrong(String what) {
            return new Read(null, 0, 0, what);
        }
    }

    /** Reads a record; its identity is checked before its length is believed, its payload after. */
    static Read record(ByteBuffer group, int at, int end, int salt, Crc crc) {
        if (end - at < RECORD_BYTES || group.getInt(at) != identityCheck(group, at, salt, crc)) {
            return Read.wrong("a record's identity does not match its check");
        }
        ByteBuffer record = group.duplicate().position(at + 8);
        long index = record.getLong();
        long term = record.getLong();
        long wallMillis = record.getLong();
        long elapsedMillis = record.getLong();
        long chain = record.getLong();
        int length = record.getInt();
        byte kind = record.get();
        if (length < 0 || length > end - at - RECORD_BYTES) {
            return Read.wrong("entry " + Trouble.hex(index) + " of term " + term + " reaches beyond its group");
        }
        if (group.getInt(at + RECORD_PAYLOAD_CHECK_AT) != crc.of(group, at + RECORD_BYTES, length)) {
            return Read.wrong("the payload of entry " + Trouble.hex(index) + " of term " + term + " does not match its check");
        }
        byte[] payload = new byte[length];
        group.get(at + RECORD_BYTES, payload);
        StoredEntry entry = new StoredEntry(index, term, wallMillis, elapsedMillis, kind, Bytes.wrap(payload));
        return new Read(entry, chain, recordBytes(length), "");
    }

    static int identityCheck(ByteBuffer group, int at, int salt, Crc crc) {
        return crc.of(group, at + RECORD_PAYLOAD_CHECK_AT, RECORD_BYTES - RECORD_PAYLOAD_CHECK_AT) ^ salt;
    }
}

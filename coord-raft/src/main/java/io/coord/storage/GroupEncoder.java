package io.coord.storage;

import io.coord.ensemble.spi.Storage.StoredEntry;
import java.nio.ByteBuffer;
import java.util.List;

/** Gathers entries into one group in one buffer, ready to be written in one piece. */
final class GroupEncoder {

    private static final int BUFFER_BYTES_FIRST = 64 << 10;

    private final Disk disk;
    private final int keepBytesMax;
    private final Crc crc = new Crc();
    private ByteBuffer buffer;

    GroupEncoder(Disk disk, int keepBytesMax) {
        this.disk = disk;
        this.keepBytesMax = Math.max(keepBytesMax, BUFFER_BYTES_FIRST);
        this.buffer = disk.buffer(4 * Format.BLOCK_BYTES);
    }

    /** The group, from position to limit; the tail takes the entries in. The buffer is valid until the next call. */
    ByteBuffer entries(SegmentHeader segment, long offset, int number, List<StoredEntry> entries, Tail tail) {
        int size = Group.sizeBytes(Group.recordsBytes(entries));
        long first = entries.get(0).index();
        long durable = tail.lastIndex();
        tail.truncateAfter(first - 1);
        begin(new Group.Head(
                segment.id(),
                segment.logId(),
                offset,
                number,
                size,
                entries.size(),
                0,
                first,
                tail.lastTerm(),
                tail.lastChain(),
                durable));
        int salt = Group.salt(segment.id(), segment.logId());
        int recordsAt = Group.recordsAt(Format.sectors(size));
        buffer.putInt(recordsAt - 4, 0).position(recordsAt);
        for (StoredEntry entry : entries) {
            put(entry, tail, salt);
        }
        return finish(size);
    }

    /** The seal: a group without entries, whose durable mark is the end. */
    ByteBuffer seal(SegmentHeader segment, long offset, int number, Tail tail) {
        int size = Group.sizeBytes(0);
        begin(new Group.Head(
                segment.id(),
                segment.logId(),
                offset,
                number,
                size,
                0,
                Group.SEAL,
                tail.lastIndex() + 1,
                tail.lastTerm(),
                tail.lastChain(),
                tail.lastIndex()));
        return finish(size);
    }

    private void begin(Group.Head head) {
        reserve(head.spaceBytes());
        buffer.clear();
        buffer.putInt(Group.MAGIC).putInt(0);
        buffer.putLong(head.segment()).putLong(head.logId()).putLong(head.offset());
        buffer.putInt(head.number()).putInt(head.sizeBytes()).putInt(head.count()).putInt(head.flags());
        buffer.putLong(head.firstIndex()).putLong(head.previousTerm()).putLong(head.previousChain());
        buffer.putLong(head.durableIndex()).putLong(0);
    }

    private void put(StoredEntry entry, Tail tail, int salt) {
        int start = buffer.position();
        int length = entry.payload().length();
        buffer.position(start + Group.RECORD_BYTES);
        entry.payload().putTo(buffer);
        int payloadCheck = crc.of(buffer, start + Group.RECORD_BYTES, length);
        long chain = Chain.next(tail.lastChain(), entry, payloadCheck);
        buffer.position(start + Group.RECORD_PAYLOAD_CHECK_AT);
        buffer.putInt(payloadCheck).putLong(entry.index()).putLong(entry.term());
        buffer.putLong(entry.wallMillis()).putLong(entry.elapsedMillis()).putLong(chain);
        buffer.putInt(length).putInt((entry.kind() & 0xff) << 24);
        buffer.putInt(start + Group.RECORD_CHECK_AT, Group.identityCheck(buffer, start, salt, crc));
        buffer.position(start + Group.RECORD_BYTES + length);
        pad(start + Group.recordBytes(length));
        tail.append(entry.term(), chain);
    }

    /** Fills in the checks, last sector first: each goes into a sector before its own. */
    private ByteBuffer finish(int size) {
        int sectors = Format.sectors(size);
        pad(sectors * Format.SECTOR_BYTES);
        for (int sector = sectors - 1; sector >= 1; sector--) {
            int check = crc.of(buffer, sector * Format.SECTOR_BYTES, Format.SECTOR_BYTES);
            buffer.putInt(Group.TABLE_AT + 4 * (sector - 1), check);
        }
        buffer.putInt(Group.CHECK_AT, Group.headCheck(buffer, 0, crc));
        return buffer.flip();
    }

    private void pad(int end) {
        while (buffer.position() + 8 <= end) {
            buffer.putLong(0);
        }
        while (buffer.position() < end) {
            buffer.put((byte) 0);
        }
    }

    /** Grows by doubling; one unusually large group does not keep its memory for ever. */
    private void reserve(int bytes) {
        boolean isSmall = buffer.capacity() < bytes;
        boolean isLarge = buffer.capacity() > 2L * keepBytesMax && bytes <= keepBytesMax;
        if (isSmall || isLarge) {
            int doubled = Math.max(BUFFER_BYTES_FIRST, Integer.highestOneBit(Math.max(1, bytes - 1)) << 1);
            buffer = disk.buffer(doubled < bytes ? bytes : doubled);
        }
    }
}

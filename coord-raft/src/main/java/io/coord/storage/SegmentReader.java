package io.coord.storage;

import io.coord.ensemble.spi.Storage.StoredEntry;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/**
 * Reads one segment again and tells apart: whole groups, a torn end, damage.
 *
 * <p>Torn is only what no later group proves to have been forced, and whose bad sectors still show the zeros from before.
 */
final class SegmentReader {

    private final Disk disk;
    private final String place;
    private final SegmentHeader header;
    private final Window window;
    private final Replay replay;
    private final Crc crc = new Crc();
    private final int salt;
    private long offset = SegmentHeader.BYTES;
    private int groups;
    private boolean isSealed;
    private boolean isTorn;

    SegmentReader(Disk disk, DiskFile file, SegmentHeader header, Replay replay) throws IOException {
        this.disk = disk;
        this.place = disk.place(Names.segment(header.id()));
        this.header = header;
        this.window = new Window(disk, file, place);
        this.replay = replay;
        this.salt = Group.salt(header.id(), header.logId());
    }

    /** Where the last whole group ends; of a sealed segment, where its seal stands. */
    long offset() {
        return offset;
    }

    int groups() {
        return groups;
    }

    boolean isSealed() {
        return isSealed;
    }

    /** Whether a torn group was left out. */
    boolean isTorn() {
        return isTorn;
    }

    void read() throws IOException {
        refuse(replay.segment(header));
        while (!isSealed && readGroup()) {}
        if (!isSealed) {
            refuseShortFile();
            refuseLaterGroups();
        }
    }

    /** False at the end: zeros, or a torn group. */
    private boolean readGroup() throws IOException {
        int start = window.at(disk, offset, Format.SECTOR_BYTES);
        if (start < 0 || Format.isZero(window.buffer(), start, Format.SECTOR_BYTES)) {
            return false;
        }
        Group.Head head = Group.head(window.buffer(), start, header.id(), header.logId(), offset, crc);
        if (head == null || head.number() != groups) {
            throw damaged("neither zeros nor the head of group " + groups);
        }
        start = window.at(disk, offset, head.spaceBytes());
        if (start < 0) {
            throw damaged("group " + groups + " of " + head.sizeBytes() + " bytes reaches beyond the file");
        }
        if (!isWhole(start, head)) {
            isTorn = true;
            return false;
        }
        if (head.isSeal()) {
            isSealed = true;
            return false;
        }
        readRecords(start, head);
        offset += head.spaceBytes();
        groups++;
        return true;
    }

    /** Checks the sectors in order. Where a lost sector held the checks of others, these stay unknown: the group is torn anyway. */
    private boolean isWhole(int start, Group.Head head) throws IOException {
        ByteBuffer buffer = window.buffer();
        BitSet lost = new BitSet();
        for (int sector = 1; sector < head.sectors(); sector++) {
            int checkAt = Group.TABLE_AT + 4 * (sector - 1);
            int at = start + sector * Format.SECTOR_BYTES;
            if (lost.get(checkAt / Format.SECTOR_BYTES)
                    || buffer.getInt(start + checkAt) == crc.of(buffer, at, Format.SECTOR_BYTES)) {
                continue;
            }
            if (!Format.isZero(buffer, at, Format.SECTOR_BYTES)) {
                throw damaged("sector " + sector + " of group " + groups + " does not match its check"
                        + wrongRecord(start, head));
            }
            lost.set(sector);
        }
        return lost.isEmpty();
    }

    private void readRecords(int start, Group.Head head) throws IOException {
        refuse(replay.group(head));
        int at = start + Group.recordsAt(head.sectors());
        int end = start + head.sizeBytes();
        for (int count = 0; count < head.count(); count++) {
            Group.Read read = Group.record(window.buffer(), at, end, salt, crc);
            StoredEntry entry = read.entry();
            if (entry == null) {
                throw damaged(read.wrong());
            }
            refuse(replay.record(entry, read.chain(), window.buffer().getInt(at + Group.RECORD_PAYLOAD_CHECK_AT)));
            at += read.spaceBytes();
        }
    }

    /** The first record of a damaged group that is wrong, in words: the identity tells which entry is lost, if it is whole. */
    private String wrongRecord(int start, Group.Head head) {
        int at = start + Group.recordsAt(head.sectors());
        int end = start + head.sizeBytes();
        for (int count = 0; count < head.count(); count++) {
            Group.Read read = Group.record(window.buffer(), at, end, salt, crc);
            if (read.entry() == null) {
                return "; " + read.wrong();
            }
            at += read.spaceBytes();
        }
        return "";
    }

    private void refuseShortFile() throws IOException {
        if (window.sizeBytes() < header.sizeBytes()) {
            throw damaged("the file has " + window.sizeBytes() + " of the " + header.sizeBytes() + " bytes it was laid down with");
        }
    }

    /** A group is only written after those before it were forced; so one that follows proves that this end is none. */
    private void refuseLaterGroups() throws IOException {
        for (long later = offset + Format.SECTOR_BYTES; ; later += Format.SECTOR_BYTES) {
            int start = window.at(disk, later, Format.SECTOR_BYTES);
            if (start < 0) {
                return;
            }
            Group.Head head = Group.head(window.buffer(), start, header.id(), header.logId(), later, crc);
            if (head != null) {
                throw damaged("group " + groups + " is not whole, though group " + head.number() + " at offset " + later
                        + " was written after it had been forced");
            }
        }
    }

    private void refuse(@Nullable String wrong) throws IOException {
        if (wrong != null) {
            throw damaged(wrong);
        }
    }

    private IOException damaged(String found) {
        return Trouble.damaged(place, offset, found);
    }
}

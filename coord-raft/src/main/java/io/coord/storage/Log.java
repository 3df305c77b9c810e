package io.coord.storage;

import io.coord.ensemble.spi.Storage.StoredEntry;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The segments of the log, and the one that is being written. Lives on the log's lane. */
final class Log {

    /** A segment, known by its number and by how far the log went before it. */
    record Segment(long id, long baseIndex) {}

    private final Disk disk;
    private final StorageOptions options;
    private final Control control;
    private final Spare spare;
    private final GroupEncoder encoder;
    private final Crc crc = new Crc();
    private final List<Segment> segments = new ArrayList<>();
    private long logId;
    private Tail tail = new Tail();
    private boolean hasStart;
    private long nextId = 1;

    private @Nullable DiskFile file;
    private @Nullable SegmentHeader header;
    private long offset;
    private int groups;
    private boolean isDirty;
    /** A group that found no room: the tail holds its entries, the file at most a part of it. */
    private @Nullable ByteBuffer unwritten;

    Log(Disk disk, StorageOptions options, Control control, Spare spare) {
        this.disk = disk;
        this.options = options;
        this.control = control;
        this.spare = spare;
        this.encoder = new GroupEncoder(disk, options.groupBytesMax());
    }

    /** The number that all files of this log carry. */
    void belongsTo(long id) {
        logId = id;
    }

    /** Goes on from what was found; the newest segment is sealed, or will be replaced. */
    void resume(List<Segment> found, Tail foundTail) {
        segments.addAll(found);
        tail = foundTail;
        hasStart = true;
    }

    /** Numbers once given to a segment are not given again. */
    void skipIds(long highestId) {
        nextId = Math.max(nextId, highestId + 1);
    }

    Tail tail() {
        return tail;
    }

    /** Why entries cannot be appended, or null: they must join the log, and must not replace what it no longer knows. */
    @Nullable String objection(List<StoredEntry> entries) {
        long first = entries.get(0).index();
        if (hasStart && !tail.has(first - 1)) {
            return "entries begin at " + Trouble.hex(first) + ", but the log holds " + tail;
        }
        for (int at = 0; at < entries.size(); at++) {
            StoredEntry entry = entries.get(at);
            if (entry.index() != first + at) {
                return "entry " + Trouble.hex(entry.index()) + " stands where " + Trouble.hex(first + at) + " belongs";
            }
            if (entry.payload().length() > options.payloadBytesMax()) {
                return "entry " + Trouble.hex(entry.index()) + " has " + entry.payload().length()
                        + " bytes; the limit is " + options.payloadBytesMax() + " (payloadBytesMax)";
            }
        }
        return null;
    }

    /**
     * Writes entries as one group, which is not durable before {@link #force}.
     *
     * @throws NoRoomException if there is no room for it; to be called again with the same entries before anything else is
     */
    void append(List<StoredEntry> entries) throws IOException {
        if (unwritten != null) {
            writeGroup(unwritten);
            return;
        }
        boolean isOrigin = !hasStart;
        if (isOrigin) {
            long before = entries.get(0).index() - 1;
            tail.reset(before, 0, Chain.start(before, 0));
        }
        int space = Group.spaceBytes(Group.sizeBytes(Group.recordsBytes(entries)));
        if (file == null || offset + space + Format.SECTOR_BYTES > header().sizeBytes()) {
            seal();
            begin(isOrigin, space, isOrigin ? spare::takeFirst : spare::take);
        }
        hasStart = true;
        write(entries);
    }

    private void write(List<StoredEntry> entries) throws IOException {
        ByteBuffer group = encoder.entries(header(), offset, groups, entries, tail);
        unwritten = group;
        writeGroup(group);
    }

    private void writeGroup(ByteBuffer group) throws IOException {
        file().writeFully(group.rewind(), offset);
        unwritten = null;
        offset += group.limit();
        groups++;
        isDirty = true;
    }

    /** Makes durable what was written; the only force that a group costs. */
    void force() throws IOException {
        if (isDirty) {
            file().force(false);
            isDirty = false;
        }
    }

    /** Ends the current segment, if there is one, so that a later open needs not doubt it. */
    void seal() throws IOException {
        if (file == null) {
            return;
        }
        force();
        file().writeFully(encoder.seal(header(), offset, groups, tail), offset);
        file().force(false);
        file().truncate(offset + Format.SECTOR_BYTES);
        release();
    }

    /** Closes the current segment without a seal. */
    void release() throws IOException {
        DiskFile open = file;
        file = null;
        isDirty = false;
        if (open != null) {
            open.close();
        }
    }

    private void begin(boolean isOrigin, int groupBytes, Source source) throws IOException {
        long previous = segments.isEmpty() ? 0 : segments.get(segments.size() - 1).id();
        create(
                new SegmentHeader(
                        nextId, logId, previous, 0, tail.lastIndex(), tail.lastTerm(), tail.lastChain(), 0, isOrigin),
                groupBytes,
                List.of(),
                source);
    }

    /**
     * Replaces the unsealed segment of an earlier run by a copy of its entries, forced, in a fresh one (fault.D10). The copy has the
     * old one's place: its base, and what came before.
     */
    void replace(SegmentHeader old, List<StoredEntry> entries) throws IOException {
        SegmentHeader fresh = new SegmentHeader(
                nextId,
                logId,
                old.previous(),
                old.id(),
                old.baseIndex(),
                old.baseTerm(),
                old.baseChain(),
                0,
                old.isOrigin());
        segments.removeIf(segment -> segment.id() == old.id());
        create(fresh, 0, entries, spare::takeReserve);
    }

    /** Lets the log start behind a snapshot. The names of the segments that are no longer part of it are returned. */
    List<String> restart(long index, long term) throws IOException {
        release();
        List<String> dropped = segments.stream().map(segment -> Names.segment(segment.id())).toList();
        segments.clear();
        tail.reset(index, term, Chain.start(index, term));
        hasStart = true;
        begin(false, 0, spare::takeReserve);
        return dropped;
    }

    private interface Source {
        DiskFile take(String temporary, int bytes) throws IOException;
    }

    private void create(SegmentHeader fresh, int groupBytes, List<StoredEntry> copied, Source source) throws IOException {
        nextId = fresh.id() + 1;
        List<List<StoredEntry>> parts = parts(copied);
        long needed = (long) SegmentHeader.BYTES + groupBytes + Format.SECTOR_BYTES;
        for (List<StoredEntry> part : parts) {
            needed += Group.spaceBytes(Group.sizeBytes(Group.recordsBytes(part)));
        }
        String name = Names.segment(fresh.id());
        file = source.take(name + Names.TEMPORARY, Math.toIntExact(needed));
        header = fresh.of(file().size());
        offset = SegmentHeader.BYTES;
        writeHeader(name + Names.TEMPORARY);
        groups = 0;
        for (List<StoredEntry> part : parts) {
            write(part);
        }
        file().force(true);
        isDirty = false;
        disk.rename(name + Names.TEMPORARY, name);
        disk.force();
        segments.add(new Segment(fresh.id(), fresh.baseIndex()));
        control.saveSegment(fresh.id());
    }

    /** Without room for a header there is no segment yet. */
    private void writeHeader(String temporary) throws IOException {
        ByteBuffer block = disk.buffer(SegmentHeader.BYTES);
        header().encode(block, crc);
        try {
            file().writeFully(block, 0);
        } catch (NoRoomException e) {
            release();
            disk.delete(temporary);
            throw e;
        }
    }

    private List<List<StoredEntry>> parts(List<StoredEntry> entries) {
        List<List<StoredEntry>> parts = new ArrayList<>();
        int from = 0;
        long bytes = 0;
        for (int at = 0; at < entries.size(); at++) {
            int record = Group.recordBytes(entries.get(at).payload().length());
            if (at > from && bytes + record > options.groupBytesMax()) {
                parts.add(entries.subList(from, at));
                from = at;
                bytes = 0;
            }
            bytes += record;
        }
        if (from < entries.size()) {
            parts.add(entries.subList(from, entries.size()));
        }
        return parts;
    }

    /**
     * Drops segments that hold nothing above an index, and tells their names. What a segment holds above the base of the next was
     * replaced later on.
     */
    List<String> compact(long throughIndex) {
        List<String> dropped = new ArrayList<>();
        while (segments.size() > 1 && segments.get(1).baseIndex() <= throughIndex) {
            dropped.add(Names.segment(segments.remove(0).id()));
        }
        return dropped;
    }

    private DiskFile file() {
        if (file == null) {
            throw new IllegalStateException("no segment is open");
        }
        return file;
    }

    private SegmentHeader header() {
        if (header == null) {
            throw new IllegalStateException("no segment is open");
        }
        return header;
    }
}

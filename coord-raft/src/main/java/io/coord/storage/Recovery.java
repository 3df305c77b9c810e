package io.coord.storage;

import io.coord.Bytes;
import io.coord.ensemble.spi.Storage.Damage;
import io.coord.ensemble.spi.Storage.Identity;
import io.coord.ensemble.spi.Storage.Recovered;
import io.coord.ensemble.spi.Storage.SnapshotImage;
import io.coord.ensemble.spi.Storage.StoredEntry;
import io.coord.ensemble.spi.Storage.Vote;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What happens when a directory is opened: it is read, judged, and brought into order.
 *
 * <p>Everything is judged before anything is changed, and every change may be cut short and begun again (inv.D-a).
 */
final class Recovery {

    private final Disk disk;
    private final Owner owner;
    private final Control control;
    private final Spare spare;
    private final Shelf shelf;
    private final Log log;
    private final Crc crc = new Crc();

    private final List<String> findings = new ArrayList<>();
    private final List<String> obsolete = new ArrayList<>();
    private final Replay replay = new Replay();
    private @Nullable String suspect;
    private final List<SnapshotImage> damaged = new ArrayList<>();
    private boolean isControlLost;
    private boolean logContinues;
    private boolean isHealedByPeers;
    /** Then nobody knows how far the log went. */
    private boolean isNewestGone;
    private final TreeMap<Long, DamagedException> wrecks = new TreeMap<>();
    private @Nullable DamagedException gap;
    private List<String> quarantined = List.of();

    Recovery(Disk disk, Owner owner, Control control, Spare spare, Shelf shelf, Log log) {
        this.disk = disk;
        this.owner = owner;
        this.control = control;
        this.spare = spare;
        this.shelf = shelf;
        this.log = log;
    }

    /** Lets damage that a peer's snapshot makes good not stop the start. */
    Recovery healedByPeers(boolean isHealed) {
        isHealedByPeers = isHealed;
        return this;
    }

    /** The files that a snapshot from a peer is to replace. */
    List<String> damagedFiles() {
        return quarantined;
    }

    Recovered run(int expectedMember) throws IOException {
        List<String> names = disk.list();
        if (!names.contains(Names.IDENTITY)) {
            return fresh(names);
        }
        readOwner(expectedMember);
        readControl(names);
        spare.find(names.contains(Names.SPARE));
        TreeMap<Long, SegmentHeader> segments = readHeaders(names);
        readSnapshots(names);
        List<SegmentHeader> line = List.of();
        SegmentReader last = null;
        Damage damage = null;
        try {
            line = line(segments);
            last = readLog(line);
            logContinues = continues(shelf.newest());
            checkFallback();
        } catch (DamagedException e) {
            if (!isHealedByPeers || isControlLost || isNewestGone) {
                throw e;
            }
            damage = new Damage(String.valueOf(e.getMessage()), ceiling(names, segments));
            line = List.of();
            last = null;
            logContinues = false;
        }
        // Judged; from here on the directory is changed.
        cleanUp(names.stream().filter(Names::isUnfinished).toList());
        if (damage != null && !isOvertaken(damage)) {
            quarantined = names.stream().filter(Names::isSegment).toList();
            return new Recovered(identity(), control.vote(), null, List.of(), List.of(), suspect, findings, damage);
        }
        confirm(line);
        bringIntoOrder(line, last, segments);
        obsolete.addAll(wrecks.keySet().stream().map(Names::segment).toList());
        if (shelf.hasEnough()) {
            obsolete.addAll(names.stream().filter(Names::isQuarantined).toList());
        }
        cleanUp(obsolete);
        return recovered();
    }

    /** Whether the snapshot stands for all that the damaged log can have held: a peer's, which a crash kept from being installed. */
    private boolean isOvertaken(Damage damage) {
        SnapshotImage snapshot = shelf.newest();
        return snapshot != null && snapshot.index() >= damage.atLeast();
    }

    /** No index above this one was ever reported as written and is still in force. */
    private long ceiling(List<String> names, TreeMap<Long, SegmentHeader> segments) throws IOException {
        long highest = 0;
        for (SegmentHeader header : segments.values()) {
            highest = Math.max(highest, header.baseIndex());
        }
        for (String name : names) {
            if (Names.isSnapshot(name)) {
                highest = Math.max(highest, Names.snapshotIndex(name));
            }
        }
        List<String> logs = names.stream().filter(Names::isSegment).sorted().toList();
        for (String name : logs) {
            boolean isNewest = name.equals(logs.get(logs.size() - 1));
            long id = Names.segmentId(name);
            highest = new Ceiling(disk, owner.logId()).of(id, segments.get(id), isNewest, highest);
        }
        return highest;
    }

    /** Nothing was ever forced here, or something is gone that must be there. */
    private Recovered fresh(List<String> names) throws IOException {
        for (String name : names) {
            if (Names.isSegment(name) || Names.isSnapshot(name)) {
                throw Trouble.noIdentity(disk.place(Names.IDENTITY), disk.place(name));
            }
        }
        List<String> strangers = Names.strangers(names);
        if (!strangers.isEmpty()) {
            throw Trouble.notOurs(disk.place(), strangers);
        }
        cleanUp(names.stream().filter(Names::isUnfinished).toList());
        spare.find(names.contains(Names.SPARE));
        return new Recovered(null, null, null, List.of(), List.of(), null, findings);
    }

    private void readOwner(int expectedMember) throws IOException {
        if (!owner.read()) {
            throw Trouble.damaged(disk.place(Names.IDENTITY), 0, "neither of its two copies is whole");
        }
        Identity identity = identity();
        if (expectedMember != 0 && identity.member() != expectedMember) {
            throw Trouble.otherMember(disk.place(), identity.member(), expectedMember, identity.clusterId());
        }
        log.belongsTo(owner.logId());
        shelf.belongsTo(identity.clusterId());
        noteBadCopies(owner.copiesBad(), Names.IDENTITY);
    }

    private Identity identity() {
        Identity identity = owner.identity();
        if (identity == null) {
            throw new IllegalStateException("the identity has not been read");
        }
        return identity;
    }

    /** Without its control file a member does not know for whom it voted, and never says it voted for nobody (fault.D8). */
    private void readControl(List<String> names) throws IOException {
        isControlLost = !names.contains(Names.CONTROL) || !control.read();
        if (isControlLost) {
            suspect = disk.place(Names.CONTROL) + " is lost: term and vote are forgotten";
            findings.add(suspect);
        } else if (control.hasForgotten()) {
            suspect = "term and vote were forgotten in an earlier run, and the member has not rejoined since";
        } else {
            noteBadCopies(control.copiesBad(), Names.CONTROL);
        }
    }

    private void noteBadCopies(int count, String name) {
        if (count > 0) {
            findings.add("one copy of " + disk.place(name) + " was not whole; it was written again from the other");
        }
    }

    private TreeMap<Long, SegmentHeader> readHeaders(List<String> names) throws IOException {
        TreeMap<Long, SegmentHeader> headers = new TreeMap<>();
        ByteBuffer block = disk.buffer(SegmentHeader.BYTES);
        for (String name : names) {
            if (Names.isSegment(name)) {
                log.skipIds(Names.segmentId(name));
                try {
                    SegmentHeader header = readHeader(name, block);
                    headers.put(header.id(), header);
                } catch (DamagedException e) {
                    wrecks.put(Names.segmentId(name), e);
                }
            }
        }
        return headers;
    }

    private SegmentHeader readHeader(String name, ByteBuffer block) throws IOException {
        String place = disk.place(name);
        block.clear();
        try (DiskFile file = disk.open(name)) {
            file.readSurely(block, 0, place);
        }
        SegmentHeader header = SegmentHeader.decode(block.flip(), crc, place);
        if (header == null) {
            throw Trouble.damaged(place, 0, "the header does not match its check");
        }
        if (header.logId() != owner.logId()) {
            throw Trouble.foreignFile(place, "it is of log " + Trouble.hex(header.logId()) + ", this is log "
                    + Trouble.hex(owner.logId()));
        }
        if (header.id() != Names.segmentId(name)) {
            throw Trouble.damaged(place, 0, "it is segment " + header.id() + " under another name");
        }
        return header;
    }

    /** Puts the valid snapshots on the shelf. */
    private void readSnapshots(List<String> names) throws IOException {
        List<String> snapshots = new ArrayList<>(names.stream().filter(Names::isSnapshot).toList());
        snapshots.sort(Comparator.comparingLong(Names::snapshotIndex)
                .thenComparingLong(Names::snapshotTerm)
                .reversed());
        for (String name : snapshots) {
            if (shelf.newest() == null) {
                readNewest(name);
            } else {
                readOlder(name);
            }
        }
    }

    private void readNewest(String name) throws IOException {
        try (SnapshotFile.Reader reader = open(name)) {
            reader.verify();
            shelf.add(reader.image());
        } catch (DamagedException e) {
            findings.add(e.getMessage());
            shelf.discard(name);
            damaged.add(new SnapshotImage(Names.snapshotIndex(name), Names.snapshotTerm(name), 0, 0, Bytes.EMPTY, 0, 0));
        }
    }

    /** Of an older one the header is enough for now; its content is verified in the background. */
    private void readOlder(String name) throws IOException {
        try (SnapshotFile.Reader reader = open(name)) {
            shelf.add(reader.image());
        } catch (DamagedException e) {
            findings.add(e.getMessage());
            shelf.discard(name);
        }
    }

    private SnapshotFile.Reader open(String name) throws IOException {
        SnapshotFile.Reader reader = new SnapshotFile.Reader(disk, name, shelf.clusterId());
        SnapshotImage image = reader.image();
        if (image.index() != Names.snapshotIndex(name) || image.term() != Names.snapshotTerm(name)) {
            reader.close();
            throw Trouble.damaged(disk.place(name), 0, "it is the snapshot of " + Trouble.hex(image.index()) + " of term "
                    + image.term() + " under another name");
        }
        return reader;
    }

    /**
     * The segments that make up the log, oldest first: the newest, the one it names as its predecessor, and so on. Others are left
     * over from a deletion that a crash undid (fault.D14).
     */
    private List<SegmentHeader> line(TreeMap<Long, SegmentHeader> segments) throws IOException {
        List<SegmentHeader> line = new ArrayList<>();
        long newest = Math.max(segments.isEmpty() ? 0 : segments.lastKey(), wrecks.isEmpty() ? 0 : wrecks.lastKey());
        if (wrecks.containsKey(newest)) {
            throw wrecks.get(newest);
        }
        isNewestGone = newest < control.segment();
        if (isNewestGone) {
            throw Trouble.missing(disk.place(Names.segment(control.segment())), "the newest segment of the log was forced");
        }
        for (SegmentHeader header = segments.get(newest); header != null; header = segments.get(header.previous())) {
            line.add(0, header);
        }
        gap = line.isEmpty() ? null : wrecks.get(line.get(0).previous());
        return line;
    }

    /** Reads the segments that hold what is behind the snapshot; what is older matters only if the snapshot is lost. */
    private @Nullable SegmentReader readLog(List<SegmentHeader> line) throws IOException {
        SnapshotImage snapshot = shelf.newest();
        int from = 0;
        for (int at = 0; at < line.size() && snapshot != null; at++) {
            if (line.get(at).baseIndex() <= snapshot.index()) {
                from = at;
            }
        }
        SegmentReader reader = null;
        for (SegmentHeader header : line.subList(from, line.size())) {
            if (reader != null && !reader.isSealed()) {
                throw Trouble.damaged(disk.place(Names.segment(header.previous())), reader.offset(),
                        "it has no seal, though segment " + header.id() + " was begun after it had been sealed");
            }
            try (DiskFile file = disk.open(Names.segment(header.id()))) {
                reader = new SegmentReader(disk, file, header, replay);
                reader.read();
            }
        }
        if (reader != null) {
            checkStart(line.get(from));
            noteTorn(reader, line.get(line.size() - 1));
        }
        return reader;
    }

    /** The log must begin where the snapshot ends, or at the origin: otherwise entries between them are gone. */
    private void checkStart(SegmentHeader first) throws IOException {
        SnapshotImage snapshot = shelf.newest();
        long start = replay.tail().startIndex();
        if (gap != null && (snapshot == null || start > snapshot.index())) {
            throw gap;
        }
        if (!damaged.isEmpty() && (snapshot == null ? !first.isOrigin() : start > snapshot.index())) {
            throw unreplaceable(damaged.get(0));
        }
        if (snapshot == null && !first.isOrigin()) {
            throw Trouble.missing(disk.place(Names.snapshot(start, replay.tail().termAt(start))),
                    "the log begins behind " + Trouble.hex(start) + ", and no valid snapshot holds what was before");
        }
        if (snapshot != null && start > snapshot.index()) {
            throw Trouble.missing(disk.place(Names.segment(first.previous())),
                    "the snapshot ends at " + Trouble.hex(snapshot.index()) + ", the log begins behind " + Trouble.hex(start));
        }
    }

    private void noteTorn(SegmentReader reader, SegmentHeader last) {
        if (reader.isTorn()) {
            findings.add("the end of " + disk.place(Names.segment(last.id())) + " from offset " + reader.offset()
                    + " on was torn by a crash, never reported as written, and left out");
        }
    }

    /** A damaged snapshot may be passed over only if the log leads from the one before it to its index (fault.D9). */
    private void checkFallback() throws IOException {
        for (SnapshotImage lost : damaged) {
            if (!logContinues
                    || !replay.tail().has(lost.index())
                    || replay.tail().termAt(lost.index()) != lost.term()) {
                throw unreplaceable(lost);
            }
        }
    }

    private IOException unreplaceable(SnapshotImage lost) {
        return Trouble.damaged(
                disk.place(Names.snapshot(lost.index(), lost.term())),
                0,
                "its content is not whole, and no older snapshot with the log behind it leads to " + Trouble.hex(lost.index()));
    }

    /** Writes and forces again what a failed force may have left in the cache only (fault.D10). */
    private void confirm(List<SegmentHeader> line) throws IOException {
        owner.repair();
        if (isControlLost) {
            long newest = line.isEmpty() ? 0 : line.get(line.size() - 1).id();
            control.remakeForgotten(new Vote(highestTerm(), 0, 0), newest);
        } else {
            control.confirm();
        }
        disk.force();
    }

    private long highestTerm() {
        SnapshotImage snapshot = shelf.newest();
        long term = snapshot == null ? 0 : snapshot.term();
        for (StoredEntry entry : replay.entries()) {
            term = Math.max(term, entry.term());
        }
        return term;
    }

    private void bringIntoOrder(List<SegmentHeader> line, @Nullable SegmentReader last, TreeMap<Long, SegmentHeader> all)
            throws IOException {
        for (SegmentHeader header : all.values()) {
            if (!line.contains(header)) {
                obsolete.add(Names.segment(header.id()));
            }
        }
        SnapshotImage snapshot = shelf.newest();
        if (last != null) {
            log.resume(line.stream().map(at -> new Log.Segment(at.id(), at.baseIndex())).toList(), replay.tail());
        }
        if (snapshot != null && !logContinues) {
            obsolete.addAll(log.restart(snapshot.index(), snapshot.term()));
        } else if (last != null && last.isSealed()) {
            confirmSeal(line.get(line.size() - 1), last);
        } else if (last != null) {
            SegmentHeader open = line.get(line.size() - 1);
            log.replace(open, replay.entriesOfLastSegment());
            obsolete.add(Names.segment(open.id()));
        }
    }

    /**
     * Whether the log goes on behind the snapshot. If it ends before, or has another entry at its index, a snapshot from a peer was
     * being installed: it holds what is committed, so that nothing the log has beyond a different entry can be (log matching).
     */
    private boolean continues(@Nullable SnapshotImage snapshot) {
        return snapshot == null || replay.tail().has(snapshot.index()) && replay.tail().termAt(snapshot.index()) == snapshot.term();
    }

    /** A seal whose force failed may be in the cache only; behind it, a new segment will trust it. */
    private void confirmSeal(SegmentHeader header, SegmentReader reader) throws IOException {
        try (DiskFile file = disk.open(Names.segment(header.id()))) {
            ByteBuffer sector = disk.buffer(Format.SECTOR_BYTES);
            file.readFully(sector, reader.offset());
            file.writeFully(sector.flip(), reader.offset());
            file.force(true);
        }
    }

    private void cleanUp(List<String> names) throws IOException {
        for (String name : names) {
            disk.delete(name);
        }
        if (!names.isEmpty()) {
            disk.force();
        }
    }

    private Recovered recovered() {
        SnapshotImage snapshot = shelf.newest();
        return new Recovered(
                identity(),
                control.vote(),
                snapshot,
                snapshot == null ? List.of() : shelf.records(snapshot),
                entriesBehind(snapshot),
                suspect,
                findings);
    }

    private List<StoredEntry> entriesBehind(@Nullable SnapshotImage snapshot) {
        if (!logContinues) {
            return List.of();
        }
        int skipped = snapshot == null ? 0 : (int) (snapshot.index() - firstIndex() + 1);
        return List.copyOf(replay.entries().subList(skipped, replay.entries().size()));
    }

    private long firstIndex() {
        return replay.tail().lastIndex() - replay.entries().size() + 1;
    }
}

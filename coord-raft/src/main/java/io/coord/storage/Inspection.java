package io.coord.storage;

import io.coord.ensemble.spi.Storage.Identity;
import io.coord.ensemble.spi.Storage.SnapshotImage;
import io.coord.ensemble.spi.Storage.StoredEntry;
import io.coord.ensemble.spi.Storage.Vote;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Looks at a data directory file by file, every byte of it that is checked, and changes nothing. */
public final class Inspection {

    private final Disk disk;
    private final Crc crc = new Crc();
    private final List<String> contents = new ArrayList<>();
    private final List<String> findings = new ArrayList<>();
    /** Of the identity; 0 if that is not known, and then all files pass for its own. */
    private long logId;
    private long clusterId;

    private Inspection(Disk disk) {
        this.disk = disk;
    }

    /**
     * What a directory holds.
     *
     * @param contents a line for each file
     * @param findings a sentence for each thing that is wrong; empty if all of it is whole
     */
    public record Result(List<String> contents, List<String> findings) {}

    /**
     * Looks at a member's data directory. Costs a read of all of it.
     *
     * @throws IOException if it cannot be listed
     */
    public static Result of(Path directory) throws IOException {
        Inspection inspection = new Inspection(new ReadOnlyDisk(directory));
        inspection.look();
        return new Result(List.copyOf(inspection.contents), List.copyOf(inspection.findings));
    }

    private void look() throws IOException {
        List<String> names = disk.list();
        if (!names.contains(Names.IDENTITY)) {
            findings.add("there is no identity: this is no member's directory, or it was never used");
        } else {
            guarded(this::identity);
        }
        if (names.contains(Names.CONTROL)) {
            guarded(this::control);
        } else if (names.contains(Names.IDENTITY)) {
            findings.add("there is no control file: term and vote are forgotten");
        }
        for (String name : names) {
            if (Names.isSegment(name)) {
                guarded(() -> segment(name));
            } else if (Names.isSnapshot(name)) {
                guarded(() -> snapshot(name));
            } else if (name.equals(Names.SPARE) || Names.isUnfinished(name) || Names.isQuarantined(name)) {
                contents.add(name + ": " + size(name) + " bytes, no part of what the member remembers");
            }
        }
    }

    private interface Look {
        void look() throws IOException;
    }

    private void guarded(Look look) {
        try {
            look.look();
        } catch (IOException e) {
            findings.add(Trouble.reason(e));
        }
    }

    private long size(String name) throws IOException {
        try (DiskFile file = disk.open(name)) {
            return file.size();
        }
    }

    private void identity() throws IOException {
        Owner owner = new Owner(disk);
        boolean isWhole = owner.read();
        Identity found = owner.identity();
        if (!isWhole || found == null) {
            throw Trouble.damaged(disk.place(Names.IDENTITY), 0, "neither of its two copies is whole");
        }
        clusterId = found.clusterId();
        logId = owner.logId();
        contents.add("identity: member " + found.member() + " of cluster " + Trouble.hex(found.clusterId()) + ", incarnation "
                + found.incarnation());
        noteBadCopies(owner.copiesBad(), Names.IDENTITY);
    }

    private void control() throws IOException {
        Control control = new Control(disk);
        if (!control.read()) {
            throw Trouble.damaged(disk.place(Names.CONTROL), 0, "neither of its two copies is whole");
        }
        Vote vote = control.vote();
        contents.add("control: "
                + (vote == null ? "no term yet" : "term " + vote.term() + ", vote for "
                        + (vote.voteMember() == 0 ? "nobody" : "member " + vote.voteMember()))
                + ", newest segment " + control.segment() + (control.hasForgotten() ? ", votes were once forgotten" : ""));
        noteBadCopies(control.copiesBad(), Names.CONTROL);
    }

    private void noteBadCopies(int count, String name) {
        if (count > 0) {
            findings.add("one of two copies of " + disk.place(name) + " is not whole; the other is, and mends it at the next start");
        }
    }

    private void segment(String name) throws IOException {
        String place = disk.place(name);
        Replay replay = new Replay();
        SegmentReader reader = null;
        SegmentHeader header;
        try (DiskFile file = disk.open(name)) {
            ByteBuffer block = disk.buffer(SegmentHeader.BYTES);
            file.readSurely(block, 0, place);
            header = SegmentHeader.decode(block.flip(), crc, place);
            if (header == null) {
                throw Trouble.damaged(place, 0, "the header does not match its check");
            }
            if (logId != 0 && header.logId() != logId) {
                throw Trouble.foreignFile(place, "it is of log " + Trouble.hex(header.logId()));
            }
            reader = new SegmentReader(disk, file, header, replay);
            reader.read();
        } finally {
            contents.add(name + ": " + size(name) + " bytes, " + (reader == null ? "not readable" : words(reader, replay)));
        }
    }

    private static String words(SegmentReader reader, Replay replay) {
        List<StoredEntry> entries = replay.entries();
        String range = entries.isEmpty()
                ? "no entries behind " + Trouble.hex(replay.tail().startIndex())
                : "entries " + Trouble.hex(entries.get(0).index()) + " to " + Trouble.hex(replay.tail().lastIndex()) + " of terms "
                        + entries.get(0).term() + " to " + replay.tail().lastTerm();
        return reader.groups() + " groups, " + range + (reader.isSealed() ? ", sealed" : ", open")
                + (reader.isTorn() ? ", its end torn by a crash" : "");
    }

    private void snapshot(String name) throws IOException {
        SnapshotImage image = null;
        try (SnapshotFile.Reader reader = new SnapshotFile.Reader(disk, name, found -> clusterId == 0 || found == clusterId)) {
            image = reader.image();
            reader.verify();
        } finally {
            contents.add(name + ": " + size(name) + " bytes, " + words(image));
        }
    }

    private static String words(@Nullable SnapshotImage image) {
        return image == null
                ? "not readable"
                : "index " + Trouble.hex(image.index()) + " of term " + image.term() + ", content of " + image.sizeBytes()
                        + " bytes with digest " + Trouble.hex(image.digest());
    }
}

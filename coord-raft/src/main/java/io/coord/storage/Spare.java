package io.coord.storage;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * The next segment, laid down before it is needed: the log's lane does not wait for it.
 *
 * <p>It is the reserve as well: where there is no room to lay down another, the log leaves it alone while it runs. What is written at a
 * start, copies of what the log ends with, finds its place in it, so that a full disk keeps no member from starting (fault.D11).
 *
 * <p>Prepared on the background lane, taken by the log's.
 */
final class Spare {

    /** It takes an eighth of what background work may: a log fast enough to outrun it needs the disk for itself. */
    private static final int SHARE = 8;

    private static final int STEP_BYTES = 1 << 20;

    /**
     * A log that has outrun its spare gets a file so many times as long: to change files costs it three forces and a directory's, and it
     * will be there again soon.
     */
    private static final int OUTRUN_TIMES = 4;

    /** And no longer than this, or than a segment if that is longer: what a start copies, and what is compacted at once, is a file. */
    private static final int OUTRUN_BYTES_MAX = 64 << 20;

    private final Disk disk;
    private final int segmentBytes;
    private final Pace pace;
    private boolean isReady;
    private boolean isPreparing;

    Spare(Disk disk, int segmentBytes, Pace pace) {
        this.disk = disk;
        this.segmentBytes = segmentBytes;
        this.pace = pace;
    }

    /** Whether a spare is left from an earlier run; one of another size is deleted. */
    synchronized void find(boolean isListed) throws IOException {
        if (isListed) {
            try (DiskFile file = disk.open(Names.SPARE)) {
                isReady = file.size() == segmentBytes;
            }
            if (!isReady) {
                disk.delete(Names.SPARE);
            }
        }
    }

    /** Whether there is none, and none on its way: to ask costs less than to wake another thread behind each write. */
    synchronized boolean isWanted() {
        return !isReady && !isPreparing;
    }

    /** Lays one down if there is none, and room for it. Without that it is no failure yet: the log has the rest of its segment. */
    void prepare() {
        if (!begin()) {
            return;
        }
        boolean isDone = false;
        try {
            if (disk.usableBytes() < segmentBytes) {
                return;
            }
            String temporary = Names.SPARE + Names.TEMPORARY;
            try (DiskFile file = disk.create(temporary)) {
                layDown(file);
                file.force(true);
            }
            disk.rename(temporary, Names.SPARE);
            disk.force();
            isDone = true;
        } catch (IOException e) {
            discard();
        } finally {
            end(isDone);
        }
    }

    private void discard() {
        try {
            disk.delete(Names.SPARE + Names.TEMPORARY);
        } catch (IOException e) {
            // What is left over is deleted when the directory is opened again.
        }
    }

    private synchronized boolean begin() {
        if (isReady || isPreparing) {
            return false;
        }
        isPreparing = true;
        return true;
    }

    private synchronized void end(boolean isDone) {
        isPreparing = false;
        isReady = isDone;
    }

    private synchronized boolean takesSpare(int bytes) {
        boolean isTaken = isReady && bytes <= segmentBytes;
        isReady &= !isTaken;
        return isTaken;
    }

    /** The file for a log that starts: as {@link #take}, but the spare in any case. */
    DiskFile takeReserve(String temporary, int bytes) throws IOException {
        return takesSpare(bytes) ? taken(temporary) : sparse(temporary, Math.max(bytes, segmentBytes));
    }

    /**
     * A file of zeros under a temporary name: the spare, forced; or, where the log has outrun it, a longer file that has holes for
     * zeros, not yet forced. Its blocks are found when they are written, so that it may meet a full disk later on, where it would
     * have cost the log its turn now. The spare's old name is gone for good before anything is written to it, or a crash could leave a
     * spare that is not zeros.
     */
    DiskFile take(String temporary, int bytes) throws IOException {
        return take(temporary, bytes, outrunBytes());
    }

    /** As {@link #take}, for a log that has outrun nothing yet. */
    DiskFile takeFirst(String temporary, int bytes) throws IOException {
        return take(temporary, bytes, segmentBytes);
    }

    private DiskFile take(String temporary, int bytes, int bytesWithoutSpare) throws IOException {
        long usable = disk.usableBytes();
        if (usable >= segmentBytes && takesSpare(bytes)) {
            return taken(temporary);
        }
        return sparse(temporary, Math.max(bytes, usable >= bytesWithoutSpare ? bytesWithoutSpare : segmentBytes));
    }

    private int outrunBytes() {
        return Math.max(segmentBytes, (int) Math.min((long) segmentBytes * OUTRUN_TIMES, OUTRUN_BYTES_MAX));
    }

    private DiskFile taken(String temporary) throws IOException {
        disk.rename(Names.SPARE, temporary);
        disk.force();
        return disk.open(temporary);
    }

    private DiskFile sparse(String temporary, int bytes) throws IOException {
        DiskFile file = disk.create(temporary);
        try {
            file.writeFully(disk.buffer(1), bytes - 1);
            return file;
        } catch (IOException e) {
            file.close();
            disk.delete(temporary);
            if (e instanceof NoRoomException) {
                throw e;
            }
            throw Trouble.noSpare(disk.place(), e);
        }
    }

    private void layDown(DiskFile file) throws IOException {
        ByteBuffer zeros = disk.buffer(Math.min(segmentBytes, STEP_BYTES));
        for (int offset = 0; offset < segmentBytes; offset += zeros.capacity()) {
            zeros.clear().limit(Math.min(zeros.capacity(), segmentBytes - offset));
            file.writeFully(zeros, offset);
            pace.step(file, zeros.limit() * SHARE);
        }
    }
}

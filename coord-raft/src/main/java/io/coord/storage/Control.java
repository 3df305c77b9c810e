package io.coord.storage;

import io.coord.ensemble.spi.Storage.Vote;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The control file: term and vote, the newest segment that must exist, and whether votes were once forgotten.
 *
 * <p>The segment's number is here so that a log whose last file vanished does not pass for a shorter log.
 */
final class Control implements Closeable {

    private static final long MAGIC = 0x434f5244_4354524cL;
    private static final int BODY_BYTES = 32;
    private static final int FORGOT = 1;
    private static final int HAS_VOTE = 2;

    private final TwinFile file;
    private @Nullable Vote vote;
    private long segment;
    private boolean hasForgotten;

    Control(Disk disk) {
        this.file = new TwinFile(disk, Names.CONTROL, MAGIC);
    }

    /** Reads the file; false if no copy of it is whole. */
    boolean read() throws IOException {
        ByteBuffer body = file.read();
        if (body == null) {
            return false;
        }
        Vote read = new Vote(body.getLong(), body.getInt(), body.getLong());
        segment = body.getLong();
        int flags = body.getInt();
        hasForgotten = (flags & FORGOT) != 0;
        vote = (flags & HAS_VOTE) != 0 ? read : null;
        return true;
    }

    /** Makes the file: nothing voted, no log. */
    void make() throws IOException {
        file.make(body());
    }

    /** Makes the file anew after both copies were lost; what it held is unknown, and stays so. */
    void remakeForgotten(Vote atLeast, long segmentFound) throws IOException {
        hasForgotten = true;
        vote = atLeast;
        segment = segmentFound;
        file.make(body());
    }

    /** Writes and forces again what was read: a cache may show what the disk does not hold (fault.D10). */
    void confirm() throws IOException {
        file.save(body());
    }

    void save(Vote newVote) throws IOException {
        if (!newVote.equals(vote)) {
            vote = newVote;
            file.save(body());
        }
    }

    void saveSegment(long newest) throws IOException {
        segment = newest;
        file.save(body());
    }

    /** The member has rejoined as a new incarnation: what the old one forgot no longer counts. */
    void forgive() throws IOException {
        hasForgotten = false;
        file.save(body());
    }

    @Nullable Vote vote() {
        return vote;
    }

    long segment() {
        return segment;
    }

    boolean hasForgotten() {
        return hasForgotten;
    }

    int copiesBad() {
        return file.copiesBad();
    }

    @Override
    public void close() throws IOException {
        file.close();
    }

    private ByteBuffer body() {
        Vote known = vote == null ? new Vote(0, 0, 0) : vote;
        int flags = (hasForgotten ? FORGOT : 0) | (vote != null ? HAS_VOTE : 0);
        return ByteBuffer.allocate(BODY_BYTES)
                .putLong(known.term())
                .putInt(known.voteMember())
                .putLong(known.voteIncarnation())
                .putLong(segment)
                .putInt(flags)
                .flip();
    }
}

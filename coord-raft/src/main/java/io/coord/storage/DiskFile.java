package io.coord.storage;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;

/** An open file of a {@link Disk}. */
public interface DiskFile extends Closeable {

    /**
     * Writes some of the remaining bytes, perhaps fewer than all (fault.D3), and tells how many.
     *
     * @throws NoRoomException if there is no room for any
     */
    int write(ByteBuffer from, long offset) throws IOException;

    /** Reads some bytes, perhaps fewer than asked for, and tells how many; -1 at the end. */
    int read(ByteBuffer to, long offset) throws IOException;

    /** The length. */
    long size() throws IOException;

    /** Cuts the file to a length. */
    void truncate(long sizeBytes) throws IOException;

    /** Makes the content durable, and the length as far as the content needs it; {@code metadata}: all else too. */
    void force(boolean metadata) throws IOException;

    /** Writes all remaining bytes: the one place where short writes are made whole. */
    default void writeFully(ByteBuffer from, long offset) throws IOException {
        long at = offset;
        while (from.hasRemaining()) {
            int count = write(from, at);
            if (count <= 0) {
                throw new IOException("the disk took " + count + " of " + from.remaining() + " bytes at offset " + at);
            }
            at += count;
        }
    }

    /**
     * Reads like {@link #readFully}; what the disk does not give back, though the file can be reached, is damage (fault.D12).
     *
     * @param place of the file, for a person
     */
    default int readSurely(ByteBuffer to, long offset, String place) throws IOException {
        try {
            return readFully(to, offset);
        } catch (IOException e) {
            size(); // fails if the file is closed, or the disk gone: then nothing is known of what is stored
            throw Trouble.damaged(place, offset, "it cannot be read: " + Trouble.reason(e));
        }
    }

    /** Reads until the buffer is full or the file ends, and tells how many bytes that were. */
    default int readFully(ByteBuffer to, long offset) throws IOException {
        int start = to.position();
        while (to.hasRemaining()) {
            int count = read(to, offset + to.position() - start);
            if (count < 0) {
                break;
            }
        }
        return to.position() - start;
    }
}

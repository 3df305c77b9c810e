package io.coord.storage;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A small record kept in two copies, each in blocks of its own and forced before the other is touched: whatever is torn or rots,
 * one copy is whole (fault.D8). Copies are numbered; the higher number is the newer. Each copy takes half of the file.
 */
final class TwinFile implements Closeable {

    private static final int COPIES = 2;
    private static final int BYTES_MAX = 1 << 20;
    private static final int CHECK_AT = Format.PREAMBLE_BYTES;
    private static final int LENGTH_AT = CHECK_AT + 4;
    private static final int NUMBER_AT = LENGTH_AT + 4;
    private static final int BODY_AT = NUMBER_AT + 8;

    private final Disk disk;
    private final String name;
    private final long magic;
    private final Crc crc = new Crc();
    /** Kept open from the first save on: a vote must not fail for want of a file descriptor (fault.C12). */
    private @Nullable DiskFile open;

    private long number;
    private int copiesBad;

    TwinFile(Disk disk, String name, long magic) {
        this.disk = disk;
        this.name = name;
        this.magic = magic;
    }

    /** The newest whole copy's body; null if there is none. */
    @Nullable ByteBuffer read() throws IOException {
        ByteBuffer found = null;
        try (DiskFile file = disk.open(name)) {
            int half = (int) Math.min(file.size() / COPIES, BYTES_MAX);
            ByteBuffer copy = ByteBuffer.allocate(half);
            for (int which = 0; which < COPIES; which++) {
                file.readFully(copy.clear(), (long) which * half);
                if (!isWhole(copy.flip())) {
                    copiesBad++;
                } else if (found == null || copy.getLong(NUMBER_AT) > number) {
                    number = copy.getLong(NUMBER_AT);
                    found = ByteBuffer.allocate(copy.getInt(LENGTH_AT));
                    found.put(copy.position(BODY_AT).limit(BODY_AT + found.capacity())).flip();
                }
            }
        }
        return found;
    }

    /** How many copies {@link #read} found torn or rotten. */
    int copiesBad() {
        return copiesBad;
    }

    private boolean isWhole(ByteBuffer copy) throws IOException {
        if (copy.limit() < BODY_AT || !Format.hasPreamble(copy, 0, magic, crc, disk.place(name))) {
            return false;
        }
        int length = copy.getInt(LENGTH_AT);
        return length >= 0
                && length <= copy.limit() - BODY_AT
                && copy.getInt(CHECK_AT) == crc.of(copy, LENGTH_AT, BODY_AT - LENGTH_AT + length);
    }

    /** Makes the file with its first record, under a temporary name first, so that it is never seen half made. */
    void make(ByteBuffer body) throws IOException {
        close();
        String temporary = name + Names.TEMPORARY;
        number++;
        ByteBuffer copy = encode(body);
        try (DiskFile file = disk.create(temporary)) {
            for (int which = 0; which < COPIES; which++) {
                file.writeFully(copy.clear(), (long) which * copy.capacity());
            }
            file.force(true);
        }
        disk.rename(temporary, name);
        disk.force();
    }

    /** Writes a record of the same size over both copies, the second only after the first is forced. */
    void save(ByteBuffer body) throws IOException {
        number++;
        ByteBuffer copy = encode(body);
        DiskFile file = open == null ? disk.open(name) : open;
        open = file;
        try {
            for (int which = 0; which < COPIES; which++) {
                file.writeFully(copy.clear(), (long) which * copy.capacity());
                file.force(false);
            }
        } catch (NoRoomException e) {
            throw new IOException("there is no room to write " + name + " over itself: " + e.getMessage(), e);
        }
    }

    @Override
    public void close() throws IOException {
        DiskFile file = open;
        open = null;
        if (file != null) {
            file.close();
        }
    }

    private ByteBuffer encode(ByteBuffer body) {
        int length = body.remaining();
        int blocks = (BODY_AT + length + Format.BLOCK_BYTES - 1) / Format.BLOCK_BYTES;
        ByteBuffer copy = disk.buffer(blocks * Format.BLOCK_BYTES);
        Format.putPreamble(copy, magic, crc);
        copy.putInt(0).putInt(length).putLong(number).put(body);
        copy.putInt(CHECK_AT, crc.of(copy, LENGTH_AT, BODY_AT - LENGTH_AT + length));
        return copy;
    }
}

package io.coord.netty.zkfiles;

import io.coord.netty.zkfiles.ZooKeeperFiles.Named;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.zip.Adler32;
import org.jspecify.annotations.Nullable;

/**
 * Reads one of ZooKeeper's logs, transaction by transaction: each has a sum, a length, its bytes and a closing {@code B}.
 *
 * <p>Space is laid down in advance, filled with zeros, and a crash may leave a transaction in part; ZooKeeper takes either for the
 * end. So does this, but only if no whole transaction is found behind: then it was no crash, but damage.
 */
final class LogReader implements Closeable {

    private static final int MAGIC = 'Z' << 24 | 'K' << 16 | 'L' << 8 | 'G';
    private static final int VERSION = 2;
    private static final int HEADER_BYTES = 16;
    private static final int FRAME_BYTES = 8 + 4;
    private static final int BLOCK_BYTES = 64 << 10;
    /** What a transaction has before its body. */
    private static final int HEAD_BYTES = 8 + 4 + 8 + 8 + 4;

    private final Named file;
    private final long size;
    private final InputStream stream;
    private final JuteInput in;
    private final Adler32 sum = new Adler32();
    private boolean isTorn;
    private long end;

    LogReader(Named file) throws IOException {
        this.file = file;
        this.size = Files.size(file.path());
        this.stream = Files.newInputStream(file.path());
        this.in = new JuteInput(stream);
        boolean isDone = false;
        try {
            readHeader();
            isDone = true;
        } finally {
            if (!isDone) {
                stream.close();
            }
        }
    }

    private void readHeader() throws IOException {
        if (size < HEADER_BYTES) {
            isTorn = size > 0;
            return;
        }
        int magic = in.int32();
        int version = in.int32();
        in.int64(); // the database id
        if (magic == 0 && version == 0 && isZeroFrom(0)) {
            isTorn = true;
        } else if (magic != MAGIC || version != VERSION) {
            throw ZooKeeperFiles.damaged(file.path(), 0, "no header of a log of format version " + VERSION);
        }
    }

    /** The next transaction, or null at the end. */
    @Nullable Transaction next() throws IOException {
        if (isTorn || size < HEADER_BYTES) {
            return null;
        }
        long start = in.position();
        end = start;
        byte[] bytes = frame(start);
        if (bytes == null) {
            return null;
        }
        try {
            return new Transaction(bytes);
        } catch (JuteException | EOFException e) {
            throw ZooKeeperFiles.damaged(file.path(), start, String.valueOf(e.getMessage()));
        }
    }

    /** The bytes of the next transaction, or null at the end. */
    private byte @Nullable [] frame(long start) throws IOException {
        if (in.isAtEnd()) {
            return null;
        }
        long said;
        byte[] bytes;
        try {
            said = in.int64();
            bytes = in.buffer();
            if (bytes != null && bytes.length > 0 && in.octet() != 'B') {
                bytes = null;
            }
        } catch (JuteException | EOFException e) {
            return torn(start);
        }
        if (bytes == null || bytes.length == 0) {
            return torn(start);
        }
        sum.reset();
        sum.update(bytes);
        if (sum.getValue() != said) {
            throw ZooKeeperFiles.damaged(file.path(), start, "a transaction of " + bytes.length + " bytes comes to the sum "
                    + Long.toHexString(sum.getValue()) + ", not " + Long.toHexString(said));
        }
        return bytes;
    }

    private byte @Nullable [] torn(long start) throws IOException {
        if (isZeroFrom(start)) {
            return null; // space laid down in advance
        }
        long later = wholeTransactionBehind(start);
        if (later >= 0) {
            throw ZooKeeperFiles.damaged(
                    file.path(), start, "no transaction is here, but there is one behind, at offset " + later);
        }
        isTorn = true;
        return null;
    }

    private boolean isZeroFrom(long offset) throws IOException {
        byte[] zeros = new byte[BLOCK_BYTES];
        try (InputStream rest = Files.newInputStream(file.path())) {
            rest.skipNBytes(offset);
            byte[] block = new byte[BLOCK_BYTES];
            for (int count = rest.readNBytes(block, 0, BLOCK_BYTES); count > 0; count = rest.readNBytes(block, 0, BLOCK_BYTES)) {
                if (!Arrays.equals(block, 0, count, zeros, 0, count)) {
                    return false;
                }
            }
            return true;
        }
    }

    /** Where a whole transaction begins behind an offset, or -1. */
    private long wholeTransactionBehind(long offset) throws IOException {
        try (FileChannel channel = FileChannel.open(file.path(), StandardOpenOption.READ)) {
            long length = Math.min(channel.size() - offset, Integer.MAX_VALUE);
            ByteBuffer rest = ByteBuffer.allocate((int) Math.min(length, Integer.MAX_VALUE - 8));
            channel.position(offset);
            while (rest.hasRemaining() && channel.read(rest) >= 0) {
                // until it is full
            }
            rest.flip();
            for (int at = 1; at + FRAME_BYTES + HEAD_BYTES < rest.limit(); at++) {
                if (isTransaction(rest, at)) {
                    return offset + at;
                }
            }
            return -1;
        }
    }

    private boolean isTransaction(ByteBuffer rest, int at) {
        // A sum is an unsigned number of 32 bits in 64: nearly all places are ruled out by this.
        if (rest.getInt(at) != 0) {
            return false;
        }
        int length = rest.getInt(at + 8);
        int closing = at + FRAME_BYTES + length;
        if (length < HEAD_BYTES || closing < 0 || closing >= rest.limit() || rest.get(closing) != 'B') {
            return false;
        }
        sum.reset();
        sum.update(rest.slice(at + FRAME_BYTES, length));
        return sum.getValue() == (rest.getInt(at + 4) & 0xFFFF_FFFFL);
    }

    /** Whether the file ends with a transaction that was written in part. */
    boolean isTorn() {
        return isTorn;
    }

    /** Where the last whole transaction ends. */
    long end() {
        return end;
    }

    @Override
    public void close() throws IOException {
        stream.close();
    }
}

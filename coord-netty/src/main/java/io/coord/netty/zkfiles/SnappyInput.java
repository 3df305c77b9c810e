package io.coord.netty.zkfiles;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;

/**
 * The content of a file that snappy-java's stream wrote, which ZooKeeper compresses snapshots with: a header, then blocks of raw Snappy,
 * each led by its length.
 */
final class SnappyInput extends InputStream {

    private static final byte[] MAGIC = {(byte) 0x82, 'S', 'N', 'A', 'P', 'P', 'Y', 0};
    private static final int VERSIONS_BYTES = 8;
    /** What the format of a block allows; real ones are of 32 KiB. */
    private static final int EXPANSION_MAX = 64;

    private final InputStream source;
    private byte[] block = new byte[0];
    private int at;

    SnappyInput(InputStream source) throws IOException {
        this.source = source;
        byte[] header = source.readNBytes(MAGIC.length + VERSIONS_BYTES);
        if (header.length < MAGIC.length + VERSIONS_BYTES || !Arrays.equals(Arrays.copyOf(header, MAGIC.length), MAGIC)) {
            throw new JuteException("no header of a Snappy stream");
        }
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
        if (length == 0) {
            return 0;
        }
        while (at == block.length) {
            if (!nextBlock()) {
                return -1;
            }
        }
        int count = Math.min(length, block.length - at);
        System.arraycopy(block, at, target, offset, count);
        at += count;
        return count;
    }

    private boolean nextBlock() throws IOException {
        byte[] head = source.readNBytes(4);
        if (head.length == 0) {
            return false;
        }
        if (head.length < 4) {
            throw new EOFException("the bytes end within the length of a block");
        }
        int length = (head[0] & 0xFF) << 24 | (head[1] & 0xFF) << 16 | (head[2] & 0xFF) << 8 | head[3] & 0xFF;
        if (length < 0) {
            throw new JuteException("a block of " + length + " bytes");
        }
        byte[] packed = source.readNBytes(length);
        if (packed.length < length) {
            throw new EOFException("the bytes end after " + packed.length + " of a block of " + length);
        }
        block = new Block(packed).unpacked();
        at = 0;
        return true;
    }

    @Override
    public void close() throws IOException {
        source.close();
    }

    /** One block of raw Snappy: its full length, then pieces, each literal or copied from what came before. */
    private static final class Block {
        private final byte[] packed;
        private int in;
        private byte[] out = new byte[0];
        private int length;

        Block(byte[] packed) {
            this.packed = packed;
        }

        byte[] unpacked() throws IOException {
            long promised = 0;
            int shift = 0;
            int octet;
            do {
                octet = next();
                promised |= (long) (octet & 0x7F) << shift;
                shift += 7;
            } while (octet >= 0x80 && shift < 35);
            if (promised > (long) EXPANSION_MAX * packed.length) {
                throw new JuteException("a block of " + packed.length + " bytes that promises " + promised);
            }
            out = new byte[(int) promised];
            while (in < packed.length) {
                piece(next());
            }
            if (length != out.length) {
                throw new JuteException("a block of " + length + " bytes that promised " + out.length);
            }
            return out;
        }

        private void piece(int tag) throws IOException {
            switch (tag & 3) {
                case 0 -> literal(tag >>> 2);
                case 1 -> copy(4 + (tag >>> 2 & 7), (tag & 0xE0) << 3 | next());
                case 2 -> copy(1 + (tag >>> 2), number(2));
                default -> copy(1 + (tag >>> 2), number(4));
            }
        }

        private void literal(int code) throws IOException {
            int count = 1 + (code < 60 ? code : number(code - 59));
            if (count <= 0 || count > packed.length - in || count > out.length - length) {
                throw new JuteException("a Snappy literal of " + count + " bytes where there is no room for it");
            }
            System.arraycopy(packed, in, out, length, count);
            in += count;
            length += count;
        }

        /** May reach into what it writes itself: a short piece repeated. */
        private void copy(int count, int back) throws IOException {
            if (back <= 0 || back > length || count > out.length - length) {
                throw new JuteException("a Snappy copy of " + count + " bytes from " + back + " back, at " + length + " of " + out.length);
            }
            for (int i = 0; i < count; i++) {
                out[length] = out[length - back];
                length++;
            }
        }

        private int number(int octets) throws IOException {
            int value = 0;
            for (int i = 0; i < octets; i++) {
                value |= next() << 8 * i;
            }
            return value;
        }

        private int next() throws IOException {
            if (in == packed.length) {
                throw new JuteException("a Snappy block that ends early");
            }
            return packed[in++] & 0xFF;
        }
    }
}

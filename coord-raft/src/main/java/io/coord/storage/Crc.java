package io.coord.storage;

import java.nio.ByteBuffer;
import java.util.zip.CRC32;
import java.util.zip.CRC32C;

/** Checks over parts of buffers; for one thread. */
final class Crc {

    private final CRC32C castagnoli = new CRC32C();
    private final CRC32 ieee = new CRC32();

    int of(ByteBuffer buffer, int from, int length) {
        castagnoli.reset();
        int limit = buffer.limit();
        int position = buffer.position();
        buffer.limit(from + length).position(from);
        castagnoli.update(buffer);
        buffer.limit(limit).position(position);
        return (int) castagnoli.getValue();
    }

    /** Two independent polynomials side by side: 64 bits at the speed of the processor's instructions. */
    long wide(ByteBuffer buffer, int from, int length) {
        long high = of(buffer, from, length);
        ieee.reset();
        int limit = buffer.limit();
        int position = buffer.position();
        buffer.limit(from + length).position(from);
        ieee.update(buffer);
        buffer.limit(limit).position(position);
        return high << 32 | ieee.getValue();
    }
}

package io.coord.wire;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * The frame of a snapshot's records: one byte with the kind, four with a CRC32C, the body. The checksum covers the record before as
 * well, through that one's checksum: a record that is damaged, missing, doubled or out of place breaks the chain (fault.D9).
 */
final class RecordChain {

    static final int HEADER_BYTES = 1 + Integer.BYTES;

    private int previous;

    /** The next record of the chain. */
    byte[] seal(RecordKind kind, RecordWriter body) {
        byte[] record = body.toArrayBehind(HEADER_BYTES);
        record[0] = (byte) kind.number();
        previous = crc(record);
        ByteBuffer.wrap(record).putInt(1, previous);
        return record;
    }

    /**
     * The kind of the record, if it is the next of the chain.
     *
     * @throws IllegalArgumentException if it is not
     */
    RecordKind open(byte[] record) {
        if (record.length <= HEADER_BYTES) {
            throw new IllegalArgumentException("the record has only " + record.length + " bytes");
        }
        int said = ByteBuffer.wrap(record).getInt(1);
        int found = crc(record);
        if (said != found) {
            throw new IllegalArgumentException("the record is damaged or out of place: its checksum is "
                    + Integer.toHexString(found) + ", not " + Integer.toHexString(said));
        }
        previous = said;
        return RecordKind.of(record[0]);
    }

    private int crc(byte[] record) {
        CRC32C crc = new CRC32C();
        crc.update(ByteBuffer.allocate(Integer.BYTES).putInt(0, previous));
        crc.update(record[0]);
        crc.update(record, HEADER_BYTES, record.length - HEADER_BYTES);
        return (int) crc.getValue();
    }
}

package io.coord.wire;

import io.coord.Bytes;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;

/** Checksums made to fit again after the bytes were changed: what a careful attacker, or a bug on the other side, would send. */
final class Sealed {

    private Sealed() {}

    /** A frame with version 1 and the checksum that its bytes have. */
    static byte[] frame(byte[] bytes) {
        bytes[0] = PeerCodec.VERSION;
        CRC32C crc = new CRC32C();
        crc.update(bytes[0]);
        crc.update(bytes, 5, bytes.length - 5);
        ByteBuffer.wrap(bytes).putInt(1, (int) crc.getValue());
        return bytes;
    }

    /** Records that follow each other as these do. */
    static List<Bytes> records(List<Bytes> records) {
        List<Bytes> sealed = new ArrayList<>();
        int previous = 0;
        for (Bytes record : records) {
            byte[] bytes = record.toArray();
            CRC32C crc = new CRC32C();
            crc.update(ByteBuffer.allocate(4).putInt(0, previous));
            crc.update(bytes[0]);
            crc.update(bytes, 5, bytes.length - 5);
            previous = (int) crc.getValue();
            ByteBuffer.wrap(bytes).putInt(1, previous);
            sealed.add(Bytes.wrap(bytes));
        }
        return sealed;
    }
}

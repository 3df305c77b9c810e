package io.coord.netty.peer;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * How a member introduces itself when a connection opens: the first thing on it in either direction, before any frame (fault.N9).
 *
 * <p>Format: four bytes {@code CoPr}; two with the length of what follows them; the fields below, big-endian, in this order; perhaps
 * more of a later version; four bytes with the CRC32C of all before. Who reads it skips what it does not know.
 *
 * @param newest the newest version of the protocol that is spoken
 * @param oldest the oldest version that is spoken
 * @param features what the speaker understands beyond its newest version's minimum, a bit each
 * @param required which of these it cannot do without
 * @param lane which kind of frames the connection is for, {@link #CONSENSUS} or {@link #BULK}
 * @param verdict the answer to the other's hello; {@link Verdict#ACCEPTED} in the first one
 * @param from who speaks
 * @param to whom it wants to reach
 * @param clusterId of its ensemble, 0 while it has none
 * @param incarnation of its disk
 * @param instance drawn anew by each run of a member: tells a member that came back from two with one number
 */
record Hello(
        int newest,
        int oldest,
        long features,
        long required,
        int lane,
        int verdict,
        int from,
        int to,
        long clusterId,
        long incarnation,
        long instance) {

    static final int MAGIC = 0x436f5072;
    static final int CONSENSUS = 0;
    static final int BULK = 1;

    /** Magic and length. */
    static final int HEADER_BYTES = Integer.BYTES + Short.BYTES;

    /** The fields of version 1. */
    private static final int FIELD_BYTES = 2 * Short.BYTES + 2 * Long.BYTES + 4 * Byte.BYTES + 3 * Long.BYTES;

    private static final int CRC_BYTES = Integer.BYTES;

    /** How long the part after the header may be, with room for later versions. */
    static final int BODY_BYTES_MAX = 1024;

    static final int BODY_BYTES_MIN = FIELD_BYTES + CRC_BYTES;

    /** The hello in its format. */
    ByteBuf encode() {
        ByteBuffer out = ByteBuffer.allocate(HEADER_BYTES + BODY_BYTES_MIN);
        out.putInt(MAGIC).putShort((short) BODY_BYTES_MIN);
        out.putShort((short) newest).putShort((short) oldest).putLong(features).putLong(required);
        out.put((byte) lane).put((byte) verdict).put((byte) from).put((byte) to);
        out.putLong(clusterId).putLong(incarnation).putLong(instance);
        out.putInt(crc(out.array(), out.position()));
        return Unpooled.wrappedBuffer(out.array());
    }

    /**
     * The hello that these bytes are, from the header on.
     *
     * @throws IllegalArgumentException if they are none; the message says what was found
     */
    static Hello decode(byte[] array) {
        if (array.length < HEADER_BYTES + BODY_BYTES_MIN) {
            throw new IllegalArgumentException("a handshake of " + array.length + " bytes is cut short");
        }
        ByteBuffer in = ByteBuffer.wrap(array);
        int body = bodyLength(in.getInt(), in.getShort());
        if (array.length != HEADER_BYTES + body) {
            throw new IllegalArgumentException("a handshake of " + array.length + " bytes that says it has " + body + " after its header");
        }
        int said = in.getInt(array.length - CRC_BYTES);
        int found = crc(array, array.length - CRC_BYTES);
        if (said != found) {
            throw new IllegalArgumentException("a damaged handshake: its checksum is " + Integer.toHexString(found) + ", not "
                    + Integer.toHexString(said));
        }
        return new Hello(
                Short.toUnsignedInt(in.getShort()),
                Short.toUnsignedInt(in.getShort()),
                in.getLong(),
                in.getLong(),
                Byte.toUnsignedInt(in.get()),
                Byte.toUnsignedInt(in.get()),
                Byte.toUnsignedInt(in.get()),
                Byte.toUnsignedInt(in.get()),
                in.getLong(),
                in.getLong(),
                in.getLong());
    }

    /**
     * How long the part after the header is.
     *
     * @throws IllegalArgumentException if this is no header of a hello
     */
    static int bodyLength(int magic, short length) {
        if (magic != MAGIC) {
            throw new IllegalArgumentException(magic >>> 24 == TLS_HANDSHAKE || magic >>> 24 == TLS_ALERT
                    ? "TLS, which this member is not set up for"
                    : "no handshake of a member: it begins with " + Integer.toHexString(magic));
        }
        int body = Short.toUnsignedInt(length);
        if (body < BODY_BYTES_MIN || body > BODY_BYTES_MAX) {
            throw new IllegalArgumentException("a handshake of " + body + " bytes; " + BODY_BYTES_MIN + " to " + BODY_BYTES_MAX
                    + " are possible");
        }
        return body;
    }

    /** The first byte of a TLS record that opens a connection, and of one that refuses it. */
    private static final int TLS_HANDSHAKE = 22;

    private static final int TLS_ALERT = 21;

    private static int crc(byte[] array, int length) {
        CRC32C crc = new CRC32C();
        crc.update(array, 0, length);
        return (int) crc.getValue();
    }
}

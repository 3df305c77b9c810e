package io.coord.wire;

import io.coord.Bytes;
import io.coord.member.PeerFrame;
import io.coord.wire.proto.PeerFormat;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * Frames between members in their format, version 1: one byte with the version, four with the CRC32C of all the rest, then a
 * protobuf message. Has no state; any thread may use it.
 */
public final class PeerCodec {

    /** The version written, and the only one read. */
    static final byte VERSION = 1;

    /** The largest frame unless told otherwise. */
    public static final int FRAME_BYTES_MAX = 16 << 20;

    private static final int HEADER_BYTES = 1 + Integer.BYTES;

    private final Messages messages;
    private final HotFrames hotFrames;
    private final int frameBytesMax;

    /** A codec with {@link #FRAME_BYTES_MAX}. */
    public PeerCodec(WireCommandCodec commands) {
        this(commands, FRAME_BYTES_MAX);
    }

    /** A codec that neither writes nor reads larger frames than this. */
    public PeerCodec(WireCommandCodec commands, int frameBytesMax) {
        this.messages = new Messages(commands);
        this.hotFrames = new HotFrames(commands);
        this.frameBytesMax = frameBytesMax;
    }

    /** The largest frame it writes or reads. */
    public int frameBytesMax() {
        return frameBytesMax;
    }

    /**
     * The frame as bytes. Commands not yet encoded are encoded on the way; each payload is copied once.
     *
     * @throws IllegalArgumentException if it is larger than a frame may be
     */
    public Bytes encode(PeerFrame frame) {
        long size = HotFrames.size(frame);
        byte[] array = size < 0 ? general(frame) : new byte[room(size)];
        if (size >= 0) {
            HotFrames.write(frame, array, HEADER_BYTES);
        }
        array[0] = VERSION;
        ByteBuffer.wrap(array).putInt(1, crc(array));
        return Bytes.wrap(array);
    }

    private byte[] general(PeerFrame frame) {
        PeerFormat.Frame message = messages.message(frame);
        // Summed up in an int by protobuf: a negative size is one beyond it.
        room(Integer.toUnsignedLong(message.getSerializedSize()));
        return Fields.write(message, HEADER_BYTES);
    }

    private int room(long size) {
        if (size > frameBytesMax - HEADER_BYTES) {
            throw tooLarge(size + HEADER_BYTES);
        }
        return (int) size + HEADER_BYTES;
    }

    /**
     * The frame that these bytes are, its commands decoded.
     *
     * @throws IllegalArgumentException if they are no frame of a known version; the message says what was found
     */
    public PeerFrame decode(Bytes bytes) {
        if (bytes.length() > frameBytesMax) {
            throw tooLarge(bytes.length());
        }
        if (bytes.length() <= HEADER_BYTES) {
            throw new IllegalArgumentException("a frame of " + bytes.length() + " bytes is cut short");
        }
        if (bytes.at(0) != VERSION) {
            throw new IllegalArgumentException("a frame of format version " + Byte.toUnsignedInt(bytes.at(0))
                    + "; this release reads version " + VERSION);
        }
        requireIntact(bytes);
        PeerFrame hot = hotFrames.frame(bytes, HEADER_BYTES);
        return hot == null
                ? messages.frame(Fields.read(PeerFormat.Frame.parser(), bytes.toArray(), HEADER_BYTES, "a frame"))
                : hot;
    }

    private IllegalArgumentException tooLarge(long bytes) {
        return new IllegalArgumentException("a frame of " + bytes + " bytes; at most " + frameBytesMax + " are allowed");
    }

    private static void requireIntact(Bytes bytes) {
        int said = bytes.asByteBuffer().getInt(1);
        CRC32C crc = new CRC32C();
        bytes.addTo(crc, 0, 1);
        bytes.addTo(crc, HEADER_BYTES, bytes.length() - HEADER_BYTES);
        int found = (int) crc.getValue();
        if (said != found) {
            throw new IllegalArgumentException("a frame of " + bytes.length() + " bytes is damaged: its checksum is "
                    + Integer.toHexString(found) + ", not " + Integer.toHexString(said));
        }
    }

    /** Of the version and of what follows the checksum. */
    private static int crc(byte[] array) {
        CRC32C crc = new CRC32C();
        crc.update(array[0]);
        crc.update(array, HEADER_BYTES, array.length - HEADER_BYTES);
        return (int) crc.getValue();
    }
}

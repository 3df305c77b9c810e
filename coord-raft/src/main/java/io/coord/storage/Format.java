package io.coord.storage;

import java.io.IOException;
import java.nio.ByteBuffer;

/** What all files of format version 1 share: sizes, and a preamble that even a newer format keeps. */
final class Format {

    static final int VERSION = 1;
    static final int SECTOR_BYTES = 512;
    /** The larger sector of modern disks: what is forced in one such block is never written again beside other data. */
    static final int BLOCK_BYTES = 4096;

    /** Magic, version, and a check of both, so that a newer format is told from a damaged file. */
    static final int PREAMBLE_BYTES = 16;

    private Format() {}

    static void putPreamble(ByteBuffer target, long magic, Crc crc) {
        int start = target.position();
        target.putLong(magic).putInt(VERSION);
        target.putInt(crc.of(target, start, 12));
    }

    /** Whether a preamble is there, and intact; a newer version is an error. */
    static boolean hasPreamble(ByteBuffer source, int start, long magic, Crc crc, String place) throws IOException {
        if (source.limit() < start + PREAMBLE_BYTES
                || source.getLong(start) != magic
                || source.getInt(start + 12) != crc.of(source, start, 12)) {
            return false;
        }
        int version = source.getInt(start + 8);
        if (version > VERSION) {
            throw Trouble.newerFormat(place, version, VERSION);
        }
        return version >= 1;
    }

    static int sectors(int bytes) {
        return (bytes + SECTOR_BYTES - 1) / SECTOR_BYTES;
    }

    static int aligned8(int bytes) {
        return (bytes + 7) & ~7;
    }

    static boolean isZero(ByteBuffer buffer, int from, int length) {
        int at = from;
        int end = from + length;
        for (; at + 8 <= end; at += 8) {
            if (buffer.getLong(at) != 0) {
                return false;
            }
        }
        for (; at < end; at++) {
            if (buffer.get(at) != 0) {
                return false;
            }
        }
        return true;
    }
}

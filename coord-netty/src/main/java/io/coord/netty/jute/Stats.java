package io.coord.netty.jute;

import io.coord.Stat;
import io.netty.buffer.ByteBuf;

/** A Stat's fields, in the order of the wire. */
final class Stats {

    static final int BYTES = 6 * 8 + 5 * 4;

    private Stats() {}

    static Stat read(ByteBuf in) {
        return new Stat(
                in.readLong(),
                in.readLong(),
                in.readLong(),
                in.readLong(),
                in.readInt(),
                in.readInt(),
                in.readInt(),
                in.readLong(),
                in.readInt(),
                in.readInt(),
                in.readLong());
    }

    /** Into an array of that many bytes. */
    static void write(byte[] to, Stat stat) {
        int64(to, 0, stat.czxid());
        int64(to, 8, stat.mzxid());
        int64(to, 16, stat.ctime());
        int64(to, 24, stat.mtime());
        int32(to, 32, stat.version());
        int32(to, 36, stat.cversion());
        int32(to, 40, stat.aversion());
        int64(to, 44, stat.ephemeralOwner());
        int32(to, 52, stat.dataLength());
        int32(to, 56, stat.numChildren());
        int64(to, 60, stat.pzxid());
    }

    static void int64(byte[] to, int at, long value) {
        int32(to, at, (int) (value >>> 32));
        int32(to, at + 4, (int) value);
    }

    static void int32(byte[] to, int at, int value) {
        to[at] = (byte) (value >> 24);
        to[at + 1] = (byte) (value >> 16);
        to[at + 2] = (byte) (value >> 8);
        to[at + 3] = (byte) value;
    }
}

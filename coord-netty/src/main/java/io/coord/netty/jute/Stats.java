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

    static void write(ByteBuf out, Stat stat) {
        out.ensureWritable(BYTES);
        out.writeLong(stat.czxid());
        out.writeLong(stat.mzxid());
        out.writeLong(stat.ctime());
        out.writeLong(stat.mtime());
        out.writeInt(stat.version());
        out.writeInt(stat.cversion());
        out.writeInt(stat.aversion());
        out.writeLong(stat.ephemeralOwner());
        out.writeInt(stat.dataLength());
        out.writeInt(stat.numChildren());
        out.writeLong(stat.pzxid());
    }
}

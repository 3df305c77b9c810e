package io.coord.netty.jute;

/**
 * What stands before each part of a multi, and at its end.
 *
 * @param type the part's {@link OpCode} by number, or -1
 * @param done whether this is the end
 * @param error the part's error, or 0, or -1 in requests
 */
record MultiHeader(int type, boolean done, int error) {

    /** After the last part. */
    static final MultiHeader END = new MultiHeader(-1, true, -1);

    static MultiHeader read(JuteReader in) {
        return new MultiHeader(in.int32(), in.bool(), in.int32());
    }

    void write(JuteWriter out) {
        out.int32(type).bool(done).int32(error);
    }
}

package io.coord.netty.jute;

/**
 * What stands before a request's body.
 *
 * @param xid the client's number for it, or one of {@link Xid}
 * @param type its {@link OpCode} by number
 */
public record RequestHeader(int xid, int type) {

    /** Reads one. */
    public static RequestHeader read(JuteReader in) {
        return new RequestHeader(in.int32(), in.int32());
    }

    /** Writes it. */
    public void write(JuteWriter out) {
        out.int32(xid).int32(type);
    }
}

package io.coord.netty.jute;

/**
 * What stands before a reply's body, which is there only without an error.
 *
 * @param xid the request's
 * @param zxid index of the state the reply was made from
 * @param error 0, or why not
 */
public record ReplyHeader(int xid, long zxid, int error) {

    /** Reads one. */
    public static ReplyHeader read(JuteReader in) {
        return new ReplyHeader(in.int32(), in.int64(), in.int32());
    }

    /** Writes it. */
    public void write(JuteWriter out) {
        out.header(xid, zxid, error);
    }
}

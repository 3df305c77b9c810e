package io.coord.netty.jute;

/** Numbers that are no ordinary request's (zk.W8). */
public final class Xid {

    /** Of a watch's event. */
    public static final int NOTIFICATION = -1;
    /** Of a ping and its reply. */
    public static final int PING = -2;
    /** Of an auth packet and its reply. */
    public static final int AUTH = -4;
    /** Of watches set again. */
    public static final int SET_WATCHES = -8;

    private Xid() {}
}

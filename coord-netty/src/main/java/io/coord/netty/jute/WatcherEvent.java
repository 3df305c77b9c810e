package io.coord.netty.jute;

/**
 * What follows a reply header of {@link Xid#NOTIFICATION}.
 *
 * @param type what happened, by number
 * @param state always 3, connected
 * @param path to which node
 */
public record WatcherEvent(int type, int state, String path) {

    /** The only state a server reports. */
    public static final int SYNC_CONNECTED = 3;

    /** Reads one. */
    public static WatcherEvent read(JuteReader in) {
        return new WatcherEvent(in.int32(), in.int32(), in.text());
    }

    /** Writes it. */
    public void write(JuteWriter out) {
        out.int32(type).int32(state).string(path);
    }
}

package io.coord.netty.zkserver;

import io.coord.WatchEvent;
import io.coord.netty.jute.JuteWriter;
import io.coord.netty.jute.ReplyHeader;
import io.coord.netty.jute.WatcherEvent;
import io.coord.netty.jute.Xid;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.HashMap;
import java.util.Map;

/** Events as frames, each encoded once for all connections of an event loop, which alone uses this (rule.29). */
final class EventFrames {

    private static final int KEPT_MAX = 256;
    /** An event's path may be as long as a request. */
    static final int KEPT_BYTES_MAX = 1 << 18;

    private final Map<WatchEvent, byte[]> frames = new HashMap<>();
    private int keptBytes;

    /** The event's frame; not to be written to. */
    byte[] of(WatchEvent event) {
        byte[] frame = frames.get(event);
        if (frame == null) {
            frame = encoded(event);
            if (frames.size() >= KEPT_MAX || keptBytes + frame.length > KEPT_BYTES_MAX) {
                frames.clear();
                keptBytes = 0;
            }
            if (frame.length <= KEPT_BYTES_MAX) {
                frames.put(event, frame);
                keptBytes += frame.length;
            }
        }
        return frame;
    }

    private static byte[] encoded(WatchEvent event) {
        ByteBuf out = Unpooled.buffer(64 + event.path().length());
        JuteWriter writer = new JuteWriter(out);
        int at = writer.beginFrame();
        new ReplyHeader(Xid.NOTIFICATION, event.zxid(), 0).write(writer);
        new WatcherEvent(event.type().code(), WatcherEvent.SYNC_CONNECTED, event.path()).write(writer);
        writer.endFrame(at);
        byte[] frame = new byte[out.readableBytes()];
        out.readBytes(frame);
        return frame;
    }
}

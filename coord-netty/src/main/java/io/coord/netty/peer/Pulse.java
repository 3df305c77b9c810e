package io.coord.netty.peer;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Gives a sign of life on a connection on which nothing else is said, and closes one on which nothing has been heard for
 * {@link #SILENT_BEATS_MAX} beats (fault.N7). It counts beats, not time: a member that was stopped for long finds what arrived
 * meanwhile, before it judges.
 */
final class Pulse extends ChannelDuplexHandler {

    /** So many beats without a sound, and a connection is dead. */
    static final int SILENT_BEATS_MAX = 4;

    private final long beatNanos;
    private final Runnable silenced;
    private @Nullable Future<?> beats;
    private boolean heard;
    private boolean spoke;
    private int silentBeats;
    private int holds;

    /**
     * The pulse of a connection.
     *
     * @param silenceMaxNanos after how long a silent connection is closed
     * @param silenced told before that happens
     */
    Pulse(long silenceMaxNanos, Runnable silenced) {
        this.beatNanos = Math.max(1, silenceMaxNanos / SILENT_BEATS_MAX);
        this.silenced = silenced;
    }

    /** The handshake is over: the pulse begins. */
    void begin(Channel channel) {
        ChannelHandlerContext ctx = channel.pipeline().context(this);
        if (ctx != null) {
            beats = ctx.executor().scheduleWithFixedDelay(() -> beat(ctx), beatNanos, beatNanos, TimeUnit.NANOSECONDS);
        }
    }

    /** For how many whole beats nothing has been heard. */
    int silentBeats() {
        return silentBeats;
    }

    /** Nothing is read for a while, so that nothing can be heard: silence does not count until as many {@linkplain #release releases}. */
    void hold() {
        holds++;
    }

    /** What was held is over; returns whether nothing is held any more. */
    boolean release() {
        heard = true;
        return --holds == 0;
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        Future<?> beats = this.beats;
        if (beats != null) {
            beats.cancel(false);
        }
        ctx.fireChannelInactive();
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        heard = true;
        ctx.fireChannelRead(message);
    }

    @Override
    public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
        spoke = true;
        ctx.write(message, promise);
    }

    private void beat(ChannelHandlerContext ctx) {
        if (heard || holds > 0) {
            heard = false;
            silentBeats = 0;
        } else if (++silentBeats >= SILENT_BEATS_MAX) {
            silenced.run();
            ctx.close();
            return;
        }
        if (!spoke) {
            ByteBuf pulse = ctx.alloc().directBuffer(FrameReader.HEADER_BYTES);
            pulse.writeByte(FrameReader.PULSE).writeInt(0);
            ctx.writeAndFlush(pulse, ctx.voidPromise());
        }
        spoke = false;
    }
}

package io.coord.netty.peer;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;
import java.util.concurrent.Executor;
import javax.net.ssl.SSLEngine;

/**
 * TLS with one handshake. Whoever asks for another, as TLS 1.2 allows, is parted from: each would cost this end much and the other
 * little, and could show another certificate than the one that was looked at. It is seen by the records' headers, before any is computed;
 * TLS 1.3 has no other handshake, and its new keys come as records like any.
 */
public final class SteadyTls extends SslHandler {

    private static final int HEADER_BYTES = 5;
    private static final byte HANDSHAKE = 0x16;

    /** Of the record that is coming in: what of its header has come, and its length. */
    private int headerBytes;
    private int length;
    /** What of it is still to come. */
    private int leftBytes;

    /**
     * Of an engine that has begun nothing yet.
     *
     * @param slow computes the slow parts of the handshake
     */
    public SteadyTls(SSLEngine engine, Executor slow) {
        super(engine, slow);
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) throws Exception {
        if (message instanceof ByteBuf bytes && beginsHandshake(bytes)) {
            ReferenceCountUtil.release(message);
            ctx.close();
        } else {
            super.channelRead(ctx, message);
        }
    }

    /** Follows the records; says whether one belongs to a handshake behind the first. */
    private boolean beginsHandshake(ByteBuf in) {
        boolean isDone = handshakeFuture().isSuccess();
        int at = in.readerIndex();
        while (at < in.writerIndex()) {
            if (leftBytes > 0) {
                int skipped = Math.min(leftBytes, in.writerIndex() - at);
                leftBytes -= skipped;
                at += skipped;
                continue;
            }
            byte next = in.getByte(at);
            at++;
            if (headerBytes == 0 && next == HANDSHAKE && isDone) {
                return true;
            }
            length = length << 8 | next & 0xff;
            headerBytes++;
            if (headerBytes == HEADER_BYTES) {
                leftBytes = length & 0xffff;
                headerBytes = 0;
            }
        }
        return false;
    }
}

package io.coord.netty.zkserver;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.handler.ssl.SslHandler;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Sees by the first byte whether a client speaks TLS, and makes way for what does. */
final class TlsSniffer extends ByteToMessageDecoder {

    private final Supplier<@Nullable SslHandler> tls;

    /** @param tls what speaks it, null if nothing does now: the client is closed out then */
    TlsSniffer(Supplier<@Nullable SslHandler> tls) {
        this.tls = tls;
    }

    @Override
    protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) {
        if (in.getUnsignedByte(in.readerIndex()) == TlsSetup.HANDSHAKE_RECORD) {
            SslHandler secured = tls.get();
            if (secured == null) {
                in.skipBytes(in.readableBytes());
                ctx.close();
                return;
            }
            ctx.pipeline().addAfter(ctx.name(), null, secured);
        }
        ctx.pipeline().remove(this); // what was read goes on to the next
    }
}

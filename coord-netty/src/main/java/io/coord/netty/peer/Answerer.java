package io.coord.netty.peer;

import io.coord.Bytes;
import io.coord.MemberId;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.ssl.SslHandler;
import java.net.SocketAddress;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** This end of a connection that another member dialled: judges its hello, answers, and then takes its frames. */
final class Answerer extends ChannelInboundHandlerAdapter {

    private final PeerNetwork network;
    private final Pulse pulse;
    private final HelloReader hellos = new HelloReader();
    private final FrameReader frames;
    private @Nullable SslHandler secured;
    private @Nullable ChannelHandlerContext context;
    private @Nullable Hello hello;
    private @Nullable MemberId peer;
    private @Nullable Future<?> deadline;
    private String remoteHost = "";
    private boolean replaced;
    private boolean over;

    /** The end of a connection just accepted. */
    Answerer(PeerNetwork network) {
        this.network = network;
        this.pulse = network.pulse(() -> {});
        this.frames = new FrameReader(network.frameBytesMax(), this::take);
    }

    /** Furnishes the connection. */
    void install(Channel channel) {
        TlsContext tls = network.tls();
        if (tls != null) {
            secured = tls.answering();
            channel.pipeline().addLast(secured);
        }
        channel.pipeline().addLast(pulse, this);
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        context = ctx;
        String remote = remote();
        remoteHost = remote.substring(0, remote.lastIndexOf(':') + 1);
        deadline = ctx.executor().schedule(() -> ctx.close(), PeerNetwork.HANDSHAKE_SECONDS, TimeUnit.SECONDS);
        network.beginHandshake(this);
        ctx.fireChannelActive();
    }

    /** What the other side said of itself, last. */
    Hello hello() {
        Hello said = hello;
        if (said == null) {
            throw new IllegalStateException("nothing has been said yet");
        }
        return said;
    }

    /** What speaks against the caller as this member on this host, or on any, by its certificate; null if nothing does, or there is no TLS. */
    @Nullable String unproven(MemberId claimed, @Nullable String host) {
        TlsContext tls = network.tls();
        SslHandler secured = this.secured;
        return tls == null || secured == null ? null : tls.objection(secured, claimed, host);
    }

    /** For how many beats nothing has been heard. */
    int silentBeats() {
        return pulse.silentBeats();
    }

    /** Gives way to a newer connection of the same member. */
    void replace() {
        replaced = true;
        ChannelHandlerContext ctx = context;
        if (ctx != null) {
            ctx.close();
        }
    }

    /** Is not waited for any more: others have come since. */
    void giveWay() {
        over = true;
        endHandshake();
        ChannelHandlerContext ctx = context;
        if (ctx != null) {
            ctx.close();
        }
    }

    /** Sends the other side away. */
    void dismiss(String why) {
        ChannelHandlerContext ctx = context;
        if (ctx != null && !over) {
            over = true;
            network.log().warn("refused caller " + peer, PeerNetwork.refused("member " + peer + " at " + remote(), why));
            ctx.close();
        }
    }

    /** Where the other side is, as the kernel says. */
    String remote() {
        ChannelHandlerContext ctx = context;
        SocketAddress address = ctx == null ? null : ctx.channel().remoteAddress();
        return address == null ? "an address unknown" : address.toString().replaceFirst("^[^/]*/", "");
    }

    /** Its address without the port. */
    String remoteHost() {
        return remoteHost;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        ByteBuf in = (ByteBuf) message;
        try {
            if (peer == null && !over) {
                Hello said = hellos.read(in);
                if (said != null) {
                    judge(ctx, said);
                }
            }
            if (peer != null && !over) {
                frames.read(in);
            }
        } catch (IllegalArgumentException malformed) {
            refuse(ctx, malformed.getMessage());
        } finally {
            in.release();
        }
    }

    private void judge(ChannelHandlerContext ctx, Hello said) {
        endHandshake();
        hello = said;
        Verdict verdict = network.verdictOn(said, this);
        ByteBuf answer = network.answer(said, verdict).encode();
        if (verdict != Verdict.ACCEPTED) {
            over = true;
            ctx.writeAndFlush(answer).addListener(ChannelFutureListener.CLOSE);
            return;
        }
        peer = MemberId.of(said.from());
        pulse.begin(ctx.channel());
        ctx.writeAndFlush(answer, ctx.voidPromise());
        network.accepted(this);
    }

    private void take(byte kind, Bytes frame) {
        MemberId from = peer;
        ChannelHandlerContext ctx = context;
        if (from == null || ctx == null || over || kind == FrameReader.PULSE) {
            return;
        }
        if (kind == FrameReader.IDENTITY) {
            Hello again = Hello.decode(frame.toArray());
            String objection = network.objectionTo(again, from);
            if (objection != null) {
                refuse(ctx, objection);
            }
            hello = again;
        } else if (hello().lane() == Hello.BULK) {
            takeBulk(ctx, from, frame);
        } else if (!network.received(from, frame)) {
            refuse(ctx, "a frame that is damaged, or another member's");
        }
    }

    /** Decoded aside, so that no heartbeat waits for a snapshot; nothing more is read before it is done. */
    private void takeBulk(ChannelHandlerContext ctx, MemberId from, Bytes frame) {
        pulse.hold();
        ctx.channel().config().setAutoRead(false);
        try {
            network.bulkLoop().execute(() -> decodeBulk(ctx, from, frame));
        } catch (RejectedExecutionException closing) {
            ctx.close();
        }
    }

    private void decodeBulk(ChannelHandlerContext ctx, MemberId from, Bytes frame) {
        Runnable next;
        try {
            next = network.received(from, frame)
                    ? () -> readOn(ctx)
                    : () -> refuse(ctx, "a frame that is damaged, or another member's");
        } catch (RuntimeException | Error failed) { // there may be no memory for what is in it
            next = () -> exceptionCaught(ctx, failed);
        }
        try {
            ctx.executor().execute(next);
        } catch (RejectedExecutionException closing) {
            // with the connection
        }
    }

    private void readOn(ChannelHandlerContext ctx) {
        if (pulse.release()) {
            ctx.channel().config().setAutoRead(true);
        }
    }

    private void refuse(ChannelHandlerContext ctx, String what) {
        if (!over) {
            over = true;
            String from = remote();
            String who = peer == null ? "whoever calls from " + from : "member " + peer + " at " + from;
            String subject = peer == null ? "refused host " + remoteHost() : "refused caller " + peer;
            network.log().warn(subject, PeerNetwork.refused(who, "it sent " + what));
        }
        ctx.close();
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        endHandshake();
        MemberId gone = peer;
        if (gone != null) {
            network.ended(this, gone, replaced);
        }
    }

    private void endHandshake() {
        Future<?> deadline = this.deadline;
        if (deadline != null) {
            deadline.cancel(false);
            this.deadline = null;
            network.endHandshake(this);
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        String insecure = TlsContext.reason(cause);
        if (insecure != null && peer == null) {
            network.log().warn("refused TLS " + remoteHost() + insecure, PeerNetwork.refused("whoever calls from " + remote(), insecure));
        }
        network.log().debug("a connection from " + remote() + " failed", cause);
        ctx.close();
    }
}

package io.coord.netty.peer;

import io.coord.MemberAddress;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.ssl.SslHandler;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** This end of a connection that a {@link Lane} dialled: says hello, judges the answer, and then hears signs of life. */
final class Dialler extends ChannelInboundHandlerAdapter {

    private final PeerNetwork network;
    private final Lane lane;
    private final MemberAddress target;
    private final HelloReader hellos = new HelloReader();
    private final Pulse pulse;
    private final FrameReader frames = new FrameReader(0, (kind, frame) -> {
        if (kind != FrameReader.PULSE) {
            throw new IllegalArgumentException("a frame of kind " + kind + " in the wrong direction");
        }
    });
    private @Nullable SslHandler secured;
    private boolean established;
    /** An operator has been told why it failed. */
    private boolean told;
    private @Nullable String failure;
    private @Nullable Future<?> deadline;

    /** The end of a connection that is being made. */
    Dialler(PeerNetwork network, Lane lane, MemberAddress target) {
        this.network = network;
        this.lane = lane;
        this.target = target;
        this.pulse = network.pulse(() -> failure = "silent: no sign of life for " + network.options().silenceMax().toMillis() + " ms");
    }

    /** Furnishes the connection. */
    void install(Channel channel) {
        TlsContext tls = network.tls();
        if (tls != null) {
            secured = tls.dialling(target);
            channel.pipeline().addLast(secured);
        }
        channel.pipeline().addLast(pulse, this);
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        if (ctx.channel().localAddress().equals(ctx.channel().remoteAddress())) {
            // Nobody listens there, and the kernel chose that very port for this end: TCP then connects it with itself.
            failure = "not reached: nobody listens there";
            ctx.close();
            return;
        }
        deadline = ctx.executor().schedule(() -> {
            failure = "not answering: no handshake within " + PeerNetwork.HANDSHAKE_SECONDS + " s";
            ctx.close();
        }, PeerNetwork.HANDSHAKE_SECONDS, TimeUnit.SECONDS);
        ctx.writeAndFlush(network.hello(lane.peer(), lane.isBulk()).encode(), ctx.voidPromise());
        ctx.fireChannelActive();
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        ByteBuf in = (ByteBuf) message;
        try {
            if (!established) {
                Hello answer = hellos.read(in);
                if (answer != null) {
                    judge(ctx, answer);
                }
            }
            if (established) {
                frames.read(in);
            }
        } catch (IllegalArgumentException malformed) {
            failure = "not understood: it sent " + malformed.getMessage();
            ctx.close();
        } finally {
            in.release();
        }
    }

    private void judge(ChannelHandlerContext ctx, Hello answer) {
        String objection = objectionTo(answer);
        if (objection != null) {
            if (answer.verdict() == Verdict.DUPLICATE.code() && !lane.isDoubtedLong()) {
                network.log().debug("member " + lane.peer() + " still has the connection of an earlier run of this one", null);
            } else {
                network.log().warn("refused " + lane.peer(), PeerNetwork.refused("member " + lane.peer() + " at " + target, objection));
            }
            told = true;
            ctx.close();
            return;
        }
        established = true;
        Future<?> deadline = this.deadline;
        if (deadline != null) {
            deadline.cancel(false);
        }
        pulse.begin(ctx.channel());
        lane.established(ctx.channel());
    }

    private @Nullable String objectionTo(Hello answer) {
        TlsContext tls = network.tls();
        SslHandler secured = this.secured;
        String unproven = tls == null || secured == null ? null : tls.objection(secured, lane.peer(), target.host());
        return unproven != null ? unproven : network.objectionTo(answer, lane.peer());
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        if (established && ctx.channel().isWritable()) {
            lane.writable();
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        Future<?> deadline = this.deadline;
        if (deadline != null) {
            deadline.cancel(false);
        }
        String unknown = "not to be talked to: it closed the connection";
        lane.ended(ctx.channel(), told ? null : failure == null ? unknown : failure);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        String insecure = TlsContext.reason(cause);
        if (insecure != null && !established) {
            network.log().warn("refused " + lane.peer(), PeerNetwork.refused("member " + lane.peer() + " at " + target, insecure));
            told = true;
        }
        failure = "lost: " + PeerLog.reason(cause);
        network.log().debug("the connection to member " + lane.peer() + " failed", cause);
        ctx.close();
    }
}

package io.coord.netty.zkclient;

import io.coord.netty.jute.ConnectRequest;
import io.coord.netty.jute.ConnectResponse;
import io.coord.netty.jute.JuteReader;
import io.coord.netty.jute.JuteWriter;
import io.coord.netty.jute.MalformedRecordException;
import io.coord.netty.jute.OpCode;
import io.coord.netty.jute.ReplyHeader;
import io.coord.netty.jute.Request;
import io.coord.netty.jute.RequestHeader;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import org.jspecify.annotations.Nullable;

/** One connection to a server, from its first frame to its end. Lives on the session's event loop. */
final class Wire extends SimpleChannelInboundHandler<ByteBuf> {

    /** Whom a connection tells what comes over it. */
    interface Ear {
        /** The connection is open; the first frame may be written. */
        void opened(Wire wire);

        /** The server has answered the first frame. */
        void connected(Wire wire, ConnectResponse response);

        /** A frame came: its header, and what follows it. */
        void received(Wire wire, ReplyHeader header, JuteReader body);

        /** The connection is gone. */
        void lost(Wire wire, String reason);
    }

    private final ConnectString.Server server;
    private final Ear ear;
    private final JuteWriter writer = new JuteWriter(Unpooled.EMPTY_BUFFER);
    private final Runnable flushing = this::flush;

    /** From when it is dialled. */
    private @Nullable Channel dialled;
    /** Once it is open. */
    private @Nullable Channel channel;
    private boolean isConnected;
    private boolean isLost;
    private boolean isFlushPending;
    private String reason = "the server closed it";

    Wire(ConnectString.Server server, Ear ear) {
        super(true);
        this.server = server;
        this.ear = ear;
    }

    ConnectString.Server server() {
        return server;
    }

    /** It is being dialled. */
    void dialled(Channel dialled) {
        this.dialled = dialled;
    }

    @Override
    public void channelActive(ChannelHandlerContext context) {
        if (isLost) {
            context.close(); // given up while it was dialled; another has the session by now
            return;
        }
        channel = context.channel();
        ear.opened(this);
    }

    @Override
    protected void channelRead0(ChannelHandlerContext context, ByteBuf frame) {
        JuteReader in = new JuteReader(frame);
        if (isConnected) {
            ear.received(this, ReplyHeader.read(in), in);
        } else {
            isConnected = true;
            ear.connected(this, ConnectResponse.read(in));
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        end(reason);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        boolean isOurs = cause instanceof RuntimeException && !(cause instanceof MalformedRecordException);
        reason = cause.getMessage() == null || isOurs ? cause.toString() : cause.getMessage();
        context.close();
    }

    /** Gives the connection up. */
    void close(String why) {
        reason = why;
        Channel open = channel;
        if (open == null) {
            end(why);
        } else {
            open.close();
        }
        Channel dialled = this.dialled;
        if (dialled != null) {
            dialled.close();
        }
    }

    /** Does this once there is no connection, nor an attempt at one: at once, if there is none now. */
    void whenGone(Runnable next) {
        Channel dialled = this.dialled;
        if (dialled == null) {
            next.run();
        } else {
            dialled.closeFuture().addListener(done -> next.run());
        }
    }

    /** The connection never came to be, or is gone. */
    void end(String why) {
        if (!isLost) {
            isLost = true;
            ear.lost(this, why);
        }
    }

    // ---- writing

    private ByteBuf frame(int bytes) {
        return open().alloc().ioBuffer(bytes);
    }

    private Channel open() {
        Channel open = channel;
        if (open == null) {
            throw new IllegalStateException("the connection to " + server + " is not open");
        }
        return open;
    }

    void write(ConnectRequest request) {
        ByteBuf buffer = frame(64);
        JuteWriter out = writer.over(buffer);
        int at = out.beginFrame();
        request.write(out);
        out.endFrame(at);
        write(buffer);
    }

    void write(int xid, OpCode op, Request body) {
        ByteBuf buffer = frame(256);
        JuteWriter out = writer.over(buffer);
        int at = out.beginFrame();
        new RequestHeader(xid, op.number()).write(out);
        body.write(out);
        out.endFrame(at);
        write(buffer);
    }

    /** What is written in one go of the loop leaves in one go. */
    private void write(ByteBuf buffer) {
        Channel open = open();
        open.write(buffer, open.voidPromise());
        if (!isFlushPending) {
            isFlushPending = true;
            open.eventLoop().execute(flushing);
        }
    }

    private void flush() {
        isFlushPending = false;
        open().flush();
    }

    @Override
    public String toString() {
        return server.toString();
    }
}

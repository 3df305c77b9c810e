package io.coord.testkit.zookeeper;

import io.coord.Bytes;
import io.coord.netty.jute.ConnectRequest;
import io.coord.netty.jute.ConnectResponse;
import io.coord.netty.jute.JuteReader;
import io.coord.netty.jute.JuteWriter;
import io.coord.netty.jute.OpCode;
import io.coord.netty.jute.ReplyHeader;
import io.coord.netty.jute.Request;
import io.coord.netty.jute.RequestHeader;
import io.coord.netty.jute.Response;
import io.coord.netty.jute.WatcherEvent;
import io.coord.netty.jute.Xid;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A socket and nothing else: sends whatever bytes a test wants, and shows what comes back, frame by frame. */
final class WireProbe implements AutoCloseable {

    private static final int PATIENCE_MILLIS = 20_000;

    private final Socket socket;
    private final DataInputStream in;
    private int xid;

    WireProbe(InetSocketAddress server) throws IOException {
        socket = new Socket();
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(PATIENCE_MILLIS);
        socket.connect(server, PATIENCE_MILLIS);
        in = new DataInputStream(socket.getInputStream());
    }

    /** A probe with a session. */
    static WireProbe connected(InetSocketAddress server) throws IOException {
        WireProbe probe = new WireProbe(server);
        probe.greet(new ConnectRequest(0, 0, 10_000, 0, Bytes.wrap(new byte[16]), false));
        return probe;
    }

    /** What the server said to a connect request. */
    ConnectResponse greet(ConnectRequest request) throws IOException {
        send(request::write);
        return ConnectResponse.read(new JuteReader(frame()));
    }

    /** Sends bytes as they are. */
    void sendRaw(ByteBuf bytes) throws IOException {
        byte[] array = new byte[bytes.readableBytes()];
        bytes.readBytes(array);
        socket.getOutputStream().write(array);
    }

    /** Sends a frame. */
    void send(Consumer<JuteWriter> body) throws IOException {
        ByteBuf out = Unpooled.buffer();
        JuteWriter writer = new JuteWriter(out);
        int at = writer.beginFrame();
        body.accept(writer);
        writer.endFrame(at);
        sendRaw(out);
    }

    /** Sends a request, and tells its xid. */
    int send(OpCode op, Request body) throws IOException {
        int number = switch (op) {
            case PING -> Xid.PING;
            case AUTH -> Xid.AUTH;
            case SET_WATCHES, SET_WATCHES2 -> Xid.SET_WATCHES;
            default -> ++xid;
        };
        send(number, op.number(), body::write);
        return number;
    }

    void send(int number, int type, Consumer<JuteWriter> body) throws IOException {
        send(out -> {
            new RequestHeader(number, type).write(out);
            body.accept(out);
        });
    }

    /** The body of the next frame. */
    ByteBuf frame() throws IOException {
        byte[] body = new byte[in.readInt()];
        in.readFully(body);
        return Unpooled.wrappedBuffer(body);
    }

    /** What came in answer, or as an event. */
    record Reply(ReplyHeader header, JuteReader body) {
        int error() {
            return header.error();
        }

        Response as(OpCode op) {
            return op.readResponse(body);
        }

        WatcherEvent asEvent() {
            return WatcherEvent.read(body);
        }

        boolean isEvent() {
            return header.xid() == Xid.NOTIFICATION;
        }
    }

    Reply next() throws IOException {
        JuteReader frame = new JuteReader(frame());
        return new Reply(ReplyHeader.read(frame), frame);
    }

    /** Asks and waits for the answer, which must be the next frame. */
    Reply ask(OpCode op, Request body) throws IOException {
        int sent = send(op, body);
        Reply reply = next();
        if (reply.header.xid() != sent) {
            throw new AssertionError("asked " + sent + ", was answered " + reply.header);
        }
        return reply;
    }

    /** The next frame, or null if the server closed the connection without one. */
    @Nullable ByteBuf frameOrEnd() throws IOException {
        try {
            return frame();
        } catch (EOFException | SocketException end) {
            return null;
        }
    }

    /** Whether the server closes the connection at this request, perhaps before it is whole, and without a word. */
    boolean endsAt(OpCode op, Request request) throws IOException {
        try {
            send(op, request);
        } catch (SocketException closed) {
            return true;
        }
        return frameOrEnd() == null;
    }

    /** What is said until the end, as text. */
    String text() throws IOException {
        return new String(in.readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
    }

    /** Whether the server has ended the connection by now, where it says nothing. */
    boolean isAtEnd() throws IOException {
        socket.setSoTimeout(1);
        try {
            return in.read() < 0;
        } catch (SocketTimeoutException open) {
            return false;
        } finally {
            socket.setSoTimeout(PATIENCE_MILLIS);
        }
    }

    /** Says that nothing more comes. */
    void endOutput() throws IOException {
        socket.shutdownOutput();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}

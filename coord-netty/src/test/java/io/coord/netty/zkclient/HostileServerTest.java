package io.coord.netty.zkclient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.coord.AsyncSession;
import io.coord.Bytes;
import io.coord.CoordException;
import io.coord.Operation;
import io.coord.netty.ZooKeeperClient;
import io.coord.netty.jute.ConnectResponse;
import io.coord.netty.jute.JuteWriter;
import io.coord.netty.jute.OpCode;
import io.coord.netty.jute.ReplyHeader;
import io.coord.netty.jute.Samples;
import io.coord.netty.jute.WatcherEvent;
import io.coord.netty.jute.Xid;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A client of a server that answers in its turn, but what it likes: every call ends, and nothing is hurt but the connection. */
class HostileServerTest {

    private static final List<Operation<?>> ASKED = List.of(
            new Operation.GetData("/a"), new Operation.Exists("/a"), new Operation.GetChildren("/a"), new Operation.GetAcl("/a"),
            new Operation.SetData("/a", Bytes.EMPTY, -1), new Operation.Delete("/a", -1), new Operation.GetEphemerals("/"),
            new Operation.WhoAmI(), new Operation.GetAllChildrenNumber("/"), new Operation.Sync("/"),
            new Operation.Multi(List.of(new Operation.Delete("/a", -1), new Operation.SetData("/a", Bytes.EMPTY, 1))),
            new Operation.MultiRead(List.of(new Operation.GetData("/a"), new Operation.GetChildren("/b"))));

    private final SplittableRandom random = new SplittableRandom(20261128);
    private ServerSocket listener;
    private Thread server;
    private volatile Socket served;
    private volatile Reply reply = (xid, op, out) -> {};
    /** What it says before that, if anything. */
    private volatile Consumer<ByteBuf> chatter = out -> {};

    /** What the server says to a request. */
    private interface Reply {
        void write(int xid, OpCode op, ByteBuf out);
    }

    @BeforeEach
    void listen() throws IOException {
        listener = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
        server = new Thread(this::serve, "hostile-server");
        server.start();
    }

    @AfterEach
    void close() throws Exception {
        listener.close();
        Socket last = served;
        if (last != null) {
            last.close();
        }
        server.join();
    }

    private void serve() {
        while (!listener.isClosed()) {
            try (Socket socket = listener.accept()) {
                served = socket;
                socket.setTcpNoDelay(true);
                DataInputStream in = new DataInputStream(socket.getInputStream());
                frame(in);
                send(socket, out -> new ConnectResponse(0, 30_000, 7, Bytes.wrap(new byte[16]), false).write(new JuteWriter(out)));
                while (true) {
                    ByteBuffer request = ByteBuffer.wrap(frame(in));
                    int xid = request.getInt();
                    OpCode op = OpCode.of(request.getInt());
                    if (op == OpCode.CLOSE_SESSION) {
                        send(socket, out -> new ReplyHeader(xid, 1, 0).write(new JuteWriter(out)));
                    } else if (op == OpCode.PING) {
                        send(socket, out -> new ReplyHeader(Xid.PING, 1, 0).write(new JuteWriter(out)));
                    } else {
                        send(socket, chatter);
                        send(socket, out -> reply.write(xid, op, out));
                    }
                }
            } catch (IOException e) {
                // the client has had enough of it
            }
        }
    }

    private static byte[] frame(DataInputStream in) throws IOException {
        byte[] body = new byte[in.readInt()];
        in.readFully(body);
        return body;
    }

    private static void send(Socket socket, Consumer<ByteBuf> body) throws IOException {
        ByteBuf out = Unpooled.buffer();
        out.writeInt(0);
        body.accept(out);
        if (out.readableBytes() == 4) {
            return;
        }
        out.setInt(0, out.readableBytes() - 4);
        OutputStream to = socket.getOutputStream();
        to.write(ByteBufUtil.getBytes(out));
        to.flush();
    }

    private AsyncSession session() throws Exception {
        return ZooKeeperClient.to("127.0.0.1:" + listener.getLocalPort())
                .withRequestTimeout(Duration.ofSeconds(20))
                .openAsync()
                .toCompletableFuture()
                .get(20, TimeUnit.SECONDS);
    }

    /** Every call ends: with whatever the answer says, or with what was wrong. */
    private void ask(AsyncSession session, Operation<?> operation) throws Exception {
        try {
            session.submit(operation).toCompletableFuture().get(20, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            assertThat(e.getCause()).as("what %s ends with", operation).isInstanceOf(CoordException.class);
        }
    }

    @Test
    @DisplayName("a call whose answer cannot be read ends at once, and the next one goes on by another connection")
    void anAnswerCutShort() throws Exception {
        AsyncSession session = session();
        try {
            reply = (xid, op, out) -> {
                new ReplyHeader(xid, 1, 0).write(new JuteWriter(out));
                out.writeInt(1_000_000);
            };
            Throwable cut = catchThrowable(
                    () -> session.submit(new Operation.GetData("/a")).toCompletableFuture().get(20, TimeUnit.SECONDS));
            assertThat(cut).hasCauseInstanceOf(CoordException.class).hasMessageContaining("cannot be read");
            reply = (xid, op, out) -> {
                JuteWriter to = new JuteWriter(out);
                new ReplyHeader(xid, 1, 0).write(to);
                Samples.responses().get(op).get(0).write(to);
            };
            assertThat(session.submit(new Operation.GetData("/a")).toCompletableFuture().get(20, TimeUnit.SECONDS)).isNotNull();
        } finally {
            session.closeAsync().toCompletableFuture().get(20, TimeUnit.SECONDS);
        }
    }

    @Test
    @Timeout(value = 60, unit = TimeUnit.SECONDS)
    @DisplayName("fuzz: every call ends, whatever the server answers")
    void anyAnswer() throws Exception {
        anyAnswer(20);
    }

    @Test
    @Tag("soak")
    @Timeout(value = 600, unit = TimeUnit.SECONDS)
    @DisplayName("fuzz: every call ends, whatever the server answers, for 2,000 of them")
    void anyOfManyAnswers() throws Exception {
        anyAnswer(2_000);
    }

    private void anyAnswer(int calls) throws Exception {
        SplittableRandom said = random.split();
        chatter = out -> {
            if (said.nextInt(5) == 0) {
                JuteWriter to = new JuteWriter(out);
                new ReplyHeader(Xid.NOTIFICATION, 5, 0).write(to);
                new WatcherEvent(said.nextInt(6), said.nextInt(4), "/a").write(to);
                spoil(out, said);
            }
        };
        reply = (xid, op, out) -> {
            JuteWriter to = new JuteWriter(out);
            new ReplyHeader(xid, 1, said.nextInt(4) == 0 ? -said.nextInt(130) : 0).write(to);
            OpCode as = said.nextInt(10) == 0 ? OpCode.values()[said.nextInt(OpCode.values().length)] : op;
            Samples.responses().get(as).get(0).write(to);
            spoil(out, said);
        };
        AsyncSession session = session();
        try {
            for (int i = 0; i < calls; i++) {
                ask(session, ASKED.get(random.nextInt(ASKED.size())));
            }
        } finally {
            session.closeAsync().toCompletableFuture().get(20, TimeUnit.SECONDS);
        }
    }

    /** Flips a bit or two, or cuts it short, but for its length. */
    private static void spoil(ByteBuf frame, SplittableRandom random) {
        int at = 4;
        int length = frame.writerIndex() - at;
        for (int flips = random.nextInt(3); flips > 0; flips--) {
            int where = at + random.nextInt(length);
            frame.setByte(where, frame.getByte(where) ^ 1 << random.nextInt(8));
        }
        if (random.nextInt(4) == 0) {
            frame.writerIndex(at + 1 + random.nextInt(length));
        }
    }
}

package io.coord.testkit.bench;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/**
 * The floor under {@link WireBench}: what the client takes by itself. Answers ZooKeeper's protocol with canned frames from one thread,
 * knows no node and no session, and forces one append to disk for all the writes that came together. No server can be faster by much;
 * where one comes near, the client is what is measured.
 *
 * <p>Arguments: the port of 127.0.0.1, a file to append to.
 */
public final class WireFloor {

    private static final int CREATE = 1;
    private static final int DELETE = 2;
    private static final int EXISTS = 3;
    private static final int GET_DATA = 4;
    private static final int SET_DATA = 5;
    private static final int CLOSE_SESSION = -11;
    private static final int NOTIFICATION = -1;
    private static final int STAT_BYTES = 68;
    private static final int PASSWORD_BYTES = 16;
    /** The requests that may come together from one client, and be appended together. */
    private static final int ROOM = 4 << 20;

    private final Selector selector;
    private final ServerSocketChannel listener;
    private final FileChannel file;
    private final ByteBuffer appended = ByteBuffer.allocateDirect(ROOM);
    private final List<Client> answered = new ArrayList<>();
    private List<Client> watching = new ArrayList<>();
    private byte[] data = new byte[0];
    private long zxid;
    private long session;

    /** A connection; greeted once it has a session. */
    private static final class Client {
        final SocketChannel channel;
        ByteBuffer in = ByteBuffer.allocate(4 << 10);
        ByteBuffer out = ByteBuffer.allocate(4 << 10);
        boolean greeted;
        boolean ends;

        Client(SocketChannel channel) {
            this.channel = channel;
        }

        ByteBuffer room(int bytes) {
            if (out.remaining() < bytes) {
                out = ByteBuffer.allocate(2 * (out.position() + bytes)).put(out.flip());
            }
            return out;
        }
    }

    private WireFloor(int port, Path path) throws IOException {
        selector = Selector.open();
        listener = ServerSocketChannel.open().setOption(StandardSocketOptions.SO_REUSEADDR, true);
        listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1_024);
        listener.configureBlocking(false).register(selector, SelectionKey.OP_ACCEPT);
        file = FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.APPEND);
    }

    /** Answers until it is killed. */
    public static void main(String[] args) throws IOException {
        WireFloor floor = new WireFloor(Integer.parseInt(args[0]), Path.of(args[1]));
        while (true) {
            floor.turn();
        }
    }

    private void turn() throws IOException {
        selector.select();
        for (SelectionKey key : selector.selectedKeys()) {
            if (key.isAcceptable()) {
                accept();
            } else {
                read(key, (Client) key.attachment());
            }
        }
        selector.selectedKeys().clear();
        if (appended.position() > 0) {
            file.write(appended.flip());
            file.force(false);
            appended.clear();
        }
        for (Client client : answered) {
            send(client);
        }
        answered.clear();
    }

    private void accept() throws IOException {
        for (SocketChannel channel = listener.accept(); channel != null; channel = listener.accept()) {
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true).configureBlocking(false);
            channel.register(selector, SelectionKey.OP_READ, new Client(channel));
        }
    }

    private void read(SelectionKey key, Client client) throws IOException {
        try {
            if (!client.in.hasRemaining()) {
                client.in = ByteBuffer.allocate(2 * client.in.capacity()).put(client.in.flip());
            }
            if (client.channel.read(client.in) < 0) {
                key.cancel();
                client.channel.close();
                return;
            }
        } catch (IOException gone) {
            key.cancel();
            client.channel.close();
            return;
        }
        ByteBuffer in = client.in.flip();
        while (in.remaining() >= 4 && in.remaining() >= 4 + in.getInt(in.position())) {
            int length = in.getInt();
            ByteBuffer frame = in.slice(in.position(), length);
            in.position(in.position() + length);
            answer(client, frame);
        }
        in.compact();
        if (client.out.position() > 0) {
            answered.add(client);
        }
    }

    private void answer(Client client, ByteBuffer frame) {
        if (!client.greeted) {
            client.greeted = true;
            ByteBuffer out = client.room(4 + 37);
            out.putInt(37).putInt(0).putInt(frame.getInt(12)).putLong(++session);
            out.putInt(PASSWORD_BYTES).put(new byte[PASSWORD_BYTES]).put((byte) 0);
            append(frame);
            return;
        }
        int xid = frame.getInt();
        int type = frame.getInt();
        switch (type) {
            case CREATE -> {
                append(frame);
                byte[] path = bytes(frame);
                header(client, xid, 4 + path.length).putInt(path.length).put(path);
            }
            case SET_DATA -> {
                append(frame);
                byte[] path = bytes(frame);
                data = bytes(frame);
                stat(header(client, xid, STAT_BYTES));
                fire(client, path);
            }
            case GET_DATA -> {
                bytes(frame);
                if (frame.get() != 0) {
                    watching.add(client);
                }
                stat(header(client, xid, 4 + data.length + STAT_BYTES).putInt(data.length).put(data));
            }
            case EXISTS -> stat(header(client, xid, STAT_BYTES));
            default -> {
                if (type == DELETE || type == CLOSE_SESSION) {
                    append(frame);
                }
                client.ends = type == CLOSE_SESSION;
                header(client, xid, 0);
            }
        }
    }

    /** Tells everybody who watches anything: the load watches one node. */
    private void fire(Client cause, byte[] path) {
        List<Client> told = watching;
        watching = new ArrayList<>(told.size());
        for (Client client : told) {
            ByteBuffer out = client.room(4 + 16 + 12 + path.length);
            out.putInt(16 + 12 + path.length).putInt(NOTIFICATION).putLong(zxid).putInt(0);
            out.putInt(3).putInt(3).putInt(path.length).put(path); // NodeDataChanged, SyncConnected
            if (client != cause) {
                answered.add(client);
            }
        }
    }

    private ByteBuffer header(Client client, int xid, int bodyBytes) {
        return client.room(4 + 16 + bodyBytes).putInt(16 + bodyBytes).putInt(xid).putLong(++zxid).putInt(0);
    }

    private static void stat(ByteBuffer out) {
        out.put(new byte[STAT_BYTES]);
    }

    private static byte[] bytes(ByteBuffer frame) {
        byte[] bytes = new byte[Math.max(0, frame.getInt())];
        frame.get(bytes);
        return bytes;
    }

    private void append(ByteBuffer frame) {
        ByteBuffer whole = frame.duplicate().clear();
        if (appended.remaining() >= whole.remaining()) {
            appended.put(whole);
        }
    }

    private static void send(Client client) throws IOException {
        ByteBuffer out = client.out.flip();
        try {
            while (out.hasRemaining()) {
                client.channel.write(out);
            }
            if (client.ends) {
                client.channel.close();
            }
        } catch (IOException gone) {
            client.channel.close();
        }
        out.clear();
    }
}

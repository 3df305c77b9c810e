package io.coord.testkit.bench;

import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A load on an ensemble by bare sockets, in a process of its own: {@link WireBench} starts it. All connections are one thread's, so that
 * the servers are what is measured, where ZooKeeper's client takes two threads for each session and longer than they do.
 *
 * <p>Arguments and output as of {@link WireLoad}; the workloads are {@code bare-connect} and {@code bare-fanout}.
 */
public final class WireBare {

    private static final byte[] NODE = "/watched".getBytes(StandardCharsets.US_ASCII);
    private static final int TIMEOUT_MILLIS = 30_000;
    private static final int CREATE = 1;
    private static final int GET_DATA = 4;
    private static final int SET_DATA = 5;
    private static final int CLOSE_SESSION = -11;
    /** Sessions are opened so many at a time where that is not what is measured. */
    private static final int AT_A_TIME = 50;

    private final InetSocketAddress[] hosts;
    private final long warmNanos;
    private final long endNanos;
    private final Selector selector;
    private final ByteBuffer in = ByteBuffer.allocateDirect(64 << 10);
    private final List<Long> nanos = new ArrayList<>();
    private int opened;
    /** Whether the servers close connections, since they were asked to. */
    private boolean isClosing;

    private WireBare(String[] args) throws IOException {
        hosts = Arrays.stream(args[0].split(","))
                .map(host -> host.split(":"))
                .map(parts -> new InetSocketAddress(parts[0], Integer.parseInt(parts[1])))
                .toArray(InetSocketAddress[]::new);
        long begun = System.nanoTime();
        warmNanos = begun + (long) (Double.parseDouble(args[5]) * 1e9);
        endNanos = warmNanos + (long) (Double.parseDouble(args[6]) * 1e9);
        selector = Selector.open();
    }

    /** Runs one workload. */
    public static void main(String[] args) throws IOException {
        WireBare load = new WireBare(args);
        if (args[1].equals("bare-connect")) {
            load.connects(Integer.parseInt(args[3]));
        } else {
            load.fanOut(Integer.parseInt(args[2]));
        }
        load.report(args[1].equals("bare-connect") ? Integer.parseInt(args[3]) : 1, Double.parseDouble(args[6]));
    }

    private void connects(int atATime) throws IOException {
        while (System.nanoTime() < endNanos) {
            long asked = System.nanoTime();
            List<SocketChannel> channels = open(atATime);
            note(asked, atATime);
            for (SocketChannel channel : channels) {
                send(channel, request(1, CLOSE_SESSION, ByteBuffer.allocate(0)));
            }
            isClosing = true;
            await(atATime);
            isClosing = false;
            for (SocketChannel channel : channels) {
                channel.close();
            }
        }
    }

    private void fanOut(int sessions) throws IOException {
        List<SocketChannel> channels = new ArrayList<>();
        while (channels.size() < sessions) {
            channels.addAll(open(Math.min(AT_A_TIME, sessions - channels.size())));
        }
        SocketChannel writer = channels.get(0);
        ByteBuffer anyone = ByteBuffer.allocate(64).putInt(1).putInt(31).putInt(5).put("world".getBytes(StandardCharsets.US_ASCII))
                .putInt(6).put("anyone".getBytes(StandardCharsets.US_ASCII)).flip();
        send(writer, request(1, CREATE, ByteBuffer.allocate(128).putInt(NODE.length).put(NODE).putInt(0).put(anyone).putInt(0).flip()));
        await(1);
        while (System.nanoTime() < endNanos) {
            for (SocketChannel channel : channels) {
                send(channel, request(2, GET_DATA, ByteBuffer.allocate(64).putInt(NODE.length).put(NODE).put((byte) 1).flip()));
            }
            await(sessions);
            long asked = System.nanoTime();
            send(writer, request(3, SET_DATA, ByteBuffer.allocate(64).putInt(NODE.length).put(NODE).putInt(0).putInt(-1).flip()));
            await(sessions + 1);
            note(asked, 1);
        }
    }

    private void note(long asked, int operations) {
        if (asked > warmNanos) {
            nanos.add((System.nanoTime() - asked) / operations);
        }
    }

    private List<SocketChannel> open(int count) throws IOException {
        List<SocketChannel> channels = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            SocketChannel channel = SocketChannel.open(hosts[opened++ % hosts.length]);
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true).configureBlocking(false);
            channel.register(selector, SelectionKey.OP_READ);
            send(channel, ByteBuffer.allocate(49).putInt(45).putInt(0).putLong(0).putInt(TIMEOUT_MILLIS).putLong(0)
                    .putInt(16).put(new byte[16]).put((byte) 0).flip());
            channels.add(channel);
        }
        await(count);
        return channels;
    }

    private static ByteBuffer request(int xid, int type, ByteBuffer body) {
        int length = 8 + body.remaining();
        return ByteBuffer.allocate(4 + length).putInt(length).putInt(xid).putInt(type).put(body).flip();
    }

    private static void send(SocketChannel channel, ByteBuffer frame) throws IOException {
        while (frame.hasRemaining()) {
            channel.write(frame);
        }
    }

    /** Waits for so many frames, of any of the connections; they are small enough to come whole. */
    private void await(int frames) throws IOException {
        int left = frames;
        while (left > 0) {
            selector.select();
            for (SelectionKey key : selector.selectedKeys()) {
                in.clear();
                if (((SocketChannel) key.channel()).read(in) < 0) {
                    if (!isClosing) {
                        throw new EOFException("the server has closed a connection");
                    }
                    key.cancel();
                }
                in.flip();
                while (in.hasRemaining()) {
                    in.position(4 + in.getInt(in.position()) + in.position());
                    left--;
                }
            }
            selector.selectedKeys().clear();
        }
    }

    private void report(int operationsEach, double seconds) {
        long[] sorted = nanos.stream().mapToLong(Long::longValue).sorted().toArray();
        System.out.printf(
                "ops=%d perSecond=%.0f p50us=%.0f p99us=%.0f clientCores=0 failed=0%n",
                sorted.length * operationsEach,
                sorted.length * operationsEach / seconds,
                sorted[sorted.length / 2] / 1e3,
                sorted[sorted.length * 99 / 100] / 1e3);
    }
}

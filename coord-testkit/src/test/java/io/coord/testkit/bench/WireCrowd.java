package io.coord.testkit.bench;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Many sessions on bare sockets, of one thread, for {@link WireBench}: idle, or with watches, or with ephemeral nodes.
 */
public final class WireCrowd implements AutoCloseable {

    private static final int TIMEOUT_MILLIS = 40_000;
    private static final int CREATE = 1;
    private static final int PING = 11;
    private static final int SET_WATCHES = 101;
    private static final int CLOSE_SESSION = -11;
    private static final int AT_A_TIME = 100;
    private static final int PATHS_OF_A_FRAME = 20_000;
    private static final int OUTSTANDING = 500;

    private final List<String> hosts;
    private final List<One> all = new ArrayList<>();

    WireCrowd(List<String> hosts) {
        this.hosts = hosts;
    }

    /** Opens so many sessions, one after another as fast as it goes, and pings all; for whoever has no room for their sockets itself. */
    public static void main(String... words) throws IOException {
        try (WireCrowd crowd = new WireCrowd(List.of(words[0]))) {
            long opened = crowd.open(Integer.parseInt(words[1]));
            long pinged = millis(nowhere -> crowd.ping());
            System.out.println("opened in " + opened + " ms, pinged in " + pinged + " ms");
        }
    }

    /** What is written into a frame. */
    private interface Body {
        void write(DataOutputStream out) throws IOException;
    }

    /** A session. */
    private static final class One {
        private final Socket socket;
        private final DataInputStream in;

        One(String host) throws IOException {
            int colon = host.lastIndexOf(':');
            socket = new Socket(InetAddress.getByName(host.substring(0, colon)), Integer.parseInt(host.substring(colon + 1)));
            socket.setTcpNoDelay(true);
            in = new DataInputStream(new BufferedInputStream(socket.getInputStream(), 256));
        }

        void send(Body body) throws IOException {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            body.write(new DataOutputStream(bytes));
            DataOutputStream frame = new DataOutputStream(socket.getOutputStream());
            ByteArrayOutputStream whole = new ByteArrayOutputStream();
            new DataOutputStream(whole).writeInt(bytes.size());
            bytes.writeTo(whole);
            whole.writeTo(frame);
        }

        void send(int xid, int type, Body body) throws IOException {
            send(out -> {
                out.writeInt(xid);
                out.writeInt(type);
                body.write(out);
            });
        }

        void hear() throws IOException {
            in.skipNBytes(in.readInt());
        }
    }

    private static void text(DataOutputStream out, String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
        out.writeInt(bytes.length);
        out.write(bytes);
    }

    private static long millis(Body timed) throws IOException {
        long begun = System.nanoTime();
        timed.write(new DataOutputStream(new ByteArrayOutputStream()));
        return (System.nanoTime() - begun) / 1_000_000;
    }

    /** Opens sessions, 100 at a time; how many milliseconds that took. */
    long open(int sessions) throws IOException {
        return millis(nowhere -> {
            for (int left = sessions; left > 0; left -= AT_A_TIME) {
                List<One> some = new ArrayList<>();
                for (int i = 0; i < Math.min(AT_A_TIME, left); i++) {
                    One one = new One(hosts.get((all.size() + i) % hosts.size()));
                    one.send(out -> {
                        out.writeInt(0);
                        out.writeLong(0);
                        out.writeInt(TIMEOUT_MILLIS);
                        out.writeLong(0);
                        out.writeInt(16);
                        out.write(new byte[16]);
                        out.writeBoolean(false);
                    });
                    some.add(one);
                }
                for (One one : some) {
                    one.hear();
                }
                all.addAll(some);
            }
        });
    }

    /** Keeps all sessions. */
    void ping() throws IOException {
        for (One one : all) {
            one.send(-2, PING, out -> {});
        }
        for (One one : all) {
            one.hear();
        }
    }

    /** Sets watches on nodes that are not there, as many in each session; how many milliseconds that took. */
    long watch(int watches) throws IOException {
        int each = watches / all.size();
        return millis(nowhere -> {
            for (One one : all) {
                for (int from = 0; from < each; from += PATHS_OF_A_FRAME) {
                    int first = from;
                    int count = Math.min(PATHS_OF_A_FRAME, each - from);
                    one.send(-8, SET_WATCHES, out -> {
                        out.writeLong(Long.MAX_VALUE);
                        out.writeInt(0);
                        out.writeInt(count);
                        for (int i = 0; i < count; i++) {
                            text(out, "/watched/node-" + all.indexOf(one) + "-" + (first + i));
                        }
                        out.writeInt(0);
                    });
                    one.hear();
                }
            }
        });
    }

    /** Creates ephemeral nodes in the first session, 500 outstanding; how many milliseconds that took. */
    long create(int nodes) throws IOException {
        One one = all.get(0);
        return millis(nowhere -> {
            for (int i = 0; i < nodes + OUTSTANDING; i++) {
                int number = i;
                if (i < nodes) {
                    one.send(i + 1, CREATE, out -> {
                        text(out, "/ephemeral-" + number);
                        out.writeInt(0);
                        out.writeInt(1);
                        out.writeInt(31);
                        text(out, "world");
                        text(out, "anyone");
                        out.writeInt(1);
                    });
                }
                if (i >= OUTSTANDING) {
                    one.hear();
                }
            }
        });
    }

    /** Closes the first session; how many milliseconds passed until that was answered. */
    long closeFirst() throws IOException {
        One one = all.remove(0);
        long millis = millis(nowhere -> {
            one.send(1_000_000, CLOSE_SESSION, out -> {});
            one.hear();
        });
        one.socket.close();
        return millis;
    }

    /** Closes all sessions, and waits for that. */
    @Override
    public void close() {
        try {
            for (int from = 0; from < all.size(); from += AT_A_TIME) {
                List<One> some = all.subList(from, Math.min(all.size(), from + AT_A_TIME));
                for (One one : some) {
                    one.send(1_000_000, CLOSE_SESSION, out -> {});
                }
                for (One one : some) {
                    one.hear();
                    one.socket.close();
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

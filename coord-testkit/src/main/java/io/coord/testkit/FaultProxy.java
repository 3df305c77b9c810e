package io.coord.testkit;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A bad network in front of one port: what connects to it is passed on to a target, with the faults of real links on demand. For
 * processes as well as for parts of this JVM, and for any protocol over TCP.
 *
 * <pre>{@code
 * try (FaultProxy link = FaultProxy.to(7100)) {
 *   connectTo(link.port());
 *   link.cut(FaultProxy.Direction.TO_TARGET);   // it hears, but is not heard
 *   link.heal();
 * }
 * }</pre>
 *
 * <p>As a cut cable loses nothing for good that TCP would send again, a cut here holds back bytes, and the ends of connections with them,
 * until it heals. New connections are taken at any time, since a kernel does that, unless they are {@linkplain #refuse refused}.
 *
 * <p>It has a thread, and four for each connection; all are daemons and joined by {@link #close}.
 */
public final class FaultProxy implements AutoCloseable {

    private static final int CHUNK_BYTES = 16 << 10;
    private static final int CHUNKS_HELD_MAX = 64;

    /** Which way bytes go. */
    public enum Direction {
        /** From whoever connected, to the target. */
        TO_TARGET,
        /** From the target, back. */
        FROM_TARGET
    }

    private final ServerSocket server;
    private final Thread acceptor;
    private final Set<Link> links = ConcurrentHashMap.newKeySet();
    private final AtomicInteger made = new AtomicInteger();

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final boolean[] cut = new boolean[Direction.values().length];
    private final long[] delayNanos = new long[Direction.values().length];
    private final boolean[] damage = new boolean[Direction.values().length];
    private boolean refusing;
    private boolean closed;
    private InetSocketAddress target;

    private FaultProxy(InetSocketAddress target) {
        this.target = target;
        try {
            this.server = new ServerSocket(0, 64, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException("no port to listen at: " + e.getMessage(), e);
        }
        this.acceptor = thread("accept", this::accept);
    }

    /** A way to a port of this machine. */
    public static FaultProxy to(int port) {
        return to(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    }

    /** A way to an address. */
    public static FaultProxy to(InetSocketAddress target) {
        FaultProxy proxy = new FaultProxy(target);
        proxy.acceptor.start();
        return proxy;
    }

    private Thread thread(String name, Runnable work) {
        Thread thread = new Thread(work, "coord-fault-proxy-" + server.getLocalPort() + "-" + name);
        thread.setDaemon(true);
        return thread;
    }

    /** The port to connect to, on loopback. */
    public int port() {
        return server.getLocalPort();
    }

    /** How many connections pass through at the moment. */
    public int connections() {
        return links.size();
    }

    // ------------------------------------------------------------------------------------------------ faults

    /** Passes new connections on to another port of this machine: the target was restarted elsewhere. */
    public void retarget(int port) {
        change(() -> target = new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    }

    /** Holds back everything, in both directions. */
    public void cut() {
        change(() -> Arrays.fill(cut, true));
    }

    /** Holds back what goes one way; the other way stays open. */
    public void cut(Direction direction) {
        change(() -> cut[direction.ordinal()] = true);
    }

    /** Passes everything on so much later, in both directions; order is kept. */
    public void delay(Duration delay) {
        change(() -> Arrays.fill(delayNanos, delay.toNanos()));
    }

    /** Passes what goes one way on so much later; order is kept. */
    public void delay(Direction direction, Duration delay) {
        change(() -> delayNanos[direction.ordinal()] = delay.toNanos());
    }

    /** Closes new connections at once; those that are open stay. */
    public void refuse() {
        change(() -> refusing = true);
    }

    /** Breaks all connections by a reset (RST): what was on its way is lost. */
    public void reset() {
        links.forEach(Link::reset);
    }

    /**
     * Leaves both ends of each open connection with one that leads nowhere: nothing is passed on any more, not even that the other end
     * closes. New connections are as they should be.
     */
    public void halfOpen() {
        change(() -> links.forEach(link -> link.dead = true));
    }

    /** Flips a bit of the next bytes that go one way. */
    public void damageNext(Direction direction) {
        change(() -> damage[direction.ordinal()] = true);
    }

    /** Ends all faults but those that broke a connection. */
    public void heal() {
        change(() -> {
            Arrays.fill(cut, false);
            Arrays.fill(delayNanos, 0);
            Arrays.fill(damage, false);
            refusing = false;
        });
    }

    private void change(Runnable change) {
        lock.lock();
        try {
            change.run();
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    // ------------------------------------------------------------------------------------------------ passing on

    private void accept() {
        while (true) {
            Socket client;
            try {
                client = server.accept();
            } catch (IOException e) {
                return; // closed
            }
            try {
                connect(client);
            } catch (IOException e) {
                quietly(client); // the target is not there: whoever connected sees it so
            }
        }
    }

    private void connect(Socket client) throws IOException {
        InetSocketAddress where;
        lock.lock();
        try {
            if (refusing || closed) {
                throw new IOException("refused");
            }
            where = target;
        } finally {
            lock.unlock();
        }
        Socket toTarget = new Socket();
        try {
            toTarget.setTcpNoDelay(true);
            client.setTcpNoDelay(true);
            toTarget.connect(where);
        } catch (IOException e) {
            quietly(toTarget);
            throw e;
        }
        Link link = new Link(client, toTarget, made.incrementAndGet());
        lock.lock();
        try {
            if (closed) {
                quietly(toTarget);
                throw new IOException("closed meanwhile");
            }
            links.add(link);
            link.begin();
        } finally {
            lock.unlock();
        }
    }

    /** What is passed on at once; without bytes it is the end. */
    private record Chunk(byte[] bytes, long dueNanos) {
        boolean isEnd() {
            return bytes.length == 0;
        }
    }

    private final class Link {
        private final Socket client;
        private final Socket toTarget;
        private final List<Thread> threads = new ArrayList<>();
        private final AtomicInteger open = new AtomicInteger(2);
        private volatile boolean dead;
        private volatile boolean broken;

        Link(Socket client, Socket toTarget, int number) {
            this.client = client;
            this.toTarget = toTarget;
            pump(client, toTarget, Direction.TO_TARGET, number);
            pump(toTarget, client, Direction.FROM_TARGET, number);
        }

        void begin() {
            threads.forEach(Thread::start);
        }

        private void pump(Socket from, Socket to, Direction direction, int number) {
            BlockingQueue<Chunk> held = new ArrayBlockingQueue<>(CHUNKS_HELD_MAX);
            threads.add(thread(number + "-" + direction + "-read", () -> read(from, direction, held)));
            threads.add(thread(number + "-" + direction + "-write", () -> write(to, direction, held)));
        }

        private void read(Socket from, Direction direction, BlockingQueue<Chunk> held) {
            byte[] buffer = new byte[CHUNK_BYTES];
            try {
                InputStream in = from.getInputStream();
                int n;
                while ((n = in.read(buffer)) > 0) {
                    held.put(new Chunk(Arrays.copyOf(buffer, n), due(direction)));
                }
            } catch (IOException e) {
                broken |= !dead; // an end that is told like a close, unless nobody is to hear of it
            } catch (InterruptedException e) {
                return;
            }
            try {
                held.put(new Chunk(new byte[0], due(direction)));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }

        private long due(Direction direction) {
            lock.lock();
            try {
                return System.nanoTime() + delayNanos[direction.ordinal()];
            } finally {
                lock.unlock();
            }
        }

        private void write(Socket to, Direction direction, BlockingQueue<Chunk> held) {
            try {
                OutputStream out = to.getOutputStream();
                while (true) {
                    Chunk chunk = held.take();
                    awaitPassage(chunk, direction);
                    if (chunk.isEnd()) {
                        end(to);
                        return;
                    }
                    out.write(chunk.bytes());
                    out.flush();
                }
            } catch (IOException e) {
                quietly(client);
                quietly(toTarget);
                links.remove(this);
                interrupt(); // the other direction may wait behind a cut; a reader may wait for a place among what nobody passes on any more
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }

        /** Waits until the chunk is due and nothing is in its way; if the link leads nowhere, for ever. */
        private void awaitPassage(Chunk chunk, Direction direction) throws InterruptedException {
            lock.lock();
            try {
                while (!closed) {
                    long early = chunk.dueNanos() - System.nanoTime();
                    if (dead || cut[direction.ordinal()]) {
                        changed.await();
                    } else if (early > 0) {
                        changed.awaitNanos(early);
                    } else {
                        break;
                    }
                }
                if (damage[direction.ordinal()] && !chunk.isEnd()) {
                    damage[direction.ordinal()] = false;
                    chunk.bytes()[chunk.bytes().length / 2] ^= 0x10;
                }
            } finally {
                lock.unlock();
            }
        }

        private void end(Socket to) {
            try {
                if (broken) {
                    to.setSoLinger(true, 0);
                    to.close();
                } else {
                    to.shutdownOutput();
                }
            } catch (IOException e) {
                quietly(to);
            }
            ended();
        }

        private void ended() {
            if (open.decrementAndGet() == 0) {
                quietly(client);
                quietly(toTarget);
                links.remove(this);
            }
        }

        void reset() {
            for (Socket socket : List.of(client, toTarget)) {
                try {
                    socket.setSoLinger(true, 0);
                } catch (IOException e) {
                    // closed already
                }
                quietly(socket);
            }
            links.remove(this);
            interrupt();
        }

        void interrupt() {
            threads.forEach(Thread::interrupt);
        }

        void join(long deadlineNanos) throws InterruptedException {
            for (Thread thread : threads) {
                TimeUnit.NANOSECONDS.timedJoin(thread, Math.max(1, deadlineNanos - System.nanoTime()));
            }
        }
    }

    private static void quietly(Closeable closeable) {
        try {
            closeable.close();
        } catch (IOException e) {
            // it is gone either way
        }
    }

    /** Closes all connections, and the port. */
    @Override
    public void close() {
        change(() -> closed = true);
        quietly(server);
        List<Link> open = List.copyOf(links);
        open.forEach(link -> {
            quietly(link.client);
            quietly(link.toTarget);
            link.interrupt();
        });
        try {
            long deadlineNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
            TimeUnit.NANOSECONDS.timedJoin(acceptor, Math.max(1, deadlineNanos - System.nanoTime()));
            for (Link link : open) {
                link.join(deadlineNanos);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public String toString() {
        return "fault proxy " + port() + " -> " + target;
    }
}

package io.coord.netty.peer;

import io.coord.Bytes;
import io.coord.MemberAddress;
import io.coord.MemberId;
import io.coord.ensemble.spi.Transport.Frame;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.WriteBufferWaterMark;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * One member's way to another for one kind of frames: a connection that is dialled again whenever it is gone, and what waits for it.
 * Frames go this way only; what comes back are signs of life.
 *
 * <p>Whoever sends puts frames in a queue; the event loop takes all that are there, encodes them behind one another and flushes once.
 * What cannot be sent is dropped: without a connection, behind a full queue, and beyond the connection's high-water mark. A lane for bulk
 * differs in three ways: it is dialled when it is first needed, it waits for its connection with a few frames, and it keeps to a speed.
 */
final class Lane {

    private static final int WAITING_MAX = 4_096;
    private static final int BULK_WAITING_MAX = 16;
    private static final int DRAIN_MAX = 1_024;
    private static final int CHUNK_BYTES = 16 << 10;
    private static final int FLUSH_BYTES = 64 << 10;
    private static final long BACKOFF_MIN_NANOS = TimeUnit.MILLISECONDS.toNanos(20);
    private static final long BACKOFF_MAX_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final WriteBufferWaterMark WATER = new WriteBufferWaterMark(4 << 20, 16 << 20);

    private final PeerNetwork network;
    private final MemberId peer;
    private final boolean bulk;
    private final EventLoop loop;
    private final @Nullable Pacer pacer;

    private final Queue<Frame> waiting = new ConcurrentLinkedQueue<>();
    private final AtomicInteger waitingCount = new AtomicInteger();
    private final AtomicBoolean drainScheduled = new AtomicBoolean();
    private volatile MemberAddress address;
    /** The connection frames may be sent on. */
    private volatile @Nullable Channel ready;

    // Of the event loop alone.
    private @Nullable Channel dialling;
    private @Nullable Future<?> retry;
    private boolean resolving;
    private boolean wanted;
    private int attempt;
    private long doubtedNanos;
    private long backoffNanos = BACKOFF_MIN_NANOS;

    /** A lane not yet dialled. */
    Lane(PeerNetwork network, MemberId peer, MemberAddress address, boolean bulk, EventLoop loop) {
        this.network = network;
        this.peer = peer;
        this.address = address;
        this.bulk = bulk;
        this.loop = loop;
        this.pacer = bulk ? new Pacer(network.options().bulkBytesPerSecond()) : null;
    }

    MemberId peer() {
        return peer;
    }

    boolean isBulk() {
        return bulk;
    }

    MemberAddress address() {
        return address;
    }

    boolean isReady() {
        return ready != null;
    }

    /** The member is elsewhere: what is connected to the old address is given up. */
    void moved(MemberAddress to) {
        boolean isElsewhere = !address.host().equals(to.host()) || address.peerPort() != to.peerPort();
        address = to;
        if (isElsewhere) {
            onLoop(() -> {
                Channel channel = ready != null ? ready : dialling;
                if (channel != null) {
                    channel.close();
                }
                knock();
            });
        }
    }

    // ------------------------------------------------------------------------------------------------ sending

    /** Sends a frame, or drops it. */
    void send(Frame frame) {
        if (ready == null && !bulk || waitingCount.get() >= (bulk ? BULK_WAITING_MAX : WAITING_MAX)) {
            network.dropped(1);
            return;
        }
        waitingCount.incrementAndGet();
        waiting.add(frame);
        scheduleDrain();
    }

    private void scheduleDrain() {
        if (!drainScheduled.get() && drainScheduled.compareAndSet(false, true)) {
            onLoop(this::drain);
        }
    }

    private void drain() {
        drainScheduled.set(false);
        Channel channel = ready;
        if (channel == null) {
            if (bulk) {
                want();
            } else {
                dropWaiting();
            }
        } else if (pacer != null) {
            sendPaced(channel, pacer);
        } else {
            sendAll(channel);
        }
    }

    private void sendAll(Channel channel) {
        ByteBuf out = null;
        int unflushed = 0;
        int taken = 0;
        Frame frame;
        while (taken < DRAIN_MAX && (frame = take()) != null) {
            taken++;
            Bytes bytes = channel.isWritable() ? encode(frame) : null;
            if (bytes == null) {
                network.dropped(1);
                continue;
            }
            int size = FrameReader.HEADER_BYTES + bytes.length();
            if (out != null && out.writableBytes() < size) {
                channel.write(out, channel.voidPromise());
                out = null;
            }
            if (out == null) {
                // Alone it gets what it needs; in company, room for those behind it.
                out = channel.alloc().directBuffer(waitingCount.get() == 0 ? size : Math.max(size, CHUNK_BYTES));
            }
            put(bytes, out);
            unflushed += size;
            if (unflushed >= FLUSH_BYTES) {
                channel.writeAndFlush(out, channel.voidPromise());
                out = null;
                unflushed = 0;
            }
        }
        if (out != null) {
            channel.writeAndFlush(out, channel.voidPromise());
        } else if (unflushed > 0) {
            channel.flush();
        }
        if (taken == DRAIN_MAX) {
            scheduleDrain();
        }
    }

    private void sendPaced(Channel channel, Pacer pacer) {
        while (waitingCount.get() > 0 && channel.isWritable()) {
            long waitNanos = pacer.nanosToWait(network.nanoTime());
            if (waitNanos > 0) {
                if (drainScheduled.compareAndSet(false, true)) {
                    loop.schedule(this::drain, waitNanos, TimeUnit.NANOSECONDS);
                }
                return;
            }
            Frame frame = take();
            Bytes bytes = frame == null ? null : encode(frame);
            if (bytes != null) {
                int size = FrameReader.HEADER_BYTES + bytes.length();
                ByteBuf out = channel.alloc().directBuffer(size);
                put(bytes, out);
                channel.writeAndFlush(out, channel.voidPromise());
                pacer.passed(network.nanoTime(), size);
            }
        }
    }

    /** There is room again. */
    void writable() {
        if (bulk) {
            scheduleDrain();
        }
    }

    private static void put(Bytes bytes, ByteBuf out) {
        int length = bytes.length();
        out.writeByte(FrameReader.FRAME).writeInt(length);
        // Not writeBytes of a read-only buffer, which copies twice.
        bytes.putTo(out.internalNioBuffer(out.writerIndex(), length));
        out.writerIndex(out.writerIndex() + length);
    }

    private @Nullable Bytes encode(Frame frame) {
        try {
            return frame.bytes();
        } catch (IllegalArgumentException tooLarge) {
            network.log().warn("too large for " + peer, "a message for member " + peer + " is not sent: " + tooLarge.getMessage());
            return null;
        }
    }

    private @Nullable Frame take() {
        Frame frame = waiting.poll();
        if (frame != null) {
            waitingCount.decrementAndGet();
        }
        return frame;
    }

    private void dropWaiting() {
        while (take() != null) {
            network.dropped(1);
        }
    }

    // ------------------------------------------------------------------------------------------------ dialling

    /** Sees to it that there is a connection, from now on. */
    void want() {
        if (!loop.inEventLoop()) {
            onLoop(this::want);
        } else if (!wanted) {
            wanted = true;
            dial();
        }
    }

    /** The other side can be reached, it seems: now is the time to try again. */
    void knock() {
        onLoop(() -> {
            Future<?> retry = this.retry;
            if (retry != null && retry.cancel(false)) {
                this.retry = null;
                backoffNanos = BACKOFF_MIN_NANOS;
                dial();
            }
        });
    }

    private void dial() {
        if (network.isClosed() || ready != null || dialling != null || resolving) {
            return;
        }
        resolving = true;
        MemberAddress target = address;
        network.resolver().resolve(target.host()).whenComplete((found, failure) -> onLoop(() -> {
            resolving = false;
            if (failure != null) {
                failed("not found: " + PeerLog.reason(failure));
            } else if (!target.equals(address)) {
                dial();
            } else {
                connect(target, found);
            }
        }));
    }

    private void connect(MemberAddress target, List<InetAddress> found) {
        if (network.isClosed()) {
            return;
        }
        InetAddress where = found.get(Math.floorMod(attempt++, found.size()));
        Dialler dialler = new Dialler(network, this, target);
        ChannelFuture connecting = new Bootstrap()
                .group(loop)
                .channel(network.loops().channel())
                .option(ChannelOption.TCP_NODELAY, true)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, network.connectTimeoutMillis())
                .option(ChannelOption.WRITE_BUFFER_WATER_MARK, WATER)
                .handler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        network.dialled(channel);
                        dialler.install(channel);
                    }
                })
                .connect(new InetSocketAddress(where, target.peerPort()));
        dialling = connecting.channel();
        connecting.addListener(done -> {
            if (!done.isSuccess()) {
                dialling = null;
                failed("not reached: " + PeerLog.reason(done.cause()));
            }
        });
    }

    /** Whether the other side has taken this one for a second one for so long that it is no restart that it has yet to notice. */
    boolean isDoubtedLong() {
        if (doubtedNanos == 0) {
            doubtedNanos = network.nanoTime() | 1;
        }
        return network.nanoTime() - doubtedNanos >= network.options().silenceMax().toNanos();
    }

    /** The other side has accepted this one: frames may go. */
    void established(Channel channel) {
        dialling = null;
        backoffNanos = BACKOFF_MIN_NANOS;
        network.log().forget(subject());
        if (!bulk) {
            network.log().debug("connected to member " + peer + " at " + address, null);
        }
        doubtedNanos = 0;
        ready = channel;
        drain();
    }

    /** The connection is gone; why, if it was never of use. */
    void ended(Channel channel, @Nullable String failure) {
        boolean wasReady = ready == channel;
        if (wasReady) {
            ready = null;
        }
        if (dialling == channel) {
            dialling = null;
        }
        if (wasReady && !bulk) {
            network.lost(peer);
        }
        failed(wasReady || failure == null ? null : failure);
    }

    private void failed(@Nullable String failure) {
        if (network.isClosed()) {
            return;
        }
        if (failure != null) {
            network.log().info(subject(), "member " + peer + " at " + address + " is " + failure + "; trying again");
        }
        dropWaiting();
        if (retry == null) {
            long nanos = network.jitter(backoffNanos);
            backoffNanos = Math.min(2 * backoffNanos, BACKOFF_MAX_NANOS);
            retry = loop.schedule(this::retry, nanos, TimeUnit.NANOSECONDS);
        }
    }

    private void retry() {
        retry = null;
        if (bulk && waitingCount.get() == 0) {
            wanted = false;
        } else {
            dial();
        }
    }

    private String subject() {
        return "dial " + peer + (bulk ? " bulk" : "");
    }

    // ------------------------------------------------------------------------------------------------ identity

    /** Tells the other side who this one is by now. */
    void introduceAgain() {
        onLoop(() -> {
            Channel channel = ready;
            if (channel != null) {
                channel.writeAndFlush(network.identityFrame(network.hello(peer, bulk)), channel.voidPromise());
            }
        });
    }

    private void onLoop(Runnable work) {
        try {
            loop.execute(work);
        } catch (RejectedExecutionException closed) {
            drainScheduled.set(false);
        }
    }
}

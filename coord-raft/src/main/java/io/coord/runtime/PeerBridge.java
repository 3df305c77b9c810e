package io.coord.runtime;

import io.coord.Bytes;
import io.coord.MemberId;
import io.coord.ensemble.spi.Transport;
import io.coord.member.Input;
import io.coord.member.PeerFrame;
import io.coord.member.PeerMessage;
import io.coord.raft.Message;
import io.coord.wire.PeerCodec;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.function.Consumer;

/** Between a member and its {@link Transport}: frames are encoded and decoded on the transport's threads (rule.29). */
final class PeerBridge implements Transport.Receiver {

    private final Transport transport;
    private final PeerCodec codec;
    private final Consumer<Input> inbox;
    private final TimeSource time;
    /** When each member was last heard of, 0 for never. */
    private final AtomicLongArray heardNanos = new AtomicLongArray(MemberId.MAX + 1);

    private final AtomicLong refused = new AtomicLong();

    /**
     * A bridge over a transport.
     *
     * @param inbox takes what arrives, from any thread
     */
    PeerBridge(Transport transport, PeerCodec codec, TimeSource time, Consumer<Input> inbox) {
        this.time = time;
        this.transport = transport;
        this.codec = codec;
        this.inbox = inbox;
    }

    /** Sends, or drops. */
    void send(List<PeerFrame> frames) {
        for (PeerFrame frame : frames) {
            transport.send(frame.to(), new LazyFrame(frame));
        }
    }

    /** Encoded when the transport asks, on its thread (rule.29). */
    private final class LazyFrame implements Transport.Frame {
        private final PeerFrame frame;

        LazyFrame(PeerFrame frame) {
            this.frame = frame;
        }

        @Override
        public Bytes bytes() {
            return codec.encode(frame);
        }

        @Override
        public boolean isBulk() {
            return frame.message() instanceof PeerMessage.Consensus consensus
                    && consensus.message() instanceof Message.SnapshotChunk;
        }
    }

    @Override
    public int frameBytesMax() {
        return codec.frameBytesMax();
    }

    @Override
    public boolean received(MemberId from, Bytes bytes) {
        PeerFrame frame;
        try {
            frame = codec.decode(bytes);
        } catch (IllegalArgumentException malformed) {
            refused.incrementAndGet(); // a frame may be lost at any time: this one is
            return false;
        }
        return taken(from, frame);
    }

    @Override
    public boolean receivedHere(MemberId from, Transport.Frame frame) {
        return frame instanceof LazyFrame lazy ? taken(from, lazy.frame) : received(from, frame.bytes());
    }

    private boolean taken(MemberId from, PeerFrame frame) {
        if (!frame.from().id().equals(from)) {
            refused.incrementAndGet();
            return false;
        }
        heardNanos.set(from.value(), time.nanos() | 1);
        inbox.accept(new Input.Received(frame));
        return true;
    }

    @Override
    public void called(MemberId by, long clusterId) {
        inbox.accept(new Input.Called(by, clusterId));
    }

    @Override
    public void lost(MemberId peer) {
        inbox.accept(new Input.PeerLost(peer));
    }

    /** For how long a member has not been heard of; empty if it never was. */
    OptionalLong silentNanos(MemberId peer) {
        long heard = heardNanos.get(peer.value());
        return heard == 0 ? OptionalLong.empty() : OptionalLong.of(Math.max(0, time.nanos() - heard));
    }

    /** How many frames were refused: malformed, or in another's name. */
    long refusedFrames() {
        return refused.get();
    }
}

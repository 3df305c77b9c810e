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
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/** Between a member and its {@link Transport}: frames are encoded and decoded on the transport's threads (rule.29). */
public final class PeerBridge implements Transport.Receiver {

    private final Transport transport;
    private final PeerCodec codec;
    private final Consumer<Input> inbox;
    private final AtomicLong refused = new AtomicLong();

    /**
     * A bridge over a transport.
     *
     * @param inbox takes what arrives, from any thread
     */
    public PeerBridge(Transport transport, PeerCodec codec, Consumer<Input> inbox) {
        this.transport = transport;
        this.codec = codec;
        this.inbox = inbox;
    }

    /** Sends, or drops. */
    public void send(List<PeerFrame> frames) {
        for (PeerFrame frame : frames) {
            transport.send(frame.to(), new LazyFrame(frame));
        }
    }

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
    public void received(MemberId from, Bytes bytes) {
        PeerFrame frame;
        try {
            frame = codec.decode(bytes);
        } catch (IllegalArgumentException malformed) {
            refused.incrementAndGet(); // a frame may be lost at any time: this one is
            return;
        }
        if (frame.from().id().equals(from)) {
            inbox.accept(new Input.Received(frame));
        } else {
            refused.incrementAndGet();
        }
    }

    @Override
    public void lost(MemberId peer) {
        inbox.accept(new Input.PeerLost(peer));
    }

    /** How many frames were refused: malformed, or in another's name. */
    public long refusedFrames() {
        return refused.get();
    }
}

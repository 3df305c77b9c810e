package io.coord.testkit.sim;

import io.coord.member.PeerFrame;
import io.coord.wire.PeerCodec;
import io.coord.wire.WireCommandCodec;
import java.util.function.UnaryOperator;

/** The codecs of production, as the simulated world uses them. */
final class Codecs {

    private Codecs() {}

    /** Commands travel by reference, and are encoded when somebody asks for their bytes. */
    static WireCommandCodec commands() {
        return new WireCommandCodec();
    }

    /** Encodes a frame and decodes it again, as the way over a real network would. */
    static UnaryOperator<PeerFrame> throughTheWire(WireCommandCodec commands) {
        PeerCodec codec = new PeerCodec(commands);
        return frame -> codec.decode(codec.encode(frame));
    }
}

package io.coord.testkit.sim;

import io.coord.Bytes;
import io.coord.member.PeerFrame;
import io.coord.testkit.check.Violation;
import io.coord.wire.PeerCodec;
import io.coord.wire.WireCommandCodec;

/** The codecs of production, as the simulated world uses them. */
final class Codecs {

    private Codecs() {}

    /** Commands travel by reference, and are encoded when somebody asks for their bytes. */
    static WireCommandCodec commands() {
        return new WireCommandCodec();
    }

    /** Encodes a frame and decodes it again, as the way over a real network would. */
    static Wire throughTheWire(WireCommandCodec commands) {
        return new Wire(new PeerCodec(commands));
    }

    /** The way over a real network. */
    static final class Wire {
        private final PeerCodec codec;

        Wire(PeerCodec codec) {
            this.codec = codec;
        }

        PeerFrame through(PeerFrame frame) {
            return codec.decode(codec.encode(frame));
        }

        /** Flips some bits, and demands that the frame is refused (fault.N2). */
        void requireRefusal(PeerFrame frame, Chance chance) {
            byte[] bytes = codec.encode(frame).toArray();
            for (int flips = 1 + chance.below(3); flips > 0; flips--) {
                int bit = chance.below(8 * bytes.length);
                bytes[bit / 8] ^= (byte) (1 << bit % 8);
            }
            if (Bytes.wrap(bytes).equals(codec.encode(frame))) {
                return; // the same bit twice
            }
            try {
                PeerFrame read = codec.decode(Bytes.wrap(bytes));
                throw new Violation("N2", "flipped bits made " + read + " of " + frame);
            } catch (IllegalArgumentException refused) {
                // as it should be
            }
        }
    }
}

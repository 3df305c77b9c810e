package io.coord.ensemble.spi;

import io.coord.Bytes;
import io.coord.MemberId;

/**
 * Carries frames between members. It may drop, double, delay and reorder them: Raft's messages are made for that.
 *
 * <p>No method blocks and none throws; what cannot be sent is dropped.
 */
public interface Transport extends AutoCloseable {

    /**
     * Begins to carry. Called once.
     *
     * @param self this member
     * @param receiver told of each frame, on a thread of the transport's own
     */
    void start(MemberId self, Receiver receiver);

    /** Tells where a member is reached, in the words of {@code Ensemble}; again when that changes. */
    void locate(MemberId peer, String address);

    /** Sends a frame, or drops it. */
    void send(MemberId to, Frame frame);

    /** Ends: afterwards nothing is received, and no thread or socket is left. */
    @Override
    void close();

    /** A message on its way; encoded when the transport asks, on the transport's thread (rule.29). */
    interface Frame {
        /** The encoded message. */
        Bytes bytes();

        /** Whether it belongs on the second, slower lane, that of snapshots. */
        boolean isBulk();
    }

    /** Takes what arrives. */
    interface Receiver {
        /** Takes a frame; the bytes are the receiver's. */
        void received(MemberId from, Bytes frame);

        /** The connection to a member broke: a hint, that may start an election at once. */
        void lost(MemberId peer);
    }
}

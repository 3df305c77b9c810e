package io.coord.ensemble.spi;

import io.coord.Bytes;
import io.coord.MemberId;

/**
 * Carries frames between members. It may drop, double, delay and reorder them: Raft's messages are made for that.
 *
 * <p>Once started, no method but {@link #close} blocks and none throws; what cannot be sent is dropped.
 */
public interface Transport extends AutoCloseable {

    /**
     * Begins to carry. Called once, after {@link #identify} and after {@link #locate} for each member known by then.
     *
     * @param self this member
     * @param receiver told of each frame, on a thread of the transport's own
     * @throws io.coord.ConfigException if the transport cannot begin as it was set up; it is closed then, and the message says what to do
     */
    void start(MemberId self, Receiver receiver);

    /**
     * Tells whom the other end of each connection should find here, so that strangers are turned away before a frame is read
     * (fault.N9): before the start, and again when it changes, as it does once when an ensemble forms. Any thread may call it.
     *
     * @param clusterId the ensemble's id, 0 while it has not formed
     * @param incarnation which disk of the member this is, counted from 1
     */
    default void identify(long clusterId, long incarnation) {}

    /**
     * Tells where a member is reached, in the words of {@code Ensemble}; again when that changes. Who was never located is a
     * stranger. Any thread may call it.
     */
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
        /** How many bytes a frame has at most; a transport that reads a greater length has met damage or malice. */
        int frameBytesMax();

        /**
         * Takes a frame; the bytes are the receiver's.
         *
         * @return whether it was a frame of that member. After one that was not, nothing that follows on the same connection can be
         *     trusted, and it should be closed (fault.N2)
         */
        boolean received(MemberId from, Bytes frame);

        /**
         * Takes a frame as it is, from a member in this JVM: what it says is immutable, so it need not be encoded and decoded on the
         * way. It is taken as its bytes would be.
         */
        default boolean receivedHere(MemberId from, Frame frame) {
            return received(from, frame.bytes());
        }

        /**
         * Whoever gave this number and ensemble looked for this member, and was turned away as a stranger: an empty member founds no ensemble
         * beside one that counts on it. Optional; any thread may call it.
         */
        default void called(MemberId by, long clusterId) {}

        /** The connection to a member broke: a hint, that may start an election at once. */
        void lost(MemberId peer);
    }
}

package io.coord.raft;

import io.coord.Bytes;

/** What an entry carries. */
public sealed interface Payload permits Payload.NoOp, ConfigPayload, CommandPayload {

    /** The number of this kind of payload in the log's format. */
    byte kind();

    /** The encoded form; may be computed when first asked for, on whichever thread asks (rule.29). */
    Bytes bytes();

    /** The size of {@link #bytes()}, or a close estimate that costs nothing: for flow control. */
    int sizeBytes();

    /** Nothing: what a new leader appends first, so that it can commit in its own term (thesis 6.4). */
    record NoOp() implements Payload {
        /** This payload's kind. */
        public static final byte KIND = 0;
        /** The only value needed. */
        public static final NoOp NO_OP = new NoOp();

        @Override
        public byte kind() {
            return KIND;
        }

        @Override
        public Bytes bytes() {
            return Bytes.EMPTY;
        }

        @Override
        public int sizeBytes() {
            return 0;
        }
    }
}

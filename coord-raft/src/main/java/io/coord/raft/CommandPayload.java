package io.coord.raft;

/** A command for the state, opaque to Raft. */
public non-sealed interface CommandPayload extends Payload {
    /** This payload's kind. */
    byte KIND = 1;

    @Override
    default byte kind() {
        return KIND;
    }
}

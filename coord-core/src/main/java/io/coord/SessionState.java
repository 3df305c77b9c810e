package io.coord;

/** Where a session stands, as its member or client can tell without asking anybody. */
public enum SessionState {
    /** Attached to a member whose lease for the session is valid. */
    CONNECTED,
    /** Nobody vouches for the session at the moment: it may resume or expire. Locks and leadership are not to be relied on. */
    SUSPENDED,
    /**
     * Ended by the ensemble: its ephemeral nodes are gone. Where a client gives it up that may not prove itself any more, they live on at the
     * servers for up to its timeout.
     */
    EXPIRED,
    /** Ended by its owner. */
    CLOSED;

    /** Whether the session is over for good. */
    public boolean isOver() {
        return this == EXPIRED || this == CLOSED;
    }
}

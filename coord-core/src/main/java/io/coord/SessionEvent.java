package io.coord;

/** A change of a session's standing, delivered in order with its watch events. */
public sealed interface SessionEvent {

    /** The state the session is in after the event. */
    SessionState state();

    /**
     * The session is attached, for the first time or again.
     *
     * @param to whom it is attached to, for people to read: {@code member 2}, or a server's host and port
     */
    record Connected(String to) implements SessionEvent {
        @Override
        public SessionState state() {
            return SessionState.CONNECTED;
        }
    }

    /**
     * The session's lease could not be renewed in time, or its member is gone. Stop acting on locks and leadership until
     * {@link Connected} comes.
     *
     * @param reason what was seen, in words
     */
    record Suspended(String reason) implements SessionEvent {
        @Override
        public SessionState state() {
            return SessionState.SUSPENDED;
        }
    }

    /**
     * The ensemble ended the session; its ephemeral nodes are gone. Where a client gives it up that may not prove itself any more, they live on
     * at the servers for up to its timeout. The last event.
     *
     * @param reason what was seen, in words
     */
    record Expired(String reason) implements SessionEvent {
        @Override
        public SessionState state() {
            return SessionState.EXPIRED;
        }
    }

    /** The owner closed the session. The last event. */
    record Closed() implements SessionEvent {
        @Override
        public SessionState state() {
            return SessionState.CLOSED;
        }
    }
}

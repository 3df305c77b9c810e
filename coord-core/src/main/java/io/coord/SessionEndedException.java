package io.coord;

import org.jspecify.annotations.Nullable;

/**
 * The session is over, and its ephemeral nodes are gone: open a new one. Where a client gave it up that may not prove itself any more, they
 * live on at the servers for up to its timeout.
 */
public final class SessionEndedException extends CoordException {

    private static final long serialVersionUID = 1L;

    /** With a message that says what was asked, what was seen, and what to do. */
    public SessionEndedException(String message) {
        super(message, null);
    }

    /** With the failure behind it. */
    public SessionEndedException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }

    @Override
    public SessionEndedException rethrown() {
        return new SessionEndedException(String.valueOf(getMessage()), this);
    }
}

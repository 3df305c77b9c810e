package io.coord;

import org.jspecify.annotations.Nullable;

/** The request was perhaps applied: read before trying again. */
public final class OutcomeUnknownException extends CoordException {

    private static final long serialVersionUID = 1L;

    /** With a message that says what was asked, what was seen, and what to do. */
    public OutcomeUnknownException(String message) {
        super(message, null);
    }

    /** With the failure behind it. */
    public OutcomeUnknownException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }

    @Override
    public OutcomeUnknownException rethrown() {
        return new OutcomeUnknownException(String.valueOf(getMessage()), this);
    }
}

package io.coord;

import org.jspecify.annotations.Nullable;

/** The request was certainly not applied: retry, here or at another member. */
public final class UnavailableException extends CoordException {

    private static final long serialVersionUID = 1L;

    /** With a message that says what was asked, what was seen, and what to do. */
    public UnavailableException(String message) {
        super(message, null);
    }

    /** With the failure behind it. */
    public UnavailableException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }

    @Override
    public UnavailableException rethrown() {
        return new UnavailableException(String.valueOf(getMessage()), this);
    }
}

package io.coord;

import org.jspecify.annotations.Nullable;

/**
 * A request did not do what was asked; the subtypes are named by what the caller may do next.
 *
 * <ul>
 *   <li>{@link RejectedException}: the tree said no. Nothing changed; the same request gets the same answer until the tree differs.
 *   <li>{@link UnavailableException}: certainly not applied. Retry, here or at another member.
 *   <li>{@link OutcomeUnknownException}: perhaps applied. Read before trying again.
 *   <li>{@link SessionEndedException}: the session is over and its ephemeral nodes are gone. Open a new one.
 * </ul>
 */
public abstract sealed class CoordException extends RuntimeException
        permits RejectedException, UnavailableException, OutcomeUnknownException, SessionEndedException {

    private static final long serialVersionUID = 1L;

    CoordException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }

    /**
     * The same failure with the present stack, for rethrowing in a thread that waited for it.
     *
     * @return an exception of the same type whose cause is this one
     */
    public abstract CoordException rethrown();
}

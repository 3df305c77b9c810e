package io.coord.testkit.sim;

import java.io.IOException;

/** What every call of a {@link SimDisk} gets between a power cut and the next start. */
public final class PowerCutException extends IOException {

    PowerCutException() {
        super("the power is cut", null);
    }

    /** Thrown often, and read never. */
    @Override
    public synchronized Throwable fillInStackTrace() {
        return this;
    }
}

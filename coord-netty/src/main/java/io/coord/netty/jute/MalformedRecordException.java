package io.coord.netty.jute;

/** Bytes that are not the record they should be. Has no stack trace: clients cause it at will. */
public final class MalformedRecordException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** Tells what was found, and where another thing was expected. */
    public MalformedRecordException(String message) {
        super(message, null, false, false);
    }
}

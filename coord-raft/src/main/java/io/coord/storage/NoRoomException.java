package io.coord.storage;

import java.io.IOException;

/** A write that found no room on the disk (fault.D11); unlike other failures it may be tried again when there is some. */
public final class NoRoomException extends IOException {

    private static final long serialVersionUID = 1;

    /** What the system said. */
    public NoRoomException(String found) {
        super(found);
    }
}

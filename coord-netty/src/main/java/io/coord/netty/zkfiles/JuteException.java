package io.coord.netty.zkfiles;

import java.io.IOException;

/** Bytes that are no Jute, or not what they should be; the reader of the file adds where. */
final class JuteException extends IOException {

    private static final long serialVersionUID = 1L;

    JuteException(String found) {
        super(found);
    }
}

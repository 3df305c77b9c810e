package io.coord.storage;

import java.io.IOException;

/** What was written is no longer there as written. */
final class DamagedException extends IOException {

    DamagedException(String message) {
        super(message);
    }
}

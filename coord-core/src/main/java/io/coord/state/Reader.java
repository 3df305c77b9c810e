package io.coord.state;

import io.coord.Identity;
import java.util.List;

/**
 * Who reads.
 *
 * @param session the reader's session, or 0 if it has none
 * @param identities whom it acts as
 */
public record Reader(long session, List<Identity> identities) {

    /** Keeps an immutable copy of the identities. */
    public Reader {
        identities = List.copyOf(identities);
    }
}

package io.coord.state;

import java.util.List;

/**
 * What applying one entry did.
 *
 * @param reply for the member that hosts the session
 * @param changes to nodes, in order
 */
public record Applied(Reply reply, List<Change> changes) {

    /** Nothing happened. */
    public static final Applied NOTHING = new Applied(Reply.None.NONE, List.of());
}

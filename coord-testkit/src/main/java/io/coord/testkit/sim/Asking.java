package io.coord.testkit.sim;

import io.coord.Operation;
import io.coord.ReadMode;
import org.jspecify.annotations.Nullable;

/** What an owner of sessions asks. */
interface Asking {

    /**
     * A request.
     *
     * @param operation what, or null for the end of the session
     * @param mode how fresh a read is
     * @param watches whether a read leaves a watch
     */
    record Ask(@Nullable Operation<?> operation, ReadMode mode, boolean watches) {}

    /** The next request. */
    Ask next();

    /** A request was granted. */
    void told(Operation<?> operation, @Nullable Object value);

    /** Another session begins. */
    void forget();

    /** A path to watch for good. */
    String watchable();
}

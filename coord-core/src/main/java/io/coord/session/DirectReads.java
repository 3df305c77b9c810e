package io.coord.session;

import io.coord.Operation;
import org.jspecify.annotations.Nullable;

/**
 * What an {@link io.coord.AsyncSession} also offers if it can read on the calling thread: from the member's published
 * root, without a stage, a hop or a lock.
 */
public interface DirectReads {

    /**
     * Reads {@link io.coord.ReadMode#LOCAL} now, if the answer needs no waiting: the lease is valid and no earlier
     * request of the session is unanswered (rule.3). May be called on any thread.
     *
     * @return the answer, or null if it has to be asked for by a stage
     * @throws io.coord.RejectedException a fresh one, where the tree says no
     */
    <R> @Nullable R readNow(Operation.Read<R> read);
}

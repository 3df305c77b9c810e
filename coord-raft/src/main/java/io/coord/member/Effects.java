package io.coord.member;

import io.coord.raft.LogWrite;
import io.coord.state.StateRoot;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What must now happen, in this order: messages sent, a snapshot to install, writes and other disk tasks handed to the storage,
 * deliveries staged in their sessions' queues, the root handed out, the queues released (rule.1).
 *
 * @param messages free of unforced promises
 * @param writes to force, in order; answered by {@link Input.Persisted}
 * @param tasks other work for the storage
 * @param deliveries in order
 * @param root the state to read from now on, or null if it did not change
 * @param events for logs and metrics
 */
public record Effects(
        List<PeerFrame> messages,
        List<LogWrite> writes,
        List<DiskTask> tasks,
        List<Delivery> deliveries,
        @Nullable StateRoot root,
        List<MemberEvent> events) {

    /** Whether there is nothing to do. */
    public boolean isEmpty() {
        return messages.isEmpty()
                && writes.isEmpty()
                && tasks.isEmpty()
                && deliveries.isEmpty()
                && root == null
                && events.isEmpty();
    }
}

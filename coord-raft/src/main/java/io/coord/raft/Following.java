package io.coord.raft;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** A member that takes the log from a leader, as soon as it knows one. */
abstract sealed class Following extends RoleState permits Follower, Learner {

    /** The dealings with the leader, or null while none is known. */
    final @Nullable Replica replica;

    Following(Raft raft, @Nullable Replica replica) {
        super(raft);
        this.replica = replica;
    }

    /** The same member, a voter or not any more. */
    static Following of(Raft raft, boolean votes, @Nullable Replica replica) {
        return votes ? new Follower(raft, replica) : new Learner(raft, replica);
    }

    @Override
    void receive(MemberKey from, Message message) {
        if (replica == null || !from.equals(replica.leader())) {
            return;
        }
        if (Raft.isFromLeader(message)) {
            heardLeader();
        }
        if (message instanceof Message.Append append) {
            replica.append(append);
        } else if (message instanceof Message.Heartbeat heartbeat) {
            replica.heartbeat(heartbeat);
        } else if (message instanceof Message.ReadReply reply) {
            replica.readReply(reply);
        } else if (message instanceof Message.SnapshotChunk chunk) {
            replica.chunk(chunk);
        } else if (message instanceof Message.TimeoutNow) {
            timeoutNow();
        }
    }

    void heardLeader() {
        if (replica != null) {
            replica.heard();
        }
    }

    void timeoutNow() {}

    @Override
    boolean hasLiveLeader() {
        return replica != null && replica.isLive();
    }

    @Override
    void configurationChanged() {
        if (raft.isElector() != (this instanceof Follower)) {
            raft.become(of(raft, raft.isElector(), replica), raft.isElector() ? "votes now" : "does not vote any more");
        }
    }

    @Override
    void tick() {
        if (replica != null) {
            replica.tick();
        }
    }

    @Override
    long deadlineNanos() {
        return replica == null ? Long.MAX_VALUE : replica.deadlineNanos();
    }

    @Override
    void flush() {
        if (replica != null) {
            replica.flush();
        }
    }

    @Override
    void abandon() {
        if (replica != null) {
            replica.abandonReads();
        }
    }

    @Override
    Proposal propose(List<Payload> payloads) {
        if (replica == null) {
            return Proposal.NO_LEADER;
        }
        replica.forward(payloads);
        return Proposal.FORWARDED;
    }

    @Override
    void read(long readId) {
        if (replica == null) {
            raft.readFailed(readId);
        } else {
            replica.read(readId);
        }
    }
}

package io.coord.raft;

import io.coord.MemberId;
import org.jspecify.annotations.Nullable;

/** A voter that waits for a leader, and campaigns when none is heard for its election timeout. */
final class Follower extends Following {

    private long timeoutNanos;
    private long deadlineNanos;

    Follower(Raft raft, @Nullable Replica replica) {
        super(raft, replica);
    }

    @Override
    Role role() {
        return Role.FOLLOWER;
    }

    @Override
    void begin() {
        timeoutNanos = raft.randomElectionTimeoutNanos();
        rearm();
    }

    private void rearm() {
        deadlineNanos = raft.nowNanos() + timeoutNanos;
    }

    @Override
    void heardLeader() {
        super.heardLeader();
        rearm();
    }

    @Override
    void voted() {
        rearm();
    }

    /** A broken connection is a hint, no more: wait a little, differently long than others, and ask whether it is so for them too. */
    @Override
    void peerLost(MemberId peer) {
        if (replica != null && replica.leader().id().equals(peer)) {
            replica.lost();
            deadlineNanos = Math.min(deadlineNanos, raft.nowNanos() + raft.randomNanos(timeoutNanos / 4));
        }
    }

    /** The leader hands over to us; it spoke for a quorum a moment ago, so no pre-vote is needed (thesis 3.10). */
    @Override
    void timeoutNow() {
        if (raft.mayCampaign() && raft.hasRoom()) {
            raft.becomeCandidate(true, "the leader handed over");
        }
    }

    @Override
    void tick() {
        super.tick();
        if (raft.nowNanos() - deadlineNanos >= 0) {
            rearm();
            raft.campaign("heard no leader");
        }
    }

    @Override
    long deadlineNanos() {
        return Math.min(deadlineNanos, super.deadlineNanos());
    }
}

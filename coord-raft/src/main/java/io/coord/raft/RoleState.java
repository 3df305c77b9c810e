package io.coord.raft;

import java.util.List;

/** What a member does in one role. The defaults are those of a member without a leader. */
abstract sealed class RoleState permits Following, PreCandidate, Candidate, Leader {

    final Raft raft;

    RoleState(Raft raft) {
        this.raft = raft;
    }

    abstract Role role();

    /** The role begins; it may end at once. */
    abstract void begin();

    /** A message of the present term, from no older incarnation. One that the role has no use for is dropped. */
    abstract void receive(MemberKey from, Message message);

    abstract void tick();

    abstract long deadlineNanos();

    /** Whether a leader was heard within the shortest election timeout: then nobody is to campaign (thesis 4.2.3). */
    boolean hasLiveLeader() {
        return false;
    }

    /** More of term, vote or log has become durable. */
    void persisted() {}

    /** The turn ends: what was gathered in it goes out. */
    void flush() {}

    /** The configuration in force changed. */
    void configurationChanged() {}

    /** The role ends, or its term does: who waits for an answer of it is told. */
    void abandon() {}

    /** A vote was given to another. */
    void voted() {}

    void peerLost(io.coord.MemberId peer) {}

    Proposal propose(List<Payload> payloads) {
        return Proposal.NO_LEADER;
    }

    void read(long readId) {
        raft.readFailed(readId);
    }
}
